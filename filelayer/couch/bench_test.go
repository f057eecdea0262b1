package couch

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	kivik "github.com/go-kivik/kivik/v4"
)

// BenchmarkBulkInsert writes 20,000 documents, 1000 at a time, through kivik,
// and, for comparison, as plain rows with SQLite alone.
func BenchmarkBulkInsert(b *testing.B) {
	const docs, batch = 20_000, 1000
	all := make([]any, docs)
	bodies := make([][]byte, docs)
	for i := range all {
		all[i] = fileRecord(i)
		bodies[i], _ = json.Marshal(all[i])
	}
	for b.Loop() {
		_, db := newDB(b)
		began := time.Now()
		for i := 0; i < docs; i += batch {
			if _, err := db.BulkDocs(b.Context(), append([]any(nil), all[i:i+batch]...)); err != nil {
				b.Fatal(err)
			}
		}
		ours := docs / time.Since(began).Seconds()
		b.ReportMetric(ours, "docs/s")
		b.ReportMetric(ours/plainRate(b, bodies, batch), "x-of-plain-SQLite")
	}
}

func plainRate(b *testing.B, bodies [][]byte, batch int) float64 {
	b.Helper()
	db, err := openSQLite(filepath.Join(b.TempDir(), "plain.sqlite"), 1, writerPragmas)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(b.Context(), "CREATE TABLE docs(seq INTEGER PRIMARY KEY, id TEXT UNIQUE, body BLOB)"); err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	for i := 0; i < len(bodies); i += batch {
		tx, err := db.BeginTx(b.Context(), nil)
		if err != nil {
			b.Fatal(err)
		}
		for k, body := range bodies[i : i+batch] {
			if _, err := tx.ExecContext(b.Context(), "INSERT INTO docs(id, body) VALUES (?,?)", fileRecord(i + k)["_id"], body); err != nil {
				b.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	return float64(len(bodies)) / time.Since(began).Seconds()
}

// BenchmarkChanges reads the feed of 100,000 documents with their bodies, as
// bytes, through kivik, and by Each.
func BenchmarkChanges(b *testing.B) {
	const docs = 100_000
	s, db := newDB(b)
	fillDB(b, db, 0, docs)
	var each time.Duration
	count := func(b *testing.B, n int, err error) {
		b.Helper()
		if n != docs || err != nil {
			b.Fatalf("%d documents, err = %v", n, err)
		}
	}
	b.Run("Each", func(b *testing.B) {
		for b.Loop() {
			n := 0
			began := time.Now()
			err := s.Each(b.Context(), "db", 0, func(string, string, int64, bool, []byte) error { n++; return nil })
			each = time.Since(began)
			count(b, n, err)
		}
	})
	b.Run("bytes", func(b *testing.B) {
		for b.Loop() {
			began := time.Now()
			w := new(discard)
			r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "/db/_changes?include_docs=true", http.NoBody)
			if err != nil {
				b.Fatal(err)
			}
			s.ServeHTTP(w, r)
			b.ReportMetric(float64(w.n)/1e6, "MB")
			b.ReportMetric(time.Since(began).Seconds()/each.Seconds(), "x-of-Each")
		}
	})
	b.Run("kivik", func(b *testing.B) {
		for b.Loop() {
			n := 0
			began := time.Now()
			feed := db.Changes(b.Context(), kivik.IncludeDocs())
			for ; feed.Next(); n++ {
				var doc json.RawMessage
				if err := feed.ScanDoc(&doc); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(time.Since(began).Seconds()/each.Seconds(), "x-of-Each")
			count(b, n, feed.Err())
		}
	})
}

type discard struct {
	header http.Header
	n      int
}

func (d *discard) Header() http.Header {
	if d.header == nil {
		d.header = make(http.Header)
	}
	return d.header
}
func (d *discard) WriteHeader(int)             {}
func (d *discard) Write(p []byte) (int, error) { d.n += len(p); return len(p), nil }
