package ui

import (
	"strings"
	"testing"

	"github.com/libpaul/paul/app"
)

// TestFoldersInPlace: a folder is added, shown with what is to be known of it, and
// taken out, which says what it means for photos that lie nowhere else.
func TestFoldersInPlace(t *testing.T) {
	f := newFake(5)
	f.places = []app.PlaceInfo{{Path: "/photos/old", Files: 7, Bytes: 9e6, Deleted: 1, Only: 4, Away: "away"}}
	r := newRig(t, f, large)
	r.open("settings")
	shows := func(text string) { r.until(text, func() bool { return strings.Contains(r.texts(), text) }) }
	shows("7 photos, 9.0 MB")
	r.wantText("1 deleted photo still lies there.")
	r.wantText("The folder is not there.")
	r.tap("Remove…")
	r.wantText("4 photos have no other copy that Paul knows of")
	r.tap("Remove from Paul")
	r.waitCall("remove place /photos/old true")
	r.until("it is gone from the page", func() bool { return !strings.Contains(r.texts(), "/photos/old") })
	r.pick.paths = []string{"/photos/new"}
	r.tap("Add a folder…")
	r.waitCall("add place /photos/new")
	shows("3 photos, 9.0 MB")
	r.tap("Remove…")
	r.wantText("The files stay where they lie.")
	r.tap("Remove from Paul")
	r.waitCall("remove place /photos/new false")
}
