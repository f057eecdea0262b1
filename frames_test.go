//go:build e2e

package main

import (
	"image"
	"os"
	"syscall"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"golang.org/x/image/draw"

	"github.com/libpaul/paul/internal/sample"
	"github.com/libpaul/paul/ui/stage"
)

// TestMain gives the main goroutine to the toolkit, as a program does: what is measured
// here is measured in a real window.
func TestMain(m *testing.M) {
	a := app.NewWithID("org.libpaul.frames")
	code := 1
	a.Lifecycle().SetOnStarted(func() {
		go func() {
			code = m.Run()
			fyne.Do(a.Quit)
		}()
	})
	win := a.NewWindow("Paul")
	win.SetPadded(false)
	win.Resize(fyne.NewSize(1280, 800))
	win.ShowAndRun()
	os.Exit(code)
}

// BenchmarkFrames zooms and pans a photo of 24 megapixels over a window of 1280 by 800,
// and counts how many frames a second are drawn. The limit is 55. The toolkit asks for 60
// at most. x-bare is the processor time of a frame against that of a window of the
// toolkit's in which nothing but one picture moves.
func BenchmarkFrames(b *testing.B) {
	small := sample.Scene(7, 1500, 1000)
	full := image.NewRGBA(image.Rect(0, 0, 6000, 4000))
	draw.ApproxBiLinear.Scale(full, full.Rect, small, small.Rect, draw.Src, nil)
	preview := image.NewRGBA(image.Rect(0, 0, 1280, 853))
	draw.ApproxBiLinear.Scale(preview, preview.Rect, full, full.Rect, draw.Src, nil)
	bare := bareFrames(b, preview)
	var s *stage.Stage
	fyne.DoAndWait(func() {
		s = stage.New(stage.Options{
			Do: fyne.Do, NeedFull: func() { s.SetFull(full) },
			After: func(d time.Duration, f func()) func() { t := time.AfterFunc(d, f); return func() { t.Stop() } },
		})
		fyne.CurrentApp().Driver().AllWindows()[0].SetContent(s)
		s.SetPicture(image.Pt(6000, 4000), preview)
	})
	for _, move := range []struct {
		name string
		step func(frame int)
	}{
		{"Zoom", func(frame int) {
			if frame%120 < 60 {
				s.Zoom(1.04)
			} else {
				s.Zoom(1 / 1.04)
			}
		}},
		{"Pan", func(frame int) {
			if frame == 0 {
				s.Fit()
				s.Zoom(5)
			}
			if frame%120 < 60 {
				s.Pan(0.01, 0.005)
			} else {
				s.Pan(-0.01, -0.005)
			}
		}},
	} {
		b.Run(move.name, func(b *testing.B) {
			b.ReportMetric(measured(b, move.step)/bare, "x-bare")
		})
	}
}

// bareFrames is the processor time of a frame of a window with one picture that moves.
func bareFrames(b *testing.B, pic image.Image) (ms float64) {
	img := &canvas.Image{Image: pic, ScaleMode: canvas.ImageScaleFastest}
	fyne.DoAndWait(func() {
		fyne.CurrentApp().Driver().AllWindows()[0].SetContent(container.NewWithoutLayout(img))
		img.Resize(fyne.NewSize(1280, 853))
	})
	b.Run("Bare", func(b *testing.B) {
		step := func(frame int) { img.Move(fyne.NewPos(0, float32(-(frame % 50)))) }
		moved(step) // until the window is as large as it will be, and its shaders are compiled
		ms = measured(b, step)
	})
	return ms
}

// measured reports how fast frames are, and returns the processor time of one.
func measured(b *testing.B, step func(frame int)) (ms float64) {
	frames, seconds, busy := 0, 0.0, used()
	for range b.N {
		n, took := moved(step)
		frames, seconds = frames+n, seconds+took.Seconds()
	}
	ms = float64((used() - busy).Microseconds()) / 1e3 / float64(max(frames, 1))
	b.ReportMetric(float64(frames)/seconds, "fps")
	b.ReportMetric(ms, "ms-cpu/frame")
	b.ReportMetric(0, "ns/op")
	return ms
}

// used is how much of the processors this process has taken, with the drawing where no
// graphics card does it.
func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// moved moves in each frame for some seconds, and counts them: the toolkit calls an
// animation once in each frame that it draws.
func moved(step func(frame int)) (frames int, took time.Duration) {
	const length = 4 * time.Second
	done := make(chan struct{})
	start := time.Now()
	fyne.Do(func() {
		fyne.NewAnimation(length, func(part float32) {
			step(frames)
			frames++
			if part == 1 {
				took = time.Since(start)
				close(done)
			}
		}).Start()
	})
	<-done
	return frames, took
}
