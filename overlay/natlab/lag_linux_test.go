package natlab

import (
	"sync"
	"time"
)

const (
	lagTick  = 20 * time.Millisecond
	lagLeast = 5 * lagTick
)

// lag measures for how long this process did not get the processor when it was
// due. Bounds on time hold on a machine that has time; what is measured of it
// is added to them.
type lag struct {
	mu    sync.Mutex // guards total
	total time.Duration
}

// run measures until done is closed.
func (l *lag) run(done <-chan struct{}) {
	ticker := time.NewTicker(lagTick)
	defer ticker.Stop()
	last := time.Now()
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
		}
		now := time.Now()
		if late := now.Sub(last) - lagTick; late >= lagLeast {
			l.mu.Lock()
			l.total += late
			l.mu.Unlock()
		}
		last = now
	}
}

func (l *lag) sum() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}
