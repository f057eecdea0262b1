package couch

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// together runs fns as writes that share one transaction, and returns what
// each returned.
func together(t *testing.T, d *database, fns ...func(*transaction) error) []error {
	t.Helper()
	errs := make([]error, len(fns))
	d.writer.turn <- struct{}{}
	var wg sync.WaitGroup
	for i, fn := range fns {
		wg.Go(func() { errs[i] = d.write(t.Context(), fn) })
	}
	for queued := 0; queued < len(fns); runtime.Gosched() {
		d.writer.waiting.Lock()
		queued = len(d.writer.queue)
		d.writer.waiting.Unlock()
	}
	<-d.writer.turn
	wg.Wait()
	return errs
}

// A write that panics or fails takes no other down, and lets none be taken for
// done that is not.
func TestWritesOfOneTransaction(t *testing.T) {
	t.Parallel()
	s, _ := newDB(t)
	d := s.databases["db"]
	boom := errors.New("boom")
	for name, fail := range map[string]func(*transaction) error{
		"panic": func(*transaction) error { panic("boom") },
		"error": func(*transaction) error { return boom },
	} {
		errs := together(t, d,
			func(tx *transaction) error { return writeLocal(tx, name+"1") },
			fail,
			func(tx *transaction) error { return writeLocal(tx, name+"2") },
		)
		if errs[0] != nil || errs[1] == nil || errs[2] != nil {
			t.Errorf("%s: %v", name, errs)
		}
		for _, id := range []string{"_local/" + name + "1", "_local/" + name + "2"} {
			if _, _, err := d.local(t.Context(), id); err != nil {
				t.Errorf("%s is answered for, and not there: %v", id, err)
			}
		}
	}
}

func writeLocal(tx *transaction, id string) error {
	_, err := tx.tx.ExecContext(tx.ctx, "INSERT INTO locals VALUES (?,1,'{}')", "_local/"+id)
	return err
}

// Damage that a request meets is dealt with at the next start, though the
// database was closed in good order between.
func TestDamageSeenWhileRunning(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(t *testing.T, dir string, s *Server){
		"pages": func(t *testing.T, dir string, s *Server) {
			t.Helper()
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, fileName("db"))
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			const start = 100 * 4096
			copy(b[start:], bytes.Repeat([]byte{0xff}, len(b)-start))
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"a tree": func(t *testing.T, _ string, s *Server) {
			t.Helper()
			if _, err := s.databases["db"].writer.db.ExecContext(t.Context(), "UPDATE docs SET tree=x'' WHERE seq=1000"); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := openServer(t, dir, Options{})
			fillDB(t, openDB(t, s), 0, 2000)
			damage(t, dir, s)
			var said error
			opts := Options{OnDamage: func(err error) { said = err }}
			s = openServer(t, dir, opts)
			if err := s.Each(t.Context(), "db", 0, func(string, string, int64, bool, []byte) error { return nil }); !isDamage(err) || said != nil {
				t.Fatalf("read: %v, said: %v", err, said)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			openServer(t, dir, opts)
			if !errors.Is(said, ErrDamaged) {
				t.Errorf("said: %v", said)
			}
		})
	}
}

// A file that was put back from a backup is behind its readers: they begin anew.
func TestSinceBeyondTheEnd(t *testing.T) {
	t.Parallel()
	s, db := newDB(t)
	fillDB(t, db, 0, 3)
	if _, body := call(t, s, "GET", "/db/_changes?since=100", ""); strings.Count(body, `"seq"`) != 3 {
		t.Error(body)
	}
}

// A conflict that wins while it is being read is not taken for missing.
func TestLeafThatBecameTheWinner(t *testing.T) {
	t.Parallel()
	s, _ := newDB(t)
	call(t, s, "POST", "/db/_bulk_docs", `{"new_edits":false,"docs":[{"_id":"x","_rev":"1-a","n":1},{"_id":"x","_rev":"1-b","n":2}]}`)
	d := s.databases["db"]
	rec, err := d.get(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	if status, body := call(t, s, "DELETE", "/db/x?rev=1-b", ""); status != http.StatusOK {
		t.Fatal(body)
	}
	body, _, found, err := d.leaf(t.Context(), rec, rec.tree.find(Revision{1, "a"}))
	if string(body) != `{"n":1}` || !found || err != nil {
		t.Errorf("%s, %v, %v", body, found, err)
	}
}

// Ancestors that are stemmed here are nothing new.
func TestNothingNewTakesNoSeq(t *testing.T) {
	t.Parallel()
	s, _ := newDB(t)
	call(t, s, "PUT", "/db/_revs_limit", "2")
	const doc = `{"new_edits":false,"docs":[{"_id":"x","_revisions":{"start":4,"ids":["d","c","b","a"]}}]}`
	call(t, s, "POST", "/db/_bulk_docs", doc)
	before := s.databases["db"].state.Load().seq
	call(t, s, "POST", "/db/_bulk_docs", doc)
	if after := s.databases["db"].state.Load().seq; after != before {
		t.Errorf("seq %d became %d", before, after)
	}
}

func TestClosedDatabaseAnswers503(t *testing.T) {
	t.Parallel()
	s, _ := newDB(t)
	d := s.databases["db"]
	if err := d.close(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"/db/_all_docs", "/db/x"} {
		if status, body := call(t, s, "GET", target, ""); status != http.StatusServiceUnavailable {
			t.Errorf("%s: %d %s", target, status, body)
		}
	}
}
