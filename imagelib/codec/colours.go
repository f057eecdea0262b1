package codec

import (
	"image"
	"math"
)

// Coding is how brightness and colour difference were made of red, green and
// blue (ISO/IEC 23091-2). Zero is as in JPEG: BT.601 in the full range.
type Coding struct {
	Matrix  uint8 // MatrixCoefficients: 1 is BT.709, 9 BT.2020; all others count as BT.601
	Limited bool  // brightness from 16 to 235, colour difference from 16 to 240
}

// asJPEG turns m, in its place, into what JPEG has.
func (c Coding) asJPEG(m *image.YCbCr) image.Image {
	if c.Limited {
		widen(m.Y, 16, 0, 219)
		widen(m.Cb, 128, 128, 224)
		widen(m.Cr, 128, 128, 224)
	}
	kr, kb := 0.0, 0.0
	switch c.Matrix {
	case 1:
		kr, kb = 0.2126, 0.0722
	case 9:
		kr, kb = 0.2627, 0.0593
	default:
		return m
	}
	return toRGBA(m, kr, kb)
}

// widen spreads the values of a plane over the whole range: span of them about
// from, which becomes to.
func widen(pix []byte, from, to, span float64) {
	var table [256]byte
	for v := range table {
		table[v] = byte(math.Round(min(max((float64(v)-from)*255/span+to, 0), 255)))
	}
	for i, v := range pix {
		pix[i] = table[v]
	}
}

// toRGBA converts a picture in the full range whose brightness has kr of red and
// kb of blue.
func toRGBA(m *image.YCbCr, kr, kb float64) *image.RGBA {
	const one = 1 << 16
	crR, cbB := int(2*(1-kr)*one), int(2*(1-kb)*one)
	crG, cbG := int(2*(1-kr)*kr/(1-kr-kb)*one), int(2*(1-kb)*kb/(1-kr-kb)*one)
	b := m.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y := range b.Dy() {
		row := out.Pix[y*out.Stride:]
		for x := range b.Dx() {
			luma := int(m.Y[m.YOffset(b.Min.X+x, b.Min.Y+y)])*one + one/2
			at := m.COffset(b.Min.X+x, b.Min.Y+y)
			cb, cr := int(m.Cb[at])-128, int(m.Cr[at])-128
			row[4*x] = clamp((luma + crR*cr) >> 16)
			row[4*x+1] = clamp((luma - crG*cr - cbG*cb) >> 16)
			row[4*x+2] = clamp((luma + cbB*cb) >> 16)
			row[4*x+3] = 255
		}
	}
	return out
}

func clamp(v int) byte { return byte(min(max(v, 0), 255)) }
