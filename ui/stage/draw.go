package stage

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"golang.org/x/image/draw"

	"github.com/libpaul/paul/ui/look"
)

// place moves the preview, and waits for rest.
func (s *Stage) place() {
	s.turn++
	s.hideSharp()
	z := s.Size()
	if s.size.X <= 0 || z.Width <= 0 {
		s.box.Objects = nil
		s.surround(fyne.Position{}, fyne.Size{})
		return
	}
	if s.fitted || s.zoom <= s.fit() {
		s.fitted, s.zoom = true, s.fit()
	}
	s.clamp()
	if s.preview.Image != nil {
		pos, size := s.Frame()
		look.Stretch(s.preview, size)
		s.preview.Move(pos)
		s.box.Objects = []fyne.CanvasObject{s.preview}
		s.surround(pos, size)
	} else {
		s.box.Objects = nil
		s.surround(fyne.Position{}, fyne.Size{})
	}
	canvas.Refresh(s.box)
	if s.opts.Modified != nil {
		s.opts.Modified()
	}
	s.awaitRest()
}

// surround lays the ground around the picture, and a unit under its edges. What the
// picture hides is not drawn: without a graphics card that takes as long as the picture.
func (s *Stage) surround(pos fyne.Position, size fyne.Size) {
	z := s.Size()
	left, top := min(max(pos.X+1, 0), z.Width), min(max(pos.Y+1, 0), z.Height)
	right, bottom := min(max(pos.X+size.Width-1, left), z.Width), min(max(pos.Y+size.Height-1, top), z.Height)
	if !s.opaque || size.IsZero() {
		left, right, top, bottom = 0, z.Width, z.Height, z.Height // all of it
	}
	lay := func(i int, x0, y0, x1, y1 float32) {
		g := s.ground[i]
		g.Move(fyne.NewPos(x0, y0))
		g.Resize(fyne.NewSize(x1-x0, y1-y0))
		if g.Hidden = x1 <= x0 || y1 <= y0; g.Hidden {
			g.Resize(fyne.Size{})
		}
	}
	lay(0, 0, 0, z.Width, top)
	lay(1, 0, bottom, z.Width, z.Height)
	lay(2, 0, top, left, bottom)
	lay(3, right, top, z.Width, bottom)
}

// sharpen draws what is on the screen from the full picture.
func (s *Stage) sharpen() {
	if s.full == nil {
		if s.opts.NeedFull != nil {
			s.opts.NeedFull()
		}
		return
	}
	z, turn, full := s.Size(), s.turn, s.full
	half := fyne.NewSize(z.Width/2, z.Height/2)
	x0, y0 := s.x-float64(half.Width)/s.zoom, s.y-float64(half.Height)/s.zoom
	x1, y1 := s.x+float64(half.Width)/s.zoom, s.y+float64(half.Height)/s.zoom
	src := image.Rect(int(x0), int(y0), int(x1)+1, int(y1)+1).Intersect(image.Rectangle{Max: s.size})
	if src.Empty() {
		return
	}
	k := s.zoom / s.pixel()
	dst := image.Rect(0, 0, max(int(float64(src.Dx())*k), 1), max(int(float64(src.Dy())*k), 1))
	pos := fyne.NewPos(half.Width+float32((float64(src.Min.X)-s.x)*s.zoom), half.Height+float32((float64(src.Min.Y)-s.y)*s.zoom))
	size := fyne.NewSize(float32(float64(src.Dx())*s.zoom), float32(float64(src.Dy())*s.zoom))
	s.opts.Go(func() {
		out := image.NewRGBA(dst)
		draw.ApproxBiLinear.Scale(out, dst, full, src.Add(full.Bounds().Min), draw.Src, nil)
		s.opts.Do(func() {
			if s.turn != turn {
				return
			}
			s.sharp.Image = out
			s.sharp.Move(pos)
			s.sharp.Resize(size)
			s.sharp.Refresh()
			s.box.Objects = append(s.box.Objects, s.sharp)
			canvas.Refresh(s.box)
		})
	})
}

func (s *Stage) hideSharp() {
	s.sharp.Image = nil
	if n := len(s.box.Objects); n > 1 {
		s.box.Objects = s.box.Objects[:1]
	}
}

// CreateRenderer implements [fyne.Widget].
func (s *Stage) CreateRenderer() fyne.WidgetRenderer {
	return &renderer{s}
}

type renderer struct{ s *Stage }

func (r *renderer) Destroy()           { r.s.cancelRest() }
func (r *renderer) MinSize() fyne.Size { return fyne.NewSize(120, 120) }
func (r *renderer) Refresh()           { canvas.Refresh(r.s) }
func (r *renderer) Objects() []fyne.CanvasObject {
	g := r.s.ground
	return []fyne.CanvasObject{g[0], g[1], g[2], g[3], r.s.clip}
}

func (r *renderer) Layout(size fyne.Size) {
	r.s.clip.Resize(size)
	r.s.place()
}
