// Package atlas draws a map of the world with photos on it, without any network.
package atlas

import (
	"math"

	"fyne.io/fyne/v2"
)

// spot is a place on the map: x and y of Web Mercator, 0 to 1 from its upper left.
type spot struct{ x, y float64 }

// maxLat is where the map ends to the north and south, so that it is square.
const maxLat = 85.0511287798066

// project returns the spot of a place in degrees.
func project(lat, lon float64) spot {
	lat = min(max(lat, -maxLat), maxLat)
	sin := math.Sin(lat * math.Pi / 180)
	return spot{lon/360 + 0.5, 0.5 - math.Log((1+sin)/(1-sin))/(4*math.Pi)}
}

// unproject returns the place of a spot in degrees.
func unproject(s spot) (lat, lon float64) {
	return math.Atan(math.Sinh(math.Pi*(1-2*s.y))) * 180 / math.Pi, (s.x - 0.5) * 360
}

// view is the part of the map that is shown.
type view struct {
	mid   spot
	world float64 // width of the whole world, in the toolkit's units
	size  fyne.Size
}

// Zoom levels double the world, which has tile units at level 0.
const (
	tile     = 256
	maxLevel = 13
)

// level is the zoom level of the view, which need not be whole.
func (v view) level() float64 { return math.Log2(v.world / tile) }

// least is the smallest world that fills the view.
func (v view) least() float64 {
	return max(float64(v.size.Width), float64(v.size.Height), tile)
}

// kept returns the view within the bounds of zoom and of the world.
func (v view) kept() view {
	v.world = min(max(v.world, v.least()), tile*math.Exp2(maxLevel))
	halfX, halfY := float64(v.size.Width)/v.world/2, float64(v.size.Height)/v.world/2
	v.mid.x = min(max(v.mid.x, halfX), 1-halfX)
	v.mid.y = min(max(v.mid.y, halfY), 1-halfY)
	return v
}

// at returns where a spot is in the view.
func (v view) at(s spot) fyne.Position {
	return fyne.NewPos(float32((s.x-v.mid.x)*v.world)+v.size.Width/2, float32((s.y-v.mid.y)*v.world)+v.size.Height/2)
}

// spotAt returns what lies at a position in the view.
func (v view) spotAt(p fyne.Position) spot {
	return spot{v.mid.x + float64(p.X-v.size.Width/2)/v.world, v.mid.y + float64(p.Y-v.size.Height/2)/v.world}
}

// zoomed returns the view zoomed by a factor about a position, which keeps its spot.
func (v view) zoomed(factor float64, about fyne.Position) view {
	keep := v.spotAt(about)
	v.world *= factor
	v.world = min(max(v.world, v.least()), tile*math.Exp2(maxLevel))
	v.mid = spot{keep.x - float64(about.X-v.size.Width/2)/v.world, keep.y - float64(about.Y-v.size.Height/2)/v.world}
	return v.kept()
}

// moved returns the view after the map was moved.
func (v view) moved(dx, dy float32) view {
	v.mid.x -= float64(dx) / v.world
	v.mid.y -= float64(dy) / v.world
	return v.kept()
}

// fitMargin is what is left around spots that are fitted into the view.
const fitMargin = 70

// fitted returns the view of the spots between two corners.
func (v view) fitted(a, b spot) view {
	w, h := max(float64(v.size.Width)-2*fitMargin, 50), max(float64(v.size.Height)-2*fitMargin, 50)
	v.world = min(w/max(b.x-a.x, 1e-9), h/max(b.y-a.y, 1e-9))
	v.mid = spot{(a.x + b.x) / 2, (a.y + b.y) / 2}
	return v.kept()
}
