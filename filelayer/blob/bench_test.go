package blob

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkPut imports many small and some large files in batches, and
// reports how many times as fast that is as copying each by hand with SHA-256
// and an fsync of its own.
func BenchmarkPut(b *testing.B) {
	for _, c := range []struct {
		name     string
		n, bytes int
	}{{"small", 500, 20 << 10}, {"photos", 60, 4 << 20}, {"videos", 3, 128 << 20}} {
		b.Run(c.name, func(b *testing.B) {
			var ours, plain time.Duration
			for i := range b.N {
				b.StopTimer()
				sources := madeUp(b, i, c.n, c.bytes)
				s := newStore(b)
				hand := b.TempDir()
				b.StartTimer()

				start := time.Now()
				putAll(b, s, sources)
				ours += time.Since(start)

				b.StopTimer()
				start = time.Now()
				for _, src := range sources {
					copyByHand(b, src, filepath.Join(hand, filepath.Base(src)))
				}
				plain += time.Since(start)
				b.StartTimer()
			}
			b.SetBytes(int64(c.n) * int64(c.bytes))
			b.ReportMetric(plain.Seconds()/ours.Seconds(), "x-of-copy+sha256+fsync")
		})
	}
}

func madeUp(b *testing.B, seed, n, size int) []string {
	b.Helper()
	dir := b.TempDir()
	data := large(uint64(seed), size)
	paths := make([]string, n)
	for i := range paths {
		copy(data, fmt.Sprintf("%08d", i))
		paths[i] = filepath.Join(dir, fmt.Sprintf("IMG_%04d.JPG", i))
		if err := os.WriteFile(paths[i], data, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	return paths
}

func putAll(b *testing.B, s *Store, sources []string) {
	b.Helper()
	const perBatch = 200
	batch := s.NewBatch()
	for i, src := range sources {
		f, err := os.Open(src)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := batch.Put(b.Context(), f, Meta{Name: filepath.Base(src), Time: may}); err != nil {
			b.Fatal(err)
		}
		_ = f.Close() // was read
		if i%perBatch == perBatch-1 || i == len(sources)-1 {
			if err := batch.Commit(b.Context()); err != nil {
				b.Fatal(err)
			}
			batch = s.NewBatch()
		}
	}
}

func copyByHand(b *testing.B, from, to string) {
	b.Helper()
	src, err := os.Open(from)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = src.Close() }()
	dst, err := os.Create(to)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.Copy(io.MultiWriter(dst, sha256.New()), src); err != nil {
		b.Fatal(err)
	}
	if err := dst.Sync(); err != nil {
		b.Fatal(err)
	}
	if err := dst.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkHas asks for one of many blobs, which a gallery does for each photo.
func BenchmarkHas(b *testing.B) {
	s := newStore(b)
	d := put(b, s, "a.jpg", "a")
	for b.Loop() {
		if !s.Has(d) {
			b.Fatal("not here")
		}
	}
}
