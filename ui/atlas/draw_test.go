package atlas

import (
	"fmt"
	"image/color"
	"math/rand/v2"
	"testing"
)

var testColours = colours{color.RGBA{0xDC, 0xE6, 0xF0, 0xFF}, color.RGBA{0xF6, 0xF5, 0xF1, 0xFF}, color.RGBA{0xCF, 0xCD, 0xC6, 0xFF}}

func BenchmarkPicture(b *testing.B) {
	outlines()
	for _, c := range []struct {
		name  string
		world float64
	}{{"world", 1280}, {"europe", 8000}, {"town", 1 << 20}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				picture(project(50, 10), c.world, 1920, 1200, testColours)
			}
		})
	}
}

func BenchmarkClusters(b *testing.B) {
	places := somePlaces(100_000)
	for _, level := range []int{2, 6, 13} {
		b.Run(fmt.Sprint("level ", level), func(b *testing.B) {
			p := NewPoints(places)
			for b.Loop() {
				p.group(level)
			}
		})
	}
}

// somePlaces are places of n photos, mostly near the one before.
func somePlaces(n int) []Point {
	r := rand.New(rand.NewPCG(1, 2))
	places := make([]Point, n)
	for i := range places {
		if i%50 == 0 {
			places[i] = Point{r.Float64()*120 - 50, r.Float64()*340 - 170}
		} else {
			places[i] = Point{places[i-1].Lat + r.NormFloat64()/100, places[i-1].Lon + r.NormFloat64()/100}
		}
	}
	return places
}
