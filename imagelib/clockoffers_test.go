package imagelib

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/meta"
)

// events makes a library of n days on which a phone and a camera, off by a shift,
// were at the same events. The camera makes a raw file beside each JPEG.
func events(tb testing.TB, days int, off time.Duration, change func(camera string, d *document)) *Snapshot {
	tb.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var docs []filelayer.Doc
	var entries []filelayer.Entry
	add := func(camera string, at time.Time, looks uint64) {
		kinds := []Common{{Type: "image/jpeg", Kind: KindImage}, {Type: "image/x-canon-cr2", Kind: KindRAW}}
		for i, kind := range kinds {
			if i > 0 && camera == "Apple iPhone 12" {
				break
			}
			n := len(docs) + 1
			docs = append(docs, docOf(n, func(d *document) {
				d.Type, d.Kind = kind.Type, kind.Kind
				d.Camera, d.Date, d.DHash = camera, at.Format("2006-01-02T15:04:05"), fmt.Sprintf("%016x", looks)
				if change != nil {
					change(camera, d)
				}
			}))
			e := entryOf(n, 1, true)
			e.Name = fmt.Sprintf("IMG_%05d%s", n-i, []string{".JPG", ".CR2"}[i])
			entries = append(entries, e)
		}
	}
	for day := range days {
		at := time.Date(2023, 7, 1+day, 9, 0, 0, 0, time.UTC)
		for range 40 {
			at = at.Add(time.Duration(r.ExpFloat64() * float64(15*time.Minute)))
			if r.IntN(3) > 0 {
				add("Apple iPhone 12", at.Add(time.Duration(r.IntN(60))*time.Second), r.Uint64())
			}
			if r.IntN(3) > 0 {
				add("Canon EOS 550D", at.Add(time.Duration(r.IntN(60))*time.Second-off), r.Uint64())
			}
		}
	}
	x := newIndex()
	x.apply(docs, "1")
	x.join(sortEntries(entries))
	return x.view()
}

// TestClockOffers: a camera that was off is offered with all of its photos, and once
// their dates are corrected there is no offer any more.
func TestClockOffers(t *testing.T) {
	t.Parallel()
	s := events(t, 8, 7*time.Hour, nil)
	offers := s.ClockOffers()
	if len(offers) != 1 {
		t.Fatalf("offers %+v", offers)
	}
	o := offers[0]
	n := 0
	for _, img := range s.Images {
		if img.Camera == "Canon EOS 550D" {
			n++
		}
	}
	if o.Camera != "Canon EOS 550D" || o.Shift != 7*time.Hour || o.Photos != n || len(o.Files) != 2*n || o.Files[0] != o.First.Digest || o.Files[2*n-2] != o.Last.Digest || o.Chance > 1e-5 {
		t.Errorf("offer %+v of %d photos, want %d", o, len(o.Files), n)
	}
	corrected := events(t, 8, 7*time.Hour, func(camera string, d *document) {
		if camera == o.Camera {
			at, _ := meta.ParseDate(d.Date, meta.SourceEXIF)
			d.Edits = map[string]raw{fieldDate: raw(fmt.Sprintf(`{"value":%q,"at":"x"}`, at.Wall.Add(o.Shift).Format("2006-01-02T15:04:05")))}
		}
	})
	placed := events(t, 8, 7*time.Hour, func(_ string, d *document) { d.GPS = &GPS{Lat: 48, Lon: 16} })
	if again := placed.ClockOffers(); len(again) != 1 || again[0].Shift != o.Shift {
		t.Errorf("of a camera that knows where it is %+v", again)
	}
	if again := corrected.ClockOffers(); len(again) > 0 {
		t.Errorf("after the correction %+v", again)
	}
}

// TestClockOffersNeedAClock: there is no offer by dates that no clock told, nor without
// a camera that is right, nor for one that is set by a phone.
func TestClockOffersNeedAClock(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(string, *document){
		"dates of the files":   func(_ string, d *document) { d.DateSource = meta.SourceMtime },
		"films":                func(_ string, d *document) { d.Kind = KindVideo },
		"two cameras":          func(camera string, d *document) { d.Camera = "X " + camera },
		"a camera that is set": func(_ string, d *document) { d.GPS, d.Date = &GPS{Lat: 48, Lon: 16}, d.Date+"+02:00" },
		"no cameras":           func(_ string, d *document) { d.Camera = "" },
	} {
		if offers := events(t, 8, 7*time.Hour, change).ClockOffers(); len(offers) > 0 {
			t.Errorf("%s: %+v", name, offers)
		}
	}
}

// TestRightClock: phones are known by their makers, others by telling place and time zone.
func TestRightClock(t *testing.T) {
	t.Parallel()
	right := []string{"Apple iPhone 12", "iPhone", "Google Pixel 7", "samsung SM-G991B", "SM-A520F", "HUAWEI P30", "Xiaomi M2101K6G", "OnePlus 8T"}
	other := []string{"Canon EOS 550D", "Nikon D750", "SONY ILCE-7M3", "samsung NX300", "SAMSUNG TECHWIN", "Fujifilm X-T4", ""}
	for _, name := range right {
		if !rightClock(name, 10, 0) {
			t.Errorf("%q is no phone", name)
		}
	}
	for _, name := range other {
		if rightClock(name, 10, 1) || !rightClock(name, 10, 2) {
			t.Errorf("%q is right by its name, or wrong though it is placed", name)
		}
	}
}

// BenchmarkClockOffers is of libraries where a camera in three is off.
func BenchmarkClockOffers(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := events(b, n/53, 0, func(camera string, d *document) {
				if camera != "Apple iPhone 12" {
					d.Camera = fmt.Sprint("Camera ", d.Date[6:7])
				}
			})
			if len(s.Images) < n*9/10 || !slices.IsSortedFunc(s.Images, newerFirst) {
				b.Fatalf("%d images", len(s.Images))
			}
			b.ReportMetric(float64(len(s.Images)), "images")
			for b.Loop() {
				if offers := s.ClockOffers(); len(offers) > 0 {
					b.Fatalf("offers %+v", offers)
				}
			}
		})
	}
}
