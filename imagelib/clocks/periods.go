package clocks

import (
	"cmp"
	"slices"
	"time"
)

const (
	tripPause   = 5 * 24 * time.Hour // between outings of two trips
	chunkScenes = 40                 // of a run of outings that is looked at by itself
	maxShifts   = 8                  // that are followed up

	// A clock is set now and then, not for each outing: so many scenes must speak for it.
	setCost = 5
	// alikeWorth is how many scenes one counts for that looks the same.
	alikeWorth = 2
)

// candidates lists the shifts that may be true of some of the outings: all at once,
// trip by trip, and run by run, since a clock is set now and then.
func (c *comparison) candidates() (shifts []int64) {
	far := slices.DeleteFunc(slices.Clone(c.alike), func(p pair) bool { return abs(p.lag) <= millis(near) })
	peaks := slices.Concat(alikePeaks(within(c.alike, -millis(near), millis(near))), alikePeaks(far))
	looks := []*gathering{newGathering(0, 0), newGathering(tripPause, 0), newGathering(0, chunkScenes), newGathering(0, chunkScenes)}
	looks[3].scenes = chunkScenes / 2
	one, scratch := newLags(-millis(near), millis(near)), &counter{}
	for i, o := range c.outings {
		if !o.companion {
			continue
		}
		one.reset()
		one.add(scratch, c, o)
		for _, g := range looks {
			if g.pause > 0 && i > 0 && c.moments[o.from].at-c.moments[o.from-1].at > millis(g.pause) {
				peaks = g.end(peaks)
			}
			g.sum.plus(one)
			if g.scenes += o.scenes; g.most > 0 && g.scenes >= g.most {
				peaks = g.end(peaks)
			}
		}
	}
	for _, g := range looks {
		peaks = g.end(peaks)
	}
	for _, p := range best(peaks, maxShifts+1) {
		if abs(p.lag) > sameLag && len(shifts) < maxShifts {
			shifts = append(shifts, p.lag)
		}
	}
	return shifts
}

// gathering sums up a run of outings, until a pause, or so many scenes.
type gathering struct {
	sum    *lags
	pause  time.Duration // 0: none ends it
	most   int           // scenes; 0: no matter how many
	scenes int
}

func newGathering(pause time.Duration, most int) *gathering {
	return &gathering{sum: newLags(-millis(near), millis(near)), pause: pause, most: most}
}

// end adds the peaks of the run, and begins another.
func (g *gathering) end(peaks []peak) []peak {
	var own []peak
	g.sum.surprises(func(lag int64, surprise float64) {
		if surprise > 2 {
			own = append(own, peak{lag, surprise})
		}
	})
	g.sum.reset()
	g.scenes = 0
	return append(peaks, best(own, maxPeaks)...)
}

// period is a run of outings that one shift is true of.
type period struct {
	shift    int64
	from, to int       // outings
	favour   []float64 // what speaks for the shift, by outing
	right    []float64 // and for a right clock
	open     []bool    // which outings may be taken in beside it: no other shift is true of them
}

// periods finds for which runs of outings which shift explains most: the way of
// least cost through them (Viterbi). A run begins and ends with an outing that
// speaks for it.
func (c *comparison) periods(shifts []int64) (list []period) {
	if len(shifts) == 0 {
		return nil
	}
	states := append([]int64{0}, shifts...)
	favour := make([][]float64, len(states))
	for i, s := range states {
		favour[i] = c.favour(s)
	}
	way := cheapest(favour)
	open := make([]bool, len(way))
	for i, state := range way {
		open[i] = state == 0
	}
	for from := 0; from < len(way); {
		to := from
		for to < len(way) && way[to] == way[from] {
			to++
		}
		state, f := way[from], favour[way[from]]
		p := period{shift: states[state], from: from, to: to, favour: f, right: favour[0], open: open}
		for p.from < p.to && f[p.from] <= 0 {
			p.from++
		}
		for p.to > p.from && f[p.to-1] <= 0 {
			p.to--
		}
		for i := from; i < to; i++ {
			open[i] = open[i] || i < p.from || i >= p.to
		}
		if state != 0 && p.from < p.to {
			list = append(list, p)
		}
		from = to
	}
	return list
}

// favour is how many scenes of each outing speak for a shift, less those that
// would by chance.
func (c *comparison) favour(shift int64) []float64 {
	out := make([]float64, len(c.outings))
	l, scratch := newLags(shift, shift), &counter{}
	for i, o := range c.outings {
		l.reset()
		l.add(scratch, c, o)
		out[i] = float64(l.count[ringTo]) - l.background(ringTo)
	}
	seen := map[int32]bool{}
	for _, p := range within(c.alike, shift-tolerance, shift+tolerance) {
		if !seen[p.scene] {
			seen[p.scene] = true
			out[c.outingOf(int(p.shot))] += alikeWorth
		}
	}
	return out
}

func (c *comparison) outingOf(shot int) int {
	i, _ := slices.BinarySearchFunc(c.outings, shot, func(o outing, shot int) int { return cmp.Compare(o.shots[1]-1, shot) })
	return i
}

// cheapest returns the state of each outing.
func cheapest(favour [][]float64) []int {
	n := len(favour[0])
	sum, came := make([]float64, len(favour)), make([][]int, n)
	for s := 1; s < len(sum); s++ {
		sum[s] = -setCost
	}
	for i := range n {
		top := 0
		for s := range sum {
			if sum[s] > sum[top] {
				top = s
			}
		}
		next := make([]float64, len(sum))
		came[i] = make([]int, len(sum))
		for s := range sum {
			came[i][s], next[s] = s, sum[s]
			if sum[top]-setCost > sum[s] {
				came[i][s], next[s] = top, sum[top]-setCost
			}
			next[s] += favour[s][i]
		}
		sum = next
	}
	state := 0
	for s := range sum {
		if sum[s] > sum[state] {
			state = s
		}
	}
	way := make([]int, n)
	for i := n - 1; i >= 0; i-- {
		way[i] = state
		state = came[i][state]
	}
	return way
}
