package ui

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"golang.org/x/image/draw"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/internal/sample"
)

// benched is a gallery on a real device, whose screen's goroutine is the benchmark's.
type benched struct {
	*shell
	b     *testing.B
	posts chan func()
}

// until runs the screen's goroutine until cond holds.
func (g *benched) until(what string, cond func() bool) {
	g.b.Helper()
	timeout := time.After(2 * time.Minute)
	for !cond() {
		select {
		case f := <-g.posts:
			f()
		case <-timeout:
			g.b.Fatalf("waited in vain: %s", what)
		}
	}
}

// photo24 writes two photos of 24 megapixels, and returns how long the standard library
// takes to decode one.
func photo24(b *testing.B, dir string) time.Duration {
	b.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 6000, 4000))
	var plain time.Duration
	for i, name := range []string{"a.jpg", "b.jpg"} {
		small := sample.Scene(uint64(i), 1500, 1000)
		draw.ApproxBiLinear.Scale(m, m.Rect, small, small.Rect, draw.Src, nil)
		var buf bytes.Buffer
		if err := jpeg.Encode(&buf, m, &jpeg.Options{Quality: 92}); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), buf.Bytes(), 0o600); err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		if _, err := jpeg.Decode(&buf); err != nil {
			b.Fatal(err)
		}
		plain = time.Since(start)
	}
	return plain
}

// benchGallery opens a gallery on a device that has the photos of a folder.
func benchGallery(b *testing.B, photos string) *benched {
	b.Helper()
	home := b.TempDir()
	dev, err := app.Open(b.Context(), app.Options{Home: home, Library: filepath.Join(home, "photos"), Name: "Bench", Offline: true})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := dev.Run(ctx); err != nil {
			b.Error(err)
		}
	})
	if _, err := dev.Import(ctx, []string{photos}); err != nil {
		b.Fatal(err)
	}
	win := test.NewTempWindow(b, container.NewStack())
	win.Resize(large)
	g := &benched{b: b, posts: make(chan func(), 256)}
	g.shell = newShell(env{
		fyne: test.NewTempApp(b), win: win, dev: realDevice{dev}, lib: realLibrary{dev.Images()}, files: &picker{}, board: newSystemBoard(), desk: systemDesktop{}, now: time.Now, after: later,
		begin: func() (context.Context, context.CancelFunc) { return context.WithCancel(ctx) },
		do: func(f func()) {
			select {
			case g.posts <- f:
			case <-ctx.Done():
			}
		},
	})
	g.background(ctx)
	b.Cleanup(func() {
		cancel()
		g.shell.wg.Wait()
		wg.Wait()
		if err := dev.Close(); err != nil {
			b.Error(err)
		}
	})
	g.until("the photos", func() bool { return g.presentGrid() != nil && g.presentGrid().grid.Source().Len() == 2 })
	g.until("their tiles", g.presentGrid().grid.Settled)
	return g
}

// BenchmarkViewer opens photos of 24 megapixels from their tiles: until a preview shows,
// until it is sharp in the window, and until all of its pixels show at 100 %. The limits
// are 100 ms and 500 ms. x is of what image/jpeg takes to decode one.
func BenchmarkViewer(b *testing.B) {
	dir := b.TempDir()
	plain := photo24(b, dir)
	g := benchGallery(b, dir)
	var preview, sharp, all time.Duration
	for i := range b.N {
		v := g.view
		start := time.Now()
		v.open(g.presentGrid(), i%2)
		g.until("a preview", func() bool { return v.inMemory() != nil && v.inMemory().Bounds().Dx() >= 200 })
		preview += time.Since(start)
		g.until("the photo", func() bool { return v.near[thumbKey(v.img, 0)] != nil })
		sharp += time.Since(start)
		start = time.Now()
		v.stage.Actual()
		g.until("all pixels", v.stage.Sharp)
		all += time.Since(start)
		v.close()
	}
	n := float64(b.N)
	b.ReportMetric(float64(preview.Microseconds())/1e3/n, "ms-preview")
	b.ReportMetric(float64(sharp.Microseconds())/1e3/n, "ms-sharp")
	b.ReportMetric(float64(all.Microseconds())/1e3/n, "ms-100%")
	b.ReportMetric(float64(sharp)/n/float64(plain), "x-decode")
	b.ReportMetric(0, "ns/op")
}
