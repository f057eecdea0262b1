package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/libpaul/paul/overlay"
	"github.com/libpaul/paul/overlay/proxy"
)

// ForwardInfo is an overlay port of this device that leads to a local address.
type ForwardInfo struct {
	Port  uint16 `json:"port"`
	To    string `json:"to"`              // host:port
	Open  int    `json:"open"`            // connections of other devices now
	Error string `json:"error,omitempty"` // why the last one could not be led on
}

// forward is what one of Options.Forward asks for.
type forward struct {
	*proxy.Forward
	port uint16
}

// openForwards listens on the overlay ports of Options.Forward. It comes after
// whatever Paul itself listens on there, so that no forward takes its place.
// Only admitted devices reach these ports: a pairing window opens another.
func (a *App) openForwards() error {
	for _, text := range a.opts.Forward {
		port, to, err := parseForward(text)
		if err != nil {
			return fmt.Errorf("--forward %s: %w", text, err)
		}
		ln, err := a.node.Listen(port)
		if errors.Is(err, overlay.ErrPortInUse) {
			err = fmt.Errorf("%w: Paul itself, or another --forward, has overlay port %d; choose another", ErrBadForward, port)
		}
		if err != nil {
			return fmt.Errorf("--forward %s: %w", text, err)
		}
		f := &proxy.Forward{To: to, Log: a.log.With("part", "forward")}
		a.forwards = append(a.forwards, forward{f, port})
		a.loopback = append(a.loopback, func(ctx context.Context) error { return f.Serve(ctx, ln) })
	}
	return nil
}

// Forwards tells how the forwards of this start fare.
func (a *App) Forwards() []ForwardInfo {
	var out []ForwardInfo
	for _, f := range a.forwards {
		s := f.State()
		info := ForwardInfo{Port: f.port, To: f.To, Open: s.Open}
		if s.LastErr != nil {
			info.Error = s.LastErr.Error()
		}
		out = append(out, info)
	}
	return out
}

// parseForward parses PORT=ADDR. ADDR is on this machine or, if an IP address
// says so, on another; a name might lead anywhere tomorrow.
func parseForward(text string) (port uint16, to string, err error) {
	left, to, ok := strings.Cut(text, "=")
	n, err := strconv.ParseUint(left, 10, 16)
	if !ok || err != nil || n == 0 {
		return 0, "", fmt.Errorf("%w: write it like 5984=127.0.0.1:5984, an overlay port from 1 to 65535 and where it leads", ErrBadForward)
	}
	host, p, err := net.SplitHostPort(to)
	if err != nil {
		return 0, "", fmt.Errorf("%w: %w; give an address and a port, such as 127.0.0.1:5984", ErrBadForward, err)
	}
	if m, err := strconv.ParseUint(p, 10, 16); err != nil || m == 0 {
		return 0, "", fmt.Errorf("%w: %q is not a port from 1 to 65535", ErrBadForward, p)
	}
	if err := forwardHost(host); err != nil {
		return 0, "", fmt.Errorf("%w: %w", ErrBadForward, err)
	}
	return uint16(n), to, nil
}

func forwardHost(host string) error {
	if host == "localhost" {
		return nil
	}
	at, err := netip.ParseAddr(host)
	switch at = at.Unmap(); {
	case err != nil:
		return fmt.Errorf("%q is no IP address; give one, or localhost", host)
	case at.IsUnspecified(), at.IsMulticast():
		return fmt.Errorf("%s is no address to connect to; for this machine give 127.0.0.1", host)
	case overlay.Range.Contains(at):
		return fmt.Errorf("%s is on the overlay; a forward leads out of it", host)
	}
	return nil
}
