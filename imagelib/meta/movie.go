package meta

import (
	"encoding/binary"
	"time"
)

// macEpoch is when QuickTime's clock began (ISO/IEC 14496-12, 8.2.2).
var macEpoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)

// movieDate are the dates of a film.
type movieDate struct {
	local string // as a phone wrote it, with offset
	utc   time.Time
}

// date returns the best of them. The header's date is UTC: where the film was
// taken it says nothing of, so that the wall clock is UTC's.
func (m movieDate) date() (Date, bool) {
	if d, ok := ParseDate(m.local, SourceVideo); ok {
		return d, true
	}
	if m.utc.Year() < 1990 || m.utc.Year() > lastYear { // a clock that was never set
		return Date{}, false
	}
	return Date{Wall: m.utc, HasOffset: true, Source: SourceVideo}, true
}

// movie reads an MP4 or QuickTime file: size, turn and date.
func (f *file) movie() {
	f.eachBox(0, f.size, func(b box) bool {
		if b.typ != "moov" {
			return true
		}
		f.eachBox(b.off, b.end(), func(c box) bool {
			switch c.typ {
			case "mvhd":
				f.movieHeader(c)
			case "trak":
				f.track(c)
			case "meta":
				f.appleKeys(c)
			case "udta":
				f.eachBox(c.off, c.end(), func(d box) bool {
					if d.typ == "\xa9day" {
						if b := f.at(d.off+4, int(min(d.n-4, 64))); len(b) > 0 {
							setText(&f.movieDate.local, string(b))
						}
					}
					return true
				})
			}
			return true
		})
		return false
	})
}

func (f *file) movieHeader(b box) {
	d := f.at(b.off, 12)
	if len(d) < 12 {
		return
	}
	seconds := uint64(binary.BigEndian.Uint32(d[4:]))
	if d[0] == 1 {
		seconds = binary.BigEndian.Uint64(d[4:])
	}
	if seconds > 0 && seconds < 1<<33 {
		f.movieDate.utc = macEpoch.Add(time.Duration(seconds) * time.Second)
	}
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

// appleKeys reads the key that says when and in which time zone an iPhone took
// a film (QuickTime File Format, metadata item keys).
func (f *file) appleKeys(m box) {
	start := m.off
	if b := f.at(m.off, 8); len(b) == 8 && string(b[4:]) != "hdlr" {
		start += 4 // version and flags
	}
	index, n := uint32(0), uint32(0)
	f.eachBox(start, m.end(), func(b box) bool {
		switch b.typ {
		case "keys":
			f.eachBox(b.off+8, b.end(), func(k box) bool {
				n++
				if string(f.at(k.off, int(min(k.n, 64)))) == "com.apple.quicktime.creationdate" {
					index = n
				}
				return true
			})
		case "ilst":
			f.eachBox(b.off, b.end(), func(e box) bool {
				if index != 0 && binary.BigEndian.Uint32([]byte(e.typ)) == index {
					f.eachBox(e.off, e.end(), func(d box) bool {
						if d.typ == "data" && d.n > 8 {
							f.movieDate.local = string(f.at(d.off+8, int(min(d.n-8, 64))))
						}
						return false
					})
				}
				return true
			})
		}
		return true
	})
}
