package testphoto

import (
	"encoding/binary"
	"slices"
	"time"
)

// heap makes a heap of CIFF: values, and the directory of their tags behind them
// (Canon, CIFF specification 1.0 revision 4).
func heap(tags []uint16, values ...[]byte) []byte {
	le := binary.LittleEndian
	var data []byte
	entries := le.AppendUint16(nil, uint16(len(tags)))
	for i, v := range values {
		entries = le.AppendUint16(entries, tags[i])
		entries = le.AppendUint32(le.AppendUint32(entries, uint32(len(v))), uint32(len(data)))
		data = append(data, v...)
	}
	return le.AppendUint32(append(slices.Clone(data), entries...), uint32(len(data)))
}

// degrees are those with the clock that an orientation stands for.
func degrees(orientation int) uint32 { return map[int]uint32{3: 180, 6: 90, 8: 270}[orientation] }

func (w *rawWriter) crw() []byte {
	le := binary.LittleEndian
	info := le.AppendUint32(le.AppendUint32(nil, uint32(w.width)), uint32(w.height))
	info = le.AppendUint32(le.AppendUint32(info, 0x3f800000), degrees(w.EXIF.Orientation)) // pixels are square
	info = append(info, make([]byte, 12)...)
	taken, err := time.Parse("2006:01:02 15:04:05", w.EXIF.Date)
	if err != nil {
		panic(err) // a test asked for no date
	}
	clock := append(le.AppendUint32(nil, uint32(taken.Unix())), make([]byte, 8)...)
	camera := []byte(w.EXIF.Make + "\x00" + w.EXIF.Model + "\x00")
	properties := heap([]uint16{0x1810, 0x180e, 0x2807}, info, clock, heap([]uint16{0x080a}, camera))
	head := append([]byte("II\x1a\x00\x00\x00HEAPCCDR"), make([]byte, 12)...)
	return append(head, heap([]uint16{0x2005, 0x2007, 0x2008, 0x300a}, sensor, w.large, w.small, properties)...)
}

// x3f makes sections as exiftool's SigmaRaw.pm reads them.
func (w *rawWriter) x3f() []byte {
	le := binary.LittleEndian
	words := func(vs ...uint32) (b []byte) {
		for _, v := range vs {
			b = le.AppendUint32(b, v)
		}
		return b
	}
	width, height := uint32(w.width), uint32(w.height)
	out := slices.Concat([]byte("FOVb"), words(0x20002), make([]byte, 16), words(0, width, height, 0), make([]byte, 32))
	section := slices.Concat([]byte("SECi"), words(0x20000, 2, 18, width, height, 0), JPEG(w.Picture, w.EXIF))
	at := uint32(len(out))
	out = append(out, section...)
	directory := uint32(len(out))
	return slices.Concat(out, []byte("SECd"), words(0x20000, 1, at, uint32(len(section))), []byte("IMA2"), words(directory))
}
