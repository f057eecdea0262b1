package mango

import (
	"regexp"
	"slices"
	"strings"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// parse reads the condition v on the value at path, "" for the whole value.
func parse(v []byte, path string) (node, error) {
	if !rawjson.IsObject(v) {
		return onField(path, newCompare(equal, v))
	}
	switch all := object(v); len(all) {
	case 0:
		return onField(path, newCompare(equal, v))
	case 1:
		return parseMember(all[0].name, all[0].value, path)
	default:
		and := make(andNode, len(all))
		for i, m := range all {
			var err error
			if and[i], err = parseMember(m.name, m.value, path); err != nil {
				return nil, err
			}
		}
		return and, nil
	}
}

func parseMember(name string, v []byte, path string) (node, error) {
	switch {
	case slices.Contains([]string{"$and", "$or", "$nor", "$not"}, name):
		return parseCombination(name, v, path)
	case strings.HasPrefix(name, "$"):
		cond, err := parseOperator(name, v)
		if err != nil {
			return nil, err
		}
		return onField(path, cond)
	case path == "":
		return parse(v, name)
	}
	return parse(v, path+"."+name)
}

func onField(path string, cond node) (node, error) {
	if path == "" {
		return &fieldNode{Field{}, cond}, nil
	}
	f, err := ParseField(path)
	return &fieldNode{f, cond}, err
}

func parseCombination(op string, v []byte, path string) (node, error) {
	if op == "$not" {
		if !rawjson.IsObject(v) {
			return nil, badArgument(op, v)
		}
		of, err := parse(v, path)
		return notNode{of}, err
	}
	if !rawjson.IsArray(v) {
		return nil, badArgument(op, v)
	}
	var subs []node
	for _, arg := range list(v) {
		sub, err := parse(arg, path)
		if err != nil {
			return nil, err
		}
		subs = append(subs, sub)
	}
	switch op {
	case "$and":
		return andNode(subs), nil
	case "$or":
		return orNode(subs), nil
	}
	return norNode(subs), nil
}

// parseOperator reads a condition on a value.
func parseOperator(op string, v []byte) (node, error) {
	switch op {
	case "$lt", "$lte", "$eq", "$ne", "$gte", "$gt":
		return newCompare(comparison(op), v), nil
	case "$elemMatch", "$allMatch", "$keyMapMatch":
		if !rawjson.IsObject(v) {
			return nil, badArgument(op, v)
		}
		of, err := parse(v, "")
		return &elementNode{op, of}, err
	case "$where", "$geoWithin", "$geoIntersects", "$near", "$nearSphere", "$text":
		return nil, errorf("not_supported", "Unsupported operator: %s", op)
	}
	read := operators[op]
	if read == nil {
		return nil, errorf("invalid_operator", "Invalid operator: %.200s", op)
	}
	if n := read(v); n != nil {
		return n, nil
	}
	return nil, badArgument(op, v)
}

// operators read an argument; they return nil for a bad one.
var operators = map[string]func(v []byte) node{
	"$in":     func(v []byte) node { return newIn(false, v) },
	"$nin":    func(v []byte) node { return newIn(true, v) },
	"$exists": parseExists,
	"$type":   parseType,
	"$mod":    parseMod,
	"$regex":  parseRegex,
	"$all":    parseAll,
	"$size":   parseSize,
}

func parseExists(v []byte) node {
	if v[0] != 't' && v[0] != 'f' {
		return nil
	}
	return existsNode(v[0] == 't')
}

func parseType(v []byte) node {
	if !rawjson.IsString(v) {
		return nil
	}
	return typeNode(rawjson.Text(v))
}

func parseMod(v []byte) node {
	if !rawjson.IsArray(v) {
		return nil
	}
	args := list(v)
	if len(args) != 2 {
		return nil
	}
	divisor, ok1 := integer(args[0])
	remainder, ok2 := integer(args[1])
	if !ok1 || !ok2 || divisor == 0 {
		return nil
	}
	return modNode{divisor, remainder}
}

func parseRegex(v []byte) node {
	if !rawjson.IsString(v) || len(v) > maxPattern+2 {
		return nil
	}
	re, err := regexp.Compile(rawjson.Text(v))
	if err != nil {
		return nil
	}
	return regexNode{re}
}

func parseAll(v []byte) node {
	if !rawjson.IsArray(v) {
		return nil
	}
	n := &allNode{arg: compact(v)}
	for _, value := range list(v) {
		n.keys = append(n.keys, keyOf(value, byBytes))
	}
	if values := list(n.arg); len(values) == 1 && rawjson.IsArray(values[0]) {
		n.whole = n.keys[0]
	}
	return n
}

func parseSize(v []byte) node {
	n, ok := integer(v)
	if !ok || n < 0 {
		return nil
	}
	return sizeNode(n)
}
