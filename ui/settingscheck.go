package ui

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// checkParts is into how many parts a check divides the photos that is to take less
// time: in so many days all of them are read.
const checkParts = 10

// health is a check of the copies here, which a person can ask for, with how far it is.
type health struct {
	p      *settingsPage
	object fyne.CanvasObject
	what   *look.Select
	check  *look.Button
	stop   *look.Button
	state  *look.Text
}

func newHealth(p *settingsPage) *health {
	h := &health{p: p, state: look.NewCut("", look.SizeCaption, look.ColorSecondary)}
	h.what = look.NewSelect([]string{words.T("Read every photo"), words.T("Read a tenth of them"), words.T("Only look whether they are there")}, nil)
	h.what.SetSelectedIndex(0)
	h.check = look.NewButton(words.T("Check now"), "", look.Plain, func() {
		h.check.Disable()
		p.s.checkCopies(h.options())
	})
	h.stop = look.NewButton(words.T("Cancel"), "", look.Plain, func() {
		if a, running := h.running(); running && a.Cancel != nil {
			a.Cancel()
		}
	})
	row := setting(words.T("Check the photos here"), words.T("What has rotted or is gone comes again from another device. Paul also does this by itself, little by little."), look.HBox(8, look.Fixed(210, 0, h.what), h.check, h.stop))
	h.object = look.VBox(6, row, h.state)
	h.reload()
	return h
}

// options are what is to be checked.
func (h *health) options() app.CheckOptions {
	opts := app.CheckOptions{ReadData: h.what.SelectedIndex() != 2, Repair: true}
	if h.what.SelectedIndex() == 1 {
		opts.Part = app.Part{N: h.p.s.now().YearDay()%checkParts + 1, Of: checkParts}
	}
	return opts
}

// running is the check that runs now.
func (h *health) running() (app.Activity, bool) {
	acts := h.p.s.dev.Activities()
	i := slices.IndexFunc(acts, func(a app.Activity) bool { return a.Kind == app.KindCheck && a.Running() })
	if i < 0 {
		return app.Activity{}, false
	}
	return acts[i], true
}

// reload shows how far a check is, or what the last one found.
func (h *health) reload() {
	a, running := h.running()
	show(h.stop, running)
	show(h.check, !running)
	h.check.Enable()
	text := ""
	switch {
	case running:
		text = activityLine(a)
	default:
		for _, a := range h.p.s.dev.Activities() { // newest first
			if a.Kind == app.KindCheck && a.Err == nil {
				text = words.T("Checked {{.Ago}}: {{.Result}}", "Ago", words.Ago(h.p.s.now(), a.Ended), "Result", checkResult(a))
				break
			}
		}
	}
	h.state.Set(text)
	h.state.Hidden = text == ""
}

// checkResult says in short what a check has found.
func checkResult(a app.Activity) string {
	if text := noted(a); text != "" {
		return text
	}
	return words.T("all as it should be")
}

// checkCopies checks copies here, has what is wrong put right, and tells what came of
// it.
func (s *shell) checkCopies(opts app.CheckOptions) {
	s.toasts.show(words.T("Checking… Activity shows how it goes"), nil)
	var result app.CheckResult
	var troubles []app.Trouble
	s.goDo(func(ctx context.Context) (err error) {
		result, err = s.dev.Check(ctx, opts, func(p app.CheckProblem) {
			troubles = append(troubles, app.Trouble{Name: p.Name, Err: p.Err, Repaired: p.Repaired})
		})
		return err
	}, func(err error) {
		s.reload()
		switch {
		case err == nil:
			s.checked(opts, result, troubles)
		case !cancelled(err):
			s.fail(words.T("The check stopped"), err)
		}
	})
}
