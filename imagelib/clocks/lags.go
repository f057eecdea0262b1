package clocks

import (
	"math"
	"time"
)

// lags counts, for each of a row of lags a minute apart, the scenes that fall
// together by it. An outing counts the scenes of the side that has fewer of them,
// so that one long series of the other does not count often.
type lags struct {
	first int64 // milliseconds; lag b is first + b minutes
	count []int32
	most  int // scenes that could fall together
}

const (
	step      = int64(time.Minute / time.Millisecond)
	tolerance = 90 * int64(time.Second/time.Millisecond) // within which shots fall together

	// The background of a lag is what falls together by lags from so many minutes off
	// to so many: both were out at that time, but not at the same things.
	ringFrom, ringTo = 6, 25
)

// newLags makes room for the lags from first to last and their background.
func newLags(first, last int64) *lags {
	first -= ringTo * step
	return &lags{first: first, count: make([]int32, (last-first)/step+ringTo+1)}
}

// reset forgets what was counted.
func (l *lags) reset() {
	clear(l.count)
	l.most = 0
}

// plus adds what was counted of other outings, for the same lags.
func (l *lags) plus(o *lags) {
	for b, n := range o.count {
		l.count[b] += n
	}
	l.most += o.most
}

func (l *lags) lag(b int) int64   { return l.first + int64(b)*step }
func (l *lags) bin(lag int64) int { return int((lag - l.first + step/2) / step) }

// counter counts an outing, in scratch memory that is used again.
type counter struct {
	seen   []int32 // the last scene that fell on a lag, plus 1
	a, b   []int32
	touch  []int
	marked []bool
}

func (s *counter) resize(n int) {
	if len(s.seen) < n {
		s.seen, s.a, s.b, s.marked = make([]int32, n), make([]int32, n), make([]int32, n), make([]bool, n)
	}
}

// maxPairs bounds the pairs of moments that are looked at of an outing.
const maxPairs = 1 << 20

// add counts an outing of a camera.
func (l *lags) add(s *counter, c *comparison, o outing) {
	own := c.moments[o.from:o.to]
	last := l.lag(len(l.count) - 1)
	other := c.ref.between(own[0].at+l.first-tolerance, own[len(own)-1].at+last+tolerance)
	if len(other) == 0 {
		return
	}
	l.most += min(o.scenes, scenesOf(other))
	if n := len(own) * len(other); n > maxPairs {
		stride := int(math.Ceil(math.Sqrt(float64(n) / maxPairs)))
		own, other = thin(own, stride), thin(other, stride)
	}
	s.resize(len(l.count))
	s.touch = s.touch[:0]
	l.mark(s, s.a, own, other, 1, c.timeline, c.ref.timeline)
	for _, b := range s.touch {
		s.seen[b] = 0
	}
	l.mark(s, s.b, other, own, -1, c.ref.timeline, c.timeline)
	for _, b := range s.touch {
		l.count[b] += min(s.a[b], s.b[b])
		s.seen[b], s.a[b], s.b[b], s.marked[b] = 0, 0, 0, false
	}
}

// mark counts for each lag the scenes of one side that fall on a moment of the
// other; sign is 1 where that is the reference.
func (l *lags) mark(s *counter, count []int32, one, other []moment, sign int64, t, u timeline) {
	last := l.lag(len(l.count)-1) + tolerance
	first, lo := l.first-tolerance, 0
	if sign < 0 {
		first, last = -last, -first
	}
	placed := t.placed && u.placed
	for _, m := range one {
		for lo < len(other) && other[lo].at-m.at < first {
			lo++
		}
		for _, o := range other[lo:] {
			lag := o.at - m.at
			if lag > last {
				break
			}
			if placed && distant(&t.shots[m.shot], &u.shots[o.shot]) {
				continue
			}
			lag *= sign
			from := max(0, ceilDiv(lag-tolerance-l.first, step))
			to := min(int64(len(l.count))-1, floorDiv(lag+tolerance-l.first, step))
			for b := int(from); b <= int(to); b++ {
				if s.seen[b] == m.scene+1 {
					continue
				}
				s.seen[b] = m.scene + 1
				count[b]++
				if !s.marked[b] {
					s.marked[b] = true
					s.touch = append(s.touch, b)
				}
			}
		}
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func ceilDiv(a, b int64) int64 { return -floorDiv(-a, b) }

func thin(list []moment, stride int) []moment {
	out := make([]moment, 0, len(list)/stride+1)
	for i := 0; i < len(list); i += stride {
		out = append(out, list[i])
	}
	return out
}

// background is how many scenes fall together by lags like lag b, on average.
func (l *lags) background(b int) float64 {
	sum, n := 0, 0
	for d := ringFrom; d <= ringTo; d++ {
		for _, at := range []int{b - d, b + d} {
			if at >= 0 && at < len(l.count) {
				sum += int(l.count[at])
				n++
			}
		}
	}
	if n == 0 {
		return 0
	}
	return float64(sum) / float64(n)
}

// surprise is how improbable it is that so many scenes fall together by lag b
// where only its background counts: the negative logarithm of a bound.
func (l *lags) surprise(b int) float64 { return l.surpriseOver(b, l.background(b)) }

func (l *lags) surpriseOver(b int, background float64) float64 {
	if l.most == 0 || l.count[b] < 2 {
		return 0
	}
	n := float64(l.most)
	p := background / n
	// The background is known from few independent lags, and is never quite nothing.
	p += math.Sqrt(p*(1-min(p, 1))/(n*ringSpread)) + 0.5/n
	return binomial(float64(l.count[b]), n, p)
}

// surprises tells the surprise of each lag by which a few scenes fall together, and
// that has a whole background.
func (l *lags) surprises(tell func(lag int64, surprise float64)) {
	sum := make([]int32, len(l.count)+1) // of the counts before each
	for b, n := range l.count {
		sum[b+1] = sum[b] + n
	}
	for b := ringTo; b < len(l.count)-ringTo; b++ {
		if l.count[b] < fewScenes {
			continue
		}
		around := sum[b+ringTo+1] - sum[b+ringFrom] + sum[b-ringFrom+1] - sum[b-ringTo]
		tell(l.lag(b), l.surpriseOver(b, float64(around)/(2*(ringTo-ringFrom+1))))
	}
}

// fewScenes that fall together are worth a look.
const fewScenes = 3

// ringSpread is how many lags of a background are independent of each other.
const ringSpread = 10

// binomial bounds the probability of k or more of n, where each is of probability
// p: the negative logarithm of it, by Chernoff's bound (Arratia and Gordon 1989).
func binomial(k, n, p float64) float64 {
	f := min(k/n, 1)
	if f <= p || p >= 1 {
		return 0
	}
	d := f * math.Log(f/p)
	if f < 1 {
		d += (1 - f) * math.Log((1-f)/(1-p))
	}
	return n * d
}

// poisson bounds the probability of k or more where mean are expected, likewise.
func poisson(k, mean float64) float64 {
	if k <= mean {
		return 0
	}
	return k*math.Log(k/mean) - k + mean
}
