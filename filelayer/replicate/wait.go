package replicate

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	firstWait = time.Second
	maxWait   = time.Minute
)

// backoff says how long to wait before the next try: twice as long each time,
// less a random part, so that devices that lost the same peer do not all come
// back at once. The zero backoff is ready.
type backoff struct{ tries int }

func (b *backoff) reset() { b.tries = 0 }

func (b *backoff) next() time.Duration {
	wait := min(firstWait<<min(b.tries, 16), maxWait)
	b.tries++
	return wait/2 + rand.N(wait/2)
}

// sleep waits for d, or until woken. It returns false when ctx ends.
func sleep(ctx context.Context, d time.Duration, woken <-chan struct{}) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-woken:
		return true
	case <-ctx.Done():
		return false
	}
}
