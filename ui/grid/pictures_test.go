package grid

import (
	"errors"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/internal/sample"
)

// shoot keeps a picture of the window in PAUL_SHOTS when that is set.
func shoot(t *testing.T, w fyne.Window, name string) {
	t.Helper()
	img := w.Canvas().Capture()
	if dir := os.Getenv("PAUL_SHOTS"); dir != "" {
		f, err := os.Create(filepath.Join(dir, name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(png.Encode(f, img), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// aspects are the shapes of the made-up photos, width through height.
var aspects = []float32{1.5, 1.333, 0.75, 1.5, 0.667, 1.778, 1, 1.5}

func shape(n int) float32 { return aspects[(n*7+n/5)%len(aspects)] }

// pictures are those that were drawn already.
var pictures sync.Map

// picture draws photo n so that its longer side has size pixels.
func picture(n, size int) *image.RGBA {
	w, h := float32(size), float32(size)
	if a := shape(n); a >= 1 {
		h /= a
	} else {
		w *= a
	}
	key := [2]int{n, size}
	if img, ok := pictures.Load(key); ok {
		return img.(*image.RGBA)
	}
	img := sample.Scene(uint64(n), max(int(w), 1), max(int(h), 1))
	pictures.Store(key, img)
	return img
}
