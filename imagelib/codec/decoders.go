package codec

import (
	"bytes"
	"image"

	"github.com/gen2brain/avif"
	"github.com/gen2brain/heic"
	"github.com/gen2brain/jxl"
	"github.com/gen2brain/webp"
)

// decoders are run in the child alone. They do not turn what they decode, and
// leave brightness and colour difference as in JPEG.
var decoders = map[string]func(Job) (image.Image, error){
	"image/heic": decodeHEIC,
	"image/heif": decodeHEIC,
	"image/avif": func(j Job) (image.Image, error) { return avif.Decode(bytes.NewReader(j.Data)) },
	"image/webp": decodeWebP,
	"image/jxl":  func(j Job) (image.Image, error) { return jxl.Decode(bytes.NewReader(j.Data)) },
}

// decodeHEIC makes the main brand one that the decoder knows: it turns away files
// that name a more general one first and HEVC after it (ISO/IEC 23008-12, 10.2).
func decodeHEIC(j Job) (image.Image, error) {
	if len(j.Data) >= 12 && string(j.Data[4:8]) == "ftyp" {
		copy(j.Data[8:], "heic")
	}
	m, err := heic.Decode(bytes.NewReader(j.Data))
	if y, ok := m.(*image.YCbCr); ok && err == nil {
		return j.Colours.asJPEG(y), nil
	}
	return m, err
}

// decodeWebP: lossy WebP is BT.601 in the limited range (RFC 9649, 2.5, RFC 6386, 9.2).
func decodeWebP(j Job) (image.Image, error) {
	m, err := webp.Decode(bytes.NewReader(j.Data))
	if err != nil {
		return nil, err
	}
	limited := Coding{Limited: true}
	switch m := m.(type) {
	case *image.YCbCr:
		return limited.asJPEG(m), nil
	case *image.NYCbCrA:
		limited.asJPEG(&m.YCbCr)
	}
	return m, nil
}
