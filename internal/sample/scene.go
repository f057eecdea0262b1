// Package sample draws made-up landscape photos, so that the demo and the
// tests have a library to show that is nobody's.
package sample

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
)

// palette is the light of one scene: colours from the top of the sky to its
// horizon, of the sun, and of the nearest ridge.
type palette struct{ zenith, horizon, sun, near [3]float64 }

var palettes = []palette{
	{rgb(0x2b, 0x5d, 0xa8), rgb(0xcf, 0xe3, 0xf2), rgb(0xff, 0xfb, 0xe8), rgb(0x1c, 0x3a, 0x33)}, // noon
	{rgb(0x2a, 0x2d, 0x64), rgb(0xff, 0xb0, 0x6b), rgb(0xff, 0xe2, 0xa6), rgb(0x2a, 0x1a, 0x2e)}, // sunset
	{rgb(0x5b, 0x7f, 0xa6), rgb(0xf6, 0xd9, 0xcf), rgb(0xff, 0xf4, 0xe4), rgb(0x2d, 0x3f, 0x4d)}, // morning mist
	{rgb(0x0b, 0x12, 0x2e), rgb(0x3c, 0x4f, 0x7d), rgb(0xf2, 0xf4, 0xff), rgb(0x06, 0x0a, 0x14)}, // moonlight
	{rgb(0x74, 0x9a, 0x9e), rgb(0xe9, 0xe4, 0xc9), rgb(0xff, 0xff, 0xf0), rgb(0x4a, 0x52, 0x24)}, // autumn
	{rgb(0x1f, 0x7a, 0x8c), rgb(0xe1, 0xf5, 0xe9), rgb(0xff, 0xff, 0xff), rgb(0x0d, 0x45, 0x42)}, // lagoon
	{rgb(0x6a, 0x3d, 0x7c), rgb(0xfa, 0x9c, 0x8c), rgb(0xff, 0xd6, 0xc2), rgb(0x2c, 0x12, 0x38)}, // dusk
}

func rgb(r, g, b float64) [3]float64 { return [3]float64{r, g, b} }

// Scene draws the landscape that belongs to seed, w by h pixels. The same seed
// and size give the same pixels.
func Scene(seed uint64, w, h int) *image.RGBA {
	rng := rand.New(rand.NewPCG(seed, 7))
	p := palettes[rng.IntN(len(palettes))]
	s := scene{w: w, h: h, palette: p, img: image.NewRGBA(image.Rect(0, 0, w, h))}
	s.horizon = float64(h) * (0.45 + 0.25*rng.Float64())
	s.sunX, s.sunY = float64(w)*(0.15+0.7*rng.Float64()), s.horizon*(0.25+0.6*rng.Float64())
	s.sunR = float64(min(w, h)) * (0.025 + 0.04*rng.Float64())
	s.sky(rng)
	ridges := 3 + rng.IntN(3)
	for i := range ridges {
		s.ridge(rng, float64(i+1)/float64(ridges))
	}
	if rng.IntN(2) == 0 {
		s.water(rng)
	}
	return s.img
}

type scene struct {
	palette
	img              *image.RGBA
	w, h             int
	horizon          float64
	sunX, sunY, sunR float64
}

func (s *scene) set(x, y int, c [3]float64) {
	s.img.SetRGBA(x, y, color.RGBA{clamp(c[0]), clamp(c[1]), clamp(c[2]), 255})
}

// sky fills the picture with the gradient, the sun and its glow, and a film of
// cloud.
func (s *scene) sky(rng *rand.Rand) {
	cloud, cover := newNoise(rng), 0.25+0.5*rng.Float64()
	for y := range s.h {
		base := mix(s.zenith, s.palette.horizon, math.Pow(min(1, float64(y)/s.horizon), 1.4))
		for x := range s.w {
			d := math.Hypot(float64(x)-s.sunX, float64(y)-s.sunY) / s.sunR
			c := mix(base, s.sun, min(1, 0.9*math.Exp(-d/6)))
			u, v := float64(x)/float64(s.h), float64(y)/float64(s.h)
			if f := cloud.fractal(u*3, v*9) - (1 - cover); f > 0 {
				c = mix(c, mix(s.palette.horizon, rgb(255, 255, 255), 0.5), min(0.75, f*2))
			}
			if d < 1 {
				c = mix(c, s.sun, smooth((1-d)*6))
			}
			s.set(x, y, c)
		}
	}
}

// ridge draws one line of hills; depth runs from just over 0 (far, hazy) to 1
// (near, dark, with trees).
func (s *scene) ridge(rng *rand.Rand, depth float64) {
	line, grain := newNoise(rng), newNoise(rng)
	base := s.horizon + (float64(s.h)-s.horizon)*(depth-0.35)*0.9
	swing := float64(s.h) * (0.34 - 0.2*depth)
	far := mix(s.palette.horizon, s.zenith, 0.25)
	for x := range s.w {
		u := float64(x) / float64(s.h)
		top := base - swing*(line.fractal(u*(1.2+2*depth), depth*9)-0.35)
		if depth > 0.7 { // a fringe of trees
			top -= float64(s.h) * 0.03 * math.Pow(grain.at(u*70, 3), 2) * (depth - 0.5) * 2
		}
		for y := max(0, int(top)); y < s.h; y++ {
			v := float64(y) / float64(s.h)
			c := mix(far, s.near, math.Pow(depth, 0.8))
			c = mix(c, s.palette.horizon, 0.35*(1-depth)*min(1, (float64(y)-top)/(swing+1)))
			shade := 1 + (grain.fractal(u*14, v*14)-0.5)*0.5*depth
			s.set(x, y, [3]float64{c[0] * shade, c[1] * shade, c[2] * shade})
		}
	}
}

// water turns the lowest part of the picture into a lake that mirrors what
// stands above it.
func (s *scene) water(rng *rand.Rand) {
	ripple := newNoise(rng)
	shore := int(float64(s.h) * (0.72 + 0.12*rng.Float64()))
	for y := shore; y < s.h; y++ {
		depth := float64(y-shore) / float64(s.h-shore)
		for x := range s.w {
			u, v := float64(x)/float64(s.h), float64(y)/float64(s.h)
			bend := (ripple.at(u*9, v*90) - 0.5) * (4 + 30*depth)
			from := min(max(0, 2*shore-y-int(bend)), s.h-1)
			c := s.img.RGBAAt(min(max(0, x+int(bend/2)), s.w-1), from)
			tint := mix(s.zenith, s.palette.horizon, 0.5)
			s.set(x, y, mix([3]float64{float64(c.R), float64(c.G), float64(c.B)}, tint, 0.25+0.2*depth))
		}
	}
}

func clamp(v float64) uint8        { return uint8(min(255, max(0, v))) }
func smooth(t float64) float64     { t = min(1, max(0, t)); return t * t * (3 - 2*t) }
func lerp(a, b, t float64) float64 { return a + (b-a)*t }

func mix(a, b [3]float64, t float64) [3]float64 {
	return [3]float64{lerp(a[0], b[0], t), lerp(a[1], b[1], t), lerp(a[2], b[2], t)}
}

// noise is value noise on a lattice of random heights.
type noise struct{ height [256]float64 }

func newNoise(rng *rand.Rand) *noise {
	n := new(noise)
	for i := range n.height {
		n.height[i] = rng.Float64()
	}
	return n
}

// at returns the height at a point, from 0 to 1.
func (n *noise) at(x, y float64) float64 {
	xi, yi := math.Floor(x), math.Floor(y)
	fx, fy := smooth(x-xi), smooth(y-yi)
	i, j := int(xi), int(yi)
	return lerp(lerp(n.cell(i, j), n.cell(i+1, j), fx), lerp(n.cell(i, j+1), n.cell(i+1, j+1), fx), fy)
}

func (n *noise) cell(i, j int) float64 { return n.height[uint8(i*73+j*151+(i*j)%29)] }

// fractal sums four octaves of the noise; it too runs from 0 to 1.
func (n *noise) fractal(x, y float64) float64 {
	sum, weight := 0.0, 0.5
	for range 4 {
		sum += weight * n.at(x, y)
		x, y, weight = x*2.03, y*2.03, weight/2
	}
	return sum / 0.9375
}
