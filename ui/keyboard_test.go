package ui

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
)

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
	r.press(fyne.KeyReturn)
	r.press(fyne.KeyDelete)
	r.win.Canvas().Unfocus() // as a click beside the buttons does
	r.press(fyne.KeyReturn)
	if r.win.Canvas().Overlays().Top() != nil || len(r.f.called()) != 0 {
		t.Fatal("return does what is dangerous, or does not cancel it")
	}
	r.press(fyne.KeyDelete)
	r.win.Canvas().FocusNext()
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
	r.join()
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
	r.join()
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

func TestAlbumsByKeyboard(t *testing.T) {
	r := newRig(t, newFake(5), large)
	r.open("albums")
	p := r.present().(*albumsPage)
	at := func() string {
		c, ok := r.win.Canvas().Focused().(*albumCard)
		if !ok {
			t.Fatalf("the keyboard is with %T", r.win.Canvas().Focused())
		}
		return c.album.Name
	}
	for range 1 + len(r.side.rows) {
		r.win.Canvas().FocusNext()
	}
	if got := at(); got != "" {
		t.Fatalf("tab after the sidebar leads to %q, want the card that makes an album", got)
	}
	for _, tt := range []struct {
		key  fyne.KeyName
		want string
	}{
		{fyne.KeyRight, "Summer in the Alps"},
		{fyne.KeyRight, "By the sea"},
		{fyne.KeyEnd, "At home"},
		{fyne.KeyRight, "At home"},
		{fyne.KeyUp, "At home"},
		{fyne.KeyHome, ""},
		{fyne.KeyLeft, ""},
		{fyne.KeyRight, "Summer in the Alps"},
	} {
		if r.press(tt.key); at() != tt.want {
			t.Errorf("%s leads to %q, want %q", tt.key, at(), tt.want)
		}
	}
	r.press(fyne.KeyF2)
	r.wantText("Rename album")
	r.typeText("Dolomites")
	r.press(fyne.KeyReturn)
	r.waitCall("rename alps Dolomites")
	r.f.mu.Lock()
	r.f.albums[0].Name = "Dolomites"
	r.f.mu.Unlock()
	r.win.Canvas().Focus(p.cards[0])
	r.reload()
	if at() != "Dolomites" {
		t.Error("the card loses the keyboard when its album changes")
	}
	r.press(fyne.KeyReturn)
	if r.current != "album/alps" {
		t.Errorf("return opens %q", r.current)
	}
	r.press(fyne.KeyEscape)
	if r.current != "albums" || at() != "Dolomites" {
		t.Errorf("escape leads to %q", r.current)
	}
	r.press(fyne.KeyDelete)
	r.wantText("Delete the album “Dolomites”?")
}

func TestAlbumOnTheScreenHasTheKeyboard(t *testing.T) {
	f := newFake(5)
	for i := range 30 {
		f.albums = append(f.albums, imagelib.Album{ID: fmt.Sprint(i), Name: fmt.Sprint("Album ", i)})
	}
	r := newRig(t, f, small)
	r.open("albums")
	p := r.present().(*albumsPage)
	r.win.Canvas().Focus(p.cards[0])
	r.press(fyne.KeyEnd)
	last := p.cards[len(p.cards)-1]
	if y := last.Position().Y - p.scroll.Offset.Y; y < 0 || y+last.Size().Height > p.scroll.Size().Height {
		t.Errorf("the last album is at %v of %v", y, p.scroll.Size().Height)
	}
	r.press(fyne.KeyHome)
	if p.scroll.Offset.Y != 0 {
		t.Errorf("the first album is %v above the screen", p.scroll.Offset.Y)
	}
}

// typeText types into what has the keyboard.
func (r *rig) typeText(text string) {
	for _, c := range text {
		r.win.Canvas().Focused().TypedRune(c)
	}
}

func TestShortcuts(t *testing.T) {
	r := newRig(t, newFake(10), large)
	sc := func(k fyne.KeyName) fyne.Shortcut {
		return &desktop.CustomShortcut{KeyName: k, Modifier: fyne.KeyModifierShortcutDefault}
	}
	r.presentGrid().grid.TypedShortcut(sc(fyne.KeyF)) // the photos have the keyboard, and get all
	if r.win.Canvas().Focused() != r.bar.search {
		t.Error("ctrl+F does not lead from the photos to the search field")
	}
	r.presentGrid().grid.SelectAll()
	r.shortcut(sc(fyne.KeyF))
	if r.presentGrid().grid.Count() != 10 || !r.bar.search.Visible() || r.win.Canvas().Focused() != r.bar.search {
		t.Error("ctrl+F does not lead from a selection to the search field")
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
