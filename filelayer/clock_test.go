package filelayer

import (
	"sync/atomic"
	"testing"
	"time"
)

// TestClockSetBack sets the clock of a device back by a year, and later right again.
// Nothing is purged early, nothing deleted comes back, and no lease ends. A process
// never sees its own clock go backwards: the device starts anew each time.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	var back atomic.Int64
	o := newOverlay()
	a := newDevice(t, o, "a", func(o *Options) {
		o.now = func() time.Time { return time.Now().Add(time.Duration(back.Load())) }
	})
	b := a.invite("b")
	set := func(to time.Duration) {
		t.Helper()
		a.stop()
		back.Store(int64(to))
		a.skew.Store(int64(to))
		a.start()
		meet(t, a, b)
	}
	ctx := testContext(t)
	ds := sharedFiles(t, a, b, 4)
	trashed, leased, before, after := ds[0], ds[1], ds[2], ds[3]
	must(t, a.Unsave(ctx, trashed))
	must(t, a.Delete(ctx, before))
	info, err := a.blobs.Info(leased)
	must(t, err)
	_, _, err = a.grantLease(ctx, leaseName(b.id, "R1"), leased, leaseRequest{Size: info.Size})
	must(t, err)

	holds := func(when string) {
		t.Helper()
		must(t, a.tidy(ctx))
		must(t, a.purge(ctx, trashAge))
		must(t, a.correctRemovals(ctx))
		if !a.blobs.InTrash(trashed) || !a.blobs.InTrash(before) {
			t.Errorf("%s: trash was purged", when)
		}
		if !a.blobs.Leased(leased) {
			t.Errorf("%s: the lease has ended", when)
		}
		for _, d := range []*device{a, b} {
			if d.entry(before).Deleted == nil {
				t.Errorf("%s: what was deleted is back on %s", when, d.opts.Name)
			}
		}
	}
	until(t, "b knows of the deletion", func() bool { return b.entry(before).Deleted != nil }, b)
	holds("before")
	set(-365 * 24 * time.Hour)
	holds("a year ago")

	must(t, a.Delete(ctx, after)) // by this clock, before it was added
	until(t, "b follows", func() bool { return b.entry(after).Deleted != nil && !b.blobs.Has(after) }, b)
	set(0)
	holds("right again")
	if a.entry(after).Deleted == nil || b.entry(after).Deleted == nil {
		t.Error("what was deleted by a wrong clock is back")
	}
	must(t, a.Restore(ctx, after))
	until(t, "it is restored", func() bool { return a.entry(after).Here() && b.entry(after).Here() }, a, b)
	a.wantLogged(trashed, "unsave")
}
