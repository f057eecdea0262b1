package mango

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// The functions here take valid JSON text, as the whole package does.

func isObject(v []byte) bool { return v[0] == '{' }
func isArray(v []byte) bool  { return v[0] == '[' }
func isString(v []byte) bool { return v[0] == '"' }

func isNumber(v []byte) bool { return v[0] == '-' || v[0] >= '0' && v[0] <= '9' }

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// stringEnd returns the index after the string that starts at b[i].
func stringEnd(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// valueEnd returns the index after the value that starts at b[i].
func valueEnd(b []byte, i int) int {
	switch b[i] {
	case '"':
		return stringEnd(b, i)
	case '{', '[':
	default:
		for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' && b[i] > ' ' {
			i++
		}
		return i
	}
	for depth := 0; ; {
		switch b[i] {
		case '"':
			i = stringEnd(b, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		i++
		if depth == 0 {
			return i
		}
	}
}

// elements calls fn with each element of the array b, until it returns false.
func elements(b []byte, fn func(value []byte) bool) {
	for i := skipSpace(b, 1); b[i] != ']'; i = skipSpace(b, i) {
		if b[i] == ',' {
			i = skipSpace(b, i+1)
		}
		end := valueEnd(b, i)
		if !fn(b[i:end]) {
			return
		}
		i = end
	}
}

// members calls fn with each member of the object b, until it returns false.
// Name is as the text has it, with its quotes.
func members(b []byte, fn func(name, value []byte) bool) {
	for i := skipSpace(b, 1); b[i] != '}'; i = skipSpace(b, i) {
		if b[i] == ',' {
			i = skipSpace(b, i+1)
		}
		end := stringEnd(b, i)
		name := b[i:end]
		i = skipSpace(b, end)
		i = skipSpace(b, i+1)
		end = valueEnd(b, i)
		if !fn(name, b[i:end]) {
			return
		}
		i = end
	}
}

func list(array []byte) (values [][]byte) {
	elements(array, func(v []byte) bool { values = append(values, v); return true })
	return values
}

type member struct {
	name  string
	value []byte
}

func object(b []byte) (all []member) {
	members(b, func(name, value []byte) bool {
		all = append(all, member{unquote(name), value})
		return true
	})
	return all
}

// unquote returns the text of a JSON string.
func unquote(b []byte) string {
	if inner := b[1 : len(b)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var s string
	_ = json.Unmarshal(b, &s) // valid, as all here
	return s
}

// isName reports whether the JSON string quoted is the text name.
func isName(quoted []byte, name string) bool {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1:len(quoted)-1]) == name
	}
	return unquote(quoted) == name
}

// number returns the value of a JSON number; the infinite one if it is too
// large.
func number(b []byte) float64 {
	f, _ := strconv.ParseFloat(string(b), 64)
	return f + 0 // -0 is 0
}

// integer returns the value of a JSON number without fraction.
func integer(b []byte) (int64, bool) {
	n, err := strconv.ParseInt(string(b), 10, 64)
	return n, err == nil
}

func appendQuoted(dst []byte, s string) []byte {
	quoted, _ := json.Marshal(s) // a string always can be
	return append(dst, quoted...)
}

// compact returns a copy of v without white space.
func compact(v []byte) []byte {
	var b bytes.Buffer
	_ = json.Compact(&b, v) // valid, as all here
	return b.Bytes()
}
