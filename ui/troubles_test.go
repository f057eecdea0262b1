package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/thumbs"
)

// TestActivityTellsOfTroubles: what an import left out is told after its end too,
// file by file on demand, though the import is in the list of what was done.
func TestActivityTellsOfTroubles(t *testing.T) {
	f := newFake(3)
	f.activities = []app.Activity{{
		ID: 1, Kind: app.KindImport, Title: "46 photos", Started: now.Add(-time.Minute), Ended: now,
		Duplicates: 3, Failed: 2, Troubles: []app.Trouble{
			{Name: "cut.jpg", Err: imagelib.ErrKeptUndrawn}, {Name: "empty.jpg", Err: imagelib.ErrEmpty}, {Name: "notes.txt", Err: imagelib.ErrNotPhoto},
		},
	}}
	f.actions = []app.ActionInfo{{ID: "d-1", Kind: app.KindImport, Files: 46, Device: idSelf, Time: now}}
	r := newRig(t, f, large)
	r.open("activity")
	r.wantText("3 already in the library · 2 not imported · 1 damaged, or of a kind that cannot be shown")
	r.tap("Details")
	r.wantText("empty.jpg: The file is empty.")
	r.tap("Copy this list")
	if got := r.fyne.Clipboard().Content(); !strings.Contains(got, "notes.txt: It is not a photo or a video.") {
		t.Errorf("copied %q", got)
	}
	r.tap("Hide details")
	if strings.Contains(r.texts(), "empty.jpg") {
		t.Error("the details stay")
	}
}

// TestCheckCopies is asked for in the settings, and says what came of it.
func TestCheckCopies(t *testing.T) {
	f := newFake(3)
	f.checked = app.CheckResult{Read: 3}
	r := newRig(t, f, large)
	r.open("settings")
	r.tap("Check now")
	r.until("an answer", func() bool { return r.toasts.text == "3 photos were read, and all are as they should be" })
	r.waitCall("check true true")

	f.checked = app.CheckResult{Read: 3, Waiting: 2}
	r.tap("Check now")
	r.until("what is to come", func() bool {
		return r.toasts.text == "3 photos were read, and all are as they should be. 2 photos are waiting to be saved here"
	})

	f.checked = app.CheckResult{Read: 3, Problems: 2, Repaired: 1}
	f.wrong = []app.CheckProblem{{Name: "a.jpg", Err: app.ErrCorrupt, Repaired: true}, {Name: "b.jpg", Err: app.ErrMissing}}
	r.tap("Check now")
	r.until("another answer", func() bool { return len(r.modals) == 1 })
	r.wantText("1 photo was damaged or missing, and is whole again · 1 file is not as it should be")
	r.wantText("b.jpg: The file is no longer where Paul put it. a.jpg: It had rotted on the disk, and came again from another device.")
}

// TestSearchIsWiped by the cross in its field, which then has the keyboard.
func TestSearchIsWiped(t *testing.T) {
	r := newRig(t, newFake(60), large)
	if r.bar.search.wipe.Visible() {
		t.Error("there is a cross in an empty field")
	}
	r.bar.search.SetText("nef")
	go r.fire(searchPause)
	r.until("a result", func() bool { return r.presentGrid().grid.Source().Len() == 3 })
	r.bar.search.wipe.OnTapped()
	go r.fire(searchPause)
	r.until("all photos", func() bool { return r.presentGrid().grid.Source().Len() == 60 })
	if r.bar.search.wipe.Visible() || r.win.Canvas().Focused() != fyne.Focusable(r.bar.search) {
		t.Error("the cross stays, or the field has lost the keyboard")
	}
}

// TestEscapeEndsDialogWithChoice though the choice has the keyboard.
func TestEscapeEndsDialogWithChoice(t *testing.T) {
	r := newRig(t, newFake(3), large)
	r.askCopies("", "Keep every photo on at least", func() {})
	var choice *keySelect
	walk(r.modals[0].root, func(o fyne.CanvasObject) {
		if s, ok := o.(*keySelect); ok {
			choice = s
		}
	})
	r.win.Canvas().Focus(choice)
	r.press(fyne.KeyEscape)
	if len(r.modals) != 0 {
		t.Error("escape leaves the dialog open")
	}
}

// TestTrashTellsDaysLeft on each tile.
func TestTrashTellsDaysLeft(t *testing.T) {
	f := newFake(20)
	trashed(f)
	r := newRig(t, f, large)
	r.open("trash")
	src := r.presentGrid().grid.Source()
	if first, last := src.Mark(0).Kind, src.Mark(src.Len()-1).Kind; first != "30 days left" || last != "28 days left" {
		t.Errorf("the tiles tell %q and %q", first, last)
	}
}

// TestTrashOfAnotherDevice is told on the tiles, and after a restore when it comes back.
func TestTrashOfAnotherDevice(t *testing.T) {
	f := newFake(20)
	trashed(f)
	there, still, unsure := f.trash[0].Digest, f.trash[1].Digest, f.trash[2].Digest
	f.remnants = map[app.Digest][]app.Remnant{
		there:  {{Device: "x", Name: "Desktop", Until: now.Add(29 * 24 * time.Hour)}},
		still:  {{Device: "x", Name: "Desktop", Online: true}},
		unsure: {{Device: "y", Name: "Old", Online: true, Perhaps: true}},
	}
	r := newRig(t, f, large)
	r.open("trash")
	src := r.presentGrid().grid.Source()
	for d, want := range map[app.Digest]string{there: "Trash of Desktop, 29 days left", still: "Still on Desktop", unsure: "Perhaps in the trash of Old"} {
		if i, ok := src.Index(thumbs.ID(d)); !ok || src.Mark(i).Kind != want {
			t.Errorf("a tile tells %q, want %q", src.Mark(i).Kind, want)
		}
	}
	if got := r.restoredText([]app.Digest{there, still}, 2); got != "2 photos restored. Desktop is offline and follows when it is online again." {
		t.Errorf("restored: %q", got)
	}
	if got := r.restoredText([]app.Digest{there, unsure}, 2); got != "2 photos restored. Some may be in the trash of Old alone, and come back only then. Desktop is offline and follows when it is online again." {
		t.Errorf("restored, perhaps: %q", got)
	}
	if got := r.restoredText([]app.Digest{still}, 1); got != "1 photo restored" {
		t.Errorf("restored from a device online: %q", got)
	}
}

// TestRemovedDeviceIsTold where, when, and how it joins again.
func TestRemovedDeviceIsTold(t *testing.T) {
	f := newFake(3)
	r := newRig(t, f, large)
	r.open("devices")
	if strings.Contains(r.texts(), "was removed from the library") {
		t.Error("a device of the library is said to be removed")
	}
	f.mu.Lock()
	f.removed = &app.RemovedInfo{By: "Desktop", At: now.Add(-time.Hour)}
	f.mu.Unlock()
	r.reload()
	r.wantText("This computer was removed from the library by Desktop on")
}
