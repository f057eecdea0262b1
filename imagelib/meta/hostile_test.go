package meta

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/libpaul/paul/imagelib/internal/testphoto"
)

// frameOf makes a JPEG frame header of w by h pixels in three components.
func frameOf(marker byte, w, h uint16) []byte {
	b := append([]byte{0xff, marker}, be2(17)...)
	b = append(append(b, 8), be2(h, w)...)
	return append(b, 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0)
}

func vp8l(w, h uint32) []byte {
	return riffChunk("VP8L", binary.LittleEndian.AppendUint32([]byte{0x2f}, w-1|(h-1)<<14))
}

func vp8x(w, h byte) []byte {
	return riffChunk("VP8X", []byte{0, 0, 0, 0, w - 1, 0, 0, h - 1, 0, 0})
}

// TestTwoSizes reads files that tell two sizes: what counts is what a decoder
// would make room for, or else a bomb passes for a small picture.
func TestTwoSizes(t *testing.T) {
	t.Parallel()
	const big = 16000
	ihdr := testphoto.PNG(testphoto.Picture(8, 8, 0))[8:33]
	bigIHDR := bytes.Clone(ihdr)
	binary.BigEndian.PutUint32(bigIHDR[8:], big)
	binary.BigEndian.PutUint32(bigIHDR[12:], big)
	large, small := frameOf(0xc2, big, big), frameOf(0xc0, 16, 16)
	for name, c := range map[string]struct {
		data []byte
		want int // 0: not told
	}{
		"jpeg":                        {bytes.Join([][]byte{{0xff, 0xd8}, large, small}, nil), big},
		"jpeg, lossless frame second": {bytes.Join([][]byte{{0xff, 0xd8}, large, frameOf(0xc3, 16, 16)}, nil), big},
		"jpeg, behind a restart":      {bytes.Join([][]byte{{0xff, 0xd8, 0xff, 0xd0}, be2(2 + uint16(len(large))), large, small}, nil), 0},
		"jpeg, behind a zero":         {bytes.Join([][]byte{{0xff, 0xd8, 0xff, 0x00}, be2(2 + uint16(len(large))), large, small}, nil), 0},
		"jpeg, behind a TEM":          {bytes.Join([][]byte{{0xff, 0xd8, 0xff, 0x01}, be2(2 + uint16(len(large))), large, small}, nil), 0},
		"png":                         {bytes.Join([][]byte{[]byte("\x89PNG\r\n\x1a\n"), bigIHDR, chunk("IDAT", []byte{1}), ihdr}, nil), big},
		"webp":                        {webp(vp8l(big, big), vp8x(8, 8)), big},
		"webp, canvas first":          {webp(vp8x(8, 8), vp8l(big, big)), big},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, err := ReadBytes(c.data)
			if err != nil {
				t.Fatal(err)
			}
			if in.Width != c.want || in.Height != c.want {
				t.Errorf("%d x %d, want %d", in.Width, in.Height, c.want)
			}
		})
	}
}

// TestEmptyExtents reads item tables that promise 20,000 extents of no bytes
// for each of 20,000 items, many times over.
func TestEmptyExtents(t *testing.T) {
	t.Parallel()
	table := bytes.Join([][]byte{be(0), {0, 0}, be2(20_000), bytes.Repeat(be2(1, 0, 20_000), 20_000)}, nil)
	loc := boxOf("iloc", table)
	parts := append([][]byte{be(0)}, bytes.Repeat(loc, 10))
	data := append(boxOf("ftyp", []byte("heic"), be(0), []byte("mif1heic")), boxOf("meta", parts...)...)
	start := time.Now()
	if _, err := ReadBytes(data); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("reading %d bytes took %v", len(data), took)
	}
}

// TestLongTexts reads texts longer than what is kept, and expects them cut
// between letters.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 20_000)
	packet := func(body string) []byte {
		return pngWith(chunk("iTXt", []byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00<rdf:RDF xmlns:rdf=\""+nsRDF+"\" xmlns:dc=\""+nsDC+"\">"+body+"</rdf:RDF>")))
	}
	for name, data := range map[string][]byte{
		"attribute": packet(`<rdf:Description dc:description="x` + long + `"/>`),
		"element":   packet(`<rdf:Description><dc:description><rdf:Alt><rdf:li>x` + long + `</rdf:li></rdf:Alt></dc:description></rdf:Description>`),
		"exif":      pngWith(chunk("eXIf", testphoto.EXIF{Caption: "x" + long}.TIFF())),
	} {
		in, err := ReadBytes(data)
		if err != nil {
			t.Fatal(err)
		}
		if len(in.Caption) < maxText-4 || len(in.Caption) > maxText || strings.Trim(in.Caption, "xé") != "" {
			t.Errorf("%s: %d bytes, %.20q…", name, len(in.Caption), in.Caption)
		}
	}
	in, err := ReadBytes(packet(`<rdf:Description dc:subject="` + long + `"/>`))
	if err != nil {
		t.Fatal(err)
	}
	if len(in.Tags) != 1 || len(in.Tags[0]) > 256 {
		t.Errorf("%d tags, the first of %d bytes", len(in.Tags), len(in.Tags[0]))
	}
}
