// Package proxy lets any program on this machine reach devices on the overlay
// through SOCKS5 (RFC 1928, RFC 1929) or HTTP CONNECT (RFC 9110, 9.3.6), on
// one loopback listener. It leads to devices and to nothing else.
package proxy

import (
	"bufio"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/libpaul/paul/overlay"
)

// InternalDomain is what the names that Options.Resolve knows end in.
const InternalDomain = "paul.internal"

const (
	negotiationWait = 15 * time.Second // for a client to say what it wants
	maxClients      = 256
	acceptPause     = time.Second
)

// Errors of Serve, and the reasons for refusing a client.
var (
	// ErrNotLoopback: the listener could be reached from other machines.
	ErrNotLoopback = errors.New("the proxy listens on loopback only")
	// ErrOptions: a required option is missing.
	ErrOptions = errors.New("the proxy needs Dial, User and Password")

	errForbidden   = errors.New("the proxy leads to devices only")
	errUnknownName = errors.New("no device has that name")
	errCredentials = errors.New("wrong user or password")
)

// Options configures Serve.
type Options struct {
	// Dial connects to a device, as overlay.Node's DialContext. Required.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Resolve returns the host name of the device called name, in lower case,
	// in "<name>.paul.internal"; nil knows no names.
	Resolve func(name string) (host string, ok bool)
	// User and Password are asked of every client. Both are required.
	User, Password string
	// Log receives what happens; nil discards it.
	Log *slog.Logger
}

// Serve answers SOCKS5 and HTTP CONNECT on ln, which must be on loopback, until
// ctx ends; then it returns nil. Names "<32 hex>.<32 hex>.pk.ygg" and
// "<device>.paul.internal" and addresses in 200::/7 are connected to, all else
// is refused. In any case ln and all connections are closed when Serve returns.
func Serve(ctx context.Context, ln net.Listener, opts Options) error {
	stop := context.AfterFunc(ctx, func() { _ = ln.Close() })
	defer stop()
	defer func() { _ = ln.Close() }() // a second Close is harmless
	if opts.Dial == nil || opts.User == "" || opts.Password == "" {
		return ErrOptions
	}
	if at, err := netip.ParseAddrPort(ln.Addr().String()); err != nil || !at.Addr().IsLoopback() {
		return fmt.Errorf("%s: %w", ln.Addr(), ErrNotLoopback)
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	return (&server{opts}).accept(ctx, ln)
}

type server struct {
	Options
}

func (s *server) accept(ctx context.Context, ln net.Listener) error {
	var group sync.WaitGroup
	defer group.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	clients := make(chan struct{}, maxClients)
	for {
		c, err := ln.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = c.Close() // too late
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("proxy: %w", err)
		case err != nil:
			s.Log.WarnContext(ctx, "Accept proxy client", slog.Any("err", err))
			pause(ctx) // out of file descriptors, most likely
			continue
		}
		select {
		case clients <- struct{}{}:
		default:
			_ = c.Close() // too many; it may try again
			continue
		}
		group.Go(func() {
			defer func() { <-clients }()
			s.client(ctx, c)
		})
	}
}

func pause(ctx context.Context) {
	timer := time.NewTimer(acceptPause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// client serves one connection, by the protocol that its first byte tells.
func (s *server) client(ctx context.Context, c net.Conn) {
	defer func() { _ = c.Close() }() // both directions have ended
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	if c.SetDeadline(time.Now().Add(negotiationWait)) != nil {
		return
	}
	limited := &headLimit{r: c, left: maxHead}
	r := bufio.NewReader(limited)
	first, err := r.Peek(1)
	if err != nil {
		return // said nothing
	}
	serve := s.serveHTTP
	if first[0] == socksVersion {
		serve = s.serveSOCKS
	}
	remote, err := serve(ctx, c, r)
	if err != nil {
		s.Log.InfoContext(ctx, "Proxy client refused", slog.Any("err", err))
		return
	}
	defer func() { _ = remote.Close() }() // both directions have ended
	stopRemote := context.AfterFunc(ctx, func() { _ = remote.Close() })
	defer stopRemote()
	limited.left = -1
	if c.SetDeadline(time.Time{}) != nil {
		return
	}
	splice(c, r, remote)
}

// headLimit bounds what is read before a tunnel is open; then left is -1.
type headLimit struct {
	r    io.Reader
	left int
}

var errHeadTooLong = errors.New("the request is too long")

func (l *headLimit) Read(p []byte) (int, error) {
	if l.left < 0 {
		return l.r.Read(p)
	}
	if l.left == 0 {
		return 0, errHeadTooLong
	}
	n, err := l.r.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}

// connect dials what a client asked for. No deadline of the client runs
// meanwhile: Dial has its own.
func (s *server) connect(ctx context.Context, c net.Conn, host, port string) (net.Conn, error) {
	name, err := s.target(host)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", host, err)
	}
	if err := c.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	remote, err := s.Dial(ctx, "tcp", net.JoinHostPort(name, port))
	if err != nil {
		return nil, err
	}
	return remote, c.SetDeadline(time.Now().Add(negotiationWait))
}

// target returns the overlay name or address for what a client calls a host.
func (s *server) target(host string) (string, error) {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if a, err := netip.ParseAddr(host); err == nil {
		if a.Zone() != "" || !overlay.Range.Contains(a) {
			return "", errForbidden
		}
		return a.String(), nil
	}
	if name, ok := strings.CutSuffix(host, "."+InternalDomain); ok {
		if s.Resolve != nil {
			if resolved, ok := s.Resolve(name); ok {
				return resolved, nil
			}
		}
		return "", errUnknownName
	}
	if _, err := overlay.ParseHostName(host); err != nil {
		return "", errForbidden
	}
	return host, nil
}

// authentic compares in constant time.
func (s *server) authentic(user, password string) bool {
	u := subtle.ConstantTimeCompare([]byte(user), []byte(s.User))
	p := subtle.ConstantTimeCompare([]byte(password), []byte(s.Password))
	return u&p == 1
}

// splice copies both ways until both have ended; the end of one is passed on.
func splice(client net.Conn, fromClient io.Reader, remote net.Conn) {
	var group sync.WaitGroup
	group.Go(func() { pump(remote, fromClient) })
	pump(client, remote)
	group.Wait()
}

func pump(to net.Conn, from io.Reader) {
	_, err := io.Copy(to, from)
	if half, ok := to.(interface{ CloseWrite() error }); ok && err == nil {
		_ = half.CloseWrite() // fails when the other end is gone already
		return
	}
	_ = to.Close() // a connection that broke on one side is cut on the other
}
