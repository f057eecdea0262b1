package ui

import (
	"runtime"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/libpaul/paul/ui/look"
)

func TestTheToolkitHoldsStillToo(t *testing.T) {
	if runtime.GOOS == "darwin" {
		t.Skip("the toolkit wants its own app")
	}
	a := test.NewTempApp(t)
	t.Cleanup(func() { look.SetMotion(true) })
	calm(a)
	moves := a.Settings().ShowAnimations()
	look.SetMotion(false)
	if fyne.CurrentApp().Settings().ShowAnimations() {
		t.Error("widgets of the toolkit move")
	}
	look.SetMotion(true)
	if got := fyne.CurrentApp().Settings().ShowAnimations(); got != moves {
		t.Errorf("with motion widgets of the toolkit move: %v, want %v", got, moves)
	}
}
