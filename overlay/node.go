package overlay

import (
	"context"
	"crypto/ed25519"
	"errors"
	"net"
	"net/netip"

	"github.com/libpaul/paul/internal/signal"
)

// Node is one device on the overlay.
type Node struct {
	opts    Options
	key     ed25519.PrivateKey
	changed signal.Signal
}

// Open loads the key or makes one, builds the node and its TCP stack, and
// binds the listeners. It dials nobody and answers nobody before Run.
func Open(opts Options) (*Node, error) { return nil, errors.New("overlay: being built") }

// Run keeps the node on the overlay until ctx ends or Close is called; then it
// says goodbye, closes every connection and returns nil. It can be called once.
func (n *Node) Run(ctx context.Context) error { <-ctx.Done(); return nil }

// Close ends Run if it is running, says goodbye to every device that is
// online, closes all listeners and connections, and waits for that to be done.
// Closing again does nothing.
func (n *Node) Close() error { return nil }

// PublicKey returns the key that other devices know this one by.
func (n *Node) PublicKey() ed25519.PublicKey { return n.key.Public().(ed25519.PublicKey) }

// Address returns this device's address in 200::/7.
func (n *Node) Address() netip.Addr { return AddressOf(n.PublicKey()) }

// Listen accepts TCP connections of admitted devices (and, on the port of an
// open pairing window, of guests). RemoteAddr of what it accepts is an *Addr
// with the full key of the device. It can be called before Run.
func (n *Node) Listen(port uint16) (net.Listener, error) { return nil, ErrPortInUse }

// DialContext connects to "<32 hex>.<32 hex>.pk.ygg:port", or to the
// "[200:…]:port" of an admitted device, over TCP. It waits until the device
// answers hellos, at most 10 s; ErrUnreachable if it does not, ErrNotAdmitted
// when it is no admitted device, ErrBadName for anything else.
func (n *Node) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	return nil, ErrUnreachable
}

// Admit lets the device with that key in, and tries to reach it.
func (n *Node) Admit(key ed25519.PublicKey) {}

// Expel shuts the device with that key out, and cuts its open connections.
func (n *Node) Expel(key ed25519.PublicKey) {}

// OpenWindow lets keys that are not admitted reach one TCP port until the
// returned func is called. Then they are forgotten and their connections cut,
// except those admitted meanwhile.
func (n *Node) OpenWindow(port uint16) (closeWindow func()) { return func() {} }

// AddPeer adds a static peering, which is tried until it is removed. Adding
// one again does nothing. It is not remembered after Close.
func (n *Node) AddPeer(uri string) error { return nil }

// RemovePeer removes a static peering and cuts its link.
func (n *Node) RemovePeer(uri string) error { return nil }

// Peers returns all peerings as they are now: static ones, then those found on
// the local network, public ones and inbound ones.
func (n *Node) Peers() []Peering { return nil }

// ListenURIs returns the URIs of Options.Listen with the ports really bound.
func (n *Node) ListenURIs() []string { return nil }

// Hints returns peering URIs by which other devices might reach this one, the
// likeliest first.
func (n *Node) Hints() []string { return nil }

// Path tells how the device with that key is reached now.
func (n *Node) Path(key ed25519.PublicKey) Path { return Path{Kind: PathOffline} }

// Changed is raised when reachability, a path or a peering has changed.
func (n *Node) Changed() *signal.Signal { return &n.changed }
