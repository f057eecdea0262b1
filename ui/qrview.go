package ui

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// square shows a pair code's picture, and does something when it is clicked.
type square struct {
	widget.BaseWidget
	img image.Image
	do  func()
}

var _ desktop.Cursorable = (*square)(nil)

func newSquare(img image.Image, do func()) *square {
	q := &square{img: img, do: do}
	q.ExtendBaseWidget(q)
	return q
}

// Tapped implements [fyne.Tappable].
func (q *square) Tapped(*fyne.PointEvent) { q.do() }

// Cursor implements [desktop.Cursorable].
func (q *square) Cursor() desktop.Cursor { return desktop.PointerCursor }

// CreateRenderer implements [fyne.Widget].
func (q *square) CreateRenderer() fyne.WidgetRenderer {
	pic := canvas.NewImageFromImage(q.img)
	pic.ScaleMode, pic.FillMode = canvas.ImageScalePixels, canvas.ImageFillStretch
	paper := look.NewSurface(look.ColorPaper, "", look.CardRadius)
	return widget.NewSimpleRenderer(container.NewStack(paper, container.New(wholePixels{q.img.Bounds().Dx()}, pic)))
}

// wholePixels centres a picture as large as its place allows, so that each of
// its modules has the same number of pixels.
type wholePixels struct{ modules int }

func (l wholePixels) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSquareSize(2 * float32(l.modules))
}

func (l wholePixels) Layout(o []fyne.CanvasObject, s fyne.Size) {
	side := float32(max(int(min(s.Width, s.Height))/l.modules, 2) * l.modules)
	o[0].Resize(fyne.NewSquareSize(side))
	o[0].Move(fyne.NewPos((s.Width-side)/2, (s.Height-side)/2))
}

// showLarge fills the window with the picture of a code, so that a phone reads
// it from across a table. A click or a key takes it away.
func (s *shell) showLarge(img image.Image) *modal {
	m := s.newModal(0)
	back := look.NewButton(words.T("Smaller"), "", look.Primary, m.hide)
	m.main = back
	foot := look.Pad(0, 0, 20, 0, container.NewCenter(back))
	m.root = container.NewStack(look.NewSurface(look.ColorPaper, "", 0), newScrim(),
		look.NewSurface(look.ColorPaper, theme.ColorNameSeparator, 0), container.NewBorder(nil, foot, nil, nil, newSquare(img, m.hide)))
	m.show()
	return m
}
