package couch

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHeaders(t *testing.T) {
	t.Parallel()
	s, _ := newDB(t)
	first, second := ask(t, s, "GET", "/", "").Header.Get("X-Couch-Request-Id"), ask(t, s, "GET", "/none", "").Header.Get("X-Couch-Request-Id")
	if len(first) != 10 || len(second) != 10 || first == second {
		t.Errorf("request IDs %q, %q", first, second)
	}
	for accept, want := range map[string]string{
		"": "application/json", "*/*": "application/json", "application/json": "application/json", "text/html, */*;q=0.8": "application/json",
		"text/plain": "text/plain; charset=utf-8",
	} {
		for _, target := range []string{"/", "/db/_all_docs", "/none"} {
			if got := ask(t, s, "GET", target, "", "Accept: "+accept).Header.Get("Content-Type"); got != want {
				t.Errorf("GET %s, Accept %q: %q", target, accept, got)
			}
		}
	}
	if resp := ask(t, s, "BREW", "/db/_changes", ""); resp.StatusCode != 405 || resp.Header.Get("Allow") != "GET,HEAD,POST" {
		t.Errorf("405: %d %v", resp.StatusCode, resp.Header)
	}
	if resp := ask(t, s, "GET", "/db/"+strings.Repeat("x", maxURI), ""); resp.StatusCode != 414 || !strings.Contains(text(t, resp), `"too_long"`) {
		t.Errorf("a long URI: %d", resp.StatusCode)
	}
}

// Wherever GET is answered, HEAD has the same head.
func TestHead(t *testing.T) {
	t.Parallel()
	s, _ := newDB(t)
	call(t, s, "PUT", "/db/x", `{"_attachments":{"a":{"data":"aGk="}}}`)
	call(t, s, "PUT", "/db/_local/x", `{}`)
	for _, target := range []string{
		"/", "/_up", "/_uuids", "/_all_dbs", "/_session", "/_membership", "/_active_tasks", "/_dbs_info", "/db", "/db/x", "/db/x/a", "/db/_local/x", "/db/none", "/none",
		"/db/_all_docs", "/db/_changes", "/db/_design_docs", "/db/_local_docs", "/db/_revs_limit", "/db/_security", "/db/_purged_infos_limit",
	} {
		get, head := ask(t, s, "GET", target, ""), ask(t, s, "HEAD", target, "")
		if body := text(t, head); head.StatusCode != get.StatusCode || body != "" || head.Header.Get("Content-Type") != get.Header.Get("Content-Type") ||
			head.Header.Get("Etag") != get.Header.Get("Etag") || head.Header.Get("Content-Length") != get.Header.Get("Content-Length") {
			t.Errorf("HEAD %s: %d %v %q; GET: %d %v", target, head.StatusCode, head.Header, body, get.StatusCode, get.Header)
		}
	}
}

func TestGzip(t *testing.T) {
	t.Parallel()
	s, db := newDB(t)
	fillDB(t, db, 0, 100)
	call(t, s, "PUT", "/db/long", `{"a":"`+strings.Repeat("x", 5000)+`"}`)
	call(t, s, "PUT", "/db/att", `{"_attachments":{"a":{"content_type":"text/plain","data":"`+strings.Repeat("aGVs", 1000)+`"}}}`)
	for _, tt := range []struct {
		name, target string
		with         []string
		packed       bool
	}{
		{"a list", "/db/_all_docs", []string{"Accept-Encoding: deflate, gzip;q=1.0"}, true},
		{"a feed", "/db/_changes?feed=longpoll", []string{"Accept-Encoding: gzip"}, true},
		{"a long document", "/db/long", []string{"Accept-Encoding: gzip"}, true},
		{"a short answer", "/db", []string{"Accept-Encoding: gzip"}, false},
		{"not asked for", "/db/_all_docs", nil, false},
		{"refused", "/db/_all_docs", []string{"Accept-Encoding: gzip;q=0, br"}, false},
		{"an attachment", "/db/att/a", []string{"Accept-Encoding: gzip"}, false},
		{"a range", "/db/att/a", []string{"Accept-Encoding: gzip", "Range: bytes=0-2000"}, false},
	} {
		plain := text(t, ask(t, s, "GET", tt.target, "", append(tt.with, "Accept-Encoding: ")...))
		resp := ask(t, s, "GET", tt.target, "", tt.with...)
		body := text(t, resp)
		if packed := resp.Header.Get("Content-Encoding") == "gzip"; packed != tt.packed {
			t.Errorf("%s: packed is %v: %v", tt.name, packed, resp.Header)
			continue
		}
		if tt.packed {
			z, err := gzip.NewReader(strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(z)
			if err != nil || len(body) >= len(b) || resp.Header.Get("Vary") != "Accept-Encoding" || resp.Header.Get("Content-Length") != "" {
				t.Errorf("%s: %d bytes for %d, err = %v, %v", tt.name, len(body), len(b), err, resp.Header)
			}
			body = string(b)
		}
		if body != plain {
			t.Errorf("%s: %q, want %q", tt.name, body, plain)
		}
	}
}

// A change comes through a compressed feed at once.
func TestGzipFeed(t *testing.T) {
	t.Parallel()
	s, _ := newDB(t)
	server := httptest.NewServer(s)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/db/_changes?feed=continuous&heartbeat=60000", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.Client().Do(req) // which asks for gzip by itself
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if !resp.Uncompressed {
		t.Error("the feed is not compressed")
	}
	rows := bufio.NewScanner(resp.Body)
	for i := range 3 {
		call(t, s, "PUT", fmt.Sprintf("/db/doc%d", i), `{}`)
		if !rows.Scan() || !strings.Contains(rows.Text(), fmt.Sprintf(`"doc%d"`, i)) {
			t.Fatalf("row %d: %q, %v", i, rows.Text(), rows.Err())
		}
	}
}

func TestFeedLimit(t *testing.T) {
	t.Parallel()
	s := openServer(t, t.TempDir(), Options{MaxFeeds: 1})
	openDB(t, s)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://memory/db/_changes?feed=continuous", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.Transport().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if status, body := call(t, s, "GET", "/db/_changes?feed=longpoll&timeout=1", ""); status != 503 || !strings.Contains(body, "service unavailable") {
		t.Errorf("a second feed: %d %s", status, body)
	}
	if status, _ := call(t, s, "GET", "/db/_changes", ""); status != 200 {
		t.Errorf("one that does not wait: %d", status)
	}
}

func TestDocumentCountLimits(t *testing.T) {
	t.Parallel()
	s := openServer(t, t.TempDir(), Options{MaxDocs: 2})
	openDB(t, s)
	for request, want := range map[string]string{
		`_bulk_docs {"docs":[{},{},{}]}`:                        "max_bulk_docs_count_exceeded",
		`_bulk_docs {"docs":[{},{},1]}`:                         "max_bulk_docs_count_exceeded",
		`_bulk_get {"docs":[{"id":"a"},{"id":"b"},{"id":"c"}]}`: "max_bulk_get_count_exceeded",
		`_bulk_get {"docs":[{},{},1]}`:                          "max_bulk_get_count_exceeded",
	} {
		path, body, _ := strings.Cut(request, " ")
		if status, answer := call(t, s, "POST", "/db/"+path, body); status != 413 || !strings.Contains(answer, want) {
			t.Errorf("%s: %d %s", path, status, answer)
		}
	}
}
