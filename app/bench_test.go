package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkSave saves 200 photos of 2 MB from another device over loopback,
// the overlay's encryption and all, and tells how fast that is against a plain
// HTTP copy of the same files that computes their SHA-256.
func BenchmarkSave(b *testing.B) {
	const photos, size = 200, 2 << 20
	a := start(b, Options{Name: "Desktop", Listen: []string{"tls://127.0.0.1:0"}})
	dir := b.TempDir()
	drawLarge(b, dir, photos, size)
	result, err := a.Import(b.Context(), []string{dir})
	if err != nil || len(result.Added) != photos {
		b.Fatalf("import: %+v, %v", result, err)
	}
	for n := 0; b.Loop(); n++ {
		b.StopTimer()
		c, stop := startAt(b, Options{Home: b.TempDir(), Name: fmt.Sprintf("Laptop %d", n), Peers: a.node.ListenURIs()})
		pairs(b, a, c)
		until(b, c, "all photos show on the other device", func() bool { return len(c.Entries()) == photos })
		b.StartTimer()
		begun := time.Now()
		if err := c.Save(b.Context(), result.Added...); err != nil {
			b.Fatal(err)
		}
		took := time.Since(begun)
		b.StopTimer()
		plain := copyOverHTTP(b, dir)
		b.ReportMetric(photos*size/1e6/took.Seconds(), "MB/s")
		b.ReportMetric(plain.Seconds()/took.Seconds(), "x-of-HTTP")
		stop()
		if err := a.RemoveDevice(b.Context(), c.id()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// drawLarge writes n photos of the given size.
func drawLarge(tb testing.TB, dir string, n, size int) {
	tb.Helper()
	drawSizes(tb, dir, n, func(int) int { return size })
}

// drawSizes writes n photos, most of which follows the picture.
func drawSizes(tb testing.TB, dir string, n int, size func(i int) int) {
	tb.Helper()
	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, image.NewGray(image.Rect(0, 0, 64, 48)), nil); err != nil {
		tb.Fatal(err)
	}
	rng := rand.NewChaCha8([32]byte{1})
	for i := range n {
		data := make([]byte, size(i))
		_, _ = rng.Read(data) // it never fails
		copy(data, picture.Bytes())
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("IMG_%05d.JPG", i)), data, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
}

// copyOverHTTP copies the files of dir over loopback, one after the other, as
// a plain program would.
func copyOverHTTP(tb testing.TB, dir string) time.Duration {
	tb.Helper()
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(tb.Context())
	served := make(chan error, 1)
	go func() { served <- serve(ctx, ln, http.FileServer(http.Dir(dir)), nil) }()
	defer func() {
		cancel()
		if err := <-served; err != nil {
			tb.Error(err)
		}
	}()
	names, err := os.ReadDir(dir)
	if err != nil {
		tb.Fatal(err)
	}
	to := tb.TempDir()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	begun := time.Now()
	for _, name := range names {
		copyOne(tb, client, "http://"+ln.Addr().String()+"/"+name.Name(), filepath.Join(to, name.Name()))
	}
	return time.Since(begun)
}

func copyOne(tb testing.TB, client *http.Client, url, path string) {
	tb.Helper()
	resp, err := client.Get(url)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // read to its end
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := io.Copy(io.MultiWriter(f, sha256.New()), resp.Body); err != nil {
		tb.Fatal(err)
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkStart opens a device of an empty library until it serves, and stops it.
func BenchmarkStart(b *testing.B) {
	home := b.TempDir()
	for b.Loop() {
		_, stop := startAt(b, Options{Home: home})
		stop()
	}
}
