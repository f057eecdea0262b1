package couch

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const measured = 2 * time.Second // of each of two things that are compared

// BenchmarkPut writes single documents, by one client and by several at once,
// who share commits, and, for comparison, rows with SQLite alone, in a
// transaction each. The disk's own share is what one client can append to a
// file and sync.
func BenchmarkPut(b *testing.B) {
	for _, clients := range []int{1, 16, 64} {
		b.Run(fmt.Sprint(clients, "-clients"), func(b *testing.B) {
			for b.Loop() {
				_, db := newDB(b)
				ours := rate(b, clients, func(i int64) error {
					doc := fileRecord(int(i))
					_, err := db.Put(b.Context(), fmt.Sprint(doc["_id"]), doc)
					return err
				})
				plain := plainDB(b, 1)
				theirs := rate(b, clients, func(i int64) error { return insertPlain(b.Context(), plain, i) })
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(ours, "puts/s")
				b.ReportMetric(ours/theirs, "x-of-plain-SQLite")
				b.ReportMetric(syncRate(b), "fsyncs/s")
			}
		})
	}
}

// rate calls op by several goroutines for a while, with numbers that never
// come twice, and returns how often a second it was done.
func rate(b *testing.B, goroutines int, op func(i int64) error) float64 {
	b.Helper()
	var n atomic.Int64
	var wg sync.WaitGroup
	began := time.Now()
	for range goroutines {
		wg.Go(func() {
			for time.Since(began) < measured {
				if err := op(n.Add(1)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return float64(n.Load()) / time.Since(began).Seconds()
}

// plainDB returns a table with the pragmas of the writer, and a pool of conns
// connections.
func plainDB(b *testing.B, conns int) *sql.DB {
	b.Helper()
	db, err := openSQLite(filepath.Join(b.TempDir(), "plain.sqlite"), conns, writerPragmas)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	if _, err := db.ExecContext(b.Context(), "CREATE TABLE docs(seq INTEGER PRIMARY KEY, id TEXT UNIQUE, body BLOB)"); err != nil {
		b.Fatal(err)
	}
	return db
}

type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func insertPlain(ctx context.Context, to execer, i int64) error {
	body, err := json.Marshal(fileRecord(int(i)))
	if err != nil {
		return err
	}
	_, err = to.ExecContext(ctx, "INSERT INTO docs(id, body) VALUES (?,?)", fmt.Sprint("doc", i), body)
	return err
}

func syncRate(b *testing.B) float64 {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "synced"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it is of no use any more
	page := make([]byte, 4096)
	return rate(b, 1, func(int64) error {
		if _, err := f.Write(page); err != nil {
			return err
		}
		return f.Sync()
	})
}

// BenchmarkMixed lets 4 readers get documents beside 2 writers, who write 100
// at a time, and, for comparison, rows with SQLite alone. An error of any of
// them is one of the benchmark.
func BenchmarkMixed(b *testing.B) {
	const batch, there = 100, 10_000
	for b.Loop() {
		_, db := newDB(b)
		fillDB(b, db, 0, there)
		writes, reads := mixed(b, func(i int64) error {
			docs := make([]any, batch)
			for k := range docs {
				docs[k] = fileRecord(there + int(i)*batch + k)
			}
			results, err := db.BulkDocs(b.Context(), docs)
			for _, r := range results {
				if r.Error != nil {
					return r.Error
				}
			}
			return err
		}, func() error {
			var doc map[string]any
			return db.Get(b.Context(), fmt.Sprint(fileRecord(rand.IntN(there))["_id"])).ScanDoc(&doc)
		})
		plain := plainDB(b, 6)
		insert := func(i int64) error {
			tx, err := plain.BeginTx(b.Context(), nil)
			if err != nil {
				return err
			}
			defer func() { _ = tx.Rollback() }() // does nothing after Commit
			for k := range int64(batch) {
				if err := insertPlain(b.Context(), tx, i*batch+k); err != nil {
					return err
				}
			}
			return tx.Commit()
		}
		for i := range int64(there / batch) {
			if err := insert(-1 - i); err != nil {
				b.Fatal(err)
			}
		}
		plainWrites, plainReads := mixed(b, insert, func() error {
			var body []byte
			var doc map[string]any
			if err := plain.QueryRowContext(b.Context(), "SELECT body FROM docs WHERE id=?", fmt.Sprint("doc", -1-rand.IntN(there))).Scan(&body); err != nil {
				return err
			}
			return json.Unmarshal(body, &doc)
		})
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(writes*batch, "writes/s")
		b.ReportMetric(reads, "reads/s")
		b.ReportMetric(writes/plainWrites, "writes-x-of-plain-SQLite")
		b.ReportMetric(reads/plainReads, "reads-x-of-plain-SQLite")
	}
}

// mixed returns how often a second 2 writers and 4 readers, at the same time,
// did what they do.
func mixed(b *testing.B, write func(i int64) error, read func() error) (writes, reads float64) {
	b.Helper()
	var wg sync.WaitGroup
	wg.Go(func() { writes = rate(b, 2, write) })
	reads = rate(b, 4, func(int64) error { return read() })
	wg.Wait()
	return writes, reads
}
