package meta

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// MaxSidecar is how large a file beside a photo may be that [ReadSidecar] reads,
// in bytes.
const MaxSidecar = 1 << 20

// ErrNoSidecar is returned for bytes that say nothing of a photo.
var ErrNoSidecar = errors.New("no sidecar of a photo")

// Sidecar is what a file beside a photo says of it; what is unknown is zero.
type Sidecar struct {
	Source Source // [SourceSidecar] or [SourceTakeout]

	// Taken is when the photo was taken, and Made when it was digitized, where XMP
	// says that only.
	Taken, Made Date

	Camera, Lens string
	Exposure     Exposure
	GPS          *GPS
	Caption      string
	Rating       int
	Tags         []string
	Favourite    bool

	// Orientation is the EXIF orientation with which the stored pixels are to be
	// shown, and Cut what of them, as XMP says it. How a picture is turned is the
	// file's own affair, so that [Info.Add] passes them over.
	Orientation int
	Cut         *Cut
}

// Cut is the part of a picture that is to be shown, as Adobe's programs write it:
// its left upper and right lower corner in shares of the stored picture, before it
// is turned by its orientation, and by how many degrees the part itself is turned
// clockwise in it.
type Cut struct {
	Top, Left, Bottom, Right, Angle float64

	Width, Height int // pixels of the stored picture; 0 where it is not told
}

// ReadSidecar reads a file that lies beside a photo: XMP, or JSON by Google
// Takeout. For any other it returns [ErrNoSidecar].
func ReadSidecar(data []byte) (Sidecar, error) {
	if len(data) > MaxSidecar {
		return Sidecar{}, ErrNoSidecar
	}
	if s, ok := readTakeout(data); ok {
		return s, nil
	}
	var f file
	if !f.xmp.read(data) {
		return Sidecar{}, ErrNoSidecar
	}
	x := &f.xmp
	return Sidecar{
		Source: SourceSidecar,
		Taken:  bestOf([]written{{text: x.original, source: SourceSidecar}, {text: x.created, source: SourceSidecar}}),
		Made:   bestOf([]written{{text: x.digitized, source: SourceSidecar}, {text: x.made, source: SourceSidecar}}),
		Camera: camera(x.make_, x.model), Lens: x.lens, Exposure: x.exposure, GPS: x.gps(),
		Caption: x.caption, Rating: x.stars(), Tags: x.tags, Favourite: x.good,
		Orientation: x.orientation, Cut: x.cut(),
	}, nil
}

// takeoutRecord is what Google Takeout writes of a photo, as far as it is read.
type takeoutRecord struct {
	Description string `json:"description"`
	Taken       struct {
		Timestamp json.RawMessage `json:"timestamp"` // seconds, as a text
	} `json:"photoTakenTime"`
	Geo       takeoutPlace `json:"geoData"` // as a person may have set it
	GeoEXIF   takeoutPlace `json:"geoDataExif"`
	Favourite bool         `json:"favorited"`
}

type takeoutPlace struct {
	Lat float64 `json:"latitude"`
	Lon float64 `json:"longitude"`
}

// readTakeout reads JSON by Google Takeout. What is without a time when the photo
// was taken is of an album, or of another program.
func readTakeout(data []byte) (s Sidecar, ok bool) {
	var r takeoutRecord
	err := json.Unmarshal(data, &r)
	if err != nil && !errors.As(err, new(*json.UnmarshalTypeError)) || r.Taken.Timestamp == nil {
		return Sidecar{}, false
	}
	s = Sidecar{
		Source: SourceTakeout, Caption: caption(cleanText(cutText(r.Description, maxText))),
		GPS: newGPS(r.Geo.Lat, r.Geo.Lon), Favourite: r.Favourite,
	}
	if s.GPS == nil {
		s.GPS = newGPS(r.GeoEXIF.Lat, r.GeoEXIF.Lon)
	}
	seconds, err := strconv.ParseInt(strings.Trim(string(r.Taken.Timestamp), `"`), 10, 64)
	at := time.Unix(seconds, 0).UTC()
	if err == nil && seconds != 0 && at.Year() >= firstYear && at.Year() <= lastYear {
		s.Taken = Date{Wall: at, HasOffset: true, Source: SourceTakeout}
	}
	return s, true
}

// Add adds what a sidecar says to what the file itself does. A person may have
// corrected XMP: it replaces the date, place, caption, keywords and rating of the
// file. The date stays where both tell the same: it may be more precise. Google's
// place and date, which is an instant in no time zone, only fill in what the file
// does not say. How the picture is turned is the file's own affair.
func (i *Info) Add(s Sidecar) {
	xmp := s.Source == SourceSidecar
	switch {
	case s.Taken.Wall.IsZero():
	case i.Date.Wall.IsZero(), xmp && !sameDate(i.Date, s.Taken):
		i.Date = s.Taken
	}
	if i.Date.Wall.IsZero() {
		i.Date = s.Made
	}
	if s.GPS != nil && (xmp || i.GPS == nil) {
		i.GPS = s.GPS
	}
	setText(&i.Camera, s.Camera)
	setText(&i.Lens, s.Lens)
	if i.Exposure == (Exposure{}) {
		i.Exposure = s.Exposure
	}
	if s.Caption != "" {
		i.Caption = s.Caption
	}
	if s.Rating != 0 {
		i.Rating = s.Rating
	}
	if len(s.Tags) > 0 {
		i.Tags = s.Tags
	}
	i.Favourite, i.Beside = i.Favourite || s.Favourite, true
}

// sameDate reports whether a date of a file and one of its sidecar may be the same:
// to the second on the wall clock, by the day where the sidecar knows no more, or
// as an instant where both know the offset.
func sameDate(own, beside Date) bool {
	inUTC := own.Source == SourceVideo && own.Offset == 0 // the clock of no place
	if own.HasOffset && beside.HasOffset && !inUTC {
		a, b := own.Wall.Add(-own.Offset), beside.Wall.Add(-beside.Offset)
		if a.Truncate(time.Second).Equal(b.Truncate(time.Second)) {
			return true
		}
	}
	if beside.Wall.Equal(beside.Wall.Truncate(24 * time.Hour)) {
		return own.Wall.Truncate(24 * time.Hour).Equal(beside.Wall)
	}
	return own.Wall.Truncate(time.Second).Equal(beside.Wall.Truncate(time.Second))
}
