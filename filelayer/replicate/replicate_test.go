package replicate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	kivik "github.com/go-kivik/kivik/v4"

	"github.com/libpaul/paul/filelayer/couch"
	"github.com/libpaul/paul/internal/signal"
)

func TestOncePullsEverything(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	fill(t, a.db, 0, 2500)
	gone := put(t, a.db, "gone", "", map[string]any{"x": 1})
	if _, err := a.db.Delete(t.Context(), "gone", gone); err != nil {
		t.Fatal(err)
	}
	put(t, a.db, "_design/app", "", map[string]any{"views": map[string]any{}})
	put(t, a.db, "a/b c+d%é🙂", "", map[string]any{"odd": "\n<>&\u2028", "big": json.Number("12345678901234567890")})
	st := pullOnce(t, options(a, b))
	if st.DocsRead != 2503 || st.DocsWritten != 2503 || st.Failed != 0 || !st.CaughtUp || st.LastErr != nil {
		t.Errorf("status: %+v", st)
	}
	if !maps.Equal(contents(t, a.db), contents(t, b.db)) {
		t.Error("the databases differ")
	}
}

// Edits on both sides, of the same documents among others, must leave both
// with the same trees and winners, over real HTTP.
func TestBothWaysConverge(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	there, back := options(a, b), options(b, a)
	there.Source.URL, there.Source.Client = serve(t, couch.PullOnly("peer", a.server)).URL+"/files", nil
	back.Source.URL, back.Source.Client = serve(t, couch.PullOnly("peer", b.server)).URL+"/files", nil
	back.Source.ID, back.Target.ID = "target", "source"
	fill(t, a.db, 0, 50)
	pullOnce(t, there)
	for i := range 30 {
		id := fmt.Sprintf("doc%06d", i)
		rev, err := a.db.GetRev(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		mine := put(t, a.db, id, rev, map[string]any{"by": "a", "n": i})
		if i%3 == 0 {
			put(t, a.db, id, mine, map[string]any{"by": "a", "again": true})
		}
		if i%5 == 0 {
			if _, err := b.db.Delete(t.Context(), id, rev); err != nil {
				t.Fatal(err)
			}
		} else {
			put(t, b.db, id, rev, map[string]any{"by": "b", "n": i})
		}
	}
	for range 2 {
		pullOnce(t, there)
		pullOnce(t, back)
	}
	got, want := contents(t, b.db), contents(t, a.db)
	if !maps.Equal(got, want) {
		for id := range want {
			if got[id] != want[id] {
				t.Errorf("%s: %s in b, %s in a", id, got[id], want[id])
			}
		}
	}
}

// Two devices that resolve a conflict alike have nothing left to exchange.
func TestSameResolutionConverges(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	there, back := options(a, b), options(b, a)
	back.Source.ID, back.Target.ID = "target", "source"
	put(t, a.db, "x", "", map[string]any{"from": "a"})
	put(t, b.db, "x", "", map[string]any{"from": "b"})
	pullOnce(t, there)
	pullOnce(t, back)
	for _, p := range []*peer{a, b} {
		resolve(t, p.db, "x")
	}
	there.Target.ID, back.Target.ID = "again", "again" // without the checkpoints: everything is compared
	if st := pullOnce(t, there); st.DocsRead != 0 {
		t.Errorf("%d revisions to exchange", st.DocsRead)
	}
	if st := pullOnce(t, back); st.DocsRead != 0 {
		t.Errorf("%d revisions to exchange", st.DocsRead)
	}
}

func resolve(t *testing.T, db *kivik.DB, id string) {
	t.Helper()
	var doc struct {
		Rev       string   `json:"_rev"`
		Conflicts []string `json:"_conflicts"`
	}
	if err := db.Get(t.Context(), id, kivik.Param("conflicts", true)).ScanDoc(&doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Conflicts) != 1 {
		t.Fatalf("conflicts: %v", doc.Conflicts)
	}
	put(t, db, id, doc.Rev, map[string]any{"from": "both"})
	if _, err := db.Delete(t.Context(), id, doc.Conflicts[0]); err != nil {
		t.Fatal(err)
	}
}

// failing is a RoundTripper that fails after a number of requests to _bulk_get.
type failing struct {
	next http.RoundTripper
	left atomic.Int64
}

func (f *failing) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/_bulk_get") && f.left.Add(-1) < 0 {
		return nil, errors.New("cut off")
	}
	return f.next.RoundTrip(r)
}

func TestResumesFromTheCheckpoint(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, b := newPeer(t), openPeer(t, filepath.Join(dir, "b"))
	fill(t, a.db, 0, 1000)
	opts := options(a, b)
	opts.BatchSize = 200
	pullOnce(t, opts)

	fill(t, a.db, 1000, 2000)
	cut := &failing{next: a.server.Transport()}
	cut.left.Store(3)
	opts.Source.Client = &http.Client{Transport: cut}
	r := newReplicator(t, opts)
	if err := r.Once(t.Context()); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Fatalf("err = %v", err)
	}
	if st := r.Status(); st.Online || st.LastErr == nil || st.DocsRead == 0 {
		t.Errorf("status after the cut: %+v", st)
	}
	if err := b.server.Close(); err != nil {
		t.Fatal(err)
	}

	b = openPeer(t, filepath.Join(dir, "b")) // the target starts anew
	opts = options(a, b)
	opts.BatchSize = 200
	st := pullOnce(t, opts)
	if st.DocsRead == 0 || st.DocsRead > 1000-r.Status().DocsRead {
		t.Errorf("read %d, and %d before the cut, of 1000", st.DocsRead, r.Status().DocsRead)
	}
	c, err := readCheckpoint(t.Context(), newReplicator(t, opts).target, r.ID())
	if err != nil || len(c.History) < 2 || c.History[0].StartLastSeq != c.History[1].RecordedSeq {
		t.Errorf("the session did not start at the checkpoint: %+v, %v", c, err)
	}
	if !maps.Equal(contents(t, a.db), contents(t, b.db)) {
		t.Error("the databases differ")
	}
	if st := pullOnce(t, opts); st.DocsRead != 0 || st.LastSeq == "0" {
		t.Errorf("a pull with nothing to do: %+v", st)
	}
}

// A source that lost its database and began anew has forgotten the checkpoint;
// everything it has must come.
func TestSourceBegunAnew(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	fill(t, a.db, 0, 100)
	pullOnce(t, options(a, b))
	fresh := newPeer(t)
	fill(t, fresh.db, 100, 110)
	if st := pullOnce(t, options(fresh, b)); st.DocsRead != 10 {
		t.Errorf("read %d of 10", st.DocsRead)
	}
}

func TestLivePullFollowsAndComesBack(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	var away atomic.Bool
	source := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if away.Load() {
			http.Error(w, "away", http.StatusBadGateway)
			return
		}
		a.server.ServeHTTP(w, r)
	}))
	statuses := make(chan Status, 1000)
	opts := options(a, b)
	opts.Source.URL, opts.Source.Client = source.URL+"/files", source.Client()
	opts.Kick = new(signal.Signal)
	opts.OnProgress = func(s Status) { statuses <- s }
	run(t, newReplicator(t, opts))
	await(t, statuses, "first catching up", func(s Status) bool { return s.CaughtUp })

	put(t, a.db, "x", "", map[string]any{"n": 1})
	await(t, statuses, "document by longpoll", func(s Status) bool { return s.DocsWritten == 1 && s.CaughtUp })

	away.Store(true)
	source.CloseClientConnections()
	st := await(t, statuses, "interruption", func(s Status) bool { return !s.Online })
	if st.LastErr == nil {
		t.Error("an interruption without a reason")
	}
	put(t, a.db, "y", "", map[string]any{"n": 2})
	away.Store(false)
	opts.Kick.Raise()
	await(t, statuses, "document after coming back", func(s Status) bool { return s.DocsWritten == 2 && s.CaughtUp })
	if !maps.Equal(contents(t, a.db), contents(t, b.db)) {
		t.Error("the databases differ")
	}
}

func TestRefusedDocumentsAreSetAside(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	fill(t, a.db, 0, 20)
	opts := options(a, b)
	bad := errors.New("no record")
	opts.Accept = func(id string, doc json.RawMessage) error {
		if !json.Valid(doc) || !strings.Contains(string(doc), id) {
			t.Errorf("Accept of %s sees %s", id, doc)
		}
		if strings.HasSuffix(id, "7") {
			return bad
		}
		return nil
	}
	st := pullOnce(t, opts)
	if st.DocsWritten != 18 || st.Failed != 2 || len(st.Failures) != 2 {
		t.Fatalf("status: %+v", st)
	}
	if f := st.Failures[0]; !strings.HasSuffix(f.ID, "7") || f.Rev == "" || !errors.Is(f.Err, bad) {
		t.Errorf("failure: %+v", f)
	}
}

// A target that refuses a whole request because of one document gets the
// others.
func TestPoisonIsFoundByHalves(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	fill(t, a.db, 0, 20)
	picky := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/_bulk_docs") {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			if strings.Contains(string(body), `"_id":"doc000013"`) {
				return answer(r, http.StatusBadRequest, `{"error":"bad_request","reason":"poison"}`), nil
			}
			r.Body = io.NopCloser(strings.NewReader(string(body)))
		}
		return b.server.Transport().RoundTrip(r)
	})}
	opts := options(a, b)
	opts.Target.Client = picky
	st := pullOnce(t, opts)
	if st.DocsWritten != 19 || st.Failed != 1 || st.Failures[0].ID != "doc000013" {
		t.Errorf("status: %+v", st)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(r *http.Request, status int, body string) *http.Response {
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)), Request: r,
	}
}

func TestNewChecksOptions(t *testing.T) {
	t.Parallel()
	good := options(newPeer(t), newPeer(t))
	for name, spoil := range map[string]func(*Options){
		"no target":         func(o *Options) { o.Target.URL = "" },
		"no source":         func(o *Options) { o.Source.URL = "" },
		"no database":       func(o *Options) { o.Source.URL = "http://peer/" },
		"no URL":            func(o *Options) { o.Source.URL = "::" },
		"two filters":       func(o *Options) { o.DocIDs, o.Selector = []string{"a"}, json.RawMessage(`{}`) },
		"selector, no JSON": func(o *Options) { o.Selector = json.RawMessage(`{`) },
		"selector, a list":  func(o *Options) { o.Selector = json.RawMessage(`[]`) },
	} {
		opts := good
		spoil(&opts)
		if _, err := New(opts); !errors.Is(err, ErrOptions) {
			t.Errorf("%s: err = %v", name, err)
		}
	}
}

// A peer serves its databases below a path of its service.
func TestSourceBelowAPath(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	fill(t, a.db, 0, 10)
	put(t, a.db, "a/b", "", map[string]any{})
	mux := http.NewServeMux()
	mux.Handle("/db/", http.StripPrefix("/db", couch.PullOnly("peer", a.server)))
	opts := options(a, b)
	opts.Source.URL, opts.Source.Client = serve(t, mux).URL+"/db/files", nil
	if st := pullOnce(t, opts); st.DocsWritten != 11 {
		t.Errorf("status: %+v", st)
	}
	if st := pullOnce(t, opts); st.DocsRead != 0 || st.LastSeq == "0" {
		t.Errorf("the checkpoint is not found again: %+v", st)
	}
}
