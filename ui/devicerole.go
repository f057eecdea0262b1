package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// spaces are the limits to choose from, in bytes; 0 = none.
var spaces = []int64{0, 20e9, 50e9, 100e9, 200e9, 500e9, 1e12, 2e12}

// roleText names what a device keeps by itself.
func roleText(r app.Role) string {
	switch {
	case r.Everything:
		return words.T("Every photo")
	case r.Helps:
		return words.T("Also what lacks copies")
	default:
		return words.T("What I save here")
	}
}

// spaceText names a limit.
func spaceText(space int64) string {
	if space == 0 {
		return words.T("No limit")
	}
	return words.Bytes(space)
}

// askRole lets a person choose what this computer keeps, and shows before what that
// leads to. kept is called once the choice holds.
func (s *shell) askRole(kept func()) {
	role := s.dev.Role()
	role.Helps = role.Helps && !role.Everything
	roles := []app.Role{{}, {Helps: true}, {Everything: true}}
	limits := slices.Clone(spaces)
	if i, known := slices.BinarySearch(limits, role.Space); !known {
		limits = slices.Insert(limits, i, role.Space)
	}
	m := s.newModal(dialogWidth)
	preview := look.NewPara(words.T("Looking…"), look.SizeBody, dialogWidth, theme.ColorNameForeground)
	plan := func() {
		asked := role
		var p app.Plan
		s.goDo(func(context.Context) error {
			p = s.dev.Plan(asked)
			return nil
		}, func(error) {
			if m.open && asked == role { // else another one was chosen meanwhile
				preview.Set(strings.Join(words.Plan(p, s.self), "\n"))
				m.layOut()
			}
		})
	}
	keeps := newKeySelect(nil, m.hide)
	for _, r := range roles {
		keeps.Options = append(keeps.Options, roleText(r))
	}
	keeps.SetSelectedIndex(slices.Index(roles, app.Role{Everything: role.Everything, Helps: role.Helps}))
	keeps.OnChanged = func(string) {
		r := roles[keeps.SelectedIndex()]
		role.Everything, role.Helps = r.Everything, r.Helps
		plan()
	}
	space := newKeySelect(nil, m.hide)
	for _, v := range limits {
		space.Options = append(space.Options, spaceText(v))
	}
	space.SetSelectedIndex(slices.Index(limits, role.Space))
	space.OnChanged = func(string) {
		role.Space = limits[space.SelectedIndex()]
		plan()
	}
	apply := look.NewButton(words.T("Apply"), "", look.Primary, func() {
		m.hide()
		s.setRole(role, kept)
	})
	m.set(look.VBox(14,
		look.NewPara(words.T("What this computer keeps"), look.SizeTitle, dialogWidth, theme.ColorNameForeground).Bold(),
		setting(words.T("This computer keeps"), words.T("A photo lacks copies while it is on fewer devices than you ask for."), look.Fixed(190, 0, keeps)),
		setting(words.T("Space for photos"), words.T("Beyond it the oldest go to the trash here. A last copy always stays."), look.Fixed(190, 0, space)),
		look.Line(),
		look.VBox(4, look.NewText(words.T("What that does now"), look.SizeCaption, look.ColorSecondary).Bold(), preview),
		buttons(look.NewButton(words.T("Cancel"), "", look.Plain, m.hide), apply)), apply)
	m.show()
	plan()
}

func (s *shell) setRole(role app.Role, kept func()) {
	var dropped app.Dropped
	s.goDo(func(ctx context.Context) (err error) {
		dropped, err = s.dev.SetRole(ctx, role)
		return err
	}, func(err error) {
		s.reload()
		switch {
		case err != nil:
			s.fail(words.T("The setting was not changed"), err)
			return
		case dropped.Files > 0:
			s.toasts.show(words.N("{{.N}} photos, {{.Size}}, are no longer fetched", dropped.Files, "Size", words.Bytes(dropped.Bytes)), nil)
		}
		kept()
	})
}
