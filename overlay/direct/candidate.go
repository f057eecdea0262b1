package direct

import (
	"cmp"
	"net/netip"
	"slices"
)

// Kinds of candidate.
const (
	kindHost      = "host"      // of one of the machine's interfaces
	kindMapped    = "mapped"    // forwarded by a router
	kindReflexive = "reflexive" // as a STUN server or a third device saw it
	kindPeer      = "peer"      // as the other end saw it: never sent, only found
)

// maxCandidates bounds what is sent, and what is taken of an offer. A device
// with more addresses is no photo gallery.
const maxCandidates = 24

type candidate struct {
	Kind string         `json:"kind"`
	At   netip.AddrPort `json:"at"`
}

// overlayRange holds addresses that lead into the overlay itself.
var overlayRange = netip.MustParsePrefix("200::/7")

// Addresses that net/netip takes for global and that lead nowhere, or to
// somebody else (RFC 6890).
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // shared by the customers of a provider
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), // IPv4 behind a translator
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), // IPv4 again
	overlayRange,
}

// IsPublic reports whether an address can be reached from anywhere.
func IsPublic(a netip.Addr) bool {
	return a.IsValid() && !a.Is4In6() && a.IsGlobalUnicast() && !a.IsPrivate() &&
		!slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(a) })
}

// isNear reports whether an address is in a subnet of this machine, and not
// one of its broadcasts.
func isNear(a netip.Addr, subnets []netip.Prefix) bool {
	return slices.ContainsFunc(subnets, func(p netip.Prefix) bool { return p.Contains(a) && !isBroadcast(a, p) })
}

func isBroadcast(a netip.Addr, subnet netip.Prefix) bool {
	return a.Is4() && subnet.Bits() < 31 &&
		(!subnet.Contains(a.Next()) || a == subnet.Masked().Addr())
}

// mayAsk reports whether an address that the other end has named may be sent
// checks: no machine's own services, no others' local network, and nothing
// that many would hear.
func mayAsk(at netip.AddrPort, subnets []netip.Prefix) bool {
	a := at.Addr()
	if at.Port() < 1024 || !a.IsValid() || a.Is4In6() || a.Zone() != "" ||
		a.IsUnspecified() || a.IsMulticast() || overlayRange.Contains(a) {
		return false
	}
	return isNear(a, subnets) || IsPublic(a)
}

// askable returns those candidates of the other end that may be asked, each
// address once.
func askable(list []candidate, subnets []netip.Prefix) []candidate {
	var kept []candidate
	for _, c := range list {
		c.At = netip.AddrPortFrom(c.At.Addr().Unmap(), c.At.Port())
		if len(kept) == maxCandidates {
			break
		}
		if mayAsk(c.At, subnets) && !slices.ContainsFunc(kept, func(k candidate) bool { return k.At == c.At }) {
			kept = append(kept, c)
		}
	}
	return kept
}

// hopeless reports whether no check can pass, given what may be asked of the
// other end and what we have offered: nobody can knock here from elsewhere, and
// who is near us is near for us too.
func hopeless(asked, offered []candidate) bool {
	return len(asked) == 0 && !slices.ContainsFunc(offered, func(c candidate) bool { return IsPublic(c.At.Addr()) })
}

// hostCandidates returns the addresses of this machine, those of the local
// network first.
func hostCandidates(subnets []netip.Prefix, port uint16) []candidate {
	var list []candidate
	for _, p := range subnets {
		a := p.Addr().Unmap()
		if a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() || overlayRange.Contains(a) {
			continue
		}
		list = append(list, candidate{kindHost, netip.AddrPortFrom(a, port)})
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(distance(a), distance(b)) })
	return list[:min(len(list), maxCandidates/2)]
}

func distance(c candidate) int {
	far := 0
	if IsPublic(c.At.Addr()) {
		far += 2
	}
	if c.At.Addr().Is6() {
		far++
	}
	return far
}
