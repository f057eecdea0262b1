package couch

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func text(tb testing.TB, resp *http.Response) string {
	tb.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

func TestPullOnlyRequests(t *testing.T) {
	t.Parallel()
	h := PullOnly("peer", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	for requests, through := range map[string]bool{
		"GET /db,HEAD /db,GET /db/x,HEAD /db/x,GET /db/x/att/b,GET /db/_design/a,GET /db/_design%2Fa":   true,
		"GET /db/_changes,POST /db/_changes,GET /db/_all_docs,POST /db/_all_docs":                       true,
		"POST /db/_bulk_get,POST /db/_revs_diff,POST /db/_missing_revs,POST /db/_ensure_full_commit":    true,
		"GET /db/_local/x,PUT /db/_local/x,DELETE /db/_local/x,PUT /db/_local%2Fx,GET /db/_local/a%2Fb": true,

		"GET /,GET /_all_dbs,GET /_dbs_info,POST /_dbs_info,GET /_up,GET /_session,GET /_uuids,GET /_membership,GET /_active_tasks":                                                          false,
		"POST /_replicate,GET /_scheduler/jobs,GET /_scheduler/docs,GET /_node/_local,GET /_cluster_setup,POST /_session":                                                                    false,
		"GET /_replicator,GET /_replicator/x,GET /_replicator/_changes,GET /_users/_all_docs,PUT /_replicator/x,GET /%5Freplicator":                                                          false,
		"PUT /db,DELETE /db,POST /db,PUT /db/x,DELETE /db/x,PUT /db/x/att,COPY /db/x,PATCH /db/x,OPTIONS /db/x":                                                                              false,
		"POST /db/_bulk_docs,POST /db/_purge,GET /db/_purged_infos,PUT /db/_revs_limit,GET /db/_revs_limit,GET /db/_security":                                                                false,
		"PUT /db/_security,POST /db/_compact,POST /db/_view_cleanup,POST /db/_find,POST /db/_index,GET /db/_index":                                                                           false,
		"GET /db/_local_docs,GET /db/_design_docs,GET /db/_local,GET /db/_shards,PUT /db/_design/a,POST /db/_all_docs/queries":                                                               false,
		"POST /db/_bulk_get/x,PUT /db/_changes,DELETE /db/_local,PUT /db/_local/x/y,GET /db/_local%2Fx/y,GET /db/_local/,PUT /db/_local%2F,POST /db/_local/x,GET /db%2F..%2F_replicator/%zz": false,
	} {
		for request := range strings.SplitSeq(requests, ",") {
			method, target, _ := strings.Cut(request, " ")
			u, err := url.Parse(target)
			if err != nil { // no request can name it
				continue
			}
			status := ask(t, h, method, u.String(), "").StatusCode
			if want := map[bool]int{true: http.StatusTeapot, false: http.StatusForbidden}[through]; status != want {
				t.Errorf("%s: %d, want %d", request, status, want)
			}
		}
	}
}

// The checkpoints of a device are out of reach for the others, and so are
// those of this one.
func TestPullOnlyKeepsCheckpointsApart(t *testing.T) {
	t.Parallel()
	s, _ := newDB(t)
	a, b := PullOnly("a", s), PullOnly("b", s)
	for _, step := range []struct {
		h                    http.Handler
		method, target, body string
		status               int
		want                 string
	}{
		{s, "PUT", "/db/_local/x", `{"of":"this"}`, 201, `"0-1"`},
		{a, "GET", "/db/_local/x", "", 404, ""},
		{a, "PUT", "/db/_local/x", `{"of":"a"}`, 201, `"0-1"`},
		{a, "PUT", "/db/_local%2Fx%2Fy", `{"of":"a"}`, 201, `"0-1"`},
		{b, "GET", "/db/_local/x", "", 404, ""},
		{b, "PUT", "/db/_local/a%2Fx", `{"of":"b"}`, 201, `"0-1"`},
		{b, "PUT", "/db/_local/..%2Fa%2Fx", `{"of":"b"}`, 201, `"0-1"`},
		{a, "GET", "/db/_local%2Fx", "", 200, `"of":"a"`},
		{a, "GET", "/db/_local/x%2Fy", "", 200, `"of":"a"`},
		{a, "DELETE", "/db/_local/x?rev=0-1", "", 200, ""},
		{s, "GET", "/db/_local/x", "", 200, `"of":"this"`},
		{b, "GET", "/db/_local/a%2Fx", "", 200, `"of":"b"`},
	} {
		if status, body := call(t, step.h, step.method, step.target, step.body); status != step.status || !strings.Contains(body, step.want) {
			t.Errorf("%s %s: %d %s, want %d", step.method, step.target, status, body, step.status)
		}
	}
}

// A device asks for no more at once than a replicator does.
func TestPullOnlyBoundsRequests(t *testing.T) {
	t.Parallel()
	s, _ := newDB(t)
	h := PullOnly("peer", s)
	long := strings.Repeat(" ", maxPull)
	for _, target := range []string{"POST /db/_bulk_get", "POST /db/_revs_diff", "POST /db/_changes?filter=_doc_ids", "POST /db/_all_docs", "PUT /db/_local/x"} {
		method, path, _ := strings.Cut(target, " ")
		if status, body := call(t, h, method, path, long+"{}"); status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %d %s", target, status, body)
		}
	}
	if resp := ask(t, h, "POST", "/db/_revs_diff", "{}", "Content-Type: application/json", "Content-Encoding: gzip"); resp.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("a packed body: %d", resp.StatusCode)
	}
}

func TestCORS(t *testing.T) {
	t.Parallel()
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != "" {
			t.Error("the origin is handed on")
		}
		w.WriteHeader(http.StatusTeapot)
	})
	const good, other = "Origin: https://notes.example.org", "Origin: https://evil.example"
	const method, headers = "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: Content-Type, x-couch-id"
	listed, open := []string{"https://Notes.example.org/"}, []string{"*"}
	for _, tt := range []struct {
		name, method        string
		origins, with       []string
		status              int
		origin, credentials string
	}{
		{"no origin", "GET", listed, nil, 418, "", ""},
		{"listed", "GET", listed, []string{good}, 418, "https://notes.example.org", "true"},
		{"not listed", "GET", listed, []string{other}, 418, "", ""},
		{"none", "GET", listed, []string{"Origin: null"}, 418, "", ""},
		{"open to all", "GET", open, []string{other}, 418, "*", ""},
		{"listed among all", "GET", append(open, listed...), []string{good}, 418, "https://notes.example.org", "true"},
		{"a star as origin", "GET", open, []string{"Origin: *"}, 418, "*", ""},
		{"preflight", "OPTIONS", listed, []string{good, method, headers}, 204, "https://notes.example.org", "true"},
		{"preflight, no headers", "OPTIONS", listed, []string{good, method}, 204, "https://notes.example.org", "true"},
		{"preflight of all", "OPTIONS", open, []string{other, method}, 204, "*", ""},
		{"preflight, not listed", "OPTIONS", listed, []string{other, method, headers}, 418, "", ""},
		{"preflight, an odd method", "OPTIONS", listed, []string{good, "Access-Control-Request-Method: BREW"}, 418, "https://notes.example.org", "true"},
		{"preflight, an odd header", "OPTIONS", listed, []string{good, method, "Access-Control-Request-Headers: x-odd"}, 418, "https://notes.example.org", "true"},
	} {
		resp := ask(t, CORS(tt.origins, inner), tt.method, "/db/x", "", tt.with...)
		h := resp.Header
		if resp.StatusCode != tt.status || h.Get("Access-Control-Allow-Origin") != tt.origin || h.Get("Access-Control-Allow-Credentials") != tt.credentials {
			t.Errorf("%s: %d %v", tt.name, resp.StatusCode, h)
		}
		if preflight := tt.status == http.StatusNoContent; preflight != (h.Get("Access-Control-Allow-Methods") != "") || preflight != (h.Get("Access-Control-Max-Age") == "600") {
			t.Errorf("%s: %v", tt.name, h)
		}
	}
	off := CORS(nil, newServer(t))
	if h := ask(t, off, "GET", "/", "", good).Header; h.Get("Access-Control-Allow-Origin") != "" || h.Get("Vary") != "" {
		t.Errorf("switched off: %v", h)
	}
}
