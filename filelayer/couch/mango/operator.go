package mango

import (
	"bytes"
	"math"
	"regexp"
	"strconv"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

type comparison string

const (
	less         comparison = "$lt"
	lessEqual    comparison = "$lte"
	equal        comparison = "$eq"
	notEqual     comparison = "$ne"
	greaterEqual comparison = "$gte"
	greater      comparison = "$gt"
)

func (c comparison) negated() comparison {
	return map[comparison]comparison{
		less: greaterEqual, lessEqual: greater, equal: notEqual,
		notEqual: equal, greaterEqual: less, greater: lessEqual,
	}[c]
}

func (c comparison) holds(cmp int) bool {
	switch c {
	case less:
		return cmp < 0
	case lessEqual:
		return cmp <= 0
	case equal:
		return cmp == 0
	case notEqual:
		return cmp != 0
	case greaterEqual:
		return cmp >= 0
	}
	return cmp > 0
}

// compareNode compares with arg, whose key it holds in either order.
type compareNode struct {
	op   comparison
	arg  []byte
	keys [2][]byte
}

func newCompare(op comparison, arg []byte) *compareNode {
	return &compareNode{op, compact(arg), [2][]byte{keyOf(arg, collated), keyOf(arg, byBytes)}}
}

func (n *compareNode) match(k *keyer, v []byte, how order) bool {
	return n.op.holds(bytes.Compare(k.key(v, how), n.keys[how]))
}

func (n *compareNode) append(dst []byte) []byte { return appendOperator(dst, string(n.op), n.arg) }

// inNode is $in, or with not $nin. Of an array, it compares the elements.
type inNode struct {
	not  bool
	arg  []byte
	keys [2]map[string]bool
}

func newIn(not bool, arg []byte) node {
	if !rawjson.IsArray(arg) {
		return nil
	}
	n := &inNode{not: not, arg: compact(arg)}
	for how := range n.keys {
		n.keys[how] = make(map[string]bool)
		for _, v := range list(arg) {
			n.keys[how][string(keyOf(v, order(how)))] = true
		}
	}
	return n
}

func (n *inNode) match(k *keyer, v []byte, how order) bool {
	return n.has(k, v, how) != n.not
}

func (n *inNode) has(k *keyer, v []byte, how order) bool {
	if !rawjson.IsArray(v) {
		return n.keys[how][string(k.key(v, how))]
	}
	for value := range rawjson.Elements(v) {
		if n.keys[how][string(k.key(value, how))] {
			return true
		}
	}
	return false
}

func (n *inNode) append(dst []byte) []byte {
	if n.not {
		return appendOperator(dst, "$nin", n.arg)
	}
	return appendOperator(dst, "$in", n.arg)
}

type existsNode bool

func (n existsNode) match(*keyer, []byte, order) bool { return bool(n) }

func (n existsNode) append(dst []byte) []byte {
	return appendOperator(dst, "$exists", strconv.AppendBool(nil, bool(n)))
}

type typeNode string

func (n typeNode) match(_ *keyer, v []byte, _ order) bool {
	types := map[byte]typeNode{'n': "null", 't': "boolean", 'f': "boolean", '"': "string", '[': "array", '{': "object"}
	if isNumber(v) {
		return n == "number"
	}
	return n == types[v[0]]
}

func (n typeNode) append(dst []byte) []byte {
	return appendOperator(dst, "$type", rawjson.AppendString(nil, string(n)))
}

type modNode struct{ divisor, remainder int64 }

func (n modNode) match(_ *keyer, v []byte, _ order) bool {
	if !isNumber(v) {
		return false
	}
	i, ok := integer(v)
	if f := number(v); !ok && f == math.Trunc(f) && math.Abs(f) < 1<<63 {
		i, ok = int64(f), true
	}
	return ok && i%n.divisor == n.remainder
}

func (n modNode) append(dst []byte) []byte {
	arg := strconv.AppendInt([]byte{'['}, n.divisor, 10)
	arg = strconv.AppendInt(append(arg, ','), n.remainder, 10)
	return appendOperator(dst, "$mod", append(arg, ']'))
}

type regexNode struct{ *regexp.Regexp }

func (n regexNode) match(_ *keyer, v []byte, _ order) bool {
	return rawjson.IsString(v) && n.MatchString(rawjson.Text(v))
}

func (n regexNode) append(dst []byte) []byte {
	return appendOperator(dst, "$regex", rawjson.AppendString(nil, n.String()))
}

// allNode is true of an array with all of some values, or, if they are one
// array, of that array.
type allNode struct {
	arg   []byte
	keys  [][]byte
	whole []byte // the key of that one array; else nil
}

func (n *allNode) match(k *keyer, v []byte, _ order) bool {
	if !rawjson.IsArray(v) || len(n.keys) == 0 {
		return false
	}
	if n.whole != nil && bytes.Equal(k.key(v, byBytes), n.whole) {
		return true
	}
	for _, key := range n.keys {
		if !k.holds(v, key) {
			return false
		}
	}
	return true
}

// holds reports whether an element of the array has the key.
func (k *keyer) holds(array, key []byte) bool {
	for value := range rawjson.Elements(array) {
		if bytes.Equal(k.key(value, byBytes), key) {
			return true
		}
	}
	return false
}

func (n *allNode) append(dst []byte) []byte { return appendOperator(dst, "$all", n.arg) }

type sizeNode int64

func (n sizeNode) match(_ *keyer, v []byte, _ order) bool {
	if !rawjson.IsArray(v) {
		return false
	}
	left := n
	for range rawjson.Elements(v) {
		left--
	}
	return left == 0
}

func (n sizeNode) append(dst []byte) []byte {
	return appendOperator(dst, "$size", strconv.AppendInt(nil, int64(n), 10))
}

// elementNode is a condition on the elements of an array, or the names of an
// object's members.
type elementNode struct {
	op string // $elemMatch, $allMatch or $keyMapMatch
	of node
}

func (n *elementNode) match(k *keyer, v []byte, how order) bool {
	switch {
	case n.op == "$keyMapMatch" && rawjson.IsObject(v):
		for name := range rawjson.Members(v) {
			if n.of.match(k, name, how) {
				return true
			}
		}
	case n.op != "$keyMapMatch" && rawjson.IsArray(v):
		return n.matchElements(k, v, how)
	}
	return false
}

// matchElements is false for an empty array, whatever the operator.
func (n *elementNode) matchElements(k *keyer, array []byte, how order) bool {
	match, enough := false, n.op == "$elemMatch"
	for value := range rawjson.Elements(array) {
		if match = n.of.match(k, value, how); match == enough {
			break
		}
	}
	return match
}

func (n *elementNode) append(dst []byte) []byte {
	return appendOperator(dst, n.op, n.of.append(nil))
}
