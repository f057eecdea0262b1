package testphoto

import (
	"encoding/binary"
	"image"
	"slices"
)

// RAW is how a camera's raw file is put together. In place of what a sensor saw
// it has a few bytes: only the JPEGs inside are pictures.
type RAW struct {
	Kind    string // one of [RAWKinds], or "dng of a phone", which has no JPEG inside
	EXIF    EXIF
	Picture *image.RGBA // as it is stored
}

// RAWKinds are the kinds of raw files that can be made. Of orf and pef there are
// two, which differ in where the large picture is.
func RAWKinds() []string {
	return []string{"dng", "cr2", "cr3", "crw", "nef", "arw", "raf", "rw2", "orf", "orf of before 2004", "pef", "pef of before 2007", "srw", "x3f"}
}

// Maker is whose cameras write a kind of raw file.
func Maker(kind string) string {
	return map[string]string{
		"dng": "Leica", "cr2": "Canon", "cr3": "Canon", "nef": "Nikon", "arw": "Sony", "raf": "Fujifilm", "rw2": "Panasonic", "orf": "Olympus", "pef": "Pentax", "crw": "Canon", "x3f": "Sigma", "srw": "Samsung",
	}[kind[:3]]
}

// File returns the file. The maker is [Maker] in any case.
func (r RAW) File() []byte {
	m := r.Picture
	r.EXIF.Make = Maker(r.Kind)
	w := rawWriter{
		RAW: r, width: m.Rect.Dx(), height: m.Rect.Dy(),
		large: Thumb(m), middle: Thumb(smaller(m, 2)), small: Thumb(smaller(m, 4)),
	}
	order := binary.AppendByteOrder(binary.LittleEndian)
	if r.Kind == "pef" || r.Kind == "pef of before 2007" || r.Kind == "nef" {
		order = binary.BigEndian
	}
	w.builder = builder{order: order}
	w.main = w.photo(r.EXIF)
	switch r.Kind {
	case "cr3":
		return w.cr3()
	case "raf":
		return w.raf()
	case "crw":
		return w.crw()
	case "x3f":
		return w.x3f()
	}
	return w.tiff()
}

// smaller is every nth pixel of m.
func smaller(m *image.RGBA, n int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, m.Rect.Dx()/n, m.Rect.Dy()/n))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			out.SetRGBA(x, y, m.RGBAAt(x*n, y*n))
		}
	}
	return out
}

type rawWriter struct {
	RAW
	builder
	width, height        int
	large, middle, small []byte // JPEG
	main                 *dir
}

// sensor is a lossless JPEG, or its beginning: what a raw file holds of the sensor.
var sensor = []byte("\xff\xd8\xff\xc3\x00\x0b\x0e\x00\x10\x00\x10\x01\x01\x11\x00\xff\xd9")

// pixels describes a picture of the full size in strips.
func (w *rawWriter) pixels(d *dir, subfile, compression int, data []byte) *dir {
	if d.blobs == nil {
		d.blobs = map[uint16]blob{}
	}
	d.tags = append(d.tags, w.long(0xfe, subfile), w.long(0x100, w.width), w.long(0x101, w.height),
		w.short(0x103, compression), w.long(0x117, len(data)))
	d.blobs[0x111] = bytesAt(4, data)
	return d
}

// jpeg describes a JPEG by the tags of its own.
func (w *rawWriter) jpeg(d *dir, at, length uint16, data []byte) *dir {
	if d.blobs == nil {
		d.blobs = map[uint16]blob{}
	}
	d.tags = append(d.tags, w.long(length, len(data)))
	d.blobs[at] = bytesAt(4, data)
	return d
}

func (w *rawWriter) tiff() []byte {
	out := tiffWriter{order: w.order, header: []byte("II*\x00")}
	if w.order == binary.AppendByteOrder(binary.BigEndian) {
		out.header = []byte("MM\x00*")
	}
	thumb := w.jpeg(&dir{tags: []tag{w.short(0x103, 6)}}, 0x201, 0x202, w.small)
	switch w.Kind {
	case "dng":
		w.main.uncompressed(&w.builder, image.NewRGBA(image.Rect(0, 0, 16, 12)))
		w.main.tags = append(w.main.tags, w.long(0xfe, 1), tag{0xc612, 1, 4, []byte{1, 4, 0, 0}})
		w.main.dirs[0x14a] = []*dir{w.pixels(&dir{}, 0, 7, sensor), w.pixels(&dir{}, 1, 7, w.large)}
	case "dng of a phone":
		w.main.uncompressed(&w.builder, smaller(w.Picture, 2))
		w.main.tags = append(w.main.tags, w.long(0xfe, 1), tag{0xc612, 1, 4, []byte{1, 4, 0, 0}})
		w.main.dirs[0x14a] = []*dir{w.pixels(&dir{}, 0, 7, sensor)}
	case "cr2":
		out.behind = []byte("CR\x02\x00\x00\x00\x00\x00")
		w.pixels(w.main, 0, 6, w.large)
		w.main.next, thumb.next = thumb, w.pixels(&dir{next: w.pixels(&dir{}, 0, 6, sensor)}, 0, 6, make([]byte, 4000))
	case "nef":
		w.main.uncompressed(&w.builder, image.NewRGBA(image.Rect(0, 0, 16, 12)))
		w.main.tags = append(w.main.tags, w.long(0xfe, 1))
		w.main.dirs[0x14a] = []*dir{w.jpeg(&dir{tags: []tag{w.short(0x103, 6)}}, 0x201, 0x202, w.large), w.pixels(&dir{}, 0, 34713, sensor)}
	case "arw":
		w.jpeg(w.main, 0x201, 0x202, w.middle)
		w.main.tags = append(w.main.tags, w.long(0xfe, 1), w.short(0x103, 6))
		w.main.dirs[0x14a] = []*dir{w.pixels(&dir{}, 0, 32767, sensor)}
		w.main.next, thumb.next = thumb, w.jpeg(&dir{tags: []tag{w.short(0x103, 6)}}, 0x201, 0x202, w.large)
	case "rw2":
		out.header = []byte("IIU\x00")
		w.main.blobs[0x2e] = bytesAt(7, JPEG(w.Picture, w.EXIF))
		w.main.tags = append(w.main.tags, w.short(4, 8), w.short(5, 8), w.short(6, w.height+8), w.short(7, w.width+8))
	case "orf":
		out.header = []byte("IIRO")
		w.pixels(w.main, 0, 1, sensor)
		w.noted([]byte("OLYMPUS\x00II\x03\x00"), true, &dir{dirs: map[uint16][]*dir{0x2020: {w.jpeg(&dir{}, 0x101, 0x102, w.large)}}})
	case "orf of before 2004":
		out.header = []byte("IIRS")
		w.pixels(w.main, 0, 1, sensor)
		w.noted([]byte("OLYMP\x00\x01\x00"), false, w.jpeg(&dir{}, 0x88, 0x89, w.large))
	case "srw":
		w.jpeg(w.main, 0x201, 0x202, w.small)
		w.main.tags = append(w.main.tags, w.long(0xfe, 1), w.short(0x103, 6))
		w.main.dirs[0x14a] = []*dir{w.jpeg(&dir{tags: []tag{w.short(0x103, 6)}}, 0x201, 0x202, w.large)}
		w.main.next = w.pixels(&dir{tags: []tag{w.short(0x106, 32803)}}, 0, 32769, sensor)
	case "pef":
		w.pixels(w.main, 0, 65535, sensor)
		w.main.next, thumb.next = thumb, w.jpeg(&dir{tags: []tag{w.short(0x103, 6)}}, 0x201, 0x202, w.large)
	case "pef of before 2007":
		w.pixels(w.main, 0, 65535, sensor)
		w.main.next = thumb
		w.noted([]byte("AOC\x00MM"), false, w.jpeg(&dir{}, 4, 3, w.large))
	}
	return out.write(w.main)
}

// noted puts a directory into the maker's notes, behind a header. Its offsets
// count from the notes' beginning, if own.
func (w *rawWriter) noted(header []byte, own bool, d *dir) {
	out := tiffWriter{order: w.order}
	notes := func(at int) []byte {
		out.origin = at + len(header) - out.pointer() // what it would write there is left out
		if own {
			out.origin -= at
		}
		return append(slices.Clone(header), out.write(d)[out.pointer():]...)
	}
	exif := w.main.dirs[0x8769][0]
	exif.blobs = map[uint16]blob{0x927c: {7, len(notes(0)), notes}}
}

func (w *rawWriter) raf() []byte {
	inside := JPEG(w.Picture, w.EXIF)
	out := append([]byte("FUJIFILMCCD-RAW 0201FF383501"), make([]byte, 160-28)...)
	binary.BigEndian.PutUint32(out[84:], uint32(len(out)))
	binary.BigEndian.PutUint32(out[88:], uint32(len(inside)))
	return append(append(out, inside...), sensor...)
}

// cr3 makes boxes as Laurent Clévy's canon_cr3 describes them.
func (w *rawWriter) cr3() []byte {
	block := func(d *dir) []byte {
		d.dirs, d.next = nil, nil
		return (&tiffWriter{order: w.order, header: []byte("II*\x00")}).write(d)
	}
	exif, gps := w.main.dirs[0x8769], w.main.dirs[0x8825]
	w.main.tags = append(w.main.tags, w.long(0x100, w.width), w.long(0x101, w.height))
	canon := [][]byte{
		[]byte("\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48"),
		box("CNCV", []byte("CanonCR3_001/00.09.00/00.00.00")), box("CMT1", block(w.main)),
	}
	if len(exif) > 0 {
		canon = append(canon, box("CMT2", block(exif[0])))
	}
	if len(gps) > 0 {
		canon = append(canon, box("CMT4", block(gps[0])))
	}
	canon = append(canon, box("THMB", u32(0), u16(w.width/4), u16(w.height/4), u32(len(w.small)), u16(1), u16(0), w.small))
	preview := box("uuid", []byte("\xea\xf4\x2b\x5e\x1c\x98\x4b\x88\xb9\xfb\xb7\xdc\x40\x6e\x4d\x16"), u32(0), u32(1),
		box("PRVW", u32(0), u16(1), u16(w.width/2), u16(w.height/2), u16(1), u32(len(w.middle)), w.middle))
	ftyp := box("ftyp", []byte("crx \x00\x00\x00\x01crx isom"))
	moov := func(at int) []byte {
		return box("moov", box("uuid", canon...), track("JPEG", at, len(w.large)), track("CMP1", at+len(w.large), len(sensor)))
	}
	at := len(ftyp) + len(moov(0)) + len(preview) + 8
	return slices.Concat(ftyp, moov(at), preview, box("mdat", w.large, sensor))
}

// track makes a track of one sample (ISO/IEC 14496-12, 8.3 to 8.7).
func track(mark string, at, n int) []byte {
	entry := box("CRAW", make([]byte, 82), box(mark, u32(0)))
	return box("trak", box("tkhd", make([]byte, 84)), box("mdia", box("mdhd", make([]byte, 24)), box("hdlr", u32(0), u32(0), []byte("vide"), make([]byte, 13)), box("minf",
		box("vmhd", make([]byte, 12)), box("stbl", box("stsd", u32(0), u32(1), entry), box("stts", u32(0), u32(1), u32(1), u32(1)), box("stsc", u32(0), u32(1), u32(1), u32(1), u32(1)), box("stsz", u32(0), u32(n), u32(1)),
			box("co64", u32(0), u32(1), u32(0), u32(at))))))
}
