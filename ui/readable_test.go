package ui

import (
	"image/color"
	"math"
	"strings"
	"testing"

	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/ui/look"
)

// luminance is the relative luminance of WCAG 2.1.
func luminance(c color.NRGBA) float64 {
	lin := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(c.R) + 0.7152*lin(c.G) + 0.0722*lin(c.B)
}

func contrast(a, b color.NRGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// blend lays a colour that may let light through on an opaque one.
func blend(on, c color.NRGBA) color.NRGBA {
	m := func(x, y uint8) uint8 { return uint8((int(x)*(255-int(c.A)) + int(y)*int(c.A)) / 255) }
	return color.NRGBA{R: m(on.R, c.R), G: m(on.G, c.G), B: m(on.B, c.B), A: 255}
}

// under is the colour at a point, of what was drawn before; a picture counts as
// of the given colour.
func under(before []painted, x, y float32, picture color.NRGBA) color.NRGBA {
	ground := color.NRGBA{A: 255}
	for _, p := range before {
		if !p.at.cut(p.clip).holds(x, y) {
			continue
		}
		if c, ok := filled(p.o); ok {
			ground = blend(ground, c)
		} else if _, ok := p.o.(*canvas.Image); ok {
			ground = picture
		}
	}
	return ground
}

// TestEveryTextIsReadable measures the contrast of each text on each screen
// with what lies under it, in both themes: 4.5:1, but for what is disabled.
func TestEveryTextIsReadable(t *testing.T) {
	for _, name := range []string{"light", "dark"} {
		onEachScreen(t, name, large, func(t *testing.T, _ string, r *rig) {
			t.Helper()
			layers := r.painted()
			var before []painted
			for _, l := range layers[:len(layers)-1] {
				before = append(before, l...)
			}
			disabled := color.NRGBAModel.Convert(look.Color(theme.ColorNameDisabled))
			for i, p := range layers[len(layers)-1] {
				text, ok := p.o.(*canvas.Text)
				if !ok || strings.TrimSpace(text.Text) == "" || color.NRGBAModel.Convert(text.Color) == disabled {
					continue
				}
				at := ink(p).cut(p.clip)
				if at.empty() {
					continue
				}
				drawn := append(before[:len(before):len(before)], layers[len(layers)-1][:i]...)
				for _, picture := range []color.NRGBA{{A: 255}, {R: 255, G: 255, B: 255, A: 255}} {
					ground := under(drawn, (at.left+at.right)/2, (at.top+at.bottom)/2, picture)
					c := blend(ground, color.NRGBAModel.Convert(text.Color).(color.NRGBA))
					if got := contrast(c, ground); got < 4.5 {
						t.Errorf("%q at %v has contrast %.2f: %v on %v", text.Text, at, got, c, ground)
					}
				}
			}
		})
	}
}
