package overlay

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
)

// hints lists the URIs by which others might reach listeners, given the
// addresses of this machine. A wildcard listener is reached by each of them;
// addresses of the local network come first, and IPv4 before IPv6.
func hints(listeners []peerURI, own []netip.Addr) []string {
	var addrs []netip.Addr
	for _, a := range own {
		if a = a.Unmap(); a.IsGlobalUnicast() && !Range.Contains(a) {
			addrs = append(addrs, a)
		}
	}
	slices.SortStableFunc(addrs, func(a, b netip.Addr) int { return cmp.Compare(remoteness(a), remoteness(b)) })
	if len(addrs) == 0 {
		addrs = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})} // a machine on its own
	}
	var uris []string
	for _, u := range listeners {
		for _, host := range hosts(u.host, addrs) {
			u.host = host
			if name := u.name(); !slices.Contains(uris, name) {
				uris = append(uris, name)
			}
		}
	}
	return uris
}

func hosts(listen string, addrs []netip.Addr) []string {
	a, err := netip.ParseAddr(listen)
	if err != nil || !a.IsUnspecified() {
		return []string{listen}
	}
	var list []string
	for _, own := range addrs {
		if own.Is4() || a.Is6() { // [::] accepts both
			list = append(list, own.String())
		}
	}
	return list
}

func remoteness(a netip.Addr) int {
	far := 0
	if !a.IsPrivate() {
		far += 2
	}
	if !a.Is4() {
		far++
	}
	return far
}

// machineAddrs returns the addresses of this machine's interfaces.
func machineAddrs() []netip.Addr {
	var list []netip.Addr
	for _, p := range machineSubnets() {
		list = append(list, p.Addr())
	}
	return list
}

// machineSubnets returns the addresses of this machine's interfaces with the
// subnets they are in.
func machineSubnets() []netip.Prefix {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil // then nothing is known to be near
	}
	var list []netip.Prefix
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			list = append(list, p)
		}
	}
	return list
}
