package clocks

import (
	"math"
	"slices"
	"time"
)

// timeline is what was taken, in the order of a clock.
type timeline struct {
	shots   []Shot
	moments []moment
	at      []int64  // of each shot, milliseconds on the clock
	looks   []uint64 // of each shot, 0 where that tells nothing
	sceneOf []int32  // of each shot
	placed  bool     // some of them say where they were taken
}

// moment is a shot that stands for those of the next seconds.
type moment struct {
	at    int64 // milliseconds on the clock
	scene int32
	shot  int // index of the first
}

const (
	momentLength = 20 * time.Second
	scenePause   = 3 * time.Minute
)

// newTimeline takes shots in the order of their clock.
func newTimeline(shots []Shot) timeline {
	n := len(shots)
	t := timeline{shots: shots, at: make([]int64, n), looks: make([]uint64, n), sceneOf: make([]int32, n)}
	scene, last := int32(0), int64(0)
	for i, s := range shots {
		at := s.Wall.UnixMilli()
		if i > 0 && at-last > millis(scenePause) {
			scene++
		}
		if n := len(t.moments); n == 0 || at-t.moments[n-1].at >= millis(momentLength) || t.moments[n-1].scene != scene {
			t.moments = append(t.moments, moment{at, scene, i})
		}
		t.at[i], t.sceneOf[i], last = at, scene, at
		if tells(s.Looks) {
			t.looks[i] = s.Looks
		}
		t.placed = t.placed || s.HasPlace
	}
	return t
}

// between returns the moments from first to last, both included.
func (t *timeline) between(first, last int64) []moment {
	byTime := func(m moment, at int64) int {
		switch {
		case m.at < at:
			return -1
		case m.at > at:
			return 1
		}
		return 0
	}
	from, _ := slices.BinarySearchFunc(t.moments, first, byTime)
	to, _ := slices.BinarySearchFunc(t.moments[from:], last+1, byTime)
	return t.moments[from : from+to]
}

func scenesOf(m []moment) int {
	if len(m) == 0 {
		return 0
	}
	return int(m[len(m)-1].scene-m[0].scene) + 1
}

// apart is how far two places may be from each other for the same event, in metres.
const apart = 3000

// distant says whether two shots were taken at places too far from each other.
func distant(a, b *Shot) bool {
	if !a.HasPlace || !b.HasPlace {
		return false
	}
	const metres = 111_320 // of a degree of latitude
	y := (a.Place.Lat - b.Place.Lat) * metres
	x := math.Remainder(a.Place.Lon-b.Place.Lon, 360) * metres * math.Cos(a.Place.Lat*math.Pi/180)
	return math.Hypot(x, y) > apart
}
