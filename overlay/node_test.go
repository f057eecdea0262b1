package overlay

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
)

func TestTransferBothWays(t *testing.T) {
	t.Parallel()
	a, b := pairOf(t)
	const size = 8 << 20
	sent := make([]byte, size)
	_, _ = rand.Read(sent)
	remotes := make(chan net.Addr, 1)
	serve(t, a, 7331, func(c net.Conn) {
		remotes <- c.RemoteAddr()
		echo(c)
	})
	c := dialTo(t, b, a, 7331)
	go func() {
		_, _ = c.Write(sent)
		_ = c.(interface{ CloseWrite() error }).CloseWrite()
	}()
	h := sha256.New()
	if n, err := io.Copy(h, c); err != nil || n != size {
		t.Fatalf("read %d bytes back, %v", n, err)
	}
	if want := sha256.Sum256(sent); !bytes.Equal(h.Sum(nil), want[:]) {
		t.Error("what came back differs")
	}
	remote, ok := (<-remotes).(*Addr)
	if !ok || !remote.Key.Equal(b.PublicKey()) || !strings.HasPrefix(remote.String(), HostName(b.PublicKey())+":") {
		t.Errorf("accepted from %v, want the full key of the caller", remote)
	}
	if p := b.Path(a.PublicKey()); p.Kind != PathLAN || p.RTT <= 0 || p.Since.IsZero() || p.LastSeen.IsZero() {
		t.Errorf("path %+v, want kind lan with its times", p)
	}
	checkPeerings(t, a, b, size)
}

func checkPeerings(t *testing.T, a, b *Node, size uint64) {
	t.Helper()
	out, in := b.Peers(), a.Peers()
	if len(out) != 1 || len(in) != 1 {
		t.Fatalf("peerings %+v and %+v, want one each", out, in)
	}
	if p := out[0]; !p.Up || p.Inbound || p.Kind != PeeringStatic || p.RX < size || p.TX < size || !p.Key.Equal(a.PublicKey()) {
		t.Errorf("outbound peering %+v", p)
	}
	if p := in[0]; !p.Up || !p.Inbound || p.Kind != PeeringInbound || p.Transit != 0 || !p.Key.Equal(b.PublicKey()) {
		t.Errorf("inbound peering %+v", p)
	}
}

func TestDialByAddress(t *testing.T) {
	t.Parallel()
	a, b := pairOf(t)
	serve(t, a, 80, echo)
	c, err := b.DialContext(t.Context(), "tcp", netip.AddrPortFrom(a.Address(), 80).String())
	if err != nil {
		t.Fatal(err)
	}
	if got := c.RemoteAddr().String(); got != at(a, 80) {
		t.Errorf("remote %s, want %s", got, at(a, 80))
	}
	_ = c.Close()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("read after close: %v", err)
	}
}

func TestDialErrors(t *testing.T) {
	t.Parallel()
	a, b := pairOf(t)
	absent, _, _ := ed25519.GenerateKey(nil)
	stranger, _, _ := ed25519.GenerateKey(nil)
	b.Admit(absent)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx           context.Context
		network, addr string
		want          error
	}{
		"nobody listens":     {t.Context(), "tcp", at(a, 9), syscall.ECONNREFUSED},
		"absent":             {ended, "tcp", HostName(absent) + ":80", ErrUnreachable},
		"cancelled":          {ended, "tcp", HostName(absent) + ":80", context.Canceled},
		"stranger":           {t.Context(), "tcp", HostName(stranger) + ":80", ErrNotAdmitted},
		"stranger's address": {t.Context(), "tcp", "[200::1]:80", ErrNotAdmitted},
		"oneself":            {t.Context(), "tcp", at(b, 80), ErrNotAdmitted},
		"elsewhere":          {t.Context(), "tcp", "192.0.2.1:80", ErrBadName},
		"another name":       {t.Context(), "tcp", "example.org:80", ErrBadName},
		"no port":            {t.Context(), "tcp", HostName(a.PublicKey()), ErrBadName},
		"udp":                {t.Context(), "udp", at(a, 80), net.UnknownNetworkError("udp")},
	} {
		t.Run(name, func(t *testing.T) {
			c2, err := b.DialContext(c.ctx, c.network, c.addr)
			if !errors.Is(err, c.want) {
				t.Errorf("dial %s: %v, %v; want %v", c.addr, c2, err, c.want)
			}
		})
	}
}

func TestGoodbye(t *testing.T) {
	t.Parallel()
	a, b := pairOf(t)
	serve(t, b, 7331, echo)
	c := dialTo(t, a, b, 7331)
	ping(t, c)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	await(t, a, "offline", func() bool { return a.Path(b.PublicKey()).Kind == PathOffline })
	if p := a.Path(b.PublicKey()); p.LastSeen.IsZero() {
		t.Errorf("path after a goodbye: %+v", p)
	}
	if _, err := io.Copy(io.Discard, c); err == nil {
		t.Error("a connection outlived the goodbye of its device")
	}
	if err := b.Run(t.Context()); err == nil {
		t.Error("a closed node ran")
	}
	if _, err := b.DialContext(t.Context(), "tcp", at(a, 80)); err == nil {
		t.Error("a closed node dialled")
	}
}

func TestSilentDeviceGoesOffline(t *testing.T) {
	t.Parallel()
	a, b := pairOf(t)
	uri := a.ListenURIs()[0]
	if err := b.RemovePeer(uri); err != nil { // as a cut cable: no goodbye
		t.Fatal(err)
	}
	for _, pair := range [][2]*Node{{a, b}, {b, a}} {
		await(t, pair[0], "offline", func() bool { return pair[0].Path(pair[1].PublicKey()).Kind == PathOffline })
	}
	if err := b.AddPeer(uri); err != nil {
		t.Fatal(err)
	}
	awaitOnline(t, a, b.PublicKey())
	awaitOnline(t, b, a.PublicKey())
}

func TestRelayed(t *testing.T) {
	t.Parallel()
	relay := start(t, listening(t))
	a := start(t, calling(t, relay))
	b := start(t, calling(t, relay))
	pair(a, b)
	awaitOnline(t, a, b.PublicKey())
	serve(t, b, 7331, echo)
	ping(t, dialTo(t, a, b, 7331))
	p := a.Path(b.PublicKey())
	if p.Kind != PathRelayed || p.Via != relay.ListenURIs()[0] || !p.ViaKey.Equal(relay.PublicKey()) {
		t.Errorf("path %+v, want relayed via %s", p, relay.ListenURIs()[0])
	}
	var carried uint64
	for _, row := range relay.Peers() {
		carried += row.Transit
	}
	if carried == 0 {
		t.Error("the relay counts nothing carried for others")
	}
	// A link between the two takes over without a word from anyone.
	c := dialTo(t, a, b, 7331)
	direct := listenLater(t, b)
	if err := a.AddPeer(direct); err != nil {
		t.Fatal(err)
	}
	await(t, a, "direct path", func() bool { return a.Path(b.PublicKey()).Kind == PathLAN })
	ping(t, c)
	if err := a.RemovePeer(direct); err != nil {
		t.Fatal(err)
	}
	await(t, a, "relayed again", func() bool { return a.Path(b.PublicKey()).Kind == PathRelayed })
	ping(t, c)
}

// listenLater gives a running node a listener, and returns its URI.
func listenLater(t *testing.T, n *Node) string {
	t.Helper()
	u, err := parsePeerURI("tls://127.0.0.1:0", listenSchemes...)
	if err != nil {
		t.Fatal(err)
	}
	l, err := bind(u, n.links.tls)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		l.serve(ctx, n.links)
		close(done)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return l.uri.name()
}
