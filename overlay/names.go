package overlay

import (
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/yggdrasil-network/yggdrasil-go/src/address"
)

// Domain is what the host name of every device ends in.
const Domain = "pk.ygg"

// Range holds the address of every device (RFC 4291 leaves 200::/7 unused;
// Yggdrasil took it).
var Range = netip.MustParsePrefix("200::/7")

// Addr is the overlay address of one end of a connection, by full key.
type Addr struct {
	Key  ed25519.PublicKey
	Port uint16
}

// Network returns "tcp".
func (*Addr) Network() string { return "tcp" }

// String returns "<32 hex>.<32 hex>.pk.ygg:port".
func (a *Addr) String() string {
	return net.JoinHostPort(HostName(a.Key), strconv.Itoa(int(a.Port)))
}

// HostName returns the host name of the device with that key. The key stands
// in two labels because a DNS label holds 63 bytes.
func HostName(key ed25519.PublicKey) string {
	h := hex.EncodeToString(key)
	half := len(h) / 2
	return h[:half] + "." + h[half:] + "." + Domain
}

// ParseHostName returns the key in a host name as HostName makes it, in either
// case, or ErrBadName.
func ParseHostName(host string) (ed25519.PublicKey, error) {
	name, ok := strings.CutSuffix(strings.ToLower(host), "."+Domain)
	first, last, two := strings.Cut(name, ".")
	if !ok || !two || len(first) != 32 || len(last) != 32 {
		return nil, fmt.Errorf("%q: %w", host, ErrBadName)
	}
	key, err := hex.DecodeString(first + last)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", host, ErrBadName)
	}
	return key, nil
}

// AddressOf returns the address of the device with that key; the zero Addr
// when key has the wrong length.
func AddressOf(key ed25519.PublicKey) netip.Addr {
	a := address.AddrForKey(key)
	if a == nil {
		return netip.Addr{}
	}
	return netip.AddrFrom16(*a)
}

// splitAddr splits "host:port" of an overlay address: exactly one of key and
// ip is set when err is nil.
func splitAddr(addr string) (key ed25519.PublicKey, ip netip.Addr, port uint16, err error) {
	host, p, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, ip, 0, fmt.Errorf("%w: %w", ErrBadName, err)
	}
	n, err := strconv.ParseUint(p, 10, 16)
	if err != nil || n == 0 {
		return nil, ip, 0, fmt.Errorf("port %q: %w", p, ErrBadName)
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		if !Range.Contains(ip) {
			return nil, ip, 0, fmt.Errorf("%q: %w", host, ErrBadName)
		}
		return nil, ip, uint16(n), nil
	}
	key, err = ParseHostName(host)
	return key, ip, uint16(n), err
}
