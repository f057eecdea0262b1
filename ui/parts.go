package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/libpaul/paul/ui/look"
)

// notice is a coloured strip with a symbol, a text and buttons.
func notice(symbol string, colour, ground fyne.ThemeColorName, text string, b ...fyne.CanvasObject) fyne.CanvasObject {
	para := look.NewPara(text, look.SizeBody, 400, "foreground")
	row := container.NewBorder(nil, nil, look.Pad(0, 14, 0, 0, look.NewIcon(symbol, colour, 20)), look.Pad(0, 0, 0, 14, container.NewCenter(look.HBox(8, b...))), look.Middle(para))
	return container.NewStack(look.NewSurface(ground, "", look.Radius), look.Pad(10, 12, 10, 14, row))
}

// column puts content into a column of at most a width, in a scrolled page.
func column(width float32, o fyne.CanvasObject) *container.Scroll {
	l := &columnLayout{width: width}
	l.scroll = container.NewVScroll(container.New(l, o))
	return l.scroll
}

// columnLayout lays its content out twice, as the height of paragraphs follows
// the width that the first time gives them.
type columnLayout struct {
	width  float32
	scroll *container.Scroll
	busy   bool
}

const columnPad = 20

// MinSize implements [fyne.Layout].
func (l *columnLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(280, o[0].MinSize().Height+2*columnPad)
}

// Layout implements [fyne.Layout].
func (l *columnLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	before := l.MinSize(o).Height
	w := max(min(s.Width-2*columnPad, l.width), 100)
	o[0].Move(fyne.NewPos(columnPad, 6))
	for range 2 {
		h := o[0].MinSize().Height
		o[0].Resize(fyne.NewSize(w, h+1))
		o[0].Resize(fyne.NewSize(w, o[0].MinSize().Height))
	}
	if l.MinSize(o).Height != before && !l.busy {
		l.busy = true
		l.scroll.Refresh()
		l.busy = false
	}
}

// beside rows objects where they fit into a width, and else stacks them.
func beside(width float32, o ...fyne.CanvasObject) fyne.CanvasObject {
	row := look.HBox(8, o...)
	if row.MinSize().Width <= width {
		return row
	}
	stack := look.VBox(6)
	for _, x := range o {
		stack.Add(look.HBox(0, x))
	}
	return stack
}

// flow places objects in as many columns as fit; those of a row are as high as
// the highest of them.
type flow struct {
	least float32 // least width of a column
	most  float32
	gap   float32
	n     int // columns of the last layout, which the height follows; 0 before
	h     float32
	tall  bool // height grows with width, in a ratio of 1 : 1 plus h
}

func (f *flow) columns(width float32) (n int, w float32) {
	n = max(int((width+f.gap)/(f.least+f.gap)), 1)
	w = (width - f.gap*float32(n-1)) / float32(n)
	return n, min(w, f.most)
}

// height is that of a row.
func (f *flow) height(row []fyne.CanvasObject, w float32) float32 {
	if f.tall {
		return w + f.h
	}
	h := float32(0)
	for _, x := range row {
		h = max(h, x.MinSize().Height)
	}
	return h
}

// MinSize implements [fyne.Layout].
func (f *flow) MinSize(o []fyne.CanvasObject) fyne.Size {
	h := float32(0)
	for row := range slices.Chunk(o, max(f.n, 1)) {
		h += f.height(row, f.least) + f.gap
	}
	return fyne.NewSize(min(f.least, 240), h)
}

// Layout implements [fyne.Layout].
func (f *flow) Layout(o []fyne.CanvasObject, s fyne.Size) {
	n, w := f.columns(s.Width)
	top := float32(0)
	for row := range slices.Chunk(o, n) {
		h := f.height(row, w)
		for i, x := range row {
			x.Resize(fyne.NewSize(w, h))
			x.Move(fyne.NewPos(float32(i)*(w+f.gap), top))
		}
		top += h + f.gap
	}
	f.n = n
}
