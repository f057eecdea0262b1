package grid

import (
	"time"

	"github.com/libpaul/paul/ui/justify"
)

// A section is the photos of one day, month or year.
type section struct {
	justify.Section
	when time.Time // of its first photo
}

// group cuts a source into sections wherever the group's period changes.
func group(src Source, by Group) []section {
	var out []section
	last := [3]int{-1, -1, -1}
	for i := range src.Len() {
		t := src.When(i)
		if k := period(t, by); len(out) == 0 || k != last {
			last = k
			out = append(out, section{Section: justify.Section{First: i}, when: t})
		}
		out[len(out)-1].Count++
	}
	return out
}

// period is the year, month and day of t, as far as the group tells them apart.
func period(t time.Time, by Group) [3]int {
	y, m, d := t.Date()
	switch by {
	case Years:
		return [3]int{y}
	case Months:
		return [3]int{y, int(m)}
	default:
		return [3]int{y, int(m), d}
	}
}

// title writes a section's header.
func (g *Grid) title(s section, short bool) string {
	switch Levels[g.level].Group {
	case Years:
		return g.opts.Texts.Year(s.when)
	case Months:
		return g.opts.Texts.Month(s.when)
	default:
		return g.opts.Texts.Day(s.when, short)
	}
}
