package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
)

// selectOf finds the choice that offers a text.
func (r *rig) selectOf(text string) *look.Select {
	r.t.Helper()
	var found *look.Select
	walk(r.win.Canvas().Content(), func(o fyne.CanvasObject) {
		if sel, ok := o.(*look.Select); ok {
			for _, t := range sel.Options {
				if t == text {
					found = sel
				}
			}
		}
	})
	if found == nil {
		r.t.Fatalf("nothing offers %q:\n%s", text, r.texts())
	}
	return found
}

func TestLookIsChosenInSettingsAndHoldsAtOnce(t *testing.T) {
	t.Cleanup(func() { look.SetMotion(true) })
	f := newFake(5)
	f.settings.Theme = "light"
	r := newRig(t, f, large)
	r.open("settings")
	primary := r.fyne.Settings().Theme().Color(theme.ColorNamePrimary, 0)
	r.selectOf("Teal").SetSelected("Teal")
	r.until("another accent", func() bool { return r.fyne.Settings().Theme().Color(theme.ColorNamePrimary, 0) != primary })
	r.selectOf("Compact").SetSelected("Compact")
	r.until("smaller buttons", func() bool { return look.ControlHeight() < look.Control })
	r.selectOf("Off").SetSelected("On")
	r.until("stillness", func() bool { return !look.Motion() })
	r.selectOf("Deutsch").SetSelected("Deutsch")
	r.until("the language", func() bool { return r.dev.Settings().Language == "de" })
	r.selectOf("75 %").SetSelected("75 %")
	r.until("the size", func() bool { return r.scale == 0.75 })
	want := app.Settings{Accent: "teal", Density: "compact", ReduceMotion: "on", Language: "de", Theme: "light", Scale: 0.75}
	got := r.dev.Settings()
	if got.Accent != want.Accent || got.Density != want.Density || got.ReduceMotion != want.ReduceMotion || got.Theme != want.Theme {
		t.Errorf("kept %+v", got)
	}
}

func TestMotionFollowsTheSystemUnlessSaidOtherwise(t *testing.T) {
	t.Cleanup(func() { look.SetMotion(true) })
	r := newRig(t, newFake(1), large)
	for _, test := range []struct {
		set  string
		calm bool
		want bool
	}{
		{"", false, true},
		{"", true, false},
		{"on", false, false},
		{"off", true, true},
	} {
		r.calm = test.calm
		r.applyLook(app.Settings{ReduceMotion: test.set})
		if got := look.Motion(); got != test.want {
			t.Errorf("set to %q, and the system calm: %v: moves %v", test.set, test.calm, got)
		}
	}
}
