// Package cropper is a widget by which a person turns, straightens and cuts a
// picture: the picture as it will be turned, and over it a frame around what is kept.
//
// It works on a picture of about the screen's size, and makes a geometry of what is
// done: no pixel of the photo is touched. All of it runs on the screen's goroutine.
package cropper

import (
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
	"golang.org/x/image/draw"

	"github.com/libpaul/paul/imagelib"
)

// MostAngle is how far a picture can be straightened, in degrees to each side.
const MostAngle = 45

const (
	margin   = 24   // around the picture, so that the handles can be held
	reach    = 22   // how near to a handle the mouse must be
	leastCut = 0.04 // of a side must be kept
	most     = 1400 // longer side of the pixels that are straightened while the hand moves
)

// Cropper is the widget.
type Cropper struct {
	widget.BaseWidget
	changed func()

	base   *image.RGBA // upright and whole, nil until it comes
	turned *image.RGBA // the same by mirror and quarter turns
	g      imagelib.Geometry
	ratio  float64 // width to height that the frame keeps, in pixels; 0 is free

	grip  grip
	start cut           // when it was gripped
	from  fyne.Position // where
	over  grip          // under the mouse
	busy  bool          // the picture is being straightened: a finer grid shows

	picture *canvas.Image
	shade   [4]*canvas.Rectangle
	frame   *canvas.Rectangle
	lines   [16]*canvas.Line
	marks   [8]*canvas.Rectangle
}

// cut is a part of a picture, in shares of it.
type cut struct{ x0, y0, x1, y1 float64 }

// grip is what the mouse holds: a side or corner of the frame by -1, 0 and 1 from
// left to right and top to bottom, all of it, or nothing.
type grip struct {
	dx, dy int
	whole  bool
}

var (
	_ fyne.Draggable     = (*Cropper)(nil)
	_ desktop.Mouseable  = (*Cropper)(nil)
	_ desktop.Hoverable  = (*Cropper)(nil)
	_ desktop.Cursorable = (*Cropper)(nil)
)

// New returns a cropper without a picture, which calls changed whenever the person
// has changed the geometry with the mouse.
func New(changed func()) *Cropper {
	c := &Cropper{changed: changed}
	c.picture = &canvas.Image{ScaleMode: canvas.ImageScaleFastest, FillMode: canvas.ImageFillStretch}
	for i := range c.shade {
		c.shade[i] = canvas.NewRectangle(color.NRGBA{A: 0xA8})
	}
	white := color.NRGBA{R: 255, G: 255, B: 255, A: 255}
	c.frame = canvas.NewRectangle(color.Transparent)
	c.frame.StrokeColor, c.frame.StrokeWidth = white, 2
	for i := range c.lines {
		c.lines[i] = canvas.NewLine(color.NRGBA{R: 255, G: 255, B: 255, A: 0x60})
	}
	for i := range c.marks {
		c.marks[i] = canvas.NewRectangle(white)
		c.marks[i].CornerRadius = 2
	}
	c.ExtendBaseWidget(c)
	return c
}

// SetPicture gives the picture as its file is, upright. One that is coarser than the
// present one is left out.
func (c *Cropper) SetPicture(m image.Image) {
	if c.base != nil && m.Bounds().Dx() <= c.base.Rect.Dx() {
		return
	}
	c.base = scaled(m)
	c.turn()
}

// scaled returns the pixels of a picture, fewer where there are more than needed.
func scaled(m image.Image) *image.RGBA {
	b := m.Bounds()
	k := min(1, most/float64(max(b.Dx(), b.Dy())))
	if rgba, ok := m.(*image.RGBA); ok && k == 1 && b.Min == (image.Point{}) {
		return rgba
	}
	out := image.NewRGBA(image.Rect(0, 0, max(int(float64(b.Dx())*k), 1), max(int(float64(b.Dy())*k), 1)))
	draw.ApproxBiLinear.Scale(out, out.Rect, m, b, draw.Src, nil)
	return out
}

// Ready tells whether there is a picture.
func (c *Cropper) Ready() bool { return c.base != nil }

// Geometry returns what has been done.
func (c *Cropper) Geometry() imagelib.Geometry { return c.g }

// SetGeometry shows the picture so.
func (c *Cropper) SetGeometry(g imagelib.Geometry) {
	c.g = g
	c.turn()
}

// Turn turns by quarters clockwise.
func (c *Cropper) Turn(quarters int) {
	if quarters&1 == 1 && c.ratio != 0 {
		c.ratio = 1 / c.ratio
	}
	c.SetGeometry(c.g.Turned(quarters))
}

// Mirror exchanges left and right.
func (c *Cropper) Mirror() { c.SetGeometry(c.g.Mirrored()) }

// Straighten turns the picture by degrees clockwise behind its frame, which is drawn in
// as far as needed.
func (c *Cropper) Straighten(degrees float64) {
	c.g.Angle = min(max(degrees, -MostAngle), MostAngle)
	c.draw()
}

// SetBusy shows a finer grid, to straighten by.
func (c *Cropper) SetBusy(on bool) {
	if c.busy != on {
		c.busy = on
		c.place()
	}
}

// Ratio is what the frame keeps, width to height; 0 is free.
func (c *Cropper) Ratio() float64 { return c.ratio }

// SetRatio makes the frame keep a ratio of width to height, and as large as it can be
// about its middle; 0 lets it free, as it is.
func (c *Cropper) SetRatio(ratio float64) {
	c.ratio = ratio
	if ratio > 0 && c.turned != nil {
		k := c.kept()
		c.largest((k.x0+k.x1)/2, (k.y0+k.y1)/2)
	}
	c.place()
}

// Whole is the ratio of the whole picture as it is turned; 0 while there is none.
func (c *Cropper) Whole() float64 {
	if c.turned == nil {
		return 0
	}
	return float64(c.turned.Rect.Dx()) / float64(c.turned.Rect.Dy())
}

// Kept is the ratio of what is kept; 0 while there is no picture.
func (c *Cropper) Kept() float64 {
	if c.turned == nil {
		return 0
	}
	k := c.kept()
	return (k.x1 - k.x0) / (k.y1 - k.y0) * c.Whole()
}

// largest cuts as large as can be in the ratio, about a point of the picture.
func (c *Cropper) largest(x, y float64) {
	w, h := 1.0, 1.0
	if r := c.ratio / c.Whole(); r < 1 {
		w = r
	} else {
		h = 1 / r
	}
	about := func(k float64) cut { return cut{x - w/2*k, y - h/2*k, x + w/2*k, y + h/2*k} }
	if c.fits(about(1)) {
		c.cut(about(1))
		return
	}
	low, high := 0.0, 1.0
	for range 24 {
		if mid := (low + high) / 2; c.fits(about(mid)) {
			low = mid
		} else {
			high = mid
		}
	}
	if low*min(w, h) < leastCut { // at the edge: about the middle there is more
		if x != 0.5 || y != 0.5 {
			c.largest(0.5, 0.5)
		}
		return
	}
	c.cut(about(low))
}

// Nudge moves the frame by shares of the picture.
func (c *Cropper) Nudge(right, down float64) {
	if c.turned == nil {
		return
	}
	c.move(c.kept(), right, down)
	c.place()
}

// Grow makes the frame larger about its middle, or smaller by a factor under 1.
func (c *Cropper) Grow(factor float64) {
	if c.turned == nil {
		return
	}
	k := c.kept()
	x, y, w, h := (k.x0+k.x1)/2, (k.y0+k.y1)/2, (k.x1-k.x0)/2*factor, (k.y1-k.y0)/2*factor
	if 2*min(w, h) >= leastCut {
		c.toward(k, cut{x - w, y - h, x + w, y + h})
	}
	c.place()
}

// kept is what is left of the picture, in shares of it as it is turned. There must be
// one.
func (c *Cropper) kept() cut {
	k := c.g.Kept(c.base.Rect.Dx(), c.base.Rect.Dy())
	return cut{k.X, k.Y, k.X + k.W, k.Y + k.H}
}

// fits tells whether a part is in the straightened picture.
func (c *Cropper) fits(p cut) bool {
	const tiny = 1e-6
	if p.x0 < -tiny || p.y0 < -tiny || p.x1 > 1+tiny || p.y1 > 1+tiny || p.x0 >= p.x1 || p.y0 >= p.y1 {
		return false
	}
	g := c.g
	g.Crop = p.crop()
	k := g.Kept(c.base.Rect.Dx(), c.base.Rect.Dy())
	return math.Abs(k.W-(p.x1-p.x0)) < 2*tiny && math.Abs(k.H-(p.y1-p.y0)) < 2*tiny
}

// crop is the part as a geometry has it: within the picture, and nothing where it is
// all of it.
func (p cut) crop() imagelib.Crop {
	in := func(v float64) float64 { return min(max(v, 0), 1) }
	x, y := in(p.x0), in(p.y0)
	out := imagelib.Crop{X: x, Y: y, W: in(p.x1) - x, H: in(p.y1) - y}
	if out.W > 1-1e-6 && out.H > 1-1e-6 {
		return imagelib.Crop{}
	}
	return out
}

func (c *Cropper) cut(p cut) { c.g.Crop = p.crop() }

// toward cuts as near to a part as can be, on the way from one that fits.
func (c *Cropper) toward(from, to cut) {
	at := func(k float64) cut {
		mix := func(a, b float64) float64 { return a + (b-a)*k }
		return cut{mix(from.x0, to.x0), mix(from.y0, to.y0), mix(from.x1, to.x1), mix(from.y1, to.y1)}
	}
	if c.fits(to) {
		c.cut(to)
		return
	}
	low, high := 0.0, 1.0
	for range 24 {
		if mid := (low + high) / 2; c.fits(at(mid)) {
			low = mid
		} else {
			high = mid
		}
	}
	c.cut(at(low))
}

// move moves a part that fits, along the edge where it is at one.
func (c *Cropper) move(p cut, right, down float64) {
	c.toward(p, cut{p.x0 + right, p.y0, p.x1 + right, p.y1})
	p = c.kept()
	c.toward(p, cut{p.x0, p.y0 + down, p.x1, p.y1 + down})
}
