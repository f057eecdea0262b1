package replicator

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/libpaul/paul/filelayer/couch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A node is a server with a driver before it.
type node struct {
	t      *testing.T
	server *couch.Server
	driver *Driver
	stop   func()
}

func newNode(t *testing.T) *node {
	t.Helper()
	return openNode(t, t.TempDir())
}

func openNode(t *testing.T, dir string) *node {
	t.Helper()
	server, err := couch.Open(dir, couch.Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := &node{t: t, server: server, driver: New(Options{Server: server, Local: server.Transport(), Remote: new(http.Transport)})}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.driver.Run(ctx) }()
	stopped := false
	n.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(n.stop)
	n.until("replication to begin", func() bool {
		status, _ := n.call("POST", "/_replicate", `{"cancel":true,"source":"a","target":"b"}`)
		return status == 404
	})
	return n
}

// call sends a request with a JSON body, and returns status and body.
func (n *node) call(method, target, body string) (int, string) {
	n.t.Helper()
	r := httptest.NewRequestWithContext(n.t.Context(), method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	n.driver.ServeHTTP(w, r)
	b, err := io.ReadAll(w.Result().Body)
	if err != nil {
		n.t.Fatal(err)
	}
	return w.Code, string(b)
}

// must is call, with the status that is wanted.
func (n *node) must(want int, method, target, body string) string {
	n.t.Helper()
	status, answer := n.call(method, target, body)
	if status != want {
		n.t.Fatalf("%s %s %s: %d %s, want %d", method, target, body, status, answer, want)
	}
	return answer
}

// fill makes a database with documents a1 to a3 and b1.
func (n *node) fill(db string) {
	n.t.Helper()
	n.must(201, "PUT", "/"+db, "")
	n.must(201, "POST", "/"+db+"/_bulk_docs", `{"docs":[{"_id":"a1","n":1},{"_id":"a2","n":2},{"_id":"a3","n":3},{"_id":"b1","n":1}]}`)
}

// ids returns the IDs of a database's documents.
func (n *node) ids(db string) string {
	n.t.Helper()
	var list struct{ Rows []struct{ ID string } }
	decode(n.t, n.must(200, "GET", "/"+db+"/_all_docs", ""), &list)
	var ids []string
	for _, row := range list.Rows {
		ids = append(ids, row.ID)
	}
	return strings.Join(ids, " ")
}

func decode(t *testing.T, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// until waits, by the clock of the bubble, for what is true soon: when nothing
// goes on any more, or a second later.
func (n *node) until(what string, fine func() bool) {
	n.t.Helper()
	synctest.Wait()
	for range 20 {
		if fine() {
			return
		}
		<-time.After(time.Second)
		synctest.Wait()
	}
	_, docs := n.call("GET", "/_scheduler/docs", "")
	_, jobs := n.call("GET", "/_scheduler/jobs", "")
	n.t.Fatalf("waited for %s in vain\n%s\n%s", what, docs, jobs)
}

// serve makes the node reachable, for user paul and password secret.
func (n *node) serve() string {
	n.t.Helper()
	s := httptest.NewServer(couch.Auth(couch.AuthOptions{User: "paul", Password: "secret"}, n.driver))
	n.t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return strings.TrimPrefix(s.URL, "http://")
}

func TestReplicateOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n, other := newNode(t), newNode(t)
		n.fill("from")
		other.fill("far")
		host := other.serve()
		for _, tt := range []struct {
			name, body string // "$" stands for the other node's host
			status     int
			part       string // of the answer
			db, ids    string // what is there then; "" not looked at
		}{
			{"no target", `{"source":"from","target":"to"}`, 404, `{"error":"db_not_found","reason":"could not open to"}`, "", ""},
			{"create it", `{"source":"from","target":"to","create_target":true}`, 200, `"docs_written":4`, "to", "a1 a2 a3 b1"},
			{"nothing to do", `{"source":"from","target":"to","create_target":true}`, 200, `"no_changes":true`, "to", "a1 a2 a3 b1"},
			{"doc_ids", `{"source":"from","target":"ids","create_target":true,"doc_ids":["a2","b1","none"]}`, 200, `"ok":true`, "ids", "a2 b1"},
			{"selector", `{"source":"from","target":"sel","create_target":true,"selector":{"n":1}}`, 200, `"ok":true`, "sel", "a1 b1"},
			{"pull", `{"source":"http://paul:secret@$/far","target":"pulled","create_target":true}`, 200, `"docs_read":4`, "pulled", "a1 a2 a3 b1"},
			{"pull with auth", `{"source":{"url":"http://$/far","auth":{"basic":{"username":"paul","password":"secret"}}},"target":"pulled2","create_target":true}`, 200, `"ok":true`, "pulled2", "a1 a2 a3 b1"},
			{"pull with a header", `{"source":{"url":"http://$/far/","headers":{"authorization":"Basic cGF1bDpzZWNyZXQ="}},"target":"pulled3","create_target":true}`, 200, `"ok":true`, "pulled3", "a1 a2 a3 b1"},
			{"push", `{"source":"from","target":"http://paul:secret@$/pushed","create_target":true}`, 200, `"docs_written":4`, "", ""},
			{"wrong password", `{"source":"http://paul:wrong@$/far","target":"to"}`, 401, `"reason":"unauthorized to access or create database http://paul:*****@`, "", ""},
			{"far database missing", `{"source":"http://paul:secret@$/none","target":"to"}`, 404, `"db_not_found"`, "", ""},
			{"host away", `{"source":"http://paul:secret@127.0.0.1:1/far","target":"to"}`, 500, `"replication_error"`, "", ""},
			{"no source", `{"target":"to"}`, 400, "`source` is missing", "", ""},
			{"filter", `{"source":"from","target":"to","filter":"app/x"}`, 400, "filter functions are not run", "", ""},
			{"proxy", `{"source":"from","target":"to","source_proxy":"socks5://a:1"}`, 400, "no proxies", "", ""},
			{"both filters", `{"source":"from","target":"to","doc_ids":[],"selector":{}}`, 400, "mutually exclusive", "", ""},
			{"no JSON", `{`, 400, `"bad_request"`, "", ""},
		} {
			status, answer := n.call("POST", "/_replicate", strings.ReplaceAll(tt.body, "$", host))
			if status != tt.status || !strings.Contains(answer, tt.part) || strings.Contains(answer, "secret") {
				t.Errorf("%s: %d %s", tt.name, status, answer)
				continue
			}
			if tt.db != "" && n.ids(tt.db) != tt.ids {
				t.Errorf("%s: %q, want %q", tt.name, n.ids(tt.db), tt.ids)
			}
		}
		if got := other.ids("pushed"); got != "a1 a2 a3 b1" {
			t.Errorf("pushed: %q", got)
		}
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/_replicate", strings.NewReader(`{}`))
		w := httptest.NewRecorder()
		if n.driver.ServeHTTP(w, r); w.Code != 415 {
			t.Errorf("no content type: %d", w.Code)
		}
		n.must(405, "GET", "/_replicate", "")
		n.must(413, "POST", "/_replicate", `{"source":"`+strings.Repeat("x", maxBody)+`"}`)
	})
}

func TestReplicateContinuously(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		n.fill("from")
		n.must(201, "PUT", "/to", "")
		const body = `{"source":"from","target":"to","continuous":true}`
		var started struct {
			ID string `json:"_local_id"`
		}
		decode(t, n.must(202, "POST", "/_replicate", body), &started)
		if again := n.must(202, "POST", "/_replicate", body); !strings.Contains(again, started.ID) || !strings.HasSuffix(started.ID, "+continuous") {
			t.Errorf("started again: %s, first %s", again, started.ID)
		}
		n.until("the first documents", func() bool { return n.ids("to") == "a1 a2 a3 b1" })
		n.must(201, "PUT", "/from/c1", "{}")
		n.until("another", func() bool { return n.ids("to") == "a1 a2 a3 b1 c1" })
		n.until("the task", func() bool { return strings.Contains(n.must(200, "GET", "/_active_tasks", ""), started.ID) })
		if jobs := n.must(200, "GET", "/_scheduler/jobs", ""); !strings.Contains(jobs, `"total_rows":1`) || !strings.Contains(jobs, `"type":"started"`) {
			t.Errorf("jobs: %s", jobs)
		}
		n.must(200, "GET", "/_scheduler/jobs/"+started.ID, "")
		n.must(404, "GET", "/_scheduler/jobs/none", "")
		if got := n.must(200, "POST", "/_replicate", `{"source":"from","target":"to","continuous":true,"cancel":true}`); !strings.Contains(got, started.ID) {
			t.Errorf("cancelled: %s", got)
		}
		n.must(404, "POST", "/_replicate", `{"source":"from","target":"to","continuous":true,"cancel":true}`)
		n.must(404, "POST", "/_replicate", `{"replication_id":"`+started.ID+`","cancel":true}`)
		if jobs := n.must(200, "GET", "/_scheduler/jobs", ""); !strings.Contains(jobs, `"total_rows":0`) {
			t.Errorf("jobs after: %s", jobs)
		}
		decode(t, n.must(202, "POST", "/_replicate", body), &started)
		n.must(200, "POST", "/_replicate", `{"replication_id":"`+started.ID+`","cancel":true}`)
	})
}

// state returns what _scheduler/docs tells of a document.
func (n *node) state(id string) string {
	var doc struct{ State string }
	status, answer := n.call("GET", "/_scheduler/docs/_replicator/"+id, "")
	if status != 200 {
		return ""
	}
	decode(n.t, answer, &doc)
	return doc.State
}

func (n *node) ask(id, body string) {
	n.t.Helper()
	n.must(201, "PUT", "/_replicator/"+id, body)
}

func TestReplicatorDocs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		n.fill("from")
		n.must(201, "PUT", "/_replicator", "")
		n.ask("once", `{"source":"from","target":"to","create_target":true}`)
		n.until("the state completed", func() bool {
			return strings.Contains(n.must(200, "GET", "/_replicator/once", ""), `"_replication_state":"completed"`)
		})
		var doc map[string]any
		decode(t, n.must(200, "GET", "/_replicator/once", ""), &doc)
		stats, _ := doc["_replication_stats"].(map[string]any)
		if doc["source"] != "from" || doc["create_target"] != true || stats["docs_written"] != 4.0 || len(fmt.Sprint(doc["_replication_id"])) != 32 {
			t.Errorf("document: %v", doc)
		}
		if _, err := time.Parse(time.RFC3339, fmt.Sprint(doc["_replication_state_time"])); err != nil {
			t.Error(err)
		}
		n.until("completed", func() bool { return n.state("once") == completed })
		if n.ids("to") != "a1 a2 a3 b1" {
			t.Errorf("copied: %q", n.ids("to"))
		}

		n.ask("bad", `{"source":"from","target":"to","filter":"a/b"}`)
		n.until("failed", func() bool {
			return strings.Contains(n.must(200, "GET", "/_replicator/bad", ""), `"_replication_state":"failed"`) && n.state("bad") == failed
		})
		n.ask("away", `{"source":"http://paul:secret@127.0.0.1:1/x","target":"to"}`)
		n.until("crashing", func() bool { return n.state("away") == crashing })
		n.ask("live", `{"source":"from","target":"to","continuous":true}`)
		n.until("running", func() bool { return n.state("live") == running })
		n.ask("twice", `{"source":"from","target":"to","continuous":true}`)
		n.until("the second to fail", func() bool { return n.state("twice") == failed })
		n.must(201, "PUT", "/_replicator/_design/app", `{}`)

		all := n.must(200, "GET", "/_scheduler/docs", "")
		if !strings.Contains(all, `"total_rows":5`) || strings.Contains(all, "secret") || !strings.Contains(all, "http://paul:*****@127.0.0.1:1/x") {
			t.Errorf("all: %s", all)
		}
		if some := n.must(200, "GET", "/_scheduler/docs/_replicator?states=completed,running&limit=1&skip=1", ""); strings.Contains(some, "live") == strings.Contains(some, "once") {
			t.Errorf("some: %s", some)
		}
		n.must(404, "GET", "/_scheduler/docs/_replicator/none", "")
		n.must(404, "GET", "/_scheduler/docs/other", "")
		n.must(400, "GET", "/_scheduler/docs?limit=x", "")
		n.must(405, "POST", "/_scheduler/docs", "{}")

		decode(t, n.must(200, "GET", "/_replicator/live", ""), &doc)
		n.must(200, "DELETE", fmt.Sprintf("/_replicator/live?rev=%v", doc["_rev"]), "")
		n.until("the job to stop", func() bool {
			return n.state("live") == "" && !strings.Contains(n.must(200, "GET", "/_scheduler/jobs", ""), `"live"`)
		})
		n.must(200, "DELETE", "/_replicator", "")
		n.until("all to stop", func() bool {
			return strings.Contains(n.must(200, "GET", "/_scheduler/jobs", ""), `"total_rows":0`) && strings.Contains(n.must(200, "GET", "/_scheduler/docs", ""), `"total_rows":0`)
		})
	})
}

// What a document asks for goes on with the next start of the program, and
// what is complete does not begin again.
func TestReplicatorDocsAfterARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		n := openNode(t, dir)
		n.fill("from")
		n.must(201, "PUT", "/_replicator", "")
		n.ask("once", `{"source":"from","target":"once","create_target":true}`)
		n.ask("live", `{"source":"from","target":"live","create_target":true,"continuous":true}`)
		n.until("both", func() bool { return n.state("once") == completed && n.state("live") == running })
		n.stop()

		n = openNode(t, dir)
		n.until("both again", func() bool { return n.state("once") == completed && n.state("live") == running })
		n.must(201, "PUT", "/from/c1", "{}")
		n.until("the new one", func() bool { return n.ids("live") == "a1 a2 a3 b1 c1" })
		if n.ids("once") != "a1 a2 a3 b1" {
			t.Errorf("what was complete went on: %q", n.ids("once"))
		}
	})
}

func TestBeforeAndAfterRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		n.fill("from")
		idle := New(Options{Server: n.server, Local: n.server.Transport(), Remote: http.DefaultTransport})
		before := &node{t: t, server: n.server, driver: idle}
		const body = `{"source":"from","target":"to"}`
		before.must(503, "POST", "/_replicate", body)
		before.must(200, "GET", "/_active_tasks", "")
		before.must(200, "GET", "/from", "")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := idle.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
		n.stop()
		n.must(503, "POST", "/_replicate", body)
	})
}

func FuzzSpec(f *testing.F) {
	for _, s := range []string{
		`{"source":"a","target":"b"}`, `{"source":{"url":"http://a/b","headers":{"x":"y"}},"target":"_users","doc_ids":[],"since_seq":3}`,
		`{"source":"http://u:p@h/d","target":"b","selector":{"a":1}}`, `{"source":1,"target":null}`, `{"source":"u:secret@h:5984/d","target":"b"}`, `{"source":"ftp://u:secret@h/d","target":"b"}`, `{"source":"http://u:secret@h:x/d","target":"b"}`,
		`{"source":"http://%zz/","target":"a/b"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var a asked
		if json.Unmarshal(b, &a) != nil {
			return
		}
		s, err := a.parse()
		if err != nil {
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: %v", b, err)
			}
			return
		}
		for _, e := range []*end{&s.source, &s.target} {
			if (e.url == nil) == (e.local == "") {
				t.Errorf("%s: neither a name nor a URL, or both", b)
			}
			if e.url != nil {
				if password, ok := e.url.User.Password(); ok && len(password) > 5 && strings.Contains(e.String(), ":"+password+"@") && password != "*****" {
					t.Errorf("%s shows the password", e.String())
				}
			}
		}
	})
}
