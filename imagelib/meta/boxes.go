package meta

import (
	"bytes"
	"encoding/binary"
)

// Bounds on one file of boxes.
const (
	maxBoxes     = 4096 // in one box
	maxItems     = 20_000
	maxItemTable = 1 << 20 // bytes of one table
	maxItemName  = 256     // of an item, with its media type
	maxMirrors   = 8       // of one item; there is a use for one
)

// box is one box of an ISO base media file (ISO/IEC 14496-12, 4.2): where its
// payload lies.
type box struct {
	typ    string
	off, n int64
}

func (b box) end() int64 { return b.off + b.n }

// eachBox calls fn for the boxes between p and end, until fn returns false.
func (s *source) eachBox(p, end int64, fn func(box) bool) {
	end = min(end, s.size)
	for range maxBoxes {
		b, ok := s.box(p, end)
		if !ok || !fn(b) {
			return
		}
		p = b.end()
	}
}

// box reads the header at p. A size beyond the end is cut to it.
func (s *source) box(p, end int64) (box, bool) {
	h := s.at(p, 16)
	if len(h) < 8 || p > end-8 {
		return box{}, false
	}
	n, head := be32(h), int64(8)
	switch {
	case n == 1 && len(h) == 16:
		n, head = int64(binary.BigEndian.Uint64(h[8:])), 16
	case n == 0:
		n = end - p
	}
	if n < head {
		return box{}, false
	}
	n = min(n, end-p)
	if n < head {
		return box{}, false
	}
	return box{string(h[4:8]), p + head, n - head}, true
}

// boxes reads a HEIF, AVIF, JPEG XL or CR3 file.
func (f *file) boxes() {
	f.eachBox(0, f.size, func(b box) bool {
		switch b.typ {
		case "meta":
			f.heif(b)
			return false
		case "Exif": // JPEG XL: the offset of the TIFF header, then EXIF
			if skip := f.at(b.off, 4); len(skip) == 4 {
				f.tiff(b.off+4+be32(skip), b.n-4-be32(skip), ifdMain)
			}
		case "jxlc":
			f.jxl(b.off)
		case "jxlp": // the first of several pieces, after its number
			if f.Width == 0 {
				f.jxl(b.off + 4)
			}
		case "xml ":
			f.readXMP(f.at(b.off, int(min(b.n, maxXMP))))
		case "brob":
			f.packedBox(b)
		case "moov":
			f.canon(b)
		case "uuid":
			f.movieUUID(b)
			f.canonPreview(b)
		}
		return true
	})
	if f.Type == typeCR3 {
		f.previewSize()
	}
}

// item is where one item of a HEIF file lies.
type item struct {
	Range
	inData bool // counted from the item data box
	more   bool // the first of several pieces
}

// heifReader collects what the meta box of a HEIF file says (ISO/IEC 23008-12).
type heifReader struct {
	f         *file
	primary   uint32
	exif, xmp uint32 // item IDs, 0 = none
	thumb     uint32
	parts     map[uint32]parts // that an item is made of
	nclx      bool             // the primary item says how its colours were made
	primed    Range            // where primary stands
	items     map[uint32]item
	data      int64 // payload of the item data box
	end       int64 // of the meta box
	props     []property
	assoc     []byte
}

// parts are the items that another is made of: the first, and how many.
type parts struct {
	first uint32
	count int
}

// property is one item property: a size or a turn.
type property struct {
	typ           string
	width, height int
	arg           byte
	at            int64 // of arg
	whole         Range // payload of a decoder's configuration

	// Of colr, which is one of two:
	profile           Range
	nclx, limited, p3 bool
	matrix            byte
}

func (f *file) heif(m box) {
	h := heifReader{f: f, items: map[uint32]item{}, parts: map[uint32]parts{}, end: m.end()}
	f.eachBox(m.off+4, m.end(), func(b box) bool {
		h.child(b)
		return true
	})
	h.applyProperties()
	h.tile()
	h.coding()
	if r, ok := h.locate(h.exif); ok {
		if b := f.at(r.Off, 4); len(b) == 4 {
			skip := be32(b)
			f.tiff(r.Off+4+skip, r.Len-4-skip, ifdMain)
		}
	}
	if r, ok := h.locate(h.xmp); ok {
		f.readXMP(f.at(r.Off, int(min(r.Len, maxXMP))))
	}
}

func (h *heifReader) child(b box) {
	switch b.typ {
	case "idat":
		h.data = b.off
	case "pitm":
		d := h.f.at(b.off, 8)
		if len(d) >= 8 && d[0] > 0 {
			h.primary, h.primed = binary.BigEndian.Uint32(d[4:]), Range{b.off + 4, 4}
		} else if len(d) >= 6 {
			h.primary, h.primed = uint32(be16(d[4:])), Range{b.off + 4, 2}
		}
	case "iref":
		h.references(b)
	case "iinf":
		h.itemInfos(b)
	case "iloc":
		h.itemLocations(h.f.copyAt(b.off, int(min(b.n, maxItemTable))))
	case "iprp":
		h.f.eachBox(b.off, b.end(), func(c box) bool {
			switch c.typ {
			case "ipma":
				h.assoc = h.f.copyAt(c.off, int(min(c.n, maxItemTable)))
			case "ipco":
				h.properties(c)
			}
			return true
		})
	}
}

// itemInfos finds the items that hold EXIF and XMP.
func (h *heifReader) itemInfos(b box) {
	head := int64(6)
	if v := h.f.at(b.off, 1); len(v) == 1 && v[0] > 0 {
		head = 8
	}
	count := 0
	h.f.eachBox(b.off+head, b.end(), func(c box) bool {
		count++
		e := h.f.at(c.off, 14+maxItemName)
		if c.typ != "infe" || len(e) < 12 {
			return count < maxItems
		}
		id, typ := uint32(be16(e[4:])), string(e[8:12])
		rest := e[12:]
		if e[0] == 3 && len(e) >= 14 {
			id, typ = binary.BigEndian.Uint32(e[4:]), string(e[10:14])
			rest = e[14:]
		}
		switch {
		case typ == "Exif" && h.exif == 0:
			h.exif = id
		case typ == "mime" && h.xmp == 0:
			if _, mime, _ := bytes.Cut(rest, []byte{0}); bytes.HasPrefix(mime, []byte("application/rdf+xml\x00")) {
				h.xmp = id
			}
		}
		return count < maxItems
	})
}

// references finds the small picture of the primary item, and what items are made
// of (ISO/IEC 14496-12, 8.11.12).
func (h *heifReader) references(b box) {
	idSize := 2
	if v := h.f.at(b.off, 1); len(v) == 1 && v[0] > 0 {
		idSize = 4
	}
	h.f.eachBox(b.off+4, b.end(), func(c box) bool {
		if c.typ != "thmb" && c.typ != "dimg" {
			return true
		}
		r := bits{d: h.f.at(c.off, 2*idSize+2)}
		from, count, to := r.uint(idSize), r.uint(2), r.uint(idSize)
		switch {
		case r.bad || count == 0:
		case c.typ == "dimg":
			h.parts[uint32(from)] = parts{uint32(to), int(count)}
		case count == 1 && uint32(to) == h.primary && h.thumb == 0:
			h.thumb = uint32(from)
		}
		return true
	})
}

// itemLocations reads where items lie (ISO/IEC 14496-12, 8.11.3): the first
// extent of each.
func (h *heifReader) itemLocations(d []byte) {
	if len(d) < 8 {
		return
	}
	r := bits{d: d, p: 6}
	v, idSize := d[0], 2
	if v == 2 {
		idSize = 4
	}
	offSize, lenSize, baseSize, indexSize := int(d[4]>>4), int(d[4]&15), int(d[5]>>4), int(d[5]&15)
	left := uint64(maxItems) // of all extents: they may take no bytes at all
	for range min(r.uint(idSize), maxItems) {
		id, method := uint32(r.uint(idSize)), uint64(0)
		if v > 0 {
			method = r.uint(2) & 15
		}
		r.uint(2)
		base, extents := r.uint(baseSize), r.uint(2)
		if extents > left {
			return
		}
		left -= extents
		for k := range extents {
			if v > 0 {
				r.uint(indexSize)
			}
			off, size := r.uint(offSize), r.uint(lenSize)
			if r.bad {
				return
			}
			if k == 0 {
				h.items[id] = item{Range{int64(base + off), int64(size)}, method == 1, extents > 1}
			}
		}
	}
}

func (h *heifReader) locate(id uint32) (Range, bool) {
	it, ok := h.items[id]
	if !ok || id == 0 {
		return Range{}, false
	}
	if it.inData {
		it.Off += h.data
	}
	r := h.f.inside(it.Range)
	return r, r.Len > 0
}

// properties reads the sizes and turns, by number from 1.
func (h *heifReader) properties(c box) {
	h.f.eachBox(c.off, c.end(), func(b box) bool {
		p := property{typ: b.typ}
		d := h.f.at(b.off, 12)
		switch {
		case b.typ == "ispe" && len(d) == 12:
			p.width, p.height = int(be32(d[4:])), int(be32(d[8:]))
		case b.typ == "colr" && len(d) >= 11 && string(d[:4]) == "nclx":
			p.nclx, p.matrix, p.limited = true, d[9], d[10]&0x80 == 0
			p.p3 = d[5] == 12 && d[7] == 13 // primaries and curve
		case b.typ == "colr" && len(d) >= 4 && (string(d[:4]) == "prof" || string(d[:4]) == "rICC"):
			p.profile = Range{b.off + 4, b.n - 4}
		case b.typ == "hvcC":
			p.whole = Range{b.off, b.n}
		case (b.typ == "irot" || b.typ == "imir") && b.n >= 1 && len(d) >= 1:
			p.arg, p.at = d[0], b.off
		}
		h.props = append(h.props, p)
		return true
	})
}

// applyProperties takes the size and the turns of the primary item.
func (h *heifReader) applyProperties() {
	o, turned := 0, 1
	for _, i := range h.associated(h.primary) {
		switch p := h.props[i]; p.typ {
		case "ispe":
			h.f.Width, h.f.Height = p.width, p.height
		case "colr":
			if !p.nclx {
				h.f.Colours.Profile = p.profile
				break
			}
			h.nclx = true
			if h.f.Layout.Matrix, h.f.Layout.Limited = p.matrix, p.limited; p.p3 {
				h.f.Colours.Gamut = DisplayP3
			}
		case "irot": // quarter turns against the clock
			turn := [4]int{1, 8, 3, 6}[p.arg&3]
			o, turned = Compose(max(o, 1), turn), Compose(turned, turn)
		case "imir": // 0 swaps top and bottom, 1 left and right
			o = Compose(max(o, 1), [2]int{4, 2}[p.arg&1])
			if len(h.f.Mirror.at) < maxMirrors {
				h.f.Mirror.at = append(h.f.Mirror.at, p.at)
			}
		}
	}
	h.f.itemOrientation = max(o, 1)
	for rest := 1; rest <= 4 && len(h.f.Mirror.at) > 0; rest++ {
		if Compose(turned, rest) == o {
			h.f.Mirror.Rest = rest
		}
	}
	h.inner()
}

// inner takes the size of the small picture, as it is shown.
func (h *heifReader) inner() {
	if h.thumb == 0 {
		return
	}
	in := Inner{id: h.thumb, primed: h.primed}
	turned := false
	for _, i := range h.associated(h.thumb) {
		switch p := h.props[i]; p.typ {
		case "ispe":
			in.Width, in.Height = p.width, p.height
		case "irot":
			turned = turned != (p.arg&1 == 1)
		}
	}
	if turned {
		in.Width, in.Height = in.Height, in.Width
	}
	if r, ok := h.locate(h.thumb); ok && !h.items[h.thumb].more {
		in.parts = [2]Range{{0, h.end}, r}
	}
	if in.Width > 0 && in.Height > 0 && (h.primed.Len == 4 || h.thumb < 1<<16) {
		h.f.Inner = in
	}
}

// associated returns the indexes of an item's properties, in order.
func (h *heifReader) associated(item uint32) (indexes []int) {
	if len(h.assoc) < 8 {
		return nil
	}
	r := bits{d: h.assoc, p: 4}
	idSize, indexSize := 2, 1
	if h.assoc[0] > 0 {
		idSize = 4
	}
	if h.assoc[3]&1 == 1 {
		indexSize = 2
	}
	for range min(r.uint(4), maxItems) {
		id := uint32(r.uint(idSize))
		for range r.uint(1) {
			i := int(r.uint(indexSize) & (1<<(8*indexSize-1) - 1)) // without the essential flag
			if r.bad {
				return indexes
			}
			if id == item && i >= 1 && i <= len(h.props) {
				indexes = append(indexes, i-1)
			}
		}
	}
	return indexes
}
