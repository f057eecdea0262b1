package meta

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/libpaul/paul/imagelib/internal/testphoto"
)

// segment makes a segment of a JPEG.
func segment(marker byte, parts ...string) []byte {
	data := strings.Join(parts, "")
	return append(append([]byte{0xff, marker}, be2(uint16(len(data)+2))...), data...)
}

// jpegWith makes a JPEG with segments in front.
func jpegWith(segments ...[]byte) []byte {
	rest := testphoto.Thumb(testphoto.Picture(64, 48, 0))[2:]
	return append(append([]byte{0xff, 0xd8}, bytes.Join(segments, nil)...), rest...)
}

func dataset(set byte, text string) string {
	return string(append([]byte{0x1c, 2, set}, be2(uint16(len(text)))...)) + text
}

func resource(id uint16, data string) string {
	r := "8BIM" + string(be2(id)) + "\x00\x00" + string(be(uint32(len(data)))) + data
	return r + strings.Repeat("\x00", len(data)%2)
}

var (
	iptcRecord = dataset(55, "20050607") + dataset(60, "080910+0200") + dataset(25, "alpha") +
		dataset(25, "Gruß") + dataset(25, "alpha") + dataset(120, "Gr\xfc\xdfe") // the caption in Latin-1
	photoshopBlock = resource(0x03ed, "odd") + resource(resourceIPTC, iptcRecord)
)

func xmpOf(body string) string {
	return `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="` + nsRDF + `"><rdf:Description xmlns:xmp="` + nsXMP +
		`" xmlns:exif="` + nsEXIF + `" xmlns:tiff="` + nsTIFF + `" xmlns:aux="` + nsAUX + `" xmlns:photoshop="` + nsPhotoshop +
		`" xmlns:dc="` + nsDC + `" xmlns:xmpNote="` + nsNote + `" xmlns:exifEX="` + nsEXIFEX + `" xmlns:MicrosoftPhoto="` + nsMicrosoft + `" ` + body + `</rdf:Description></rdf:RDF></x:xmpmeta>`
}

func xmpSegment(body string) []byte { return segment(0xe1, xmpHeader, xmpOf(body)) }

func exifSegment(e testphoto.EXIF) []byte { return segment(0xe1, exifHeader, string(e.TIFF())) }

func deflated(text string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write([]byte(text)) // into memory
	_ = z.Close()
	return b.String()
}

func profile(kind string, data []byte) string {
	return fmt.Sprintf("\n%s\n%8d\n%s\n", kind, len(data), hex.EncodeToString(data))
}

// TestFacts reads what each kind of metadata says. Each line of want is one fact.
func TestFacts(t *testing.T) {
	t.Parallel()
	rich := `xmp:Rating="-1" MicrosoftPhoto:Rating="75" tiff:Make="Canon" tiff:Model="Canon R5" tiff:Orientation="6" aux:Lens="RF50"
 exif:DateTimeOriginal="2019-07-14T09:08:07.25+02:00" exif:ExposureTime="1/200" exif:FNumber="28/10"
 exif:GPSLatitude="33,51.408S" exif:GPSLongitude="151,12,55.08E"><exif:ISOSpeedRatings><rdf:Seq><rdf:li>400</rdf:li></rdf:Seq></exif:ISOSpeedRatings>`
	shown := `xmp:Rating="2"><exif:x rdf:parseType="Resource"><exif:GPSLatitude>1,2N</exif:GPSLatitude><exif:GPSLongitude>1,2E</exif:GPSLongitude></exif:x>`
	camera2 := testphoto.EXIF{
		Date: "2024:05:01 12:30:05", Modified: "2025:01:02 03:04:05", ModifiedOffset: "+09:00", Part: "0371",
		Lat: 48.8925, Lon: 2.2364, Satellites: [2]string{"2024:04:30", "10:30:05"},
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"jpeg, iptc":        {jpegWith(segment(0xed, photoshopHeader, photoshopBlock)), "2005-06-07T08:09:10+02:00 iptc; Grüße; alpha,Gruß"},
		"jpeg, xmp":         {jpegWith(xmpSegment(rich)), "2019-07-14T09:08:07.25+02:00 xmp; -33.8568 151.2153; Canon R5, RF50; 4 stars; turned 6; 1/200 f/2.8 ISO 400"},
		"jpeg, place shown": {jpegWith(xmpSegment(shown)), "2 stars"},
		"jpeg, qualified": {jpegWith(xmpSegment(`><dc:subject><rdf:Bag><rdf:li rdf:parseType="Resource"><rdf:value>sea</rdf:value><xmp:x>why</xmp:x></rdf:li>
 <rdf:li><rdf:Description><rdf:value>sun</rdf:value></rdf:Description></rdf:li></rdf:Bag></dc:subject>`)), "sea,sun"},
		"jpeg, xmp and exif": {jpegWith(exifSegment(camera1), xmpSegment(rich)), "2024-05-01T12:30:05+02:00 exif; -33.8568 151.2153; NIKON D90, 50mm f/1.8; Café at noon; 4 stars; turned 6; 1/250 f/0 ISO 400"},
		// neither the offset of the last change nor the satellites' clock is that of the photo
		"jpeg, other clocks": {jpegWith(exifSegment(camera2)), "2024-05-01T12:30:05.037 exif; 48.8925 2.2364"},
		"jpeg, day in xmp, time in iptc": {
			jpegWith(xmpSegment(`photoshop:DateCreated="2005-06-07">`), segment(0xed, photoshopHeader, photoshopBlock)),
			"2005-06-07T08:09:10+02:00 iptc; Grüße; alpha,Gruß",
		},
		"jpeg, taken and scanned": {jpegWith(xmpSegment(`photoshop:DateCreated="1985-06-07" xmp:CreateDate="2011-02-03T04:05:06">`)), "1985-06-07T00:00:00 xmp"},
		"jpeg, extended xmp":      {jpegWith(extended(60_000, 0, 40_000), xmpSegment(`xmpNote:HasExtendedXMP="`+extendedName+`">`), extended(60_000, 40_000, 1<<20)), "4 stars; sea"},
		"jpeg, half of it":        {jpegWith(xmpSegment(`xmpNote:HasExtendedXMP="`+extendedName+`">`), extended(60_000, 0, 40_000)), ""},
		"jpeg, not named":         {jpegWith(xmpSegment(`xmpNote:HasExtendedXMP="`+strings.ToLower(extendedName)+`">`), extended(60_000, 0, 40_000), extended(60_000, 40_000, 1<<20)), ""},
		"jxl, packed": {
			jxlWith(brob("Exif", string(be(0))+string(camera1.TIFF())), brob("xml ", xmpOf(`xmp:Rating="3">`))),
			"2024-05-01T12:30:05+02:00 exif; -33.8568 151.2153; NIKON D90, 50mm f/1.8; Café at noon; 3 stars; 1/250 f/0 ISO 400",
		},
		"jxl, packed in earnest": {jxlWith(boxOf("brob", []byte("xml "), packedXMP)), "2 stars"},
		"jxl, damaged":           {jxlWith(boxOf("brob", []byte("xml "), packedXMP[:len(packedXMP)/2])), ""},
		"png, text":              {pngWith(chunk("tEXt", []byte("Creation Time\x00Wed, 1 May 2024 12:30:05 GMT")), chunk("tEXt", []byte("Description\x00A cat"))), "2024-05-01T12:30:05+00:00 text; A cat"},
		"png, rfc 1123":          {pngWith(chunk("tEXt", []byte("Creation Time\x00Wed, 01 May 2024 12:30:05 EST"))), "2024-05-01T12:30:05 text"},
		"png, exif-like":         {pngWith(chunk("iTXt", []byte("Creation Time\x00\x00\x00\x00\x002024:05:01 12:30:05"))), "2024-05-01T12:30:05 text"},
		"png, last change":       {pngWith(chunk("tIME", []byte{7, 232, 5, 1, 12, 30, 5})), ""},
		"png, packed xmp":        {pngWith(chunk("iTXt", []byte("XML:com.adobe.xmp\x00\x01\x00\x00\x00"+deflated(xmpOf(`xmp:Rating="3">`))))), "3 stars"},
		"png, exif profile": {
			pngWith(chunk("zTXt", []byte("Raw profile type exif\x00\x00"+deflated(profile("exif", append([]byte(exifHeader), camera1.TIFF()...)))))),
			"2024-05-01T12:30:05+02:00 exif; -33.8568 151.2153; NIKON D90, 50mm f/1.8; Café at noon; turned 6; 1/250 f/0 ISO 400",
		},
		"png, iptc profile": {pngWith(chunk("tEXt", []byte("Raw profile type iptc\x00"+profile("iptc", []byte(photoshopBlock))))), "2005-06-07T08:09:10+02:00 iptc; Grüße; alpha,Gruß"},
		"psd":               {psd(photoshopBlock + resource(resourceXMP, xmpOf(`xmp:Rating="5">`))), "2005-06-07T08:09:10+02:00 iptc; Grüße; 5 stars; alpha,Gruß"},
		"psd, exif":         {psd(resource(resourceEXIF, string(testphoto.EXIF{Date: "2024:05:01 12:30:05", Orientation: 6}.TIFF()))), "2024-05-01T12:30:05 exif; turned 6"},
		"mrw":               {mrw(testphoto.EXIF{Date: "2004:11:18 23:14:58", Make: "Minolta", Model: "DiMAGE A2", BigEndian: true}.TIFF()), "2004-11-18T23:14:58 exif; Minolta DiMAGE A2, "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, err := ReadBytes(c.data)
			if err != nil {
				t.Fatal(err)
			}
			if got := allFacts(&in); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if in.Thumb.Len != 0 || in.Preview.Len != 0 {
				t.Errorf("pictures at %v and %v, which are not in the file", in.Thumb, in.Preview)
			}
		})
	}
}

const extendedName = "0123456789ABCDEF0123456789ABCDEF"

// extended makes a segment of a part of a packet of XMP that is longer than so many
// bytes.
func extended(length, from, to int) []byte {
	packet := xmpOf(`xmp:Rating="4"><dc:source>` + strings.Repeat("x", length) + `</dc:source><dc:subject><rdf:Bag><rdf:li>sea</rdf:li></rdf:Bag></dc:subject>`)
	return segment(0xe1, extensionHeader, extendedName, string(be(uint32(len(packet)), uint32(from))), packet[from:min(to, len(packet))])
}

// jxlWith makes a JPEG XL file of 8 by 8 pixels with more boxes in front.
func jxlWith(boxes ...[]byte) []byte {
	return bytes.Join([][]byte{[]byte("\x00\x00\x00\x0cJXL \r\n\x87\n"), boxOf("ftyp", []byte("jxl \x00\x00\x00\x00jxl ")), bytes.Join(boxes, nil), boxOf("jxlc", []byte("\xff\x0a\x41\x02"))}, nil)
}

// brob packs a box with Brotli, as it stands (RFC 7932, 9.2): a window of 16 bits,
// one block that is not packed, and the last one, which is empty.
func brob(typ, data string) []byte {
	n := uint32(len(data) - 1)
	return boxOf("brob", []byte(typ), []byte{byte(n << 4), byte(n >> 4), byte(n>>12) | 1<<4}, []byte(data), []byte{3})
}

// packedXMP is a packet of two stars, packed by the Brotli of Node.js 20.
var packedXMP, _ = base64.StdEncoding.DecodeString("" + // it is right
	"G0oCCIzTHbXqlnPBY9Kcyqf6UZYUSNjUbIlTvk3d1LcHfJY3GZtHawF13gZNsygt0Fdv2DYyVth5dXv9CRcLL81VfBe1QEB71riaxmOKwqNu3W+U5CRBH9BNThfu6DFhpK2yVsCYOP/rVUCsp1PRepCiQo" +
	"SFi/WUzbMJnaJgZaRWVOBGg6GlNMdW41xDS+EWXiluVN4UNzyfzzP91nWVbdtUUld44PuY56uuK7VSxEDzDRZOt6uZGbDQzbKlSfzjb6qBCzmy23/DZ2dw04ja16txqBocu39V6MlSqJaRJMTOIAG1j2wI")

// allFacts prints what a file says, as a test writes it.
func allFacts(in *Info) string {
	var s []string
	add := func(is bool, format string, args ...any) {
		if is {
			s = append(s, fmt.Sprintf(format, args...))
		}
	}
	add(!in.Date.Wall.IsZero(), "%s %s", in.Date.Precise(), in.Date.Source)
	if in.GPS != nil {
		add(true, "%.4f %.4f", in.GPS.Lat, in.GPS.Lon)
	}
	add(in.Camera != "", "%s, %s", in.Camera, in.Lens)
	add(in.Caption != "", "%s", in.Caption)
	add(in.Rating != 0, "%d stars", in.Rating)
	add(in.Orientation != 1, "turned %d", in.Orientation)
	add(len(in.Tags) > 0, "%s", strings.Join(in.Tags, ","))
	add(in.Duration > 0, "%v", in.Duration)
	if x := in.Exposure; x != (Exposure{}) {
		add(true, "1/%.0f f/%g ISO %d", 1/x.Time, x.FNumber, x.ISO)
	}
	add(in.Favourite, "favourite")
	return strings.Join(s, "; ")
}

func psd(resources string) []byte {
	h := bytes.Join([][]byte{[]byte("8BPS"), be2(1), make([]byte, 6), be2(3), be(48, 64), be2(8, 3), be(0, uint32(len(resources)))}, nil)
	return append(h, resources...)
}

func mrw(exif []byte) []byte {
	block := append(append([]byte("\x00TTW"), be(uint32(len(exif)))...), exif...)
	body := append(append([]byte("\x00PRD"), be(4, 0)...), block...)
	return append(append([]byte("\x00MRM"), be(uint32(len(body)))...), body...)
}

func TestAVI(t *testing.T) {
	t.Parallel()
	le := func(vs ...uint32) (b []byte) {
		for _, v := range vs {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		return b
	}
	header := riffChunk("avih", le(40_000, 0, 0, 0, 75, 0, 1, 0, 320, 240, 0, 0, 0, 0))
	for date, want := range map[string]string{
		"Mon Mar 10 15:04:43 2003\n\x00": "2003-03-10T15:04:43",
		"MON MAR  1 15:04:43 2003\x00":   "2003-03-01T15:04:43",
		"2003:03:10 15:04:43":            "2003-03-10T15:04:43",
		"nonsense":                       "",
	} {
		hdrl := riffChunk("LIST", bytes.Join([][]byte{[]byte("hdrl"), header, riffChunk("IDIT", []byte(date))}, nil))
		data := riffChunk("RIFF", bytes.Join([][]byte{[]byte("AVI "), hdrl, riffChunk("LIST", []byte("movi"))}, nil))
		in, err := ReadBytes(data)
		if err != nil {
			t.Fatal(err)
		}
		if in.Date.String() != want || in.Duration != 3*time.Second || in.Width != 320 || in.Height != 240 {
			t.Errorf("%q: %v, %v, %d x %d", date, in.Date, in.Duration, in.Width, in.Height)
		}
	}
}
