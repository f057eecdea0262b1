package overlay

import (
	"crypto/ed25519"
	"errors"
	"slices"
	"testing"

	iwt "github.com/Arceliar/ironwood/types"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// TestWhatReachesTheStack gives a node what sessions deliver, and counts what
// its TCP stack is shown.
func TestWhatReachesTheStack(t *testing.T) {
	t.Parallel()
	a, friend, expelled, guest := unrun(t), unrun(t), unrun(t), unrun(t)
	ln, err := a.Listen(7331)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	a.Admit(friend.PublicKey())
	a.Admit(expelled.PublicKey())
	a.Expel(expelled.PublicKey())
	shown := func(from *Node, kind byte, packet []byte) bool {
		before := a.stack.Stats().IP.PacketsReceived.Value()
		a.take(append([]byte{kind}, packet...), iwt.Addr(from.PublicKey()), a.greeter.start)
		return a.stack.Stats().IP.PacketsReceived.Value() != before
	}
	for name, c := range map[string]struct {
		from   *Node
		kind   byte
		packet []byte
		want   bool
	}{
		"a friend":                      {friend, sessionTraffic, synPacket(friend, a, 7331), true},
		"a friend's other traffic":      {friend, sessionTraffic + 1, synPacket(friend, a, 7331), false},
		"a friend under another's name": {friend, sessionTraffic, synPacket(guest, a, 7331), false},
		"a friend to another":           {friend, sessionTraffic, synPacket(friend, guest, 7331), false},
		"nothing":                       {friend, sessionTraffic, nil, false},
		"a stranger":                    {guest, sessionTraffic, synPacket(guest, a, 7331), false},
		"a stranger as a friend":        {guest, sessionTraffic, synPacket(friend, a, 7331), false},
		"an expelled device":            {expelled, sessionTraffic, synPacket(expelled, a, 7331), false},
	} {
		if got := shown(c.from, c.kind, c.packet); got != c.want {
			t.Errorf("%s: shown to the TCP stack %v, want %v", name, got, c.want)
		}
	}
	defer a.OpenWindow(7332)()
	if shown(guest, sessionTraffic, synPacket(guest, a, 7331)) {
		t.Error("a guest's packet to a port without a window was shown to the TCP stack")
	}
	if !shown(guest, sessionTraffic, synPacket(guest, a, 7332)) {
		t.Error("a guest's packet to the window was not shown to the TCP stack")
	}
}

// TestKeysOfOneAddress: an address holds less than half of a key, so two keys
// can share one. Only the key that was admitted counts.
func TestKeysOfOneAddress(t *testing.T) {
	t.Parallel()
	a, friend := unrun(t), unrun(t)
	double := slices.Clone(friend.PublicKey())
	double[ed25519.PublicKeySize-1] ^= 1
	if AddressOf(double) != friend.Address() {
		t.Fatal("the keys have two addresses")
	}
	a.Admit(friend.PublicKey())
	key := friend.PublicKey()
	if a.devices.inbound(synPacket(friend, a, 7331), double, a.greeter.start) {
		t.Error("a packet was let in")
	}
	if a.devices.welcome(double, &link{budget: newBudget()}) {
		t.Error("a session was begun")
	}
	a.greeter.receive(hello[1:], double, a.greeter.start)
	if len(a.greeter.out) != 0 {
		t.Error("a hello was answered")
	}
	if _, err := a.DialContext(t.Context(), "tcp", (&Addr{double, 80}).String()); !errors.Is(err, ErrNotAdmitted) {
		t.Errorf("dial: %v", err)
	}
	a.Expel(double)
	if _, ok := a.devices.admittedAt(AddressOf(key)); !ok {
		t.Error("expelling the one expelled the other")
	}
	// Whoever admits the other after all means it.
	ep, e := a.stack.NewEndpoint(tcp.ProtocolNumber, ipv6.ProtocolNumber, &waiter.Queue{})
	if e != nil {
		t.Fatal(e)
	}
	defer ep.Close()
	c := &conn{ep: ep}
	if !a.devices.track(c, friend.Address()) {
		t.Fatal("no connection of a friend")
	}
	a.Admit(double)
	if ep.State() != uint32(tcp.StateClose) {
		t.Error("a connection of the one was left to the other")
	}
	if a.devices.inbound(synPacket(friend, a, 7331), key, a.greeter.start) {
		t.Error("both are let in")
	}
}
