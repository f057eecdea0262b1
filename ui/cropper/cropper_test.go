package cropper

import (
	"image"
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/look"
)

type rig struct {
	*Cropper
	told int
}

// newRig has a picture of 600 by 400 that shows pixel for pixel.
func newRig(t *testing.T) *rig {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(look.Theme{Name: "dark"})
	r := &rig{}
	r.Cropper = New(func() { r.told++ })
	win := test.NewTempWindow(t, r.Cropper)
	win.SetPadded(false)
	win.Resize(fyne.NewSize(600+2*margin, 400+2*margin))
	r.SetPicture(image.NewRGBA(image.Rect(0, 0, 600, 400)))
	return r
}

// drag drags from a point of the picture by some pixels, in steps.
func (r *rig) drag(x, y, right, down float32) {
	from := fyne.NewPos(x+margin, y+margin)
	r.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: from}, Button: desktop.MouseButtonPrimary})
	const steps = 10
	for i := range steps {
		part := float32(i+1) / steps
		r.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: from.AddXY(right*part, down*part)}, Dragged: fyne.NewDelta(right/steps, down/steps)})
	}
	r.DragEnd()
}

func (r *rig) wantCrop(t *testing.T, what string, x0, y0, x1, y1 float64) {
	t.Helper()
	k := r.kept()
	if math.Abs(k.x0*600-x0)+math.Abs(k.y0*400-y0)+math.Abs(k.x1*600-x1)+math.Abs(k.y1*400-y1) > 1 {
		t.Errorf("%s keeps %.0f, %.0f to %.0f, %.0f; want %.0f, %.0f to %.0f, %.0f", what, k.x0*600, k.y0*400, k.x1*600, k.y1*400, x0, y0, x1, y1)
	}
}

func TestDragsFrame(t *testing.T) {
	r := newRig(t)
	r.drag(0, 0, 60, 40)
	r.wantCrop(t, "the upper left corner", 60, 40, 600, 400)
	r.drag(600, 200, -120, 33)
	r.wantCrop(t, "the right side", 60, 40, 480, 400)
	r.drag(300, 200, 50, -100)
	r.wantCrop(t, "the middle, to the edge", 110, 0, 530, 360)
	r.drag(530, 360, 900, 900)
	r.wantCrop(t, "a corner beyond the edge", 110, 0, 600, 400)
	if r.told == 0 {
		t.Error("tells nobody")
	}
	r.drag(110, 5, 900, 0)
	if k := r.kept(); k.x1-k.x0 < leastCut-1e-6 {
		t.Errorf("a frame of width %v is left", k.x1-k.x0)
	}
}

func TestKeepsRatio(t *testing.T) {
	r := newRig(t)
	r.SetRatio(1)
	r.wantCrop(t, "a square", 100, 0, 500, 400)
	r.drag(500, 400, -100, -20)
	r.wantCrop(t, "a smaller one", 100, 0, 480, 380)
	r.drag(300, 380, 0, -180)
	r.wantCrop(t, "one by its lower side", 190, 0, 390, 200)
	r.Turn(1)
	if k := r.Kept(); math.Abs(k-1) > 1e-6 {
		t.Errorf("turned it keeps %v", k)
	}
	r.SetRatio(16.0 / 9)
	r.Turn(1)
	if k := r.Kept(); math.Abs(k-9.0/16) > 1e-3 || math.Abs(r.Ratio()-9.0/16) > 1e-9 {
		t.Errorf("turned, 16:9 keeps %v and is held at %v", k, r.Ratio())
	}
}

// TestStaysInThePicture never keeps anything beyond a straightened picture, whatever is
// dragged, and so no corner is empty.
func TestStaysInThePicture(t *testing.T) {
	for _, angle := range []float64{-45, -12.3, 0, 0.4, 7, 30} {
		for _, ratio := range []float64{0, 1, 16.0 / 9} {
			r := newRig(t)
			r.Straighten(angle)
			r.SetRatio(ratio)
			k := r.kept()
			at := func(x, y float64) (float32, float32) { return float32(x * 600), float32(y * 400) }
			for _, d := range [][2]float32{{-300, -300}, {400, 10}, {-20, 300}} {
				k = r.kept()
				x, y := at(k.x0, k.y0)
				r.drag(x, y, d[0], d[1])
				k = r.kept()
				x, y = at((k.x0+k.x1)/2, (k.y0+k.y1)/2)
				r.drag(x, y, d[1], d[0])
			}
			r.Grow(3)
			r.Nudge(0.4, -0.4)
			if k = r.kept(); !r.fits(k) || !r.Geometry().Valid() {
				t.Errorf("at %v° and ratio %.2f: keeps %v", angle, ratio, k)
			}
			if ratio != 0 && math.Abs(r.Cropper.Kept()-ratio) > 0.01 {
				t.Errorf("at %v° and ratio %.2f: keeps %.3f", angle, ratio, r.Cropper.Kept())
			}
		}
	}
}

// TestStraightens draws the picture as the library does.
func TestStraightens(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 200, 100))
	for i := range 200 * 100 {
		c := color.RGBA{B: 200, A: 255}
		if i%200 > 100 {
			c = color.RGBA{R: 200, A: 255}
		}
		m.Set(i%200, i/200, c)
	}
	got := straightened(m, 20)
	want := imagelib.Geometry{Angle: 20}.Apply(m) // the middle of it
	off := image.Pt(100-want.Rect.Dx()/2, 50-want.Rect.Dy()/2)
	differ := 0
	for y := range want.Rect.Dy() {
		for x := range want.Rect.Dx() {
			r0, _, _, _ := got.At(x+off.X, y+off.Y).RGBA()
			if r1, _, _, _ := want.At(x, y).RGBA(); math.Abs(float64(r0)-float64(r1)) > 0x6000 {
				differ++
			}
		}
	}
	if differ > want.Rect.Dx()*want.Rect.Dy()/50 {
		t.Errorf("%d of %d pixels differ", differ, want.Rect.Dx()*want.Rect.Dy())
	}
}

func TestWholePictureIsNoCrop(t *testing.T) {
	r := newRig(t)
	r.drag(0, 0, 60, 40)
	r.drag(60, 40, -90, -90)
	if g := r.Geometry(); g != (imagelib.Geometry{}) {
		t.Errorf("all of the picture is %v", g)
	}
	r.Straighten(5)
	r.Mirror()
	if g := r.Geometry(); g.Angle != -5 || !g.Mirror || g.Crop != (imagelib.Crop{}) {
		t.Errorf("straightened and mirrored it is %v", g)
	}
}

func TestCursors(t *testing.T) {
	r := newRig(t)
	for _, tt := range []struct {
		x, y float32
		want desktop.Cursor
	}{{0, 0, desktop.CrosshairCursor}, {300, 0, desktop.VResizeCursor}, {600, 200, desktop.HResizeCursor}, {300, 200, desktop.PointerCursor}, {-24, -24, desktop.DefaultCursor}} {
		r.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(tt.x+margin, tt.y+margin)}})
		if got := r.Cursor(); got != tt.want {
			t.Errorf("at %v, %v: %v, want %v", tt.x, tt.y, got, tt.want)
		}
	}
}

// BenchmarkStraighten is a step of the slider, ms.
func BenchmarkStraighten(b *testing.B) {
	m := image.NewRGBA(image.Rect(0, 0, 1280, 853))
	for i := range b.N {
		straightened(m, 1+float64(i%100)/10)
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms")
}
