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

// creep scrolls while a rubber band is held at the edge of the view, the faster the
// further the mouse is out.
func (g *Grid) creep() {
	if g.creepSpeed() == 0 {
		g.stopCreep()
		return
	}
	if g.creeping != nil {
		return
	}
	last := g.opts.Now()
	g.creeping = g.opts.Frames(func() {
		now := g.opts.Now()
		g.scrollTo(g.off + g.creepSpeed()*now.Sub(last).Seconds())
		last = now
		g.afterGlide()
	})
}

// creepSpeed is how fast the view scrolls by itself, in units a second; 0 while the
// mouse is not at an edge.
func (g *Grid) creepSpeed() float64 {
	const edge, least, most, gain = 28, 240, 4000, 24
	y, h := float64(g.mouse.pos.Y), float64(g.Size().Height)
	switch {
	case y < edge:
		return -min(least+(edge-y)*gain, most)
	case y > h-edge:
		return min(least+(y-h+edge)*gain, most)
	default:
		return 0
	}
}

func (g *Grid) stopCreep() {
	if g.creeping != nil {
		g.creeping()
		g.creeping = nil
	}
}
