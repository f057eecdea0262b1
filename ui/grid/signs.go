package grid

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/libpaul/paul/ui/look"
)

// A Sign is one of the small things that a tile tells of its photo.
type Sign int

// Signs.
const (
	NoSign    Sign = iota
	Favourite      // a person likes it
	Video          // it is a film
	Kind           // what else it is, in a word
	Here           // this device has it, and another one too
	Away           // only other devices have it
	Saving         // it comes to this device, or waits for that
	Stuck          // it cannot come at present
	OneCopy        // one device alone has it
)

// signRect is where a sign of the tile under the mouse was drawn.
type signRect struct {
	sign Sign
	pos  fyne.Position
	size fyne.Size
}

// hint is what is told of the sign under the mouse.
type hint struct {
	text  *canvas.Text
	plate *canvas.Rectangle
}

func newHint() hint {
	h := hint{text: canvas.NewText("", look.Color(look.ColorOnToast)), plate: canvas.NewRectangle(look.Color(look.ColorToast))}
	h.text.TextSize, h.plate.CornerRadius = 12, 6
	return h
}

// signed notes where a sign of photo i was drawn.
func (g *Grid) signed(i int, sign Sign, pos fyne.Position, size fyne.Size) {
	if g.mouse.hover == i {
		g.signs = append(g.signs, signRect{sign, pos, size})
	}
}

// signAt returns the sign at a point, and where it was drawn.
func (g *Grid) signAt(p fyne.Position) signRect {
	for _, s := range g.signs {
		if p.X >= s.pos.X && p.X < s.pos.X+s.size.Width && p.Y >= s.pos.Y && p.Y < s.pos.Y+s.size.Height {
			return s
		}
	}
	return signRect{}
}

// placeHint adds what the sign under the mouse means.
func (g *Grid) placeHint(objs []fyne.CanvasObject) []fyne.CanvasObject {
	s := g.signAt(g.mouse.pos)
	g.mouse.sign = s.sign
	if s.sign == NoSign || g.opts.Texts.Sign == nil || g.mouse.banding || g.mouse.scrubbing {
		return objs
	}
	text := g.opts.Texts.Sign(s.sign, g.tiles[g.mouse.hover].mark)
	if text == "" {
		return objs
	}
	if g.hint.text == nil {
		g.hint = newHint()
	}
	if g.hint.text.Text != text {
		g.hint.text.Text = text
		g.hint.text.Resize(g.hint.text.MinSize())
		g.hint.text.Refresh()
	}
	m := g.hint.text.MinSize()
	size := m.AddWidthHeight(16, 10)
	x := min(max(s.pos.X+s.size.Width/2-size.Width/2, 6), g.Size().Width-size.Width-6)
	y := s.pos.Y - size.Height - 5
	if y < g.held+4 {
		y = s.pos.Y + s.size.Height + 5
	}
	g.hint.plate.Move(fyne.NewPos(x, y))
	g.hint.plate.Resize(size)
	g.hint.text.Move(fyne.NewPos(x+8, y+5))
	return append(objs, g.hint.plate, g.hint.text)
}
