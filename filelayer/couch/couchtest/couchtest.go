// Package couchtest holds the cases that a server of the CouchDB protocol must
// pass, whoever wrote it.
package couchtest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A Server is the server under test.
type Server struct {
	URL    string       // of its root, without a slash at the end
	Client *http.Client // reaches it
}

// Run runs every case against s, each in databases of its own, named
// "couchtest-…", which it makes and deletes.
func Run(t *testing.T, s Server) {
	t.Helper()
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db := fmt.Sprintf("couchtest-%d-%d", i, time.Now().UnixNano())
			x := &exchange{t: t, server: s, vars: map[string]string{"db": url.PathEscape(db)}}
			x.run(step{method: "PUT", path: "/$db", status: 201, want: `{"ok":true}`})
			t.Cleanup(func() {
				x.ctx = context.WithoutCancel(t.Context())
				x.run(step{method: "DELETE", path: "/$db", status: 200, want: `{"ok":true}`})
			})
			for _, st := range c.steps {
				x.run(st)
			}
		})
	}
}

// A testCase is a sequence of requests to one database.
type testCase struct {
	name  string
	steps []step
}

// A step is one request, and what its answer must be. In path, body, want and
// header, "$db" stands for the database, and "$x" for the rev, last_seq
// or bookmark that the step with as "x" was answered with.
type step struct {
	method, path, body string
	header             http.Header // of the request
	status             int
	want               string      // JSON that the answer must have; see match
	wantText           string      // a part of the answer's text
	wantHeader         http.Header // that the answer must have
	as                 string
}

type exchange struct {
	t      *testing.T
	ctx    context.Context // of the steps; nil for the test's
	server Server
	vars   map[string]string
}

func (x *exchange) expand(text string) string {
	for name, value := range x.vars {
		text = strings.ReplaceAll(text, "$"+name, value)
	}
	return text
}

func (x *exchange) run(st step) {
	x.t.Helper()
	what := st.method + " " + x.expand(st.path)
	status, header, text := x.send(st)
	if status != st.status {
		x.t.Fatalf("%s %s: status %d, want %d: %s", what, x.expand(st.body), status, st.status, text)
	}
	for name, values := range st.wantHeader {
		if got := header.Get(name); got != x.expand(values[0]) {
			x.t.Errorf("%s: header %s: %q, want %q", what, name, got, x.expand(values[0]))
		}
	}
	if !strings.Contains(text, x.expand(st.wantText)) {
		x.t.Errorf("%s: no %q in %s", what, x.expand(st.wantText), text)
	}
	if st.want != "" {
		x.compare(what, text, x.expand(st.want))
	}
	if st.as != "" {
		x.keep(st.as, text)
	}
}

func (x *exchange) send(st step) (status int, header http.Header, text string) {
	x.t.Helper()
	ctx := x.ctx
	if ctx == nil {
		ctx = x.t.Context()
	}
	req, err := http.NewRequestWithContext(ctx, st.method, x.server.URL+x.expand(st.path), strings.NewReader(x.expand(st.body)))
	if err != nil {
		x.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	for name, values := range st.header {
		req.Header.Set(name, x.expand(values[0]))
	}
	resp, err := x.server.Client.Do(req)
	if err != nil {
		x.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		x.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(b)
}

func (x *exchange) compare(what, text, want string) {
	x.t.Helper()
	var got, wanted any
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		x.t.Fatalf("%s: answer is no JSON: %s", what, text)
	}
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		x.t.Fatalf("%s: the case itself is no JSON: %s", what, want)
	}
	if err := match(got, wanted); err != nil {
		x.t.Errorf("%s: %v\nanswer: %s", what, err, text)
	}
}

// keep remembers the rev, the last_seq or the bookmark of an answer.
func (x *exchange) keep(name, text string) {
	x.t.Helper()
	var answer any
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		x.t.Fatalf("answer is no JSON: %s", text)
	}
	if list, ok := answer.([]any); ok && len(list) > 0 {
		answer = list[0]
	}
	members, _ := answer.(map[string]any)
	for _, member := range []string{"rev", "_rev", "last_seq", "bookmark"} {
		if v, ok := members[member]; ok {
			x.vars[name] = fmt.Sprint(v)
			return
		}
	}
	x.t.Fatalf("no rev in %s", text)
}

// match reports how got differs from want: an object must have want's members,
// an array must be as long; "*" matches anything, and "~" a member that is not
// there.
func match(got, want any) error {
	switch want := want.(type) {
	case string:
		if want == "*" {
			return nil
		}
	case map[string]any:
		members, ok := got.(map[string]any)
		if !ok {
			return fmt.Errorf("%v is no object", got)
		}
		for name, value := range want {
			v, there := members[name]
			if there == (value == "~") {
				return fmt.Errorf("member %q is there: %v", name, there)
			}
			if !there {
				continue
			}
			if err := match(v, value); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return fmt.Errorf("%v, want %v", got, want)
		}
		for i := range want {
			if err := match(list[i], want[i]); err != nil {
				return fmt.Errorf("[%d]: %w", i, err)
			}
		}
		return nil
	}
	if got != want {
		return fmt.Errorf("%v, want %v", got, want)
	}
	return nil
}
