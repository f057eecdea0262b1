package meta

import (
	"regexp"
	"strconv"
	"time"
)

// nameDates find a date in a file's name: year, month, day, and if there are
// more groups hour, minute and second. The first that matches plausibly counts.
var nameDates = []*regexp.Regexp{
	// IMG_20240501_123005, PXL_20240501_123005123, VID-20240501-123005, Screenshot_20240501-123005
	regexp.MustCompile(`(?:^|\D)((?:19|20)\d\d)(\d\d)(\d\d)[-_. T]?(\d\d)(\d\d)(\d\d)(?:\d{3})?(?:\D|$)`),
	// 2024-05-01 12.30.05, Screenshot 2024-05-01 at 12.30.05, signal-2024-05-01-12-30-05, 2024_05_01_12_30_05
	regexp.MustCompile(`(?:^|\D)((?:19|20)\d\d)[-_.](\d\d)[-_.](\d\d)(?:[-_. T]| at |, )(\d\d)[-_.:h]?(\d\d)[-_.:m]?(\d\d)(?:\D|$)`),
	// IMG-20240501-WA0003, 20240501
	regexp.MustCompile(`(?:^|\D)((?:19|20)\d\d)(\d\d)(\d\d)(?:\D|$)`),
	// 2024-05-01
	regexp.MustCompile(`(?:^|\D)((?:19|20)\d\d)[-_.](\d\d)[-_.](\d\d)(?:\D|$)`),
}

// epoch finds the number of a photo named by the milliseconds since 1970, as
// some messengers do.
var epoch = regexp.MustCompile(`(?:^|\D)(1[0-9]{12})(?:\D|$)`)

// NameDate finds the date that cameras, phones and messengers put into a file's
// name. Without a time of day, it is midnight.
func NameDate(name string) (d Date, ok bool) {
	if len(name) > 1024 {
		return Date{}, false
	}
	for _, re := range nameDates {
		m := re.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		var n [6]int
		for i, s := range m[1:] {
			n[i], _ = strconv.Atoi(s) // digits by the pattern
		}
		if w := wall(n[0], n[1], n[2], n[3], n[4], n[5]); !w.IsZero() {
			return Date{Wall: w, Source: SourceName}, true
		}
	}
	if m := epoch.FindStringSubmatch(name); m != nil {
		ms, _ := strconv.ParseInt(m[1], 10, 64)
		if t := time.UnixMilli(ms).UTC().Truncate(time.Second); t.Year() >= 2005 {
			return Date{Wall: t, HasOffset: true, Source: SourceName}, true
		}
	}
	return Date{}, false
}

// BestDate chooses the capture date of a file: what its bytes say, else its
// name, else when it was last written. What tells its date in UTC only, as films
// and Google do, takes the wall clock of its name where the two fit: then their
// difference is the offset of that place.
func BestDate(inside Date, name string, modified time.Time) Date {
	named, hasName := NameDate(name)
	inUTC := inside.HasOffset && inside.Offset == 0 && (inside.Source == SourceVideo || inside.Source == SourceTakeout)
	if inUTC && hasName {
		const step, slack, most = 15 * time.Minute, 2 * time.Minute, 14 * time.Hour
		diff := named.Wall.Sub(inside.Wall)
		offset := diff.Round(step)
		if (diff-offset).Abs() <= slack && offset.Abs() <= most {
			named.Offset, named.HasOffset = offset, true
			return named
		}
	}
	if !inside.Wall.IsZero() {
		return inside
	}
	if hasName {
		return named
	}
	if modified.IsZero() {
		return Date{}
	}
	_, seconds := modified.Zone()
	y, mo, d := modified.Date()
	h, mi, s := modified.Clock()
	return Date{
		Wall:      time.Date(y, mo, d, h, mi, s, 0, time.UTC),
		Offset:    time.Duration(seconds) * time.Second,
		HasOffset: true,
		Source:    SourceMtime,
	}
}
