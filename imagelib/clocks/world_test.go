package clocks

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// world makes up what people photographed who were together, or were not.
type world struct {
	r     *rand.Rand
	phone []Shot
	cam   []Shot // by the right clock, until it is put off
}

func newWorld(seed uint64) *world { return &world{r: rand.New(rand.NewPCG(seed, 7))} }

// habits are how two people photograph.
type habits struct {
	pause       time.Duration // between scenes, on average
	phone, cam  float64       // share of the scenes that each photographs
	apart       time.Duration // within which both do
	alike       float64       // share of the scenes that look the same on both
	strangers   bool          // they are not at the same place
	from, until time.Duration // of a day
}

var family = habits{pause: 12 * time.Minute, phone: 0.6, cam: 0.6, apart: time.Minute, alike: 0.15, from: 9 * time.Hour, until: 21 * time.Hour}

var start = time.Date(2023, 7, 3, 0, 0, 0, 0, time.UTC)

// days adds days of photographs, the first n days after start.
func (w *world) days(n, days int, h habits) {
	for d := range days {
		day := start.AddDate(0, 0, n+d)
		w.walk(day, h, func(at time.Time) {
			looks, other := w.r.Uint64(), w.r.Uint64()
			if w.r.Float64() < h.alike {
				other = looks
			}
			if w.r.Float64() < h.phone {
				w.scene(&w.phone, at, 3, looks, h)
			}
			if !h.strangers && w.r.Float64() < h.cam {
				w.scene(&w.cam, at, 5, other, h)
			}
		})
		if h.strangers {
			w.walk(day, h, func(at time.Time) {
				if w.r.Float64() < h.cam {
					w.scene(&w.cam, at, 5, w.r.Uint64(), h)
				}
			})
		}
	}
}

func (w *world) walk(day time.Time, h habits, scene func(time.Time)) {
	for at := day.Add(h.from); at.Before(day.Add(h.until)); {
		at = at.Add(time.Duration(w.r.ExpFloat64() * float64(h.pause)))
		scene(at)
	}
}

// scene adds a few shots of one thing.
func (w *world) scene(to *[]Shot, at time.Time, most int, looks uint64, h habits) {
	at = at.Add(time.Duration((2*w.r.Float64() - 1) * float64(h.apart)))
	for range 1 + w.r.IntN(most) {
		*to = append(*to, Shot{Wall: at.Truncate(time.Second), Looks: looks ^ 1<<w.r.IntN(64) ^ 1<<w.r.IntN(64)})
		at = at.Add(time.Duration(w.r.IntN(15)+1) * time.Second)
	}
}

// off puts the camera's clock off by a shift, which would set it right, for what
// it took within the given days.
func (w *world) off(shift time.Duration, from, to int) {
	first, last := start.AddDate(0, 0, from), start.AddDate(0, 0, to)
	for i, s := range w.cam {
		if !s.Wall.Before(first) && s.Wall.Before(last) {
			w.cam[i].Wall = s.Wall.Add(-shift)
		}
	}
}

func (w *world) offers() []Offer {
	slices.SortStableFunc(w.cam, func(a, b Shot) int { return a.Wall.Compare(b.Wall) })
	return NewReference(w.phone).Compare(w.cam)
}

// one checks that there is one offer, of about a shift, and returns it.
func one(t *testing.T, offers []Offer, shift time.Duration) Offer {
	t.Helper()
	if len(offers) != 1 {
		t.Fatalf("%d offers, want one of %v: %+v", len(offers), shift, offers)
	}
	if o := offers[0]; (o.Shift-shift).Abs() > 90*time.Second || o.Chance > maxChance {
		t.Fatalf("offer %+v, want %v", o, shift)
	}
	return offers[0]
}

func none(t *testing.T, offers []Offer) {
	t.Helper()
	if len(offers) > 0 {
		t.Fatalf("offers %+v, want none", offers)
	}
}
