// Package testphoto makes photos for tests: pictures of four colours, with the
// metadata a camera would write.
package testphoto

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
)

// corners are the colours of the quarters: top left, top right, bottom left,
// bottom right.
var corners = [4]color.RGBA{
	{220, 30, 30, 255}, {30, 180, 30, 255}, {30, 30, 220, 255}, {230, 220, 40, 255},
}

// Picture returns a picture of w by h pixels whose quarters are red, green,
// blue and yellow, a little different for each seed.
func Picture(w, h, seed int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := corners[quarter(x, y, w, h)]
			c.R ^= byte(seed) & 15
			c.G ^= byte(seed>>4) & 15
			c.B ^= byte(seed>>8) & 15
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

func quarter(x, y, w, h int) int {
	q := 0
	if x >= w/2 {
		q = 1
	}
	if y >= h/2 {
		q += 2
	}
	return q
}

// Turned returns how a camera stores an upright picture when it writes this
// orientation beside it.
func Turned(m *image.RGBA, orientation int) *image.RGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	sw, sh := w, h
	if orientation >= 5 {
		sw, sh = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, sw, sh))
	for y := range h {
		for x := range w {
			sx, sy := x, y
			switch orientation { // where the 0th row and column lie: EXIF 2.32, 4.6.4
			case 2:
				sx = w - 1 - x
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sy = h - 1 - y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, w-1-x
			case 7:
				sx, sy = h-1-y, w-1-x
			case 8:
				sx, sy = h-1-y, x
			}
			out.SetRGBA(sx, sy, m.RGBAAt(x, y))
		}
	}
	return out
}

// EXIF is what the camera writes; zero fields are left out.
type EXIF struct {
	Orientation                int
	Date, Offset, Part         string    // 2024:05:01 12:30:05, +02:00, digits behind the second
	Modified, ModifiedOffset   string    // the same of the last change
	Satellites                 [2]string // day and time of GPS: 2024:05:01, 10:30:05
	Make, Model, Lens, Caption string
	Lat, Lon                   float64
	Exposure                   [2]uint32 // seconds as a fraction
	ISO                        int
	Thumb                      []byte // JPEG
	BigEndian                  bool
	Shot                       string // what Apple's maker note names a live photo by
	DNG                        bool   // it is that of a raw file
}

// JPEG returns a JPEG of m with EXIF.
func JPEG(m image.Image, e EXIF) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
		panic(err) // a test asked for an impossible picture
	}
	tiff := e.TIFF()
	out := append([]byte{0xff, 0xd8, 0xff, 0xe1}, byte((len(tiff)+8)>>8), byte(len(tiff)+8))
	out = append(append(out, "Exif\x00\x00"...), tiff...)
	return append(out, b.Bytes()[2:]...)
}

// PNG returns a PNG of m.
func PNG(m image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err) // a test asked for an impossible picture
	}
	return b.Bytes()
}

// Thumb returns a small JPEG without EXIF.
func Thumb(m image.Image) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		panic(err) // a test asked for an impossible picture
	}
	return b.Bytes()
}

type tag struct {
	id, typ uint16
	count   uint32
	data    []byte
}

// builder lays out the directories of a TIFF structure.
type builder struct {
	order binary.AppendByteOrder
	out   []byte
}

// TIFF returns the TIFF structure of EXIF.
func (e EXIF) TIFF() []byte {
	b := builder{order: binary.LittleEndian, out: []byte("II*\x00\x08\x00\x00\x00")}
	if e.BigEndian {
		b.order, b.out = binary.BigEndian, []byte("MM\x00*\x00\x00\x00\x08")
	}
	b.main(e)
	return b.out
}

func (b *builder) main(e EXIF) {
	var tags []tag
	for _, t := range []struct {
		id   uint16
		text string
	}{{0x10e, e.Caption}, {0x10f, e.Make}, {0x110, e.Model}} {
		tags = b.text(tags, t.id, t.text)
	}
	if e.Orientation != 0 {
		tags = append(tags, b.short(0x112, e.Orientation))
	}
	tags = b.text(tags, 0x132, e.Modified)
	exif := b.exif(e)
	gps := b.gps(e)
	// Sizes first, then pointers: the directories follow one another.
	if len(exif) > 0 {
		tags = append(tags, b.long(0x8769, 0))
	}
	if len(gps) > 0 {
		tags = append(tags, b.long(0x8825, 0))
	}
	if e.DNG {
		tags = append(tags, tag{0xc612, 1, 4, []byte{1, 4, 0, 0}})
	}
	next := 8 + size(tags)
	for i := range tags {
		switch tags[i].id {
		case 0x8769:
			tags[i] = b.long(0x8769, next)
			next += size(exif)
		case 0x8825:
			tags[i] = b.long(0x8825, next)
			next += size(gps)
		}
	}
	if len(e.Thumb) == 0 {
		b.directory(tags, 0)
	} else {
		b.directory(tags, next)
	}
	b.directoryIf(exif)
	b.directoryIf(gps)
	if len(e.Thumb) > 0 {
		thumb := []tag{b.short(0x103, 6), b.long(0x201, 0), b.long(0x202, len(e.Thumb))}
		thumb[1] = b.long(0x201, next+size(thumb))
		b.directory(thumb, 0)
		b.out = append(b.out, e.Thumb...)
	}
}

func (b *builder) exif(e EXIF) (tags []tag) {
	if e.Exposure[1] != 0 {
		tags = append(tags, tag{0x829a, 5, 1, b.order.AppendUint32(b.order.AppendUint32(nil, e.Exposure[0]), e.Exposure[1])})
	}
	if e.ISO != 0 {
		tags = append(tags, b.short(0x8827, e.ISO))
	}
	tags = b.text(tags, 0x9003, e.Date)
	tags = b.text(tags, 0x9010, e.ModifiedOffset)
	tags = b.text(tags, 0x9011, e.Offset)
	if e.Shot != "" {
		note := AppleNote(e.Shot)
		tags = append(tags, tag{0x927c, 7, uint32(len(note)), note})
	}
	tags = b.text(tags, 0x9291, e.Part)
	return b.text(tags, 0xa434, e.Lens)
}

func (b *builder) gps(e EXIF) (tags []tag) {
	if e.Lat == 0 && e.Lon == 0 {
		return nil
	}
	ns, ew := "N", "E"
	if e.Lat < 0 {
		ns = "S"
	}
	if e.Lon < 0 {
		ew = "W"
	}
	tags = b.text(tags, 1, ns)
	tags = append(tags, b.degrees(2, e.Lat))
	tags = b.text(tags, 3, ew)
	tags = append(tags, b.degrees(4, e.Lon))
	if e.Satellites[0] == "" {
		return tags
	}
	var h, m, s uint32
	_, _ = fmt.Sscanf(e.Satellites[1], "%d:%d:%d", &h, &m, &s) // 0 where it is none
	var clock []byte
	for _, v := range [3]uint32{h, m, s} {
		clock = b.order.AppendUint32(b.order.AppendUint32(clock, v), 1)
	}
	return b.text(append(tags, tag{7, 5, 3, clock}), 0x1d, e.Satellites[0])
}

func (b *builder) degrees(id uint16, x float64) tag {
	x = math.Abs(x)
	d, f := math.Modf(x)
	m, s := math.Modf(f * 60)
	var data []byte
	for _, v := range [3]float64{d, m, s * 60} {
		data = b.order.AppendUint32(b.order.AppendUint32(data, uint32(math.Round(v*1000))), 1000)
	}
	return tag{id, 5, 3, data}
}

func (b *builder) text(tags []tag, id uint16, s string) []tag {
	if s == "" {
		return tags
	}
	return append(tags, tag{id, 2, uint32(len(s) + 1), append([]byte(s), 0)})
}

func (b *builder) short(id uint16, v int) tag {
	return tag{id, 3, 1, b.order.AppendUint16(nil, uint16(v))}
}

func (b *builder) long(id uint16, v int) tag {
	return tag{id, 4, 1, b.order.AppendUint32(nil, uint32(v))}
}

// size is what a directory takes with its values.
func size(tags []tag) int {
	if len(tags) == 0 {
		return 0
	}
	n := 2 + 12*len(tags) + 4
	for _, t := range tags {
		if len(t.data) > 4 {
			n += len(t.data)
		}
	}
	return n
}

func (b *builder) directoryIf(tags []tag) {
	if len(tags) > 0 {
		b.directory(tags, 0)
	}
}

func (b *builder) directory(tags []tag, next int) {
	values := len(b.out) + 2 + 12*len(tags) + 4
	var tail []byte
	b.out = b.order.AppendUint16(b.out, uint16(len(tags)))
	for _, t := range tags {
		b.out = b.order.AppendUint16(b.out, t.id)
		b.out = b.order.AppendUint16(b.out, t.typ)
		b.out = b.order.AppendUint32(b.out, t.count)
		if len(t.data) > 4 {
			b.out = b.order.AppendUint32(b.out, uint32(values+len(tail)))
			tail = append(tail, t.data...)
			continue
		}
		b.out = append(b.out, append(t.data, make([]byte, 4-len(t.data))...)...)
	}
	b.out = append(b.order.AppendUint32(b.out, uint32(next)), tail...)
}
