package look

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// undrawn is an app in which nothing has been drawn yet.
type undrawn struct{ fyne.App }

type undrawnDriver struct{ fyne.Driver }

func (a undrawn) Driver() fyne.Driver                               { return undrawnDriver{a.App.Driver()} }
func (undrawnDriver) CanvasForObject(fyne.CanvasObject) fyne.Canvas { return nil }

// TestSelectBeforeItIsDrawn: a click that comes before a choice is drawn, as on a page
// that was just made anew, opens nothing, and does not end the program.
func TestSelectBeforeItIsDrawn(t *testing.T) {
	a := test.NewTempApp(t)
	win := test.NewTempWindow(t, nil)
	s := NewSelect([]string{"one", "two"}, nil)
	win.SetContent(s)
	fyne.SetCurrentApp(undrawn{a})
	s.Tapped(&fyne.PointEvent{})
	s.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	if n := len(win.Canvas().Overlays().List()); n != 0 {
		t.Errorf("%d lists are open", n)
	}
	fyne.SetCurrentApp(a)
	s.Tapped(&fyne.PointEvent{})
	if n := len(win.Canvas().Overlays().List()); n != 1 {
		t.Errorf("%d lists are open after the choice was drawn", n)
	}
}

// TestEntryBeforeItIsDrawn: likewise a right click on a field.
func TestEntryBeforeItIsDrawn(t *testing.T) {
	a := test.NewTempApp(t)
	win := test.NewTempWindow(t, nil)
	e := NewEntry()
	win.SetContent(e)
	fyne.SetCurrentApp(undrawn{a})
	e.TappedSecondary(&fyne.PointEvent{})
	if n := len(win.Canvas().Overlays().List()); n != 0 {
		t.Errorf("%d menus are open", n)
	}
	fyne.SetCurrentApp(a)
	e.TappedSecondary(&fyne.PointEvent{})
	if n := len(win.Canvas().Overlays().List()); n != 1 {
		t.Errorf("%d menus are open after the field was drawn", n)
	}
}
