package overlay

import (
	"crypto/ed25519"
	"errors"
	"net/netip"
	"sync"
	"time"
)

const (
	// The core remembers for five minutes each node of the tree that it is told
	// of. A neighbour tells of those between the two and the root, once, and
	// again when one has moved or has been refreshed, every four minutes.
	announceBurst = 1024
	announceRate  = 8 // a second
	// A session that a stranger has begun lasts a minute in the core.
	maxStrangers = 64
	strangerTime = time.Minute
	// A guest that pairs sends some dozens of frames, and a list of devices of
	// 1 MB in as many again.
	strangerBurst = 512 // frames
	strangerRate  = 64  // a second
)

var errFlood = errors.New("the other end announces more nodes than there are")

// budget is how much the links of one host may make the core remember.
type budget struct {
	announcements *bucket

	mu        sync.Mutex // guards what follows
	strangers map[string]*bucket
	since     time.Time // the first of them
}

func newBudget() *budget { return &budget{announcements: newBucket(announceBurst, announceRate)} }

// announce reports whether one more announcement is within the budget.
func (b *budget) announce() bool { return b.announcements.take() }

// knock reports whether a stranger may begin a session, or send one more frame
// in the one it has. A guest for which there is no room has its own frames.
func (b *budget) knock(key ed25519.PublicKey, own *bucket) bool {
	b.mu.Lock()
	if time.Since(b.since) > strangerTime {
		b.strangers, b.since = map[string]*bucket{}, time.Now()
	}
	frames := b.strangers[string(key)]
	switch {
	case frames != nil:
	case len(b.strangers) < maxStrangers:
		frames = newBucket(strangerBurst, strangerRate)
		b.strangers[string(key)] = frames
	default:
		frames = own
	}
	b.mu.Unlock()
	return frames != nil && frames.take()
}

// idle reports whether nothing is lost when b is forgotten.
func (b *budget) idle() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.announcements.full() && time.Since(b.since) > strangerTime
}

// bucket is how much of something there may be: it starts full, and time
// refills it.
type bucket struct {
	most, rate float64 // rate a second

	mu   sync.Mutex // guards what follows
	left float64
	at   time.Time // of left
}

func newBucket(most, rate float64) *bucket {
	return &bucket{most: most, rate: rate, left: most, at: time.Now()}
}

// take takes one, and reports false if there is none.
func (b *bucket) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refill()
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

func (b *bucket) full() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refill()
	return b.left == b.most
}

// refill adds what time has brought. The caller holds mu.
func (b *bucket) refill() {
	now := time.Now()
	b.left = min(b.left+b.rate*now.Sub(b.at).Seconds(), b.most)
	b.at = now
}

// budgetOf returns the budget that all links of a host share, so that a new
// link is no new budget.
func (ls *links) budgetOf(host netip.Addr) *budget {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	b, ok := ls.budgets[host]
	if !ok {
		for h, other := range ls.budgets {
			if other.idle() {
				delete(ls.budgets, h)
			}
		}
		b = newBudget()
		ls.budgets[host] = b
	}
	return b
}
