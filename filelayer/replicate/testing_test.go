package replicate

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	kivik "github.com/go-kivik/kivik/v4"
	"github.com/go-kivik/kivik/v4/couchdb"
	"go.uber.org/goleak"

	"github.com/libpaul/paul/filelayer/couch"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDirEnv); dir != "" {
		if err := replicateUntilKilled(dir, os.Getenv(childPeerEnv)); err != nil {
			panic(err)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// A peer is a database server, with one database, "files".
type peer struct {
	server *couch.Server
	client *http.Client
	db     *kivik.DB
}

func newPeer(tb testing.TB) *peer {
	tb.Helper()
	return openPeer(tb, tb.TempDir())
}

func openPeer(tb testing.TB, dir string) *peer {
	tb.Helper()
	s, err := couch.Open(dir, couch.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	if err := s.Create(tb.Context(), "files"); err != nil {
		tb.Fatal(err)
	}
	client := &http.Client{Transport: s.Transport()}
	return &peer{s, client, database(tb, "http://peer/", client)}
}

func database(tb testing.TB, url string, client *http.Client) *kivik.DB {
	tb.Helper()
	if client == nil {
		client = new(http.Client)
	}
	c, err := kivik.New("couch", url, couchdb.OptionHTTPClient(client), couchdb.OptionNoRequestCompression())
	if err != nil {
		tb.Fatal(err)
	}
	return c.DB("files")
}

// end returns p as one of the ends of a replication, in memory.
func (p *peer) end(id string) End { return End{URL: "http://peer/files", Client: p.client, ID: id} }

// options returns those for a replication from one peer into another, in memory.
func options(from, to *peer) Options {
	return Options{Source: from.end("source"), Target: to.end("target")}
}

func newReplicator(tb testing.TB, opts Options) *Replicator {
	tb.Helper()
	r, err := New(opts)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func pullOnce(tb testing.TB, opts Options) Status {
	tb.Helper()
	r := newReplicator(tb, opts)
	if err := r.Once(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return r.Status()
}

// fill writes documents doc<from> to doc<to-1>, like File records.
func fill(tb testing.TB, db *kivik.DB, from, to int) {
	tb.Helper()
	for ; from < to; from += 1000 {
		if _, err := db.BulkDocs(tb.Context(), records(tb.Name(), from, min(from+1000, to))); err != nil {
			tb.Fatal(err)
		}
	}
}

func records(by string, from, to int) (docs []any) {
	for ; from < to; from++ {
		docs = append(docs, map[string]any{
			"_id": fmt.Sprintf("doc%06d", from), "name": fmt.Sprintf("IMG_%04d.JPG", from), "size": 4_000_000 + from,
			"type": "image/jpeg", "time": "2024-05-01T12:30:05Z", "added": map[string]any{"by": by, "at": "2026-01-01T00:00:00Z"},
			"devices": map[string]any{"0000000000000000000000000000000000000000000000000000000000000001": map[string]any{"saved": true, "n": 1, "verified": "2026-01-01T00:00:00Z"}},
		})
	}
	return docs
}

func put(tb testing.TB, db *kivik.DB, id, rev string, body map[string]any) string {
	tb.Helper()
	if rev != "" {
		body["_rev"] = rev
	}
	rev, err := db.Put(tb.Context(), id, body)
	if err != nil {
		tb.Fatal(err)
	}
	return rev
}

// contents returns what db holds: for each document, all its leaves and the
// winner's body.
func contents(tb testing.TB, db *kivik.DB) map[string]string {
	tb.Helper()
	all := make(map[string]string)
	feed := db.Changes(tb.Context(), kivik.Params(map[string]any{"style": "all_docs", "include_docs": true, "conflicts": true}))
	defer func() { _ = feed.Close() }()
	for feed.Next() {
		var doc json.RawMessage
		if err := feed.ScanDoc(&doc); err != nil {
			tb.Fatal(err)
		}
		all[feed.ID()] = fmt.Sprint(feed.Changes(), " ", string(doc))
	}
	if err := feed.Err(); err != nil {
		tb.Fatal(err)
	}
	return all
}

func serve(tb testing.TB, h http.Handler) *httptest.Server {
	tb.Helper()
	s := httptest.NewServer(h)
	tb.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

// run runs r until the test ends, and returns a func that ends it earlier.
func run(tb testing.TB, r *Replicator) (stop func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(tb.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			tb.Errorf("Run: %v", err)
		}
	}
	tb.Cleanup(stop)
	return stop
}

// await waits for a status, of those that come in on statuses, that is fine.
func await(tb testing.TB, statuses <-chan Status, what string, fine func(Status) bool) Status {
	tb.Helper()
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	var last Status
	for {
		select {
		case last = <-statuses:
			if fine(last) {
				return last
			}
		case <-limit.C:
			tb.Fatalf("no %s; last status: %+v", what, last)
		}
	}
}
