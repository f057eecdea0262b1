package overlay

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/libpaul/paul/internal/signal"
)

// LANPort is the TCP port for links of the local network, and the UDP port of
// IPv4 beacons: a fixed one, so that a firewall rule is possible. When another
// program has it, links use any port instead.
const LANPort = 7330

const (
	beaconFirst   = time.Second      // pause after each of the first beacons
	beaconEager   = 5                // so many
	beaconLongest = 15 * time.Second // it grows to, a second at a time
	maxHeard      = 256              // devices remembered for politeness
	maxBeacons    = 200              // heard a second: each costs the check of a signature
	maxLANCalls   = 16               // at a time, and waiting
	// politeness is how long the device with the greater key waits for the
	// other to call, so that seldom two links are made.
	politeness = 3 * time.Second
	// lanRetry is what the pause between two calls of one device grows to. The
	// first is short: an IPv6 address that is still being checked for
	// duplicates can be heard at, and not yet called from.
	lanRetry = 10 * time.Second
)

// lan announces this device on the local network and links with devices
// announced there. A link is no trust: whom it leads to must still be admitted
// to reach anything.
type lan struct {
	links   *links
	devices *devices
	port    uint16 // of the listener announced
	// Devices to call: strangers' links and silences leave room for our own.
	ours, others chan beaconFrom
	asked        signal.Signal // to announce this device now
	offers       *offers

	mu    sync.Mutex // guards heard
	heard map[string]heardBeacon
}

type beaconFrom struct {
	beacon
	from netip.Addr
}

type heardBeacon struct {
	first, next time.Time // when it was first heard, and when it may be called again
	pauses      backoff
}

func newLAN(ls *links, d *devices) *lan {
	l := &lan{
		links: ls, devices: d, heard: map[string]heardBeacon{}, offers: &offers{},
		ours: make(chan beaconFrom, maxLANCalls), others: make(chan beaconFrom, maxLANCalls),
	}
	if ls != nil {
		l.offers.private = ls.private
	}
	return l
}

// bind opens the listener for the local network, unless the person has given
// one that serves it.
func (l *lan) bind() {
	for _, given := range l.links.listeners {
		if a, err := netip.ParseAddr(given.uri.host); err == nil && a.IsUnspecified() && given.uri.scheme == "tls" {
			l.port = given.uri.portNumber()
			return
		}
	}
	for _, address := range []string{"[::]:" + strconv.Itoa(LANPort), "0.0.0.0:" + strconv.Itoa(LANPort), "[::]:0", "0.0.0.0:0"} {
		u, err := parsePeerURI("tls://"+address, listenSchemes...)
		if err != nil {
			continue
		}
		u.priority = priorityLAN
		listener, err := bind(u, l.links.tls)
		if err != nil {
			l.links.log.Debug("Listen on the local network", slog.Any("err", err))
			continue
		}
		listener.lan = true
		l.links.listeners = append(l.links.listeners, listener)
		l.port = listener.uri.portNumber()
		return
	}
}

// run announces and listens until ctx ends.
func (l *lan) run(ctx context.Context) {
	var group sync.WaitGroup
	defer group.Wait()
	own := beacon{l.links.private.Public().(ed25519.PublicKey), l.port}
	for _, open := range []func(context.Context, beacon, *offers) (beaconSocket, error){openIPv4, openIPv6} {
		s, err := open(ctx, own, l.offers)
		if err != nil {
			l.links.log.WarnContext(ctx, "Local network discovery is limited", slog.Any("err", err))
			continue
		}
		group.Go(func() { l.listen(ctx, s) })
		if l.port != 0 {
			group.Go(func() { l.announce(ctx, s) })
		}
	}
	for range maxLANCalls {
		group.Go(func() { l.call(ctx, l.ours) })
		group.Go(func() { l.call(ctx, l.others) })
	}
}

// beaconSocket sends and receives one kind of beacon.
type beaconSocket interface {
	announce() // on every interface there is now
	receive(buf []byte) (beacon, netip.Addr, error)
	Close() error
}

// announce sends beacons: eagerly at first, since some are lost and a new IPv6
// address cannot be used for a second or two, and then with pauses that grow.
// Whoever asks for one makes it eager again. There is at most one in
// beaconFirst.
func (l *lan) announce(ctx context.Context, s beaconSocket) {
	asked, stop := l.asked.Listen()
	defer stop()
	for sent := 1; ; sent++ {
		s.announce()
		if pause(ctx, beaconFirst) != nil {
			return
		}
		longest := beaconLongest - beaconFirst
		if l.offers.datagram() != nil {
			longest = offerInterval - beaconFirst
		}
		timer := time.NewTimer(min(time.Duration(max(sent-beaconEager, 0))*beaconFirst, longest))
		select {
		case <-ctx.Done():
		case <-asked:
			sent = 0
		case <-timer.C:
		}
		timer.Stop()
	}
}

// renew looks for devices anew: the network is another.
func (l *lan) renew() {
	l.mu.Lock()
	clear(l.heard)
	l.mu.Unlock()
	l.asked.Raise()
}

func (l *lan) listen(ctx context.Context, s beaconSocket) {
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	buf := make([]byte, 1500)
	second, heard := time.Now(), 0
	for {
		if time.Since(second) >= time.Second {
			second, heard = time.Now(), 0
		}
		if heard++; heard > maxBeacons && pause(ctx, time.Second) != nil {
			return
		}
		b, from, err := s.receive(buf)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			l.hear(b, from, time.Now())
		case !errors.Is(err, errBadBeacon):
			if pause(ctx, time.Second) != nil { // the network is changing, most likely
				return
			}
		}
	}
}

// hear decides whether to call a device that has announced itself.
func (l *lan) hear(b beacon, from netip.Addr, now time.Time) {
	own := l.links.private.Public().(ed25519.PublicKey)
	if b.key.Equal(own) || !isLocal(netip.AddrPortFrom(from, b.port)) {
		return
	}
	if k := l.links.to(b.key); k != nil && k.local && k.kind != PeeringDirect {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	h, known := l.heard[string(b.key)]
	if !known {
		if len(l.heard) >= maxHeard {
			clear(l.heard) // politeness forgotten does little harm
		}
		h = heardBeacon{first: now, pauses: backoff{longest: lanRetry}}
		l.asked.Raise() // it may have come after our last beacon, and wait for one
	}
	polite := l.port != 0 && bytes.Compare(own, b.key) > 0 && now.Sub(h.first) < politeness
	if !polite && !now.Before(h.next) {
		calls := l.others
		if _, ours := l.devices.admittedAt(AddressOf(b.key)); ours {
			calls = l.ours
		}
		select {
		case calls <- beaconFrom{b, from}:
			h.next = now.Add(h.pauses.next())
		default: // enough calls are waiting; it will be heard again
		}
	}
	l.heard[string(b.key)] = h
}

// call links with devices that hear has chosen, one at a time.
func (l *lan) call(ctx context.Context, calls <-chan beaconFrom) {
	for {
		select {
		case <-ctx.Done():
			return
		case b := <-calls:
			u := peerURI{
				scheme: "tls", host: b.from.String(), port: strconv.Itoa(int(b.port)),
				key: b.key, priority: priorityLAN,
			}
			err := l.links.call(ctx, u, PeeringLAN, func(ed25519.PublicKey) {})
			l.links.log.DebugContext(ctx, "Local link ended", slog.String("uri", u.name()), slog.Any("err", err))
		}
	}
}

// multicastInterfaces returns the interfaces that beacons are sent on.
func multicastInterfaces() []net.Interface {
	all, err := net.Interfaces()
	if err != nil {
		return nil // the next announcement tries again
	}
	const need, not = net.FlagUp | net.FlagRunning | net.FlagMulticast, net.FlagPointToPoint | net.FlagLoopback
	var list []net.Interface
	for _, i := range all {
		if i.Flags&need == need && i.Flags&not == 0 {
			list = append(list, i)
		}
	}
	return list
}
