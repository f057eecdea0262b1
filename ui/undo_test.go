package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/app"
)

// undoKey types the key that undoes, to what has the keyboard.
func (r *rig) undoKey() {
	r.t.Helper()
	sc := &fyne.ShortcutUndo{}
	if f, ok := r.win.Canvas().Focused().(fyne.Shortcutable); ok {
		f.TypedShortcut(sc)
		return
	}
	r.shortcut(sc)
}

func (r *rig) waitToast(want string) {
	r.t.Helper()
	r.until("toast "+want, func() bool { return strings.Contains(r.toasts.text, want) })
}

// TestUndoKey takes back, one after the other, what was done in this window: each once,
// and what a toast's button took back no more.
func TestUndoKey(t *testing.T) {
	f := newFake(30)
	f.notes = true
	f.images[3].Favourite, f.images[5].Favourite = true, false
	r := newRig(t, f, large)
	g := r.presentGrid().grid
	sel := func(i ...int) {
		g.ClearSelection()
		for _, k := range i {
			g.Select(k)
		}
	}
	sel(3, 5)
	r.press(fyne.KeyF) // only one of them becomes one
	r.waitToast("1 photo added to favourites")
	sel(6)
	r.press(fyne.KeyR)
	r.waitToast("1 photo rotated right")
	sel(2)
	r.press(fyne.KeyU)
	r.waitToast("1 photo removed from this computer")
	sel(1)
	r.press(fyne.KeyS)
	r.waitToast("1 photo saved to this computer")
	r.toasts.undo()
	r.waitCall("undo note-3")
	r.waitToast("Undone: 1 photo saved to this computer")

	r.undoKey()
	r.waitCall("undo note-2")
	r.waitToast("Undone: 1 photo removed from this computer")
	r.undoKey()
	r.waitCall("undo note-1")
	r.waitToast("Undone: 1 photo rotated right")
	r.undoKey()
	r.waitCall("favourite false 5")
	r.waitToast("Undone: 1 photo added to favourites")
	before := len(f.called())
	r.undoKey()
	r.waitToast("There is nothing to undo")
	if calls := f.called(); len(calls) != before {
		t.Errorf("with nothing to undo it did %q", calls[before:])
	}
}

// TestUndoKeyOfDelete brings deleted photos back, and says on which devices later.
func TestUndoKeyOfDelete(t *testing.T) {
	f := newFake(30)
	f.notes = true
	f.remnants = map[app.Digest][]app.Remnant{digest(2): {{Device: idNAS, Name: "NAS in the hall"}}}
	r := newRig(t, f, large)
	r.presentGrid().grid.Select(2)
	r.press(fyne.KeyDelete)
	r.tap("Delete from all 3 devices")
	r.waitToast("1 photo moved to the trash")
	r.undoKey()
	r.waitCall("undo note-1")
	r.waitToast("NAS in the hall is offline and follows when it is online again.")
}

// TestUndoKeyOfBefore asks before it takes back what was done before this window, and
// takes back nothing of another device.
func TestUndoKeyOfBefore(t *testing.T) {
	f := newFake(30)
	f.actions = []app.ActionInfo{
		{ID: "note-4", Kind: app.KindDelete, Files: 1, Device: idDesktop, DeviceName: "Desktop", Time: now.Add(-time.Hour)},
		{ID: "note-3", Kind: app.KindDelete, Files: 1, Device: idSelf, Time: now.Add(-2 * time.Hour), Undone: &now},
		{ID: "note-2", Kind: app.KindRestore, Files: 1, Device: idSelf, Time: now.Add(-2 * time.Hour), Undoes: "note-3"},
		{ID: "note-1", Kind: app.KindImport, Files: 12, Device: idSelf, DeviceName: "Laptop", Time: now.Add(-2 * time.Hour)},
	}
	r := newRig(t, f, large)
	r.undoKey()
	r.wantText("Undo: Imported 12 photos?")
	r.wantText("This was done 2 h ago.")
	r.wantText("go to the trash of all devices")
	if len(f.called()) > 0 {
		t.Errorf("it did %q before the person agreed", f.called())
	}
	r.tap("Undo")
	r.waitCall("undo note-1")
	r.waitToast("12 photos moved to the trash")
	r.undoKey()
	r.waitToast("There is nothing to undo")
}

// TestUndoKeyPrefersTheLast takes back an import that ended after the last step of the
// window before that step.
func TestUndoKeyPrefersTheLast(t *testing.T) {
	f := newFake(30)
	r := newRig(t, f, large)
	r.did("One thing done", func() { t.Error("it took back the earlier step") })
	f.mu.Lock()
	f.actions = []app.ActionInfo{{ID: "note-1", Kind: app.KindImport, Files: 1, Device: idSelf, DeviceName: "Laptop", Time: now.Add(time.Second)}}
	f.mu.Unlock()
	r.undoKey()
	r.wantText("Undo: Imported 1 photo?")
}

// TestUndoOfSaveRefused says why photos stay when a save cannot be undone.
func TestUndoOfSaveRefused(t *testing.T) {
	f := newFake(30)
	r := newRig(t, f, large)
	f.refuse[digest(1)] = app.ErrLastCopy
	r.presentGrid().grid.Select(1)
	r.press(fyne.KeyS)
	r.waitToast("1 photo saved to this computer")
	r.undoKey()
	r.until("the refusal", func() bool { return len(r.modals) > 0 })
	r.wantText("1 photo was kept")
	r.wantText("This is the only copy that Paul can be sure of")
}

// TestUndoKeyInFields leaves the key to a field that has the keyboard, and to a dialog.
func TestUndoKeyInFields(t *testing.T) {
	r := newRig(t, newFake(30), large)
	r.did("One thing done", func() { t.Error("it was taken back") })
	r.win.Canvas().Focus(r.bar.search)
	r.typeText("abc")
	r.undoKey()
	if r.bar.search.Text == "abc" {
		t.Error("the field does not take back what was typed")
	}
	r.focusGrid()
	r.showKeys()
	r.undoKey()
}

// TestUndoOfCaption writes what was there before.
func TestUndoOfCaption(t *testing.T) {
	r := newRig(t, newFake(30), large)
	r.writeCaption([]app.Digest{digest(2)}, "Lunch", "")
	r.waitToast("Caption removed")
	r.undoKey()
	r.waitCall("caption 2 Lunch")
	r.waitToast("Undone: Caption removed")
}

// TestUndosAreBounded keeps the last steps of a long day.
func TestUndosAreBounded(t *testing.T) {
	t.Parallel()
	var u steps
	for i := range undosKept + 5 {
		u.push(&step{text: fmt.Sprint(i)})
	}
	if len(u.list) != undosKept || u.last().text != fmt.Sprint(undosKept+4) || u.list[0].text != "5" {
		t.Errorf("%d steps, from %q to %q", len(u.list), u.list[0].text, u.last().text)
	}
}

// TestKeysAreTold shows what each key does, wherever the keyboard is.
func TestKeysAreTold(t *testing.T) {
	r := newRig(t, newFake(30), large)
	for name, press := range map[string]func(){
		"F1 in the photos": func() { r.focusGrid(); r.press(fyne.KeyF1) },
		"? in the photos":  func() { r.focusGrid(); r.win.Canvas().Focused().TypedRune('?') },
		"? on a button":    func() { r.win.Canvas().Focus(r.bar.imp); r.win.Canvas().Focused().TypedRune('?') },
		"F1 in the viewer": func() { r.view.open(r.presentGrid(), 1); r.win.Canvas().Unfocus(); r.press(fyne.KeyF1) },
		"F1 on devices":    func() { r.view.close(); r.open("devices"); r.win.Canvas().Unfocus(); r.press(fyne.KeyF1) },
	} {
		r.open("photos")
		press()
		if len(r.modals) != 1 {
			t.Errorf("%s: %d dialogs", name, len(r.modals))
			continue
		}
		r.wantText("Undo what was done last")
		r.press(fyne.KeyEscape)
	}
}
