package overlay

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	iwt "github.com/Arceliar/ironwood/types"
	"github.com/yggdrasil-network/yggdrasil-go/src/core"
	"golang.org/x/sync/errgroup"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/libpaul/paul/internal/signal"
	"github.com/libpaul/paul/overlay/direct"
	"github.com/libpaul/paul/overlay/netwatch"
	"github.com/libpaul/paul/overlay/portmap"
)

// reachWait bounds how long DialContext waits for a device to answer, and then
// for it to accept.
const reachWait = 10 * time.Second

// maxPacket is the largest IPv6 packet.
const maxPacket = 40 + 65535

// Node is one device on the overlay.
type Node struct {
	private ed25519.PrivateKey
	log     *slog.Logger
	core    *core.Core
	stack   *stack.Stack
	nic     *nic
	devices *devices
	greeter *greeter
	links   *links
	express *express
	public  *publicPeers
	lan     *lan
	direct  *direct.Engine  // nil when it is not to make links
	signals net.Listener    // of direct
	ports   *portmap.Mapper // nil when no router is to be asked
	subnets func() []netip.Prefix
	changed signal.Signal

	mu      sync.Mutex         // guards what follows
	stop    context.CancelFunc // ends Run; nil when it is not running
	ran     bool
	down    chan struct{} // closed when the node is going down: nothing is accepted any more
	stopped chan struct{} // closed when all is released
}

// Open loads the key or makes one, builds the node and its TCP stack, and
// binds the listeners. It dials nobody and answers nobody before Run. Close
// releases it.
func Open(opts Options) (*Node, error) {
	n := &Node{log: opts.Log, down: make(chan struct{}), stopped: make(chan struct{})}
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	if opts.KeyFile == "" {
		return nil, errors.New("open overlay: Options.KeyFile is required")
	}
	var err error
	if n.private, err = loadKey(opts.KeyFile); err != nil {
		return nil, err
	}
	if err := n.build(opts); err != nil {
		return nil, errors.Join(err, n.release())
	}
	return n, nil
}

func (n *Node) build(opts Options) error {
	cert, err := certificate(n.private)
	if err != nil {
		return err
	}
	n.core, err = core.New(cert, nil, core.NodeInfo(nil), core.NodeInfoPrivacy(true))
	if err != nil {
		return fmt.Errorf("build Yggdrasil node: %w", err)
	}
	n.devices = newDevices(n.Address())
	n.greeter = newGreeter(n.devices, n.changed.Raise)
	n.nic = newNIC(tuneQueue(n.core), n.devices)
	n.greeter.settled = n.nic.resend
	if n.stack, err = newStack(n.nic, n.Address()); err != nil {
		return err
	}
	n.links = newLinks(n.core, n.private, tlsConfig(cert), n.log)
	n.links.welcome = n.devices.welcome
	n.links.struck = n.devices.cutBeside
	n.express = newExpress(n, *cert)
	if err := n.express.open(); err != nil {
		return err
	}
	n.links.changed = n.changed.Raise
	n.greeter.alone = n.links.alone
	n.links.moved = func() {
		n.greeter.wake()
		n.changed.Raise()
	}
	if err := n.bindAll(opts); err != nil {
		return err
	}
	if !opts.NoPublicPeers {
		if n.public, err = newPublicPeers(n.links, opts.PublicPeers); err != nil {
			return err
		}
	}
	if !opts.NoDirect {
		return n.openDirect(opts, *cert)
	}
	return nil
}

func (n *Node) bindAll(opts Options) error {
	for _, text := range opts.Listen {
		u, err := parsePeerURI(text, listenSchemes...)
		if err != nil {
			return err
		}
		l, err := bind(u, n.links.tls)
		if err != nil {
			return err
		}
		n.links.listeners = append(n.links.listeners, l)
	}
	for _, text := range opts.Peers {
		if err := n.links.add(text, false); err != nil {
			return err
		}
	}
	for _, text := range opts.Hints {
		if err := n.links.add(text, true); err != nil {
			return err
		}
	}
	if !opts.NoLAN {
		n.lan = newLAN(n.links, n.devices)
		n.lan.bind()
	}
	return nil
}

// Run keeps the node on the overlay until ctx ends or Close is called; then it
// says goodbye, closes every connection and returns nil. It can be called once.
func (n *Node) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	n.mu.Lock()
	if n.ran {
		n.mu.Unlock()
		return errors.New("run overlay: it has run before, or is closed")
	}
	n.ran, n.stop = true, stop
	n.mu.Unlock()
	defer func() { _ = n.release() }() // the listeners of links are closed by then
	// What carries the goodbyes outlives ctx.
	carrier, sink := context.WithCancel(context.WithoutCancel(ctx))
	defer sink()
	group, carrier := errgroup.WithContext(carrier)
	n.carry(carrier, group)
	group.Go(func() error {
		select {
		case <-ctx.Done():
			n.greeter.leave(carrier)
		case <-carrier.Done():
		}
		close(n.down)
		n.devices.cutBeside(nil)
		sink()
		n.core.Stop()
		return nil
	})
	err := group.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// carry starts what a node consists of while it runs.
func (n *Node) carry(ctx context.Context, group *errgroup.Group) {
	start := func(run func(context.Context)) {
		group.Go(func() error {
			run(ctx)
			return nil
		})
	}
	group.Go(func() error { return n.read(ctx) })
	start(func(ctx context.Context) { n.nic.write(ctx, n.send) })
	start(func(ctx context.Context) { n.greeter.write(ctx, n.send) })
	start(n.greeter.run)
	start(n.links.run)
	start(n.express.run)
	start(func(ctx context.Context) { netwatch.Watch(ctx, n.networkChanged) })
	if n.public != nil {
		start(n.public.run)
	}
	if n.lan != nil {
		start(n.lan.run)
	}
	start(n.watch)
	if n.direct != nil {
		group.Go(func() error { return n.direct.Run(ctx, n.signals) })
	}
	if n.ports != nil {
		group.Go(func() error { return n.ports.Run(ctx) })
	}
}

// sessionTraffic is the first byte of what a session carries, as in Yggdrasil
// (src/core/types.go). The other kinds let any node on the network ask for a
// node's peers and more: they are not answered, so that sessions are read and
// written here and not through the core.
const sessionTraffic = 1

// send hands a packet, after its sessionTraffic byte, to the session of a key.
// Loss is for TCP and the next hello to mend.
func (n *Node) send(packet []byte, to iwt.Addr) { _, _ = n.core.PacketConn.WriteTo(packet, to) }

// read takes all that sessions deliver, and never waits for anything else. Once
// ctx has ended it drops what comes, until the core has closed: ironwood's
// actors would wait for ever with a packet that nobody takes, and so would
// whoever closes them.
func (n *Node) read(ctx context.Context) error {
	buf := make([]byte, 1+maxPacket)
	for {
		size, from, err := n.core.PacketConn.ReadFrom(buf)
		switch {
		case err != nil && ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("read from overlay: %w", err)
		case ctx.Err() != nil:
			continue
		}
		n.take(buf[:size], from, time.Now())
	}
}

// take hands what the session of a key has delivered to the greeter, or to the
// TCP stack if devices lets it in, or drops it.
func (n *Node) take(data []byte, from net.Addr, now time.Time) {
	key, ok := from.(iwt.Addr)
	if !ok || len(data) < 2 || data[0] != sessionTraffic {
		return
	}
	packet := data[1:]
	switch {
	case packet[0] < 0x60:
		n.greeter.receive(packet, ed25519.PublicKey(key), now)
	case n.devices.inbound(packet, ed25519.PublicKey(key), now):
		n.nic.deliver(packet)
	}
}

// Close ends Run if it is running, says goodbye to every device that is
// online, closes all listeners and connections, and waits for that to be done.
// Closing again does nothing.
func (n *Node) Close() error {
	n.mu.Lock()
	stop, ran := n.stop, n.ran
	n.ran = true
	n.mu.Unlock()
	if ran {
		if stop != nil {
			stop()
		}
		<-n.stopped
		return nil
	}
	close(n.down)
	return n.release()
}

// release gives back what Open took. It is called once.
func (n *Node) release() error {
	defer close(n.stopped)
	var err error
	if n.links != nil {
		err = n.links.closeListeners()
	}
	if n.direct != nil {
		err = errors.Join(err, n.direct.Close())
	}
	if n.core != nil {
		n.core.Stop()
	}
	if n.stack != nil {
		n.stack.Destroy()
	}
	return err
}

// PublicKey returns the key that other devices know this one by.
func (n *Node) PublicKey() ed25519.PublicKey { return n.private.Public().(ed25519.PublicKey) }

// Address returns this device's address in 200::/7.
func (n *Node) Address() netip.Addr { return AddressOf(n.PublicKey()) }

// Listen accepts TCP connections of admitted devices (and, on the port of an
// open pairing window, of guests). RemoteAddr of what it accepts is an *Addr
// with the full key of the device. It can be called before Run; a port taken
// already is ErrPortInUse, and so are direct.SignalPort and 7334.
func (n *Node) Listen(port uint16) (net.Listener, error) { return n.listen(port) }

// DialContext connects to "<32 hex>.<32 hex>.pk.ygg:port", or to the
// "[200:…]:port" of an admitted device, over TCP. It waits until the device
// answers hellos, at most 10 s; ErrUnreachable if it does not, ErrNotAdmitted
// when it is no admitted device, ErrBadName for anything else. A port that
// nobody listens on is syscall.ECONNREFUSED.
func (n *Node) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	if network != "tcp" && network != "tcp6" {
		return nil, net.UnknownNetworkError(network)
	}
	key, at, port, err := splitAddr(addr)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", addr, err)
	}
	if key != nil {
		at = AddressOf(key)
	}
	c, err := n.reach(ctx, key, at, port)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", addr, err)
	}
	return c, nil
}

func (n *Node) reach(ctx context.Context, key ed25519.PublicKey, at netip.Addr, port uint16) (net.Conn, error) {
	d, ok := n.devices.admittedAt(at)
	if !ok || key != nil && !d.key.Equal(key) {
		return nil, ErrNotAdmitted
	}
	soon, cancel := context.WithTimeout(ctx, reachWait)
	defer cancel()
	if err := n.greeter.waitOnline(soon, at, n.down); err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%w: %w", err, ctx.Err())
		}
		return nil, err
	}
	soon, cancel = context.WithTimeout(ctx, reachWait)
	defer cancel()
	return n.connect(soon, at, port)
}

// isDown reports whether the node accepts nothing any more.
func (n *Node) isDown() bool {
	select {
	case <-n.down:
		return true
	default:
		return false
	}
}

// Admit lets the device with that key in, and tries to reach it.
func (n *Node) Admit(key ed25519.PublicKey) {
	if n.devices.admit(key, time.Now()) {
		n.greeter.nudge()
		n.changed.Raise()
	}
}

// Expel shuts the device with that key out, and cuts its open connections.
func (n *Node) Expel(key ed25519.PublicKey) {
	if n.devices.expel(key) {
		n.changed.Raise()
	}
}

// OpenWindow lets keys that are not admitted reach one TCP port until the
// returned func is called. Then they are forgotten and their connections cut,
// except those admitted meanwhile.
func (n *Node) OpenWindow(port uint16) (closeWindow func()) { return n.devices.openWindow(port) }

// AddPeer adds a static peering, which is tried until it is removed. Adding
// one again does nothing. It is not remembered after Close. The error is
// ErrBadURI.
func (n *Node) AddPeer(uri string) error {
	defer n.changed.Raise()
	return n.links.add(uri, false)
}

// AddHint is AddPeer for one of Options.Hints. What is a peer stays one.
func (n *Node) AddHint(uri string) error {
	defer n.changed.Raise()
	return n.links.add(uri, true)
}

// RemovePeer removes a static peering and cuts its link. The error is
// ErrNoPeering, or ErrBadURI.
func (n *Node) RemovePeer(uri string) error {
	defer n.changed.Raise()
	return n.links.remove(uri)
}

// Peers returns all peerings as they are now: static ones in the order they
// were added, then public ones, those of the local network and inbound ones.
func (n *Node) Peers() []Peering {
	list := n.links.peerings()
	if n.public != nil {
		list = append(list, n.public.waiting(list)...)
	}
	return list
}

// Traffic tells what the node has carried since Open.
func (n *Node) Traffic() Traffic { return n.links.traffic() }

// ListenURIs returns the URIs of Options.Listen with the ports really bound.
func (n *Node) ListenURIs() []string {
	var uris []string
	for _, l := range n.links.listeners {
		if !l.lan {
			uris = append(uris, l.uri.name())
		}
	}
	return uris
}

// Hints returns peering URIs by which other devices might reach this one, the
// likeliest first. There may be many: addresses times listeners.
func (n *Node) Hints() []string {
	var uris []peerURI
	for _, l := range n.links.listeners {
		uris = append(uris, l.uri)
	}
	return hints(uris, machineAddrs())
}

// Changed is raised when reachability, a path or a peering has changed.
func (n *Node) Changed() *signal.Signal { return &n.changed }
