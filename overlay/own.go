package overlay

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"slices"
	"time"
)

// Peers of one's own go before public ones, with some inertia, so that a link
// that comes and goes does not make the other do so too.
const (
	ownFirst  = 3 * time.Second  // for own peers to come up at the start, before a public one is called
	ownGone   = 2 * time.Second  // without an own peer, until a public one is called
	ownSteady = 30 * time.Second // with an own peer, until the public one is left
)

// hasOwn reports whether the person has named peers.
func (ls *links) hasOwn() bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	return slices.ContainsFunc(ls.static, func(p *staticPeer) bool { return !p.hint })
}

// ownUp reports whether a peer that the person has named is linked. One that
// calls this device in its turn counts for the end with the greater key alone:
// if both gave up their public peers, nobody else could find the two.
func (ls *links) ownUp() bool {
	own := ls.private.Public().(ed25519.PublicKey)
	ls.mu.Lock()
	defer ls.mu.Unlock()
	callers := map[string]bool{}
	for k := range ls.up {
		callers[string(k.key)] = callers[string(k.key)] || k.inbound
	}
	for k := range ls.up {
		named := k.kind == PeeringStatic && slices.ContainsFunc(ls.static, func(p *staticPeer) bool {
			return !p.hint && p.uri.name() == k.uri
		})
		if named && (!callers[string(k.key)] || bytes.Compare(own, k.key) > 0) {
			return true
		}
	}
	return false
}

// awaitOwn waits until ownUp has been up for a while without a break.
func (ls *links) awaitOwn(ctx context.Context, up bool, steady time.Duration) error {
	shifted, stop := ls.shifted.Listen()
	defer stop()
	var since time.Time // zero while it is not
	for {
		rest := maxBackoff
		switch now := time.Now(); {
		case ls.ownUp() != up:
			since = time.Time{}
		case since.IsZero():
			since, rest = now, steady
		default:
			rest = steady - now.Sub(since)
		}
		if !since.IsZero() && rest <= 0 {
			return ctx.Err()
		}
		timer := time.NewTimer(rest)
		select {
		case <-ctx.Done():
		case <-shifted:
		case <-timer.C:
		}
		timer.Stop()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}
