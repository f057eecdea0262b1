package justify

import "sort"

// A Rect is an item's place in the layout.
type Rect struct {
	X    float32
	Y    float64
	W, H float32
}

// Each calls place for every item of a row, from left to right.
func (l *Layout) Each(row int, place func(item int, x, w float32)) {
	r := &l.Rows[row]
	end := int(r.First + r.N)
	for b := r.Block; b < r.Block+r.Blocks; b++ {
		blk := l.Blocks[b]
		s := l.sections[blk.Section]
		x := blk.X
		for k := max(s.First, int(r.First)); k < min(s.First+s.Count, end); k++ {
			w := l.aspects[k] * r.H
			place(k, x, w)
			x += w + l.opts.Gap
		}
	}
}

// RowOf returns the row that holds the item, and false when none does.
func (l *Layout) RowOf(item int) (int, bool) {
	i := sort.Search(len(l.Rows), func(i int) bool { return int(l.Rows[i].First+l.Rows[i].N) > item })
	if i == len(l.Rows) || int(l.Rows[i].First) > item {
		return 0, false
	}
	return i, true
}

// Place returns where an item lies, and false when it is not laid out.
func (l *Layout) Place(item int) (Rect, bool) {
	row, ok := l.RowOf(item)
	if !ok {
		return Rect{}, false
	}
	r := Rect{Y: l.Rows[row].Y, H: l.Rows[row].H}
	l.Each(row, func(k int, x, w float32) {
		if k == item {
			r.X, r.W = x, w
		}
	})
	return r, true
}

// At returns the item at a point, or -1.
func (l *Layout) At(x float32, y float64) int {
	a, b := l.Visible(y, y+0.01)
	found := -1
	for row := a; row < b; row++ {
		if y < l.Rows[row].Y || l.Rows[row].IsHeader() {
			continue
		}
		l.Each(row, func(k int, kx, w float32) {
			if x >= kx && x < kx+w {
				found = k
			}
		})
	}
	return found
}

// LeadOf returns the header row of the group that a row is in, or -1.
func (l *Layout) LeadOf(row int) int {
	for ; row >= 0; row-- {
		if row < len(l.Rows) && l.Rows[row].Lead {
			return row
		}
	}
	return -1
}

// HeaderOf returns the header row that stands over a row, or -1.
func (l *Layout) HeaderOf(row int) int {
	for ; row >= 0; row-- {
		if row < len(l.Rows) && l.Rows[row].IsHeader() {
			return row
		}
	}
	return -1
}

// Within calls found for every item that meets the rectangle from (x0, y0) to
// (x1, y1), in order.
func (l *Layout) Within(x0 float32, y0 float64, x1 float32, y1 float64, found func(item int)) {
	x0, x1 = min(x0, x1), max(x0, x1)
	y0, y1 = min(y0, y1), max(y0, y1)
	a, b := l.Visible(y0, y1+0.01)
	for row := a; row < b; row++ {
		l.Each(row, func(k int, x, w float32) {
			if x < x1 && x+w > x0 {
				found(k)
			}
		})
	}
}

// Beside returns the item in the row of photos that lies rows further down
// (negative: up), nearest across to the given one. At the ends it returns the
// first or the last item.
func (l *Layout) Beside(item, rows int) int {
	at, ok := l.Place(item)
	if !ok {
		return item
	}
	row, _ := l.RowOf(item)
	step := 1
	if rows < 0 {
		step, rows = -1, -rows
	}
	for rows > 0 {
		row += step
		if row < 0 || row >= len(l.Rows) {
			break
		}
		if !l.Rows[row].IsHeader() {
			rows--
		}
	}
	if row < 0 {
		return int(l.Rows[0].First)
	}
	if row >= len(l.Rows) {
		last := l.Rows[len(l.Rows)-1]
		return int(last.First+last.N) - 1
	}
	return l.nearest(row, at.X+at.W/2)
}

func (l *Layout) nearest(row int, x float32) int {
	best, dist := int(l.Rows[row].First), float32(1e9)
	l.Each(row, func(k int, kx, w float32) {
		d := kx + w/2 - x
		if d < 0 {
			d = -d
		}
		if d < dist {
			best, dist = k, d
		}
	})
	return best
}

// Nearest returns the item that is nearest to a point, or -1 when there is none.
func (l *Layout) Nearest(x float32, y float64) int {
	a, _ := l.Visible(y, y+1)
	row := min(a, len(l.Rows)-1)
	for row >= 0 && row < len(l.Rows)-1 && l.Rows[row].IsHeader() {
		row++
	}
	if row < 0 || l.Rows[row].IsHeader() {
		return -1
	}
	return l.nearest(row, x)
}

// Anchor is the first item of the row at an offset, and how much of that row
// lies above the offset (0 to 1): with it a view keeps its place when the layout
// changes. In a header it is the first item below, and above is negative: how far
// the offset lies before its row. It returns -1 for an offset beyond the end.
func (l *Layout) Anchor(offset float64) (item int, above float64) {
	a, _ := l.Visible(offset, offset+1)
	if a >= len(l.Rows) {
		return -1, 0
	}
	row := a
	for row < len(l.Rows)-1 && l.Rows[row].IsHeader() {
		row++
	}
	r := l.Rows[row]
	if row > a {
		return int(r.First), offset - r.Y
	}
	return int(r.First), max(offset-r.Y, 0) / float64(r.H)
}

// Offset is the inverse of [Layout.Anchor]: where the view must stand so that
// the given part of the item's row lies above it.
func (l *Layout) Offset(item int, above float64) float64 {
	row, ok := l.RowOf(item)
	if !ok {
		return 0
	}
	r := l.Rows[row]
	if above < 0 {
		return max(r.Y+above, 0)
	}
	return r.Y + above*float64(r.H)
}
