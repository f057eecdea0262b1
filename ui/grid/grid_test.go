package grid

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/thumbs"
)

// album is a source of made-up photos; days gives the photos of each day.
type album struct {
	ids   []thumbs.ID
	when  []time.Time
	index map[thumbs.ID]int
	marks func(i int) Mark
	towns func(i int) string
}

// Places tells the towns in alphabetical order.
func (a *album) Places(first, n int) (towns []string, all int) {
	if a.towns == nil {
		return nil, 0
	}
	for i := first; i < first+n; i++ {
		if t := a.towns(i); !slices.Contains(towns, t) {
			towns = append(towns, t)
		}
	}
	slices.Sort(towns)
	return towns[:min(len(towns), 3)], len(towns)
}

func numbered(n int) thumbs.ID { return thumbs.ID{byte(n), byte(n >> 8), byte(n >> 16), 1} }

func number(id thumbs.ID) int { return int(id[0]) | int(id[1])<<8 | int(id[2])<<16 }

func newAlbum(days ...int) *album {
	a := &album{index: map[thumbs.ID]int{}}
	day := time.Date(2024, 8, 18, 15, 0, 0, 0, time.UTC)
	for _, n := range days {
		for range n {
			a.add(numbered(len(a.ids)), day)
		}
		day = day.AddDate(0, 0, -1)
	}
	return a
}

func (a *album) add(id thumbs.ID, when time.Time) {
	a.index[id] = len(a.ids)
	a.ids, a.when = append(a.ids, id), append(a.when, when)
}

// without is the album less some photos.
func (a *album) without(drop ...int) *album {
	out := &album{index: map[thumbs.ID]int{}, marks: a.marks}
	gone := map[int]bool{}
	for _, d := range drop {
		gone[d] = true
	}
	for i := range a.ids {
		if !gone[i] {
			out.add(a.ids[i], a.when[i])
		}
	}
	return out
}

func (a *album) Len() int                            { return len(a.ids) }
func (a *album) ID(i int) thumbs.ID                  { return a.ids[i] }
func (a *album) Index(id thumbs.ID) (i int, ok bool) { i, ok = a.index[id]; return i, ok }
func (a *album) Edit(int) string                     { return "" }
func (a *album) Aspect(i int) float32                { return shape(number(a.ids[i])) }
func (a *album) When(i int) time.Time                { return a.when[i] }
func (a *album) Mark(i int) Mark {
	if a.marks == nil {
		return Mark{}
	}
	return a.marks(i)
}

var texts = Texts{
	Day: func(t time.Time, short bool) string {
		if short {
			return t.Format("2 Jan 2006")
		}
		return t.Format("Monday, 2 January 2006")
	},
	Month:       func(t time.Time) string { return t.Format("January 2006") },
	MonthOfYear: func(t time.Time) string { return t.Format("January") },
	Places: func(towns []string, all int) string {
		if all > len(towns) {
			return fmt.Sprintf("%s and %d more", strings.Join(towns, ", "), all-len(towns))
		}
		return strings.Join(towns, ", ")
	},
	Sign:  func(s Sign, m Mark) string { return fmt.Sprintf("sign %d %s", s, m.Kind) },
	Year:  func(t time.Time) string { return t.Format("2006") },
	Count: func(n int) string { return fmt.Sprintf("%d photos", n) },
}

// bench is a grid in a window, with a screen goroutine that the test drives.
type bench struct {
	*Grid
	t       *testing.T
	win     fyne.Window
	posts   chan func()
	mods    fyne.KeyModifier
	now     time.Time
	opened  []int
	menus   []int
	changes int
	tick    func() // the next one of a scroll at an edge; nil while there is none
}

func newBench(t *testing.T, src Source, theme string, size fyne.Size) *bench {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(look.Theme{Name: theme})
	b := &bench{t: t, posts: make(chan func(), 64), now: time.Unix(0, 0)}
	post := func(f func()) { b.posts <- f }
	load := func(_ context.Context, k thumbs.Key) (*image.RGBA, error) {
		if number(k.ID)%97 == 13 {
			return nil, errors.New("cannot be drawn")
		}
		return picture(number(k.ID), max(k.Size, 16)), nil
	}
	th := thumbs.New(thumbs.Options{Load: load, Post: post, Workers: 2})
	hs := thumbs.New(thumbs.Options{Load: load, Post: post, Workers: 1})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for _, l := range []*thumbs.Loader{th, hs} {
		wg.Go(func() { _ = l.Run(ctx) })
	}
	t.Cleanup(func() {
		cancel()
		wg.Wait()
	})
	b.Grid = New(Options{
		Thumbs: th, Hashes: hs, Texts: texts,
		Open:      func(i int) { b.opened = append(b.opened, i) },
		Menu:      func(i int, _ fyne.Position) { b.menus = append(b.menus, i) },
		Selected:  func() { b.changes++ },
		Modifiers: func() fyne.KeyModifier { return b.mods },
		Now:       func() time.Time { return b.now },
		Frames: func(tick func()) func() {
			b.tick = tick
			return func() { b.tick = nil }
		},
		Animate: func(_ time.Duration, tick func(float32)) func() { tick(1); return func() {} },
	})
	b.win = test.NewTempWindow(t, container.NewStack(look.NewSurface("background", "", 0), b.Grid))
	b.win.SetPadded(false)
	b.win.Resize(size)
	b.SetSource(src)
	return b
}

// settle runs the screen's goroutine until every picture on it has come.
func (b *bench) settle() {
	b.t.Helper()
	timeout := time.After(time.Minute)
	for {
		if b.Settled() {
			return
		}
		select {
		case f := <-b.posts:
			f()
		case <-timeout:
			b.t.Fatal("pictures did not come")
		}
	}
}

func (b *bench) place(i int) fyne.Position {
	b.t.Helper()
	at, ok := b.lay.Place(i)
	if !ok {
		b.t.Fatalf("photo %d has no place", i)
	}
	return fyne.NewPos(at.X+sidePad+at.W/2, float32(at.Y-b.off)+at.H/2)
}

func (b *bench) press(p fyne.Position, mod fyne.KeyModifier) {
	b.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: p}, Button: desktop.MouseButtonPrimary, Modifier: mod})
}

func (b *bench) release(p fyne.Position) {
	b.MouseUp(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: p}, Button: desktop.MouseButtonPrimary})
}

func (b *bench) clickOn(p fyne.Position, mod fyne.KeyModifier) {
	b.now = b.now.Add(time.Second)
	b.press(p, mod)
	b.release(p)
}

func (b *bench) key(k fyne.KeyName) { b.TypedKey(&fyne.KeyEvent{Name: k}) }

func (b *bench) wantSelection(what string, want ...int) {
	b.t.Helper()
	if got := fmt.Sprint(b.Selection()); got != fmt.Sprint(want) {
		b.t.Errorf("%s: selected %v, want %v", what, got, want)
	}
}

var window = fyne.NewSize(1000, 700)

func TestClicks(t *testing.T) {
	b := newBench(t, newAlbum(40), "light", window)
	b.clickOn(b.place(3), 0)
	b.wantSelection("click", 3)
	b.clickOn(b.place(6), fyne.KeyModifierShift)
	b.wantSelection("shift", 3, 4, 5, 6)
	b.clickOn(b.place(5), fyne.KeyModifierShift)
	b.wantSelection("shift again takes the range back", 3, 4, 5)
	b.clickOn(b.place(9), fyne.KeyModifierControl)
	b.wantSelection("ctrl", 3, 4, 5, 9)
	b.clickOn(b.place(4), fyne.KeyModifierControl)
	b.wantSelection("ctrl on a selected one", 3, 5, 9)
	at, _ := b.lay.Place(1)
	b.clickOn(fyne.NewPos(at.X+sidePad+12, float32(at.Y)+12), 0)
	b.wantSelection("check mark", 1, 3, 5, 9)
	b.clickOn(fyne.NewPos(4, 690), 0)
	b.wantSelection("empty ground")
	if b.changes == 0 {
		t.Error("nobody was told")
	}
	b.clickOn(fyne.NewPos(60, 20), 0)
	if b.Count() != 40 {
		t.Errorf("click on the day selects %d, want 40", b.Count())
	}
}

func TestDoubleClickOpens(t *testing.T) {
	b := newBench(t, newAlbum(10), "light", window)
	p := b.place(2)
	b.clickOn(p, 0)
	b.clickOn(p, 0) // a second later: not a double click
	if len(b.opened) != 0 {
		t.Fatalf("slow clicks opened %v", b.opened)
	}
	b.now = b.now.Add(100 * time.Millisecond)
	b.press(p, 0)
	b.release(p)
	if len(b.opened) != 1 || b.opened[0] != 2 {
		t.Errorf("opened %v, want [2]", b.opened)
	}
}

func TestContextMenuTakesTheSelection(t *testing.T) {
	b := newBench(t, newAlbum(10), "light", window)
	b.clickOn(b.place(1), 0)
	b.clickOn(b.place(2), fyne.KeyModifierControl)
	b.TappedSecondary(&fyne.PointEvent{Position: b.place(2)})
	b.wantSelection("menu on the selection", 1, 2)
	b.TappedSecondary(&fyne.PointEvent{Position: b.place(5)})
	b.wantSelection("menu on another", 5)
	if fmt.Sprint(b.menus) != "[2 5]" {
		t.Errorf("menus %v", b.menus)
	}
}

func TestRubberBand(t *testing.T) {
	b := newBench(t, newAlbum(40), "light", window)
	b.clickOn(b.place(20), 0)
	from, to := b.place(0), b.place(1)
	b.press(from, fyne.KeyModifierControl)
	b.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: to}})
	b.wantSelection("while dragging", 0, 1, 20)
	b.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: from.AddXY(2, 2)}})
	b.wantSelection("band made smaller", 0, 20)
	b.DragEnd()
	b.release(from)
	b.wantSelection("after", 0, 20)
	if b.mouse.banding {
		t.Error("the band stays")
	}
}

func TestRubberBandScrollsAtTheEdge(t *testing.T) {
	b := newBench(t, newAlbum(400), "light", window)
	drag := func(p fyne.Position) { b.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: p}}) }
	frames := func(d time.Duration) {
		for i := 0; i < 1000 && b.tick != nil; i++ {
			b.now = b.now.Add(d)
			b.tick()
		}
	}
	b.press(fyne.NewPos(10, 100), 0)
	drag(fyne.NewPos(900, 600))
	if b.tick != nil {
		t.Error("it scrolls although the mouse is not at the edge")
	}
	drag(fyne.NewPos(900, 690))
	b.now = b.now.Add(time.Second)
	b.tick()
	slow := b.off
	drag(fyne.NewPos(900, 800))
	b.now = b.now.Add(time.Second)
	b.tick()
	if slow <= 0 || b.off-slow < 2*slow {
		t.Errorf("a second at the edge scrolls by %v, further out by %v", slow, b.off-slow)
	}
	frames(time.Second)
	if b.off != b.limit() || b.Count() != 400 {
		t.Errorf("offset %v, %d selected; the band should have reached the end", b.off, b.Count())
	}
	drag(fyne.NewPos(900, 400))
	if b.tick != nil {
		t.Error("it still scrolls away from the edge")
	}
	drag(fyne.NewPos(900, 1))
	b.DragEnd()
	if b.tick != nil || b.Count() == 0 {
		t.Error("the scroll outlives the band, or nothing is selected")
	}
}

func TestKeyboard(t *testing.T) {
	b := newBench(t, newAlbum(60, 60), "light", window)
	b.FocusGained()
	b.key(fyne.KeyRight)
	b.wantSelection("first key selects the first", 0)
	b.key(fyne.KeyRight)
	b.wantSelection("right", 1)
	b.key(fyne.KeyDown)
	if s := b.Selection(); len(s) != 1 || s[0] <= 1 {
		t.Errorf("down selects %v", s)
	}
	b.key(fyne.KeyUp)
	b.wantSelection("up goes back", 1)
	b.mods = fyne.KeyModifierShift
	b.key(fyne.KeyRight)
	b.key(fyne.KeyRight)
	b.wantSelection("shift+right twice", 1, 2, 3)
	b.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyLeft, Modifier: fyne.KeyModifierShift})
	b.wantSelection("shift+left", 1, 2)
	b.mods = 0
	b.key(fyne.KeySpace)
	b.wantSelection("space toggles", 1)
	b.key(fyne.KeyReturn)
	if fmt.Sprint(b.opened) != "[2]" {
		t.Errorf("enter opened %v", b.opened)
	}
	b.TypedShortcut(&fyne.ShortcutSelectAll{})
	if b.Count() != 120 {
		t.Errorf("ctrl+A selects %d", b.Count())
	}
	b.key(fyne.KeyEscape)
	b.wantSelection("esc")
	b.key(fyne.KeyEnd)
	b.wantSelection("end", 119)
	at, _ := b.lay.Place(119)
	if at.Y < b.off || at.Y+float64(at.H) > b.off+700 {
		t.Errorf("the cursor at %v is not on the screen at %v", at, b.off)
	}
}

func TestWheelAndZoom(t *testing.T) {
	b := newBench(t, newAlbum(300, 300), "light", window)
	b.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -25)})
	if b.off != 100 {
		t.Errorf("a tick scrolls to %v, want 100", b.off)
	}
	b.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, 2500)})
	if b.off != 0 {
		t.Errorf("scrolled to %v, over the top", b.off)
	}
	b.ScrollTo(3000)
	p := fyne.NewPos(400, 350)
	b.mouse.pos = p
	i := b.itemAt(p)
	b.mods = fyne.KeyModifierControl
	for _, dy := range []float32{25, 25, -25, -25, -25} {
		b.Scrolled(&fyne.ScrollEvent{PointEvent: fyne.PointEvent{Position: p}, Scrolled: fyne.NewDelta(0, dy)})
		at, _ := b.lay.Place(i)
		if y := at.Y - b.off; y > 700 || y+float64(at.H) < 0 {
			t.Fatalf("level %d: the photo under the mouse went to %v", b.level, y)
		}
		if under := b.itemAt(p); under >= 0 {
			i = under
		}
	}
	if b.level != DefaultLevel-1 {
		t.Errorf("level %d", b.level)
	}
}

func TestKeepsItsPlace(t *testing.T) {
	src := newAlbum(30, 50, 1, 1, 40, 200)
	b := newBench(t, src, "light", window)
	b.ScrollTo(1500)
	item, _ := b.lay.Anchor(b.off)
	id := src.ID(item)
	visible := func(what string) {
		t.Helper()
		i, _ := b.src.Index(id)
		at, _ := b.lay.Place(i)
		if y := at.Y - b.off; y < -float64(at.H) || y > 120 {
			t.Errorf("%s: the photo at the top is now at %v", what, y)
		}
	}
	b.win.Resize(fyne.NewSize(640, 500))
	visible("narrower window")
	b.win.Resize(window)
	visible("wider window")
	b.SetSource(src.without(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10))
	visible("photos above removed")
	b.clickOn(b.place(b.itemAt(fyne.NewPos(100, 300))), 0)
	sel := b.src.ID(b.Selection()[0])
	b.SetSource(src)
	if s := b.Selection(); len(s) != 1 || src.ID(s[0]) != sel {
		t.Errorf("selection is now %v", s)
	}
	b.SetSource(newAlbum())
	if b.off != 0 || b.Count() != 0 {
		t.Errorf("empty: offset %v, %d selected", b.off, b.Count())
	}
}

func TestScrubber(t *testing.T) {
	b := newBench(t, newAlbum(500, 500, 500), "light", window)
	b.press(fyne.NewPos(990, 350), 0)
	b.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(990, 700)}})
	if b.off != b.limit() {
		t.Errorf("dragged to the end: %v of %v", b.off, b.limit())
	}
	b.DragEnd()
	b.release(fyne.NewPos(990, 700))
	if b.Count() != 0 || b.mouse.scrubbing {
		t.Error("the scrubber selected something, or is still held")
	}
}

func TestHitsFindWhatIsDrawn(t *testing.T) {
	b := newBench(t, newAlbum(7, 1, 2, 90), "light", window)
	for _, off := range []float64{0, 33, 410, 900} {
		b.ScrollTo(off)
		for i, tl := range b.tiles {
			o := fyne.CanvasObject(tl.bg)
			if tl.state == sharp || tl.state == blurred {
				o = tl.img
			}
			p := o.Position().AddXY(o.Size().Width/2, o.Size().Height/2)
			if b.headerAt(p) != noHead || p.Y < b.held {
				continue // under the held header
			}
			if got := b.itemAt(p); got != i {
				t.Errorf("offset %v: drawn %d, hit %d", off, i, got)
			}
		}
	}
}
