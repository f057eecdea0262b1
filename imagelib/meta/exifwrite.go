package meta

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
)

// Types of values in EXIF (TIFF 6.0, section 2).
const (
	exifByte      = 1
	exifASCII     = 2
	exifShort     = 3
	exifLong      = 4
	exifRational  = 5
	exifUndefined = 7
)

// exifEntry is one value to write; data is in big-endian order.
type exifEntry struct {
	tag, typ uint16
	count    uint32
	data     []byte
}

type exifDirectory []exifEntry

func (d *exifDirectory) add(tag, typ uint16, count int, data []byte) {
	*d = append(*d, exifEntry{tag, typ, uint32(count), data})
}

func (d *exifDirectory) text(tag uint16, s string) {
	if s != "" {
		d.add(tag, exifASCII, len(s)+1, append([]byte(s), 0))
	}
}

func (d *exifDirectory) short(tag uint16, n int) {
	if n > 0 {
		d.add(tag, exifShort, 1, binary.BigEndian.AppendUint16(nil, uint16(min(n, math.MaxUint16))))
	}
}

func (d *exifDirectory) long(tag uint16, n int) {
	d.add(tag, exifLong, 1, binary.BigEndian.AppendUint32(nil, uint32(n)))
}

func (d *exifDirectory) rational(tag uint16, list ...[2]uint32) {
	var b []byte
	for _, r := range list {
		b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, r[0]), r[1])
	}
	d.add(tag, exifRational, len(list), b)
}

// positive writes a number that is known.
func (d *exifDirectory) positive(tag uint16, x float64) {
	switch {
	case !(x > 0) || x > 1e6: // nor NaN
	case x < 0.5: // as cameras tell exposures: 1/200
		d.rational(tag, [2]uint32{1000, uint32(min(math.Round(1000/x), math.MaxUint32))})
	default:
		d.rational(tag, [2]uint32{uint32(math.Round(x * 1000)), 1000})
	}
}

// size is what a directory takes with its values.
func (d exifDirectory) size() int {
	n := 2 + 12*len(d) + 4
	for _, e := range d {
		if len(e.data) > 4 {
			n += len(e.data) + len(e.data)&1
		}
	}
	return n
}

// append writes a directory that begins at offset at.
func (d exifDirectory) append(b []byte, at int) []byte {
	slices.SortFunc(d, func(a, b exifEntry) int { return cmp.Compare(a.tag, b.tag) })
	b = binary.BigEndian.AppendUint16(b, uint16(len(d)))
	var values []byte
	for _, e := range d {
		b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, e.tag), e.typ)
		b = binary.BigEndian.AppendUint32(b, e.count)
		if len(e.data) <= 4 {
			b = append(append(b, e.data...), make([]byte, 4-len(e.data))...)
			continue
		}
		b = binary.BigEndian.AppendUint32(b, uint32(at+2+12*len(d)+4+len(values)))
		values = append(append(values, e.data...), make([]byte, len(e.data)&1)...)
	}
	return append(append(b, 0, 0, 0, 0), values...)
}

// WriteEXIF writes what is known of a picture, of stored size and upright, as a
// segment of a JPEG holds it (EXIF 2.32): date, camera, lens, exposure, place, and
// that its colours are those of sRGB.
func WriteEXIF(i *Info) []byte {
	var main, photo, gps exifDirectory
	main.text(0x110, i.Camera)
	main.short(0x112, 1) // upright
	main.rational(0x11a, [2]uint32{72, 1})
	main.rational(0x11b, [2]uint32{72, 1})
	main.short(0x128, 2) // dots an inch
	main.text(0x131, "Paul")
	main.short(0x213, 1)

	photo.add(0x9000, exifUndefined, 4, []byte("0232"))
	photo.add(0x9101, exifUndefined, 4, []byte{1, 2, 3, 0})
	photo.add(0xa000, exifUndefined, 4, []byte("0100"))
	photo.short(0xa001, 1) // sRGB
	photo.long(0xa002, i.Width)
	photo.long(0xa003, i.Height)
	photo.date(i.Date)
	photo.text(0xa434, i.Lens)
	photo.positive(0x829a, i.Exposure.Time)
	photo.positive(0x829d, i.Exposure.FNumber)
	photo.positive(0x920a, i.Exposure.Focal)
	photo.short(0x8827, i.Exposure.ISO)
	photo.short(0xa405, i.Exposure.Focal35)
	if i.GPS != nil {
		gps.add(0, exifByte, 4, []byte{2, 3, 0, 0})
		gps.degrees(1, i.GPS.Lat, "N", "S")
		gps.degrees(3, i.GPS.Lon, "E", "W")
	}

	const head = 8
	main.long(0x8769, 0)
	if len(gps) > 0 {
		main.long(0x8825, 0)
	}
	photoAt := head + main.size()
	gpsAt := photoAt + photo.size()
	for k := range main {
		switch main[k].tag {
		case 0x8769:
			binary.BigEndian.PutUint32(main[k].data, uint32(photoAt))
		case 0x8825:
			binary.BigEndian.PutUint32(main[k].data, uint32(gpsAt))
		}
	}
	tiff := main.append([]byte{'M', 'M', 0, 42, 0, 0, 0, head}, head)
	tiff = photo.append(tiff, photoAt)
	if len(gps) > 0 {
		tiff = gps.append(tiff, gpsAt)
	}
	return append([]byte("Exif\x00\x00"), tiff...)
}

// date writes when the photo was taken, as far as that is known.
func (d *exifDirectory) date(when Date) {
	if when.Wall.IsZero() {
		return
	}
	d.text(0x9003, when.Wall.Format("2006:01:02 15:04:05"))
	if part := when.Wall.Format(".000"); part != ".000" {
		d.text(0x9291, part[1:])
	}
	if when.HasOffset {
		full := when.String()
		d.text(0x9011, full[len(full)-len("+02:00"):])
	}
}

// degrees writes a coordinate, and before it on which side of zero it is.
func (d *exifDirectory) degrees(tag uint16, x float64, plus, minus string) {
	side := plus
	if x < 0 {
		side, x = minus, -x
	}
	const parts = 10_000 // of a second, which is three millimetres
	n := uint64(math.Round(x * 3600 * parts))
	d.text(tag, side)
	d.rational(tag+1, [2]uint32{uint32(n / (3600 * parts)), 1}, [2]uint32{uint32(n / (60 * parts) % 60), 1}, [2]uint32{uint32(n % (60 * parts)), parts})
}
