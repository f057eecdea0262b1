package ui

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// rates are the limits to choose from, in bytes a second; 0 = none.
var rates = []int64{0, 100e3, 500e3, 1e6, 2e6, 5e6, 10e6, 20e6, 50e6}

func downLimit(m *app.Limits) *int64 { return &m.Down }
func upLimit(m *app.Limits) *int64   { return &m.Up }

// limit keeps changed limits.
func (p *settingsPage) limit(change func(*app.Limits)) {
	p.s.goDo(func(context.Context) error {
		m := p.s.dev.Limits()
		change(&m)
		return p.s.dev.SetLimits(m)
	}, func(err error) {
		if err != nil {
			p.s.fail(words.T("The setting was not changed"), err)
		}
		p.s.reload()
		p.shown()
	})
}

func (p *settingsPage) paused() fyne.CanvasObject {
	c := look.NewCheck("", nil)
	c.SetChecked(p.s.dev.Limits().Paused)
	c.OnChanged = func(on bool) {
		p.limit(func(m *app.Limits) { m.Paused, m.ServingPaused = on, m.ServingPaused && on })
	}
	return setting(words.T("Pause fetching"), words.T("Photos on their way here stop, and go on later from there. What you open or save meanwhile still comes, and other devices can still fetch from this one."), c)
}

// rate is a limit, one of rates or another that was set by a command.
func (p *settingsPage) rate(name, text string, field func(*app.Limits) *int64) fyne.CanvasObject {
	now := p.s.dev.Limits()
	values := slices.Clone(rates)
	if i, known := slices.BinarySearch(values, *field(&now)); !known {
		values = slices.Insert(values, i, *field(&now))
	}
	texts := []string{words.T("No limit")}
	for _, v := range values[1:] {
		texts = append(texts, words.Rate(float64(v)))
	}
	sel := look.NewSelect(texts, nil)
	sel.SetSelectedIndex(slices.Index(values, *field(&now)))
	sel.OnChanged = func(string) {
		v := values[sel.SelectedIndex()]
		p.limit(func(m *app.Limits) { *field(m) = v })
	}
	return setting(name, text, look.Fixed(170, 0, sel))
}
