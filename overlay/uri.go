package overlay

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/blake2b"
)

const (
	priorityLAN     = 0 // the lower goes first among links to one node
	priorityDefault = 5
	maxBackoff      = 30 * time.Second
)

// peerURI is a peering or listener URI, such as
// "tls://192.0.2.1:7330?key=<64 hex>&priority=1".
type peerURI struct {
	scheme, host, port string
	path               string // of ws and wss
	key                ed25519.PublicKey
	priority           uint8
	password           []byte
	sni                string
	backoff            time.Duration // longest pause between attempts
}

// name is the URI without its options; it tells peerings apart.
func (u peerURI) name() string {
	host := strings.Replace(u.host, "%", "%25", 1) // of a zone (RFC 6874)
	return u.scheme + "://" + net.JoinHostPort(host, u.port) + u.path
}

func (u peerURI) address() string { return net.JoinHostPort(u.host, u.port) }

func (u peerURI) portNumber() uint16 {
	n, err := strconv.ParseUint(u.port, 10, 16)
	if err != nil {
		return 0 // parsePeerURI lets none through
	}
	return uint16(n)
}

// parsePeerURI parses the URI of a peering to one of the schemes. Its errors
// leave out the options and the user, one of which may be a password.
func parsePeerURI(text string, schemes ...string) (peerURI, error) {
	u, err := url.Parse(text)
	if err != nil {
		var parse *url.Error // quotes the whole text
		if errors.As(err, &parse) {
			err = parse.Err
		}
		return peerURI{}, fmt.Errorf("%w: %w", ErrBadURI, err)
	}
	text = (&url.URL{Scheme: u.Scheme, Opaque: u.Opaque, Host: u.Host, Path: u.Path}).String()
	if !slices.Contains(schemes, u.Scheme) {
		return peerURI{}, fmt.Errorf("%w: %q: it should begin with one of %v", ErrBadURI, text, schemes)
	}
	p := peerURI{
		scheme: u.Scheme, host: u.Hostname(), port: u.Port(), path: u.EscapedPath(),
		priority: priorityDefault, backoff: maxBackoff,
	}
	if n, err := strconv.ParseUint(p.port, 10, 16); err != nil || !goodHost(p.host) {
		return peerURI{}, fmt.Errorf("%w: %q: it should name a host and a port", ErrBadURI, text)
	} else {
		p.port = strconv.Itoa(int(n))
	}
	if p.path != "" && p.path != "/" && p.scheme != "ws" && p.scheme != "wss" {
		return peerURI{}, fmt.Errorf("%w: %q: nothing should follow the port", ErrBadURI, text)
	}
	if p.path == "/" {
		p.path = ""
	}
	if err := p.setOptions(u.Query()); err != nil {
		return peerURI{}, fmt.Errorf("%w: %q: %w", ErrBadURI, text, err)
	}
	return p, nil
}

// HidePassword returns the URI of a peering for showing: with its password, if
// it has one, hidden. What is no URI comes back as it is.
func HidePassword(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || !u.Query().Has("password") {
		return uri
	}
	q := u.Query()
	q.Set("password", "...")
	u.RawQuery = q.Encode()
	return u.String()
}

// goodHost reports whether host is an address or could be a DNS name.
func goodHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	odd := func(r rune) bool {
		return r != '.' && r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}
	return host != "" && !strings.ContainsFunc(host, odd)
}

func (u *peerURI) setOptions(q url.Values) error {
	if s := q.Get("key"); s != "" {
		key, err := hex.DecodeString(s)
		if err != nil || len(key) != ed25519.PublicKeySize {
			return fmt.Errorf("key should be %d hex digits", 2*ed25519.PublicKeySize)
		}
		u.key = key
	}
	if s := q.Get("priority"); s != "" {
		n, err := strconv.ParseUint(s, 10, 8)
		if err != nil {
			return fmt.Errorf("priority should be a number from 0 to 255")
		}
		u.priority = uint8(n)
	}
	if s := q.Get("password"); s != "" {
		if len(s) > blake2b.Size {
			return fmt.Errorf("password should have at most %d bytes", blake2b.Size)
		}
		u.password = []byte(s)
	}
	if s := q.Get("maxbackoff"); s != "" {
		d, err := time.ParseDuration(s)
		if err != nil || d < time.Second {
			return fmt.Errorf("maxbackoff should be a duration of at least 1s")
		}
		u.backoff = d
	}
	u.sni = q.Get("sni")
	return nil
}
