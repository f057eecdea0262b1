package look

import (
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
)

// still is set while nothing may move.
var still atomic.Bool

// Motion tells whether things may move for show: slide in, glide, fade. All
// that does so goes through [Animate] or asks here first. What a person moves
// with the hand is no such thing.
func Motion() bool { return !still.Load() }

// SetMotion says from now on whether things may move.
func SetMotion(on bool) { still.Store(!on) }

// Animate calls tick with how far a movement is, from 0 to 1, easing out, until
// d is over or stop is called. Where nothing may move it is at its end at once.
func Animate(d time.Duration, tick func(float32)) (stop func()) {
	if !Motion() {
		tick(1)
		return func() {}
	}
	a := fyne.NewAnimation(d, tick)
	a.Curve = fyne.AnimationEaseOut
	a.Start()
	return a.Stop
}
