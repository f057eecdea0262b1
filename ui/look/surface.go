package look

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"
)

// Surface is a coloured ground that follows the theme.
type Surface struct {
	widget.BaseWidget
	fill, stroke fyne.ThemeColorName
	width        float32 // of the stroke
	rect         *canvas.Rectangle
}

// NewSurface returns a ground with round corners. An empty stroke means none.
func NewSurface(fill, stroke fyne.ThemeColorName, radius float32) *Surface {
	s := &Surface{fill: fill, stroke: stroke, width: 1, rect: canvas.NewRectangle(color.Transparent)}
	s.rect.CornerRadius = radius
	s.ExtendBaseWidget(s)
	return s
}

// NewRing returns a stroke that tells who has the keyboard.
func NewRing(stroke fyne.ThemeColorName, radius float32) *Surface {
	s := NewSurface("", stroke, radius)
	s.width = ringWidth
	return s
}

// SetFill changes the colour; an empty one makes the ground transparent.
func (s *Surface) SetFill(fill fyne.ThemeColorName) {
	if s.fill == fill {
		return
	}
	s.fill = fill
	s.Refresh()
}

func (s *Surface) colour() {
	s.rect.FillColor, s.rect.StrokeColor, s.rect.StrokeWidth = color.Transparent, nil, 0
	if s.fill != "" {
		s.rect.FillColor = Color(s.fill)
	}
	if s.stroke != "" {
		s.rect.StrokeColor, s.rect.StrokeWidth = Color(s.stroke), s.width
	}
}

// CreateRenderer implements [fyne.Widget].
func (s *Surface) CreateRenderer() fyne.WidgetRenderer {
	s.colour()
	return &surfaceRenderer{s}
}

type surfaceRenderer struct{ s *Surface }

func (r *surfaceRenderer) Destroy()                     {}
func (r *surfaceRenderer) MinSize() fyne.Size           { return fyne.Size{} }
func (r *surfaceRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.s.rect} }
func (r *surfaceRenderer) Layout(s fyne.Size) {
	r.s.rect.Resize(fyne.NewSize(max(s.Width, 0), max(s.Height, 0)))
}

func (r *surfaceRenderer) Refresh() {
	r.s.colour()
	r.s.rect.Refresh()
}

// Pad puts space around an object.
func Pad(top, right, bottom, left float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(top, bottom, left, right), o)
}

// PadAll puts the same space on every side.
func PadAll(n float32, o fyne.CanvasObject) *fyne.Container { return Pad(n, n, n, n, o) }

// Card puts objects on a card.
func Card(o fyne.CanvasObject) *fyne.Container {
	return container.NewStack(NewSurface(ColorSurface, "separator", CardRadius), container.New(inset(16), o))
}

// Pill puts text on a small coloured ground.
func Pill(text string, fill, colour fyne.ThemeColorName) *fyne.Container {
	return container.NewStack(NewSurface(fill, "", 9), Pad(2, 8, 2, 8, NewText(text, SizeCaption, colour)))
}

// Middle centres an object up and down, at its full width.
func Middle(o fyne.CanvasObject) *fyne.Container {
	return container.New(middle{}, o)
}

type middle struct{}

func (middle) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }
func (middle) Layout(o []fyne.CanvasObject, s fyne.Size) {
	h := o[0].MinSize().Height
	o[0].Resize(fyne.NewSize(s.Width, h))
	o[0].Move(fyne.NewPos(0, (s.Height-h)/2))
}

// Narrow lets an object have less than its least width: what is in it is cut.
func Narrow(o fyne.CanvasObject) *fyne.Container {
	return container.New(narrow{}, o)
}

type narrow struct{}

func (narrow) MinSize(o []fyne.CanvasObject) fyne.Size   { return fyne.NewSize(0, o[0].MinSize().Height) }
func (narrow) Layout(o []fyne.CanvasObject, s fyne.Size) { o[0].Resize(s) }

// Space is an empty object of a size.
func Space(w, h float32) fyne.CanvasObject {
	r := canvas.NewRectangle(color.Transparent)
	r.SetMinSize(fyne.NewSize(w, h))
	return r
}

// Fixed gives an object at least a size.
func Fixed(w, h float32, o fyne.CanvasObject) *fyne.Container {
	return container.NewStack(Space(w, h), o)
}

// Line is a thin line across.
func Line() fyne.CanvasObject {
	return container.NewStack(NewSurface("separator", "", 0), Space(1, 1))
}
