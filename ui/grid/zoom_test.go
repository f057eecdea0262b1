package grid

import (
	"math"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
)

// years is an album of n photos, each some hours before the one before.
func years(n int, apart time.Duration) *album {
	a := newAlbum()
	at := time.Date(2024, 8, 18, 15, 0, 0, 0, time.UTC)
	for i := range n {
		a.add(numbered(i), at)
		at = at.Add(-apart)
	}
	return a
}

// TestZoomKeepsThePhotoUnderTheMouse turns the wheel there and back with Ctrl: the
// same point of the same photo stays at the height of the mouse, at each level that
// shows every photo, whatever lies beside it there.
func TestZoomKeepsThePhotoUnderTheMouse(t *testing.T) {
	b := newBench(t, newAlbum(300, 300, 1, 2, 300), "light", window)
	b.ScrollTo(5000)
	p := fyne.NewPos(400, 350)
	i := b.itemAt(p)
	at, _ := b.lay.Place(i)
	part := (b.off + 350 - at.Y) / float64(at.H)
	b.mods = fyne.KeyModifierControl
	for _, dy := range []float32{25, 25, -25, -25, -25, -25, 25, 25} {
		b.Scrolled(&fyne.ScrollEvent{PointEvent: fyne.PointEvent{Position: p}, Scrolled: fyne.NewDelta(0, dy)})
		at, _ := b.lay.Place(i)
		if y := at.Y + part*float64(at.H) - b.off; math.Abs(y-350) > 1 {
			t.Errorf("level %d: the point under the mouse went to %v", b.level, y)
		}
	}
	if b.level != DefaultLevel || b.itemAt(p) != i {
		t.Errorf("level %d, photo %d under the mouse, want %d", b.level, b.itemAt(p), i)
	}
}

func TestZoomByKeys(t *testing.T) {
	b := newBench(t, newAlbum(300, 300), "light", window)
	ctrl := func(k fyne.KeyName) {
		b.TypedShortcut(&desktop.CustomShortcut{KeyName: k, Modifier: fyne.KeyModifierShortcutDefault})
	}
	for _, step := range []struct {
		key  fyne.KeyName
		want int
	}{{fyne.KeyPlus, 4}, {fyne.KeyEqual, 5}, {fyne.KeyEqual, 5}, {fyne.Key0, 3}, {fyne.KeyMinus, 2}, {fyne.KeyMinus, 1}, {fyne.KeyMinus, 0}, {fyne.KeyMinus, 0}} {
		if ctrl(step.key); b.level != step.want {
			t.Fatalf("after Ctrl and %s level %d, want %d", step.key, b.level, step.want)
		}
		if b.off != 0 {
			t.Fatalf("level %d: the top is no longer on the screen", b.level)
		}
	}
	b.SetLevel(DefaultLevel)
	b.Select(200)
	b.Reveal(200)
	for range 4 {
		ctrl(fyne.KeyPlus)
		if !b.onScreen(200) {
			t.Errorf("level %d: the selected photo has left the screen", b.level)
		}
	}
}

// TestSquares: all photos are equal squares in columns, whatever their day.
func TestSquares(t *testing.T) {
	b := newBench(t, newAlbum(30, 1, 2, 7, 90), "light", window)
	b.ScrollTo(900)
	item, _ := b.lay.Anchor(b.off)
	b.SetSquare(true)
	if now, _ := b.lay.Anchor(b.off); !b.Square() || now > item || item-now > 6 {
		t.Errorf("photo %d was at the top, now %d", item, now)
	}
	first, _ := b.lay.Place(0)
	for i := range b.src.Len() {
		at, ok := b.lay.Place(i)
		if !ok || math.Abs(float64(at.W-at.H)) > 0.01 || math.Abs(float64(at.W-first.W)) > 0.01 {
			t.Fatalf("photo %d is %v by %v, the first %v", i, at.W, at.H, first.W)
		}
	}
	b.SetSquare(false)
	if at, _ := b.lay.Place(1); at.W == at.H {
		t.Error("the squares stay")
	}
}

// TestYears shows a few photos of each month under the year, from which a double
// click leads on, and selects months and years whole.
func TestYears(t *testing.T) {
	src := years(4000, 7*time.Hour) // some three years
	b := newBench(t, src, "light", window)
	b.SetLevel(0)
	shown := map[[3]int]int{}
	for row := range b.lay.Rows {
		b.lay.photos(row, func(i int) { shown[period(src.when[i], Months)]++ })
	}
	if len(shown) != 39 {
		t.Errorf("%d months are shown", len(shown))
	}
	for month, n := range shown {
		if n < 3 || n > 8 {
			t.Errorf("%d photos of %v", n, month)
		}
	}
	lead, month := headID{0, true}, headID{1, false} // 2024, July 2024
	if title := b.title(lead, false); title != "2024" {
		t.Errorf("the first header is %q", title)
	}
	click := func(id headID) {
		t.Helper()
		for _, h := range b.heads {
			if h.id == id {
				b.clickOn(fyne.NewPos(h.x0+30, h.top+20), 0)
				return
			}
		}
		t.Fatalf("header %v is not on the screen", id)
	}
	click(month)
	for i := range src.Len() {
		july := src.when[i].Year() == 2024 && src.when[i].Month() == time.July
		if b.sel.has(src.ids[i]) != july {
			t.Fatalf("photo of %v: selected is %t", src.when[i], !july)
		}
	}
	click(lead)
	if last := b.Selection()[b.Count()-1]; b.Count() != last+1 || src.when[last].Year() != 2024 || src.when[last+1].Year() != 2023 {
		t.Errorf("a click on the year selects %d to %d", b.Count(), last)
	}
	click(lead)
	b.wantSelection("a second click takes it back")

	b.ScrollTo(700)
	if id := b.headerAt(fyne.NewPos(40, 20)); !id.lead {
		t.Errorf("at the top is %v, not the year", id)
	}
	p := fyne.NewPos(60, 400)
	i := b.lay.Nearest(p.X-sidePad, b.off+400)
	p = b.place(i)
	b.clickOn(p, 0)
	b.now = b.now.Add(100 * time.Millisecond)
	b.press(p, 0)
	b.release(p)
	if b.level != 1 || !b.onScreen(i) || len(b.opened) != 0 {
		t.Errorf("a double click leads to level %d, photo %d on the screen: %t, opened %v", b.level, i, b.onScreen(i), b.opened)
	}
}

// TestKeysAmongSamples: arrows go from one photo that is shown to the next.
func TestKeysAmongSamples(t *testing.T) {
	b := newBench(t, years(4000, 7*time.Hour), "light", window)
	b.SetLevel(0)
	b.FocusGained()
	seen := map[int]bool{}
	for _, i := range b.lay.shows {
		seen[int(i)] = true
	}
	at := -1
	for _, k := range []fyne.KeyName{fyne.KeyRight, fyne.KeyRight, fyne.KeyRight, fyne.KeyDown, fyne.KeyDown, fyne.KeyRight, fyne.KeyLeft, fyne.KeyUp, fyne.KeyPageDown} {
		b.key(k)
		if c := b.Cursor(); !seen[c] || c == at {
			t.Errorf("%s leads from %d to %d, which is shown: %t", k, at, c, seen[c])
		}
		at = b.Cursor()
	}
	b.sel.only(b.src, int(b.lay.shows[10])+1) // between two
	if n := b.lay.Next(b.Cursor(), -1); n != int(b.lay.shows[10]) {
		t.Errorf("left of one that is not shown is %d, want %d", n, b.lay.shows[10])
	}
}

// TestHeadersTellPlaces: as far as there is room, and the source is asked once only.
func TestHeadersTellPlaces(t *testing.T) {
	src := newAlbum(30, 1, 3, 60)
	asked := map[int]int{}
	src.towns = func(i int) string {
		asked[i]++
		return []string{"Lisbon", "Sintra", "Porto", "Faro", "A town with a name that is too long for one photo's width"}[min(i%4+i/94*4, 3)]
	}
	b := newBench(t, src, "light", window)
	if got := b.headers[headID{0, false}].sub.Text; got != "Faro, Lisbon, Porto and 1 more · 30 photos" {
		t.Errorf("the first day says %q", got)
	}
	b.ScrollTo(500)
	b.ScrollTo(0)
	b.win.Resize(fyne.NewSize(800, 600))
	for i, n := range asked {
		if n > 1 {
			t.Fatalf("photo %d was asked %d times for its place", i, n)
		}
	}
	if got := fit("Grindelwald, Lauterbrunnen", 90, false); got == "" || got[len(got)-3:] != "…" || textWidth(got) > 90 {
		t.Errorf("cut to %q", got)
	}
	if got := fit("Grindelwald, Lauterbrunnen", 40, false); got != "" {
		t.Errorf("without room %q", got)
	}
}

// TestScrubberTellsWhere: the month, the day and its places, under the mouse and while
// the thumb is dragged, which it does without a jump.
func TestScrubberTellsWhere(t *testing.T) {
	src := years(3000, 9*time.Hour)
	src.towns = func(int) string { return "Lisbon" }
	b := newBench(t, src, "light", window)
	b.ScrollTo(b.limit() / 3)
	off, middle := b.off, b.thumbMiddle(b.off)
	p := fyne.NewPos(window.Width-8, middle+12)
	b.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: p}})
	b.press(p, 0)
	if math.Abs(b.off-off) > 0.01 {
		t.Errorf("taking hold of the thumb scrolls by %v", b.off-off)
	}
	p.Y += 100
	b.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: p}})
	if moved := b.thumbMiddle(b.off) - middle; math.Abs(float64(moved)-100) > 0.5 {
		t.Errorf("the thumb moved by %v, the mouse by 100", moved)
	}
	top, _ := b.lay.Anchor(b.off + headerHeight)
	when := src.when[top]
	if got := b.scrub.label.Text; got != when.Format("January 2006") {
		t.Errorf("the label says %q at %v", got, when)
	}
	if got := b.scrub.detail.Text; got != when.Format("2 Jan 2006")+" · Lisbon" {
		t.Errorf("the label says %q at %v", got, when)
	}
	if len(b.scrub.years) < 3 {
		t.Errorf("%d years are marked", len(b.scrub.years))
	}
	b.DragEnd()
	b.MouseOut()
	for _, o := range b.scrub.box.Objects {
		if txt, ok := o.(*canvas.Text); ok {
			t.Errorf("%q stays", txt.Text)
		}
	}
}

// TestYearsDoNotOverlap: the years of the last page, which the thumb cannot tell apart,
// are not drawn over each other.
func TestYearsDoNotOverlap(t *testing.T) {
	b := newBench(t, years(60, 100*24*time.Hour), "light", window)
	b.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(window.Width-8, 300)}})
	if len(b.scrub.years) < 3 {
		t.Fatalf("%d years are marked", len(b.scrub.years))
	}
	for i, y := range b.scrub.years[1:] {
		above := b.scrub.years[i].text
		if bottom := above.Position().Y + above.MinSize().Height; y.text.Position().Y < bottom {
			t.Errorf("%s at %v lies over %s, which ends at %v", y.text.Text, y.text.Position().Y, above.Text, bottom)
		}
	}
}

// TestSpot: where a view stands can be found again in another one, near its time
// where the photo is gone.
func TestSpot(t *testing.T) {
	src := newAlbum(30, 50, 70, 200)
	b := newBench(t, src, "light", window)
	if b.Spot() != (Spot{}) {
		t.Errorf("the top is %v", b.Spot())
	}
	b.ScrollTo(3000)
	at := b.Spot()
	other := newBench(t, src, "light", window)
	if !other.GoTo(at) || math.Abs(other.off-3000) > 1 {
		t.Errorf("another view goes to %v", other.off)
	}
	gone, _ := src.Index(at.Photo)
	other.SetSource(src.without(gone))
	other.ScrollTo(0)
	if other.GoTo(at) {
		t.Error("a photo was found that is gone")
	}
	if i, _ := other.lay.Anchor(other.off + headerHeight); !other.src.When(i).Equal(at.When) {
		t.Errorf("it goes to %v, want %v", other.src.When(i), at.When)
	}
	if other.GoTo(Spot{}); other.off != 0 {
		t.Errorf("the top is at %v", other.off)
	}
}
