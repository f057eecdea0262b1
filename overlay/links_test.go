package overlay

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"net"
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
	for turn := 0; ; turn++ {
		// In turns: what mends a session from both ends at once breaks it again.
		if turn%2 == 0 {
			n.send([]byte{sessionTraffic, 0xff, 1}, iwt.Addr(c.PublicKey()))
		} else {
			_, _ = c.WriteTo([]byte{0xff, 2}, iwt.Addr(n.PublicKey())) // mends a wedged session
		}
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
