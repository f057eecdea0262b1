package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
)

func TestDeleteAsksAndCanBeUndone(t *testing.T) {
	r := newRig(t, newFake(30), large)
	g := r.presentGrid()
	g.grid.Select(2)
	g.grid.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	r.wantText("Delete 1 photo from all 3 devices?")
	r.wantText("The trash of each device keeps it for 30 days")
	r.tap("Cancel")
	if len(r.f.called()) != 0 {
		t.Fatalf("cancelled, yet %v", r.f.called())
	}
	g.grid.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	r.tap("Delete from all 3 devices")
	r.waitCall("delete 2")
	r.until("toast", func() bool { return r.toasts.undo != nil })
	if r.toasts.text != "1 photo moved to the trash" || g.grid.Source().Len() != 29 {
		t.Errorf("toast %q, %d photos left", r.toasts.text, g.grid.Source().Len())
	}
	r.toasts.undo()
	r.waitCall("restore 2")
	r.until("all photos", func() bool { return g.grid.Source().Len() == 30 })
}

func TestRemoveSaysWhatWasKeptAndWhy(t *testing.T) {
	f := newFake(30)
	f.refuse[digest(2)], f.refuse[digest(3)] = app.ErrLastCopy, app.ErrUnverified
	r := newRig(t, f, large)
	g := r.presentGrid()
	g.grid.SelectAll()
	x := r.selection()
	x.images = x.images[:5] // 0 2 3 4 are here
	r.removePhotos(x)
	r.tap("Remove")
	r.waitCall("unsave 0 2 3 4")
	r.until("dialog", func() bool { return r.win.Canvas().Overlays().Top() != nil })
	r.wantText("2 photos were kept")
	r.wantText("1 photo: This is the only copy that Paul can be sure of")
	r.wantText("1 photo: No other device could show just now that its copy is whole.")
	if r.toasts.text != "2 photos removed from this computer" || r.toasts.undo == nil {
		t.Errorf("toast %q", r.toasts.text)
	}
	r.toasts.undo()
	r.waitCall("save 0 4")
	r.tap("Remove anyway…")
	r.wantText("2 photos are said to be on Desktop, and nobody could prove it now; the oldest check there was 2 min ago. If that is wrong, they are lost for ever.")
	r.tap("Remove anyway")
	r.waitCall("force 2 3")
}

func TestRemoveWhenSafe(t *testing.T) {
	f := newFake(30)
	f.refuse[digest(2)] = app.ErrUnverified
	r := newRig(t, f, large)
	r.presentGrid().grid.Select(2)
	r.removePhotos(r.selection())
	r.until("refusal", func() bool { return len(r.modals) == 1 })
	r.tap("Remove when safe")
	r.waitCall("when safe 2")
	r.until("toast", func() bool { return r.toasts.undo != nil })
	undo := r.toasts.undo
	r.toasts.hide() // it says the same
	r.open("activity")
	r.wantText("1 photo leaves this computer once other devices prove their copies")
	undo()
	r.waitCall("save 2")
}

func TestOneDeviceHasNowhereElse(t *testing.T) {
	f := newFake(10)
	f.devices = f.devices[:1]
	r := newRig(t, f, large)
	r.presentGrid().grid.Select(0)
	r.view.open(r.presentGrid(), 0)
	r.view.toggleInfo()
	for _, i := range r.photoItems(r.selection()) {
		if strings.Contains(i.Label, "from this computer") {
			t.Errorf("the menu offers %q, which must fail", i.Label)
		}
	}
	if text := r.texts(); strings.Contains(text, "Remove from here") || strings.Contains(text, "Remove from this computer") {
		t.Errorf("a removal is offered that must fail:\n%s", text)
	}
}

func TestFavouriteTogglesAndUndoes(t *testing.T) {
	r := newRig(t, newFake(30), large)
	r.presentGrid().grid.Select(0)
	r.presentGrid().grid.TypedKey(&fyne.KeyEvent{Name: fyne.KeyF})
	r.waitCall("favourite true 0")
	r.until("toast", func() bool { return r.toasts.undo != nil })
	r.toasts.undo()
	r.waitCall("favourite false 0")
}

func TestSearchNarrowsThePage(t *testing.T) {
	r := newRig(t, newFake(60), large)
	r.bar.search.SetText("nef")
	go r.fire(searchPause)
	g := r.presentGrid()
	r.until("a result", func() bool { return g.grid.Source().Len() == 3 })
	r.bar.search.SetText("nothing has this name")
	go r.fire(searchPause)
	r.until("no result", func() bool { return g.grid.Source().Len() == 0 })
	r.wantText("Nothing found")
	r.tap("Clear search")
	if g.grid.Source().Len() != 60 {
		t.Errorf("%d photos after the search was cleared", g.grid.Source().Len())
	}
}

func TestAnotherViewEndsSelectionAndSearch(t *testing.T) {
	r := newRig(t, newFake(60), large)
	g := r.presentGrid()
	r.bar.search.SetText("nef")
	go r.fire(searchPause)
	r.until("a result", func() bool { return g.grid.Source().Len() == 3 })
	g.grid.SelectAll()
	r.open("devices")
	r.open("photos")
	if n := g.grid.Count(); n != 0 {
		t.Errorf("%d photos are selected still", n)
	}
	if n := g.grid.Source().Len(); n != 60 || r.bar.search.Text != "" {
		t.Errorf("%d of 60 photos show, and %q is searched for still", n, r.bar.search.Text)
	}
}

func TestPages(t *testing.T) {
	f := newFake(60)
	trashed(f)
	r := newRig(t, f, large)
	for id, want := range map[string]int{"favourites": 7, "here": 45, "elsewhere": 15, "trash": 14} {
		r.open(id)
		if got := r.presentGrid().grid.Source().Len(); got != want {
			t.Errorf("%s shows %d, want %d", id, got, want)
		}
	}
	r.open("trash")
	r.presentGrid().grid.SelectAll()
	r.tap("Restore")
	r.until("restored", func() bool { return len(r.f.Restorable()) == 0 })
}

func TestHeldDeletionsWaitForThePerson(t *testing.T) {
	f := newFake(60)
	trashed(f)
	r := newRig(t, f, large)
	r.open("trash")
	r.wantText("Desktop deleted 5 photos at once")
	r.tap("Agree")
	r.waitCall("agree")
}

func TestAlbums(t *testing.T) {
	r := newRig(t, newFake(20), large)
	r.presentGrid().grid.Select(1)
	r.toAlbum("alps", "Summer in the Alps", r.selection().digests())
	r.waitCall("to album alps 1")
	r.open("album/alps")
	if n := r.presentGrid().grid.Source().Len(); n != 1 {
		t.Fatalf("the album shows %d photos", n)
	}
	r.presentGrid().grid.Select(0)
	r.fromAlbum(r.selection())
	r.waitCall("from album alps 1")
	r.until("an empty album", func() bool { return r.presentGrid().grid.Source().Len() == 0 })
	r.wantText("This album is empty")
}

// TestNothingIsPutIntoSmartAlbums: they are no choice where photos are put into
// an album.
func TestNothingIsPutIntoSmartAlbums(t *testing.T) {
	f := newFake(20)
	f.albums = append([]imagelib.Album{{ID: "best", Name: "Best", Query: &imagelib.Query{MinRating: 4}}}, f.albums...)
	r := newRig(t, f, large)
	r.presentGrid().grid.Select(1)
	items := r.albumSubmenu(r.selection()).Items
	if len(items) != 2+len(f.albums)-1 || !items[1].IsSeparator {
		t.Errorf("%d items for %d albums", len(items), len(f.albums))
	}
	for _, i := range items {
		if i.Label == "Best" {
			t.Error("the smart album can be chosen")
		}
	}
}

func TestImport(t *testing.T) {
	r := newRig(t, newFake(5), large)
	r.pick.paths = []string{"/photos/a.jpg", "/photos/b.jpg"}
	r.importFiles()
	r.waitCall("import /photos/a.jpg /photos/b.jpg")
	r.until("summary", func() bool { return strings.Contains(r.texts(), "1 photo imported. 2 already in the library.") })
	r.dropped(fyne.Position{}, []fyne.URI{storage.NewFileURI("/photos/c.jpg")})
	r.waitCall("import /photos/c.jpg")
	r.openArgs([]string{"/photos/d.jpg"})
	r.waitCall("import /photos/d.jpg")
}

// TestPauseIsShownAndEnded: the page of what runs tells of a pause, and ends it.
func TestPauseIsShownAndEnded(t *testing.T) {
	f := newFake(5)
	f.limits = app.Limits{Down: 700e3, Paused: true, ServingPaused: true}
	r := newRig(t, f, large)
	r.open("settings")
	r.wantText("Pause fetching")
	r.wantText("700 kB/s") // which is none of the usual choices
	r.open("activity")
	r.wantText("Transfers are paused")
	r.tap("Resume")
	r.until("no pause", func() bool { return f.Limits() == app.Limits{Down: 700e3} })
	r.until("nothing of it on the page", func() bool { return !strings.Contains(r.texts(), "Transfers are paused") })
}

// TestActivityTellsTheCause: each reason why photos do not come has its sentence.
func TestActivityTellsTheCause(t *testing.T) {
	seen := now.Add(-3 * time.Hour)
	nas := []app.WaitDevice{{Name: "NAS", LastSeen: &seen}, {Name: "Desktop"}}
	for _, tt := range []struct {
		wait app.Wait
		want string
	}{
		{app.Wait{Why: app.WaitOffline, Files: 3, Devices: nas}, "3 photos come when NAS (last seen 3 h ago) or Desktop is online."},
		{app.Wait{Why: app.WaitOffline, Files: 1, Devices: nas[1:]}, "1 photo comes when Desktop is online."},
		{app.Wait{Why: app.WaitSilent, Files: 2, Devices: nas[:1]}, "waiting for NAS, which is online and has sent nothing"},
		{app.Wait{Why: app.WaitNobody, Files: 2}, "2 photos are not known to be on any other device."},
		{app.Wait{Why: app.WaitSetAside, Files: 2, Devices: nas[:1]}, "NAS sent wrong bytes for 2 photos."},
		{app.Wait{Why: app.WaitNoSpace, Files: 2}, "2 photos do not fit: the disk is full."},
		{app.Wait{Why: app.WaitFailed, Files: 2, Error: "it is odd"}, "tried again by themselves: it is odd"},
		{app.Wait{Why: app.WaitRelayed, Files: 2, Devices: nas[:1], Rate: 2e6}, "come from NAS through others, at 2.0 MB/s."},
	} {
		t.Run(tt.want, func(t *testing.T) {
			f := newFake(5)
			f.fetching = &app.Fetching{Files: tt.wait.Files, Waits: []app.Wait{tt.wait}}
			r := newRig(t, f, large)
			r.open("activity")
			r.wantText(tt.want)
		})
	}
}

// TestHistoryIsUndone takes back what was done here and elsewhere.
func TestHistoryIsUndone(t *testing.T) {
	f := newFake(30)
	done(f)
	at := f.actions[0].Time
	f.activities = []app.Activity{
		{ID: 2, Kind: app.KindDelete, Title: "3 photos", Started: at.Add(-time.Second), Ended: at.Add(time.Second)},
		{ID: 1, Kind: app.KindDelete, Title: "99 photos", Started: at.Add(-time.Minute), Ended: at.Add(-time.Minute), Err: app.ErrNoSpace},
	}
	r := newRig(t, f, large)
	r.open("activity")
	r.wantText("Deleting 99 photos")
	if n := strings.Count(r.texts(), "Deleted 3 photos"); n != 1 {
		t.Errorf("what was done shows %d times", n)
	}
	r.wantText("on this computer  ·  20 min ago")
	r.wantText("Saved 41 photos on Desktop")
	r.wantText("Removed 12 photos from Desktop")
	page := r.present().(*activityPage)

	page.undo(f.actions[0]) // nothing is asked: photos come back
	r.waitCall("undo d-4")
	r.until("toast", func() bool { return r.toasts.text == "1 photo restored, 2 have changed again since" })
	r.until("list", func() bool { return strings.Contains(r.texts(), "1 of 3 undone") })
	r.wantText("2 photos had been changed again since")

	page.undo(f.actions[2])
	r.wantText("The photos go to the trash of all devices")
	r.tap("Cancel")
	if n := len(f.called()); n != 1 {
		t.Fatalf("cancelled, yet %v", f.called())
	}
	page.undo(f.actions[2])
	r.tap("Undo")
	r.waitCall("undo d-2")
	r.until("toast", func() bool { return r.toasts.text == "210 photos moved to the trash, 2 have changed again since" })
	page.undo(f.actions[1])
	r.wantText("Their copies are removed again from Desktop")
	r.tap("Undo")
	r.waitCall("undo d-3")
	r.until("toast", func() bool { return r.toasts.text == "Desktop undoes it as soon as it hears of this" })
	r.until("list", func() bool { return strings.Contains(r.texts(), "Desktop will undo it") })
}

// TestUndoneIsToldAsWhatItDid: photos that went to the trash are not "as before".
func TestUndoneIsToldAsWhatItDid(t *testing.T) {
	_ = newRig(t, newFake(1), large)
	for kind, want := range map[string]string{
		app.KindImport: "2 photos moved to the trash", app.KindRestore: "2 photos moved to the trash", app.KindDelete: "2 photos restored",
		app.KindSave: "2 photos removed from this computer", app.KindUnsave: "2 photos come back to this computer",
	} {
		u := app.UndoInfo{Action: app.ActionInfo{Kind: kind}, Done: 3, Changed: 2}
		if got := undoneText(u); got != want {
			t.Errorf("%s: %q, want %q", kind, got, want)
		}
		u = app.UndoInfo{Action: app.ActionInfo{Kind: kind}, Left: 4}
		if got := undoneText(u); got != "4 photos had been changed again since, and stayed as they were." {
			t.Errorf("%s, and all changed since: %q", kind, got)
		}
	}
	if got := undoneText(app.UndoInfo{Asked: true, Left: 1, Action: app.ActionInfo{DeviceName: "Desktop"}}); got != "Desktop undoes it as soon as it hears of this, 1 have changed again since" {
		t.Errorf("asked for the rest: %q", got)
	}
	held := app.UndoInfo{Action: app.ActionInfo{Kind: app.KindDelete}, Done: 3, Changed: 3, Held: 2}
	if got := undoneText(held); got != "3 photos restored, 2 of them had not been moved here, since they waited for you" {
		t.Errorf("of held deletions: %q", got)
	}
}

func TestHistoryIsListedInSteps(t *testing.T) {
	f := newFake(3)
	for i := range historyStep + 5 {
		f.actions = append(f.actions, app.ActionInfo{ID: "x", Kind: app.KindImport, Files: 100 + i, Device: idSelf, Time: now})
	}
	r := newRig(t, f, large)
	r.open("activity")
	last := "Imported 124 photos"
	if strings.Contains(r.texts(), last) {
		t.Error("all is listed at once")
	}
	r.tap("Show more")
	r.wantText(last)
}
