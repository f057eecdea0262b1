package thumb

import (
	"image"
	"image/draw"

	"github.com/libpaul/paul/imagelib/codec"
)

// plane is one channel of a picture.
type plane struct {
	pix          []byte
	stride, w, h int
}

func newPlane(w, h int) plane { return plane{make([]byte, w*h), w, w, h} }

func (p plane) row(y int) []byte { return p.pix[y*p.stride : y*p.stride+p.w] }

// picture is brightness and, unless it is grey, colour difference, as in JPEG.
// The colour planes may be smaller.
type picture struct {
	y, cb, cr plane
}

func (p picture) grey() bool { return p.cb.pix == nil }

// fromImage takes the planes of a decoded JPEG without copying. ok is false for
// other images.
func fromImage(m image.Image) (p picture, ok bool) {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	switch m := m.(type) {
	case *image.Gray:
		return picture{y: plane{m.Pix, m.Stride, w, h}}, true
	case *image.YCbCr:
		cw, ch := codec.ChromaSize(w, h, m.SubsampleRatio)
		return picture{
			plane{m.Y, m.YStride, w, h},
			plane{m.Cb, m.CStride, cw, ch},
			plane{m.Cr, m.CStride, cw, ch},
		}, true
	}
	return picture{}, false
}

// tileArea is about how many pixels are converted at a time.
const tileArea = 1 << 16

// reduce makes a picture of any image, on white where it is transparent, by
// averaging squares of k by k pixels. It goes tile by tile: a row of squares of
// a long and thin image would take far more memory than the image.
func reduce(m image.Image, k int) picture {
	b := m.Bounds()
	w, h := (b.Dx()+k-1)/k, (b.Dy()+k-1)/k
	p := picture{newPlane(w, h), newPlane(w, h), newPlane(w, h)}
	height := min(k, b.Dy())
	squares := max(1, tileArea/(k*height))
	tile := image.NewRGBA(image.Rect(0, 0, min(squares*k, b.Dx()), height))
	op, opaque := draw.Src, isOpaque(m)
	if !opaque {
		op = draw.Over
	}
	for y := range h {
		for x := 0; x < w; x += squares {
			r := image.Rect(0, 0, min(squares*k, b.Dx()-x*k), min(k, b.Dy()-y*k))
			if !opaque {
				draw.Draw(tile, r, image.White, image.Point{}, draw.Src)
			}
			draw.Draw(tile, r, m, b.Min.Add(image.Pt(x*k, y*k)), op)
			p.average(tile, r.Max, x, y, k)
		}
	}
	return p
}

func isOpaque(m image.Image) bool {
	o, ok := m.(interface{ Opaque() bool })
	return ok && o.Opaque()
}

// average fills the pixels of row y from x on with the squares of a tile, of
// which size is in use.
func (p picture) average(tile *image.RGBA, size image.Point, x, y, k int) {
	for from := 0; from < size.X; from += k {
		to := min(from+k, size.X)
		var r, g, b int
		for j := range size.Y {
			px := tile.Pix[j*tile.Stride+from*4 : j*tile.Stride+to*4]
			for i := 0; i+3 < len(px); i += 4 {
				r, g, b = r+int(px[i]), g+int(px[i+1]), b+int(px[i+2])
			}
		}
		n := (to - from) * size.Y
		at := y*p.y.stride + x + from/k
		p.y.pix[at], p.cb.pix[at], p.cr.pix[at] = ycbcr((r+n/2)/n, (g+n/2)/n, (b+n/2)/n)
	}
}

// ycbcr converts a colour (JFIF 1.02, in 16-bit fixed point).
func ycbcr(r, g, b int) (y, cb, cr byte) {
	y = byte((19595*r + 38470*g + 7471*b + 1<<15) >> 16)
	cb = clamp(int32((-11056*r - 21712*g + 32768*b + 257<<15) >> 16))
	cr = clamp(int32((32768*r - 27440*g - 5328*b + 257<<15) >> 16))
	return y, cb, cr
}

// image returns the picture for the encoder; its colour planes must be of half
// the size.
func (p picture) image() image.Image {
	r := image.Rect(0, 0, p.y.w, p.y.h)
	if p.grey() {
		return &image.Gray{Pix: p.y.pix, Stride: p.y.stride, Rect: r}
	}
	return &image.YCbCr{
		Y: p.y.pix, Cb: p.cb.pix, Cr: p.cr.pix, YStride: p.y.stride, CStride: p.cb.stride,
		SubsampleRatio: p.ratio(), Rect: r,
	}
}

func (p picture) ratio() image.YCbCrSubsampleRatio {
	if p.cb.w == p.y.w && p.cb.h == p.y.h {
		return image.YCbCrSubsampleRatio444
	}
	return image.YCbCrSubsampleRatio420
}

// rgba converts the picture.
func (p picture) rgba() *image.RGBA {
	dst := image.NewRGBA(image.Rect(0, 0, p.y.w, p.y.h))
	draw.Draw(dst, dst.Rect, p.image(), image.Point{}, draw.Src)
	return dst
}

// orient turns a picture upright.
func (p picture) orient(o int) picture {
	if o <= 1 || o > 8 {
		return p
	}
	q := picture{y: p.y.orient(o)}
	if !p.grey() {
		q.cb, q.cr = p.cb.orient(o), p.cr.orient(o)
	}
	return q
}

// orient turns one plane: where its first pixel and its next ones in a row and
// in a column come from tells all eight cases apart.
func (p plane) orient(o int) plane {
	w, h := p.w, p.h
	if o >= 5 {
		w, h = h, w
	}
	last, lastRow := p.w-1, (p.h-1)*p.stride
	start := [9]int{2: last, 3: last + lastRow, 4: lastRow, 5: 0, 6: lastRow, 7: last + lastRow, 8: last}[o]
	dx := [9]int{2: -1, 3: -1, 4: 1, 5: p.stride, 6: -p.stride, 7: -p.stride, 8: p.stride}[o]
	dy := [9]int{2: p.stride, 3: -p.stride, 4: -p.stride, 5: 1, 6: 1, 7: -1, 8: -1}[o]
	q := newPlane(w, h)
	for y := range h {
		at := start + y*dy
		for x, row := 0, q.row(y); x < len(row); x++ {
			row[x] = p.pix[at]
			at += dx
		}
	}
	return q
}
