// Package fold makes texts alike that a person who searches takes for the same:
// without regard to case and diacritics.
package fold

import (
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// special are letters that Unicode does not take apart, and how they are typed
// where a keyboard lacks them.
var special = map[rune]string{
	'ß': "ss", 'ẞ': "ss", 'æ': "ae", 'Æ': "ae", 'œ': "oe", 'Œ': "oe", 'ø': "o", 'Ø': "o", 'ł': "l", 'Ł': "l",
	'đ': "d", 'Đ': "d", 'ð': "d", 'Ð': "d", 'þ': "th", 'Þ': "th", 'ı': "i", 'ħ': "h", 'Ħ': "h", 'ŧ': "t", 'Ŧ': "t",
}

// tableEnd is where the table ends: after Latin, Greek and Cyrillic.
const tableEnd = 0x530

var table = sync.OnceValue(func() *[tableEnd]string {
	t := new([tableEnd]string)
	for r := range rune(tableEnd) {
		t[r] = string(appendRune(nil, r))
	}
	return t
})

// Append appends s in lower case and without diacritics: "Łódź" is "lodz" and
// "Straße" is "strasse". What is no UTF-8 becomes U+FFFD.
func Append(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		if r < tableEnd {
			dst = append(dst, table()[r]...)
		} else {
			dst = appendRune(dst, r)
		}
	}
	return dst
}

// String returns what [Append] appends.
func String(s string) string { return string(Append(make([]byte, 0, len(s)), s)) }

func appendRune(dst []byte, r rune) []byte {
	if r >= 0x2e80 && r < 0xf900 || r >= 0x10000 { // writing without case or diacritics, and what is beyond
		return utf8.AppendRune(dst, r)
	}
	var buf [utf8.UTFMax]byte
	whole := buf[:utf8.EncodeRune(buf[:], r)]
	parts := norm.NFKD.Properties(whole).Decomposition()
	if parts == nil {
		parts = whole
	}
	for _, p := range string(parts) {
		if p >= 0x300 && p <= 0x36f { // combining diacritical marks
			continue
		}
		if s, ok := special[p]; ok {
			dst = append(dst, s...)
		} else {
			dst = utf8.AppendRune(dst, unicode.ToLower(p))
		}
	}
	return dst
}
