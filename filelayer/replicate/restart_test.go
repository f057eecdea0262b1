package replicate

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"sync"
	"testing"

	kivik "github.com/go-kivik/kivik/v4"

	"github.com/libpaul/paul/filelayer/couch"
)

// A restarting is a server that can be stopped and started again under the
// client that its end is reached by.
type restarting struct {
	tb  testing.TB
	dir string
	mu  sync.RWMutex // guards server; requests hold it for reading
	now *couch.Server

	faults sync.Mutex // guards what follows
	left   int        // requests until the next fault
	before bool       // it hits before the request is done, not after
	fired  bool
}

func newRestarting(tb testing.TB) *restarting {
	tb.Helper()
	r := &restarting{tb: tb, dir: filepath.Join(tb.TempDir(), "db"), left: -1}
	r.start()
	tb.Cleanup(func() {
		if err := r.now.Close(); err != nil {
			tb.Error(err)
		}
	})
	return r
}

func (r *restarting) start() {
	s, err := couch.Open(r.dir, couch.Options{})
	if err != nil {
		r.tb.Error(err)
		return
	}
	if err := s.Create(r.tb.Context(), "files"); err != nil {
		r.tb.Error(err)
	}
	r.now = s
}

func (r *restarting) restart() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.now.Close(); err != nil {
		r.tb.Error(err)
	}
	r.start()
}

func (r *restarting) server() *couch.Server {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.now
}

func (r *restarting) peer() *peer {
	client := &http.Client{Transport: r.server().Transport()}
	return &peer{r.server(), client, database(r.tb, "http://peer/", client)}
}

var errRestarted = errors.New("connection reset")

// RoundTrip implements [http.RoundTripper]. At the fault the server restarts,
// and the client never learns whether its request was done.
func (r *restarting) RoundTrip(req *http.Request) (*http.Response, error) {
	fault, before := r.fault()
	if fault && before {
		if req.Body != nil {
			_ = req.Body.Close() // as a RoundTripper must
		}
		r.restart()
		return nil, errRestarted
	}
	resp, err := r.server().Transport().RoundTrip(req)
	if fault && err == nil {
		_, _ = io.Copy(io.Discard, resp.Body) // it is done
		_ = resp.Body.Close()
		r.restart()
		return nil, errRestarted
	}
	return resp, err
}

func (r *restarting) fault() (now, before bool) {
	r.faults.Lock()
	defer r.faults.Unlock()
	if r.left--; r.left != -1 {
		return false, false
	}
	r.fired = true
	return true, r.before
}

// Whatever request either end restarts at, before it or after it, the next
// session goes on, both ends converge, and nothing that the target had taken
// is missing.
func TestRestartAtEveryRequest(t *testing.T) {
	t.Parallel()
	for _, which := range []string{"source", "target"} {
		for _, before := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s before=%v", which, before), func(t *testing.T) {
				t.Parallel()
				from, to := newRestarting(t), newRestarting(t)
				failing := from
				if which == "target" {
					failing = to
				}
				opts := Options{
					Source:    End{URL: "http://peer/files", Client: &http.Client{Transport: from}, ID: "source"},
					Target:    End{URL: "http://peer/files", Client: &http.Client{Transport: to}, ID: "target"},
					BatchSize: 10,
				}
				for at := 0; ; at++ {
					grow(t, from.peer(), at)
					failing.left, failing.before, failing.fired = at, before, false
					r := newReplicator(t, opts)
					err := r.Once(t.Context())
					if !failing.fired {
						if at < 8 {
							t.Fatalf("only %d requests", at)
						}
						break
					}
					failing.left = -1
					// It may get over it by itself, as streaming does; and a
					// checkpoint that it gave up may still come to be written
					// during the next session, which then has a conflict.
					for tries := 0; err != nil && tries < 2; tries++ {
						err = newReplicator(t, opts).Once(t.Context())
					}
					if err != nil {
						t.Fatalf("request %d: %v", at, err)
					}
					if got, want := leavesOf(t, to.peer()), leavesOf(t, from.peer()); got != want {
						t.Fatalf("request %d: the databases differ: %s, not %s", at, got, want)
					}
				}
			})
		}
	}
}

// grow adds 25 documents, one with an attachment to stream, and an edit.
func grow(tb testing.TB, p *peer, n int) {
	tb.Helper()
	fill(tb, p.db, 25*n, 25*n+25)
	attach(tb, p, fmt.Sprintf("photo%d", n), "", "large", randomBytes(inlineMost+n+1))
	if n > 0 {
		rev, err := p.db.GetRev(tb.Context(), "doc000000")
		if err != nil {
			tb.Fatal(err)
		}
		put(tb, p.db, "doc000000", rev, map[string]any{"n": n})
	}
}

// Two devices that pull from each other, with either restarting now and then
// at random, converge once they are left alone.
func TestRandomRestartsConverge(t *testing.T) {
	t.Parallel()
	a, b := newRestarting(t), newRestarting(t)
	ends := []End{
		{URL: "http://peer/files", Client: &http.Client{Transport: a}, ID: "a"},
		{URL: "http://peer/files", Client: &http.Client{Transport: b}, ID: "b"},
	}
	once := func(from, to int) error {
		return newReplicator(t, Options{Source: ends[from], Target: ends[to], BatchSize: 20}).Once(t.Context())
	}
	acknowledged := make(map[string]bool)
	rnd := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test must be repeatable
	for round := range 20 {
		for i, r := range []*restarting{a, b} {
			docs := records(fmt.Sprint(i), 0, 0)
			for k := range 15 {
				id := fmt.Sprintf("%c-%d-%d", 'a'+i, round, k)
				docs = append(docs, map[string]any{"_id": id, "n": k})
				acknowledged[id] = true
			}
			if _, err := r.peer().db.BulkDocs(t.Context(), docs); err != nil {
				t.Fatal(err)
			}
			shared := fmt.Sprintf("shared%d", rnd.IntN(10)) // conflicts
			_, _ = r.peer().db.Put(t.Context(), shared, map[string]any{"by": i, "round": round})
			r.left, r.before = rnd.IntN(20), rnd.IntN(2) == 0
		}
		_ = once(0, 1) // they may well fail
		_ = once(1, 0)
	}
	a.left, b.left = -1, -1
	for range 2 {
		if err := errors.Join(once(0, 1), once(1, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := leavesOf(t, b.peer()), leavesOf(t, a.peer()); got != want {
		t.Errorf("the databases differ: %s, not %s", got, want)
	}
	assertAll(t, a.peer(), acknowledged)
}

// assertAll fails for each document that p lacks.
func assertAll(tb testing.TB, p *peer, ids map[string]bool) {
	tb.Helper()
	there := make(map[string]bool)
	rows := p.db.AllDocs(tb.Context(), kivik.Params(nil))
	defer func() { _ = rows.Close() }() // Err has said what there is to say
	for rows.Next() {
		id, err := rows.ID()
		if err != nil {
			tb.Fatal(err)
		}
		there[id] = true
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	for id := range ids {
		if !there[id] {
			tb.Errorf("%s is missing", id)
		}
	}
}
