package meta

import (
	"encoding/binary"
	"regexp"
	"strconv"
)

const (
	maxKeys      = 200
	maxMovieText = 512 // bytes of a text of a film
)

// movieKeys are the metadata items that are read, of Apple's films and Android's
// (QuickTime File Format, metadata item keys).
var movieKeys = map[string]func(f *file, text string){
	"com.apple.quicktime.creationdate":       func(f *file, s string) { setText(&f.film.local, s) },
	"com.apple.quicktime.location.ISO6709":   func(f *file, s string) { f.setPlace(s) },
	"com.apple.quicktime.make":               func(f *file, s string) { setText(&f.make_, s) },
	"com.apple.quicktime.model":              func(f *file, s string) { setText(&f.model, s) },
	"com.apple.quicktime.content.identifier": func(f *file, s string) { setText(&f.Shot, identifier(s)) },
	"com.apple.quicktime.description":        func(f *file, s string) { setText(&f.Caption, s) },
	"com.android.manufacturer":               func(f *file, s string) { setText(&f.make_, s) },
	"com.android.model":                      func(f *file, s string) { setText(&f.model, s) },
}

// userTexts are the user data that are read (QuickTime File Format, user data list
// entry types).
var userTexts = map[string]func(f *file, text string){
	"\xa9day": func(f *file, s string) { setText(&f.film.local, s) },
	"\xa9xyz": func(f *file, s string) { f.setPlace(s) },
	"\xa9mak": func(f *file, s string) { setText(&f.make_, s) },
	"\xa9mod": func(f *file, s string) { setText(&f.model, s) },
}

// movieItems reads the items of a metadata box, which name their keys by number.
func (f *file) movieItems(m box) {
	start := m.off
	if b := f.at(m.off, 8); len(b) == 8 && string(b[4:]) != "hdlr" {
		start += 4 // version and flags
	}
	var takes []func(*file, string) // by number from 1
	f.eachBox(start, m.end(), func(b box) bool {
		switch b.typ {
		case "keys":
			f.eachBox(b.off+8, b.end(), func(k box) bool {
				takes = append(takes, movieKeys[string(f.at(k.off, int(min(k.n, 64))))])
				return len(takes) < maxKeys
			})
		case "ilst":
			f.eachBox(b.off, b.end(), func(e box) bool {
				if i := binary.BigEndian.Uint32([]byte(e.typ)); i >= 1 && int64(i) <= int64(len(takes)) && takes[i-1] != nil {
					f.movieItem(e, takes[i-1])
				}
				return true
			})
		case "xml ":
			f.sonyXML(f.at(b.off, int(min(b.n, maxXMP))))
		}
		return true
	})
}

// movieItem takes the first value of an item, which follows its type and place.
func (f *file) movieItem(e box, take func(*file, string)) {
	f.eachBox(e.off, e.end(), func(d box) bool {
		if d.typ == "data" && d.n > 8 {
			take(f, f.movieText(d.off+8, d.n-8))
		}
		return false
	})
}

// userData reads one entry of the user data. A text follows its length and
// language.
func (f *file) userData(b box) {
	if take := userTexts[b.typ]; take != nil && b.n > 4 {
		take(f, f.movieText(b.off+4, b.n-4))
	}
	switch b.typ {
	case "XMP_":
		f.readXMP(f.at(b.off, int(min(b.n, maxXMP))))
	case "date": // as it is
		setText(&f.film.local, f.movieText(b.off, b.n))
	case "loci":
		f.movieLocation(b)
	}
}

func (f *file) movieText(off, n int64) string {
	return cleanText(string(f.at(off, int(min(n, maxMovieText)))))
}

// iso6709 is a place as ISO 6709 writes it in decimal degrees: +48.8925+002.2364/
var iso6709 = regexp.MustCompile(`^([+-]\d{1,2}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)(?:[+-/]|$)`)

func (f *file) setPlace(s string) {
	m := iso6709.FindStringSubmatch(s)
	if m == nil || f.GPS != nil {
		return
	}
	lat, err1 := strconv.ParseFloat(m[1], 64)
	lon, err2 := strconv.ParseFloat(m[2], 64)
	if err1 == nil && err2 == nil {
		f.GPS = newGPS(lat, lon)
	}
}

// movieLocation reads the place of a 3GPP film (3GPP TS 26.244, 8.10): a name, a
// role, then longitude and latitude in 16.16 bits.
func (f *file) movieLocation(b box) {
	d := f.at(b.off+6, int(min(b.n-6, maxMovieText)))
	for i, c := range d {
		if c == 0 && len(d) >= i+10 && f.GPS == nil {
			lon, lat := int32(be32(d[i+2:])), int32(be32(d[i+6:]))
			f.GPS = newGPS(float64(lat)/(1<<16), float64(lon)/(1<<16))
			return
		}
	}
}

// Sony's cameras write in XML when a film was begun, with the offset, and by what.
var (
	sonyDate  = regexp.MustCompile(`<CreationDate value="([^"]{10,40})"`)
	sonyModel = regexp.MustCompile(`<Device manufacturer="([^"]{1,64})" modelName="([^"]{1,64})"`)
)

func (f *file) sonyXML(text []byte) {
	if m := sonyDate.FindSubmatch(text); m != nil {
		setText(&f.film.local, string(m[1]))
	}
	if m := sonyModel.FindSubmatch(text); m != nil {
		setText(&f.make_, cleanText(string(m[1])))
		setText(&f.model, cleanText(string(m[2])))
	}
}
