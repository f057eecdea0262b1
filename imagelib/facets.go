package imagelib

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/libpaul/paul/imagelib/places"
)

// Facets are what the images of a snapshot can be told apart by, with how many
// have each.
type Facets struct {
	Places   []PlaceCount // by country and name
	Placed   int          // images that say where they were taken
	Cameras  []NameCount  // by name
	Months   []MonthCount // the latest first
	Undated  int
	Unplaced int
}

// PlaceCount is a town and the images that were taken there.
type PlaceCount struct {
	places.Place
	Count int
}

// NameCount is a name and the images that have it.
type NameCount struct {
	Name  string
	Count int
}

// MonthCount is a month and the images that were taken then.
type MonthCount struct {
	Year  int
	Month time.Month
	Count int
}

// facets are counted when they are first asked for.
type facets struct {
	once sync.Once
	all  Facets
}

// Facets counts what images have in common, once a snapshot.
func (s *Snapshot) Facets() *Facets {
	s.facets.once.Do(func() { s.facets.all = countFacets(s.Images) })
	return &s.facets.all
}

func countFacets(images []*Image) (f Facets) {
	towns, cameras := map[places.ID]int{}, map[string]int{}
	for _, img := range images {
		if img.GPS != nil {
			f.Placed++
		}
		if img.place != 0 {
			towns[img.place]++
		}
		if img.Camera != "" {
			cameras[img.Camera]++
		}
		if img.Date.Wall.IsZero() {
			f.Undated++
			continue
		}
		year, month, _ := img.Date.Wall.Date()
		if n := len(f.Months); n > 0 && f.Months[n-1].Year == year && f.Months[n-1].Month == month {
			f.Months[n-1].Count++
		} else {
			f.Months = append(f.Months, MonthCount{year, month, 1})
		}
	}
	f.Unplaced = len(images) - f.Placed
	for id, n := range towns {
		f.Places = append(f.Places, PlaceCount{places.Of(id), n})
	}
	slices.SortFunc(f.Places, func(a, b PlaceCount) int {
		return cmp.Or(strings.Compare(a.Country, b.Country), strings.Compare(a.City, b.City), strings.Compare(a.Region, b.Region), cmp.Compare(b.Count, a.Count))
	})
	f.Places = oneOfName(f.Places)
	for name, n := range cameras {
		f.Cameras = append(f.Cameras, NameCount{name, n})
	}
	slices.SortFunc(f.Cameras, func(a, b NameCount) int { return strings.Compare(a.Name, b.Name) })
	return f
}

// oneOfName makes one of towns of one name in one region, which a person cannot
// tell apart.
func oneOfName(sorted []PlaceCount) []PlaceCount {
	out := sorted[:0]
	for _, p := range sorted {
		if n := len(out); n > 0 && out[n-1].Place == p.Place {
			out[n-1].Count += p.Count
		} else {
			out = append(out, p)
		}
	}
	return out
}
