package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// ControlHeight is the height of buttons and rows at the running density.
func ControlHeight() float32 {
	if h := theme.Size(SizeControl); h > 0 {
		return h
	}
	return Control // a theme of the toolkit's
}

// Dense is a gap of the comfortable density at the running one.
func Dense(gap float32) float32 {
	if f := theme.Size(SizeGaps); f > 0 {
		return gap * f
	}
	return gap
}

// VBox stacks objects with a gap, which the density makes smaller.
func VBox(gap float32, o ...fyne.CanvasObject) *fyne.Container {
	return container.New(column(gap), o...)
}

// HBox rows objects with a gap.
func HBox(gap float32, o ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedHBoxLayout(gap), o...)
}

// column is a layout from top to bottom with a gap.
type column float32

func (c column) layout() fyne.Layout { return layout.NewCustomPaddedVBoxLayout(Dense(float32(c))) }

func (c column) MinSize(o []fyne.CanvasObject) fyne.Size   { return c.layout().MinSize(o) }
func (c column) Layout(o []fyne.CanvasObject, s fyne.Size) { c.layout().Layout(o, s) }

// inset is a layout that leaves the same space on every side.
type inset float32

func (i inset) layout() fyne.Layout {
	p := Dense(float32(i))
	return layout.NewCustomPaddedLayout(p, p, p, p)
}

func (i inset) MinSize(o []fyne.CanvasObject) fyne.Size   { return i.layout().MinSize(o) }
func (i inset) Layout(o []fyne.CanvasObject, s fyne.Size) { i.layout().Layout(o, s) }
