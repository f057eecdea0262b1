package testphoto

import (
	"bytes"
	"embed"
	"encoding/binary"
)

// The coded pictures of heic were made with x265: width, height and the length
// of the decoder's configuration, then that, then the picture.
//
//go:embed heic
var heic embed.FS

// HEIF is how a HEIF file is put together; the zero value is one picture of 320
// by 200 pixels, such as [Picture] makes.
type HEIF struct {
	Coded   string // "" is plain; "deep" has 10 bits, "tv" is BT.709 in the limited range, "narrow" 40 by 24 pixels, "cut" 96 by 64
	Cut     [2]int // pixels that are shown of a picture, as the one tile of a grid; zero is all
	Brand   string // the main one; "" is that of the codec
	Grid    bool   // four tiles instead, 256 by 256 pixels
	AV1     []byte // an AVIF of one picture, which is taken instead
	Turns   int    // quarter turns against the clock to show it (irot)
	Mirror  string // "lr" or "tb": what then changes sides (imir)
	Thumb   string // a small picture: "small" of 128 by 80 pixels, or "plain"
	EXIF    *EXIF
	XMP     string
	Profile []byte   // ICC
	NCLX    *[4]byte // primaries, curve, matrix, 1 for the full range
}

type heifItem struct {
	typ   string
	data  []byte
	props []int // numbers of properties
}

// File returns the file.
func (h HEIF) File() []byte {
	w := &heifWriter{brand: "heic", codec: "heic"}
	var primary int
	switch {
	case h.AV1 != nil:
		w.brand, w.codec = "avif", "avif"
		primary = w.av1(h.AV1)
	case h.Grid:
		var tiles []int
		for _, c := range []string{"red", "green", "blue", "yellow"} {
			tiles = append(tiles, w.coded(c))
		}
		primary = w.add(heifItem{"grid", []byte{0, 0, 1, 1, 1, 0, 1, 0}, []int{w.size(256, 256)}})
		w.refer("dimg", primary, tiles...)
	case h.Coded != "":
		primary = w.coded(h.Coded)
	default:
		primary = w.coded("plain")
	}
	if h.Brand != "" {
		w.brand = h.Brand
	}
	if h.Cut[0] != 0 {
		grid := w.add(heifItem{"grid", append([]byte{0, 0, 0, 0}, append(u16(h.Cut[0]), u16(h.Cut[1])...)...), []int{w.size(h.Cut[0], h.Cut[1])}})
		w.refer("dimg", grid, primary)
		primary = grid
	}
	p := &w.items[primary-1]
	if h.NCLX != nil {
		p.props = append(p.props, w.prop(box("colr", []byte("nclx"), []byte{0, h.NCLX[0], 0, h.NCLX[1], 0, h.NCLX[2], h.NCLX[3] << 7})))
	}
	if h.Profile != nil {
		p.props = append(p.props, w.prop(box("colr", []byte("prof"), h.Profile)))
	}
	if h.Turns != 0 {
		p.props = append(p.props, w.prop(box("irot", []byte{byte(h.Turns)})))
	}
	if h.Mirror != "" {
		p.props = append(p.props, w.prop(box("imir", []byte{map[string]byte{"tb": 0, "lr": 1}[h.Mirror]})))
	}
	if h.Thumb != "" {
		w.refer("thmb", w.coded(h.Thumb), primary)
	}
	if h.EXIF != nil {
		w.refer("cdsc", w.add(heifItem{typ: "Exif", data: append(make([]byte, 4), h.EXIF.TIFF()...)}), primary)
	}
	if h.XMP != "" {
		w.refer("cdsc", w.add(heifItem{typ: "mime", data: []byte(h.XMP)}), primary)
	}
	return w.file(primary)
}

// heifWriter collects what a HEIF file has (ISO/IEC 23008-12).
type heifWriter struct {
	brand, codec string
	items        []heifItem // numbered from 1
	props        [][]byte
	refs         []byte
}

func (w *heifWriter) prop(b []byte) int {
	w.props = append(w.props, b)
	return len(w.props)
}

func (w *heifWriter) size(width, height int) int {
	return w.prop(box("ispe", make([]byte, 4), u32(width), u32(height)))
}

func (w *heifWriter) add(i heifItem) int {
	w.items = append(w.items, i)
	return len(w.items)
}

// coded adds a coded picture.
func (w *heifWriter) coded(name string) int {
	b, err := heic.ReadFile("heic/" + name)
	if err != nil {
		panic(err) // a test asked for a picture that is not there
	}
	n := 8 + binary.BigEndian.Uint32(b[4:])
	size := w.size(int(binary.BigEndian.Uint16(b)), int(binary.BigEndian.Uint16(b[2:])))
	return w.add(heifItem{"hvc1", b[n:], []int{w.prop(box("hvcC", b[8:n])), size}})
}

// av1 adds the picture of an AVIF, with the properties that describe it.
func (w *heifWriter) av1(file []byte) int {
	it := heifItem{typ: "av01"}
	for _, typ := range []string{"ispe", "pixi", "av1C", "colr"} {
		if i := bytes.Index(file, []byte(typ)); i >= 4 {
			it.props = append(it.props, w.prop(file[i-4:i-4+int(binary.BigEndian.Uint32(file[i-4:]))]))
		}
	}
	it.data = file[bytes.Index(file, []byte("mdat"))+4:]
	return w.add(it)
}

// essential is the mark of a property without which the item cannot be shown.
func essential(prop []byte) byte {
	switch string(prop[4:8]) {
	case "hvcC", "av1C", "irot", "imir":
		return 0x80
	}
	return 0
}

func (w *heifWriter) refer(typ string, from int, to ...int) {
	b := append(u16(from), u16(len(to))...)
	for _, id := range to {
		b = append(b, u16(id)...)
	}
	w.refs = append(w.refs, box(typ, b)...)
}

func (w *heifWriter) file(primary int) []byte {
	ftyp := box("ftyp", []byte(w.brand), u32(0), []byte("mif1"+w.codec))
	meta := w.meta(primary, 0)
	meta = w.meta(primary, len(ftyp)+len(meta)+8)
	var data []byte
	for _, i := range w.items {
		data = append(data, i.data...)
	}
	return append(append(ftyp, meta...), box("mdat", data)...)
}

// meta is the box of that name, for data that begins at an offset.
func (w *heifWriter) meta(primary, at int) []byte {
	infos, places, assoc := u16(len(w.items)), append([]byte{0x44, 0}, u16(len(w.items))...), u32(0)
	with := 0
	for i, it := range w.items {
		id := u16(i + 1)[:2:2]
		info := append(append(id, 0, 0), it.typ...)
		info = append(info, 0) // no name
		if it.typ == "mime" {
			info = append(info, "application/rdf+xml\x00"...)
		}
		infos = append(infos, box("infe", []byte{2, 0, 0, 0}, info)...)
		places = append(places, append(id, 0, 0, 0, 1)...)
		places = append(append(places, u32(at)...), u32(len(it.data))...)
		at += len(it.data)
		if len(it.props) > 0 {
			with++
			assoc = append(append(assoc, id...), byte(len(it.props)))
			for _, p := range it.props {
				assoc = append(assoc, byte(p)|essential(w.props[p-1]))
			}
		}
	}
	binary.BigEndian.PutUint32(assoc, uint32(with))
	var props []byte
	for _, p := range w.props {
		props = append(props, p...)
	}
	full := make([]byte, 4)
	return box("meta", full,
		box("hdlr", full, make([]byte, 4), []byte("pict"), make([]byte, 13)),
		box("pitm", full, u16(primary)),
		box("iinf", full, infos),
		box("iref", full, w.refs),
		box("iprp", box("ipco", props), box("ipma", full, assoc)),
		box("iloc", full, places))
}

func box(typ string, parts ...[]byte) []byte {
	b := append(u32(0), typ...)
	for _, p := range parts {
		b = append(b, p...)
	}
	binary.BigEndian.PutUint32(b, uint32(len(b)))
	return b
}

func u16(n int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(n)) }
func u32(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }
