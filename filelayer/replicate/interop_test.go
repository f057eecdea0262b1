package replicate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	kivik "github.com/go-kivik/kivik/v4"
)

// leavesOf returns what p holds in the form of [pouchDB.leaves].
func leavesOf(tb testing.TB, p *peer) string {
	tb.Helper()
	var all []json.RawMessage
	feed := p.db.Changes(tb.Context(), kivik.Params(map[string]any{"style": "all_docs"}))
	defer func() { _ = feed.Close() }() // Err has said what there is to say
	for feed.Next() {
		revs := feed.Changes()
		slices.Sort(revs)
		row, err := json.Marshal([]any{feed.ID(), revs})
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, row)
	}
	if err := feed.Err(); err != nil {
		tb.Fatal(err)
	}
	slices.SortFunc(all, func(a, b json.RawMessage) int { return strings.Compare(string(a), string(b)) })
	return lines(all)
}

// odd are documents that replicators stumble over: odd names, a conflict with
// a deleted branch, a tombstone, a design document, attachments.
func odd() []any {
	rev := func(id string, deleted bool, start int, digests ...string) map[string]any {
		return map[string]any{
			"_id": id, "_rev": fmt.Sprintf("%d-%s", start, digests[0]), "_deleted": deleted, "at": digests[0],
			"_revisions": map[string]any{"start": start, "ids": digests},
		}
	}
	const a, b, c, d = "a0000000000000000000000000000000", "b0000000000000000000000000000000", "c0000000000000000000000000000000", "d0000000000000000000000000000000"
	small := rev("small", false, 1, a)
	small["_attachments"] = map[string]any{"hello world.txt": map[string]any{"content_type": "text/plain", "data": "aGVsbG8="}}
	return []any{
		rev("branches", false, 2, b, a), rev("branches", false, 2, c, a), rev("branches", true, 3, d, "e0000000000000000000000000000000", a),
		rev("gone", true, 2, b, a), rev("a/b c+d%é🙂", false, 1, a), rev("_design/app", false, 1, a), small,
	}
}

func bulk(tb testing.TB, p *peer, docs []any) {
	tb.Helper()
	if _, err := p.db.BulkDocs(tb.Context(), docs, kivik.Param("new_edits", false)); err != nil {
		tb.Fatal(err)
	}
}

func TestPouchDBPulls(t *testing.T) {
	t.Parallel()
	pouch, p := startPouchDB(t), newPeer(t)
	url := serve(t, p.server).URL + "/files"
	fill(t, p.db, 0, 500)
	bulk(t, p, odd())
	result := pouch.replicate(url, "here")
	if got, want := pouch.leaves("here"), leavesOf(t, p); got != want {
		t.Errorf("PouchDB has\n%s\nnot\n%s", got, want)
	}
	if result.DocsWritten != 507 {
		t.Errorf("%+v", result)
	}
	var doc struct {
		Attachments map[string]struct{ Data string } `json:"_attachments"`
	}
	pouch.do("get", map[string]any{"name": "here", "doc": "small", "options": map[string]any{"attachments": true}}, &doc)
	if doc.Attachments["hello world.txt"].Data != "aGVsbG8=" {
		t.Errorf("attachment: %+v", doc)
	}
	fill(t, p.db, 500, 501)
	if result := pouch.replicate(url, "here"); result.DocsRead != 1 {
		t.Errorf("PouchDB does not find its checkpoint: %+v", result)
	}
}

func TestPouchDBPushes(t *testing.T) {
	t.Parallel()
	pouch, p := startPouchDB(t), newPeer(t)
	url := serve(t, p.server).URL + "/files"
	pouch.do("bulk", map[string]any{"name": "here", "docs": odd(), "options": map[string]any{"new_edits": false}}, nil)
	pouch.do("put", map[string]any{"name": "here", "doc": map[string]any{"_id": "plain", "n": 1}}, nil)
	pouch.replicate("here", url)
	if got, want := leavesOf(t, p), pouch.leaves("here"); got != want {
		t.Errorf("the server has\n%s\nnot\n%s", got, want)
	}
	if got := readAttachment(t, url+"/small/hello%20world.txt"); string(got) != "hello" {
		t.Errorf("attachment: %q", got)
	}
	pouch.do("put", map[string]any{"name": "here", "doc": map[string]any{"_id": "late", "n": 1}}, nil)
	if result := pouch.replicate("here", url); result.DocsRead != 1 {
		t.Errorf("PouchDB does not find its checkpoint: %+v", result)
	}
}

func readAttachment(tb testing.TB, url string) []byte {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, url, nil)
	if err != nil {
		tb.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // read to its end
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		tb.Fatalf("%s: %s: %.200s, %v", url, resp.Status, b, err)
	}
	return b
}

// PouchDB's live sync shows a change of either side on the other within 200 ms.
// The machine may be busy, so that not every try need be; and no other test of
// the package runs beside it.
func TestPouchDBSyncsLive(t *testing.T) {
	pouch, p := startPouchDB(t), newPeer(t)
	url := serve(t, p.server).URL + "/files"
	pouch.do("sync", map[string]any{"from": "here", "to": url}, nil)
	pouch.do("watch", map[string]any{"name": "here"}, nil)
	var down, up []time.Duration
	for i := range 60 {
		if fast(down, 200*time.Millisecond) && fast(up, 200*time.Millisecond) {
			break
		}
		id := fmt.Sprintf("down%d", i)
		began := time.Now()
		put(t, p.db, id, "", map[string]any{"n": i})
		for got := ""; got != id; {
			select {
			case got = <-pouch.changes:
			case <-time.After(20 * time.Second):
				t.Fatal("the change does not come to PouchDB")
			}
		}
		down = append(down, time.Since(began))

		feed := p.db.Changes(t.Context(), kivik.Params(map[string]any{"feed": "continuous", "since": "now", "heartbeat": 1000}))
		began = time.Now()
		id = fmt.Sprintf("up%d", i)
		pouch.do("put", map[string]any{"name": "here", "doc": map[string]any{"_id": id}}, nil)
		for feed.Next() && feed.ID() != id {
		}
		up = append(up, time.Since(began))
		if err := feed.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("to PouchDB in %v, to the server in %v", down, up)
	if !fast(down, 200*time.Millisecond) || !fast(up, 200*time.Millisecond) {
		t.Error("not within 200 ms")
	}
}

// fast reports whether three of all took less than limit.
func fast(all []time.Duration, limit time.Duration) bool {
	n := 0
	for _, d := range all {
		if d < limit {
			n++
		}
	}
	return n >= 3
}

func TestPullFromPouchDB(t *testing.T) {
	t.Parallel()
	pouch, p := startPouchDB(t), newPeer(t)
	server := pouch.serve()
	pouch.do("bulk", map[string]any{"name": "files", "docs": odd(), "options": map[string]any{"new_edits": false}}, nil)
	large := map[string]any{"name": "files", "doc": "large", "file": "a b.bin", "type": "image/jpeg", "size": 3 << 20, "fill": "x"}
	pouch.do("attach", large, nil)
	opts := Options{Source: End{URL: server + "/files"}, Target: p.end("target")}
	st := pullOnce(t, opts)
	if got, want := leavesOf(t, p), pouch.leaves("files"); got != want || st.Failed != 0 {
		t.Errorf("the server has\n%s\nnot\n%s; status: %+v", got, want, st)
	}
	url := serve(t, p.server).URL
	if got := readAttachment(t, url+"/files/large/a%20b.bin"); !bytes.Equal(got, bytes.Repeat([]byte("x"), 3<<20)) {
		t.Errorf("%d bytes of the large attachment", len(got))
	}
	pouch.do("put", map[string]any{"name": "files", "doc": map[string]any{"_id": "late"}}, nil)
	if st := pullOnce(t, opts); st.DocsRead != 1 {
		t.Errorf("the checkpoint is not found again: %+v", st)
	}
}

func TestPushToPouchDB(t *testing.T) {
	t.Parallel()
	pouch, p := startPouchDB(t), newPeer(t)
	server := pouch.serve()
	pouch.do("put", map[string]any{"name": "files", "doc": map[string]any{"_id": "theirs"}}, nil)
	fill(t, p.db, 0, 300)
	bulk(t, p, odd())
	rev := attach(t, p, "large", "", "a b.bin", bytes.Repeat([]byte("y"), 3<<20))
	attach(t, p, "large", rev, "second", bytes.Repeat([]byte("z"), 1<<20))
	opts := Options{Source: p.end("source"), Target: End{URL: server + "/files"}}
	st := pullOnce(t, opts)
	if st.Failed != 0 {
		t.Errorf("status: %+v", st)
	}
	back := newPeer(t) // PouchDB's own view is asked for by a replication back
	pullOnce(t, Options{Source: opts.Target, Target: back.end("back")})
	if got := pouch.leaves("files"); got != leavesOf(t, back) || strings.Count(got, "\n") != 305+2 {
		t.Errorf("PouchDB has\n%s", got)
	}
	if got := readAttachment(t, server+"/files/large/a%20b.bin"); !bytes.Equal(got, bytes.Repeat([]byte("y"), 3<<20)) {
		t.Errorf("%d bytes of the large attachment", len(got))
	}
	fill(t, p.db, 300, 301)
	if st := pullOnce(t, opts); st.Checked != 1 {
		t.Errorf("the checkpoint is not found again: %+v", st)
	}
}

// attach stores data as an attachment of a document, and returns its revision.
func attach(tb testing.TB, p *peer, id, rev, name string, data []byte) string {
	tb.Helper()
	rev, err := p.db.PutAttachment(tb.Context(), id, &kivik.Attachment{
		Filename: name, ContentType: "image/jpeg", Content: io.NopCloser(bytes.NewReader(data)), Size: int64(len(data)),
	}, kivik.Param("rev", rev))
	if err != nil {
		tb.Fatal(err)
	}
	return rev
}
