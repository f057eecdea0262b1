package meta

import (
	"encoding/binary"
	"image"
	"math"
	"slices"
	"strings"
)

// Bounds on one EXIF block. Real ones have a few directories of tens of tags.
const (
	maxDirectories = 24
	maxEntries     = 2000
	maxCount       = 1 << 20
	maxValue       = 64 << 10
	maxText        = 4 << 10
	magicBig       = 43 // of BigTIFF, in place of 42
	photometricCFA = 32803
)

// A directory's tags mean different things by what pointed to it.
type ifdKind uint8

const (
	ifdMain    ifdKind = iota // the picture, and its maker
	ifdEXIF                   // how it was taken
	ifdGPS                    // where
	ifdThumb                  // a small JPEG
	ifdSub                    // another picture of a raw file
	ifdInterop                // which rules it keeps to
	ifdNikon                  // makers' notes
	ifdOlympus
	ifdOlympusCamera
	ifdPentax
)

// typeSizes are the sizes of TIFF field types 1 to 13 (TIFF 6.0, section 2), and
// of the 64-bit ones of BigTIFF, 16 to 18.
var typeSizes = [19]int64{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8}

// tiffReader walks the directories of one TIFF structure.
type tiffReader struct {
	f         *file
	base, end int64
	order     binary.ByteOrder
	big       bool // BigTIFF: counts and offsets have 64 bits
	queue     []ifdJob
	seen      map[int64]bool
	gps       gpsFields
	found     bool
	pictures  []picture
	resources Range // of Photoshop
	notes     Range // of the maker
}

type ifdJob struct {
	off  int64
	kind ifdKind
}

// picture is what a directory says of the picture it describes.
type picture struct {
	kind                             ifdKind
	width, height                    int64
	left, top, right, bottom         int64 // of Panasonic's sensor
	subfile, compression             int64
	bits, samples, photometric       int64
	stripOff, stripLen, jpegO, jpegL int64
}

type gpsFields struct {
	latRef, lonRef string
	lat, lon       float64
	hasLat, hasLon bool
}

// tiff reads the TIFF structure of n bytes at base, as kind for the first
// directory, and reports whether it held anything.
func (f *file) tiff(base, n int64, kind ifdKind) bool {
	h := f.at(base, 8)
	if len(h) < 8 || n < 8 {
		return false
	}
	t := tiffReader{f: f, base: base, end: min(base+n, f.size)}
	switch string(h[:2]) {
	case "II":
		t.order = binary.LittleEndian
	case "MM":
		t.order = binary.BigEndian
	default:
		return false
	}
	t.walk(h, kind)
	for _, p := range t.pictures {
		t.jpegIn(p)
	}
	if f.Type == typeCR3 && kind == ifdMain && len(t.pictures) > 0 {
		f.Width, f.Height = clampSize(t.pictures[0].width), clampSize(t.pictures[0].height)
	}
	return t.found
}

// tiffFile reads a file that is TIFF as a whole, and tells raw files by it.
func (f *file) tiffFile() {
	h := f.copyAt(0, 16)
	if len(h) < 8 {
		return
	}
	t := tiffReader{f: f, end: f.size, order: binary.LittleEndian}
	if h[0] == 'M' {
		t.order = binary.BigEndian
	}
	t.big = t.order.Uint16(h[2:]) == magicBig
	t.walk(h, ifdMain)
	t.kindOfFile()
	f.resources(t.resources.Off, t.resources.Len)
	for _, p := range t.pictures {
		t.jpegIn(p)
		if f.Kind == KindRAW && p.width*p.height > int64(f.Width)*int64(f.Height) {
			f.Width, f.Height = clampSize(p.width), clampSize(p.height)
		}
	}
	if f.Kind == KindRAW {
		t.makerNotes()
		f.previewSize()
	}
}

// kindOfFile tells a maker's raw file from an ordinary TIFF, and takes the size
// and layout of the first picture, which is the one decoded.
func (t *tiffReader) kindOfFile() {
	f := t.f
	if len(t.pictures) == 0 {
		return
	}
	first := t.pictures[0]
	if f.Type == typeRW2 {
		first.width, first.height = first.right-first.left, first.bottom-first.top
	}
	reduced := first.subfile&1 == 1
	switch mk := strings.ToUpper(f.make_); {
	case f.Kind == KindRAW:
	case f.isDNG:
		f.Kind, f.Type = KindRAW, typeDNG
	case strings.HasPrefix(mk, "NIKON") && (reduced || first.compression == 34713 || first.compression == 6):
		f.Kind, f.Type = KindRAW, typeNEF
	case strings.HasPrefix(mk, "SONY") && (reduced || first.compression == 32767 || first.compression == 6):
		f.Kind, f.Type = KindRAW, typeARW
	case (strings.HasPrefix(mk, "PENTAX") || strings.HasPrefix(mk, "RICOH")) && (reduced || first.compression >= 32767 && first.compression != 32773):
		f.Kind, f.Type = KindRAW, typePEF
	case slices.ContainsFunc(t.pictures, func(p picture) bool { return p.photometric == photometricCFA }):
		f.Kind, f.Type = KindRAW, typeRAW
	}
	f.Width, f.Height = clampSize(first.width), clampSize(first.height)
	f.Layout = Layout{Bits: int(max(first.bits, 1)), Components: int(max(first.samples, 1))}
	if f.Kind == KindRAW && first.photometric == 2 && first.compression == 1 && first.bits == 8 && first.samples == 3 {
		f.Plain = image.Pt(f.Width, f.Height)
	}
}

func clampSize(n int64) int { return int(min(max(n, 0), math.MaxInt32)) }

// walk reads the directories that the header h leads to, the first as kind.
func (t *tiffReader) walk(h []byte, kind ifdKind) {
	t.seen = make(map[int64]bool)
	switch {
	case !t.big:
		t.push(int64(t.order.Uint32(h[4:])), kind)
	case len(h) >= 16:
		t.push(int64(t.order.Uint64(h[8:])), kind)
	}
	t.follow()
	t.finishGPS()
}

// follow reads the directories that wait.
func (t *tiffReader) follow() {
	for i := 0; i < len(t.queue); i++ {
		t.directory(t.queue[i])
	}
}

func (t *tiffReader) push(off int64, kind ifdKind) {
	if off < 8 || t.seen[off] || len(t.queue) >= maxDirectories {
		return
	}
	t.seen[off] = true
	t.queue = append(t.queue, ifdJob{off, kind})
}

// directory reads one image file directory (TIFF 6.0, section 2; of BigTIFF its
// numbers are larger).
func (t *tiffReader) directory(job ifdJob) {
	head, entry, pointer := 2, 12, 4
	if t.big {
		head, entry, pointer = 8, 20, 8
	}
	h := t.f.at(t.base+job.off, head)
	if len(h) < head {
		return
	}
	n := uint64(t.order.Uint16(h))
	if t.big {
		n = t.order.Uint64(h)
	}
	if n == 0 || n > maxEntries {
		return
	}
	d := t.f.copyAt(t.base+job.off+int64(head), int(n)*entry+pointer)
	p := picture{kind: job.kind}
	for range n {
		if len(d) < entry {
			break
		}
		t.entry(d[:entry], &p)
		d = d[entry:]
	}
	if isPicture[job.kind] {
		t.pictures = append(t.pictures, p)
	}
	if next, ok := nextKind[job.kind]; ok && len(d) >= pointer {
		t.push(t.offset(d), next)
	}
}

// isPicture are the directories that describe a picture; nextKind is what the
// next directory of a chain is: in raw files the third may hold the largest JPEG.
var (
	isPicture = map[ifdKind]bool{
		ifdMain: true, ifdThumb: true, ifdSub: true,
		ifdOlympus: true, ifdOlympusCamera: true, ifdPentax: true,
	}
	nextKind = map[ifdKind]ifdKind{ifdMain: ifdThumb, ifdThumb: ifdSub}
)

// offset reads an offset from the beginning of b.
func (t *tiffReader) offset(b []byte) int64 {
	if t.big {
		return int64(t.order.Uint64(b))
	}
	return int64(t.order.Uint32(b))
}

// entry reads one entry of a directory, if its tag is one that is wanted.
func (t *tiffReader) entry(e []byte, p *picture) {
	tag := t.order.Uint16(e)
	v := value{order: t.order, typ: t.order.Uint16(e[2:]), count: t.offset(e[4:])}
	take := tagsOf[p.kind][tag]
	if take == nil || int(v.typ) >= len(typeSizes) || typeSizes[v.typ] == 0 || v.count < 0 || v.count > maxCount && tag != tagPanasonicJPEG {
		return
	}
	inline := e[8:]
	if t.big {
		inline = e[12:]
	}
	v.off = t.base + t.offset(inline)
	switch size := v.count * typeSizes[v.typ]; {
	case v.count > maxCount:
	case tag == tagMakerNote: // often large, and little of it is of use
	case size <= int64(len(inline)):
		v.data = inline[:size]
	case size <= maxValue && v.off < t.end:
		v.data = t.f.at(v.off, int(min(size, t.end-v.off)))
	}
	t.found = true
	take(t, v, p)
}

// finishGPS keeps a place that can be one.
func (t *tiffReader) finishGPS() {
	g := t.gps
	if !g.hasLat || !g.hasLon {
		return
	}
	if strings.HasPrefix(strings.ToUpper(g.latRef), "S") {
		g.lat = -g.lat
	}
	if strings.HasPrefix(strings.ToUpper(g.lonRef), "W") {
		g.lon = -g.lon
	}
	if place := newGPS(g.lat, g.lon); place != nil {
		t.f.GPS = place
	}
}
