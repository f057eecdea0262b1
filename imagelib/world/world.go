// Package world has the outlines of the lands of the Earth, for maps that are
// drawn without a network.
//
// They are of Natural Earth (naturalearthdata.com), which is in the public domain,
// at its scale of 1:50 million, with fewer points. They are unpacked when they are
// first asked for, and stay.
package world

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"sync"

	"github.com/libpaul/paul/imagelib/internal/packed"
)

//go:embed world.gz
var outlines []byte

// Magic begins the unpacked outlines: the number of arcs, and of each the number of
// its points and these, each as its differences to the one before in 1/[Units] of a
// degree, longitude first; the number of rings, and of each the number of its arcs
// and these, by their number, or by -1 minus it where they run backwards; and the
// number of the arcs that are borders of two countries, and these. Numbers are
// varints.
const Magic = "paul world 1\n"

// Units of a degree that positions are rounded to.
const Units = 200

// Bounds on the outlines.
const (
	maxUnpacked = 4 << 20
	maxArcs     = 1 << 16
	maxPoints   = 1 << 20
)

// Point is a place in degrees, north and east positive.
type Point struct{ Lon, Lat float32 }

// Outline is the lands of the Earth. Callers must not change it.
type Outline struct {
	// Lands are closed lines around land, or around water within it: what an odd
	// number of them goes around is land. The last point is the first one.
	Lands [][]Point

	// Borders are lines between two countries.
	Borders [][]Point
}

// Outlines returns the lands of the Earth.
var Outlines = sync.OnceValue(func() *Outline {
	o, err := unpack(outlines)
	if err != nil {
		panic("world: " + err.Error()) // what is built in is tested
	}
	return o
})

var errDamaged = errors.New("outlines are damaged")

func unpack(zipped []byte) (*Outline, error) {
	b, err := packed.Unzip(zipped, maxUnpacked)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	b, ok := bytes.CutPrefix(b, []byte(Magic))
	if !ok {
		return nil, errDamaged
	}
	r := &packed.Reader{Rest: b}
	o, arcs, points := &Outline{}, readArcs(r), 0
	for range r.Count(2) {
		var ring []Point
		for range r.Count(1) {
			arc := arcOf(r, arcs)
			if len(ring) > 0 && len(arc) > 0 {
				arc = arc[1:] // where the one before ends
			}
			if points += len(arc); points > maxPoints {
				return nil, errDamaged
			}
			ring = append(ring, arc...)
		}
		o.Lands = append(o.Lands, ring)
	}
	for range r.Count(1) {
		o.Borders = append(o.Borders, arcOf(r, arcs))
	}
	if r.Bad || len(r.Rest) > 0 {
		return nil, errDamaged
	}
	return o, nil
}

func readArcs(r *packed.Reader) (arcs [][]Point) {
	n := r.Count(3)
	if n > maxArcs {
		r.Bad = true
		return nil
	}
	var lon, lat int64
	for range n {
		arc := make([]Point, r.Count(2))
		for i := range arc {
			lon, lat = lon+r.Varint(), lat+r.Varint()
			if lon < -180*Units || lon > 180*Units || lat < -90*Units || lat > 90*Units {
				r.Bad = true
				return nil
			}
			arc[i] = Point{float32(lon) / Units, float32(lat) / Units}
		}
		arcs = append(arcs, arc)
	}
	return arcs
}

// arcOf reads which arc is meant, and returns it as it runs.
func arcOf(r *packed.Reader, arcs [][]Point) []Point {
	n := r.Varint()
	backwards := n < 0
	if backwards {
		n = -1 - n
	}
	if r.Bad || n < 0 || n >= int64(len(arcs)) {
		r.Bad = true
		return nil
	}
	if !backwards {
		return arcs[n]
	}
	out := make([]Point, 0, len(arcs[n]))
	for i := len(arcs[n]) - 1; i >= 0; i-- {
		out = append(out, arcs[n][i])
	}
	return out
}
