package thumb

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// classicTIFF returns a BigTIFF as a TIFF, which the decoder knows: its first
// directory is written again, behind all the rest, with numbers of 32 bits. Other
// bytes are returned as they are.
func classicTIFF(data []byte) []byte {
	if len(data) < 24 {
		return data
	}
	b := bigTIFF{data: data, order: binary.LittleEndian}
	if data[0] == 'M' {
		b.order = binary.BigEndian
	}
	if b.order.Uint16(data[2:]) != 43 {
		return data
	}
	at := b.order.Uint64(data[8:])
	if at > uint64(len(data)-8) {
		return data
	}
	n := b.order.Uint64(data[at:])
	const entry, most = 20, 2000
	if n > most || at+8+n*entry > uint64(len(data)) {
		return data
	}
	for e := range slices.Chunk(data[at+8:at+8+n*entry], entry) {
		b.entry(e)
	}
	return b.classic()
}

// bigTIFF rewrites a directory.
type bigTIFF struct {
	data    []byte
	order   byteOrder
	entries []byte // of 12 bytes
	values  []byte // which go behind the file
}

type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// entry takes in one entry of 20 bytes, if what it holds is in the file.
func (b *bigTIFF) entry(e []byte) {
	typ, count, inline := b.order.Uint16(e[2:]), b.order.Uint64(e[4:]), e[12:20]
	if int(typ) >= len(tiffSizes) || count > uint64(len(b.data)) {
		return
	}
	size, at := count*tiffSizes[typ], b.order.Uint64(inline)
	var value []byte
	switch {
	case size <= 8:
		value = inline[:size]
	case at > uint64(len(b.data)) || size > uint64(len(b.data))-at || len(b.values) > len(b.data):
		return
	case typ < 16: // it stays where it is
		value = b.order.AppendUint32(nil, uint32(at))
	default:
		value = b.data[at : at+size]
	}
	if typ >= 16 { // 64 bits become 32
		typ, value = 4, b.narrow(value)
	}
	b.entries = append(b.entries, e[:2]...)
	b.entries = b.order.AppendUint32(b.order.AppendUint16(b.entries, typ), uint32(count))
	if len(value) > 4 {
		b.entries = b.order.AppendUint32(b.entries, uint32(b.at(len(b.values))))
		b.values = append(b.values, value...)
		return
	}
	b.entries = append(append(b.entries, value...), make([]byte, 4-len(value))...)
}

// tiffSizes are the sizes of field types.
var tiffSizes = [19]uint64{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8}

// narrow makes numbers of 32 bits. No file that is drawn is as large as that.
func (b *bigTIFF) narrow(value []byte) (out []byte) {
	for v := range slices.Chunk(value, 8) {
		out = b.order.AppendUint32(out, uint32(min(b.order.Uint64(v), 1<<32-1)))
	}
	return out
}

// at is where the values lie, after so many bytes of them, in the new file.
func (b *bigTIFF) at(n int) int { return len(b.data) + len(b.data)%2 + n }

// classic puts the new file together.
func (b *bigTIFF) classic() []byte {
	out := append(bytes.Clone(b.data), make([]byte, len(b.data)%2)...)
	out = append(out, b.values...)
	out = append(out, make([]byte, len(out)%2)...)
	b.order.PutUint16(out[2:], 42)
	b.order.PutUint32(out[4:], uint32(len(out)))
	out = b.order.AppendUint16(out, uint16(len(b.entries)/12))
	return b.order.AppendUint32(append(out, b.entries...), 0)
}
