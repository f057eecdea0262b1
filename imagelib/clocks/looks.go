package clocks

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"time"
)

// pair is a shot of a camera and one of the reference that look the same.
type pair struct {
	lag        int64
	shot       int32 // of the camera
	scene      int32 // of the camera
	otherScene int32
}

const (
	// Bits that differ in two dHashes of the same thing, taken by two people side by
	// side: among the few that a near lag leaves, and among all.
	nearBits = 8
	farBits  = 5

	// maxAlike is how many pictures anywhere may look like one: more, and it has too
	// little in it to tell.
	maxAlike = 32

	// As in near duplicates: with so few bits of one value, or so few changes from one
	// row to the next, a picture is plain.
	plainBits = 6
	plainRows = 8
)

func tells(looks uint64) bool {
	ones := bits.OnesCount64(looks)
	return ones > plainBits && ones < 64-plainBits && bits.OnesCount64((looks^looks<<8)>>8) > plainRows
}

// lookIndex finds shots by how they look: where farBits differ, one of more bands
// than that is the same.
type lookIndex struct {
	bands [farBits + 1]lookBand
}

type lookBand struct {
	shift, width int
	from         []int32 // by value, where its shots begin
	shots        []int32
}

func (b *lookBand) value(looks uint64) int { return int(looks>>b.shift) & (1<<b.width - 1) }

func newLookIndex(looks []uint64) *lookIndex {
	x, shift := &lookIndex{}, 0
	for i := range x.bands {
		b := &x.bands[i]
		b.shift, b.width = shift, (64-shift)/(len(x.bands)-i)
		shift += b.width
		b.fill(looks)
	}
	return x
}

func (b *lookBand) fill(looks []uint64) {
	b.from = make([]int32, 1<<b.width+1)
	for _, l := range looks {
		if l != 0 {
			b.from[b.value(l)+1]++
		}
	}
	for v := range 1 << b.width {
		b.from[v+1] += b.from[v]
	}
	b.shots = make([]int32, b.from[1<<b.width])
	next := slices.Clone(b.from)
	for i, l := range looks {
		if l != 0 {
			v := b.value(l)
			b.shots[next[v]] = int32(i)
			next[v]++
		}
	}
}

// pairs lists what looks the same, by lag.
func (x *lookIndex) pairs(c, ref timeline) (list []pair) {
	lo, reach := 0, millis(near)
	placed := c.placed && ref.placed
	for i, looks := range c.looks {
		if looks == 0 {
			continue
		}
		add := func(j int) {
			if !placed || !distant(&c.shots[i], &ref.shots[j]) {
				list = append(list, pair{ref.at[j] - c.at[i], int32(i), c.sceneOf[i], ref.sceneOf[j]})
			}
		}
		for lo < len(ref.at) && ref.at[lo]-c.at[i] < -reach {
			lo++
		}
		for j := lo; j < len(ref.at) && ref.at[j]-c.at[i] <= reach; j++ {
			if bits.OnesCount64(looks^ref.looks[j]) <= nearBits && ref.looks[j] != 0 {
				add(j)
			}
		}
		begin := len(list)
		for _, j := range x.find(looks, ref.looks) {
			if abs(ref.at[j]-c.at[i]) > reach {
				add(int(j))
			}
		}
		if len(list)-begin > maxAlike {
			list = list[:begin]
		}
	}
	slices.SortFunc(list, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.lag, b.lag), cmp.Compare(a.shot, b.shot), cmp.Compare(a.otherScene, b.otherScene))
	})
	return list
}

// find lists the shots that look the same, each once.
func (x *lookIndex) find(looks uint64, all []uint64) (list []int32) {
	for i := range x.bands {
		b := &x.bands[i]
		v := b.value(looks)
		for _, j := range b.shots[b.from[v]:b.from[v+1]] {
			if bits.OnesCount64(looks^all[j]) <= farBits && !x.earlier(i, looks, all[j]) {
				list = append(list, j)
			}
		}
	}
	return list
}

// earlier says whether two dHashes are the same in a band before band i.
func (x *lookIndex) earlier(i int, a, b uint64) bool {
	for k := range i {
		if x.bands[k].value(a) == x.bands[k].value(b) {
			return true
		}
	}
	return false
}

func abs(n int64) int64 { return max(n, -n) }

// within returns the pairs whose lags are from first to last.
func within(pairs []pair, first, last int64) []pair {
	byLag := func(p pair, lag int64) int { return cmp.Compare(p.lag, lag) }
	from, _ := slices.BinarySearchFunc(pairs, first, byLag)
	to, _ := slices.BinarySearchFunc(pairs[from:], last+1, byLag)
	return pairs[from : from+to]
}

// scenePairs counts the scenes of the side that has fewer of them in pairs.
func scenePairs(pairs []pair) int {
	one, other := map[int32]bool{}, map[int32]bool{}
	for _, p := range pairs {
		one[p.scene], other[p.otherScene] = true, true
	}
	return min(len(one), len(other))
}

const (
	alikeRingNear = 2 * time.Hour
	alikeRingFar  = 24 * time.Hour
	alikeFloor    = 0.02 // pairs by chance that are always allowed for
)

// alikeAt counts the scenes that look the same by a lag, and says how improbable
// that is where they do by chance as often as by lags around it: the negative
// logarithm of a bound.
func alikeAt(pairs []pair, lag int64) (scenes int, surprise float64) {
	scenes = scenePairs(within(pairs, lag-tolerance, lag+tolerance))
	if scenes < 2 {
		return scenes, 0
	}
	ring, all := millis(alikeRingNear), within(pairs, -millis(near), millis(near))
	width := 2 * near.Milliseconds()
	if abs(lag) > millis(near) {
		ring, all = millis(alikeRingFar), pairs
		width = max(pairs[len(pairs)-1].lag-pairs[0].lag, ring)
	}
	inner := ringFrom * step
	around := len(within(pairs, lag-ring, lag+ring)) - len(within(pairs, lag-inner, lag+inner))
	mean := alikeFloor + float64(2*tolerance)*max(float64(around)/float64(2*(ring-inner)), float64(len(all))/float64(width))
	if mean > float64(scenes) {
		return scenes, 0
	}
	return scenes, poisson(float64(scenes), mean)
}

// peak is a lag that may be the shift.
type peak struct {
	lag      int64
	surprise float64
}

// alikePeaks returns the few lags by which most looks the same.
func alikePeaks(pairs []pair) (peaks []peak) {
	type tally struct{ scenes, others map[int32]int }
	t := tally{map[int32]int{}, map[int32]int{}}
	drop := func(m map[int32]int, k int32) {
		if m[k]--; m[k] == 0 {
			delete(m, k)
		}
	}
	lo, last := 0, int64(math.MinInt64/2)
	for hi, p := range pairs {
		t.scenes[p.scene]++
		t.others[p.otherScene]++
		for p.lag-pairs[lo].lag > 2*tolerance {
			drop(t.scenes, pairs[lo].scene)
			drop(t.others, pairs[lo].otherScene)
			lo++
		}
		centre := (pairs[lo].lag + pairs[hi].lag) / 2
		if min(len(t.scenes), len(t.others)) < 2 || centre-last < step/2 {
			continue
		}
		last = centre
		if _, s := alikeAt(pairs, centre); s > 0 {
			peaks = append(peaks, peak{centre, s})
		}
	}
	return best(peaks, maxPeaks)
}

// maxPeaks is how many lags of each look at the outings are followed up.
const maxPeaks = 3

// sameLag is how near two lags are that are one.
const sameLag = 4 * step

// best returns the n most improbable peaks, none near another.
func best(peaks []peak, n int) (list []peak) {
	slices.SortFunc(peaks, func(a, b peak) int {
		return cmp.Or(cmp.Compare(b.surprise, a.surprise), cmp.Compare(abs(a.lag), abs(b.lag)), cmp.Compare(a.lag, b.lag))
	})
	for _, p := range peaks {
		if len(list) == n {
			break
		}
		if !slices.ContainsFunc(list, func(o peak) bool { return abs(o.lag-p.lag) <= sameLag }) {
			list = append(list, p)
		}
	}
	return list
}
