package overlay

import (
	"sync"
	"time"
)

// flowWindow is how long bytes are counted for their rate.
const flowWindow = time.Second

// flow counts bytes and tells how fast they came of late.
type flow struct {
	mu     sync.Mutex // guards what follows
	begun  time.Time  // of the present window
	bytes  uint64     // in it
	before float64    // bytes per second in the window before
}

func (f *flow) add(n int, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.turn(now)
	f.bytes += uint64(n)
}

// perSecond returns the rate of the last full window.
func (f *flow) perSecond(now time.Time) uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.turn(now)
	return uint64(f.before)
}

// turn begins another window when the present one is over.
func (f *flow) turn(now time.Time) {
	if past := now.Sub(f.begun); past >= flowWindow {
		f.before = float64(f.bytes) / past.Seconds()
		if past >= 2*flowWindow && f.bytes > 0 || f.begun.IsZero() {
			f.before = 0 // they came long ago
		}
		f.begun, f.bytes = now, 0
	}
}
