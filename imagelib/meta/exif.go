package meta

import (
	"encoding/binary"
	"math"
	"strings"
)

// Bounds on one EXIF block. Real ones have a few directories of tens of tags.
const (
	maxDirectories = 24
	maxEntries     = 2000
	maxCount       = 1 << 20
	maxValue       = 64 << 10
	maxText        = 4 << 10
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
)

// typeSizes are the sizes of TIFF field types 1 to 13 (TIFF 6.0, section 2).
var typeSizes = [14]int64{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4}

// tiffReader walks the directories of one TIFF structure.
type tiffReader struct {
	f         *file
	base, end int64
	order     binary.ByteOrder
	queue     []ifdJob
	seen      map[int64]bool
	gps       gpsFields
	found     bool
	pictures  []picture
	resources Range // of Photoshop
}

type ifdJob struct {
	off  int64
	kind ifdKind
}

// picture is what a directory says of the picture it describes.
type picture struct {
	kind                             ifdKind
	width, height                    int64
	subfile, compression             int64
	bits, samples                    int64
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
	return t.found
}

// tiffFile reads a file that is TIFF as a whole, and tells raw files by it.
func (f *file) tiffFile() {
	if f.Kind == KindUnsupported {
		return // BigTIFF
	}
	h := f.at(0, 8)
	if len(h) < 8 {
		return
	}
	t := tiffReader{f: f, end: f.size, order: binary.LittleEndian}
	if h[0] == 'M' {
		t.order = binary.BigEndian
	}
	t.walk(h, ifdMain)
	t.kindOfFile()
	f.resources(t.resources.Off, t.resources.Len)
	for _, p := range t.pictures {
		t.jpegIn(p)
		if f.Kind == KindRAW && p.width*p.height > int64(f.Width)*int64(f.Height) {
			f.Width, f.Height = int(p.width), int(p.height)
		}
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
	reduced := first.subfile&1 == 1
	switch mk := strings.ToUpper(f.make_); {
	case f.Kind == KindRAW:
	case f.isDNG:
		f.Kind, f.Type = KindRAW, typeDNG
	case strings.HasPrefix(mk, "NIKON") && (reduced || first.compression == 34713):
		f.Kind, f.Type = KindRAW, typeNEF
	case strings.HasPrefix(mk, "SONY") && (reduced || first.compression == 32767 || first.compression == 6):
		f.Kind, f.Type = KindRAW, typeARW
	case (strings.HasPrefix(mk, "PENTAX") || strings.HasPrefix(mk, "RICOH")) && (reduced || first.compression >= 32767 && first.compression != 32773):
		f.Kind, f.Type = KindRAW, typePEF
	}
	f.Width, f.Height = clampSize(first.width), clampSize(first.height)
	f.Layout = Layout{Bits: int(max(first.bits, 1)), Components: int(max(first.samples, 1))}
}

func clampSize(n int64) int { return int(min(max(n, 0), math.MaxInt32)) }

// walk reads the directories that the header h leads to, the first as kind.
func (t *tiffReader) walk(h []byte, kind ifdKind) {
	t.seen = make(map[int64]bool)
	t.push(int64(t.order.Uint32(h[4:])), kind)
	for i := 0; i < len(t.queue); i++ {
		t.directory(t.queue[i])
	}
	t.finishGPS()
}

func (t *tiffReader) push(off int64, kind ifdKind) {
	if off < 8 || t.seen[off] || len(t.queue) >= maxDirectories {
		return
	}
	t.seen[off] = true
	t.queue = append(t.queue, ifdJob{off, kind})
}

// directory reads one image file directory (TIFF 6.0, section 2).
func (t *tiffReader) directory(job ifdJob) {
	head := t.f.at(t.base+job.off, 2)
	if len(head) < 2 {
		return
	}
	n := int(t.order.Uint16(head))
	if n == 0 || n > maxEntries {
		return
	}
	d := t.f.copyAt(t.base+job.off+2, n*12+4)
	p := picture{kind: job.kind}
	for k := 0; k+12 <= len(d) && k < n*12; k += 12 {
		t.entry(d[k:k+12], &p)
	}
	if job.kind == ifdMain || job.kind == ifdThumb || job.kind == ifdSub {
		t.pictures = append(t.pictures, p)
	}
	if job.kind == ifdMain && len(d) >= n*12+4 {
		t.push(int64(t.order.Uint32(d[n*12:])), ifdThumb)
	}
}

// entry reads one entry of a directory, if its tag is one that is wanted.
func (t *tiffReader) entry(e []byte, p *picture) {
	v := value{order: t.order, typ: t.order.Uint16(e[2:]), count: int64(t.order.Uint32(e[4:]))}
	take := tagsOf[p.kind][t.order.Uint16(e)]
	if take == nil || v.typ == 0 || int(v.typ) >= len(typeSizes) || v.count > maxCount {
		return
	}
	v.off = t.base + int64(t.order.Uint32(e[8:]))
	switch size := v.count * typeSizes[v.typ]; {
	case size <= 4:
		v.data = e[8 : 8+size]
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

// jpegIn keeps where a directory's JPEG lies: the small one of an ordinary
// file, the largest one of a raw file.
func (t *tiffReader) jpegIn(p picture) {
	r := Range{t.base + p.jpegO, p.jpegL}
	if p.jpegL == 0 && (p.compression == 6 || p.compression == 7) {
		r = Range{t.base + p.stripOff, p.stripLen}
	}
	if r.Len == 0 || r.Off <= t.base {
		return
	}
	if p.kind == ifdThumb && p.compression != 7 {
		t.f.Thumb = r
	}
	if t.f.Kind == KindRAW && r.Len > t.f.Preview.Len && t.f.isJPEG(r.Off) {
		t.f.Preview = r
	}
}

// isJPEG looks for the start of a lossy JPEG: sensor data is lossless.
func (f *file) isJPEG(off int64) bool {
	b := f.at(off, 4096)
	if len(b) < 4 || b[0] != 0xff || b[1] != 0xd8 || b[2] != 0xff {
		return false
	}
	for p := 2; p+4 <= len(b) && b[p] == 0xff; p += 2 + be16(b[p+2:]) {
		if isFrame(b[p+1]) {
			return b[p+1] != 0xc3
		}
	}
	return true
}
