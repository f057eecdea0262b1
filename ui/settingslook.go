package ui

import (
	"slices"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// option is one of the values of a setting, and what a person reads for it.
type option[T comparable] struct {
	value T
	text  string
}

// choiceOf is a setting that has one of several values; another than the listed
// ones shows as the first.
func choiceOf[T comparable](p *settingsPage, name, text string, present T, options []option[T], change func(*app.Settings, T)) fyne.CanvasObject {
	texts := make([]string, len(options))
	for i, o := range options {
		texts[i] = o.text
	}
	sel := look.NewSelect(texts, nil)
	sel.SetSelectedIndex(max(slices.IndexFunc(options, func(o option[T]) bool { return o.value == present }), 0))
	sel.OnChanged = func(string) {
		v := options[sel.SelectedIndex()].value
		p.keep(func(set *app.Settings) { change(set, v) })
	}
	return setting(name, text, look.Fixed(170, 0, sel))
}

func (p *settingsPage) themes() fyne.CanvasObject {
	return choiceOf(p, words.T("Colours"), words.T("Light or dark, or as the system is set."), p.set.Theme, []option[string]{
		{"", words.T("As the system")}, {"light", words.T("Light")}, {"dark", words.T("Dark")},
	}, func(set *app.Settings, v string) { set.Theme = v })
}

func (p *settingsPage) accents() fyne.CanvasObject {
	return choiceOf(p, words.T("Accent"), words.T("The colour of what is chosen, and of the main buttons."), p.set.Accent, []option[string]{
		{"", words.T("Indigo")},
		{"blue", words.T("Blue")},
		{"teal", words.T("Teal")},
		{"green", words.T("Green")},
		{"amber", words.T("Amber")},
		{"rose", words.T("Rose")},
		{"graphite", words.T("Graphite")},
	}, func(set *app.Settings, v string) { set.Accent = v })
}

func (p *settingsPage) scales() fyne.CanvasObject {
	options := []option[float64]{{0, words.T("As the system")}}
	for _, percent := range []int{75, 85, 100, 115, 130, 150, 175, 200} {
		options = append(options, option[float64]{float64(percent) / 100, words.Percent(percent)})
	}
	return choiceOf(p, words.T("Size"), words.T("Of text and controls."), p.set.Scale, options, func(set *app.Settings, v float64) { set.Scale = v })
}

func (p *settingsPage) density() fyne.CanvasObject {
	return choiceOf(p, words.T("Density"), words.T("Compact puts rows and buttons closer together."), p.set.Density, []option[string]{
		{"", words.T("Comfortable")}, {"compact", words.T("Compact")},
	}, func(set *app.Settings, v string) { set.Density = v })
}

func (p *settingsPage) motion() fyne.CanvasObject {
	return choiceOf(p, words.T("Reduce motion"), words.T("Nothing slides or fades; everything is at its place at once."), p.set.ReduceMotion, []option[string]{
		{"", words.T("As the system")}, {"on", words.T("On")}, {"off", words.T("Off")},
	}, func(set *app.Settings, v string) { set.ReduceMotion = v })
}

// language names each language in itself, so that whoever has chosen a wrong
// one finds the way back.
func (p *settingsPage) language() fyne.CanvasObject {
	return choiceOf(p, words.T("Language"), words.T("Of texts, dates and numbers. It changes when Paul is started again."), p.set.Language, []option[string]{
		{"", words.T("As the system")}, {"en", "English"}, {"de", "Deutsch"}, {"fr", "Français"},
	}, func(set *app.Settings, v string) { set.Language = v })
}
