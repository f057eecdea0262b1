package overlay

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"github.com/coder/websocket"
	"github.com/quic-go/quic-go"
)

const dialWait = 8 * time.Second // for a connection and its TLS handshake

// dialSchemes are the schemes of peerings that can be called.
var dialSchemes = []string{"tcp", "tls", "quic", "ws", "wss"}

var errThroughOverlay = errors.New("a peering cannot lead through the overlay itself")

// stream is a connection before its greeting. tls is what its certificate
// exchange ended with, nil without one.
type stream struct {
	net.Conn
	tls *tls.ConnectionState
}

// dial connects to a peer. The connection does not outlive ctx.
func dial(ctx context.Context, u peerURI, config *tls.Config) (stream, error) {
	soon, cancel := context.WithTimeout(ctx, dialWait)
	defer cancel()
	config = config.Clone()
	config.ServerName = u.host
	if u.sni != "" {
		config.ServerName = u.sni
	}
	switch u.scheme {
	case "tcp":
		c, err := dialer.DialContext(soon, "tcp", u.address())
		return stream{Conn: c}, err
	case "tls":
		c, err := dialer.DialContext(soon, "tcp", u.address())
		if err != nil {
			return stream{}, err
		}
		return secure(soon, tls.Client(c, config))
	case "quic":
		return dialQUIC(soon, u, config)
	case "ws", "wss":
		return dialWebSocket(ctx, soon, u, config)
	}
	return stream{}, fmt.Errorf("%w: scheme %q", ErrBadURI, u.scheme)
}

// dialer refuses addresses on the overlay: on a machine that runs Yggdrasil
// too, a link could otherwise lead through itself.
var dialer = &net.Dialer{Control: func(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err == nil && Range.Contains(at.Addr()) {
		return errThroughOverlay
	}
	return nil
}}

// secure finishes the TLS handshake, from either end.
func secure(ctx context.Context, c *tls.Conn) (stream, error) {
	if err := c.HandshakeContext(ctx); err != nil {
		_ = c.Close() // the handshake's error says more
		return stream{}, err
	}
	state := c.ConnectionState()
	return stream{c, &state}, nil
}

func quicConfig() *quic.Config {
	return &quic.Config{
		MaxIdleTimeout: time.Minute, KeepAlivePeriod: 20 * time.Second,
		MaxIncomingStreams: 1, MaxIncomingUniStreams: -1, // a link is one stream
	}
}

func dialQUIC(ctx context.Context, u peerURI, config *tls.Config) (stream, error) {
	addr, err := net.DefaultResolver.LookupNetIP(ctx, "ip", u.host)
	if err != nil {
		return stream{}, err
	}
	err = errThroughOverlay
	for _, a := range addr {
		if Range.Contains(a) {
			continue
		}
		var c *quic.Conn
		c, err = quic.DialAddr(ctx, net.JoinHostPort(a.String(), u.port), config, quicConfig())
		if err == nil {
			return openQUIC(ctx, c, (*quic.Conn).OpenStreamSync)
		}
	}
	return stream{}, err
}

// openQUIC makes a link of the one stream of a QUIC connection.
func openQUIC(ctx context.Context, c *quic.Conn,
	open func(*quic.Conn, context.Context) (*quic.Stream, error),
) (stream, error) {
	s, err := open(c, ctx)
	if err != nil {
		_ = c.CloseWithError(1, "") // the stream's error says more
		return stream{}, err
	}
	state := c.ConnectionState().TLS
	return stream{&quicConn{Stream: s, conn: c}, &state}, nil
}

// quicConn is a QUIC connection with one stream, as a net.Conn.
type quicConn struct {
	*quic.Stream
	conn *quic.Conn
}

func (c *quicConn) Close() error         { return c.conn.CloseWithError(0, "") }
func (c *quicConn) LocalAddr() net.Addr  { return c.conn.LocalAddr() }
func (c *quicConn) RemoteAddr() net.Addr { return c.conn.RemoteAddr() }

// dialWebSocket carries a link in a web socket, for networks that let nothing
// but the web through. soon bounds the handshake, ctx the connection.
func dialWebSocket(ctx, soon context.Context, u peerURI, config *tls.Config) (stream, error) {
	var state *tls.ConnectionState
	config.VerifyConnection = func(s tls.ConnectionState) error {
		state = &s
		return nil
	}
	transport := &http.Transport{TLSClientConfig: config, Proxy: http.ProxyFromEnvironment}
	defer transport.CloseIdleConnections()
	var remote net.Addr
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dialer.DialContext(ctx, network, addr)
		if err == nil {
			remote = c.RemoteAddr()
		}
		return c, err
	}
	ws, response, err := websocket.Dial(soon, u.name(), &websocket.DialOptions{
		HTTPClient:   &http.Client{Transport: transport},
		Subprotocols: []string{"ygg-ws"},
	})
	if err != nil {
		return stream{}, err
	}
	if response.Body != nil {
		_ = response.Body.Close() // a web socket's response has no body
	}
	return stream{&webSocketConn{websocket.NetConn(ctx, ws, websocket.MessageBinary), remote}, state}, nil
}

// webSocketConn knows the address it leads to, which a web socket hides.
type webSocketConn struct {
	net.Conn
	remote net.Addr
}

func (c *webSocketConn) RemoteAddr() net.Addr { return c.remote }
