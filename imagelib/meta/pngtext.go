package meta

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"io"
	"strconv"
	"time"
)

const (
	maxBlobs  = 8       // that are unpacked of one file
	maxPacked = 1 << 20 // bytes of one before it is unpacked, and after
)

const zoneNamed = "Mon, 2 Jan 2006 15:04:05 MST"

// textDates are the forms in which programs write the date into a PNG, besides
// those of EXIF and ISO (PNG third edition, 11.3.3.2, asks for RFC 1123), and
// whether they tell the offset in figures.
var textDates = []struct {
	layout string
	offset bool
}{
	{"Mon, 2 Jan 2006 15:04:05 -0700", true},
	{"2 Jan 2006 15:04:05 -0700", true},
	{zoneNamed, false},
	{"2 Jan 2006 15:04:05", false},
	{time.ANSIC, false},
}

// pngText reads a chunk of text: of n bytes at off, a keyword, and by the chunk's
// type more before the text. The time of the last change, chunk tIME, says nothing
// of the photo, and is not read.
func (f *file) pngText(typ string, off, n int64) {
	d := f.copyAt(off, int(min(n, maxPacked)))
	key, rest, ok := bytes.Cut(d, []byte{0})
	if !ok || len(key) > 79 || !wantedText(string(key)) {
		return
	}
	packed := false
	switch typ {
	case "zTXt":
		if len(rest) < 1 {
			return
		}
		packed, rest = true, rest[1:] // behind the method
	case "iTXt":
		if len(rest) < 2 {
			return
		}
		packed, rest = rest[0] == 1, rest[2:] // behind flag and method
		for range 2 {                         // language, translated keyword
			if _, rest, ok = bytes.Cut(rest, []byte{0}); !ok {
				return
			}
		}
	}
	if packed {
		rest = f.unpack(rest)
	}
	f.pngKeyword(string(key), rest)
}

// Keywords of texts that are read: those of PNG, of XMP, and those under which
// ImageMagick keeps what other formats hold.
const (
	keyXMP  = "XML:com.adobe.xmp"
	keyEXIF = "Raw profile type exif"
	keyAPP1 = "Raw profile type APP1"
	keyIPTC = "Raw profile type iptc"
	keyXMP2 = "Raw profile type xmp"
	keyDate = "Creation Time"
	keyText = "Description"
)

func wantedText(key string) bool {
	switch key {
	case keyXMP, keyEXIF, keyAPP1, keyIPTC, keyXMP2, keyDate, keyText:
		return true
	}
	return false
}

func (f *file) pngKeyword(key string, text []byte) {
	switch key {
	case keyXMP:
		f.readXMP(text)
	case keyDate:
		setText(&f.textDate, textDate(cleanText(cutText(string(text), 64))))
	case keyText:
		setText(&f.xmp.caption, caption(cleanText(cutText(string(text), maxText))))
	case keyEXIF, keyAPP1:
		f.app1(rawProfile(text))
	case keyXMP2:
		f.readXMP(rawProfile(text))
	case keyIPTC:
		profile := rawProfile(text)
		f.readIPTC(profile)
		f.aside(profile, func() { f.resources(0, int64(len(profile))) })
	}
}

// app1 reads EXIF or XMP as it stands in a JPEG.
func (f *file) app1(d []byte) {
	if x, ok := bytes.CutPrefix(d, []byte(xmpHeader)); ok {
		f.readXMP(x)
		return
	}
	f.aside(d, func() { f.exifBlob(0, int64(len(d))) })
}

// aside reads from bytes that were unpacked, and lie nowhere in the file: nothing
// points into them afterwards.
func (f *file) aside(d []byte, read func()) {
	if f.blobs++; f.blobs > maxBlobs {
		return
	}
	whole, thumb, preview, colours := f.source, f.Thumb, f.Preview, f.Colours
	f.source = newMemory(d)
	read()
	f.source, f.Thumb, f.Preview = whole, thumb, preview
	f.Colours.Profile, f.Colours.Deflated = colours.Profile, colours.Deflated
}

// unpack inflates zlib data, as far as it is allowed to grow.
func (f *file) unpack(d []byte) []byte {
	if f.blobs++; f.blobs > maxBlobs {
		return nil
	}
	z, err := zlib.NewReader(bytes.NewReader(d))
	if err != nil {
		return nil
	}
	defer func() { _ = z.Close() }()                   // reads from memory
	out, _ := io.ReadAll(io.LimitReader(z, maxPacked)) // what came before damage counts
	return out
}

// rawProfile reads what ImageMagick writes for bytes: their kind, their number and
// then hexadecimal lines.
func rawProfile(text []byte) []byte {
	parts := bytes.SplitN(bytes.TrimLeft(text, "\n"), []byte("\n"), 3)
	if len(parts) < 3 {
		return nil
	}
	n, err := strconv.Atoi(string(bytes.TrimSpace(parts[1])))
	if err != nil || n < 0 {
		return nil
	}
	digits := bytes.Join(bytes.Fields(parts[2]), nil)
	out := make([]byte, len(digits)/2)
	k, _ := hex.Decode(out, digits[:2*len(out)]) // what came before damage counts
	return out[:min(k, n)]
}

// textDate returns a date as ISO writes it; what is none of the forms, unchanged.
// Letters for a time zone mean several, but for those of UTC.
func textDate(s string) string {
	for _, form := range textDates {
		t, err := time.Parse(form.layout, s)
		if err != nil {
			continue
		}
		if name, _ := t.Zone(); form.offset || form.layout == zoneNamed && (name == "GMT" || name == "UTC") {
			return t.Format(time.RFC3339)
		}
		return t.Format("2006-01-02T15:04:05")
	}
	return s
}
