package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/libpaul/paul/ui/look"
)

// notice is a coloured strip with a symbol, a text and buttons. Its text wraps
// to the width it gets.
func notice(symbol string, colour, ground fyne.ThemeColorName, text string, b ...fyne.CanvasObject) fyne.CanvasObject {
	para := look.NewPara(text, look.SizeBody, 400, "foreground")
	row := container.New(&noticeLayout{para: para}, look.NewIcon(symbol, colour, 20), para, look.HBox(8, b...))
	return container.NewStack(look.NewSurface(ground, "", look.Radius), look.Pad(10, 12, 10, 14, row))
}

// noticeLayout places symbol, text and buttons in a row.
type noticeLayout struct{ para *look.Text }

func (l *noticeLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	b := o[2].MinSize()
	return fyne.NewSize(200, max(o[1].MinSize().Height, b.Height, 24))
}

func (l *noticeLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	b := o[2].MinSize()
	o[0].Resize(fyne.NewSize(20, s.Height))
	o[2].Resize(b)
	o[2].Move(fyne.NewPos(s.Width-b.Width, (s.Height-b.Height)/2))
	w := max(s.Width-32-b.Width-16, 60)
	l.para.SetWrap(w)
	h := o[1].MinSize().Height
	o[1].Resize(fyne.NewSize(w, h))
	o[1].Move(fyne.NewPos(32, (s.Height-h)/2))
}

// column puts content into a column of at most a width, in the middle of a
// scrolled page.
func column(width float32, o fyne.CanvasObject) fyne.CanvasObject {
	return container.NewVScroll(container.New(&columnLayout{width}, o))
}

type columnLayout struct{ width float32 }

func (l *columnLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	m := o[0].MinSize()
	return fyne.NewSize(min(m.Width+40, 300), m.Height+40)
}

func (l *columnLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	w := min(s.Width-40, l.width)
	o[0].Resize(fyne.NewSize(w, max(o[0].MinSize().Height, s.Height-40)))
	o[0].Move(fyne.NewPos(20, 6))
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
