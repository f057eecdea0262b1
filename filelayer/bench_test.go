package filelayer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"
)

// BenchmarkSave saves files from the other device over loopback TCP, against a
// plain HTTP copy of the same files with SHA-256, in the same run.
func BenchmarkSave(b *testing.B) {
	for _, tt := range []struct {
		name  string
		files int
		size  int
	}{{"photos", 200, 2 << 20}, {"small", 1000, 20 << 10}} {
		b.Run(tt.name, func(b *testing.B) { benchSave(b, tt.files, tt.size) })
	}
}

func benchSave(b *testing.B, files, size int) {
	b.Helper()
	o := newOverlay()
	from, to := newDevice(b, o, "from"), newDevice(b, o, "to")
	pair(b, from, to)
	ctx := context.Background()
	var plain, paul time.Duration
	for round := range b.N {
		batch := from.NewBatch()
		var ds []Digest
		for i := range files {
			e, err := batch.Create(ctx, bytes.NewReader(photo(fmt.Sprint(round, "-", i), size)), Metadata{Name: strconv.Itoa(i) + ".jpg"})
			must(b, err)
			ds = append(ds, e.Digest)
		}
		must(b, batch.Commit(ctx))
		until(b, "seen", func() bool { return len(to.Entries()) == files*(round+1) }, to)
		plain += plainCopy(b, from, ds)
		begin := time.Now()
		must(b, to.SaveAll(ctx, ds, nil))
		paul += time.Since(begin)
	}
	b.ReportMetric(float64(plain)/float64(paul), "x-of-http+sha256")
	b.ReportMetric(float64(b.N)*float64(files)/paul.Seconds(), "files/s")
	b.ReportMetric(float64(b.N)*float64(files)*float64(size)/1e6/paul.Seconds(), "MB/s")
}

// plainCopy fetches the files one after the other from a file server.
func plainCopy(b *testing.B, from *device, ds []Digest) time.Duration {
	b.Helper()
	server := httptest.NewServer(http.FileServer(http.Dir(from.opts.Library)))
	defer server.Close()
	dir := b.TempDir()
	begin := time.Now()
	for _, d := range ds {
		rel, err := filepath.Rel(from.opts.Library, from.entry(d).Path)
		must(b, err)
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, server.URL+"/"+filepath.ToSlash(rel), nil)
		must(b, err)
		resp, err := server.Client().Do(req)
		must(b, err)
		f, err := os.Create(filepath.Join(dir, d.String()))
		must(b, err)
		sum := sha256.New()
		_, err = io.Copy(io.MultiWriter(f, sum), resp.Body)
		must(b, err)
		must(b, resp.Body.Close())
		must(b, f.Close())
		if Digest(sum.Sum(nil)) != d {
			b.Fatal("wrong bytes")
		}
	}
	return time.Since(begin)
}

// BenchmarkStart opens a library of 100,000 File records, against reading the
// same records as one JSON array.
func BenchmarkStart(b *testing.B) {
	const records = 100_000
	a := newDevice(b, newOverlay(), "a")
	record(b, a, records, id(1), id(2))
	var start, decode time.Duration
	var before, after runtime.MemStats
	for b.Loop() {
		decode += decodeAll(b, a)
		a.stop()
		a.Layer = nil
		runtime.GC()
		runtime.ReadMemStats(&before)
		begin := time.Now()
		a.start()
		if n := len(a.Entries()); n != records {
			b.Fatalf("%d entries", n)
		}
		start += time.Since(begin)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(start.Seconds()/float64(b.N), "s/start")
	b.ReportMetric(float64(decode)/float64(start), "x-of-json.Unmarshal")
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
}

// record writes records of files that the devices hold.
func record(b *testing.B, a *device, files int, holders ...string) {
	b.Helper()
	var ds []Digest
	for i := range files {
		ds = append(ds, digestOf([]byte(strconv.Itoa(i))))
	}
	must(b, a.amend(context.Background(), ds, func(d Digest, r *fileRecord, _ bool) bool {
		*r = fileRecord{
			Name: "IMG_" + d.String()[:4] + ".JPG", Size: 3 << 20, Type: "image/jpeg", Time: 1714559405000, Added: a.stampNow(),
		}
		for i, id := range holders {
			if i == 0 || d[0] < 250 { // the first device has some files alone
				r.Devices.Set(id, holding{Saved: true, N: 1, Verified: 1714559405000})
			}
		}
		return true
	}))
}

// decodeAll decodes the records from one JSON array.
func decodeAll(b *testing.B, a *device) time.Duration {
	b.Helper()
	var all []fileRecord
	for _, e := range a.Entries() {
		all = append(all, a.record(e.Digest))
	}
	text, err := encode(all)
	must(b, err)
	begin := time.Now()
	must(b, json.Unmarshal(text, &all))
	return time.Since(begin)
}
