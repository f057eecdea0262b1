package meta

import (
	"encoding/binary"
	"io"
	"slices"
)

// Inner is a small picture in a HEIF file, coded as the large one is. A decoder
// shows it when the file says that it is the primary item; see [Inner.Instead].
type Inner struct {
	Width, Height int // pixels, upright; 0 when there is none

	id     uint32
	primed Range    // where the number of the primary item stands
	parts  [2]Range // what a decoder reads to show it; empty when that is not known
}

// maxInner is the size of a file that [Inner.Read] makes an image of, bytes.
const maxInner = 64 << 20

// Read returns what [Inner.Instead] does of the file of size bytes in r, with zeros
// in place of all that does not show the small picture and is not read; nil when
// that is not known, or the file is too large or cannot be read.
func (i Inner) Read(r io.ReaderAt, size int64) []byte {
	if i.parts[1].Len == 0 || size > maxInner {
		return nil
	}
	data := make([]byte, size)
	for _, p := range i.parts {
		if p.Len > maxBlob || p.Off < 0 || p.Off > size || p.Len > size-p.Off {
			return nil
		}
		if n, _ := r.ReadAt(data[p.Off:p.Off+p.Len], p.Off); int64(n) < p.Len {
			return nil
		}
	}
	return i.instead(data)
}

// Instead returns the file data with the small picture in place of the large one.
func (i Inner) Instead(data []byte) []byte {
	return i.instead(slices.Clone(data))
}

func (i Inner) instead(data []byte) []byte {
	r := i.primed
	if i.Width == 0 || r.Off < 0 || r.Off+r.Len > int64(len(data)) {
		return nil
	}
	for k := range r.Len {
		data[r.Off+k] = byte(i.id >> (8 * (r.Len - 1 - k)))
	}
	return data
}

// Mirror is how a HEIF file mirrors its picture, beside turning it: libheif does
// that to pictures of 8 bits alone.
type Mirror struct {
	Rest int // the EXIF orientation that is left to do where the mirrors are taken out; 0 when there are none

	at []int64 // where the properties stand
}

// Without returns the file data with its mirrors taken out: they become turns by
// nothing, which are of the same length.
func (m Mirror) Without(data []byte) []byte {
	out := slices.Clone(data)
	for _, at := range m.at {
		if at >= 4 && at < int64(len(out)) {
			copy(out[at-4:], "irot\x00")
		}
	}
	return out
}

// Tile is the coded picture of a HEIF file that is narrow: libheif, as it is built
// for us, mixes up the colours of less than 64 samples a row, which are those of
// less than 128 pixels.
type Tile struct {
	Width, Height int // as it is coded; 0 when there is none

	data, config Range // its bytes, and the decoder's configuration
}

// enoughTile is a side on which libheif makes no mistakes, in pixels; tinyTile is
// one that nobody would see anything on.
const (
	enoughTile = 128
	tinyTile   = 8
)

// Grid returns how often the picture is repeated in a row and in a column by
// [Tile.Repeated].
func (t Tile) Grid() (columns, rows int) {
	return (enoughTile + t.Width - 1) / t.Width, (enoughTile + t.Height - 1) / t.Height
}

// Repeated returns a file in which the picture is each tile of a grid (ISO/IEC
// 23008-12, 6.6.2.3), unturned: as many items, of the same bytes.
func (t Tile) Repeated(data []byte) []byte {
	cut := func(r Range) []byte { return data[min(r.Off, int64(len(data))):min(r.Off+r.Len, int64(len(data)))] }
	columns, rows := t.Grid()
	n := columns * rows
	full := u32(0)
	grid := slices.Concat([]byte{0, 1, byte(rows - 1), byte(columns - 1)}, u32(columns*t.Width), u32(rows*t.Height))
	ftyp := isoBox("ftyp", []byte("heic"), full, []byte("mif1heic"))
	meta := func(at int) []byte {
		info := func(id int, typ string) []byte {
			return isoBox("infe", u32(2<<24), u16(id), u16(0), []byte(typ), full[:1])
		}
		place := func(id, at, n int) []byte { return slices.Concat(u16(id), u16(0), u16(1), u32(at), u32(n)) }
		infos, places, assoc := info(1, "grid"), place(1, at, len(grid)), slices.Concat(u32(1+n), u16(1), []byte{1, 1})
		var tiles []byte
		for id := 2; id < 2+n; id++ {
			infos = append(infos, info(id, "hvc1")...)
			places = append(places, place(id, at+len(grid), int(t.data.Len))...)
			assoc = append(append(assoc, u16(id)...), 2, 0x82, 3)
			tiles = append(tiles, u16(id)...)
		}
		ispe := func(w, h int) []byte { return isoBox("ispe", full, u32(w), u32(h)) }
		return isoBox("meta", full,
			isoBox("hdlr", full, full, []byte("pict"), make([]byte, 13)),
			isoBox("pitm", full, u16(1)),
			isoBox("iinf", full, u16(1+n), infos),
			isoBox("iref", full, isoBox("dimg", u16(1), u16(n), tiles)),
			isoBox("iprp", isoBox("ipco", ispe(columns*t.Width, rows*t.Height), isoBox("hvcC", cut(t.config)), ispe(t.Width, t.Height)),
				isoBox("ipma", full, assoc)),
			isoBox("iloc", full, []byte{0x44, 0}, u16(1+n), places))
	}
	at := len(ftyp) + len(meta(0)) + 8
	return slices.Concat(ftyp, meta(at), isoBox("mdat", grid, cut(t.data)))
}

func isoBox(typ string, parts ...[]byte) []byte {
	body := slices.Concat(parts...)
	return slices.Concat(u32(8+len(body)), []byte(typ), body)
}

func u16(n int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(n)) }
func u32(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }

// tile finds the coded picture of a narrow file: that of the primary item, or the
// only tile that it is made of.
func (h *heifReader) tile() {
	f := h.f
	if min(f.Width, f.Height) >= enoughTile || f.Type == "image/avif" {
		return
	}
	coded := []uint32{h.primary}
	if p := h.parts[h.primary]; p.count == 1 {
		coded = append(coded, p.first)
	}
	for _, id := range coded {
		t := Tile{}
		for _, i := range h.associated(id) {
			switch p := h.props[i]; p.typ {
			case "ispe":
				t.Width, t.Height = p.width, p.height
			case "hvcC":
				t.config = p.whole
			}
		}
		r, ok := h.locate(id)
		if t.data = r; ok && !h.items[id].more && f.inside(t.config).Len > 0 &&
			t.Width >= max(f.Width, tinyTile) && t.Height >= max(f.Height, tinyTile) && t.Width < maxTile && t.Height < maxTile {
			f.Tile = t
			return
		}
	}
}

const maxTile = 1 << 14

// coding takes from HEVC how colours were made, where the file itself does not say.
func (h *heifReader) coding() {
	if h.nclx || h.f.Type == "image/avif" {
		return
	}
	for _, id := range []uint32{h.primary, h.parts[h.primary].first} {
		for _, i := range h.associated(id) {
			if c := h.props[i].whole; h.props[i].typ == "hvcC" && c.Len > 0 {
				if matrix, limited, ok := hevcCoding(h.f.at(c.Off, int(min(c.Len, maxItemTable)))); ok {
					h.f.Layout.Matrix, h.f.Layout.Limited = matrix, limited
				}
				return
			}
		}
	}
}
