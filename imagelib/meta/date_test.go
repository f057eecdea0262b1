package meta

import (
	"fmt"
	"testing"
	"time"
)

func describe(in *Info) string {
	w, h := in.Upright()
	s := fmt.Sprintf("%v %dx%d %s", in.Date, w, h, in.Camera)
	if in.GPS != nil {
		s += fmt.Sprintf(" [%.4f %.4f]", in.GPS.Lat, in.GPS.Lon)
	}
	return s
}

func TestParseDate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"2024:05:01 12:30:05", "2024-05-01T12:30:05"},
		{"2024-05-01T12:30:05.123+05:45", "2024-05-01T12:30:05+05:45"},
		{"2024-05-01T12:30:05Z", "2024-05-01T12:30:05+00:00"},
		{"2024-05-01 12.30.05 -0330", "2024-05-01T12:30:05-03:30"},
		{"2024:05:01 12:30", "2024-05-01T12:30:00"},
		{"2024-05-01", "2024-05-01T00:00:00"},
		{"2024: 5: 1 12:30: 5", "2024-05-01T12:30:05"},
		{"0000:00:00 00:00:00", ""},
		{"2024:13:01 12:30:05", ""},
		{"2023:02:29 12:30:05", ""},
		{"    :  :     :  :  ", ""},
		{"2024:05:01 25:30:05", ""},
		{"tomorrow", ""},
		{"", ""},
	} {
		d, ok := ParseDate(c.text, SourceEXIF)
		if !ok {
			d = Date{}
		}
		if d.String() != c.want {
			t.Errorf("ParseDate(%q) = %q, want %q", c.text, d, c.want)
		}
	}
}

func TestNameDate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, want string }{
		{"IMG_20240501_123005.jpg", "2024-05-01T12:30:05"},
		{"PXL_20240501_123005123.MP.jpg", "2024-05-01T12:30:05"},
		{"VID-20240501-123005.mp4", "2024-05-01T12:30:05"},
		{"20240501_123005(1).jpg", "2024-05-01T12:30:05"},
		{"20240501123005.jpg", "2024-05-01T12:30:05"},
		{"2024-05-01 12.30.05.jpg", "2024-05-01T12:30:05"},
		{"2024-05-01_12-30-05_001.jpg", "2024-05-01T12:30:05"},
		{"Screenshot_20240501-123005_Maps.png", "2024-05-01T12:30:05"},
		{"Screenshot 2024-05-01 at 12.30.05.png", "2024-05-01T12:30:05"},
		{"Screenshot from 2024-05-01 12-30-05.png", "2024-05-01T12:30:05"},
		{"signal-2024-05-01-123005.jpg", "2024-05-01T12:30:05"},
		{"WhatsApp Image 2024-05-01 at 12.30.05.jpeg", "2024-05-01T12:30:05"},
		{"IMG-20240501-WA0003.jpg", "2024-05-01T00:00:00"},
		{"scan 2024-05-01.tif", "2024-05-01T00:00:00"},
		{"received_1714559405000.jpeg", "2024-05-01T10:30:05+00:00"},
		{"IMG_0001.JPG", ""},
		{"DSC20245.jpg", ""},
		{"20249999_123005.jpg", ""},
		{"12345678901234567890.jpg", ""},
	} {
		d, ok := NameDate(c.name)
		if !ok {
			d = Date{}
		}
		if d.String() != c.want {
			t.Errorf("NameDate(%q) = %q, want %q", c.name, d, c.want)
		}
	}
}

func TestBestDate(t *testing.T) {
	t.Parallel()
	modified := time.Date(2020, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	exif, _ := ParseDate("2021:01:01 01:01:01", SourceEXIF)
	film, _ := ParseDate("2024-05-01T10:30:05Z", SourceVideo)
	google, _ := ParseDate("2024-05-01T10:30:05Z", SourceTakeout)
	for _, c := range []struct {
		inside Date
		name   string
		want   string
		source Source
	}{
		{exif, "IMG_20240501_123005.jpg", "2021-01-01T01:01:01", SourceEXIF},
		{Date{}, "IMG_20240501_123005.jpg", "2024-05-01T12:30:05", SourceName},
		{Date{}, "a.jpg", "2020-01-02T03:04:05+01:00", SourceMtime},
		{film, "VID_20240501_123001.mp4", "2024-05-01T12:30:01+02:00", SourceName},
		{film, "VID_20240301_123001.mp4", "2024-05-01T10:30:05+00:00", SourceVideo},
		{film, "a.mp4", "2024-05-01T10:30:05+00:00", SourceVideo},
		{google, "IMG_20240501_123001.jpg", "2024-05-01T12:30:01+02:00", SourceName},
		{google, "IMG_20240301_123001.jpg", "2024-05-01T10:30:05+00:00", SourceTakeout},
	} {
		if d := BestDate(c.inside, c.name, modified); d.String() != c.want || d.Source != c.source {
			t.Errorf("BestDate(%v, %q) = %v from %q, want %s from %q", c.inside, c.name, d, d.Source, c.want, c.source)
		}
	}
	if d := BestDate(Date{}, "a", time.Time{}); d.String() != "" {
		t.Errorf("no date at all gives %v", d)
	}
}

func FuzzDates(f *testing.F) {
	for _, s := range []string{"2024:05:01 12:30:05", "IMG_20240501_123005.jpg", "2024-05-01T12:30:05.123+05:45", "1714559405000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, d := range []Date{BestDate(Date{}, s, time.Time{}), first(ParseDate(s, SourceXMP))} {
			if d.Wall.IsZero() {
				continue
			}
			again, ok := ParseDate(d.String(), d.Source)
			if !ok || again.String() != d.String() {
				t.Errorf("%q reads as %q, which reads as %q", s, d, again)
			}
		}
	})
}

func first(d Date, ok bool) Date {
	if !ok {
		return Date{}
	}
	return d
}
