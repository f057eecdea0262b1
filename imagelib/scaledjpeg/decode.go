// Package scaledjpeg decodes baseline JPEG at a half, a quarter or an eighth of
// its size, for thumbnails: it builds only the low frequencies of each block of
// 8 by 8 pixels, and skips the others without looking at their values (ITU T.81).
//
// It takes the JPEGs that cameras and phones write. Others, such as progressive
// ones, are [ErrUnsupported], and left to a decoder of all kinds.
package scaledjpeg

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Errors a caller may test for with [errors.Is].
var (
	// ErrUnsupported is returned for a JPEG of another kind, which may be whole.
	ErrUnsupported = errors.New("not a JPEG of one baseline scan")

	// ErrDamaged is returned when nothing of the picture can be decoded.
	ErrDamaged = errors.New("JPEG is damaged")
)

// pixelsPerByte bounds the picture by its file: a block of 64 pixels has two bits
// at the very least.
const pixelsPerByte = 256

// component is one channel.
type component struct {
	id, h, v int
	side     int // pixels of a block in the result: 4, 2 or 1
	quant    *[64]uint16
	dc, ac   *huffman
	pix      []byte // of whole blocks
	stride   int
	pred     int32 // of the constant part
}

// decoder decodes one picture.
type decoder struct {
	data          []byte
	width, height int // as stored
	comps         []component
	across, down  int // minimum coded units
	interval      int // units between restarts; 0 for none
	quants        [4][64]uint16
	haveQuant     [4]bool
	tables        [2][4]*huffman // constant part, others
	bits          bitReader
}

// Plane is one channel of a picture: rows of W bytes, Stride apart.
type Plane struct {
	Pix          []byte
	Stride, W, H int
}

// Picture is brightness and, unless it is grey, colour difference, as in JPEG.
type Picture struct {
	Y, Cb, Cr Plane
}

// Decode decodes data at 1/denom of its size, rounded up; denom is 2, 4 or 8. Of
// colour difference it decodes what the file has of it at that size or, if
// coarse and the file has less of it than of brightness, half of that a side. A
// picture that breaks off is grey from there on. Errors: [ErrUnsupported],
// [ErrDamaged].
func Decode(data []byte, denom int, coarse bool) (Picture, error) {
	if denom != 2 && denom != 4 && denom != 8 {
		return Picture{}, fmt.Errorf("%w: at 1/%d", ErrUnsupported, denom)
	}
	d := &decoder{data: data}
	scan, err := d.headers()
	if err != nil {
		return Picture{}, err
	}
	d.allocate(8/denom, coarse)
	if units := d.scan(scan); units == 0 {
		return Picture{}, fmt.Errorf("%w: no picture", ErrDamaged)
	}
	p := Picture{Y: d.plane(0)}
	if len(d.comps) == 3 {
		p.Cb, p.Cr = d.plane(1), d.plane(2)
	}
	return p, nil
}

// headers reads the segments up to the first scan, and returns where that begins.
func (d *decoder) headers() (scan int, err error) {
	p := 2
	if len(d.data) < 4 || d.data[0] != 0xff || d.data[1] != 0xd8 {
		return 0, fmt.Errorf("%w: no start", ErrDamaged)
	}
	for {
		for p+1 < len(d.data) && d.data[p] == 0xff && d.data[p+1] == 0xff { // fill bytes
			p++
		}
		if p+4 > len(d.data) || d.data[p] != 0xff {
			return 0, fmt.Errorf("%w: it ends early", ErrDamaged)
		}
		marker, n := d.data[p+1], int(binary.BigEndian.Uint16(d.data[p+2:]))
		if n < 2 || p+2+n > len(d.data) {
			return 0, fmt.Errorf("%w: it ends early", ErrDamaged)
		}
		b := d.data[p+4 : p+2+n]
		p += 2 + n
		switch {
		case marker == 0xc0, marker == 0xc1:
			err = d.frame(b)
		case marker == 0xc4:
			err = d.huffmans(b)
		case marker == 0xdb:
			err = d.quantizers(b)
		case marker == 0xdd && len(b) >= 2:
			d.interval = int(binary.BigEndian.Uint16(b))
		case marker == 0xee && len(b) >= 12 && string(b[:5]) == "Adobe" && b[11] == 0: // red, green, blue
			err = ErrUnsupported
		case marker == 0xda:
			return p, d.scanHeader(b)
		case marker >= 0xc0 && marker <= 0xcf, marker < 0xc0, marker >= 0xd0 && marker <= 0xd9:
			err = ErrUnsupported
		}
		if err != nil {
			return 0, err
		}
	}
}

// frame reads a frame header (B.2.2).
func (d *decoder) frame(b []byte) error {
	if len(d.comps) > 0 || len(b) < 6 || b[0] != 8 {
		return ErrUnsupported
	}
	d.height, d.width = int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
	n := int(b[5])
	if n != 1 && n != 3 || len(b) < 6+3*n || d.width == 0 || d.height == 0 || d.width*d.height > pixelsPerByte*len(d.data)+1<<20 {
		return ErrUnsupported
	}
	d.comps = make([]component, n)
	for i := range d.comps {
		c := b[6+3*i:]
		if c[2] > 3 {
			return ErrUnsupported
		}
		d.comps[i] = component{id: int(c[0]), h: int(c[1] >> 4), v: int(c[1] & 15), quant: &d.quants[c[2]]}
	}
	y := &d.comps[0]
	if n == 1 {
		y.h, y.v = 1, 1 // one component alone is not interleaved
		return nil
	}
	if y.h < 1 || y.h > 2 || y.v < 1 || y.v > 2 {
		return ErrUnsupported
	}
	for _, c := range d.comps[1:] {
		if c.h != 1 || c.v != 1 {
			return ErrUnsupported
		}
	}
	return nil
}

// quantizers reads tables of quantization (B.2.4.1).
func (d *decoder) quantizers(b []byte) error {
	for len(b) > 0 {
		wide, id := b[0]>>4, b[0]&15
		size := 64 * (1 + int(wide))
		if wide > 1 || id > 3 || len(b) < 1+size {
			return fmt.Errorf("%w: a table of quantization", ErrDamaged)
		}
		for i := range 64 {
			if wide == 1 {
				d.quants[id][i] = binary.BigEndian.Uint16(b[1+2*i:])
			} else {
				d.quants[id][i] = uint16(b[1+i])
			}
		}
		d.haveQuant[id] = true
		b = b[1+size:]
	}
	return nil
}

// scanHeader reads the header of the scan (B.2.3), which must hold all components.
func (d *decoder) scanHeader(b []byte) error {
	if len(d.comps) == 0 || len(b) < 4+2*len(d.comps) || int(b[0]) != len(d.comps) {
		return ErrUnsupported
	}
	for i := range d.comps {
		c, dc, ac := &d.comps[i], b[2+2*i]>>4, b[2+2*i]&15
		if int(b[1+2*i]) != c.id || dc > 3 || ac > 3 {
			return ErrUnsupported
		}
		if c.dc, c.ac = d.tables[0][dc], d.tables[1][ac]; c.dc == nil || c.ac == nil {
			return fmt.Errorf("%w: a table of codes is missing", ErrDamaged)
		}
	}
	return nil
}

// allocate makes the planes, of whole units, grey. A block of brightness has side
// pixels a side.
func (d *decoder) allocate(side int, coarse bool) {
	y := &d.comps[0]
	d.across = (d.width + 8*y.h - 1) / (8 * y.h)
	d.down = (d.height + 8*y.v - 1) / (8 * y.v)
	for i := range d.comps {
		c := &d.comps[i]
		c.side = side
		if coarse && i > 0 && y.h*y.v > 1 {
			c.side = max(1, side/2)
		}
		c.stride = d.across * c.h * c.side
		c.pix = make([]byte, c.stride*d.down*c.v*c.side)
		for k := range c.pix {
			c.pix[k] = 128
		}
	}
}

// plane is a channel without what was added for whole units.
func (d *decoder) plane(i int) Plane {
	c, y := &d.comps[i], &d.comps[0]
	scaled := func(n, of, all int) int {
		n = (n*of + all - 1) / all
		return (n*c.side + 7) / 8
	}
	return Plane{c.pix, c.stride, scaled(d.width, c.h, y.h), scaled(d.height, c.v, y.v)}
}
