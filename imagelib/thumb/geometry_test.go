package thumb

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"testing"

	"github.com/disintegration/imaging"

	"github.com/libpaul/paul/imagelib/internal/testphoto"
	"github.com/libpaul/paul/imagelib/meta"
)

// difference is how far apart two pictures of one size are on average, 0 to 255.
func difference(t *testing.T, a, b image.Image) float64 {
	t.Helper()
	if a.Bounds().Size() != b.Bounds().Size() {
		t.Fatalf("sizes %v and %v", a.Bounds().Size(), b.Bounds().Size())
	}
	sum := 0.0
	n, m := imaging.Clone(a), imaging.Clone(b)
	for i := range n.Pix {
		sum += math.Abs(float64(n.Pix[i]) - float64(m.Pix[i]))
	}
	return sum / float64(len(n.Pix)) * 4 / 3
}

// turnedBy turns and mirrors with imaging.
func turnedBy(m image.Image, g Geometry) image.Image {
	if g.Mirror {
		m = imaging.FlipH(m)
	}
	switch g.Turns {
	case 1:
		m = imaging.Rotate270(m)
	case 2:
		m = imaging.Rotate180(m)
	case 3:
		m = imaging.Rotate90(m)
	}
	return m
}

func quarterTurns() (list []Geometry) {
	for turns := range 4 {
		list = append(list, Geometry{Turns: turns}, Geometry{Turns: turns, Mirror: true})
	}
	return list
}

// TestEditedOrientations holds every orientation of a file, with every turn of it,
// against imaging.
func TestEditedOrientations(t *testing.T) {
	t.Parallel()
	const w, h = 800, 500
	plain := testphoto.Picture(w, h, 0)
	r := NewRenderer(0)
	for o := 1; o <= 8; o++ {
		t.Run(fmt.Sprint(o), func(t *testing.T) {
			t.Parallel()
			data := testphoto.JPEG(testphoto.Turned(plain, o), testphoto.EXIF{Orientation: o})
			info := read(t, data)
			for _, g := range quarterTurns() {
				want := turnedBy(plain, g)
				m, err := r.EditedPixels(t.Context(), data, info, g, 0)
				if err != nil {
					t.Fatal(err)
				}
				if d := difference(t, m, want); d > 3 {
					t.Errorf("%v: pixels differ by %.1f", g, d)
				}
				if w, h := g.Size(w, h); m.Bounds().Dx() != w || m.Bounds().Dy() != h {
					t.Errorf("%v: %v, foretold %d x %d", g, m.Bounds(), w, h)
				}
				g.Crop = Crop{0.1, 0.2, 0.5, 0.6}
				want = imaging.Crop(want, part(want.Bounds(), 0.1, 0.2, 0.6, 0.8))
				checkEdited(t, r, data, info, g, want)
			}
		})
	}
}

// part is a part of a picture in shares of it.
func part(b image.Rectangle, x0, y0, x1, y1 float64) image.Rectangle {
	at := func(share float64, n int) int { return int(math.Round(share * float64(n))) }
	return image.Rect(at(x0, b.Dx()), at(y0, b.Dy()), at(x1, b.Dx()), at(y1, b.Dy()))
}

// checkEdited checks both thumbnails, the picture and the placeholder of an edited
// file against what it is to look like in full size.
func checkEdited(t *testing.T, r *Renderer, data []byte, info *meta.Info, g Geometry, want image.Image) {
	t.Helper()
	set, err := r.Edited(t.Context(), data, info, g)
	if err != nil {
		t.Fatal(err)
	}
	size := want.Bounds().Size()
	for side, b := range map[int][]byte{Large: set.Large, Small: set.Small} {
		m, err := Decode(b, side)
		if err != nil {
			t.Fatal(err)
		}
		w, h := fit(size.X, size.Y, side)
		if d := difference(t, m, imaging.Resize(want, w, h, imaging.Lanczos)); d > 4 {
			t.Errorf("%v: the thumbnail of %d differs by %.1f", g, side, d)
		}
	}
	for _, side := range []int{0, 300} {
		m, err := r.EditedPixels(t.Context(), data, info, g, side)
		if err != nil {
			t.Fatal(err)
		}
		w, h := fit(size.X, size.Y, side)
		if d := difference(t, m, imaging.Resize(want, w, h, imaging.Lanczos)); d > 4 {
			t.Errorf("%v: the picture within %d differs by %.1f", g, side, d)
		}
	}
	if p := Placeholder(set.Hash); p == nil || (p.Rect.Dx() > p.Rect.Dy()) != (size.X > size.Y) {
		t.Errorf("%v: no placeholder of the edited picture", g)
	}
}

// levelled makes an edited picture pixel by pixel: where each lies in the picture is
// found by turning it back. The crop is drawn in towards the middle in small steps.
func levelled(m image.Image, g Geometry, size image.Point) image.Image {
	src := imaging.Clone(turnedBy(m, g))
	w, h := float64(src.Rect.Dx()), float64(src.Rect.Dy())
	sin, cos := math.Sincos(g.Angle * math.Pi / 180)
	back := func(x, y float64) (float64, float64) { return x*cos + y*sin, y*cos - x*sin }
	c := g.Crop
	if c == (Crop{}) {
		c = Crop{0, 0, 1, 1}
	}
	x0, y0, x1, y1 := (c.X-0.5)*w, (c.Y-0.5)*h, (c.X+c.W-0.5)*w, (c.Y+c.H-0.5)*h
	inside := func(t float64) bool {
		for _, p := range [][2]float64{{x0, y0}, {x1, y0}, {x0, y1}, {x1, y1}} {
			if x, y := back(p[0]*t, p[1]*t); math.Abs(x) > w/2 || math.Abs(y) > h/2 {
				return false
			}
		}
		return true
	}
	t := 1.0
	for !inside(t) {
		t -= 0.0005
	}
	x0, y0, x1, y1 = x0*t, y0*t, x1*t, y1*t
	out := image.NewNRGBA(image.Rectangle{Max: size})
	for y := range size.Y {
		for x := range size.X {
			sx, sy := back(x0+(x1-x0)*(float64(x)+0.5)/float64(size.X), y0+(y1-y0)*(float64(y)+0.5)/float64(size.Y))
			out.SetNRGBA(x, y, src.NRGBAAt(min(max(int(sx+w/2), 0), int(w)-1), min(max(int(sy+h/2), 0), int(h)-1)))
		}
	}
	return out
}

func TestStraightened(t *testing.T) {
	t.Parallel()
	const w, h = 900, 600
	plain := testphoto.Picture(w, h, 0)
	data := testphoto.JPEG(testphoto.Turned(plain, 6), testphoto.EXIF{Orientation: 6})
	info := read(t, data)
	r := NewRenderer(0)
	for _, g := range []Geometry{
		{Angle: 3.5},
		{Angle: -20},
		{Angle: 45},
		{Angle: 7, Turns: 1},
		{Angle: 7, Turns: 3, Mirror: true},
		{Angle: 10, Crop: Crop{0, 0, 0.5, 0.5}},
		{Angle: -10, Crop: Crop{0.7, 0.5, 0.3, 0.5}, Turns: 2},
		{Angle: 5, Crop: Crop{0.4, 0.4, 0.2, 0.2}},
	} {
		t.Run(g.String(), func(t *testing.T) {
			t.Parallel()
			width, height := g.Size(w, h)
			want := levelled(plain, g, image.Pt(width, height))
			checkEdited(t, r, data, info, g, want)
			if whole := (Geometry{Turns: g.Turns}); g.Crop == (Crop{}) { // it keeps the ratio
				w, h := whole.Size(w, h)
				if got, want := float64(width)/float64(height), float64(w)/float64(h); math.Abs(got-want) > 0.02 {
					t.Errorf("ratio %.3f, want %.3f", got, want)
				}
			}
		})
	}
}

// No corner of a straightened picture is empty, however it is cut.
func TestStraightenedCorners(t *testing.T) {
	t.Parallel()
	white := image.NewRGBA(image.Rect(0, 0, 120, 80))
	draw.Draw(white, white.Rect, image.White, image.Point{}, draw.Src)
	data := testphoto.PNG(white)
	info := read(t, data)
	r := NewRenderer(0)
	for _, angle := range []float64{-45, -33.3, -12, -1, -0.1, 0.1, 0.7, 2, 15, 44.9, 45} {
		for _, c := range []Crop{{}, {0, 0, 1, 1}, {0, 0, 0.3, 0.3}, {0.9, 0, 0.1, 1}, {0.95, 0.95, 0.05, 0.05}, {0, 0.4, 1, 0.2}} {
			for turns := range 2 {
				g := Geometry{Turns: turns, Angle: angle, Crop: c}
				m, err := r.EditedPixels(t.Context(), data, info, g, 0)
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range []image.Image{m, g.Apply(white)} {
					b := p.Bounds()
					for y := b.Min.Y; y < b.Max.Y; y++ {
						for x := b.Min.X; x < b.Max.X; x++ {
							if v := color.GrayModel.Convert(p.At(x, y)).(color.Gray).Y; v < 250 {
								t.Fatalf("%v: pixel %d, %d of %v is %d", g, x, y, b, v)
							}
						}
					}
				}
			}
		}
	}
}

// Of a small part, a thumbnail has as many pixels as the file has.
func TestCropIsSharp(t *testing.T) {
	t.Parallel()
	plain := testphoto.Picture(4000, 3000, 0)
	data := testphoto.JPEG(plain, testphoto.EXIF{})
	g := Geometry{Crop: Crop{0.4, 0.4, 0.2, 0.2}}
	checkEdited(t, NewRenderer(0), data, read(t, data), g, imaging.Crop(plain, part(plain.Rect, 0.4, 0.4, 0.6, 0.6)))
}

func TestGeometryValid(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for _, c := range []struct {
		g     Geometry
		valid bool
	}{
		{Geometry{}, true},
		{Geometry{Turns: 3, Mirror: true, Angle: 45, Crop: Crop{0.5, 0.5, 0.5, 0.5}}, true},
		{Geometry{Crop: Crop{0.3, 0, 0.7, 1}}, true}, // 0.3 + 0.7 may be a little more than 1
		{Geometry{Turns: 4}, false},
		{Geometry{Turns: -1}, false},
		{Geometry{Angle: 45.1}, false},
		{Geometry{Angle: nan}, false},
		{Geometry{Crop: Crop{0, 0, 0, 1}}, false},
		{Geometry{Crop: Crop{0, 0, 1, -1}}, false},
		{Geometry{Crop: Crop{0.5, 0, 0.6, 1}}, false},
		{Geometry{Crop: Crop{-0.1, 0, 0.5, 1}}, false},
		{Geometry{Crop: Crop{0, nan, 0.5, 1}}, false},
	} {
		if c.g.Valid() != c.valid {
			t.Errorf("%+v: valid is %t", c.g, !c.valid)
		}
		if !c.valid {
			continue
		}
		if got, ok := ParseGeometry(c.g.String()); !ok || got != c.g {
			t.Errorf("%v is read as %v, %t", c.g, got, ok)
		}
	}
	for _, s := range []string{"x", `{"turns":7}`, `{"crop":{"w":2,"h":1}}`, `{"angle":1e99}`, `[1]`} {
		if g, ok := ParseGeometry(s); ok {
			t.Errorf("%q is read as %v", s, g)
		}
	}
}

// What is turned or mirrored once more shows as the picture turned or mirrored, and
// comes back to what it was.
func TestTurnedAndMirrored(t *testing.T) {
	t.Parallel()
	m := testphoto.Picture(300, 200, 0)
	for _, g := range []Geometry{
		{},
		{Turns: 1},
		{Mirror: true, Turns: 3},
		{Angle: 11, Turns: 1},
		{Crop: Crop{0.1, 0.2, 0.3, 0.4}, Mirror: true},
		{Mirror: true, Turns: 1, Angle: -6, Crop: Crop{0.123456789, 0, 0.5, 0.7}},
	} {
		shown := g.Apply(m)
		for quarters := range 4 {
			if d := difference(t, g.Turned(quarters).Apply(m), turnedBy(shown, Geometry{Turns: quarters})); d > 2 {
				t.Errorf("%v turned by %d differs by %.1f", g, quarters, d)
			}
		}
		if d := difference(t, g.Mirrored().Apply(m), imaging.FlipH(shown)); d > 2 {
			t.Errorf("%v mirrored differs by %.1f", g, d)
		}
		if got := g.Turned(1).Turned(1).Turned(-2); got != g {
			t.Errorf("%v is %v after turning it to and fro", g, got)
		}
		if got := g.Mirrored().Mirrored(); got != g {
			t.Errorf("%v is %v after mirroring it twice", g, got)
		}
		if !g.Turned(3).Valid() || !g.Mirrored().Valid() {
			t.Errorf("%v turned is not valid", g)
		}
	}
}

// TestStored reads what is written for Adobe's programs as darktable does: the
// corners are turned by the angle about the middle, and only then is the orientation
// applied.
func TestStored(t *testing.T) {
	t.Parallel()
	for o := 1; o <= 8; o++ {
		for _, turn := range quarterTurns() {
			for _, g := range []Geometry{
				{Crop: Crop{0.1, 0.2, 0.3, 0.7}}, {Angle: 8}, {Angle: -20, Crop: Crop{0.5, 0.1, 0.4, 0.3}},
			} {
				g.Turns, g.Mirror = turn.Turns, turn.Mirror
				info := &meta.Info{Width: 1200, Height: 800, Orientation: o}
				orientation, c := g.Stored(info)
				w, h := float64(info.Width), float64(info.Height)
				sin, cos := math.Sincos(c.Angle * math.Pi / 180)
				x0, y0 := (c.Left-0.5)*w, (c.Top-0.5)*h
				x1, y1 := (c.Right-0.5)*w, (c.Bottom-0.5)*h
				x0, y0, x1, y1 = x0*cos+y0*sin, y0*cos-x0*sin, x1*cos+y1*sin, y1*cos-x1*sin
				if x0 >= x1 || y0 >= y1 {
					t.Fatalf("%d, %v: corners %v", o, g, c)
				}
				corners := [2]image.Point{turnPoint(x0, y0, orientation), turnPoint(x1, y1, orientation)}
				got := image.Rectangle{corners[0], corners[1]}.Canon()
				uw, uh := info.Upright()
				if g.Turns&1 == 1 {
					uw, uh = uh, uw
				}
				r := g.kept(uw, uh)
				want := image.Rect(int(math.Round(r.x0)), int(math.Round(r.y0)), int(math.Round(r.x1)), int(math.Round(r.y1)))
				if d := got.Min.Sub(want.Min); max(d.X, d.Y, -d.X, -d.Y) > 1 || got.Size().Sub(want.Size()).X > 1 {
					t.Errorf("orientation %d, %v: %v, want %v", o, g, got, want)
				}
			}
		}
	}
}

// turnPoint applies an EXIF orientation to a point about the middle.
func turnPoint(x, y float64, o int) image.Point {
	switch o {
	case 2:
		x = -x
	case 3:
		x, y = -x, -y
	case 4:
		y = -y
	case 5:
		x, y = y, x
	case 6:
		x, y = -y, x
	case 7:
		x, y = -y, -x
	case 8:
		x, y = y, -x
	}
	return image.Pt(int(math.Round(x)), int(math.Round(y)))
}

func TestDerive(t *testing.T) {
	t.Parallel()
	plain := testphoto.Picture(512, 340, 0)
	whole, err := encode(reduce(plain, 1).resize(512, 340, false))
	if err != nil {
		t.Fatal(err)
	}
	g := Geometry{Turns: 1, Crop: Crop{0, 0, 1, 0.5}}
	b, err := Derive(whole, Large, g)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Decode(b, Large)
	if err != nil {
		t.Fatal(err)
	}
	if d := difference(t, m, g.Apply(plain)); d > 4 {
		t.Errorf("it differs by %.1f", d)
	}
	if _, err := Derive([]byte("no thumbnail"), Large, g); err == nil {
		t.Error("what is no thumbnail is taken for one")
	}
}

// TestKept tells the part that is left in shares of the frame, as large as Size says.
func TestKept(t *testing.T) {
	for _, tt := range []struct {
		name string
		g    Geometry
		want Crop
	}{
		{"all", Geometry{Turns: 1}, Crop{0, 0, 1, 1}},
		{"cut", Geometry{Turns: 1, Crop: Crop{0.1, 0.2, 0.5, 0.25}}, Crop{0.1, 0.2, 0.5, 0.25}},
		{"straightened within", Geometry{Angle: 5, Crop: Crop{0.4, 0.4, 0.2, 0.2}}, Crop{0.4, 0.4, 0.2, 0.2}},
	} {
		if got := tt.g.Kept(3000, 2000); math.Abs(got.X-tt.want.X)+math.Abs(got.Y-tt.want.Y)+math.Abs(got.W-tt.want.W)+math.Abs(got.H-tt.want.H) > 1e-9 {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	g := Geometry{Turns: 1, Angle: 10}
	c := g.Kept(3000, 2000)
	w, h := g.Size(3000, 2000)
	if math.Abs(c.W*2000-float64(w)) > 1 || math.Abs(c.H*3000-float64(h)) > 1 || math.Abs(c.X+c.W/2-0.5) > 1e-9 {
		t.Errorf("kept %v, of %d x %d", c, w, h)
	}
}
