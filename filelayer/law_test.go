package filelayer

import (
	"slices"
	"testing"
	"time"
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
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	pair(t, a, b)
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
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	pair(t, a, b)
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
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	pair(t, a, b)
	ctx := testContext(t)
	d := sharedFiles(t, a, b, 1)[0]
	b.forge([]Digest{d}, func(r *fileRecord) { r.Devices[a.id] = holding{Saved: true, N: int64(maxMillis), Verified: 1} })
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
