package ui

import (
	"testing"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/app"
)

// TestCompare shows two photos side by side whose zoom and place go together.
func TestCompare(t *testing.T) {
	r := viewed(t, newFake(30), 2)
	v := r.view
	r.press(fyne.KeyC)
	d := v.duo
	if d == nil || d.sides[0].at != 2 || d.sides[1].at != 3 {
		t.Fatal("C does not compare the photo with the next one")
	}
	r.until("both photos", r.bothShown)
	r.press(fyne.Key1)
	r.press(fyne.KeyRight)
	a, b := d.sides[0].stage, d.sides[1].stage
	if a.Fitted() || a.View() != b.View() {
		t.Errorf("one side shows %v, the other %v", a.View(), b.View())
	}
	b.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(30, 20)})
	if a.View() != b.View() {
		t.Errorf("after a drag one side shows %v, the other %v", a.View(), b.View())
	}
	r.press(fyne.KeyX)
	r.press(fyne.KeyF)
	r.waitCall("favourite true 3")
	r.press(fyne.Key0)
	if !a.Fitted() || !b.Fitted() {
		t.Error("0 does not fit both")
	}
	r.press(fyne.KeyLeft) // over the other one
	if d.sides[1].at != 1 || d.sides[0].at != 2 {
		t.Errorf("left shows photo %d", d.sides[1].at)
	}
	if r.view.sel().images[0].Digest != digest(1) {
		t.Error("what is done is done to another photo than that of the side")
	}
	r.press(fyne.KeyEscape)
	if v.duo != nil || !v.active() || v.at != 1 {
		t.Errorf("escape leads to photo %d", v.at)
	}
}

// TestCompareSelected compares the two photos that are selected.
func TestCompareSelected(t *testing.T) {
	f := newFake(10)
	r := newRig(t, f, large)
	r.settle()
	g := r.presentGrid()
	g.grid.Select(1)
	r.press(fyne.KeyC)
	r.wantText("Select two photos to compare them")
	g.grid.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
	g.grid.SelectAll()
	r.compareSelected(r.selection())
	if r.view.active() {
		t.Fatal("ten photos are compared")
	}
	r.view.comparePhotos(g, 1, 5)
	r.until("both photos", r.bothShown)
	f.mu.Lock() // one of them is deleted elsewhere
	f.images = append(f.images[:5:5], f.images[6:]...)
	f.mu.Unlock()
	f.changed.Raise()
	r.until("another one in its place", func() bool { return r.view.duo.sides[1].img.Digest == digest(6) })
	r.press(fyne.KeyEscape)
	if r.view.active() {
		t.Error("escape does not go back to the page that it was opened from")
	}
}

// TestCompareEndsWithOnePhoto goes on with the photo that is left.
func TestCompareEndsWithOnePhoto(t *testing.T) {
	f := newFake(2)
	r := viewed(t, f, 0)
	r.press(fyne.KeyC)
	r.until("both photos", r.bothShown)
	f.mu.Lock()
	f.images = f.images[1:]
	f.mu.Unlock()
	f.changed.Raise()
	r.until("one photo", func() bool { return r.view.duo == nil })
	if !r.view.active() || r.view.img.Digest != digest(1) {
		t.Error("the photo that is left does not show")
	}
	r.press(fyne.KeyC)
	r.wantText("There is no other photo here to compare with")
}

// TestDuoSaysWhyNot tells under a photo why it does not show.
func TestDuoSaysWhyNot(t *testing.T) {
	f := newFake(10)
	f.absent[digest(3)] = true
	f.devices[1].Online, f.devices[1].Name = false, "Attic"
	f.update([]app.Digest{digest(3)}, func(img *imageRecord) { img.Here = false })
	r := viewed(t, f, 2)
	r.press(fyne.KeyC)
	r.until("why", func() bool { return r.view.duo.sides[1].err != nil })
	r.wantText("The full photo is on")
}
