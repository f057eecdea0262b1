package ui

import (
	"image/color"
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/thumbs"
)

// filmStrip shows the photos before and after the one in the viewer, in a row
// that follows it.
type filmStrip struct {
	widget.BaseWidget
	v      *viewerPage
	on     bool
	client *thumbs.Client
	at     float64 // the photo in the middle; between two of them while it glides
	frames map[int]*frame
	box    *fyne.Container
	clip   *container.Clip
	stop   func() // ends the glide
}

// frame is the objects of one photo of the strip.
type frame struct {
	key    thumbs.Key
	ground *canvas.Rectangle
	img    *canvas.Image
	ring   *canvas.Rectangle
}

const (
	stripHeight = 76
	stripFrame  = 56 // side of a photo in the strip
	stripStep   = stripFrame + 6
	stripThumb  = 256
	stripGlide  = 180 * time.Millisecond
)

var (
	_ fyne.Tappable      = (*filmStrip)(nil)
	_ fyne.Scrollable    = (*filmStrip)(nil)
	_ desktop.Cursorable = (*filmStrip)(nil)
)

func newFilmStrip(v *viewerPage) *filmStrip {
	f := &filmStrip{v: v, frames: map[int]*frame{}, box: container.NewWithoutLayout(), stop: func() {}}
	f.client = v.s.thumbs.Client(func([]thumbs.Key) { f.fill() })
	f.clip = container.NewClip(f.box)
	f.ExtendBaseWidget(f)
	f.Hide()
	return f
}

// show moves the strip to the viewer's photo; from afar, or where nothing may
// move, at once.
func (f *filmStrip) show() {
	if !f.Visible() || !f.v.active() {
		return
	}
	f.stop()
	from, to := f.at, float64(f.v.at)
	if math.Abs(to-from) > 12 {
		from = to
	}
	f.at = to
	f.want()
	f.stop = look.Animate(stripGlide, func(part float32) {
		f.at = from + (to-from)*float64(part)
		f.place()
	})
}

// sleep wants no more pictures.
func (f *filmStrip) sleep() {
	f.stop()
	f.client.Want(nil)
}

// span is which photos are in sight.
func (f *filmStrip) span() (first, last int) {
	half := float64(f.Size().Width)/2/stripStep + 1
	return max(int(f.at-half), 0), min(int(f.at+half), f.v.from.source().Len()-1)
}

// want asks for the pictures in sight, those in the middle first.
func (f *filmStrip) want() {
	first, last := f.span()
	var keys []thumbs.Key
	for d := range max(last-f.v.at, f.v.at-first) + 1 {
		for _, i := range []int{f.v.at + d, f.v.at - d} {
			if i >= first && i <= last && (d > 0 || len(keys) == 0) {
				keys = append(keys, thumbKey(f.v.from.image(i), stripThumb))
			}
		}
	}
	f.client.Want(keys)
}

// place puts each photo where it belongs.
func (f *filmStrip) place() {
	if !f.v.active() {
		return
	}
	first, last := f.span()
	for i := range f.frames {
		if i < first || i > last {
			delete(f.frames, i)
		}
	}
	f.box.Objects = f.box.Objects[:0]
	size := f.Size()
	for i := first; i <= last; i++ {
		fr := f.frame(i)
		pos := fyne.NewPos(size.Width/2-stripFrame/2+float32(float64(i)-f.at)*stripStep, (size.Height-stripFrame)/2)
		for _, o := range []fyne.CanvasObject{fr.ground, fr.img, fr.ring} {
			o.Move(pos)
		}
		f.box.Add(fr.ground)
		if fr.img.Image != nil {
			f.box.Add(fr.img)
		}
		if i == f.v.at {
			f.box.Add(fr.ring)
		}
	}
	canvas.Refresh(f.box)
}

// frame returns the objects of photo i.
func (f *filmStrip) frame(i int) *frame {
	k := thumbKey(f.v.from.image(i), stripThumb)
	if fr := f.frames[i]; fr != nil && fr.key == k {
		return fr
	}
	fr := &frame{key: k, ground: canvas.NewRectangle(look.Color(look.ColorStageBar)), ring: canvas.NewRectangle(color.Transparent)}
	fr.img = &canvas.Image{ScaleMode: canvas.ImageScaleFastest, FillMode: canvas.ImageFillCover, CornerRadius: look.ThumbRadius}
	fr.ground.CornerRadius, fr.ring.CornerRadius = look.ThumbRadius, look.ThumbRadius
	fr.ring.StrokeColor, fr.ring.StrokeWidth = look.Color(look.ColorOnStage), 3
	for _, o := range []fyne.CanvasObject{fr.ground, fr.img, fr.ring} {
		o.Resize(fyne.NewSquareSize(stripFrame))
	}
	f.frames[i] = fr
	f.pictureOf(fr)
	return fr
}

// pictureOf gives a photo the best picture in memory.
func (f *filmStrip) pictureOf(fr *frame) {
	if p, ok := f.v.s.thumbs.Get(fr.key); ok {
		fr.img.Image = p
	} else if p, ok := f.v.s.hashes.Get(thumbs.Key{ID: fr.key.ID, Edit: fr.key.Edit}); ok {
		fr.img.Image = p
	}
}

// fill shows pictures that have come.
func (f *filmStrip) fill() {
	for _, fr := range f.frames {
		if before := fr.img.Image; fr.img.Image == nil || before.Bounds().Dx() < stripThumb/2 {
			f.pictureOf(fr)
			if fr.img.Image != before {
				fr.img.Refresh()
			}
		}
	}
	f.place()
}

// Tapped implements [fyne.Tappable]: it goes to the photo under the mouse.
func (f *filmStrip) Tapped(e *fyne.PointEvent) {
	i := int(math.Round(f.at + float64(e.Position.X-f.Size().Width/2)/stripStep))
	if i >= 0 && i < f.v.from.source().Len() {
		f.v.show(i)
	}
}

// Scrolled implements [fyne.Scrollable]: the wheel turns to the next photo.
func (f *filmStrip) Scrolled(e *fyne.ScrollEvent) {
	if e.Scrolled.DY < 0 || e.Scrolled.DX < 0 {
		f.v.turn(1)
	} else {
		f.v.turn(-1)
	}
}

// Cursor implements [desktop.Cursorable].
func (f *filmStrip) Cursor() desktop.Cursor { return desktop.PointerCursor }

// CreateRenderer implements [fyne.Widget].
func (f *filmStrip) CreateRenderer() fyne.WidgetRenderer {
	return &stripRenderer{f, look.NewSurface(look.ColorStage, "", 0)}
}

type stripRenderer struct {
	f      *filmStrip
	ground *look.Surface
}

func (r *stripRenderer) Destroy()           { r.f.stop() }
func (r *stripRenderer) MinSize() fyne.Size { return fyne.NewSize(120, stripHeight) }
func (r *stripRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.f.clip}
}
func (r *stripRenderer) Refresh() { canvas.Refresh(r.f) }
func (r *stripRenderer) Layout(size fyne.Size) {
	r.ground.Resize(size)
	r.f.clip.Resize(size)
	if r.f.Visible() && r.f.v.active() {
		r.f.want()
		r.f.place()
	}
}
