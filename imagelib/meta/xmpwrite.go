package meta

import (
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
)

// xmpDocument is an XMP packet as it is written. The names of elements and
// attributes are whole, prefix and all, since encoding/xml knows no prefixes.
type xmpDocument struct {
	XMLName xml.Name `xml:"x:xmpmeta"`
	NS      string   `xml:"xmlns:x,attr"`
	Toolkit string   `xml:"x:xmptk,attr"`
	RDF     xmpRDF   `xml:"rdf:RDF"`
}

type xmpRDF struct {
	NS          string         `xml:"xmlns:rdf,attr"`
	Description xmpDescription `xml:"rdf:Description"`
}

// xmpDescription is what is written of a picture, in this order.
type xmpDescription struct {
	About     string `xml:"rdf:about,attr"`
	CRS       string `xml:"xmlns:crs,attr"`
	DC        string `xml:"xmlns:dc,attr"`
	EXIF      string `xml:"xmlns:exif,attr"`
	Photoshop string `xml:"xmlns:photoshop,attr"`
	TIFF      string `xml:"xmlns:tiff,attr"`
	XMP       string `xml:"xmlns:xmp,attr"`
	DM        string `xml:"xmlns:xmpDM,attr"`

	Rating      string   `xml:"xmp:Rating,omitempty"`
	Good        string   `xml:"xmpDM:good,omitempty"`
	Original    string   `xml:"exif:DateTimeOriginal,omitempty"`
	Created     string   `xml:"photoshop:DateCreated,omitempty"`
	Latitude    string   `xml:"exif:GPSLatitude,omitempty"`
	Longitude   string   `xml:"exif:GPSLongitude,omitempty"`
	Caption     *xmpText `xml:"dc:description>rdf:Alt>rdf:li"`
	Tags        *xmpBag  `xml:"dc:subject>rdf:Bag"` // nil when there are none: an empty one would say so
	Orientation string   `xml:"tiff:Orientation,omitempty"`
	Width       string   `xml:"tiff:ImageWidth,omitempty"`
	Height      string   `xml:"tiff:ImageLength,omitempty"`
	HasCrop     string   `xml:"crs:HasCrop,omitempty"`
	Top         string   `xml:"crs:CropTop,omitempty"`
	Left        string   `xml:"crs:CropLeft,omitempty"`
	Bottom      string   `xml:"crs:CropBottom,omitempty"`
	Right       string   `xml:"crs:CropRight,omitempty"`
	Angle       string   `xml:"crs:CropAngle,omitempty"`
}

type xmpBag struct {
	Items []string `xml:"rdf:li"`
}

type xmpText struct {
	Language string `xml:"xml:lang,attr"`
	Text     string `xml:",chardata"`
}

const (
	xmpHead = "<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
	xmpTail = "\n<?xpacket end=\"w\"?>\n"

	// xmpSignature begins the segment of a JPEG that holds XMP (XMP specification
	// part 3, 1.1.3).
	xmpSignature = "http://ns.adobe.com/xap/1.0/\x00"
)

// XMP writes a sidecar of [SourceSidecar], for [ReadSidecar] and other programs:
// the same bytes whenever it says the same. Camera, lens and exposure, which only a
// camera knows, are left out.
func (s *Sidecar) XMP() ([]byte, error) {
	d := xmpDescription{
		CRS: nsCRS, DC: nsDC, EXIF: nsEXIF, Photoshop: nsPhotoshop, TIFF: nsTIFF, XMP: nsXMP, DM: nsDM,
		Original: s.Taken.Precise(), Created: s.Taken.Precise(),
		Rating: positive(s.Rating), Orientation: positive(s.Orientation),
	}
	if s.Favourite {
		d.Good = "True"
	}
	if s.GPS != nil {
		d.Latitude, d.Longitude = degreesXMP(s.GPS.Lat, 'N', 'S'), degreesXMP(s.GPS.Lon, 'E', 'W')
	}
	if len(s.Tags) > 0 {
		d.Tags = &xmpBag{s.Tags}
	}
	if s.Caption != "" {
		d.Caption = &xmpText{"x-default", s.Caption}
	}
	if c := s.Cut; c != nil {
		d.Width, d.Height, d.HasCrop = positive(c.Width), positive(c.Height), "True"
		d.Top, d.Left, d.Bottom, d.Right, d.Angle = shareXMP(c.Top), shareXMP(c.Left), shareXMP(c.Bottom), shareXMP(c.Right), shareXMP(c.Angle)
	}
	b, err := xml.MarshalIndent(xmpDocument{NS: "adobe:ns:meta/", Toolkit: "Paul", RDF: xmpRDF{nsRDF, d}}, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write XMP: %w", err)
	}
	return append(append([]byte(xmpHead), b...), xmpTail...), nil
}

// SegmentXMP is [Sidecar.XMP] as a segment of a JPEG holds it; nil when it does
// not fit into one.
func (s *Sidecar) SegmentXMP() ([]byte, error) {
	b, err := s.XMP()
	if err != nil || len(xmpSignature)+len(b) > maxSegment {
		return nil, err
	}
	return append([]byte(xmpSignature), b...), nil
}

// maxSegment is the most that a segment of a JPEG holds, in bytes.
const maxSegment = 65533

// positive writes a number, and nothing for none.
func positive(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// shareXMP writes a share or an angle.
func shareXMP(x float64) string {
	return strconv.FormatFloat(math.Round(x*1e9)/1e9+0, 'f', -1, 64) // + 0: there is a zero below zero
}

// degreesXMP writes degrees as 48,53.55N (XMP specification part 2, GPSCoordinate).
func degreesXMP(x float64, plus, minus byte) string {
	sign := plus
	if x < 0 {
		sign, x = minus, -x
	}
	const parts = 1e8                      // of a minute, which is less than a micrometre
	n := int64(math.Round(x * 60 * parts)) // whole, so that 59.999 minutes do not become 60
	return fmt.Sprintf("%d,%s%c", n/(60*parts), strconv.FormatFloat(float64(n%(60*parts))/parts, 'f', -1, 64), sign)
}
