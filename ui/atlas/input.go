package atlas

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/libpaul/paul/ui/look"
)

var (
	_ fyne.Tappable          = (*Map)(nil)
	_ fyne.SecondaryTappable = (*Map)(nil)
	_ fyne.Draggable         = (*Map)(nil)
	_ fyne.Scrollable        = (*Map)(nil)
	_ fyne.Focusable         = (*Map)(nil)
	_ desktop.Hoverable      = (*Map)(nil)
	_ desktop.Cursorable     = (*Map)(nil)
)

// groupAt returns the group whose picture is at a position, the topmost one.
func (m *Map) groupAt(p fyne.Position) *Cluster {
	for i := len(m.visible) - 1; i >= 0; i-- {
		if m.visible[i].around(m.view, p) {
			return m.visible[i]
		}
	}
	return nil
}

// Tapped implements [fyne.Tappable]: a group is zoomed to, or opened where that would
// not take it apart.
func (m *Map) Tapped(e *fyne.PointEvent) {
	m.focus()
	if c := m.groupAt(e.Position); c != nil {
		m.press(c)
	}
}

func (m *Map) press(c *Cluster) {
	m.choose(c)
	if c.splits() {
		m.ZoomTo(c)
	} else {
		m.opts.Open(c)
	}
}

// TappedSecondary implements [fyne.SecondaryTappable].
func (m *Map) TappedSecondary(e *fyne.PointEvent) {
	m.focus()
	if c := m.groupAt(e.Position); c != nil {
		m.choose(c)
		m.place()
		m.opts.Menu(c, e.AbsolutePosition)
	}
}

func (m *Map) focus() {
	if c := fyne.CurrentApp().Driver().CanvasForObject(m); c != nil {
		c.Focus(m)
	}
}

// Dragged implements [fyne.Draggable].
func (m *Map) Dragged(e *fyne.DragEvent) {
	m.view = m.view.moved(e.Dragged.DX, e.Dragged.DY)
	m.moved()
}

// DragEnd implements [fyne.Draggable].
func (m *Map) DragEnd() {}

// wheelDoubles is how far the wheel turns for twice the size.
const wheelDoubles = 50

// Scrolled implements [fyne.Scrollable].
func (m *Map) Scrolled(e *fyne.ScrollEvent) {
	m.zoom(math.Exp2(float64(max(min(e.Scrolled.DY, wheelDoubles), -wheelDoubles))/wheelDoubles), e.Position)
}

// MouseIn implements [desktop.Hoverable].
func (m *Map) MouseIn(e *desktop.MouseEvent) { m.MouseMoved(e) }

// MouseMoved implements [desktop.Hoverable].
func (m *Map) MouseMoved(e *desktop.MouseEvent) { m.hover(m.groupAt(e.Position)) }

// MouseOut implements [desktop.Hoverable].
func (m *Map) MouseOut() { m.hover(nil) }

func (m *Map) hover(c *Cluster) {
	if m.hovered != c {
		m.hovered = c
		m.place()
	}
}

// Cursor implements [desktop.Cursorable].
func (m *Map) Cursor() desktop.Cursor {
	if m.hovered != nil {
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

// FocusGained implements [fyne.Focusable].
func (m *Map) FocusGained() {
	m.focused = true
	m.place()
}

// FocusLost implements [fyne.Focusable].
func (m *Map) FocusLost() {
	m.focused = false
	m.place()
}

// TypedRune implements [fyne.Focusable].
func (m *Map) TypedRune(r rune) {
	switch r {
	case '+', '=':
		m.zoomChosen()
	case '-':
		m.ZoomOut()
	case '0':
		m.Whole()
	}
}

// zoomChosen zooms in on the group that the keyboard has chosen, else on the middle.
func (m *Map) zoomChosen() {
	about := m.middle()
	if c := m.choice(); c != nil {
		about = m.view.at(c.shown)
	}
	m.zoom(2, about)
}

// choice is the group that the keyboard has chosen, while it can be seen.
func (m *Map) choice() *Cluster {
	for _, c := range m.visible {
		if m.isChosen(c) && m.inside(c) {
			return c
		}
	}
	return nil
}

func (m *Map) choose(c *Cluster) { m.chosen = m.points.spots[c.Members[0]] }

func (m *Map) isChosen(c *Cluster) bool { return c.cell == cellOf(m.chosen, m.level) }

func (m *Map) inside(c *Cluster) bool {
	p := m.view.at(c.shown)
	return p.X >= 0 && p.Y >= 0 && p.X <= m.view.size.Width && p.Y <= m.view.size.Height
}

// TypedKey implements [fyne.Focusable]: arrows choose another group, or move the map
// where there is none; Return opens the photos of that which is chosen.
func (m *Map) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft:
		m.step(-1, 0)
	case fyne.KeyRight:
		m.step(1, 0)
	case fyne.KeyUp:
		m.step(0, -1)
	case fyne.KeyDown:
		m.step(0, 1)
	case fyne.KeyReturn, fyne.KeyEnter:
		if c := m.choice(); c != nil {
			m.opts.Open(c)
		}
	case fyne.KeySpace:
		if c := m.choice(); c != nil {
			m.press(c)
		}
	case desktop.KeyMenu:
		if c := m.choice(); c != nil {
			m.opts.Menu(c, fyne.CurrentApp().Driver().AbsolutePositionForObject(m).Add(m.view.at(c.shown)))
		}
	default:
		look.PassKey(m, e)
	}
}

// step chooses the nearest group in a direction, or moves the map there.
func (m *Map) step(dx, dy float32) {
	from := m.middle()
	now := m.choice()
	if now != nil {
		from = m.view.at(now.shown)
	}
	var best *Cluster
	least := float32(math.Inf(1))
	for _, c := range m.visible {
		d := m.view.at(c.shown).Subtract(from)
		along, aside := d.X*dx+d.Y*dy, abs(d.X*dy)+abs(d.Y*dx)
		if c == now || !m.inside(c) || along < 1 && now != nil || aside > 2*along && now != nil {
			continue
		}
		if far := abs(along) + 2*aside; far < least {
			best, least = c, far
		}
	}
	if best != nil {
		m.choose(best)
		m.place()
		return
	}
	m.view = m.view.moved(-dx*m.view.size.Width/4, -dy*m.view.size.Height/4)
	m.moved()
}
