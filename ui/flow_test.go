package ui

import (
	"context"
	"errors"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/storage"
	"golang.org/x/image/draw"

	"github.com/libpaul/paul/app"
)

func TestDeleteAsksAndCanBeUndone(t *testing.T) {
	r := newRig(t, newFake(30), large)
	g := r.presentGrid()
	g.grid.Select(2)
	g.grid.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	r.wantText("Delete 1 photo from all 3 devices?")
	r.wantText("NAS in the hall is offline and follows")
	r.tap("Cancel")
	if len(r.f.called()) != 0 {
		t.Fatalf("cancelled, yet %v", r.f.called())
	}
	g.grid.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	r.tap("Delete")
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
	r.waitCall("unsave 0 2 3 4")
	r.until("dialog", func() bool { return r.win.Canvas().Overlays().Top() != nil })
	r.wantText("2 photos were kept")
	r.wantText("only copy that Paul can be sure of")
	if r.toasts.text != "2 photos removed from this computer" || r.toasts.undo == nil {
		t.Errorf("toast %q", r.toasts.text)
	}
	r.toasts.undo()
	r.waitCall("save 0 4")
	r.tap("Remove anyway…")
	r.wantText("may be lost for ever")
	r.tap("Remove anyway")
	r.waitCall("force 2 3")
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

func TestToastGoesAway(t *testing.T) {
	r := newRig(t, newFake(3), large)
	r.toasts.show("Done", nil)
	go r.fire(toastTime)
	r.until("no toast", func() bool { return r.toasts.shown == nil })
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
	r.until("restored", func() bool { return len(r.f.Trash()) == 0 })
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

func TestImport(t *testing.T) {
	r := newRig(t, newFake(5), large)
	r.pick.paths = []string{"/photos/a.jpg", "/photos/b.jpg"}
	r.importFiles()
	r.waitCall("import /photos/a.jpg /photos/b.jpg")
	r.until("summary", func() bool { return strings.Contains(r.toasts.text, "1 photo added, 2 already") })
	r.dropped(fyne.Position{}, []fyne.URI{storage.NewFileURI("/photos/c.jpg")})
	r.waitCall("import /photos/c.jpg")
	r.openArgs([]string{"/photos/d.jpg"})
	r.waitCall("import /photos/d.jpg")
}

func TestInvite(t *testing.T) {
	guest := func() app.Guest {
		g := app.Guest{Words: [4]string{"amber", "river", "violin", "moss"}}
		g.Name, g.Platform = "New PC", "windows"
		return g
	}
	t.Run("accepted", func(t *testing.T) {
		r := newRig(t, newFake(5), large)
		r.invite()
		d := r.inviting
		r.until("code", func() bool { return d.state == "code" })
		r.wantText("Valid for 9:32")
		r.f.guest <- guest()
		r.until("guest", func() bool { return d.state == "guest" })
		for _, w := range []string{"New PC", "Windows", "amber", "moss"} {
			r.wantText(w)
		}
		r.tap("They match, let it in")
		r.until("pairing", func() bool { return d.state == "done" })
		r.tap("Done")
		r.waitCall("cancel") // harmless after the end
	})
	t.Run("rejected", func(t *testing.T) {
		r := newRig(t, newFake(5), large)
		r.invite()
		r.f.guest <- guest()
		r.until("guest", func() bool { return r.inviting.state == "guest" })
		r.tap("They differ, reject")
		r.waitCall("reject")
		if r.inviting.m.open {
			t.Error("the dialog stays")
		}
	})
	t.Run("guest leaves", func(t *testing.T) {
		f := newFake(5)
		f.acceptErr = errors.New("the other device hung up")
		r := newRig(t, f, large)
		r.invite()
		d := r.inviting
		r.f.guest <- guest()
		r.until("guest", func() bool { return d.state == "guest" })
		r.tap("They match, let it in")
		r.until("code again", func() bool { return d.state == "code" })
		r.wantText("New PC left before it was let in")
		r.f.guest <- guest()
		r.until("guest again", func() bool { return d.state == "guest" })
		r.tap("They match, let it in")
		r.until("pairing", func() bool { return d.state == "done" })
	})
	t.Run("cancelled", func(t *testing.T) {
		r := newRig(t, newFake(5), large)
		r.invite()
		r.until("code", func() bool { return r.inviting.state == "code" })
		r.tap("Cancel")
		r.waitCall("cancel")
	})
	t.Run("cannot be made", func(t *testing.T) {
		f := newFake(5)
		f.inviteErr = app.ErrExpired
		r := newRig(t, f, large)
		r.invite()
		r.until("failure", func() bool { return r.inviting.state == "failed" })
		r.wantText("no longer valid")
	})
}

func TestJoin(t *testing.T) {
	r := newRig(t, newFake(5), large)
	r.join("")
	d := r.joining
	for text, enabled := range map[string]bool{"": false, "paul:ABC": false, code + "!": false, strings.ToLower(code): true, groups(code): true} {
		d.entry.SetText(text)
		if d.ok.Disabled() == enabled {
			t.Errorf("%q: join enabled %v, want %v", text, !d.ok.Disabled(), enabled)
		}
	}
	d.entry.SetText(code)
	r.tap("Join")
	r.until("words", func() bool { return d.state == "words" })
	r.wantText("violin")
	r.f.guest <- app.Guest{}
	r.until("done", func() bool { return d.state == "done" })
	r.wantText("Paired with Desktop")
	r.tap("Show the photos")
	r.waitCall("join " + code)
}

// press types a key as the window does: to what has the keyboard, else to the
// window itself.
func (r *rig) press(k fyne.KeyName) {
	e := &fyne.KeyEvent{Name: k}
	if f := r.win.Canvas().Focused(); f != nil {
		f.TypedKey(e)
		return
	}
	r.win.Canvas().OnTypedKey()(e)
}

func TestDialogsByKeyboard(t *testing.T) {
	guest := app.Guest{Words: [4]string{"amber", "river", "violin", "moss"}}
	guest.Name = "New PC"
	r := newRig(t, newFake(30), large)
	r.presentGrid().grid.Select(2)
	r.press(fyne.KeyDelete)
	r.press(fyne.KeyEscape)
	if r.win.Canvas().Overlays().Top() != nil || len(r.f.called()) != 0 {
		t.Fatal("escape does not cancel the question")
	}
	r.press(fyne.KeyDelete)
	r.win.Canvas().Unfocus() // as a click beside the buttons does
	r.press(fyne.KeyReturn)
	r.waitCall("delete 2")

	r.invite()
	r.f.guest <- guest
	r.until("guest", func() bool { return r.inviting.state == "guest" })
	r.press(fyne.KeyReturn)
	if r.inviting.state != "guest" {
		t.Fatal("return lets a device in that the person has not looked at")
	}
	r.tap("They match, let it in")
	r.until("pairing", func() bool { return r.inviting.state == "done" })
	r.press(fyne.KeyReturn)
	if r.inviting.m.open {
		t.Error("return does not end the pairing")
	}
}

func TestJoinByKeyboard(t *testing.T) {
	r := newRig(t, newFake(5), large)
	r.join("")
	d := r.joining
	r.press(fyne.KeyReturn)
	if d.state != "code" {
		t.Fatal("return joins without a code")
	}
	r.fyne.Clipboard().SetContent(code[:40] + "\r\n" + code[40:80] + "\n" + code[80:] + "\n")
	d.entry.TypedShortcut(&fyne.ShortcutPaste{Clipboard: r.fyne.Clipboard()})
	if d.entry.Text != code {
		t.Errorf("pasted %q", d.entry.Text)
	}
	if d.entry.AcceptsTab() {
		t.Error("tab does not leave the field")
	}
	r.press(fyne.KeyReturn)
	r.until("words", func() bool { return d.state == "words" })
	r.waitCall("join " + code)
	r.f.guest <- app.Guest{}
	r.until("done", func() bool { return d.state == "done" })
	r.open("devices")
	r.press(fyne.KeyReturn)
	if r.current != "photos" || d.m.open {
		t.Error("return does not show the photos")
	}
	r.join("")
	r.press(fyne.KeyEscape)
	if r.joining.m.open {
		t.Error("escape does not close the dialog")
	}
}

func TestSidebarByKeyboard(t *testing.T) {
	r := newRig(t, newFake(5), large)
	r.win.Canvas().Unfocus()
	r.win.Canvas().FocusNext()
	r.win.Canvas().FocusNext()
	r.press(fyne.KeySpace)
	if r.current != "favourites" {
		t.Errorf("the second entry of the sidebar opens %q", r.current)
	}
}

func TestNoAlarmWhileLoading(t *testing.T) {
	f := newFake(60)
	f.loading = make(chan struct{})
	r := newRig(t, f, large)
	r.wantText("Loading…")
	if n := r.side.rows["onecopy"].count.Text(); n != "" {
		t.Errorf("%s photos with only one copy while loading", n)
	}
	close(f.loading)
	r.until("all records", func() bool { return r.loaded })
	r.wantText("only on this computer")
	if n := r.side.rows["onecopy"].count.Text(); n == "" {
		t.Error("no count of photos with only one copy")
	}
}

func TestNoticesStayUntilClosed(t *testing.T) {
	f := newFake(5)
	f.notices = []string{"the library stays in /home/mira/Pictures: the other folder is on another disk"}
	r := newRig(t, f, large)
	r.wantText("The library stays in /home/mira/Pictures")
	r.open("devices")
	r.wantText("The library stays in")
	r.notices.hide()
	r.reload()
	if strings.Contains(r.texts(), "The library stays in") {
		t.Error("the notice comes back")
	}
}

func TestJoinFailuresAreExplained(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{app.ErrBadCode, "not a complete pair code"},
		{app.ErrExpired, "ten minutes"},
		{app.ErrUsed, "used already"},
		{app.ErrBurned, "three wrong tries"},
		{app.ErrOwnCode, "own code"},
		{app.ErrRejected, "did not let this one in"},
		{app.ErrWrongSecret, "did not accept the code"},
		{context.DeadlineExceeded, "firewall"},
		{errors.New("dial: no route"), "could not be reached"},
	} {
		t.Run(tt.want, func(t *testing.T) {
			f := newFake(3)
			f.joinErr = tt.err
			r := newRig(t, f, large)
			r.join(code)
			r.until("failure", func() bool { return r.joining.state == "failed" })
			if text := strings.ReplaceAll(r.texts(), "\n", " "); !strings.Contains(text, tt.want) {
				t.Errorf("no %q in %s", tt.want, text)
			}
			r.tap("Try again")
			if r.joining.entry.Text != code {
				t.Error("the code was forgotten")
			}
		})
	}
}

func TestJoinByPicture(t *testing.T) {
	qr, err := drawQR(code)
	if err != nil {
		t.Fatal(err)
	}
	big := image.NewRGBA(image.Rect(0, 0, 500, 420)) // a photo of a screen, say
	draw.Draw(big, big.Bounds(), image.White, image.Point{}, draw.Src)
	draw.NearestNeighbor.Scale(big, image.Rect(60, 40, 410, 390), qr, qr.Bounds(), draw.Src, nil)
	path := filepath.Join(t.TempDir(), "code.png")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(png.Encode(out, big), out.Close()); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, newFake(3), large)
	r.join("")
	r.picture(t, filepath.Join(t.TempDir(), "missing.png"))
	r.until("hint", func() bool { return strings.Contains(r.joining.hint.Text(), "No pair code") })
	r.dropped(fyne.Position{}, []fyne.URI{storage.NewFileURI(path)})
	r.until("words", func() bool { return r.joining.state == "words" })
	r.waitCall("join " + strings.ToUpper(code)) // codes are drawn in capitals
}

func (r *rig) picture(t *testing.T, path string) {
	t.Helper()
	r.pick.paths = []string{path}
	r.tap("From a picture…")
}

func FuzzReadQR(f *testing.F) {
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Add([]byte("GIF89a\x01\x00\x01\x00"))
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = readQR(strings.NewReader(string(b))) })
}

func TestWelcome(t *testing.T) {
	f := newFake(0)
	fresh(f)
	r := newRig(t, f, large)
	r.wantText("Welcome to Paul")
	r.welcome.details(false)
	r.welcome.name.SetText("")
	r.tap("Start")
	r.until("refusal", func() bool { return r.win.Canvas().Overlays().Top() != nil })
	r.tap("OK")
	r.welcome.name.SetText("Mira's laptop")
	r.tap("Start")
	r.until("gallery", func() bool { return r.current == "photos" })
	if s := f.Settings(); s.Name != "Mira's laptop" || !s.FirstStartDone {
		t.Errorf("settings %+v", s)
	}
	r.wantText("Your photos will be here")
}

func TestWelcomeRestartsForAnotherFolder(t *testing.T) {
	f := newFake(0)
	fresh(f)
	r := newRig(t, f, large)
	restarted := false
	r.restart = func() { restarted = true }
	r.welcome.details(false)
	r.pick.paths = []string{"/media/big/Photos"}
	r.tap("Change…")
	r.until("folder", func() bool { return r.welcome.set.Library == "/media/big/Photos" })
	r.tap("Start")
	r.until("restart", func() bool { return restarted })
}

func TestWelcomeGoesWhenALibraryAppears(t *testing.T) {
	f := newFake(0)
	fresh(f)
	r := newRig(t, f, large)
	f.mu.Lock()
	f.add(0, now)
	f.mu.Unlock()
	f.changed.Raise()
	r.until("gallery", func() bool { return r.current == "photos" })
	r.until("remembered", func() bool { return f.Settings().FirstStartDone })
}

func TestViewer(t *testing.T) {
	r := newRig(t, newFake(30), large)
	g := r.presentGrid()
	r.settle()
	v := r.view
	g.grid.Select(2)
	g.grid.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if !v.active() || v.img.Digest != digest(2) {
		t.Fatal("enter does not open the photo")
	}
	key := func(k fyne.KeyName) { v.key(&fyne.KeyEvent{Name: k}) }
	r.settle()
	r.until("neighbours", func() bool { return len(v.near) >= 2 })
	key(fyne.KeyRight)
	if v.img.Digest != digest(3) || v.near[digest(3)] == nil {
		t.Error("the next photo was not at hand")
	}
	key(fyne.KeyEnd)
	key(fyne.KeyRight)
	if v.at != 29 {
		t.Errorf("at %d, want the last", v.at)
	}
	key(fyne.KeyHome)
	key(fyne.KeyF)
	r.waitCall("favourite true 0")
	r.until("the heart", func() bool { return v.img.Favourite })
	key(fyne.KeyDelete)
	r.tap("Delete")
	r.until("the next photo", func() bool { return v.img.Digest == digest(1) })
	key(fyne.KeyI)
	r.wantText("Fujifilm X-T4")
	r.wantText("Save to this computer")
	key(fyne.KeyEscape)
	if v.active() || g.grid.Count() != 1 {
		t.Error("escape does not go back to the photo in the grid")
	}
}

func TestViewerSaysWhoHasAnAbsentPhoto(t *testing.T) {
	f := newFake(10)
	f.absent[digest(1)] = true
	f.devices[1].Online, f.devices[1].LastSeen = false, now.Add(-5*time.Hour)
	r := newRig(t, f, large)
	r.view.open(r.presentGrid(), 1)
	r.settle()
	r.wantText("The full photo is on Desktop (offline, last seen 5 h ago)")
	f.mu.Lock() // it comes online and is saved
	delete(f.absent, digest(1))
	f.devices[1].Online = true
	f.update([]app.Digest{digest(1)}, func(img *imageRecord) { img.Here = true })
	f.mu.Unlock()
	f.changed.Raise()
	r.until("the photo", func() bool { return r.view.err == nil && r.view.near[digest(1)] != nil })
}

func TestSlideShow(t *testing.T) {
	r := newRig(t, newFake(3), large)
	r.view.open(r.presentGrid(), 1)
	r.view.key(&fyne.KeyEvent{Name: fyne.KeySpace})
	for _, want := range []int{2, 0} {
		go r.fire(slideTime)
		r.until("next slide", func() bool { return r.view.at == want })
	}
	r.view.key(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if r.view.sliding != nil || !r.view.active() {
		t.Error("escape does not end the slide show alone")
	}
}

func TestDeviceRemovalSaysWhatItCosts(t *testing.T) {
	f := newFake(30)
	r := newRig(t, f, large)
	r.open("devices")
	r.removeDevice(f.devices[1])
	r.wantText("Remove Desktop from the library?")
	r.tap("Remove device")
	r.waitCall("remove device 22")
	r.until("two devices", func() bool { return len(r.devices) == 2 })
}

func TestSettings(t *testing.T) {
	r := newRig(t, newFake(3), large)
	r.restart = func() {}
	r.open("settings")
	p := r.present().(*settingsPage)
	p.keep(func(s *app.Settings) { s.Theme = "dark" })
	r.until("dark", func() bool { return r.theme.Name == "dark" })
	r.pick.paths = []string{"/media/big"}
	r.tap("Change…")
	r.until("notice", func() bool { return len(p.notice.Objects) == 1 })
	r.wantText("take effect when Paul is started again")
}

func TestChangesReachTheScreen(t *testing.T) {
	f := newFake(10)
	r := newRig(t, f, large)
	f.mu.Lock()
	f.add(10, now)
	f.images = append([]*imageRecord{f.images[10]}, f.images[:10]...)
	f.mu.Unlock()
	f.changed.Raise()
	r.until("the new photo", func() bool { return r.presentGrid().grid.Source().Len() == 11 })
}

func TestShortcuts(t *testing.T) {
	r := newRig(t, newFake(10), large)
	sc := func(k fyne.KeyName) fyne.Shortcut {
		return &desktop.CustomShortcut{KeyName: k, Modifier: fyne.KeyModifierShortcutDefault}
	}
	r.open("devices")
	r.shortcut(sc(fyne.KeyF))
	if r.current != "photos" || r.win.Canvas().Focused() != r.bar.search {
		t.Error("ctrl+F does not lead to the search field")
	}
	r.bar.search.TypedShortcut(sc(fyne.KeyComma)) // the field swallows what it gets, so it passes this on
	if r.current != "settings" {
		t.Error("ctrl+comma does not open the settings from the search field")
	}
}
