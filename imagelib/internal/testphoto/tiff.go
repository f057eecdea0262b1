package testphoto

import (
	"encoding/binary"
	"image"
	"maps"
	"slices"
)

// dir is a directory of a TIFF structure.
type dir struct {
	tags  []tag
	dirs  map[uint16][]*dir // tags that point to directories
	blobs map[uint16]blob   // tags that point to bytes
	next  *dir

	at int // where it lies
}

// blob is bytes that a tag points to: of type 7 they are its value, of type 4
// the value is where they lie.
type blob struct {
	typ  uint16
	n    int
	make func(at int) []byte // by where they will lie
}

func bytesAt(typ uint16, b []byte) blob { return blob{typ, len(b), func(int) []byte { return b }} }

// tiffWriter lays out the directories of a TIFF structure that begins at origin
// with a header, whose last bytes are the offset of the first directory.
type tiffWriter struct {
	order  binary.AppendByteOrder
	big    bool // BigTIFF
	origin int  // of offsets
	header []byte
	behind []byte // that offset
}

// write returns the structure of a first directory.
func (w *tiffWriter) write(first *dir) []byte {
	dirs := first.all(nil)
	at := w.origin + len(w.header) + w.pointer() + len(w.behind)
	for _, d := range dirs {
		d.at = at
		at += w.size(d)
	}
	out := append(w.appendPointer(slices.Clone(w.header), first.at), w.behind...)
	var blobs []byte
	for _, d := range dirs {
		tags := slices.Clone(d.tags)
		for id, sub := range d.dirs {
			var v []byte
			for _, s := range sub {
				v = w.order.AppendUint32(v, uint32(s.at))
			}
			tags = append(tags, tag{id, 4, uint32(len(sub)), v})
		}
		for _, id := range slices.Sorted(maps.Keys(d.blobs)) {
			b := d.blobs[id]
			if b.typ == 7 { // where it lies takes the place of the value
				tags = append(tags, tag{id, 7, uint32(b.n), w.appendPointer(nil, at)})
			} else {
				tags = append(tags, tag{id, 4, 1, w.order.AppendUint32(nil, uint32(at))})
			}
			blobs = append(blobs, b.make(at)...)
			at += b.n
		}
		out = w.directory(out, d, tags)
	}
	return append(out, blobs...)
}

func (d *dir) all(list []*dir) []*dir {
	list = append(list, d)
	for _, id := range slices.Sorted(maps.Keys(d.dirs)) {
		for _, s := range d.dirs[id] {
			list = s.all(list)
		}
	}
	if d.next != nil {
		list = d.next.all(list)
	}
	return list
}

func (w *tiffWriter) pointer() int {
	if w.big {
		return 8
	}
	return 4
}

func (w *tiffWriter) appendPointer(b []byte, at int) []byte {
	if w.big {
		return w.order.AppendUint64(b, uint64(at))
	}
	return w.order.AppendUint32(b, uint32(at))
}

// size is what a directory takes with its values.
func (w *tiffWriter) size(d *dir) int {
	head, entry := 2, 12
	if w.big {
		head, entry = 8, 20
	}
	n := head + entry*(len(d.tags)+len(d.dirs)+len(d.blobs)) + w.pointer()
	for _, t := range d.tags {
		if len(t.data) > w.pointer() {
			n += len(t.data)
		}
	}
	for _, s := range d.dirs {
		if 4*len(s) > w.pointer() {
			n += 4 * len(s)
		}
	}
	return n
}

func (w *tiffWriter) directory(out []byte, d *dir, tags []tag) []byte {
	slices.SortFunc(tags, func(a, b tag) int { return int(a.id) - int(b.id) })
	entry := 12
	if w.big {
		entry = 20
		out = w.order.AppendUint64(out, uint64(len(tags)))
	} else {
		out = w.order.AppendUint16(out, uint16(len(tags)))
	}
	values := w.origin + len(out) + entry*len(tags) + w.pointer()
	var tail []byte
	for _, t := range tags {
		out = w.order.AppendUint16(w.order.AppendUint16(out, t.id), t.typ)
		out = w.appendPointer(out, int(t.count))
		if len(t.data) > w.pointer() {
			out = w.appendPointer(out, values+len(tail))
			tail = append(tail, t.data...)
			continue
		}
		out = append(append(out, t.data...), make([]byte, w.pointer()-len(t.data))...)
	}
	next := 0
	if d.next != nil {
		next = d.next.at
	}
	return append(w.appendPointer(out, next), tail...)
}

// photo returns the directory of a picture with what the camera writes, in the
// order of bytes of b.
func (b *builder) photo(e EXIF) *dir {
	d := &dir{dirs: map[uint16][]*dir{}, blobs: map[uint16]blob{}}
	d.tags = b.text(b.text(b.text(nil, 0x10e, e.Caption), 0x10f, e.Make), 0x110, e.Model)
	if e.Orientation != 0 {
		d.tags = append(d.tags, b.short(0x112, e.Orientation))
	}
	d.tags = b.text(d.tags, 0x132, e.Modified)
	if exif := b.exif(e); len(exif) > 0 {
		d.dirs[0x8769] = []*dir{{tags: exif}}
	}
	if gps := b.gps(e); len(gps) > 0 {
		d.dirs[0x8825] = []*dir{{tags: gps}}
	}
	return d
}

// TIFFFile returns a TIFF of m, uncompressed, with EXIF; a BigTIFF if big.
func TIFFFile(m image.Image, e EXIF, big bool) []byte {
	w := tiffWriter{order: binary.LittleEndian, header: []byte("II*\x00")}
	if big {
		w.big, w.header = true, []byte("II+\x00\x08\x00\x00\x00")
	}
	b := builder{order: w.order}
	d := b.photo(e)
	d.uncompressed(&b, m)
	return w.write(d)
}

// uncompressed makes the directory that of a picture in RGB.
func (d *dir) uncompressed(b *builder, m image.Image) {
	size := m.Bounds()
	pix := make([]byte, 0, 3*size.Dx()*size.Dy())
	for y := size.Min.Y; y < size.Max.Y; y++ {
		for x := size.Min.X; x < size.Max.X; x++ {
			r, g, bl, _ := m.At(x, y).RGBA()
			pix = append(pix, byte(r>>8), byte(g>>8), byte(bl>>8))
		}
	}
	bits := b.order.AppendUint16(b.order.AppendUint16(b.order.AppendUint16(nil, 8), 8), 8)
	d.tags = append(d.tags, b.long(0x100, size.Dx()), b.long(0x101, size.Dy()), tag{0x102, 3, 3, bits}, b.short(0x103, 1),
		b.short(0x106, 2), b.short(0x115, 3), b.long(0x116, size.Dy()), b.long(0x117, len(pix)))
	d.blobs[0x111] = bytesAt(4, pix)
}
