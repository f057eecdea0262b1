package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/libpaul/paul/assets"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// NotThere tells a person, in a window of its own, that the library folder was not there
// when the program started, until it is closed or ctx ends. It must be called on the main
// goroutine, once. again tells that the person wants the program to start anew.
func NotThere(ctx context.Context, fyneApp fyne.App, err error) (again bool) {
	_ = words.Use("") // of the system; else the texts are English
	fyneApp.Settings().SetTheme(look.Theme{})
	fyneApp.SetIcon(fyne.NewStaticResource("paul.png", assets.Icon))
	win := fyneApp.NewWindow("Paul")
	win.SetMaster()
	win.Resize(fyne.NewSize(560, 300))
	win.CenterOnScreen()
	tellNotThere(win, err, func() {
		again = true
		win.Close()
	}, win.Close)
	stop := context.AfterFunc(ctx, fyneApp.Driver().Quit)
	defer stop()
	win.ShowAndRun()
	return again
}

// tellNotThere says in a window that the library folder is not there, and what to do.
func tellNotThere(win fyne.Window, err error, again, quit func()) {
	p := words.Explain(err)
	retry := look.NewButton(words.T("Try again"), "", look.Primary, again)
	text := p.What + " " + p.Do + "\n\n" + sentence(err.Error())
	box := look.VBox(0,
		dialogHead("warning", look.ColorRisk, look.ColorRiskSoft, words.T("Your photos are not there yet"), text),
		buttons(look.NewButton(words.T("Quit"), "", look.Plain, quit), retry))
	win.SetContent(container.NewStack(look.NewSurface("background", "", 0), look.PadAll(24, box)))
	win.Canvas().SetOnTypedKey(func(e *fyne.KeyEvent) {
		if e.Name == fyne.KeyEscape {
			quit()
		}
	})
	win.Canvas().Focus(retry)
}
