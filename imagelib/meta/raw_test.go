package meta

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/libpaul/paul/imagelib/internal/testphoto"
)

func rawFile(kind string) (data, large []byte) {
	m, e := testphoto.Picture(320, 200, 0), camera1
	e.Model = "Model 9"
	large = testphoto.Thumb(m)
	if kind == "raf" || kind == "rw2" || kind == "x3f" { // there it has EXIF of its own
		e.Make = testphoto.Maker(kind)
		large = testphoto.JPEG(m, e)
	}
	return testphoto.RAW{Kind: kind, EXIF: e, Picture: m}.File(), large
}

// TestRAW finds the largest JPEG in a raw file of each kind, and what the camera
// wrote.
func TestRAW(t *testing.T) {
	t.Parallel()
	types := map[string]string{
		"dng": typeDNG, "cr2": typeCR2, "cr3": typeCR3, "nef": typeNEF, "arw": typeARW, "raf": typeRAF, "rw2": typeRW2,
		"orf": typeORF, "pef": typePEF, "crw": typeCRW, "srw": typeRAW, "x3f": typeX3F,
	}
	for _, kind := range testphoto.RAWKinds() {
		data, large := rawFile(kind)
		for name, read := range map[string]func() (Info, error){
			"memory": func() (Info, error) { return ReadBytes(data) },
			"file":   func() (Info, error) { return Read(bytes.NewReader(data), int64(len(data))) },
		} {
			in, err := read()
			if err != nil {
				t.Fatal(kind, err)
			}
			got := data[in.Preview.Off : in.Preview.Off+in.Preview.Len]
			if !bytes.Equal(got, large) {
				t.Errorf("%s, %s: preview of %d bytes, want %d", kind, name, len(got), len(large))
			}
			if w, h := in.Upright(); w != 200 || h != 320 || in.Orientation != 6 || in.Kind != KindRAW || in.Type != types[kind[:3]] {
				t.Errorf("%s, %s: %d x %d, turned %d, %s %s", kind, name, w, h, in.Orientation, in.Kind, in.Type)
			}
			date := "2024-05-01T12:30:05+02:00"
			if kind == "crw" { // which has a place for neither
				date, in.GPS = "2024-05-01T12:30:05", &GPS{}
			}
			if in.Date.String() != date || in.Camera != testphoto.Maker(kind)+" Model 9" || in.GPS == nil {
				t.Errorf("%s, %s: %v, %s, %v", kind, name, in.Date, in.Camera, in.GPS)
			}
		}
	}
}

// TestRAWAsExiftool: exiftool finds the same JPEG in the raw files that are made
// here, so that they are made as cameras make them.
func TestRAWAsExiftool(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("exiftool")
	if err != nil {
		t.Skip("exiftool is not installed: nothing to compare with")
	}
	dir := t.TempDir()
	args := []string{"-j", "-n", "-JpgFromRaw", "-PreviewImage", "-OtherImage", "--"}
	sizes := map[string]int{}
	for _, kind := range testphoto.RAWKinds() {
		data, _ := rawFile(kind)
		in, err := ReadBytes(data)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, kind+"."+kind[:3])
		sizes[path] = int(in.Preview.Len)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	out, err := exec.CommandContext(t.Context(), program, args...).Output()
	var answers []answer
	if jsonErr := json.Unmarshal(out, &answers); jsonErr != nil {
		t.Fatal(err, jsonErr)
	}
	if len(answers) != len(sizes) {
		t.Errorf("%d answers of %d files", len(answers), len(sizes))
	}
	for _, a := range answers {
		largest := 0
		for _, tag := range []string{"JpgFromRaw", "PreviewImage", "OtherImage"} {
			var n int
			if k, _ := fmt.Sscanf(a.text(tag), "(Binary data %d bytes", &n); k == 1 {
				largest = max(largest, n)
			}
		}
		if path := a.text("SourceFile"); largest != sizes[path] {
			t.Errorf("%s: the largest of exiftool has %d bytes, ours %d", filepath.Base(path), largest, sizes[path])
		}
	}
}
