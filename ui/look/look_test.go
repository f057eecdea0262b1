package look

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/assets"
)

func TestSymbolsAllDraw(t *testing.T) {
	test.NewTempApp(t)
	names := assets.Symbols()
	if len(names) < 40 {
		t.Fatalf("%d symbols", len(names))
	}
	for _, n := range names {
		i := NewIcon(n, theme.ColorNameForeground, 24)
		w := test.NewTempWindow(t, i)
		w.SetPadded(false)
		w.Resize(fyne.NewSize(24, 24))
		img, ground := w.Canvas().Capture(), 0
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				if img.At(x, y) == img.At(0, 0) {
					ground++
				}
			}
		}
		if ground == img.Bounds().Dx()*img.Bounds().Dy() {
			t.Errorf("symbol %s draws nothing", n)
		}
	}
}

func TestTextIsCutAndWrapped(t *testing.T) {
	test.NewTempApp(t)
	long := "A photograph of a mountain with a very long name.jpeg"
	c := NewCut(long, SizeBody, theme.ColorNameForeground)
	if got := c.cut(120); got == long || fyne.MeasureText(got, SizeBody, fyne.TextStyle{}).Width > 121 {
		t.Errorf("cut to 120 = %q", got)
	}
	if got := c.cut(5000); got != long {
		t.Errorf("cut of what fits = %q", got)
	}
	p := NewPara(long+"\n\nEnd", SizeBody, 120, theme.ColorNameForeground)
	lines := p.wrapped(120)
	if len(lines) < 5 || lines[len(lines)-1] != "End" || lines[len(lines)-2] != "" {
		t.Errorf("wrapped = %q", lines)
	}
	for _, l := range NewPara("Donaudampfschifffahrtsgesellschaft", SizeBody, 60, theme.ColorNameForeground).wrapped(60) {
		if fyne.MeasureText(l, SizeBody, fyne.TextStyle{}).Width > 61 {
			t.Errorf("line %q is too wide", l)
		}
	}
}

func TestButtonActs(t *testing.T) {
	test.NewTempApp(t)
	n := 0
	b := NewButton("Save", "save", Primary, func() { n++ })
	test.Tap(b)
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	b.Disable()
	test.Tap(b)
	if n != 2 {
		t.Errorf("acted %d times, want 2", n)
	}
}

func TestPathsBreakBetweenFolders(t *testing.T) {
	test.NewTempApp(t)
	p := NewPara("/home/mira/Pictures/Paul/2024/2024-08/IMG_3996.JPG", SizeCaption, 180, ColorSecondary)
	lines := p.wrapped(180)
	for i, l := range lines {
		if i < len(lines)-1 && !strings.HasSuffix(l, "/") {
			t.Errorf("line %d is %q, cut inside a name", i, l)
		}
	}
	if got := strings.Join(lines, ""); len(lines) < 2 || got != p.Text() {
		t.Errorf("%d lines make %q", len(lines), got)
	}
}
