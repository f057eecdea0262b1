package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// copyNumbers are the numbers of devices to choose from; 1 is no wish.
var copyNumbers = []int{1, 2, 3, 4, 5}

// copiesText names a rule.
func copiesText(rule app.CopyRule) string {
	if rule.Copies <= 1 {
		return words.T("Any number")
	}
	return words.Devices(rule.Copies)
}

// askCopies lets a person choose on how many devices the photos of an album, or
// with "" of the library, are kept, and shows before what that leads to. kept is
// called once the choice holds.
func (s *shell) askCopies(album, title string, kept func()) {
	rule := s.dev.CopyRule(album)
	rule.Copies = max(rule.Copies, 1)
	numbers := slices.Clone(copyNumbers)
	if i, known := slices.BinarySearch(numbers, rule.Copies); !known {
		numbers = slices.Insert(numbers, i, rule.Copies)
	}
	var texts []string
	for _, n := range numbers {
		texts = append(texts, copiesText(app.CopyRule{Copies: n}))
	}
	m := s.newModal(dialogWidth)
	preview := look.NewPara(words.T("Looking…"), look.SizeBody, dialogWidth, look.ColorSecondary)
	plan := func() {
		asked := rule
		var info app.CopiesInfo
		s.goDo(func(context.Context) error {
			info = s.dev.PlanCopies(album, asked)
			return nil
		}, func(error) {
			if m.open && asked.Copies == rule.Copies { // else another number was chosen meanwhile
				preview.Set(strings.Join(words.Copies(info), "\n"))
				m.layOut()
			}
		})
	}
	sel := newKeySelect(texts, m.hide)
	sel.SetSelectedIndex(slices.Index(numbers, rule.Copies))
	sel.OnChanged = func(string) {
		rule.Copies = numbers[sel.SelectedIndex()]
		plan()
	}
	keep := look.NewButton(words.T("Apply"), "", look.Primary, func() {
		m.hide()
		s.goDo(func(ctx context.Context) error { return s.dev.SetCopyRule(ctx, album, rule) }, func(err error) {
			if err != nil {
				s.fail(words.T("The number of copies was not changed"), err)
				return
			}
			s.reload()
			kept()
		})
	})
	m.set(look.VBox(12,
		look.NewPara(title, look.SizeTitle, dialogWidth, theme.ColorNameForeground).Bold(), look.Fixed(170, 0, sel), preview,
		buttons(look.NewButton(words.T("Cancel"), "", look.Plain, m.hide), keep)), keep)
	m.show()
	plan()
}

// albumCopies asks on how many devices an album is kept.
func (s *shell) albumCopies(id, name string) {
	s.askCopies(id, words.T("Keep “{{.Album}}” on at least", "Album", name), func() {
		s.toasts.show(words.T("“{{.Album}}”: {{.Devices}}", "Album", name, "Devices", copiesText(s.dev.CopyRule(id))), nil)
	})
}

// wish is on how many devices every photo is kept.
func (p *settingsPage) wish() fyne.CanvasObject {
	change := look.NewButton(copiesText(p.s.dev.CopyRule(""))+"…", "", look.Plain, func() {
		p.s.askCopies("", words.T("Keep every photo on at least"), p.shown)
	})
	return setting(words.T("Keep every photo on at least"), words.T("So many of your devices. Those that may take copies fetch what is missing by themselves. It holds on all your devices."), change)
}

// takes is what this device keeps by itself.
func (p *settingsPage) takes() fyne.CanvasObject {
	now := p.s.dev.Role()
	text := roleText(now)
	if now.Space > 0 {
		text = words.T("{{.Role}}, up to {{.Size}}", "Role", text, "Size", words.Bytes(now.Space))
	}
	change := look.NewButton(text+"…", "", look.Plain, func() { p.s.askRole(p.shown) })
	return setting(words.T("This computer keeps"), words.T("All photos, those that you save here, or also those that lack copies; and how much space they may take. What your choice does shows before it holds."), change)
}
