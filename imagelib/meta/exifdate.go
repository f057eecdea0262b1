package meta

import (
	"strings"
	"time"
)

// exifDates are the dates of an EXIF block, as written.
type exifDates struct {
	original, digitized, modified                string
	originalOffset, digitizedOffset, writeOffset string
	originalPart, digitizedPart, writePart       string // digits behind the second
}

// written is one date as a file writes it.
type written struct {
	text   string
	offset string // where it is written apart
	part   string // of a second, where it is written apart
	source Source
}

func (w written) date() (Date, bool) {
	text := strings.TrimSpace(w.text)
	if part := strings.TrimSpace(w.part); part != "" && len(text) == len("2024:05:01 12:30:05") {
		text += "." + cutText(part, 9)
	}
	d, ok := ParseDate(text, w.source)
	if ok && !d.HasOffset {
		d.Offset, d.HasOffset = parseOffset(w.offset)
	}
	return d, ok
}

// dayOnly reports whether no time of day is written.
func (w written) dayOnly() bool { return len(strings.TrimSpace(w.text)) <= len("2024:05:01") }

// capture returns when EXIF says that the picture was taken. The offset of the
// last change, which may be of another place or season, counts for it only when
// that was the taking itself.
func (e *exifDates) capture() written {
	w := written{e.original, e.originalOffset, e.originalPart, SourceEXIF}
	if w.offset == "" && e.original == e.modified {
		w.offset = e.writeOffset
	}
	return w
}

// dates returns the dates in the bytes, the best first: when the picture was
// taken, by EXIF, XMP, a film's own words and IPTC; when it was digitized, by EXIF
// and XMP; when a film was made, in UTC; what a program has written into a PNG; and
// only then when EXIF says that the file was last written. (Metadata Working Group,
// guidelines 2.0, 5.4, of what means the same in EXIF, XMP and IPTC.) The clock of
// the satellites is none of them: it may be that of an older fix, and is of no time
// zone.
func (f *file) dates() []written {
	return []written{
		f.exif.capture(),
		{text: f.xmp.original, source: SourceXMP},
		{text: f.film.local, source: SourceVideo},
		{text: f.xmp.created, source: SourceXMP},
		{text: f.iptc.created(), source: SourceIPTC},
		{f.exif.digitized, f.exif.digitizedOffset, f.exif.digitizedPart, SourceEXIF},
		{text: f.xmp.digitized, source: SourceXMP},
		{text: f.xmp.made, source: SourceXMP},
		{text: f.film.utc, source: SourceVideo},
		{text: f.textDate, source: SourceText},
		{f.exif.modified, f.exif.writeOffset, f.exif.writePart, SourceEXIF},
	}
}

// bestDate chooses among the dates in the bytes.
func (f *file) bestDate() Date { return bestOf(f.dates()) }

// bestOf returns the first date that is one. Where it tells no time of day, the
// next of the same day that does is taken.
func bestOf(dates []written) Date {
	var best Date
	for _, w := range dates {
		d, ok := w.date()
		switch {
		case !ok:
		case best.Wall.IsZero():
			best = d
			if !w.dayOnly() {
				return best
			}
		case !w.dayOnly() && d.Wall.Truncate(24*time.Hour).Equal(best.Wall):
			return d
		}
	}
	return best
}
