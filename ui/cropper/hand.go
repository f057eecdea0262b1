package cropper

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// at tells what of the frame is under a point.
func (c *Cropper) at(p fyne.Position) grip {
	if c.turned == nil {
		return grip{}
	}
	pos, size := c.box(c.kept())
	near := func(v, lo, hi float32) int {
		room := min(reach, (hi-lo)/3) // of a small frame the middle stays free
		switch {
		case float32(math.Abs(float64(v-lo))) <= max(room, 6):
			return -1
		case float32(math.Abs(float64(v-hi))) <= max(room, 6):
			return 1
		}
		return 0
	}
	if p.X < pos.X-reach || p.Y < pos.Y-reach || p.X > pos.X+size.Width+reach || p.Y > pos.Y+size.Height+reach {
		return grip{}
	}
	g := grip{dx: near(p.X, pos.X, pos.X+size.Width), dy: near(p.Y, pos.Y, pos.Y+size.Height)}
	inside := p.X > pos.X && p.Y > pos.Y && p.X < pos.X+size.Width && p.Y < pos.Y+size.Height
	g.whole = g.dx == 0 && g.dy == 0 && inside
	return g
}

// MouseDown implements [desktop.Mouseable]: it grips the frame.
func (c *Cropper) MouseDown(e *desktop.MouseEvent) {
	if e.Button != desktop.MouseButtonPrimary {
		return
	}
	if c.grip = c.at(e.Position); c.grip != (grip{}) {
		c.start, c.from = c.kept(), e.Position
	}
}

// MouseUp implements [desktop.Mouseable].
func (c *Cropper) MouseUp(*desktop.MouseEvent) { c.grip = grip{} }

// Dragged implements [fyne.Draggable]: it moves what is gripped.
func (c *Cropper) Dragged(e *fyne.DragEvent) {
	if c.grip == (grip{}) {
		return
	}
	_, size := c.bounds()
	right, down := float64((e.Position.X-c.from.X)/size.Width), float64((e.Position.Y-c.from.Y)/size.Height)
	switch to := c.resized(right, down); {
	case c.grip.whole:
		c.move(c.start, right, down)
	case c.ratio != 0:
		c.toward(c.start, to)
	default: // along an edge where it is at one
		c.toward(c.start, cut{to.x0, c.start.y0, to.x1, c.start.y1})
		k := c.kept()
		c.toward(k, cut{k.x0, to.y0, k.x1, to.y1})
	}
	c.place()
	c.changed()
}

// DragEnd implements [fyne.Draggable].
func (c *Cropper) DragEnd() { c.grip = grip{} }

// resized is the frame with the gripped side or corner moved, in its ratio.
func (c *Cropper) resized(right, down float64) cut {
	p, g := c.start, c.grip
	switch g.dx {
	case -1:
		p.x0 = min(p.x0+right, p.x1-leastCut)
	case 1:
		p.x1 = max(p.x1+right, p.x0+leastCut)
	}
	switch g.dy {
	case -1:
		p.y0 = min(p.y0+down, p.y1-leastCut)
	case 1:
		p.y1 = max(p.y1+down, p.y0+leastCut)
	}
	if c.ratio == 0 {
		return p
	}
	r := c.ratio / c.Whole() // in shares
	w, h := p.x1-p.x0, p.y1-p.y0
	switch {
	case g.dx == 0: // a side above or below: the width follows, about the middle
		w = h * r
	case g.dy == 0:
		h = w / r
	case w/r > h:
		h = w / r
	default:
		w = h * r
	}
	return c.start.grown(g, w, h)
}

// grown is a part of another size, that stays where it is not gripped.
func (p cut) grown(g grip, w, h float64) cut {
	span := func(lo, hi, size float64, side int) (float64, float64) {
		switch side {
		case -1:
			return hi - size, hi
		case 1:
			return lo, lo + size
		}
		mid := (lo + hi) / 2
		return mid - size/2, mid + size/2
	}
	p.x0, p.x1 = span(p.x0, p.x1, w, g.dx)
	p.y0, p.y1 = span(p.y0, p.y1, h, g.dy)
	return p
}

// MouseIn implements [desktop.Hoverable].
func (c *Cropper) MouseIn(e *desktop.MouseEvent) { c.MouseMoved(e) }

// MouseMoved implements [desktop.Hoverable].
func (c *Cropper) MouseMoved(e *desktop.MouseEvent) { c.over = c.at(e.Position) }

// MouseOut implements [desktop.Hoverable].
func (c *Cropper) MouseOut() { c.over = grip{} }

// Cursor implements [desktop.Cursorable].
func (c *Cropper) Cursor() desktop.Cursor {
	switch g := c.over; {
	case g.whole:
		return desktop.PointerCursor
	case g.dx != 0 && g.dy != 0:
		return desktop.CrosshairCursor
	case g.dx != 0:
		return desktop.HResizeCursor
	case g.dy != 0:
		return desktop.VResizeCursor
	}
	return desktop.DefaultCursor
}
