package direct

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
)

// protocol is what both ends name in their TLS handshake (ALPN).
const protocol = "paul-direct/1"

// methods are numbered for the byte that begins the stream of a link. New
// ones are added at the end.
var methods = []string{MethodLAN, MethodPublic, MethodMapped, MethodPunched}

func quicConfig() *quic.Config {
	return &quic.Config{
		HandshakeIdleTimeout: dialWait, MaxIdleTimeout: 30 * time.Second, KeepAlivePeriod: 12 * time.Second,
		MaxIncomingStreams: 1, MaxIncomingUniStreams: -1,
		InitialPacketSize: 1200, // the least that a path must carry; larger ones are tried once it works
		// Enough for a gigabit at 100 ms.
		InitialStreamReceiveWindow: 2 << 20, MaxStreamReceiveWindow: 16 << 20,
		InitialConnectionReceiveWindow: 2 << 20, MaxConnectionReceiveWindow: 16 << 20,
	}
}

var (
	errNotExpected   = errors.New("the other end is not the expected device")
	errOtherProtocol = errors.New("the other end does not speak this protocol")
)

// MutualTLS speaks protocol (ALPN) alone, proves our key by its certificate, and
// demands that of the other end to be one that allowed knows.
func MutualTLS(cert tls.Certificate, protocol string, allowed func(ed25519.PublicKey) bool) *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13, NextProtos: []string{protocol},
		InsecureSkipVerify: true, // the key is the identity: VerifyConnection checks it
		ClientAuth:         tls.RequireAnyClientCert, SessionTicketsDisabled: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			if state.NegotiatedProtocol != protocol {
				return errOtherProtocol
			}
			if key := CertifiedKey(state); key == nil || !allowed(key) {
				return errNotExpected
			}
			return nil
		},
	}
}

// CertifiedKey returns the key that the other end has proved, or nil.
func CertifiedKey(state tls.ConnectionState) ed25519.PublicKey {
	if len(state.PeerCertificates) == 0 {
		return nil
	}
	key, _ := state.PeerCertificates[0].PublicKey.(ed25519.PublicKey)
	return key
}

// dial connects to a device by a way that has answered.
func (s *socket) dial(ctx context.Context, w way, cert tls.Certificate, key ed25519.PublicKey) (Link, error) {
	ctx, cancel := context.WithTimeout(ctx, dialWait)
	defer cancel()
	conn, err := s.quic.Dial(ctx, net.UDPAddrFromAddrPort(w.at), MutualTLS(cert, protocol, func(k ed25519.PublicKey) bool { return k.Equal(key) }), quicConfig())
	if err != nil {
		return Link{}, fmt.Errorf("%w: %w", ErrHandshake, err)
	}
	stream, err := conn.OpenStreamSync(ctx)
	if err == nil {
		_, err = stream.Write([]byte{byte(slices.Index(methods, w.method))})
	}
	if err != nil {
		_ = conn.CloseWithError(1, "") // the stream's error says more
		return Link{}, fmt.Errorf("%w: %w", ErrHandshake, err)
	}
	return Link{Conn: newQUICConn(conn, stream), Key: key, Remote: w.at, Method: w.method}, nil
}

// receive finishes a connection that was accepted.
func receive(ctx context.Context, conn *quic.Conn) (Link, error) {
	ctx, cancel := context.WithTimeout(ctx, dialWait)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = conn.CloseWithError(1, "") })
	defer stop()
	l := Link{Key: CertifiedKey(conn.ConnectionState().TLS), Inbound: true}
	l.Remote, _ = addrPort(conn.RemoteAddr())
	stream, err := conn.AcceptStream(ctx)
	if err != nil {
		return Link{}, err
	}
	var method [1]byte
	if _, err := io.ReadFull(stream, method[:]); err != nil {
		return Link{}, err
	}
	if int(method[0]) >= len(methods) {
		return Link{}, errMessage
	}
	l.Conn, l.Method = newQUICConn(conn, stream), methods[method[0]]
	return l, nil
}

// quicConn is a QUIC connection with one stream, as a net.Conn.
type quicConn struct {
	*quic.Stream
	conn  *quic.Conn
	close func() error
}

func newQUICConn(conn *quic.Conn, stream *quic.Stream) *quicConn {
	return &quicConn{stream, conn, sync.OnceValue(func() error { return conn.CloseWithError(0, "") })}
}

func (c *quicConn) Close() error         { return c.close() }
func (c *quicConn) LocalAddr() net.Addr  { return c.conn.LocalAddr() }
func (c *quicConn) RemoteAddr() net.Addr { return c.conn.RemoteAddr() }
