package testphoto

import (
	"fmt"
	"image"
	"image/color"
)

// tolerance is how far a channel may be off after coding, of 255.
const tolerance = 40

// Check reports in what m differs from a [Picture] of any size that is upright. It
// looks at 16 points.
func Check(m image.Image) error {
	return check(m, func(c color.RGBA) [3]int { return [3]int{int(c.R), int(c.G), int(c.B)} })
}

// CheckGrey is [Check] of a picture without colours.
func CheckGrey(m image.Image) error {
	return check(m, func(c color.RGBA) [3]int {
		y := int(color.GrayModel.Convert(c).(color.Gray).Y)
		return [3]int{y, y, y}
	})
}

func check(m image.Image, of func(color.RGBA) [3]int) error {
	b := m.Bounds()
	for i := range 16 {
		x, y := b.Min.X+b.Dx()*(1+2*(i%4))/8, b.Min.Y+b.Dy()*(1+2*(i/4))/8
		want := of(corners[quarter(i%4, i/4, 4, 4)])
		r, g, bl, _ := m.At(x, y).RGBA()
		for j, got := range [3]int{int(r >> 8), int(g >> 8), int(bl >> 8)} {
			if d := got - want[j]; d > tolerance || d < -tolerance {
				return fmt.Errorf("at %d, %d of %v, channel %d: %d, want about %d", x, y, b.Size(), j, got, want[j])
			}
		}
	}
	return nil
}
