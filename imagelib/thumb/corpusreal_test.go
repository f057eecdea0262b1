package thumb

import (
	_ "embed"
	"encoding/hex"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/libpaul/paul/imagelib/meta"
)

//go:embed testdata/real.txt
var realColours string

// realTolerance is how far the mean colour of a sixteenth of a photo may be off
// from what libvips makes of it, of 255.
const realTolerance = 20

// TestRealCorpus draws the real photos of ../shared/data: size and colours are
// those of testdata/real.txt, and none is drawn from the small picture inside.
func TestRealCorpus(t *testing.T) {
	t.Parallel()
	r := NewRenderer(0)
	t.Cleanup(r.Close)
	known := map[string]bool{}
	for line := range strings.Lines(realColours) {
		col := strings.Split(strings.TrimSpace(line), " | ")
		if strings.HasPrefix(line, "#") {
			continue
		}
		known[col[0]] = true
		t.Run(col[0], func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(filepath.Join("../../../shared/data", col[0]))
			if err != nil {
				t.Skip("../shared/data is not there: no real files to try")
			}
			info := read(t, data)
			set, err := r.Thumbnails(t.Context(), data, info)
			if err != nil || set.Cause != nil {
				t.Fatalf("%v, drawn from inside: %v", err, set.Cause)
			}
			m, err := Decode(set.Large, Large)
			if err != nil {
				t.Fatal(err)
			}
			w, h := info.Upright()
			if size := fmt.Sprintf("%dx%d", w, h); size != col[1] {
				t.Errorf("%s, want %s", size, col[1])
			}
			for i, want := range strings.Fields(col[2]) {
				if err := checkPart(m, i, want); err != nil {
					t.Error(err)
				}
			}
		})
	}
	paths, _ := filepath.Glob("../../../shared/data/*/*") // the pattern is well-formed
	for _, p := range paths {
		if name := filepath.Join(filepath.Base(filepath.Dir(p)), filepath.Base(p)); !known[name] {
			drawnOrNot(t, r, name, p)
		}
	}
}

// checkPart holds the mean colour of one of 4 by 4 parts against one in hexadecimal.
func checkPart(m *image.RGBA, i int, want string) error {
	var c [3]byte
	if _, err := hex.Decode(c[:], []byte(want)); err != nil {
		return err
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	part := image.Rect(i%4*w/4, i/4*h/4, (i%4+1)*w/4, (i/4+1)*h/4)
	var sum [3]int
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			for k := range sum {
				sum[k] += int(m.Pix[m.PixOffset(x, y)+k])
			}
		}
	}
	n := part.Dx() * part.Dy()
	for k := range sum {
		if d := sum[k]/n - int(c[k]); d > realTolerance || d < -realTolerance {
			return fmt.Errorf("part %d, channel %d: %d, want about %d", i, k, sum[k]/n, c[k])
		}
	}
	return nil
}

// drawnOrNot draws a damaged file, which may fail in no other way than one that is told.
func drawnOrNot(t *testing.T, r *Renderer, name, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := meta.ReadBytes(data)
	if err != nil {
		return
	}
	if _, err := r.Thumbnails(t.Context(), data, &info); err != nil && !absentError(err) {
		t.Errorf("%s: %v", name, err)
	}
}
