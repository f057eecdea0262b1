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

// pace chooses how many documents to fetch at once: fewer when a fetch takes
// long, as on a slow link, or its answer is too long; more when it is quick.
type pace struct{ size, most int }

const (
	quickFetch = 2 * time.Second
	slowFetch  = 5 * time.Second
)

func newPace(most int) pace { return pace{size: max(1, most/2), most: most} }

// took tells of a fetch of n documents.
func (p *pace) took(n int, d time.Duration) {
	switch {
	case d > slowFetch:
		p.slower()
	case d < quickFetch && n >= p.size:
		p.size = min(2*p.size, p.most)
	}
}

func (p *pace) slower() { p.size = max(1, p.size/2) }
