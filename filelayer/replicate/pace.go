package replicate

import (
	"sync"
	"time"
)

// pace chooses how much to ask for or write at once: less when it takes long,
// as on a slow link, or is refused as too much; more when it is quick.
type pace struct {
	mu         sync.Mutex // guards size
	size, most int
}

const (
	firstSize = 100
	quick     = 1500 * time.Millisecond
	slow      = 4 * time.Second // what is lost at most when the link drops
)

func newPace(most int) *pace { return &pace{size: min(firstSize, most), most: most} }

// get returns how many to take next.
func (p *pace) get() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.size
}

// took tells of a request for n that took d.
func (p *pace) took(n int, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case d > slow:
		p.size = max(1, min(p.size, n)/2)
	case d < quick && n >= p.size:
		p.size = min(2*p.size, p.most)
	}
}

// atMost makes the size n, unless it is less already.
func (p *pace) atMost(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.size = max(1, min(p.size, n))
}
