package thumb

import (
	"math"

	"github.com/libpaul/paul/imagelib/meta"
)

// Stored says what g shows of a file in the terms of Adobe's programs: the EXIF
// orientation of the stored pixels, and the part of them that is shown, nil for
// all.
func (g Geometry) Stored(info *meta.Info) (orientation int, part *meta.Cut) {
	orientation = g.Orientation(info.Orientation)
	if !g.Cuts() || info.Width <= 0 || info.Height <= 0 {
		return orientation, nil
	}
	mirror, turns := dihedral(orientation)
	w, h := float64(info.Width), float64(info.Height)
	fw, fh := info.Width, info.Height // of the frame that is cut
	if turns&1 == 1 {
		fw, fh = fh, fw
	}
	r := g.kept(fw, fh)
	if c := g.Crop; g.Angle == 0 { // exactly, and not as whole pixels
		r = region{(c.X - 0.5) * float64(fw), (c.Y - 0.5) * float64(fh), (c.X + c.W - 0.5) * float64(fw), (c.Y + c.H - 0.5) * float64(fh)}
	}
	angle := g.Angle
	for range turns { // back, counter-clockwise
		r = region{r.y0, -r.x1, r.y1, -r.x0}
	}
	if mirror {
		r, angle = region{-r.x1, r.y0, -r.x0, r.y1}, -angle
	}
	sin, cos := math.Sincos(angle * math.Pi / 180)
	left, top := r.x0*cos+r.y0*sin, r.y0*cos-r.x0*sin
	right, bottom := r.x1*cos+r.y1*sin, r.y1*cos-r.x1*sin
	return orientation, &meta.Cut{
		Top: top/h + 0.5, Left: left/w + 0.5, Bottom: bottom/h + 0.5, Right: right/w + 0.5, Angle: -angle,
		Width: info.Width, Height: info.Height,
	}
}
