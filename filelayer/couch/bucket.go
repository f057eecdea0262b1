package couch

import (
	"sync"
	"time"
)

// A bucket lets something happen most times at once, and then once for each
// refill that passes. The first use fills it.
type bucket struct {
	most   int
	refill time.Duration

	mu   sync.Mutex // guards full
	full time.Time  // when it will be full again
}

// any reports whether it may happen once more now.
func (b *bucket) any(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.left(now)
}

// take notes that it happens now, and reports whether it may.
func (b *bucket) take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.left(now) {
		return false
	}
	if b.full.Before(now) {
		b.full = now
	}
	b.full = b.full.Add(b.refill)
	return true
}

func (b *bucket) left(now time.Time) bool {
	return b.full.Sub(now) <= time.Duration(b.most-1)*b.refill
}
