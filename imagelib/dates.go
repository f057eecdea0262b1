package imagelib

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	_ "time/tzdata" // where the system has none

	"github.com/libpaul/paul/imagelib/meta"
)

// DateChange says how the dates of photos are to be corrected. One of Set, Shift,
// Zone and Reset is given.
type DateChange struct {
	// Set is the date that each gets. Its source does not matter.
	Set Date

	// Shift is added to the wall clock. The offset stays.
	Shift time.Duration

	// Zone is where the photos were taken. With KeepClock the wall clock was right,
	// and only gets the offset of that zone. Else the camera's clock was on another
	// zone, From, or where that is nil what each date says of itself, and the wall clock
	// moves to Zone.
	Zone      *time.Location
	From      *time.Location
	KeepClock bool

	// Reset goes back to what the file says.
	Reset bool
}

// Of returns the date that an image gets. It fails with [ErrBadDate].
func (c DateChange) Of(img *Image) (d Date, err error) {
	switch {
	case c.Reset:
		return img.FileDate(), nil
	case !c.Set.Wall.IsZero():
		d = c.Set
	case img.Date.Wall.IsZero():
		return Date{}, fmt.Errorf("%w: %s has none; set one", ErrBadDate, img.Name)
	case c.Zone != nil:
		if d, err = c.inZone(img); err != nil {
			return Date{}, err
		}
	default:
		d = img.Date
		d.Wall = d.Wall.Add(c.Shift)
	}
	d.Source = meta.SourcePerson
	if again, ok := meta.ParseDate(d.Precise(), d.Source); !ok || again != d {
		return Date{}, fmt.Errorf("%w: %s would be of %s, and Paul knows the years 1826 to 2099", ErrBadDate, img.Name, d.Wall.Format("2 January 2006"))
	}
	return d, nil
}

func (c DateChange) inZone(img *Image) (Date, error) {
	d, wall := img.Date, img.Date.Wall
	on := func(zone *time.Location) time.Time { // the instant that the wall clock shows there
		return time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), zone)
	}
	var at time.Time
	switch {
	case c.KeepClock:
		at = on(c.Zone)
	case c.From != nil:
		at = on(c.From).In(c.Zone)
	case d.HasOffset:
		at = wall.Add(-d.Offset).In(c.Zone)
	default:
		return d, fmt.Errorf("%w: %s does not say which time zone its clock was on; name that one too, or keep the clock", ErrBadDate, img.Name)
	}
	_, seconds := at.Zone()
	d.Offset, d.HasOffset = (time.Duration(seconds) * time.Second).Truncate(time.Minute), true
	if !c.KeepClock {
		d.Wall = at.UTC().Add(d.Offset)
	}
	return d, nil
}

// ParseZone reads a time zone: a name such as Europe/Paris, or an offset such as
// +02:00. It fails with [ErrBadDate].
func ParseZone(s string) (*time.Location, error) {
	s = strings.TrimSpace(s)
	if strings.EqualFold(s, "UTC") || s == "Z" {
		return time.UTC, nil
	}
	if s != "" && strings.ContainsRune("+-−", []rune(s)[0]) {
		text := strings.Replace(s, "−", "-", 1)
		if len(text) == 2 { // +2
			text = text[:1] + "0" + text[1:]
		}
		for _, layout := range []string{"-07:00", "-0700", "-07"} {
			if t, err := time.Parse(layout, text); err == nil {
				_, seconds := t.Zone()
				if math.Abs(float64(seconds)) <= maxOffset.Seconds() {
					return time.FixedZone(s, seconds), nil
				}
			}
		}
	}
	if zone, err := time.LoadLocation(s); err == nil && s != "" && s != "Local" {
		return zone, nil
	}
	return nil, fmt.Errorf("%w: %q is no time zone; write one like Europe/Paris or +02:00", ErrBadDate, s)
}

// maxOffset is of the zone that is furthest from UTC, and a little more.
const maxOffset = 15 * time.Hour

// ParseDate reads a date as a person writes it: 2024-05-01 12:30, or with seconds
// and parts of one, and with the offset, as in 2024-05-01T12:30:05+02:00. A day
// alone is its noon. It fails with [ErrBadDate].
func ParseDate(s string) (Date, error) {
	s = strings.TrimSpace(s)
	text := s
	if len(text) > 10 && text[10] == 'T' {
		text = text[:10] + " " + text[11:]
	}
	for _, day := range []string{"2006-01-02 15:04:05.999", "2006-01-02 15:04"} {
		for _, zone := range []string{"", "Z07:00", " Z07:00", "Z0700"} {
			t, err := time.Parse(day+zone, text)
			if err != nil {
				continue
			}
			d := Date{Wall: t, Source: meta.SourcePerson, HasOffset: zone != ""}
			if zone != "" {
				_, seconds := t.Zone()
				d.Offset = time.Duration(seconds) * time.Second
			}
			d.Wall = t.UTC().Add(d.Offset).Truncate(time.Millisecond)
			return checkDate(s, d)
		}
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return checkDate(s, Date{Wall: t.Add(12 * time.Hour), Source: meta.SourcePerson})
	}
	return Date{}, fmt.Errorf("%w: %q is no date; write one like 2024-05-01 12:30 or 2024-05-01T12:30:05+02:00", ErrBadDate, s)
}

func checkDate(s string, d Date) (Date, error) {
	if again, ok := meta.ParseDate(d.Precise(), d.Source); !ok || again != d {
		return Date{}, fmt.Errorf("%w: %q is out of bounds: Paul knows the years 1826 to 2099, and offsets up to 15 hours", ErrBadDate, s)
	}
	return d, nil
}

// ParseShift reads by how much a clock was off, as in +1h30m, -2d or 1d 4h 5s. Years
// are not of one length, so days are the longest. It fails with [ErrBadDate].
func ParseShift(s string) (time.Duration, error) {
	bad := fmt.Errorf("%w: %q is no shift; write one like +1h30m, -45s or 3d2h", ErrBadDate, s)
	text := strings.ReplaceAll(strings.TrimSpace(s), " ", "")
	text, minus := strings.CutPrefix(strings.Replace(text, "−", "-", 1), "-")
	if !minus {
		text = strings.TrimPrefix(text, "+")
	}
	days := 0
	if number, rest, ok := strings.Cut(text, "d"); ok {
		if number == "" || strings.Trim(number, "0123456789") != "" || len(number) > 6 {
			return 0, bad
		}
		_, _ = fmt.Sscan(number, &days) // digits, as was just seen
		text = rest
	}
	var rest time.Duration
	if text != "" {
		var err error
		if rest, err = time.ParseDuration(text); err != nil || rest < 0 || strings.ContainsAny(text, "+-") {
			return 0, bad
		}
	} else if days == 0 {
		return 0, bad
	}
	if days > maxShiftDays || rest > maxShiftDays*24*time.Hour {
		return 0, fmt.Errorf("%w: a shift of more than 100000 days", ErrBadDate)
	}
	shift := (time.Duration(days)*24*time.Hour + rest).Round(time.Millisecond)
	if shift == 0 {
		return 0, fmt.Errorf("%w: a shift of nothing changes nothing", ErrBadDate)
	}
	if minus {
		shift = -shift
	}
	return shift, nil
}

// maxShiftDays keeps a shift within a [time.Duration]. It is 273 years.
const maxShiftDays = 100_000

var errNoChange = errors.New("nothing to do: a date, a shift, a time zone, or back to the file's own")

// check reports a change that is none.
func (c DateChange) check() error {
	if c.Reset || c.Zone != nil || c.Shift != 0 || !c.Set.Wall.IsZero() {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrBadDate, errNoChange)
}
