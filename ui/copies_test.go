package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
)

// selects finds the choices of what fills the window.
func selects(o fyne.CanvasObject) (out []*widget.Select) {
	switch o := o.(type) {
	case *widget.Select:
		return []*widget.Select{o}
	case *keySelect:
		return []*widget.Select{&o.Select.Select}
	case *fyne.Container:
		for _, c := range o.Objects {
			out = append(out, selects(c)...)
		}
	case *container.Scroll:
		return selects(o.Content)
	}
	return out
}

// TestAskCopies shows what a number leads to before it holds.
func TestAskCopies(t *testing.T) {
	f := newFake(3)
	f.albums = []imagelib.Album{{ID: "album:x", Name: "Trip"}}
	r := newRig(t, f, large)
	r.albumCopies("album:x", "Trip")
	r.wantText("Keep “Trip” on at least")
	r.until("no wish", func() bool { return strings.Contains(r.texts(), "Paul makes no copies by itself then.") })
	sel := selects(r.modals[0].root)[0]
	sel.SetSelectedIndex(2)
	r.until("the plan", func() bool { return strings.Contains(r.texts(), "90 photos cannot have so many copies") })
	r.wantText("NAS in the hall fetches 40 photos, 124 MB.")
	sel.SetSelectedIndex(1)
	r.until("another plan", func() bool { return !strings.Contains(r.texts(), "cannot have so many copies") })
	if len(f.rules) > 0 {
		t.Error("a look at the plan has changed the rule")
	}
	r.win.Canvas().Focus(sel)
	r.tap("Apply")
	r.until("the rule", func() bool { return f.CopyRule("album:x").Copies == 2 })
}

// TestWhatThisComputerKeeps is a choice in the settings.
func TestWhatThisComputerKeeps(t *testing.T) {
	f := newFake(3)
	f.role = app.Role{Space: 60e9}
	r := newRig(t, f, large)
	r.open("settings")
	r.tap("What I save here, up to 60 GB…")
	r.wantText("What this computer keeps")
	selects(r.modals[0].root)[0].SetSelectedIndex(1)
	r.until("the plan", func() bool { return strings.Contains(r.texts(), "12 photos, 48 MB, are removed from this computer") })
	if f.Role() != (app.Role{Space: 60e9}) {
		t.Error("a look at the plan has changed the role")
	}
	r.tap("Apply")
	r.until("the role", func() bool { return f.Role() == app.Role{Helps: true, Space: 60e9} })
	r.tap("Any number…")
	r.until("the question", func() bool { return strings.Contains(r.texts(), "Keep every photo on at least") })
}

// TestNoLongerFetched: another role takes back what the one before was fetching, and says so.
func TestNoLongerFetched(t *testing.T) {
	f := newFake(3)
	f.role = app.Role{Everything: true}
	r := newRig(t, f, large)
	r.open("settings")
	r.tap("Every photo…")
	selects(r.modals[0].root)[0].SetSelectedIndex(0)
	r.tap("Apply")
	r.until("what is no longer fetched", func() bool { return strings.Contains(r.texts(), "7 photos, 28 MB, are no longer fetched") })
}
