// Package justify lays out photos of any shape in rows of equal width under
// section headers, as plain arithmetic: it knows no screen and no widget.
//
// A row holds as many photos as fit at about the target height and is then
// scaled so that it fills the width exactly. Short sections (a day with two
// photos) share a row, each under its own header, so that a library with few
// photos a day does not fall apart into one photo a row.
//
// Offsets are float64: at 100,000 photos a list is millions of units high, and
// float32 would lose the part behind the point.
package justify

import "sort"

// A Section is a run of items under one header.
type Section struct {
	First, Count int
	Lead         bool // it begins a group of sections, with a header of its own above
}

// Options give the measures of a layout, all in the same unit.
type Options struct {
	Width      float32 // of the rows; at least 1
	Target     float32 // wanted height of a row
	Gap        float32 // between photos, and between rows
	Header     float32 // height of a header row; 0 = no headers
	Lead       float32 // height of the header of a group of sections
	SectionGap float32 // between sections that share a row
	MinSection float32 // least width of a section that shares a row
	Square     bool    // every photo is cut to a square
}

// A Row is a header row (N == 0) or a row of photos. A header row and the rows
// below it name the same Blocks.
type Row struct {
	Y             float64
	H             float32
	First, N      int32 // items of the row; a header row has the first item below it, and N = 0
	Block, Blocks int32 // index and count in Layout.Blocks
	Lead          bool  // a header row of the group that its section begins
}

// IsHeader tells a header row from a row of photos.
func (r *Row) IsHeader() bool { return r.N == 0 }

// A Block is a section's place across the width of its rows.
type Block struct {
	X, W    float32
	Section int32
}

// A Layout is the result of [Build]; it is never changed.
type Layout struct {
	Rows   []Row
	Blocks []Block
	Height float64

	sections []Section
	aspects  []float32 // of all items, within bounds
	opts     Options
}

// least and most are the bounds of an aspect ratio, so that a panorama or a
// broken record does not make a row of no height or one as high as a screen.
const least, most = 0.4, 3.2

// Build lays out the sections' items. aspect gives width through height of an
// item. It takes time linear
// in the number of items.
func Build(sections []Section, aspect func(int) float32, opts Options) *Layout {
	opts.Width = max(opts.Width, 1)
	opts.Target = min(max(opts.Target, 8), max(opts.Width, 8))
	l := &Layout{sections: sections, opts: opts}
	l.measure(aspect)
	l.Rows = make([]Row, 0, len(sections)*3)
	l.Blocks = make([]Block, 0, len(sections))
	for i := 0; i < len(sections); {
		if sections[i].Count <= 0 {
			i++
			continue
		}
		if sections[i].Lead {
			l.addLead(i)
		}
		if n := l.share(i); n > 0 {
			l.addShared(i, n)
			i += n
			continue
		}
		l.addSection(i)
		i++
	}
	return l
}

// Side is the Target, near the given one, at which a whole number of squares fills
// the width: all of a layout are alike then, and stand in columns.
func Side(opts Options) float32 {
	n := max(float32(int((opts.Width+opts.Gap)/(opts.Target+opts.Gap)+0.5)), 1)
	return (opts.Width - opts.Gap*(n-1)) / n
}

// measure takes the aspects of all items.
func (l *Layout) measure(aspect func(int) float32) {
	n := 0
	for _, s := range l.sections {
		n = max(n, s.First+s.Count)
	}
	l.aspects = make([]float32, n)
	for i := range l.aspects {
		l.aspects[i] = 1
		if l.opts.Square {
			continue
		}
		if a := aspect(i); a > 0 { // not a record without a size
			l.aspects[i] = min(max(a, least), most)
		}
	}
}

// natural is the width of section i in one row at the target height, and false
// when that is more than the width.
func (l *Layout) natural(i int) (float32, bool) {
	s, w := l.sections[i], float32(0)
	for k := s.First; k < s.First+s.Count; k++ {
		w += l.aspects[k] * l.opts.Target
		if k > s.First {
			w += l.opts.Gap
		}
		if w > l.opts.Width {
			return w, false
		}
	}
	return max(w, min(l.opts.MinSection, l.opts.Width)), true
}

// share counts how many sections from i fit side by side; 0 when the first
// alone needs more than one row.
func (l *Layout) share(i int) int {
	used := float32(0)
	for n := 0; i+n < len(l.sections); n++ {
		if l.sections[i+n].Count <= 0 || n > 0 && l.sections[i+n].Lead {
			return n
		}
		w, ok := l.natural(i + n)
		if n > 0 {
			w += l.opts.SectionGap
		}
		if !ok || used+w > l.opts.Width {
			return n
		}
		used += w
		if l.opts.Header == 0 { // without headers nothing tells sections apart
			return 1
		}
	}
	return len(l.sections) - i
}

// addShared puts n sections side by side in one row.
func (l *Layout) addShared(i, n int) {
	h := l.sharedHeight(i, n)
	first, block, x := l.sections[i].First, len(l.Blocks), float32(0)
	last := first
	for k := i; k < i+n; k++ {
		w := l.blockWidth(k, h)
		l.Blocks = append(l.Blocks, Block{X: x, W: w, Section: int32(k)})
		x += w + l.opts.SectionGap
		last = l.sections[k].First + l.sections[k].Count
	}
	l.addHeader(first, block, n)
	l.addRow(h, first, last-first, block, n)
}

// sharedHeight is the height at which n sections fill the width, if that is
// near the target, else the target.
func (l *Layout) sharedHeight(i, n int) float32 {
	sum, fixed := float32(0), l.opts.SectionGap*float32(n-1)
	for k := i; k < i+n; k++ {
		s := l.sections[k]
		for j := s.First; j < s.First+s.Count; j++ {
			sum += l.aspects[j]
		}
		fixed += l.opts.Gap * float32(s.Count-1)
	}
	h := (l.opts.Width - fixed) / sum
	if l.opts.Square || h < l.opts.Target || h > l.opts.Target*1.36 {
		return l.opts.Target
	}
	total := l.opts.SectionGap * float32(n-1)
	for k := i; k < i+n; k++ {
		total += l.blockWidth(k, h)
	}
	if total > l.opts.Width+0.5 {
		return l.opts.Target
	}
	return h
}

func (l *Layout) blockWidth(section int, h float32) float32 {
	s, w := l.sections[section], float32(0)
	for j := s.First; j < s.First+s.Count; j++ {
		w += l.aspects[j] * h
	}
	w += l.opts.Gap * float32(s.Count-1)
	return max(w, min(l.opts.MinSection, l.opts.Width))
}

// addSection gives section i its own header and rows.
func (l *Layout) addSection(i int) {
	s, block := l.sections[i], len(l.Blocks)
	l.Blocks = append(l.Blocks, Block{W: l.opts.Width, Section: int32(i)})
	l.addHeader(s.First, block, 1)
	rows, height := len(l.Rows), l.Height
	left := l.addRows(s, block, l.opts.Target)
	if left < ragged && s.Count <= mended && !l.opts.Square {
		l.mend(s, block, rows, height, left)
	}
}

// A section whose last row is filled less than ragged, and which has at most
// mended items, is tried with rows a little lower and higher as well.
const (
	ragged = 0.6
	mended = 60
)

// mend lays a section out anew at the target height, near the wanted one, that
// fills its last row best.
func (l *Layout) mend(s Section, block, rows int, height float64, left float32) {
	best, most := float32(1), left
	try := func(scale float32) float32 {
		l.Rows, l.Height = l.Rows[:rows], height
		return l.addRows(s, block, l.opts.Target*scale)
	}
	for _, scale := range []float32{0.92, 1.1, 0.84, 1.2, 0.76} {
		if most >= 0.9 {
			break
		}
		if left := try(scale); left > most+0.05 {
			best, most = scale, left
		}
	}
	try(best)
}

// addRows adds the rows of a section, and returns how much of the width the
// last one fills.
func (l *Layout) addRows(s Section, block int, target float32) (left float32) {
	for k, end := s.First, s.First+s.Count; k < end; {
		n, h, filled := l.fill(k, end, target)
		l.addRow(h, k, n, block, 1)
		k += n
		left = filled
	}
	return left
}

// fill takes the items from k that make the row nearest to the target height.
// filled is how much of the width they take at that height.
func (l *Layout) fill(k, end int, target float32) (n int, h, filled float32) {
	sum := float32(0)
	height := func(n int, sum float32) float32 {
		return (l.opts.Width - l.opts.Gap*float32(n-1)) / sum
	}
	for j := k; j < end; j++ {
		a := l.aspects[j]
		n, sum = n+1, sum+a
		h = height(n, sum)
		if h > target {
			continue
		}
		if n > 1 {
			if before := height(n-1, sum-a); before-target < target-h && before < target*1.4 {
				return n - 1, before, 1
			}
		}
		return n, max(h, 1), 1
	}
	if h <= target*1.15 {
		return n, h, 1
	}
	return n, target, (sum*target + l.opts.Gap*float32(n-1)) / l.opts.Width // the last row is not stretched
}

func (l *Layout) addHeader(first, block, n int) {
	if l.opts.Header == 0 {
		return
	}
	l.Rows = append(l.Rows, Row{Y: l.Height, H: l.opts.Header, First: int32(first), Block: int32(block), Blocks: int32(n)})
	l.Height += float64(l.opts.Header)
}

// addLead adds the header of the group that section i begins.
func (l *Layout) addLead(i int) {
	l.Blocks = append(l.Blocks, Block{W: l.opts.Width, Section: int32(i)})
	l.Rows = append(l.Rows, Row{Y: l.Height, H: l.opts.Lead, First: int32(l.sections[i].First), Block: int32(len(l.Blocks) - 1), Blocks: 1, Lead: true})
	l.Height += float64(l.opts.Lead)
}

func (l *Layout) addRow(h float32, first, n, block, blocks int) {
	l.Rows = append(l.Rows, Row{Y: l.Height, H: h, First: int32(first), N: int32(n), Block: int32(block), Blocks: int32(blocks)})
	l.Height += float64(h + l.opts.Gap)
}

// Visible returns the rows [a, b) that meet the band [top, bottom).
func (l *Layout) Visible(top, bottom float64) (a, b int) {
	a = sort.Search(len(l.Rows), func(i int) bool { return l.Rows[i].Y+float64(l.Rows[i].H) > top })
	b = sort.Search(len(l.Rows), func(i int) bool { return l.Rows[i].Y >= bottom })
	return a, max(a, b)
}
