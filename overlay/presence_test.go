package overlay

import (
	"testing"
	"time"
)

// TestPresence tells the time in steps and watches what a presence makes of
// it.
func TestPresence(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var p presence
	var now, heard time.Time
	hellos := 0
	run := func(d time.Duration) (lost bool) {
		for end := now.Add(d); now.Before(end); now = now.Add(50 * time.Millisecond) {
			hello, gone := p.tick(now, heard)
			if hello {
				hellos++
			}
			lost = lost || gone
		}
		return lost
	}
	expect := func(what string, got, low, high int) {
		t.Helper()
		if got < low || got > high {
			t.Errorf("%s: %d hellos, want %d to %d", what, got, low, high)
		}
		hellos = 0
	}
	now = start
	p.wake(now)
	run(eagerFor)
	expect("eager", hellos, 31, 33)
	run(20 * time.Second)
	expect("patient", hellos, 9, 11)

	p.greeted(now)
	if p.online || p.next != now {
		t.Errorf("greeted: %+v, want a hello back at once and no more", p)
	}
	run(20 * time.Second)
	expect("patient after a greeting", hellos, 9, 12)
	if !p.answered(now, 5*time.Millisecond) || !p.online || p.since != now || p.rtt != 5*time.Millisecond {
		t.Errorf("first answer: %+v", p)
	}
	run(19 * time.Second)
	expect("answered", hellos, 0, 0)
	run(2 * time.Second)
	if hellos == 0 || p.answered(now, time.Millisecond) {
		t.Error("an answer while online was taken for news")
	}
	hellos = 0

	if lost := run(20*time.Second + offlineAfter - time.Second); lost || !p.online {
		t.Error("offline too early")
	}
	expect("unanswered", hellos, 18, 22)
	heard = now // other packets come: it is there
	if lost := run(offlineAfter - time.Second); lost {
		t.Error("offline though it was heard")
	}
	if lost := run(2 * time.Second); !lost || p.online {
		t.Error("still online without a sign of life")
	}
	p.answered(now, time.Millisecond)
	if !p.goodbye(now) || p.online || p.goodbye(now) {
		t.Errorf("goodbye: %+v", p)
	}
	hellos = 0
	run(20 * time.Second)
	expect("after a goodbye", hellos, 9, 11)
}

// TestPresenceRests: a device that knocks in vain is asked for a while, then
// left alone for long enough that a session with it ends, and so on; a hello of
// it, or a change of ways, ends the rest. One that does not knock is always asked.
func TestPresenceRests(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var p presence
	run := func(d time.Duration, knocks bool) (longest time.Duration) {
		last := now
		for end := now.Add(d); now.Before(end); now = now.Add(50 * time.Millisecond) {
			if knocks {
				p.knocked = now
			}
			if now.Second()%20 == 0 {
				p.hurry(now) // somebody dials it
			}
			if hello, _ := p.tick(now, time.Time{}); hello {
				longest, last = max(longest, now.Sub(last)), now
			}
		}
		return max(longest, now.Sub(last))
	}
	p.wake(now)
	if longest := run(time.Hour, false); longest > 2*helloPatient {
		t.Errorf("a device that does not knock was left alone for %v", longest)
	}
	if longest := run(vainFor-time.Second, true); longest > 2*helloPatient {
		t.Errorf("asked no more for %v within the first %v", longest, vainFor)
	}
	for range 3 {
		if longest := run(2*restFor+vainFor, true); longest <= time.Minute || longest > restFor+helloPatient {
			t.Errorf("left alone for %v, want a little more than a minute", longest)
		}
	}
	for !p.isMute(now) {
		run(time.Second, true)
	}
	p.goodbye(now)
	now = now.Add(2 * helloPatient)
	if p.tick(now, now); p.due(now) {
		t.Error("a device that left while it rested is looked at again and again")
	}
	for name, sign := range map[string]func(){"a hello": func() { p.greeted(now) }, "a change": func() { p.wake(now) }} {
		for !p.isMute(now) {
			run(time.Second, true)
		}
		sign()
		if hello, _ := p.tick(now, now); !hello || p.isMute(now) {
			t.Errorf("%s did not end the rest", name)
		}
	}
}
