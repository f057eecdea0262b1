// Command gen makes world.gz, the outlines of package world, from the file
// countries-50m.json of the npm package world-atlas, which is TopoJSON of Natural
// Earth: gen COUNTRIES-50M.JSON OUT. See scripts/world.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"

	"github.com/libpaul/paul/imagelib/world"
)

// tolerance is how far from the line a point may lie that is left out, in degrees.
const tolerance = 0.008

// topology is the part of TopoJSON that is read: arcs of rounded positions, each
// after the first as its difference to the one before, and shapes that name them,
// backwards as -1 minus their number.
type topology struct {
	Transform struct{ Scale, Translate [2]float64 }
	Arcs      [][][2]int
	Objects   struct{ Countries, Land struct{ Geometries []shape } }
}

type shape struct {
	Type string
	Arcs json.RawMessage
}

type point struct{ lon, lat float64 }

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: gen COUNTRIES-50M.JSON OUT")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(in, out string) error {
	data, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	var t topology
	if err := json.Unmarshal(data, &t); err != nil {
		return fmt.Errorf("read %s: %w", in, err)
	}
	b, err := encode(&t)
	if err != nil {
		return err
	}
	var zipped bytes.Buffer
	w, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(b); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(out, zipped.Bytes(), 0o644)
}

func encode(t *topology) ([]byte, error) {
	b := binary.AppendUvarint([]byte(world.Magic), uint64(len(t.Arcs)))
	var lon, lat int64
	for i := range t.Arcs {
		line := thin(t.line(i))
		b = binary.AppendUvarint(b, uint64(len(line)))
		for _, p := range line {
			x, y := int64(math.Round(p.lon*world.Units)), int64(math.Round(p.lat*world.Units))
			b = binary.AppendVarint(binary.AppendVarint(b, x-lon), y-lat)
			lon, lat = x, y
		}
	}
	lands, err := rings(t.Objects.Land.Geometries)
	if err != nil {
		return nil, err
	}
	b = binary.AppendUvarint(b, uint64(len(lands)))
	for _, ring := range lands {
		b = binary.AppendUvarint(b, uint64(len(ring)))
		for _, a := range ring {
			b = binary.AppendVarint(b, int64(a))
		}
	}
	borders, err := shared(t.Objects.Countries.Geometries)
	if err != nil {
		return nil, err
	}
	b = binary.AppendUvarint(b, uint64(len(borders)))
	for _, a := range borders {
		b = binary.AppendVarint(b, int64(a))
	}
	return b, nil
}

// line returns the points of an arc.
func (t *topology) line(i int) []point {
	var x, y int
	out := make([]point, 0, len(t.Arcs[i]))
	for _, d := range t.Arcs[i] {
		x, y = x+d[0], y+d[1]
		lon, lat := float64(x)*t.Transform.Scale[0]+t.Transform.Translate[0], float64(y)*t.Transform.Scale[1]+t.Transform.Translate[1]
		out = append(out, point{min(max(lon, -180), 180), min(max(lat, -90), 90)})
	}
	return out
}

// thin leaves out points near the line between others (Douglas and Peucker, 1973).
func thin(line []point) []point {
	if len(line) < 3 {
		return line
	}
	first, last, far, at := line[0], line[len(line)-1], 0.0, 0
	for i, p := range line[1 : len(line)-1] {
		if d := distance(p, first, last); d > far {
			far, at = d, i+1
		}
	}
	if far <= tolerance {
		return []point{first, last}
	}
	return append(thin(line[:at+1:at+1]), thin(line[at:])[1:]...)
}

// distance is that of a point from a line, or from its end where both ends are one.
func distance(p, a, b point) float64 {
	dx, dy := b.lon-a.lon, b.lat-a.lat
	if dx == 0 && dy == 0 {
		return math.Hypot(p.lon-a.lon, p.lat-a.lat)
	}
	return math.Abs(dx*(p.lat-a.lat)-dy*(p.lon-a.lon)) / math.Hypot(dx, dy)
}

// rings lists the rings of shapes, each as its arcs.
func rings(shapes []shape) (out [][]int, err error) {
	for _, s := range shapes {
		var many [][][]int
		switch s.Type {
		case "Polygon":
			many = make([][][]int, 1)
			err = json.Unmarshal(s.Arcs, &many[0])
		case "MultiPolygon":
			err = json.Unmarshal(s.Arcs, &many)
		default:
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read a shape: %w", err)
		}
		for _, polygon := range many {
			out = append(out, polygon...)
		}
	}
	return out, nil
}

// shared lists the arcs that are of two countries.
func shared(countries []shape) (out []int, err error) {
	all, err := rings(countries)
	if err != nil {
		return nil, err
	}
	seen := map[int]int{}
	for _, ring := range all {
		for _, a := range ring {
			if a < 0 {
				a = -1 - a
			}
			if seen[a]++; seen[a] == 2 {
				out = append(out, a)
			}
		}
	}
	return out, nil
}
