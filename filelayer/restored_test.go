package filelayer

import (
	"testing"
)

// sound fails when a check finds anything.
func (d *device) sound(files int) {
	d.t.Helper()
	result, err := d.Check(testContext(d.t), CheckOptions{ReadData: true}, func(p Problem) { d.t.Errorf("problem: %+v", p) })
	must(d.t, err)
	if result.Files != files || result.Waiting != 0 {
		d.t.Errorf("Check = %+v, want %d files", result, files)
	}
}

// Once a restore returns, the bytes in the trash here are back, and claimed.
func TestRestoredIsHereAtOnce(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	ctx := testContext(t)
	var ds []Digest
	for i := range 40 {
		ds = append(ds, a.create("photo", 500+i))
	}
	must(t, a.Delete(ctx, ds...))
	a.mirror.claim(ds...) // nothing follows the records
	must(t, a.Restore(ctx, ds...))
	for _, d := range ds {
		if !a.blobs.Has(d) || !a.holds(a, d) || a.blobs.InTrash(d) {
			t.Fatalf("restored: %+v", a.entry(d))
		}
	}
	a.mirror.release(ds...)
	a.sound(len(ds))
}

// A restore that a crash has cut off is finished, and no problem, whether the bytes
// were still in the trash, or back and not yet claimed.
func TestCheckAfterCrashInARestore(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	ctx := testContext(t)
	inTrash, back := a.create("in the trash", 500), a.create("back", 501)
	must(t, a.Delete(ctx, inTrash, back))
	a.mirror.claim(inTrash, back) // nothing follows the records
	must(t, a.unbury(ctx, []Digest{inTrash, back}))
	_, err := a.blobs.Untrash(back)
	must(t, err)
	a.stop()
	a.open()
	a.mirror.claim(inTrash, back) // nor after the start, before the check
	a.run()
	a.mirror.mu.Lock()
	clear(a.mirror.claims)
	a.mirror.mu.Unlock()
	a.sound(2)
	until(t, "both are claimed", func() bool { return a.holds(a, inTrash) && a.holds(a, back) }, a)
}
