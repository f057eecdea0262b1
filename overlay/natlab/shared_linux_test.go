package natlab

import (
	"fmt"
	"net/netip"
	"os"
	"testing"

	"github.com/libpaul/paul/overlay"
	"github.com/libpaul/paul/overlay/direct"
)

// shared is two hosts behind one box.
type shared struct {
	box  *netns
	a, b *home
}

// newShared makes one whose hosts cannot reach each other on the local network,
// as on many a guest network. If hairpin, its NAT is endpoint-independent and
// lets one host reach the other by its outer address and port; otherwise it is
// port-restricted.
func newShared(t *testing.T, i *internet, hairpin bool) *shared {
	t.Helper()
	s := &shared{box: namespace(t)}
	withoutIPv6(t, s.box)
	s.box.sysctl(t, "ipv4/ip_forward", "1")
	wan := i.attach(t, s.box, homeLink, netip.PrefixFrom(outer4(1), 32))
	gateway := netip.MustParseAddr("192.168.1.1")
	s.withoutBridgeFilter(t)
	s.box.configure(t, "link add lan type bridge", "link set lan up", fmt.Sprintf("addr add %s/24 dev lan", gateway))
	for n, h := range []**home{&s.a, &s.b} {
		*h = &home{
			host: namespace(t), box: s.box, wan: wan, outer: outer4(1), gateway: gateway,
			inner: netip.AddrFrom4([4]byte{192, 168, 1, byte(2 + n)}),
		}
		withoutIPv6(t, (*h).host)
		s.box.configure(t,
			fmt.Sprintf("link add port%d type veth peer name eth0 netns %s", n, (*h).host.path()),
			fmt.Sprintf("link set port%d master lan", n),
			fmt.Sprintf("link set port%d up", n),
		)
		(*h).host.configure(t,
			"link set eth0 up",
			fmt.Sprintf("addr add %s/24 dev eth0", (*h).inner),
			fmt.Sprintf("route add default via %s", gateway),
		)
	}
	s.isolate(t, true)
	s.box.nft(t, s.rules(hairpin))
	return s
}

// withoutBridgeFilter keeps NAT from frames that are bridged: with it, what is
// mapped to a host on the same bridge would be bridged there, and isolation
// would drop it.
func (s *shared) withoutBridgeFilter(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("/proc/sys/net/bridge"); err == nil {
		s.box.sysctl(t, "bridge/bridge-nf-call-iptables", "0")
	}
}

// isolate keeps the hosts from reaching each other, or lets them.
func (s *shared) isolate(t *testing.T, on bool) {
	t.Helper()
	word := "off"
	if on {
		word = "on"
	}
	s.box.configure(t, "link set port0 type bridge_slave isolated "+word, "link set port1 type bridge_slave isolated "+word)
}

// rules are those of a home, and those that map the direct ports. B's is mapped
// to one above A's.
func (s *shared) rules(hairpin bool) string {
	single := home{kind: restricted}
	rules := single.rules() + `
table inet filter {
	chain cut { }
}
insert rule inet filter forward iifname lan oifname lan jump cut
`
	if !hairpin {
		return rules
	}
	for n, h := range []*home{s.a, s.b} {
		outer := fmt.Sprintf("%s:%d", h.outer, direct.Port+n)
		rules += fmt.Sprintf(`
add rule ip nat pre ip daddr %s udp dport %d dnat to %s:%d
insert rule ip nat post oifname wan ip saddr %s udp sport %d snat to %s
insert rule ip nat post oifname lan ct status dnat ip saddr %s udp sport %d snat to %s
`, h.outer, direct.Port+n, h.inner, direct.Port, h.inner, direct.Port, outer, h.inner, direct.Port, outer)
	}
	return rules
}

// cut keeps the hosts from reaching each other through the box, or lets them.
func (s *shared) cut(t *testing.T, on bool) {
	t.Helper()
	if on {
		s.box.nft(t, "add rule inet filter cut drop")
	} else {
		s.box.nft(t, "flush chain inet filter cut")
	}
}

// TestSharedBox shows the ways of such a box by plain UDP.
func TestSharedBox(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                   string
		hairpin, isolated, cut bool
		byInner, byOuter       bool
	}{
		{name: "one network", byInner: true},
		{name: "isolated", isolated: true},
		{name: "hairpin", hairpin: true, isolated: true, byOuter: true},
		{name: "hairpin, cut", hairpin: true, isolated: true, cut: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			requireLab(t)
			i := newInternet(t)
			s := newShared(t, i, c.hairpin)
			s.isolate(t, c.isolated)
			s.cut(t, c.cut)
			away := newStation(t, i, 10, false)
			one := open(t, away.host, "0.0.0.0:4001")
			at := fmt.Sprintf("0.0.0.0:%d", direct.Port)
			a, b := open(t, s.a.host, at), open(t, s.b.host, at)
			outerA := a.reach(t, one, netip.AddrPortFrom(away.addr, 4001))
			outerB := b.reach(t, one, netip.AddrPortFrom(away.addr, 4001))
			if outerA.Addr() != s.a.outer || outerB.Addr() != s.a.outer || outerA == outerB {
				t.Fatalf("mapped to %v and %v", outerA, outerB)
			}
			if got := a.reach(t, b, netip.AddrPortFrom(s.b.inner, direct.Port)); got.IsValid() != c.byInner {
				t.Errorf("by the inner address: came from %v", got)
			}
			got := a.reach(t, b, outerB)
			if got.IsValid() != c.byOuter {
				t.Errorf("by the outer address: came from %v", got)
			}
			if c.byOuter && got != outerA {
				t.Errorf("by the outer address: came from %v, not %v", got, outerA)
			}
		})
	}
}

// newTogether makes a lab of two devices behind one box. On one network they
// may use it once the ways are open; otherwise only the box's hairpin.
func newTogether(t *testing.T, oneNetwork, hairpin bool) *lab {
	t.Helper()
	i := newInternet(t)
	p := newStation(t, i, 10, false)
	s := newShared(t, i, hairpin)
	way := s.cut
	if oneNetwork {
		way = s.isolate
	}
	l := &lab{internet: i, cut: func() { way(t, true) }, join: func() { way(t, false) }}
	l.start(t, pairing{}, p, s.a, s.b)
	return l
}

// TestTogether has two devices behind one box.
func TestTogether(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                string
		oneNetwork, hairpin bool
		kind                string
	}{
		{"one local network", true, false, overlay.PathLAN},
		{"hairpin", false, true, overlay.PathDirect},
		{"isolated, no hairpin", false, false, overlay.PathRelayed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			quick(t, c.oneNetwork)
			requireLab(t)
			l := newTogether(t, c.oneNetwork, c.hairpin)
			l.show(t, "both behind one, "+c.name, "", c.kind, paced)
		})
	}
}
