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
)

var errFlood = errors.New("the other end announces more nodes than there are")

// budget is how much the links of one host may make the core remember.
type budget struct {
	mu        sync.Mutex // guards what follows
	left      float64    // announcements
	at        time.Time  // of left
	strangers map[string]struct{}
	since     time.Time // the first of them
}

func newBudget() *budget { return &budget{left: announceBurst, at: time.Now()} }

// announce reports whether one more announcement is within the budget.
func (b *budget) announce() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refill()
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

// refill adds what time has brought. The caller holds mu.
func (b *budget) refill() {
	now := time.Now()
	b.left = min(b.left+announceRate*now.Sub(b.at).Seconds(), announceBurst)
	b.at = now
}

// knock reports whether one more stranger may begin a session.
func (b *budget) knock(key ed25519.PublicKey) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if time.Since(b.since) > strangerTime {
		b.strangers, b.since = map[string]struct{}{}, time.Now()
	}
	if _, known := b.strangers[string(key)]; known {
		return true
	}
	if len(b.strangers) >= maxStrangers {
		return false
	}
	b.strangers[string(key)] = struct{}{}
	return true
}

// idle reports whether nothing is lost when b is forgotten.
func (b *budget) idle() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refill()
	return b.left == announceBurst && time.Since(b.since) > strangerTime
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
