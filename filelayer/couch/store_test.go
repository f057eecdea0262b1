package couch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	kivik "github.com/go-kivik/kivik/v4"
)

func TestReopen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openServer(t, dir, Options{})
	db := openDB(t, s)
	if _, err := db.Put(t.Context(), "x", map[string]int{"n": 1}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a/b+c$(d)-e_1", "_users"} {
		if err := s.Create(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	_, before := call(t, s, "GET", "/db", "")
	_, root := call(t, s, "GET", "/", "")
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if status, body := call(t, s, "GET", "/db", ""); status != 503 {
		t.Errorf("after Close: %d %s", status, body)
	}
	s = openServer(t, dir, Options{OnDamage: func(err error) { t.Error(err) }})
	if _, names := call(t, s, "GET", "/_all_dbs", ""); names != `["_users","a/b+c$(d)-e_1","db"]`+"\n" {
		t.Errorf("databases: %s", names)
	}
	_, after := call(t, s, "GET", "/db", "")
	a, b := decode[map[string]any](t, after), decode[map[string]any](t, before)
	for _, k := range []string{"update_seq", "doc_count", "doc_del_count", "instance_start_time"} {
		if a[k] != b[k] {
			t.Errorf("%s: %v, was %v", k, a[k], b[k])
		}
	}
	if _, again := call(t, s, "GET", "/", ""); again != root {
		t.Errorf("another uuid: %s, was %s", again, root)
	}
}

func TestDamagedFileIsMovedAside(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(path string) error{
		"no database": func(path string) error {
			return os.WriteFile(path, []byte(strings.Repeat("no database ", 1000)), 0o600)
		},
		"cut short": func(path string) error { return os.Truncate(path, 30_000) },
		"overwritten": func(path string) error {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			copy(b[8192:], make([]byte, len(b)-8192))
			return os.WriteFile(path, b, 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := openServer(t, dir, Options{})
			fillDB(t, openDB(t, s), 0, 500)
			epoch := s.databases["db"].epoch
			// As after a crash, so that the file is checked.
			if _, err := s.databases["db"].writer.db.ExecContext(t.Context(), "CREATE TRIGGER dirty AFTER UPDATE OF clean ON state BEGIN UPDATE state SET clean=0; END"); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, fileName("db"))
			if err := damage(path); err != nil {
				t.Fatal(err)
			}
			var said error
			s = openServer(t, dir, Options{OnDamage: func(err error) { said = err }})
			if !errors.Is(said, ErrDamaged) || !strings.Contains(said.Error(), ".damaged-") {
				t.Errorf("said: %v", said)
			}
			if status, body := call(t, s, "GET", "/db/_all_docs", ""); status != 200 || !strings.Contains(body, `"total_rows":0`) {
				t.Errorf("the new database: %d %s", status, body)
			}
			if s.databases["db"].epoch == epoch {
				t.Error("the new database has the seqs of the old one")
			}
			if aside, err := filepath.Glob(path + ".damaged-*"); err != nil || len(aside) == 0 {
				t.Errorf("nothing was kept: %v %v", aside, err)
			}
			fillDB(t, openDB(t, s), 0, 10)
		})
	}
}

func TestNewerSchemaIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openServer(t, dir, Options{})
	openDB(t, s)
	if _, err := s.databases["db"].writer.db.ExecContext(t.Context(), "PRAGMA user_version=99"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Options{OnDamage: func(err error) { t.Error(err) }}); !errors.Is(err, ErrNewer) {
		t.Errorf("err = %v", err)
	}
}

func fillDB(tb testing.TB, db *kivik.DB, from, to int) {
	tb.Helper()
	for from < to {
		var docs []any
		for ; from < to && len(docs) < 1000; from++ {
			docs = append(docs, fileRecord(from))
		}
		if _, err := db.BulkDocs(tb.Context(), docs); err != nil {
			tb.Fatal(err)
		}
	}
}

// fileRecord is a document like a File record.
func fileRecord(n int) map[string]any {
	return map[string]any{
		"_id": fmt.Sprintf("%064x", uint64(n)*0x9e3779b97f4a7c15), "name": fmt.Sprintf("IMG_%04d.JPG", n), "size": 4_000_000 + n,
		"type": "image/jpeg", "time": "2024-05-01T12:30:05Z", "added": map[string]any{"by": "0001", "at": "2026-01-01T00:00:00Z"},
		"devices": map[string]any{strings.Repeat("01", 32): map[string]any{"saved": true, "n": 1, "verified": "2026-01-01T00:00:00Z"}},
	}
}

// Writers that share a transaction each get their own outcome.
func TestConcurrentWriters(t *testing.T) {
	t.Parallel()
	s, db := newDB(t)
	const writers, writes = 8, 40
	var wg sync.WaitGroup
	won := make(chan string, writers*writes)
	for w := range writers {
		wg.Go(func() {
			for i := range writes {
				if _, err := db.Put(t.Context(), fmt.Sprintf("own-%d-%d", w, i), map[string]int{"w": w}); err != nil {
					t.Error(err)
				}
				id := fmt.Sprintf("shared-%d", i)
				switch _, err := db.Put(t.Context(), id, map[string]int{"w": w}); {
				case err == nil:
					won <- id
				case kivik.HTTPStatus(err) != 409:
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	close(won)
	seen := make(map[string]bool)
	for id := range won {
		if seen[id] {
			t.Errorf("two writers created %s", id)
		}
		seen[id] = true
	}
	st := s.databases["db"].state.Load()
	if want := int64(writers*writes + writes); st.docs != want || st.seq != want || len(seen) != writes {
		t.Errorf("%d documents, seq %d, %d shared; want %d", st.docs, st.seq, len(seen), want)
	}
}

// The kept counters are what counting gives, whatever happened.
func TestCounters(t *testing.T) {
	t.Parallel()
	s, db := newDB(t)
	fillDB(t, db, 0, 20)
	for _, body := range []string{
		`{"new_edits":false,"docs":[{"_id":"c","_revisions":{"start":2,"ids":["b","a"]}},{"_id":"c","_revisions":{"start":2,"ids":["c","a"]},"_deleted":true}]}`,
		`{"new_edits":false,"docs":[{"_id":"c","_revisions":{"start":3,"ids":["d","b","a"]},"_deleted":true}]}`,
		`{"new_edits":false,"docs":[{"_id":"d","_revisions":{"start":3,"ids":["d","b","a"]},"_deleted":true},{"_id":"d","_rev":"1-x"}]}`,
		`{"docs":[{"_id":"c","n":1},{"_id":"new","_deleted":true}]}`,
	} {
		if status, answer := call(t, s, "POST", "/db/_bulk_docs", body); status != 201 {
			t.Fatal(status, answer)
		}
		d := s.databases["db"]
		var docs, deleted, seq, leaves int64
		row := d.reader.QueryRowContext(t.Context(), "SELECT sum(deleted=0), sum(deleted=1), max(seq), (SELECT count(*) FROM leaves) FROM docs")
		if err := row.Scan(&docs, &deleted, &seq, &leaves); err != nil {
			t.Fatal(err)
		}
		if st := d.state.Load(); st.docs != docs || st.deleted != deleted || st.seq != seq {
			t.Errorf("kept %d, %d, %d; counted %d, %d, %d", st.docs, st.deleted, st.seq, docs, deleted, seq)
		}
	}
}

const childEnv = "PAUL_COUCH_TEST_CHILD"

// writeUntilKilled writes batches of 50 documents to the database in dir, and
// says each batch that was answered, until the process is killed. It goes on
// where one before it was.
func writeUntilKilled(dir string) {
	s, err := Open(dir, Options{})
	if err == nil {
		err = s.Create(context.Background(), "db")
	}
	if err != nil {
		panic(err)
	}
	d := s.databases["db"]
	for n := int(d.state.Load().docs); ; n += 50 {
		var docs []*document
		for i := n; i < n+50; i++ {
			docs = append(docs, &document{id: "d" + strconv.Itoa(i), body: []byte(`{"n":` + strconv.Itoa(i) + `}`)})
		}
		if _, err := d.edit(context.Background(), docs, true); err != nil {
			panic(err)
		}
		_, _ = os.Stdout.WriteString(strconv.Itoa(n) + "\n")
	}
}

// What was answered before a kill -9 is there after it, 20 times.
func TestKilledWhileWriting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	last := -50
	for round := range 20 {
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), childEnv+"="+dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for i := 0; lines.Scan(); i++ {
			if last, err = strconv.Atoi(lines.Text()); err != nil {
				t.Fatal(err)
			}
			if i == 7*round%19 {
				time.AfterFunc(rand.N(3*time.Millisecond), func() { _ = child.Process.Kill() }) // in the midst of a write
			}
		}
		_ = child.Wait() // it was killed
		s, err := Open(dir, Options{OnDamage: func(err error) { t.Error(err) }})
		if err != nil {
			t.Fatal(err)
		}
		st := s.databases["db"].state.Load()
		if st.docs < int64(last+50) || st.docs%50 != 0 {
			t.Errorf("%d documents, after batch %d was answered", st.docs, last)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s := openServer(t, dir, Options{})
	for n := range last + 50 {
		if status, body := call(t, s, "GET", "/db/d"+strconv.Itoa(n), ""); status != 200 {
			t.Fatalf("document %d: %d %s", n, status, body)
		}
	}
}

func TestDatabaseNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"a": true, "files": true, "a1_$()+/-": true, "_users": true, "_replicator": true, "con": true,
		"": false, "A": false, "1a": false, "_x": false, "a.b": false, "a\\b": false, "../a": false, "é": false, "a b": false, strings.Repeat("a", 300): false,
	} {
		if got := validDatabaseName(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
		if back, ok := databaseName(fileName(name)); want && (!ok || back != name) {
			t.Errorf("%q came back as %q", name, back)
		}
	}
}

// A full disk refuses the write as a whole, and says so; all goes on when
// there is space.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	s, db := newDB(t)
	fillDB(t, db, 0, 100)
	d := s.databases["db"]
	pages := func(n int) {
		if _, err := d.writer.db.ExecContext(t.Context(), "PRAGMA max_page_count="+strconv.Itoa(n)); err != nil {
			t.Fatal(err)
		}
	}
	pages(1) // the file's present size
	body := `{"docs":[{"_id":"small"},{"_id":"large","x":"` + strings.Repeat("x", 1_000_000) + `"}]}`
	status, answer := call(t, s, "POST", "/db/_bulk_docs", body)
	if status != 507 || !strings.Contains(answer, "insufficient_storage") {
		t.Errorf("%d %s", status, answer)
	}
	if status, answer := call(t, s, "GET", "/db/small", ""); status != 404 || d.state.Load().docs != 100 {
		t.Errorf("half of it was written: %d %s", status, answer)
	}
	pages(1 << 30)
	if status, answer := call(t, s, "POST", "/db/_bulk_docs", body); status != 201 || d.state.Load().docs != 102 {
		t.Errorf("%d %s", status, answer)
	}
}
