package portmap

import (
	"fmt"
	"net/netip"
	"slices"
)

var (
	sharedSpace = netip.MustParsePrefix("100.64.0.0/10") // RFC 6598
	thisNetwork = netip.MustParsePrefix("0.0.0.0/8")     // RFC 791
	// reserved are the ranges that no router has as its address on the
	// internet (RFC 6890), besides those that netip.Addr knows.
	reserved = []netip.Prefix{
		thisNetwork,
		netip.MustParsePrefix("192.0.0.0/24"),
		netip.MustParsePrefix("192.0.2.0/24"),
		netip.MustParsePrefix("192.88.99.0/24"),
		netip.MustParsePrefix("198.18.0.0/15"),
		netip.MustParsePrefix("198.51.100.0/24"),
		netip.MustParsePrefix("203.0.113.0/24"),
		netip.MustParsePrefix("240.0.0.0/4"),
	}
)

// checkExternal returns nil if others on the internet can send to the address
// that a gateway calls its external one.
func checkExternal(a netip.Addr) error {
	a = a.Unmap()
	switch {
	case !a.Is4():
		return fmt.Errorf("%w: its external address is %s", ErrBadAnswer, a)
	case a.IsUnspecified():
		return ErrOffline
	case sharedSpace.Contains(a):
		return fmt.Errorf("the router's own address is %s: %w", a, ErrCGNAT)
	case a.IsPrivate(), a.IsLinkLocalUnicast():
		return fmt.Errorf("the router's own address is %s: %w", a, ErrDoubleNAT)
	case !a.IsGlobalUnicast(), contains(reserved, a):
		return fmt.Errorf("%w: its external address is %s", ErrBadAnswer, a)
	}
	return nil
}

// local tells whether an address is one of a home's network or a provider's
// inner one: never that of somebody elsewhere on the internet.
func local(a netip.Addr) bool {
	return a.Is4() && (a.IsPrivate() || a.IsLinkLocalUnicast() || sharedSpace.Contains(a))
}

func contains(prefixes []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
}
