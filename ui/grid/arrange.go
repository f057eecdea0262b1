package grid

import (
	"slices"

	"github.com/libpaul/paul/ui/justify"
	"github.com/libpaul/paul/ui/look"
)

// arrangement is a layout in the numbers of a source's photos. A level of samples
// shows some photos only: the layout's items are then places in shows.
type arrangement struct {
	*justify.Layout
	shows []int32 // rising; nil = every photo
}

// photo is the number of what the layout calls item.
func (a *arrangement) photo(item int) int {
	if a.shows == nil || item < 0 || item >= len(a.shows) {
		return item
	}
	return int(a.shows[item])
}

// item is what stands for a photo: itself, or the sample before it.
func (a *arrangement) item(photo int) int {
	if a.shows == nil {
		return photo
	}
	i, found := slices.BinarySearch(a.shows, int32(photo))
	if !found {
		i--
	}
	return max(i, 0)
}

// photos calls found for every photo of a row.
func (a *arrangement) photos(row int, found func(photo int)) {
	r := &a.Rows[row]
	for i := int(r.First); i < int(r.First+r.N); i++ {
		found(a.photo(i))
	}
}

// Place is where a photo lies, or what stands for it.
func (a *arrangement) Place(photo int) (justify.Rect, bool) { return a.Layout.Place(a.item(photo)) }

// At is the photo at a point, or -1.
func (a *arrangement) At(x float32, y float64) int { return a.photo(a.Layout.At(x, y)) }

// Nearest is the photo nearest to a point, or -1.
func (a *arrangement) Nearest(x float32, y float64) int { return a.photo(a.Layout.Nearest(x, y)) }

// Each calls place for every photo of a row.
func (a *arrangement) Each(row int, place func(photo int, x, w float32)) {
	a.Layout.Each(row, func(i int, x, w float32) { place(a.photo(i), x, w) })
}

// Within calls found for every photo that meets a rectangle.
func (a *arrangement) Within(x0 float32, y0 float64, x1 float32, y1 float64, found func(photo int)) {
	a.Layout.Within(x0, y0, x1, y1, func(i int) { found(a.photo(i)) })
}

// Beside is the photo some rows further down.
func (a *arrangement) Beside(photo, rows int) int {
	return a.photo(a.Layout.Beside(a.item(photo), rows))
}

// Next is the photo some places further on, within those that are shown.
func (a *arrangement) Next(photo, by int) int {
	if a.shows == nil {
		return photo + by
	}
	i := a.item(photo) + by
	if by < 0 && int(a.shows[i-by]) < photo {
		i++ // from between two samples back to the first of them
	}
	return a.photo(min(max(i, 0), len(a.shows)-1))
}

// Anchor is the first photo of the row at an offset; see [justify.Layout.Anchor].
func (a *arrangement) Anchor(offset float64) (photo int, above float64) {
	item, above := a.Layout.Anchor(offset)
	return a.photo(item), above
}

// Offset is the inverse of Anchor.
func (a *arrangement) Offset(photo int, above float64) float64 {
	return a.Layout.Offset(a.item(photo), above)
}

// layOut builds the rows for the present width.
func (g *Grid) layOut() {
	lv := Levels[g.level]
	opts := justify.Options{
		Width: max(g.Size().Width-sidePad-gutter, 60), Target: lv.Height, Gap: look.Gap,
		Header: headerHeight, Lead: leadHeight, SectionGap: sectionGap, MinSection: 118, Square: g.square || lv.Samples,
	}
	g.lay = &arrangement{}
	runs := g.runs
	switch {
	case lv.Samples:
		n := sampled(&opts)
		g.lay.shows, runs = samples(g.sections, n)
	case opts.Square:
		opts.Target = justify.Side(opts)
	}
	g.lay.Layout = justify.Build(runs, func(i int) float32 { return g.src.Aspect(i) }, opts)
	g.releaseHeaders()
	g.scrub.mark(g)
}

const (
	sectionGap  = 22
	sampleBlock = 360 // width of a month among the years, about
)

// sampled finds of how many photos a month shows samples, so that whole months fill
// the width, and sets the sizes.
func sampled(o *justify.Options) (n int) {
	months := max(float32(int(o.Width/sampleBlock+0.5)), 1)
	block := (o.Width - sectionGap*(months-1)) / months
	n = max(int((block+o.Gap)/(o.Target+o.Gap)+0.5), 1)
	o.Target = (block - o.Gap*float32(n-1)) / float32(n)
	o.MinSection = block - 0.5 // sums of float32 may come out higher
	o.Target -= 0.5 / float32(n)
	return n
}

// samples takes at most n photos of each section, evenly from all of it.
func samples(sections []section, n int) (shows []int32, runs []justify.Section) {
	shows, runs = make([]int32, 0, n*len(sections)), make([]justify.Section, len(sections))
	for i, s := range sections {
		run := justify.Section{First: len(shows), Count: min(n, s.Count), Lead: s.Lead}
		for k := range run.Count {
			shows = append(shows, int32(s.First+k*s.Count/run.Count))
		}
		runs[i] = run
	}
	return shows, runs
}
