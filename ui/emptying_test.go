package ui

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/app"
)

// TestEmptyTrash asks with the numbers that matter, and tells what stays.
func TestEmptyTrash(t *testing.T) {
	f := newFake(60)
	trashed(f)
	f.unsaved = []app.InTrash{{Digest: digest(20), Size: 9_000_000}}
	f.refuse[digest(20)] = app.ErrUnverified
	r := newRig(t, f, large)
	r.open("trash")
	r.tap("Empty trash")
	r.until("the question", func() bool { return len(r.modals) == 1 })
	r.wantText("Empty the trash of this computer?")
	r.wantText("15 photos (")
	r.wantText("This cannot be undone.")
	r.wantText("Other devices keep what is in their own trash until its 30 days are over")
	r.wantText("1 of these photos is not deleted")
	if text := r.purgeText([]app.InTrash{{Deleted: true, Only: true}, {Deleted: true}}); !strings.Contains(text, "1 of them is, as far as is known, in no other trash") {
		t.Errorf("of what only this trash has it says %q", text)
	}
	r.tap("Cancel")
	if n := len(f.called()); n != 0 {
		t.Fatalf("cancelled, yet %v", f.called())
	}

	r.presentGrid().grid.Select(0)
	r.gridKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	r.until("the question", func() bool { return len(r.modals) == 1 })
	r.wantText("Delete 1 photo for good?")
	r.press(fyne.KeyEscape)

	r.presentGrid().grid.ClearSelection()
	r.tap("Empty trash")
	r.until("the question", func() bool { return len(r.modals) == 1 })
	r.tap("Empty trash") // in the question
	r.until("what stays", func() bool { return len(r.modals) == 1 && len(f.Restorable()) == 0 })
	r.wantText("1 photo stays in the trash")
	r.wantText("14 photos removed from this computer's trash")
	if left, _ := f.InTrash(); len(left) != 1 {
		t.Errorf("%d files are left", len(left))
	}
	r.modals[0].hide()
	r.wantText("1 photo that was removed from this computer, and not deleted, is still in its trash")
}

// TestPurgeOfWhatIsElsewhere: what this computer's trash has not cannot be removed from it.
func TestPurgeOfWhatIsElsewhere(t *testing.T) {
	f := newFake(60)
	trashed(f)
	for i := range 14 {
		f.absent[digest(i)] = true
	}
	r := newRig(t, f, large)
	r.open("trash")
	if r.bar.empty.Visible() {
		t.Error("an empty trash can be emptied")
	}
	r.presentGrid().grid.SelectAll()
	r.tap("Delete for good")
	r.until("an answer", func() bool { return len(r.modals) == 1 })
	r.wantText("Other devices may have it in theirs")
	if slices.ContainsFunc(f.called(), func(c string) bool { return c[:5] == "purge" }) {
		t.Errorf("%v", f.called())
	}
}

// TestNothingElsewhere: a page of photos that are elsewhere does not ask for an import.
func TestNothingElsewhere(t *testing.T) {
	for _, n := range []int{0, 1} {
		r := newRig(t, newFake(n), large)
		r.open("elsewhere")
		r.wantText("Every photo is on this computer")
		if r.bar.imp.Visible() {
			t.Error("it offers an import")
		}
	}
}
