// Package packed reads numbers and bytes that were written one behind the other,
// the numbers as varints of encoding/binary.
package packed

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
)

// Unzip unpacks what is in the program, of which it reads at most so many bytes.
func Unzip(zipped []byte, most int64) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(z, most))
}

// Reader takes bytes apart. After damage, everything is zero.
type Reader struct {
	Rest []byte // what was not read yet
	Bad  bool   // there was damage
}

// Take returns the next n bytes.
func (r *Reader) Take(n uint64) []byte {
	if r.Bad || n > uint64(len(r.Rest)) {
		r.Bad = true
		return nil
	}
	b := r.Rest[:n]
	r.Rest = r.Rest[n:]
	return b
}

// Uvarint reads a number.
func (r *Reader) Uvarint() uint64 {
	v, n := binary.Uvarint(r.Rest)
	if n <= 0 || r.Bad {
		r.Bad = true
		return 0
	}
	r.Rest = r.Rest[n:]
	return v
}

// Varint reads a number that may be negative.
func (r *Reader) Varint() int64 {
	v, n := binary.Varint(r.Rest)
	if n <= 0 || r.Bad {
		r.Bad = true
		return 0
	}
	r.Rest = r.Rest[n:]
	return v
}

// Count reads how many things of at least size bytes each follow.
func (r *Reader) Count(size int) int {
	n := r.Uvarint()
	if n > uint64(len(r.Rest)/size) {
		r.Bad = true
	}
	if r.Bad {
		return 0
	}
	return int(n)
}

// Text reads bytes that their number stands before.
func (r *Reader) Text() []byte { return r.Take(r.Uvarint()) }
