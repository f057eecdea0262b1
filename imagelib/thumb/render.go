package thumb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"math"
	"time"

	"github.com/disintegration/imaging"
	"github.com/gen2brain/jpegn"
	"go.n16f.net/thumbhash"
	"golang.org/x/sync/semaphore"

	"github.com/libpaul/paul/imagelib/codec"
	"github.com/libpaul/paul/imagelib/icc"
	"github.com/libpaul/paul/imagelib/meta"
	"github.com/libpaul/paul/imagelib/scaledjpeg"
)

// Sizes of thumbnails: the longer side, in pixels.
const (
	Small = 256
	Large = 512
)

// Sizes lists the thumbnails that are made.
func Sizes() []int { return []int{Small, Large} }

// Version numbers how thumbnails are made. Another one makes the cache draw
// them anew.
const Version = 3

const (
	quality  = 80
	hashSide = 20 // thumbhash keeps at most seven waves a side
)

// Set is the thumbnails of one photo.
type Set struct {
	Large, Small []byte // JPEG, upright; of [Renderer.Quick] the small one alone
	Hash         []byte // thumbhash
	DHash        uint64 // by which near duplicates are found; 0 of an even picture

	// Cause is why the file itself cannot be decoded, when they were drawn from a
	// small picture inside it; else nil.
	Cause error
}

// Of returns the thumbnail of a size.
func (s *Set) Of(size int) []byte {
	if size == Small {
		return s.Small
	}
	return s.Large
}

// Put sets the thumbnail of a size.
func (s *Set) Put(size int, data []byte) {
	if size == Small {
		s.Small = data
	} else {
		s.Large = data
	}
}

// Renderer draws photos, of which as many at once as memory allows. Its methods
// may be called from many goroutines.
type Renderer struct {
	memory *semaphore.Weighted // of decoders
	total  int64
	files  *semaphore.Weighted // of files read whole; never waited for while memory is held
	codecs *codec.Pool
	film   time.Duration // that ffmpeg may take over one
}

// NewRenderer returns a renderer that decodes within about memory bytes at a
// time; 0 means 512 MiB. A single picture may take that much in any case.
func NewRenderer(memory int64) *Renderer {
	if memory <= 0 {
		memory = maxMemory
	}
	return &Renderer{semaphore.NewWeighted(memory), memory, semaphore.NewWeighted(MaxBytes), codec.New(codec.Options{}), posterTime}
}

// Close ends the processes that decode for the renderer, once they have done
// what they do. It may still be used for other kinds of files.
func (r *Renderer) Close() { r.codecs.Close() }

// ReserveFile blocks until a file of n bytes, at most [MaxBytes], may be read
// whole, and returns a func to call when its bytes are no longer needed. It is
// called before the bytes are drawn, and once at a time by one goroutine.
func (r *Renderer) ReserveFile(ctx context.Context, n int64) (release func(), err error) {
	n = max(0, min(n, MaxBytes))
	if err := r.files.Acquire(ctx, n); err != nil {
		return nil, err
	}
	return func() { r.files.Release(n) }, nil
}

func (r *Renderer) reserve(ctx context.Context, n int64) (release func(), err error) {
	n = max(0, min(n, r.total))
	if err := r.memory.Acquire(ctx, n); err != nil {
		return nil, err
	}
	return func() { r.memory.Release(n) }, nil
}

// Thumbnails draws a file of which info was read. It fails with
// [ErrUnsupported], [ErrTooLarge] or [ErrDamaged], or with ctx's error.
func (r *Renderer) Thumbnails(ctx context.Context, data []byte, info *meta.Info) (Set, error) {
	return r.Edited(ctx, data, info, Geometry{})
}

// newSet makes thumbnails of a picture that is no larger than the large one.
func newSet(p picture, cause error) (set Set, err error) {
	set = Set{Hash: hash(p), Cause: cause}
	if set.Large, err = encode(p); err != nil {
		return Set{}, err
	}
	w, h := fit(p.y.w, p.y.h, Small)
	if w == p.y.w && h == p.y.h { // no thumbnail is larger than its picture
		set.Small, set.DHash = set.Large, dHash(p)
		return set, nil
	}
	small := p.resize(w, h, false)
	set.DHash = dHash(small)
	set.Small, err = encode(small)
	return set, err
}

// Quick draws only the small thumbnail, and the hash, of a file whose picture
// takes seconds to decode and that has a small one inside; ok is false for others.
func (r *Renderer) Quick(ctx context.Context, data []byte, info *meta.Info) (set Set, ok bool) {
	in := info.Inner
	w, h := info.Upright()
	if max(in.Width, in.Height) < Small || !sameShape(w, h, in.Width, in.Height) {
		return Set{}, false
	}
	p, err := r.inner(ctx, in.Instead(data), info, Geometry{}, Small)
	if err != nil {
		return Set{}, false
	}
	small, err := encode(p)
	return Set{Small: small, Hash: hash(p), DHash: dHash(p)}, err == nil
}

// narrowest is the picture whose colours libheif gets right; see [meta.Tile].
const narrowest = 128

// inner draws the small picture in a HEIF file, of which data shows that one.
func (r *Renderer) inner(ctx context.Context, data []byte, info *meta.Info, g Geometry, side int) (picture, error) {
	in := info.Inner
	w, h := info.Upright()
	turned := (w > h) != (in.Width > in.Height) && w != h
	if !codec.Handles(info.Type) || in.Width < narrowest || in.Width > 2*Large || in.Height > 2*Large || turned {
		return picture{}, ErrUnsupported
	}
	small := *info
	small.Width, small.Height, small.Orientation, small.Mirror = in.Width, in.Height, 1, meta.Mirror{}
	small.Tile = meta.Tile{}
	return r.draw(ctx, data, &small, g, side, 1, false)
}

// small returns the file's picture, turned and cut, in the size of the large thumbnail,
// or the small one inside, and the cause of that.
func (r *Renderer) small(ctx context.Context, data []byte, info *meta.Info, g Geometry) (p picture, cause, err error) {
	src, srcInfo := source(data, info)
	p, err = r.draw(ctx, src, srcInfo, g, Large, 2, false)
	if err == nil || ctx.Err() != nil {
		return p, nil, err
	}
	if p, innerErr := r.inner(ctx, info.Inner.Instead(data), info, g, Large); innerErr == nil {
		return p, err, nil
	}
	inner, innerInfo, ok := lastResort(data, info)
	if !ok {
		return p, nil, err
	}
	if p, innerErr := r.draw(ctx, inner, innerInfo, g, Large, 2, false); innerErr == nil {
		return p, err, nil
	}
	return p, nil, err
}

// draw decodes, turns and cuts, and resizes so that the picture fits in a square of side.
func (r *Renderer) draw(ctx context.Context, data []byte, info *meta.Info, g Geometry, side, times int, fullColour bool) (picture, error) {
	info = asDecoded(info)
	if g.Cuts() {
		m, err := r.cut(ctx, data, info, g, side, times)
		if err != nil {
			return picture{}, err
		}
		return reduce(m, 1).resize(m.Rect.Dx(), m.Rect.Dy(), fullColour), nil
	}
	denom := denominator(info, side, times)
	extra := int64(0)
	if fullColour { // three planes, the same turned, and RGB
		extra = 10 * fitPixels(info, side)
	}
	p, size, release, err := r.planes(ctx, data, info, denom, extra, side*times, !fullColour)
	if err != nil {
		return picture{}, err
	}
	defer release()
	w, h := fit(info.Width, info.Height, side)
	if denom == 1 { // the decoder knows better than the header
		w, h = fit(size.X, size.Y, side)
	}
	p = p.resize(w, h, fullColour)
	if !fullColour {
		p = p.recolour(toSRGB(data, info))
	}
	return p.orient(g.Orientation(info.Orientation)), nil
}

// planes decodes into planes, of no more pixels a side than needed for enough. It
// returns how large the decoder made the picture.
func (r *Renderer) planes(ctx context.Context, data []byte, info *meta.Info, denom int, extra int64, enough int, coarse bool) (p picture, size image.Point, release func(), err error) {
	if denom > 1 && info.Type == "image/jpeg" && nativeJPEG(info) && !info.Layout.Progressive {
		if p, release, err = r.scaled(ctx, data, info, denom, extra, coarse); !errors.Is(err, scaledjpeg.ErrUnsupported) {
			return p, image.Pt(p.y.w, p.y.h), release, err
		}
	}
	m, release, err := r.decode(ctx, data, info, denom, extra)
	if err != nil {
		return picture{}, image.Point{}, nil, err
	}
	size = m.Bounds().Size()
	p, ok := fromImage(m)
	if !ok {
		k := 1
		if enough > 0 {
			k = max(1, max(size.X, size.Y)/enough)
		}
		p = reduce(m, k)
	}
	return p, size, release, nil
}

// scaled decodes a baseline JPEG at a part of its size.
func (r *Renderer) scaled(ctx context.Context, data []byte, info *meta.Info, denom int, extra int64, coarse bool) (p picture, release func(), err error) {
	cost, err := Check(data, info, denom)
	if err != nil {
		return picture{}, nil, err
	}
	release, err = r.reserve(ctx, cost+extra)
	if err != nil {
		return picture{}, nil, err
	}
	s, err := scaledjpeg.Decode(data, denom, coarse)
	if err != nil {
		release()
		return picture{}, nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	of := func(c scaledjpeg.Plane) plane { return plane{c.Pix, c.Stride, c.W, c.H} }
	return picture{of(s.Y), of(s.Cb), of(s.Cr)}, release, nil
}

// decode checks, reserves and decodes, with extra bytes for what is made of it.
// The memory is given back by release.
func (r *Renderer) decode(ctx context.Context, data []byte, info *meta.Info, denom int, extra int64) (m image.Image, release func(), err error) {
	cost, err := Check(data, info, denom)
	if err != nil {
		return nil, nil, err
	}
	release, err = r.reserve(ctx, cost+extra)
	if err != nil {
		return nil, nil, err
	}
	if codec.Handles(info.Type) {
		m, err = r.foreign(ctx, data, info)
	} else {
		m, err = decode(data, info, denom)
	}
	if err != nil {
		release()
		return nil, nil, err
	}
	return m, release, nil
}

// source returns what to decode of a file: the file, or the preview in a raw file.
func source(data []byte, info *meta.Info) ([]byte, *meta.Info) {
	if info.Kind == meta.KindRAW {
		if inner, innerInfo, ok := insideOf(data, info, info.Preview); ok {
			return inner, innerInfo
		}
	}
	return data, info
}

// lastResort returns the small picture inside a file that cannot be decoded: a
// JPEG, or the one that a raw file has as if it were an ordinary TIFF.
func lastResort(data []byte, info *meta.Info) ([]byte, *meta.Info, bool) {
	if inner, in, ok := insideOf(data, info, info.Thumb); ok {
		return inner, in, true
	}
	if info.Kind != meta.KindRAW || info.Plain.X == 0 {
		return nil, nil, false
	}
	plain := *info
	plain.Type, plain.Kind, plain.Width, plain.Height = "image/tiff", meta.KindImage, info.Plain.X, info.Plain.Y
	return data, &plain, true
}

// insideOf returns a JPEG inside a file. It is turned as the file is, unless it
// says so itself, or lies in the other direction because it was turned before.
func insideOf(data []byte, info *meta.Info, r meta.Range) ([]byte, *meta.Info, bool) {
	if r.Len <= 0 || r.Off < 0 || r.Off+r.Len > int64(len(data)) {
		return nil, nil, false
	}
	inner := data[r.Off : r.Off+r.Len]
	in, ok := smallJPEG(inner, info)
	return inner, in, ok
}

// smallJPEG reads what a JPEG inside a file says of itself, turned as it is shown.
func smallJPEG(inner []byte, info *meta.Info) (*meta.Info, bool) {
	in, err := meta.ReadBytes(inner)
	if err != nil || in.Type != "image/jpeg" {
		return nil, false
	}
	turnedBefore := info.Width != info.Height && (in.Width > in.Height) != (info.Width > info.Height)
	if in.Orientation == 1 && !turnedBefore {
		in.Orientation = info.Orientation
	}
	return &in, true
}

// hash makes the thumbhash of a picture.
func hash(p picture) []byte {
	w, h := fit(p.y.w, p.y.h, hashSide)
	return thumbhash.EncodeImage(p.resize(w, h, true).rgba())
}

func encode(p picture) ([]byte, error) {
	var b bytes.Buffer
	opts := jpegn.EncodeOptions{Quality: quality, Subsampling: jpegn.Subsample420}
	if p.grey() {
		opts.Subsampling = jpegn.SubsampleGray
	}
	if err := jpegn.Encode(&b, p.image(), &opts); err != nil {
		return nil, fmt.Errorf("encode thumbnail: %w", err)
	}
	return b.Bytes(), nil
}

// Pixels decodes a file for the screen, upright, with neither side over maxSide;
// 0 asks for all there is. Errors are those of [Renderer.Thumbnails].
func (r *Renderer) Pixels(ctx context.Context, data []byte, info *meta.Info, maxSide int) (image.Image, error) {
	return r.EditedPixels(ctx, data, info, Geometry{}, maxSide)
}

func (r *Renderer) pixels(ctx context.Context, data []byte, info *meta.Info, g Geometry, maxSide int) (image.Image, error) {
	info = asDecoded(info)
	if g.Cuts() {
		m, err := r.cut(ctx, data, info, g, maxSide, 1)
		if err != nil {
			return nil, err
		}
		return m, nil
	}
	maxSide = limitSide(info, maxSide)
	if info.Type == "image/jpeg" && nativeJPEG(info) {
		p, err := r.draw(ctx, data, info, g, maxSide, 1, true)
		if err != nil {
			return nil, err
		}
		m := p.rgba()
		recolour(m, toSRGB(data, info))
		return m, nil
	}
	extra := 4*fitPixels(info, 0) + 8*fitPixels(info, maxSide) // a copy in RGB, and the results of fitting and turning
	m, release, err := r.decode(ctx, data, info, 1, extra)
	if err != nil {
		return nil, err
	}
	defer release()
	return edit(m, g.Orientation(info.Orientation), maxSide, toSRGB(data, info)), nil
}

// fitPixels counts the pixels of a file's picture in a square of side.
func fitPixels(info *meta.Info, side int) int64 {
	w, h := fit(info.Width, info.Height, side)
	return int64(w) * int64(h)
}

// limitSide keeps what is handed out under outPixels.
func limitSide(info *meta.Info, maxSide int) int {
	px := float64(info.Width) * float64(info.Height)
	if px <= outPixels {
		return maxSide
	}
	long := int(float64(max(info.Width, info.Height)) * math.Sqrt(outPixels/px))
	if maxSide <= 0 {
		return long
	}
	return min(maxSide, long)
}

// edit fits and turns a decoded image. It is copied to RGBA first: imaging
// panics on damaged palettes, in goroutines of its own where nobody recovers.
func edit(m image.Image, orientation, maxSide int, colours *icc.Transform) image.Image {
	b := m.Bounds()
	rgba := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(rgba, rgba.Rect, m, b.Min, draw.Src)
	recolour(rgba, colours)
	var out image.Image = rgba
	if w, h := fit(b.Dx(), b.Dy(), maxSide); w != b.Dx() || h != b.Dy() {
		out = imaging.Resize(rgba, w, h, imaging.Lanczos)
	}
	return upright(out, orientation)
}
