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
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	iwt "github.com/Arceliar/ironwood/types"
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

func TestStrangerGetsNothing(t *testing.T) {
	t.Parallel()
	a := start(t, listening(t))
	serve(t, a, 7331, echo)
	serve(t, a, 7332, echo)
	stranger := start(t, calling(t, a))
	stranger.Admit(a.PublicKey()) // its own business
	awaitLink(t, stranger, a.PublicKey())
	awaitLink(t, a, stranger.PublicKey())
	// A friend on the same link times the test: what the stranger sent first
	// has long arrived when the friend is online.
	friend := start(t, calling(t, a))
	pair(a, friend)
	awaitOnline(t, friend, a.PublicKey())
	if p := stranger.Path(a.PublicKey()); p.Kind != PathOffline {
		t.Errorf("a stranger was answered: %+v", p)
	}
	for _, port := range []uint16{7331, 7332} {
		if a.devices.inbound(synPacket(stranger, a, port), stranger.PublicKey(), a.greeter.start) {
			t.Errorf("a stranger's packet to port %d was let in", port)
		}
	}
	if _, err := a.DialContext(t.Context(), "tcp", at(stranger, 80)); !errors.Is(err, ErrNotAdmitted) {
		t.Errorf("dial a stranger: %v", err)
	}
	for _, s := range a.core.GetSessions() {
		if !s.Key.Equal(friend.PublicKey()) {
			t.Errorf("a session with %x, a stranger", s.Key)
		}
	}
	a.devices.mu.RLock()
	defer a.devices.mu.RUnlock()
	if len(a.devices.table) != 1 {
		t.Errorf("%d devices remembered, want only the friend", len(a.devices.table))
	}
}

// synPacket is the head of a TCP packet between two nodes.
func synPacket(from, to *Node, port uint16) []byte {
	p := make([]byte, 60)
	p[0], p[6] = 0x60, 6
	src, dst := from.Address().As16(), to.Address().As16()
	copy(p[8:], src[:])
	copy(p[24:], dst[:])
	p[42], p[43] = byte(port>>8), byte(port)
	return p
}

func TestInboundRules(t *testing.T) {
	t.Parallel()
	open := func() *Node {
		n, err := Open(local(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = n.Close() })
		return n
	}
	a, friend, guest := open(), open(), open()
	a.Admit(friend.PublicKey())
	closeWindow := a.OpenWindow(7332)
	change := func(p []byte, i int, b byte) []byte {
		p[i] = b
		return p
	}
	now := a.greeter.start
	for _, c := range []struct {
		name   string
		packet []byte
		key    ed25519.PublicKey
		want   bool
	}{
		{"friend", synPacket(friend, a, 7331), friend.PublicKey(), true},
		{"friend under another's address", synPacket(guest, a, 7331), friend.PublicKey(), false},
		{"guest under a friend's address", synPacket(friend, a, 7332), guest.PublicKey(), false},
		{"guest to the window", synPacket(guest, a, 7332), guest.PublicKey(), true},
		{"guest to another port", synPacket(guest, a, 7331), guest.PublicKey(), false},
		{"guest by UDP", change(synPacket(guest, a, 7332), 6, 17), guest.PublicKey(), false},
		{"to another address", synPacket(friend, guest, 7331), friend.PublicKey(), false},
		{"IPv4", change(synPacket(friend, a, 7331), 0, 0x45), friend.PublicKey(), false},
		{"short", synPacket(friend, a, 7331)[:39], friend.PublicKey(), false},
		{"guest, short", synPacket(guest, a, 7332)[:43], guest.PublicKey(), false},
	} {
		if got := a.devices.inbound(c.packet, c.key, now); got != c.want {
			t.Errorf("%s: let in %v, want %v", c.name, got, c.want)
		}
	}
	closeWindow()
	closeWindow() // again is harmless
	if a.devices.inbound(synPacket(guest, a, 7332), guest.PublicKey(), now) {
		t.Error("a guest was let in after the window closed")
	}
	if a.Expel(friend.PublicKey()); a.devices.inbound(synPacket(friend, a, 7331), friend.PublicKey(), now) {
		t.Error("an expelled device was let in")
	}
}

func TestGuestsAreBounded(t *testing.T) {
	t.Parallel()
	own, _, _ := ed25519.GenerateKey(nil)
	d := newDevices(AddressOf(own))
	if _, ok := d.guest(own); ok {
		t.Error("this device became its own guest")
	}
	defer d.openWindow(7332)()
	var keys []ed25519.PublicKey
	for i := range 3 * maxGuests {
		key, _, _ := ed25519.GenerateKey(nil)
		guest, ok := d.guest(key)
		if !ok {
			t.Fatalf("guest %d was refused", i)
		}
		guest.heard.Store(int64(i))
		keys = append(keys, key)
	}
	if len(d.table) != maxGuests {
		t.Errorf("%d guests, want %d", len(d.table), maxGuests)
	}
	if _, ok := d.table[AddressOf(keys[len(keys)-1])]; !ok {
		t.Error("the last guest is not among them")
	}
}

func TestPairingWindow(t *testing.T) {
	t.Parallel()
	a := start(t, listening(t))
	serve(t, a, 7331, echo)
	serve(t, a, 7332, echo)
	b := start(t, calling(t, a))
	closeWindow := a.OpenWindow(7332)
	b.Admit(a.PublicKey())
	c := dialTo(t, b, a, 7332)
	ping(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	refused := make(chan error, 1)
	go func() {
		_, err := b.DialContext(ctx, "tcp", at(a, 7331))
		refused <- err
	}()
	for range 20 {
		ping(t, c) // meanwhile the other dial gets its chances
	}
	cancel()
	if err := <-refused; err == nil {
		t.Error("a guest reached another port than the window's")
	}
	if _, err := a.DialContext(t.Context(), "tcp", at(b, 80)); !errors.Is(err, ErrNotAdmitted) {
		t.Errorf("dial a guest: %v", err)
	}
	closeWindow()
	if _, err := io.Copy(io.Discard, c); err == nil {
		t.Error("a guest's connection outlived the window without an error")
	}
}

func TestAdmittedGuestStays(t *testing.T) {
	t.Parallel()
	a := start(t, listening(t))
	serve(t, a, 7332, echo)
	b := start(t, calling(t, a))
	closeWindow := a.OpenWindow(7332)
	b.Admit(a.PublicKey())
	c := dialTo(t, b, a, 7332)
	a.Admit(b.PublicKey())
	closeWindow()
	ping(t, c)
	awaitOnline(t, a, b.PublicKey())
}

// ping sends a byte through an echo and reads it back.
func ping(t *testing.T, c net.Conn) {
	t.Helper()
	b := []byte{7}
	if _, err := c.Write(b); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, b); err != nil {
		t.Fatal(err)
	}
}

func TestExpelCutsConnections(t *testing.T) {
	t.Parallel()
	a, b := pairOf(t)
	ended := make(chan error, 1)
	serve(t, a, 7331, func(c net.Conn) {
		_, err := io.Copy(c, c)
		ended <- err
	})
	c := dialTo(t, b, a, 7331)
	ping(t, c)
	a.Expel(b.PublicKey())
	if err := <-ended; err == nil {
		t.Error("the connection of an expelled device ended without an error")
	}
	if _, err := io.Copy(io.Discard, c); err == nil {
		t.Error("the expelled device was not told")
	}
	if p := a.Path(b.PublicKey()); p.Kind != PathOffline {
		t.Errorf("path of an expelled device: %+v", p)
	}
	a.Admit(b.PublicKey()) // and back again
	awaitOnline(t, a, b.PublicKey())
	ping(t, dialTo(t, b, a, 7331))
}

func TestForgedSourceIsDropped(t *testing.T) {
	t.Parallel()
	a, b := pairOf(t)
	third, _, _ := ed25519.GenerateKey(nil)
	a.Admit(third)
	before := heard(a, third)
	forged := synPacket(b, a, 7331)
	src := AddressOf(third).As16()
	copy(forged[8:], src[:])
	b.send(append([]byte{sessionTraffic}, forged...), iwt.Addr(a.PublicKey()))
	serve(t, a, 7331, echo)
	ping(t, dialTo(t, b, a, 7331)) // travelled behind the forged packet
	if heard(a, third) != before {
		t.Error("a packet under another device's address was let in")
	}
}

func heard(n *Node, key ed25519.PublicKey) int64 {
	d, _ := n.devices.admittedAt(AddressOf(key))
	return d.heard.Load()
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
	if p.Kind != PathRelayed || p.Via != relay.ListenURIs()[0] {
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

func TestPortInUse(t *testing.T) {
	t.Parallel()
	a := start(t, listening(t))
	taken := a.ListenURIs()[0]
	opts := local(t)
	opts.Listen = []string{"tls://127.0.0.1:0", taken}
	_, err := Open(opts)
	if !errors.Is(err, ErrPortInUse) || !strings.Contains(err.Error(), taken) {
		t.Errorf("open on a taken port: %v", err)
	}
	serve(t, a, 7331, echo)
	if _, err := a.Listen(7331); !errors.Is(err, ErrPortInUse) {
		t.Errorf("listen on a taken overlay port: %v", err)
	}
	quic := local(t)
	quic.Listen = []string{"quic://127.0.0.1:0"}
	quic.Listen = start(t, quic).ListenURIs()
	quic.KeyFile = filepath.Join(t.TempDir(), "key")
	if _, err := Open(quic); !errors.Is(err, ErrPortInUse) {
		t.Errorf("open on a taken UDP port: %v", err)
	}
}

func TestKeyFile(t *testing.T) {
	t.Parallel()
	open := func(file string) (*Node, error) {
		n, err := Open(Options{KeyFile: file, NoLAN: true, NoPublicPeers: true})
		if err == nil {
			t.Cleanup(func() { _ = n.Close() })
		}
		return n, err
	}
	file := filepath.Join(t.TempDir(), "state", "key")
	first, err := open(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	again, err := open(file)
	if err != nil {
		t.Fatal(err)
	}
	if !first.PublicKey().Equal(again.PublicKey()) || !Range.Contains(again.Address()) {
		t.Error("the second start is another device")
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file has mode %v, %v", info.Mode(), err)
	}
	for name, text := range map[string]string{
		"empty": "", "short": "abcd\n", "no hex": strings.Repeat("z", 64), "long": strings.Repeat("a", 66),
	} {
		damaged := filepath.Join(t.TempDir(), "key")
		writeFile(t, damaged, text, 0o600)
		if _, err := open(damaged); !errors.Is(err, ErrDamagedKey) {
			t.Errorf("%s: open: %v", name, err)
		}
		if now, err := os.ReadFile(damaged); err != nil || string(now) != text {
			t.Errorf("%s: the damaged file now holds %q, %v", name, now, err)
		}
	}
	if _, err := open(t.TempDir()); err == nil {
		t.Error("a folder was taken for a key file")
	}
}
