package ui

import "github.com/libpaul/paul/imagelib"

// travelled has photos of several places and years, and some without either.
func travelled(f *fake) {
	at := []imagelib.GPS{
		{Lat: 46.5574, Lon: 7.8923},
		{Lat: 46.0207, Lon: 7.7491},
		{Lat: 52.5170, Lon: 13.3889},
		{Lat: 48.8584, Lon: 2.2945},
		{Lat: 41.3874, Lon: 2.1686},
		{Lat: 64.1466, Lon: -21.9426},
		{Lat: 40.7128, Lon: -74.0060},
		{Lat: 35.6895, Lon: 139.6917},
		{Lat: -33.8568, Lon: 151.2153},
	}
	for i, img := range f.images {
		c := *img
		c.Date.Wall = c.Date.Wall.AddDate(-(i / 30), -(i % 5), 0)
		if i%11 == 10 {
			c.GPS = nil
		} else {
			g := at[(i/3)%len(at)]
			g.Lat += float64(i%7) / 2000
			c.GPS = &g
			c.Locate()
		}
		f.images[i] = &c
	}
	sortImages(f.images)
}
