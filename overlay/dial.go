package overlay

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/coder/websocket"
	"github.com/quic-go/quic-go"
)

// maxSegment is what fits into 1280 bytes (RFC 8200, section 5) after the
// headers of IPv6 and TCP.
const maxSegment = 1280 - 40 - 20

const dialWait = 8 * time.Second // for a connection and its TLS handshake

// dialSchemes are the schemes of peerings that can be called.
var dialSchemes = []string{"tcp", "tls", "quic", "ws", "wss"}

var errThroughOverlay = errors.New("a peering cannot lead through the overlay itself")

// stream is a connection before its greeting. tls is what its certificate
// exchange ended with, nil without one; rtt is about a round trip, 0 when it
// was not measured.
type stream struct {
	net.Conn
	tls *tls.ConnectionState
	rtt time.Duration
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
		c, rtt, err := connect(soon, u.address())
		return stream{Conn: c, rtt: rtt}, err
	case "tls":
		c, rtt, err := connect(soon, u.address())
		if err != nil {
			return stream{}, err
		}
		s, err := secure(soon, tls.Client(c, config))
		s.rtt = rtt
		return s, err
	case "quic":
		return dialQUIC(soon, u, config)
	case "ws", "wss":
		return dialWebSocket(ctx, soon, u, config)
	}
	return stream{}, fmt.Errorf("%w: scheme %q", ErrBadURI, u.scheme)
}

// connect makes a TCP connection and tells how long that took, without the
// look-up of the name: a round trip. It refuses addresses on the overlay: on a
// machine that runs Yggdrasil too, a link could otherwise lead through itself.
func connect(ctx context.Context, address string) (net.Conn, time.Duration, error) {
	var mu sync.Mutex
	began := map[string]time.Time{} // guarded by mu: several addresses of a name may be tried at once
	dialer := net.Dialer{Control: func(_, to string, c syscall.RawConn) error {
		mu.Lock()
		defer mu.Unlock()
		began[to] = time.Now()
		at, err := netip.ParseAddrPort(to)
		if err == nil && Range.Contains(at.Addr()) {
			return errThroughOverlay
		}
		if err == nil && !isLocal(at) {
			_ = limitSegments(c) // most paths carry larger ones too
		}
		return nil
	}}
	c, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, 0, err
	}
	now := time.Now()
	mu.Lock()
	defer mu.Unlock()
	if at, ok := began[c.RemoteAddr().String()]; ok {
		return c, max(now.Sub(at), 1), nil
	}
	return c, 0, nil
}

// secure finishes the TLS handshake, from either end.
func secure(ctx context.Context, c *tls.Conn) (stream, error) {
	if err := c.HandshakeContext(ctx); err != nil {
		_ = c.Close() // the handshake's error says more
		return stream{}, err
	}
	state := c.ConnectionState()
	return stream{Conn: c, tls: &state}, nil
}

func quicConfig() *quic.Config {
	return &quic.Config{
		MaxIdleTimeout: time.Minute, KeepAlivePeriod: 20 * time.Second,
		MaxIncomingStreams: 1, MaxIncomingUniStreams: -1, // a link is one stream
		// The least that a path must carry (RFC 9000, section 14). Larger packets
		// are tried once it works; of larger first ones, a path through a tunnel
		// may carry none.
		InitialPacketSize: 1200,
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
		began := time.Now()
		c, err = quic.DialAddr(ctx, net.JoinHostPort(a.String(), u.port), config, quicConfig())
		if err == nil {
			rtt := time.Since(began)
			s, err := openQUIC(ctx, c, (*quic.Conn).OpenStreamSync)
			s.rtt = rtt
			return s, err
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
	return stream{Conn: &quicConn{Stream: s, conn: c}, tls: &state}, nil
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
	var rtt time.Duration
	transport.DialContext = func(ctx context.Context, _, addr string) (c net.Conn, err error) {
		if c, rtt, err = connect(ctx, addr); err == nil {
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
	return stream{&webSocketConn{websocket.NetConn(ctx, ws, websocket.MessageBinary), remote}, state, rtt}, nil
}

// webSocketConn knows the address it leads to, which a web socket hides.
type webSocketConn struct {
	net.Conn
	remote net.Addr
}

func (c *webSocketConn) RemoteAddr() net.Addr { return c.remote }
