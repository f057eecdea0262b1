package ui

import (
	"runtime"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/ui/look"
)

// calmApp is the toolkit's app, whose widgets move only while things may: the
// toolkit itself asks the settings that all of its programs share.
type calmApp struct{ fyne.App }

// Settings implements [fyne.App].
func (a calmApp) Settings() fyne.Settings { return calmSettings{a.App.Settings()} }

type calmSettings struct{ fyne.Settings }

// ShowAnimations implements [fyne.Settings].
func (s calmSettings) ShowAnimations() bool { return look.Motion() && s.Settings.ShowAnimations() }

// calm makes the toolkit's widgets ask whether things may move. On macOS the
// toolkit wants its own app there, and its widgets move on.
func calm(a fyne.App) {
	if runtime.GOOS != "darwin" {
		fyne.SetCurrentApp(calmApp{a})
	}
}
