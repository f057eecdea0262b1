package couch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

func TestParseDocument(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		raw, body, err string // err: CouchDB's name of it
	}{
		{`{}`, `{}`, ""},
		{` { "a" : [ 1 , 2 ] } `, `{"a":[1,2]}`, ""},
		{`{"_id":"x","_rev":"1-a","_deleted":true,"a b":" c \" d "}`, `{"a b":" c \" d "}`, ""},
		{`{"_revisions":{"start":2,"ids":["b","a"]},"n":1e400}`, `{"n":1e400}`, ""},
		{`{"\u005fid":"x"}`, `{}`, ""},
		{`{"a_b":1,"":2,"\n":3}`, `{"a_b":1,"":2,"\n":3}`, ""},
		{`[]`, "", "bad_request"},
		{`"x"`, "", "bad_request"},
		{`1`, "", "bad_request"},
		{`{"_id":1}`, "", "illegal_docid"},
		{`{"_id":null}`, "", "illegal_docid"},
		{`{"_id":""}`, "", "illegal_docid"},
		{`{"_rev":1}`, "", "bad_request"},
		{`{"_rev":"x"}`, "", "bad_request"},
		{`{"_deleted":"yes"}`, "", "bad_request"},
		{`{"_revisions":{"start":1,"ids":["b","a"]}}`, "", "bad_request"},
		{`{"_revisions":{"start":1,"ids":[]}}`, "", "bad_request"},
		{`{"_revisions":{"start":1,"ids":["a b"]}}`, "", "bad_request"},
		{`{"_revisions":[]}`, "", "bad_request"},
		{`{"_odd":1}`, "", "doc_validation"},
		{`{"\u005fodd":1}`, "", "doc_validation"},
		{`{"_attachments":{"a":null}}`, "", "bad_request"},
		{`{"_attachments":{"a":{"data":"%"}}}`, "", "bad_request"},
		{`{"_attachments":{"a":{"follows":true}}}`, `{}`, ""},
		{`{"a":"` + strings.Repeat("x", 2000) + `"}`, "", "document_too_large"},
		{`{"_revisions":{"start":100000,"ids":["a"` + strings.Repeat(`,"a"`, maxLineage-1) + `]}}`, `{}`, ""},
		{`{"_revisions":{"start":100001,"ids":["a"` + strings.Repeat(`,"a"`, maxLineage) + `]}}`, "", "document_too_large"},
		{`{"_attachments":{` + attachmentList(maxAttachments) + `}}`, `{}`, ""},
		{`{"_attachments":{` + attachmentList(maxAttachments+1) + `}}`, "", "document_too_large"},
	} {
		d, err := parseDocument([]byte(tt.raw), 1000)
		var e *Error
		switch {
		case errors.As(err, &e) && e.Name != tt.err || err == nil && tt.err != "":
			t.Errorf("%.60s: err = %v, want %s", tt.raw, err, tt.err)
		case err == nil && string(d.body) != tt.body:
			t.Errorf("%s: body %s", tt.raw, d.body)
		}
	}
}

func attachmentList(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`"%d":{"stub":true}`, i)
	}
	return strings.Join(list, ",")
}

// What is cut from a bulk body and stored is the same JSON.
func FuzzParseBulk(f *testing.F) {
	for _, s := range []string{
		`{"docs":[{"_id":"x","a":[1,{"b":"c\\\"d"}]}],"new_edits":false}`, `{"docs":[]}`, `{"docs":{}}`, `[]`, `{}`, `{"docs":[1]}`,
		` { "docs" : [ { } , { "_rev" : "1-a" } ] } `, `{"docs":[{"_attachments":{"a":{"data":"YQ=="}}}]}`, `{"\u0064ocs":[{"\u005fid":"x"}]}`, `""`, `-1.5e+3`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if !rawjson.Valid(b) {
			return
		}
		docs, _, err := parseBulk(b, 1<<20, 1000)
		if err != nil {
			return
		}
		var plain struct {
			Docs []map[string]any `json:"docs"`
		}
		if json.Unmarshal(b, &plain) != nil || len(plain.Docs) != len(docs) {
			return // such as two members "docs", or "Docs", which encoding/json joins
		}
		for i, d := range docs {
			var got map[string]any
			if err := json.Unmarshal(d.body, &got); err != nil {
				if errors.As(err, new(*json.UnmarshalTypeError)) {
					continue // a number too large for a float
				}
				t.Fatalf("body %s: %v", d.body, err)
			}
			for name := range plain.Docs[i] {
				if strings.HasPrefix(name, "_") {
					delete(plain.Docs[i], name)
				}
			}
			if !reflect.DeepEqual(got, plain.Docs[i]) {
				t.Errorf("%s became %s", b, d.body)
			}
			if bytes.ContainsAny(d.body, "\n\r") {
				t.Errorf("a line break in %q", d.body)
			}
			nextRevision(nil, d)
		}
	})
}

// No request makes the server panic or answer with 500.
func FuzzRequest(f *testing.F) {
	s := newServer(f)
	if err := s.Create(f.Context(), "db"); err != nil {
		f.Fatal(err)
	}
	for _, path := range []string{
		"/db/_changes?since=now&limit=1", "/db/_changes?feed=longpoll&timeout=1", "/db/_changes?filter=_selector", "/db/_changes?since=%221-a%22&descending=true&style=all_docs",
		"/db/_all_docs?startkey=%22a%22&endkey=%22b%22&skip=1&include_docs=true", "/db/_all_docs?keys=[%22a%22]", "/db/x?open_revs=[%221-a%22]&latest=true",
		"/db/x?rev=1-a&revs=true", "/db/_local/x", "/db/_bulk_docs", "/db/_bulk_get?latest=true", "/db/_revs_diff", "/db/x/file.txt", "/db/_design/x/_view/y", "/db/%ff?a=%zz", "//", "/db//x",
	} {
		for _, body := range []string{``, `{}`, `{"docs":[{"_id":"x","_rev":"1-a"}],"new_edits":false}`, `{"x":["1-a"]}`, `{"docs":[{"id":"x","rev":"1-a"}]}`, `{"selector":{"a":{"$gt":1}}}`, `{"doc_ids":["x"]}`, `{"keys":["x"]}`} {
			f.Add("GET", path, body)
			f.Add("POST", path, body)
			f.Add("PUT", path, body)
		}
	}
	f.Fuzz(func(t *testing.T, method, target, body string) {
		u, err := url.ParseRequestURI(target)
		if err != nil || u.Host != "" || method == "DELETE" && len(strings.Trim(u.Path, "/")) < 3 || strings.Contains(u.RawQuery, "continuous") || strings.Contains(u.RawQuery, "eventsource") || strings.Contains(u.RawQuery, "longpoll") {
			return
		}
		r, err := http.NewRequestWithContext(t.Context(), method, "http://x/", strings.NewReader(body))
		if err != nil {
			return
		}
		r.URL.Path, r.URL.RawPath, r.URL.RawQuery = u.Path, u.RawPath, u.RawQuery
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code >= 500 && w.Code != http.StatusNotImplemented {
			t.Errorf("%s %s %s: %d %s", method, target, body, w.Code, w.Body)
		}
		if w.Code >= 400 && method != http.MethodHead && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %s: an error that is no JSON: %s", method, target, w.Body)
		}
	})
}
