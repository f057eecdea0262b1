package overlay

import "time"

const (
	helloEvery   = 20 * time.Second       // while answered
	helloEager   = 250 * time.Millisecond // until answered
	helloPatient = 2 * time.Second        // for a device that has not answered for eagerFor
	// eagerFor is about as long as Yggdrasil takes to find a path. Where packets
	// take their time, eager hellos keep a session from settling: those on their
	// way are of its last keys, and each makes the other end renew them again.
	eagerFor     = 8 * time.Second
	offlineAfter = 6 * time.Second // of hellos without an answer
	// A device whose clock was set back, and that has started again since, makes
	// sessions which ironwood takes for older than the one it has with it, and
	// refuses. That one ends when nothing was sent in it for a minute: so who
	// knocks in vain for vainFor is sent nothing for restFor.
	vainFor = 2 * time.Minute
	restFor = 65 * time.Second
)

// presence decides when to say hello to a device and whether it is online. It
// is told the time and touches nothing else. Hellos must come from both ends:
// ironwood never repeats a lost session acknowledgement, and only traffic from
// the other end heals such a session before a minute has passed.
type presence struct {
	second   bool // the other end, which has the lesser address, says hello first
	online   bool
	since    time.Time // of online or its end
	lastSeen time.Time
	rtt      time.Duration
	next     time.Time // when the next hello is due
	silent   time.Time // when the first hello since the last answer was said; zero if none
	eager    time.Time // say hello eagerly until then
	woken    bool      // and not answered since
	knocked  time.Time // when something came from its key, that need not have got through
	vain     time.Time // since when it knocks in vain; zero while it does not
	mute     time.Time // send nothing before; zero or past while it may be sent to
}

// seen returns when the device was last heard, given when a packet of it was
// last let in (Unix nanoseconds; 0 for never).
func (p *presence) seen(heard int64) time.Time {
	if at := time.Unix(0, heard); heard != 0 && at.After(p.lastSeen) {
		return at
	}
	return p.lastSeen
}

// wake makes a hello due now, and eager ones after it. Something has changed
// that may make the device reachable, or unreachable.
func (p *presence) wake(now time.Time) {
	p.vain, p.mute = time.Time{}, time.Time{}
	p.hurry(now)
}

// hurry does as wake, but leaves a device alone that rests, and puts no rest
// off: somebody wants to reach it.
func (p *presence) hurry(now time.Time) {
	if p.isMute(now) {
		return
	}
	turn := now
	// Two ends that open a session at once often make two that do not match, and
	// ironwood mends that a second later at the earliest.
	if p.second && !p.online {
		turn = now.Add(helloEager)
	}
	// Its turn is not put off again, however often something changes.
	if p.due(now) || turn.Before(p.next) {
		p.next = turn
	}
	p.eager, p.woken = now.Add(eagerFor), true
}

// hold puts off a search that would be in vain for so long. A device that is
// heard is found all the same.
func (p *presence) hold(now time.Time, wait time.Duration) {
	if p.due(now) && !p.online && now.Sub(p.lastSeen) >= eagerFor {
		p.next = now.Add(wait)
	}
}

// due reports whether tick has something to do.
func (p *presence) due(now time.Time) bool { return !now.Before(p.next) }

// promise is when there was last reason to expect an answer: the device was
// heard, or something has changed for it.
func (p *presence) promise() time.Time {
	if woken := p.eager.Add(-eagerFor); woken.After(p.lastSeen) {
		return woken
	}
	return p.lastSeen
}

// tick reports whether to say hello now, and whether the device has just gone
// offline. heard is when any packet of the device was last let in.
func (p *presence) tick(now, heard time.Time) (hello, lost bool) {
	if !p.due(now) || p.rests(now) {
		return false, false
	}
	if heard.After(p.lastSeen) {
		p.lastSeen = heard
	}
	if p.online && !p.silent.IsZero() && heard.After(p.silent) {
		p.silent = time.Time{} // its packets say as much as an answer
	}
	if p.silent.IsZero() {
		p.silent = now
	}
	if p.online && now.Sub(p.silent) >= offlineAfter {
		p.online, p.since, p.eager, lost = false, now, now.Add(eagerFor), true
	}
	wait := helloPatient
	if p.online || now.Before(p.eager) {
		wait = helloEager
	}
	p.next = now.Add(wait)
	return true, lost
}

// rests reports whether a device that is offline is not to be asked for a while.
func (p *presence) rests(now time.Time) bool {
	switch {
	case p.online || now.Sub(p.knocked) > offlineAfter:
		p.vain = time.Time{}
	case p.vain.IsZero():
		p.vain = now
	case now.Sub(p.vain) >= vainFor:
		p.vain, p.mute = time.Time{}, now.Add(restFor)
	}
	if !p.isMute(now) {
		return false
	}
	p.next = p.mute
	return true
}

// isMute reports whether nothing is to be sent to the device.
func (p *presence) isMute(now time.Time) bool { return now.Before(p.mute) }

// answered notes the answer to a hello, and reports whether the device has
// just come online.
func (p *presence) answered(now time.Time, rtt time.Duration) (found bool) {
	found = !p.online
	if found {
		p.online, p.since = true, now
	}
	p.lastSeen, p.rtt, p.silent, p.next = now, rtt, time.Time{}, now.Add(helloEvery)
	p.vain, p.mute = time.Time{}, time.Time{}
	p.woken = false
	return found
}

// greeted notes a hello of the device. One that is offline is asked back at
// once, since only an answer shows that it hears us, but no more eagerly.
func (p *presence) greeted(now time.Time) {
	p.lastSeen = now
	p.vain, p.mute = time.Time{}, time.Time{}
	if !p.online {
		p.next = now
	}
}

// goodbye notes that the device is leaving, and reports whether it was online.
func (p *presence) goodbye(now time.Time) (lost bool) {
	lost = p.online
	if lost {
		p.online, p.since = false, now
	}
	p.lastSeen, p.eager, p.next = now, time.Time{}, now.Add(helloPatient)
	return lost
}
