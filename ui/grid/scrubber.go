package grid

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"github.com/libpaul/paul/ui/look"
)

// scrubber is the strip at the right: where the view stands in time, the years
// as marks, and a label with the date under the mouse. Its thumb can be dragged.
type scrubber struct {
	box   *fyne.Container
	thumb *canvas.Rectangle
	label *canvas.Text
	plate *canvas.Rectangle
	years []yearMark
	hover bool
}

type yearMark struct {
	at   float64 // part of the whole height
	text *canvas.Text
}

func newScrubber() *scrubber {
	s := &scrubber{
		box: container.NewWithoutLayout(), thumb: canvas.NewRectangle(color.Transparent),
		plate: canvas.NewRectangle(color.Transparent), label: canvas.NewText("", color.Black),
	}
	s.thumb.CornerRadius, s.plate.CornerRadius = 3, 7
	s.label.TextSize, s.label.TextStyle.Bold = 12, true
	s.recolour()
	return s
}

func (s *scrubber) recolour() {
	s.thumb.FillColor = look.Color("scrollBar")
	s.plate.FillColor = look.Color(look.ColorToast)
	s.label.Color = look.Color(look.ColorOnToast)
	for _, y := range s.years {
		y.text.Color = look.Color(look.ColorSecondary)
		y.text.Refresh()
	}
	s.label.Refresh()
}

// mark finds where the years begin, as far apart as their labels need.
func (s *scrubber) mark(g *Grid) {
	s.years = s.years[:0]
	h := float64(g.Size().Height)
	if h <= 0 || g.lay.Height < h*3 {
		return
	}
	last, lastY := -1, -1e9
	for _, r := range g.lay.Rows {
		if !r.IsHeader() {
			continue
		}
		when := g.sections[g.lay.Blocks[r.Block].Section].when
		y := r.Y / g.lay.Height
		if when.Year() == last || (y-lastY)*h < 26 {
			continue
		}
		last, lastY = when.Year(), y
		t := canvas.NewText(g.opts.Texts.Year(when), look.Color(look.ColorSecondary))
		t.TextSize = 11
		t.Resize(t.MinSize())
		s.years = append(s.years, yearMark{at: y, text: t})
	}
}

// update places the strip's objects.
func (s *scrubber) update(g *Grid) {
	size := g.Size()
	objs := s.box.Objects[:0]
	limit := g.limit()
	if limit <= 0 {
		s.box.Objects = objs
		return
	}
	active := s.hover || g.mouse.scrubbing
	if active {
		for _, y := range s.years {
			m := y.text.MinSize()
			y.text.Move(fyne.NewPos(size.Width-m.Width-16, float32(y.at)*(size.Height-m.Height)))
			objs = append(objs, y.text)
		}
	}
	length := max(float32(float64(size.Height)*float64(size.Height)/g.lay.Height), 36)
	w := float32(4)
	if active {
		w = 6
	}
	s.thumb.Resize(fyne.NewSize(w, length))
	y := float32(g.off/limit) * (size.Height - length)
	s.thumb.Move(fyne.NewPos(size.Width-w-4, y))
	objs = append(objs, s.thumb)
	if active && len(g.sections) > 0 {
		objs = append(objs, s.placeLabel(g, y+length/2)...)
	}
	s.box.Objects = objs
	canvas.Refresh(s.box)
}

// placeLabel shows the date that a click or the drag leads to.
func (s *scrubber) placeLabel(g *Grid, thumbY float32) []fyne.CanvasObject {
	y, off := thumbY, g.off
	if !g.mouse.scrubbing {
		y = g.mouse.pos.Y
		off = g.scrubOffset(y)
	}
	a, _ := g.lay.Visible(off+headerHeight, off+headerHeight+1)
	top := g.lay.HeaderOf(min(a, len(g.lay.Rows)-1))
	if top < 0 {
		return nil
	}
	text := g.opts.Texts.Month(g.sections[g.lay.Blocks[g.lay.Rows[top].Block].Section].when)
	if s.label.Text != text {
		s.label.Text = text
		s.label.Resize(s.label.MinSize())
		s.label.Refresh()
	}
	m := s.label.MinSize()
	size := fyne.NewSize(m.Width+20, m.Height+10)
	pos := fyne.NewPos(g.Size().Width-size.Width-20, min(max(y-size.Height/2, 4), g.Size().Height-size.Height-4))
	s.plate.Move(pos)
	s.plate.Resize(size)
	s.label.Move(pos.AddXY(10, 5))
	return []fyne.CanvasObject{s.plate, s.label}
}

// scrubOffset is the offset that a place on the strip stands for.
func (g *Grid) scrubOffset(y float32) float64 {
	h := max(g.Size().Height, 1)
	return float64(min(max(y/h, 0), 1)) * g.limit()
}

func (g *Grid) scrubTo(y float32) {
	if g.lay == nil {
		return
	}
	g.off = g.scrubOffset(y)
	g.clampOffset()
	g.update()
}
