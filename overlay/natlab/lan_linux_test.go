package natlab

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/libpaul/paul/overlay"
)

// How long two devices of a local network may take to find each other, and to
// have a session too: on a machine with time for them, that is about three
// seconds more.
const (
	findWait   = 5 * time.Second
	onlineWait = 10 * time.Second
)

// segment is a local network: a switch, and nothing that gives out addresses.
type segment struct {
	hub   *netns
	ports int
}

func newSegment(t *testing.T) *segment {
	t.Helper()
	s := &segment{hub: namespace(t)}
	withoutIPv6(t, s.hub) // it carries IPv6 and has none itself
	s.hub.configure(t, "link add lan type bridge mcast_snooping 0", "link set lan up")
	return s
}

// join gives a host the interface name on the network, which is not up yet.
func (s *segment) join(t *testing.T, host *netns, name string) {
	t.Helper()
	port := fmt.Sprintf("port%d", s.ports)
	s.ports++
	s.hub.configure(t,
		fmt.Sprintf("link add %s type veth peer name %s netns %s", port, name, host.path()),
		fmt.Sprintf("link set %s master lan", port),
		fmt.Sprintf("link set %s up", port),
	)
}

// plug brings an interface up, with the addresses.
func plug(t *testing.T, host *netns, name string, addrs ...string) {
	t.Helper()
	lines := []string{"link set " + name + " up"}
	for _, a := range addrs {
		line := "addr add " + a + " dev " + name
		if netip.MustParsePrefix(a).Addr().Is6() {
			line += " nodad"
		}
		lines = append(lines, line)
	}
	host.configure(t, lines...)
}

// family is the addresses that the two hosts of a network have.
type family struct {
	name string
	noV6 bool
	a, b []string
}

var families = []family{
	{name: "IPv4 and IPv6", a: []string{"10.9.1.1/24"}, b: []string{"10.9.1.2/24"}},
	{name: "IPv6 switched off", noV6: true, a: []string{"10.9.1.1/24"}, b: []string{"10.9.1.2/24"}},
	{name: "IPv4 of its own making", noV6: true, a: []string{"169.254.7.1/16"}, b: []string{"169.254.9.2/16"}},
	{name: "no IPv4 address"}, // link-local addresses come by themselves
}

func (f family) hosts(t *testing.T) (a, b *netns) {
	t.Helper()
	a, b = namespace(t), namespace(t)
	if f.noV6 {
		withoutIPv6(t, a)
		withoutIPv6(t, b)
	}
	return a, b
}

// found waits until the devices have found each other by the local network, and
// tells how long after an instant that was.
func found(t *testing.T, since time.Time, pairs ...[2]*device) {
	t.Helper()
	for _, p := range pairs {
		poll(t, "link of "+p[0].name+" and "+p[1].name, func() bool { return p[0].linked(t, p[1]) && p[1].linked(t, p[0]) })
	}
	links := time.Since(since)
	var last time.Duration
	for _, p := range pairs {
		for _, way := range [][2]*device{p, {p[1], p[0]}} {
			_, at := way[0].awaitPath(t, way[1], since, overlay.PathLAN)
			last = max(last, at.Sub(since))
		}
	}
	var late time.Duration // of the machine
	for _, p := range pairs {
		late += p[0].order(t, order{Op: opLate}).Late + p[1].order(t, order{Op: opLate}).Late
	}
	t.Logf("linked after %v, online after %v, machine late by %v",
		links.Round(time.Millisecond), last.Round(time.Millisecond), late.Round(time.Millisecond))
	if links > findWait+late || last > onlineWait+late {
		t.Error("that is too long")
	}
}

// linked reports whether a link of the local network leads to other.
func (d *device) linked(t *testing.T, other *device) bool {
	t.Helper()
	for _, p := range d.order(t, order{Op: opPeers}).Peers {
		if p.Up && p.Kind == overlay.PeeringLAN && p.Key.Equal(other.key) {
			return true
		}
	}
	return false
}

func admit(t *testing.T, pairs ...[2]*device) {
	t.Helper()
	for _, p := range pairs {
		p[0].order(t, order{Op: opAdmit, Key: p[1].key})
		p[1].order(t, order{Op: opAdmit, Key: p[0].key})
	}
}

// TestLAN starts two devices of one network.
func TestLAN(t *testing.T) {
	t.Parallel()
	for _, f := range families {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			requireLab(t)
			s := newSegment(t)
			hostA, hostB := f.hosts(t)
			for host, addrs := range map[*netns][]string{hostA: f.a, hostB: f.b} {
				s.join(t, host, "eth0")
				plug(t, host, "eth0", addrs...)
			}
			a := startDevice(t, "A", hostA, seeds()[0], nodeOptions{})
			began := time.Now()
			b := startDevice(t, "B", hostB, seeds()[1], nodeOptions{})
			admit(t, [2]*device{a, b})
			found(t, began, [2]*device{a, b})
		})
	}
}

// TestLANLater has two devices run for a while before one of them is plugged
// in: the one with the smaller key, and the other.
func TestLANLater(t *testing.T) {
	t.Parallel()
	for _, f := range families {
		for late := range 2 {
			t.Run(fmt.Sprintf("%s, key %d", f.name, late), func(t *testing.T) {
				t.Parallel()
				requireLab(t)
				s := newSegment(t)
				hosts, addrs := [2]*netns{}, [2][]string{f.a, f.b}
				hosts[0], hosts[1] = f.hosts(t)
				devices := [2]*device{}
				for n, host := range hosts {
					s.join(t, host, "eth0")
					if n != late {
						plug(t, host, "eth0", addrs[n]...)
					}
					devices[n] = startDevice(t, []string{"A", "B"}[n], host, seeds()[n], nodeOptions{})
				}
				admit(t, devices)
				idle := time.Now()
				poll(t, "beacons to become rare", func() bool { return time.Since(idle) > 12*time.Second })
				plugged := time.Now()
				plug(t, hosts[late], "eth0", addrs[late]...)
				found(t, plugged, devices)
			})
		}
	}
}

// TestLANSeveral has a device on two networks, with one other on each. The
// second network comes later, and is no default route's.
func TestLANSeveral(t *testing.T) {
	t.Parallel()
	for _, noV6 := range []bool{false, true} {
		t.Run(fmt.Sprintf("IPv6 off: %v", noV6), func(t *testing.T) {
			t.Parallel()
			requireLab(t)
			first, second := newSegment(t), newSegment(t)
			middle, one, two := namespace(t), namespace(t), namespace(t)
			if noV6 {
				for _, host := range []*netns{middle, one, two} {
					withoutIPv6(t, host)
				}
			}
			first.join(t, middle, "eth0")
			second.join(t, middle, "eth1")
			first.join(t, one, "eth0")
			second.join(t, two, "eth0")
			plug(t, middle, "eth0", "10.9.1.1/24")
			middle.configure(t, "route add default via 10.9.1.254")
			plug(t, one, "eth0", "10.9.1.2/24")
			plug(t, two, "eth0", "10.9.2.2/24")
			plug(t, middle, "eth1", "10.9.2.1/24")
			b := startDevice(t, "B", one, seeds()[1], nodeOptions{})
			c := startDevice(t, "C", two, seeds()[2], nodeOptions{})
			began := time.Now()
			a := startDevice(t, "A", middle, seeds()[0], nodeOptions{})
			pairs := [][2]*device{{a, b}, {a, c}}
			admit(t, pairs...)
			found(t, began, pairs...)

			// Unplugged, C is found through nobody; B stays.
			middle.configure(t, "link set eth1 down")
			gone := time.Now()
			a.awaitPath(t, c, gone, overlay.PathOffline)
			c.awaitPath(t, a, gone, overlay.PathOffline)
			plugged := time.Now()
			middle.configure(t, "link set eth1 up")
			found(t, plugged, pairs[1])
			if kinds := a.seenPaths(b, gone); len(kinds) != 1 || kinds[0] != overlay.PathLAN {
				t.Errorf("paths to the other network's device meanwhile: %v", kinds)
			}
		})
	}
}
