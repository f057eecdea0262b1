package ui

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif"  // pictures of a code
	_ "image/jpeg" // pictures of a code
	_ "image/png"  // pictures of a code
	"io"
	"os"
	"strings"

	"github.com/makiuchi-d/gozxing"
	zxing "github.com/makiuchi-d/gozxing/qrcode"
	"github.com/skip2/go-qrcode"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // pictures of a code
)

// errNoCode is returned for a picture without a pair code in it.
var errNoCode = errors.New("no pair code in this picture")

// maxCodePixels bounds pictures that a code is looked for in.
const maxCodePixels = 60_000_000

// drawQR draws text as a QR code, black on white with its quiet zone, one pixel
// a module. A pair code is written in capitals, which takes a smaller code.
func drawQR(text string) (image.Image, error) {
	q, err := qrcode.New(strings.ToUpper(text), qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("draw pair code: %w", err)
	}
	bits := q.Bitmap()
	img := image.NewGray(image.Rect(0, 0, len(bits), len(bits)))
	for y, row := range bits {
		for x, black := range row {
			if !black {
				img.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	return img, nil
}

// readQRFile finds the pair code in a picture file.
func readQRFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read pair code: %w", err)
	}
	code, err := readQR(f)
	return code, errors.Join(err, f.Close())
}

// readQR finds the pair code in a picture; errNoCode when there is none.
func readQR(r io.ReadSeeker) (string, error) {
	cfg, _, err := image.DecodeConfig(r)
	if err != nil || cfg.Width <= 0 || cfg.Height <= 0 || cfg.Width > maxCodePixels/cfg.Height {
		return "", errNoCode
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return "", fmt.Errorf("read pair code: %w", err)
	}
	img, _, err := image.Decode(r)
	if err != nil {
		return "", errNoCode
	}
	return decodeQR(img)
}

// decodeQR looks for the code in the picture, and in smaller ones of it: a
// photo of a screen has noise that those do not have.
func decodeQR(img image.Image) (string, error) {
	const least = 150 // pixels: a code has some 60 modules
	for {
		if text, ok := scanQR(gozxing.NewLuminanceSourceFromImage(img)); ok {
			return text, nil
		}
		half := image.Rect(0, 0, img.Bounds().Dx()/2, img.Bounds().Dy()/2)
		if min(half.Dx(), half.Dy()) < least {
			return "", errNoCode
		}
		small := image.NewGray(half)
		draw.ApproxBiLinear.Scale(small, half, img, img.Bounds(), draw.Src, nil)
		img = small
	}
}

func scanQR(src gozxing.LuminanceSource) (string, bool) {
	hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}
	for _, way := range []func(gozxing.LuminanceSource) gozxing.Binarizer{gozxing.NewHybridBinarizer, gozxing.NewGlobalHistgramBinarizer} {
		bmp, err := gozxing.NewBinaryBitmap(way(src))
		if err != nil {
			continue
		}
		res, err := zxing.NewQRCodeReader().Decode(bmp, hints)
		if err == nil && strings.HasPrefix(strings.ToLower(res.GetText()), "paul:") {
			return res.GetText(), true
		}
	}
	return "", false
}
