package world

import (
	"bytes"
	"compress/gzip"
	"testing"
)

// isLand counts the rings around a place.
func isLand(o *Outline, lon, lat float32) bool {
	in := false
	for _, ring := range o.Lands {
		for i := 1; i < len(ring); i++ {
			a, b := ring[i-1], ring[i]
			if (a.Lat > lat) != (b.Lat > lat) && lon < a.Lon+(lat-a.Lat)/(b.Lat-a.Lat)*(b.Lon-a.Lon) {
				in = !in
			}
		}
	}
	return in
}

func TestOutlines(t *testing.T) {
	t.Parallel()
	o := Outlines()
	for _, c := range []struct {
		name     string
		lon, lat float32
		land     bool
	}{
		{"Berlin", 13.4, 52.5, true},
		{"Nairobi", 36.8, -1.3, true},
		{"Wichita", -97.3, 37.7, true},
		{"Alice Springs", 133.9, -23.7, true},
		{"Reykjavík", -21.8, 64.1, true},
		{"Funafuti's sea", 178, -8, false},
		{"Atlantic", -30, 30, false},
		{"Bay of Biscay", -5, 45.5, false},
		{"Pacific", -150, 0, false},
	} {
		if got := isLand(o, c.lon, c.lat); got != c.land {
			t.Errorf("%s: land %v", c.name, got)
		}
	}
	for i, ring := range o.Lands {
		if len(ring) < 3 || ring[0] != ring[len(ring)-1] {
			t.Errorf("ring %d of %d points is not closed", i, len(ring))
		}
	}
	if len(o.Lands) < 1000 || len(o.Borders) < 200 {
		t.Errorf("%d rings, %d borders", len(o.Lands), len(o.Borders))
	}
	if len(outlines) > 150_000 {
		t.Errorf("%d bytes in the program", len(outlines))
	}
}

// FuzzUnpack checks that damage is an error and nothing else.
func FuzzUnpack(f *testing.F) {
	f.Add([]byte(Magic + "\x01\x02\x00\x00\x02\x02\x01\x01\x00\x01\x00"))
	f.Add([]byte(Magic + "\x00\x00\x00"))
	f.Add([]byte("other"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var zipped bytes.Buffer
		w := gzip.NewWriter(&zipped)
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		o, err := unpack(zipped.Bytes())
		if (o == nil) == (err == nil) {
			t.Errorf("%v with %v", o, err)
		}
	})
}
