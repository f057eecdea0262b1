package ui

import (
	"image"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/grid"
	"github.com/libpaul/paul/ui/thumbs"
)

// again starts the gallery anew on the same device.
func (r *rig) again() *rig {
	r.t.Helper()
	r.wantKept()
	return newRig(r.t, r.f, large)
}

// wantKept ends the program as [Run] does.
func (r *rig) wantKept() {
	r.t.Helper()
	r.until("what is kept meanwhile", func() bool { return !r.keeping })
	if err := r.rememberLast(); err != nil {
		r.t.Fatal(err)
	}
}

// TestLookIsTakenUpAgain: the level, the layout and the place of a page hold when it is
// left and opened again, on other pages, and after the next start.
func TestLookIsTakenUpAgain(t *testing.T) {
	f := newFake(0)
	lived(f)
	r := newRig(t, f, large)
	g := r.presentGrid()
	g.grid.SetLevel(4)
	r.setSquares(true)
	g.grid.ScrollTo(5000)
	at := g.grid.Spot()
	if at == (grid.Spot{}) {
		t.Fatal("the page did not scroll")
	}
	r.open("favourites")
	if fav := r.presentGrid().grid; fav.CurrentLevel() != 4 || !fav.Square() || fav.Offset() != 0 {
		t.Errorf("another page has level %d, squares %t, offset %v", fav.CurrentLevel(), fav.Square(), fav.Offset())
	}
	r.presentGrid().grid.SetLevel(2)
	r.open("photos")
	if now := g.grid.Spot(); now.Photo != at.Photo && g.grid.CurrentLevel() == 4 {
		t.Errorf("the page left at %v is at %v", at, now)
	}
	g.grid.SetLevel(4)
	g.grid.GoTo(at)

	r = r.again()
	g = r.presentGrid()
	if g.grid.CurrentLevel() != 4 || !g.grid.Square() || g.grid.Spot().Photo != at.Photo {
		t.Errorf("after a start level %d, squares %t, at %v, want %v", g.grid.CurrentLevel(), g.grid.Square(), g.grid.Spot(), at)
	}
	g.grid.ScrollTo(0)
	r = r.again()
	if off := r.presentGrid().grid.Offset(); off != 0 {
		t.Errorf("left at the top, it starts at %v", off)
	}
}

// TestPlaceIsWaitedFor: while the library is being read the photo of the last run may
// not be there yet. The page goes to it when it comes, but not once the person has
// gone elsewhere.
func TestPlaceIsWaitedFor(t *testing.T) {
	for _, moved := range []bool{false, true} {
		f := newFake(0)
		lived(f)
		r := newRig(t, f, large)
		r.presentGrid().grid.ScrollTo(9000)
		at := r.presentGrid().grid.Spot()
		r.wantKept()

		all := f.images
		f.images, f.loading = all[:40], make(chan struct{})
		r = newRig(t, f, large)
		g := r.presentGrid().grid
		if moved {
			g.ScrollTo(100)
		}
		f.mu.Lock()
		f.images = all
		f.mu.Unlock()
		r.reload()
		close(f.loading)
		r.until("all records", func() bool { return r.loaded })
		if there := g.Spot().Photo == at.Photo; there == moved {
			t.Errorf("moved %t: at its place %t, offset %v", moved, there, g.Offset())
		}
	}
}

// TestWhatCannotBeReadIsForgotten: a damaged note starts as a new one.
func TestWhatCannotBeReadIsForgotten(t *testing.T) {
	for _, text := range []string{"{", `{"level":99}`, `{"level":-1,"pages":{}}`, "[]"} {
		f := newFake(30)
		f.remembered = []byte(text)
		r := newRig(t, f, large)
		if level := r.presentGrid().grid.CurrentLevel(); level != grid.DefaultLevel {
			t.Errorf("%s: level %d", text, level)
		}
	}
}

// TestSearchGoesBackToWhereItBegan: a search shows its first photo, and leads back.
func TestSearchGoesBackToWhereItBegan(t *testing.T) {
	f := newFake(0)
	lived(f)
	r := newRig(t, f, large)
	g := r.presentGrid()
	g.grid.ScrollTo(7000)
	at := g.grid.Spot()
	g.search("mov_")
	if g.grid.Offset() != 0 {
		t.Errorf("the search shows its photos from %v on", g.grid.Offset())
	}
	g.grid.ScrollTo(100)
	g.search("")
	if g.grid.Spot() != at {
		t.Errorf("it leads back to %v, want %v", g.grid.Spot(), at)
	}
	g.search("mov_")
	r.open("albums")
	r.open("photos")
	if g.grid.Spot().Photo != at.Photo {
		t.Errorf("left in a search, the page opens at %v, want %v", g.grid.Spot(), at)
	}
}

// TestViewMenu: each of its entries does what it says.
func TestViewMenu(t *testing.T) {
	f := newFake(0)
	lived(f)
	r := newRig(t, f, small)
	g := r.presentGrid().grid
	choose := func(label string) {
		t.Helper()
		r.tapTip("How photos are shown")
		r.pickItem(label)
	}
	for _, tt := range []struct {
		label   string
		level   int
		squares bool
	}{
		{"Years", 0, false},
		{"Months", 1, false},
		{"Days", 3, false},
		{"Larger (Ctrl +)", 4, false},
		{"Smaller (Ctrl −)", 3, false},
		{"Squares", 3, true},
		{"Whole photos in rows", 3, false},
	} {
		choose(tt.label)
		if g.CurrentLevel() != tt.level || g.Square() != tt.squares {
			t.Errorf("%s: level %d, squares %t", tt.label, g.CurrentLevel(), g.Square())
		}
	}
	choose("What the signs mean…")
	r.wantText("Only one device has this photo")
	r.press(fyne.KeyEscape)
	if len(r.modals) != 0 {
		t.Error("escape does not close the explanation")
	}
}

// TestZoomKeysReachThePhotos: also from the search field, and when nothing has the
// keyboard.
func TestZoomKeysReachThePhotos(t *testing.T) {
	r := newRig(t, newFake(90), large)
	plus := &desktop.CustomShortcut{KeyName: fyne.KeyPlus, Modifier: fyne.KeyModifierShortcutDefault}
	r.win.Canvas().Focus(r.bar.search)
	r.bar.search.TypedShortcut(plus)
	if level := r.presentGrid().grid.CurrentLevel(); level != grid.DefaultLevel+1 {
		t.Errorf("from the search field: level %d", level)
	}
	if !r.shortcut(plus) || r.presentGrid().grid.CurrentLevel() != grid.DefaultLevel+2 {
		t.Error("the window's shortcut does nothing")
	}
	r.view.open(r.presentGrid(), 2)
	if r.shortcut(plus) {
		t.Error("it acts on the photos behind the viewer")
	}
}

// TestWholeDayFromTheMenu selects what lies under the header of the photo.
func TestWholeDayFromTheMenu(t *testing.T) {
	r := newRig(t, newFake(90), large)
	g := r.presentGrid().grid
	g.Select(6)
	first, n := g.SectionOf(6)
	r.contextMenu(fyne.NewPos(400, 100))
	r.pickItem("Select the whole day (Ctrl+D)")
	if at := g.Selection(); len(at) != n || at[0] != first {
		t.Errorf("selected %v, want %d from %d", at, n, first)
	}
}

// TestHeadersNameTowns: the places of a day, those with most photos first.
func TestHeadersNameTowns(t *testing.T) {
	f := newFake(0)
	lived(f)
	r := newRig(t, f, large)
	r.wantText("Lisbon, Sintra · 6 photos")
	src := r.presentGrid().source().(grid.Placed)
	if names, all := src.Places(0, 900); all != 6 || len(names) != 3 {
		t.Errorf("all photos are of %v, and %d in all", names, all)
	}
}

// TestSignsSayWhatTheyMean: every sign has words, and every word of a tile but the
// kind of a file that cannot be shown.
func TestSignsSayWhatTheyMean(t *testing.T) {
	for sign := grid.Favourite; sign <= grid.OneCopy; sign++ {
		if sign != grid.Kind && signText(sign, grid.Mark{}) == "" {
			t.Errorf("sign %d has no words", sign)
		}
	}
	for _, kind := range []string{kindRaw, kindRawJPEG, kindLive, kindRawLive} {
		if signText(grid.Kind, grid.Mark{Kind: kind}) == "" {
			t.Errorf("%s has no words", kind)
		}
	}
	if got := signText(grid.Saving, grid.Mark{Part: 0.351}); !strings.Contains(got, "35 %") {
		t.Errorf("what comes says %q", got)
	}
}

// TestEditedPhotoShowsAtOnce: what can be had at once is turned as the photo is.
func TestEditedPhotoShowsAtOnce(t *testing.T) {
	f := newFake(30)
	f.instant = true
	f.images[2].More = &imagelib.More{Geometry: f.images[2].Geometry().Turned(1)}
	r := newRig(t, f, large)
	plain, err := r.loadInstant(t.Context(), thumbs.Key{ID: thumbs.ID(digest(2)), Size: 256})
	if err != nil {
		t.Fatal(err)
	}
	turned, err := r.loadInstant(t.Context(), thumbKey(f.images[2], 256))
	if err != nil {
		t.Fatal(err)
	}
	if p := plain.Rect.Size(); turned.Rect.Size() != image.Pt(p.Y, p.X) {
		t.Errorf("%v turned is %v", p, turned.Rect.Size())
	}
}

// TestHeadersWithoutDate: photos that tell no date are under that, at each level.
func TestHeadersWithoutDate(t *testing.T) {
	f := newFake(30)
	for _, img := range f.images[20:] {
		img.Date = imagelib.Date{}
	}
	r := newRig(t, f, large)
	for level := range grid.Levels {
		r.presentGrid().grid.SetLevel(level)
		r.presentGrid().grid.ScrollTo(1e9)
		r.wantText("No date")
		if strings.Contains(r.texts(), "January") {
			t.Errorf("level %d tells of a January: %s", level, r.texts())
		}
	}
}
