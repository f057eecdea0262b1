package filelayer

import (
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"
)

// queued makes b, which fetches nothing for now, wish by its role for all that a
// has, and before that by hand for some of it.
func queued(t *testing.T, n int, byHand func(ds []Digest) []Digest) (a, b *device, ds []Digest) {
	t.Helper()
	a, b = newPair(t)
	ds = a.yearly(n)
	until(t, "b sees all", func() bool { return len(b.Entries()) == n }, b)
	must(t, b.SetLimits(Limits{Paused: true}))
	must(t, b.Want(testContext(t), byHand(ds)...))
	b.setRole(Role{Everything: true})
	until(t, "all is queued", func() bool { return b.Queue() == n }, b)
	return a, b, ds
}

// removedNothing fails the test if anything was moved to the trash of d.
func (d *device) removedNothing() {
	d.t.Helper()
	for r, err := range d.Removals(time.Time{}) {
		d.t.Errorf("removed: %+v, %v", r, err)
	}
}

// TestRoleTakesBackItsOwnWishes: once a device keeps chosen files again, only what a
// person has saved is fetched, be it before or while it kept everything.
func TestRoleTakesBackItsOwnWishes(t *testing.T) {
	t.Parallel()
	a, b, ds := queued(t, 5, func(ds []Digest) []Digest { return ds[:1] })
	must(t, b.Want(testContext(t), ds[4]))
	b.restartWith(func() {
		b.setRole(Role{Everything: true})
		must(t, b.SetLimits(Limits{Paused: true}))
	})
	until(t, "all is queued again", func() bool { return b.Queue() == 5 }, b)
	if p := b.Plan(Role{}); p != (Plan{Queued: 2, QueuedBytes: 2000, Drop: 3, DropBytes: 3000}) {
		t.Errorf("plan %+v", p)
	}
	if p := b.Plan(b.Role()); p != (Plan{Queued: 5, QueuedBytes: 5000}) {
		t.Errorf("still to do: %+v", p)
	}
	if dropped := b.setRole(Role{}); dropped != (Dropped{3, 3000}) {
		t.Errorf("dropped %+v", dropped)
	}
	if dropped := b.setRole(Role{}); dropped != (Dropped{}) {
		t.Errorf("dropped again: %+v", dropped)
	}
	until(t, "the queue is short", func() bool { return b.Queue() == 2 }, b)
	must(t, b.SetLimits(Limits{}))
	until(t, "b has what was saved", func() bool { return b.Queue() == 0 }, a, b)
	if b.has(ds) != "10001" {
		t.Errorf("b has %s", b.has(ds))
	}
	b.removedNothing()
}

// TestLimitLetsNothingBeyondItCome: of what is queued already, what the role alone
// asked for is dropped, and what a person saved waits.
func TestLimitLetsNothingBeyondItCome(t *testing.T) {
	t.Parallel()
	a, b, ds := queued(t, 5, func(ds []Digest) []Digest { return ds[:1] })
	limit := Role{Everything: true, Space: 2500}
	if p := b.Plan(limit); p != (Plan{Queued: 2, QueuedBytes: 2000, Drop: 2, DropBytes: 2000, Held: 1, HeldBytes: 1000}) {
		t.Errorf("plan %+v", p)
	}
	if dropped := b.setRole(limit); dropped != (Dropped{2, 2000}) {
		t.Errorf("dropped %+v", dropped)
	}
	must(t, b.SetLimits(Limits{}))
	until(t, "b keeps the two newest", func() bool { return b.has(ds) == "00011" }, a, b)
	until(t, "the third waits", func() bool {
		return slices.ContainsFunc(b.Fetching().Waits, func(w Wait) bool { return w.Why == WaitLimit && w.Files == 1 })
	}, b)
	if own := b.entry(ds[0]).Holders.Of(b.id); !own.Saved {
		t.Error("what a person saved is no longer wished for")
	}
	b.removedNothing()
	b.setRole(Role{Space: 3500})
	until(t, "what a person saved comes", func() bool { return b.has(ds) == "10011" }, a, b)
	b.removedNothing()
}

// TestSaveBeyondLimitWaits: it would be freed again at once. It comes when there is room.
func TestSaveBeyondLimitWaits(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := a.yearly(5)
	until(t, "b sees all", func() bool { return len(b.Entries()) == 5 }, b)
	b.setRole(Role{Space: 2500})
	refused := 0
	err := b.SaveAll(testContext(t), ds, func(_ Entry, err error) {
		if errors.Is(err, ErrBeyondLimit) {
			refused++
		}
	})
	if !errors.Is(err, ErrBeyondLimit) || refused != 3 || b.has(ds) != "00011" || b.Queue() != 3 {
		t.Errorf("%d refused, b has %s, %d queued: %v", refused, b.has(ds), b.Queue(), err)
	}
	b.removedNothing()
	until(t, "a knows", func() bool { return a.holds(b, ds[4]) }, a)
	must(t, b.Unsave(testContext(t), ds[4]))
	until(t, "the next comes", func() bool { return b.has(ds) == "00110" }, a, b)
}

// TestLimitHoldsNoLastCopy: what no other device has comes back out of the trash,
// whatever the limit.
func TestLimitHoldsNoLastCopy(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	ctx := testContext(t)
	ds := a.yearly(3)
	a.setRole(Role{Space: 1500})
	must(t, a.SetLimits(Limits{Paused: true}))
	must(t, a.Delete(ctx, ds[0]))
	until(t, "it is in the trash", func() bool { return a.blobs.InTrash(ds[0]) }, a)
	must(t, a.unbury(ctx, ds[:1])) // as a restore that stopped here
	until(t, "it is queued", func() bool { return a.Queue() == 1 }, a)
	if w := a.lookAtRole(); len(w.beyond) != 0 || len(w.queued) != 1 {
		t.Errorf("beyond the limit: %d, queued: %d", len(w.beyond), len(w.queued))
	}
	must(t, a.SetLimits(Limits{}))
	until(t, "it is back", func() bool { return a.has(ds) == "111" }, a)
}

// TestWithdrawnWhileItComes: what has not come is stopped, and what has come stays.
func TestWithdrawnWhileItComes(t *testing.T) {
	t.Parallel()
	q := newQueue()
	now := time.Unix(1e9, 0)
	for i := range 8 {
		q.add(Entry{Digest: Digest{byte(i)}, Size: 1})
	}
	stopped := false
	bundle, _ := q.take(now, func() { stopped = true })
	if len(bundle) != 2 {
		t.Fatalf("took %d jobs", len(bundle))
	}
	q.stage(bundle[0])
	gone := q.withdraw([]Digest{{0}, {1}, {2}})
	if !slices.Equal(gone, []Digest{{1}, {2}}) || !stopped {
		t.Errorf("withdrawn: %v, stopped: %v", gone, stopped)
	}
	q.putBack(bundle[1:])
	q.over(bundle[0], nil, now)
	if n := q.len(); n != 5 {
		t.Errorf("%d jobs; want 5", n)
	}
}

// TestUnsaveOfWhatHasNotCome needs nobody: it is no longer fetched. What is here still
// needs a proof.
func TestUnsaveOfWhatHasNotCome(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := a.yearly(5)
	until(t, "b sees all", func() bool { return len(b.Entries()) == 5 }, b)
	_, err := b.Save(testContext(t), ds[0])
	must(t, err)
	must(t, b.SetLimits(Limits{Paused: true}))
	must(t, b.Want(testContext(t), ds...))
	until(t, "the rest is queued", func() bool { return b.Queue() == 4 }, b)
	a.net.part(a, b, true)
	reported := make(map[Digest]error)
	b.UnsaveAll(testContext(t), ds, func(d Digest, err error) { reported[d] = err })
	for i, d := range ds {
		if err, ok := reported[d]; !ok || (err == nil) != (i > 0) || b.entry(d).Holders.Of(b.id).Saved != (i == 0) {
			t.Errorf("%d: reported %v, %v: %+v", i, ok, err, b.entry(d).Holders)
		}
	}
	until(t, "nothing is queued", func() bool { return b.Queue() == 0 }, b)
	b.removedNothing()
	a.net.part(a, b, false)
	must(t, b.SetLimits(Limits{}))
	must(t, b.SaveAll(testContext(t), ds[1:2], nil))
	if b.has(ds) != "11000" {
		t.Errorf("b has %s", b.has(ds))
	}
}

// TestUnsaveOfWhatIsLost takes the claim of a copy back whose bytes are gone.
func TestUnsaveOfWhatIsLost(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := sharedFiles(t, a, b, 2)
	for i, unsave := range []func(Digest) error{
		func(d Digest) error { return b.Unsave(testContext(t), d) },
		func(d Digest) (err error) {
			b.UnsaveAll(testContext(t), []Digest{d}, func(_ Digest, e error) { err = e })
			return err
		},
	} {
		b.mirror.claim(ds[i]) // so that nothing else sees to it
		b.mirror.setGone(ds[i], "")
		if err := unsave(ds[i]); err != nil || b.entry(ds[i]).Holders.Of(b.id).Saved {
			t.Errorf("unsave %d: %v, %+v", i, err, b.entry(ds[i]).Holders)
		}
	}
}

// TestRoleStopsAtItsLimitThoughCopiesAreShort: a rule that too few devices can
// fulfil does not fill this one beyond its limit.
func TestRoleStopsAtItsLimitThoughCopiesAreShort(t *testing.T) {
	t.Parallel()
	a, b, ds := queued(t, 5, func([]Digest) []Digest { return nil })
	must(t, a.SetCopyRule(testContext(t), "", CopyRule{Copies: 2}))
	until(t, "b knows the rule", func() bool { return b.ruleSet(nil).of(ds[0]).Copies == 2 }, a, b)
	if dropped := b.setRole(Role{Everything: true, Space: 2500}); dropped.Files != 3 {
		t.Errorf("dropped %+v", dropped)
	}
	must(t, b.SetLimits(Limits{}))
	until(t, "b keeps the two newest", func() bool { return b.has(ds) == "00011" && b.Queue() == 0 }, a, b)
}

// TestCheckLeavesHeldWishes: what a person saved beyond the limit stays saved, also
// after a check, and its bytes stay in the trash.
func TestCheckLeavesHeldWishes(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	ds := a.yearly(3)
	until(t, "b sees all", func() bool { return len(b.Entries()) == 3 }, b)
	must(t, b.SaveAll(ctx, ds, nil))
	until(t, "a knows", func() bool { return a.holds(b, ds[0]) }, a)
	must(t, b.Unsave(ctx, ds[0]))
	b.setRole(Role{Space: 2500})
	must(t, b.Want(ctx, ds[0]))
	if !b.queue.holds(ds[0]) {
		t.Fatal("it is not held back")
	}
	_, err := b.Check(ctx, CheckOptions{}, nil)
	must(t, err)
	if own := b.entry(ds[0]).Holders.Of(b.id); !own.Saved || b.entry(ds[0]).Here() || !b.HasInTrash(ds[0]) {
		t.Errorf("after a check: %+v, here: %v", own, b.entry(ds[0]).Here())
	}
}

// TestSaveWhileTheRoleWishes: a wish of a person's is one, also when the role of the
// device was about to wish for the same file.
func TestSaveWhileTheRoleWishes(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := a.show(b, "photo", 1000)
	must(t, b.SetLimits(Limits{Paused: true}))
	b.setRole(Role{Space: 5000})
	e := b.entry(d)
	b.copyNotes.decline(d, stamp{e.Added.By, toMillis(e.Added.At)})
	b.limiting.Lock()
	wanted := make(chan error, 1)
	go func() { wanted <- b.Want(ctx, d) }()
	for declined := true; declined && ctx.Err() == nil; { // until the wish is noted, and waits to be written
		b.copyNotes.mu.Lock()
		_, declined = b.copyNotes.declined[d]
		b.copyNotes.mu.Unlock()
		runtime.Gosched()
	}
	err := b.takeFor(ctx, []Digest{d}, takenByRole)
	b.limiting.Unlock()
	must(t, errors.Join(err, <-wanted))
	if b.copyNotes.own(d) {
		t.Error("a person's wish is taken for the role's")
	}
}
