package couch

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

const serveEnv = "PAUL_COUCH_TEST_SERVE"

// serveUntilLeft serves the databases in dir on a port that it says, until its
// standard input ends.
func serveUntilLeft(dir string) {
	s, err := Open(dir, Options{})
	if err != nil {
		panic(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	web := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	go func() { _ = web.Serve(l) }() // it ends with the process
	_, _ = os.Stdout.WriteString("http://" + l.Addr().String() + "\n")
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = web.Close()
	if err := s.Close(); err != nil {
		panic(err)
	}
}

// BenchmarkMillion serves a database of 1,000,000 documents from a process of
// its own: its whole changes feed, and, for comparison, the same rows read
// with SQLite alone. Bulk and single writes come before it; the greatest
// memory of that process is that of all.
func BenchmarkMillion(b *testing.B) {
	const docs = 1_000_000
	for b.Loop() {
		dir := b.TempDir()
		plain := fillMillion(b, dir, docs)
		url, peak := startServing(b, dir)
		db := kivikDB(b, url, http.DefaultClient)
		fillDB(b, db, docs, docs+20_000)
		puts, ctx := errgroup.WithContext(b.Context())
		for client := range 16 {
			puts.Go(func() error {
				for i := range 100 {
					doc := fileRecord(docs + 20_000 + 100*client + i)
					if _, err := db.Put(ctx, fmt.Sprint(doc["_id"]), doc); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err := puts.Wait(); err != nil {
			b.Fatal(err)
		}
		took := readChanges(b, url)
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(took.Seconds(), "s")
		b.ReportMetric(took.Seconds()/plain.Seconds(), "x-of-plain-SQLite")
		b.ReportMetric(peak(), "peak-MB")
	}
}

// fillMillion makes a database in dir, and returns how long SQLite takes to
// read what a feed is made of.
func fillMillion(b *testing.B, dir string, docs int) time.Duration {
	b.Helper()
	s, err := Open(dir, Options{})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Create(b.Context(), "db"); err != nil {
		b.Fatal(err)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	file, err := openSQLite(filepath.Join(dir, fileName("db")), 1, writerPragmas)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = file.Close() }() // all is read
	record := fileRecord(0)
	delete(record, "_id")
	body, err := json.Marshal(record)
	if err != nil {
		b.Fatal(err)
	}
	const fill = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < ?)
		INSERT INTO docs SELECT i, printf('%064x', i), 0, CAST(x'010000' || randomblob(16) AS BLOB), ?, NULL FROM n`
	if _, err := file.ExecContext(b.Context(), fill, docs, body); err != nil {
		b.Fatal(err)
	}
	if _, err := file.ExecContext(b.Context(), "UPDATE state SET seq=?, docs=?; PRAGMA wal_checkpoint(TRUNCATE)", docs, docs); err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	rows, err := file.QueryContext(b.Context(), "SELECT id, seq, tree FROM docs ORDER BY seq")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = rows.Close() }() // Err has said what there is to say
	var id, tree sql.RawBytes
	var seq int64
	for rows.Next() {
		if err := rows.Scan(&id, &seq, &tree); err != nil {
			b.Fatal(err)
		}
	}
	if rows.Err() != nil || seq != int64(docs) {
		b.Fatalf("seq %d, err = %v", seq, rows.Err())
	}
	return time.Since(began)
}

// startServing returns the URL of a process that serves what is in dir, and a
// func that returns the most memory that it ever had, in MB (0 where the system
// does not say).
func startServing(b *testing.B, dir string) (url string, peak func() float64) {
	b.Helper()
	child := exec.CommandContext(context.WithoutCancel(b.Context()), os.Args[0]) // the cleanup ends it
	child.Env = append(os.Environ(), serveEnv+"="+dir)
	child.Stderr = os.Stderr
	in, err := child.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := child.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close() // it ends
		if err := child.Wait(); err != nil {
			b.Error(err)
		}
	})
	if url, err = bufio.NewReader(out).ReadString('\n'); err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(url), func() float64 {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", child.Process.Pid)) // Linux only
		_, rest, _ := strings.Cut(string(status), "VmHWM:")
		kB, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
		n, _ := strconv.ParseFloat(kB, 64)
		return n / 1024
	}
}

// readChanges returns how long the whole feed takes, as a peer reads it.
func readChanges(b *testing.B, url string) time.Duration {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, url+"/db/_changes?style=all_docs", http.NoBody)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "identity")
	began := time.Now()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // read to its end
	lines := bufio.NewScanner(resp.Body)
	n := 0
	for lines.Scan() {
		n++
	}
	if err := lines.Err(); err != nil || n < 1_000_000 {
		b.Fatalf("%d lines, err = %v", n, err)
	}
	return time.Since(began)
}
