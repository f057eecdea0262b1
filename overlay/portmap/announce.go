package portmap

import (
	"context"
	"net"
	"net/netip"
	"time"

	"golang.org/x/net/ipv4"
)

// announceAddr is where gateways tell every host that they have lost their
// mappings or have another address (RFC 6886, 3.2.1; RFC 6887, 14.1.3).
const announceAddr = "224.0.0.1:5350"

// announcement is one of them.
type announcement struct {
	from    netip.AddrPort
	epoch   epoch
	address netip.Addr // the external one; zero if it does not say
}

// listenAnnouncements shares the port with other programs that listen there.
func listenAnnouncements(ctx context.Context) (net.PacketConn, error) {
	c, err := new(net.ListenConfig).ListenPacket(ctx, "udp4", announceAddr)
	if err != nil {
		return nil, err
	}
	// Every host is a member of this group; some systems want to be asked.
	_ = ipv4.NewPacketConn(c).JoinGroup(nil, net.UDPAddrFromAddrPort(netip.MustParseAddrPort(announceAddr)))
	return c, nil
}

// hear passes announcements on until ctx ends. One that nobody takes yet is
// dropped: gateways repeat them.
func (m *Mapper) hear(ctx context.Context) {
	c, err := m.listen(ctx)
	if err != nil {
		m.log.DebugContext(ctx, "Restarts of the router are noticed late", "err", err)
		return
	}
	defer func() { _ = c.Close() }()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	buf := make([]byte, maxDatagram)
	for {
		size, from, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		a, ok := parseAnnouncement(buf[:size], m.now())
		sender, isUDP := from.(*net.UDPAddr)
		if !ok || !isUDP {
			continue
		}
		a.from = netip.AddrPortFrom(sender.AddrPort().Addr().Unmap(), sender.AddrPort().Port())
		select {
		case m.heard <- a:
		default:
		}
	}
}

func parseAnnouncement(p []byte, now time.Time) (announcement, bool) {
	if a, err := parsePCP(p); err == nil && a.opcode == pcpAnnounce && a.result == 0 {
		return announcement{epoch: epoch{a.epoch, now}}, true
	}
	if a, err := parsePMP(p); err == nil && a.opcode == pmpAddress && a.result == 0 {
		return announcement{epoch: epoch{a.epoch, now}, address: a.address}, true
	}
	return announcement{}, false
}

// matters tells whether an announcement says that the lease held is gone, or
// that there may be one to be had.
func (m *Mapper) matters(a announcement, held *lease) bool {
	if held == nil {
		for _, tried := range m.State().Tried {
			if tried.Gateway == a.from.Addr() {
				return true
			}
		}
		return false
	}
	return a.from == netip.AddrPortFrom(held.target.gateway, held.target.control) &&
		(held.grant.epoch.restarted(a.epoch) || a.address.IsValid() && a.address != held.grant.external.Addr())
}
