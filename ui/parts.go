package ui

import (
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

// flow places objects of one size in as many columns as fit.
type flow struct {
	least float32 // least width of a column
	most  float32
	gap   float32
	rows  int // of the last layout; the height follows it
	h     float32
	tall  bool // height grows with width, in a ratio of 1 : 1 plus h
}

func (f *flow) columns(width float32) (n int, w float32) {
	n = max(int((width+f.gap)/(f.least+f.gap)), 1)
	w = (width - f.gap*float32(n-1)) / float32(n)
	return n, min(w, f.most)
}

func (f *flow) height(o []fyne.CanvasObject, w float32) float32 {
	if f.tall {
		return w + f.h
	}
	h := float32(0)
	for _, x := range o {
		h = max(h, x.MinSize().Height)
	}
	return h
}

// MinSize implements [fyne.Layout].
func (f *flow) MinSize(o []fyne.CanvasObject) fyne.Size {
	rows := max(f.rows, 1)
	return fyne.NewSize(min(f.least, 240), float32(rows)*(f.height(o, f.least)+f.gap))
}

// Layout implements [fyne.Layout].
func (f *flow) Layout(o []fyne.CanvasObject, s fyne.Size) {
	n, w := f.columns(s.Width)
	h := f.height(o, w)
	for i, x := range o {
		x.Resize(fyne.NewSize(w, h))
		x.Move(fyne.NewPos(float32(i%n)*(w+f.gap), float32(i/n)*(h+f.gap)))
	}
	f.rows = (len(o) + n - 1) / n
}
