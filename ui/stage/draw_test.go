package stage

import (
	"image"
	"image/color"
	"image/draw"
	"testing"
)

// ground tells whether a piece of the ground lies at a point.
func (r *rig) ground(x, y float32) bool {
	for _, g := range r.Stage.ground {
		p, z := g.Position(), g.Size()
		if g.Visible() && x >= p.X && x < p.X+z.Width && y >= p.Y && y < p.Y+z.Height {
			return true
		}
	}
	return false
}

// TestGround lies around an opaque picture, and under one that lets it shine through.
func TestGround(t *testing.T) {
	whole := image.NewRGBA(image.Rect(0, 0, 500, 500))
	draw.Draw(whole, whole.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	for _, tt := range []struct {
		name    string
		preview image.Image
		zoom    float64
		under   bool // the middle
		beside  bool // the left edge
	}{
		{"opaque", whole, 1, false, true},
		{"opaque, over all of the stage", whole, 4, false, false},
		{"transparent", image.NewRGBA(whole.Rect), 1, true, true},
		{"transparent, over all of the stage", image.NewRGBA(whole.Rect), 4, true, true},
		{"none", nil, 1, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, 6000, 3000)
			r.SetPicture(image.Pt(5000, 5000), tt.preview)
			r.Zoom(tt.zoom)
			if r.ground(500, 300) != tt.under || r.ground(5, 300) != tt.beside {
				t.Errorf("under the middle %v, want %v; at the edge %v, want %v", r.ground(500, 300), tt.under, r.ground(5, 300), tt.beside)
			}
			pos, size := r.Frame()
			for x := float32(0); x < 1000; x += 10 {
				inside := tt.preview != nil && x >= pos.X && x < pos.X+size.Width
				if !inside && !r.ground(x, 300) {
					t.Fatalf("nothing lies at %v", x)
				}
			}
		})
	}
}

// TestZoomKeepsTheImage gives the preview its place and size in each step of a zoom.
func TestZoomKeepsTheImage(t *testing.T) {
	r := newRig(t, 6000, 3000)
	img := r.preview
	for range 5 {
		r.Zoom(1.3)
		pos, size := r.Frame()
		if r.preview != img || img.Position() != pos || img.Size() != size || img.Image == nil {
			t.Fatalf("the picture lies at %v, %v, want %v, %v", img.Position(), img.Size(), pos, size)
		}
	}
	if img.Size().Width <= r.Size().Width {
		t.Error("nothing was zoomed")
	}
}
