package ui

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
)

// TestImportIsSummedUp: what is new, where the rest was, and what failed and why, with
// the photos on a page of their own and a way back.
func TestImportIsSummedUp(t *testing.T) {
	f := newFake(60)
	mixed(f)
	r := newRig(t, f, large)
	r.importPaths([]string{"/dcim"})
	r.until("the summary", func() bool { return r.lastImport != nil })
	r.wantText("12 photos imported. 5 were already in the library: 3 here, 2 on Desktop. 2 of them are now on this computer too. 1 file was there twice. 2 files were not imported.")

	r.tap("Details")
	for _, want := range []string{
		"empty.jpg: The file is empty.", "cut.jpg: It is in the library, but the file ends early", "DSC_0000.JPG: It was on this computer already.",
		"DSC_0003.JPG: It was on Desktop already, and is here too now.", "DSC_0005.JPG: The same photo was there under another name too.",
	} {
		r.wantText(want)
	}
	r.tap("Copy this list")
	if got := r.fyne.Clipboard().Content(); strings.Count(got, "\n") != 8 || !strings.HasPrefix(got, "empty.jpg: The file is empty.\n") {
		t.Errorf("copied %q", got)
	}

	r.tap("Show them")
	if g := r.presentGrid(); g == nil || g.grid.Source().Len() != 12 || g.title() != "Imported just now" {
		t.Fatal("the photos have no page of their own")
	}
	if strings.Contains(r.texts(), "12 photos imported.") {
		t.Error("the summary stays")
	}

	r.importPaths([]string{"/dcim"})
	r.until("the summary", func() bool { return r.lastImport != nil })
	r.tap("Undo")
	r.waitCall("undo d-9")
	r.until("no summary", func() bool { return r.lastImport == nil })
}

// TestImportAsksAboutWhatWasDeleted before, and brings it back only then.
func TestImportAsksAboutWhatWasDeleted(t *testing.T) {
	f := newFake(5)
	f.imported = &app.ImportResult{Deleted: 2, Known: []app.Known{{Path: "/p/1.jpg", Deleted: true}, {Path: "/p/2.jpg", Deleted: true}}}
	r := newRig(t, f, large)
	r.importPaths([]string{"/p"})
	r.until("the question", func() bool { return len(r.modals) == 1 })
	r.wantText("2 photos were deleted before")
	r.tap("Leave out")
	r.wantText("2 stay deleted.")
	if slices.Contains(f.called(), "import /p/1.jpg /p/2.jpg") {
		t.Error("they come back unasked")
	}
	r.importPaths([]string{"/p"})
	r.until("the question", func() bool { return len(r.modals) == 1 })
	r.tap("Import again")
	r.waitCall("import /p/1.jpg /p/2.jpg")
}

// TestImportedFolderCanBeWatched from its summary, and a folder from the menu.
func TestImportedFolderCanBeWatched(t *testing.T) {
	dir := t.TempDir()
	f := newFake(5)
	r := newRig(t, f, large)
	r.importPaths([]string{dir})
	r.until("the summary", func() bool { return r.lastImport != nil })
	r.tap("Watch this folder")
	r.until("it is watched", func() bool { return len(f.WatchedFolders()) == 1 && f.WatchedFolders()[0].Path == dir })
	r.until("the words", func() bool { return strings.Contains(r.toasts.text, "come into the library by themselves") })
	r.importPaths([]string{dir})
	r.until("another summary", func() bool { return r.lastImport != nil })
	go r.fire(plainImportTime)
	r.until("no summary of a plain import", func() bool { return r.lastImport == nil })
	r.importPaths([]string{dir})
	r.until("a third summary", func() bool { return r.lastImport != nil })
	if strings.Contains(r.texts(), "Watch this folder") {
		t.Error("what is watched is to be watched")
	}
	r.pick.paths = []string{f.settings.Library}
	r.watchFolder()
	r.until("a refusal", func() bool { return len(r.modals) == 1 })
	r.wantText("The folder is not watched")
}

// TestPaste imports what was copied as paths or URIs, and joins by a code.
func TestPaste(t *testing.T) {
	dir := t.TempDir()
	photo := filepath.Join(dir, "a b+c%20.jpg")
	if err := os.WriteFile(photo, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, newFake(5), large)
	paste := &fyne.ShortcutPaste{Clipboard: r.fyne.Clipboard()}
	for _, text := range []string{
		photo, `"` + photo + `"`, "copy\n" + storage.NewFileURI(photo).String() + "\r\n/none/there.jpg\n",
		"x-special/nautilus-clipboard\ncopy\nfile://" + strings.NewReplacer("%", "%25", " ", "%20").Replace(photo) + "\n",
	} {
		r.fyne.Clipboard().SetContent(text)
		if got := pastedPaths(text); len(got) != 1 || got[0] != photo {
			t.Errorf("%q names %q", text, got)
		}
	}
	r.presentGrid().grid.TypedShortcut(paste) // which has the keyboard
	r.waitCall("import " + photo)
	r.until("the summary", func() bool { return r.lastImport != nil })

	r.board.err = errNoPicture
	r.fyne.Clipboard().SetContent("what is for lunch?")
	r.shortcut(paste)
	r.until("nothing to paste", func() bool { return strings.Contains(r.toasts.text, "No photos to paste") })
	r.lastImport, r.board.data, r.board.err = nil, []byte("a picture"), nil
	r.shortcut(paste)
	r.until("the summary of a picture", func() bool { return r.lastImport != nil })
	if calls := r.f.called(); !strings.HasSuffix(calls[len(calls)-1], "/Pasted 2024-08-20 18.30.00.png") {
		t.Errorf("asked for %q", calls)
	}
	r.fyne.Clipboard().SetContent(code)
	r.shortcut(paste)
	if r.joining == nil {
		t.Error("a pair code is not taken")
	}
}

// TestDropTellsWhatItCannotTake.
func TestDropTellsWhatItCannotTake(t *testing.T) {
	r := newRig(t, newFake(5), large)
	link, err := storage.ParseURI("https://example.com/a.jpg")
	if err != nil {
		t.Fatal(err)
	}
	r.dropped(fyne.Position{}, []fyne.URI{link})
	if !strings.Contains(r.toasts.text, "Only files and folders") {
		t.Errorf("a dropped link tells %q", r.toasts.text)
	}
	f := newFake(0)
	fresh(f)
	r = newRig(t, f, large)
	r.dropped(fyne.Position{}, []fyne.URI{storage.NewFileURI("/photos/c.jpg")})
	if !strings.Contains(r.toasts.text, "Choose first how to start") || len(f.called()) != 0 {
		t.Errorf("before the start: %q, %v", r.toasts.text, f.called())
	}
}

// TestCardIsOffered and imported only when that is asked for.
func TestCardIsOffered(t *testing.T) {
	f := newFake(5)
	r := newRig(t, f, large)
	f.mu.Lock()
	plugged(f)
	f.mu.Unlock()
	f.changed.Raise()
	r.until("the offer", func() bool { return strings.Contains(r.texts(), "Import 36 new photos from EOS_DIGITAL?") })
	r.wantText("178 others there seem to be in the library already.")
	r.tap("Not now")
	if strings.Contains(r.texts(), "EOS_DIGITAL") || slices.ContainsFunc(f.called(), func(c string) bool { return strings.HasPrefix(c, "import") }) {
		t.Error("what is put off stays, or is imported")
	}

	f.mu.Lock()
	plugged(f)
	f.cards[0].New = 214
	f.mu.Unlock()
	r.reload()
	r.wantText("Import 214 photos from EOS_DIGITAL?")
	r.wantText("Not now")
	r.tapIn(r.notices.box, "Import")
	r.waitCall("import /media/mira/EOS_DIGITAL/DCIM")
	r.until("the summary", func() bool { return r.lastImport != nil })
	if strings.Contains(r.texts(), "from EOS_DIGITAL?") {
		t.Error("the offer stays")
	}
}

// tapIn clicks a button within an object.
func (r *rig) tapIn(in fyne.CanvasObject, text string) {
	r.t.Helper()
	var found *look.Button
	walk(in, func(o fyne.CanvasObject) {
		if b, ok := o.(*look.Button); ok && b.Text() == text {
			found = b
		}
	})
	if found == nil {
		r.t.Fatalf("no button %q", text)
	}
	test.Tap(found)
}
