package filelayer

import (
	"errors"
	"path/filepath"
	"runtime"
	"testing"
)

// spoilNotes lets the notes of copies not be written, until mend is called.
func (d *device) spoilNotes() (mend func()) {
	n := d.copyNotes
	set := func(path string) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.path = path
	}
	path := n.path
	set(filepath.Join(path, "in a folder that is not there"))
	return func() { set(path) }
}

// noted is what d would remember of copies after a crash now.
func (d *device) noted() *copyNotes {
	d.t.Helper()
	n, err := openCopyNotes(d.copyNotes.path)
	must(d.t, err)
	return n
}

// TestDropLeavesWhatIsNoLongerItsOwn: after the look at the role, and before the
// records are written, a file may have come, or a person may have wished for it.
func TestDropLeavesWhatIsNoLongerItsOwn(t *testing.T) {
	t.Parallel()
	_, b, ds := queued(t, 3, func([]Digest) []Digest { return nil })
	ctx := testContext(t)
	b.playing.Lock() // as who drops; nothing is wished for anew
	defer b.playing.Unlock()
	var es []Entry
	for _, d := range ds {
		es = append(es, b.entry(d))
	}
	wished, came, own := ds[0], ds[1], ds[2]
	must(t, b.Want(ctx, wished))
	_, err := b.Save(ctx, came)
	must(t, err)
	defer b.copyNotes.take([]Digest{came}, takenByRole)() // it is not noted yet that it has come
	before := [2]Holder{b.entry(wished).Holders.Of(b.id), b.entry(came).Holders.Of(b.id)}
	gone, err := b.drop(ctx, es)
	if err != nil || len(gone) != 1 || gone[0].Digest != own || b.entry(own).Holders.Of(b.id).Saved {
		t.Errorf("dropped %+v, %v", gone, err)
	}
	if after := [2]Holder{b.entry(wished).Holders.Of(b.id), b.entry(came).Holders.Of(b.id)}; after != before {
		t.Errorf("of a person's wish and of what has come the record says %+v, before %+v", after, before)
	}
	until(t, "the person's wish is queued again", func() bool { return b.Queue() == 1 }, b)
	b.removedNothing()
}

// TestRoleAboutToChangeTakesNothing: what the old role would take is not wished for
// while another one waits for its turn.
func TestRoleAboutToChangeTakesNothing(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := a.show(b, "photo", 1000)
	must(t, b.SetLimits(Limits{Paused: true}))
	b.playing.Lock()
	changed := make(chan error, 1)
	go func() {
		_, err := b.SetRole(ctx, Role{Everything: true})
		changed <- err
	}()
	for b.roleAsked.Load() == 0 && ctx.Err() == nil {
		runtime.Gosched()
	}
	err := b.takeFor(ctx, []Digest{d}, takenByRole)
	if b.entry(d).Holders.Of(b.id).Saved {
		t.Error("it was wished for by a role that is about to end")
	}
	b.playing.Unlock()
	must(t, errors.Join(err, <-changed))
	until(t, "the next role takes it", func() bool { return b.Queue() == 1 && b.copyNotes.by(d, takenByRole) }, b)
}

// TestHeldBackFromTheStart: after a restart, nothing beyond the limit is fetched before
// this device comes to do what its role asks for.
func TestHeldBackFromTheStart(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	ds := a.yearly(2)
	until(t, "b sees all", func() bool { return len(b.Entries()) == 2 }, b)
	must(t, b.SaveAll(ctx, ds[1:], nil))
	limit := Role{Space: 1500}
	b.setRole(limit)
	must(t, b.Want(ctx, ds[0]))
	b.restartWith(func() {
		b.setRole(limit)
		b.playing.Lock() // it does not come to that
	})
	defer b.playing.Unlock()
	meet(t, a, b)
	outcome, stop := b.await(ds[0])
	defer stop()
	select {
	case err := <-outcome:
		if !errors.Is(err, ErrBeyondLimit) || b.has(ds) != "01" {
			t.Errorf("b has %s: %v", b.has(ds), err)
		}
	case <-ctx.Done():
		t.Error("nobody looks at it")
	}
}

// TestWantWaitsForTheLimit: while somebody takes files from the queue to be fetched, no
// wish is written that may be beyond the limit, and once one is it is held back.
func TestWantWaitsForTheLimit(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	ds := a.yearly(2)
	until(t, "b sees all", func() bool { return len(b.Entries()) == 2 }, b)
	must(t, b.SaveAll(ctx, ds[1:], nil))
	b.setRole(Role{Space: 1500})
	b.playing.Lock() // nobody else finds out what is beyond the limit
	defer b.playing.Unlock()
	wanted := make(chan error, 1)
	b.limiting.RLock()
	go func() { wanted <- b.Want(ctx, ds[0]) }()
	for len(wanted) == 0 && ctx.Err() == nil && b.limiting.TryRLock() { // until Want waits for it
		b.limiting.RUnlock()
		runtime.Gosched()
	}
	if len(wanted) > 0 || b.entry(ds[0]).Holders.Of(b.id).Saved {
		t.Error("wished for while it was not known whether it fits")
	}
	b.limiting.RUnlock()
	must(t, <-wanted)
	if !b.queue.holds(ds[0]) {
		t.Error("it is not held back")
	}
}

// TestOwnWishIsNotedFirst: one that cannot be noted is not made. After a crash it would
// be taken for a person's.
func TestOwnWishIsNotedFirst(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := a.show(b, "photo", 1000)
	must(t, b.SetLimits(Limits{Paused: true}))
	mend := b.spoilNotes()
	if err := b.takeFor(ctx, []Digest{d}, takenByRule); err == nil || b.entry(d).Holders.Of(b.id).Saved {
		t.Errorf("an own wish that is not noted: %v, %+v", err, b.entry(d).Holders)
	}
	mend()
	b.setRole(Role{Everything: true})
	until(t, "b wishes for it", func() bool { return b.Queue() == 1 }, b)
	if !b.noted().by(d, takenByRole) {
		t.Error("after a crash it would be a person's wish")
	}
}

// TestPersonsWishIsNotedFirst, and not made when that cannot be: after a crash it would
// be taken for this device's own.
func TestPersonsWishIsNotedFirst(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := a.show(b, "photo", 1000)
	must(t, b.SetLimits(Limits{Paused: true}))
	defer b.copyNotes.take([]Digest{d}, takenByRole)() // it is about to be wished for
	must(t, b.copyNotes.save(b.current, b.expects))
	mend := b.spoilNotes()
	if err := b.Want(ctx, d); err == nil || b.entry(d).Holders.Of(b.id).Saved {
		t.Errorf("a person's wish that is not noted: %v, %+v", err, b.entry(d).Holders)
	}
	mend()
	if !b.noted().own(d) {
		t.Fatal("it was noted all the same")
	}
	must(t, b.Want(ctx, d))
	if !b.entry(d).Holders.Of(b.id).Saved || b.noted().own(d) {
		t.Error("after a crash it would be this device's own wish")
	}
}

// TestPersonsWishIsNotTaken: a file that a person wishes for between the look at the
// role and the writing of records stays the person's, also after a crash.
func TestPersonsWishIsNotTaken(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := a.show(b, "photo", 1000)
	must(t, b.SetLimits(Limits{Paused: true}))
	must(t, b.SetCopyRule(ctx, "", CopyRule{Copies: 2})) // so that no rule gives up what it is said to wish for
	must(t, b.Want(ctx, d))
	for _, by := range []taker{takenByRole, takenByRule} {
		must(t, b.takeFor(ctx, []Digest{d}, by))
		if b.copyNotes.own(d) || b.noted().own(d) {
			t.Errorf("by role: %t: taken in memory: %t, on the disk: %t", by, b.copyNotes.own(d), b.noted().own(d))
		}
	}
	b.setRole(Role{Everything: true})
	if dropped := b.setRole(Role{}); dropped != (Dropped{}) || !b.entry(d).Holders.Of(b.id).Saved {
		t.Errorf("dropped %+v", dropped)
	}
}

// TestOwnWishEndsWithTheRule: also when it was the last one.
func TestOwnWishEndsWithTheRule(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := a.show(b, "photo", 1000)
	a.net.part(a, b, true)
	must(t, b.takeFor(ctx, []Digest{d}, takenByRule))
	b.playCopies(ctx)
	if b.entry(d).Holders.Of(b.id).Saved {
		t.Error("it is wished for without a rule")
	}
}
