package thumb

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/libpaul/paul/imagelib/codec"
	"github.com/libpaul/paul/imagelib/meta"
)

// Errors a caller may test for with [errors.Is].
var (
	// ErrUnsupported is returned for a kind of file that is not decoded, and
	// has no small picture inside.
	ErrUnsupported = errors.New("this kind of file cannot be drawn yet")

	// ErrTooLarge is returned for a picture that would take too much memory,
	// or claims more pixels than its bytes can hold.
	ErrTooLarge = errors.New("picture too large to draw")

	// ErrNotNow is returned when the process that would decode it cannot be
	// started, which says nothing of the file.
	ErrNotNow = errors.New("it cannot be drawn now")

	// ErrDamaged is returned for bytes that no decoder understands.
	ErrDamaged = errors.New("picture is damaged")
)

// Caps on what is decoded.
const (
	// MaxBytes is the largest file that is decoded.
	MaxBytes = 256 << 20

	maxPixels     = 100_000_000
	maxJPEGPixels = 256_000_000 // where the decoder never holds them all
	maxMemory     = 512 << 20   // of one decode
	maxScans      = 200         // passes of a progressive JPEG; real ones have about 10
	outPixels     = 64_000_000  // of a picture handed out
)

// maxForeign are the pixels of what another process decodes, by what that may
// take: 19 bytes a pixel of HEIC, 26 of AVIF, 12 of WebP and 24 of JPEG XL.
var maxForeign = map[string]int64{
	"image/heic": 70_000_000, "image/heif": 70_000_000, "image/avif": 50_000_000,
	"image/webp": 100_000_000, "image/jxl": 50_000_000,
}

// Check returns how many bytes decoding data takes at most, at 1/denom of its
// size where that can be, or [ErrTooLarge] or [ErrUnsupported].
func Check(data []byte, info *meta.Info, denom int) (cost int64, err error) {
	if !decoded(info) {
		return 0, fmt.Errorf("%w: %s", ErrUnsupported, info.Type)
	}
	w, h := int64(info.Width), int64(info.Height)
	if w <= 0 || h <= 0 {
		return 0, fmt.Errorf("%w: it does not tell its size", ErrDamaged)
	}
	if len(data) > MaxBytes || w > maxJPEGPixels || h > maxJPEGPixels {
		return 0, tooLarge(info)
	}
	px := w * h
	limit := int64(maxPixels)
	switch info.Type {
	case "image/jpeg":
		cost, limit, err = jpegCost(data, info, px, int64(denom))
	case "image/png":
		cost, err = pngCost(data, info, px)
	case "image/bmp":
		cost, err = bmpCost(data, info, px)
	case "image/gif":
		cost = px
	case "image/webp", "image/heic", "image/heif", "image/avif", "image/jxl":
		cost, limit = 4*px, maxForeign[info.Type] // here; what the decoder takes its process is bounded by
	case "image/tiff":
		cost = px * max(4, int64(info.Layout.Bits)/2)
	}
	if err != nil {
		return 0, err
	}
	if cost += int64(len(data)) * 2; px > limit || cost > maxMemory {
		return 0, tooLarge(info)
	}
	return cost, nil
}

// decoded reports whether there is a decoder for the kind of file.
func decoded(info *meta.Info) bool {
	switch info.Type {
	case "image/jpeg", "image/png", "image/gif", "image/bmp", "image/tiff":
		return true
	}
	return codec.Handles(info.Type)
}

func tooLarge(info *meta.Info) error {
	return fmt.Errorf("%w: %d x %d pixels", ErrTooLarge, info.Width, info.Height)
}

// jpegCost counts the planes, and for several passes the coefficients, which
// the decoder keeps whole as 32-bit numbers.
func jpegCost(data []byte, info *meta.Info, px, denom int64) (cost, limit int64, err error) {
	samples := px * int64(max(info.Layout.Components, 1))
	cost = samples
	switch {
	case info.Layout.Lossy420:
		samples = px + px/2
		cost = samples
	case info.Layout.Components == 3: // the decoder may have to make RGB of it
		cost += 4 * px
	}
	cost, limit = cost/(denom*denom), maxJPEGPixels
	if px > int64(len(data))*128 && px > 4_000_000 { // a block of 64 pixels takes six bits at the very least
		return 0, 0, tooLarge(info)
	}
	if info.Layout.Progressive {
		cost += 4 * samples
		if bytes.Count(data, []byte{0xff, 0xda}) > maxScans {
			return 0, 0, fmt.Errorf("%w: too many passes", ErrDamaged)
		}
	}
	if !nativeJPEG(info) { // image/jpeg decodes those, at full size
		cost = 8 * samples
	}
	return cost, limit, nil
}

// nativeJPEG reports whether the scaled decoder takes it; CMYK and samples of
// 12 bits it does not.
func nativeJPEG(info *meta.Info) bool {
	return info.Layout.Bits == 8 && info.Layout.Components != 4
}

// deflateRatio is the most that deflate can shrink (RFC 1951: 258 bytes in two bits).
const deflateRatio = 1032

func pngCost(data []byte, info *meta.Info, px int64) (int64, error) {
	c, b := int64(max(info.Layout.Components, 1)), int64(max(info.Layout.Bits, 1))
	if px*c*b/8 > int64(len(data)+64)*deflateRatio {
		return 0, tooLarge(info)
	}
	bytesPx := int64(4)
	switch {
	case c == 1:
		bytesPx = (b + 7) / 8
	case b == 16:
		bytesPx = 8
	}
	return px * bytesPx * 3 / 2, nil // half as much again for the passes of an interlaced one
}

func bmpCost(data []byte, info *meta.Info, px int64) (int64, error) {
	bits := int64(info.Layout.Bits)
	switch bits {
	case 1, 2, 4, 8, 16, 24, 32:
	default:
		return 0, fmt.Errorf("%w: %d bits a pixel", ErrDamaged, bits)
	}
	if px*bits/8 > int64(len(data)) { // only uncompressed ones are decoded
		return 0, tooLarge(info)
	}
	return 4 * px, nil
}
