package imagelib

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/libpaul/paul/imagelib/internal/testphoto"
	"github.com/libpaul/paul/imagelib/meta"
)

// sidecarOf returns what lies beside an exported image, and what its file says.
func sidecarOf(t *testing.T, img *Image, data []byte) ([]byte, meta.Info) {
	t.Helper()
	b, err := img.Sidecar(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	info, err := meta.ReadBytes(data)
	if err != nil {
		t.Fatal(err)
	}
	return b, info
}

// plainPhoto is a JPEG that says a few things itself.
func plainPhoto() []byte {
	return testphoto.JPEG(testphoto.Picture(120, 80, 0), testphoto.EXIF{
		Orientation: 6, Date: "2024:05:01 12:30:05", Offset: "+02:00", Make: "NIKON", Model: "NIKON D750", Caption: "By the lake, as the camera says",
		Lat: 48.5, Lon: 2.25,
	})
}

// TestSidecarOfNothing: a photo of which the library knows what its file says has none.
func TestSidecarOfNothing(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	data := plainPhoto()
	d := importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": data})).Added[0]
	if b, _ := sidecarOf(t, l.image(t, d), data); b != nil {
		t.Errorf("it has a sidecar:\n%s", b)
	}
}

// TestSidecarRoundTrip exports what a person has edited, and imports it beside the
// file: the other library knows the same.
func TestSidecarRoundTrip(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	data := plainPhoto()
	d := importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": data})).Added[0]
	ds := []Digest{d}
	date, _ := meta.ParseDate("2023-04-30T11:29:04.5-03:30", meta.SourcePerson)
	for _, err := range []error{
		l.SetCaption(t.Context(), ds, "A lake & \"hills\", seen\nfrom ü"), l.SetRating(t.Context(), ds, 4), l.EditTags(t.Context(), ds, []string{"sea", "a & b"}, nil),
		l.SetFavourite(t.Context(), ds, true), l.editImages(t.Context(), ds, fieldDate, date.Precise()),
		l.SetGeometry(t.Context(), ds, Geometry{Turns: 1, Crop: Crop{X: 0.25, W: 0.5, H: 1}}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	img := l.image(t, d)
	b, info := sidecarOf(t, img, data)
	if again, _ := sidecarOf(t, img, data); !bytes.Equal(b, again) {
		t.Error("it is written in two ways")
	}
	s, err := meta.ReadSidecar(b)
	if err != nil {
		t.Fatalf("%v:\n%s", err, b)
	}
	if orientation, part := img.Geometry().Stored(&info); s.Orientation != orientation || s.Cut == nil || *s.Cut != *part || s.Orientation != 3 {
		t.Errorf("turned %d and cut to %+v, want %d and %+v", s.Orientation, s.Cut, orientation, part)
	}
	other := newTestLibrary(t)
	o := other.image(t, importAll(t, other, writeFiles(t, map[string][]byte{"1.jpg": data, "1.jpg.xmp": b})).Added[0])
	if o.Caption != img.Caption || o.Rating != 4 || !slices.Equal(o.Tags, img.Tags) || !o.Favourite || o.Date.Precise() != date.Precise() || o.GPS.Lat != 48.5 {
		t.Errorf("imported as %+v, %v", o, o.Date)
	}
}

// TestSidecarOfBeside: what came from a file beside a photo is exported again, for the
// photo itself does not say it.
func TestSidecarOfBeside(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	data := testphoto.JPEG(testphoto.Picture(60, 40, 0), testphoto.EXIF{})
	takeout := []byte(`{"photoTakenTime":{"timestamp":"1714559405"},"description":"Lunch","geoData":{"latitude":-1.5,"longitude":2.25}}`)
	d := importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": data, "1.jpg.json": takeout})).Added[0]
	b, _ := sidecarOf(t, l.image(t, d), data)
	s, err := meta.ReadSidecar(b)
	if err != nil || s.Taken.Precise() != "2024-05-01T10:30:05+00:00" || s.Caption != "Lunch" || s.GPS == nil || s.GPS.Lat != -1.5 || s.Cut != nil || s.Orientation != 0 {
		t.Errorf("%v, %+v", err, s)
	}
}

// exiftoolSays asks exiftool for tags of a file, numbers as they are.
func exiftoolSays(t *testing.T, path string, tags ...string) map[string]any {
	t.Helper()
	program, err := exec.LookPath("exiftool")
	if err != nil {
		t.Skip("exiftool is not installed")
	}
	args := append([]string{"-json", "-n", "-G0"}, tags...)
	out, err := exec.CommandContext(t.Context(), program, append(args, path)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]any
	if err := json.Unmarshal(out, &all); err != nil || len(all) != 1 {
		t.Fatalf("%v: %s", err, out)
	}
	return all[0]
}

// TestSidecarForExiftool: another program reads the same from a sidecar.
func TestSidecarForExiftool(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	data := plainPhoto()
	d := importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": data})).Added[0]
	img := *l.image(t, d)
	img.Caption, img.Rating, img.Tags, img.Favourite = "A lake, ü", 3, []string{"sea", "hills"}, true
	img.GPS = &GPS{Lat: -33.856784, Lon: 151.215297}
	img.Date, _ = meta.ParseDate("2023-04-30T11:29:04.25-03:30", meta.SourcePerson)
	img.More = &More{Geometry: Geometry{Angle: 2.5, Crop: Crop{X: 0.25, Y: 0.25, W: 0.5, H: 0.5}}}
	b, info := sidecarOf(t, &img, data)
	path := filepath.Join(t.TempDir(), "1.jpg.xmp")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	_, part := img.Geometry().Stored(&info)
	got := exiftoolSays(t, path)
	for tag, want := range map[string]any{
		"XMP:Description": "A lake, ü", "XMP:Rating": 3.0, "XMP:Subject": []any{"sea", "hills"}, "XMP:Good": true,
		"XMP:DateTimeOriginal": "2023:04:30 11:29:04.25-03:30", "XMP:DateCreated": "2023:04:30 11:29:04.25-03:30",
		"XMP:GPSLatitude": -33.856784, "XMP:GPSLongitude": 151.215297, "XMP:Orientation": 6.0,
		"XMP:HasCrop": true, "XMP:CropTop": part.Top, "XMP:CropLeft": part.Left, "XMP:CropBottom": part.Bottom, "XMP:CropRight": part.Right,
		"XMP:CropAngle": -2.5, "XMP:ImageWidth": 120.0, "XMP:ImageHeight": 80.0,
	} {
		same := false
		switch want := want.(type) {
		case float64:
			n, ok := got[tag].(float64)
			same = ok && math.Abs(n-want) < 1e-8
		case bool:
			same = got[tag] == want || got[tag] == "True"
		case []any:
			list, _ := got[tag].([]any)
			same = slices.Equal(list, want)
		default:
			same = got[tag] == want
		}
		if !same {
			t.Errorf("%s is %v, want %v", tag, got[tag], want)
		}
	}
}

// TestEditedJPEG draws an edited photo for use outside: as it is shown, upright, with
// what is known of it, for our own reader and for exiftool.
func TestEditedJPEG(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	m := testphoto.Picture(600, 400, 0)
	data := testphoto.JPEG(testphoto.Turned(m, 8), testphoto.EXIF{
		Orientation: 8, Date: "2024:05:01 12:30:05", Offset: "+02:00", Part: "037", Make: "NIKON", Model: "NIKON D750", Lens: "50 mm",
		Lat: -33.856784, Lon: 151.215297, Exposure: [2]uint32{1, 200}, ISO: 400,
	})
	d := importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": data})).Added[0]
	g := Geometry{Turns: 3, Crop: Crop{X: 0.1, Y: 0.1, W: 0.8, H: 0.5}}
	for _, err := range []error{l.SetGeometry(t.Context(), []Digest{d}, g), l.EditTags(t.Context(), []Digest{d}, []string{"sea"}, nil), l.SetRating(t.Context(), []Digest{d}, 5)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	img := l.image(t, d)
	b, err := l.EditedJPEG(t.Context(), img)
	if err != nil {
		t.Fatal(err)
	}
	info, err := meta.ReadBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	if info.Orientation != 1 || info.Width != img.Width || info.Height != img.Height || info.Date.Precise() != "2024-05-01T12:30:05.037+02:00" ||
		info.Camera != "NIKON D750" || info.Lens != "50 mm" || info.Exposure.ISO != 400 || math.Abs(info.Exposure.Time-1.0/200) > 1e-6 ||
		!samePlace(info.GPS, img.GPS) || info.Rating != 5 || !slices.Equal(info.Tags, []string{"sea"}) || info.Colours != (meta.Colours{}) {
		t.Errorf("it says %+v", info)
	}
	shown, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if diff := difference(t, shown, g.Apply(m)); diff > 3 {
		t.Errorf("it differs by %.1f", diff)
	}
	path := filepath.Join(t.TempDir(), "edited.jpg")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	got := exiftoolSays(t, path, "-validate", "-warning", "-all")
	for tag, want := range map[string]any{
		"EXIF:Orientation": 1.0, "EXIF:DateTimeOriginal": "2024:05:01 12:30:05", "EXIF:OffsetTimeOriginal": "+02:00", "EXIF:ColorSpace": 1.0,
		"EXIF:Model": "NIKON D750", "EXIF:ISO": 400.0, "XMP:Rating": 5.0, "EXIF:ExifImageWidth": float64(img.Width),
	} {
		if got[tag] != want {
			t.Errorf("%s is %v, want %v", tag, got[tag], want)
		}
	}
	if w, ok := got["ExifTool:Warning"]; ok {
		t.Errorf("exiftool warns: %v", w)
	}
}

// What is transparent is white in the JPEG, as it is in thumbnails.
func TestEditedJPEGOfTransparent(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	clear := image.NewNRGBA(image.Rect(0, 0, 40, 20))
	clear.SetNRGBA(0, 0, color.NRGBA{A: 255})
	d := importAll(t, l, writeFiles(t, map[string][]byte{"1.png": testphoto.PNG(clear)})).Added[0]
	for _, g := range []Geometry{{Turns: 1}, {Crop: Crop{X: 0.25, Y: 0.25, W: 0.5, H: 0.5}}} {
		if err := l.SetGeometry(t.Context(), []Digest{d}, g); err != nil {
			t.Fatal(err)
		}
		b, err := l.EditedJPEG(t.Context(), l.image(t, d))
		if err != nil {
			t.Fatal(err)
		}
		m, _, err := image.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if v := color.GrayModel.Convert(m.At(5, 5)).(color.Gray).Y; v < 250 {
			t.Errorf("%v: what is transparent is %d", g, v)
		}
	}
}
