package grid

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/libpaul/paul/ui/thumbs"
)

// mouse is what the mouse does now.
type mouse struct {
	pos   fyne.Position
	hover int    // item under the mouse, or -1
	head  headID // header under the mouse, or noHead
	sign  Sign   // of the item, under the mouse

	down      bool
	start     fyne.Position // where the button went down
	startOff  float64
	startItem int
	scrubbing bool
	banding   bool // a rubber band is drawn
	held      fyne.KeyModifier

	lastClick time.Time
	lastItem  int
}

// doubleClick is the longest time between two clicks that open a photo.
const doubleClick = 450 * time.Millisecond

var (
	_ desktop.Hoverable      = (*Grid)(nil)
	_ desktop.Mouseable      = (*Grid)(nil)
	_ fyne.Scrollable        = (*Grid)(nil)
	_ fyne.Draggable         = (*Grid)(nil)
	_ fyne.SecondaryTappable = (*Grid)(nil)
)

func (g *Grid) itemAt(p fyne.Position) int {
	if g.lay == nil || p.X > g.Size().Width-gutter || p.Y < g.held || g.headerAt(p) != noHead {
		return -1
	}
	return g.lay.At(p.X-sidePad, g.off+float64(p.Y))
}

func (g *Grid) inGutter(p fyne.Position) bool { return p.X > g.Size().Width-gutter }

// MouseIn implements [desktop.Hoverable].
func (g *Grid) MouseIn(e *desktop.MouseEvent) { g.MouseMoved(e) }

// MouseMoved implements [desktop.Hoverable].
func (g *Grid) MouseMoved(e *desktop.MouseEvent) {
	g.mouse.pos = e.Position
	item, head := g.itemAt(e.Position), g.headerAt(e.Position)
	over := g.inGutter(e.Position)
	if item == g.mouse.hover && head == g.mouse.head && over == g.scrub.hover && !over && g.signAt(e.Position).sign == g.mouse.sign {
		return
	}
	g.mouse.hover, g.mouse.head, g.scrub.hover = item, head, over
	g.update()
}

// MouseOut implements [desktop.Hoverable].
func (g *Grid) MouseOut() {
	g.mouse.hover, g.mouse.head, g.scrub.hover = -1, noHead, false
	g.update()
}

// MouseDown implements [desktop.Mouseable].
func (g *Grid) MouseDown(e *desktop.MouseEvent) {
	g.stopGlide()
	g.focus()
	m := &g.mouse
	m.pos, m.start, m.startOff, m.held = e.Position, e.Position, g.off, e.Modifier
	m.startItem = g.itemAt(e.Position)
	m.down, m.banding = e.Button == desktop.MouseButtonPrimary, false
	m.scrubbing = m.down && g.inGutter(e.Position)
	if m.scrubbing {
		g.scrubStart(e.Position.Y)
	}
}

// MouseUp implements [desktop.Mouseable].
func (g *Grid) MouseUp(e *desktop.MouseEvent) {
	m := &g.mouse
	if !m.down {
		return
	}
	m.down = false
	switch {
	case m.scrubbing:
		m.scrubbing = false
		g.update()
	case m.banding:
		g.endBand()
	default:
		g.click(e.Position)
	}
}

// click is a press and release without a drag.
func (g *Grid) click(p fyne.Position) {
	m := &g.mouse
	g.keyed = false
	if head := g.headerAt(p); head != noHead {
		first, n := g.run(head)
		g.sel.toggleRun(g.src, first, n)
		g.selected()
		return
	}
	i := g.itemAt(p)
	now := g.opts.Now()
	double := i >= 0 && i == m.lastItem && now.Sub(m.lastClick) < doubleClick
	m.lastItem, m.lastClick = i, now
	switch {
	case i < 0:
		if m.held&(fyne.KeyModifierControl|fyne.KeyModifierSuper|fyne.KeyModifierShift) == 0 {
			g.ClearSelection()
		}
		return
	case m.held&fyne.KeyModifierShift != 0:
		g.sel.extend(g.src, i)
	case m.held&(fyne.KeyModifierControl|fyne.KeyModifierSuper) != 0 || g.onCheck(i, p):
		g.sel.toggle(g.src, i)
		m.lastItem = -1
	case double:
		m.lastItem = -1
		g.open(i)
		return
	default:
		g.sel.only(g.src, i)
	}
	g.selected()
}

// onCheck tells whether p is on the check mark of item i.
func (g *Grid) onCheck(i int, p fyne.Position) bool {
	at, ok := g.lay.Place(i)
	if !ok || at.H < 46 {
		return false
	}
	x, y := p.X-sidePad-at.X, float64(p.Y)+g.off-at.Y
	const reach = checkPad + checkSize + 3
	return x < reach && y < reach
}

// open opens a photo; one that stands for its month leads to it.
func (g *Grid) open(i int) {
	g.sel.point(g.src, i)
	if Levels[g.level].Samples {
		g.SetLevel(g.level + 1)
		g.Reveal(i)
		return
	}
	if g.opts.Open != nil {
		g.opts.Open(i)
	}
}

// TappedSecondary implements [fyne.SecondaryTappable]: the context menu, for the
// selection when it holds the photo, else for the photo alone.
func (g *Grid) TappedSecondary(e *fyne.PointEvent) {
	i := g.itemAt(e.Position)
	if i < 0 {
		return
	}
	if !g.sel.has(g.src.ID(i)) {
		g.sel.only(g.src, i)
		g.selected()
	}
	if g.opts.Menu != nil {
		g.opts.Menu(i, e.AbsolutePosition)
	}
}

// Dragged implements [fyne.Draggable]: a rubber band, or the scrubber.
func (g *Grid) Dragged(e *fyne.DragEvent) {
	m := &g.mouse
	m.pos = e.Position
	if !m.down {
		return
	}
	if m.scrubbing {
		g.scrubTo(e.Position.Y)
		return
	}
	if !m.banding {
		if m.startItem >= 0 && m.held&fyne.KeyModifierShift == 0 && near(m.start, e.Position) {
			return // a click by a hand that is not steady
		}
		m.banding = true
		if m.held&(fyne.KeyModifierControl|fyne.KeyModifierShift|fyne.KeyModifierSuper) == 0 {
			g.sel.clear()
		}
		g.sel.remember()
		g.mouse.hover = -1
	}
	g.creep()
	g.bandSelect()
}

// near tells whether two points are closer than a drag from a photo must go before
// it draws a rubber band.
func near(a, b fyne.Position) bool {
	const reach = 6
	d := a.Subtract(b)
	return d.X > -reach && d.X < reach && d.Y > -reach && d.Y < reach
}

// DragEnd implements [fyne.Draggable].
func (g *Grid) DragEnd() {
	if g.mouse.banding {
		g.endBand()
	}
	if g.mouse.scrubbing {
		g.mouse.scrubbing = false
		g.update()
	}
	g.mouse.down = false
}

func (g *Grid) endBand() {
	g.mouse.banding = false
	g.stopCreep()
	g.sel.remember()
	g.selected()
}

// bandSelect selects what the rubber band meets.
func (g *Grid) bandSelect() {
	m := &g.mouse
	y0, y1 := m.startOff+float64(m.start.Y), g.off+float64(m.pos.Y)
	first := -1
	g.sel.replace(func(add func(thumbs.ID)) {
		g.lay.Within(m.start.X-sidePad, y0, m.pos.X-sidePad, y1, func(i int) {
			if first < 0 {
				first = i
			}
			add(g.src.ID(i))
		})
	})
	if first >= 0 {
		g.sel.anchor, g.sel.anchorID = first, g.src.ID(first)
		g.sel.point(g.src, first)
	}
	g.selected()
}

// bandRect is the rubber band on the screen.
func (g *Grid) bandRect() fyne.CanvasObject {
	m := &g.mouse
	startY := float32(m.startOff + float64(m.start.Y) - g.off)
	x0, x1 := min(m.start.X, m.pos.X), max(m.start.X, m.pos.X)
	y0, y1 := max(min(startY, m.pos.Y), -4), min(max(startY, m.pos.Y), g.Size().Height+4)
	return g.frame.rect(band, fyne.NewPos(x0, y0), fyne.NewSize(x1-x0, y1-y0))
}

// Scrolled implements [fyne.Scrollable]: wheel and touchpad; with Ctrl it zooms.
func (g *Grid) Scrolled(e *fyne.ScrollEvent) {
	if g.opts.Modifiers()&(fyne.KeyModifierControl|fyne.KeyModifierSuper) != 0 {
		step := 1
		if e.Scrolled.DY < 0 {
			step = -1
		}
		g.mouse.pos = e.Position
		g.zoom(g.level+step, e.Position)
		return
	}
	g.wheel(float64(e.Scrolled.DY))
}
