package natlab

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"testing"
	"time"
)

// patience bounds every wait of a test; none that succeeds takes nearly as
// long.
const patience = 60 * time.Second

// silence is how long nothing must come for a packet to count as dropped. The
// longest way through the lab takes 50 ms.
const silence = 700 * time.Millisecond

// socket is a UDP socket in a namespace.
type socket struct{ *net.UDPConn }

func open(t *testing.T, n *netns, at string) socket {
	t.Helper()
	var c *net.UDPConn
	err := n.in(func() error {
		var err error
		c, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(at)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return socket{c}
}

func (s socket) send(t *testing.T, to netip.AddrPort, text string) {
	t.Helper()
	if _, err := s.WriteToUDPAddrPort([]byte(text), to); err != nil {
		t.Fatal(err)
	}
}

// receive returns the next packet and where it came from; "" if none came in
// time.
func (s socket) receive(t *testing.T, within time.Duration) (string, netip.AddrPort) {
	t.Helper()
	if err := s.SetReadDeadline(time.Now().Add(within)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 2000)
	n, from, err := s.ReadFromUDPAddrPort(buf)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return "", netip.AddrPort{}
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n]), netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
}

// tries is how often a packet is sent before it counts as dropped: a busy machine,
// or neighbours that do not know each other yet, lose one now and then.
const tries = 3

var sent atomic.Int64

// reach sends from s to a socket at to, and returns where that saw it come from.
func (s socket) reach(t *testing.T, peer socket, to netip.AddrPort) netip.AddrPort {
	t.Helper()
	text := fmt.Sprint("hello ", sent.Add(1))
	for range tries {
		s.send(t, to, text)
		for got, from := peer.receive(t, silence); got != ""; got, from = peer.receive(t, silence) {
			if got == text { // not one of before, that came late
				return from
			}
		}
	}
	return netip.AddrPort{}
}

// TestNAT shows with plain UDP that each kind of box maps and filters as its
// name says.
func TestNAT(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind            kind
		maps, endpoint  bool // UDP gets out; from the same port to any destination
		preserves       bool // which is the host's own
		anyone, another bool // any machine may answer; another port of the machine that was sent to
	}{
		{kind: public, maps: true, endpoint: true, preserves: true, anyone: true, another: true},
		{kind: fullCone, maps: true, endpoint: true, preserves: true, anyone: true, another: true},
		{kind: restricted, maps: true, endpoint: true, preserves: true},
		{kind: symmetric, maps: true},
		{kind: blocked},
		{kind: igd, maps: true, endpoint: true, preserves: true},
	} {
		t.Run(string(c.kind), func(t *testing.T) {
			t.Parallel()
			requireLab(t, c.kind)
			i := newInternet(t)
			h := newHome(t, i, c.kind, 1, false)
			away := newStation(t, i, 10, false)
			const first, second = 4001, 4002
			one := open(t, away.host, "0.0.0.0:4001")
			other := open(t, away.host, "0.0.0.0:4002")
			s := open(t, h.host, "0.0.0.0:5000")

			a := s.reach(t, one, netip.AddrPortFrom(away.addr, first))
			b := s.reach(t, one, netip.AddrPortFrom(away.addr2, first))
			d := s.reach(t, other, netip.AddrPortFrom(away.addr, second))
			if a.IsValid() != c.maps {
				t.Fatalf("got out: %v, from %v", a.IsValid(), a)
			}
			if !c.maps {
				return
			}
			if a.Addr() != h.outer {
				t.Errorf("came from %v, not the box's %v", a, h.outer)
			}
			if same := a == b && a == d; same != c.endpoint {
				t.Errorf("mapped to %v, %v, %v", a, b, d)
			}
			if (a.Port() == 5000) != c.preserves {
				t.Errorf("mapped to port %d", a.Port())
			}

			fresh := open(t, h.host, "0.0.0.0:5001") // has sent to one of them alone
			outer := fresh.reach(t, one, netip.AddrPortFrom(away.addr, first))
			for _, try := range []struct {
				name string
				from socket
				want bool
			}{
				{"whom it sent to", one, true},
				{"another port", other, c.another},
				{"another machine", open(t, newStation(t, i, 20, false).host, "0.0.0.0:4001"), c.anyone},
			} {
				try.from.send(t, outer, try.name)
				within := silence
				if try.want {
					within = patience
				}
				if got, _ := fresh.receive(t, within); (got == try.name) != try.want {
					t.Errorf("%s may answer: got %q", try.name, got)
				}
			}
		})
	}
}

// TestIGDMaps asks the box for a port by NAT-PMP (RFC 6886), and sees that
// anyone reaches the host by it.
func TestIGDMaps(t *testing.T) {
	t.Parallel()
	requireLab(t, igd)
	i := newInternet(t)
	h := newHome(t, i, igd, 1, false)
	away := newStation(t, i, 10, false)
	s := open(t, h.host, "0.0.0.0:5000")
	gateway := netip.AddrPortFrom(h.gateway, 5351)
	request := []byte{0, 1, 0, 0, 0x13, 0x88, 0x13, 0x89, 0, 0, 0x0e, 0x10} // UDP 5000 as 5001, an hour
	var answer string
	for deadline := time.Now().Add(patience); answer == "" && time.Now().Before(deadline); {
		s.send(t, gateway, string(request)) // it may be starting yet
		answer, _ = s.receive(t, silence)
	}
	if len(answer) != 16 || answer[1] != 129 || answer[2] != 0 || answer[3] != 0 {
		t.Fatalf("answer % x", answer)
	}
	outer := netip.AddrPortFrom(h.outer, binary.BigEndian.Uint16([]byte(answer[10:])))
	open(t, away.host, "0.0.0.0:4001").send(t, outer, "by the map")
	if got, _ := s.receive(t, patience); got != "by the map" {
		t.Errorf("got %q", got)
	}
}

// TestIPv6 shows that a box lets IPv6 out as it is, and in as an answer only.
func TestIPv6(t *testing.T) {
	t.Parallel()
	requireLab(t, symmetric)
	i := newInternet(t)
	h := newHome(t, i, symmetric, 1, true)
	away := newStation(t, i, 10, true)
	one, other := open(t, away.host, "[::]:4001"), open(t, away.host, "[::]:4002")
	s := open(t, h.host, "[::]:5000")
	from := s.reach(t, one, netip.AddrPortFrom(away.addr6, 4001))
	if want := netip.AddrPortFrom(h.inner6, 5000); from != want {
		t.Fatalf("came from %v, not %v", from, want)
	}
	other.send(t, from, "uninvited")
	one.send(t, from, "answer")
	if got, _ := s.receive(t, patience); got != "answer" {
		t.Errorf("got %q", got)
	}
}

// TestInternet shows that links delay, limit and lose, and that a cut cuts.
func TestInternet(t *testing.T) {
	t.Parallel()
	requireLab(t, public)
	i := newInternet(t)
	slow := newHome(t, i, public, 1, false)
	link := access{rate: 100e3, delay: 20 * time.Millisecond, queue: 10 * time.Second, loss: 0.5}
	lossy := namespace(t)
	far := netip.AddrPortFrom(outer4(2), 4001)
	lossyPort := i.attach(t, lossy, link, netip.PrefixFrom(far.Addr(), 32))
	s, peer := open(t, slow.host, "0.0.0.0:4001"), open(t, lossy, "0.0.0.0:4001")

	const packets, size = 200, 1000
	began := time.Now()
	for range packets {
		s.send(t, far, string(make([]byte, size)))
	}
	arrived := 0
	for {
		got, _ := peer.receive(t, 2*time.Second)
		if got == "" {
			break
		}
		arrived++
		if took, least := time.Since(began), link.delay+homeLink.delay+time.Duration(arrived)*size*time.Second/100e3; took < least {
			t.Fatalf("packet %d came after %v, not %v", arrived, took, least)
		}
	}
	if arrived < packets/4 || arrived > packets*3/4 {
		t.Errorf("%d of %d packets arrived", arrived, packets)
	}
	if got := i.between(slow.wan, lossyPort); got != packets*(size+28) {
		t.Errorf("carried %d bytes", got)
	}

	i.cut(slow.wan, lossyPort)
	for range 20 {
		s.send(t, far, "cut")
	}
	if got, _ := peer.receive(t, silence); got != "" {
		t.Errorf("%q came through a cut", got)
	}
	i.join(slow.wan, lossyPort)
	for range 20 {
		s.send(t, far, "joined")
	}
	if got, _ := peer.receive(t, patience); got != "joined" {
		t.Errorf("got %q after the cut was mended", got)
	}
}
