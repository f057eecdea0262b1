package imagelib

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/libpaul/paul/imagelib/meta"
	"github.com/libpaul/paul/imagelib/thumb"
)

// Sidecar returns what the library knows of an image and its file, of size bytes in
// r, does not say itself, as XMP to lie beside the file; nil when that is nothing.
// What a person has only taken away, a caption say, XMP cannot tell.
func (img *Image) Sidecar(r io.ReaderAt, size int64) ([]byte, error) {
	info, err := meta.Read(r, size)
	if err != nil { // of a kind that is not read: it says nothing
		info = meta.Info{Orientation: 1}
	}
	s := img.beyond(&info)
	if s == nil {
		return nil, nil
	}
	return s.XMP()
}

// beyond returns what the library knows beyond what the file says, or nil.
func (img *Image) beyond(info *meta.Info) *meta.Sidecar {
	s := meta.Sidecar{Source: meta.SourceSidecar, Favourite: img.Favourite}
	more := img.Favourite
	if d := img.corrected(); !d.Wall.IsZero() && d.Precise() != info.Date.Precise() {
		s.Taken, more = d, true
	}
	if img.GPS != nil && (info.GPS == nil || !samePlace(img.GPS, info.GPS)) {
		s.GPS, more = img.GPS, true
	}
	if img.Caption != "" && img.Caption != info.Caption {
		s.Caption, more = img.Caption, true
	}
	if n := int(img.Rating); n != 0 && n != info.Rating {
		s.Rating, more = n, true
	}
	if len(img.Tags) > 0 && !slices.Equal(img.Tags, info.Tags) {
		s.Tags, more = img.Tags, true
	}
	if g := img.Geometry(); g != (Geometry{}) {
		s.Orientation, s.Cut = g.Stored(info)
		more = true
	}
	if !more {
		return nil
	}
	return &s
}

// corrected returns the date where it is not from the file itself, and zero where
// it is.
func (img *Image) corrected() Date {
	switch img.Date.Source {
	case meta.SourcePerson, meta.SourceSidecar, meta.SourceTakeout:
		return img.Date
	}
	return Date{}
}

// samePlace reports whether two places are the same, but for how they were written.
func samePlace(a, b *GPS) bool {
	const error = 1e-6 // degrees, which is a decimetre
	return math.Abs(a.Lat-b.Lat) < error && math.Abs(a.Lon-b.Lon) < error
}

// EditedJPEG draws an image as its geometry shows it, for use outside: upright, in
// the colours of sRGB, of the best quality that is of use. Its EXIF tells date,
// camera, exposure and place as the library knows them, and its XMP the caption, tags
// and rating. Errors are those of [Library.Pixels].
func (l *Library) EditedJPEG(ctx context.Context, img *Image) ([]byte, error) {
	m, err := l.PixelsAs(ctx, img.Digest, img.Geometry(), 0)
	if err != nil {
		return nil, err
	}
	e := img.Exposure
	info := meta.Info{
		Width: m.Bounds().Dx(), Height: m.Bounds().Dy(), Camera: img.Camera, Lens: img.Lens, GPS: img.GPS,
		Exposure: meta.Exposure{Time: float64(e.Time), FNumber: float64(e.FNumber), ISO: int(e.ISO), Focal: float64(e.Focal), Focal35: int(e.Focal35)},
	}
	if img.Date.Source != meta.SourceMtime {
		info.Date = img.Date
	}
	var xmp []byte
	if img.Caption != "" || img.Rating != 0 || len(img.Tags) > 0 || img.Favourite {
		s := meta.Sidecar{Caption: img.Caption, Rating: int(img.Rating), Tags: img.Tags, Favourite: img.Favourite}
		if xmp, err = s.SegmentXMP(); err != nil {
			return nil, fmt.Errorf("draw %s: %w", img.Name, err)
		}
	}
	return thumb.EncodeBest(m, meta.WriteEXIF(&info), xmp)
}
