package cropper

import (
	"encoding/binary"
	"image"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/look"
)

// turn makes the picture of the present mirror and quarter turns.
func (c *Cropper) turn() {
	if c.base == nil {
		return
	}
	c.turned = imagelib.Geometry{Mirror: c.g.Mirror, Turns: c.g.Turns}.Apply(c.base)
	c.draw()
}

// draw makes the picture of the present angle, behind a frame of its own size.
func (c *Cropper) draw() {
	if c.turned == nil {
		return
	}
	c.picture.Image = straightened(c.turned, c.g.Angle)
	c.picture.Refresh()
	c.place()
}

// straightened turns a picture by degrees clockwise about its middle, in a frame of
// its size. It is drawn anew at each step of a slider, so it mixes pixels in whole
// numbers: each of four by how near it is, in 1/256.
func straightened(m *image.RGBA, degrees float64) image.Image {
	if degrees == 0 {
		return m
	}
	const one = 1 << 16
	out := image.NewRGBA(m.Rect)
	w, h := m.Rect.Dx(), m.Rect.Dy()
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	right, down := int(cos*one), int(-sin*one) // in m, for a step to the right
	cx, cy := float64(w)/2, float64(h)/2
	for y := range h {
		dx, dy := 0.5-cx, float64(y)+0.5-cy
		sx, sy := int((cos*dx+sin*dy+cx-0.5)*one), int((cos*dy-sin*dx+cy-0.5)*one)
		row := out.Pix[y*out.Stride : y*out.Stride+4*w]
		for x := 0; x < len(row); x, sx, sy = x+4, sx+right, sy+down {
			px, py := sx>>16, sy>>16
			if uint(px) >= uint(w-1) || uint(py) >= uint(h-1) { // beyond the picture
				row[x+3] = 0xff
				continue
			}
			at := py*m.Stride + 4*px
			upper, lower := m.Pix[at:at+8], m.Pix[at+m.Stride:at+m.Stride+8]
			tx, ty := uint32(sx>>8)&0xff, uint32(sy>>8)&0xff
			p := mix(
				mix(binary.LittleEndian.Uint32(upper), binary.LittleEndian.Uint32(upper[4:]), tx),
				mix(binary.LittleEndian.Uint32(lower), binary.LittleEndian.Uint32(lower[4:]), tx), ty)
			binary.LittleEndian.PutUint32(row[x:], p)
		}
	}
	return out
}

// mix returns a pixel between two, t/256 of the way, two channels at a time.
func mix(a, b, t uint32) uint32 {
	const even = 0x00ff00ff
	low := ((a&even)*(256-t) + (b&even)*t) >> 8 & even
	return low | ((a>>8&even)*(256-t)+(b>>8&even)*t)&^even
}

// bounds is where the whole picture lies.
func (c *Cropper) bounds() (fyne.Position, fyne.Size) {
	room := c.Size().SubtractWidthHeight(2*margin, 2*margin)
	w, h := float32(c.turned.Rect.Dx()), float32(c.turned.Rect.Dy())
	k := max(min(room.Width/w, room.Height/h), 0.001)
	size := fyne.NewSize(w*k, h*k)
	return fyne.NewPos((c.Size().Width-size.Width)/2, (c.Size().Height-size.Height)/2), size
}

// box is where a part of the picture lies.
func (c *Cropper) box(p cut) (fyne.Position, fyne.Size) {
	pos, size := c.bounds()
	at := pos.AddXY(float32(p.x0)*size.Width, float32(p.y0)*size.Height)
	return at, fyne.NewSize(float32(p.x1-p.x0)*size.Width, float32(p.y1-p.y0)*size.Height)
}

// place puts picture, shade, frame, lines and handles where they belong.
func (c *Cropper) place() {
	if c.turned == nil {
		return
	}
	whole, size := c.bounds()
	put := func(o fyne.CanvasObject, x, y, w, h float32) {
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(max(w, 0), max(h, 0)))
	}
	put(c.picture, whole.X, whole.Y, size.Width, size.Height)
	at, in := c.box(c.kept())
	right, bottom := at.X+in.Width, at.Y+in.Height
	put(c.shade[0], whole.X, whole.Y, size.Width, at.Y-whole.Y)
	put(c.shade[1], whole.X, bottom, size.Width, whole.Y+size.Height-bottom)
	put(c.shade[2], whole.X, at.Y, at.X-whole.X, in.Height)
	put(c.shade[3], right, at.Y, whole.X+size.Width-right, in.Height)
	put(c.frame, at.X, at.Y, in.Width, in.Height)
	c.placeLines(at, in)
	c.placeMarks(at, in)
	canvas.Refresh(c)
}

// placeLines draws thirds, or a finer grid to straighten by.
func (c *Cropper) placeLines(at fyne.Position, in fyne.Size) {
	n := 3
	if c.busy {
		n = len(c.lines)/2 + 1
	}
	for i := range c.lines {
		l, k := c.lines[i], i/2+1
		l.Hidden = k >= n
		if part := float32(k) / float32(n); i%2 == 0 {
			l.Position1, l.Position2 = at.AddXY(in.Width*part, 0), at.AddXY(in.Width*part, in.Height)
		} else {
			l.Position1, l.Position2 = at.AddXY(0, in.Height*part), at.AddXY(in.Width, in.Height*part)
		}
	}
}

// placeMarks draws the corners by two bars each.
func (c *Cropper) placeMarks(at fyne.Position, in fyne.Size) {
	const thick = 5
	long := min(22, in.Width/3, in.Height/3)
	for i := range 4 {
		x, y := at.X-2, at.Y-2
		lx, ly := x, y
		if i&1 == 1 {
			x, lx = at.X+in.Width+2-long, at.X+in.Width+2-thick
		}
		if i&2 == 2 {
			y, ly = at.Y+in.Height+2-thick, at.Y+in.Height+2-long
		}
		c.marks[2*i].Move(fyne.NewPos(x, y))
		c.marks[2*i].Resize(fyne.NewSize(long, thick))
		c.marks[2*i+1].Move(fyne.NewPos(lx, ly))
		c.marks[2*i+1].Resize(fyne.NewSize(thick, long))
	}
}

// CreateRenderer implements [fyne.Widget].
func (c *Cropper) CreateRenderer() fyne.WidgetRenderer {
	return &renderer{c, canvas.NewRectangle(look.Color(look.ColorStage))}
}

type renderer struct {
	c      *Cropper
	ground *canvas.Rectangle
}

func (r *renderer) Destroy()           {}
func (r *renderer) MinSize() fyne.Size { return fyne.NewSize(160, 160) }
func (r *renderer) Refresh()           { canvas.Refresh(r.c) }
func (r *renderer) Layout(size fyne.Size) {
	r.ground.Resize(size)
	r.c.place()
}

func (r *renderer) Objects() []fyne.CanvasObject {
	c := r.c
	out := []fyne.CanvasObject{r.ground}
	if c.turned == nil {
		return out
	}
	out = append(out, c.picture)
	for _, o := range c.shade {
		out = append(out, o)
	}
	for _, o := range c.lines {
		out = append(out, o)
	}
	out = append(out, c.frame)
	for _, o := range c.marks {
		out = append(out, o)
	}
	return out
}
