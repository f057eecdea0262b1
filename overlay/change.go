package overlay

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"slices"

	"github.com/libpaul/paul/overlay/netwatch"
)

// networkChanged lets nothing that depends on the network wait for its timers:
// peers are called, devices greeted and beacons sent at once. Links that are
// certainly dead end: one over which nothing is sent would otherwise stand for
// ever, and the others until three seconds after the next packet.
func (n *Node) networkChanged(why netwatch.Reason) {
	n.log.Info("Network is looked at anew", slog.String("why", string(why)))
	n.links.renew(why)
	if n.lan != nil {
		n.lan.renew()
	}
	if n.ports != nil {
		n.ports.Refresh()
	}
	if n.direct != nil {
		n.direct.Refresh()
	}
	n.greeter.wake()
	n.changed.Raise()
}

// LookAgain tries anew, as when the network has changed, to reach whatever is not
// reached, or not well. It returns at once, and does nothing while the node does not run.
func (n *Node) LookAgain() { n.networkChanged(netwatch.Asked) }

// renew ends the links whose own address is gone, or all of them after a sleep:
// the other ends have given them up by then. It wakes what calls peers.
func (ls *links) renew(why netwatch.Reason) {
	here := machineAddrs()
	ls.mu.Lock()
	for k := range ls.up {
		gone := k.own.IsValid() && len(here) > 0 && !slices.Contains(here, k.own)
		if gone || why == netwatch.Woke {
			k.cut()
		}
	}
	ls.mu.Unlock()
	ls.renewed.Raise()
}

// dial connects to u, and cancels ctx when the network changes meanwhile: no
// answer will come to what was sent. The connection does not outlive ctx.
func (ls *links) dial(ctx context.Context, cancel context.CancelFunc, u peerURI) (stream, error) {
	renewed, stop := ls.renewed.Listen()
	defer stop()
	go func() {
		if _, raised := <-renewed; raised {
			cancel()
		}
	}()
	return dial(ctx, u, ls.tls)
}

// ownEnd returns the address of this machine that a connection leaves from. A
// QUIC connection does not say; then it is what the routes say now.
func ownEnd(ctx context.Context, c net.Conn) netip.Addr {
	if at, err := netip.ParseAddrPort(c.LocalAddr().String()); err == nil && !at.Addr().IsUnspecified() {
		return at.Addr().Unmap().WithZone("")
	}
	var d net.Dialer
	u, err := d.DialContext(ctx, "udp", c.RemoteAddr().String()) // sends nothing
	if err != nil {
		return netip.Addr{}
	}
	defer func() { _ = u.Close() }() // it was never used
	at, err := netip.ParseAddrPort(u.LocalAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap().WithZone("")
}
