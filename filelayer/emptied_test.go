package filelayer

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// purgeByHand empties the trash of some files, and returns what came of each.
func (d *device) purgeByHand(ds ...Digest) map[Digest]error {
	d.t.Helper()
	errs := make(map[Digest]error)
	d.Purge(testContext(d.t), ds, func(f Digest, err error) { errs[f] = err })
	if len(errs) != len(ds) {
		d.t.Errorf("told of %d of %d files", len(errs), len(ds))
	}
	return errs
}

// onlyInTrash is what only the trash of the device has, as far as it knows.
func (d *device) onlyInTrash() map[Digest]bool {
	all, err := d.InTrash()
	must(d.t, err)
	only := make(map[Digest]bool)
	for _, f := range all {
		if f.Only {
			only[f.Digest] = true
		}
	}
	return only
}

// TestEmptiedTrash: what a person purges is gone from this device alone, and does
// not come back by an undo of the deletion before.
func TestEmptiedTrash(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	ds := sharedFiles(t, a, b, 3)
	deletion := a.do(ActionDelete, ds...)
	until(t, "b follows", func() bool { return b.blobs.InTrash(ds[0]) && b.blobs.InTrash(ds[1]) }, b)
	until(t, "all are in the trash of a", func() bool { return len(a.mirror.inTrash()) == 3 }, a)

	until(t, "b tells what its trash has", func() bool { return len(a.onlyInTrash()) == 0 }, a)
	for d, err := range a.purgeByHand(ds[:2]...) {
		if err != nil || a.blobs.InTrash(d) || !b.blobs.InTrash(d) {
			t.Errorf("%v: %v; in the trash of a: %t, of b: %t", d, err, a.blobs.InTrash(d), b.blobs.InTrash(d))
		}
		a.wantLogged(d, "delete emptied")
	}
	until(t, "b knows that it alone has two of them", func() bool { only := b.onlyInTrash(); return len(only) == 2 && only[ds[0]] && only[ds[1]] }, b)
	if n := a.TrashLen(); n != 1 {
		t.Errorf("%d files in the trash of a", n)
	}
	left := a.Restorable()
	listed, err := a.Trashed()
	must(t, err)
	if len(left) != 3 || len(listed) != 3 || len(b.Restorable()) != 3 {
		t.Errorf("a can restore %d, lists %d; b can restore %d", len(left), len(listed), len(b.Restorable()))
	}
	if err := a.purgeByHand(ds[0])[ds[0]]; !errors.Is(err, ErrNotFound) {
		t.Errorf("once more: %v", err)
	}
	away := a.opts.Library + "-away"
	must(t, os.Rename(a.opts.Library, away))
	if err := a.purgeByHand(ds[2])[ds[2]]; !errors.Is(err, ErrNotMounted) || errors.Is(err, ErrNotFound) {
		t.Errorf("without the disk: %v", err)
	}
	must(t, os.Rename(away, a.opts.Library))

	a.restart()
	meet(t, a, b)
	u, err := a.Undo(ctx, deletion, nil)
	if err != nil || u.Done != 1 || u.Left != 2 {
		t.Errorf("undo = %+v, %v", u, err)
	}
	must(t, b.Restore(ctx, ds[0]))
	until(t, "restored on b, from its own trash", func() bool { return b.entry(ds[0]).Here() && a.sees(ds[0]) }, a, b)
	if a.blobs.Has(ds[0]) {
		t.Error("a has what it purged")
	}
	must(t, a.Delete(ctx, ds[0])) // another deletion than the one before
	if left := a.Restorable(); len(left) != 2 || left[0].Digest != ds[0] || left[1].Digest != ds[1] {
		t.Errorf("a can restore %v", left)
	}
}

// TestEmptyingNeedsProof: the copy of a photo that is not deleted leaves the trash
// only when another device has just read its own.
func TestEmptyingNeedsProof(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	ds := sharedFiles(t, a, b, 4)
	meet(t, a, b)
	only := a.create("only", 900)
	must(t, a.ForceUnsave(ctx, only))
	for _, d := range ds {
		must(t, a.Unsave(ctx, d))
	}
	rotten, fine, late := ds[0], ds[1], ds[2]
	info, err := b.blobs.Info(rotten)
	must(t, err)
	must(t, os.Chmod(info.Path, 0o600))
	must(t, os.WriteFile(info.Path, photo("rotten", int(info.Size)), 0o600))
	must(t, os.Chtimes(info.Path, info.ModTime, info.ModTime))

	stays := func(d Digest, err, want error) {
		t.Helper()
		if !errors.Is(err, want) || !a.blobs.InTrash(d) {
			t.Errorf("%v: %v, want %v; in the trash: %t", d, err, want, a.blobs.InTrash(d))
		}
	}
	before := time.Now().Truncate(time.Millisecond) // as a lease tells times
	errs := a.purgeByHand(rotten, fine, only)
	stays(rotten, errs[rotten], ErrUnverified)
	stays(only, errs[only], ErrLastCopy)
	if errs[fine] != nil || a.blobs.InTrash(fine) || !b.blobs.Has(fine) {
		t.Errorf("proved: %v; in the trash: %t", errs[fine], a.blobs.InTrash(fine))
	}
	if leases := a.wantLogged(fine, "unsave emptied")[1].Leases; len(leases) != 1 || leases[0].Verified.Before(before) {
		t.Errorf("relied on %+v", leases)
	}
	until(t, "a knows what b has found", func() bool { return !a.holds(b, rotten) }, a, b)
	a.later(t, rotten)
	until(t, "the good copy comes back from the trash of a", func() bool { return a.entry(rotten).Here() }, a, b)

	b.skew.Store(int64(10 * time.Minute)) // its promise is that much later than its look
	stays(late, a.purgeByHand(late)[late], ErrUnverified)
	a.net.part(a, b, true)
	stays(late, a.purgeByHand(late)[late], ErrUnverified)
}

// TestOlderDeviceProvesNothingForThePurge: it would not read its copy for it.
func TestOlderDeviceProvesNothingForThePurge(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	d := sharedFiles(t, a, b, 1)[0]
	c := a.counts()
	meet(t, a, b)
	must(t, a.Unsave(testContext(t), d))
	c.refuse("leases")
	if err := a.purgeByHand(d)[d]; !errors.Is(err, ErrUnverified) || !a.blobs.InTrash(d) {
		t.Errorf("err = %v", err)
	}
}

// TestRestoredIsNotEmptied: what is about to come back stays in the trash, also when
// another device has it.
func TestRestoredIsNotEmptied(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := sharedFiles(t, a, b, 1)[0]
	must(t, a.Delete(ctx, d))
	until(t, "both follow", func() bool { return a.blobs.InTrash(d) && b.blobs.InTrash(d) }, a, b)
	a.mirror.claim(d) // nothing follows the record
	must(t, a.unbury(ctx, []Digest{d}))
	until(t, "b has it back", func() bool { return b.entry(d).Here() && a.holds(b, d) }, a, b)
	if err := a.purgeByHand(d)[d]; !errors.Is(err, ErrComingBack) || !a.blobs.InTrash(d) {
		t.Errorf("err = %v, in the trash: %t", err, a.blobs.InTrash(d))
	}
	a.mirror.release(d)
	a.stirred.add(d)
	until(t, "it is back", func() bool { return a.entry(d).Here() }, a)
}

// TestFailedPurgeIsToldOf: what stays in the trash is told of again, after it was told
// to be gone.
func TestFailedPurgeIsToldOf(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	d := a.create("photo", 500)
	must(t, a.Delete(testContext(t), d))
	until(t, "it is in the trash", func() bool { return a.mirror.trashed(d) != "" }, a)
	before := a.ownWord(d)
	if before.Trashed <= notInTrash {
		t.Fatalf("deleted: %+v", before)
	}
	a.removals.mu.Lock()
	a.removals.path = filepath.Join(t.TempDir(), "gone", "removals")
	if a.removals.file != nil {
		must(t, a.removals.file.Close())
		a.removals.file = nil
	}
	a.removals.mu.Unlock()
	if err := a.purgeByHand(d)[d]; err == nil || !a.blobs.InTrash(d) {
		t.Errorf("purged without a log: %v, in the trash: %t", err, a.blobs.InTrash(d))
	}
	until(t, "it is told of again", func() bool { own := a.ownWord(d); return own.Trashed > notInTrash && own.N == before.N+2 }, a)
}

// TestPurgeIsToldFirst: where a record cannot say that the trash no longer has the
// bytes, they stay.
func TestPurgeIsToldFirst(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	d := a.create("photo", 500)
	must(t, a.Delete(testContext(t), d))
	until(t, "it is in the trash", func() bool { return a.mirror.trashed(d) != "" }, a)
	a.misname(d, "z/z", func(*fileRecord) {})
	if err := a.purgeByHand(d)[d]; !errors.Is(err, ErrInvalid) || !a.blobs.InTrash(d) {
		t.Errorf("purged without a record: %v, in the trash: %t", err, a.blobs.InTrash(d))
	}
	a.wantLogged(d, "delete")
}

// TestStillPurgeable: what was proved may no longer hold when the bytes are to go.
func TestStillPurgeable(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	d := a.create("photo", 500)
	alive := a.entry(d)
	must(t, a.Delete(testContext(t), d))
	deleted := a.entry(d)
	must(t, a.Restore(testContext(t), d))
	check := func(what string, e Entry, age time.Duration, awaited []Digest, want error) {
		t.Helper()
		if err := a.stillPurgeable(&removal{Entry: e, began: a.now().Add(-age)}, awaited); !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	check("proved just now", alive, 0, nil, nil)
	check("proved too long ago", alive, leaseTime, nil, ErrUnverified)
	check("restored meanwhile", deleted, 0, nil, ErrComingBack)
	check("on its way back", alive, 0, []Digest{d}, ErrComingBack)
	must(t, a.Delete(testContext(t), d))
	check("deleted, however long ago", deleted, leaseTime, nil, nil)
	check("deleted meanwhile", alive, 0, nil, ErrComingBack)
	check("unknown", Entry{}, 0, nil, ErrNotFound)
}

// TestEmptiedByDeletion: what a person has purged is noted by the deletion it was after,
// also through a restart, for as long as that can be undone.
func TestEmptiedByDeletion(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "emptied.json")
	n, err := openEmptied(path)
	must(t, err)
	d, other, now := Digest{1}, Digest{2}, time.UnixMilli(1e12)
	at := stamp{id(1), toMillis(now)}
	must(t, n.note(map[Digest]stamp{d: at}, now))
	deleted := func(s stamp) *Stamp { e := s.export(); return &e }
	for range 2 {
		for _, tt := range []struct {
			what string
			d    Digest
			at   *Stamp
			want bool
		}{
			{"that deletion", d, deleted(at), true},
			{"another file", other, deleted(at), false},
			{"a later deletion", d, deleted(stamp{at.By, at.At + 1}), false},
			{"that of another device", d, deleted(stamp{id(2), at.At}), false},
			{"not deleted", d, nil, false},
		} {
			if got := n.has(tt.d, tt.at); got != tt.want {
				t.Errorf("%s: %t", tt.what, got)
			}
		}
		n, err = openEmptied(path)
		must(t, err)
	}
	must(t, n.note(map[Digest]stamp{other: at}, now.Add(trashAge)))
	if !n.has(d, deleted(at)) {
		t.Error("forgotten within 30 days")
	}
	must(t, n.note(map[Digest]stamp{other: at}, now.Add(trashAge+time.Second)))
	if n.has(d, deleted(at)) || len(n.at) != 0 {
		t.Errorf("still noted after 30 days: %v", n.at)
	}
}
