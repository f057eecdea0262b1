package grid

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"github.com/libpaul/paul/ui/look"
)

// scrubber is the strip at the right: where the view stands in time, the years
// as marks, and a label with the month, the day and its places that the mouse or
// the dragged thumb leads to.
type scrubber struct {
	box    *fyne.Container
	thumb  *canvas.Rectangle
	label  *canvas.Text
	detail *canvas.Text
	plate  *canvas.Rectangle
	years  []yearMark
	hover  bool
	grab   float32 // how far under the middle of the thumb it is held
}

type yearMark struct {
	at   float64 // offset where the year begins
	text *canvas.Text
}

func newScrubber() *scrubber {
	s := &scrubber{
		box: container.NewWithoutLayout(), thumb: canvas.NewRectangle(color.Transparent),
		plate: canvas.NewRectangle(color.Transparent), label: canvas.NewText("", color.Black), detail: canvas.NewText("", color.Black),
	}
	s.thumb.CornerRadius, s.plate.CornerRadius = 3, 7
	s.label.TextSize, s.label.TextStyle.Bold, s.detail.TextSize = 13, true, subSize
	s.recolour()
	return s
}

func (s *scrubber) recolour() {
	s.thumb.FillColor = look.Color("scrollBar")
	s.plate.FillColor = look.Color(look.ColorToast)
	s.label.Color, s.detail.Color = look.Color(look.ColorOnToast), look.Color(look.ColorOnToast)
	for _, y := range s.years {
		y.text.Color = look.Color(look.ColorSecondary)
		y.text.Refresh()
	}
	s.label.Refresh()
	s.detail.Refresh()
}

// mark finds where the years begin, as far apart as their labels need.
func (s *scrubber) mark(g *Grid) {
	s.years = s.years[:0]
	h := float64(g.Size().Height)
	if h <= 0 || g.lay.Height < h*3 {
		return
	}
	last, lastY := -1, float32(-1e9)
	for _, r := range g.lay.Rows {
		if !r.IsHeader() {
			continue
		}
		when := g.sections[g.lay.Blocks[r.Block].Section].when
		y := g.thumbMiddle(r.Y) // the last page's years are all at the end
		if when.Year() == last || y-lastY < 26 {
			continue
		}
		last, lastY = when.Year(), y
		t := canvas.NewText(g.opts.Texts.Year(when), look.Color(look.ColorSecondary))
		t.TextSize = 11
		t.Resize(t.MinSize())
		s.years = append(s.years, yearMark{at: r.Y, text: t})
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
			at := min(max(g.thumbMiddle(y.at)-m.Height/2, 0), size.Height-m.Height)
			y.text.Move(fyne.NewPos(size.Width-m.Width-16, at))
			objs = append(objs, y.text)
		}
	}
	w := float32(4)
	if active {
		w = 6
	}
	length, middle := g.thumbLength(), g.thumbMiddle(g.off)
	s.thumb.Resize(fyne.NewSize(w, length))
	s.thumb.Move(fyne.NewPos(size.Width-w-4, middle-length/2))
	objs = append(objs, s.thumb)
	if active && len(g.sections) > 0 {
		objs = append(objs, s.placeLabel(g, middle)...)
	}
	s.box.Objects = objs
	canvas.Refresh(s.box)
}

// placeLabel shows the date and the places that a click or the drag leads to.
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
	section := int(g.lay.Blocks[g.lay.Rows[top].Block].Section)
	when := g.sections[section].when
	detail := g.where(section)
	if Levels[g.level].Group == Days {
		if detail != "" {
			detail = " · " + detail
		}
		detail = g.opts.Texts.Day(when, true) + detail
	}
	setText(s.label, g.opts.Texts.Month(when))
	setText(s.detail, fit(detail, widestDetail, false))
	objs := []fyne.CanvasObject{s.plate, s.label}
	m, d := s.label.MinSize(), fyne.Size{}
	if s.detail.Text != "" {
		d = s.detail.MinSize()
		objs = append(objs, s.detail)
	}
	size := fyne.NewSize(max(m.Width, d.Width)+24, m.Height+d.Height+12)
	pos := fyne.NewPos(g.Size().Width-size.Width-20, min(max(y-size.Height/2, 4), g.Size().Height-size.Height-4))
	s.plate.Move(pos)
	s.plate.Resize(size)
	s.label.Move(pos.AddXY(size.Width-12-m.Width, 6))
	s.detail.Move(pos.AddXY(size.Width-12-d.Width, 6+m.Height))
	return objs
}

// widestDetail is the width of the longest line under the scrubber's month.
const widestDetail = 260

func setText(t *canvas.Text, text string) {
	if t.Text != text {
		t.Text = text
		t.Resize(t.MinSize())
		t.Refresh()
	}
}

// thumbLength is how long the thumb of the scrubber is.
func (g *Grid) thumbLength() float32 {
	h := g.Size().Height
	return min(max(float32(float64(h)*float64(h)/g.lay.Height), 36), h)
}

// thumbMiddle is where the middle of the thumb is while the view stands at an offset.
func (g *Grid) thumbMiddle(off float64) float32 {
	length := g.thumbLength()
	return float32(min(off/max(g.limit(), 1), 1))*(g.Size().Height-length) + length/2
}

// scrubOffset is the offset at which the middle of the thumb is at y.
func (g *Grid) scrubOffset(y float32) float64 {
	length := g.thumbLength()
	part := (y - length/2) / max(g.Size().Height-length, 1)
	return float64(min(max(part, 0), 1)) * g.limit()
}

// scrubStart takes hold of the thumb, which comes to y unless it is there.
func (g *Grid) scrubStart(y float32) {
	if g.lay == nil {
		return
	}
	g.scrub.grab = 0
	if d := y - g.thumbMiddle(g.off); d >= -g.thumbLength()/2 && d <= g.thumbLength()/2 {
		g.scrub.grab = d
	}
	g.scrubTo(y)
}

func (g *Grid) scrubTo(y float32) {
	if g.lay == nil {
		return
	}
	g.off = g.scrubOffset(y - g.scrub.grab)
	g.clampOffset()
	g.update()
}
