package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
)

// edited is the editor of a photo, with its picture.
func edited(t *testing.T, f *fake, at int) (*rig, *editor) {
	t.Helper()
	r := viewed(t, f, at)
	r.press(fyne.KeyE)
	if r.view.editor == nil {
		t.Fatal("E does not open the editor")
	}
	r.until("the picture", func() bool { return !r.view.editor.loading })
	return r, r.view.editor
}

func geometryOf(f *fake, n int) app.Geometry {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.images[n].Geometry()
}

// TestEditByKeys cuts, straightens, turns and mirrors by keys, keeps it, and undoes it.
func TestEditByKeys(t *testing.T) {
	f := newFake(20)
	r, e := edited(t, f, 0)
	for _, k := range []fyne.KeyName{fyne.KeyR, fyne.KeyM, fyne.KeyPeriod, fyne.KeyPeriod, fyne.KeyComma, fyne.KeyMinus, fyne.KeyRight} {
		r.press(k)
	}
	g := e.crop.Geometry()
	if g.Turns != 3 || !g.Mirror || g.Angle != 0.5 || g.Crop == (app.Geometry{}).Crop {
		t.Errorf("keys made %v", g)
	}
	r.wantText("0.5°")
	r.press(fyne.KeyReturn)
	r.waitCall("geometry 0 " + g.String())
	r.until("the photo as it is cut", func() bool { return r.view.img.Geometry() == g })
	if r.view.editor != nil || !r.view.active() {
		t.Error("return does not lead back to the photo")
	}
	r.wantText("Photo edited; its file stays as it is")
	r.toasts.undo()
	r.until("the photo as it was", func() bool { return geometryOf(f, 0) == app.Geometry{} })
}

// TestEditKeepsNothingByEscape leaves the photo as it was.
func TestEditKeepsNothingByEscape(t *testing.T) {
	f := newFake(20)
	r, _ := edited(t, f, 4)
	r.press(fyne.KeyR)
	r.press(fyne.KeyEscape)
	if r.view.editor != nil || !r.view.active() {
		t.Fatal("escape does not lead back to the photo")
	}
	r.press(fyne.KeyE)
	r.until("the picture", func() bool { return !r.view.editor.loading })
	r.tap("Done") // nothing to keep
	for _, c := range f.called() {
		if strings.HasPrefix(c, "geometry") {
			t.Errorf("called %q", c)
		}
	}
}

// TestEditBeginsWithWhatWasDone begins with the geometry of before, and Reset shows the
// file as it is.
func TestEditBeginsWithWhatWasDone(t *testing.T) {
	f := newFake(20)
	g := app.Geometry{Turns: 1, Angle: 3}
	f.update([]app.Digest{digest(4)}, func(img *imageRecord) { img.More = &imagelib.More{Geometry: g} })
	r, e := edited(t, f, 4)
	if e.crop.Geometry() != g || e.angle.Value != 3 {
		t.Errorf("begins with %v, slider at %v", e.crop.Geometry(), e.angle.Value)
	}
	r.tap("Reset")
	r.tap("Done")
	r.waitCall("geometry 4 ")
	r.until("the file as it is", func() bool { return geometryOf(f, 4) == app.Geometry{} })
}

// TestShapes hold the frame's ratio, lying or standing.
func TestShapes(t *testing.T) {
	r, e := edited(t, newFake(20), 0)
	for _, tt := range []struct {
		button string
		want   float64
	}{{"Square", 1}, {"16:9", 16.0 / 9}, {"Original", e.crop.Whole()}, {"3:2", 3.0 / 2}} {
		r.tap(tt.button)
		if got := e.crop.Kept(); got < tt.want*0.99 || got > tt.want*1.01 {
			t.Errorf("%s keeps %.3f, want %.3f", tt.button, got, tt.want)
		}
	}
	r.press(fyne.KeyX)
	if got := e.crop.Kept(); got < 0.66 || got > 0.67 {
		t.Errorf("X makes 3:2 to %.3f", got)
	}
	r.press(fyne.KeyA)
	if got := e.crop.Kept(); got < 0.56 || got > 0.57 || e.shape != 5 {
		t.Errorf("A after 3:2 keeps %.3f", got)
	}
	e.angle.SetValue(10)
	r.wantText("10°")
	if got := e.crop.Kept(); got < 0.56 || got > 0.57 {
		t.Errorf("straightened it keeps %.3f", got)
	}
}

// TestOnlyPicturesAreCut says so of a film.
func TestOnlyPicturesAreCut(t *testing.T) {
	r := viewed(t, newFake(20), 6)
	r.press(fyne.KeyE)
	if r.view.editor != nil {
		t.Error("a film is cut")
	}
	r.wantText("Only pictures can be cut and straightened")
}

// TestEditSaysWhyNot cannot keep what it has no picture of.
func TestEditSaysWhyNot(t *testing.T) {
	f := newFake(20)
	f.absent[digest(1)] = true
	f.noThumbs = true
	f.devices[1].Online = false
	r, e := edited(t, f, 1)
	if !e.done.Disabled() {
		t.Error("an edit can be kept of which nothing is seen")
	}
	r.wantText("The full photo is on")
}
