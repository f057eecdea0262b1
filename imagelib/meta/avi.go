package meta

import (
	"strings"
	"time"
)

// aviDates are the forms in which cameras write the date of an AVI, besides those
// of EXIF.
var aviDates = []string{"Mon Jan _2 15:04:05 2006", "Mon Jan 2 15:04:05 2006"}

// avi reads an AVI: its header, and the date that cameras write after it
// (Microsoft, AVI RIFF file reference).
func (f *file) avi() {
	f.riffChunks(12, f.size, 0)
}

func (f *file) riffChunks(p, end int64, depth int) {
	for i := 0; p+8 <= end && i < maxChunks; i++ {
		b := f.copyAt(p, 12)
		if len(b) < 12 {
			return
		}
		n := le32(b[4:])
		switch string(b[:4]) {
		case "LIST":
			switch string(b[8:]) {
			case "movi": // the film itself, and behind it an index
				return
			case "hdrl", "INFO":
				if depth < 2 {
					f.riffChunks(p+12, min(p+8+n, end), depth+1)
				}
			}
		case "avih":
			f.aviHeader(p + 8)
		case "IDIT":
			setText(&f.film.local, aviDate(f.movieText(p+8, n)))
		case "ICRD":
			setText(&f.film.local, aviDate(f.movieText(p+8, n)))
		}
		p += 8 + n + n&1
	}
}

func (f *file) aviHeader(off int64) {
	d := f.at(off, 40)
	if len(d) < 40 {
		return
	}
	perFrame, frames := le32(d), le32(d[16:])
	f.Duration = lengthOf(float64(perFrame)*float64(frames), 1e6)
	f.Width, f.Height = clampSize(le32(d[32:])), clampSize(le32(d[36:]))
}

// aviDate returns a date as ISO writes it; what is none of the forms, unchanged.
func aviDate(s string) string {
	s = strings.TrimSpace(s)
	for _, layout := range aviDates {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format("2006-01-02T15:04:05")
		}
	}
	return s
}
