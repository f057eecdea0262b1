package filelayer

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
	"testing"

	"github.com/libpaul/paul/internal/signal"
)

// overlay is a network of devices on loopback TCP. A connection begins with
// the ID of who dials, and so has the remote address that the real one has.
type overlay struct {
	mu    sync.Mutex
	nodes map[string]*node
	cut   map[[2]string]bool // pairs that cannot reach each other
}

func newOverlay() *overlay {
	return &overlay{nodes: make(map[string]*node), cut: make(map[[2]string]bool)}
}

// node is a device's end of the overlay.
type node struct {
	net     *overlay
	id      string
	changed signal.Signal

	mu       sync.Mutex
	ports    map[int]net.Listener
	admitted map[string]bool
	windows  int
	notice   []byte // of the last that was expelled
	conns    map[*conn]bool
}

func newNode(o *overlay, id string) *node {
	return &node{
		net: o, id: id, ports: make(map[int]net.Listener),
		admitted: make(map[string]bool), conns: make(map[*conn]bool),
	}
}

type conn struct {
	net.Conn
	remote string
}

type peerAddr string

func (peerAddr) Network() string  { return "overlay" }
func (a peerAddr) String() string { return string(a) }

func (c *conn) RemoteAddr() net.Addr { return peerAddr(peerHost(c.remote) + ":40000") }

var _ Network = (*node)(nil)

func (n *node) Admit(id string) error {
	n.mu.Lock()
	n.admitted[id] = true
	n.mu.Unlock()
	n.net.raise()
	return nil
}

func (n *node) Expel(id string, notice []byte) {
	n.mu.Lock()
	delete(n.admitted, id)
	n.notice = notice
	n.mu.Unlock()
	n.hangUp(func(c *conn) bool { return c.remote == id })
	n.net.raise()
}

func (n *node) hangUp(which func(*conn) bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for c := range n.conns {
		if which(c) {
			_ = c.Close()
			delete(n.conns, c)
		}
	}
}

func (n *node) Online(id string) bool { return n.net.reachable(n, id, PeerPort) == nil }

func (n *node) OpenWindow() func() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.windows++
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.windows--
	}
}

func (n *node) Hints() []string                          { return []string{"tls://192.0.2.1:7999"} }
func (n *node) AddPeer(string) (func(bool) error, error) { return func(bool) error { return nil }, nil }
func (n *node) Changed() *signal.Signal                  { return &n.changed }

func (n *node) lets(id string, port int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.admitted[id] || port == PairPort && n.windows > 0
}

func (o *overlay) raise() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, n := range o.nodes {
		n.changed.Raise()
	}
}

var errUnreachable = errors.New("device is not reachable")

func pairKey(a, b string) [2]string { return [2]string{min(a, b), max(a, b)} }

func (o *overlay) reachable(from *node, to string, port int) error {
	o.mu.Lock()
	target := o.nodes[to]
	cut := o.cut[pairKey(from.id, to)]
	o.mu.Unlock()
	if target == nil || cut || !from.lets(to, port) || !target.lets(from.id, port) {
		return errUnreachable
	}
	return nil
}

// part cuts, or joins again, two devices.
func (o *overlay) part(a, b *device, cut bool) {
	o.mu.Lock()
	o.cut[pairKey(a.id, b.id)] = cut
	o.mu.Unlock()
	if cut {
		a.node.hangUp(func(c *conn) bool { return c.remote == b.id })
		b.node.hangUp(func(c *conn) bool { return c.remote == a.id })
	}
	o.raise()
}

func (n *node) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	_, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, err
	}
	to := peerID(addr)
	if err := n.net.reachable(n, to, port); err != nil {
		return nil, err
	}
	n.net.mu.Lock()
	target := n.net.nodes[to]
	n.net.mu.Unlock()
	if target == nil { // gone since
		return nil, errUnreachable
	}
	target.mu.Lock()
	ln := target.ports[port]
	target.mu.Unlock()
	if ln == nil {
		return nil, errUnreachable
	}
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", ln.Addr().String())
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(raw, n.id); err != nil {
		return nil, err
	}
	return n.keep(&conn{raw, to}), nil
}

func (n *node) keep(c *conn) *conn {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.conns[c] = true
	return c
}

// listener names who dials.
type listener struct {
	net.Listener
	n *node
}

func (l listener) Accept() (net.Conn, error) {
	raw, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	id := make([]byte, 64)
	if _, err := io.ReadFull(raw, id); err != nil {
		_ = raw.Close()
		return l.Accept()
	}
	return l.n.keep(&conn{raw, string(id)}), nil
}

func (n *node) listen(tb testing.TB, port int) net.Listener {
	tb.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	n.mu.Lock()
	n.ports[port] = ln
	n.mu.Unlock()
	return listener{ln, n}
}
