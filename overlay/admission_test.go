package overlay

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"net"
	"testing"

	iwt "github.com/Arceliar/ironwood/types"
)

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
	a, friend, guest := unrun(t), unrun(t), unrun(t)
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

func TestGuestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	a, guest := unrun(t), unrun(t)
	a.OpenWindow(7332)
	a.devices.guest(guest.PublicKey())
	track := func(port uint16) (*conn, bool) {
		c := &conn{devices: a.devices, local: Addr{Port: port}}
		return c, a.devices.track(c, guest.Address())
	}
	var open []*conn
	for range maxGuestConns {
		c, ok := track(7332)
		if !ok {
			t.Fatalf("connection %d was refused", len(open)+1)
		}
		open = append(open, c)
	}
	if _, ok := track(7332); ok {
		t.Error("one more connection of a guest was let in")
	}
	a.devices.untrack(open[0].device, open[0])
	if _, ok := track(7331); ok {
		t.Error("a connection to another port was let in")
	}
	if _, ok := track(7332); !ok {
		t.Error("there is room, and a connection was refused")
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
