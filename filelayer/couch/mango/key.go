package mango

import (
	"bytes"
	"encoding/binary"
	"math"
	"sync"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// A key is a value in bytes that sort as CouchDB's collation sorts the values:
// null, false, true, numbers, strings, arrays, objects. No key is the
// beginning of another, so the keys of several columns can be joined.
//
//	null, false, true  one byte
//	number             its tag; the 8 bytes of the float, sign bit turned, and
//	                   all bits for a negative one
//	string             its tag; its collation key, with 0x00 written 0x00 0xff;
//	                   0x00 0x01
//	array              its tag; the keys of its elements; 0x01
//	object             its tag; for each member, in the order of the text, the
//	                   keys of its name and its value; 0x01
//
// Where order is by bytes, a string comes after all else, as in Erlang's order
// of terms, and its own bytes take the place of its collation key.
const (
	endTag    = 0x01
	nullTag   = 0x10
	falseTag  = 0x20
	trueTag   = 0x21
	numberTag = 0x30
	stringTag = 0x40
	arrayTag  = 0x50
	objectTag = 0x60
	bytesTag  = 0x70
	maxTag    = 0xff // sorts after every key
)

// An order says how strings are compared.
type order int

const (
	collated order = iota
	byBytes        // of _id, and where values must be the same
)

// A keyer makes keys. It must not be shared.
type keyer struct {
	collator *collate.Collator
	buf      collate.Buffer
	scratch  []byte
}

var keyers = sync.Pool{New: func() any { return &keyer{collator: collate.New(language.Und)} }}

func newKeyer() *keyer { return keyers.Get().(*keyer) } //nolint:forcetypeassert // nothing else is put in
func (k *keyer) done() { keyers.Put(k) }
func keyOf(v []byte, how order) []byte {
	k := newKeyer()
	defer k.done()
	return k.append(nil, v, how)
}

// key returns the key of the value v. It is valid until the next call.
func (k *keyer) key(v []byte, how order) []byte {
	k.scratch = k.append(k.scratch[:0], v, how)
	return k.scratch
}

// append appends the key of the value v.
func (k *keyer) append(dst, v []byte, how order) []byte {
	switch v[0] {
	case 'n':
		return append(dst, nullTag)
	case 'f':
		return append(dst, falseTag)
	case 't':
		return append(dst, trueTag)
	case '"':
		return k.appendString(dst, v, how)
	case '[':
		dst = append(dst, arrayTag)
		for value := range rawjson.Elements(v) {
			dst = k.append(dst, value, how)
		}
		return append(dst, endTag)
	case '{':
		dst = append(dst, objectTag)
		for name, value := range rawjson.Members(v) {
			dst = k.append(k.appendString(dst, name, how), value, how)
		}
		return append(dst, endTag)
	}
	bits := math.Float64bits(number(v))
	if bits>>63 == 1 {
		bits = ^bits
	} else {
		bits |= 1 << 63
	}
	return binary.BigEndian.AppendUint64(append(dst, numberTag), bits)
}

func (k *keyer) appendString(dst, quoted []byte, how order) []byte {
	text := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(text, '\\') >= 0 {
		text = []byte(rawjson.Text(quoted))
	}
	if how == byBytes {
		dst = appendEscaped(append(dst, bytesTag), text)
		return append(dst, 0x00, endTag)
	}
	dst = append(dst, stringTag)
	switch {
	case isASCII(text):
		dst = appendASCII(dst, text)
	default:
		k.buf.Reset()
		dst = appendEscaped(dst, k.collator.Key(&k.buf, text))
	}
	return append(dst, 0x00, endTag)
}

func appendEscaped(dst, b []byte) []byte {
	for {
		i := bytes.IndexByte(b, 0)
		if i < 0 {
			return append(dst, b...)
		}
		dst = append(append(dst, b[:i]...), 0x00, 0xff)
		b = b[i+1:]
	}
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// asciiLevels holds, for each ASCII character and each of the three levels of
// comparison (letter, accent, case), its part of a collation key, escaped. No
// two of these characters are compared as one in the root locale, so the key
// of a text is the parts of its characters, level by level.
var asciiLevels = sync.OnceValue(func() *[3][128][]byte {
	var levels [3][128][]byte
	collator := collate.New(language.Und)
	for c := range 128 {
		var buf collate.Buffer
		key := collator.Key(&buf, []byte{byte(c)})
		if len(key) <= 4 { // ignored: nothing but two separators
			continue
		}
		levels[0][c] = appendEscaped(nil, key[:2])
		levels[1][c] = appendEscaped(nil, key[4:6])
		levels[2][c] = appendEscaped(nil, key[8:])
	}
	return &levels
})

func appendASCII(dst, text []byte) []byte {
	levels := asciiLevels()
	for level := range levels {
		parts := &levels[level]
		if level > 0 {
			dst = append(dst, 0x00, 0xff, 0x00, 0xff) // the separator of levels
		}
		for _, c := range text {
			dst = append(dst, parts[c]...)
		}
	}
	return dst
}
