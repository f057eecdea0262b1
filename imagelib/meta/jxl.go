package meta

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sync"

	"github.com/gen2brain/jxl"
)

// maxBrotli bounds packed metadata, in bytes. It may unpack to 64 MiB: so that is
// done for one file at a time.
const maxBrotli = 256 << 10

var unpacking sync.Mutex

// packedBox reads EXIF or XMP that is packed with Brotli, by the decoder of JPEG XL
// (ISO/IEC 18181-2, 9.4): it is given a file in which nothing else is.
func (f *file) packedBox(b box) {
	typ := string(f.at(b.off, 4))
	if f.Type != "image/jxl" || b.n > maxBrotli || typ != "Exif" && typ != "xml " {
		return
	}
	if f.brotli++; f.brotli > 2 { // one of each
		return
	}
	unpacking.Lock()
	defer unpacking.Unlock()
	defer func() { _ = recover() }() // who panics has met damage
	alone := bytes.NewReader(slices.Concat(
		[]byte("\x00\x00\x00\x0cJXL \r\n\x87\n\x00\x00\x00\x14ftypjxl \x00\x00\x00\x00jxl \x00\x00\x00\x08jxlc"),
		binary.BigEndian.AppendUint32(nil, uint32(8+b.n)), []byte("brob"), f.at(b.off, int(b.n))))
	if typ == "xml " {
		if packet, err := jxl.RawXMP(alone); err == nil {
			f.readXMP(packet)
		}
		return
	}
	if exif, err := jxl.RawExif(alone); err == nil {
		f.aside(exif, func() { f.tiff(0, int64(len(exif)), ifdMain) })
	}
}

// jxl reads the beginning of a JPEG XL codestream: its size and how it is turned
// (ISO/IEC 18181-1, D.2 and D.3).
func (f *file) jxl(off int64) {
	r := lowBits{d: f.at(off, 32)}
	if r.uint(16) != 0x0aff {
		return
	}
	small := r.uint(1) == 1
	side := func() int {
		if small {
			return int(r.uint(5)+1) * 8
		}
		return int(r.uint([4]int{9, 13, 18, 30}[r.uint(2)])) + 1
	}
	h := side()
	w := 0
	if ratio := r.uint(3); ratio == 0 {
		w = side()
	} else {
		n := [8]int{1: 1, 2: 12, 3: 4, 4: 3, 5: 16, 6: 5, 7: 2}
		d := [8]int{1: 1, 2: 10, 3: 3, 4: 2, 5: 9, 6: 4, 7: 1}
		w = h * n[ratio] / d[ratio]
	}
	orientation := 1
	if r.uint(1) == 0 && r.uint(1) == 1 { // not all as usual, and more fields
		orientation = int(r.uint(3)) + 1
	}
	if r.bad {
		return
	}
	f.Width, f.Height, f.itemOrientation = w, h, orientation
}

// lowBits reads numbers of which the lowest bit comes first.
type lowBits struct {
	d   []byte
	p   int // bits read
	bad bool
}

func (r *lowBits) uint(n int) (x uint32) {
	if r.p+n > 8*len(r.d) {
		r.bad = true
		return 0
	}
	for i := range n {
		x |= uint32(r.d[(r.p+i)/8]>>((r.p+i)%8)&1) << i
	}
	r.p += n
	return x
}
