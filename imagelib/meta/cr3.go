package meta

import (
	"bytes"
	"encoding/binary"
)

// Marks of the boxes of a CR3 file that hold its EXIF blocks and a preview (as
// Laurent Clévy's canon_cr3 describes them).
const (
	canonID   = "\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48"
	previewID = "\xea\xf4\x2b\x5e\x1c\x98\x4b\x88\xb9\xfb\xb7\xdc\x40\x6e\x4d\x16"
)

// canon reads the moov box of a CR3 file: EXIF, one block a directory, the
// thumbnail, and the tracks, of which one is a JPEG of the full size.
func (f *file) canon(moov box) {
	kinds := map[string]ifdKind{"CMT1": ifdMain, "CMT2": ifdEXIF, "CMT4": ifdGPS}
	f.eachBox(moov.off, moov.end(), func(b box) bool {
		switch {
		case b.typ == "trak":
			var r Range
			f.samples(b, 0, &r)
			f.offer(r)
		case b.typ == "uuid" && string(f.at(b.off, 16)) == canonID:
			f.eachBox(b.off+16, b.end(), func(c box) bool {
				if kind, ok := kinds[c.typ]; ok {
					f.tiff(c.off, c.n, kind)
				}
				if c.typ == "THMB" {
					f.Thumb = f.jpegOf(c)
					f.offer(f.Thumb)
				}
				return true
			})
		}
		return true
	})
}

// samples finds the first sample of a track (ISO/IEC 14496-12, 8.7).
func (f *file) samples(in box, depth int, r *Range) {
	f.eachBox(in.off, in.end(), func(b box) bool {
		d := f.at(b.off, 16)
		switch {
		case (b.typ == "mdia" || b.typ == "minf" || b.typ == "stbl") && depth < 3:
			f.samples(b, depth+1, r)
		case b.typ == "stsz" && len(d) >= 12:
			if r.Len = be32(d[4:]); r.Len == 0 && len(d) == 16 { // each has its own
				r.Len = be32(d[12:])
			}
		case b.typ == "co64" && len(d) == 16:
			r.Off = int64(binary.BigEndian.Uint64(d[8:]))
		case b.typ == "stco" && len(d) >= 12:
			r.Off = be32(d[8:])
		}
		return true
	})
}

// canonPreview finds the JPEG of middle size in a CR3 file.
func (f *file) canonPreview(b box) {
	if f.Type != typeCR3 || string(f.at(b.off, 16)) != previewID {
		return
	}
	f.eachBox(b.off+24, b.end(), func(c box) bool {
		if c.typ == "PRVW" {
			f.offer(f.jpegOf(c))
		}
		return true
	})
}

// jpegOf returns the JPEG in a box, behind a short header of its own.
func (f *file) jpegOf(b box) Range {
	i := bytes.Index(f.at(b.off, int(min(b.n, 32))), []byte{0xff, 0xd8, 0xff})
	if i < 0 {
		return Range{}
	}
	return Range{b.off + int64(i), b.n - int64(i)}
}
