package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/libpaul/paul/app"
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
