package grid

import (
	"time"
)

// glide is a scroll that is under way.
type glide struct {
	stop   func()
	from   float64
	target float64
}

const (
	notch     = 20 // a wheel's tick is 25; a touchpad sends less
	wheelGain = 4
	glideTime = 180 * time.Millisecond
)

// wheel scrolls by a wheel's tick, eased, or by a touchpad's step, at once.
func (g *Grid) wheel(dy float64) {
	if g.lay == nil {
		return
	}
	if dy > -notch && dy < notch {
		g.ScrollTo(g.off - dy*2)
		return
	}
	start := g.off
	if g.glide.stop != nil {
		start = g.glide.target
	}
	g.glideTo(start-dy*wheelGain, glideTime)
}

// glideTo scrolls to an offset, easing out.
func (g *Grid) glideTo(target float64, d time.Duration) {
	g.stopGlide()
	g.glide.from, g.glide.target = g.off, min(max(target, 0), g.limit())
	g.glide.stop = func() {}
	running := true
	stop := g.opts.Animate(d, func(p float32) {
		if !running {
			return
		}
		if p >= 1 {
			running = false
			g.glide.stop = nil
		}
		g.scrollTo(g.glide.from + (g.glide.target-g.glide.from)*float64(p))
		g.afterGlide()
	})
	if running {
		g.glide.stop = func() { running = false; stop() }
	}
}

func (g *Grid) stopGlide() {
	if g.glide.stop != nil {
		g.glide.stop()
		g.glide.stop = nil
	}
}

// afterGlide lets the rubber band grow while the view scrolls under it, and
// finds what the mouse is over now.
func (g *Grid) afterGlide() {
	if g.mouse.banding {
		g.bandSelect()
	}
}

// creep scrolls while a rubber band is held at the edge of the view.
func (g *Grid) creep() {
	const edge, speed = 28, 900 // units; units a second
	y, h := g.mouse.pos.Y, g.Size().Height
	var target float64
	switch {
	case y < edge:
		target = 0
	case y > h-edge:
		target = g.limit()
	default:
		g.stopGlide()
		return
	}
	if g.glide.stop != nil && g.glide.target == target {
		return
	}
	dist := target - g.off
	if dist < 0 {
		dist = -dist
	}
	if dist > 0 {
		g.glideTo(target, time.Duration(dist/speed*float64(time.Second)))
	}
}
