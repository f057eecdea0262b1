// Package rawjson cuts and joins JSON text as bytes. Documents are stored and
// sent as they came, less white space, and decoded only where a value is
// needed.
//
// All functions but Valid take what Valid or a decoder has passed, or a value
// that was cut from it; white space may come before it.
package rawjson

import (
	"bytes"
	"encoding/json"
	"iter"
)

// IsObject reports whether v is an object.
func IsObject(v []byte) bool { return v[skipSpace(v, 0)] == '{' }

// IsArray reports whether v is an array.
func IsArray(v []byte) bool { return v[skipSpace(v, 0)] == '[' }

// IsString reports whether v is a string.
func IsString(v []byte) bool { return v[skipSpace(v, 0)] == '"' }

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// StringEnd returns the index after the string that starts at b[i].
func StringEnd(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// ValueEnd returns the index after the value that starts at b[i].
func ValueEnd(b []byte, i int) int {
	switch b[i] {
	case '"':
		return StringEnd(b, i)
	case '{', '[':
	default: // a number, true, false, null
		for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' && b[i] > ' ' {
			i++
		}
		return i
	}
	for depth := 0; ; {
		switch b[i] {
		case '"':
			i = StringEnd(b, i)
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

// Elements returns the elements of an array.
func Elements(array []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		b := array
		for i := skipSpace(b, skipSpace(b, 0)+1); b[i] != ']'; i = skipSpace(b, i) {
			if b[i] == ',' {
				i = skipSpace(b, i+1)
			}
			end := ValueEnd(b, i)
			if !yield(b[i:end]) {
				return
			}
			i = end
		}
	}
}

// Count returns how many elements an array has; most if there are more.
func Count(array []byte, most int) (n int) {
	for range Elements(array) {
		if n == most {
			break
		}
		n++
	}
	return n
}

// Depth returns how deep the arrays and objects of v are nested; 0 if it is
// neither.
func Depth(v []byte) (deepest int) {
	for i, depth := 0, 0; i < len(v); {
		switch v[i] {
		case '"':
			i = StringEnd(v, i)
			continue
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
		i++
	}
	return deepest
}

// Members returns the names, as the text has them, with their quotes, and the
// values of an object, in the order of the text.
func Members(object []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		b := object
		for i := skipSpace(b, skipSpace(b, 0)+1); b[i] != '}'; i = skipSpace(b, i) {
			if b[i] == ',' {
				i = skipSpace(b, i+1)
			}
			end := StringEnd(b, i)
			name := b[i:end]
			i = skipSpace(b, end) // the colon
			i = skipSpace(b, i+1) // the value
			end = ValueEnd(b, i)
			if !yield(name, b[i:end]) {
				return
			}
			i = end
		}
	}
}

// Member returns the member of an object with that name, the last if there are
// several; nil if there is none, or it is null, or v is nil or no object.
func Member(v []byte, name string) (value []byte) {
	if v == nil || !IsObject(v) {
		return nil
	}
	for quoted, v := range Members(v) {
		if Is(quoted, name) {
			value = v
		}
	}
	if string(value) == "null" {
		return nil
	}
	return value
}

// String returns the text of v if it is a string without white space before it.
func String(v []byte) (text string, ok bool) {
	if len(v) == 0 || v[0] != '"' {
		return "", false
	}
	return Text(v), true
}

// Strings returns the texts of v if it is an array of strings, most of them at
// most.
func Strings(v []byte, most int) (texts []string, ok bool) {
	if v == nil || !IsArray(v) {
		return nil, false
	}
	texts = []string{}
	for quoted := range Elements(v) {
		text, ok := String(quoted)
		if !ok || len(texts) == most {
			return nil, false
		}
		texts = append(texts, text)
	}
	return texts, true
}

// Text returns the text of a string.
func Text(quoted []byte) string {
	if inner := quoted[1 : len(quoted)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var s string
	_ = json.Unmarshal(quoted, &s) // valid, as all here
	return s
}

// Is reports whether a string has the text.
func Is(quoted []byte, text string) bool {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1:len(quoted)-1]) == text
	}
	return Text(quoted) == text
}

// AppendCompact appends the value v to dst without white space.
func AppendCompact(dst, v []byte) []byte {
	for i := 0; i < len(v); {
		switch v[i] {
		case '"':
			end := StringEnd(v, i)
			dst = append(dst, v[i:end]...)
			i = end
		case ' ', '\n', '\t', '\r':
			i++
		default:
			dst = append(dst, v[i])
			i++
		}
	}
	return dst
}

// AppendString appends text as a string.
func AppendString(dst []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			quoted, _ := json.Marshal(text) // a string always can be
			return append(dst, quoted...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, text...)
	return append(dst, '"')
}
