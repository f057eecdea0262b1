// Package netwatch tells when the network of this machine has changed, and when
// the machine was asleep: then addresses may be others, connections dead, and
// what failed a moment ago may work.
package netwatch

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Reason is why the network has to be looked at anew.
type Reason string

// Reasons.
const (
	// Changed: an interface came up or went down, an address came or went, or
	// the internet is reached from another address.
	Changed Reason = "network changed"
	// Woke: the machine was asleep, or stopped, or its clock was set ahead.
	// Connections of before may be dead though no address has changed.
	Woke Reason = "woke from sleep"
	// Asked: a person asks for it; Watch never says so.
	Asked Reason = "asked for"
)

const (
	// lookEvery is how often the state of the network and the clock are read.
	// A look costs some 0.2 to 1 ms of CPU: up to a twentieth of a percent of a core.
	lookEvery = 2 * time.Second
	// lookSeldom is how many times as seldom the network is read while the system
	// tells of its changes.
	lookSeldom = 10
	// asleep is how much longer than lookEvery a pause may seem to have taken.
	// Clocks that are kept right go in far smaller steps.
	asleep = 10 * time.Second
	// settle is how long a network stays as it is before it is reported: an
	// interface that comes up gets its addresses one by one.
	settle = 300 * time.Millisecond
	// restless is how often in a row settle is waited for.
	restless = 5
)

// Watch calls changed, one call at a time, each time the network has changed or
// the machine has woken, until ctx ends. What it finds at first is no change.
// An interface that changes again and again is reported at least every two
// seconds or so. Loopback does not count.
func Watch(ctx context.Context, changed func(Reason)) {
	w := &watcher{look: look, wall: time.Now, nudged: make(chan struct{}, 1)}
	var group sync.WaitGroup
	defer group.Wait()
	group.Go(func() { listen(ctx, w.nudge, w.hears.Store) })
	w.run(ctx, changed)
}

// watcher has what it reads as fields, for tests.
type watcher struct {
	look   func(context.Context) (string, error) // the state of the network, in a form to compare
	wall   func() time.Time
	nudged chan struct{} // the system says that something has changed
	hears  atomic.Bool   // it does so

	last string
}

func (w *watcher) nudge() {
	select {
	case w.nudged <- struct{}{}:
	default:
	}
}

func (w *watcher) run(ctx context.Context, changed func(Reason)) {
	w.differs(ctx)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	looked := w.wall().Round(0)
	for ticks := 0; ; {
		skip := false
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			ticks++
			skip = w.hears.Load() && ticks%lookSeldom != 0
		case <-w.nudged:
		}
		// A monotonic clock stands still while the machine sleeps, on some
		// systems, and so do timers: the wall clock does not.
		reason := Changed
		if w.wall().Round(0).Sub(looked) > lookEvery+asleep {
			reason = Woke
		}
		looked = w.wall().Round(0)
		if !skip && w.differs(ctx) || reason == Woke {
			if w.settle(ctx); ctx.Err() != nil {
				return
			}
			changed(reason)
			looked = w.wall().Round(0)
		}
	}
}

// settle waits until the network stays as it is, or has changed too often.
func (w *watcher) settle(ctx context.Context) {
	timer := time.NewTimer(settle)
	defer timer.Stop()
	for range restless {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if !w.differs(ctx) {
			return
		}
		timer.Reset(settle)
	}
}

// differs reports whether the network is another than when it was last asked.
// The first answer is no difference, and neither is what cannot be read.
func (w *watcher) differs(ctx context.Context) bool {
	now, err := w.look(ctx)
	if err != nil || ctx.Err() != nil || now == w.last {
		return false
	}
	first := w.last == ""
	w.last = now
	return !first
}

// look describes the network: which interfaces are up, their addresses, and
// from which of those the internet is reached.
func look(ctx context.Context) (string, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return "", err
	}
	addrs, err := net.InterfaceAddrs() // of all at once: one question for each would cost more
	if err != nil {
		return "", err
	}
	var state []string
	for _, i := range interfaces {
		if up := net.FlagUp | net.FlagRunning; i.Flags&up == up && i.Flags&net.FlagLoopback == 0 {
			state = append(state, i.Name)
		}
	}
	for _, a := range addrs {
		state = append(state, a.String())
	}
	slices.Sort(state)
	return strings.Join(append(state, source(ctx, "udp4", "192.0.2.1:9"), source(ctx, "udp6", "[2001:db8::1]:9")), " "), nil
}

// source returns the address that packets to an address of the internet leave
// from; "none" when there is no route. It sends nothing: the addresses asked
// about are for documentation (RFC 5737, RFC 3849), and take the default route.
func source(ctx context.Context, network, to string) string {
	var d net.Dialer
	c, err := d.DialContext(ctx, network, to)
	if err != nil {
		return "none"
	}
	defer func() { _ = c.Close() }() // it was never used
	from, ok := c.LocalAddr().(*net.UDPAddr)
	if !ok {
		return "none"
	}
	return from.IP.String()
}
