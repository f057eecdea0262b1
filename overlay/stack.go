package overlay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	gvisorlog "gvisor.dev/gvisor/pkg/log"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

const (
	nicID         = 1
	listenBacklog = 128
	tcpMinRTO     = 50 * time.Millisecond
	// A connection whose peer has gone without a word ends after about a
	// minute by the user timeout (RFC 5482), and when it is idle after about two
	// by keep-alives, which wake both devices.
	keepAliveIdle     = 90 * time.Second
	keepAliveInterval = 10 * time.Second
	keepAliveCount    = 3
	userTimeout       = time.Minute
)

// hushed discards what gVisor logs: it writes to standard error by itself, with
// the addresses of devices, and what it warns of are packets it has dropped.
type hushed struct{}

func (hushed) Emit(int, gvisorlog.Level, time.Time, string, ...any) {}

var hush = sync.OnceFunc(func() { gvisorlog.SetTarget(hushed{}) })

// newStack builds a TCP/IPv6 stack on the nic with the one address.
func newStack(n *nic, own netip.Addr) (*stack.Stack, error) {
	hush()
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv6.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocolCUBIC},
	})
	if err := setUpStack(s, n, own); err != nil {
		s.Destroy()
		return nil, fmt.Errorf("build TCP stack: %w", err)
	}
	return s, nil
}

func setUpStack(s *stack.Stack, n *nic, own netip.Addr) error {
	// RACK must be off: after a second or two of loss, CUBIC with RACK moves
	// next to nothing for many seconds.
	sack, recovery := tcpip.TCPSACKEnabled(true), tcpip.TCPRecovery(0)
	moderate, rto := tcpip.TCPModerateReceiveBufferOption(true), tcpip.TCPMinRTOOption(tcpMinRTO)
	send := tcpip.TCPSendBufferSizeRangeOption{Min: tcp.MinBufferSize, Default: tcpMinSend, Max: tcpMaxSend}
	for _, option := range []tcpip.SettableTransportProtocolOption{&sack, &recovery, &moderate, &rto, &send} {
		if e := s.SetTransportProtocolOption(tcp.ProtocolNumber, option); e != nil {
			return fmt.Errorf("%T: %s", option, e)
		}
	}
	if e := s.CreateNIC(nicID, n); e != nil {
		return errors.New(e.String())
	}
	address := tcpip.ProtocolAddress{
		Protocol:          ipv6.ProtocolNumber,
		AddressWithPrefix: stackAddress(own).WithPrefix(),
	}
	if e := s.AddProtocolAddress(nicID, address, stack.AddressProperties{}); e != nil {
		return errors.New(e.String())
	}
	prefix := tcpip.AddressWithPrefix{Address: stackAddress(Range.Addr()), PrefixLen: Range.Bits()}
	s.AddRoute(tcpip.Route{Destination: prefix.Subnet(), NIC: nicID})
	return nil
}

func stackAddress(a netip.Addr) tcpip.Address { return tcpip.AddrFrom16(a.As16()) }

// listener accepts overlay connections, each with the key of its device.
type listener struct {
	node *Node
	port uint16
	ep   tcpip.Endpoint
	wq   *waiter.Queue

	express chan net.Conn // that have come otherwise

	closeOnce sync.Once
	done      chan struct{}
}

func (n *Node) listen(port uint16) (net.Listener, error) {
	wq := &waiter.Queue{}
	ep, e := n.stack.NewEndpoint(tcp.ProtocolNumber, ipv6.ProtocolNumber, wq)
	if e != nil {
		return nil, fmt.Errorf("listen on overlay port %d: %s", port, e)
	}
	e = ep.Bind(tcpip.FullAddress{NIC: nicID, Addr: stackAddress(n.Address()), Port: port})
	if e == nil {
		e = ep.Listen(listenBacklog)
	}
	if e != nil {
		ep.Close()
		return nil, fmt.Errorf("listen on overlay port %d: %w", port, stackError(e))
	}
	if local, e := ep.GetLocalAddress(); e == nil {
		port = local.Port
	}
	l := &listener{node: n, port: port, ep: ep, wq: wq, express: make(chan net.Conn, listenBacklog), done: make(chan struct{})}
	n.express.register(l)
	return l, nil
}

// Accept waits for the next connection of a device that is let in.
func (l *listener) Accept() (net.Conn, error) {
	entry, ready := waiter.NewChannelEntry(waiter.ReadableEvents)
	l.wq.EventRegister(&entry)
	defer l.wq.EventUnregister(&entry)
	for {
		ep, wq, e := l.ep.Accept(nil)
		if e == nil {
			if c, ok := l.node.newConn(ep, wq); ok {
				return c, nil
			}
			continue
		}
		if _, wait := e.(*tcpip.ErrWouldBlock); !wait {
			return nil, l.opError(stackError(e))
		}
		select {
		case <-l.done:
			return nil, l.opError(net.ErrClosed)
		case <-l.node.down:
			return nil, l.opError(net.ErrClosed)
		case c := <-l.express:
			return c, nil
		case <-ready:
		}
	}
}

// offer leaves a connection to Accept. It closes it when nobody accepts.
func (l *listener) offer(c net.Conn) error {
	select {
	case l.express <- c:
	default:
		_ = c.Close() // the error says more
		return errPortClosed
	}
	select {
	case <-l.done:
		l.drop()
	default:
	}
	return nil
}

// drop closes what was offered and is not accepted any more.
func (l *listener) drop() {
	for {
		select {
		case c := <-l.express:
			_ = c.Close() // nobody wants it
		default:
			return
		}
	}
}

func (l *listener) opError(err error) error {
	select {
	case <-l.done:
		err = net.ErrClosed
	case <-l.node.down:
		err = net.ErrClosed
	default:
	}
	return &net.OpError{Op: "accept", Net: "tcp", Addr: l.Addr(), Err: err}
}

// Close stops accepting. Connections accepted earlier stay open.
func (l *listener) Close() error {
	l.closeOnce.Do(func() {
		l.node.express.unregister(l)
		close(l.done)
		l.ep.Close()
		l.drop()
	})
	return nil
}

func (l *listener) Addr() net.Addr { return &Addr{Key: l.node.PublicKey(), Port: l.port} }

// connect makes a connection to a device that is online.
func (n *Node) connect(ctx context.Context, at netip.Addr, port uint16) (net.Conn, error) {
	wq := &waiter.Queue{}
	ep, e := n.stack.NewEndpoint(tcp.ProtocolNumber, ipv6.ProtocolNumber, wq)
	if e != nil {
		return nil, errors.New(e.String())
	}
	entry, ready := waiter.NewChannelEntry(waiter.WritableEvents)
	wq.EventRegister(&entry)
	defer wq.EventUnregister(&entry)
	e = ep.Connect(tcpip.FullAddress{NIC: nicID, Addr: stackAddress(at), Port: port})
	if _, started := e.(*tcpip.ErrConnectStarted); started {
		select {
		case <-ctx.Done():
			ep.Close()
			return nil, fmt.Errorf("%w: %w", ErrUnreachable, context.Cause(ctx))
		case <-ready:
			e = ep.LastError()
		}
	}
	if e != nil {
		ep.Close()
		return nil, stackError(e)
	}
	c, ok := n.newConn(ep, wq)
	if !ok {
		return nil, ErrNotAdmitted
	}
	return c, nil
}

// conn is a TCP connection over the overlay.
type conn struct {
	*gonet.TCPConn
	ep            tcpip.Endpoint
	devices       *devices
	local, remote Addr
	device        *device // set by devices.track
	limit         *sendLimit

	closeOnce sync.Once
	closed    chan struct{}
}

// newConn wraps an endpoint. When its device is not, or no longer, let in, the
// endpoint is aborted and newConn reports false.
func (n *Node) newConn(ep tcpip.Endpoint, wq *waiter.Queue) (*conn, bool) {
	c := &conn{TCPConn: gonet.NewTCPConn(wq, ep), ep: ep, devices: n.devices, closed: make(chan struct{}), limit: newSendLimit(ep)}
	local, e1 := ep.GetLocalAddress()
	remote, e2 := ep.GetRemoteAddress()
	c.local = Addr{Key: n.PublicKey(), Port: local.Port}
	c.remote.Port = remote.Port
	if e1 != nil || e2 != nil || !n.devices.track(c, netip.AddrFrom16(remote.Addr.As16())) {
		c.abort()
		_ = c.Close() // its only error is nil
		return nil, false
	}
	idle, interval := tcpip.KeepaliveIdleOption(keepAliveIdle), tcpip.KeepaliveIntervalOption(keepAliveInterval)
	timeout := tcpip.TCPUserTimeoutOption(userTimeout)
	for _, option := range []tcpip.SettableSocketOption{&idle, &interval, &timeout} {
		_ = ep.SetSockOpt(option) // refused only by an endpoint that is closed already
	}
	_ = ep.SetSockOptInt(tcpip.KeepaliveCountOption, keepAliveCount)
	ep.SocketOptions().SetKeepAlive(true)
	ep.SocketOptions().SetDelayOption(false)
	return c, true
}

// abort resets the connection at once: both ends fail, nothing more is sent.
func (c *conn) abort() { c.ep.Abort() }

// Abort closes the connection by a reset: the other end sees an error, and
// does not take what it has for whole.
func (c *conn) Abort() {
	c.abort()
	_ = c.Close() // its only error is nil
}

// Close ends the connection; what was written is still sent.
func (c *conn) Close() error {
	c.closeOnce.Do(func() {
		close(c.closed)
		c.devices.untrack(c.device, c)
		_ = c.TCPConn.Close() // its only error is nil
	})
	return nil
}

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.TCPConn.Read(b)
	return n, c.closedError(err)
}

func (c *conn) Write(b []byte) (written int, err error) {
	for {
		piece := b[:min(len(b), sendPiece)]
		c.limit.follow(c.ep, len(piece), time.Now())
		n, err := c.TCPConn.Write(piece)
		written += n
		if b = b[n:]; err != nil || len(b) == 0 {
			return written, c.closedError(err)
		}
	}
}

// closedError tells a connection that was closed here from one that ended.
func (c *conn) closedError(err error) error {
	if err == nil {
		return nil
	}
	select {
	case <-c.closed:
		return net.ErrClosed
	default:
		return err
	}
}

func (c *conn) LocalAddr() net.Addr  { return &c.local }
func (c *conn) RemoteAddr() net.Addr { return &c.remote }

// stackError turns an error of the TCP stack into one that errors.Is knows.
func stackError(e tcpip.Error) error {
	switch e.(type) {
	case *tcpip.ErrPortInUse:
		return ErrPortInUse
	case *tcpip.ErrConnectionRefused:
		return syscall.ECONNREFUSED
	case *tcpip.ErrTimeout, *tcpip.ErrHostUnreachable, *tcpip.ErrNetworkUnreachable:
		return ErrUnreachable
	}
	return errors.New(e.String())
}
