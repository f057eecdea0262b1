package thumb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"

	"github.com/gen2brain/jpegn"
	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"github.com/libpaul/paul/imagelib/codec"
	"github.com/libpaul/paul/imagelib/meta"
)

// asDecoded returns what is true of a file's picture once it is decoded: the
// decoders of HEIF and JPEG XL turn it upright. Mirrors are left to us, and a
// narrow picture as a whole.
func asDecoded(info *meta.Info) *meta.Info {
	if info.Tile.Width != 0 {
		return info
	}
	switch info.Type {
	case "image/heic", "image/heif", "image/jxl":
		turned := *info
		turned.Width, turned.Height = info.Upright()
		turned.Orientation = max(1, info.Mirror.Rest)
		return &turned
	}
	return info
}

// foreign decodes in another process, as asDecoded says.
func (r *Renderer) foreign(ctx context.Context, data []byte, info *meta.Info) (image.Image, error) {
	if info.Tile.Width != 0 {
		return r.narrow(ctx, data, info)
	}
	if info.Mirror.Rest != 0 && info.Type != "image/avif" {
		data = info.Mirror.Without(data)
	}
	return r.inProcess(ctx, codec.Job{Type: info.Type, Data: data, Width: info.Width, Height: info.Height, Colours: coding(info)})
}

func coding(info *meta.Info) codec.Coding {
	return codec.Coding{Matrix: info.Layout.Matrix, Limited: info.Layout.Limited}
}

// narrow decodes a HEIF picture that is too narrow for its decoder, unturned: as
// one of many in a row.
func (r *Renderer) narrow(ctx context.Context, data []byte, info *meta.Info) (image.Image, error) {
	columns, rows := info.Tile.Grid()
	m, err := r.inProcess(ctx, codec.Job{
		Type: info.Type, Data: info.Tile.Repeated(data), Width: columns * info.Tile.Width, Height: rows * info.Tile.Height, Colours: coding(info),
	})
	if err != nil {
		return nil, err
	}
	part, ok := m.(interface {
		SubImage(r image.Rectangle) image.Image
	})
	if !ok {
		return nil, ErrUnsupported
	}
	return part.SubImage(image.Rect(0, 0, info.Width, info.Height)), nil
}

func (r *Renderer) inProcess(ctx context.Context, job codec.Job) (image.Image, error) {
	m, err := r.codecs.Decode(ctx, job)
	switch {
	case errors.Is(err, codec.ErrDecode):
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	case errors.Is(err, codec.ErrGaveUp):
		return nil, fmt.Errorf("%w: %w", ErrTooLarge, err)
	case errors.Is(err, codec.ErrUnavailable), errors.Is(err, codec.ErrClosed):
		return nil, fmt.Errorf("%w: %w", ErrNotNow, err)
	}
	return m, err
}

// denominator returns the power of two to decode at so that the longer side is
// still times as long as side.
func denominator(info *meta.Info, side, times int) int {
	if side <= 0 {
		return 1
	}
	long := max(info.Width, info.Height)
	for _, d := range []int{8, 4, 2} {
		if long/d >= side*times+side/32 { // a bit more: what is left to do sharpens again
			return d
		}
	}
	return 1
}

// recovered, deferred, makes an error of a panic: who panics has met damage.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: drawing it failed: %v", ErrDamaged, p)
	}
}

// decode decodes checked bytes, JPEG at 1/denom of its size.
func decode(data []byte, info *meta.Info, denom int) (m image.Image, err error) {
	defer recovered(&err)
	m, err = decodeType(data, info, denom)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if m.Bounds().Empty() {
		return nil, fmt.Errorf("%w: it is empty", ErrDamaged)
	}
	return m, nil
}

func decodeType(data []byte, info *meta.Info, denom int) (image.Image, error) {
	r := bytes.NewReader(data)
	switch info.Type {
	case "image/jpeg":
		if nativeJPEG(info) {
			return jpegn.Decode(r, &jpegn.Options{ScaleDenom: denom})
		}
		return jpeg.Decode(r)
	case "image/png":
		return png.Decode(r)
	case "image/gif":
		return gif.Decode(r)
	case "image/bmp":
		return bmp.Decode(r)
	case "image/tiff":
		return tiff.Decode(bytes.NewReader(classicTIFF(data)))
	}
	return nil, ErrUnsupported
}
