package ui

import (
	"image"
	"image/color"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"github.com/libpaul/paul/ui/look"
)

// flightTime is how long a photo takes from its tile to the viewer, and back.
const flightTime = 170 * time.Millisecond

// patch is a part of the window.
type patch struct {
	pos  fyne.Position
	size fyne.Size
}

// tiled is a page on which each photo has a place in the window.
type tiled interface {
	tile(i int) (patch, bool)
}

// tile implements tiled.
func (g *gridPage) tile(i int) (patch, bool) {
	pos, size, ok := g.grid.Place(i)
	return patch{fyne.CurrentApp().Driver().AbsolutePositionForObject(g.grid).Add(pos), size}, ok
}

// tileOf is where the page shows a photo; false where it does not, or nothing may move.
func tileOf(from turned, i int) (patch, bool) {
	t, ok := from.(tiled)
	if !ok || !look.Motion() {
		return patch{}, false
	}
	return t.tile(i)
}

// onStage is where the picture lies in the window.
func (v *viewerPage) onStage() patch {
	pos, size := v.stage.Frame()
	return patch{fyne.CurrentApp().Driver().AbsolutePositionForObject(v.stage).Add(pos), size}
}

// fly moves a picture over all else from one place to another. What lies under it is
// dark all the time, or with reveal comes to light.
func (s *shell) fly(pic image.Image, from, to patch, reveal bool) {
	ground := canvas.NewRectangle(look.Color(look.ColorStage))
	ground.Resize(s.win.Canvas().Size())
	img := &canvas.Image{Image: pic, ScaleMode: canvas.ImageScaleFastest, FillMode: canvas.ImageFillCover}
	over := container.NewWithoutLayout(ground, img)
	s.root.Objects = slices.Insert(s.root.Objects, len(s.root.Objects)-1, fyne.CanvasObject(over)) // under the toasts
	s.root.Refresh()
	dark := color.NRGBAModel.Convert(ground.FillColor).(color.NRGBA)
	look.Animate(flightTime, func(part float32) {
		mix := func(a, b float32) float32 { return a + (b-a)*part }
		img.Move(fyne.NewPos(mix(from.pos.X, to.pos.X), mix(from.pos.Y, to.pos.Y)))
		look.Stretch(img, fyne.NewSize(mix(from.size.Width, to.size.Width), mix(from.size.Height, to.size.Height)))
		if reveal {
			ground.FillColor = color.NRGBA{R: dark.R, G: dark.G, B: dark.B, A: uint8(255 * (1 - part))}
			ground.Refresh()
		}
		if part == 1 {
			s.root.Objects = slices.DeleteFunc(s.root.Objects, func(o fyne.CanvasObject) bool { return o == over })
			s.root.Refresh()
		}
	})
}
