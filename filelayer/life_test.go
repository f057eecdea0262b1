package filelayer

import (
	"errors"
	"os"
	"testing"
)

// TestLife goes through what two devices do together.
func TestLife(t *testing.T) {
	t.Parallel()
	o := newOverlay()
	a, b := newDevice(t, o, "laptop"), newDevice(t, o, "desktop")
	ctx := testContext(t)
	d := a.create("first", 300_000)
	data := photo("first", 300_000)
	pair(t, a, b)

	until(t, "b sees the file", func() bool { return b.sees(d) }, b)
	if e := b.entry(d); e.Here() || len(e.HolderIDs()) != 1 || e.HolderIDs()[0] != a.id {
		t.Fatalf("entry on b = %+v", e)
	}
	b.wantBytes(d, data) // a temporary copy
	if b.entry(d).Here() {
		t.Fatal("Fetch made a copy in the library")
	}
	if err := a.Unsave(ctx, d); !errors.Is(err, ErrLastCopy) {
		t.Fatalf("Unsave of the last copy = %v", err)
	}

	e, err := b.Save(ctx, d)
	must(t, err)
	got, err := os.ReadFile(e.Path)
	must(t, err)
	if digestOf(got) != d {
		t.Fatal("saved bytes differ")
	}
	until(t, "a knows the copy of b", func() bool { return a.holds(b, d) }, a)
	must(t, a.Unsave(ctx, d))
	if a.entry(d).Here() {
		t.Fatal("still here after Unsave")
	}
	var copies *CopiesError
	if err := b.Unsave(ctx, d); !errors.Is(err, ErrLeased) {
		t.Fatalf("Unsave of a leased copy = %v", err)
	}
	until(t, "b knows that a has none", func() bool { return !b.holds(a, d) }, b)
	a.wantBytes(d, data)

	b2 := b.create("second", 10_000)
	until(t, "a sees the second", func() bool { return a.sees(b2) }, a)
	if err := b.Unsave(ctx, b2); !errors.As(err, &copies) || !errors.Is(err, ErrLastCopy) || copies.Need != 1 {
		t.Fatalf("Unsave of the last copy = %v", err)
	}
	if !b.entry(b2).Here() {
		t.Fatal("a refused Unsave removed the copy")
	}

	must(t, a.Delete(ctx, b2))
	until(t, "b moved its copy to the trash", func() bool { return !b.sees(b2) && !b.entry(b2).Here() }, b)
	if _, err := a.Fetch(ctx, b2); !errors.Is(err, ErrDeleted) {
		t.Fatalf("Fetch of a deleted file = %v", err)
	}
	if len(a.Deleted()) != 1 || a.Deleted()[0].Deleted.By != a.id {
		t.Fatalf("Deleted = %+v", a.Deleted())
	}
	must(t, a.Restore(ctx, b2))
	until(t, "b brought it back", func() bool { return b.sees(b2) && b.entry(b2).Here() && b.holds(b, b2) }, b)
	until(t, "a knows that b has it again", func() bool { return a.holds(b, b2) }, a)
	a.wantBytes(b2, photo("second", 10_000))

	third := b.create("third", 1000)
	until(t, "a sees the third", func() bool { return a.sees(third) }, a)
	must(t, b.Rename(ctx, "tower"))
	until(t, "a knows the new name", func() bool { return a.deviceName(b.id) == "tower" }, a)
	must(t, a.RemoveDevice(ctx, b.id))
	if a.holds(b, d) || len(a.Devices()) != 1 {
		t.Fatal("copies of a removed device count")
	}
	until(t, "b is expelled", func() bool { return !b.node.Online(a.id) }, a, b)
	if _, err := a.Save(ctx, third); !errors.Is(err, ErrNoHolder) {
		t.Fatalf("Save of what only a removed device holds = %v", err)
	}
}
