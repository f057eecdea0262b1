package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
)

// viewed is a viewer that is open at a photo.
func viewed(t *testing.T, f *fake, at int) *rig {
	t.Helper()
	r := newRig(t, f, large)
	r.settle()
	r.view.open(r.presentGrid(), at)
	r.settle()
	return r
}

// TestArrowsMoveAZoomedPhoto moves over the picture while it is zoomed, and turns to
// other photos while it fits.
func TestArrowsMoveAZoomedPhoto(t *testing.T) {
	r := viewed(t, newFake(10), 2)
	v := r.view
	r.press(fyne.Key1)
	before := v.stage.View()
	r.press(fyne.KeyRight)
	if after := v.stage.View(); v.at != 2 || after.X <= before.X {
		t.Errorf("right moves a zoomed photo from %v to %v, at photo %d", before, after, v.at)
	}
	r.press(fyne.KeyDown)
	if after := v.stage.View(); after.Y <= before.Y {
		t.Errorf("down moves it from %v to %v", before, after)
	}
	r.press(fyne.Key0)
	if !v.stage.Fitted() {
		t.Error("0 does not fit it")
	}
	r.press(fyne.KeyRight)
	if v.at != 3 {
		t.Errorf("right on a fitted photo leads to %d", v.at)
	}
	r.press(fyne.KeyPlus)
	if v.stage.Fitted() {
		t.Error("+ does not zoom")
	}
	r.press(fyne.KeyPageDown)
	if v.at != 4 || !v.stage.Fitted() {
		t.Errorf("page down on a zoomed photo leads to %d, fitted %v", v.at, v.stage.Fitted())
	}
}

// TestFilmStrip shows the neighbours, follows the photo, and leads to the one that is
// clicked.
func TestFilmStrip(t *testing.T) {
	r := viewed(t, newFake(60), 20)
	v := r.view
	r.press(fyne.KeyT)
	if !v.strip.Visible() {
		t.Fatal("T does not show the film strip")
	}
	r.until("its pictures", r.stripFilled)
	at := func(i int) float32 { return v.strip.frames[i].img.Position().X + stripFrame/2 }
	if mid := v.strip.Size().Width / 2; at(20) != mid {
		t.Errorf("the photo is at %v in the strip, the middle is %v", at(20), mid)
	}
	test.TapAt(v.strip, fyne.NewPos(at(23), stripHeight/2))
	if v.at != 23 || at(23) != v.strip.Size().Width/2 {
		t.Errorf("a click on the third one after leads to %d", v.at)
	}
	v.strip.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -25)})
	if v.at != 24 {
		t.Errorf("the wheel leads to %d", v.at)
	}
	r.press(fyne.KeyT)
	if v.strip.Visible() {
		t.Error("T does not hide the film strip")
	}
}

// TestFullScreen hides the bars while the mouse rests, and brings them back.
func TestFullScreen(t *testing.T) {
	r := viewed(t, newFake(10), 2)
	v := r.view
	v.toggleStrip()
	r.press(fyne.KeyF11)
	if !r.win.FullScreen() || !v.bars[0].Visible() || v.stage.Size() != r.win.Canvas().Size() {
		t.Fatalf("full screen %v, bars %v, stage %v", r.win.FullScreen(), v.bars[0].Visible(), v.stage.Size())
	}
	rest := func() {
		go r.fire(barsTime)
		r.until("rest", func() bool { return !v.barred })
	}
	rest()
	if v.bars[0].Visible() || v.strip.Visible() {
		t.Error("bars stay while the mouse rests")
	}
	v.hovered(true)
	if !v.bars[0].Visible() || !v.strip.Visible() {
		t.Error("the bars do not come back with the mouse")
	}
	v.hovered(false) // onto a bar
	r.fire(barsTime)
	if !v.barred {
		t.Error("bars go away under the mouse")
	}
	r.press(fyne.KeyEscape)
	if r.win.FullScreen() || !v.active() {
		t.Error("escape does not leave the full screen alone")
	}
	r.press(fyne.KeyF11)
	v.close()
	if r.win.FullScreen() {
		t.Error("the photos fill the screen when the viewer has closed")
	}
}

// TestSlideShowSettings rests on a photo as long as the person chose, and ends by any
// input.
func TestSlideShowSettings(t *testing.T) {
	f := newFake(10)
	r := viewed(t, f, 1)
	v := r.view
	v.setSlideTime(10)
	r.until("the setting", func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.settings.SlideSeconds == 10
	})
	ends := map[string]func(){
		"a click": v.tapped,
		"escape":  func() { r.press(fyne.KeyEscape) },
		"space":   func() { r.press(fyne.KeySpace) },
		"F11":     func() { r.press(fyne.KeyF11); v.setFull(false) },
	}
	for what, end := range ends {
		v.toggleSlides()
		if v.barred || !r.win.FullScreen() {
			t.Errorf("the slide show has bars, or no full screen")
		}
		r.fire(9 * time.Second)
		if v.at != 1 {
			t.Fatal("the slide show does not rest ten seconds")
		}
		end()
		if v.sliding != nil || !v.active() || r.win.FullScreen() || !v.barred {
			t.Errorf("%s does not end the slide show alone", what)
		}
	}
	v.toggleSlides()
	r.press(fyne.KeyRight)
	if v.sliding != nil || v.at != 2 {
		t.Errorf("an arrow leads to %d", v.at)
	}
}

// TestNarrowHead leaves out buttons that have no room; the menu has them.
func TestNarrowHead(t *testing.T) {
	f := newFake(10)
	r := newRig(t, f, small)
	r.view.open(r.presentGrid(), 2)
	r.settle()
	if !r.view.lesser[0].Visible() {
		t.Error("a window of 720 has no room for the buttons")
	}
	r.view.toggleInfo()
	if r.view.lesser[0].Visible() {
		t.Error("the buttons crowd the title")
	}
	var labels []string
	for _, i := range r.view.moreItems()[1].ChildMenu.Items {
		labels = append(labels, i.Label)
	}
	for _, want := range []string{"Film strip (T)", "Full screen (F11)", "Slide show (Space)", "Compare with the next one (C)"} {
		if !strings.Contains(strings.Join(labels, "|"), want) {
			t.Errorf("the menu has no %q: %q", want, labels)
		}
	}
}

// TestFilmsPlayInTheSystemsPlayer offers to play a film that is here, and to save one
// that is not.
func TestFilmsPlayInTheSystemsPlayer(t *testing.T) {
	f := newFake(30)
	r := viewed(t, f, 6)
	if r.view.inMemory() == nil || r.view.blank.Visible() {
		t.Error("the film has no poster")
	}
	r.tap("Play")
	r.waitCall("desk open " + f.entries[digest(6)].Path)
	f.mu.Lock()
	e := f.entries[digest(6)]
	e.Path = ""
	f.entries[digest(6)] = e
	f.update([]app.Digest{digest(6)}, func(img *imageRecord) { img.Here = false })
	f.mu.Unlock()
	f.changed.Raise()
	r.until("that it is away", func() bool { return strings.Contains(r.texts(), "The film is not on this computer yet") })
	r.tap("Save to this computer")
	r.waitCall("save 6")
}

// TestOpensFromItsTile lets the photo grow out of its tile, but not where nothing may
// move.
func TestOpensFromItsTile(t *testing.T) {
	r := newRig(t, newFake(10), large)
	r.settle()
	g := r.presentGrid()
	if at, ok := tileOf(g, 2); !ok || at.size.Width < 50 || at.pos.X < look.Sidebar {
		t.Errorf("photo 2 flies from %v, %v", at, ok)
	}
	look.SetMotion(false)
	t.Cleanup(func() { look.SetMotion(true) })
	if _, ok := tileOf(g, 2); ok {
		t.Error("photos fly though nothing may move")
	}
}

// TestALargerWindowLoadsAnew brings finer pixels when the window has grown.
func TestALargerWindowLoadsAnew(t *testing.T) {
	r := viewed(t, newFake(10), 2)
	side := r.view.side
	r.win.Resize(fyne.NewSize(1900, 1000))
	r.view.object.Refresh()
	r.until("the new size", func() bool {
		if r.view.side == side {
			go r.fire(growTime)
		}
		return r.view.side > side
	})
	r.settle()
	if r.view.near[thumbKey(r.view.img, 0)] == nil {
		t.Error("nothing was loaded for the larger window")
	}
}
