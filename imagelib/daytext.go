package imagelib

import (
	"strings"
	"time"

	"github.com/libpaul/paul/imagelib/meta"
)

// yearday is a day of any year; the zero one is every day.
type yearday struct {
	month time.Month
	day   int
	leap  bool // the 29th of February too, in a year that has none
}

// noDay is none.
var noDay = yearday{day: -1}

// parseDay reads a day, as 05-31, or today.
func parseDay(s string, now time.Time) (d yearday, ok bool) {
	if strings.EqualFold(s, "today") {
		year, month, day := now.Date()
		return yearday{month, day, month == time.February && day == 28 && !leap(year)}, true
	}
	t, err := time.Parse("01-02", s) // of the year 0, which has a 29th of February
	return yearday{t.Month(), t.Day(), false}, err == nil
}

// and returns the day that both are.
func (d yearday) and(o yearday) yearday {
	switch {
	case d == yearday{}:
		return o
	case d != o:
		return noDay
	}
	return d
}

// holds reports whether an image was taken on that day of a year. What was dated by
// its file alone was not.
func (d yearday) holds(img *Image) bool {
	if d == (yearday{}) {
		return true
	}
	if img.Date.Wall.IsZero() || img.Date.Source == meta.SourceMtime {
		return false
	}
	_, month, day := img.Date.Wall.Date()
	return month == d.month && (day == d.day || d.leap && day == 29)
}
