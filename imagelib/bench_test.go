package imagelib

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/disintegration/imaging"

	"github.com/libpaul/paul/filelayer"
)

// BenchmarkImport imports real photos into a real file layer, on disk and
// recorded, thumbnails included, on all processors, against imaging opening and fitting the same files to 512 pixels one after
// the other: with the standard library's JPEG decoder, and with the one that
// imaging.Open finds once this package is imported.
func BenchmarkImport(b *testing.B) {
	paths, _ := filepath.Glob("../../shared/data/photos/*") // the pattern is well-formed
	if len(paths) == 0 {
		b.Skip("../shared/data/photos is not there: no real photos to try")
	}
	var ours, std, open time.Duration
	for b.Loop() {
		l, _, stop := openDevice(b, b.TempDir())
		start := time.Now()
		r, err := l.Import(b.Context(), paths, nil)
		if err != nil || len(r.Added) != len(paths) {
			b.Fatal(r, err)
		}
		ours += time.Since(start)
		stop()
		std += timeOf(b, paths, func(path string) (image.Image, error) {
			data, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			return jpeg.Decode(bytes.NewReader(data))
		})
		open += timeOf(b, paths, func(path string) (image.Image, error) { return imaging.Open(path) })
	}
	b.ReportMetric(float64(len(paths)*b.N)/ours.Seconds(), "photos/s")
	b.ReportMetric(std.Seconds()/ours.Seconds(), "x-of-imaging")
	b.ReportMetric(open.Seconds()/ours.Seconds(), "x-of-imaging-with-our-decoder")
}

func timeOf(b *testing.B, paths []string, open func(path string) (image.Image, error)) time.Duration {
	b.Helper()
	start := time.Now()
	for _, path := range paths {
		m, err := open(path)
		if err != nil {
			b.Fatal(err)
		}
		imaging.Fit(m, 512, 512, imaging.Lanczos)
	}
	return time.Since(start)
}

const many = 100_000

// manyImages fills an index with images as an import would.
func manyImages(b *testing.B) (*index, []filelayer.Entry) {
	b.Helper()
	x := newIndex()
	var entries []filelayer.Entry
	var docs []filelayer.Doc
	for i := range many {
		entries = append(entries, entryOf(i, 2, i%2 == 0))
		docs = append(docs, docOf(i, nil))
		if len(docs) == 1000 {
			x.apply(docs, fmt.Sprint(i))
			docs = docs[:0]
		}
	}
	sortEntries(entries)
	x.join(entries)
	return x, entries
}

// BenchmarkChanges takes in one changed document, and one look at unchanged
// files, at 100,000 images.
func BenchmarkChanges(b *testing.B) {
	x, entries := manyImages(b)
	x.view()
	b.Run("document", func(b *testing.B) {
		i := 0
		for b.Loop() {
			i++
			x.apply([]filelayer.Doc{docOf(i%many, func(d *document) { d.Caption = fmt.Sprint(i) })}, "")
			x.view()
		}
	})
	b.Run("join", func(b *testing.B) {
		lists := [2][]filelayer.Entry{entries, slices.Clone(entries)}
		i := 0
		for b.Loop() {
			i++
			x.join(lists[i%2])
		}
	})
}
