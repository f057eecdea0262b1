package ui

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// health is a check of all copies here, which a person can ask for.
func (p *settingsPage) health() fyne.CanvasObject {
	check := look.NewButton(words.T("Check now"), "", look.Plain, nil)
	check.OnTapped = func() {
		check.Disable()
		p.s.checkCopies(check.Enable)
	}
	if slices.ContainsFunc(p.s.dev.Activities(), func(a app.Activity) bool { return a.Kind == app.KindCheck && a.Running() }) {
		check.Disable()
	}
	return setting(words.T("Check the photos here"), words.T("Reads every copy on this computer. What has rotted or is gone comes again from another device. Paul also does this by itself, little by little."), check)
}

// checkCopies reads all copies here, has what is wrong put right, and tells what
// came of it.
func (s *shell) checkCopies(done func()) {
	s.toasts.show(words.T("Checking… Activity shows how it goes"), nil)
	var result app.CheckResult
	var troubles []app.Trouble
	s.goDo(func(ctx context.Context) (err error) {
		result, err = s.dev.Check(ctx, app.CheckOptions{ReadData: true, Repair: true}, func(p app.CheckProblem) {
			troubles = append(troubles, app.Trouble{Name: p.Name, Err: p.Err, Repaired: p.Repaired})
		})
		return err
	}, func(err error) {
		done()
		s.reload()
		switch {
		case err == nil:
			s.checked(result, troubles)
		case !cancelled(err):
			s.fail(words.T("The check stopped"), err)
		}
	})
}
