package direct

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/pion/stun/v4"
)

const (
	// checkEvery is the time between two checks of a candidate that has not
	// answered. NATs forget an opening after 30 s at the soonest.
	checkEvery = 200 * time.Millisecond
	// recheckEvery is the time between two of one that has.
	recheckEvery = time.Second
	// maxRemotes is how many candidates a session may have for one more that
	// it finds to be added.
	maxRemotes  = maxCandidates + 8
	minPassword = 22 // as ICE (RFC 8445, 5.3); ours have 26, of 128 bits
)

// session is what two devices check each other's candidates with. It answers
// checks from open to close, and sends some while run lasts.
type session struct {
	socket *socket
	user   string // that checks to us name
	// password signs checks to us, and own does it.
	password string
	own      stun.MessageIntegrity
	changed  chan struct{} // receives when a candidate has answered

	mu      sync.Mutex // guards what follows
	remotes []*remote
	seen    netip.AddrPort // where the last to answer saw us
}

// remote is a candidate of the other end.
type remote struct {
	candidate
	next     time.Time // when it is to be checked
	heard    bool      // a signed check came from it
	answered bool
	rtt      time.Duration
}

func openSession(s *socket) (*session, error) {
	c := &session{socket: s, user: rand.Text(), password: rand.Text(), changed: make(chan struct{}, 1)}
	c.own = stun.NewShortTermIntegrity(c.password)
	return c, s.open(c)
}

func (c *session) close() { c.socket.forget(c) }

// heard notes that a signed check came from that address.
func (c *session) heard(at netip.AddrPort) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.remotes {
		if r.At == at {
			if !r.heard {
				r.heard, r.next = true, time.Time{} // its NAT is open: knock now
			}
			return
		}
	}
	if len(c.remotes) < maxRemotes {
		c.remotes = append(c.remotes, &remote{candidate: candidate{kindPeer, at}, heard: true})
	}
}

func (c *session) hasHeard(at netip.AddrPort) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.remotes, func(r *remote) bool { return r.heard && r.At == at })
}

// run sends checks to the candidates of the other end, which signs with
// password what names user, until ctx ends. Those that it finds itself
// are checked too.
func (c *session) run(ctx context.Context, user, password string, candidates []candidate) {
	c.mu.Lock()
	for _, k := range candidates {
		if i := slices.IndexFunc(c.remotes, func(r *remote) bool { return r.At == k.At }); i < 0 {
			c.remotes = append(c.remotes, &remote{candidate: k})
		} else {
			c.remotes[i].Kind = k.Kind // its check came before the answer that names it
		}
	}
	c.mu.Unlock()
	theirs := stun.NewShortTermIntegrity(password)
	var forget []func()
	defer func() {
		for _, f := range forget {
			f()
		}
	}()
	tick := time.NewTicker(checkEvery / 4)
	defer tick.Stop()
	for {
		for _, r := range c.due(time.Now()) {
			q := &question{to: r.At, signed: &theirs, answer: func(seen netip.AddrPort, rtt time.Duration) { c.answered(r, seen, rtt) }}
			if f, err := c.socket.ask(q, stun.NewUsername(user), theirs, stun.Fingerprint); err == nil {
				forget = append(forget, f)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// due returns the candidates that are to be checked now.
func (c *session) due(now time.Time) []*remote {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []*remote
	for _, r := range c.remotes {
		if now.Before(r.next) {
			continue
		}
		r.next = now.Add(checkEvery)
		if r.answered {
			r.next = now.Add(recheckEvery)
		}
		list = append(list, r)
	}
	return list
}

func (c *session) answered(r *remote, seen netip.AddrPort, rtt time.Duration) {
	c.mu.Lock()
	c.seen = seen
	if !r.answered || rtt < r.rtt {
		r.rtt = rtt
	}
	r.answered = true
	c.mu.Unlock()
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// seenFrom returns where the other end saw us send from.
func (c *session) seenFrom() netip.AddrPort {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen
}

// A way is a candidate that has answered, and how a link over it is called.
type way struct {
	at     netip.AddrPort
	method string
	rtt    time.Duration
}

// ways returns the candidates that have answered, the best first: by method,
// then by round trip.
func (c *session) ways(method func(candidate) string) []way {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []way
	for _, r := range c.remotes {
		if r.answered {
			list = append(list, way{r.At, method(r.candidate), r.rtt})
		}
	}
	slices.SortStableFunc(list, func(a, b way) int {
		return cmp.Or(cmp.Compare(Priority(a.method), Priority(b.method)), cmp.Compare(a.rtt, b.rtt))
	})
	return list
}

// hasAnswer reports whether a candidate has answered.
func (c *session) hasAnswer() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.remotes, func(r *remote) bool { return r.answered })
}

// wait returns once a candidate has answered and better ones have had their
// time, or ctx has ended.
func (c *session) wait(ctx context.Context) {
	select {
	case <-c.changed:
	case <-ctx.Done():
		return
	}
	timer := time.NewTimer(settleWait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Priority returns that of a link by its method among the links to a device,
// the lower first. One that LAN discovery made comes before all of them.
func Priority(method string) uint8 {
	return map[string]uint8{MethodLAN: 1, MethodPublic: 5, MethodMapped: 6, MethodPunched: 10}[method]
}
