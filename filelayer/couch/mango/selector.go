package mango

import (
	"bytes"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// A Selector says which documents a query is about. Its methods may be called
// from several goroutines.
type Selector struct {
	root node // nil: every document
}

// Bounds of a selector: whoever may only read sends one too, and each level is
// read once more for those around it.
const (
	maxSelector = 4 << 20 // bytes
	maxDepth    = 100     // arrays and objects in each other
	maxPattern  = 64 << 10
)

// ParseSelector reads a selector. It fails with an [*Error] for what CouchDB
// refuses.
func ParseSelector(v []byte) (*Selector, error) {
	if !rawjson.IsObject(v) {
		return nil, errorf("invalid_selector_json", "Selector must be a JSON object, not: %.200s", v)
	}
	if len(v) > maxSelector || rawjson.Depth(v) > maxDepth {
		return nil, errorf("invalid_selector", "A selector may have %d bytes, nested %d levels deep.", maxSelector, maxDepth)
	}
	if len(object(v)) == 0 {
		return &Selector{}, nil
	}
	n, err := parse(v, "")
	if err != nil {
		return nil, err
	}
	n = normalize(n)
	if f, ok := n.(*fieldNode); ok && f.field.Name == "" {
		return nil, errorf("invalid_selector", "One or more conditions is missing a field name.")
	}
	return &Selector{n}, nil
}

// Match reports whether doc, an object, is one that s selects.
func (s *Selector) Match(doc []byte) bool {
	if s.root == nil {
		return true
	}
	k := newKeyer()
	defer k.done()
	return s.root.match(k, doc, collated)
}

// MarshalJSON returns the normal form of s.
func (s *Selector) MarshalJSON() ([]byte, error) {
	if s.root == nil {
		return []byte("{}"), nil
	}
	return s.root.append(nil), nil
}

// A node is a part of a selector in its normal form: a condition on the value
// that it is given.
type node interface {
	match(k *keyer, v []byte, how order) bool
	append(dst []byte) []byte // as JSON
}

type (
	andNode []node
	orNode  []node
	norNode []node // below $elemMatch and the like only
	notNode struct{ of node }

	// fieldNode is a condition on the value of a field; on the whole value if
	// the field has no name.
	fieldNode struct {
		field Field
		cond  node
	}
)

func (n andNode) match(k *keyer, v []byte, how order) bool {
	for _, sub := range n {
		if !sub.match(k, v, how) {
			return false
		}
	}
	return true
}

// An empty $or is true, as in CouchDB.
func (n orNode) match(k *keyer, v []byte, how order) bool {
	for _, sub := range n {
		if sub.match(k, v, how) {
			return true
		}
	}
	return len(n) == 0
}

func (n norNode) match(k *keyer, v []byte, how order) bool {
	return !orNode(n).match(k, v, how) || len(n) == 0
}

func (n notNode) match(k *keyer, v []byte, how order) bool { return !n.of.match(k, v, how) }

// A field that is not there meets one condition only, that it does not exist.
func (n *fieldNode) match(k *keyer, v []byte, how order) bool {
	if n.field.Name == "" {
		return n.cond.match(k, v, how)
	}
	value, found := n.field.find(v)
	if !found {
		return n.cond == existsNode(false)
	}
	if n.field.Name == idField {
		how = byBytes
	}
	return n.cond.match(k, value, how)
}

func appendOperator(dst []byte, op string, arg []byte) []byte {
	dst = rawjson.AppendString(append(dst, '{'), op)
	dst = append(append(dst, ':'), arg...)
	return append(dst, '}')
}

func appendCombination(dst []byte, op string, subs []node) []byte {
	var b []byte
	for _, sub := range subs {
		b = sub.append(append(b, ','))
	}
	return appendOperator(dst, op, append(append([]byte{'['}, bytes.TrimPrefix(b, []byte{','})...), ']'))
}

func (n andNode) append(dst []byte) []byte { return appendCombination(dst, "$and", n) }
func (n orNode) append(dst []byte) []byte  { return appendCombination(dst, "$or", n) }
func (n norNode) append(dst []byte) []byte { return appendCombination(dst, "$nor", n) }
func (n notNode) append(dst []byte) []byte { return appendOperator(dst, "$not", n.of.append(nil)) }

func (n *fieldNode) append(dst []byte) []byte {
	return appendOperator(dst, n.field.Name, n.cond.append(nil))
}

// normalize moves the negations of a selector down to its conditions. It does
// not enter $elemMatch and the like, as CouchDB does not.
func normalize(n node) node {
	switch n := n.(type) {
	case notNode:
		return negate(n.of)
	case norNode:
		return andNode(each(n, negate))
	case andNode:
		return andNode(each(n, normalize))
	case orNode:
		return orNode(each(n, normalize))
	}
	return n
}

func negate(n node) node {
	switch n := n.(type) {
	case notNode:
		return normalize(n.of)
	case norNode:
		return orNode(each(n, normalize))
	case andNode:
		return orNode(each(n, negate))
	case orNode:
		return andNode(each(n, negate))
	case *fieldNode:
		return &fieldNode{n.field, negate(n.cond)}
	case *compareNode:
		return &compareNode{n.op.negated(), n.arg, n.keys}
	case *inNode:
		return &inNode{!n.not, n.arg, n.keys}
	case existsNode:
		return !n
	}
	return notNode{n}
}

func each(nodes []node, fn func(node) node) []node {
	out := make([]node, len(nodes))
	for i, n := range nodes {
		out[i] = fn(n)
	}
	return out
}
