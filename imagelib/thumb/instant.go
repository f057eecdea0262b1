package thumb

import (
	"context"
	"fmt"
	"image"
	"io"

	"github.com/libpaul/paul/imagelib/codec"
	"github.com/libpaul/paul/imagelib/meta"
)

const (
	maxInside = 256 << 10 // bytes of the small JPEG in a file; in the EXIF of a JPEG there is room for 64 kB
	maxBar    = 24        // brightness of a black bar, 0 to 255; a JPEG blurs it
)

// Instant draws what can be had at once of a file of size bytes that info was read
// of: the small picture inside, upright, in the shape of the large one. It is rough,
// and of bytes that nobody has checked: it is shown until the thumbnail comes, and
// never kept as one. Only the small picture is read of the file. It fails with
// [ErrUnsupported] where there is none, or one of another shape, and else as
// [Renderer.Thumbnails] does.
func (r *Renderer) Instant(ctx context.Context, f io.ReaderAt, size int64, info *meta.Info) (m *image.RGBA, err error) {
	defer recovered(&err)
	p, err := r.instant(ctx, f, size, info)
	if err != nil {
		return nil, err
	}
	w, h := info.Upright()
	p, ok := p.without(w, h)
	if !ok {
		return nil, fmt.Errorf("%w: the small picture has another shape", ErrUnsupported)
	}
	return p.rgba(), nil
}

func (r *Renderer) instant(ctx context.Context, f io.ReaderAt, size int64, info *meta.Info) (picture, error) {
	if info.Inner.Width > 0 && codec.Handles(info.Type) {
		if data := info.Inner.Read(f, size); data != nil {
			return r.inner(ctx, data, info, Geometry{}, Large)
		}
	}
	t := info.Thumb
	if t.Len <= 0 || t.Len > maxInside || info.Width <= 0 || info.Height <= 0 {
		return picture{}, fmt.Errorf("%w: no small picture inside", ErrUnsupported)
	}
	data := make([]byte, t.Len)
	if _, err := f.ReadAt(data, t.Off); err != nil {
		return picture{}, fmt.Errorf("read small picture: %w", err)
	}
	in, ok := smallJPEG(data, info)
	if !ok || max(in.Width, in.Height) > 2*Large {
		return picture{}, fmt.Errorf("%w: the small picture is none", ErrUnsupported)
	}
	return r.draw(ctx, data, in, Geometry{}, Small, 1, true)
}

// without returns what is left of a small picture of one of w by h pixels without
// the black bars that cameras add to one of a fixed shape; ok is false when it is
// of another shape, or what lies there is no bar.
func (p picture) without(w, h int) (picture, bool) {
	pw, ph := p.y.w, p.y.h
	if sameShape(w, h, pw, ph) {
		return p, true
	}
	kept := image.Rect(0, 0, pw, ph)
	var bars [2]image.Rectangle
	if int64(w)*int64(ph) > int64(h)*int64(pw) { // bars above and below
		inner := int(int64(pw) * int64(h) / int64(w))
		kept.Min.Y = (ph - inner) / 2
		kept.Max.Y = kept.Min.Y + inner
		bars = [2]image.Rectangle{image.Rect(0, 0, pw, kept.Min.Y-1), image.Rect(0, kept.Max.Y+1, pw, ph)}
		kept = kept.Intersect(image.Rect(0, kept.Min.Y+1, pw, kept.Max.Y-1)) // what is next to a bar is half of it
	} else {
		inner := int(int64(ph) * int64(w) / int64(h))
		kept.Min.X = (pw - inner) / 2
		kept.Max.X = kept.Min.X + inner
		bars = [2]image.Rectangle{image.Rect(0, 0, kept.Min.X-1, ph), image.Rect(kept.Max.X+1, 0, pw, ph)}
		kept = kept.Intersect(image.Rect(kept.Min.X+1, 0, kept.Max.X-1, ph))
	}
	if kept.Empty() || !p.y.dark(bars[0]) || !p.y.dark(bars[1]) || !p.grey() && (p.cb.w != pw || p.cb.h != ph) {
		return picture{}, false
	}
	q := picture{y: p.y.part(kept)}
	if !p.grey() {
		q.cb, q.cr = p.cb.part(kept), p.cr.part(kept)
	}
	return q, true
}

// sameShape reports whether a small picture of sw by sh pixels has the shape of one
// of w by h, as exactly as its pixels can tell.
func sameShape(w, h, sw, sh int) bool {
	d := int64(w)*int64(sh) - int64(h)*int64(sw)
	return max(d, -d) <= 2*int64(max(w, h))
}

func (p plane) part(r image.Rectangle) plane {
	return plane{p.pix[r.Min.Y*p.stride+r.Min.X:], p.stride, r.Dx(), r.Dy()}
}

// dark reports whether a part is as dark as a black bar; an empty one is.
func (p plane) dark(r image.Rectangle) bool {
	if r.Empty() {
		return true
	}
	sum := 0
	for y := range r.Dy() {
		for _, v := range p.part(r).row(y) {
			sum += int(v)
		}
	}
	return sum <= maxBar*r.Dx()*r.Dy()
}
