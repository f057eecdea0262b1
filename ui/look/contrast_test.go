package look

import (
	"image/color"
	"maps"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// contrast is the contrast ratio of WCAG 2.1.
func contrast(a, b color.NRGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// over is what is seen of a colour that lies on others, the lowest first.
func over(colours ...color.NRGBA) color.NRGBA {
	c := colours[0]
	for _, o := range colours[1:] {
		part := float64(o.A) / 255
		o.A = 255
		c = mix(o, c, part)
	}
	return c
}

// Least contrasts of WCAG AA: of text, and of what must be seen but is none.
const (
	readable = 4.5
	visible  = 3
)

// seen is something that is drawn on grounds, of which the last may let the
// others through. Where an accent has a part in it, it holds for each.
type seen struct {
	least  float64
	what   fyne.ThemeColorName
	ground []fyne.ThemeColorName
}

// whitePhoto stands for the brightest picture.
const whitePhoto fyne.ThemeColorName = "whitePhoto"

func pairs() (all []seen) {
	on := func(least float64, what fyne.ThemeColorName, grounds ...fyne.ThemeColorName) {
		for _, g := range grounds {
			all = append(all, seen{least, what, []fyne.ThemeColorName{g}})
		}
	}
	both := func(least float64, what, ground, over fyne.ThemeColorName) {
		all = append(all, seen{least, what, []fyne.ThemeColorName{ground, over}})
	}
	plain := []fyne.ThemeColorName{
		theme.ColorNameBackground, theme.ColorNameOverlayBackground, theme.ColorNameMenuBackground, theme.ColorNameHeaderBackground,
		ColorSidebar, ColorSurface,
	}
	on(readable, theme.ColorNameForeground, append(plain, ColorSoft, ColorSafeSoft, ColorRiskSoft, ColorSkeleton,
		theme.ColorNameButton, theme.ColorNameInputBackground, theme.ColorNameFocus)...)
	on(readable, ColorSecondary, append(plain, ColorSoft, ColorSafeSoft, ColorRiskSoft, ColorSkeleton)...)
	for _, what := range []fyne.ThemeColorName{
		theme.ColorNamePrimary, theme.ColorNameHyperlink, theme.ColorNameError, theme.ColorNameSuccess, theme.ColorNameWarning, ColorSafe, ColorRisk,
	} {
		on(readable, what, plain...)
	}
	on(readable, theme.ColorNamePrimary, ColorSoft)
	on(readable, theme.ColorNamePlaceHolder, theme.ColorNameInputBackground, theme.ColorNameBackground)
	on(readable, theme.ColorNameForegroundOnPrimary, theme.ColorNamePrimary)
	on(readable, theme.ColorNameForegroundOnError, theme.ColorNameError)
	on(readable, theme.ColorNameForegroundOnSuccess, theme.ColorNameSuccess)
	on(readable, theme.ColorNameForegroundOnWarning, theme.ColorNameWarning)
	on(readable, ColorSafe, ColorSafeSoft)
	on(readable, ColorRisk, ColorRiskSoft)
	on(readable, ColorOnToast, ColorToast)
	on(readable, ColorToastLink, ColorToast)
	on(readable, ColorOnStage, ColorStage)
	on(readable, ColorOnStage2, ColorStage)
	for _, over := range []fyne.ThemeColorName{theme.ColorNameHover, theme.ColorNamePressed} {
		both(readable, theme.ColorNameForeground, theme.ColorNameButton, over)
		both(readable, theme.ColorNameForeground, ColorSidebar, over)
		both(readable, theme.ColorNameForeground, theme.ColorNameMenuBackground, over)
		both(readable, theme.ColorNameForegroundOnPrimary, theme.ColorNamePrimary, over)
		both(readable, theme.ColorNameForegroundOnError, theme.ColorNameError, over)
	}
	both(readable, theme.ColorNameForeground, theme.ColorNameInputBackground, theme.ColorNameSelection)
	both(readable, ColorOnStage, whitePhoto, ColorStageBar)
	both(readable, ColorOnStage2, whitePhoto, ColorStageBar)
	both(readable, ColorOnStage, whitePhoto, ColorBadge)
	both(visible, ColorOnRisk, whitePhoto, ColorBadge)
	both(visible, ColorToastLink, whitePhoto, ColorBadge) // how much of a photo has come
	both(visible, ColorHeart, whitePhoto, ColorStageBar)
	on(visible, theme.ColorNamePrimary, ColorSoft, theme.ColorNameButton, theme.ColorNameInputBackground) // rings of the focus
	on(visible, theme.ColorNameFocus, plain...)
	on(visible, theme.ColorNameInputBorder, theme.ColorNameBackground, theme.ColorNameOverlayBackground, ColorSurface)
	both(visible, theme.ColorNameScrollBar, theme.ColorNameBackground, theme.ColorNameScrollBar)
	return all
}

// TestContrastMeetsAA holds every text to 4.5:1 and every symbol and ring to
// 3:1, on each ground that it is drawn on; what is disabled is excepted there.
func TestContrastMeetsAA(t *testing.T) {
	t.Parallel()
	for _, accent := range slices.Sorted(maps.Keys(accents)) {
		for _, name := range []string{"light", "dark"} {
			th := Theme{Name: name, Accent: accent}
			colour := func(n fyne.ThemeColorName) color.NRGBA {
				if n == whitePhoto {
					return rgb(0xFFFFFF)
				}
				return th.Color(n, 0).(color.NRGBA)
			}
			for _, p := range pairs() {
				grounds := make([]color.NRGBA, len(p.ground))
				for i, g := range p.ground {
					grounds[i] = colour(g)
				}
				ground := over(grounds...)
				what := colour(p.what)
				if p.what == theme.ColorNameScrollBar {
					what, ground = over(grounds[0], what), grounds[0]
				}
				if got := contrast(what, ground); got < p.least {
					t.Errorf("%s, accent %q: %s on %v has contrast %.2f, want %.1f", name, accent, p.what, p.ground, got, p.least)
				}
			}
		}
	}
}
