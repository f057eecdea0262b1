package filelayer

import (
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"time"
)

// checks fails unless a check finds what is wanted, and no more: of each file what is
// wrong, whether it comes again, and whether it is lost.
func (d *device) checks(when string, want map[Digest]Problem) {
	d.t.Helper()
	got := make(map[Digest]Problem)
	result, err := d.Check(testContext(d.t), CheckOptions{}, func(p Problem) { got[p.Digest] = p })
	must(d.t, err)
	if result.Problems != len(want) || len(got) != len(want) {
		d.t.Errorf("%s: %+v, %+v", when, result, got)
	}
	for digest, p := range want {
		if g := got[digest]; !errors.Is(g.Err, p.Err) || g.Coming != p.Coming || g.Lost != p.Lost {
			d.t.Errorf("%s: problem %+v, want %+v", when, g, p)
		}
	}
}

// holdAll lets any deletion of another device wait for a person.
func (d *device) holdAll() {
	d.held.mu.Lock()
	defer d.held.mu.Unlock()
	d.held.state.Wary = true
}

// TestCheckKnowsOtherTrashes: a copy of a deletion that waits, which is gone, is lost
// only when no trash of another device has the bytes either. What another one may have
// of a file that is not deleted is not known.
func TestCheckKnowsOtherTrashes(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	ds := sharedFiles(t, a, b, 2)
	deleted, forced := ds[0], ds[1]
	must(t, a.ForceUnsave(ctx, forced))
	b.holdAll()
	must(t, a.Delete(ctx, deleted))
	until(t, "b holds the deletion, and knows what a has", func() bool {
		return len(b.HeldDeletions()) == 1 && !b.holds(a, forced) && b.inOtherTrash(deleted)
	}, b)
	must(t, os.Remove(b.entry(deleted).Path))
	must(t, os.Remove(b.entry(forced).Path))
	b.checks("while the trash of a has it", map[Digest]Problem{deleted: {Err: ErrMissing}, forced: {Err: ErrMissing, Lost: true}})
	until(t, "it is in the trash of a", func() bool { return a.blobs.InTrash(deleted) }, a)
	a.purgeByHand(deleted)
	until(t, "b hears that it is not", func() bool { return len(b.Remnants(deleted)) == 0 && !b.holds(b, forced) }, b)
	b.checks("when it has it no more", map[Digest]Problem{deleted: {Err: ErrMissing, Lost: true}, forced: {Err: ErrMissing, Lost: true}})
}

// TestCheckTellsWhatALimitHoldsBack: it does not come again by itself.
func TestCheckTellsWhatALimitHoldsBack(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	d := sharedFiles(t, a, b, 1)[0]
	must(t, b.SetLimits(Limits{Paused: true}))
	b.playing.Lock() // nobody else finds out what is beyond the limit
	defer b.playing.Unlock()
	b.queue.hold(map[Digest]bool{d: true})
	must(t, os.Remove(b.entry(d).Path))
	b.checks("beyond the limit", map[Digest]Problem{d: {Err: ErrMissing}})
	b.queue.hold(nil)
	b.checks("within the limit", map[Digest]Problem{d: {Err: ErrMissing, Coming: true}})
}

// TestCheckDoesNotTakeALossForAWish: what this device claims was here, though it knows
// of no place where it lay.
func TestCheckDoesNotTakeALossForAWish(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := sharedFiles(t, a, b, 1)[0]
	must(t, b.SetLimits(Limits{Paused: true}))
	b.mirror.claim(d) // the record does not follow
	defer b.mirror.release(d)
	b.lieOne(d, flip)
	if err := b.verify(ctx, d); !errors.Is(err, ErrCorrupt) {
		t.Fatal(err)
	}
	aside, err := b.rotten()
	must(t, err)
	must(t, os.Remove(aside[d]))
	b.checks("without its rotten bytes", map[Digest]Problem{d: {Err: ErrMissing, Coming: true}})
}

// TestDeletedWhileACheckBringsItBack: a deletion that is heard of while a check moves
// the file out of the trash moves it there again.
func TestDeletedWhileACheckBringsItBack(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	ctx := testContext(t)
	d := digestOf(photo("photo", 1000))
	var armed atomic.Bool
	a.restartWith(func() {
		now := a.now
		a.now = func() time.Time { // which is looked at once the bytes are back
			if armed.Load() && isHere(a.entry(d)) && armed.CompareAndSwap(true, false) {
				r, rev, _ := a.mirror.file(d)
				gone := after(id(2), now(), &r.Added)
				r.Deleted = &gone
				a.mirror.joinFile(d, r, rev) // and what that stirs has been looked at already
			}
			return now()
		}
		must(t, a.SetLimits(Limits{Paused: true}))
	})
	a.create("photo", 1000)
	must(t, a.Delete(ctx, d))
	until(t, "it is in the trash", func() bool { return a.HasInTrash(d) }, a)
	must(t, a.unbury(ctx, []Digest{d})) // as a restore that stopped here
	until(t, "it is to come back", func() bool { return a.Queue() == 1 }, a)
	armed.Store(true)
	_, err := a.Check(ctx, CheckOptions{}, nil)
	must(t, err)
	if armed.Load() {
		t.Fatal("it was not brought back")
	}
	until(t, "it is in the trash again", func() bool { return a.HasInTrash(d) && !a.blobs.Has(d) && !a.sees(d) }, a)
}

// TestRottenInTheTrash is not in the trash any more: it lies in the quarantine.
func TestRottenInTheTrash(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	ctx := testContext(t)
	d := a.create("photo", 1000)
	must(t, a.Delete(ctx, d))
	until(t, "it is in the trash", func() bool { return a.HasInTrash(d) }, a)
	trashed, err := a.blobs.Trashed()
	must(t, err)
	lieAt(t, trashed[0].Path, flip)
	must(t, a.Restore(ctx, d))
	if a.HasInTrash(d) || a.TrashLen() != 0 || a.OnlyInTrash() != 0 || a.entry(d).Here() {
		t.Errorf("in the trash: %t, of %d; only there: %d", a.HasInTrash(d), a.TrashLen(), a.OnlyInTrash())
	}
	aside, err := a.rotten()
	if err != nil || aside[d] == "" {
		t.Errorf("in the quarantine: %v, %v", aside, err)
	}
}

// TestHeldCopyThatWasMovedIsFound: a copy whose deletion waits for a person is looked for
// in the library before the record says that it is gone, and no more after that.
func TestHeldCopyThatWasMovedIsFound(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := sharedFiles(t, a, b, 1)[0]
	b.holdAll()
	must(t, a.Delete(ctx, d))
	until(t, "b holds the deletion", func() bool { return len(b.HeldDeletions()) == 1 }, b)
	before := b.entry(d).Holders.Of(b.id)
	to := b.moveOutside(d)
	if err := b.verify(ctx, d); !errors.Is(err, ErrMissing) { // as for another device
		t.Fatal(err)
	}
	until(t, "it is found", func() bool { return b.entry(d).Path == to }, b)
	if own := b.entry(d).Holders.Of(b.id); own != before || !own.Holds() || len(b.HeldDeletions()) != 1 {
		t.Errorf("the record says %+v, before %+v", own, before)
	}
	if ds := b.mirror.claimedHere([]Digest{d, {}}); len(ds) != 1 || ds[0] != d {
		t.Errorf("claimed: %v", ds)
	}
	must(t, os.Remove(to))
	if err := b.verify(ctx, d); !errors.Is(err, ErrMissing) {
		t.Fatal(err)
	}
	until(t, "the record says that it is gone", func() bool { return !b.entry(d).Holders.Of(b.id).Has() }, b)
	if ds := b.mirror.claimedHere([]Digest{d}); len(ds) != 0 || len(b.HeldDeletions()) != 1 {
		t.Errorf("it would be looked for again each time: %v", ds)
	}
}

// TestOnlyInTrash counts what a person is told to be in the trash here and nowhere else.
func TestOnlyInTrash(t *testing.T) {
	t.Parallel()
	claims := func(n int, saved bool) map[string]holding {
		return map[string]holding{id(n): {Saved: saved, N: 1, Verified: 5}}
	}
	for _, tt := range []struct {
		name             string
		trashed, deleted bool
		holders          map[string]holding
		want             int
	}{
		{"claimed by nobody", true, false, nil, 1},
		{"wished for elsewhere", true, false, map[string]holding{id(2): {Saved: true, N: 1}}, 1},
		{"claimed by a device that was removed", true, false, claims(3, true), 1},
		{"claimed by a device that is not known", true, false, claims(4, true), 1},
		{"claimed elsewhere", true, false, claims(2, true), 0},
		{"in place elsewhere", true, false, claims(2, false), 0},
		{"deleted", true, true, nil, 0},
		{"not in the trash", false, false, nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := newMirror(id(1))
			gone := stamp{id(1), 9}
			for n, removed := range map[int]*stamp{1: nil, 2: nil, 3: &gone} {
				m.joinDevice(id(n), deviceRecord{Name: "device", Added: stamp{id(n), 1}, Removed: removed})
			}
			r := fileRecord{Name: "x.jpg", Size: 1, Type: "image/jpeg", Added: stamp{id(1), 5}, Devices: ByDevice(tt.holders)}
			if tt.deleted {
				r.Deleted = &gone
			}
			m.joinFile(Digest{1}, r, "")
			if tt.trashed {
				m.setGone(Digest{1}, trashUnsaved)
				m.setGone(Digest{2}, trashUnsaved) // of which there is no record
			}
			if n := m.onlyInTrash(); n != tt.want {
				t.Errorf("%d files, want %d", n, tt.want)
			}
		})
	}
}

// TestCheckTellsOfBytesWithoutAClaim: they are here, so that nothing has to come and
// nothing is lost.
func TestCheckTellsOfBytesWithoutAClaim(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	d := sharedFiles(t, a, b, 1)[0]
	func() {
		b.settling.Lock() // the record does not follow
		defer b.settling.Unlock()
		must(t, b.claimCopies(testContext(t), []Digest{d}, false))
		b.checks("without a claim", map[Digest]Problem{d: {Err: ErrUnrecorded}})
	}()
	until(t, "it is claimed", func() bool { return b.holds(b, d) }, b)
	b.checks("claimed", nil)
}

// TestCheckOfADeletionThatWaitsEverywhere: a copy that is gone does not come again by
// itself, and is not lost.
func TestCheckOfADeletionThatWaitsEverywhere(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	d := sharedFiles(t, a, b, 1)[0]
	a.holdAll()
	b.holdAll()
	a.forge([]Digest{d}, func(r *fileRecord) { r.Deleted = &stamp{a.id, r.Added.At + 5} })
	until(t, "both hold the deletion", func() bool { return len(a.HeldDeletions()) == 1 && len(b.HeldDeletions()) == 1 }, a, b)
	must(t, os.Remove(b.entry(d).Path))
	b.checks("of which another device has a copy", map[Digest]Problem{d: {Err: ErrMissing}})
}

// TestCheckReadsWhatIsInPlaceThoughItIsToCome into the library: what is wrong there is
// not put right by that.
func TestCheckReadsWhatIsInPlaceThoughItIsToCome(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	dir := newPlace(t, "one.jpg")
	b.addPlace(dir)
	d := placed("one.jpg")
	until(t, "a sees it", func() bool { return a.sees(d) }, a)
	_, err := a.Save(ctx, d)
	must(t, err)
	until(t, "b knows the copy of a", func() bool { return b.holds(a, d) }, b)
	must(t, b.SetLimits(Limits{Paused: true}))
	must(t, b.Want(ctx, d))
	lieAt(t, b.entry(d).Path, flip)
	var got []Problem
	result, err := b.Check(ctx, CheckOptions{ReadData: true}, func(p Problem) { got = append(got, p) })
	must(t, err)
	if result.Files != 1 || result.Read != 1 || result.Waiting != 0 || len(got) != 1 {
		t.Fatalf("Check = %+v, %+v", result, got)
	}
	if p := got[0]; !errors.Is(p.Err, ErrInPlace) || !errors.Is(p.Err, ErrCorrupt) || p.Coming || p.Lost {
		t.Errorf("problem %+v", p)
	}
}
