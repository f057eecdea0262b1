package thumb

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/disintegration/imaging"

	"github.com/libpaul/paul/imagelib/meta"
)

// photos returns the bytes of real photos, or skips.
func photos(tb testing.TB) map[string][]byte {
	tb.Helper()
	paths, _ := filepath.Glob("../../../shared/data/photos/*") // the pattern is well-formed
	if len(paths) == 0 {
		tb.Skip("../shared/data/photos is not there: no real photos to try")
	}
	files := map[string][]byte{}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			tb.Fatal(err)
		}
		files[filepath.Base(p)] = b
	}
	return files
}

// BenchmarkThumbnails draws both thumbnails of real photos, against imaging
// doing one with the standard library's decoder. Both on one goroutine.
func BenchmarkThumbnails(b *testing.B) {
	files := photos(b)
	r := NewRenderer(0)
	var ours, theirs time.Duration
	for b.Loop() {
		start := time.Now()
		for name, data := range files {
			info, err := meta.ReadBytes(data)
			if err != nil {
				b.Fatal(name, err)
			}
			if _, err := r.Thumbnails(context.Background(), data, &info); err != nil {
				b.Fatal(name, err)
			}
		}
		ours += time.Since(start)
		start = time.Now()
		for name, data := range files {
			m, err := jpeg.Decode(bytes.NewReader(data))
			if err != nil {
				b.Fatal(name, err)
			}
			peerThumbnail = imaging.Fit(m, Large, Large, imaging.Lanczos)
		}
		theirs += time.Since(start)
	}
	n := time.Duration(b.N * len(files))
	b.ReportMetric(float64((ours/n).Microseconds())/1000, "ms/photo")
	b.ReportMetric(float64((theirs/n).Microseconds())/1000, "imaging-ms/photo")
	b.ReportMetric(theirs.Seconds()/ours.Seconds(), "x-of-imaging")
}

var peerThumbnail image.Image // kept so that the peer's work is not optimised away
