package pairing

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Group is how many digits of a code are shown and named together.
const Group = 5

// A Review says how far a text is a pair code, while it is being typed.
type Review struct {
	Whole   bool   // it can be used: all is there, and the checksum is right
	Digits  int    // that it has, without "paul:", spaces and dashes
	Odd     string // a character that no code has; "" = none
	Missing int    // at least so many digits are still to come
	Wrong   bool   // it has its full length, and a mistake
	Other   bool   // it is whole, and of another device than asked for
	Device  string // whose code it is, as a device ID; "" while that is not typed yet

	// Where the mistake is, when it is a single one: one digit wrong, missing or
	// too many, or two that changed places.
	Mended   string // the code without it; "" = not known
	Is, Want string // the group with the mistake as it is and as it should be
	Place    int    // of that group, from 1
}

// digits are those of base32 by Crockford.
const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// Inspect reviews a text. It forgives what ParseCode forgives.
func Inspect(text string) Review {
	body, odd := clear(text)
	r := Review{Digits: len(body), Odd: odd}
	if odd != "" || body == "" || len(text) > maxText {
		return r
	}
	if len(body) >= digitsOf(1+keySize) {
		r.Device = device(body)
	}
	if sound(body) {
		r.Whole = true
		return r
	}
	ends := lengths(body)
	if len(body) >= ends[0]-1 { // hints after a digit that is missing are not what they seem, and nor are the other lengths
		if right := mend(body, usable); right != "" {
			r.mistake(body, right)
			return r
		}
	}
	r.Missing = max(ends[len(ends)-1]-len(body), 0)
	r.Wrong = r.Missing == 0
	return r
}

func (r *Review) mistake(is, want string) {
	r.Wrong, r.Mended = true, strings.ToUpper(scheme)+want
	at := 0
	for at < min(len(is), len(want)) && is[at] == want[at] {
		at++
	}
	at -= at % Group
	r.Place, r.Is, r.Want = at/Group+1, is[min(at, len(is)):min(at+Group, len(is))], want[min(at, len(want)):min(at+Group, len(want))]
}

// clear returns the digits of a text, or a character that is none.
func clear(text string) (body, odd string) {
	body, err := normalise(text)
	if err == nil {
		return body, ""
	}
	for _, r := range bare(text) {
		if !strings.ContainsRune(digits+"OIL", r) {
			return "", string(r)
		}
	}
	return "", ""
}

const keySize = fixedSize - 1 - secretSize - 4

// digitsOf is how many digits n bytes have.
func digitsOf(n int) int { return (8*n + 4) / 5 }

// lengths returns what lengths a code can have that begins so, as far as its
// hints tell; the longest is the likely one. At least one is returned.
func lengths(body string) []int {
	b := decodeStart(body)
	at := fixedSize
	ends := []int{digitsOf(at + checksum)}
	for size := hintSize(b, at); size > 0 && len(ends) <= maxHints; size = hintSize(b, at) {
		at += size
		ends = append(ends, digitsOf(at+checksum))
	}
	return ends
}

// hintSize is the length of the hint at that place; 0 when none can stand there
// or its length is not known yet.
func hintSize(b []byte, at int) int {
	if at >= len(b) || int(b[at]>>4) >= len(schemes) {
		return 0
	}
	switch b[at] & 15 {
	case hostIPv4:
		return 1 + 4 + 2
	case hostIPv6:
		return 1 + 16 + 2
	case hostName:
		if at+1 < len(b) && b[at+1] > 0 && b[at+1] <= maxHost {
			return 2 + int(b[at+1]) + 2
		}
	}
	return 0
}

// decodeStart returns the whole bytes that digits make.
func decodeStart(body string) []byte {
	var out []byte
	bits, held := 0, 0
	for i := range len(body) {
		bits, held = bits<<5|strings.IndexByte(digits, body[i]), held+5
		if held >= 8 {
			held -= 8
			out = append(out, byte(bits>>held))
			bits &= 1<<held - 1
		}
	}
	return out
}

// device is whose code it is, which has that much of it.
func device(body string) string { return hex.EncodeToString(decodeStart(body)[1 : 1+keySize]) }

// sound tells whether the checksum is right.
func sound(body string) bool {
	b, err := crockford.DecodeString(body)
	if err != nil || len(b) < fixedSize+checksum || digitsOf(len(b)) != len(body) {
		return false
	}
	sum := sha256.Sum256(b[:len(b)-checksum])
	return string(sum[:checksum]) == string(b[len(b)-checksum:])
}

// mend returns the code that differs from body in one mistake, when exactly one
// does. Some 6,000 are tried, each of which passes the checksum by chance once
// in 16 million times.
func mend(body string, sound func(string) bool) string {
	found := ""
	for _, candidate := range near(body) {
		switch {
		case !sound(candidate):
		case found == "":
			found = candidate
		case found != candidate:
			return ""
		}
	}
	return found
}

// usable tells whether this is a whole code, as it would be shown.
func usable(body string) bool {
	if b, err := crockford.DecodeString(body); err != nil || crockford.EncodeToString(b) != body || !sound(body) {
		return false
	}
	_, err := parseCode(body)
	return err == nil
}

// near lists what differs from body in one digit or in the order of two. One
// that lacks at the end is no mistake: it is about to be typed.
func near(body string) []string {
	list := make([]string, 0, 2*len(body)*(len(digits)+1))
	for i := range len(body) {
		head, tail := body[:i], body[i+1:]
		list = append(list, head+tail)
		if tail != "" && tail[0] != body[i] {
			list = append(list, head+tail[:1]+body[i:i+1]+tail[1:])
		}
		for _, d := range digits {
			if byte(d) != body[i] {
				list = append(list, head+string(d)+tail)
			}
			list = append(list, head+string(d)+body[i:])
		}
	}
	return list
}
