package replicate

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/libpaul/paul/internal/nodetest"
)

// pouchDB is a PouchDB in a process of its own. Each method asks it for one
// operation of testdata/pouchdb/peer.js.
type pouchDB struct {
	tb      testing.TB
	mu      sync.Mutex // held for an operation
	in      io.Writer
	answers chan pouchAnswer
	changes chan string // documents that a watched database tells of
	last    int
}

type pouchAnswer struct {
	ID    int
	OK    json.RawMessage
	Error string
	Event string
	Doc   string
}

// startPouchDB skips the test when there is none.
func startPouchDB(tb testing.TB) *pouchDB {
	tb.Helper()
	if testing.Short() {
		tb.Skip("PouchDB is not asked in short tests")
	}
	modules, err := nodetest.Modules(tb.Context(), "testdata/pouchdb")
	if err != nil {
		tb.Skipf("PouchDB is not tested: %v", err)
	}
	cmd := exec.CommandContext(tb.Context(), "node", "testdata/pouchdb/peer.js")
	cmd.Env = append(os.Environ(), "NODE_PATH="+modules, "NODE_NO_WARNINGS=1")
	cmd.Stderr = os.Stderr
	cmd.WaitDelay = 10 * time.Second
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	p := &pouchDB{tb: tb, in: in, answers: make(chan pouchAnswer, 1), changes: make(chan string, 1000)}
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer close(p.answers)
		p.read(out)
	}()
	tb.Cleanup(func() {
		_ = in.Close() // it ends
		<-read
		_ = cmd.Wait() // killed at the end of the context, if need be
	})
	return p
}

func (p *pouchDB) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var a pouchAnswer
		if json.Unmarshal(lines.Bytes(), &a) != nil {
			continue // a word of a library's
		}
		if a.Event != "" {
			p.changes <- a.Doc
		} else {
			p.answers <- a
		}
	}
}

// do asks for one operation, and decodes its result into result, if not nil.
func (p *pouchDB) do(op string, args map[string]any, result any) {
	p.tb.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	request := map[string]any{"id": p.last, "op": op}
	for name, v := range args {
		request[name] = v
	}
	if err := json.NewEncoder(p.in).Encode(request); err != nil {
		p.tb.Fatal(err)
	}
	limit := time.NewTimer(5 * time.Minute)
	defer limit.Stop()
	select {
	case a, ok := <-p.answers:
		if !ok || a.Error != "" || a.ID != p.last {
			p.tb.Fatalf("PouchDB: %s %v: %+v", op, args, a)
		}
		if result != nil {
			if err := json.Unmarshal(a.OK, result); err != nil {
				p.tb.Fatalf("PouchDB: %s: %v: %.300s", op, err, a.OK)
			}
		}
	case <-limit.C:
		p.tb.Fatalf("PouchDB: %s has no end", op)
	}
}

func (p *pouchDB) serve() (url string) {
	p.tb.Helper()
	p.do("serve", nil, &url)
	return url
}

// pouchResult is PouchDB's account of a replication.
type pouchResult struct {
	OK               bool   `json:"ok"`
	DocsRead         int    `json:"docs_read"`
	DocsWritten      int    `json:"docs_written"`
	DocWriteFailures int    `json:"doc_write_failures"`
	Status           string `json:"status"`
}

func (p *pouchDB) replicate(from, to string) (result pouchResult) {
	p.tb.Helper()
	p.do("replicate", map[string]any{"from": from, "to": to, "options": map[string]any{"batch_size": 1000}}, &result)
	if !result.OK || result.DocWriteFailures != 0 {
		p.tb.Errorf("PouchDB from %s to %s: %+v", from, to, result)
	}
	return result
}

// leaves returns all documents with their leaf revisions, as text.
func (p *pouchDB) leaves(name string) string {
	p.tb.Helper()
	var all []json.RawMessage
	p.do("leaves", map[string]any{"name": name}, &all)
	return lines(all)
}

func lines(all []json.RawMessage) (text string) {
	for _, row := range all {
		text += string(row) + "\n"
	}
	return text
}
