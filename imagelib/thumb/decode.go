package thumb

import (
	"bytes"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"

	"github.com/gen2brain/jpegn"
	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"

	"github.com/libpaul/paul/imagelib/meta"
)

// denominator returns the power of two to decode at so that the longer side is
// still times as long as side.
func denominator(info *meta.Info, side, times int) int {
	if side <= 0 {
		return 1
	}
	long := max(info.Width, info.Height)
	for _, d := range []int{8, 4, 2} {
		if long/d >= side*times {
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
		return tiff.Decode(r)
	case "image/webp":
		return webp.Decode(r)
	}
	return nil, ErrUnsupported
}
