package look

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestNothingMovesWhenMotionIsReduced(t *testing.T) {
	test.NewTempApp(t)
	SetMotion(false)
	defer SetMotion(true)
	var at []float32
	Animate(time.Hour, func(p float32) { at = append(at, p) })()
	if len(at) != 1 || at[0] != 1 {
		t.Errorf("went through %v, want the end at once", at)
	}
}

func TestDensity(t *testing.T) {
	a := test.NewTempApp(t)
	a.Settings().SetTheme(Theme{})
	box := VBox(10, Space(20, 20), Space(20, 20))
	b := NewButton("Save", "", Plain, nil)
	if b.MinSize().Height != Control || box.MinSize().Height != 50 {
		t.Errorf("comfortable: a button of %v, rows of %v", b.MinSize().Height, box.MinSize().Height)
	}
	a.Settings().SetTheme(Theme{Compact: true})
	b.Refresh()
	if b.MinSize().Height != 30 || box.MinSize().Height != 46 {
		t.Errorf("compact: a button of %v, rows of %v", b.MinSize().Height, box.MinSize().Height)
	}
}

func TestButtonsCutTheirText(t *testing.T) {
	test.NewTempApp(t)
	b := NewButton("Remove from this computer", "remove", Plain, nil)
	w := test.NewTempWindow(t, b)
	w.SetPadded(false)
	whole := b.MinSize()
	b.Resize(fyne.NewSize(120, Control))
	label := test.WidgetRenderer(b).(*buttonRenderer).label
	if label.Text == b.Text() || label.Position().X < 0 || label.Position().X+label.MinSize().Width > 120 {
		t.Errorf("%q at %v in a button of 120", label.Text, label.Position())
	}
	if b.MinSize() != whole {
		t.Errorf("a cut button asks for %v, want %v", b.MinSize(), whole)
	}
	b.Resize(whole)
	if label.Text != b.Text() {
		t.Errorf("%q in a button that has room", label.Text)
	}
}
