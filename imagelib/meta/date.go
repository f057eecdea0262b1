package meta

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Source says where a date was taken from, the best first.
type Source string

// Sources of dates.
const (
	SourcePerson  Source = "person"  // somebody has corrected it in Paul
	SourceSidecar Source = "sidecar" // XMP in a file beside the photo, where a person has changed it
	SourceEXIF    Source = "exif"
	SourceXMP     Source = "xmp"
	SourceIPTC    Source = "iptc"
	SourceVideo   Source = "video"
	SourceText    Source = "text"    // of a PNG
	SourceTakeout Source = "takeout" // Google's, in a file beside the photo: an instant, told in UTC
	SourceName    Source = "name"
	SourceMtime   Source = "mtime"
)

// Date is when a photo was taken, on the wall clock of that place.
type Date struct {
	// Wall is the wall clock to the millisecond, labelled UTC so that it sorts
	// and prints as it was read. It is no instant.
	Wall time.Time

	// Offset is how far that clock was ahead of UTC, when HasOffset.
	Offset    time.Duration
	HasOffset bool

	// Source is where the date was taken from.
	Source Source
}

// String returns the wall clock as 2024-05-01T12:30:05, followed by the offset
// (+02:00) when it is known; empty when there is no date.
func (d Date) String() string { return d.format("2006-01-02T15:04:05") }

// Precise returns the same with the part of a second that is known: the shots of
// a burst are apart by it.
func (d Date) Precise() string { return d.format("2006-01-02T15:04:05.999") }

func (d Date) format(layout string) string {
	if d.Wall.IsZero() {
		return ""
	}
	s := d.Wall.Format(layout)
	if !d.HasOffset {
		return s
	}
	m, sign := int(d.Offset/time.Minute), '+'
	if m < 0 {
		m, sign = -m, '-'
	}
	return fmt.Sprintf("%s%c%02d:%02d", s, sign, m/60, m%60)
}

// ParseDate reads what [Date.String] or [Date.Precise] wrote. ok is false for anything that is no
// plausible date.
func ParseDate(s string, source Source) (d Date, ok bool) {
	d, ok = parseDate(s)
	d.Source = source
	return d, ok
}

// Years outside are clocks that were never set, or damage.
const (
	firstYear = 1826 // the first photograph
	lastYear  = 2099
)

// wall returns the wall clock, or the zero time for a date that is none.
func wall(y, mo, d, h, mi, s int) time.Time {
	if y < firstYear || y > lastYear || mo < 1 || mo > 12 || d < 1 || d > 31 ||
		h < 0 || h > 23 || mi < 0 || mi > 59 || s < 0 || s > 60 {
		return time.Time{}
	}
	t := time.Date(y, time.Month(mo), d, h, mi, min(s, 59), 0, time.UTC)
	if t.Day() != d { // 31 June
		return time.Time{}
	}
	return t
}

// parseDate reads an EXIF, XMP or ISO date: year, month and day with any
// separator, and if they are there time, fraction and offset.
func parseDate(s string) (d Date, ok bool) {
	s = strings.TrimSpace(s)
	if len(s) > 64 || len(s) < 10 {
		return Date{}, false
	}
	var n [6]int
	rest, fields := s, 0
	for i, width := range [6]int{4, 2, 2, 2, 2, 2} {
		if i > 0 && rest != "" && strings.ContainsRune(":-/. T", rune(rest[0])) {
			rest = rest[1:]
		}
		v, ok := digits(rest, width)
		if !ok {
			break
		}
		n[i], rest, fields = v, rest[width:], i+1
	}
	if fields < 3 || fields == 4 {
		return Date{}, false
	}
	d.Wall = wall(n[0], n[1], n[2], n[3], n[4], n[5])
	if d.Wall.IsZero() {
		return Date{}, false
	}
	if part, ok := strings.CutPrefix(rest, "."); ok {
		rest = strings.TrimLeft(part, "0123456789")
		d.Wall = d.Wall.Add(millis(part[:len(part)-len(rest)]))
	}
	d.Offset, d.HasOffset = parseOffset(rest)
	return d, true
}

// millis reads digits behind the second, as far as they count.
func millis(digits string) time.Duration {
	ms, _ := strconv.Atoi((digits + "000")[:3]) // digits, as the caller has seen
	return time.Duration(ms) * time.Millisecond
}

// digits reads width decimal digits, or blanks, which some cameras write for zeros.
func digits(s string, width int) (int, bool) {
	if len(s) < width {
		return 0, false
	}
	n := 0
	for _, c := range []byte(s[:width]) {
		if c == ' ' && n == 0 {
			c = '0'
		}
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// parseOffset reads +02:00, +0200, +02 or Z.
func parseOffset(s string) (time.Duration, bool) {
	s = strings.TrimSpace(s)
	if s == "Z" || s == "z" {
		return 0, true
	}
	if len(s) < 3 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	num := strings.Replace(s[1:], ":", "", 1)
	if len(num) == 2 {
		num += "00"
	}
	v, err := strconv.ParseUint(num, 10, 16)
	h, m := v/100, v%100
	if err != nil || len(num) != 4 || h > 15 || m > 59 {
		return 0, false
	}
	d := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
	if s[0] == '-' {
		d = -d
	}
	return d, true
}
