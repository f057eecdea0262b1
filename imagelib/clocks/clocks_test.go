package clocks

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestZoneOfATrip: a camera that was left on the time of home is found out for the
// trip, and for no day at home before and after it.
func TestZoneOfATrip(t *testing.T) {
	t.Parallel()
	w := newWorld(1)
	w.days(0, 20, family)
	w.days(40, 10, family)
	w.days(70, 20, family)
	w.off(6*time.Hour, 40, 50)
	o := one(t, w.offers(), 6*time.Hour)
	if o.Shift != 6*time.Hour {
		t.Errorf("shift %v, want six hours to the second", o.Shift)
	}
	first, last := w.cam[o.From].Wall, w.cam[o.To-1].Wall
	if first.Before(start.AddDate(0, 0, 39)) || last.After(start.AddDate(0, 0, 51)) {
		t.Errorf("offer from %v to %v", first, last)
	}
	inTrip := 0
	for _, s := range w.cam {
		if s.Wall.After(start.AddDate(0, 0, 39)) && s.Wall.Before(start.AddDate(0, 0, 51)) {
			inTrip++
		}
	}
	if o.To-o.From < inTrip*9/10 {
		t.Errorf("of %d photos of the trip, %d are offered", inTrip, o.To-o.From)
	}
}

// TestHomeIsNotShifted: the trip begins with the flight, though the last day at home
// was the day before.
func TestHomeIsNotShifted(t *testing.T) {
	t.Parallel()
	w := newWorld(2)
	w.days(0, 10, family)
	w.days(10, 10, family)
	w.off(-7*time.Hour, 10, 20)
	o := one(t, w.offers(), -7*time.Hour)
	for i := o.From; i < o.To; i++ {
		if at := w.cam[i].Wall; at.Before(start.AddDate(0, 0, 10)) {
			t.Fatalf("a photo of %v, at home, is offered", at)
		}
	}
}

// TestWrongMinutes: a clock that is off by any time is found out on one busy day
// with pictures that look the same, and measured to the minute.
func TestWrongMinutes(t *testing.T) {
	t.Parallel()
	w := newWorld(3)
	w.days(0, 2, habits{pause: 5 * time.Minute, phone: 0.7, cam: 0.7, apart: 40 * time.Second, alike: 0.4, from: 12 * time.Hour, until: 23 * time.Hour})
	w.off(37*time.Minute+20*time.Second, 0, 2)
	one(t, w.offers(), 37*time.Minute+20*time.Second)
}

// TestNeverSet: a clock that began in 2012, years off, is found out by what looks the
// same.
func TestNeverSet(t *testing.T) {
	t.Parallel()
	w := newWorld(4)
	w.days(0, 200, habits{pause: time.Hour, phone: 0.8, from: 8 * time.Hour, until: 20 * time.Hour})
	w.days(100, 6, family)
	shift := 11*365*24*time.Hour + 5*time.Hour + 13*time.Minute
	w.off(shift, 0, 300)
	o := one(t, w.offers(), shift)
	if o.Alike < leastAlike || o.From != 0 || o.To != len(w.cam) {
		t.Errorf("offer %+v of %d", o, len(w.cam))
	}
}

// TestSummerTime: a camera that was not set to summer time is off by an hour for all
// of it.
func TestSummerTime(t *testing.T) {
	t.Parallel()
	w := newWorld(5)
	for week := range 50 {
		w.days(week*7, 1, family)
	}
	w.off(time.Hour, 100, 250)
	o := one(t, w.offers(), time.Hour)
	if days := w.cam[o.To-1].Wall.Sub(w.cam[o.From].Wall).Hours() / 24; days < 130 || days > 152 {
		t.Errorf("offered for %.0f days, want about 145", days)
	}
}

// TestRightClock: there is no offer for a right clock, however much was taken.
func TestRightClock(t *testing.T) {
	t.Parallel()
	w := newWorld(6)
	w.days(0, 60, family)
	none(t, w.offers())
	w.off(2*time.Minute, 0, 60) // which nobody minds
	none(t, w.offers())
}

// TestOtherHours: who photographs each morning beside somebody who does each
// evening is not told that their clock is off.
func TestOtherHours(t *testing.T) {
	t.Parallel()
	w := newWorld(7)
	h := family
	h.pause, h.cam = 4*time.Minute, 0
	h.from, h.until = 19*time.Hour, 20*time.Hour
	w.days(0, 40, h)
	h = family
	h.pause, h.phone = 4*time.Minute, 0
	h.from, h.until = 9*time.Hour, 10*time.Hour
	w.days(0, 40, h)
	none(t, w.offers())
}

// TestSeries: two long series on one day, at other hours, are no reason.
func TestSeries(t *testing.T) {
	t.Parallel()
	w := newWorld(8)
	for i := range 400 {
		w.phone = append(w.phone, Shot{Wall: start.Add(18*time.Hour + time.Duration(i)*7*time.Second)})
		w.cam = append(w.cam, Shot{Wall: start.Add(9*time.Hour + time.Duration(i)*9*time.Second)})
	}
	none(t, w.offers())
}

// TestSetWrong: a clock that somebody has set wrong is found out from that day on, and
// the days before, which speak for the right one, stay, though all are in one zone.
func TestSetWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(13)
	w.days(0, 20, family)
	for i := range w.phone {
		w.phone[i].HasZone, w.phone[i].Zone = true, 2*time.Hour
	}
	w.off(-3*time.Hour, 10, 20)
	o := one(t, w.offers(), -3*time.Hour)
	if first := w.cam[o.From].Wall; first.Before(start.AddDate(0, 0, 10)) || o.To != len(w.cam) {
		t.Errorf("offered from %v, to photo %d of %d", first, o.To, len(w.cam))
	}
}

// TestRegularEvents: where something happens every twenty minutes, many shifts are as
// good, and none is offered.
func TestRegularEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(14)
	for day := range 12 {
		for i := range 36 {
			at := start.AddDate(0, 0, day).Add(9*time.Hour + time.Duration(i)*20*time.Minute)
			for _, to := range []*[]Shot{&w.phone, &w.cam} {
				if w.r.IntN(2) == 0 {
					w.scene(to, at, 3, w.r.Uint64(), family)
				}
			}
		}
	}
	none(t, w.offers())
	w.off(7*time.Minute, 0, 12)
	none(t, w.offers())
}

// TestSameRoom: what two people photograph again and again at home looks the same,
// though not at one shift.
func TestSameRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(12)
	h := family
	h.strangers, h.pause = true, 20*time.Minute
	w.days(0, 120, h)
	var room [12]uint64
	for i := range room {
		room[i] = w.r.Uint64()
	}
	for _, list := range [][]Shot{w.phone, w.cam} {
		for i := range list {
			if w.r.IntN(3) == 0 {
				list[i].Looks = room[w.r.IntN(len(room))] ^ 1<<w.r.IntN(64) ^ 1<<w.r.IntN(64)
			}
		}
	}
	none(t, w.offers())
	for i := range w.cam { // and years before
		w.cam[i].Wall = w.cam[i].Wall.AddDate(-3, 0, 0)
	}
	none(t, w.offers())
}

// TestElsewhere: what is known to be taken at other places does not fall together.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(9)
	w.days(0, 10, family)
	w.off(3*time.Hour, 0, 10)
	for i := range w.phone {
		w.phone[i].Place, w.phone[i].HasPlace = Place{48.2, 16.4}, true
	}
	one(t, slices.Clone(w.offers()), 3*time.Hour)
	for i := range w.cam {
		w.cam[i].Place, w.cam[i].HasPlace = Place{40.7, -74.0}, true
	}
	none(t, w.offers())
}

// TestZoneEndsThePeriod: a day of which nothing is known belongs to the trip when the
// phone tells the same time zone, and not when it tells another.
func TestZoneEndsThePeriod(t *testing.T) {
	t.Parallel()
	w := newWorld(10)
	quiet := habits{pause: 20 * time.Minute, phone: 1, cam: 1, apart: time.Minute, strangers: true, from: 15 * time.Hour, until: 19 * time.Hour}
	w.days(0, 1, quiet) // at home, then the flight
	w.days(1, 6, family)
	w.days(7, 1, quiet) // still there
	home := start.AddDate(0, 0, 1)
	for i := range w.phone {
		w.phone[i].HasZone, w.phone[i].Zone = true, 9*time.Hour
		if w.phone[i].Wall.Before(home) {
			w.phone[i].Zone = 2 * time.Hour
		}
	}
	w.off(7*time.Hour, 1, 8)
	o := one(t, w.offers(), 7*time.Hour)
	if first := w.cam[o.From].Wall; first.Before(home) {
		t.Errorf("a photo of %v, at home, is offered", first)
	}
	if o.To != len(w.cam) {
		t.Errorf("the last day of the trip is not offered: %d of %d", o.To, len(w.cam))
	}
}

// TestOffersHoldAnyShift: for any shift and any luck there is an offer of it, or none.
func TestOffersHoldAnyShift(t *testing.T) {
	t.Parallel()
	found, all := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(rapid.Uint64().Draw(t, "seed"))
		h := family
		h.phone = rapid.Float64Range(0.1, 0.9).Draw(t, "phone")
		h.cam = rapid.Float64Range(0.1, 0.9).Draw(t, "camera")
		h.alike = rapid.Float64Range(0, 0.3).Draw(t, "alike")
		h.pause = time.Duration(rapid.IntRange(3, 40).Draw(t, "pause")) * time.Minute
		minutes := rapid.OneOf(rapid.Map(rapid.IntRange(-14, 14), func(h int) int { return 60 * h }), rapid.IntRange(-1500, 1500)).Draw(t, "minutes")
		shift := time.Duration(minutes) * time.Minute
		w.days(0, rapid.IntRange(1, 12).Draw(t, "days"), h)
		w.off(shift, 0, 20)
		offers := w.offers()
		if shift.Abs() >= Least {
			all++
			found += min(len(offers), 1)
		}
		for _, o := range offers {
			if (o.Shift - shift).Abs() > 2*time.Minute {
				t.Fatalf("offer %+v, want %v", o, shift)
			}
		}
	})
	if found < all/6 {
		t.Errorf("of %d clocks %d were found out", all, found)
	}
	t.Logf("of %d clocks %d were found out", all, found)
}

// TestStrangers: who never was at the same event gets no offer.
func TestStrangers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(rapid.Uint64().Draw(t, "seed"))
		h := family
		h.strangers = true
		h.phone = rapid.Float64Range(0.3, 1).Draw(t, "phone")
		h.cam = rapid.Float64Range(0.3, 1).Draw(t, "camera")
		h.pause = time.Duration(rapid.IntRange(5, 60).Draw(t, "pause")) * time.Minute
		h.from = time.Duration(rapid.IntRange(6, 20).Draw(t, "from")) * time.Hour
		w.days(0, rapid.IntRange(1, 12).Draw(t, "days"), h)
		if offers := w.offers(); len(offers) > 0 {
			t.Fatalf("offers %+v, want none", offers)
		}
	})
}

// TestSurprises: the surprises of all lags are those of each.
func TestSurprises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := newLags(-60*step, 60*step)
		for b := range l.count {
			l.count[b] = int32(rapid.IntRange(0, 9).Draw(t, "count"))
		}
		l.most = 12
		told := map[int64]bool{}
		l.surprises(func(lag int64, surprise float64) {
			told[lag] = true
			if want := l.surprise(l.bin(lag)); math.Abs(want-surprise) > 1e-9 {
				t.Fatalf("lag %d: %g, want %g", lag, surprise, want)
			}
		})
		for b := ringTo; b < len(l.count)-ringTo; b++ {
			if told[l.lag(b)] != (l.count[b] >= fewScenes) {
				t.Fatalf("lag %d of %d is told: %t", l.lag(b), l.count[b], told[l.lag(b)])
			}
		}
	})
}

// TestLookIndexFindsAll: the bands find whatever differs in few bits, once.
func TestLookIndexFindsAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		looks := rapid.Uint64().Draw(t, "looks")
		known := newTimeline([]Shot{{}, {Looks: looks}}).looks
		n := rapid.IntRange(0, farBits+3).Draw(t, "bits")
		other := looks
		for _, b := range rapid.SliceOfNDistinct(rapid.IntRange(0, 63), n, n, rapid.ID[int]).Draw(t, "flipped") {
			other ^= 1 << b
		}
		want := 0
		if tells(looks) && n <= farBits {
			want = 1
		}
		if got := newLookIndex(known).find(other, known); len(got) != want {
			t.Fatalf("%d bits: found %v", n, got)
		}
	})
}

// BenchmarkCompare compares three cameras with phones, over ten years.
func BenchmarkCompare(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			w := newWorld(11)
			var cameras [3][]Shot
			for day := 0; len(w.phone)+len(w.cam) < n; day += 1 + w.r.IntN(6) {
				before := len(w.cam)
				w.days(day, 1, family)
				k := day / 14 % 3
				cameras[k] = append(cameras[k], w.cam[before:]...)
			}
			for _, c := range cameras {
				slices.SortStableFunc(c, func(a, b Shot) int { return a.Wall.Compare(b.Wall) })
			}
			for b.Loop() {
				ref := NewReference(w.phone)
				for _, c := range cameras {
					if offers := ref.Compare(c); len(offers) > 0 {
						b.Fatalf("offers %+v", offers)
					}
				}
			}
		})
	}
}
