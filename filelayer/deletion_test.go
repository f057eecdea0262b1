package filelayer

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestMassDeletionWaitsForAPerson(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	ds := sharedFiles(t, a, b, 40)

	few := ds[:heldFloor]
	must(t, a.Delete(ctx, few...))
	until(t, "a few are deleted at once", func() bool {
		return !slices.ContainsFunc(few, func(d Digest) bool { return b.entry(d).Here() })
	}, b)
	many := ds[heldFloor:]
	must(t, a.Delete(ctx, many...))
	until(t, "the others are held", func() bool { return len(b.HeldDeletions()) == len(many) }, b)
	for _, d := range many {
		if !b.blobs.Has(d) || b.sees(d) {
			t.Fatal("a held copy is gone, or shown as not deleted")
		}
	}
	b.restart()
	until(t, "still held after a restart", func() bool { return len(b.HeldDeletions()) == len(many) }, b)
	meet(t, a, b)

	saved := many[0]
	must(t, b.Restore(ctx, saved))
	until(t, "a restored one is not held", func() bool {
		return len(b.HeldDeletions()) == len(many)-1 && b.entry(saved).Here() && b.holds(b, saved)
	}, b)
	must(t, b.AgreeDeletions(ctx))
	for _, d := range many[1:] {
		if b.blobs.Has(d) || b.entry(d).Here() {
			t.Fatal("agreed, and still here")
		}
	}
	if len(b.HeldDeletions()) != 0 || !b.blobs.Has(saved) {
		t.Error("not as agreed")
	}
	must(t, b.Restore(ctx, many[1])) // still in the trash of both
	until(t, "restored everywhere", func() bool { return b.entry(many[1]).Here() && a.entry(many[1]).Here() }, a, b)
}

// Held copies are checked like others, and one that was lost meanwhile is still to be
// decided: restored it is fetched again, agreed to it is told of no more.
func TestHeldCopiesAreChecked(t *testing.T) {
	t.Parallel()
	for _, restore := range []bool{true, false} {
		t.Run(map[bool]string{true: "restored", false: "agreed"}[restore], func(t *testing.T) {
			t.Parallel()
			a, b := newPair(t)
			ctx := testContext(t)
			ds := sharedFiles(t, a, b, heldFloor+2)
			deletion := a.do(ActionDelete, ds...)
			held := func() bool { return len(b.HeldDeletions()) == len(ds) }
			until(t, "b holds them", held, b)
			rotten, gone := ds[0], ds[1]
			rots, goes := b.entry(rotten).Path, b.entry(gone).Path
			b.restartWith(func() {
				lieAt(t, rots, flip)
				must(t, os.Remove(goes))
			})
			meet(t, a, b)
			lost := func() bool { return !b.holds(b, rotten) && !b.holds(b, gone) }
			for _, when := range []string{"at once", "again", "after a restart"} {
				want := map[Digest]bool{rotten: true, gone: true}
				result, err := b.Check(ctx, CheckOptions{ReadData: true}, func(p Problem) {
					if !want[p.Digest] || p.Coming || !strings.Contains(p.Err.Error(), "waits for you") {
						t.Errorf("%s: problem %+v", when, p)
					}
				})
				if err != nil || result.Files != len(ds) || result.Problems != 2 {
					t.Errorf("%s: %+v, %v", when, result, err)
				}
				until(t, "the record follows", lost, b)
				if when == "again" {
					b.restart()
				}
				until(t, "all are held", held, b)
			}
			if restore {
				if u := b.undoes(deletion); u.Done != len(ds) || u.Held != len(ds) {
					t.Errorf("undo = %+v", u)
				}
				until(t, "b has all again", b.all(ds, isHere), a, b)
				return
			}
			must(t, b.AgreeDeletions(ctx))
			until(t, "b keeps no wish", func() bool {
				return len(b.HeldDeletions()) == 0 && !b.entry(gone).Holders.Of(b.id).Saved && !b.entry(ds[2]).Kept()
			}, b)
		})
	}
}

func TestOwnDeletionsAreNotHeld(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	ctx := testContext(t)
	var ds []Digest
	batch := a.NewBatch()
	for i := range heldFiles + 10 {
		e, err := batch.Create(ctx, bytes.NewReader(photo(strconv.Itoa(i), 50)), Metadata{Name: "p.jpg"})
		must(t, err)
		ds = append(ds, e.Digest)
	}
	must(t, batch.Commit(ctx))
	if len(a.Entries()) != len(ds) {
		t.Fatalf("%d entries", len(a.Entries()))
	}
	must(t, a.Delete(ctx, ds...))
	if len(a.HeldDeletions()) != 0 || len(a.Entries()) != 0 || a.mirror.localCount() != 0 {
		t.Error("own deletions did not happen")
	}
}

// TestDeletedAndCreatedAgain begins a new lifecycle, which wins everywhere.
func TestDeletedAndCreatedAgain(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := sharedFiles(t, a, b, 1)[0]
	must(t, a.Delete(ctx, d))
	until(t, "gone on b", func() bool { return !b.sees(d) && !b.entry(d).Here() }, b)
	before := b.entry(d).Added
	e, err := b.Create(ctx, bytes.NewReader(photo("shared0", 1000)), Metadata{Name: "again.jpg"})
	must(t, err)
	if e.Digest != d || e.Name != "again.jpg" || !e.Added.At.After(before.At) {
		t.Fatalf("created again: %+v", e)
	}
	until(t, "a has it from its trash", func() bool { return a.sees(d) && a.entry(d).Here() && a.entry(d).Name == "again.jpg" }, a)
}

// TestCrashInADeletion stops between the tombstone and the trash.
func TestCrashInADeletion(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	d := a.create("photo", 100)
	a.mirror.claim(d) // nothing follows the record
	must(t, a.Delete(testContext(t), d))
	if !a.blobs.Has(d) {
		t.Fatal("the claim did not hold")
	}
	a.restart()
	until(t, "the bytes follow", func() bool { return !a.blobs.Has(d) && !a.entry(d).Here() }, a)
	if a.holds(a, d) || !a.blobs.InTrash(d) {
		t.Error("not in the trash")
	}
}

func TestJudgeDeletions(t *testing.T) {
	t.Parallel()
	type step struct {
		delete, here int
		after        time.Duration
		let          int
	}
	tests := []struct {
		name  string
		steps []step
	}{
		{"a small library is not stuck", []step{{10, 10, 0, 10}}},
		{"half of a small library", []step{{11, 20, 0, 0}}},
		{"under 5 percent", []step{{25, 500, 0, 25}}},
		{"over 5 percent", []step{{26, 500, 0, 0}}},
		{"fifty of many", []step{{50, 100_000, 0, 50}}},
		{"more than fifty", []step{{51, 100_000, 0, 0}}},
		{"in slices", []step{{40, 100_000, 0, 40}, {11, 99_960, time.Minute, 0}}},
		{"over a long time", []step{{40, 100_000, 0, 40}, {40, 99_960, 2 * heldSpan, 40}}},
		{"nothing passes what is held", []step{{60, 1000, 0, 0}, {1, 1000, 2 * heldSpan, 0}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "deletions.json")
			now, next := time.Now(), byte(0)
			for i, s := range tt.steps {
				h, err := openHeld(path) // each after a restart
				must(t, err)
				var ds []Digest
				for j := range s.delete {
					ds = append(ds, Digest{next, byte(j)})
				}
				next++
				now = now.Add(s.after)
				let, err := h.judge(ds, s.here, now)
				must(t, err)
				if len(let) != s.let {
					t.Errorf("step %d: %d let through, want %d", i, len(let), s.let)
				}
			}
		})
	}
}

// TestRestoreOfWhatStayed: bytes that could not be moved to the trash are a copy
// again as soon as the file is restored.
func TestRestoreOfWhatStayed(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	ctx := testContext(t)
	d := a.create("leased", 100)
	_, err := a.blobs.GrantLease(d, "other", time.Now().Add(time.Hour))
	must(t, err)
	must(t, a.Delete(ctx, d))
	if !a.blobs.Has(d) || a.holds(a, d) {
		t.Fatalf("not deleted with its bytes here: %+v", a.entry(d))
	}
	a.mirror.claim(d) // nothing follows the record, as if the device stopped now
	must(t, a.Restore(ctx, d))
	if !a.holds(a, d) {
		t.Errorf("restored: %+v", a.entry(d))
	}
	if _, err := a.Check(ctx, CheckOptions{}, func(p Problem) { t.Errorf("problem: %+v", p) }); err != nil {
		t.Error(err)
	}
}

// TestRestoredWhileItGoes: a plan to move bytes to the trash, and an agreement to
// do so, may be older than the restored record.
func TestRestoredWhileItGoes(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	ctx := testContext(t)
	restored, deleted := a.create("restored", 100), a.create("deleted", 100)
	a.mirror.claim(restored, deleted) // nothing follows the records
	must(t, a.Delete(ctx, restored, deleted))
	must(t, a.held.hold([]Digest{restored, deleted}))
	must(t, a.Restore(ctx, restored))
	must(t, a.AgreeDeletions(ctx))
	if a.held.agreed[restored] || !a.held.agreed[deleted] {
		t.Errorf("agreed to: %v", a.held.agreed)
	}
	later, err := a.dropDeleted(ctx, []Digest{restored, deleted})
	if err != nil || len(later) != 0 {
		t.Errorf("left for later: %v, %v", later, err)
	}
	if !a.blobs.Has(restored) || !a.holds(a, restored) {
		t.Error("a restored file went to the trash")
	}
	if a.blobs.Has(deleted) || a.holds(a, deleted) {
		t.Error("a deleted file stayed")
	}
}
