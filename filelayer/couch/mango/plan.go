package mango

import (
	"cmp"
	"slices"
	"strings"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// A Query is what a plan is made for.
type Query struct {
	Selector *Selector
	Sort     Sort
	UseIndex []string // a design document, and perhaps a name in it
}

// A Plan says how a query is answered: from which index, and which part of it.
// Each document of that part is still to be matched.
type Plan struct {
	Index *Index // nil: _all_docs
	// Start and End are the values, as JSON, of the leading fields of the index
	// that the part lies between, both inclusive.
	Start, End [][]byte
	Empty      bool // the selector contradicts itself: nothing is to be read
	Descending bool
	Fallback   bool // UseIndex could not be used
}

var errNoSortIndex = &Error{"no_usable_index", "No index exists for this sort, try indexing by the sort fields."}

// Choose returns the plan of CouchDB for q: of the indexes that have every
// document that may match, in the order wanted, the one whose leading fields
// the selector restricts most; then with fewest fields; then the first by name.
// If none has the order wanted, Choose fails with an [*Error].
func Choose(indexes []*Index, q *Query) (*Plan, error) {
	var usable, named []*Index
	for _, ix := range indexes {
		isNamed := q.names(ix)
		if ix.partial != nil && !isNamed || !ix.usable(q) {
			continue
		}
		usable = append(usable, ix)
		if isNamed {
			named = append(named, ix)
		}
	}
	plan := &Plan{Descending: q.Sort.Descending, Fallback: len(q.UseIndex) > 0 && len(named) == 0}
	if len(named) > 0 {
		usable = named
	}
	ranges := q.Selector.fieldRanges()
	switch {
	case len(usable) > 0:
		plan.Index = best(usable, ranges)
		plan.setRange(plan.Index.Sort.names(), ranges)
	case q.allDocsUsable(ranges):
		plan.setRange([]string{idField}, ranges)
	default:
		return nil, errNoSortIndex
	}
	plan.Empty = plan.Empty || q.Selector.nothing()
	return plan, nil
}

// nothing reports whether s is but an empty $and or $or. CouchDB lets such a
// selector select nothing.
func (s *Selector) nothing() bool {
	switch n := s.root.(type) {
	case andNode:
		return len(n) == 0
	case orNode:
		return len(n) == 0
	}
	return false
}

func (q *Query) names(ix *Index) bool {
	if len(q.UseIndex) == 0 || "_design/"+strings.TrimPrefix(q.UseIndex[0], "_design/") != ix.DesignID {
		return false
	}
	return len(q.UseIndex) == 1 || q.UseIndex[1] == ix.Name
}

// allDocsUsable reports whether _all_docs has the order wanted.
func (q *Query) allDocsUsable(ranges map[string]*fieldRange) bool {
	sort := q.Sort.names()
	return len(sort) == 0 || len(sort) == 1 && sort[0] == idField && ranges[idField] != nil
}

// usable reports whether ix has every document that q may select, in the order
// wanted. Every document has an _id and a _rev, and a document without a field
// that is sorted by is not part of the answer.
func (ix *Index) usable(q *Query) bool {
	columns, sort := ix.Sort.names(), q.Sort.names()
	required := slices.DeleteFunc(slices.Clone(columns), func(name string) bool {
		return name == idField || name == "_rev" || slices.Contains(sort, name)
	})
	return q.Selector.requires(required) && sorted(columns, sort, q.Selector)
}

// sorted reports whether an index by columns sorts as wanted, when the columns
// before those have one value only.
func sorted(columns, sort []string, s *Selector) bool {
	if len(sort) == 0 {
		return true
	}
	for len(columns) > 0 && columns[0] != sort[0] && s.constant(columns[0]) {
		columns = columns[1:]
	}
	return len(columns) >= len(sort) && slices.Equal(columns[:len(sort)], sort)
}

func best(usable []*Index, ranges map[string]*fieldRange) *Index {
	return slices.MinFunc(usable, func(a, b *Index) int {
		return cmp.Or(
			prefix(b.Sort.names(), ranges)-prefix(a.Sort.names(), ranges),
			len(a.Sort.Fields)-len(b.Sort.Fields),
			compareIndexes(a, b))
	})
}

// prefix returns how many of the leading columns have a range.
func prefix(columns []string, ranges map[string]*fieldRange) int {
	for i, name := range columns {
		if ranges[name] == nil {
			return i
		}
	}
	return len(columns)
}

// setRange sets the part of an index by columns that has the ranges.
func (p *Plan) setRange(columns []string, ranges map[string]*fieldRange) {
	columns = columns[:prefix(columns, ranges)]
	for _, name := range columns {
		if ranges[name].empty {
			p.Empty = true
			return
		}
	}
	for _, name := range columns {
		low := ranges[name].low
		if low.open() {
			break
		}
		p.Start = append(p.Start, low.arg)
	}
	for _, name := range columns {
		high := ranges[name].high
		if high.open() {
			break
		}
		p.End = append(p.End, high.arg)
	}
}

// Keys returns the first key of the part of p.Index that p reads, and the
// first key after it.
func (p *Plan) Keys() (from, to []byte) {
	k := newKeyer()
	defer k.done()
	from = []byte{}
	for i, arg := range p.Start {
		from = k.append(from, arg, orderOf(p.Index.Sort.Fields[i]))
	}
	for i, arg := range p.End {
		to = k.append(to, arg, orderOf(p.Index.Sort.Fields[i]))
	}
	return from, append(to, maxTag)
}

// IDs returns the least and the greatest _id of the part of _all_docs that p
// reads; nil where there is no such bound. If ok is false, no document is in it.
func (p *Plan) IDs() (from, to *string, ok bool) {
	for _, arg := range p.Start { // any _id is greater than what is no string
		if rawjson.IsString(arg) {
			id := rawjson.Text(arg)
			from = &id
		}
	}
	for _, arg := range p.End {
		if !rawjson.IsString(arg) {
			return nil, nil, false
		}
		id := rawjson.Text(arg)
		to = &id
	}
	return from, to, true
}

// Covering reports whether the index alone has the fields that are picked.
func (p *Plan) Covering(picked Projection) bool {
	if p.Index == nil || len(picked) == 0 || p.Index.partial != nil {
		return false
	}
	for _, f := range picked {
		if f.Name != idField && !slices.Contains(p.Index.Sort.names(), f.Name) {
			return false
		}
	}
	return true
}
