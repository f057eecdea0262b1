// Package meta reads what a photo says of itself: what kind of file it is, how
// large its picture, when, where and with what it was taken.
//
// It trusts nothing. The kind is told by the first bytes and never by a name;
// every length and offset is checked against the file before it is followed;
// loops, depths and allocations are bounded. A damaged part is skipped, and
// what was understood of the rest is returned.
package meta

import (
	"errors"
	"image"
	"io"
	"time"
)

// ErrUnknown is returned for bytes that are neither a photo nor a video.
var ErrUnknown = errors.New("not a photo or a video")

// Version numbers what the reader understands. A higher one may read more from
// the same bytes.
const Version = 3

// Kind says what the library can do with a file.
type Kind string

// Kinds of files.
const (
	KindImage       Kind = "image"       // a still picture
	KindRAW         Kind = "raw"         // a camera's raw file
	KindVideo       Kind = "video"       // a film
	KindUnsupported Kind = "unsupported" // a picture of a kind that is kept, not shown
)

// Exposure is how a camera took a photo; what is unknown is zero.
type Exposure struct {
	Time    float64 `json:"time,omitempty"`    // seconds
	FNumber float64 `json:"fNumber,omitempty"` // focal ratio
	ISO     int     `json:"iso,omitempty"`
	Focal   float64 `json:"focal,omitempty"`   // millimetres
	Focal35 int     `json:"focal35,omitempty"` // the same on 35 mm film
}

// GPS is a place in degrees, north and east positive.
type GPS struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

// Range is a piece of the file.
type Range struct{ Off, Len int64 }

// Info is what a file says of itself; what is unknown is zero.
type Info struct {
	Type          string // media type, "image/jpeg"
	Kind          Kind
	Width, Height int // pixels as stored
	Orientation   int // EXIF orientation, 1 to 8; 1 when the file says nothing
	Date          Date
	Camera, Lens  string
	Exposure      Exposure
	GPS           *GPS
	Caption       string
	Rating        int // 1 to 5; 0 when not rated
	Tags          []string
	Duration      time.Duration // of a film
	Shot          string        // the same in the still and the film of a live photo
	Favourite     bool          // which only a file beside the photo says
	Beside        bool          // a file beside the photo has said something of it

	// Layout is what decoding will cost.
	Layout Layout

	// Colours is what colours mean.
	Colours Colours

	// Thumb is a small JPEG inside the file, and Preview the largest one of a
	// raw file. Both are inside the file, and may still be no JPEG at all.
	Thumb, Preview Range

	// Plain is the size of a small picture in a raw file that is in it as in an
	// ordinary TIFF; zero when there is none.
	Plain image.Point

	// Inner is a small picture in a HEIF file.
	Inner Inner

	// Mirror is how a HEIF file mirrors its picture, and Tile that of a narrow one.
	Mirror Mirror
	Tile   Tile
}

// Colours says what the colours of a file mean; zero is sRGB, as far as it says.
type Colours struct {
	Profile  Range // an ICC profile, in one piece
	Deflated bool  // the profile is zlib data
	Gamut    Gamut // where the file names one instead
}

// Gamut is a range of colours that has a name.
type Gamut uint8

// Gamuts.
const (
	SRGB      Gamut = iota
	AdobeRGB        // Adobe RGB (1998)
	DisplayP3       // P3 with the curve of sRGB
)

// Layout is how the pixels are stored.
type Layout struct {
	Components  int  // samples a pixel; 0 when unknown
	Bits        int  // bits a sample; 0 when unknown
	Progressive bool // JPEG in several passes
	Lossy420    bool // colour at a quarter of the resolution

	// Of HEIF: how brightness and colour difference were made of red, green and
	// blue, as MatrixCoefficients of ISO/IEC 23091-2 (0 when it does not say), and
	// whether brightness is from 16 to 235.
	Matrix  uint8
	Limited bool
}

// Upright returns the size of the picture as it is shown.
func (i *Info) Upright() (width, height int) {
	if i.Orientation >= 5 && i.Orientation <= 8 {
		return i.Height, i.Width
	}
	return i.Width, i.Height
}

// Read reads what the file of size bytes in r says of itself. It returns
// [ErrUnknown], with a zero Info, when it is no photo and no video; damage
// beyond the first bytes is no error. It reads a few pieces only.
func Read(r io.ReaderAt, size int64) (Info, error) {
	s := newSource(r, size)
	defer s.release()
	return read(s)
}

// ReadBytes is [Read] of a file in memory.
func ReadBytes(data []byte) (Info, error) { return read(newMemory(data)) }

func read(s *source) (Info, error) {
	kind, typ := sniff(s.copyAt(0, sniffLen))
	if typ == "" {
		return Info{}, ErrUnknown
	}
	f := file{source: s, Info: Info{Type: typ, Kind: kind}}
	switch typ {
	case "image/jpeg":
		f.jpeg(0)
	case "image/png":
		f.png()
	case "image/gif":
		f.gif()
	case "image/bmp":
		f.bmp()
	case "image/webp":
		f.webp()
	case typeRAF:
		f.raf()
	case "image/tiff", typeCR2, typeORF, typeRW2:
		f.tiffFile()
	case "image/jxl":
		f.jxl(0)
		f.boxes()
	case "image/heic", "image/heif", "image/avif", typeCR3:
		f.boxes()
	case "video/mp4", "video/quicktime", "video/3gpp":
		f.movie()
	case "video/x-msvideo":
		f.avi()
	case "video/mp2t":
		f.transport()
	case typeMRW:
		f.minolta()
	case typeCRW:
		f.ciff()
	case typeX3F:
		f.foveon()
	case typePSD:
		f.photoshop()
	}
	f.finish()
	return f.Info, nil
}

// file is one file while it is read.
type file struct {
	*source
	Info

	exif     exifDates
	xmp      xmpFacts
	iptc     iptcFacts
	film     filmDates
	textDate string // of a PNG
	make_    string
	model    string
	isDNG    bool

	previewW, previewH int // of Preview

	extension []Range // pieces of more XMP in a JPEG
	brotli    int     // boxes that were unpacked
	blobs     int     // that were unpacked

	exifOrientation int // by EXIF
	itemOrientation int // by the container, which wins where it can say it
}

// finish puts together what the parts said.
func (f *file) finish() {
	f.Orientation = 1
	switch {
	case f.itemOrientation != 0:
		f.Orientation = f.itemOrientation
	case f.fixedUpright():
	case f.exifOrientation >= 1 && f.exifOrientation <= 8:
		f.Orientation = f.exifOrientation
	case f.xmp.orientation != 0:
		f.Orientation = f.xmp.orientation
	}
	if f.Width <= 0 || f.Height <= 0 {
		f.Width, f.Height = 0, 0
	}
	f.Date = f.bestDate()
	f.fill()
	f.Thumb = f.inside(f.Thumb)
	f.Preview = f.inside(f.Preview)
	f.Colours.Profile = f.inside(f.Colours.Profile)
}

// fill takes from XMP and IPTC what EXIF and the container did not say.
func (f *file) fill() {
	x := &f.xmp
	setText(&f.make_, x.make_)
	setText(&f.model, x.model)
	f.Camera = camera(f.make_, f.model)
	setText(&f.Lens, x.lens)
	if f.Exposure == (Exposure{}) {
		f.Exposure = x.exposure
	}
	if f.GPS == nil {
		f.GPS = x.gps()
	}
	setText(&f.Caption, x.caption)
	setText(&f.Caption, f.iptc.caption)
	if stars := x.stars(); stars != 0 {
		f.Rating = stars
	}
	f.Tags = x.tags
	for _, t := range f.iptc.tags {
		f.Tags = addTag(f.Tags, t)
	}
}

// fixedUpright reports whether EXIF orientation does not count in this kind:
// HEIF and AVIF say it in their own properties, and repeat it in EXIF.
func (f *file) fixedUpright() bool {
	switch f.Type {
	case "image/heic", "image/heif", "image/avif", "image/jxl":
		return true
	}
	return false
}

// inside returns r, or nothing when it is not wholly in the file.
func (f *file) inside(r Range) Range {
	if r.Off <= 0 || r.Len <= 0 || r.Off > f.size || r.Len > f.size-r.Off {
		return Range{}
	}
	return r
}
