package ui

import (
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// mostYears is how many earlier years are named.
const mostYears = 3

// showDay tells, over all photos, what was taken on this day in earlier years, until a
// person hides it for the day.
func (g *gridPage) showDay() {
	s := g.s
	today := s.now().Format(time.DateOnly)
	key := ""
	var years []imagelib.YearsAgo
	if g.query == (imagelib.Query{}) && s.looks.HiddenDay != today {
		if same(g.dayOf, s.snap.images) && g.dayKey != "" && strings.HasPrefix(g.dayKey, today) {
			return
		}
		years = s.snap.onThisDay(s.now())
		key = fmt.Sprint(today, len(years), dayText(years))
	}
	g.dayOf = s.snap.images
	if key == g.dayKey {
		return
	}
	g.dayKey, g.banner.Objects = key, nil
	if len(years) > 0 {
		text := look.NewCut(dayText(years), look.SizeBody, theme.ColorNameForeground)
		open := look.NewButton(words.T("Look at them"), "photos", look.Plain, s.openDay)
		hide := look.NewIconButton("close", words.T("Hide until tomorrow"), look.Ghost, func() {
			s.looks.HiddenDay = today
			s.remember()
			g.showDay()
			g.whole.Refresh()
			s.focusGrid()
		})
		row := container.NewBorder(nil, nil, look.Pad(0, 14, 0, 0, look.NewIcon("calendar", theme.ColorNamePrimary, 20)), look.Pad(0, 0, 0, 14, look.HBox(4, open, hide)), look.Middle(text))
		g.banner.Objects = []fyne.CanvasObject{look.Pad(0, 48, 10, 20,
			container.NewStack(look.NewSurface(look.ColorSurface, "", look.Radius), look.Pad(6, 6, 6, 14, row)))}
	}
	g.whole.Refresh()
}

// dayText names the years of which there are photos of this day.
func dayText(years []imagelib.YearsAgo) string {
	n, names := 0, []string{}
	for i, y := range years {
		n += len(y.Images)
		if i < mostYears {
			names = append(names, fmt.Sprint(y.Year))
		}
	}
	if len(years) > mostYears {
		return words.N("On this day: {{.N}} photos of {{.Years}} and other years", n, "Years", strings.Join(names, ", "))
	}
	return words.N("On this day: {{.N}} photos of {{.Years}}", n, "Years", words.List(names))
}

// openDay shows the photos of this day in earlier years.
func (s *shell) openDay() {
	now := s.now()
	s.openFound(words.T("On this day"), imagelib.Query{Day: now.Format("01-02"), To: time.Date(now.Year(), 1, 1, 0, 0, 0, 0, time.UTC)}, "photos")
}
