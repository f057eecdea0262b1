package overlay

import (
	"context"
	"crypto/ed25519"
	"errors"
	"math"
	"net/netip"
	"slices"
	"testing"
	"time"

	iwt "github.com/Arceliar/ironwood/types"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// gate is a node that is not run: what it is given and what it would send are
// looked at packet by packet.
type gate struct {
	t *testing.T
	*Node
	seen map[string]bool // what it has sent: TCP sends some of it again
}

// newGate opens a node that serves ports 7331 and 7332.
func newGate(t *testing.T) gate {
	t.Helper()
	g := gate{t, unrun(t), map[string]bool{}}
	for _, port := range []uint16{7331, 7332} {
		ln, err := g.Listen(port)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = ln.Close() })
	}
	return g
}

// give hands the gate what a session has delivered, and reports whether the
// TCP stack was shown it.
func (g gate) give(from ed25519.PublicKey, data []byte) (shown bool) {
	before := g.stack.Stats().IP.PacketsReceived.Value()
	g.take(data, iwt.Addr(from), g.greeter.start)
	return g.stack.Stats().IP.PacketsReceived.Value() != before
}

func (g gate) packet(from ed25519.PublicKey, packet []byte) (shown bool) {
	return g.give(from, append([]byte{sessionTraffic}, packet...))
}

// sent waits for the next packet that the gate would send, and has not before.
func (g gate) sent() (packet []byte, to iwt.Addr) {
	g.t.Helper()
	end := time.After(patience)
	for {
		select {
		case o := <-g.nic.out:
			if packet, isNew := g.look(o); isNew {
				return packet, o.to
			}
		case <-end:
			g.t.Fatal("nothing is sent")
		}
	}
}

// look returns the bytes of a packet, and whether they are the first such.
func (g gate) look(o outbound) (packet []byte, isNew bool) {
	for _, part := range o.packet.AsSlices() {
		packet = append(packet, part...)
	}
	o.packet.DecRef()
	isNew = !g.seen[string(packet)]
	g.seen[string(packet)] = true
	return packet, isNew
}

// silent checks that nothing is about to be sent.
func (g gate) silent(what string) {
	g.t.Helper()
	select {
	case d := <-g.greeter.out:
		g.t.Errorf("%s is answered by a datagram %x", what, d.body)
	case o := <-g.nic.out:
		if packet, isNew := g.look(o); isNew {
			g.t.Errorf("%s is answered by %x", what, packet)
		}
	default:
	}
}

// answers checks what a friend gets: the proof that the probes would be
// answered if they were let in.
func (g gate) answers(friend *Node) {
	g.t.Helper()
	from, to := friend.Address(), g.Address()
	first, last := fragments(from, to, 7332)
	for _, c := range []struct {
		name    string
		packets [][]byte
		flags   header.TCPFlags // of the answer; 0 for an echo
		port    uint16
	}{
		{"a SYN", [][]byte{ipPacket(from, to, uint8(header.TCPProtocolNumber), tcpSegment(from, to, 7331, header.TCPFlagSyn))}, header.TCPFlagSyn | header.TCPFlagAck, 7331},
		{"a SYN to nobody", [][]byte{ipPacket(from, to, uint8(header.TCPProtocolNumber), tcpSegment(from, to, 9, header.TCPFlagSyn))}, header.TCPFlagRst | header.TCPFlagAck, 9},
		{"a SYN behind options", [][]byte{behind(from, to, uint8(header.IPv6DestinationOptionsExtHdrIdentifier), 10)}, header.TCPFlagRst | header.TCPFlagAck, 10},
		{"a SYN in two", [][]byte{first, last}, header.TCPFlagSyn | header.TCPFlagAck, 7332},
		{"an echo", [][]byte{echoRequest(from, to)}, 0, 0},
	} {
		for _, p := range c.packets {
			if !g.packet(friend.PublicKey(), p) {
				g.t.Errorf("%s of a friend is kept out", c.name)
			}
		}
		packet, key := g.sent()
		if !friend.PublicKey().Equal(ed25519.PublicKey(key)) {
			g.t.Fatalf("%s is answered to %x", c.name, key)
		}
		ip := header.IPv6(packet)
		switch tcp := header.TCP(ip.Payload()); {
		case c.flags == 0:
			if ip.NextHeader() != uint8(header.ICMPv6ProtocolNumber) || header.ICMPv6(ip.Payload()).Type() != header.ICMPv6EchoReply {
				g.t.Errorf("%s is answered %x", c.name, packet)
			}
		case ip.NextHeader() != uint8(header.TCPProtocolNumber) || tcp.Flags() != c.flags || tcp.SourcePort() != c.port:
			g.t.Errorf("%s is answered %x", c.name, packet)
		}
	}
	g.greeter.receive(hello[1:], friend.PublicKey(), g.greeter.start)
	if d := <-g.greeter.out; d.body[1] != datagramAnswer {
		g.t.Errorf("the hello of a friend is answered %x", d.body)
	}
}

// TestDefaultDeny: whoever is not admitted gets nothing, whatever it sends, on
// every port, while a friend is answered.
func TestDefaultDeny(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	friend, other, expelled, stranger := unrun(t), unrun(t), unrun(t), unrun(t)
	for _, n := range []*Node{friend, other, expelled} {
		g.Admit(n.PublicKey())
	}
	g.Expel(expelled.PublicKey())
	double := slices.Clone(friend.PublicKey()) // an address holds less than half of a key
	double[ed25519.PublicKeySize-1] ^= 1
	for name, c := range map[string]struct {
		key  ed25519.PublicKey
		from netip.Addr
	}{
		"a stranger":                                 {stranger.PublicKey(), stranger.Address()},
		"a stranger under a friend's address":        {stranger.PublicKey(), friend.Address()},
		"a stranger under the device's own address":  {stranger.PublicKey(), g.Address()},
		"a stranger under no address":                {stranger.PublicKey(), netip.IPv6Unspecified()},
		"a stranger under that of loopback":          {stranger.PublicKey(), netip.IPv6Loopback()},
		"a stranger under one that is link-local":    {stranger.PublicKey(), netip.MustParseAddr("fe80::1")},
		"one that was expelled":                      {expelled.PublicKey(), expelled.Address()},
		"a key with a friend's address":              {double, AddressOf(double)},
		"a friend under another friend's address":    {friend.PublicKey(), other.Address()},
		"a friend under a stranger's address":        {friend.PublicKey(), stranger.Address()},
		"a friend under the device's own address":    {friend.PublicKey(), g.Address()},
		"a key of zeros, under that of a friend":     {make(ed25519.PublicKey, ed25519.PublicKeySize), friend.Address()},
		"a friend under a multicast address of all":  {friend.PublicKey(), netip.IPv6LinkLocalAllNodes()},
		"a friend under what would be the broadcast": {friend.PublicKey(), netip.MustParseAddr("3ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")},
	} {
		g.denied(name, c.key, c.from, 0)
	}
	g.answers(friend)
	g.silent("what came before")
}

// denied gives the gate all there is to try under an address, and checks that
// nothing of it is shown to the stack or answered; open is a port that is left
// out, 0 for none.
func (g gate) denied(name string, key ed25519.PublicKey, from netip.Addr, open uint16) {
	g.t.Helper()
	deny := func(p probe) {
		if g.packet(key, p.packet) {
			g.t.Errorf("%s: %s is shown to the TCP stack", name, p.name)
		}
		g.silent(name + ": " + p.name)
	}
	syn := ipPacket(from, g.Address(), uint8(header.TCPProtocolNumber), tcpSegment(from, g.Address(), 0, header.TCPFlagSyn))
	for port := range math.MaxUint16 + 1 {
		if header.TCP(syn[header.IPv6MinimumSize:]).SetDestinationPort(uint16(port)); uint16(port) != open || open == 0 {
			deny(probe{"a SYN", syn})
		}
	}
	for _, port := range []uint16{1, 22, 80, 5984, 7331, 7332, 7333} {
		if port != open {
			for _, p := range tcpProbes(from, g.Address(), port) {
				deny(p)
			}
		}
		for _, p := range otherProbes(from, g.Address(), port) {
			deny(p)
		}
	}
}

// TestNothingButTraffic: what Yggdrasil calls its protocol (who are you, whom
// are you linked with, what is your tree) is answered to nobody, and what is
// no packet and no datagram of ours does nothing.
func TestNothingButTraffic(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	friend, stranger := unrun(t), unrun(t)
	g.Admit(friend.PublicKey())
	defer g.OpenWindow(7332)()
	from := friend.Address()
	syn := ipPacket(from, g.Address(), uint8(header.TCPProtocolNumber), tcpSegment(from, g.Address(), 7331, header.TCPFlagSyn))
	for kind := range 256 {
		for request := range 256 {
			data := append([]byte{byte(kind), byte(request), byte(request)}, hello[2:]...)
			for _, key := range []ed25519.PublicKey{friend.PublicKey(), stranger.PublicKey()} {
				if kind == sessionTraffic && request >= datagramHello && request <= datagramFarewell {
					continue
				}
				if g.give(key, data) {
					t.Errorf("%x is shown to the TCP stack", data)
				}
			}
		}
		if kind != sessionTraffic && g.give(friend.PublicKey(), append([]byte{byte(kind)}, syn...)) {
			t.Errorf("a packet of kind %d is shown to the TCP stack", kind)
		}
	}
	for size := range header.IPv6MinimumSize {
		if g.packet(friend.PublicKey(), syn[:size]) {
			t.Errorf("%d bytes of a packet are shown to the TCP stack", size)
		}
	}
	for version := range byte(16) {
		if odd := append([]byte{version << 4}, syn[1:]...); version != 6 && g.packet(friend.PublicKey(), odd) {
			t.Errorf("a packet of IPv%d is shown to the TCP stack", version)
		}
	}
	g.silent("all that")
}

// TestGuestsGetOnePort: through an open window a guest reaches its port by
// plain TCP under its own address, and nothing else.
func TestGuestsGetOnePort(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	friend, guest := unrun(t), unrun(t)
	g.Admit(friend.PublicKey())
	g.OpenWindow(7332)
	g.denied("a guest", guest.PublicKey(), guest.Address(), 7332)
	if len(g.devices.table) != 1 {
		t.Error("whoever does not knock at the window is remembered")
	}
	g.denied("a guest under another's address", guest.PublicKey(), unrun(t).Address(), 0)
	g.denied("a guest under a friend's address", guest.PublicKey(), friend.Address(), 0)
	from, to := guest.Address(), g.Address()
	if !g.packet(guest.PublicKey(), ipPacket(from, to, uint8(header.TCPProtocolNumber), tcpSegment(from, to, 7332, header.TCPFlagSyn))) {
		t.Fatal("a guest is kept out of the window")
	}
	packet, key := g.sent()
	if tcp := header.TCP(header.IPv6(packet).Payload()); !guest.PublicKey().Equal(ed25519.PublicKey(key)) || tcp.SourcePort() != 7332 || tcp.Flags() != header.TCPFlagSyn|header.TCPFlagAck {
		t.Errorf("a guest is answered %x", packet)
	}
	g.denied("a guest that has knocked", guest.PublicKey(), guest.Address(), 7332)
	g.answers(friend)
}

// TestNothingIsSentToGuests: what the stack itself would begin with a guest, or
// with a stranger, does not leave; what it would with a friend does.
func TestNothingIsSentToGuests(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	friend, guest, stranger := unrun(t), unrun(t), unrun(t)
	g.Admit(friend.PublicKey())
	g.OpenWindow(7332)
	g.devices.guest(guest.PublicKey())
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // the first packet is enough
	for _, n := range []*Node{guest, stranger, friend} {
		if _, err := g.connect(ctx, n.Address(), 80); !errors.Is(err, ErrUnreachable) {
			t.Errorf("connect: %v", err)
		}
	}
	if _, to := g.sent(); !friend.PublicKey().Equal(ed25519.PublicKey(to)) {
		t.Errorf("a packet leaves for %x", to)
	}
}
