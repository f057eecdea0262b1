package imagelib

import (
	"fmt"
	"testing"
	"time"

	"github.com/libpaul/paul/imagelib/meta"
)

// TestDayOfAnyYear finds what was taken on one day of the year.
func TestDayOfAnyYear(t *testing.T) {
	t.Parallel()
	in := newInterner()
	s := &Snapshot{}
	for i, date := range []string{"2024-05-31T10:00:00", "2023-05-31T23:59:59+02:00", "2023-05-30T10:00:00", "2020-02-29T10:00:00", "2019-02-28T10:00:00", "2018-05-31T10:00:00"} {
		img := &Image{Common: in.common(Common{Type: "image/jpeg", Kind: KindImage}), Name: fmt.Sprint(i), Digest: digestOf(i)}
		img.Date, _ = meta.ParseDate(date, meta.SourceEXIF)
		s.Images = append(s.Images, img)
	}
	s.Images[5].Date.Source = meta.SourceMtime // which says nothing of the day it was taken
	for text, want := range map[string]string{
		"day:05-31": "[0 1]", "DAY:05-31": "[0 1]", "day:02-29": "[3]", "day:02-28": "[4]", "day:05-31 before:2024": "[1]", "day:05-31 day:05-30": "[]",
		"day:05-31 day:05-31": "[0 1]", "day:13-01": "[]", "day:02-30": "[]",
	} {
		if got := fmt.Sprint(s.Filter(Query{Text: text})); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	for _, bad := range []string{"day:13-01", "day:02-30", "day:2024-05-31", "day:", "day:tomorrow"} {
		if CheckText(bad) == nil {
			t.Errorf("%s is taken", bad)
		}
	}
	if err := CheckText("day:today"); err != nil {
		t.Error(err)
	}
}

// TestToday: on the 28th of February of a year without a 29th, that is found too.
func TestToday(t *testing.T) {
	t.Parallel()
	for now, want := range map[string]yearday{
		"2026-11-28": {time.November, 28, false}, "2023-02-28": {time.February, 28, true}, "2024-02-28": {time.February, 28, false}, "2024-02-29": {time.February, 29, false},
	} {
		at, err := time.Parse(time.DateOnly, now)
		if err != nil {
			t.Fatal(err)
		}
		if d, ok := parseDay("Today", at); !ok || d != want {
			t.Errorf("%s: %+v", now, d)
		}
	}
	img := &Image{}
	img.Date, _ = meta.ParseDate("2020-02-29T10:00:00", meta.SourceEXIF)
	if !(yearday{time.February, 28, true}).holds(img) || (yearday{time.February, 28, false}).holds(img) {
		t.Error("the leap day is not found as it should be")
	}
}
