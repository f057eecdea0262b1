package meta

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

func takeoutOf(timestamp, more string) string {
	return `{"title":"IMG_1.jpg","photoTakenTime":{"timestamp":"` + timestamp + `","formatted":"1 May 2024, 10:30:05 UTC"},"url":"x"` + more + `}`
}

func TestReadSidecar(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ data, want string }{
		"xmp":                               {xmpPacket, "2019-07-14T09:08:07.5-03:30 sidecar; On the beach; 4 stars; sea,holiday"},
		"xmp without a date, but when made": {xmpOf(`xmp:CreateDate="2011-02-03T04:05:06">`), "2011-02-03T04:05:06 sidecar"},
		"takeout": {
			takeoutOf("1714559405", `,"description":"Lunch","favorited":true,"geoData":{"latitude":48.5,"longitude":2.25,"altitude":30.0}`),
			"2024-05-01T10:30:05+00:00 takeout; 48.5000 2.2500; Lunch; favourite",
		},
		"takeout, place of the camera": {
			takeoutOf("1714559405", `,"geoData":{"latitude":0.0,"longitude":0.0},"geoDataExif":{"latitude":-1.5,"longitude":2}`),
			"2024-05-01T10:30:05+00:00 takeout; -1.5000 2.0000",
		},
		"takeout, before 1970":      {takeoutOf("-86400", ""), "1969-12-31T00:00:00+00:00 takeout"},
		"takeout, no time":          {takeoutOf("0", ""), ""},
		"takeout, time is a number": {`{"photoTakenTime":{"timestamp":1714559405}}`, "2024-05-01T10:30:05+00:00 takeout"},
		"takeout, far future":       {takeoutOf("999999999999999", ""), ""},
		"takeout, strange types":    {`{"photoTakenTime":{"timestamp":"1714559405"},"description":7,"geoData":"x"}`, "2024-05-01T10:30:05+00:00 takeout"},
		"json of an album":          {`{"title":"Holiday","date":{"timestamp":"1"}}`, "none"},
		"other json":                {`[1,2]`, "none"},
		"text":                      {`hello`, "none"},
		"empty":                     {``, "none"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := ReadSidecar([]byte(c.data))
			got := "none"
			if err == nil {
				in := Info{Orientation: 1}
				in.Add(s)
				got = allFacts(&in)
			} else if !errors.Is(err, ErrNoSidecar) {
				t.Error(err)
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	if _, err := ReadSidecar(make([]byte, MaxSidecar+1)); !errors.Is(err, ErrNoSidecar) {
		t.Errorf("a file too large: %v", err)
	}
}

// TestAddSidecar holds what a sidecar may change of what the file says itself.
func TestAddSidecar(t *testing.T) {
	t.Parallel()
	date := func(s string, source Source) Date { return first(ParseDate(s, source)) }
	own := Info{
		Orientation: 6, Date: date("2024-05-01T12:30:05.25+02:00", SourceEXIF), Camera: "Canon R5", GPS: &GPS{1, 2},
		Caption: "own", Rating: 2, Tags: []string{"own"},
	}
	film := Info{Orientation: 1, Date: date("2024-05-01T10:30:05Z", SourceVideo)}
	const rest = "; 1.0000 2.0000; Canon R5, ; own; 2 stars; turned 6; own"
	for name, c := range map[string]struct {
		info Info
		xmp  string
		want string
	}{
		"the same date":       {own, `exif:DateTimeOriginal="2024-05-01T12:30:05">`, "2024-05-01T12:30:05.25+02:00 exif" + rest},
		"the same instant":    {own, `exif:DateTimeOriginal="2024-05-01T10:30:05Z">`, "2024-05-01T12:30:05.25+02:00 exif" + rest},
		"the same day":        {own, `photoshop:DateCreated="2024-05-01">`, "2024-05-01T12:30:05.25+02:00 exif" + rest},
		"a date corrected":    {own, `exif:DateTimeOriginal="2023-05-01T12:30:05">`, "2023-05-01T12:30:05 sidecar" + rest},
		"a date of the file":  {own, `xmp:CreateDate="2023-05-01T12:30:05">`, "2024-05-01T12:30:05.25+02:00 exif" + rest},
		"the clock of a film": {film, `exif:DateTimeOriginal="2024-05-01T12:30:05+02:00">`, "2024-05-01T12:30:05+02:00 sidecar"},
		"a film that tells its place": {
			Info{Orientation: 1, Date: date("2024-05-01T12:30:05+02:00", SourceVideo)},
			`exif:DateTimeOriginal="2024-05-01T10:30:05Z">`, "2024-05-01T12:30:05+02:00 video",
		},
		"all else": {
			own, `exif:GPSLatitude="3N" exif:GPSLongitude="4W" tiff:Orientation="3" tiff:Model="Other" dc:description="new" xmp:Rating="5" dc:subject="a">`,
			"2024-05-01T12:30:05.25+02:00 exif; 3.0000 -4.0000; Canon R5, ; new; 5 stars; turned 6; a",
		},
	} {
		s, err := ReadSidecar([]byte(xmpOf(c.xmp)))
		if err != nil {
			t.Fatal(err)
		}
		if c.info.Add(s); allFacts(&c.info) != c.want {
			t.Errorf("%s: got  %s\nwant %s", name, allFacts(&c.info), c.want)
		}
	}
	google, err := ReadSidecar([]byte(takeoutOf("1000000000", `,"description":"new","favorited":true,"geoData":{"latitude":3,"longitude":4}`)))
	if err != nil {
		t.Fatal(err)
	}
	if own.Add(google); allFacts(&own) != "2024-05-01T12:30:05.25+02:00 exif; 1.0000 2.0000; Canon R5, ; new; 2 stars; turned 6; own; favourite" {
		t.Errorf("Google's date or place took that of the file: %s", allFacts(&own))
	}
}

func TestSidecarNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ photo, beside string }{
		{"IMG_1.CR2", "img_1.xmp"},
		{"IMG_1.CR2", "img_1.cr2.xmp"},
		{"IMG_1.jpg", "img_1.jpg.json"},
		{"IMG_1.jpg", "img_1.json"},
		{"IMG_1.jpg", "img_1.jpg.supplemental-metadata.json"},
		{"Screenshot_20241227_105539_Edge.jpg", "screenshot_20241227_105539_edge.jpg.supplement.json"},
		{"D7157814-D2D5-4A62-AFCE-9CF465CB7D66.jpeg", "d7157814-d2d5-4a62-afce-9cf465cb7d66.jpeg.supp.json"},
		{"Urlaub in Knaufspesch in der Schneifel (38).JPG", "urlaub in knaufspesch in der schneifel (38).jp.json"},
		{"IMG_1(1).jpg", "img_1.jpg(1).json"},
		{"IMG_1(1).jpg", "img_1.jpg.supplemental-metadata(1).json"},
		{"IMG_1(1).jpg", "img_1(1).jpg.json"},
		{"IMG_1-edited.jpg", "img_1.jpg.json"},
		{"IMG_1-edited(2).jpg", "img_1.jpg(2).json"},
		{"IMG_1-bearbeitet.jpg", "img_1.jpg.supplemental-metadata.json"},
		{"IMG_1.MOV", "img_1.heic.json"},
	} {
		xmp, takeout := SidecarNames(c.photo)
		if !slices.Contains(append(xmp, takeout...), c.beside) || !IsSidecar(c.beside) {
			t.Errorf("%s is not looked for beside %s", c.beside, c.photo)
		}
	}
	for _, c := range []struct{ photo, beside string }{
		{"IMG_1.jpg", "img_1.jpg(1).json"},
		{"IMG_1(1).jpg", "img_1.jpg.json"},
		{"IMG_1.jpg", "img_10.jpg.json"},
		{"IMG_1.jpg", "metadata.json"},
	} {
		if _, takeout := SidecarNames(c.photo); slices.Contains(takeout, c.beside) {
			t.Errorf("%s is looked for beside %s", c.beside, c.photo)
		}
	}
}

// FuzzSidecar reads files beside photos after damage: what they say can be.
func FuzzSidecar(f *testing.F) {
	f.Add([]byte(xmpPacket), "IMG_1.CR2")
	f.Add([]byte(takeoutOf("1714559405", `,"geoData":{"latitude":48.5,"longitude":2.25}`)), "IMG_1-edited(1).jpg")
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		xmp, takeout := SidecarNames(name)
		if len(xmp)+len(takeout) > 400 {
			t.Errorf("%d names", len(xmp)+len(takeout))
		}
		s, err := ReadSidecar(data)
		in := Info{Orientation: 1}
		in.Add(s)
		if err != nil && allFacts(&in) != "" {
			t.Errorf("%v, yet %s", err, allFacts(&in))
		}
		if _, ok := ParseDate(in.Date.Precise(), in.Date.Source); !ok && !in.Date.Wall.IsZero() {
			t.Errorf("date %v", in.Date)
		}
		if in.Rating < 0 || in.Rating > 5 || len(in.Tags) > maxTags {
			t.Error(fmt.Sprint(in.Rating, len(in.Tags)))
		}
	})
}
