package atlas

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"fyne.io/fyne/v2"
)

// Point is where a photo was taken, in degrees, north and east positive.
type Point struct{ Lat, Lon float64 }

// Points are the places of photos. They never change; groups of them are kept by
// zoom level once they were made.
type Points struct {
	places []Point
	spots  []spot

	mu     sync.Mutex         // guards levels
	levels map[int][]*Cluster // by level
}

// NewPoints returns points, those of newer photos first.
func NewPoints(places []Point) *Points {
	p := &Points{places: places, spots: make([]spot, len(places)), levels: map[int][]*Cluster{}}
	for i, at := range places {
		p.spots[i] = project(at.Lat, at.Lon)
	}
	return p
}

// Len is the number of points.
func (p *Points) Len() int { return len(p.places) }

// Cluster is photos that lie near each other on the map.
type Cluster struct {
	// Members are the points of the cluster, by their number, the newest first.
	Members []int32

	// South, West, North and East bound its points, and those of no other cluster
	// of the level.
	South, West, North, East float64

	mid      spot // of its points
	cell     cell
	min, max spot
	shown    spot // mid, moved so that it is apart from others in the view
}

// cell is a square of the map.
type cell struct{ x, y int32 }

const (
	cellSize = 96 // of clusters at their whole level, in the toolkit's units
	markSize = 56 // of their pictures
	apart    = 76 // that pictures are, with their labels
)

// cells is how many cells lie beside each other at a level.
func cells(level int) float64 { return tile * math.Exp2(float64(level)) / cellSize }

func cellOf(s spot, level int) cell {
	n := cells(level)
	return cell{int32(s.x * n), int32(s.y * n)}
}

// clusters groups the points for a zoom level. It may run on any goroutine.
func (p *Points) clusters(level int) []*Cluster {
	level = min(max(level, 0), maxLevel)
	p.mu.Lock()
	defer p.mu.Unlock()
	list, ok := p.levels[level]
	if !ok {
		list = p.group(level)
		p.levels[level] = list
	}
	return list
}

func (p *Points) group(level int) []*Cluster {
	at := make(map[cell]*Cluster)
	var list []*Cluster
	var last *Cluster // photos that follow each other are mostly near each other
	for i, s := range p.spots {
		key := cellOf(s, level)
		c := last
		if c == nil || c.cell != key {
			if c = at[key]; c == nil {
				c = &Cluster{cell: key, min: s, max: s, South: 90, North: -90, West: 180, East: -180}
				at[key] = c
				list = append(list, c)
			}
			last = c
		}
		c.add(int32(i), s, p.places[i])
	}
	for _, c := range list {
		k := float64(len(c.Members))
		c.mid = spot{c.mid.x / k, c.mid.y / k}
		c.shown = c.mid
	}
	slices.SortFunc(list, func(a, b *Cluster) int { // the largest is drawn last, on top
		return cmp.Or(cmp.Compare(len(a.Members), len(b.Members)), cmp.Compare(a.cell.y, b.cell.y), cmp.Compare(a.cell.x, b.cell.x))
	})
	return list
}

func (c *Cluster) add(i int32, s spot, at Point) {
	c.Members = append(c.Members, i)
	c.mid.x += s.x
	c.mid.y += s.y
	c.min, c.max = spot{min(c.min.x, s.x), min(c.min.y, s.y)}, spot{max(c.max.x, s.x), max(c.max.y, s.y)}
	c.South, c.North = min(c.South, at.Lat), max(c.North, at.Lat)
	c.West, c.East = min(c.West, at.Lon), max(c.East, at.Lon)
}

// keepApart moves clusters that would touch others of the list, in a world of that
// width, into the middle of their cells; all others are where they are.
func keepApart(list []*Cluster, level int, world float64) {
	n := cells(level)
	half := apart / 2 / (world / n)
	into := func(v float64, k int32) float64 { return min(max(v*n, float64(k)+half), float64(k)+1-half) / n }
	for _, c := range list {
		c.shown = c.mid
		for _, o := range list {
			if o != c && math.Abs(o.mid.x-c.mid.x)*world < apart && math.Abs(o.mid.y-c.mid.y)*world < apart {
				c.shown = spot{into(c.mid.x, c.cell.x), into(c.mid.y, c.cell.y)}
				break
			}
		}
	}
}

// splits tells whether zooming in can take a cluster apart.
func (c *Cluster) splits() bool {
	const closest = tile << maxLevel
	return max(c.max.x-c.min.x, c.max.y-c.min.y)*closest > cellSize
}

// around tells whether a cluster's picture would be at a position of a view.
func (c *Cluster) around(v view, p fyne.Position) bool {
	d := p.Subtract(v.at(c.shown))
	return max(d.X, -d.X) <= markSize/2 && max(d.Y, -d.Y) <= markSize/2
}
