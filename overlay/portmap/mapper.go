package portmap

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	firstPause   = 10 * time.Second // before a look-up that failed is repeated
	longestPause = 15 * time.Minute
	// wakeCheck is how often the wall clock is read while waiting: timers
	// stand still while the machine sleeps, mappings do not.
	wakeCheck = time.Minute
	// calm is the least time between two look-ups, so that neither a network
	// that comes and goes nor announcements keep this machine busy.
	calm = time.Second
)

// Mapper keeps one port mapped while its Run runs.
type Mapper struct {
	opts      Options
	log       *slog.Logger
	protocols []protocol
	targets   func(context.Context) ([]target, error)
	listen    func(context.Context) (net.PacketConn, error) // for announcements
	heard     chan announcement
	now       func() time.Time // the wall clock
	refresh   chan struct{}    // holds one when Refresh was called
	last      netip.AddrPort   // granted last; belongs to Run

	mu    sync.Mutex // guards what follows
	state State
}

// New returns a Mapper that does nothing before Run.
func New(opts Options) *Mapper {
	m := &Mapper{
		opts: opts, log: opts.Log, protocols: protocols, targets: findTargets, now: wallClock,
		listen: listenAnnouncements, heard: make(chan announcement, 1), refresh: make(chan struct{}, 1),
	}
	if m.log == nil {
		m.log = slog.New(slog.DiscardHandler)
	}
	if m.opts.Nonce == [12]byte{} {
		_, _ = rand.Read(m.opts.Nonce[:]) // never fails
	}
	return m
}

// wallClock runs on while the machine sleeps.
func wallClock() time.Time { return time.Now().Round(0) }

// Run maps the port, renews the mapping at half of its lifetime, and tries
// again, less and less often, while there is none. When ctx ends it removes
// the mapping at the router, which takes 2 s at most, and returns nil. It can
// be called once. The error is that of Options that cannot be used.
func (m *Mapper) Run(ctx context.Context) error {
	if m.opts.Port == 0 {
		return errors.New("map port: Options.Port is required")
	}
	var group sync.WaitGroup
	defer group.Wait() // hear ends with ctx
	group.Go(func() { m.hear(ctx) })
	var held *lease
	var pause time.Duration
	for ctx.Err() == nil {
		var err error
		held, err = m.cycle(ctx, held)
		pause = min(max(2*pause, firstPause), longestPause)
		next := pause
		if err == nil {
			pause, next = 0, held.grant.lifetime/2
		}
		if m.wait(ctx, next, held) {
			pause = 0
		}
	}
	if held != nil {
		m.remove(ctx, held)
	}
	m.publish(ctx, State{})
	return nil
}

// wait returns after a time by the wall clock; earlier after Refresh, and true
// then, or when the gateway has announced that it must be asked again; or when
// ctx ends.
func (m *Mapper) wait(ctx context.Context, pause time.Duration, held *lease) (refreshed bool) {
	began := m.now()
	for ctx.Err() == nil {
		passed := m.now().Sub(began)
		if passed >= pause || passed < 0 { // or the clock was set back
			return refreshed
		}
		timer := time.NewTimer(min(pause-passed, wakeCheck))
		select {
		case <-timer.C:
		case <-m.refresh:
			refreshed, pause = true, min(pause, calm)
		case a := <-m.heard:
			if m.matters(a, held) {
				pause = min(pause, calm)
			}
		case <-ctx.Done():
		}
		timer.Stop()
	}
	return false
}

// cycle renews the lease held, or looks for another. The lease it returns may
// be the one held even after an error: one that still runs, while the gateway
// only does not answer.
func (m *Mapper) cycle(ctx context.Context, held *lease) (*lease, error) {
	targets, err := m.targets(ctx)
	if err != nil {
		m.publish(ctx, State{Err: err})
		return nil, err
	}
	held = m.keep(ctx, held, targets)
	if held != nil {
		err := m.renew(ctx, held)
		if err == nil {
			m.publish(ctx, m.stateOf(held, m.State().Tried))
		}
		if err == nil || ctx.Err() != nil {
			return held, err
		}
	}
	found, tried := m.lookup(ctx, targets)
	switch {
	case found != nil:
		m.publish(ctx, m.stateOf(found, tried))
		return found, nil
	case ctx.Err() != nil:
		return held, ctx.Err()
	}
	err = m.verdict(tried)
	s := State{Err: err, Tried: tried}
	if held != nil && errors.Is(err, ErrNoAnswer) && m.now().Before(held.until) {
		s = m.stateOf(held, tried)
		s.Err = err
	} else {
		held = nil
	}
	m.publish(ctx, s)
	return held, err
}

// keep returns the lease held if its gateway is still reached from the same
// address; nil otherwise.
func (m *Mapper) keep(ctx context.Context, held *lease, targets []target) *lease {
	if held == nil || slices.ContainsFunc(targets, held.target.same) {
		return held
	}
	if slices.ContainsFunc(targets, func(t target) bool { return t.gateway == held.target.gateway }) {
		m.remove(ctx, held) // it leads to an address that is ours no more
	}
	return nil
}

func (m *Mapper) stateOf(held *lease, tried []Attempt) State {
	s := State{External: held.grant.external, Method: held.method, Since: m.now(), Tried: tried}
	if !held.grant.permanent {
		s.Expires = held.until
	}
	return s
}

// publish sets the state, and tells of it if it differs in what matters.
func (m *Mapper) publish(ctx context.Context, s State) {
	m.mu.Lock()
	old := m.state
	if s.External == old.External && s.Method == old.Method {
		s.Since = old.Since
	}
	m.state = s
	m.mu.Unlock()
	if s.External == old.External && s.Method == old.Method && text(s.Err) == text(old.Err) {
		return
	}
	m.log.InfoContext(ctx, "Port mapping", "external", s.External, "method", s.Method, "expires", s.Expires, "err", text(s.Err))
	if m.opts.Changed != nil {
		m.opts.Changed()
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Refresh makes Run look again now, or a second after it did so last: the
// network has changed, or the machine has woken up. It does not block.
func (m *Mapper) Refresh() {
	select {
	case m.refresh <- struct{}{}:
	default: // it will look anyway
	}
}

// State returns what is mapped now.
func (m *Mapper) State() State {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.state
	s.Tried = slices.Clone(s.Tried)
	return s
}
