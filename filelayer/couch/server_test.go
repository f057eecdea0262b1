package couch

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	kivik "github.com/go-kivik/kivik/v4"

	"github.com/libpaul/paul/filelayer/couch/couchtest"
)

func TestConformanceInMemory(t *testing.T) {
	t.Parallel()
	couchtest.Run(t, couchtest.Server{URL: "http://memory", Client: &http.Client{Transport: newServer(t).Transport()}})
}

func TestConformanceOverHTTP(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(newServer(t))
	t.Cleanup(s.Close)
	couchtest.Run(t, couchtest.Server{URL: s.URL, Client: s.Client()})
}

// The suite itself is checked against any server whose URL is given.
func TestConformanceOfAnother(t *testing.T) {
	t.Parallel()
	url := os.Getenv("COUCHTEST_URL")
	if url == "" {
		t.Skip("COUCHTEST_URL names no other server")
	}
	couchtest.Run(t, couchtest.Server{URL: strings.TrimSuffix(url, "/"), Client: new(http.Client)})
}

// What this server does not have, it says.
func TestNotImplemented(t *testing.T) {
	t.Parallel()
	s, _ := newDB(t)
	for target, want := range map[string]int{
		"GET /_config": 501, "POST /_replicate": 501, "GET /_node/_local/_config": 501, "GET /_utils": 501, "GET /db/_shards": 501, "GET /db/_design/a/_view/b": 501, "GET /db/_design/a/_show/b": 501, "POST /db/_design/a/_update/b": 501, "GET /db/_design/a/_rewrite/b": 501, "GET /db/_design/a/_info": 501,
		"GET /db/_changes?filter=app/x": 501, "COPY /db/x": 405, "POST /db/x": 405, "DELETE /db/_changes": 405, "POST /_session": 405,
	} {
		method, path, _ := strings.Cut(target, " ")
		status, body := call(t, s, method, path, "{}")
		if e := decode[Error](t, body); status != want || !strings.Contains(body, `"error":`) || !strings.Contains(body, `"reason":`) {
			t.Errorf("%s: %d %s %v", target, status, body, e)
		}
	}
}

func TestRequestLimits(t *testing.T) {
	t.Parallel()
	s := openServer(t, t.TempDir(), Options{MaxRequest: 10_000, MaxDocument: 1000})
	openDB(t, s)
	long := `{"a":"` + strings.Repeat("x", 2000) + `"}`
	if status, body := call(t, s, "PUT", "/db/x", long); status != 413 || !strings.Contains(body, "document_too_large") {
		t.Errorf("a long document: %d %s", status, body)
	}
	if status, body := call(t, s, "PUT", "/db/x", strings.Repeat(long, 10)); status != 413 || !strings.Contains(body, "too_large") {
		t.Errorf("a long request: %d %s", status, body)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	for range 1000 {
		_, _ = z.Write([]byte(long))
	}
	_ = z.Close()
	for name, tt := range map[string]struct {
		body   string
		status int
	}{"a bomb": {packed.String(), 413}, "no gzip": {"{}", 400}, "half": {packed.String()[:packed.Len()/2], 413}} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/db/x", strings.NewReader(tt.body))
		r.Header.Set("Content-Encoding", "gzip")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != tt.status {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

// kivik's client over real HTTP, which packs its bodies by gzip.
func TestKivikOverHTTP(t *testing.T) {
	t.Parallel()
	s, memory := newDB(t)
	client, err := kivik.New("couch", serveHTTP(t, s))
	if err != nil {
		t.Fatal(err)
	}
	db := client.DB("db")
	rev, err := db.Put(t.Context(), "a/b", map[string]int{"n": 1})
	if err != nil {
		t.Fatal(err)
	}
	fillDB(t, db, 0, 1500)
	if _, err := db.Put(t.Context(), "a/b", map[string]any{"n": 2, "_rev": "1-x"}); kivik.HTTPStatus(err) != 409 {
		t.Errorf("a conflict: %v", err)
	}
	diff := db.RevsDiff(t.Context(), map[string][]string{"a/b": {rev, "2-x"}})
	if !diff.Next() {
		t.Fatal(diff.Err())
	}
	var lacks missing
	if err := diff.ScanValue(&lacks); err != nil || len(lacks.Missing) != 1 {
		t.Errorf("missing: %+v, %v", lacks, err)
	}
	_ = diff.Close()
	open := db.OpenRevs(t.Context(), "a/b", []string{rev, "9-x"})
	for n := 0; open.Next(); n++ {
		var doc map[string]any
		if err := open.ScanDoc(&doc); (err != nil) != (n == 1) {
			t.Errorf("open rev %d: %v, %v", n, doc, err)
		}
	}
	if err := open.Err(); err != nil {
		t.Error(err)
	}
	_ = open.Close()
	rows := memory.AllDocs(t.Context(), kivik.IncludeDocs())
	n := 0
	for ; rows.Next(); n++ {
	}
	if err := rows.Err(); err != nil || n != 1501 {
		t.Errorf("%d rows, err = %v", n, err)
	}
	if _, err := db.Delete(t.Context(), "a/b", rev); err != nil {
		t.Error(err)
	}
	st, err := db.Stats(t.Context())
	if err != nil || st.DocCount != 1500 || st.DeletedCount != 1 {
		t.Errorf("stats: %+v, %v", st, err)
	}
}

func TestPullOnly(t *testing.T) {
	t.Parallel()
	s, db := newDB(t)
	if _, err := db.Put(t.Context(), "x", map[string]int{"n": 1}); err != nil {
		t.Fatal(err)
	}
	peer := PullOnly("peer", s)
	for target, want := range map[string]int{
		"GET /": 403, "GET /db": 200, "GET /db/x": 200, "GET /db/_changes": 200, "POST /db/_revs_diff": 200, "POST /db/_changes": 200,
		"PUT /db/_local/c": 201, "POST /db/_ensure_full_commit": 201,
		"PUT /db": 403, "DELETE /db": 403, "PUT /db/x": 403, "POST /db": 403, "DELETE /db/x": 403, "POST /db/_bulk_docs": 403, "PUT /db/_security": 403,
		"POST /db/_compact": 403, "PUT /db/_local%2Fd": 201, "PUT /db/x/_local": 403, "PUT //db/x": 403, "PUT /db//x": 403, "PUT /db/_revs_limit": 403,
	} {
		method, path, _ := strings.Cut(target, " ")
		if status, body := call(t, peer, method, path, "{}"); status != want {
			t.Errorf("%s: %d %s", target, status, body)
		}
	}
}

func TestEach(t *testing.T) {
	t.Parallel()
	s, db := newDB(t)
	fillDB(t, db, 0, 3000)
	id := fileRecord(7)["_id"].(string)
	rev, err := db.GetRev(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Delete(t.Context(), id, rev); err != nil {
		t.Fatal(err)
	}
	n, last := 0, int64(0)
	err = s.Each(t.Context(), "db", 0, func(id, rev string, seq int64, deleted bool, body []byte) error {
		if n++; seq <= last || (deleted != (n == 3000)) || rev == "" || len(id) != 64 {
			return fmt.Errorf("document %d: %s %s %d %v %s", n, id, rev, seq, deleted, body)
		}
		last = seq
		return nil
	})
	if err != nil || n != 3000 {
		t.Errorf("%d documents, err = %v", n, err)
	}
	stop := errors.New("stop")
	n = 0
	err = s.Each(t.Context(), "db", last-2, func(string, string, int64, bool, []byte) error {
		n++
		return stop
	})
	if !errors.Is(err, stop) || n != 1 {
		t.Errorf("%d documents, err = %v", n, err)
	}
	changes := db.Changes(t.Context(), kivik.Param("since", fmt.Sprint(last-2)))
	for n = 0; changes.Next(); n++ {
	}
	if err := changes.Err(); err != nil || n != 2 {
		t.Errorf("the feed after it: %d rows, err = %v", n, err)
	}
	if err := s.Each(t.Context(), "none", 0, nil); kivik.HTTPStatus(err) != 404 {
		t.Errorf("no database: err = %v", err)
	}
}

// A feed or a list is read in chunks; none may be lost or come twice between.
func TestChunks(t *testing.T) {
	t.Parallel()
	s, db := newDB(t)
	fillDB(t, db, 0, 3500)
	for _, target := range []string{
		"/db/_changes?", "/db/_changes?include_docs=true", "/db/_changes?descending=true", "/db/_changes?include_docs=true&descending=true",
		"/db/_all_docs?", "/db/_all_docs?include_docs=true", "/db/_all_docs?descending=true&include_docs=true",
	} {
		for limit, want := range map[string]int{"": 3500, "&limit=2999": 2999, "&limit=1000": 1000} {
			_, body := call(t, s, "GET", target+limit, "")
			answer := decode[struct{ Results, Rows []struct{ ID string } }](t, body)
			seen := make(map[string]bool)
			for _, row := range append(answer.Results, answer.Rows...) {
				seen[row.ID] = true
			}
			if len(seen) != want || len(answer.Results)+len(answer.Rows) != want {
				t.Errorf("%s%s: %d rows, %d documents", target, limit, len(answer.Results)+len(answer.Rows), len(seen))
			}
		}
	}
}

// A longpoll ends with the change it waits for, and its handler with the
// client that goes; goleak sees to the latter.
func TestLongpoll(t *testing.T) {
	t.Parallel()
	s, memory := newDB(t)
	for name, db := range map[string]*kivik.DB{"memory": memory, "HTTP": kivikDB(t, serveHTTP(t, s), new(http.Client))} {
		feed := db.Changes(t.Context(), kivik.Params(map[string]any{"feed": "longpoll", "since": "now", "heartbeat": 1000}))
		rows := make(chan string, 1)
		go func() {
			defer close(rows)
			for feed.Next() {
				rows <- feed.ID()
			}
		}()
		if _, err := db.Put(t.Context(), name, map[string]int{"n": 1}); err != nil {
			t.Fatal(err)
		}
		if got := <-rows; got != name {
			t.Errorf("%s: row %q, err = %v", name, got, feed.Err())
		}
		<-rows

		ctx, cancel := context.WithCancel(t.Context())
		feed = db.Changes(ctx, kivik.Params(map[string]any{"feed": "longpoll", "since": "now", "heartbeat": 1000}))
		cancel()
		if feed.Next() || !errors.Is(feed.Err(), context.Canceled) {
			t.Errorf("%s: cancelled: err = %v", name, feed.Err())
		}
	}
}

func serveHTTP(tb testing.TB, h http.Handler) string {
	tb.Helper()
	s := httptest.NewServer(h)
	tb.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s.URL
}

// Closing the server ends its feeds in good order.
func TestCloseEndsFeeds(t *testing.T) {
	t.Parallel()
	s, _ := newDB(t)
	client := &http.Client{Transport: s.Transport()}
	var bodies []io.ReadCloser
	for _, feed := range []string{"longpoll", "continuous"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://memory/db/_changes?heartbeat=60000&feed="+feed, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req) // the head comes at once
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, resp.Body)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, body := range bodies {
		b, err := io.ReadAll(body)
		if err != nil || !strings.Contains(string(b), `"last_seq"`) {
			t.Errorf("%s, err = %v", b, err)
		}
		_ = body.Close()
	}
}

// Many at once that ask for attachments in a list must not wait for each other.
func TestAttachmentsInLists(t *testing.T) {
	t.Parallel()
	s, _ := newDB(t)
	for i := range 50 {
		if status, body := call(t, s, "PUT", fmt.Sprintf("/db/%d", i), `{"_attachments":{"a":{"data":"aGVsbG8="}}}`); status != 201 {
			t.Fatal(status, body)
		}
	}
	var wg sync.WaitGroup
	for range 3 * maxReaders {
		for _, target := range []string{"/db/_changes?include_docs=true&attachments=true", "/db/_all_docs?include_docs=true&attachments=true"} {
			wg.Go(func() {
				if _, body := call(t, s, "GET", target, ""); strings.Count(body, `"data":"aGVsbG8="`) != 50 {
					t.Errorf("%s: %.200s", target, body)
				}
			})
		}
	}
	wg.Wait()
}
