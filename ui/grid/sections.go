package grid

import (
	"time"

	"github.com/libpaul/paul/ui/justify"
)

// A section is the photos of one day or month.
type section struct {
	justify.Section
	when  time.Time // of its first photo
	group int       // photos of the year that it begins; 0 = it begins none
}

// group cuts a source into sections wherever the group's period changes; with years,
// those of a year are a group.
func group(src Source, by Group, years bool) []section {
	var out []section
	last, lead := [3]int{-1, -1, -1}, 0
	for i := range src.Len() {
		t := src.When(i)
		k := period(t, by)
		if len(out) == 0 || k != last {
			begins := years && (len(out) == 0 || k[0] != last[0])
			if begins {
				lead = len(out)
			}
			last = k
			out = append(out, section{Section: justify.Section{First: i, Lead: begins}, when: t})
		}
		out[len(out)-1].Count++
		if years {
			out[lead].group++
		}
	}
	return out
}

// period is the year, month and day of t, as far as the group tells them apart.
func period(t time.Time, by Group) [3]int {
	y, m, d := t.Date()
	if by == Months {
		return [3]int{y, int(m)}
	}
	return [3]int{y, int(m), d}
}
