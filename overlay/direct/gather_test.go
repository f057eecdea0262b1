package direct

import (
	"context"
	"crypto/ed25519"
	"errors"
	"net"
	"net/netip"
	"testing"

	"github.com/pion/stun/v4"
)

// seen is what a server answers that sees us at an address.
func seen(text string) *stun.XORMappedAddress {
	at := netip.MustParseAddrPort(text)
	return &stun.XORMappedAddress{IP: at.Addr().AsSlice(), Port: int(at.Port())}
}

// What was learnt while things changed holds for nothing that comes after.
func TestLookIsOutOfDate(t *testing.T) {
	t.Parallel()
	d := newDevice(t, 6)
	asked, change := make(chan struct{}, 2*len(askAgain)), make(chan struct{})
	d.opts.STUN = []string{server(t, func(c *net.UDPConn, m *stun.Message, from *net.UDPAddr) {
		asked <- struct{}{}
		<-change
		_, _ = c.WriteTo(reply(m, stun.BindingSuccess, seen("11.22.33.44:5")), from)
	})}
	d.run()
	go func() {
		<-asked
		d.Refresh()
		close(change)
	}()
	if d.look(t.Context(), nil); !d.Report().Asked.IsZero() {
		t.Errorf("reported: %+v", d.Report())
	}
	if d.look(t.Context(), nil); d.Report().Asked.IsZero() || len(d.Report().Seen) != 1 {
		t.Errorf("reported: %+v", d.Report())
	}
}

// When no STUN server answers, devices are asked.
func TestDevicesAreAskedWhenServersAreSilent(t *testing.T) {
	t.Parallel()
	caller, callee := pairOf(t)
	silent := server(t, func(*net.UDPConn, *stun.Message, *net.UDPAddr) {})
	caller.opts.STUN = []string{silent, silent}
	asked := make(chan struct{}, maxObservers)
	caller.opts.Dial = func(context.Context, ed25519.PublicKey) (net.Conn, error) {
		asked <- struct{}{}
		return nil, net.ErrClosed
	}
	caller.remember(callee)
	if caller.opened(t).look(t.Context(), nil); len(asked) != 1 {
		t.Errorf("%d devices were asked", len(asked))
	}
}

// An address that nobody can have is not believed, whoever tells it.
func TestBelievable(t *testing.T) {
	t.Parallel()
	e := newDevice(t, 7).opened(t)
	for text, want := range map[string]error{
		"11.22.33.44:5":    nil,
		"127.0.0.9:5":      nil, // in our network
		"192.168.1.1:5":    errLies,
		"224.0.0.251:5353": errLies,
		"[200::1]:5":       errLies,
	} {
		if _, err := e.believable(netip.MustParseAddrPort(text)); !errors.Is(err, want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// A machine without IPv4 does not ask servers by it.
func TestIsRouted(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"127.0.0.1:3478": true,
		"[fe80::1]:3478": false, // of which network?
	} {
		if got := isRouted(t.Context(), netip.MustParseAddrPort(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
