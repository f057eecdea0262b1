package meta

import (
	"bytes"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"
)

func TestSidecarXMP(t *testing.T) {
	t.Parallel()
	taken := Date{Wall: time.Date(2019, 7, 14, 9, 8, 7, 250e6, time.UTC), Offset: -(3*time.Hour + 30*time.Minute), HasOffset: true, Source: SourceSidecar}
	for name, s := range map[string]Sidecar{
		"everything": {
			Taken: taken, GPS: &GPS{Lat: -33.856784, Lon: 151.215297}, Caption: "Sydney & \"all\"\nsecond line, ü 日本", Rating: 4,
			Tags: []string{"sea & <sun>", "日本"}, Favourite: true, Orientation: 6,
			Cut: &Cut{Top: 0.1, Left: 0.25, Bottom: 0.9, Right: 0.123456789, Angle: -3.25, Width: 4000, Height: 3000},
		},
		"a date without offset":  {Taken: Date{Wall: taken.Wall.Truncate(time.Second), Source: SourceSidecar}},
		"a place":                {GPS: &GPS{Lat: 59.9999999999, Lon: -0.00001}},
		"the ends of the world":  {GPS: &GPS{Lat: -90, Lon: 180}},
		"a caption":              {Caption: "x"},
		"a part that is not cut": {Orientation: 1, Cut: &Cut{Bottom: 1, Right: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s.Source = SourceSidecar
			b, err := s.XMP()
			if err != nil {
				t.Fatal(err)
			}
			again, _ := s.XMP()
			if !bytes.Equal(b, again) {
				t.Error("it is written in two ways")
			}
			for what, said := range map[string]bool{"dc:subject": s.Tags != nil, "dc:description": s.Caption != "", "crs:": s.Cut != nil, "exif:GPS": s.GPS != nil} {
				if bytes.Contains(b, []byte("<"+what)) != said {
					t.Errorf("%s is written: %t\n%s", what, !said, b)
				}
			}
			got, err := ReadSidecar(b)
			if err != nil {
				t.Fatalf("%v:\n%s", err, b)
			}
			if (got.GPS == nil) != (s.GPS == nil) || s.GPS != nil && (math.Abs(got.GPS.Lat-s.GPS.Lat) > 1e-9 || math.Abs(got.GPS.Lon-s.GPS.Lon) > 1e-9) {
				t.Errorf("place %v, want %v", got.GPS, s.GPS)
			}
			got.GPS, s.GPS = nil, nil
			if !reflect.DeepEqual(got, s) {
				t.Errorf("read back as\n%+v (%+v)\nwant\n%+v (%+v)\n%s", got, got.Cut, s, s.Cut, b)
			}
		})
	}
	long := Sidecar{Tags: slices.Repeat([]string{string(bytes.Repeat([]byte("x"), 250))}, 300)}
	if b, err := long.SegmentXMP(); b != nil || err != nil {
		t.Errorf("what does not fit into a segment has %d bytes, %v", len(b), err)
	}
}

// A cut that cannot be is none.
func TestReadSidecarBadCut(t *testing.T) {
	t.Parallel()
	for _, attributes := range []string{
		`crs:HasCrop="False" crs:CropTop="0.1" crs:CropLeft="0" crs:CropBottom="1" crs:CropRight="1"`,
		`crs:HasCrop="True" crs:CropTop="x" crs:CropLeft="0" crs:CropBottom="1" crs:CropRight="1"`,
		`crs:HasCrop="True" crs:CropTop="NaN" crs:CropLeft="0" crs:CropBottom="1" crs:CropRight="1"`,
		`crs:HasCrop="True" crs:CropTop="0" crs:CropLeft="0" crs:CropBottom="1"`,
		`crs:HasCrop="True" crs:CropTop="0" crs:CropLeft="0" crs:CropBottom="1" crs:CropRight="1" crs:CropAngle="1e300"`,
	} {
		s, err := ReadSidecar([]byte(`<rdf:RDF xmlns:rdf="` + nsRDF + `"><rdf:Description xmlns:crs="` + nsCRS + `" ` + attributes + `/></rdf:RDF>`))
		if err != nil || s.Cut != nil {
			t.Errorf("%s: %+v, %v", attributes, s.Cut, err)
		}
	}
}

func TestWriteEXIF(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Info{
		"everything": {
			Camera: "NIKON D750", Lens: "Nikkor 50 mm", GPS: &GPS{Lat: -33.856784, Lon: 151.215297},
			Date:     Date{Wall: time.Date(2024, 5, 1, 12, 30, 5, 37e6, time.UTC), Offset: 2 * time.Hour, HasOffset: true, Source: SourceEXIF},
			Exposure: Exposure{Time: 1.0 / 200, FNumber: 2.8, ISO: 400, Focal: 50, Focal35: 75},
		},
		"a long exposure, west":    {Exposure: Exposure{Time: 30}, GPS: &GPS{Lat: 48.5, Lon: -179.999999}},
		"a date without an offset": {Date: Date{Wall: time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC), Source: SourceEXIF}},
		"nothing":                  {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want.Width, want.Height = 640, 480
			seg := WriteEXIF(&want)
			data := append([]byte{0xff, 0xd8, 0xff, 0xe1, byte((len(seg) + 2) >> 8), byte(len(seg) + 2)}, seg...)
			data = append(data, 0xff, 0xc0, 0, 17, 8, 1, 0xe0, 2, 0x80, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1, 0xff, 0xd9)
			got, err := ReadBytes(data)
			if err != nil {
				t.Fatal(err)
			}
			if (got.GPS == nil) != (want.GPS == nil) || want.GPS != nil && (math.Abs(got.GPS.Lat-want.GPS.Lat) > 1e-7 || math.Abs(got.GPS.Lon-want.GPS.Lon) > 1e-7) {
				t.Errorf("place %v, want %v", got.GPS, want.GPS)
			}
			if got.Date != want.Date || got.Camera != want.Camera || got.Lens != want.Lens || got.Exposure != want.Exposure ||
				got.Orientation != 1 || got.Width != 640 || got.Height != 480 || got.Colours != (Colours{}) {
				t.Errorf("read back as %+v\nwant %+v", got, want)
			}
		})
	}
}
