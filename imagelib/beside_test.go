package imagelib

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/libpaul/paul/imagelib/internal/testphoto"
	"github.com/libpaul/paul/imagelib/meta"
)

const xmpBeside = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmp:Rating="4" exif:DateTimeOriginal="2022-02-02T02:02:02">
 <dc:subject><rdf:Bag><rdf:li>sea</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF>`

func takeoutOf(at time.Time, more string) string {
	return fmt.Sprintf(`{"title":"x","photoTakenTime":{"timestamp":"%d"}%s}`, at.Unix(), more)
}

// undated makes a photo that says nothing of itself.
func undated(n int) []byte { return testphoto.PNG(testphoto.Picture(30, 20, n)) }

// TestImportSidecars imports photos with files beside them, in a folder, by many
// workers.
func TestImportSidecars(t *testing.T) {
	t.Parallel()
	taken := time.Date(2021, 7, 8, 9, 10, 11, 0, time.UTC)
	files := map[string][]byte{
		"a/raw.jpg":             photoOf(1),
		"a/raw.XMP":             []byte(xmpBeside),
		"a/exif.jpg":            photoOf(2),
		"a/exif.jpg.json":       []byte(takeoutOf(taken, `,"favorited":true,"description":"Lunch","geoData":{"latitude":48.5,"longitude":2.25}`)),
		"a/none.png":            undated(1),
		"a/none.png.json":       []byte(takeoutOf(taken, "")),
		"a/none(1).png":         undated(2),
		"a/none.png(1).json":    []byte(takeoutOf(taken.Add(time.Hour), "")),
		"a/none-edited.png":     undated(3),
		"a/both.png":            undated(4),
		"a/both.png.xmp":        []byte(xmpBeside),
		"a/both.png.json":       []byte(takeoutOf(taken, `,"description":"Lunch"`)),
		"a/20210708_111011.png": undated(5),
		"a/20210708_111011.png.supplemental-metadata.json": []byte(takeoutOf(taken, "")),
		"a/metadata.json": []byte(`{"title":"An album"}`),
		"a/bad.png":       undated(6),
		"a/bad.png.xmp":   []byte("no xmp"),
		"b/none.png.json": []byte(takeoutOf(taken.Add(48*time.Hour), "")),
	}
	for i := range 200 {
		files[fmt.Sprintf("many/%d.png", i)] = undated(100 + i)
		files[fmt.Sprintf("many/%d.png.json", i)] = []byte(takeoutOf(taken.Add(time.Duration(i)*time.Minute), ""))
	}
	l := newTestLibrary(t)
	dir := writeFiles(t, files)
	r := importAll(t, l, dir)
	if len(r.Added) != 208 || len(r.Problems) != 0 || r.Sidecars != 207 {
		t.Errorf("%d added, %d files beside them used, problems %v", len(r.Added), r.Sidecars, r.Problems)
	}
	byName := map[string]*Image{}
	for _, img := range l.Snapshot().Images {
		byName[img.Name] = img
	}
	for name, want := range map[string]string{
		"raw.jpg":             "2022-02-02T02:02:02 sidecar, 4 stars, [sea]",
		"exif.jpg":            "2024-05-01T12:02:00 exif, favourite, Lunch, 48.5 2.25",
		"none.png":            "2021-07-08T09:10:11+00:00 takeout",
		"none(1).png":         "2021-07-08T10:10:11+00:00 takeout",
		"none-edited.png":     "2021-07-08T09:10:11+00:00 takeout",
		"both.png":            "2022-02-02T02:02:02 sidecar, 4 stars, [sea], Lunch",
		"20210708_111011.png": "2021-07-08T11:10:11+02:00 name",
		"170.png":             "2021-07-08T12:00:11+00:00 takeout",
	} {
		if got := besideFacts(byName[name]); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if img := byName["bad.png"]; img == nil || img.Date.Source != "mtime" {
		t.Errorf("%+v", img)
	}
}

func besideFacts(img *Image) string {
	if img == nil {
		return "not there"
	}
	s := []string{img.Date.String() + " " + string(img.Date.Source)}
	if img.Favourite {
		s = append(s, "favourite")
	}
	if img.Rating != 0 {
		s = append(s, fmt.Sprintf("%d stars, %v", img.Rating, img.Tags))
	}
	if img.Caption != "" {
		s = append(s, img.Caption)
	}
	if img.GPS != nil {
		s = append(s, fmt.Sprint(img.GPS.Lat, img.GPS.Lon))
	}
	return strings.Join(s, ", ")
}

// TestImportChosenSidecars imports files that a person has chosen one by one.
func TestImportChosenSidecars(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	dir := writeFiles(t, map[string][]byte{"1.jpg": photoOf(1), "1.jpg.xmp": []byte(xmpBeside), "2.xmp": []byte(xmpBeside)})
	var last ImportProgress
	paths := []string{filepath.Join(dir, "1.jpg.xmp"), filepath.Join(dir, "1.jpg"), filepath.Join(dir, "2.xmp")}
	r, err := l.Import(t.Context(), paths, func(p ImportProgress) { last = p })
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Added) != 1 || r.Sidecars != 1 || r.Failed != 1 || last.Total != 2 || last.Done != 2 {
		t.Errorf("%d added, %d beside, %d failed, %+v", len(r.Added), r.Sidecars, r.Failed, last)
	}
	wantProblems(t, r, dir, map[string]error{"2.xmp": ErrNotPhoto})
}

// TestBetterDateStays: what lies beside a file does not take the place of a date
// that another such file has told better.
func TestBetterDateStays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ old, facts, want meta.Source }{
		{meta.SourceSidecar, meta.SourceEXIF, meta.SourceSidecar},
		{meta.SourceSidecar, meta.SourceSidecar, "new"},
		{meta.SourceEXIF, meta.SourceSidecar, "new"},
		{meta.SourceMtime, meta.SourceTakeout, "new"},
		{meta.SourceMtime, meta.SourceMtime, meta.SourceMtime},
	} {
		body, err := withFacts(fmt.Appendf(nil, `{"date":"2001-01-01T00:00:00","dateSource":%q,"width":3,"more":1}`, c.old),
			document{Date: "2002-02-02T00:00:00", DateSource: c.facts, Caption: "new", Width: 9})
		want := fmt.Sprintf(`{"caption":"new","date":"2001-01-01T00:00:00","dateSource":%q,"more":1,"width":3}`, c.old)
		if c.want == "new" {
			want = fmt.Sprintf(`{"caption":"new","date":"2002-02-02T00:00:00","dateSource":%q,"more":1,"width":3}`, c.facts)
		}
		if err != nil || string(body) != want {
			t.Errorf("%s in place of %s: %s, %v", c.facts, c.old, body, err)
		}
	}
}

// TestImportSidecarLater imports photos that the library has already, with files
// that were not beside them then.
func TestImportSidecarLater(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	dir := writeFiles(t, map[string][]byte{"1.png": undated(1), "2.jpg": photoOf(2)})
	importAll(t, l, dir)
	for _, img := range l.Snapshot().Images {
		if err := l.SetCaption(t.Context(), []Digest{img.Digest}, "mine"); err != nil {
			t.Fatal(err)
		}
	}
	taken := time.Date(2021, 7, 8, 9, 10, 11, 0, time.UTC)
	for _, name := range []string{"1.png.json", "2.jpg.json"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(takeoutOf(taken, `,"favorited":true,"description":"Lunch"`)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if r := importAll(t, l, dir); r.Duplicates != 2 || r.Sidecars != 2 {
			t.Errorf("%d known, %d beside", r.Duplicates, r.Sidecars)
		}
		for _, img := range l.Snapshot().Images {
			want := map[string]string{"1.png": "2021-07-08T09:10:11+00:00 takeout, favourite, mine", "2.jpg": "2024-05-01T12:02:00 exif, favourite, mine"}[img.Name]
			if got := besideFacts(img); got != want || img.Width == 0 || len(img.ThumbHash) == 0 {
				t.Errorf("%s: %s, want %s", img.Name, got, want)
			}
		}
	}
}
