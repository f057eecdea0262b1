package meta

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/libpaul/paul/imagelib/internal/testphoto"
)

const shot = "1745E022-9712-43C7-B024-F308EC6413CB"

// TestShot reads what names a live photo in its still, of either kind, and in its
// film.
func TestShot(t *testing.T) {
	t.Parallel()
	picture := testphoto.Picture(16, 16, 0)
	exif := testphoto.EXIF{Make: "Apple", Model: "iPhone 15", Date: "2024:05:01 12:30:05", Offset: "+02:00", Shot: shot}
	big := exif
	big.BigEndian = true
	film := testphoto.Film{Date: "2024-05-01T12:30:05+0200", Make: "Apple", Model: "iPhone 15", Shot: strings.ToLower(shot), Length: 2800 * time.Millisecond}
	for name, data := range map[string][]byte{
		"jpeg": testphoto.JPEG(picture, exif), "big endian": testphoto.JPEG(picture, big),
		"heic": testphoto.HEIF{EXIF: &exif}.File(), "film": film.File(),
	} {
		in, err := ReadBytes(data)
		if err != nil {
			t.Fatal(err)
		}
		if in.Shot != shot || in.Camera != "Apple iPhone 15" || in.Date.String() != "2024-05-01T12:30:05+02:00" {
			t.Errorf("%s: shot %q, %q at %v", name, in.Shot, in.Camera, in.Date)
		}
		if want := (name == "film"); (in.Duration == film.Length) != want {
			t.Errorf("%s lasts %v", name, in.Duration)
		}
	}
}

// TestNoShot reads notes that name none.
func TestNoShot(t *testing.T) {
	t.Parallel()
	picture := testphoto.Picture(16, 16, 0)
	whole := testphoto.JPEG(picture, testphoto.EXIF{Make: "Apple", Shot: shot})
	at := bytes.Index(whole, []byte("Apple iOS"))
	entry := at + 16 + 2*12 // the third of the directory
	change := func(off int, b ...byte) []byte {
		data := bytes.Clone(whole)
		copy(data[off:], b)
		return data
	}
	for name, data := range map[string][]byte{
		"another maker":     change(at, []byte("Nikon")...),
		"no text":           change(entry+2, 0, 4),
		"too long":          change(entry+4, 0xff, 0xff, 0xff, 0xff),
		"longer than notes": change(entry+4, 0, 0, 0, 65),
		"far away":          change(entry+8, 0xff, 0xff, 0xff, 0xff),
		"just beyond":       change(entry+8, 0, 0, 0, 0x39),
		"no entries":        change(at+14, 0, 0),
		"short":             testphoto.JPEG(picture, testphoto.EXIF{Make: "Apple", Shot: "A1"}),
		"zeros":             testphoto.JPEG(picture, testphoto.EXIF{Make: "Apple", Shot: "00000000-0000-0000-0000-000000000000"}),
		"no words":          testphoto.JPEG(picture, testphoto.EXIF{Make: "Apple", Shot: "a shot that was named by hand"}),
		"cut":               whole[:at+30],
	} {
		in, err := ReadBytes(data)
		if err != nil || in.Shot != "" {
			t.Errorf("%s: %q, %v", name, in.Shot, err)
		}
	}
}

// TestRealNotes reads the notes of real phones: what names a live photo is that of
// exiftool, in two files of one shot, and nowhere else.
func TestRealNotes(t *testing.T) {
	t.Parallel()
	live := map[string]bool{"IMG_2927.HEIC": true, "exif-at-eof.heic": true}
	files, err := filepath.Glob("../../../shared/data/*/*")
	if err != nil || len(files) == 0 {
		t.Skip("../shared/data is not there: no real files to try")
	}
	for _, path := range files {
		in, err := readFile(path)
		if err != nil {
			continue // no photo
		}
		want := ""
		if live[filepath.Base(path)] {
			want = shot
		}
		if in.Shot != want {
			t.Errorf("%s: %q, want %q", path, in.Shot, want)
		}
	}
}
