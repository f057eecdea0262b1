package overlay

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	iwt "github.com/Arceliar/ironwood/types"
	"github.com/yggdrasil-network/yggdrasil-go/src/core"
)

// yggdrasil starts a plain Yggdrasil node, and reports what it receives.
func yggdrasil(t *testing.T, key ed25519.PrivateKey) (*core.Core, <-chan string) {
	t.Helper()
	cert, err := certificate(key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := core.New(cert, nil, core.NodeInfo(nil), core.NodeInfoPrivacy(true))
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 64)
	go func() {
		buf := make([]byte, c.MTU())
		for {
			n, _, err := c.ReadFrom(buf)
			if err != nil {
				close(got)
				return
			}
			select {
			case got <- string(buf[:n]):
			default:
			}
		}
	}()
	t.Cleanup(c.Stop)
	return c, got
}

// talk admits a plain node, and sends to it until it has received.
func talk(t *testing.T, n *Node, c *core.Core, got <-chan string) {
	t.Helper()
	n.Admit(c.PublicKey()) // what its session answers is heard now
	tick := time.NewTicker(helloEager)
	defer tick.Stop()
	end := time.After(patience)
	for {
		n.send([]byte{sessionTraffic, 0xff, 1}, iwt.Addr(c.PublicKey()))
		_, _ = c.WriteTo([]byte{0xff, 2}, iwt.Addr(n.PublicKey())) // mends a wedged session
		select {
		case text := <-got:
			if text != "\xff\x01" { // a hello
				continue
			}
			return
		case <-tick.C:
		case <-end:
			t.Fatal("a plain Yggdrasil node received nothing")
		}
	}
}

func TestLinksWithYggdrasil(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"tcp", "tls", "quic", "ws"} {
		t.Run("calling "+scheme, func(t *testing.T) {
			t.Parallel()
			c, got := yggdrasil(t, seeded(10))
			ln, err := c.Listen(&url.URL{Scheme: scheme, Host: "127.0.0.1:0"}, "")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(ln.Cancel)
			opts := local(t)
			opts.Peers = []string{scheme + "://" + ln.Addr().String() + "?key=" + hex.EncodeToString(c.PublicKey())}
			n := start(t, opts)
			awaitLink(t, n, c.PublicKey())
			talk(t, n, c, got)
			if p := n.Peers()[0]; !p.Up || p.URI != opts.Peers[0] || p.RX == 0 || p.TX == 0 || p.RTT <= 0 {
				t.Errorf("peering %+v", p)
			}
			if k := n.links.to(c.PublicKey()); !k.local {
				t.Errorf("remote %v is not local", k.remote)
			}
		})
	}
	for _, scheme := range listenSchemes {
		t.Run("called by "+scheme, func(t *testing.T) {
			t.Parallel()
			c, got := yggdrasil(t, seeded(11))
			opts := local(t)
			opts.Listen = []string{scheme + "://127.0.0.1:0"}
			n := start(t, opts)
			u, err := url.Parse(n.ListenURIs()[0])
			if err != nil {
				t.Fatal(err)
			}
			if err := c.AddPeer(u, ""); err != nil {
				t.Fatal(err)
			}
			awaitLink(t, n, c.PublicKey())
			talk(t, n, c, got)
			if p := n.Peers()[0]; p.Kind != PeeringInbound || !strings.HasPrefix(p.URI, scheme+"://127.0.0.1:") {
				t.Errorf("peering %+v", p)
			}
		})
	}
}

func TestQUICBetweenDevices(t *testing.T) {
	t.Parallel()
	opts := local(t)
	opts.Listen = []string{"quic://127.0.0.1:0"}
	a := start(t, opts)
	b := start(t, calling(t, a))
	pair(a, b)
	awaitOnline(t, b, a.PublicKey())
	serve(t, a, 80, echo)
	ping(t, dialTo(t, b, a, 80))
}

func TestStaticPeerErrors(t *testing.T) {
	t.Parallel()
	a := start(t, listening(t))
	good := a.ListenURIs()[0]
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { // hangs up on everyone
		for {
			c, err := mute.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	defer func() { _ = mute.Close() }()
	b := start(t, local(t))
	for uri, want := range map[string]string{
		good + "?key=" + hex.EncodeToString(public(seeded(9))): errWrongKey.Error(),
		"tcp://" + mute.Addr().String():                        "",
		"tls://127.0.0.1:1":                                    "refused",
		"tls://[200::1]:1":                                     errThroughOverlay.Error(),
		"quic://[200::1]:1":                                    errThroughOverlay.Error(),
	} {
		if err := b.AddPeer(uri); err != nil {
			t.Fatal(err)
		}
		if err := b.AddPeer(uri); err != nil { // again is harmless
			t.Fatal(err)
		}
		await(t, b, "error of "+uri, func() bool {
			p := b.Peers()[0]
			return p.LastErr != "" && strings.Contains(p.LastErr, want)
		})
		if p := b.Peers(); len(p) != 1 || p[0].Up || p[0].URI != uri {
			t.Errorf("peerings %+v", p)
		}
		if err := b.RemovePeer(uri); err != nil {
			t.Error(err)
		}
		if err := b.RemovePeer(uri); !errors.Is(err, ErrNoPeering) {
			t.Errorf("remove %s twice: %v", uri, err)
		}
	}
	if err := b.AddPeer("nonsense"); !errors.Is(err, ErrBadURI) {
		t.Errorf("add nonsense: %v", err)
	}
	if err := b.RemovePeer("nonsense"); !errors.Is(err, ErrBadURI) {
		t.Errorf("remove nonsense: %v", err)
	}
	if err := a.AddPeer(good); err != nil {
		t.Fatal(err)
	}
	await(t, a, "call to oneself", func() bool { return strings.Contains(a.Peers()[0].LastErr, errOwnKey.Error()) })
}

func TestBadOptions(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Options){
		"listen": func(o *Options) { o.Listen = []string{"tls://nowhere"} },
		"scheme": func(o *Options) { o.Listen = []string{"ws://127.0.0.1:0"} },
		"peer":   func(o *Options) { o.Peers = []string{"192.0.2.1:1"} },
		"public": func(o *Options) { o.NoPublicPeers, o.PublicPeers = false, []string{"x"} },
	} {
		opts := local(t)
		change(&opts)
		if _, err := Open(opts); !errors.Is(err, ErrBadURI) {
			t.Errorf("%s: open: %v", name, err)
		}
	}
}

func TestCloseWithoutRun(t *testing.T) {
	t.Parallel()
	opts := listening(t)
	n, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := n.Listen(80)
	if err != nil {
		t.Fatal(err)
	}
	opts.Listen = n.ListenURIs()
	for range 2 {
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept on a closed node: %v", err)
	}
	again, err := Open(opts) // the port is free again
	if err != nil {
		t.Fatal(err)
	}
	if got := again.Hints(); len(got) != 1 || got[0] != again.ListenURIs()[0] {
		t.Errorf("hints %v of a loopback listener, want %v", got, again.ListenURIs())
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestRunEndsWithContext(t *testing.T) {
	t.Parallel()
	n, err := Open(listening(t))
	if err != nil {
		t.Fatal(err)
	}
	ln, err := n.Listen(80)
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan error, 1)
	go func() {
		_, err := ln.Accept()
		accepted <- err
	}()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("run: %v", err)
	}
	if err := <-accepted; !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept: %v", err)
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
}

func TestPublicPeers(t *testing.T) {
	t.Parallel()
	a, b := start(t, listening(t)), start(t, listening(t))
	opts := local(t)
	opts.NoPublicPeers = false
	opts.PublicPeers = []string{a.ListenURIs()[0], "tls://127.0.0.1:1", b.ListenURIs()[0]}
	n := start(t, opts)
	up := func() (active string, waiting []string) {
		for _, p := range n.Peers() {
			if p.Kind != PeeringPublic {
				t.Errorf("peering %+v", p)
			}
			if p.Up {
				active += p.URI
			} else {
				waiting = append(waiting, p.URI)
			}
		}
		return active, waiting
	}
	await(t, n, "one active, one standby", func() bool {
		active, waiting := up()
		return active != "" && len(waiting) == 1 && waiting[0] != active && waiting[0] != "tls://127.0.0.1:1"
	})
	active, waiting := up()
	first := a
	if active == b.ListenURIs()[0] {
		first = b
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	await(t, n, "the standby takes over", func() bool {
		active, _ := up()
		return active == waiting[0]
	})
}

func TestNoPublicPeerAnswers(t *testing.T) {
	t.Parallel()
	opts := local(t)
	opts.NoPublicPeers = false
	opts.PublicPeers = []string{"tls://127.0.0.1:1"}
	n := start(t, opts)
	await(t, n, "an error", func() bool {
		p := n.Peers()
		return len(p) == 1 && p[0].LastErr != ""
	})
}

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
	expect("greater key again", high, time.Second, 1)
	expect("lesser key", low, 0, 1)
	expect("lesser key, did not call", low, politeness, 2)
	expect("queue is full", high, lanRetry, 2)
	if b := <-l.others; !b.key.Equal(high) {
		t.Errorf("called %x first", b.key)
	}
	expect("greater key, later", high, lanRetry+1, 2)
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
