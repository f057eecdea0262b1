package clocks

import (
	"math"
	"slices"
	"time"
)

const (
	leastScenes = 4 // that fall together
	leastAlike  = 3 // or look the same
	rivalPart   = 0.6
	searchBins  = 3 // minutes from a candidate to the lag that is true
)

// judge says whether a shift is to be offered for a period: where it is most
// improbable that it is none, and no other lag, that of a right clock above all, is
// nearly as good.
func (c *comparison) judge(p period) (o Offer, ok bool) {
	alike := c.alikeIn(p)
	all := c.sum(p, -millis(near), millis(near))
	here := all
	if abs(p.shift) > millis(near) {
		here = c.sum(p, p.shift-searchBins*step, p.shift+searchBins*step)
	}
	bin := here.bin(p.shift)
	for b := bin - searchBins; b <= bin+searchBins; b++ {
		if b >= 0 && b < len(here.count) && here.surprise(b) > here.surprise(bin) {
			bin = b
		}
	}
	lag := here.lag(bin)
	o.Scenes = int(here.count[bin])
	var same float64
	if o.Alike, same = alikeAt(alike, lag); o.Scenes < leastScenes && o.Alike < leastAlike {
		return o, false
	}
	evidence := here.surprise(bin) + same
	logChance := math.Log(c.tries(lag, alike)) - evidence
	if logChance > math.Log(maxChance) || c.rival(lag, all, alike) > rivalPart*evidence {
		return o, false
	}
	o.Shift = c.refine(p, lag, alike)
	o.Chance = math.Exp(logChance)
	from, to := c.widen(p)
	o.From, o.To = c.outings[from].shots[0], c.outings[to-1].shots[1]
	return o, o.Shift.Abs() >= Least
}

// sum counts the outings of a period.
func (c *comparison) sum(p period, first, last int64) *lags {
	l, scratch := newLags(first, last), &counter{}
	for _, o := range c.outings[p.from:p.to] {
		l.add(scratch, c, o)
	}
	return l
}

func (c *comparison) alikeIn(p period) []pair {
	from, to := int32(c.outings[p.from].shots[0]), int32(c.outings[p.to-1].shots[1])
	return slices.DeleteFunc(slices.Clone(c.alike), func(a pair) bool { return a.shot < from || a.shot >= to })
}

// tries is how many lags had a chance to be as good as this one: time zones are
// apart by whole hours, and a few by quarters of one.
func (c *comparison) tries(lag int64, alike []pair) float64 {
	hours := 2*near.Hours() + 1
	quarter := 15 * step
	switch off := abs(lag - (lag+sign(lag)*quarter/2)/quarter*quarter); {
	case abs(lag) > millis(near):
		return max(100, float64(len(alike)))
	case off > 2*step:
		return 60 * hours
	case abs(lag)%(4*quarter) <= 2*step || abs(lag)%(4*quarter) >= 4*quarter-2*step:
		return hours
	}
	return 4 * hours
}

func sign(n int64) int64 {
	if n < 0 {
		return -1
	}
	return 1
}

// rival is how improbable the best of the other lags is.
func (c *comparison) rival(lag int64, all *lags, alike []pair) (most float64) {
	all.surprises(func(other int64, surprise float64) {
		if abs(other-lag) > sameLag+step {
			most = max(most, surprise)
		}
	})
	for _, p := range alikePeaks(alike) {
		if abs(p.lag-lag) > sameLag+step {
			most = max(most, p.surprise)
		}
	}
	_, same := alikeAt(alike, 0)
	return max(most, all.surprise(all.bin(0))+same)
}

// refine measures a shift by what falls together: by pictures that look the same
// where there are enough, and else by the moments nearest to each other. What is
// within reach of a quarter of an hour is a time zone.
func (c *comparison) refine(p period, lag int64, alike []pair) time.Duration {
	var found []int64
	for _, a := range within(alike, lag-2*step, lag+2*step) {
		found = append(found, a.lag)
	}
	if len(found) < leastAlike {
		found = c.nearest(p, lag, found)
	}
	slices.Sort(found)
	if len(found) > 0 {
		lag = found[len(found)/2]
	}
	shift := time.Duration(lag) * time.Millisecond
	if zone := shift.Round(15 * time.Minute); abs(lag) <= millis(near) && (shift-zone).Abs() <= 90*time.Second {
		return zone
	}
	return shift.Round(time.Second)
}

// nearest adds how far the moment of the reference is that is nearest to each of
// the camera's, by a lag.
func (c *comparison) nearest(p period, lag int64, found []int64) []int64 {
	for _, o := range c.outings[p.from:p.to] {
		for _, m := range c.moments[o.from:o.to] {
			closest := int64(math.MaxInt64)
			for _, r := range c.ref.between(m.at+lag-2*step, m.at+lag+2*step) {
				if d := r.at - m.at; abs(d-lag) < abs(closest-lag) {
					closest = d
				}
			}
			if closest != math.MaxInt64 {
				found = append(found, closest)
			}
		}
	}
	return found
}

const (
	samePlace = 36 * time.Hour // between outings of one stay
	sameDay   = 12 * time.Hour
)

// widen takes in the outings before and after a period of which nothing is known,
// where the clock was most likely not set in between: soon after each other, and in
// the time zone of the period, as others tell.
func (c *comparison) widen(p period) (from, to int) {
	from, to = p.from, p.to
	zone, known := c.zone(p)
	fits := func(i, beside int) bool {
		gap := c.moments[c.outings[max(i, beside)].from].at - c.moments[c.outings[min(i, beside)].to-1].at
		if !p.open[i] || p.right[i] > 1 || p.favour[i] < -1 || gap > millis(samePlace) {
			return false
		}
		if abs(p.shift) > millis(near) {
			return true
		}
		same, told := c.inZone(c.outings[i], p.shift, zone)
		if known && told {
			return same
		}
		return gap <= millis(sameDay)
	}
	for from > 0 && fits(from-1, from) {
		from--
		p.open[from] = false
	}
	for to < len(c.outings) && fits(to, to-1) {
		p.open[to] = false
		to++
	}
	return from, to
}

// zone is the time zone that most of the reference tells during a period; not known
// where it tells none.
func (c *comparison) zone(p period) (zone time.Duration, known bool) {
	count := map[time.Duration]int{}
	for _, o := range c.outings[p.from:p.to] {
		for _, m := range c.ref.between(c.moments[o.from].at+p.shift, c.moments[o.to-1].at+p.shift) {
			if s := c.ref.shots[m.shot]; s.HasZone {
				count[s.Zone]++
			}
		}
	}
	for z, n := range count {
		if n > count[zone] || !known || n == count[zone] && z < zone {
			zone, known = z, true
		}
	}
	return zone, known
}

// inZone says whether all that is nearest to an outing was taken in a time zone,
// whether its clock was off or right; not told where there is nothing.
func (c *comparison) inZone(o outing, shift int64, zone time.Duration) (same, told bool) {
	same = true
	for _, m := range []moment{c.moments[o.from], c.moments[o.to-1]} {
		for _, at := range []int64{m.at, m.at + shift} {
			closest, found := moment{}, false
			for _, r := range c.ref.between(at-millis(sameDay), at+millis(sameDay)) {
				if c.ref.shots[r.shot].HasZone && (!found || abs(r.at-at) < abs(closest.at-at)) {
					closest, found = r, true
				}
			}
			same = same && (!found || c.ref.shots[closest.shot].Zone == zone)
			told = told || found
		}
	}
	return same, told
}
