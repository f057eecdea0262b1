package meta

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"unicode/utf8"
)

// value is one tag's value.
type value struct {
	order binary.ByteOrder
	typ   uint16
	data  []byte
	off   int64 // what the entry points at, when it points
	count int64
}

func setText(dst *string, s string) {
	if *dst == "" {
		*dst = s
	}
}

// text returns a text up to its end mark, trimmed, as valid UTF-8.
func (v value) text() string {
	if v.typ != 2 && v.typ != 7 && v.typ != 1 {
		return ""
	}
	b, _, _ := bytes.Cut(v.data, []byte{0})
	return cleanText(cutText(string(bytes.TrimSpace(b)), maxText))
}

// cutText returns at most n bytes of s, and no part of a letter at the end.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	cut := n
	for cut > n-utf8.UTFMax && cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut]
}

// cleanText makes text of a file safe to show: bytes that are no UTF-8 are
// taken as Latin-1, which old cameras wrote, and control characters go.
func cleanText(s string) string {
	if !utf8.ValidString(s) {
		r := make([]rune, len(s))
		for i, c := range []byte(s) {
			r[i] = rune(c)
		}
		s = string(r)
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, s))
}

func (v value) uint(i int) int64 {
	switch b := v.data; {
	case (v.typ == 3 || v.typ == 8) && len(b) >= 2*i+2:
		return int64(v.order.Uint16(b[2*i:]))
	case (v.typ == 4 || v.typ == 9 || v.typ == 13) && len(b) >= 4*i+4:
		return int64(v.order.Uint32(b[4*i:]))
	case v.typ >= 16 && v.typ <= 18 && len(b) >= 8*i+8:
		return int64(v.order.Uint64(b[8*i:]))
	case (v.typ == 1 || v.typ == 7) && len(b) > i:
		return int64(b[i])
	}
	return 0
}

// rational returns a fraction; ok is false when it is none.
func (v value) rational(i int) (x float64, ok bool) {
	if (v.typ != 5 && v.typ != 10) || len(v.data) < 8*i+8 {
		return 0, false
	}
	num, den := v.order.Uint32(v.data[8*i:]), v.order.Uint32(v.data[8*i+4:])
	if den == 0 {
		return 0, num == 0 && i > 0 // some write 0/0 for no seconds
	}
	if v.typ == 10 {
		return float64(int32(num)) / float64(int32(den)), true
	}
	return float64(num) / float64(den), true
}

// positive returns a fraction between 0 and limit, or 0.
func (v value) positive(i int, limit float64) float64 {
	x, ok := v.rational(i)
	if !ok || !(x > 0 && x < limit) {
		return 0
	}
	return x
}

// degrees reads degrees, minutes and seconds.
func (v value) degrees() (float64, bool) {
	sum, unit := 0.0, 1.0
	for i := range 3 {
		x, ok := v.rational(i)
		if i == 0 && !ok {
			return 0, false
		}
		if ok {
			sum += x / unit
		}
		unit *= 60
	}
	return sum, sum >= 0 && !math.IsInf(sum, 0)
}

// camera names a camera as people do: the model, with the maker in front when
// the model does not say it already.
func camera(maker, model string) string {
	if model == "" || maker == "" {
		return maker + model
	}
	word, _, _ := strings.Cut(maker, " ")
	if strings.HasPrefix(strings.ToUpper(model), strings.ToUpper(word)) {
		return model
	}
	if strings.ToUpper(word) == word && len(word) > 4 { // SONY stays, NIKON and CANON do not shout
		word = word[:1] + strings.ToLower(word[1:])
	}
	return word + " " + model
}

// caption drops what cameras write by themselves.
func caption(s string) string {
	up := strings.ToUpper(s)
	for _, junk := range []string{"DIGITAL CAMERA", "STILL CAMERA", "ACTION CAM", "SONY DSC", "SAMSUNG", "MINOLTA", "DCIM", "DEFAULT", "SCREENSHOT", "<"} {
		if strings.Contains(up, junk) && len(s) < 40 {
			return ""
		}
	}
	return s
}
