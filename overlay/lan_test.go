package overlay

import (
	"context"
	"crypto/ed25519"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// onLAN gives a node the half of local discovery that calls what was heard.
func onLAN(t *testing.T, n *Node) *lan {
	t.Helper()
	l := newLAN(n.links, n.devices)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		l.call(ctx, l.others)
		close(done)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return l
}

func TestLANBeaconMakesALink(t *testing.T) {
	t.Parallel()
	a, b := start(t, listening(t)), start(t, local(t))
	l := onLAN(t, b)
	loopback := netip.MustParseAddr("127.0.0.1")
	port := netip.MustParseAddrPort(strings.TrimPrefix(a.ListenURIs()[0], "tls://")).Port()
	ownLinks := func() int { return len(b.Peers()) }

	for _, silly := range []struct {
		beacon
		from string
	}{
		{beacon{b.PublicKey(), port}, "127.0.0.1"},   // one's own
		{beacon{a.PublicKey(), port}, "203.0.113.9"}, // not of the local network
	} {
		l.hear(silly.beacon, netip.MustParseAddr(silly.from), time.Now())
		if len(l.others) != 0 {
			t.Errorf("%+v was called", silly)
		}
	}
	// A forged beacon leads to a link that is given up: a is another key.
	forged := l.links.call(t.Context(), peerURI{
		scheme: "tls", host: "127.0.0.1", port: portText(port), key: public(seeded(8)),
	}, PeeringLAN, func(ed25519.PublicKey) {})
	if !errors.Is(forged, errWrongKey) || ownLinks() != 0 {
		t.Errorf("forged beacon: %v", forged)
	}

	l.hear(beacon{a.PublicKey(), port}, loopback, time.Now())
	awaitLink(t, b, a.PublicKey())
	if p := b.Peers(); len(p) != 1 || p[0].Kind != PeeringLAN {
		t.Errorf("peerings %+v", p)
	}
	l.hear(beacon{a.PublicKey(), port}, loopback, time.Now().Add(time.Hour))
	if len(l.others) != 0 {
		t.Error("a linked device was called again")
	}
}

func portText(port uint16) string {
	_, text, _ := net.SplitHostPort(netip.AddrPortFrom(netip.IPv4Unspecified(), port).String())
	return text
}

func TestLANPoliteness(t *testing.T) {
	t.Parallel()
	n, err := Open(local(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = n.Close() }()
	l := newLAN(n.links, n.devices)
	l.port, l.others = 1, make(chan beaconFrom, 2)
	from, now := netip.MustParseAddr("192.168.1.9"), time.Now()
	low, high := make(ed25519.PublicKey, 32), make(ed25519.PublicKey, 32)
	for i := range high {
		high[i] = 0xff
	}
	expect := func(what string, key ed25519.PublicKey, after time.Duration, want int) {
		t.Helper()
		l.hear(beacon{key, 9}, from, now.Add(after))
		if got := len(l.others); got != want {
			t.Errorf("%s: %d calls waiting, want %d", what, got, want)
		}
	}
	expect("greater key", high, 0, 1)
	expect("greater key again", high, time.Second-1, 1)
	expect("lesser key", low, 0, 1)
	expect("lesser key, did not call", low, politeness, 2)
	expect("queue is full", high, lanRetry, 2)
	if b := <-l.others; !b.key.Equal(high) {
		t.Errorf("called %x first", b.key)
	}
	expect("greater key, later", high, lanRetry+1, 2)
	<-l.others
	<-l.others
	calls := 0
	for at := lanRetry + 2; at < lanRetry+time.Minute; at += 100 * time.Millisecond {
		if l.hear(beacon{high, 9}, from, now.Add(at)); len(l.others) > 0 {
			<-l.others
			calls++
		}
	}
	if calls < 6 || calls > 10 { // after 2, 4, 8 and then every 10 s
		t.Errorf("called %d times in a minute", calls)
	}
	for i := range 2 * maxHeard {
		key := make(ed25519.PublicKey, 32)
		key[0], key[1] = byte(i), byte(i>>8)
		l.hear(beacon{key, 9}, from, now)
	}
	if len(l.heard) > maxHeard {
		t.Errorf("%d devices remembered", len(l.heard))
	}
}

func TestLANListener(t *testing.T) {
	t.Parallel()
	for listen, listeners := range map[string]int{"": 1, "tls://127.0.0.1:0": 2, "tls://0.0.0.0:0": 1, "tcp://0.0.0.0:0": 2} {
		opts := local(t)
		opts.NoLAN = false
		if listen != "" {
			opts.Listen = []string{listen}
		}
		n, err := Open(opts)
		if err != nil {
			t.Fatal(err)
		}
		last := n.links.listeners[len(n.links.listeners)-1]
		if len(n.links.listeners) != listeners || n.lan.port == 0 || n.lan.port != last.uri.portNumber() {
			t.Errorf("listen on %q: %d listeners, port %d announced", listen, len(n.links.listeners), n.lan.port)
		}
		if got := len(n.ListenURIs()); got != len(opts.Listen) {
			t.Errorf("listen on %q: listeners %v", listen, n.ListenURIs())
		}
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestBeaconSocket(t *testing.T) {
	t.Parallel()
	c, err := openUDP(t.Context(), "udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &ipv4Socket{conn: c}
	defer func() { _ = s.Close() }()
	k := seeded(5)
	for _, data := range [][]byte{[]byte("noise"), beacon{public(k), 7}.sign(k)} {
		if _, err := c.WriteTo(data, c.LocalAddr()); err != nil {
			t.Fatal(err)
		}
	}
	buf := make([]byte, 1500)
	if _, _, err := s.receive(buf); !errors.Is(err, errBadBeacon) {
		t.Errorf("noise: %v", err)
	}
	b, from, err := s.receive(buf)
	if err != nil || !b.key.Equal(public(k)) || b.port != 7 || !from.IsLoopback() {
		t.Errorf("received %+v from %v, %v", b, from, err)
	}
}

func TestBroadcastAddresses(t *testing.T) {
	t.Parallel()
	for _, i := range multicastInterfaces() {
		for _, a := range broadcasts(&i) {
			if a.To4() == nil {
				t.Errorf("%s: broadcast address %v", i.Name, a)
			}
		}
	}
}

// flooder is a beacon socket that something floods.
type flooder struct {
	beaconSocket
	took  int
	after chan struct{} // closed, so that what is too much ends too
}

func (*flooder) Close() error { return nil }

func (f *flooder) receive([]byte) (beacon, netip.Addr, error) {
	if f.took++; f.took > 100*maxBeacons {
		<-f.after
	}
	return beacon{}, netip.Addr{}, errBadBeacon
}

func TestBeaconFlood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLAN(nil, nil)
		ctx, cancel := context.WithCancel(t.Context())
		f := &flooder{after: make(chan struct{})}
		ended := make(chan struct{})
		go func() {
			l.listen(ctx, f)
			close(ended)
		}()
		<-time.After(10*time.Second + time.Millisecond)
		cancel()
		close(f.after)
		<-ended
		if f.took > 12*maxBeacons || f.took < 8*maxBeacons {
			t.Errorf("%d beacons looked at in 10 s, want about %d a second", f.took, maxBeacons)
		}
	})
}
