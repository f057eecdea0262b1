package thumb

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"math/bits"
	"os"
	"slices"

	"github.com/gen2brain/webp"

	"github.com/libpaul/paul/imagelib/internal/testphoto"
)

// testdata is a file that no encoder here makes; testdata/README.md says how it
// was made.
func testdata(name string) []byte {
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		panic(err) // it is beside this file
	}
	return data
}

func exifInJPEG(data []byte, e testphoto.EXIF) []byte {
	with := testphoto.JPEG(image.NewGray(image.Rect(0, 0, 8, 8)), e)
	n := 4 + int(binary.BigEndian.Uint16(with[4:])) // up to the end of the segment
	return slices.Concat(with[:n], data[2:])
}

func exifInPNG(data []byte, e testphoto.EXIF) []byte {
	exif := append([]byte("eXIf"), e.TIFF()...)
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(exif)-4))
	chunk = binary.BigEndian.AppendUint32(append(chunk, exif...), crc32.ChecksumIEEE(exif))
	const head = 8 + 25
	return slices.Concat(data[:head], chunk, data[head:])
}

func riff(typ string, data ...[]byte) []byte {
	body := slices.Concat(data...)
	out := binary.LittleEndian.AppendUint32([]byte(typ), uint32(len(body)))
	return append(append(out, body...), make([]byte, len(body)%2)...)
}

// webpFeatures describes a picture of the corpus, with flags of RFC 9649, 2.7.1.
func webpFeatures(flags byte) []byte {
	return riff("VP8X", []byte{flags, 0, 0, 0, byte((corpusW - 1) & 255), (corpusW - 1) >> 8, 0, corpusH - 1, 0, 0})
}

func exifInWebP(data []byte, e testphoto.EXIF) []byte {
	chunks := data[12:]
	flags := byte(8)
	if bytes.HasPrefix(chunks, []byte("VP8X")) {
		flags |= chunks[8]
		chunks = chunks[18:]
	}
	return riff("RIFF", []byte("WEBP"), webpFeatures(flags), chunks, riff("EXIF", e.TIFF()))
}

// animatedWebP has two frames, of which the second is black.
func animatedWebP() []byte {
	frame := func(m image.Image) []byte {
		data := must(func(b *bytes.Buffer) error { return webp.Encode(b, m, webp.Options{Quality: 90}) })
		chunks := data[12:]
		if bytes.HasPrefix(chunks, []byte("VP8X")) {
			chunks = chunks[18:]
		}
		head := []byte{0, 0, 0, 0, 0, 0, byte((corpusW - 1) & 255), (corpusW - 1) >> 8, 0, corpusH - 1, 0, 0, 100, 0, 0, 0}
		return riff("ANMF", head, chunks)
	}
	return riff("RIFF", []byte("WEBP"), webpFeatures(2), riff("ANIM", make([]byte, 6)), frame(corpusPicture), frame(image.NewRGBA(corpusPicture.Rect)))
}

// turnedTIFF writes an orientation into a TIFF or BigTIFF that has one already.
func turnedTIFF(data []byte, orientation int) []byte {
	data = bytes.Clone(data)
	order := binary.ByteOrder(binary.LittleEndian)
	if data[0] == 'M' {
		order = binary.BigEndian
	}
	at, n, entry, value := int(order.Uint32(data[4:])), 0, 12, 8
	if order.Uint16(data[2:]) == 43 {
		at, entry, value = int(order.Uint64(data[8:])), 20, 12
		n = int(order.Uint64(data[at:]))
		at += 8
	} else {
		n = int(order.Uint16(data[at:]))
		at += 2
	}
	for range n {
		if order.Uint16(data[at:]) == 0x112 {
			order.PutUint16(data[at+value:], uint16(orientation))
			return data
		}
		at += entry
	}
	panic("no orientation to change") // in a file beside this one
}

// jxlTurned writes an orientation into a codestream that says nothing of itself
// but its size (ISO/IEC 18181-1, D.2 and D.3).
func jxlTurned(data []byte, orientation int) []byte {
	const size = 16 + 1 + 11 + 3 + 11 // bits of the signature, and of a size of no usual shape
	r := lowBits{data, size}
	if data[0] != 0xff || data[1] != 0x0a || r.take(1) != 1 || r.take(1) != 1 {
		panic("another beginning than the encoder makes")
	}
	w := lowBits{append(bytes.Clone(data[:(size+7)/8]), make([]byte, 4)...), size}
	for _, f := range [][2]int{
		{1, 0}, {1, 1}, {3, orientation - 1}, {3, 0}, // not all as usual, more fields: no other size, no preview, no animation
		{1, 0}, {2, 0}, {1, 1}, {2, 0}, {1, 1}, {1, 1}, {1, 1}, {2, 0}, // 8 bits, no more channels, XYB; colours, tones and the rest as usual
		{1, 1}, // so are the transforms
	} {
		w.put(f[0], f[1])
	}
	return append(w.data[:(w.at+7)/8], data[(r.at+7)/8:]...)
}

// lowBits are numbers of which the lowest bit comes first.
type lowBits struct {
	data []byte
	at   int
}

func (b *lowBits) take(n int) (v int) {
	for i := range n {
		v |= int(b.data[b.at/8]>>(b.at%8)&1) << i
		b.at++
	}
	return v
}

func (b *lowBits) put(n, v int) {
	for i := range n {
		bit := byte(1) << (b.at % 8)
		b.data[b.at/8] &^= bit
		if v>>i&1 == 1 {
			b.data[b.at/8] |= bit
		}
		b.at++
	}
}

func isoBox(typ string, parts ...[]byte) []byte {
	body := slices.Concat(parts...)
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), typ...), body...)
}

// jxlBoxes puts a codestream into boxes, with EXIF whose orientation does not count.
func jxlBoxes(data []byte, e testphoto.EXIF) []byte {
	e.Orientation = 9 - e.Orientation
	return slices.Concat([]byte("\x00\x00\x00\x0cJXL \r\n\x87\n"), isoBox("ftyp", []byte("jxl \x00\x00\x00\x00jxl ")),
		isoBox("Exif", make([]byte, 4), e.TIFF()), isoBox("jxlc", data))
}

// ycckJPEG is a JPEG of brightness, colour difference and black, as Adobe's programs
// write it (Adobe technical note 5116): each block of 8 by 8 pixels is even.
func ycckJPEG() []byte {
	data := []byte("\xff\xd8\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x02")
	data = append(append(data, 0xff, 0xdb, 0, 67, 0), bytes.Repeat([]byte{8}, 64)...)
	data = append(data, 0xff, 0xc0, 0, 20, 8, 0, corpusH, corpusW>>8, corpusW&255, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0)
	data = append(append(data, 0xff, 0xc4, 0, 31, 0, 0, 0, 0, 12), make([]byte, 12)...) // twelve codes of four bits, for sizes of 0 to 11
	data = append(data, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
	data = append(append(data, 0xff, 0xc4, 0, 20, 0x10, 1), make([]byte, 16)...) // one code, of one bit, for nothing more
	data = append(data, 0xff, 0xda, 0, 14, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0)
	var w highBits
	var last [4]int
	for y := 4; y < corpusH; y += 8 {
		for x := 4; x < corpusW; x += 8 {
			c := corpusPicture.RGBAAt(x, y)
			yy, cb, cr := color.RGBToYCbCr(255-c.R, 255-c.G, 255-c.B) // of inks, as if they were light
			for i, v := range [4]int{int(yy), int(cb), int(cr), 255} {
				w.coefficient(v - 128 - last[i])
				last[i] = v - 128
			}
		}
	}
	return append(append(data, w.end()...), 0xff, 0xd9)
}

// highBits are the bits of a scan of a JPEG, the highest first.
type highBits struct {
	out []byte
	acc uint32
	n   int
}

func (w *highBits) put(n int, v uint32) {
	w.acc, w.n = w.acc<<n|v, w.n+n
	for ; w.n >= 8; w.n -= 8 {
		b := byte(w.acc >> (w.n - 8))
		if w.out = append(w.out, b); b == 0xff {
			w.out = append(w.out, 0)
		}
	}
}

// coefficient writes the first coefficient of a block that has no other, as the
// difference from the block before (ITU T.81, F.1.2.1).
func (w *highBits) coefficient(diff int) {
	size := bits.Len(uint(max(diff, -diff)))
	w.put(4, uint32(size))
	if diff < 0 {
		diff += 1<<size - 1
	}
	w.put(size, uint32(diff))
	w.put(1, 0)
}

func (w *highBits) end() []byte {
	w.put(7, 127)
	return w.out
}
