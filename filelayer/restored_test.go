package filelayer

import (
	"bytes"
	"errors"
	"strconv"
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

// A restore of what another device has just restored brings back what the trash here
// has, too.
func TestRestoredElsewhereFirst(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	ctx := testContext(t)
	d := a.create("photo", 500)
	must(t, a.Delete(ctx, d))
	a.mirror.claim(d) // nothing follows the record
	must(t, a.amend(ctx, []Digest{d}, func(_ Digest, r *fileRecord, _ bool) bool {
		r.Added = after(id(2), a.now(), &r.Added, r.Deleted)
		r.Deleted = nil
		return true
	}))
	a.RestoreSome(ctx, []Digest{d}, func(_ Digest, err error) { must(t, err) })
	if !a.blobs.Has(d) || !a.holds(a, d) {
		t.Errorf("restored: %+v", a.entry(d))
	}
	a.mirror.release(d)
	a.sound(1)
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
	a.stirred.add(inTrash, back) // as the end of a claim does
	until(t, "both are claimed", func() bool { return a.holds(a, inTrash) && a.holds(a, back) }, a)
}

// A restore of many tells of each file once it is back, and not only when all are.
func TestRestoreTellsHowFarItIs(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	ctx := testContext(t)
	ds := make([]Digest, restoreBatch+1)
	batch := a.NewBatch()
	for i := range ds {
		e, err := batch.Create(ctx, bytes.NewReader(photo(strconv.Itoa(i), 50)), Metadata{Name: "p.jpg"})
		must(t, err)
		ds[i] = e.Digest
	}
	must(t, batch.Commit(ctx))
	must(t, a.Delete(ctx, ds...))
	until(t, "all are in the trash", func() bool { return len(a.mirror.inTrash()) == len(ds) }, a)

	last, failed := ds[restoreBatch], 0
	a.RestoreSome(ctx, []Digest{ds[0], {1}, last}, func(_ Digest, err error) { // of one of them nobody knows
		if failed++; !errors.Is(err, ErrNotFound) {
			t.Errorf("told %v", err)
		}
	})
	if failed != 3 || a.sees(ds[0]) || a.sees(last) {
		t.Errorf("after a restore that failed, which told of %d files: %+v", failed, a.entry(ds[0]))
	}

	told := 0
	a.RestoreSome(ctx, ds, func(d Digest, err error) {
		if err != nil || d != ds[told] || !a.entry(d).Kept() || !a.holds(a, d) {
			t.Errorf("told of file %d: %v, %+v", told, err, a.entry(d))
		}
		if told == 0 && a.blobs.Has(last) {
			t.Error("nothing was told before all were back")
		}
		told++
	})
	if told != len(ds) {
		t.Errorf("told of %d files, want %d", told, len(ds))
	}
}
