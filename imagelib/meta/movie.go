package meta

import (
	"encoding/binary"
	"time"
)

// macEpoch is when QuickTime's clock began (ISO/IEC 14496-12, 8.2.2).
var macEpoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)

// filmDates are the dates of a film, as written.
type filmDates struct {
	local string // of the place, as a phone wrote it, with offset
	utc   string // by the header
}

// movie reads an MP4 or QuickTime file: size, turn, length, dates, place, camera.
func (f *file) movie() {
	f.eachBox(0, f.size, func(b box) bool {
		switch b.typ {
		case "moov":
			f.eachBox(b.off, b.end(), func(c box) bool {
				f.movieBox(c)
				return true
			})
		case "uuid":
			f.movieUUID(b)
		}
		return true
	})
}

func (f *file) movieBox(b box) {
	switch b.typ {
	case "mvhd":
		f.movieHeader(b)
	case "trak":
		f.track(b)
	case "meta":
		f.movieItems(b)
	case "udta":
		f.eachBox(b.off, b.end(), func(c box) bool {
			f.userData(c)
			return true
		})
	case "uuid":
		f.movieUUID(b)
	}
}

// xmpID marks the box of an MP4 that holds XMP (XMP specification part 3, 1.2.7).
const xmpID = "\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac"

func (f *file) movieUUID(b box) {
	if string(f.at(b.off, 16)) == xmpID {
		f.readXMP(f.at(b.off+16, int(min(b.n-16, maxXMP))))
	}
}

// movieHeader reads the length of a film and when it was made (ISO/IEC 14496-12,
// 8.2.2). That is in UTC: of where it was taken it says nothing, so that the wall
// clock is UTC's, and labelled so by its offset.
func (f *file) movieHeader(b box) {
	d := f.at(b.off, 32)
	if len(d) < 20 {
		return
	}
	seconds, scale, length := uint64(be32(d[4:])), be32(d[12:]), uint64(be32(d[16:]))
	if d[0] == 1 {
		if len(d) < 32 {
			return
		}
		seconds, scale, length = binary.BigEndian.Uint64(d[4:]), be32(d[20:]), binary.BigEndian.Uint64(d[24:])
	}
	f.Duration = lengthOf(float64(length), float64(scale))
	if seconds == 0 || seconds >= 1<<33 {
		return
	}
	made := macEpoch.Add(time.Duration(seconds) * time.Second)
	if made.Year() >= 1990 { // else a clock that was never set
		f.film.utc = made.Format(time.RFC3339)
	}
}

// lengthOf returns the length of a film, or 0 for one that cannot be.
func lengthOf(n, perSecond float64) time.Duration {
	const longest = 30 * 24 * 3600
	if s := n / perSecond; s > 0 && s < longest {
		return time.Duration(s * float64(time.Second)).Round(time.Millisecond)
	}
	return 0
}

// track takes the size and the turn of the largest track (ISO/IEC 14496-12, 8.3.2).
func (f *file) track(b box) {
	f.eachBox(b.off, b.end(), func(c box) bool {
		if c.typ != "tkhd" {
			return true
		}
		d := f.at(c.off, 96)
		matrix := 40
		if len(d) > 0 && d[0] == 1 {
			matrix = 52
		}
		if len(d) < matrix+44 {
			return false
		}
		w, h := int(be32(d[matrix+36:])>>16), int(be32(d[matrix+40:])>>16)
		if int64(w)*int64(h) > int64(f.Width)*int64(f.Height) {
			f.Width, f.Height = w, h
			f.itemOrientation = matrixTurn(d[matrix:])
		}
		return false
	})
}

// matrixTurn tells the turn of a track's matrix a b u c d v, of which only
// quarter turns are seen in practice.
func matrixTurn(m []byte) int {
	a, b := int32(be32(m)), int32(be32(m[4:]))
	switch {
	case b > 0:
		return 6
	case b < 0:
		return 8
	case a < 0:
		return 3
	}
	return 1
}
