package scaledjpeg

import "encoding/binary"

// bitReader reads the bits of a scan. What lies behind its end reads as zeros.
type bitReader struct {
	acc   uint64 // the next bits, the first in the highest place
	n     uint   // of them
	pos   int    // of the next byte
	ended bool   // a marker, or the end of the data, is at pos
	over  int    // bytes that were made up behind the end
}

// refill makes at least 57 bits ready.
func (r *bitReader) refill(data []byte) {
	if r.pos+8 <= len(data) {
		next := binary.BigEndian.Uint64(data[r.pos:])
		if inv := ^next; (inv-0x0101010101010101)&^inv&0x8080808080808080 == 0 { // no byte is 0xff
			r.acc |= next >> r.n
			r.pos += int((63 - r.n) >> 3)
			r.n |= 56
			return
		}
	}
	for r.n <= 56 {
		b := byte(0)
		switch {
		case r.ended || r.pos >= len(data):
			r.ended = true
			r.over++
		case data[r.pos] != 0xff:
			b = data[r.pos]
			r.pos++
		case r.pos+1 < len(data) && data[r.pos+1] == 0: // a byte that was stuffed
			b = 0xff
			r.pos += 2
		default:
			r.ended = true
			r.over++
		}
		r.acc |= uint64(b) << (56 - r.n)
		r.n += 8
	}
}

// overrun says whether bits were read that are not there.
func (r *bitReader) overrun() bool { return r.over*8 > int(r.n) }

// restart begins anew behind the next restart marker, and reports whether there
// is one before the end of the picture.
func (r *bitReader) restart(data []byte) bool {
	for p := r.pos; p+1 < len(data); p++ {
		if data[p] != 0xff || data[p+1] == 0 || data[p+1] == 0xff {
			continue
		}
		if m := data[p+1]; m < 0xd0 || m > 0xd7 {
			return false
		}
		*r = bitReader{pos: p + 2}
		return true
	}
	return false
}
