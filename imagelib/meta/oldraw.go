package meta

import (
	"bytes"
	"encoding/binary"
	"time"
)

// ciff reads a raw file of Canon's first digital cameras: a heap of values, whose
// directory stands at its end (Canon, CIFF specification 1.0 revision 4).
func (f *file) ciff() {
	if h := f.at(2, 4); len(h) == 4 {
		f.ciffHeap(le32(h), f.size, 0)
	}
	f.previewSize()
}

// Tags of CIFF, with the bits that say how the value is stored.
const (
	ciffJPEG   = 0x2007
	ciffThumb  = 0x2008
	ciffCamera = 0x080a // maker and model, each with a zero behind
	ciffTime   = 0x180e // seconds since 1970, by the clock of the place
	ciffImage  = 0x1810 // width, height, shape of a pixel, degrees with the clock

	ciffKind  = 0x3800 // of a value: that of a heap is one of two
	ciffInner = 0x4000 // the value stands in the directory
)

func (f *file) ciffHeap(from, to int64, depth int) {
	if to > f.size || to-from < 6 || depth > 4 {
		return
	}
	tail := f.at(to-4, 4)
	if len(tail) < 4 {
		return
	}
	at := from + le32(tail)
	count := f.at(at, 2)
	if at > to || len(count) < 2 {
		return
	}
	d := f.copyAt(at+2, 10*min(le16(count), maxEntries))
	for ; len(d) >= 10; d = d[10:] {
		tag, r := le16(d), Range{from + le32(d[6:]), le32(d[2:])}
		switch kind := tag & ciffKind; {
		case tag&ciffInner != 0 || r.Off > to || r.Len > to-r.Off:
		case kind == 0x2800 || kind == 0x3000:
			f.ciffHeap(r.Off, r.Off+r.Len, depth+1)
		default:
			f.ciffValue(tag, r)
		}
	}
}

func (f *file) ciffValue(tag int, r Range) {
	d := f.at(r.Off, int(min(r.Len, 256)))
	switch {
	case tag == ciffJPEG:
		f.offer(r)
	case tag == ciffThumb:
		f.Thumb = r
	case tag == ciffCamera:
		maker, rest, _ := bytes.Cut(d, []byte{0})
		model, _, _ := bytes.Cut(rest, []byte{0})
		setText(&f.make_, cleanText(string(maker)))
		setText(&f.model, cleanText(string(model)))
	case tag == ciffTime && len(d) >= 4 && le32(d) != 0:
		setText(&f.exif.original, time.Unix(le32(d), 0).UTC().Format("2006:01:02 15:04:05"))
	case tag == ciffImage && len(d) >= 16:
		f.Width, f.Height = clampSize(le32(d)), clampSize(le32(d[4:]))
		f.exifOrientation = turned(le32(d[12:]))
	}
}

// turned is the orientation of so many degrees with the clock.
func turned(degrees int64) int { return map[int64]int{0: 1, 90: 6, 180: 3, 270: 8}[degrees] }

// foveon reads a raw file of Sigma: its pictures by the directory at its end (as
// exiftool's SigmaRaw.pm reads it).
func (f *file) foveon() {
	h, tail := f.copyAt(0, 40), f.at(f.size-4, 4)
	if len(h) < 40 || len(tail) < 4 {
		return
	}
	at := le32(tail)
	d := f.copyAt(at, 12)
	if len(d) < 12 || string(d[:4]) != "SECd" {
		return
	}
	d = f.copyAt(at+12, 12*int(min(le32(d[8:]), maxEntries)))
	for ; len(d) >= 12; d = d[12:] {
		r := Range{le32(d), le32(d[4:])}
		const head = 28
		if s := f.at(r.Off, 16); len(s) == 16 && string(s[:4]) == "SECi" && binary.LittleEndian.Uint32(s[12:]) == 18 {
			f.offer(Range{r.Off + head, r.Len - head})
		}
	}
	if f.Preview.Len > 0 { // what newer cameras write is in it
		f.jpeg(f.Preview.Off)
	}
	f.Layout = Layout{}
	f.Width, f.Height = clampSize(le32(h[28:])), clampSize(le32(h[32:]))
	if f.exifOrientation == 0 {
		f.exifOrientation = turned(le32(h[36:]))
	}
	f.previewSize()
}
