package imagelib

import (
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// samplePairs makes n images of which some are pairs: of ten, one is a raw file
// and one the film of a live photo.
func samplePairs(n int) []*Image {
	images := sampleImages(n)
	in := newInterner()
	follow := func(img, lead *Image, typ string, kind Kind, end string) {
		img.Name = lead.Name[:len(lead.Name)-len(".JPG")] + end
		img.Date = lead.Date
		img.Common = in.common(Common{typ, kind, lead.Camera, lead.Lens})
	}
	for i := 0; i+10 <= n; i += 10 {
		follow(images[i+1], images[i], "image/x-canon-cr2", KindRAW, ".CR2")
		follow(images[i+3], images[i+2], "video/quicktime", KindVideo, ".MOV")
		shot := images[i].Digest.String()[:36]
		images[i+2].setMore(More{Shot: shot})
		images[i+3].setMore(More{Shot: shot, Duration: 3 * time.Second})
	}
	return images
}

// BenchmarkPairs opens 1,000,000 images of which 200,000 follow others, in a
// process of its own, and then measures a snapshot after 200 of 1,000,000 have
// changed, of which 20 are raw files that come.
func BenchmarkPairs(b *testing.B) {
	const million = 1_000_000
	images := samplePairs(million)
	path := filepath.Join(b.TempDir(), indexName)
	x := indexOf(images)
	s, _ := x.toSave()
	saveTo(b, path, s.write)
	change := make(map[Digest]*Image)
	for k, img := range images[:1000] {
		if k%10 == 1 || k%10 == 4 {
			c := *img
			c.isShown = false
			change[c.Digest] = &c
		}
	}
	back := make(map[Digest]*Image, len(change))
	for _, img := range images[:1000] {
		if change[img.Digest] != nil {
			back[img.Digest] = img
		}
	}
	steps, took := 0, time.Duration(0)
	var o opened
	for b.Loop() {
		for _, step := range []map[Digest]*Image{change, back} {
			x.replace(step)
			start := time.Now()
			shown := len(x.view().Images)
			took += time.Since(start)
			steps++
			if shown > million*8/10 || shown < million*7/10 {
				b.Fatal(shown)
			}
		}
	}
	x, images = nil, nil
	runtime.GC()
	if o = openInChild(b, path); o.Images != million*8/10 {
		b.Fatal(o)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(took.Microseconds())/float64(steps)/1000, "ms/snapshot")
	b.ReportMetric(o.Took.Seconds(), "s")
	b.ReportMetric(o.PeakMB, "peak-MB")
	b.ReportMetric(o.HeapMB, "heap-MB")
}
