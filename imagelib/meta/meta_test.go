package meta

import (
	"bytes"
	"encoding/binary"
	"image"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/libpaul/paul/imagelib/internal/testphoto"
)

var camera1 = testphoto.EXIF{
	Orientation: 6, Date: "2024:05:01 12:30:05", Offset: "+02:00",
	Make: "NIKON CORPORATION", Model: "NIKON D90", Lens: "50mm f/1.8", Caption: "Café at noon",
	Lat: -33.8568, Lon: 151.2153, Exposure: [2]uint32{1, 250}, ISO: 400,
}

func TestReadJPEG(t *testing.T) {
	t.Parallel()
	for _, big := range []bool{false, true} {
		e := camera1
		e.BigEndian = big
		e.Thumb = testphoto.Thumb(testphoto.Picture(32, 24, 0))
		data := testphoto.JPEG(testphoto.Picture(64, 48, 0), e)
		for name, read := range map[string]func() (Info, error){
			"memory": func() (Info, error) { return ReadBytes(data) },
			"file":   func() (Info, error) { return Read(bytes.NewReader(data), int64(len(data))) },
		} {
			in, err := read()
			if err != nil {
				t.Fatal(name, err)
			}
			checkCamera(t, &in)
			if got := data[in.Thumb.Off : in.Thumb.Off+in.Thumb.Len]; !bytes.Equal(got, e.Thumb) {
				t.Errorf("%s: thumbnail of %d bytes, want %d", name, len(got), len(e.Thumb))
			}
		}
	}
}

func checkCamera(t *testing.T, in *Info) {
	t.Helper()
	if in.Date.String() != "2024-05-01T12:30:05+02:00" || in.Date.Source != SourceEXIF {
		t.Errorf("date %v from %q", in.Date, in.Date.Source)
	}
	if w, h := in.Upright(); w != 48 || h != 64 || in.Orientation != 6 {
		t.Errorf("%d x %d upright, orientation %d", w, h, in.Orientation)
	}
	if in.Camera != "NIKON D90" || in.Lens != "50mm f/1.8" || in.Caption != "Café at noon" {
		t.Errorf("camera %q, lens %q, caption %q", in.Camera, in.Lens, in.Caption)
	}
	if in.Exposure.Time != 0.004 || in.Exposure.ISO != 400 {
		t.Errorf("exposure %+v", in.Exposure)
	}
	if in.GPS == nil || math.Abs(in.GPS.Lat+33.8568) > 1e-5 || math.Abs(in.GPS.Lon-151.2153) > 1e-5 {
		t.Errorf("place %v", in.GPS)
	}
	if in.Kind != KindImage {
		t.Errorf("kind %q", in.Kind)
	}
}

// chunk makes a PNG chunk without a right checksum, which nobody reads here.
func chunk(typ string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	return append(append(append(b, typ...), data...), 0, 0, 0, 0)
}

func riffChunk(typ string, data []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(typ), uint32(len(data)))
	b = append(b, data...)
	return append(b, make([]byte, len(data)%2)...)
}

func boxOf(typ string, parts ...[]byte) []byte {
	data := bytes.Join(parts, nil)
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(data)))
	return append(append(b, typ...), data...)
}

func be(vs ...uint32) (b []byte) {
	for _, v := range vs {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

func be2(vs ...uint16) (b []byte) {
	for _, v := range vs {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return b
}

func pngWith(chunks ...[]byte) []byte {
	p := testphoto.PNG(testphoto.Picture(64, 48, 0))
	const head = 8 + 25
	return append(append(append([]byte(nil), p[:head]...), bytes.Join(chunks, nil)...), p[head:]...)
}

func webp(chunks ...[]byte) []byte {
	body := append([]byte("WEBP"), bytes.Join(chunks, nil)...)
	return riffChunk("RIFF", body)
}

// heifItem is what is in a HEIF besides the picture: a type, what follows it in
// its entry, and bytes.
type heifItem struct {
	typ, entry string
	data       []byte
}

// heif makes a HEIF with EXIF.
func heif(exif []byte) []byte {
	return heifOf(heifItem{"Exif", "\x00", append(be(0), exif...)})
}

// heifOf makes a file whose primary item 1 has a size and a turn, and item 2 is it.
func heifOf(it heifItem) []byte {
	iprp := boxOf("iprp",
		boxOf("ipco",
			boxOf("ispe", be(0, 64, 48)),
			boxOf("irot", []byte{3}),
			boxOf("ispe", be(0, 8, 8))),
		boxOf("ipma", be(0, 2), be2(1), []byte{2, 0x81, 0x82}, be2(2), []byte{1, 3}))
	ftyp := boxOf("ftyp", []byte("heic"), be(0), []byte("mif1heic"))
	make := func(at int) []byte {
		meta := boxOf("meta", be(0),
			boxOf("hdlr", make([]byte, 20)),
			boxOf("pitm", be(0), be2(1)),
			boxOf("iinf", be(0), be2(2),
				boxOf("infe", be(2<<24), be2(1, 0), []byte("hvc1\x00")),
				boxOf("infe", be(2<<24), be2(2, 0), []byte(it.typ+it.entry))),
			boxOf("iloc", be(0), []byte{0x44, 0}, be2(1),
				be2(2, 0), be2(1), be(uint32(at), uint32(len(it.data)))),
			iprp)
		return append(append([]byte(nil), ftyp...), meta...)
	}
	head := make(0)
	return append(make(len(head)+8), boxOf("mdat", it.data)...)
}

// tiffWith makes a TIFF of one tag.
func tiffWith(tag uint16, data []byte) []byte {
	b := append([]byte("MM\x00*"), be(8)...)
	b = append(append(b, be2(1, tag, 1)...), be(uint32(len(data)), 26, 0)...)
	return append(b, data...)
}

const xmpPacket = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmp:Rating="4" photoshop:DateCreated="2019-07-14T09:08:07.5-03:30">
 <dc:description><rdf:Alt><rdf:li xml:lang="x-default">On the beach</rdf:li></rdf:Alt></dc:description>
 <dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li>holiday</rdf:li></rdf:Bag></dc:subject>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`

func TestContainers(t *testing.T) {
	t.Parallel()
	exif := camera1.TIFF()
	vp8x := append([]byte{8, 0, 0, 0}, 63, 0, 0, 47, 0, 0)
	for name, data := range map[string][]byte{
		"png":                   pngWith(chunk("eXIf", exif)),
		"png with jpeg header":  pngWith(chunk("eXIf", append([]byte("Exif\x00\x00"), exif...))),
		"webp":                  webp(riffChunk("VP8X", vp8x), riffChunk("EXIF", exif)),
		"webp with jpeg header": webp(riffChunk("VP8X", vp8x), riffChunk("ICCP", []byte{1}), riffChunk("EXIF", append([]byte("Exif\x00\x00"), exif...))),
		"heif":                  heif(exif),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, err := ReadBytes(data)
			if err != nil {
				t.Fatal(err)
			}
			checkCamera(t, &in)
		})
	}
}

func TestXMP(t *testing.T) {
	t.Parallel()
	head := []byte{0xff, 0xd8, 0xff, 0xe1}
	seg := append([]byte(xmpHeader), xmpPacket...)
	jpeg := append(append(append(head, be2(uint16(len(seg)+2))...), seg...), testphoto.Thumb(testphoto.Picture(8, 8, 0))[2:]...)
	for name, data := range map[string][]byte{
		"jpeg": jpeg,
		"png":  pngWith(chunk("iTXt", []byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00"+xmpPacket))),
		"heif": heifOf(heifItem{"mime", "xmp\x00application/rdf+xml\x00", []byte(xmpPacket)}),
		"film": movieWith(0, boxOf("uuid", []byte(xmpID), []byte(xmpPacket))),
		"tiff": tiffWith(0x2bc, []byte(xmpPacket)),
		"cr3":  append(boxOf("ftyp", []byte("crx "), be(1)), boxOf("uuid", []byte(xmpID), []byte(xmpPacket))...),
		"webp": webp(riffChunk("VP8X", []byte{4, 0, 0, 0, 7, 0, 0, 7, 0, 0}), riffChunk("XMP ", []byte(xmpPacket))),
	} {
		in, err := ReadBytes(data)
		if err != nil {
			t.Fatal(name, err)
		}
		if in.Date.String() != "2019-07-14T09:08:07-03:30" || in.Date.Source != SourceXMP {
			t.Errorf("%s: date %v from %q", name, in.Date, in.Date.Source)
		}
		if in.Rating != 4 || in.Caption != "On the beach" || strings.Join(in.Tags, ",") != "sea,holiday" {
			t.Errorf("%s: rating %d, caption %q, tags %q", name, in.Rating, in.Caption, in.Tags)
		}
	}
}

func TestSniff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ head, typ string }{
		{"hello, this is a text and no photo", ""},
		{"BM, that is no bitmap, is it?", ""},
		{"", ""},
		{"\xff\xd8\xff", "image/jpeg"},
		{"\x89PNG\r\n\x1a\n", "image/png"},
		{"RIFF\x00\x00\x00\x00WAVEfmt ", ""},
		{"%PDF-1.7\n%\xe2\xe3\xcf\xd3", ""},
		{"\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00M4A mp42", ""},
		{"\x00\x00\x00\x14ftypcrx \x00\x00\x00\x01crx ", typeCR3},
		{"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic", "image/heif"},
		{"II*\x00\x10\x00\x00\x00CR\x02\x00", typeCR2},
		{"FUJIFILMCCD-RAW 0201", typeRAF},
	} {
		if _, typ := Sniff([]byte(c.head)); typ != c.typ {
			t.Errorf("Sniff(%q) = %q, want %q", c.head, typ, c.typ)
		}
	}
	for _, text := range []string{"", "just text", strings.Repeat("G", 600)[:5]} {
		if _, err := ReadBytes([]byte(text)); err != ErrUnknown { //nolint:errorlint // the very error, unwrapped, is promised
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestOrientationsCompose(t *testing.T) {
	t.Parallel()
	m := testphoto.Picture(6, 4, 0)
	m.SetRGBA(0, 0, m.RGBAAt(5, 3)) // no symmetry
	upright := func(stored *image.RGBA, o int) *image.RGBA {
		inverse := [9]int{0, 1, 2, 3, 4, 5, 8, 7, 6}[o]
		return testphoto.Turned(stored, inverse)
	}
	for a := 1; a <= 8; a++ {
		for b := 1; b <= 8; b++ {
			twice, once := upright(upright(m, a), b), upright(m, Compose(a, b))
			if twice.Rect != once.Rect || !bytes.Equal(twice.Pix, once.Pix) {
				t.Errorf("%d then %d is not %d", a, b, Compose(a, b))
			}
		}
	}
}

func TestRealFiles(t *testing.T) {
	t.Parallel()
	const dir = "../../../shared/data"
	for name, want := range map[string]string{
		"photos/Apple_iPhone_5.jpg":    "2012-09-29T16:11:25 3264x2448 Apple iPhone 5 [47.6272 -122.3373]",
		"photos/Canon_EOS_5D.jpg":      "2005-09-25T00:31:00 2912x4368 Canon EOS 5D",
		"photos/Leica_T_(Typ_701).jpg": "2014-04-24T12:18:42 3264x4928 LEICA T (Typ 701)",
		"formats/IMG_2927.HEIC":        "2020-05-04T18:39:11-04:00 3024x4032 Apple iPhone 11 Pro",
		"formats/IMG_1034.heic":        "2018-02-05T15:11:44 4032x3024 Apple iPhone 8 [23.1779 113.3943]",
		"formats/Issue 649.avif":       "2015-10-11T14:41:44 5472x3648 Canon EOS 70D",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Skip("../shared/data is not there: no real files to try")
			}
			in, err := ReadBytes(data)
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(&in); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}
