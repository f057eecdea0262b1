package grid

import (
	"sort"
	"time"

	"github.com/libpaul/paul/ui/thumbs"
)

// A Spot is where a view of photos stands, in terms that outlive it. The zero Spot is
// the top.
type Spot struct {
	Photo thumbs.ID // first of the row at the top
	When  time.Time // that it was taken
	Above float64   // how much of that row is above the view; see [justify.Layout.Anchor]
}

// Spot returns where the view stands.
func (g *Grid) Spot() Spot {
	if g.lay == nil || g.off <= 0 {
		return Spot{}
	}
	i, above := g.lay.Anchor(g.off)
	if i < 0 {
		return Spot{}
	}
	return Spot{g.src.ID(i), g.src.When(i), above}
}

// GoTo scrolls to a spot, or near its time where its photo is not shown: then it
// returns false.
func (g *Grid) GoTo(s Spot) bool {
	if s == (Spot{}) {
		g.ScrollTo(0)
		return true
	}
	i, found := g.src.Index(s.Photo)
	if !found {
		n := g.src.Len()
		i = min(sort.Search(n, func(i int) bool { return !g.src.When(i).After(s.When) }), n-1)
	}
	if i >= 0 && g.lay != nil {
		g.ScrollTo(g.lay.Offset(i, s.Above))
	}
	return found
}
