package mango

import (
	"crypto/sha1" //nolint:gosec // a name, not a secret
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/big"
	"slices"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// A NewIndex is what a request to _index asks for.
type NewIndex struct {
	*Index
	DDoc, Name  *string // nil: to be made up
	Partitioned *bool   // nil: as the database
	Quorum      int64   // the member "w"
}

// AutoName returns the name that CouchDB makes up for the index, or for its
// design document: the SHA-1 of the request as an Erlang term, in the form up
// to Erlang 25. Two servers that are asked alike so make the same document.
func (n *NewIndex) AutoName() string {
	def := appendTerm(nil, n.def)
	b := append([]byte{131}, 'h', 2)
	b = append(b, def...)
	b = binary.BigEndian.AppendUint32(append(b, 'l'), 6)
	b = appendOption(b, "ddoc", termOfName(n.DDoc))
	b = appendOption(b, "def", def)
	b = appendOption(b, "name", termOfName(n.Name))
	partitioned := appendAtom(nil, "db_default")
	if n.Partitioned != nil {
		partitioned = appendAtom(nil, map[bool]string{true: "true", false: "false"}[*n.Partitioned])
	}
	b = appendOption(b, "partitioned", partitioned)
	b = appendOption(b, "type", appendBinary(nil, "json"))
	b = appendOption(b, "w", appendInteger(nil, big.NewInt(n.Quorum)))
	sum := sha1.Sum(append(b, 'j')) //nolint:gosec // as above
	return hex.EncodeToString(sum[:])
}

func termOfName(name *string) []byte {
	if name == nil {
		return appendAtom(nil, "auto_name")
	}
	return appendBinary(nil, *name)
}

func appendOption(dst []byte, name string, value []byte) []byte {
	return append(appendAtom(append(dst, 'h', 2), name), value...)
}

func appendAtom(dst []byte, name string) []byte {
	dst = binary.BigEndian.AppendUint16(append(dst, 'd'), uint16(len(name))) //nolint:gosec // names of this file
	return append(dst, name...)
}

func appendBinary(dst []byte, s string) []byte {
	dst = binary.BigEndian.AppendUint32(append(dst, 'm'), uint32(len(s))) //nolint:gosec // a request's size at most
	return append(dst, s...)
}

// appendTerm appends a JSON value in Erlang's external term format, as
// CouchDB's JSON decoder makes terms: an object is a tuple of one list of
// pairs.
func appendTerm(dst, v []byte) []byte {
	switch v[0] {
	case 'n':
		return appendAtom(dst, "null")
	case 't':
		return appendAtom(dst, "true")
	case 'f':
		return appendAtom(dst, "false")
	case '"':
		return appendBinary(dst, rawjson.Text(v))
	case '[':
		return appendTermList(dst, list(v))
	case '{':
		all := object(v)
		dst = appendListHead(append(dst, 'h', 1), len(all))
		for _, m := range all {
			dst = appendTerm(appendBinary(append(dst, 'h', 2), m.name), m.value)
		}
		return append(dst, 'j')
	}
	if n, ok := new(big.Int).SetString(string(v), 10); ok {
		return appendInteger(dst, n)
	}
	return binary.BigEndian.AppendUint64(append(dst, 'F'), math.Float64bits(number(v)))
}

func appendListHead(dst []byte, n int) []byte {
	if n == 0 {
		return dst
	}
	return binary.BigEndian.AppendUint32(append(dst, 'l'), uint32(n)) //nolint:gosec // a request's size at most
}

// appendTermList appends a list. One of bytes is a string, to Erlang.
func appendTermList(dst []byte, values [][]byte) []byte {
	var chars []byte
	for _, v := range values {
		if n, ok := integer(v); ok && n >= 0 && n < 256 {
			chars = append(chars, byte(n))
		}
	}
	if len(chars) == len(values) && len(chars) > 0 && len(chars) < 1<<16 {
		dst = binary.BigEndian.AppendUint16(append(dst, 'k'), uint16(len(chars)))
		return append(dst, chars...)
	}
	dst = appendListHead(dst, len(values))
	for _, v := range values {
		dst = appendTerm(dst, v)
	}
	return append(dst, 'j')
}

func appendInteger(dst []byte, n *big.Int) []byte {
	if n.IsInt64() {
		switch i := n.Int64(); {
		case i >= 0 && i < 256:
			return append(dst, 'a', byte(i))
		case i >= math.MinInt32 && i <= math.MaxInt32:
			return binary.BigEndian.AppendUint32(append(dst, 'b'), uint32(i)) //nolint:gosec // two's complement
		}
	}
	digits := n.Bytes()
	slices.Reverse(digits)
	sign := byte(0)
	if n.Sign() < 0 {
		sign = 1
	}
	dst = append(dst, 'n', byte(len(digits)), sign)
	return append(dst, digits...)
}
