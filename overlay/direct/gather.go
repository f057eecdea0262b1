package direct

import (
	"context"
	"crypto/ed25519"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"
)

const (
	maxServers   = 4 // STUN servers asked at a time
	maxObservers = 2 // devices asked instead
	maxReflexive = 4 // candidates that others have seen
)

// askAgain are the pauses before a STUN server is asked again.
var askAgain = []time.Duration{250 * time.Millisecond, 500 * time.Millisecond, gatherWait}

var (
	errNoServer  = errors.New("it does not answer")
	errNoAddress = errors.New("its name leads nowhere")
	errLies      = errors.New("it tells an address that nobody can have")
)

// lookFor is how long what others have told about our address holds.
const lookFor = 5 * time.Second

// gather finds where this device can be reached: by its own addresses, that
// which a router forwards, and what others see.
func (e *Engine) gather(ctx context.Context) []candidate {
	list := hostCandidates(e.opts.Subnets(), e.socket.port())
	seen := e.look(ctx, list)
	if at := e.mapped(); at.IsValid() {
		list = append(list, candidate{kindMapped, at})
	}
	for _, at := range seen[:min(len(seen), maxReflexive)] {
		// Our own port at that address, too: a person may have told the router to
		// forward it, which nobody here can see.
		for _, at := range []netip.AddrPort{at, netip.AddrPortFrom(at.Addr(), e.socket.port())} {
			if !slices.ContainsFunc(list, func(c candidate) bool { return c.At == at }) {
				list = append(list, candidate{kindReflexive, at})
			}
		}
	}
	return list
}

func (e *Engine) mapped() netip.AddrPort {
	if e.opts.Mapped == nil {
		return netip.AddrPort{}
	}
	return e.opts.Mapped()
}

// look returns the addresses that others see us send from: STUN servers, and
// devices when too few of those are known or none answers. What it learns is
// reported, unless things have changed meanwhile.
func (e *Engine) look(ctx context.Context, own []candidate) []netip.AddrPort {
	e.looking.Lock()
	defer e.looking.Unlock()
	e.mu.Lock()
	last, changes := e.report, e.changes
	e.mu.Unlock()
	if time.Since(last.Asked) < lookFor {
		return slices.Clone(last.Seen)
	}
	soon, cancel := context.WithTimeout(ctx, gatherWait)
	defer cancel()
	var seen []netip.AddrPort
	var group sync.WaitGroup
	few := len(e.opts.STUN) < 2
	if few {
		group.Go(func() { seen = e.askDevices(ctx) })
	}
	servers := e.askServers(soon)
	group.Wait()
	for _, s := range servers {
		if s.Err == nil {
			seen = append(seen, s.Seen)
		}
	}
	if len(seen) == 0 && !few {
		seen = e.askDevices(ctx)
	}
	nat := natOf(seen, own, len(servers) > 0)
	slices.SortFunc(seen, netip.AddrPort.Compare)
	seen = slices.Compact(seen)
	e.mu.Lock()
	defer e.mu.Unlock()
	if ctx.Err() == nil && changes == e.changes {
		e.report = Report{Port: e.socket.port(), NAT: nat, Asked: time.Now(), Seen: seen, STUN: servers}
	}
	return slices.Clone(seen)
}

// natOf tells the kind of NAT from where others saw us.
func natOf(seen []netip.AddrPort, own []candidate, asked bool) string {
	var four []netip.AddrPort
	for _, at := range seen {
		if slices.ContainsFunc(own, func(c candidate) bool { return c.At == at }) {
			return NATNone
		}
		if at.Addr().Is4() {
			four = append(four, at)
		}
	}
	switch {
	case len(seen) == 0 && asked:
		return NATSilent
	case len(four) < 2:
		return NATUnknown
	}
	for _, at := range four[1:] {
		if at != four[0] {
			return NATSymmetric
		}
	}
	return NATPreserves
}

// askServers asks STUN servers until all have answered or ctx ends.
func (e *Engine) askServers(ctx context.Context) []Server {
	servers := make([]Server, min(len(e.opts.STUN), maxServers))
	var group sync.WaitGroup
	for i := range servers {
		servers[i].Name = e.opts.STUN[i]
		group.Go(func() { servers[i].Seen, servers[i].Err = e.askServer(ctx, servers[i].Name) })
	}
	group.Wait()
	return servers
}

func (e *Engine) askServer(ctx context.Context, name string) (netip.AddrPort, error) {
	at, err := e.resolve(ctx, name)
	if err != nil {
		return netip.AddrPort{}, err
	}
	answers := make(chan netip.AddrPort, len(askAgain))
	for _, wait := range askAgain {
		forget, err := e.socket.ask(&question{to: at, answer: func(seen netip.AddrPort, _ time.Duration) { answers <- seen }})
		if err != nil {
			return netip.AddrPort{}, err
		}
		defer forget()
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case seen := <-answers:
			return e.believable(seen)
		case <-ctx.Done():
			return netip.AddrPort{}, errNoServer
		case <-timer.C:
		}
	}
	return netip.AddrPort{}, errNoServer
}

// believable returns the address that we are said to send from, if anybody can
// have it.
func (e *Engine) believable(seen netip.AddrPort) (netip.AddrPort, error) {
	if !IsPublic(seen.Addr()) && !isNear(seen.Addr(), e.opts.Subnets()) {
		return netip.AddrPort{}, errLies
	}
	return seen, nil
}

// resolve finds the address of a STUN server, IPv4 if it has one and so has
// this machine: it is IPv4 that is translated.
func (e *Engine) resolve(ctx context.Context, name string) (netip.AddrPort, error) {
	host, port, err := net.SplitHostPort(name)
	if err != nil {
		return netip.AddrPort{}, err
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return netip.AddrPort{}, err
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return netip.AddrPort{}, errNoAddress // the error of a resolver names servers of the local network
	}
	slices.SortStableFunc(addrs, func(a, b netip.Addr) int { return a.Unmap().BitLen() - b.Unmap().BitLen() })
	for _, a := range addrs {
		at := netip.AddrPortFrom(a.Unmap(), uint16(n))
		if (at.Addr().Is4() || e.socket.ipv6) && isRouted(ctx, at) {
			return at, nil
		}
	}
	return netip.AddrPort{}, errNoAddress
}

// isRouted reports whether this machine has a way to send to an address. It
// sends nothing.
func isRouted(ctx context.Context, to netip.AddrPort) bool {
	c, err := new(net.Dialer).DialContext(ctx, "udp", to.String())
	if err != nil {
		return false
	}
	_ = c.Close() // it was never used
	return true
}

// askDevices asks devices with a public address where they see us send from.
// The question takes the way that is shared already, which may be slow and
// busy: until we are seen they have observeWait, and then what is left of
// gatherWait.
func (e *Engine) askDevices(ctx context.Context) []netip.AddrPort {
	ctx, cancel := context.WithTimeout(ctx, observeWait)
	defer cancel()
	var mu sync.Mutex // guards what follows
	var seen []netip.AddrPort
	late := false
	timer := time.AfterFunc(gatherWait, func() {
		mu.Lock()
		defer mu.Unlock()
		if late = true; len(seen) > 0 {
			cancel()
		}
	})
	defer timer.Stop()
	var group sync.WaitGroup
	for _, d := range e.observers() {
		group.Go(func() {
			at, err := e.askDevice(ctx, d.Key)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				seen = append(seen, at)
			}
			if late && len(seen) > 0 {
				cancel()
			}
		})
	}
	group.Wait()
	return seen
}

// observers returns the devices that are asked where they see us. Those with a
// link of another kind come first: a static peer has a public address.
func (e *Engine) observers() []Device {
	var linked, others []Device
	for _, d := range e.opts.Devices() {
		switch {
		case d.Online && d.Linked:
			linked = append(linked, d)
		case d.Online:
			others = append(others, d)
		}
	}
	list := append(linked, others...)
	return list[:min(len(list), maxObservers)]
}

func (e *Engine) askDevice(ctx context.Context, key ed25519.PublicKey) (netip.AddrPort, error) {
	theirs, err := e.exchange(ctx, key, message{Type: typeObserve})
	if err != nil {
		return netip.AddrPort{}, err
	}
	c, err := openSession(e.socket)
	if err != nil {
		return netip.AddrPort{}, err
	}
	defer c.close()
	ctx, cancel := context.WithTimeout(ctx, gatherWait)
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()
	group.Go(func() { c.run(ctx, theirs.User, theirs.Password, publicOnly(theirs.Candidates)) })
	select {
	case <-c.changed:
		return e.believable(c.seenFrom())
	case <-ctx.Done():
		return netip.AddrPort{}, errNoServer
	}
}

// publicOnly returns the candidates that can be reached from anywhere.
func publicOnly(list []candidate) []candidate {
	var kept []candidate
	for _, c := range askable(list, nil) {
		if c.Kind != kindReflexive {
			kept = append(kept, c)
		}
	}
	return kept
}
