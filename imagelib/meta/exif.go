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
	ifdMain  ifdKind = iota // the picture, and its maker
	ifdEXIF                 // how it was taken
	ifdGPS                  // where
	ifdThumb                // a small JPEG
	ifdSub                  // another picture of a raw file
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
	t := tiffReader{f: f, base: base, end: min(base+n, f.size), seen: map[int64]bool{}}
	switch string(h[:2]) {
	case "II":
		t.order = binary.LittleEndian
	case "MM":
		t.order = binary.BigEndian
	default:
		return false
	}
	t.push(int64(t.order.Uint32(h[4:])), kind)
	for i := 0; i < len(t.queue); i++ {
		t.directory(t.queue[i])
	}
	t.finishGPS()
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
	t := tiffReader{f: f, end: f.size, seen: map[int64]bool{}, order: binary.LittleEndian}
	if h[0] == 'M' {
		t.order = binary.BigEndian
	}
	t.push(int64(t.order.Uint32(h[4:])), ifdMain)
	for i := 0; i < len(t.queue); i++ {
		t.directory(t.queue[i])
	}
	t.finishGPS()
	t.kindOfFile()
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
		t.entry(job.kind, d[k:k+12], &p)
	}
	if job.kind == ifdMain || job.kind == ifdThumb || job.kind == ifdSub {
		t.pictures = append(t.pictures, p)
	}
	if job.kind == ifdMain && len(d) >= n*12+4 {
		t.push(int64(t.order.Uint32(d[n*12:])), ifdThumb)
	}
}

func (t *tiffReader) entry(kind ifdKind, e []byte, p *picture) {
	v := value{order: t.order, typ: t.order.Uint16(e[2:]), count: int64(t.order.Uint32(e[4:]))}
	tag := t.order.Uint16(e)
	if v.typ == 0 || int(v.typ) >= len(typeSizes) || v.count > maxCount || !wanted(kind, tag) {
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
	switch kind {
	case ifdGPS:
		t.gpsTag(tag, v)
	case ifdThumb, ifdSub:
		t.pictureTag(tag, v, p)
	case ifdMain, ifdEXIF:
		t.pictureTag(tag, v, p)
		t.mainTag(kind, tag, v)
		t.shotTag(tag, v)
	}
}

// wanted reports whether a tag is read at all: the others are not followed.
func wanted(kind ifdKind, tag uint16) bool {
	switch kind {
	case ifdGPS:
		return tag >= 1 && tag <= 4
	case ifdThumb, ifdSub:
		return tag >= 0xfe && tag <= 0x117 || tag == 0x201 || tag == 0x202
	}
	switch tag {
	case 0xfe, 0x100, 0x101, 0x102, 0x103, 0x10e, 0x10f, 0x110, 0x111, 0x112, 0x115, 0x117, 0x132, 0x14a,
		0x201, 0x202, 0x2bc, 0x4746, 0x2e, 0x8769, 0x8825, 0xc612,
		0x829a, 0x829d, 0x8827, 0x9003, 0x9004, 0x9010, 0x9011, 0x9012, 0x920a, 0xa405, 0xa434:
		return true
	}
	return false
}

func (t *tiffReader) pictureTag(tag uint16, v value, p *picture) {
	switch tag {
	case 0xfe:
		p.subfile = v.uint(0)
	case 0x100:
		p.width = v.uint(0)
	case 0x101:
		p.height = v.uint(0)
	case 0x102:
		p.bits = v.uint(0)
	case 0x103:
		p.compression = v.uint(0)
	case 0x115:
		p.samples = v.uint(0)
	case 0x111:
		p.stripOff = v.uint(0)
	case 0x117:
		p.stripLen = v.uint(0)
	case 0x201:
		p.jpegO = v.uint(0)
	case 0x202:
		p.jpegL = v.uint(0)
	}
}

func (t *tiffReader) mainTag(kind ifdKind, tag uint16, v value) {
	f := t.f
	switch tag {
	case 0x10e:
		setText(&f.Caption, caption(v.text()))
	case 0x10f:
		setText(&f.make_, v.text())
	case 0x110:
		setText(&f.model, v.text())
	case 0x112:
		if kind == ifdMain && f.exifOrientation == 0 {
			f.exifOrientation = int(v.uint(0))
		}
	case 0x132:
		setText(&f.exif.modified, v.text())
	case 0x2bc:
		f.readXMP(v.data)
	case 0x4746:
		if n := v.uint(0); n <= 5 {
			f.Rating = int(n)
		}
	case 0x2e: // Panasonic keeps its preview in one tag
		f.Preview = Range{v.off, v.count}
	case 0xc612:
		f.isDNG = true
	case 0x8769:
		t.push(v.uint(0), ifdEXIF)
	case 0x8825:
		t.push(v.uint(0), ifdGPS)
	case 0x14a:
		for i := range min(v.count, 6) {
			t.push(v.uint(int(i)), ifdSub)
		}
	}
}

func (t *tiffReader) shotTag(tag uint16, v value) {
	f := t.f
	switch tag {
	case 0x9003:
		setText(&f.exif.original, v.text())
	case 0x9004:
		setText(&f.exif.digitized, v.text())
	case 0x9010:
		setText(&f.exif.writeOffset, v.text())
	case 0x9011:
		setText(&f.exif.originalOffset, v.text())
	case 0x9012:
		setText(&f.exif.digitizedOffset, v.text())
	case 0xa434:
		setText(&f.Lens, v.text())
	case 0x829a:
		f.Exposure.Time = v.positive(0, 86400)
	case 0x829d:
		f.Exposure.FNumber = v.positive(0, 1000)
	case 0x920a:
		f.Exposure.Focal = v.positive(0, 100_000)
	case 0x8827:
		f.Exposure.ISO = int(min(v.uint(0), 1<<30))
	case 0xa405:
		f.Exposure.Focal35 = int(min(v.uint(0), 100_000))
	}
}

func (t *tiffReader) gpsTag(tag uint16, v value) {
	switch tag {
	case 1:
		t.gps.latRef = v.text()
	case 2:
		t.gps.lat, t.gps.hasLat = v.degrees()
	case 3:
		t.gps.lonRef = v.text()
	case 4:
		t.gps.lon, t.gps.hasLon = v.degrees()
	}
}

// finishGPS keeps a place that can be one. Zero north, zero east is what
// receivers without a fix write.
func (t *tiffReader) finishGPS() {
	g := t.gps
	if !g.hasLat || !g.hasLon || g.lat > 90 || g.lon > 180 || g.lat == 0 && g.lon == 0 {
		return
	}
	if strings.HasPrefix(strings.ToUpper(g.latRef), "S") {
		g.lat = -g.lat
	}
	if strings.HasPrefix(strings.ToUpper(g.lonRef), "W") {
		g.lon = -g.lon
	}
	t.f.GPS = &GPS{Lat: g.lat, Lon: g.lon}
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
