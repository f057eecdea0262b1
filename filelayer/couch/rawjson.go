package couch

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// Bodies are stored and sent as they came, less white space: they are cut and
// joined as bytes, and decoded only where a value is needed. The functions
// here take JSON that validJSON has passed.

// validJSON reports whether b is one JSON value in UTF-8.
func validJSON(b []byte) bool { return utf8.Valid(b) && json.Valid(b) }

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
	for depth := 0; i < len(b); {
		switch b[i] {
		case '"':
			i = stringEnd(b, i)
		case '{', '[':
			depth++
			i++
			continue
		case '}', ']':
			depth--
			i++
		case ',', ':', ' ', '\n', '\t', '\r':
			i++
			continue
		default: // a number, true, false, null
			for i < len(b) && !bytes.ContainsRune([]byte(",]} \n\t\r"), rune(b[i])) {
				i++
			}
		}
		if depth == 0 {
			return i
		}
	}
	return i
}

// elements calls fn with each element of the array b, and reports whether b is one.
func elements(b []byte, fn func(value []byte) error) (isArray bool, err error) {
	i := skipSpace(b, 0)
	if b[i] != '[' {
		return false, nil
	}
	for i = skipSpace(b, i+1); b[i] != ']'; i = skipSpace(b, i) {
		if b[i] == ',' {
			i = skipSpace(b, i+1)
		}
		end := valueEnd(b, i)
		if err := fn(b[i:end]); err != nil {
			return true, err
		}
		i = end
	}
	return true, nil
}

// members calls fn with each member of the object b, and reports whether b is
// one. Name is as the text has it, with its quotes.
func members(b []byte, fn func(name, value []byte) error) (isObject bool, err error) {
	i := skipSpace(b, 0)
	if b[i] != '{' {
		return false, nil
	}
	for i = skipSpace(b, i+1); b[i] != '}'; i = skipSpace(b, i) {
		if b[i] == ',' {
			i = skipSpace(b, i+1)
		}
		end := stringEnd(b, i)
		name := b[i:end]
		i = skipSpace(b, end) // the colon
		i = skipSpace(b, i+1) // the value
		end = valueEnd(b, i)
		if err := fn(name, b[i:end]); err != nil {
			return true, err
		}
		i = end
	}
	return true, nil
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

// appendCompact appends the value b to dst without white space.
func appendCompact(dst, b []byte) []byte {
	for i := 0; i < len(b); {
		switch b[i] {
		case '"':
			end := stringEnd(b, i)
			dst = append(dst, b[i:end]...)
			i = end
		case ' ', '\n', '\t', '\r':
			i++
		default:
			dst = append(dst, b[i])
			i++
		}
	}
	return dst
}

// appendString appends s as a JSON string.
func appendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			quoted, _ := json.Marshal(s) // a string always can be
			return append(dst, quoted...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}
