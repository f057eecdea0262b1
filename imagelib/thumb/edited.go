package thumb

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"

	"github.com/disintegration/imaging"
	"github.com/gen2brain/jpegn"

	"github.com/libpaul/paul/imagelib/codec"
	"github.com/libpaul/paul/imagelib/meta"
)

// cutPixels are the most of a picture that is straightened or cut: they are in
// memory twice, and up to three times where it is turned far.
const cutPixels = 40_000_000

// bestQuality is that of JPEGs that a person keeps: what it leaves out is less
// than the noise of any camera.
const bestQuality = 95

// Edited is [Renderer.Thumbnails] of a file that is turned and cut by g. What the
// set has besides thumbnails is of the edited picture too.
func (r *Renderer) Edited(ctx context.Context, data []byte, info *meta.Info, g Geometry) (set Set, err error) {
	defer recovered(&err)
	p, cause, err := r.small(ctx, data, info, g)
	if err != nil {
		return Set{}, err
	}
	return newSet(p, cause)
}

// EditedPixels is [Renderer.Pixels] of a file that is turned and cut by g.
func (r *Renderer) EditedPixels(ctx context.Context, data []byte, info *meta.Info, g Geometry, maxSide int) (m image.Image, err error) {
	defer recovered(&err)
	src, srcInfo := source(data, info)
	m, err = r.pixels(ctx, src, srcInfo, g, maxSide)
	if err == nil || ctx.Err() != nil || errors.Is(err, codec.ErrGaveUp) { // after which the small picture would hide that
		return m, err
	}
	if inner, innerInfo, ok := lastResort(data, info); ok {
		if m, innerErr := r.pixels(ctx, inner, innerInfo, g, maxSide); innerErr == nil {
			return m, nil
		}
	}
	return nil, err
}

// cut decodes a file, straightens and cuts it so that what is left fits in a
// square of side (0: as large as it is). It works at times that size, as far as
// the file has the pixels.
func (r *Renderer) cut(ctx context.Context, data []byte, info *meta.Info, g Geometry, side, times int) (*image.NRGBA, error) {
	uw, uh := info.Upright()
	w, h := g.Size(uw, uh)
	long, left := max(uw, uh), max(w, h)
	work := long // the longer side of the picture before it is cut
	if side > 0 && left > side {
		work = min(long, (long*side*times+left-1)/left)
	}
	if px := float64(uw) * float64(uh) * float64(work) / float64(long) * float64(work) / float64(long); px > cutPixels {
		work = int(float64(work) * math.Sqrt(cutPixels/px))
	}
	denom := denominator(info, work, 1)
	extra := 16 * fitPixels(info, work) // planes, RGB, and that straightened
	p, size, release, err := r.planes(ctx, data, info, denom, extra, work, false)
	if err != nil {
		return nil, err
	}
	defer release()
	ww, wh := fit(info.Width, info.Height, work)
	if denom == 1 { // the decoder knows better than the header
		ww, wh = fit(size.X, size.Y, work)
	}
	m := p.resize(ww, wh, true).orient(g.Orientation(info.Orientation)).rgba()
	recolour(m, toSRGB(data, info))
	out := g.level(opaque(m))
	largest := max(1, int(math.Round(float64(left)*float64(work)/float64(long))))
	if side > 0 {
		largest = min(largest, side)
	}
	if fw, fh := fit(w, h, largest); fw != out.Rect.Dx() || fh != out.Rect.Dy() {
		out = imaging.Resize(out, fw, fh, imaging.Lanczos)
	}
	return out, nil
}

// opaque takes the pixels of an opaque picture for what imaging works with,
// without copying.
func opaque(m *image.RGBA) *image.NRGBA {
	return &image.NRGBA{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}
}

// level straightens and cuts a picture that is turned by quarters already.
func (g Geometry) level(m *image.NRGBA) *image.NRGBA {
	part := g.kept(m.Rect.Dx(), m.Rect.Dy())
	if g.Angle != 0 {
		m = imaging.Rotate(m, -g.Angle, color.Black) // counter-clockwise
	}
	return imaging.Crop(m, part.in(m.Rect))
}

// Apply turns and cuts an opaque picture, such as a thumbnail.
func (g Geometry) Apply(m *image.RGBA) *image.RGBA {
	if g == (Geometry{}) {
		return m
	}
	out, _ := upright(opaque(m), g.Orientation(1)).(*image.NRGBA) // as imaging makes them
	if g.Cuts() {
		out = g.level(out)
	}
	return &image.RGBA{Pix: out.Pix, Stride: out.Stride, Rect: out.Rect}
}

// upright turns a picture of an EXIF orientation.
func upright(m image.Image, orientation int) image.Image {
	switch orientation {
	case 2:
		return imaging.FlipH(m)
	case 3:
		return imaging.Rotate180(m)
	case 4:
		return imaging.FlipV(m)
	case 5:
		return imaging.Transpose(m)
	case 6:
		return imaging.Rotate270(m) // counter-clockwise
	case 7:
		return imaging.Transverse(m)
	case 8:
		return imaging.Rotate90(m)
	}
	return m
}

// Derive makes a thumbnail of size of the edited picture from one of the whole
// picture. Of a small part it is coarse.
func Derive(whole []byte, size int, g Geometry) ([]byte, error) {
	m, err := Decode(whole, size)
	if err != nil {
		return nil, err
	}
	p := reduce(g.Apply(m), 1)
	return encode(p.resize(p.y.w, p.y.h, false))
}

// EncodeBest writes a picture as a JPEG of the best quality that is of use, with
// what is to stand in its segments of EXIF and XMP; each may be nil.
func EncodeBest(m image.Image, exif, xmp []byte) ([]byte, error) {
	if !isOpaque(m) { // on white, as thumbnails are
		flat := image.NewRGBA(m.Bounds())
		draw.Draw(flat, flat.Rect, image.White, image.Point{}, draw.Src)
		draw.Draw(flat, flat.Rect, m, m.Bounds().Min, draw.Over)
		m = flat
	}
	var b bytes.Buffer
	opts := jpegn.EncodeOptions{Quality: bestQuality, Subsampling: jpegn.Subsample444, OptimizeCoding: true, Exif: exif}
	if xmp != nil {
		opts.Segments = []jpegn.Segment{{Marker: 0xe1, Data: xmp}}
	}
	if err := jpegn.Encode(&b, m, &opts); err != nil {
		return nil, fmt.Errorf("encode picture: %w", err)
	}
	return b.Bytes(), nil
}

// Key names the thumbnails of a file as a geometry shows it, in a [Cache]. Files
// that are not cut share those of the whole file, and turn them.
func Key(digest fmt.Stringer, g Geometry) fmt.Stringer {
	if !g.Cuts() {
		return digest
	}
	sum := sha256.Sum256([]byte(g.String()))
	return editedKey(digest.String() + "-" + hex.EncodeToString(sum[:8]))
}

type editedKey string

func (k editedKey) String() string { return string(k) }
