package imagelib

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/libpaul/paul/imagelib/meta"
)

func dated(t interface{ Fatalf(string, ...any) }, s string) Date {
	d, ok := meta.ParseDate(s, meta.SourceEXIF)
	if !ok {
		t.Fatalf("%q is no date", s)
	}
	return d
}

func zoned(t *testing.T, s string) *time.Location {
	t.Helper()
	z, err := ParseZone(s)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestDateChange(t *testing.T) {
	t.Parallel()
	paris, bangkok, offset := zoned(t, "Europe/Paris"), zoned(t, "Asia/Bangkok"), zoned(t, "-03:30")
	tests := []struct {
		name, date string
		change     DateChange
		want       string // "" for ErrBadDate
	}{
		{"shift", "2024-02-28T23:30:05.25", DateChange{Shift: 90 * time.Minute}, "2024-02-29T01:00:05.25"},
		{"shift back keeps the offset", "2024-03-01T00:10:00+02:00", DateChange{Shift: -24 * time.Hour}, "2024-02-29T00:10:00+02:00"},
		{"shift by years", "2012-01-01T00:00:00", DateChange{Shift: 4383 * 24 * time.Hour}, "2024-01-01T00:00:00"},
		{"shift out of bounds", "2099-12-31T23:59:59", DateChange{Shift: time.Second}, ""},
		{"set", "2024-03-01T00:10:00+02:00", DateChange{Set: dated(t, "1978-07-15T12:00:00")}, "1978-07-15T12:00:00"},
		{"keep the clock in summer", "2024-07-01T12:00:00", DateChange{Zone: paris, KeepClock: true}, "2024-07-01T12:00:00+02:00"},
		{"keep the clock in winter", "2024-01-01T12:00:00+09:00", DateChange{Zone: paris, KeepClock: true}, "2024-01-01T12:00:00+01:00"},
		{"move by the offset", "2024-07-01T20:00:00+02:00", DateChange{Zone: bangkok}, "2024-07-02T01:00:00+07:00"},
		{"move from home, in summer", "2024-07-01T20:00:00", DateChange{Zone: bangkok, From: paris}, "2024-07-02T01:00:00+07:00"},
		{"move from home, in winter", "2024-12-01T20:00:00", DateChange{Zone: bangkok, From: paris}, "2024-12-02T02:00:00+07:00"},
		{"move from home, whatever it says", "2024-12-01T20:00:00+00:00", DateChange{Zone: bangkok, From: paris}, "2024-12-02T02:00:00+07:00"},
		{"half hours", "2024-01-01T01:00:00+00:00", DateChange{Zone: offset}, "2023-12-31T21:30:00-03:30"},
		{"from nowhere", "2024-07-01T20:00:00", DateChange{Zone: bangkok}, ""},
		{"before there were zones", "1850-07-01T20:00:00", DateChange{Zone: paris, KeepClock: true}, "1850-07-01T20:00:00+00:09"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			img := &Image{Name: "IMG_1.JPG", Date: dated(t, tt.date)}
			d, err := tt.change.Of(img)
			if tt.want == "" {
				if !errors.Is(err, ErrBadDate) {
					t.Errorf("%v, %v; want ErrBadDate", d.Precise(), err)
				}
				return
			}
			if err != nil || d.Precise() != tt.want || d.Source != meta.SourcePerson {
				t.Errorf("%v from %q, %v; want %v", d.Precise(), d.Source, err, tt.want)
			}
		})
	}
	if _, err := (DateChange{Shift: time.Hour}).Of(&Image{}); !errors.Is(err, ErrBadDate) {
		t.Errorf("shift of no date: %v", err)
	}
	file := dated(t, "2020-01-01T00:00:00")
	img := &Image{Date: dated(t, "2024-01-01T00:00:00"), More: &More{FileDate: file}}
	if d, err := (DateChange{Reset: true}).Of(img); err != nil || d != file {
		t.Errorf("reset: %v, %v", d, err)
	}
}

// TestShiftIsUndoneByItself: a shift and its opposite lead back, whatever the date.
func TestShiftIsUndoneByItself(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMilli(rapid.Int64Range(-3e12, 3e12).Draw(t, "ms")).UTC()
		d := Date{Wall: at, Source: meta.SourceEXIF, HasOffset: rapid.Bool().Draw(t, "has offset")}
		if d.HasOffset {
			d.Offset = time.Duration(rapid.IntRange(-900, 900).Draw(t, "offset")) * time.Minute
		}
		shift := time.Duration(rapid.Int64Range(-1e9, 1e9).Draw(t, "shift")) * time.Millisecond
		once, err := DateChange{Shift: shift}.Of(&Image{Date: d})
		if err != nil {
			t.Fatal(err)
		}
		back, err := DateChange{Shift: -shift}.Of(&Image{Date: once})
		back.Source = d.Source
		if err != nil || back != d || once.Wall.Sub(d.Wall) != shift {
			t.Fatalf("%v, %v, %v: %v", d, once, back, err)
		}
	})
}

func TestParseShift(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"+1h30m": 90 * time.Minute, "1h30m": 90 * time.Minute, "-45s": -45 * time.Second, "3d2h": 74 * time.Hour, "-1d": -24 * time.Hour,
		" 1d 4h 5s ": 28*time.Hour + 5*time.Second, "\u22121h": -time.Hour, "0.5s": 500 * time.Millisecond, "100000d": 100000 * 24 * time.Hour,
	} {
		if got, err := ParseShift(text); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "+", "-", "1", "h", "d", "1y", "--1h", "+-1h", "1d-2h", "-1d-2h", "2h1d", "0s", "0d", "100001d", "99999999999h", "1h\x00", "١h"} {
		if got, err := ParseShift(text); !errors.Is(err, ErrBadDate) {
			t.Errorf("%q: %v, %v; want ErrBadDate", text, got, err)
		}
	}
}

func TestParseDate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2024-05-01T12:30:05+02:00": "2024-05-01T12:30:05+02:00", "2024-05-01 12:30": "2024-05-01T12:30:00", "1978-07-15": "1978-07-15T12:00:00",
		"2024-05-01 12:30:05.25": "2024-05-01T12:30:05.25", "2024-05-01T12:30Z": "2024-05-01T12:30:00+00:00", "2024-05-01 12:30 -03:30": "2024-05-01T12:30:00-03:30",
		" 2024-02-29 23:59:59 ": "2024-02-29T23:59:59",
	} {
		if got, err := ParseDate(text); err != nil || got.Precise() != want || got.Source != meta.SourcePerson {
			t.Errorf("%q: %v, %v; want %v", text, got.Precise(), err, want)
		}
	}
	for _, text := range []string{"", "2024", "2024-13-01", "2023-02-29 10:00", "2024-05-01 25:00", "yesterday", "2024-05-01 12:30 noon", "0024-05-01 10:00", "2200-01-01", "2024-05-01T12:30+23:00"} {
		if got, err := ParseDate(text); !errors.Is(err, ErrBadDate) {
			t.Errorf("%q: %v, %v; want ErrBadDate", text, got, err)
		}
	}
}

func TestParseZone(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 7, 1, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]int{
		"Europe/Paris": 7200, "+02:00": 7200, "+2": 7200, "-0330": -12600, "\u221203:30": -12600, "UTC": 0, "utc": 0, "Z": 0, "Asia/Kathmandu": 20700, "+05": 18000,
	} {
		z, err := ParseZone(text)
		if err != nil {
			t.Error(err)
			continue
		}
		if _, got := at.In(z).Zone(); got != want {
			t.Errorf("%q: %d s, want %d", text, got, want)
		}
	}
	for _, text := range []string{"", "Local", "Europe/Nowhere", "+25:00", "+1x", "../../etc/passwd", "2", "+"} {
		if z, err := ParseZone(text); !errors.Is(err, ErrBadDate) {
			t.Errorf("%q: %v, %v; want ErrBadDate", text, z, err)
		}
	}
}
