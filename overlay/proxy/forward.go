package proxy

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"
)

// forwardWait is how long a local address has to accept.
const forwardWait = 10 * time.Second

// Forward leads what a listener on the overlay accepts to a local address. Who
// may come is the listener's business.
type Forward struct {
	To  string       // host and port, as for net.Dial over TCP. Required
	Log *slog.Logger // nil discards

	mu    sync.Mutex // guards the rest
	state ForwardState
}

// ForwardState is how a Forward fares.
type ForwardState struct {
	Open    int   // connections now
	LastErr error // why the last one could not be led on; nil when it could
}

// State returns how it fares now.
func (f *Forward) State() ForwardState {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state
}

// Serve leads connections on until ctx ends; then it returns nil. In any case
// ln and all connections are closed when it returns. When To does not answer,
// the other end sees its connection reset.
func (f *Forward) Serve(ctx context.Context, ln net.Listener) error {
	stop := context.AfterFunc(ctx, func() { _ = ln.Close() })
	defer stop()
	defer func() { _ = ln.Close() }() // a second Close is harmless
	log := f.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	log = log.With(slog.Any("port", ln.Addr()), slog.String("to", f.To))
	err := accept(ctx, ln, log, func(ctx context.Context, c net.Conn) {
		if err := f.lead(ctx, c); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "Forward does not lead on", slog.Any("device", c.RemoteAddr()), slog.Any("err", err))
		}
	})
	if err != nil {
		return fmt.Errorf("forward to %s: %w", f.To, err)
	}
	return nil
}

// lead serves one connection and closes it.
func (f *Forward) lead(ctx context.Context, c net.Conn) error {
	defer func() { _ = c.Close() }() // both directions have ended
	dialer := net.Dialer{Timeout: forwardWait}
	local, err := dialer.DialContext(ctx, "tcp", f.To)
	f.change(func(s *ForwardState) { s.LastErr = err })
	if err != nil {
		reset(c)
		return err
	}
	f.change(func(s *ForwardState) { s.Open++ })
	defer f.change(func(s *ForwardState) { s.Open-- })
	splice(ctx, c, c, local)
	return nil
}

func (f *Forward) change(change func(*ForwardState)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.state)
}
