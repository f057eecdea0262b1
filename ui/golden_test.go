package ui

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// update writes the golden pictures anew: go test ./ui -run TestScreens -update.
var update = flag.Bool("update", false, "write the golden pictures of the screens anew")

// Two pictures are the same screen when at most so many pixels of a million
// differ by more than so much in a channel: enough that a text or a symbol which
// has gone is told, and not the last bit of a rounding.
const (
	goldenDifferent = 60
	goldenNoise     = 24
)

// golden compares a picture of a screen with that of the same name in
// testdata/screens, at a third of its size. What does not agree is kept in
// testdata/failed.
func golden(t *testing.T, name string, shot image.Image) {
	t.Helper()
	got := third(shot)
	path := filepath.Join("testdata", "screens", name+".png")
	if *update {
		write(t, path, got)
		return
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("no golden picture; look at the screen (PAUL_SHOTS=dir), then run with -update: %v", err)
	}
	want, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if want.Bounds() != got.Bounds() {
		t.Fatalf("the picture has %v, want %v", got.Bounds(), want.Bounds())
	}
	if n, of := differing(want, got), got.Bounds().Dx()*got.Bounds().Dy(); n*1e6 > goldenDifferent*of {
		failed := filepath.Join("testdata", "failed", name+".png")
		write(t, failed, got)
		t.Errorf("%d of %d pixels differ from %s: compare it with %s", n, of, path, failed)
	}
}

// third is a picture at a third of its size, with five bits a channel.
func third(src image.Image) *image.RGBA {
	const of = 3
	b := src.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx()/of, b.Dy()/of))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			var sum [3]uint32
			for k := range of * of {
				r, g, bl, _ := src.At(b.Min.X+of*x+k%of, b.Min.Y+of*y+k/of).RGBA()
				sum[0], sum[1], sum[2] = sum[0]+r>>8, sum[1]+g>>8, sum[2]+bl>>8
			}
			c := func(i int) uint8 { return uint8(sum[i]/(of*of)) &^ 7 }
			out.SetRGBA(x, y, color.RGBA{R: c(0), G: c(1), B: c(2), A: 255})
		}
	}
	return out
}

// differing counts the pixels that differ by more than noise.
func differing(a, b image.Image) (n int) {
	far := func(x, y uint32) bool { return max(x, y)-min(x, y) > goldenNoise<<8 }
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			ar, ag, ab, _ := a.At(x, y).RGBA()
			br, bg, bb, _ := b.At(x, y).RGBA()
			if far(ar, br) || far(ag, bg) || far(ab, bb) {
				n++
			}
		}
	}
	return n
}

func write(t *testing.T, path string, img image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	var data bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	if err := enc.Encode(&data, img); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
