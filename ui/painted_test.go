package ui

import (
	"fmt"
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
)

// box is a place on the window.
type box struct{ left, top, right, bottom float32 }

func boxOf(pos fyne.Position, size fyne.Size) box {
	return box{pos.X, pos.Y, pos.X + size.Width, pos.Y + size.Height}
}

func (b box) cut(o box) box {
	return box{max(b.left, o.left), max(b.top, o.top), min(b.right, o.right), min(b.bottom, o.bottom)}
}

func (b box) empty() bool { return b.right-b.left < 1 || b.bottom-b.top < 1 }
func (b box) holds(x, y float32) bool {
	return x >= b.left && x < b.right && y >= b.top && y < b.bottom
}

func (b box) within(o box, by float32) bool { return b.left >= o.left-by && b.right <= o.right+by }

func (b box) inHeight(o box, by float32) bool { return b.top >= o.top-by && b.bottom <= o.bottom+by }

func (b box) String() string {
	return fmt.Sprintf("%.0f,%.0f-%.0f,%.0f", b.left, b.top, b.right, b.bottom)
}

// painted is something that is drawn: where, in what, and what can be seen of it.
type painted struct {
	o      fyne.CanvasObject
	at     box
	clip   box               // the window, or the view of the scroller that it is in
	inside bool              // in a scroller
	owner  fyne.CanvasObject // the widget that draws it
	ground box               // of the owner
	path   []fyne.CanvasObject
}

// layer is what is drawn in one layer of the window, the lowest first.
type layer []painted

// layers are the content of the window, and each dialog and menu over it.
func (r *rig) painted() []layer {
	c := r.win.Canvas()
	tops := append([]fyne.CanvasObject{c.Content()}, c.Overlays().List()...)
	all := make([]layer, len(tops))
	for i, top := range tops {
		window := boxOf(fyne.Position{}, c.Size())
		all[i].add(painted{o: top, clip: window, ground: window}, fyne.Position{})
	}
	return all
}

func (l *layer) add(p painted, from fyne.Position) {
	if p.o == nil || !p.o.Visible() {
		return
	}
	pos := from.Add(p.o.Position())
	p.at = boxOf(pos, p.o.Size())
	*l = append(*l, p)
	under := p
	under.path = append(p.path[:len(p.path):len(p.path)], p.o)
	switch o := p.o.(type) {
	case *fyne.Container:
		for _, k := range o.Objects {
			under.o = k
			l.add(under, pos)
		}
	case fyne.Widget:
		under.owner, under.ground = o, p.at
		switch o.(type) {
		case *container.Scroll:
			under.clip, under.inside = p.clip.cut(p.at), true
		case *container.Clip:
			under.clip = p.clip.cut(p.at)
		}
		for _, k := range test.WidgetRenderer(o).Objects() {
			under.o = k
			l.add(under, pos)
		}
	}
}

// ink is where the letters of a text are.
func ink(p painted) box {
	t := p.o.(*canvas.Text)
	size := t.MinSize()
	b := box{p.at.left, p.at.top, p.at.left + size.Width, p.at.top + size.Height}
	if space := p.at.right - p.at.left - size.Width; t.Alignment == fyne.TextAlignCenter {
		b.left, b.right = b.left+space/2, b.right+space/2
	} else if t.Alignment == fyne.TextAlignTrailing {
		b.left, b.right = b.left+space, b.right+space
	}
	if space := p.at.bottom - p.at.top - size.Height; space > 0 {
		b.top, b.bottom = b.top+space/2, b.bottom+space/2
	}
	return b
}

// filled is the colour that an object gives to all of its place.
func filled(o fyne.CanvasObject) (c color.NRGBA, ok bool) {
	var fill color.Color
	switch o := o.(type) {
	case *canvas.Rectangle:
		fill = o.FillColor
	case *canvas.Circle:
		fill = o.FillColor
	}
	if fill == nil {
		return c, false
	}
	c = color.NRGBAModel.Convert(fill).(color.NRGBA)
	return c, c.A > 0
}

// onEachScreen draws every screen at a size and in a theme.
func onEachScreen(t *testing.T, theme string, size fyne.Size, check func(t *testing.T, name string, r *rig)) {
	t.Helper()
	onEachScreenWith(t, theme, size, func(*fake) {}, check)
}

// onEachScreenWith changes what each screen shows.
func onEachScreenWith(t *testing.T, theme string, size fyne.Size, change func(*fake), check func(t *testing.T, name string, r *rig)) {
	t.Helper()
	for _, sc := range screens {
		t.Run(sc.name+"-"+theme, func(t *testing.T) {
			f := newFake(90)
			f.settings.Theme = theme
			if sc.fake != nil {
				sc.fake(f)
			}
			change(f)
			r := newRig(t, f, size)
			if sc.reach != nil {
				sc.reach(r)
				r.settle()
			}
			check(t, sc.name, r)
		})
	}
}
