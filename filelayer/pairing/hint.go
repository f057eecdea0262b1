package pairing

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxHints is how many hints a code carries.
const maxHints = 4

// maxHost is how long a host name in a hint may be.
const maxHost = 63

// schemes of peerings, by their number in a code.
var schemes = []string{"tls", "tcp", "quic", "ws", "wss"}

// Kinds of host in a hint. A hint is a byte (scheme << 4 | kind), the host (4
// bytes, 16 bytes, or a length byte and a name) and the port in two bytes.
const (
	hostIPv4 = iota
	hostIPv6
	hostName
)

// appendHints appends those of the hints that have a compact form.
func appendHints(b []byte, hints []string) []byte {
	kept := 0
	for _, hint := range hints {
		if packed, ok := packHint(hint); ok && kept < maxHints {
			b = append(b, packed...)
			kept++
		}
	}
	return b
}

// packHint returns the compact form of a peering URI. One with options has
// none, nor has an address that means something on one link only.
func packHint(hint string) ([]byte, bool) {
	u, err := url.Parse(hint)
	if err != nil || u.RawQuery != "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.Fragment != "" {
		return nil, false
	}
	n := slices.Index(schemes, u.Scheme)
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if n < 0 || err != nil || port == 0 {
		return nil, false
	}
	kind, host, ok := packHost(u.Hostname())
	b := append([]byte{byte(n)<<4 | kind}, host...)
	return binary.BigEndian.AppendUint16(b, uint16(port)), ok
}

func packHost(name string) (kind byte, host []byte, ok bool) {
	if addr, err := netip.ParseAddr(name); err == nil {
		addr = addr.Unmap()
		kind = hostIPv6
		if addr.Is4() {
			kind = hostIPv4
		}
		return kind, addr.AsSlice(), addr.Zone() == "" && !addr.IsLinkLocalUnicast() && !addr.IsUnspecified()
	}
	return hostName, append([]byte{byte(len(name))}, name...), legalHost(name)
}

// legalHost reports whether name is made of letters, digits, dashes and dots.
func legalHost(name string) bool {
	if name == "" || len(name) > maxHost {
		return false
	}
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") == "" && legalEdges(name)
}

func legalEdges(name string) bool {
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
	}
	_, err := netip.ParseAddr(name)
	return err != nil
}

// readHints reads what appendHints wrote, all of b.
func readHints(b []byte) ([]string, error) {
	var hints []string
	for len(b) > 0 {
		hint, rest, ok := readHint(b)
		if !ok || len(hints) == maxHints {
			return nil, fmt.Errorf("%w: an address in it is malformed", ErrBadCode)
		}
		hints, b = append(hints, hint), rest
	}
	return hints, nil
}

func readHint(b []byte) (hint string, rest []byte, ok bool) {
	n, kind, b := int(b[0]>>4), b[0]&15, b[1:]
	size := 0
	switch kind {
	case hostIPv4:
		size = 4
	case hostIPv6:
		size = 16
	case hostName:
		if len(b) == 0 {
			return "", nil, false
		}
		size, b = int(b[0]), b[1:]
	default:
		return "", nil, false
	}
	if n >= len(schemes) || len(b) < size+2 {
		return "", nil, false
	}
	host, port, rest := b[:size], binary.BigEndian.Uint16(b[size:]), b[size+2:]
	name := string(host)
	if kind != hostName {
		addr, _ := netip.AddrFromSlice(host) // of 4 or 16 bytes
		name = addr.String()
		if addr.Is6() {
			name = "[" + name + "]"
		}
	} else if !legalHost(name) {
		return "", nil, false
	}
	return fmt.Sprintf("%s://%s:%d", schemes[n], name, port), rest, port != 0
}
