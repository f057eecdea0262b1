package ui

import (
	"context"
	"time"

	"github.com/libpaul/paul/ui/words"
)

// barsTime is how long the bars stay in full screen while the mouse rests.
const barsTime = 2500 * time.Millisecond

// defaultSlide is for how many seconds a slide show rests on a photo.
const defaultSlide = 4

// slideTimes are the seconds that a person can choose.
var slideTimes = []int{2, 3, 4, 6, 10, 20, 60}

// toggleFull fills the screen with the photo, or goes back to the window.
func (v *viewerPage) toggleFull() {
	v.stopSlides()
	v.setFull(!v.full)
}

func (v *viewerPage) setFull(on bool) {
	if v.full == on {
		return
	}
	v.full = on
	v.s.win.SetFullScreen(on)
	v.showBars(true)
	v.wake()
}

// showBars shows all that lies around the picture, or hides it.
func (v *viewerPage) showBars(on bool) {
	v.barred = on
	for _, b := range v.bars {
		show(b, on)
	}
	show(v.strip, on && v.strip.on)
	v.object.Refresh()
}

// hovered brings the bars back when the mouse moves over the picture. While it is
// over them they stay.
func (v *viewerPage) hovered(over bool) {
	if !v.full {
		return
	}
	if over {
		v.wake()
	} else {
		v.tiring()
	}
}

// wake shows the bars, and in full screen hides them again after a while.
func (v *viewerPage) wake() {
	v.tiring()
	v.tiring = func() {}
	if !v.barred && v.sliding == nil {
		v.showBars(true)
		v.strip.show()
	}
	if v.full && v.active() && !v.info.on {
		v.tiring = v.s.after(barsTime, func() { v.s.do(v.rest) })
	}
}

// rest hides the bars.
func (v *viewerPage) rest() {
	if v.full && v.active() && !v.info.on && v.duo == nil && v.editor == nil {
		v.showBars(false)
	}
}

// tapped ends a slide show.
func (v *viewerPage) tapped() {
	if !v.stopSlides() {
		v.wake()
	}
}

// toggleSlides starts or stops the slide show.
func (v *viewerPage) toggleSlides() {
	if v.stopSlides() {
		return
	}
	v.leaveDuo()
	v.setFull(true)
	v.tiring()
	v.stage.Fit()
	v.nextSlide()
	v.showBars(false)
}

// slideTime is how long a slide show rests on a photo.
func (v *viewerPage) slideTime() time.Duration {
	n := v.s.dev.Settings().SlideSeconds
	if n <= 0 {
		n = defaultSlide
	}
	return time.Duration(n) * time.Second
}

func (v *viewerPage) nextSlide() {
	v.sliding = v.s.after(v.slideTime(), func() {
		v.s.do(func() {
			if v.sliding == nil || !v.active() {
				return
			}
			if v.at == v.from.source().Len()-1 {
				v.show(0)
			} else {
				v.turn(1)
			}
			v.nextSlide()
		})
	})
}

// stopSlides ends the slide show and leaves the full screen; false when none runs.
func (v *viewerPage) stopSlides() bool {
	if v.sliding == nil {
		return false
	}
	v.sliding()
	v.sliding = nil
	v.setFull(false)
	return true
}

// setSlideTime keeps for how many seconds slide shows rest on a photo.
func (v *viewerPage) setSlideTime(seconds int) {
	set := v.s.dev.Settings()
	set.SlideSeconds = seconds
	v.s.goDo(func(ctx context.Context) error { return v.s.dev.UpdateSettings(ctx, set) }, v.s.reportTo(words.T("The setting was not changed")))
}

// slideText is a choice of how long a photo stays.
func slideText(seconds int) string { return words.N("{{.N}} seconds", seconds) }
