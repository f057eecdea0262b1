package grid

import (
	"context"
	"image"
	"slices"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/thumbs"
)

// library is n photos, 37 a day.
func library(n int) *album {
	days := make([]int, 0, n/37+1)
	for left := n; left > 0; left -= 37 {
		days = append(days, min(left, 37))
	}
	return newAlbum(days...)
}

// scroller is a view that is measured while it scrolls.
type scroller struct {
	root   fyne.CanvasObject
	scroll func(off float64)
	drain  func() // delivers what has been loaded
}

// frames scrolls by step a frame and returns the time of each: moving, taking
// what has come, and walking the objects as the painter does. Nothing is drawn.
func (s *scroller) frames(n int, step float64) []time.Duration {
	out := make([]time.Duration, n)
	for i := range out {
		start := time.Now()
		s.drain()
		s.scroll(5000 + float64(i)*step)
		visit(s.root)
		out[i] = time.Since(start)
	}
	slices.Sort(out)
	return out
}

func visit(o fyne.CanvasObject) int {
	if !o.Visible() {
		return 0
	}
	n := 1
	switch c := o.(type) {
	case *fyne.Container:
		for _, k := range c.Objects {
			n += visit(k)
		}
	case fyne.Widget:
		for _, k := range test.WidgetRenderer(c).Objects() {
			n += visit(k)
		}
	}
	return n
}

func loaders(b *testing.B) (th *thumbs.Loader, drain func(), post func(func())) {
	b.Helper()
	posts := make(chan func(), 1024)
	post = func(f func()) { posts <- f }
	img := image.NewRGBA(image.Rect(0, 0, 256, 192))
	th = thumbs.New(thumbs.Options{Post: post, Workers: 2, Load: func(context.Context, thumbs.Key) (*image.RGBA, error) { return img, nil }})
	ctx, cancel := context.WithCancel(b.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = th.Run(ctx) })
	b.Cleanup(func() {
		cancel()
		wg.Wait()
	})
	drain = func() {
		for {
			select {
			case f := <-posts:
				f()
			default:
				return
			}
		}
	}
	return th, drain, post
}

// ours is the grid.
func ours(b *testing.B, src *album) *scroller {
	b.Helper()
	th, drain, _ := loaders(b)
	g := New(Options{Thumbs: th, Texts: texts, Modifiers: func() fyne.KeyModifier { return 0 }})
	w := test.NewTempWindow(b, g)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(1200, 800))
	g.SetSource(src)
	return &scroller{root: g, scroll: g.ScrollTo, drain: drain}
}

// wrapped is Fyne's GridWrap on the same photos and the same loader.
func wrapped(b *testing.B, src *album) *scroller {
	b.Helper()
	th, drain, _ := loaders(b)
	at := map[*canvas.Image]thumbs.ID{}
	var client *thumbs.Client
	show := func(img *canvas.Image) bool {
		p, ok := th.Get(thumbs.Key{ID: at[img], Size: 256})
		img.Image = nil
		if ok {
			img.Image = p
		}
		img.Refresh()
		return ok
	}
	want := func() {
		keys := make([]thumbs.Key, 0, len(at))
		for _, id := range at {
			keys = append(keys, thumbs.Key{ID: id, Size: 256})
		}
		client.Want(keys)
	}
	client = th.Client(func([]thumbs.Key) {
		for img := range at {
			if img.Image == nil {
				show(img)
			}
		}
	})
	gw := widget.NewGridWrap(src.Len, func() fyne.CanvasObject {
		img := &canvas.Image{ScaleMode: canvas.ImageScaleFastest, FillMode: canvas.ImageFillCover, CornerRadius: look.ThumbRadius}
		img.SetMinSize(fyne.NewSize(190, 190))
		return img
	}, func(i int, o fyne.CanvasObject) {
		img := o.(*canvas.Image)
		at[img] = src.ID(i)
		if !show(img) {
			want()
		}
	})
	w := test.NewTempWindow(b, gw)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(1200, 800))
	return &scroller{root: gw, scroll: func(off float64) { gw.ScrollToOffset(float32(off)) }, drain: drain}
}

// BenchmarkScroll scrolls through 100,000 photos at 4,000 and 30,000 units a
// second (of 60 frames), and gives the 95th percentile of a frame's time beside
// that of Fyne's GridWrap on the same photos.
func BenchmarkScroll(b *testing.B) {
	src := library(100_000)
	for _, speed := range []struct {
		name string
		step float64
	}{{"4000", 66}, {"30000", 500}} {
		b.Run(speed.name, func(b *testing.B) {
			a := test.NewTempApp(b)
			a.Settings().SetTheme(look.Theme{Name: "dark"})
			mine, theirs := ours(b, src), wrapped(b, src)
			const n = 400
			var m, t []time.Duration
			for b.Loop() {
				m, t = mine.frames(n, speed.step), theirs.frames(n, speed.step)
			}
			p95 := func(d []time.Duration) float64 { return float64(d[n*95/100].Microseconds()) / 1000 }
			b.ReportMetric(p95(m), "p95-ms")
			b.ReportMetric(p95(t), "gridwrap-p95-ms")
			b.ReportMetric(p95(m)/p95(t), "x-of-GridWrap")
		})
	}
}

// BenchmarkRelayout lays 100,000 photos out for another width.
func BenchmarkRelayout(b *testing.B) {
	a := test.NewTempApp(b)
	a.Settings().SetTheme(look.Theme{Name: "dark"})
	th, _, _ := loaders(b)
	g := New(Options{Thumbs: th, Texts: texts, Modifiers: func() fyne.KeyModifier { return 0 }})
	w := test.NewTempWindow(b, g)
	w.Resize(fyne.NewSize(1200, 800))
	g.SetSource(library(100_000))
	g.ScrollTo(1e6)
	width := float32(1200)
	for b.Loop() {
		width = 2400 - width + 1
		g.Resize(fyne.NewSize(width, 800))
	}
}
