package meta

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"github.com/libpaul/paul/imagelib/internal/testphoto"
)

// FuzzRead reads files of all kinds after damage. Whatever they hold, reading
// ends, fits the bounds, and is the same from memory and from a file.
func FuzzRead(f *testing.F) {
	exif := camera1.TIFF()
	for _, kind := range testphoto.RAWKinds() {
		f.Add(testphoto.RAW{Kind: kind, EXIF: camera1, Picture: testphoto.Picture(32, 24, 0)}.File())
	}
	for _, data := range [][]byte{
		testphoto.TIFFFile(testphoto.Picture(4, 4, 0), camera1, true),
		testphoto.HEIF{Turns: 1, Mirror: "lr", EXIF: &camera1}.File(),
		testphoto.HEIF{Coded: "cut", Cut: [2]int{96, 60}}.File(), testphoto.HEIF{Coded: "narrow"}.File(),
		jpegWith(xmpSegment(`xmpNote:HasExtendedXMP="`+extendedName+`">`), extended(10, 0, 400), extended(10, 400, 1<<20)),
		jxlWith(brob("Exif", string(be(0))+string(exif)), boxOf("brob", []byte("xml "), packedXMP)),
		testphoto.JPEG(testphoto.Picture(16, 16, 0), camera1),
		exif,
		testphoto.JPEG(testphoto.Picture(16, 16, 0), testphoto.EXIF{Make: "Apple", Shot: shot}),
		testphoto.Film{Date: "2024-05-01T12:30:05+0200", Shot: shot, Length: 2800 * time.Millisecond}.File(),
		pngWith(chunk("eXIf", exif)),
		pngWith(chunk("iTXt", []byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00"+xmpPacket))),
		webp(riffChunk("VP8X", make([]byte, 10)), riffChunk("EXIF", exif)),
		heif(exif),
		movieWith(3_000_000_000, itemsOf("com.apple.quicktime.creationdate", "2024-05-01T12:30:05+0200", "com.apple.quicktime.location.ISO6709", "+48.8-002.2/")),
		movieWith(0, boxOf("udta", boxOf("\xa9xyz", []byte("\x00\x0d\x15\xc7+48.8-002.2/")), boxOf("loci", be(0), []byte("\x00\x00a\x00\x00"), be(0x24000, 0x30cccc, 0)))),
		jpegWith(exifSegment(camera1), xmpSegment(`xmp:Rating="3">`), segment(0xed, photoshopHeader, photoshopBlock)),
		pngWith(chunk("zTXt", []byte("Raw profile type exif\x00\x00"+deflated(profile("exif", exif))))),
		pngWith(chunk("iTXt", []byte("Creation Time\x00\x00\x00\x00\x002024:05:01 12:30:05"))),
		streamOf(192, []byte(recordedID+"\x02\x18\x02\x20\x08\x12\x19\x31\x23\x16\x24")),
		psd(photoshopBlock), mrw(exif), tiffWith(0x83bb, []byte(iptcRecord)),
		riffChunk("RIFF", append([]byte("AVI "), riffChunk("LIST", append([]byte("hdrl"), riffChunk("IDIT", []byte("Mon Mar 10 15:04:43 2003"))...))...)),
		[]byte("GIF89a\xff\xff\xff\xff"),
		append([]byte("BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00"), make([]byte, 36)...),
	} {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := ReadBytes(data)
		file, fileErr := Read(bytes.NewReader(data), int64(len(data)))
		if err != fileErr || !reflect.DeepEqual(in, file) { //nolint:errorlint // the same error both ways
			t.Errorf("from memory %+v, %v\nfrom a file %+v, %v", in, err, file, fileErr)
		}
		if err != nil {
			return
		}
		if len(in.Shot) > maxIdentifier {
			t.Errorf("a shot of %d bytes", len(in.Shot))
		}
		if in.Orientation < 1 || in.Orientation > 8 || in.Width < 0 || in.Height < 0 {
			t.Errorf("orientation %d, %d x %d", in.Orientation, in.Width, in.Height)
		}
		checkParts(t, &in, data)
		for _, r := range []Range{in.Thumb, in.Preview} {
			if r.Off < 0 || r.Len < 0 || r.Off+r.Len > int64(len(data)) {
				t.Errorf("range %v of %d bytes", r, len(data))
			}
		}
	})
}

// checkParts takes a HEIF file apart as it is drawn: what comes of it is of the size
// that is said.
func checkParts(t *testing.T, in *Info, data []byte) {
	t.Helper()
	if out := in.Mirror.Without(data); len(out) != len(data) {
		t.Errorf("%d bytes without mirrors, of %d", len(out), len(data))
	}
	if in.Tile.Width == 0 {
		return
	}
	out := in.Tile.Repeated(data)
	again, err := ReadBytes(out)
	columns, rows := in.Tile.Grid()
	if err != nil || len(out) > len(data)+1<<16 || again.Width != columns*in.Tile.Width || again.Height != rows*in.Tile.Height {
		t.Errorf("%d x %d as tiles of %d x %d, %d bytes of %d: %v", again.Width, again.Height, in.Tile.Width, in.Tile.Height, len(out), len(data), err)
	}
}

// FuzzXMP reads packets after damage: what is read fits the bounds.
func FuzzXMP(f *testing.F) {
	f.Add([]byte(xmpPacket))
	f.Add([]byte(xmpOf(`exif:GPSLatitude="33,51.408S" exif:GPSLongitude="151,12,55.08E" exif:ExposureTime="1/0" MicrosoftPhoto:Rating="75">`)))
	f.Fuzz(func(t *testing.T, packet []byte) {
		var x xmpFacts
		x.read(packet)
		if n := x.stars(); n < 0 || n > 5 || x.orientation < 0 || x.orientation > 8 || len(x.tags) > maxTags {
			t.Errorf("%d stars, turned %d, %d tags", n, x.orientation, len(x.tags))
		}
		if g := x.gps(); g != nil && !(g.Lat >= -90 && g.Lat <= 90 && g.Lon >= -180 && g.Lon <= 180) {
			t.Errorf("place %v", *g)
		}
	})
}

// FuzzIPTC reads image resources after damage.
func FuzzIPTC(f *testing.F) {
	f.Add([]byte(photoshopBlock))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := file{source: newMemory(data)}
		r.resources(0, int64(len(data)))
		if len(r.iptc.tags) > maxTags || len(r.iptc.caption) > 2*maxText {
			t.Errorf("%d tags, a caption of %d bytes", len(r.iptc.tags), len(r.iptc.caption))
		}
	})
}
