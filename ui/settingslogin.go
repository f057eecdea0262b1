package ui

import (
	"context"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/internal/autostart"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// login has the system start the program when the person logs in; an
// autostart.Program is one.
type login interface {
	Enabled() (bool, error)
	Enable() error
	Disable() error
}

// atLoginOf is the program that the system may start by a command.
func atLoginOf(id string, command []string) login {
	if len(command) == 0 {
		return nil
	}
	return autostart.Program{ID: id, Name: "Paul", Command: command}
}

// atLogin is a setting of the system, not of the device. It is nil where it is not
// known how the program was started.
func (p *settingsPage) atLogin() fyne.CanvasObject {
	if p.s.login == nil {
		return nil
	}
	c := look.NewCheck("", nil)
	now, err := p.s.login.Enabled()
	text := words.T("Paul opens when you log in to this computer, so that your other devices find it.")
	if err != nil {
		text += " " + words.T("It is not known whether it does now: {{.Error}}", "Error", err.Error())
	}
	c.SetChecked(now)
	c.OnChanged = func(on bool) {
		p.s.goDo(func(context.Context) error {
			if on {
				return p.s.login.Enable()
			}
			return p.s.login.Disable()
		}, func(err error) {
			if err != nil {
				p.s.fail(words.T("The setting was not changed"), err)
			}
			p.shown()
		})
	}
	return setting(words.T("Start at login"), text, c)
}

// notifying is whether the desktop tells what a person should hear.
func (p *settingsPage) notifying() fyne.CanvasObject {
	return p.check(words.T("Notifications"), words.T("The desktop tells you when an import is done while you do something else, when deletions by another device wait for you, when the disk is full, and when photos had rotted."),
		p.set.Notify, func(set *app.Settings, on bool) { set.Notify = on })
}
