package thumb

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/bits"
	"os"
	"path/filepath"
	"testing"

	"github.com/disintegration/imaging"

	"github.com/libpaul/paul/imagelib/meta"
)

// scene is a picture with light and dark in places that a seed chooses.
func scene(w, h int, seed float64) image.Image {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			u, v := float64(x)/float64(w), float64(y)/float64(h)
			l := math.Sin(7*u*seed+seed) + math.Sin(5*v*seed+3*u) + math.Sin(11*u*v+seed*seed)
			m.SetGray(x, y, color.Gray{uint8(127 + 40*l)})
		}
	}
	return m
}

func asJPEG(t *testing.T, m image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func dHashOf(t *testing.T, data []byte) uint64 {
	t.Helper()
	info, err := meta.ReadBytes(data)
	if err != nil {
		t.Fatal(err)
	}
	set, err := NewRenderer(0).Thumbnails(t.Context(), data, &info)
	if err != nil {
		t.Fatal(err)
	}
	return set.DHash
}

func TestDHash(t *testing.T) {
	t.Parallel()
	hashes := map[float64]uint64{}
	for _, seed := range []float64{1, 1.7, 2.3, 3.1} {
		full := scene(800, 600, seed)
		hashes[seed] = dHashOf(t, asJPEG(t, full, 90))
		for _, side := range []int{600, 320, 100} {
			small := imaging.Resize(full, side, 0, imaging.Lanczos)
			if n := bits.OnesCount64(hashes[seed] ^ dHashOf(t, asJPEG(t, small, 60))); n > 5 {
				t.Errorf("scene %v, %d pixels wide: %d bits differ", seed, side, n)
			}
		}
	}
	for a, x := range hashes {
		for b, y := range hashes {
			if n := bits.OnesCount64(x ^ y); a < b && n < 12 {
				t.Errorf("scenes %v and %v: only %d bits differ", a, b, n)
			}
		}
	}
	for name, m := range map[string]image.Image{
		"even": image.NewGray(image.Rect(0, 0, 300, 200)),
		"dot":  image.NewGray(image.Rect(0, 0, 1, 1)),
		"thin": image.NewGray(image.Rect(0, 0, 2000, 1)),
	} {
		if h := dHashOf(t, asJPEG(t, m, 90)); h != 0 {
			t.Errorf("%s: %016x", name, h)
		}
	}
}

// TestDHashLayout: the highest bit is of the upper left, and set where it gets
// brighter to the right.
func TestDHashLayout(t *testing.T) {
	t.Parallel()
	p := picture{y: newPlane(90, 80)}
	for y := range 10 {
		for x := 10; x < 90; x++ {
			p.y.pix[y*90+x] = 100
		}
	}
	for y := 70; y < 80; y++ {
		for x := 80; x < 90; x++ {
			p.y.pix[y*90+x] = 200
		}
	}
	if h := dHash(p); h != 1<<63|1 {
		t.Errorf("%016x", h)
	}
}

// TestDHashOfPhotos takes real photos in several sizes.
func TestDHashOfPhotos(t *testing.T) {
	t.Parallel()
	paths, _ := filepath.Glob("../../../shared/data/photos/*.jpg") // the pattern is well-formed
	if len(paths) == 0 {
		t.Skip("../shared/data/photos is not there: no real photos to try")
	}
	for _, path := range paths[:min(len(paths), 3)] {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		info, err := meta.ReadBytes(data)
		if err != nil {
			t.Fatal(err)
		}
		r := NewRenderer(0)
		set, err := r.Thumbnails(t.Context(), data, &info)
		if err != nil {
			t.Fatal(err)
		}
		full, err := r.Pixels(t.Context(), data, &info, 1200)
		if err != nil {
			t.Fatal(err)
		}
		for _, side := range []int{1000, 300} {
			copied := asJPEG(t, imaging.Fit(full, side, side, imaging.Lanczos), 70)
			if n := bits.OnesCount64(set.DHash ^ dHashOf(t, copied)); n > 5 {
				t.Errorf("%s, %d pixels: %d bits differ", filepath.Base(path), side, n)
			}
		}
	}
}

func BenchmarkDHash(b *testing.B) {
	p, ok := fromImage(scene(256, 192, 2))
	if !ok {
		b.Fatal("no picture")
	}
	for b.Loop() {
		dHash(p)
	}
}
