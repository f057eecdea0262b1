package direct

import (
	"crypto/ed25519"
	"net/netip"
	"slices"
	"time"
)

// Kinds of NAT, by what servers see (RFC 4787, 4.1).
const (
	NATUnknown   = ""          // not asked yet, or too few have answered
	NATNone      = "none"      // we are seen under our own address
	NATPreserves = "cone"      // all see one address: the mapping is endpoint-independent
	NATSymmetric = "symmetric" // each sees another: others cannot know where to knock
	NATSilent    = "silent"    // nobody answers: UDP is blocked, or there is no network
)

// Report tells what is known about direct links.
type Report struct {
	Port  uint16           // of our socket
	NAT   string           // as the last look has shown it
	Asked time.Time        // when that had ended; zero for never, or when things have changed since
	Seen  []netip.AddrPort // our addresses as others saw them
	STUN  []Server         // in the order of Options.STUN
}

// Server tells of a STUN server.
type Server struct {
	Name string
	Seen netip.AddrPort // our address as it saw us
	Err  error          // why there was no answer; nil when there was or none was asked
}

// Attempt is the last time that a direct link to a device was tried.
type Attempt struct {
	At      time.Time
	Took    time.Duration
	Err     error  // nil when a link was made
	Method  string // of the link
	NAT     string // of the other end, as it says
	Offered int    // candidates of ours
	Asked   int    // of theirs that may be asked
	// ClockOff is how far the other device's clock is ahead of ours.
	ClockOff time.Duration
}

// Report returns what the last look has shown.
func (e *Engine) Report() Report {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.report
	r.Seen, r.STUN = slices.Clone(r.Seen), slices.Clone(r.STUN)
	return r
}

// Attempt returns the last attempt to reach a device, and whether there was one.
func (e *Engine) Attempt(key ed25519.PublicKey) (Attempt, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.peers[string(key)]
	if p == nil || p.last.At.IsZero() {
		return Attempt{}, false
	}
	return p.last, true
}
