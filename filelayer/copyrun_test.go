package filelayer

import (
	"sync/atomic"
	"testing"
	"time"
)

// TestOffersDoNotKeepADeviceBusy: another device that makes one offer after the other
// has this one plan no more often than its library allows.
func TestOffersDoNotKeepADeviceBusy(t *testing.T) {
	t.Parallel()
	const cost, span = 10 * time.Millisecond, 2 * time.Second
	a := newDevice(t, newOverlay(), "a")
	var plans atomic.Int64
	a.restartWith(func() {
		a.SetGroups(func(Digest) []string {
			plans.Add(1)
			<-time.After(cost) // as a large library takes
			return []string{"g"}
		})
	})
	a.create("photo", 1000)
	must(t, a.SetCopyRule(testContext(t), "g", CopyRule{Copies: 2}))
	before := plans.Load()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(span); time.Now().Before(end); <-tick.C {
		a.copiesChanged.Raise()
	}
	if n := plans.Load() - before; n > int64(span/(20*cost))+2 {
		t.Errorf("%d plans in %v, of %v each", n, span, cost)
	}
}
