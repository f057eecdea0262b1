package imagelib

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/libpaul/paul/imagelib/meta"
	"github.com/libpaul/paul/imagelib/thumb"
)

// albumPrefix begins the IDs of albums; images have their file's digest.
const albumPrefix = "album:"

// document is an Image or album document. The facts, all but the edits, were
// read from the file's bytes and what lay beside it; see [Merge] for how they and the edits merge.
type document struct {
	// Version is [meta.Version] of the reader of the facts.
	Version int `json:"version,omitempty"`

	Type        string         `json:"type,omitempty"`
	Kind        Kind           `json:"kind,omitempty"`
	Date        string         `json:"date,omitempty"` // 2024-05-01T12:30:05.25, with +02:00 when known
	DateSource  meta.Source    `json:"dateSource,omitempty"`
	Width       int            `json:"width,omitempty"` // upright
	Height      int            `json:"height,omitempty"`
	Orientation int            `json:"orientation,omitempty"` // EXIF
	Camera      string         `json:"camera,omitempty"`
	Lens        string         `json:"lens,omitempty"`
	Exposure    *meta.Exposure `json:"exposure,omitempty"`
	GPS         *GPS           `json:"gps,omitempty"`
	Duration    float64        `json:"duration,omitempty"`  // of a film, seconds
	Shot        string         `json:"shot,omitempty"`      // the same in the still and the film of a live photo
	ThumbHash   string         `json:"thumbhash,omitempty"` // base64
	DHash       string         `json:"dhash,omitempty"`     // 16 hexadecimal digits
	Caption     string         `json:"caption,omitempty"`   // as the file says; an edit replaces it
	Rating      int            `json:"rating,omitempty"`
	Tags        []string       `json:"tags,omitempty"`
	Favourite   bool           `json:"favourite,omitempty"` // as a file beside it says; an edit replaces it
	Beside      bool           `json:"beside,omitempty"`    // the facts are also from a file beside it
	Edits       map[string]raw `json:"edits,omitempty"`
}

type raw = json.RawMessage

// edit is what a person decided of one field, and when.
type edit struct {
	Value raw   `json:"value"`
	At    stamp `json:"at"`
}

// Fields of edits. Membership of an album is field "album:<id>" of an image, and
// a tag of its own "tag:<folded>".
const (
	fieldFavourite = "favourite"
	fieldCaption   = "caption"
	fieldRating    = "rating"
	fieldTags      = "tags"
	fieldDate      = "date"     // as in document.Date; null for the file's own
	fieldGeometry  = "geometry" // a [Geometry]
	fieldName      = "name"     // of an album
	fieldDeleted   = "deleted"  // of an album
	fieldQuery     = "query"    // of a smart album
	fieldCover     = "cover"    // of an album: a digest, or empty for the newest image
)

// Bounds on what a document may say, so that one bad record does not spoil a
// library: what is longer is cut.
const (
	maxText   = 8 << 10
	maxWords  = 500 // tags, albums
	maxPixels = 1 << 24
)

// readBody reads a document. A member of a type that is none of ours, which
// another version may write, is passed over.
func readBody(body raw, doc *document) bool {
	err := json.Unmarshal(body, doc)
	return err == nil || errors.As(err, new(*json.UnmarshalTypeError))
}

// hashes are what is kept of how a picture looks.
type hashes struct {
	thumb []byte
	d     uint64 // 0 when there is none
}

func hashesOf(s thumb.Set) hashes { return hashes{s.Hash, s.DHash} }

func (h hashes) dHash() string {
	if h.d == 0 {
		return ""
	}
	return fmt.Sprintf("%016x", h.d)
}

// parseDHash returns 0 for what is no dHash.
func parseDHash(s string) uint64 {
	h, err := strconv.ParseUint(s, 16, 64)
	if err != nil || len(s) != 16 {
		return 0
	}
	return h
}

// newDocument makes the document of a file.
func newDocument(info *meta.Info, date Date, looks hashes) document {
	w, h := info.Upright()
	d := document{
		Version: meta.Version, Type: info.Type, Kind: info.Kind,
		Date: date.Precise(), DateSource: date.Source,
		Width: w, Height: h, Orientation: info.Orientation,
		Camera: info.Camera, Lens: info.Lens, GPS: info.GPS,
		Caption: info.Caption, Rating: info.Rating, Tags: info.Tags,
		Favourite: info.Favourite, Beside: info.Beside, Duration: info.Duration.Seconds(), Shot: info.Shot,
		ThumbHash: base64.StdEncoding.EncodeToString(looks.thumb), DHash: looks.dHash(),
	}
	if info.Exposure != (meta.Exposure{}) {
		d.Exposure = &info.Exposure
	}
	return d
}

// image makes the part of an Image that its document knows.
func (doc *document) image(digest Digest, in *interner) *Image {
	img := &Image{
		Digest: digest, Common: in.common(Common{doc.Type, doc.Kind, doc.Camera, doc.Lens}),
		Width: min(max(doc.Width, 0), maxPixels), Height: min(max(doc.Height, 0), maxPixels),
		Orientation: uint8(min(max(doc.Orientation, 1), 8)), Favourite: doc.Favourite, version: uint8(min(max(doc.Version, 0), math.MaxUint8)),
		Caption: cut(doc.Caption), Rating: clampRating(doc.Rating),
	}
	img.Date, _ = meta.ParseDate(doc.Date, meta.Source(in.text(string(doc.DateSource))))
	if e := doc.Exposure; e != nil {
		img.Exposure = Exposure{float32(e.Time), float32(e.FNumber), bounded(e.ISO), float32(e.Focal), bounded(e.Focal35)}
	}
	if g := doc.GPS; g != nil && g.Lat >= -90 && g.Lat <= 90 && g.Lon >= -180 && g.Lon <= 180 {
		img.GPS = g
		img.Locate()
	}
	if hash, err := base64.StdEncoding.DecodeString(doc.ThumbHash); err == nil && len(hash) > 0 && len(hash) <= 64 {
		img.ThumbHash = string(hash)
	}
	img.DHash = parseDHash(doc.DHash)
	more := More{Duration: doc.duration(), Shot: cut(doc.Shot)}
	doc.applyEdits(img, &more, in)
	img.Width, img.Height = more.Geometry.Size(img.Width, img.Height)
	img.setMore(more)
	return img
}

// maxDuration is longer than any film.
const maxDuration = 30 * 24 * time.Hour

func (doc *document) duration() time.Duration {
	if !(doc.Duration > 0) { // nor NaN
		return 0
	}
	return time.Duration(min(doc.Duration, maxDuration.Seconds()) * float64(time.Second)).Round(time.Millisecond)
}

// applyEdits sets what a person decided. An edit that cannot be read is passed over.
func (doc *document) applyEdits(img *Image, more *More, in *interner) {
	readEdit(doc.Edits[fieldFavourite], &img.Favourite)
	if readEdit(doc.Edits[fieldCaption], &img.Caption) {
		img.Caption = cut(img.Caption)
	}
	var rating int
	if readEdit(doc.Edits[fieldRating], &rating) {
		img.Rating = clampRating(rating)
	}
	img.Tags = in.words(doc.tags())
	more.Geometry = doc.geometry()
	var date string
	if readEdit(doc.Edits[fieldDate], &date) {
		if corrected, ok := meta.ParseDate(date, meta.SourcePerson); ok {
			more.FileDate, img.Date = img.Date, corrected
		}
	}
	for field, e := range doc.Edits {
		var member bool
		if strings.HasPrefix(field, albumPrefix) && readEdit(e, &member) && member && len(img.Albums) < maxWords {
			img.Albums = append(img.Albums, in.text(field))
		}
	}
	slices.Sort(img.Albums)
}

// readEdit sets dst to the edit's value and reports whether it could.
func readEdit[T any](r raw, dst *T) bool {
	var e edit
	var v T
	if len(r) == 0 || json.Unmarshal(r, &e) != nil || json.Unmarshal(e.Value, &v) != nil {
		return false
	}
	*dst = v
	return true
}

func cut(s string) string {
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	return s
}

func clampRating(n int) uint8 { return uint8(min(max(n, 0), 5)) }

func bounded(n int) int32 { return int32(min(max(n, 0), math.MaxInt32)) }

// interner makes equal texts share their memory: a library has few cameras.
// It is used by one goroutine at a time.
type interner struct {
	texts   map[string]string
	commons map[Common]*Common
}

// maxInterned is how many texts and commons are shared; what comes later is not.
const maxInterned = 100_000

func newInterner() *interner { return &interner{map[string]string{}, map[Common]*Common{}} }

func (in *interner) common(c Common) *Common {
	if shared, ok := in.commons[c]; ok {
		return shared
	}
	c.Type, c.Kind, c.Camera, c.Lens = in.text(c.Type), Kind(in.text(string(c.Kind))), in.text(c.Camera), in.text(c.Lens)
	if len(in.commons) < maxInterned {
		in.commons[c] = &c
	}
	return &c
}

func (in *interner) text(s string) string {
	if s == "" {
		return ""
	}
	if t, ok := in.texts[s]; ok {
		return t
	}
	s = strings.Clone(cut(s))
	if len(in.texts) < maxInterned {
		in.texts[s] = s
	}
	return s
}

func (in *interner) words(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	out := make([]string, 0, min(len(list), maxWords))
	for _, s := range list[:min(len(list), maxWords)] {
		if s != "" {
			out = append(out, in.text(s))
		}
	}
	return out
}
