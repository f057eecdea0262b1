package ui

import (
	"testing"

	"fyne.io/fyne/v2"
)

// TestOwnChooserSaysWhatFor: where the system has no dialog for folders, the program's
// own says what the folder is for, and escape closes it.
func TestOwnChooserSaysWhatFor(t *testing.T) {
	r := newRig(t, newFake(3), large)
	r.ownFolderDialog("Import a folder", t.TempDir(), func(string) {})
	r.wantText("Import a folder")
	r.press(fyne.KeyEscape)
	if n := len(r.win.Canvas().Overlays().List()); n != 0 {
		t.Errorf("%d dialogs are open after escape", n)
	}
}
