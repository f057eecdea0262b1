package overlay

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"

	"github.com/quic-go/quic-go"
)

// listenSchemes are the schemes that can be listened on.
var listenSchemes = []string{"tcp", "tls", "quic"}

// maxInbound bounds the inbound links of all listeners, those still greeting
// included.
const (
	maxInbound     = 256
	maxInboundHost = maxInbound / 4 // of one host, so that none can take them all
)

// linkListener accepts links on one address.
type linkListener struct {
	uri    peerURI // with the real port
	lan    bool    // only for the local network
	accept func(context.Context) (stream, error)
	finish func(context.Context, stream) (stream, error) // handshakes, outside the accept loop
	close  func() error
}

// bind opens a listener on the address of u; port 0 takes any.
func bind(u peerURI, config *tls.Config) (*linkListener, error) {
	var l *linkListener
	var at net.Addr
	var err error
	if u.scheme == "quic" {
		l, at, err = bindQUIC(u, config)
	} else {
		l, at, err = bindTCP(u, config)
	}
	if err != nil {
		if portInUse(err) {
			err = fmt.Errorf("%w: stop the program that has it, or choose another port", ErrPortInUse)
		}
		return nil, fmt.Errorf("listen on %s: %w", u.name(), err)
	}
	if _, port, err := net.SplitHostPort(at.String()); err == nil {
		u.port = port
	}
	l.uri = u
	return l, nil
}

func bindTCP(u peerURI, config *tls.Config) (*linkListener, net.Addr, error) {
	at, err := net.ResolveTCPAddr("tcp", u.address())
	if err != nil {
		return nil, nil, err
	}
	ln, err := net.ListenTCP("tcp", at)
	if err != nil {
		return nil, nil, err
	}
	l := &linkListener{
		accept: func(context.Context) (stream, error) {
			c, err := ln.Accept()
			return stream{Conn: c}, err
		},
		finish: func(ctx context.Context, s stream) (stream, error) {
			if u.scheme == "tls" {
				return secure(ctx, tls.Server(s.Conn, config))
			}
			return s, nil
		},
		close: ln.Close,
	}
	return l, ln.Addr(), nil
}

func bindQUIC(u peerURI, config *tls.Config) (*linkListener, net.Addr, error) {
	ln, err := quic.ListenAddr(u.address(), config, quicConfig())
	if err != nil {
		return nil, nil, err
	}
	l := &linkListener{
		accept: func(ctx context.Context) (stream, error) {
			c, err := ln.Accept(ctx)
			if err != nil {
				return stream{}, err
			}
			return stream{Conn: &quicConn{conn: c}}, nil
		},
		finish: func(ctx context.Context, s stream) (stream, error) {
			return openQUIC(ctx, s.Conn.(*quicConn).conn, (*quic.Conn).AcceptStream)
		},
		close: ln.Close,
	}
	return l, ln.Addr(), nil
}

// serve accepts links until ctx ends, and waits for them to end too.
func (l *linkListener) serve(ctx context.Context, ls *links) {
	stop := context.AfterFunc(ctx, func() { _ = l.close() })
	defer stop()
	var group sync.WaitGroup
	defer group.Wait()
	for {
		s, err := l.accept(ctx)
		if ctx.Err() != nil {
			if err == nil {
				_ = s.Close()
			}
			return
		}
		if err != nil {
			if errors.Is(err, net.ErrClosed) || errors.Is(err, quic.ErrServerClosed) {
				return
			}
			ls.log.WarnContext(ctx, "Accept link", slog.String("listener", l.uri.name()), slog.Any("err", err))
			if pause(ctx, acceptPause) != nil { // out of file descriptors, most likely
				return
			}
			continue
		}
		host := hostOf(remoteAddr(s).Addr())
		if l.lan && !isLocal(remoteAddr(s)) || !ls.enter(host) {
			_ = s.Close() // refused: nobody to tell
			continue
		}
		group.Go(func() {
			defer ls.leave(host)
			if err := l.take(ctx, ls, s); err != nil {
				ls.log.DebugContext(ctx, "Inbound link ended", slog.Any("remote", s.RemoteAddr()), slog.Any("err", err))
			}
		})
	}
}

// take greets the other end of an inbound connection and keeps the link.
func (l *linkListener) take(ctx context.Context, ls *links, s stream) error {
	soon, cancel := context.WithTimeout(ctx, greetingWait)
	defer cancel()
	done, err := l.finish(soon, s)
	if err != nil {
		_ = s.Close() // the handshake's error says more
		return err
	}
	if done.tls != nil && done.tls.NegotiatedProtocol == expressProtocol {
		return ls.express(ctx, done)
	}
	remote := remoteAddr(done)
	k := &link{kind: PeeringInbound, method: MethodStatic, inbound: true, remote: remote, local: isLocal(remote)}
	k.uri = l.uri.scheme + "://" + remote.String()
	u := l.uri
	if k.local {
		u.priority = priorityLAN
	}
	if l.lan {
		k.kind, k.method = PeeringLAN, MethodLAN
	}
	return ls.keepInbound(ctx, done, u, k)
}

func remoteAddr(c net.Conn) netip.AddrPort {
	if c.RemoteAddr() == nil {
		return netip.AddrPort{}
	}
	at, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

// hostOf returns what addresses of one host have in common: an IPv6 host has
// its subnet to choose from.
func hostOf(a netip.Addr) netip.Addr {
	if a = a.Unmap(); a.Is6() {
		if subnet, err := a.Prefix(64); err == nil {
			return subnet.Addr()
		}
	}
	return a
}

// isLocal reports whether an address is of this machine or its local network:
// by its range, or because it is in the subnet of one of our interfaces.
func isLocal(at netip.AddrPort) bool {
	a := at.Addr()
	if a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsLoopback() {
		return true
	}
	for _, subnet := range machineSubnets() {
		if subnet.Contains(a) {
			return true
		}
	}
	return false
}

// CheckListen reports whether a listener URI can be listened on now, as Options.Listen
// is. ErrBadURI: it is none; ErrPortInUse: a program has its port.
func CheckListen(uri string) error {
	u, err := parsePeerURI(uri, listenSchemes...)
	if err != nil {
		return err
	}
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	cert, err := certificate(private)
	if err != nil {
		return err
	}
	l, err := bind(u, tlsConfig(cert))
	if err != nil {
		return err
	}
	return l.close()
}
