package couch

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// oddNames are IDs and names with every character that may be in one.
func oddNames() []string {
	names := []string{
		"é", "日本語", "🎉👩‍👩‍👧", "e\u0301", "\u202e", "\ufeff", "%2F", "%", "%zz", "+", "a+b c", "a/b", "a//b", "/a", "a/", "..", ".", "../../etc/passwd", `..\..\x`, "a/../../b",
		"?a=b", "#a", "a&b", "a;b", `"`, `\`, `\u0041`, "'; DROP TABLE docs; --", "null", "a\nb", "CON", "-1", "%00", strings.Repeat("é", 512), strings.Repeat("%", 1024), strings.Repeat("/", 1024),
	}
	for c := range rune(0x100) {
		names = append(names, "x"+string(c))
		if c != '_' {
			names = append(names, string(c)+"x")
		}
	}
	return names
}

// Each odd ID is a document of its own, by every way to name it.
func TestOddIDs(t *testing.T) {
	t.Parallel()
	s, _ := newDB(t)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	send := func(method, path, body string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		return resp.StatusCode, text(t, resp)
	}
	seen := make(map[string]bool)
	for _, id := range oddNames() {
		if seen[id] {
			continue
		}
		seen[id] = true
		path, quoted := "/db/"+url.PathEscape(id), string(must(json.Marshal(id)))
		status, body := send("PUT", path, `{"of":`+quoted+`}`)
		if status != 201 {
			t.Fatalf("PUT %q: %d %s", id, status, body)
		}
		made := decode[struct{ ID, Rev string }](t, body)
		if made.ID != id {
			t.Errorf("%q became %q", id, made.ID)
		}
		for request, want := range map[string]string{
			"GET " + path: `"of":`,
			"POST /db/_all_docs?include_docs=true {\"keys\":[" + quoted + "]}":         `"of":`,
			"POST /db/_bulk_get {\"docs\":[{\"id\":" + quoted + "}]}":                  `"of":`,
			"POST /db/_changes?filter=_doc_ids {\"doc_ids\":[" + quoted + "]}":         made.Rev,
			"POST /db/_revs_diff {" + quoted + ":[\"" + made.Rev + "\",\"9-x\"]}":      `"missing":["9-x"]`,
			"POST /db/_find {\"selector\":{\"_id\":" + quoted + "}}":                   `"of":`,
			"GET /db/_all_docs?include_docs=true&key=" + url.QueryEscape(quoted) + " ": `"of":`,
		} {
			method, rest, _ := strings.Cut(request, " ")
			target, body, _ := strings.Cut(rest, " ")
			if status, answer := send(method, target, body); status != 200 || !strings.Contains(answer, want) || strings.Contains(answer, `"error"`) {
				t.Errorf("%s: %d %s", request, status, answer)
			}
		}
		file := path + "/" + url.PathEscape(id)
		if status, body := send("PUT", file+"?rev="+made.Rev, "bytes"); status != 201 {
			t.Errorf("PUT attachment %q: %d %s", id, status, body)
		}
		if status, body := send("GET", file, ""); status != 200 || body != "bytes" {
			t.Errorf("GET attachment %q: %d %s", id, status, body)
		}
	}
	if got := s.databases["db"].state.Load().docs; got != int64(len(seen)) {
		t.Errorf("%d documents for %d IDs", got, len(seen))
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// No path leads out of the server's folder, or to its files.
func TestPathTricks(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "databases")
	s := openServer(t, dir, Options{})
	openDB(t, s)
	before := must(os.ReadDir(filepath.Dir(dir)))
	for _, name := range []string{"..%2Fx", "%2e%2e%2fx", "..", "%2Fetc%2Fpasswd", "x%2F..%2F..%2Fy", "a%5C..%5Cb", "db-db.sqlite", "x%00y", "C:", "nul%00", "%ff", "a%2F..", "_local", "%5Flocal%2Fx"} {
		for _, method := range []string{"PUT", "GET", "DELETE"} {
			if status, body := call(t, s, method, "/"+name, ""); status < 400 {
				t.Errorf("%s %s: %d %s", method, name, status, body)
			}
		}
	}
	if after := must(os.ReadDir(filepath.Dir(dir))); len(after) != len(before) {
		t.Errorf("beside the folder: %v", after)
	}
	if status, body := call(t, s, "PUT", "/a%2Fb", ""); status != 201 {
		t.Errorf("a slash in a name: %d %s", status, body)
	}
	if _, err := os.Stat(filepath.Join(dir, "a")); err == nil {
		t.Error("a slash in a name made a folder")
	}
}

// A body of 64 MB that names as many things as it can costs a few times its
// length, and is answered as CouchDB would.
func TestBodiesOf64MB(t *testing.T) { //nolint:paralleltest // it looks at the memory of the process
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	s, _ := newDB(t)
	const size = 64<<20 - 100
	fill := func(start, part, end string) func() string {
		return func() string {
			return start + strings.Repeat(part+",", (size-len(start)-len(end)-len(part))/(len(part)+1)) + part + end
		}
	}
	for _, tt := range []struct {
		name, target string
		body         func() string
		status       int
	}{
		{"documents", "POST /db/_bulk_docs", fill(`{"docs":[`, `{}`, `]}`), 413},
		{"members", "PUT /db/x", fill(`{`, `"a":1`, `}`), 413},
		{"revisions", "PUT /db/x?new_edits=false", fill(`{"_revisions":{"start":99999999,"ids":[`, `"a"`, `]}}`), 413},
		{"attachments", "PUT /db/x", fill(`{"_attachments":{`, `"a":{"stub":true}`, `}}`), 400}, // one name twice
		{"refs", "POST /db/_bulk_get", fill(`{"docs":[`, `{}`, `]}`), 413},
		{"a diff", "POST /db/_revs_diff", fill(`{`, `"some document":["1-00000000000000000000000000000000"]`, `}`), 200},
		{"a filter", "POST /db/_changes?filter=_selector", fill(`{"selector":{"a":{"$in":[`, `1`, `]}}}`), 400},
		{"an index", "POST /db/_index", fill(`{"index":{"fields":[`, `"a"`, `]}}`), 400},
		{"fields", "POST /db/_find", fill(`{"selector":{},"fields":[`, `"a"`, `]}`), 400},
		{"too long", "PUT /db/x", func() string { return strings.Repeat(" ", 64<<20) + "{}" }, 413},
		{"not JSON", "PUT /db/x", func() string { return strings.Repeat("{", size) }, 400},
	} {
		runtime.GC()
		method, target, _ := strings.Cut(tt.target, " ")
		r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(tt.body()))
		r.Header.Set("Content-Type", "application/json")
		w := &sink{header: make(http.Header)}
		began := time.Now()
		most := peak(func() { s.ServeHTTP(w, r) })
		t.Logf("%s: %d MB, %v", tt.name, most>>20, time.Since(began))
		if w.status != tt.status {
			t.Errorf("%s: %d %s", tt.name, w.status, w.start)
		}
		if most > 700<<20 {
			t.Errorf("%s: %d MB of memory", tt.name, most>>20)
		}
	}
}

// peak returns about how many bytes were in use at once while fn ran.
func peak(fn func()) (most uint64) {
	done := make(chan struct{})
	go func() { defer close(done); fn() }()
	for tick := time.Tick(20 * time.Millisecond); ; {
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		most = max(most, now.HeapInuse)
		select {
		case <-done:
			return most
		case <-tick:
		}
	}
}

// A sink keeps the start of an answer only.
type sink struct {
	header http.Header
	status int
	start  string
}

func (s *sink) Header() http.Header { return s.header }

func (s *sink) WriteHeader(status int) { s.status = status }

func (s *sink) Write(p []byte) (int, error) {
	if s.start == "" {
		s.start = fmt.Sprintf("%.200s", p)
	}
	return len(p), nil
}
