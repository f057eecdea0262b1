package meta

import (
	"encoding/xml"
	"math"
	"strconv"
	"strings"
)

// Namespaces of XMP (XMP specification part 1, 8, and part 2; Exif 2.31 metadata
// for XMP; the photo schema of Microsoft).
const (
	nsAUX       = "http://ns.adobe.com/exif/1.0/aux/"
	nsCRS       = "http://ns.adobe.com/camera-raw-settings/1.0/"
	nsDC        = "http://purl.org/dc/elements/1.1/"
	nsDM        = "http://ns.adobe.com/xmp/1.0/DynamicMedia/"
	nsEXIF      = "http://ns.adobe.com/exif/1.0/"
	nsEXIFEX    = "http://cipa.jp/exif/1.0/"
	nsMicrosoft = "http://ns.microsoft.com/photo/1.0/"
	nsPhotoshop = "http://ns.adobe.com/photoshop/1.0/"
	nsNote      = "http://ns.adobe.com/xmp/note/"
	nsRDF       = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	nsTIFF      = "http://ns.adobe.com/tiff/1.0/"
	nsXMP       = "http://ns.adobe.com/xap/1.0/"
)

// xmpFacts are what XMP says.
type xmpFacts struct {
	original, created, digitized, made string // dates

	make_, model, lens string
	orientation        int
	exposure           Exposure
	lat, lon           string

	extension string // the name of another packet

	rating  int
	percent int // Microsoft's rating
	caption string
	tags    []string
	good    bool // a keeper, in the words of XMP

	hasCrop       bool
	crop          [5]string // top, left, bottom, right, angle
	width, height int       // of the picture that crop is of
}

// xmpProperties take in the properties that are read.
var xmpProperties = map[xml.Name]func(x *xmpFacts, text string){
	{Space: nsEXIF, Local: "DateTimeOriginal"}:  func(x *xmpFacts, s string) { setText(&x.original, s) },
	{Space: nsEXIF, Local: "DateTimeDigitized"}: func(x *xmpFacts, s string) { setText(&x.digitized, s) },
	{Space: nsPhotoshop, Local: "DateCreated"}:  func(x *xmpFacts, s string) { setText(&x.created, s) },
	{Space: nsXMP, Local: "CreateDate"}:         func(x *xmpFacts, s string) { setText(&x.made, s) },

	{Space: nsTIFF, Local: "Make"}:        func(x *xmpFacts, s string) { setText(&x.make_, s) },
	{Space: nsTIFF, Local: "Model"}:       func(x *xmpFacts, s string) { setText(&x.model, s) },
	{Space: nsTIFF, Local: "Orientation"}: func(x *xmpFacts, s string) { setInt(&x.orientation, s, 8) },
	{Space: nsAUX, Local: "Lens"}:         func(x *xmpFacts, s string) { setText(&x.lens, s) },
	{Space: nsEXIFEX, Local: "LensModel"}: func(x *xmpFacts, s string) { setText(&x.lens, s) },
	{Space: nsEXIF, Local: "LensModel"}:   func(x *xmpFacts, s string) { setText(&x.lens, s) },

	{Space: nsEXIF, Local: "ExposureTime"}:              func(x *xmpFacts, s string) { setFraction(&x.exposure.Time, s, 86400) },
	{Space: nsEXIF, Local: "FNumber"}:                   func(x *xmpFacts, s string) { setFraction(&x.exposure.FNumber, s, 1000) },
	{Space: nsEXIF, Local: "FocalLength"}:               func(x *xmpFacts, s string) { setFraction(&x.exposure.Focal, s, 100_000) },
	{Space: nsEXIF, Local: "FocalLengthIn35mmFilm"}:     func(x *xmpFacts, s string) { setInt(&x.exposure.Focal35, s, 100_000) },
	{Space: nsEXIF, Local: "ISOSpeedRatings"}:           func(x *xmpFacts, s string) { setInt(&x.exposure.ISO, s, 1<<30) },
	{Space: nsEXIF, Local: "PhotographicSensitivity"}:   func(x *xmpFacts, s string) { setInt(&x.exposure.ISO, s, 1<<30) },
	{Space: nsEXIFEX, Local: "PhotographicSensitivity"}: func(x *xmpFacts, s string) { setInt(&x.exposure.ISO, s, 1<<30) },

	{Space: nsEXIF, Local: "GPSLatitude"}:  func(x *xmpFacts, s string) { setText(&x.lat, s) },
	{Space: nsEXIF, Local: "GPSLongitude"}: func(x *xmpFacts, s string) { setText(&x.lon, s) },

	{Space: nsNote, Local: "HasExtendedXMP"}: func(x *xmpFacts, s string) { setText(&x.extension, s) },

	{Space: nsXMP, Local: "Rating"}:       func(x *xmpFacts, s string) { setInt(&x.rating, s, 5) }, // -1: rejected
	{Space: nsMicrosoft, Local: "Rating"}: func(x *xmpFacts, s string) { setInt(&x.percent, s, 100) },
	{Space: nsDC, Local: "description"}:   func(x *xmpFacts, s string) { setText(&x.caption, caption(s)) },
	{Space: nsDC, Local: "subject"}:       func(x *xmpFacts, s string) { x.tags = addTag(x.tags, s) },
	{Space: nsDM, Local: "good"}:          func(x *xmpFacts, s string) { x.good = strings.EqualFold(s, "true") },

	{Space: nsTIFF, Local: "ImageWidth"}:  func(x *xmpFacts, s string) { setInt(&x.width, s, maxSide) },
	{Space: nsTIFF, Local: "ImageLength"}: func(x *xmpFacts, s string) { setInt(&x.height, s, maxSide) },
	{Space: nsCRS, Local: "HasCrop"}:      func(x *xmpFacts, s string) { x.hasCrop = strings.EqualFold(s, "true") },
	{Space: nsCRS, Local: "CropTop"}:      func(x *xmpFacts, s string) { setText(&x.crop[0], s) },
	{Space: nsCRS, Local: "CropLeft"}:     func(x *xmpFacts, s string) { setText(&x.crop[1], s) },
	{Space: nsCRS, Local: "CropBottom"}:   func(x *xmpFacts, s string) { setText(&x.crop[2], s) },
	{Space: nsCRS, Local: "CropRight"}:    func(x *xmpFacts, s string) { setText(&x.crop[3], s) },
	{Space: nsCRS, Local: "CropAngle"}:    func(x *xmpFacts, s string) { setText(&x.crop[4], s) },
}

// maxSide is more than any picture has pixels in a row.
const maxSide = 1 << 24

// cut returns the part that is to be shown, or nil.
func (x *xmpFacts) cut() *Cut {
	if !x.hasCrop {
		return nil
	}
	var n [5]float64
	for i, s := range x.crop {
		v, err := strconv.ParseFloat(s, 64)
		switch {
		case s == "" && i == 4: // not turned
		case err != nil || !(math.Abs(v) <= 360): // nor NaN
			return nil
		}
		n[i] = v
	}
	return &Cut{Top: n[0], Left: n[1], Bottom: n[2], Right: n[3], Angle: n[4], Width: x.width, Height: x.height}
}

// setInt keeps the first number between 1 and high.
func setInt(dst *int, s string, high float64) {
	if n, err := strconv.ParseFloat(s, 64); err == nil && n >= 1 && n <= high && *dst == 0 {
		*dst = int(n)
	}
}

// setFraction keeps the first of the numbers, as 1/200 or 0.005, between 0 and
// limit.
func setFraction(dst *float64, s string, limit float64) {
	num, den, isFraction := strings.Cut(s, "/")
	x, err := strconv.ParseFloat(strings.TrimSpace(num), 64)
	if isFraction && err == nil {
		var d float64
		d, err = strconv.ParseFloat(strings.TrimSpace(den), 64)
		x /= d
	}
	if err == nil && x > 0 && x < limit && *dst == 0 {
		*dst = x
	}
}

// stars returns the rating.
func (x *xmpFacts) stars() int {
	if x.rating != 0 || x.percent == 0 {
		return x.rating
	}
	return starsOf(x.percent)
}

// starsOf returns the stars of a rating of 1 to 100, of which 1, 25, 50, 75 and
// 99 are written.
func starsOf(percent int) int { return min(1+(percent+12)/25, 5) }

// gps returns the place, or nil.
func (x *xmpFacts) gps() *GPS {
	lat, ok1 := xmpDegrees(x.lat, 'N', 'S')
	lon, ok2 := xmpDegrees(x.lon, 'E', 'W')
	if !ok1 || !ok2 {
		return nil
	}
	return newGPS(lat, lon)
}

// xmpDegrees reads 48,53.55N or 48,53,33N, or the plain degrees that some write.
func xmpDegrees(s string, plus, minus byte) (float64, bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 64 {
		return 0, false
	}
	sign := 1.0
	switch last := s[len(s)-1] &^ 0x20; last {
	case plus, minus:
		s = s[:len(s)-1]
		if last == minus {
			sign = -1
		}
	}
	sum, unit := 0.0, 1.0
	for i, part := range strings.Split(s, ",") {
		x, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || i > 2 || i > 0 && x < 0 {
			return 0, false
		}
		sum += x / unit
		unit *= 60
	}
	return sign * sum, true
}

// newGPS returns a place, or nil for what can be none. Zero north, zero east is
// what receivers without a fix write.
func newGPS(lat, lon float64) *GPS {
	if !(lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180) || lat == 0 && lon == 0 {
		return nil
	}
	return &GPS{Lat: lat, Lon: lon}
}
