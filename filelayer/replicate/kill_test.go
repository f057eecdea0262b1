package replicate

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	kivik "github.com/go-kivik/kivik/v4"
	"github.com/go-kivik/kivik/v4/couchdb"

	"github.com/libpaul/paul/filelayer/couch"
)

const (
	childDirEnv  = "PAUL_REPLICATE_TEST_DIR"
	childPeerEnv = "PAUL_REPLICATE_TEST_PEER"
)

// replicateUntilKilled is a device in a process of its own, with its database
// in dir: it pulls from and pushes to the peer's, and, as these get on, writes
// documents of its own, saying each batch that was answered, until the process
// is killed.
func replicateUntilKilled(dir, peer string) error {
	ctx := context.Background()
	s, err := couch.Open(dir, couch.Options{})
	if err != nil {
		return err
	}
	if err := s.Create(ctx, "files"); err != nil {
		return err
	}
	client := &http.Client{Transport: s.Transport()}
	here, there := End{URL: "http://here/files", Client: client, ID: "child"}, End{URL: peer, ID: "parent"}
	progress := make(chan struct{}, 1)
	tell := func(Status) {
		select {
		case progress <- struct{}{}:
		default:
		}
	}
	for _, opts := range []Options{{Source: here, Target: there, BatchSize: 50}, {Source: there, Target: here, BatchSize: 50}} {
		opts.OnProgress = tell
		r, err := New(opts)
		if err != nil {
			return err
		}
		go func() { _ = r.Run(ctx) }() // until the end
	}
	c, err := kivik.New("couch", "http://here/", couchdb.OptionHTTPClient(client))
	if err != nil {
		return err
	}
	for range progress {
		run := newSessionID()
		var docs []any
		for i := range 10 {
			docs = append(docs, map[string]any{"_id": fmt.Sprintf("%s-%d", run, i)})
		}
		if _, err := c.DB("files").BulkDocs(ctx, docs); err != nil {
			return err
		}
		if _, err := os.Stdout.WriteString(run + "\n"); err != nil {
			return err
		}
	}
	return nil
}

// A device that is killed 20 times while it replicates in both directions has
// lost nothing of what it or its peer acknowledged, and both converge.
func TestKilledWhileReplicating(t *testing.T) {
	t.Parallel()
	dir, p := t.TempDir(), newPeer(t)
	url := serve(t, p.server).URL + "/files"
	acknowledged := make(map[string]bool)
	for round := range 20 {
		fill(t, p.db, round*200, round*200+200)
		for i := range 200 {
			acknowledged[fmt.Sprintf("doc%06d", round*200+i)] = true
		}
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), childDirEnv+"="+dir, childPeerEnv+"="+url)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		said := bufio.NewScanner(out)
		for batches := 0; said.Scan(); batches++ {
			for i := range 10 {
				acknowledged[fmt.Sprintf("%s-%d", said.Text(), i)] = true
			}
			if batches == round {
				time.AfterFunc(rand.N(20*time.Millisecond), func() { _ = child.Process.Kill() })
			}
		}
		_ = child.Wait() // it was killed
	}
	q := openPeer(t, dir)
	there, back := options(p, q), options(q, p)
	there.Source.ID, there.Target.ID = "parent", "child"
	back.Source.ID, back.Target.ID = "child", "parent"
	for _, opts := range []Options{there, back} {
		st := pullOnce(t, opts)
		t.Logf("%d of %d documents were left to copy from %s", st.DocsWritten, len(acknowledged), opts.Source.ID)
		if st.Failed != 0 || st.DocsWritten > 3900 {
			t.Errorf("status: %+v", st)
		}
	}
	if leavesOf(t, p) != leavesOf(t, q) {
		t.Error("the databases differ")
	}
	assertAll(t, q, acknowledged)
}
