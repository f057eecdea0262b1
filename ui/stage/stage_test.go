package stage

import (
	"image"
	"math"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"github.com/libpaul/paul/ui/look"
)

type rig struct {
	*Stage
	later []func()
	full  int
	swipe int
	mods  fyne.KeyModifier
}

func newRig(t *testing.T, w, h int) *rig {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(look.Theme{Name: "dark"})
	r := &rig{}
	r.Stage = New(Options{
		Do:       func(f func()) { f() },
		Go:       func(f func()) { f() },
		After:    func(_ time.Duration, f func()) func() { r.later = append(r.later, f); return func() {} },
		NeedFull: func() { r.full++ },
		Swipe:    func(n int) { r.swipe += n },
		Held:     func() fyne.KeyModifier { return r.mods },
	})
	win := test.NewTempWindow(t, r.Stage)
	win.SetPadded(false)
	win.Resize(fyne.NewSize(1000, 600))
	r.SetPicture(image.Pt(w, h), image.NewRGBA(image.Rect(0, 0, min(w, 1000), min(w, 1000)*h/w)))
	return r
}

func (r *rig) rest() {
	l := r.later
	r.later = nil
	for _, f := range l {
		f()
	}
}

// at is the point of the picture under p.
func (r *rig) at(p fyne.Position) (x, y float64) {
	return r.x + float64(p.X-500)/r.zoom, r.y + float64(p.Y-300)/r.zoom
}

func TestFits(t *testing.T) {
	for _, tt := range []struct {
		name       string
		w, h       int
		zoom       float64
		wantPct    int
		wantFitted bool
	}{
		{"landscape", 6000, 3000, 1.0 / 6, 17, true},
		{"portrait", 3000, 6000, 0.1, 10, true},
		{"small ones are not enlarged", 200, 100, 1, 100, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, tt.w, tt.h)
			if math.Abs(r.zoom-tt.zoom) > 1e-6 || r.Percent() != tt.wantPct || r.Fitted() != tt.wantFitted {
				t.Errorf("zoom %v, %d %%, fitted %v", r.zoom, r.Percent(), r.Fitted())
			}
		})
	}
}

func TestZoomsToThePointer(t *testing.T) {
	r := newRig(t, 6000, 3000)
	p := fyne.NewPos(700, 350)
	for range 12 {
		x, y := r.at(p)
		r.Scrolled(&fyne.ScrollEvent{PointEvent: fyne.PointEvent{Position: p}, Scrolled: fyne.NewDelta(0, 25)})
		if x2, y2 := r.at(p); math.Abs(x-x2) > 6 || math.Abs(y-y2) > 200 { // y is held in the middle while it fits
			t.Fatalf("the point under the mouse went from %v, %v to %v, %v", x, y, x2, y2)
		}
	}
	for range 60 {
		r.Scrolled(&fyne.ScrollEvent{PointEvent: fyne.PointEvent{Position: p}, Scrolled: fyne.NewDelta(0, 25)})
	}
	if r.zoom > greatest {
		t.Errorf("zoom %v", r.zoom)
	}
	for range 200 {
		r.Scrolled(&fyne.ScrollEvent{PointEvent: fyne.PointEvent{Position: p}, Scrolled: fyne.NewDelta(0, -25)})
	}
	if !r.Fitted() {
		t.Error("zooming out does not end fitted")
	}
}

func TestPanStaysOnThePicture(t *testing.T) {
	r := newRig(t, 6000, 3000)
	r.Actual()
	for range 100 {
		r.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(400, 300)})
	}
	if r.x != 500 || r.y != 300 {
		t.Errorf("panned to %v, %v; want the corner", r.x, r.y)
	}
	r.DoubleTapped(&fyne.PointEvent{})
	if !r.Fitted() {
		t.Error("a double click on a zoomed picture does not fit it")
	}
}

func TestSharpensAtRest(t *testing.T) {
	r := newRig(t, 6000, 3000)
	r.rest()
	if r.full != 0 {
		t.Fatal("asked for the full picture while a preview suffices")
	}
	r.Actual()
	r.rest()
	if r.full != 1 {
		t.Fatalf("asked %d times for the full picture", r.full)
	}
	r.SetFull(image.NewRGBA(image.Rect(0, 0, 6000, 3000)))
	r.rest()
	if !r.Sharp() || r.sharp.Image.Bounds().Dx() < 1000 {
		t.Fatal("nothing sharp was drawn")
	}
	r.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(-5, 0)})
	if r.Sharp() {
		t.Error("the sharp part stays while the hand moves")
	}
}

func TestShiftWheelTurns(t *testing.T) {
	r := newRig(t, 600, 300)
	r.mods = fyne.KeyModifierShift
	r.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -25)})
	if r.swipe != 1 {
		t.Errorf("turned %d", r.swipe)
	}
}

func TestKeysZoomToTheMouse(t *testing.T) {
	r := newRig(t, 6000, 3000)
	p := fyne.NewPos(700, 300)
	r.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: p}})
	r.Zoom(4)
	x, y := r.at(p)
	r.Zoom(1.5)
	if x2, y2 := r.at(p); math.Abs(x-x2) > 1 || math.Abs(y-y2) > 1 {
		t.Errorf("the point under the mouse went from %v, %v to %v, %v", x, y, x2, y2)
	}
	r.MouseOut()
	x, y = r.x, r.y
	r.Zoom(1.5)
	if math.Abs(r.x-x) > 1 || math.Abs(r.y-y) > 1 {
		t.Errorf("without a mouse the middle went from %v, %v to %v, %v", x, y, r.x, r.y)
	}
}

func TestPan(t *testing.T) {
	r := newRig(t, 6000, 3000)
	r.Pan(0.5, 0)
	if !r.Fitted() {
		t.Fatal("a picture that fits is moved")
	}
	r.Actual()
	x, y := r.x, r.y
	r.Pan(0.1, -0.2)
	if r.x != x+100 || r.y != y-120 {
		t.Errorf("moved from %v, %v to %v, %v", x, y, r.x, r.y)
	}
}

// TestView shows the same part of a picture of another size.
func TestView(t *testing.T) {
	a, b := newRig(t, 6000, 3000), newRig(t, 3000, 1500)
	told := 0
	b.opts.Modified = func() { told++ }
	a.Actual()
	a.Pan(1, 0.5)
	b.SetView(a.View())
	va, vb := a.View(), b.View()
	if math.Abs(va.X-vb.X) > 1e-9 || math.Abs(va.Y-vb.Y) > 1e-9 || math.Abs(va.Zoom-vb.Zoom) > 1e-9 || b.Fitted() {
		t.Errorf("%v shows as %v", va, vb)
	}
	if told != 0 {
		t.Error("tells what it was told")
	}
	a.Fit()
	if b.SetView(a.View()); !b.Fitted() {
		t.Error("does not fit as the other does")
	}
	pos, size := b.Frame()
	if pos != fyne.NewPos(0, 50) || size != fyne.NewSize(1000, 500) {
		t.Errorf("lies at %v, %v", pos, size)
	}
}
