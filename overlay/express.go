package overlay

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/libpaul/paul/overlay/direct"
)

// An express connection leads straight to a device, beside a link that does so over
// TLS: TLS 1.3 on a connection of its own, in which both ends prove the keys of their
// devices. It saves a transfer what the overlay costs, a second encryption and a TCP
// stack in this process. It ends with the link: who used it begins again.
//
// Whoever has dialled the link dials, at the same address, and names the protocol
// expressProtocol (ALPN). The device at the other end of such a link asks for a call,
// at expressPort on the overlay. The caller sends a head: why it calls, and the token
// that came with the request. Then who wants the connection sends the port, in two
// bytes, and gets one byte back.
const (
	expressProtocol = "paul-express/1"
	expressPort     = 7334

	expressWait  = 5 * time.Second // for all of that
	expressRetry = time.Minute     // until a link is tried again beside which there was none
	maxExpress   = 64              // of one device; and requests for a call that are answered at once

	expressAsks   = 0 // who calls wants a connection
	expressCalled = 1 // who calls was asked to

	expressRefused = 0 // nobody listens on the port
	expressOpen    = 1
)

var (
	errNoExpress  = errors.New("the other end knows no express connections")
	errNotCalled  = errors.New("the other end does not call")
	errNotLinked  = errors.New("there is no link to go beside")
	errPortClosed = errors.New("nobody listens there")
)

type expressToken [16]byte

// express makes and takes the express connections of a node.
type express struct {
	node  *Node
	cert  tls.Certificate
	calls net.Listener // at expressPort

	mu      sync.Mutex // guards what follows
	ports   map[uint16]*listener
	awaited map[expressToken]awaitedCall
}

// awaitedCall is a call that another device was asked for.
type awaitedCall struct {
	key ed25519.PublicKey
	got chan *tls.Conn // has room for one
}

func newExpress(n *Node, cert tls.Certificate) *express {
	return &express{node: n, cert: cert, ports: map[uint16]*listener{}, awaited: map[expressToken]awaitedCall{}}
}

// open lets express connections in, and requests for a call once run is called.
func (x *express) open() (err error) {
	x.node.links.tls.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		for _, name := range hello.SupportedProtos {
			if name == expressProtocol {
				return x.config(x.node.devices.isAdmitted), nil
			}
		}
		return nil, nil // a link
	}
	x.node.links.express = x.take
	x.calls, err = x.node.listen(expressPort)
	return err
}

// config proves our key, and demands a proof of one that is allowed.
func (x *express) config(allowed func(ed25519.PublicKey) bool) *tls.Config {
	return direct.MutualTLS(x.cert, expressProtocol, allowed)
}

// DialExpress is DialContext for what may begin again: where a link leads straight to
// the device, the connection goes beside it, past the overlay, and fails when the link
// does. Else it is one of the overlay.
func (n *Node) DialExpress(ctx context.Context, network, addr string) (net.Conn, error) {
	key, at, port, err := splitAddr(addr)
	if err == nil && (network == "tcp" || network == "tcp6") {
		if key != nil {
			at = AddressOf(key)
		}
		if d, ok := n.devices.admittedAt(at); ok && (key == nil || d.key.Equal(key)) {
			if c, ok := n.express.dial(ctx, d.key, port); ok {
				return c, nil
			}
		}
	}
	return n.DialContext(ctx, network, addr)
}

// dial makes an express connection, if it can be had.
func (x *express) dial(ctx context.Context, key ed25519.PublicKey, port uint16) (net.Conn, bool) {
	k := x.node.links.beside(key, time.Now())
	if k == nil {
		return nil, false
	}
	soon, cancel := context.WithTimeout(ctx, expressWait)
	defer cancel()
	call := x.call
	if k.inbound {
		call = x.askForCall
	}
	c, err := call(soon, k, expressToken{})
	var e *expressConn
	if err == nil {
		e, err = x.ask(soon, c, k, port)
	}
	if err == nil {
		return e, true
	}
	if ctx.Err() == nil && !errors.Is(err, errPortClosed) {
		k.expressFailed.Store(time.Now().UnixNano())
		x.node.log.DebugContext(ctx, "No express connection", slog.String("link", k.uri), slog.Any("err", err))
	}
	return nil, false
}

// bounded lets calls on c end with ctx, until released.
func bounded(ctx context.Context, c net.Conn) (release func()) {
	if deadline, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(deadline) // of a closed one: then the next call fails too
	}
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	return func() {
		if stop() {
			_ = c.SetDeadline(time.Time{})
		}
	}
}

// call dials the other end of a link, for itself or, with a token, as it was asked to.
func (x *express) call(ctx context.Context, k *link, token expressToken) (*tls.Conn, error) {
	raw, _, err := connect(ctx, k.remote.String())
	if err != nil {
		return nil, err
	}
	c := tls.Client(raw, x.config(func(shown ed25519.PublicKey) bool { return shown.Equal(k.key) }))
	head := []byte{expressAsks}
	if token != (expressToken{}) {
		head = append([]byte{expressCalled}, token[:]...)
	}
	defer bounded(ctx, c)()
	if err = c.HandshakeContext(ctx); err == nil {
		_, err = c.Write(head)
	}
	if err != nil {
		_ = raw.Close() // the error says more
		return nil, err
	}
	return c, nil
}

// askForCall asks the device that has dialled a link to call.
func (x *express) askForCall(ctx context.Context, k *link, token expressToken) (*tls.Conn, error) {
	_, _ = rand.Read(token[:]) // never fails
	want := awaitedCall{k.key, make(chan *tls.Conn, 1)}
	x.mu.Lock()
	x.awaited[token] = want
	x.mu.Unlock()
	defer x.forget(token, want)
	c, err := x.node.reach(ctx, k.key, AddressOf(k.key), expressPort)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }() // which tells that the call has come, or is too late
	defer bounded(ctx, c)()
	if _, err := c.Write(token[:]); err != nil {
		return nil, err
	}
	refused := make(chan struct{})
	go func() {
		defer close(refused)
		_, _ = c.Read(make([]byte, 1)) // it ends when the other end does not call
	}()
	select {
	case got := <-want.got:
		return got, nil
	case <-refused:
		return nil, errNotCalled
	case <-ctx.Done():
		return nil, errNotCalled
	}
}

// forget drops what a call was awaited for, and the call if it has come too late.
func (x *express) forget(token expressToken, want awaitedCall) {
	x.mu.Lock()
	delete(x.awaited, token)
	x.mu.Unlock()
	select {
	case late := <-want.got:
		_ = late.Close() // nobody wants it
	default:
	}
}

// ask asks for a port at the other end of a connection that was made beside a link.
func (x *express) ask(ctx context.Context, c *tls.Conn, k *link, port uint16) (*expressConn, error) {
	release := bounded(ctx, c)
	answer := []byte{expressRefused}
	_, err := c.Write(binary.BigEndian.AppendUint16(nil, port))
	if err == nil {
		_, err = io.ReadFull(c, answer)
	}
	release()
	if err == nil && answer[0] != expressOpen {
		err = errPortClosed
	}
	var e *expressConn
	if err == nil {
		e, err = x.wrap(c, k, 0, port)
	}
	if err != nil {
		_ = c.Close() // the error says more
	}
	return e, err
}

// take deals with an express connection that was accepted where links are.
func (x *express) take(ctx context.Context, s stream) error {
	c, ok := s.Conn.(*tls.Conn)
	if !ok {
		_ = s.Close() // the error says more
		return errNoExpress
	}
	ctx, cancel := context.WithTimeout(ctx, expressWait)
	defer cancel()
	key := direct.CertifiedKey(*s.tls)
	head := make([]byte, 1+len(expressToken{}))
	release := bounded(ctx, c)
	_, err := io.ReadFull(c, head[:1])
	if err == nil && head[0] == expressCalled {
		_, err = io.ReadFull(c, head[1:])
	}
	release()
	switch {
	case err != nil:
	case head[0] == expressAsks:
		return x.serve(ctx, c, x.node.links.to(key))
	default:
		err = x.arrived(expressToken(head[1:]), key, c)
	}
	if err != nil {
		_ = c.Close() // the error says more
	}
	return err
}

// arrived hands a call to whoever awaits it.
func (x *express) arrived(token expressToken, key ed25519.PublicKey, c *tls.Conn) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	want, ok := x.awaited[token]
	if !ok || !want.key.Equal(key) {
		return errors.New("nobody has asked for this call")
	}
	delete(x.awaited, token) // a second call is none
	want.got <- c
	return nil
}

// serve gives the other end of a connection the port that it asks for.
func (x *express) serve(ctx context.Context, c *tls.Conn, k *link) error {
	e, l, err := x.grant(ctx, c, k)
	if err != nil {
		_ = c.Close() // the error says more
		return err
	}
	return l.offer(e)
}

// grant reads which port is asked for, and answers.
func (x *express) grant(ctx context.Context, c *tls.Conn, k *link) (*expressConn, *listener, error) {
	defer bounded(ctx, c)()
	var port [2]byte
	if _, err := io.ReadFull(c, port[:]); err != nil {
		return nil, nil, err
	}
	x.mu.Lock()
	l := x.ports[binary.BigEndian.Uint16(port[:])]
	x.mu.Unlock()
	if l == nil {
		_, err := c.Write([]byte{expressRefused})
		return nil, nil, errors.Join(errPortClosed, err)
	}
	e, err := x.wrap(c, k, l.port, 0)
	if err != nil {
		return nil, nil, err
	}
	if _, err := c.Write([]byte{expressOpen}); err != nil {
		e.abort()
		return nil, nil, err
	}
	return e, l, nil
}

// run answers requests for a call until ctx ends.
func (x *express) run(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { _ = x.calls.Close() })
	defer stop()
	var group sync.WaitGroup
	defer group.Wait()
	free := make(chan struct{}, maxExpress)
	for {
		c, err := x.calls.Accept()
		if err != nil {
			return
		}
		select {
		case free <- struct{}{}:
			group.Go(func() {
				defer func() { <-free }()
				if err := x.called(ctx, c); err != nil {
					x.node.log.DebugContext(ctx, "Express call failed", slog.Any("device", c.RemoteAddr()), slog.Any("err", err))
				}
			})
		default:
			_ = c.Close() // which says that there is no call
		}
	}
}

// called answers one request for a call, c, and closes it: at once when there is none.
func (x *express) called(ctx context.Context, c net.Conn) error {
	defer func() { _ = c.Close() }() // nothing was sent
	ctx, cancel := context.WithTimeout(ctx, expressWait)
	defer cancel()
	defer bounded(ctx, c)()
	var token expressToken
	if _, err := io.ReadFull(c, token[:]); err != nil {
		return err
	}
	k := x.node.links.beside(c.RemoteAddr().(*Addr).Key, time.Time{})
	if k == nil || k.inbound || token == (expressToken{}) {
		return errNotLinked
	}
	made, err := x.call(ctx, k, token)
	if err != nil {
		return err
	}
	if err := x.serve(ctx, made, k); err != nil {
		return err
	}
	_, _ = c.Read(make([]byte, 1)) // until the other end has it
	return nil
}

// register lets a listener take express connections too.
func (x *express) register(l *listener) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ports[l.port] = l
}

func (x *express) unregister(l *listener) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ports[l.port] == l {
		delete(x.ports, l.port)
	}
}
