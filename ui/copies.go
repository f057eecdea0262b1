package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

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
	roles := []app.Role{{}, {Helps: true}, {Everything: true}}
	sel := widget.NewSelect([]string{words.T("What I save here"), words.T("Also what lacks copies"), words.T("Every photo")}, nil)
	sel.SetSelectedIndex(slices.Index(roles, app.Role{Everything: now.Everything, Helps: now.Helps && !now.Everything}))
	sel.OnChanged = func(string) {
		role := roles[sel.SelectedIndex()]
		role.Space = p.s.dev.Role().Space
		p.setRole(role)
	}
	return setting(words.T("This computer keeps"), words.T("A photo lacks copies while it is on fewer devices than you ask for below."), look.Fixed(210, 0, sel))
}

// spaces are the limits to choose from, in bytes; 0 = none.
var spaces = []int64{0, 20e9, 50e9, 100e9, 200e9, 500e9, 1e12, 2e12}

// space is how much this device's copies may take.
func (p *settingsPage) space() fyne.CanvasObject {
	now := p.s.dev.Role().Space
	values := slices.Clone(spaces)
	if i, known := slices.BinarySearch(values, now); !known {
		values = slices.Insert(values, i, now)
	}
	texts := []string{words.T("No limit")}
	for _, v := range values[1:] {
		texts = append(texts, words.Bytes(v))
	}
	sel := widget.NewSelect(texts, nil)
	sel.SetSelectedIndex(slices.Index(values, now))
	sel.OnChanged = func(string) { p.limitSpace(values[sel.SelectedIndex()]) }
	return setting(words.T("Space for photos"), words.T("Beyond it the oldest go to the trash here, each once other devices have proved their copies. A last copy always stays."), look.Fixed(170, 0, sel))
}

// limitSpace sets a limit; where photos leave this computer by that, it asks first.
func (p *settingsPage) limitSpace(space int64) {
	role := p.s.dev.Role()
	role.Space = space
	set := func() { p.setRole(role) }
	var plan app.Plan
	p.s.goDo(func(context.Context) error {
		plan = p.s.dev.Plan(role)
		return nil
	}, func(error) {
		if plan.Free == 0 {
			set()
			return
		}
		m := p.s.ask(question{
			symbol: "remove", title: words.T("Keep at most {{.Size}} here?", "Size", words.Bytes(space)),
			text: words.N("{{.N}} photos, {{.Size}}, are removed from this computer, the oldest first, each once other devices have proved their copies.", plan.Free, "Size", words.Bytes(plan.FreeBytes)),
			yes:  words.T("Limit the space"), no: words.T("Cancel"), do: set,
		})
		m.closed = p.shown // which shows what holds
	})
}

func (p *settingsPage) setRole(role app.Role) {
	var dropped app.Dropped
	p.s.goDo(func(ctx context.Context) (err error) {
		dropped, err = p.s.dev.SetRole(ctx, role)
		return err
	}, func(err error) {
		switch {
		case err != nil:
			p.s.fail(words.T("The setting was not changed"), err)
		case dropped.Files > 0:
			p.s.toasts.show(words.N("{{.N}} photos, {{.Size}}, are no longer fetched", dropped.Files, "Size", words.Bytes(dropped.Bytes)), nil)
		}
		p.s.reload()
		p.shown()
	})
}
