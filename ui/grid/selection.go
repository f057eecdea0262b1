package grid

import (
	"sort"

	"github.com/libpaul/paul/ui/thumbs"
)

// selection is which photos are selected. It holds IDs, so that it survives
// another source; anchor is where a range starts, cursor where the keyboard is.
type selection struct {
	ids            map[thumbs.ID]struct{}
	base           map[thumbs.ID]struct{} // selected before the range or the rubber band began
	anchor, cursor int                    // -1 = none
	anchorID       thumbs.ID
	cursorID       thumbs.ID
	state          int // another one after each change of ids
}

func (s *selection) init() {
	s.ids, s.base = map[thumbs.ID]struct{}{}, map[thumbs.ID]struct{}{}
	s.anchor, s.cursor = -1, -1
}

func (s *selection) has(id thumbs.ID) bool {
	_, ok := s.ids[id]
	return ok
}

// keep drops what is not in src, and finds anchor and cursor in it.
func (s *selection) keep(src Source) {
	s.state++
	for id := range s.ids {
		if _, ok := src.Index(id); !ok {
			delete(s.ids, id)
		}
	}
	clear(s.base)
	find := func(id thumbs.ID, at int) int {
		if at < 0 {
			return -1
		}
		if i, ok := src.Index(id); ok {
			return i
		}
		return min(at, src.Len()-1) // the one that took its place
	}
	s.anchor, s.cursor = find(s.anchorID, s.anchor), find(s.cursorID, s.cursor)
}

func (s *selection) point(src Source, i int) {
	s.cursor, s.cursorID = i, src.ID(i)
}

func (s *selection) from(src Source, i int) {
	s.anchor, s.anchorID = i, src.ID(i)
	s.point(src, i)
}

func (s *selection) clear() bool {
	was := len(s.ids) > 0
	clear(s.ids)
	clear(s.base)
	s.anchor = -1
	return was
}

// only selects one photo.
func (s *selection) only(src Source, i int) {
	clear(s.ids)
	clear(s.base)
	s.ids[src.ID(i)] = struct{}{}
	s.from(src, i)
}

// toggle selects one photo more, or less.
func (s *selection) toggle(src Source, i int) {
	id := src.ID(i)
	if s.has(id) {
		delete(s.ids, id)
	} else {
		s.ids[id] = struct{}{}
	}
	s.from(src, i)
	s.remember()
}

// remember makes the present selection the base of a range or a rubber band.
func (s *selection) remember() {
	clear(s.base)
	for id := range s.ids {
		s.base[id] = struct{}{}
	}
}

// extend selects from the anchor to i, in place of an earlier range.
func (s *selection) extend(src Source, i int) {
	if s.anchor < 0 {
		s.from(src, i)
	}
	a, b := min(s.anchor, i), max(s.anchor, i)
	s.replace(func(add func(thumbs.ID)) {
		for k := a; k <= b; k++ {
			add(src.ID(k))
		}
	})
	s.point(src, i)
}

// replace makes the selection the base and what more adds.
func (s *selection) replace(more func(add func(thumbs.ID))) {
	clear(s.ids)
	for id := range s.base {
		s.ids[id] = struct{}{}
	}
	more(func(id thumbs.ID) { s.ids[id] = struct{}{} })
}

// toggleRun selects a run of photos, or none of it when all are selected.
func (s *selection) toggleRun(src Source, first, n int) {
	all := s.hasRun(src, first, n)
	for k := first; k < first+n; k++ {
		if all {
			delete(s.ids, src.ID(k))
		} else {
			s.ids[src.ID(k)] = struct{}{}
		}
	}
	s.from(src, first)
	s.remember()
}

func (s *selection) hasRun(src Source, first, n int) bool {
	if len(s.ids) < n {
		return false
	}
	for k := first; k < first+n; k++ {
		if !s.has(src.ID(k)) {
			return false
		}
	}
	return true
}

// Selection returns the indexes of the selected photos, in order.
func (g *Grid) Selection() []int {
	out := make([]int, 0, len(g.sel.ids))
	if len(g.sel.ids)*16 > g.src.Len() { // cheaper in order than by search and sort
		for i := range g.src.Len() {
			if g.sel.has(g.src.ID(i)) {
				out = append(out, i)
			}
		}
		return out
	}
	for id := range g.sel.ids {
		if i, ok := g.src.Index(id); ok {
			out = append(out, i)
		}
	}
	sortInts(out)
	return out
}

// Count returns how many photos are selected.
func (g *Grid) Count() int { return len(g.sel.ids) }

// Cursor returns the photo that keys act on; -1 for none.
func (g *Grid) Cursor() int { return g.sel.cursor }

// Select selects one photo, and puts the cursor there.
func (g *Grid) Select(i int) {
	if i >= 0 && i < g.src.Len() {
		g.sel.only(g.src, i)
		g.selected()
	}
}

// SelectThese selects those of some photos that are there, in place of others; the
// cursor stays.
func (g *Grid) SelectThese(ids []thumbs.ID) {
	g.sel.clear()
	for _, id := range ids {
		if _, ok := g.src.Index(id); ok {
			g.sel.ids[id] = struct{}{}
		}
	}
	g.sel.remember()
	g.selected()
}

// SelectAll selects all photos.
func (g *Grid) SelectAll() {
	for i := range g.src.Len() {
		g.sel.ids[g.src.ID(i)] = struct{}{}
	}
	g.sel.remember()
	g.selected()
}

// ToggleSection selects all photos under the header of a photo, or none of them when
// all are.
func (g *Grid) ToggleSection(photo int) {
	first, n := g.SectionOf(photo)
	if n > 0 {
		g.sel.toggleRun(g.src, first, n)
		g.sel.point(g.src, photo)
		g.selected()
	}
}

// SectionOf returns the photos under the header of a photo; none for none.
func (g *Grid) SectionOf(photo int) (first, n int) {
	i := sort.Search(len(g.sections), func(i int) bool { return g.sections[i].First > photo }) - 1
	if i < 0 || photo >= g.src.Len() {
		return 0, 0
	}
	return g.sections[i].First, g.sections[i].Count
}

// ClearSelection selects nothing.
func (g *Grid) ClearSelection() {
	if g.sel.clear() {
		g.selected()
	}
}

// selected shows a changed selection and tells of it.
func (g *Grid) selected() {
	g.sel.state++
	g.update()
	if g.opts.Selected != nil {
		g.opts.Selected()
	}
}
