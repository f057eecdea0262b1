// Package proxy joins other programs of this machine to the overlay.
//
// Serve lets them reach devices, and nothing else, through SOCKS5 (RFC 1928,
// RFC 1929) or an HTTP proxy (RFC 9110: CONNECT, 9.3.6, and requests for http
// URLs, 7.6), on one loopback listener. A Forward lets devices reach one of
// them: it leads a port of the overlay to a local address.
package proxy

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
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

// Serve answers SOCKS5 and HTTP clients on ln, which must be on loopback, until
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
	s := &server{opts}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	web := s.newHTTP(ctx)
	err := accept(ctx, ln, s.Log, func(ctx context.Context, c net.Conn) { s.client(ctx, c, web) })
	if err != nil {
		return fmt.Errorf("proxy: %w", err)
	}
	return nil
}

type server struct {
	Options
}

// accept hands the connections of ln to serve, as many at a time as there may
// be, until ctx ends, and waits for them.
func accept(ctx context.Context, ln net.Listener, log *slog.Logger, serve func(context.Context, net.Conn)) error {
	var group sync.WaitGroup
	defer group.Wait()
	clients, cancel := context.WithCancel(ctx) // it may end a moment later than ctx
	defer cancel()
	room := make(chan struct{}, maxClients)
	for {
		c, err := ln.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = c.Close() // too late
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil:
			log.WarnContext(ctx, "Accept client", slog.Any("err", err))
			pause(ctx) // out of file descriptors, most likely
			continue
		}
		select {
		case room <- struct{}{}:
		default:
			reset(c)
			_ = c.Close() // too many; it may try again
			continue
		}
		group.Go(func() {
			defer func() { <-room }()
			serve(clients, c)
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
func (s *server) client(ctx context.Context, c net.Conn, web *http.Server) {
	defer func() { _ = c.Close() }() // it has ended
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	if c.SetDeadline(time.Now().Add(negotiationWait)) != nil {
		return
	}
	r := bufio.NewReader(c)
	first, err := r.Peek(1)
	if err != nil {
		return // said nothing
	}
	if first[0] != socksVersion {
		if c.SetDeadline(time.Time{}) == nil {
			_ = web.Serve(oneClient{newHTTPConn(c, r)}) // ends with its one client
		}
		return
	}
	remote, err := s.serveSOCKS(ctx, c, r)
	if err != nil {
		s.Log.InfoContext(ctx, "Proxy client refused", slog.Any("err", err))
		return
	}
	if c.SetDeadline(time.Time{}) == nil {
		splice(ctx, c, r, remote)
	}
	_ = remote.Close() // both directions have ended
}

// connect dials what a SOCKS client asked for. No deadline of the client runs
// meanwhile: Dial has its own.
func (s *server) connect(ctx context.Context, c net.Conn, host, port string) (net.Conn, error) {
	name, err := s.target(host)
	if err != nil {
		return nil, err
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
	name, err := "", errForbidden
	if !strings.ContainsFunc(host, notInHost) { // ToLower makes ASCII letters of some that are none
		name, err = s.find(strings.TrimSuffix(strings.ToLower(host), "."))
	}
	if err != nil {
		return "", fmt.Errorf("%q: %w", host, err)
	}
	return name, nil
}

// notInHost holds for what no host name and no address has.
func notInHost(r rune) bool { return r <= ' ' || r > '~' }

func (s *server) find(host string) (string, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		if a.Zone() != "" || !overlay.Range.Contains(a) {
			return "", errForbidden
		}
		return a.String(), nil
	}
	if name, ok := strings.CutSuffix(host, "."+InternalDomain); ok {
		if s.Resolve != nil && name != "" {
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

// authentic compares in constant time, whatever the lengths.
func (s *server) authentic(user, password string) bool {
	return equal(user, s.User)&equal(password, s.Password) == 1
}

func equal(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:])
}
