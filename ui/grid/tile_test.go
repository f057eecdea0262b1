package grid

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
)

func TestTileTellsHowMuchHasCome(t *testing.T) {
	src := newAlbum(6)
	come := float32(0)
	src.marks = func(i int) Mark { return Mark{Away: true, Saving: i == 2, Part: map[bool]float32{true: come}[i == 2]} }
	b := newBench(t, src, "light", window)
	bars := func() []fyne.CanvasObject {
		var out []fyne.CanvasObject
		for _, o := range b.box.Objects {
			if s := b.frame.rects[barCome]; s != nil && slices.Contains(s.all[:s.used], asRect(o)) {
				out = append(out, o)
			}
		}
		return out
	}
	if n := len(bars()); n != 0 {
		t.Fatalf("%d bars while the photo waits", n)
	}
	at, _ := b.lay.Place(2)
	for _, want := range []float32{0.25, 0.5, 1} {
		come = want
		b.Remark()
		got := bars()
		if len(got) != 1 {
			t.Fatalf("%d bars, want that of the one photo", len(got))
		}
		x := got[0].Position().X - at.X - sidePad
		if part := got[0].Size().Width / (at.W - 2*x); x < 0 || part < want-0.01 || part > want+0.01 {
			t.Errorf("the bar shows %v of a tile of %v, want %v", part, at.W, want)
		}
	}
}

func asRect(o fyne.CanvasObject) *canvas.Rectangle {
	r, _ := o.(*canvas.Rectangle)
	return r
}

func TestTileWithoutPictureSaysItsFormat(t *testing.T) {
	src := newAlbum(20)
	src.marks = func(int) Mark { return Mark{Format: "HEIC"} }
	b := newBench(t, src, "light", window)
	b.settle()
	words := 0
	for _, o := range b.box.Objects {
		if w, ok := o.(*canvas.Text); ok && w.Text == "HEIC" {
			words++
		}
	}
	if words != 1 { // that of photo 13, which cannot be drawn
		t.Errorf("%d tiles say what they are, want 1", words)
	}
}

// TestFilmWithoutPictureShowsThatItIsOne: where nothing can draw a frame, ffmpeg not
// being installed, a tile shows the symbol of a film, and the kind of file.
func TestFilmWithoutPictureShowsThatItIsOne(t *testing.T) {
	src := newAlbum(20)
	src.marks = func(int) Mark { return Mark{Format: "MOV", Video: true} }
	b := newBench(t, src, "light", window)
	b.settle()
	kinds := map[string]int{}
	for kind, s := range b.frame.symbols {
		if kind.size == 28 {
			kinds[kind.name] += s.used
		}
	}
	words := 0
	for _, o := range b.box.Objects {
		if w, ok := o.(*canvas.Text); ok && w.Text == "MOV" {
			words++
		}
	}
	if words != 1 || kinds["film"] != 1 || len(kinds) != 1 { // photo 13 cannot be drawn
		t.Errorf("%d tiles say what they are, with symbols %v", words, kinds)
	}
}

func TestLooks(t *testing.T) {
	marks := func(i int) Mark {
		return Mark{
			Favourite: i%11 == 3, Video: i%13 == 5, Away: i%4 == 1, OneCopy: i%17 == 2, Saving: i%19 == 9, Part: float32(i%19) / 19, Format: "JPG",
			Kind: map[bool]string{true: "RAW"}[i%23 == 4],
		}
	}
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			src := newAlbum(9, 1, 2, 1, 30, 60)
			src.marks = marks
			b := newBench(t, src, theme, window)
			b.clickOn(b.place(1), 0)
			b.clickOn(b.place(4), fyne.KeyModifierControl)
			b.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: b.place(6)}})
			b.settle()
			shoot(t, b.win, "grid-"+theme)
			b.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(985, 300)}})
			b.ScrollTo(700)
			b.settle()
			shoot(t, b.win, "grid-scrolled-"+theme)
		})
	}
}
