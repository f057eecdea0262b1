package overlay

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"io"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"testing"
	"time"

	iwt "github.com/Arceliar/ironwood/types"
)

// impostor replays the greeting of another node behind a certificate of its
// own, and returns its address.
func impostor(t *testing.T, greeting []byte) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	ln, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = c.Write(greeting)
				_, _ = io.Copy(io.Discard, c)
				_ = c.Close()
			}()
		}
	}()
	return ln.Addr().String()
}

func TestReplayedGreetingIsRefused(t *testing.T) {
	t.Parallel()
	victim := seeded(50)
	at := impostor(t, encoded(t, victim, 0, ""))
	n := start(t, local(t))
	u, err := parsePeerURI("tls://"+at+"?key="+hex.EncodeToString(public(victim)), dialSchemes...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.links.probe(t.Context(), u); !errors.Is(err, errNoCertificate) {
		t.Errorf("probe: %v", err)
	}
	if err := n.links.callPublic(t.Context(), u); !errors.Is(err, errNoCertificate) {
		t.Errorf("call: %v", err)
	}
}

// TestOneHostCannotTakeAllInbound fills what one host may take of the inbound
// links, and then some.
func TestOneHostCannotTakeAllInbound(t *testing.T) {
	t.Parallel()
	ls := &links{inbound: map[netip.Addr]int{}}
	crowd := netip.MustParseAddr("203.0.113.1")
	for i := range maxInboundHost {
		if !ls.enter(crowd) {
			t.Fatalf("link %d of a host was refused", i)
		}
	}
	if ls.enter(crowd) {
		t.Error("a host has more than its share")
	}
	for i := range byte(maxInbound/maxInboundHost - 1) {
		for range maxInboundHost {
			if !ls.enter(netip.AddrFrom4([4]byte{203, 0, 113, 2 + i})) {
				t.Fatal("another host was refused")
			}
		}
	}
	if ls.enter(netip.MustParseAddr("203.0.113.99")) {
		t.Error("more than the limit of all hosts")
	}
	ls.leave(crowd)
	if !ls.enter(netip.MustParseAddr("203.0.113.99")) {
		t.Error("a free place was refused")
	}
	v6 := netip.MustParseAddr("2001:db8::1")
	if got, want := hostOf(v6), hostOf(netip.MustParseAddr("2001:db8::ffff:1")); got != want {
		t.Errorf("addresses of one IPv6 subnet count apart: %v, %v", got, want)
	}
}

func TestLeavingDeviceAnswersNoHello(t *testing.T) {
	t.Parallel()
	n, err := Open(local(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = n.Close() }()
	friend := public(seeded(51))
	n.Admit(friend)
	hello := []byte{datagramHello, 0, 0, 0, 0, 0, 0, 0, 0}
	n.greeter.receive(hello, friend, time.Now())
	if d := <-n.greeter.out; d.body[1] != datagramAnswer {
		t.Fatalf("hello was answered with %x", d.body)
	}
	n.greeter.leave(t.Context())
	n.greeter.receive(hello, friend, time.Now())
	select {
	case d := <-n.greeter.out:
		t.Errorf("after its goodbye it sent %x: others would take it for online", d.body)
	default:
	}
}

// TestClosedNodeDialsNobody: what was online when the node closed stays so in
// its table.
func TestClosedNodeDialsNobody(t *testing.T) {
	t.Parallel()
	a, b := pairOf(t)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if _, err := a.DialContext(t.Context(), "tcp", at(b, 80)); !errors.Is(err, net.ErrClosed) {
			t.Fatalf("a closed node dialled: %v", err)
		}
	}
}

// TestStrangersOnLANLeaveRoom: links with any number of strangers do not keep
// a device of one's own from being called.
func TestStrangersOnLANLeaveRoom(t *testing.T) {
	t.Parallel()
	n, err := Open(local(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = n.Close() }()
	friend := public(seeded(52))
	n.Admit(friend)
	l := newLAN(n.links, n.devices)
	from, now := netip.MustParseAddr("192.168.1.9"), time.Now()
	for i := range 2 * maxLANCalls {
		l.hear(beacon{public(seeded(byte(60 + i))), 9}, from, now)
	}
	l.hear(beacon{friend, 9}, from, now)
	found := false
	for len(l.ours) > 0 {
		found = found || (<-l.ours).key.Equal(friend)
	}
	if !found {
		t.Error("a device of one's own is not called")
	}
}

// TestLongFramesStopHere: a neighbour with a higher limit sends what a plain
// Yggdrasil node would end our link for.
func TestLongFramesStopHere(t *testing.T) {
	t.Parallel()
	plain, _ := yggdrasil(t, seeded(53))
	n := start(t, listening(t))
	u, err := url.Parse(n.ListenURIs()[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := plain.AddPeer(u, ""); err != nil {
		t.Fatal(err)
	}
	neighbour := start(t, calling(t, n))
	awaitLink(t, n, plain.PublicKey())
	awaitLink(t, n, neighbour.PublicKey())
	kept := n.links.to(plain.PublicKey())
	end := time.After(patience)
	for n.links.to(neighbour.PublicKey()) != nil && n.links.to(plain.PublicKey()) == kept {
		_, _ = neighbour.core.PacketConn.PacketConn.WriteTo(make([]byte, 2*maxFrame), iwt.Addr(plain.PublicKey()))
		select {
		case <-time.After(helloEager):
		case <-end:
			t.Fatal("the neighbour's link was kept")
		}
	}
	if n.links.to(plain.PublicKey()) != kept {
		t.Error("the link to the plain node was lost")
	}
}
