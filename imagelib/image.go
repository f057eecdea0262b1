package imagelib

import (
	"reflect"
	"time"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/meta"
	"github.com/libpaul/paul/imagelib/places"
	"github.com/libpaul/paul/imagelib/thumb"
)

// ParseGeometry reads what Geometry's String writes. ok is false for what is none.
func ParseGeometry(s string) (g Geometry, ok bool) { return thumb.ParseGeometry(s) }

// Digest names a file by the SHA-256 of its bytes.
type Digest = filelayer.Digest

// What is read from a photo's bytes, and how it is drawn; see packages meta and thumb.
type (
	// Date is when a photo was taken, on the clock of that place.
	Date = meta.Date
	// GPS is where it was taken.
	GPS = meta.GPS
	// Geometry is how a person wants a picture turned and cut.
	Geometry = thumb.Geometry
	// Crop is the part of a picture to keep.
	Crop = thumb.Crop
	// Kind says what the library can do with a file.
	Kind = meta.Kind
)

// Kinds of images.
const (
	KindImage       = meta.KindImage       // a still picture
	KindRAW         = meta.KindRAW         // a camera's raw file
	KindVideo       = meta.KindVideo       // a film
	KindUnsupported = meta.KindUnsupported // a picture of a kind that is kept, not shown
)

// Image is what the library knows of one photo. Images are immutable: a change
// makes another Image in a later [Snapshot]. A library has up to a million of
// them in memory, so that they are kept small, and what queries look at lies
// together.
type Image struct {
	*Common          // never nil in a Snapshot
	Name      string // file name, without folders
	Holders   int32  // devices with a verified copy, this one included
	place     places.ID
	Rating    uint8 // 0 (none) to 5
	Favourite bool
	Here      bool // this device has the bytes
	isShown   bool // there is a file for it, not deleted
	Date      Date
	Caption   string
	Tags      []string
	Albums    []string // IDs of the albums that hold it, sorted

	Digest        Digest
	Size          int64 // bytes
	Width, Height int   // pixels as shown, turned and cut; 0 when unknown
	Exposure      Exposure
	Orientation   uint8  // EXIF orientation of the stored pixels, 1 to 8
	version       uint8  // [meta.Version] of who read the facts
	GPS           *GPS   // nil when unknown
	ThumbHash     string // a thumbhash, about 25 bytes; empty when none was made
	DHash         uint64 // see [Snapshot.NearDuplicates]; 0 when none was made
	More          *More  // nil when there is nothing of that
}

// More is what only some images have. It never changes.
type More struct {
	Duration time.Duration // of a film
	Shot     string        // what a still and its film name each other by, in a live photo
	Geometry Geometry      // how a person wants the picture turned and cut
	FileDate Date          // what the file says, where a person has corrected Date
	shown    *together     // what it is of; nil for most
}

// together is files that are shown as one.
type together struct{ files []*Image }

// Common is what an image has in common with many others, which share it in
// memory. It never changes.
type Common struct {
	Type         string // media type by the bytes, "image/jpeg"
	Kind         Kind
	Camera, Lens string
}

// Exposure is how a camera took a photo; what is unknown is zero.
type Exposure struct {
	Time    float32 // seconds
	FNumber float32 // focal ratio
	ISO     int32
	Focal   float32 // millimetres
	Focal35 int32   // the same on 35 mm film
}

// file is what the file layer says of an image.
type file struct {
	exists  bool
	name    string
	size    int64
	here    bool
	holders int32
}

func fileOf(e *filelayer.Entry) file {
	f := file{exists: e.Deleted == nil, name: e.Name, size: e.Size, here: e.Here()}
	for _, h := range e.Holders.All() {
		if h.Has() {
			f.holders++
		}
	}
	return f
}

func (img *Image) file() file {
	return file{img.isShown, img.Name, img.Size, img.Here, img.Holders}
}

func (img *Image) setFile(f file) {
	img.isShown, img.Name, img.Size, img.Here, img.Holders = f.exists, f.name, f.size, f.here, f.holders
}

// Duration returns how long a film lasts; 0 when that is not known.
func (img *Image) Duration() time.Duration {
	if img.More == nil {
		return 0
	}
	return img.More.Duration
}

// Geometry returns how a person wants the picture turned and cut.
func (img *Image) Geometry() Geometry { return img.more().Geometry }

// FileDate returns the date that the file tells, whether or not a person has
// corrected it; the zero date where it tells none.
func (img *Image) FileDate() Date {
	if d := img.more().FileDate; !d.Wall.IsZero() || img.Date.Source == meta.SourcePerson {
		return d
	}
	return img.Date
}

func (img *Image) more() More {
	if img.More == nil {
		return More{}
	}
	return *img.More
}

// setMore sets More where it says anything.
func (img *Image) setMore(m More) {
	if m != (More{}) {
		img.More = &m
	}
}

// Place returns the town that the image was taken in or nearest to; zero when
// that is not known, or there is none near.
func (img *Image) Place() places.Place { return places.Of(img.place) }

// Locate finds the place once GPS is set, of an image that no library has made.
func (img *Image) Locate() {
	if img.GPS != nil {
		img.place = places.Near(img.GPS.Lat, img.GPS.Lon)
	}
}

// equal reports whether two images say the same.
func (img *Image) equal(o *Image) bool { return reflect.DeepEqual(img, o) }

// Album is a named set of images.
type Album struct {
	ID    string
	Name  string
	Query *Query // what a smart album is of; nil: a person chooses its images
	Count int    // images in it that are shown
	Cover Digest // the newest of them, or one that a person chose; zero when the album is empty

	Chosen bool // a person chose the cover
}
