package filelayer

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
)

// Tests of the rules that keep photos safe, against devices that are paired
// and do what they must not, and against clocks and restarts.

// forge lets a device write what it likes into records.
func (d *device) forge(ds []Digest, change func(r *fileRecord)) {
	d.t.Helper()
	must(d.t, d.amend(testContext(d.t), ds, func(_ Digest, r *fileRecord, _ bool) bool {
		change(r)
		return true
	}))
}

// TestForgedOwnDeletions: tombstones in this device's name are held as
// another's are, unless this device made them.
func TestForgedOwnDeletions(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := sharedFiles(t, a, b, heldFloor+10)
	b.forge(ds, func(r *fileRecord) { r.Deleted = &stamp{a.id, r.Added.At + 5} })
	until(t, "the tombstones are known", func() bool { return len(a.Deleted()) == len(ds) }, a)
	until(t, "they are held", func() bool { return len(a.HeldDeletions()) == len(ds) }, a)
	for _, d := range ds {
		if !a.blobs.Has(d) {
			t.Fatal("a forged tombstone took a copy")
		}
	}
}

// TestStampsFarAhead: no device can end a file for good by a stamp that nobody
// can outdo.
func TestStampsFarAhead(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	ds := sharedFiles(t, a, b, 3)
	b.forge(ds[:1], func(r *fileRecord) { r.Deleted = &stamp{b.id, maxMillis - 1} })
	b.forge(ds[1:2], func(r *fileRecord) {
		r.Added.At = maxMillis - 2
		r.Deleted = &stamp{b.id, maxMillis - 1}
	})
	must(t, b.Delete(ctx, ds[2]))
	until(t, "the last deletion has come", func() bool { return !a.sees(ds[2]) }, a)
	for _, d := range ds[:2] {
		if !a.sees(d) || !a.blobs.Has(d) {
			t.Error("an absurd stamp was believed")
		}
	}
	skewed := after(b.id, time.Now().AddDate(5, 0, 0))
	b.forge(ds[2:], func(r *fileRecord) { r.Deleted, r.Added = &skewed, after(b.id, time.Now().AddDate(4, 0, 0), r.Deleted) })
	until(t, "a clock that is years ahead is put up with", func() bool { return a.entry(ds[2]).Deleted.At.Equal(skewed.At.time()) }, a)
	must(t, a.Restore(ctx, ds[2]))
	until(t, "restored here and there", func() bool { return a.entry(ds[2]).Here() && b.entry(ds[2]).Here() }, a, b)
}

// TestCountsFarAhead: a device cannot use up another's count, so that it could
// say nothing more.
func TestCountsFarAhead(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := sharedFiles(t, a, b, 1)[0]
	b.forge([]Digest{d}, func(r *fileRecord) { r.Devices.Set(a.id, holding{Saved: true, N: int64(maxMillis), Verified: 1}) })
	must(t, b.amendDevice(ctx, a.id, func(r *deviceRecord, _ bool) bool {
		r.Name, r.N = "forged", int64(maxMillis)
		return true
	}))
	last := b.create("last", 10)
	until(t, "what came after has come", func() bool { return a.sees(last) }, a)
	must(t, a.Unsave(ctx, d))
	if a.holds(a, d) {
		t.Error("still claimed")
	}
	must(t, a.Rename(ctx, "mine"))
	a.restart()
	if name := a.deviceName(a.id); name != "a" { // as its options say
		t.Errorf("name = %q", name)
	}
}

func TestHugeDocumentIsRefused(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	doc := append([]byte(`{"name":"x","size":1,"type":"","time":1,"added":{"by":"`+a.id+`","at":5},"devices":{},"junk":"`),
		slices.Repeat([]byte("x"), 2<<20)...)
	if err := a.accept(a.files)(id(1), append(doc, `"}`...)); err == nil {
		t.Error("accepted")
	}
	if err := a.accept(a.files)(id(1), append(doc[:200], `"}`...)); err != nil {
		t.Errorf("a small one with a member more = %v", err)
	}
}

// TestRestoreBringsBackOneCopy: what was only unsaved here stays in the trash
// when another device has the bytes, and comes back when none does.
func TestRestoreBringsBackOneCopy(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := sharedFiles(t, a, b, 1)[0]
	must(t, a.Unsave(ctx, d))
	must(t, a.Delete(ctx, d))
	until(t, "deleted on b", func() bool { return !b.sees(d) }, b)
	until(t, "b does not claim it", func() bool { return !a.holds(b, d) }, a)
	must(t, a.Restore(ctx, d))
	until(t, "b has it again", func() bool { return b.entry(d).Here() && a.holds(b, d) }, a, b)
	if e := a.entry(d); e.Here() || e.Holders.Of(a.id).Saved {
		t.Errorf("unsaved here, and back: %+v", e)
	}
	a.later(t, d)
	if e := a.entry(d); e.Here() || e.Holders.Of(a.id).Saved {
		t.Errorf("back after a while, and not needed: %+v", e)
	}
	must(t, a.RemoveDevice(ctx, b.id)) // with the only copy
	a.later(t, d)
	until(t, "the one in the trash is needed", func() bool { return a.entry(d).Here() && a.holds(a, d) }, a)
}

// later lets a device look at a file again after spareGrace.
func (d *device) later(t *testing.T, digest Digest) {
	t.Helper()
	for range 2 {
		if _, err := d.settle(testContext(t), []Digest{digest}); err != nil {
			t.Fatal(err)
		}
		d.skew.Add(int64(spareGrace))
	}
}

// TestForcedCopyComesBackByRestoreAlone: a forced removal stands until a person
// restores the file, wherever.
func TestForcedCopyComesBackByRestoreAlone(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := a.show(b, "photo", 1000)
	must(t, a.ForceUnsave(ctx, d))
	a.later(t, d)
	a.restart()
	a.later(t, d)
	if a.entry(d).Here() || a.entry(d).Holders.Of(a.id).Saved {
		t.Fatal("back by itself")
	}
	meet(t, a, b)
	must(t, b.Delete(ctx, d))
	must(t, b.Restore(ctx, d))
	until(t, "a knows", func() bool { return a.entry(d).Added.By == b.id }, a)
	a.later(t, d)
	until(t, "a has the bytes again", func() bool { return a.entry(d).Here() && a.holds(a, d) }, a)
}

// TestNothingAwaitedIsPurged: what is about to come back from the trash holds
// up the purge.
func TestNothingAwaitedIsPurged(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	ctx := testContext(t)
	d, other := a.create("photo", 1000), a.create("other", 1000)
	must(t, a.Delete(ctx, d, other))
	until(t, "both are in the trash", func() bool { return a.blobs.InTrash(d) && a.blobs.InTrash(other) }, a)
	if len(a.mirror.awaited()) != 0 {
		t.Error("a deleted file is awaited")
	}
	a.mirror.claim(d)                   // nothing follows the record
	must(t, a.unbury(ctx, []Digest{d})) // as a restore that stopped here
	if got := a.mirror.awaited(); !slices.Equal(got, []Digest{d}) {
		t.Errorf("awaited = %v", got)
	}
	must(t, a.loadTrash())
	must(t, a.purge(ctx, 0)) // of whatever age
	if a.mirror.trashed(d) != trashDeleted || !a.blobs.InTrash(d) {
		t.Error("the trash is forgotten")
	}
	if a.blobs.InTrash(other) {
		t.Error("what nobody awaits stays for its sake")
	}
}

func TestDamagedHoldHoldsAll(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "deletions.json")
	must(t, os.WriteFile(path, []byte(`{"held":{"x`), 0o600))
	h, err := openHeld(path)
	must(t, err)
	one := []Digest{{1}}
	if let, err := h.judge(one, 1000, time.Now()); err != nil || len(let) != 0 {
		t.Fatalf("judge = %v, %v", let, err)
	}
	h, err = openHeld(path) // what was held is known again
	must(t, err)
	if got := h.list(); !slices.Equal(got, one) {
		t.Fatalf("held = %v", got)
	}
	must(t, h.agree(one))
	if let, err := h.judge(append(one, Digest{2}), 1000, time.Now()); err != nil || len(let) != 2 {
		t.Errorf("after agreement: judge = %v, %v", let, err)
	}
}

// TestForgedSizeIsCorrected: whoever has the bytes knows how many they are.
func TestForgedSizeIsCorrected(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	d := a.show(b, "photo", 5000)
	b.forge([]Digest{d}, func(r *fileRecord) { r.Size = 1 << 40 })
	until(t, "corrected", func() bool { return b.entry(d).Size == 5000 && a.entry(d).Size == 5000 }, a, b)
	_, err := b.Save(testContext(t), d)
	must(t, err)
}

func TestRosterIsBounded(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	for i := range maxRoster - 1 {
		a.mirror.joinDevice(id(i+1), deviceRecord{Added: stamp{id(1), 5}, Removed: &stamp{id(1), 6}})
	}
	one := deviceRecord{Name: "x", Added: stamp{id(1), 5}}
	if err := a.boundDevice(id(maxRoster), one); !errors.Is(err, ErrInvalid) {
		t.Errorf("one more = %v", err)
	}
	if err := a.boundDevice(id(1), one); err != nil {
		t.Errorf("one that is known = %v", err)
	}
}

// TestScrubHeals: bytes that rot unseen are found, and fetched again.
func TestScrubHeals(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := sharedFiles(t, a, b, 1)[0]
	info, err := a.blobs.Info(d)
	must(t, err)
	must(t, os.Chmod(info.Path, 0o600))
	must(t, os.WriteFile(info.Path, photo("rotten", int(info.Size)), 0o600))
	must(t, os.Chmod(info.Path, 0o444))
	must(t, os.Chtimes(info.Path, info.ModTime, info.ModTime))

	var rests []time.Duration
	rest := func(_ context.Context, d time.Duration) error {
		rests = append(rests, d)
		return nil
	}
	a.scrub(ctx, rest)
	if len(rests) != 0 {
		t.Fatal("a copy that was just checked is read again")
	}
	a.skew.Add(int64(scrubAge + time.Minute))
	a.scrub(ctx, rest)
	if len(rests) != 1 || rests[0] <= 0 || rests[0] > time.Second {
		t.Errorf("rests = %v", rests)
	}
	if found, _ := a.Rot(); found != 1 {
		t.Errorf("%d rotten copies are told", found)
	}
	until(t, "healed", func() bool { return a.entry(d).Here() && a.holds(a, d) }, a)
	if found, healed := a.Rot(); found != 1 || healed != 1 {
		t.Errorf("%d of %d rotten copies are told to be whole again", healed, found)
	}
	a.wantBytes(d, photo("shared0", int(info.Size)))
	a.wantLogged(d, "rotten")
}

// TestThreeUnsaveAtOnce: however three devices ask each other, one keeps it.
func TestThreeUnsaveAtOnce(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := sharedFiles(t, a, b, 20)
	c := a.invite("c")
	until(t, "c sees all, and b", func() bool { return len(c.Entries()) == len(ds) && c.Online(b.id) && b.Online(c.id) }, b, c)
	must(t, c.SaveAll(testContext(t), ds, nil))
	for _, d := range ds {
		var wg sync.WaitGroup
		for _, x := range []*device{a, b, c} {
			wg.Go(func() { _ = x.Unsave(testContext(t), d) }) // refused or not
		}
		wg.Wait()
		if !a.blobs.Has(d) && !b.blobs.Has(d) && !c.blobs.Has(d) {
			t.Fatal("no copy is left")
		}
	}
}

// TestLeaseOutlastsADeletion: a lease that was granted holds when the file is
// deleted meanwhile, so that a restored file has its bytes.
func TestLeaseOutlastsADeletion(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := sharedFiles(t, a, b, 1)[0]
	granted := a.Layer.lease
	a.Layer.lease = func(ctx context.Context, id, removal string, e Entry) (proof, error) {
		verified, err := granted(ctx, id, removal, e)
		if err == nil {
			err = b.Delete(ctx, d)
		}
		return verified, err
	}
	if err := a.Unsave(ctx, d); err != nil && !errors.Is(err, blob.ErrNotFound) { // the deletion may be faster
		t.Fatal(err)
	}
	if !b.blobs.Has(d) {
		t.Fatal("b broke its lease")
	}
	until(t, "a knows the deletion", func() bool { return !a.sees(d) }, a)
	must(t, a.Restore(ctx, d))
	until(t, "b claims it again", func() bool { return b.sees(d) && b.holds(b, d) && b.entry(d).Here() }, b)
}

// TestLostDatabase: with its records gone, a device keeps what it has, says so
// again, and learns what was deleted from the others.
func TestLostDatabase(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	ds := sharedFiles(t, a, b, 3)
	own := a.create("own", 1000)
	until(t, "b sees it", func() bool { return b.sees(own) }, b)
	a.net.part(a, b, true)
	must(t, b.Delete(ctx, ds[0]))
	a.stop()
	must(t, os.RemoveAll(filepath.Join(a.opts.Dir, "db")))
	a.open()
	a.run()
	until(t, "all is claimed anew", func() bool {
		return len(a.Entries()) == 4 && !slices.ContainsFunc(a.Entries(), func(e Entry) bool { return !e.Here() || !e.Holders.Of(a.id).Holds() })
	}, a)
	a.net.part(a, b, false)
	pair(t, a, b)
	until(t, "the deletion has come", func() bool { return !a.sees(ds[0]) && !a.entry(ds[0]).Here() }, a)
	until(t, "b knows what a has", func() bool { return b.holds(a, own) && b.holds(a, ds[1]) && a.holds(b, ds[1]) }, a, b)
	until(t, "one lifecycle counts", func() bool { return a.entry(own).Added == b.entry(own).Added }, a, b)
	if !a.blobs.InTrash(ds[0]) {
		t.Error("what was deleted is not in the trash")
	}
	must(t, a.Unsave(ctx, ds[2]))
}

// TestRestoredDatabase: with records from a backup, a device loses nothing that
// has come since, and what was restored since comes back.
func TestRestoredDatabase(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	ds := sharedFiles(t, a, b, 4)
	back, dropped, deleted, kept := ds[0], ds[1], ds[2], ds[3]
	must(t, a.Delete(ctx, back))
	until(t, "deleted on b", func() bool { return !b.sees(back) && !b.entry(back).Here() }, b)
	db, backup := filepath.Join(a.opts.Dir, "db"), filepath.Join(t.TempDir(), "db")
	a.restartWith(func() {}) // so that all is in its files
	a.stop()
	must(t, os.CopyFS(backup, os.DirFS(db)))
	a.start()
	meet(t, a, b)
	must(t, a.Restore(ctx, back))
	must(t, a.Delete(ctx, deleted))
	must(t, a.Unsave(ctx, dropped))
	own := a.create("own", 1000)
	until(t, "b knows all that", func() bool {
		return b.sees(own) && b.entry(back).Here() && !b.sees(deleted) && !b.holds(a, dropped)
	}, b)
	until(t, "it is back on a", func() bool { return a.entry(back).Here() }, a)
	a.stop()
	must(t, os.RemoveAll(db))
	must(t, os.CopyFS(db, os.DirFS(backup)))
	a.net.part(a, b, true)
	a.start()
	until(t, "what is here is claimed anew", func() bool { return a.holds(a, own) && a.holds(a, kept) }, a)
	if !a.blobs.Has(back) && !a.blobs.InTrash(back) {
		t.Error("what was restored since is lost")
	}
	a.net.part(a, b, false)
	until(t, "a and b agree again", func() bool {
		return a.entry(back).Here() && a.holds(b, back) && b.holds(a, own) && b.holds(a, kept) && !a.sees(deleted) && !a.entry(deleted).Here()
	}, a, b)
	for _, d := range []Digest{back, dropped, kept, own} {
		if copies(d, a, b) == 0 {
			t.Errorf("%s is lost", a.entry(d).Name)
		}
	}
}
