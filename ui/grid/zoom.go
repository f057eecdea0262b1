package grid

import "fyne.io/fyne/v2"

// Level is a zoom level.
type Level struct {
	Height  float32 // of a row, about
	Group   Group
	Samples bool // of each section a few photos only, in squares, under a header of their year
}

// Group is what a section holds.
type Group int

// Groups.
const (
	Days Group = iota
	Months
)

// Levels are the zoom levels, from small to large.
var Levels = []Level{
	{Height: 66, Group: Months, Samples: true},
	{Height: 92, Group: Months},
	{Height: 136, Group: Days},
	{Height: 190, Group: Days},
	{Height: 264, Group: Days},
	{Height: 380, Group: Days},
}

// DefaultLevel is where a grid starts.
const DefaultLevel = 3

// zoomHold is the photo that a zoom keeps in place. It stays that photo while the
// mouse rests: after a step another one may lie under it.
type zoomHold struct {
	photo int
	part  float64 // of its height that lies above the point
	at    fyne.Position
	off   float64 // where the view stood after the last step
}

// SetLevel changes the zoom level. The cursor keeps its place when it is on the
// screen, else the photo in the middle, and the top when that shows.
func (g *Grid) SetLevel(level int) {
	at := fyne.NewPos(g.Size().Width/2, g.Size().Height/2)
	if g.lay != nil {
		if p, ok := g.lay.Place(g.sel.cursor); ok && g.sel.cursor >= 0 && g.onScreen(g.sel.cursor) {
			at = fyne.NewPos(sidePad+p.X+p.W/2, float32(p.Y-g.off)+p.H/2)
		} else if g.off == 0 {
			at.Y = 0
		}
	}
	g.zoom(level, at)
}

// onScreen tells whether the middle of a photo is on the screen.
func (g *Grid) onScreen(photo int) bool {
	p, ok := g.lay.Place(photo)
	y := p.Y - g.off + float64(p.H)/2
	return ok && y >= 0 && y <= float64(g.Size().Height)
}

// CurrentLevel returns the zoom level.
func (g *Grid) CurrentLevel() int { return g.level }

// zoom changes the level so that the photo at a point of the screen stays there.
func (g *Grid) zoom(level int, at fyne.Position) {
	level = min(max(level, 0), len(Levels)-1)
	if level == g.level {
		return
	}
	g.stopGlide()
	g.rearrange(at, func() { g.level = level })
	if g.opts.Level != nil {
		g.opts.Level(level)
	}
}

// SetSquare shows every photo as a square, or rows of whole photos.
func (g *Grid) SetSquare(square bool) {
	if square != g.square {
		g.stopGlide()
		g.rearrange(fyne.NewPos(0, 0), func() { g.square = square })
	}
}

// Square reports whether photos are shown as squares.
func (g *Grid) Square() bool { return g.square }

// rearrange lays out anew after a change; what is at a point of the screen stays
// there.
func (g *Grid) rearrange(at fyne.Position, change func()) {
	if g.lay == nil {
		change()
		return
	}
	h := g.hold
	if h.photo < 0 || h.at != at || h.off != g.off {
		h = g.holdAt(at)
	}
	change()
	g.forgetTiles()
	g.regroup()
	if p, ok := g.lay.Place(h.photo); ok && at.Y > 0 {
		g.off = p.Y + h.part*float64(p.H) - float64(at.Y)
	} else if ok && g.off > 0 {
		g.off = g.lay.Offset(h.photo, h.part)
	}
	g.clampOffset()
	h.off = g.off
	g.hold = h
	g.update()
}

// holdAt takes hold of the photo at a point, or of the nearest.
func (g *Grid) holdAt(at fyne.Position) zoomHold {
	h := zoomHold{at: at}
	if at.Y <= 0 {
		h.photo, h.part = g.lay.Anchor(g.off)
		return h
	}
	y := g.off + float64(at.Y)
	if h.photo = g.lay.At(at.X-sidePad, y); h.photo < 0 {
		h.photo = g.lay.Nearest(at.X-sidePad, y)
	}
	if p, ok := g.lay.Place(h.photo); ok {
		h.part = min(max((y-p.Y)/float64(p.H), 0), 1)
	}
	return h
}
