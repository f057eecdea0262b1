// Package sample draws made-up photographs, so that screens can be tested and
// shown without anybody's pictures.
package sample

import (
	"image"
	"math"
	"math/rand/v2"
)

// Aspects are the shapes of the made-up photos, width through height.
var Aspects = []float32{1.5, 1.333, 0.75, 1.5, 0.667, 1.778, 1, 1.5}

// Aspect returns the shape of photo n.
func Aspect(n int) float32 { return Aspects[(n*7+n/5)%len(Aspects)] }

type rgb struct{ r, g, b float64 }

func (c rgb) mix(d rgb, t float64) rgb {
	t = min(max(t, 0), 1)
	return rgb{c.r + (d.r-c.r)*t, c.g + (d.g-c.g)*t, c.b + (d.b-c.b)*t}
}

// a scene's light: sky from top to horizon, the sun, near and far ground.
type scene struct{ top, low, sun, far, near rgb }

var scenes = []scene{
	{rgb{52, 92, 168}, rgb{247, 196, 140}, rgb{255, 240, 205}, rgb{122, 110, 160}, rgb{42, 48, 84}},    // dawn
	{rgb{66, 140, 214}, rgb{214, 234, 246}, rgb{255, 255, 245}, rgb{120, 158, 170}, rgb{46, 92, 62}},   // noon
	{rgb{88, 50, 112}, rgb{246, 128, 92}, rgb{255, 214, 150}, rgb{132, 66, 100}, rgb{44, 26, 58}},      // dusk
	{rgb{10, 20, 46}, rgb{52, 84, 128}, rgb{236, 240, 255}, rgb{30, 52, 86}, rgb{8, 14, 28}},           // night
	{rgb{178, 196, 208}, rgb{236, 236, 230}, rgb{250, 250, 246}, rgb{150, 164, 166}, rgb{84, 96, 92}},  // mist
	{rgb{70, 170, 200}, rgb{240, 232, 200}, rgb{255, 250, 225}, rgb{60, 150, 170}, rgb{222, 196, 150}}, // shore
	{rgb{236, 168, 88}, rgb{252, 226, 170}, rgb{255, 248, 220}, rgb{190, 120, 70}, rgb{98, 62, 44}},    // desert
	{rgb{120, 176, 120}, rgb{226, 238, 190}, rgb{250, 250, 214}, rgb{70, 124, 84}, rgb{28, 62, 44}},    // wood
}

// Draw draws photo n in w by h pixels. The same numbers give the same picture.
func Draw(n, w, h int) *image.RGBA {
	r := rand.New(rand.NewPCG(uint64(n), 7))
	s := scenes[(n/3+r.IntN(3))%len(scenes)]
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	horizon := 0.45 + r.Float64()*0.25
	sunX, sunY, sunR := 0.2+r.Float64()*0.6, horizon-0.08-r.Float64()*0.25, 0.03+r.Float64()*0.05
	type ridge struct{ base, amp, freq, phase, depth float64 }
	var ridges []ridge
	for k := range 4 {
		d := float64(k) / 3
		ridges = append(ridges, ridge{
			base: horizon + d*0.36, amp: 0.11 * (1 - d*0.5), freq: 3 + r.Float64()*5 + d*3, phase: r.Float64() * 9, depth: d,
		})
	}
	aspect := float64(w) / float64(h)
	for y := range h {
		v := (float64(y) + 0.5) / float64(h)
		for x := range w {
			u := (float64(x) + 0.5) / float64(w)
			c := s.top.mix(s.low, v/horizon)
			dx, dy := (u-sunX)*aspect, v-sunY
			d := math.Sqrt(dx*dx + dy*dy)
			c = c.mix(s.sun, math.Exp(-d*7)*0.55)
			c = c.mix(s.sun, (sunR-d)*float64(h)*0.7)
			for _, g := range ridges {
				top := g.base - g.amp*(0.6*math.Sin(u*g.freq+g.phase)+0.3*math.Sin(u*g.freq*2.7+g.phase*2)+0.1*math.Sin(u*g.freq*9+g.phase))
				if edge := (v - top) * float64(h); edge > 0 {
					ground := s.far.mix(s.near, g.depth).mix(rgb{0, 0, 0}, (v-top)*0.35)
					c = c.mix(ground, edge)
				}
			}
			o := y*img.Stride + x*4
			img.Pix[o], img.Pix[o+1], img.Pix[o+2], img.Pix[o+3] = clip(c.r), clip(c.g), clip(c.b), 255
		}
	}
	return img
}

// Fit draws photo n so that its longer side has size pixels.
func Fit(n, size int) *image.RGBA {
	a := float64(Aspect(n))
	if a >= 1 {
		return Draw(n, size, max(int(float64(size)/a), 1))
	}
	return Draw(n, max(int(float64(size)*a), 1), size)
}

func clip(v float64) uint8 { return uint8(min(max(v, 0), 255)) }
