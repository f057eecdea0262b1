package meta

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/libpaul/paul/imagelib/internal/testphoto"
)

// FuzzRead reads files of all kinds after damage. Whatever they hold, reading
// ends, fits the bounds, and is the same from memory and from a file.
func FuzzRead(f *testing.F) {
	exif := camera1.TIFF()
	for _, data := range [][]byte{
		testphoto.JPEG(testphoto.Picture(16, 16, 0), camera1),
		exif,
		pngWith(chunk("eXIf", exif)),
		pngWith(chunk("iTXt", []byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00"+xmpPacket))),
		webp(riffChunk("VP8X", make([]byte, 10)), riffChunk("EXIF", exif)),
		heif(exif),
		movieFile(3_000_000_000, "2024-05-01T12:30:05+0200"),
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
		if in.Orientation < 1 || in.Orientation > 8 || in.Width < 0 || in.Height < 0 {
			t.Errorf("orientation %d, %d x %d", in.Orientation, in.Width, in.Height)
		}
		for _, r := range []Range{in.Thumb, in.Preview} {
			if r.Off < 0 || r.Len < 0 || r.Off+r.Len > int64(len(data)) {
				t.Errorf("range %v of %d bytes", r, len(data))
			}
		}
	})
}
