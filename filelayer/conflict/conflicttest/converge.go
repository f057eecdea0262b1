// Package conflicttest tries merge rules on real replicas: databases that are
// edited at the same time, replicate with each other in any order, and resolve
// their conflicts.
package conflicttest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"testing"

	kivik "github.com/go-kivik/kivik/v4"
	"github.com/go-kivik/kivik/v4/couchdb"
	"pgregory.net/rapid"

	"github.com/libpaul/paul/filelayer/conflict"
	"github.com/libpaul/paul/filelayer/couch"
	"github.com/libpaul/paul/filelayer/replicate"
)

const (
	maxReplicas = 5
	maxSteps    = 20
	maxRounds   = 10
)

// An Edit makes a replica's next version of a document of body, nil if the
// replica has none yet. It must be a step up in the order that the merge rule
// joins, as each device's edits are: merging what it made with body gives what
// it made.
type Edit func(t *rapid.T, replica int, body json.RawMessage) json.RawMessage

// Converge checks, for any edits at any time on up to five replicas, that
// replicated and resolved in any order until nothing is left to do
//   - every replica has the same revisions, and the same bytes of each;
//   - no conflict is left;
//   - the document is the merger of every version that any replica ever wrote.
func Converge(t *testing.T, merge conflict.MergeFunc, edit Edit) {
	t.Helper()
	all := make([]*replica, maxReplicas)
	for i := range all {
		all[i] = newReplica(t)
	}
	var tried atomic.Int64
	rapid.Check(t, func(rt *rapid.T) {
		r := &run{
			t: rt, ctx: t.Context(), merge: merge, edit: edit,
			id:       fmt.Sprint("document ", tried.Add(1)),
			replicas: all[:rapid.IntRange(2, maxReplicas).Draw(rt, "replicas")],
		}
		for range rapid.IntRange(1, maxSteps).Draw(rt, "steps") {
			r.step()
		}
		r.settle()
		r.compare()
	})
}

// A replica is one device's database.
type replica struct {
	server *couch.Server
	db     *kivik.DB
}

func newReplica(t *testing.T) *replica {
	t.Helper()
	server, err := couch.Open(t.TempDir(), couch.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := server.Create(t.Context(), "db"); err != nil {
		t.Fatal(err)
	}
	client, err := kivik.New("couch", "http://replica/", couchdb.OptionHTTPClient(&http.Client{Transport: server.Transport()}))
	if err != nil {
		t.Fatal(err)
	}
	return &replica{server, client.DB("db")}
}

func (r *replica) end() replicate.End {
	return replicate.End{URL: "http://replica/db", Client: &http.Client{Transport: r.server.Transport()}}
}

// A run is one document's life.
type run struct {
	t        *rapid.T
	ctx      context.Context //nolint:containedctx // of the test, which it does not outlive
	merge    conflict.MergeFunc
	edit     Edit
	id       string
	replicas []*replica
	written  []json.RawMessage
}

func (r *run) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *run) step() {
	i := rapid.IntRange(0, len(r.replicas)-1).Draw(r.t, "on")
	switch rapid.SampledFrom([]string{"edit", "edit", "pull", "pull", "resolve"}).Draw(r.t, "do") {
	case "edit":
		r.write(i)
	case "pull":
		from := rapid.IntRange(0, len(r.replicas)-1).Draw(r.t, "from")
		r.pull(r.replicas[from], r.replicas[i])
	case "resolve":
		r.resolve(r.replicas[i])
	}
}

// write edits the winning revision, in sight of no other leaf.
func (r *run) write(i int) {
	on := r.replicas[i]
	var doc struct {
		Rev string `json:"_rev"`
	}
	var body json.RawMessage
	err := on.db.Get(r.ctx, r.id).ScanDoc(&body)
	if kivik.HTTPStatus(err) == http.StatusNotFound {
		body, err = nil, nil
	}
	r.must(err)
	if body != nil {
		r.must(json.Unmarshal(body, &doc))
		body, err = conflict.Body(body)
		r.must(err)
	}
	next := r.edit(r.t, i, body)
	if bytes.Equal(conflict.Canonical(next), conflict.Canonical(body)) {
		return
	}
	r.written = append(r.written, next)
	var opts []kivik.Option
	if doc.Rev != "" {
		opts = append(opts, kivik.Rev(doc.Rev))
	}
	_, err = on.db.Put(r.ctx, r.id, next, opts...)
	r.must(err)
}

func (r *run) pull(from, to *replica) {
	if from == to {
		return
	}
	p, err := replicate.New(replicate.Options{
		Source: from.end(), Target: to.end(),
		DocIDs: []string{r.id}, NoCheckpoints: true,
	})
	r.must(err)
	r.must(p.Once(r.ctx))
	if failed := p.Status().Failed; failed > 0 {
		r.t.Fatalf("%d revisions were not replicated: %v", failed, p.Status().Failures)
	}
}

func (r *run) resolve(on *replica) {
	docs, err := conflict.Resolution(r.ctx, on.db, r.id, r.merge)
	r.must(err)
	if len(docs) == 0 {
		return
	}
	bodies := make([]any, len(docs))
	for i, doc := range docs {
		bodies[i] = doc
	}
	results, err := on.db.BulkDocs(r.ctx, bodies, kivik.Param("new_edits", false))
	r.must(err)
	for _, result := range results {
		r.must(result.Error)
	}
}

// settle replicates and resolves everywhere until nothing changes: each round
// by way of another replica.
func (r *run) settle() {
	for range maxRounds {
		before := r.leaves()
		order := rapid.Permutation(r.replicas).Draw(r.t, "order")
		hub, others := order[0], order[1:]
		for _, from := range others {
			r.pull(from, hub)
		}
		r.resolve(hub)
		for _, to := range others {
			r.resolve(to)
			r.pull(hub, to)
		}
		if slices.Equal(before, r.leaves()) {
			return
		}
	}
	r.t.Fatalf("not settled after %d rounds: %q", maxRounds, r.leaves())
}

// leaves returns what each replica has of the document: all its leaves, the
// winner first, with their ancestors.
func (r *run) leaves() []string {
	all := make([]string, len(r.replicas))
	for i, on := range r.replicas {
		path := "http://replica/db/" + url.PathEscape(r.id) + "?open_revs=all&revs=true"
		req, err := http.NewRequestWithContext(r.ctx, http.MethodGet, path, nil)
		r.must(err)
		req.Header.Set("Accept", "application/json")
		resp, err := on.server.Transport().RoundTrip(req)
		r.must(err)
		body, err := io.ReadAll(resp.Body)
		r.must(errors.Join(err, resp.Body.Close()))
		if resp.StatusCode != http.StatusNotFound {
			all[i] = string(body)
		}
	}
	return all
}

func (r *run) compare() {
	if len(r.written) == 0 {
		return
	}
	all := r.leaves()
	for i, leaves := range all {
		if leaves != all[0] {
			r.t.Fatalf("replica %d differs from the first:\n%s\n%s", i, leaves, all[0])
		}
	}
	var raw json.RawMessage
	r.must(r.replicas[0].db.Get(r.ctx, r.id, kivik.Param("conflicts", true)).ScanDoc(&raw))
	var doc struct {
		Conflicts []string `json:"_conflicts"`
	}
	r.must(json.Unmarshal(raw, &doc))
	if len(doc.Conflicts) > 0 {
		r.t.Fatalf("conflicts are left: %s", raw)
	}
	got, err := conflict.Body(raw)
	r.must(err)
	want, err := r.merge(r.written)
	r.must(err)
	if !bytes.Equal(conflict.Canonical(got), conflict.Canonical(want)) {
		r.t.Fatalf("the document is\n%s\nand the merger of all that was written\n%s", got, want)
	}
}
