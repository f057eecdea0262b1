package atlas

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"slices"
	"sync"

	"golang.org/x/image/vector"

	"github.com/libpaul/paul/imagelib/world"
)

// colours of a map.
type colours struct{ sea, land, border color.Color }

// line is one of the outlines on the map, with its corners.
type line struct {
	spots    []spot
	min, max spot
}

// outline is the lands on the map.
type outline struct{ lands, borders []line }

var outlines = sync.OnceValue(func() *outline {
	o := world.Outlines()
	return &outline{lines(o.Lands), lines(o.Borders)}
})

func lines(all [][]world.Point) []line {
	out := make([]line, 0, len(all))
	for _, points := range all {
		l := newLine(unrolled(points))
		out = append(out, l)
		if l.min.x < 0 { // it goes on at the other end of the map
			out = append(out, l.moved(1))
		}
		if l.max.x > 1 {
			out = append(out, l.moved(-1))
		}
	}
	return out
}

// unrolled returns the spots of a line, which leaves the map where it crosses the
// antimeridian. One that goes around the Earth is closed along the edge of the map,
// around the pole.
func unrolled(points []world.Point) []spot {
	spots := make([]spot, 0, len(points)+2)
	turns := 0.0
	for i, p := range points {
		if i > 0 {
			turns += math.Round(float64(points[i-1].Lon-p.Lon) / 360)
		}
		s := project(float64(p.Lat), float64(p.Lon))
		spots = append(spots, spot{s.x + turns, s.y})
	}
	if turns != 0 && points[0] == points[len(points)-1] {
		edge := math.Round(spots[0].y)
		spots = append(spots, spot{spots[len(spots)-1].x, edge}, spot{spots[0].x, edge})
	}
	return spots
}

func newLine(spots []spot) line {
	l := line{spots: spots, min: spots[0], max: spots[0]}
	for _, s := range spots {
		l.min, l.max = spot{min(l.min.x, s.x), min(l.min.y, s.y)}, spot{max(l.max.x, s.x), max(l.max.y, s.y)}
	}
	return l
}

func (l *line) moved(dx float64) line {
	spots := slices.Clone(l.spots)
	for i := range spots {
		spots[i].x += dx
	}
	return newLine(spots)
}

// meets tells whether a line may be seen between two corners.
func (l *line) meets(a, b spot) bool {
	return l.min.x <= b.x && l.max.x >= a.x && l.min.y <= b.y && l.max.y >= a.y
}

// pixel is a place on a picture.
type pixel struct{ x, y float32 }

// picture draws the part of the map around mid on a picture of w by h pixels, on
// which the whole world is so many pixels wide.
func picture(mid spot, worldWide float64, w, h int, c colours) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Bounds(), image.NewUniform(c.sea), image.Point{}, draw.Src)
	half := spot{float64(w) / worldWide / 2, float64(h) / worldWide / 2}
	a, b := spot{mid.x - half.x, mid.y - half.y}, spot{mid.x + half.x, mid.y + half.y}
	at := func(s spot) pixel { return pixel{float32((s.x - a.x) * worldWide), float32((s.y - a.y) * worldWide)} }
	r := vector.NewRasterizer(w, h)
	box := clip{-2, -2, float32(w) + 2, float32(h) + 2}
	var buf, spare []pixel
	o := outlines()
	for i := range o.lands {
		l := &o.lands[i]
		if !l.meets(a, b) {
			continue
		}
		if buf = thinned(buf[:0], l.spots, at); len(buf) < 3 {
			continue
		}
		if buf, spare = box.polygon(buf, spare); len(buf) < 3 {
			continue
		}
		r.MoveTo(buf[0].x, buf[0].y)
		for _, p := range buf[1:] {
			r.LineTo(p.x, p.y)
		}
		r.ClosePath()
	}
	r.Draw(img, img.Bounds(), image.NewUniform(c.land), image.Point{})
	r.Reset(w, h)
	for i := range o.borders {
		if l := &o.borders[i]; l.meets(a, b) {
			buf = thinned(buf[:0], l.spots, at)
			for k := 1; k < len(buf); k++ {
				box.stroke(r, buf[k-1], buf[k])
			}
		}
	}
	r.Draw(img, img.Bounds(), image.NewUniform(c.border), image.Point{})
	return img
}

// thinned appends where spots are on a picture, without those that are as good as on
// the one before.
func thinned(buf []pixel, spots []spot, at func(spot) pixel) []pixel {
	for i, s := range spots {
		p := at(s)
		if n := len(buf); n > 0 && i < len(spots)-1 && max(abs(p.x-buf[n-1].x), abs(p.y-buf[n-1].y)) < 0.7 {
			continue
		}
		buf = append(buf, p)
	}
	return buf
}

func abs(v float32) float32 { return max(v, -v) }

// clip is the part of a picture that is drawn. What lies far outside is kept from the
// rasterizer, which goes through all of it.
type clip struct{ left, top, right, bottom float32 }

// polygon cuts a polygon to the clip (Sutherland and Hodgman, 1974). It returns the
// rest, and a buffer that is free.
func (c clip) polygon(in, spare []pixel) (out, free []pixel) {
	for side := range 4 {
		spare = spare[:0]
		for i, p := range in {
			before := in[(i+len(in)-1)%len(in)]
			if c.inside(before, side) != c.inside(p, side) {
				spare = append(spare, c.cross(before, p, side))
			}
			if c.inside(p, side) {
				spare = append(spare, p)
			}
		}
		in, spare = spare, in
	}
	return in, spare
}

func (c clip) inside(p pixel, side int) bool {
	switch side {
	case 0:
		return p.x >= c.left
	case 1:
		return p.x <= c.right
	case 2:
		return p.y >= c.top
	default:
		return p.y <= c.bottom
	}
}

// cross is where a line crosses a side.
func (c clip) cross(a, b pixel, side int) pixel {
	if side < 2 {
		x := [...]float32{c.left, c.right}[side]
		return pixel{x, a.y + (b.y-a.y)*(x-a.x)/(b.x-a.x)}
	}
	y := [...]float32{c.top, c.bottom}[side-2]
	return pixel{a.x + (b.x-a.x)*(y-a.y)/(b.y-a.y), y}
}

// strokeWidth is of borders, in pixels.
const strokeWidth = 1

// stroke draws a line where it can be seen.
func (c clip) stroke(r *vector.Rasterizer, a, b pixel) {
	for side := range 4 {
		in, out := c.inside(a, side), c.inside(b, side)
		switch {
		case !in && !out:
			return
		case !in:
			a = c.cross(a, b, side)
		case !out:
			b = c.cross(a, b, side)
		}
	}
	length := float32(math.Hypot(float64(b.x-a.x), float64(b.y-a.y)))
	if length == 0 {
		return
	}
	dx, dy := (b.y-a.y)/length*strokeWidth/2, (a.x-b.x)/length*strokeWidth/2
	r.MoveTo(a.x+dx, a.y+dy)
	r.LineTo(b.x+dx, b.y+dy)
	r.LineTo(b.x-dx, b.y-dy)
	r.LineTo(a.x-dx, a.y-dy)
	r.ClosePath()
}
