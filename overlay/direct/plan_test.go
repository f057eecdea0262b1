package direct

import (
	"context"
	"testing"
	"time"
)

// TestPlan tells the time and what happened, and watches when it tries.
func TestPlan(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var p plan
	if p.due(now, false) {
		t.Error("tried an unwanted link")
	}
	if !p.due(now, true) || p.due(now, true) {
		t.Error("want one attempt at once")
	}
	for i, pause := range append(pauses, pauses[len(pauses)-1]) { // the last one for ever
		p.ended(now, false)
		if p.due(now.Add(pause-time.Millisecond), true) {
			t.Errorf("failure %d: tried again before %v", i+1, pause)
		}
		now = now.Add(pause * 6 / 5)
		if !p.due(now, true) {
			t.Errorf("failure %d: not tried after %v", i+1, pause*6/5)
		}
	}

	p.refresh(now) // while it is being tried
	if p.due(now, true) {
		t.Error("two attempts at a time")
	}
	p.ended(now, false)
	if !p.due(now, true) {
		t.Error("things have changed: not tried at once")
	}
	p.ended(now, false)
	p.refresh(now)
	if !p.due(now, true) {
		t.Error("things have changed while it waited: not tried at once")
	}
	p.ended(now, false)
	now = now.Add(pauses[0] * 6 / 5)
	if !p.due(now, true) {
		t.Error("the first pause after a change is not short again")
	}
	p.ended(now, true)
	if !p.due(now, true) {
		t.Error("a good link that ended is not made again at once")
	}
}

// A device that comes back after a while is tried at once, however often it was
// tried in vain before; one that comes and goes is not.
func TestPlanAfterAbsence(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var p plan
	for range pauses {
		p.ended(now, false)
	}
	p.away(now)
	if p.due(now, true) {
		t.Error("tried although it was away for no time")
	}
	now = now.Add(pauses[0])
	p.away(now)
	if !p.due(now, true) {
		t.Error("not tried when it is back")
	}
	p.ended(now, false)
	if now = now.Add(pauses[0] * 6 / 5); !p.due(now, true) {
		t.Error("the first pause after it is back is not short")
	}
}

// TestPrune keeps a direct link for a while beside a better one.
func TestPrune(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	cut := 0
	p := &peer{caller: true, links: map[*Link]context.CancelFunc{{}: func() { cut++ }}}
	p.prune(now, false)
	if left := p.prune(now, true); left != graceful || cut != 0 {
		t.Errorf("cut %d, looks again in %v", cut, left)
	}
	now = now.Add(graceful / 2)
	p.prune(now, false) // the better one has gone
	p.prune(now, true)
	if left := p.prune(now.Add(graceful-1), true); left != 1 || cut != 0 {
		t.Errorf("cut %d, looks again in %v", cut, left)
	}
	if p.prune(now.Add(graceful), true); cut != 1 {
		t.Error("not cut")
	}
	p.caller = false // what is better for one end may be the very link that is worse for the other
	if p.prune(now.Add(2*graceful), true); cut != 1 {
		t.Error("both ends cut")
	}
}
