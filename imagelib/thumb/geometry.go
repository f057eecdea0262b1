package thumb

import (
	"encoding/json"
	"image"
	"math"
	"slices"
)

// Geometry is how a person wants a picture turned and cut. It is applied to the
// upright picture, in the order of its fields. The zero value leaves it as it is.
//
// To level the horizon the picture is turned about its middle, behind a frame of
// its own size that stays; Crop is a part of that frame. Where it reaches beyond
// the turned picture it is drawn in towards the middle, keeping its ratio, as far
// as needed: so no corner is ever empty, and without a Crop what is left is the
// largest rectangle around the middle that has the picture's ratio.
type Geometry struct {
	Mirror bool    `json:"mirror,omitempty"` // left and right are exchanged
	Turns  int     `json:"turns,omitempty"`  // quarter turns clockwise, 0 to 3
	Angle  float64 `json:"angle,omitempty"`  // degrees clockwise, to level the horizon: -45 to 45
	Crop   Crop    `json:"crop,omitzero"`
}

// Crop is the part of a picture to keep, in shares of its width and height,
// from its upper left. The zero value keeps all.
type Crop struct {
	X float64 `json:"x,omitempty"`
	Y float64 `json:"y,omitempty"`
	W float64 `json:"w"`
	H float64 `json:"h"`
}

// maxAngle is how far a picture may be turned to level its horizon, degrees.
const maxAngle = 45

// Valid reports whether a picture can be drawn so: nothing is out of bounds, and
// something of it is left.
func (g Geometry) Valid() bool {
	return g.Turns >= 0 && g.Turns <= 3 && g.Angle >= -maxAngle && g.Angle <= maxAngle && g.Crop.valid()
}

// shareError is how much sums of shares may be off.
const shareError = 1e-9

func (c Crop) valid() bool {
	if c == (Crop{}) {
		return true
	}
	return c.X >= 0 && c.Y >= 0 && c.W > 0 && c.H > 0 && c.X+c.W <= 1+shareError && c.Y+c.H <= 1+shareError
}

// Cuts reports whether more is done than to turn by right angles and to mirror:
// pixels are lost, or made anew.
func (g Geometry) Cuts() bool { return g.Angle != 0 || g.Crop != (Crop{}) }

// Turned returns the geometry that shows the picture as g does, and then turned
// by quarter turns clockwise.
func (g Geometry) Turned(quarters int) Geometry {
	for range quarters & 3 {
		g.Turns = (g.Turns + 1) & 3
		if c := g.Crop; c != (Crop{}) {
			g.Crop = Crop{share(1 - c.Y - c.H), c.X, c.H, c.W}
		}
	}
	return g
}

// Mirrored returns the geometry that shows the picture as g does, and then with
// left and right exchanged.
func (g Geometry) Mirrored() Geometry {
	g.Mirror, g.Turns = !g.Mirror, -g.Turns&3
	if g.Angle != 0 { // there is a zero below zero
		g.Angle = -g.Angle
	}
	if c := g.Crop; c != (Crop{}) {
		g.Crop.X = share(1 - c.X - c.W)
	}
	return g
}

// share rounds so that what is turned all the way round is as it was.
func share(x float64) float64 { return max(math.Round(x*1e12)/1e12, 0) }

// Size returns the size of what is shown of an upright picture of w by h pixels.
func (g Geometry) Size(w, h int) (width, height int) {
	if w <= 0 || h <= 0 {
		return w, h
	}
	if g.Turns&1 == 1 {
		w, h = h, w
	}
	if !g.Cuts() {
		return w, h
	}
	return g.kept(w, h).size()
}

// region is a part of a picture, in pixels from its middle.
type region struct{ x0, y0, x1, y1 float64 }

// size is in whole pixels, one at least.
func (r region) size() (w, h int) {
	return max(int(math.Round(r.x1-r.x0)), 1), max(int(math.Round(r.y1-r.y0)), 1)
}

// edge is how near a straightened picture is cut to its edge, in pixels: those
// at the edge itself are mixed with what is beyond it, and the cut is made in
// whole ones.
const edge = 1.5

// kept returns the part to keep of a picture of w by h pixels that is turned by
// quarters already.
func (g Geometry) kept(w, h int) region {
	c := g.Crop
	if c == (Crop{}) {
		c = Crop{0, 0, 1, 1}
	}
	fw, fh := float64(w), float64(h)
	if g.Angle == 0 { // on whole pixels
		x0, y0 := math.Round(c.X*fw), math.Round(c.Y*fh)
		return region{x0 - fw/2, y0 - fh/2, math.Round((c.X+c.W)*fw) - fw/2, math.Round((c.Y+c.H)*fh) - fh/2}
	}
	r := region{(c.X - 0.5) * fw, (c.Y - 0.5) * fh, (c.X + c.W - 0.5) * fw, (c.Y + c.H - 0.5) * fh}
	t := g.fits(r, max(fw/2-edge, fw/4), max(fh/2-edge, fh/4))
	return region{r.x0 * t, r.y0 * t, r.x1 * t, r.y1 * t}
}

// Kept returns what is left of an upright picture of w by h pixels, in shares of
// the frame around it, turned by quarters: Crop, drawn in as far as the angle asks
// for.
func (g Geometry) Kept(w, h int) Crop {
	c := g.Crop
	if c == (Crop{}) {
		c = Crop{0, 0, 1, 1}
	}
	if g.Angle == 0 || w <= 0 || h <= 0 {
		return c
	}
	if g.Turns&1 == 1 {
		w, h = h, w
	}
	r := g.kept(w, h)
	fw, fh := float64(w), float64(h)
	return Crop{r.x0/fw + 0.5, r.y0/fh + 0.5, (r.x1 - r.x0) / fw, (r.y1 - r.y0) / fh}
}

// fits returns how much of r, drawn in towards the middle, is in a picture that
// reaches halfW and halfH to each side before it is straightened; at most 1.
func (g Geometry) fits(r region, halfW, halfH float64) float64 {
	sin, cos := math.Sincos(g.Angle * math.Pi / 180)
	t := 1.0
	for _, p := range [4][2]float64{{r.x0, r.y0}, {r.x1, r.y0}, {r.x0, r.y1}, {r.x1, r.y1}} {
		t = min(t, halfW/math.Abs(p[0]*cos+p[1]*sin), halfH/math.Abs(p[1]*cos-p[0]*sin))
	}
	return t
}

// in returns the pixels to keep of a picture of b, in the middle of which lies
// the picture that r is of.
func (r region) in(b image.Rectangle) image.Rectangle {
	w, h := r.size()
	w, h = min(w, b.Dx()), min(h, b.Dy())
	x := int(math.Round((r.x0+r.x1)/2 + float64(b.Dx()-w)/2))
	y := int(math.Round((r.y0+r.y1)/2 + float64(b.Dy()-h)/2))
	x, y = min(max(x, 0), b.Dx()-w), min(max(y, 0), b.Dy()-h)
	return image.Rect(x, y, x+w, y+h).Add(b.Min)
}

// orientations are EXIF orientations by mirror and quarter turns.
var orientations = [2][4]int{{1, 6, 3, 8}, {2, 7, 4, 5}}

// Orientation returns the EXIF orientation with which stored pixels of another
// one show as g turns and mirrors them; 0 counts as 1.
func (g Geometry) Orientation(stored int) int {
	mirror, turns := dihedral(stored)
	if g.Mirror {
		mirror, turns = !mirror, -turns
	}
	list := orientations[0]
	if mirror {
		list = orientations[1]
	}
	return list[(turns+g.Turns)&3]
}

// dihedral returns what an EXIF orientation does to stored pixels: it exchanges
// left and right, and then turns by quarters clockwise.
func dihedral(orientation int) (mirror bool, turns int) {
	for m, list := range orientations {
		if t := slices.Index(list[:], orientation); t >= 0 {
			return m == 1, t
		}
	}
	return false, 0
}

// String writes a geometry in one way, which [ParseGeometry] reads; "" of the
// zero value.
func (g Geometry) String() string {
	if g == (Geometry{}) {
		return ""
	}
	b, _ := json.Marshal(g) // finite numbers, as far as it is valid
	return string(b)
}

// ParseGeometry reads what [Geometry.String] writes. ok is false for what is no
// geometry, or not [Geometry.Valid].
func ParseGeometry(s string) (g Geometry, ok bool) {
	if s == "" {
		return g, true
	}
	if len(s) > 500 || json.Unmarshal([]byte(s), &g) != nil || !g.Valid() {
		return Geometry{}, false
	}
	return g, true
}
