package mango

import (
	"bytes"
	"maps"
	"slices"
)

// A bound is one end of a field's range. The zero bound is open.
type bound struct {
	op  comparison
	arg []byte
	key []byte
}

func (b bound) open() bool { return b.arg == nil }

// A fieldRange is what a selector says of the values of one field.
type fieldRange struct {
	low, high bound
	empty     bool // no value is in it
}

// fieldRanges returns the ranges of the fields that a selector restricts by
// comparisons, by name. If one of them is empty, it returns that alone.
func (s *Selector) fieldRanges() map[string]*fieldRange {
	ranges := make(map[string]*fieldRange)
	s.eachCondition(func(f Field, cond node) {
		c, ok := cond.(*compareNode)
		if !ok || c.op == notEqual {
			return
		}
		if ranges[f.Name] == nil {
			ranges[f.Name] = new(fieldRange)
		}
		ranges[f.Name].narrow(bound{c.op, c.arg, c.keys[orderOf(f)]})
	})
	for _, name := range slices.Sorted(maps.Keys(ranges)) {
		if ranges[name].empty {
			return map[string]*fieldRange{name: ranges[name]}
		}
	}
	return ranges
}

// eachCondition calls fn with each condition on a field that every document
// that s selects meets.
func (s *Selector) eachCondition(fn func(Field, node)) {
	var visit func(node)
	visit = func(n node) {
		switch n := n.(type) {
		case andNode:
			for _, sub := range n {
				visit(sub)
			}
		case *fieldNode:
			fn(n.field, n.cond)
		}
	}
	visit(s.root)
}

// narrow restricts r to the values that compare with b as its operator says.
func (r *fieldRange) narrow(b bound) {
	if b.op == equal || b.op == greater || b.op == greaterEqual {
		if c := bytes.Compare(b.key, r.low.key); r.low.open() || c > 0 || c == 0 && b.op == greater {
			r.low = b
		}
	}
	if b.op == equal || b.op == less || b.op == lessEqual {
		if c := bytes.Compare(b.key, r.high.key); r.high.open() || c < 0 || c == 0 && b.op == less {
			r.high = b
		}
	}
	if r.low.open() || r.high.open() {
		return
	}
	c := bytes.Compare(r.low.key, r.high.key)
	r.empty = c > 0 || c == 0 && (r.low.op == greater || r.high.op == less)
}

// requires reports whether every document that s selects has all of fields.
func (s *Selector) requires(fields []string) bool {
	if s.root == nil {
		return len(fields) == 0
	}
	return len(missing(s.root, fields)) == 0
}

// missing returns those of fields that n does not require.
func missing(n node, fields []string) []string {
	switch n := n.(type) {
	case andNode:
		for _, sub := range n {
			fields = missing(sub, fields)
		}
	case orNode:
		var left []string
		for _, sub := range n {
			left = append(left, missing(sub, fields)...)
		}
		if len(n) > 0 {
			return left
		}
	case *fieldNode:
		if n.cond != existsNode(false) {
			return slices.DeleteFunc(slices.Clone(fields), func(name string) bool { return name == n.field.Name })
		}
	}
	return fields
}

// constant reports whether all documents that s selects have the same value of
// the field.
func (s *Selector) constant(field string) bool {
	found := false
	s.eachCondition(func(f Field, cond node) {
		c, ok := cond.(*compareNode)
		found = found || ok && f.Name == field && c.op == equal
	})
	return found
}
