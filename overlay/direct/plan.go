package direct

import (
	"math/rand/v2"
	"time"
)

// Pauses after failures. What stood in the way is seldom gone sooner, and when
// something changes on either side, it is tried at once.
var pauses = []time.Duration{
	2 * time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute,
}

// plan decides when to try a device. It is told the time and touches nothing
// else.
type plan struct {
	next     time.Time // not before
	failures int       // one after another
	busy     bool      // it is being tried, or there is a link
	again    bool      // things have changed since it began
}

// due reports whether to begin now; then it is busy until ended.
func (p *plan) due(now time.Time, wanted bool) bool {
	if !wanted || p.busy || now.Before(p.next) {
		return false
	}
	p.busy, p.again = true, false
	return true
}

// ended notes how an attempt, and the link it made, went.
func (p *plan) ended(now time.Time, good bool) {
	p.busy = false
	switch {
	case good:
		p.failures, p.next = 0, now
	case p.again:
		p.next = now
	default:
		pause := pauses[min(p.failures, len(pauses)-1)]
		p.failures++
		p.next = now.Add(pause + rand.N(pause/5))
	}
}

// refresh notes that things have changed.
func (p *plan) refresh(now time.Time) {
	p.next, p.failures, p.again = now, 0, true
}

// away notes that the device is offline: when it is back, much may have changed.
// One that comes and goes is not tried each time.
func (p *plan) away(now time.Time) {
	p.failures = 0
	if soon := now.Add(pauses[0]); p.next.After(soon) {
		p.next = soon
	}
}
