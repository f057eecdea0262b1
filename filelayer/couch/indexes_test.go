package couch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/libpaul/paul/filelayer/couch/mango"
)

// post asks for what must succeed.
func post(tb testing.TB, s *Server, path, body string) string {
	tb.Helper()
	status, answer := call(tb, s, http.MethodPost, path, body)
	if status >= http.StatusMultipleChoices {
		tb.Fatalf("%s %s: %d %s", path, body, status, answer)
	}
	return answer
}

// writeNumbers writes documents with n from first to last.
func writeNumbers(tb testing.TB, s *Server, first, last int) {
	tb.Helper()
	var docs []string
	for n := first; n <= last; n++ {
		docs = append(docs, fmt.Sprintf(`{"_id":"doc%d","n":%d}`, n, n))
	}
	post(tb, s, "/db/_bulk_docs", `{"docs":[`+strings.Join(docs, ",")+`]}`)
}

func countRows(tb testing.TB, d *database, table string) (n int) {
	tb.Helper()
	if err := d.reader.QueryRowContext(tb.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		tb.Fatal(err)
	}
	return n
}

func databaseOf(tb testing.TB, s *Server) *database {
	tb.Helper()
	d, err := s.database("db")
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// TestIndexIsMadeByQueries checks that a write leaves the index as it is, and
// that a query brings it up to date, unless it says not to.
func TestIndexIsMadeByQueries(t *testing.T) {
	t.Parallel()
	s, _ := newDB(t)
	d := databaseOf(t, s)
	post(t, s, "/db/_index", `{"index":{"fields":["n"]}}`)
	const all = `{"selector":{"n":{"$gt":0}},"limit":100%s}`
	for _, step := range []struct {
		options    string
		docs, rows int // found, and in the index after
	}{
		{`,"update":false`, 0, 0},
		{`,"stale":"ok"`, 0, 0},
		{``, 10, 10},
		{`,"update":false`, 10, 10},
		{``, 20, 20},
	} {
		if step.options == "" {
			writeNumbers(t, s, step.docs-9, step.docs)
			if n := countRows(t, d, "index_rows"); n != step.docs-10 {
				t.Errorf("%d rows after a write, want %d", n, step.docs-10)
			}
		}
		answer := decode[found](t, post(t, s, "/db/_find", fmt.Sprintf(all, step.options)))
		if n := countRows(t, d, "index_rows"); len(answer.Docs) != step.docs || n != step.rows {
			t.Errorf("with %q: %d documents, %d rows; want %d, %d", step.options, len(answer.Docs), n, step.docs, step.rows)
		}
	}
}

// TestIndexGoes checks that an index is dropped with the last design document
// that defines it, however that goes.
func TestIndexGoes(t *testing.T) {
	t.Parallel()
	ways := map[string]struct{ method, path, body string }{ // REV is the document's
		"DELETE _index":      {"DELETE", "/db/_index/last/json/x", ""},
		"DELETE":             {"DELETE", "/db/_design/last?rev=REV", ""},
		"another definition": {"POST", "/db/_index", `{"index":{"fields":["m"]},"ddoc":"last","name":"x"}`},
		"a replica's":        {"POST", "/db/_bulk_docs", `{"new_edits":false,"docs":[{"_id":"_design/last","_rev":"9-a","language":"javascript"}]}`},
		"_purge":             {"POST", "/db/_purge", `{"_design/last":["REV"]}`},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := newDB(t)
			d := databaseOf(t, s)
			writeNumbers(t, s, 1, 10)
			for _, ddoc := range []string{"first", "last"} {
				post(t, s, "/db/_index", `{"index":{"fields":["n"]},"name":"x","ddoc":"`+ddoc+`"}`)
			}
			post(t, s, "/db/_find", `{"selector":{"n":1}}`)
			call(t, s, http.MethodDelete, "/db/_index/first/json/x", "")
			if rows, indexes := countRows(t, d, "index_rows"), countRows(t, d, "indexes"); rows != 10 || indexes != 1 {
				t.Fatalf("%d rows, %d indexes while one is left", rows, indexes)
			}
			_, doc := call(t, s, http.MethodGet, "/db/_design/last", "")
			rev := decode[struct {
				Rev string `json:"_rev"`
			}](t, doc).Rev
			r := strings.NewReplacer("REV", rev)
			if status, answer := call(t, s, way.method, r.Replace(way.path), r.Replace(way.body)); status >= http.StatusMultipleChoices {
				t.Fatal(status, answer)
			}
			if rows, indexes := countRows(t, d, "index_rows"), countRows(t, d, "indexes"); rows != 0 || indexes != 0 {
				t.Errorf("%d rows, %d indexes are left", rows, indexes)
			}
		})
	}
}

func numberIndex(tb testing.TB) *mango.Index {
	tb.Helper()
	ix, err := mango.ParseIndex([]byte(`{"fields":["n"]}`))
	if err != nil {
		tb.Fatal(err)
	}
	return ix
}

// TestIndexAfterCrash takes the files as they are while an index is made, as a
// crash would leave them, and goes on from them.
func TestIndexAfterCrash(t *testing.T) {
	t.Parallel()
	dir, after := t.TempDir(), t.TempDir()
	s := openServer(t, dir, Options{})
	openDB(t, s)
	const docs = indexRows + 100
	writeNumbers(t, s, 1, docs)
	post(t, s, "/db/_index", `{"index":{"fields":["n"]}}`)
	d := databaseOf(t, s)
	if _, _, err := d.refreshOnce(t.Context(), numberIndex(t), d.state.Load().seq); err != nil {
		t.Fatal(err)
	}
	if n := countRows(t, d, "index_rows"); n != indexRows {
		t.Fatalf("%d rows in a batch, want %d", n, indexRows)
	}
	if err := os.CopyFS(after, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(after, fileName("db")+"-shm")); err != nil {
		t.Fatal(err)
	}
	again := openServer(t, after, Options{OnDamage: func(err error) { t.Error(err) }})
	answer := decode[found](t, post(t, again, "/db/_find", fmt.Sprintf(`{"selector":{"n":{"$gt":0}},"limit":%d}`, 2*docs)))
	if rows := countRows(t, databaseOf(t, again), "index_rows"); len(answer.Docs) != docs || rows != docs {
		t.Errorf("%d documents, %d rows, want %d", len(answer.Docs), rows, docs)
	}
}

// TestIndexDroppedMeanwhile checks that who makes an index that is dropped
// begins anew, rather than take the rest for all of it.
func TestIndexDroppedMeanwhile(t *testing.T) {
	t.Parallel()
	s, _ := newDB(t)
	d := databaseOf(t, s)
	writeNumbers(t, s, 1, 10)
	ix := numberIndex(t)
	first, err := d.refresh(t.Context(), ix)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.sweepIndexes(t.Context()); err != nil { // no design document defines it
		t.Fatal(err)
	}
	err = d.write(t.Context(), func(tx *transaction) error {
		written, err := tx.writeIndex(first, 10, 11, []indexRow{{"x", []byte{1}}})
		if written {
			t.Error("rows of an index that is dropped were written")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	second, err := d.refresh(t.Context(), ix)
	if n := countRows(t, d, "index_rows"); err != nil || second == first || n != 10 {
		t.Errorf("number %d after %d, %d rows, %v", second, first, n, err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.refresh(gone, ix); !errors.Is(err, context.Canceled) {
		t.Errorf("an index is made for a client that has gone: %v", err)
	}
}

// TestFindWhileWriting asks and writes at once: an answer has each
// document that was there before the query once.
func TestFindWhileWriting(t *testing.T) {
	t.Parallel()
	s, _ := newDB(t)
	post(t, s, "/db/_index", `{"index":{"fields":["n"]}}`)
	writeNumbers(t, s, 1, 100)
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := 101; n <= 600; n++ {
			if status, answer := call(t, s, http.MethodPut, fmt.Sprint("/db/doc", n), fmt.Sprintf(`{"n":%d}`, n)); status != http.StatusCreated {
				t.Errorf("write %d: %d %s", n, status, answer)
			}
		}
	})
	for range 3 {
		wg.Go(func() {
			for range 20 {
				_, answer := call(t, s, http.MethodPost, "/db/_find", `{"selector":{"n":{"$gt":0}},"fields":["_id"],"limit":1000}`)
				for n := 1; n <= 100; n++ {
					if times := strings.Count(answer, fmt.Sprintf(`"doc%d"`, n)); times != 1 {
						t.Errorf("doc%d is there %d times", n, times)
					}
				}
			}
		})
	}
	wg.Wait()
	answer := decode[found](t, post(t, s, "/db/_find", `{"selector":{"n":{"$gt":0}},"limit":1000}`))
	if len(answer.Docs) != 600 {
		t.Errorf("%d documents at the end", len(answer.Docs))
	}
}
