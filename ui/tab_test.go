package ui

import (
	"fmt"
	"image"
	"image/color"
	"reflect"
	"testing"

	"fyne.io/fyne/v2"
)

// byOtherKeys are what a click acts on and Tab passes over, each with the key
// that does the same.
var byOtherKeys = map[string]string{
	"*ui.scrim":                "Escape closes the dialog that it lies behind",
	"*widget.OverlayContainer": "Escape closes the menu that it lies behind",
	"*widget.scrollBarArea":    "a page scrolls to what the keyboard comes to",
	"*stage.Stage":             "+, -, 0 and 1 zoom, the arrows go to other photos",
	"*ui.filmStrip":            "the arrows go to other photos",
	"*ui.square":               "Larger and Smaller do the same",
}

// markedLater are what shows the focus by a mark within, with the next key.
var markedLater = map[string]string{
	"*widget.PopUpMenu": "Down marks the first of its items",
	"*widget.List":      "the line that the arrows have come to has a ground of its own, thin as that under the mouse",
}

// TestTabReachesEverything walks over every screen with Tab: whatever can be
// clicked must come to have the keyboard, but for what byOtherKeys lists.
func TestTabReachesEverything(t *testing.T) {
	onEachScreen(t, "light", large, func(t *testing.T, _ string, r *rig) {
		t.Helper()
		layers := r.painted()
		reached := tabbed(r, nil)
		for _, p := range layers[len(layers)-1] {
			if _, ok := p.o.(fyne.Tappable); !ok || partOf(p, reached) {
				continue
			}
			if d, ok := p.o.(fyne.Disableable); ok && d.Disabled() {
				continue
			}
			if byOtherKeys[fmt.Sprintf("%T", p.o)] == "" {
				t.Errorf("%T at %v is not reached with Tab", p.o, p.at)
			}
		}
	})
}

// tabbed is everything that has the keyboard once while Tab is pressed.
// each, if not nil, is called for every one of them while it has it.
func tabbed(r *rig, each func(fyne.CanvasObject)) map[fyne.CanvasObject]bool {
	c, reached := r.win.Canvas(), map[fyne.CanvasObject]bool{}
	for {
		c.FocusNext()
		o, ok := c.Focused().(fyne.CanvasObject)
		if !ok || reached[o] {
			return reached
		}
		reached[o] = true
		if each != nil {
			each(o)
		}
	}
}

// partOf tells whether something is reached, or a part of what is.
func partOf(p painted, reached map[fyne.CanvasObject]bool) bool {
	if reached[p.o] {
		return true
	}
	for _, o := range p.path {
		if reached[o] {
			return true
		}
	}
	return false
}

// TestTheKeyboardIsWhereOneSees walks over every small screen with Tab: what the
// keyboard comes to is scrolled into view.
func TestTheKeyboardIsWhereOneSees(t *testing.T) {
	onEachScreen(t, "light", small, func(t *testing.T, _ string, r *rig) {
		t.Helper()
		tabbed(r, func(o fyne.CanvasObject) {
			for _, l := range r.painted() {
				for _, p := range l {
					if seen := p.at.cut(p.clip); p.o == o && (seen.empty() || !p.inside && !p.at.inHeight(p.clip, 1) || seen.bottom-seen.top < min(p.at.bottom-p.at.top, 30)-1) {
						t.Errorf("%T at %v is not in view %v", o, p.at, p.clip)
					}
				}
			}
		})
	})
}

// TestFocusShows compares pictures: whatever Tab reaches looks another way when
// it has the keyboard, by pixels that are told
// apart; the contrast of its colours is in the list of package look.
func TestFocusShows(t *testing.T) {
	for _, name := range []string{"light", "dark"} {
		looked := map[string]bool{}
		onEachScreen(t, name, small, func(t *testing.T, _ string, r *rig) {
			t.Helper()
			c := r.win.Canvas()
			for o := range tabbed(r, nil) {
				kind := fmt.Sprintf("%T", o)
				if style := reflect.ValueOf(o).Elem().FieldByName("style"); style.IsValid() && style.CanInt() {
					kind += fmt.Sprint(style.Int())
				}
				if looked[kind] || markedLater[kind] != "" {
					continue
				}
				looked[kind] = true
				c.Focus(o.(fyne.Focusable))
				with := c.Capture()
				c.Unfocus()
				if n := differ(with, c.Capture()); n < 45 {
					t.Errorf("%s at %v: the focus shows by %d pixels", kind, o.Position(), n)
				}
			}
		})
	}
}

// differ counts the pixels in which two pictures are told apart easily.
func differ(a, b image.Image) (n int) {
	at := func(i image.Image, x, y int) color.NRGBA { return color.NRGBAModel.Convert(i.At(x, y)).(color.NRGBA) }
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			if p, q := at(a, x, y), at(b, x, y); p != q && contrast(p, q) >= 1.3 {
				n++
			}
		}
	}
	return n
}
