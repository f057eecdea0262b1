package portmap

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/jackpal/gateway"
)

// maxGateways bounds how many routers are asked.
const maxGateways = 3

// portPort is where gateways answer both PCP and NAT-PMP (RFC 6887, 19.2).
const portPort = 5351

// ssdpPort is where gateways answer searches (UPnP Device Architecture 1.1, 1.2.2).
const ssdpPort = 1900

// patience is how long an answer is waited for. Gateways are one hop away.
const patience = 2 * time.Second

// target is a gateway, and where and from where to ask it.
type target struct {
	gateway netip.Addr
	local   netip.Addr       // our address on the network of the gateway
	control uint16           // the port for PCP and NAT-PMP
	search  []netip.AddrPort // where SSDP searches go
	wait    time.Duration    // for an answer
}

func (t target) same(other target) bool { return t.gateway == other.gateway && t.local == other.local }

// findTargets returns the gateways of this machine's default routes. The error
// is ErrNoGateway or ErrNotNeeded.
func findTargets(ctx context.Context) ([]target, error) {
	ips, err := gateway.DiscoverGateways()
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrNoGateway, err)
	}
	var found []netip.Addr
	for _, ip := range ips {
		if a, ok := netip.AddrFromSlice(ip); ok {
			found = append(found, a.Unmap())
		}
	}
	return targetsOf(found, func(gateway netip.Addr) (netip.Addr, error) { return localFor(ctx, gateway) })
}

// targetsOf keeps of what a routing table names the gateways that a home's
// router can be. localFor gives our address on the way to one.
func targetsOf(found []netip.Addr, localFor func(netip.Addr) (netip.Addr, error)) ([]target, error) {
	var list []target
	var public bool
	for _, gateway := range found {
		if len(list) == maxGateways {
			break
		}
		own, err := localFor(gateway)
		t := target{gateway: gateway, local: own, control: portPort, wait: patience, search: []netip.AddrPort{
			netip.AddrPortFrom(netip.AddrFrom4([4]byte{239, 255, 255, 250}), ssdpPort),
			netip.AddrPortFrom(gateway, ssdpPort),
		}}
		switch {
		case err != nil, own == gateway, slices.ContainsFunc(list, t.same):
		case own.Is4() && checkExternal(own) == nil:
			public = true
		case local(gateway) && local(own):
			list = append(list, t)
		}
	}
	switch {
	case len(list) > 0:
		return list, nil
	case public:
		return nil, ErrNotNeeded
	}
	return nil, ErrNoGateway
}

// localFor returns the address that this machine sends from to another. It
// sends nothing.
func localFor(ctx context.Context, to netip.Addr) (netip.Addr, error) {
	c, err := new(net.Dialer).DialContext(ctx, "udp4", netip.AddrPortFrom(to, portPort).String())
	if err != nil {
		return netip.Addr{}, err
	}
	defer func() { _ = c.Close() }()
	at, err := netip.ParseAddrPort(c.LocalAddr().String())
	return at.Addr().Unmap(), err
}
