package grid

import (
	"image/color"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/libpaul/paul/ui/look"
)

// frame hands out the small objects of one update. Objects of a kind never
// change but for place and size, so that reusing them by count costs nothing:
// no refresh, no upload.
type frame struct {
	rects   map[rectKind]*stack[*canvas.Rectangle]
	symbols map[symbolKind]*stack[*canvas.Image]
	circles map[rectKind]*stack[*canvas.Circle]
	words   map[wordKind]*stack[*canvas.Text]
}

// symbolKind is a symbol as it is drawn: another size is another texture.
type symbolKind struct {
	name   string
	colour fyne.ThemeColorName
	size   float32
}

type wordKind struct {
	text   string
	colour fyne.ThemeColorName
}

type rectKind int

const (
	ringHover rectKind = iota
	ringSelected
	ringCursor
	tint
	pill
	barTrack
	barCome
	band
	pinned
	checkOn
	checkOff
)

// stack is objects of one kind, of which the first used are in use.
type stack[T any] struct {
	all  []T
	used int
}

func (s *stack[T]) next(make func() T) T {
	if s.used == len(s.all) {
		s.all = append(s.all, make())
	}
	s.used++
	return s.all[s.used-1]
}

func of[K comparable, T any](m map[K]*stack[T], k K) *stack[T] {
	s := m[k]
	if s == nil {
		s = &stack[T]{}
		m[k] = s
	}
	return s
}

// reset forgets all objects: the theme has changed.
func (f *frame) reset() { *f = frame{} }

// begin starts an update: every object is free again.
func (f *frame) begin() {
	if f.rects == nil {
		f.rects, f.circles = map[rectKind]*stack[*canvas.Rectangle]{}, map[rectKind]*stack[*canvas.Circle]{}
		f.symbols, f.words = map[symbolKind]*stack[*canvas.Image]{}, map[wordKind]*stack[*canvas.Text]{}
	}
	for _, s := range f.rects {
		s.used = 0
	}
	for _, s := range f.circles {
		s.used = 0
	}
	for _, s := range f.symbols {
		s.used = 0
	}
	for _, s := range f.words {
		s.used = 0
	}
}

func (f *frame) rect(kind rectKind, pos fyne.Position, size fyne.Size) *canvas.Rectangle {
	r := of(f.rects, kind).next(func() *canvas.Rectangle { return newRect(kind) })
	r.Move(pos)
	r.Resize(size)
	return r
}

func newRect(kind rectKind) *canvas.Rectangle {
	r := canvas.NewRectangle(color.Transparent)
	r.CornerRadius = look.ThumbRadius
	stroke := func(c color.Color, w float32) { r.StrokeColor, r.StrokeWidth = c, w }
	switch kind {
	case ringHover:
		stroke(color.NRGBA{R: 255, G: 255, B: 255, A: 0xB0}, 2)
	case ringSelected:
		stroke(look.Color("primary"), 4)
	case ringCursor:
		stroke(look.Color("foreground"), 2)
	case tint:
		c := color.NRGBAModel.Convert(look.Color("primary")).(color.NRGBA)
		c.A = 0x30
		r.FillColor = c
	case pill:
		r.FillColor, r.CornerRadius = look.Color(look.ColorBadge), 10
	case barTrack:
		r.FillColor, r.CornerRadius = look.Color(look.ColorBadge), barHeight/2+1
	case barCome:
		r.FillColor, r.CornerRadius = look.Color(look.ColorToastLink), barHeight/2
	case band:
		c := color.NRGBAModel.Convert(look.Color("primary")).(color.NRGBA)
		stroke(c, 1)
		c.A = 0x28
		r.FillColor, r.CornerRadius = c, 3
	case pinned:
		r.FillColor, r.CornerRadius = look.Color("background"), 0
	}
	return r
}

func (f *frame) circle(kind rectKind, pos fyne.Position, d float32) *canvas.Circle {
	c := of(f.circles, kind).next(func() *canvas.Circle {
		if kind == checkOn {
			n := canvas.NewCircle(look.Color("primary"))
			n.StrokeColor, n.StrokeWidth = color.White, 1.5
			return n
		}
		n := canvas.NewCircle(color.NRGBA{A: 0x38})
		n.StrokeColor, n.StrokeWidth = color.White, 1.5
		return n
	})
	c.Move(pos)
	c.Resize(fyne.NewSquareSize(d))
	return c
}

// symbol is a symbol of the user interface.
func (f *frame) symbol(name string, colour fyne.ThemeColorName, pos fyne.Position, size float32) *canvas.Image {
	i := of(f.symbols, symbolKind{name, colour, size}).next(func() *canvas.Image {
		n := canvas.NewImageFromResource(look.Symbol(name, colour))
		n.FillMode = canvas.ImageFillContain
		n.Resize(fyne.NewSquareSize(size))
		return n
	})
	i.Move(pos)
	return i
}

// word is a short text in small bold letters; the caller moves it.
func (f *frame) word(text string, colour fyne.ThemeColorName) *canvas.Text {
	return of(f.words, wordKind{text, colour}).next(func() *canvas.Text {
		n := canvas.NewText(text, look.Color(colour))
		n.TextSize, n.TextStyle.Bold = 10, true
		n.Resize(n.MinSize())
		return n
	})
}

func sortInts(s []int) { slices.Sort(s) }

// heldKeys asks the driver which modifier keys are down.
func heldKeys() fyne.KeyModifier {
	if d, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok {
		return d.CurrentKeyModifiers()
	}
	return 0
}

// frames runs tick for each frame.
func frames(tick func()) (stop func()) {
	a := fyne.NewAnimation(time.Second, func(float32) { tick() })
	a.RepeatCount = fyne.AnimationRepeatForever
	a.Start()
	return a.Stop
}
