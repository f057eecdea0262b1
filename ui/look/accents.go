package look

import (
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// accents are the colours that mark what is chosen, by their names in the
// settings; "" is the first that a person sees.
var accents = map[string]pair{
	"":         {rgb(0x4A4FD8), rgb(0x9AA2FF)},
	"blue":     {rgb(0x0B62CC), rgb(0x7FB5FF)},
	"teal":     {rgb(0x0B6E75), rgb(0x5CC9D1)},
	"green":    {rgb(0x23723A), rgb(0x7CCB8C)},
	"amber":    {rgb(0x8F5200), rgb(0xF0B35A)},
	"rose":     {rgb(0xBC2A62), rgb(0xFF93B8)},
	"graphite": {rgb(0x4D5563), rgb(0xB4BCCB)},
}

// accented gives the colours that are made of an accent, and ok for such a
// name only.
func accented(name fyne.ThemeColorName, accent string, dark bool) (c color.NRGBA, ok bool) {
	p, known := accents[accent]
	if !known {
		p = accents[""]
	}
	c, ground := p.light, palette[theme.ColorNameBackground].light
	if dark {
		c, ground = p.dark, palette[theme.ColorNameBackground].dark
	}
	switch name {
	case theme.ColorNamePrimary, theme.ColorNameHyperlink:
		return c, true
	case theme.ColorNameFocus:
		return focus(c, dark), true
	case theme.ColorNameSelection:
		return faded(c, dark), true
	case ColorSoft:
		return mix(c, ground, softly(dark)), true
	case ColorToastLink:
		return mix(p.dark, rgb(0xFFFFFF), 0.72), true
	}
	return color.NRGBA{}, false
}

// softly is how much of an accent is in its thinned colour.
func softly(dark bool) float64 {
	if dark {
		return 0.20
	}
	return 0.13
}

// faded is an accent that lets through what lies under it.
func faded(c color.NRGBA, dark bool) color.NRGBA {
	c.A = 0x38
	if dark {
		c.A = 0x48
	}
	return c
}

// focus is the ground of a field that has the keyboard: as much of the accent
// as tells it from its surroundings, and as little as leaves its text readable.
func focus(c color.NRGBA, dark bool) color.NRGBA {
	ground, want := palette[theme.ColorNameInputBackground].light, 0.237
	if dark {
		ground, want = palette[theme.ColorNameInputBackground].dark, 0.143
	}
	lo, hi := 0.0, 1.0 // how much of the accent
	for range 12 {
		mid := (lo + hi) / 2
		if more := luminance(mix(c, ground, mid)) < want; more == dark {
			lo = mid
		} else {
			hi = mid
		}
	}
	return mix(c, ground, hi)
}

// mix is part of a and the rest of b, both opaque.
func mix(a, b color.NRGBA, part float64) color.NRGBA {
	m := func(x, y uint8) uint8 { return uint8(math.Round(float64(x)*part + float64(y)*(1-part))) }
	return color.NRGBA{R: m(a.R, b.R), G: m(a.G, b.G), B: m(a.B, b.B), A: 255}
}

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
