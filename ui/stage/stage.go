// Package stage shows one picture of any size, to zoom and pan.
//
// While the hand moves, a preview of about the screen's size is moved and
// stretched, which costs nothing; when it rests, and the preview has too few
// pixels, the part that is on the screen is drawn from the full picture on
// another goroutine and laid over it.
package stage

import (
	"image"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"github.com/libpaul/paul/ui/look"
)

// Options are a stage's connections; Do and After are required.
type Options struct {
	Do       func(func())                              // runs a func on the screen's goroutine
	After    func(time.Duration, func()) (stop func()) // runs a func later, on any goroutine
	Go       func(func())                              // starts a goroutine; default: go
	Modified func()                                    // zoom or place has changed
	NeedFull func()                                    // the preview is too coarse for the zoom
	Swipe    func(step int)                            // the wheel turned while the picture fits
	Tapped   func()                                    // a click on the picture
	Menu     func(at fyne.Position)                    // context menu
	Held     func() fyne.KeyModifier                   // held keys
	Hovered  func(over bool)                           // the mouse moved on the stage, or has left it
}

// rest is how long the hand must rest before the full picture is drawn.
const rest = 160 * time.Millisecond

// greatest is the most that one pixel is enlarged.
const greatest = 8

// Stage is the widget. Its methods run on the screen's goroutine.
type Stage struct {
	widget.BaseWidget
	opts Options

	size image.Point // of the full picture, in its pixels
	full image.Image // nil until it is needed and has come
	have int         // width of the preview's pixels

	zoom   float64 // units of the screen for a pixel of the full picture
	fitted bool    // the picture follows the window's size
	x, y   float64 // of the full picture, at the middle of the stage

	ground  [4]*canvas.Rectangle // around the picture
	preview *canvas.Image
	opaque  bool // the preview hides what lies under it
	sharp   *canvas.Image
	box     *fyne.Container
	clip    *container.Clip
	stop    func()
	turn    int            // counts changes of view, so that a late drawing is dropped
	mouse   *fyne.Position // nil while it is elsewhere
}

var (
	_ fyne.Draggable         = (*Stage)(nil)
	_ fyne.Scrollable        = (*Stage)(nil)
	_ fyne.DoubleTappable    = (*Stage)(nil)
	_ fyne.SecondaryTappable = (*Stage)(nil)
	_ desktop.Cursorable     = (*Stage)(nil)
	_ desktop.Hoverable      = (*Stage)(nil)
)

// New returns an empty stage.
func New(opts Options) *Stage {
	if opts.Go == nil {
		opts.Go = func(f func()) { go f() }
	}
	s := &Stage{opts: opts, fitted: true}
	for i := range s.ground {
		s.ground[i] = canvas.NewRectangle(look.Color(look.ColorStage))
	}
	s.preview = &canvas.Image{ScaleMode: canvas.ImageScaleFastest, FillMode: canvas.ImageFillStretch}
	s.sharp = &canvas.Image{ScaleMode: canvas.ImageScaleFastest, FillMode: canvas.ImageFillStretch}
	s.box = container.NewWithoutLayout()
	s.clip = container.NewClip(s.box)
	s.ExtendBaseWidget(s)
	return s
}

// SetPicture begins another picture, fitted. size is that of the full picture;
// where it is unknown, that of the preview. preview may be nil.
func (s *Stage) SetPicture(size image.Point, preview image.Image) {
	s.cancelRest()
	s.full, s.have, s.fitted = nil, 0, true
	s.size = size
	s.preview.Image = nil
	s.hideSharp()
	if preview != nil {
		s.SetPreview(preview)
		return
	}
	s.place()
}

// SetPreview gives the present picture a finer preview. One that is coarser is
// left out.
func (s *Stage) SetPreview(img image.Image) {
	w := img.Bounds().Dx()
	if w <= s.have {
		return
	}
	if s.size.X <= 0 || s.size.Y <= 0 || s.have == 0 && wrongShape(s.size, img.Bounds().Size()) {
		s.size = img.Bounds().Size()
	}
	s.have = w
	o, ok := img.(interface{ Opaque() bool })
	s.opaque = ok && o.Opaque()
	s.preview.Image = img
	s.preview.Refresh()
	s.place()
}

// wrongShape tells a recorded size that the picture contradicts.
func wrongShape(a, b image.Point) bool {
	if b.X < 64 { // a placeholder: its shape is rough
		return false
	}
	r := float64(a.X) * float64(b.Y) / (float64(a.Y) * float64(b.X))
	return r < 0.9 || r > 1.1
}

// SetFull gives the picture with all its pixels.
func (s *Stage) SetFull(img image.Image) {
	s.full = img
	if p := img.Bounds().Size(); p != s.size {
		k := float64(s.size.X) / float64(p.X)
		s.x, s.y, s.zoom, s.size = s.x/k, s.y/k, s.zoom*k, p
	}
	s.place()
}

// pixel is how many units of the screen one of its pixels takes.
func (s *Stage) pixel() float64 {
	if c := fyne.CurrentApp().Driver().CanvasForObject(s); c != nil && c.Scale() > 0 {
		return 1 / float64(c.Scale())
	}
	return 1
}

// fit is the zoom at which the whole picture shows, at most pixel for pixel.
func (s *Stage) fit() float64 {
	if s.size.X <= 0 || s.size.Y <= 0 {
		return 1
	}
	z := s.Size()
	return min(float64(z.Width)/float64(s.size.X), float64(z.Height)/float64(s.size.Y), s.pixel())
}

// Fit shows the whole picture.
func (s *Stage) Fit() {
	s.fitted = true
	s.place()
}

// Fitted tells whether the whole picture shows.
func (s *Stage) Fitted() bool { return s.fitted }

// Sharp tells whether what shows has as many pixels as the screen, or as the picture.
func (s *Stage) Sharp() bool { return s.have > 0 && !s.coarse() || len(s.box.Objects) > 1 }

// Actual shows the picture pixel for pixel, about the middle of the stage.
func (s *Stage) Actual() {
	z := s.Size()
	s.zoomTo(s.pixel(), fyne.NewPos(z.Width/2, z.Height/2))
}

// Percent is the zoom in per cent of pixel for pixel.
func (s *Stage) Percent() int { return int(s.zoom/s.pixel()*100 + 0.5) }

// Zoom zooms by a factor to the mouse, or to the middle of the stage while that is
// elsewhere.
func (s *Stage) Zoom(factor float64) {
	if s.mouse != nil {
		s.zoomTo(s.zoom*factor, *s.mouse)
		return
	}
	z := s.Size()
	s.zoomTo(s.zoom*factor, fyne.NewPos(z.Width/2, z.Height/2))
}

// Frame is where the whole picture lies on the stage, as far as it is zoomed.
func (s *Stage) Frame() (fyne.Position, fyne.Size) {
	z, w, h := s.Size(), float32(float64(s.size.X)*s.zoom), float32(float64(s.size.Y)*s.zoom)
	return fyne.NewPos(z.Width/2-float32(s.x*s.zoom), z.Height/2-float32(s.y*s.zoom)), fyne.NewSize(w, h)
}

// Pan moves the view by shares of the stage, where not all of the picture shows.
func (s *Stage) Pan(right, down float64) {
	if s.fitted {
		return
	}
	z := s.Size()
	s.x += right * float64(z.Width) / s.zoom
	s.y += down * float64(z.Height) / s.zoom
	s.place()
}

// View is which part of a picture shows, told so that it can be shown of another.
type View struct {
	Zoom float64 // of fitted
	X, Y float64 // at the middle of the stage, in shares of the picture
}

// View returns what shows now.
func (s *Stage) View() View {
	if s.fitted || s.size.X <= 0 || s.size.Y <= 0 {
		return View{1, 0.5, 0.5}
	}
	return View{s.zoom / s.fit(), s.x / float64(s.size.X), s.y / float64(s.size.Y)}
}

// SetView shows the same part as another stage does. Modified is not called.
func (s *Stage) SetView(v View) {
	if s.size.X <= 0 {
		return
	}
	s.fitted = v.Zoom <= 1.001
	s.zoom = s.fit() * v.Zoom
	s.x, s.y = v.X*float64(s.size.X), v.Y*float64(s.size.Y)
	told := s.opts.Modified
	s.opts.Modified = nil
	s.place()
	s.opts.Modified = told
}

// zoomTo zooms so that the point of the picture under p stays there.
func (s *Stage) zoomTo(zoom float64, p fyne.Position) {
	if s.size.X <= 0 {
		return
	}
	fit := s.fit()
	if zoom <= fit*1.001 {
		s.Fit()
		return
	}
	zoom = min(zoom, s.pixel()*greatest)
	mid := s.Size()
	dx, dy := float64(p.X-mid.Width/2), float64(p.Y-mid.Height/2)
	ix, iy := s.x+dx/s.zoom, s.y+dy/s.zoom
	s.fitted = false
	s.zoom = zoom
	s.x, s.y = ix-dx/zoom, iy-dy/zoom
	s.place()
}

// clamp keeps the picture on the stage.
func (s *Stage) clamp() {
	z := s.Size()
	bound := func(at, whole float64, view float32) float64 {
		half := float64(view) / 2 / s.zoom
		if whole <= 2*half {
			return whole / 2
		}
		return min(max(at, half), whole-half)
	}
	s.x, s.y = bound(s.x, float64(s.size.X), z.Width), bound(s.y, float64(s.size.Y), z.Height)
}

// coarse tells whether the preview has fewer pixels than the screen shows.
func (s *Stage) coarse() bool {
	return s.have > 0 && s.have < s.size.X && float64(s.size.X)*s.zoom/s.pixel() > float64(s.have)*1.05
}

func (s *Stage) cancelRest() {
	if s.stop != nil {
		s.stop()
		s.stop = nil
	}
}

func (s *Stage) awaitRest() {
	s.cancelRest()
	if !s.coarse() || s.fitted {
		return
	}
	turn := s.turn
	s.stop = s.opts.After(rest, func() {
		s.opts.Do(func() {
			if s.turn == turn {
				s.sharpen()
			}
		})
	})
}

// Dragged implements [fyne.Draggable]: it pans.
func (s *Stage) Dragged(e *fyne.DragEvent) {
	if s.fitted {
		return
	}
	s.x -= float64(e.Dragged.DX) / s.zoom
	s.y -= float64(e.Dragged.DY) / s.zoom
	s.place()
}

// DragEnd implements [fyne.Draggable].
func (s *Stage) DragEnd() {}

// MouseIn implements [desktop.Hoverable].
func (s *Stage) MouseIn(e *desktop.MouseEvent) { s.MouseMoved(e) }

// MouseMoved implements [desktop.Hoverable].
func (s *Stage) MouseMoved(e *desktop.MouseEvent) {
	s.mouse = &e.Position
	if s.opts.Hovered != nil {
		s.opts.Hovered(true)
	}
}

// MouseOut implements [desktop.Hoverable].
func (s *Stage) MouseOut() {
	s.mouse = nil
	if s.opts.Hovered != nil {
		s.opts.Hovered(false)
	}
}

// Scrolled implements [fyne.Scrollable]: the wheel zooms to the pointer; with
// Shift held it turns to the next picture.
func (s *Stage) Scrolled(e *fyne.ScrollEvent) {
	if s.opts.Held != nil && s.opts.Held()&fyne.KeyModifierShift != 0 && s.opts.Swipe != nil {
		if e.Scrolled.DY < 0 || e.Scrolled.DX < 0 {
			s.opts.Swipe(1)
		} else {
			s.opts.Swipe(-1)
		}
		return
	}
	step := float64(min(max(e.Scrolled.DY, -50), 50)) / 25
	factor := 1 + 0.18*step
	if step < 0 {
		factor = 1 / (1 - 0.18*step)
	}
	s.zoomTo(s.zoom*factor, e.Position)
}

// DoubleTapped implements [fyne.DoubleTappable]: between fitted and pixel for
// pixel.
func (s *Stage) DoubleTapped(e *fyne.PointEvent) {
	if !s.fitted {
		s.Fit()
		return
	}
	s.zoomTo(max(s.pixel(), s.fit()*2), e.Position)
}

// Tapped implements [fyne.Tappable].
func (s *Stage) Tapped(*fyne.PointEvent) {
	if s.opts.Tapped != nil {
		s.opts.Tapped()
	}
}

// TappedSecondary implements [fyne.SecondaryTappable].
func (s *Stage) TappedSecondary(e *fyne.PointEvent) {
	if s.opts.Menu != nil {
		s.opts.Menu(e.AbsolutePosition)
	}
}

// Cursor implements [desktop.Cursorable].
func (s *Stage) Cursor() desktop.Cursor {
	if s.fitted {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}
