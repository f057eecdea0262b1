package filelayer

import (
	"context"
	"errors"
	"os"
	"testing"
)

// TestLostCopyComesOutOfTheTrash: bytes that lie in the trash since an earlier deletion,
// or unsave, count again once the copy that came after is lost: at once, and not after
// the next start.
func TestLostCopyComesOutOfTheTrash(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	ctx := testContext(t)
	deleted, lives := a.create("deleted", 500), a.create("lives", 501)
	must(t, a.Delete(ctx, deleted, lives))
	until(t, "both are in the trash", func() bool { return a.HasInTrash(deleted) && a.HasInTrash(lives) }, a)
	a.create("deleted", 500)
	a.create("lives", 501)
	if a.HasInTrash(deleted) || !a.blobs.InTrash(deleted) {
		t.Fatal("imported again, it is not both in the library and, beneath, in the trash")
	}
	for _, d := range []Digest{deleted, lives} {
		must(t, os.Remove(a.entry(d).Path))
	}
	must(t, a.Delete(ctx, deleted))
	until(t, "what lives is back", func() bool { return isHere(a.entry(lives)) }, a)
	if from := a.Remnants(deleted); len(from) != 1 || !from[0].Self {
		t.Errorf("known to have what is deleted: %+v", from)
	}
	a.RestoreSome(ctx, []Digest{deleted}, func(_ Digest, err error) { must(t, err) })
	if !isHere(a.entry(deleted)) {
		t.Error("what was restored is not here")
	}
}

// TestKeeperTakesBackRemovalsThatWait: a device that is to keep everything removes
// nothing for a wish from before, which it would fetch again, nor later.
func TestKeeperTakesBackRemovalsThatWait(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	d := sharedFiles(t, a, b, 1)[0]
	a.net.part(a, b, true)
	until(t, "b is away", func() bool { return !a.Online(b.id) }, a)
	a.wait(d)
	a.setRole(Role{Everything: true})
	until(t, "nothing waits", func() bool { return !a.waits(d) }, a)
	a.setRole(Role{})
	a.net.part(a, b, false)
	until(t, "b is back", func() bool { return a.Online(b.id) }, a)
	a.tryWhenSafe(testContext(t), d)
	a.removedNothing()
}

// TestUnsaveOfLostBytes: what another program removed is not in the trash of this
// device, and nobody is told that it is, or could be restored from there. No other
// device is asked.
func TestUnsaveOfLostBytes(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := sharedFiles(t, a, b, 1)[0]
	must(t, a.SetLimits(Limits{Paused: true})) // it does not come again before
	a.net.part(a, b, true)
	must(t, os.Remove(a.entry(d).Path))
	must(t, a.Unsave(ctx, d))
	if a.HasInTrash(d) || a.entry(d).Holders.Of(a.id).Saved {
		t.Errorf("said to be in the trash: %t, %+v", a.HasInTrash(d), a.entry(d).Holders)
	}
	a.removedNothing()
	a.net.part(a, b, false)
	until(t, "b hears of it", func() bool { return !b.holds(a, d) }, b)
	must(t, b.Delete(ctx, d))
	until(t, "a hears of the deletion", func() bool { return a.entry(d).Deleted != nil }, a)
	for _, r := range a.Remnants(d) {
		if r.Self {
			t.Errorf("known to have it: %+v", r)
		}
	}
}

// TestLostOnTheWayToTheTrash is not in the trash: what another program removes between
// the proofs and the move.
func TestLostOnTheWayToTheTrash(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := sharedFiles(t, a, b, 1)[0]
	must(t, a.SetLimits(Limits{Paused: true}))
	ask := a.Layer.lease
	a.Layer.lease = func(ctx context.Context, id, removal string, e Entry) (proof, error) {
		p, err := ask(ctx, id, removal, e)
		return p, errors.Join(err, os.Remove(e.Path))
	}
	must(t, a.Unsave(ctx, d))
	if a.HasInTrash(d) || a.blobs.InTrash(d) {
		t.Errorf("in the trash: %t, and said to be: %t", a.blobs.InTrash(d), a.HasInTrash(d))
	}
}
