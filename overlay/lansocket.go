package overlay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// ipv4Group is in the organisation-local scope of RFC 2365.
var ipv4Group = net.IPv4(239, 192, 73, 30)

// ipv6Group and ipv6Port are Yggdrasil's, so that its nodes are found too.
var ipv6Group = net.ParseIP("ff02::114")

const ipv6Port = 9001

// openUDP opens a socket that several programs can share.
func openUDP(ctx context.Context, network, address string) (net.PacketConn, error) {
	config := net.ListenConfig{Control: shareAddress}
	c, err := config.ListenPacket(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("listen for beacons: %w", err)
	}
	return c, nil
}

// ipv4Socket sends our own beacon by multicast, and by broadcast for networks
// that drop multicast.
type ipv4Socket struct {
	conn   net.PacketConn
	packet *ipv4.PacketConn
	beacon []byte
	offers *offers // that are sent and heard too
}

func openIPv4(ctx context.Context, b beacon, o *offers) (beaconSocket, error) {
	c, err := openUDP(ctx, "udp4", ":"+strconv.Itoa(LANPort))
	if err != nil {
		return nil, err
	}
	return &ipv4Socket{c, ipv4.NewPacketConn(c), b.sign(o.private), o}, nil
}

func (s *ipv4Socket) Close() error { return s.conn.Close() }

// announce ignores errors: an interface may just have gone, and the next
// announcement is due soon.
func (s *ipv4Socket) announce() {
	datagrams := [][]byte{s.beacon}
	if offer := s.offers.datagram(); offer != nil {
		datagrams = append(datagrams, offer)
	}
	for _, i := range multicastInterfaces() {
		_ = s.packet.JoinGroup(&i, &net.UDPAddr{IP: ipv4Group})
		to := broadcasts(&i)
		if s.packet.SetMulticastInterface(&i) == nil {
			to = append(to, ipv4Group)
		}
		for _, ip := range to {
			for _, d := range datagrams {
				_, _ = s.conn.WriteTo(d, &net.UDPAddr{IP: ip, Port: LANPort})
			}
		}
	}
}

// broadcasts returns the broadcast addresses of an interface.
func broadcasts(i *net.Interface) []net.IP {
	addrs, err := i.Addrs()
	if err != nil || i.Flags&net.FlagBroadcast == 0 {
		return nil
	}
	var list []net.IP
	for _, a := range addrs {
		n, ok := a.(*net.IPNet)
		if !ok || n.IP.To4() == nil || len(n.Mask) != net.IPv4len {
			continue
		}
		all := make(net.IP, net.IPv4len)
		for k, b := range n.IP.To4() {
			all[k] = b | ^n.Mask[k]
		}
		list = append(list, all)
	}
	return list
}

func (s *ipv4Socket) receive(buf []byte) (beacon, netip.Addr, error) {
	return receive(s.conn, buf, func(p []byte, from netip.Addr) (beacon, error) {
		b, err := parseSignedBeacon(p)
		if err != nil && s.offers != nil {
			s.offers.hear(p, from, time.Now())
		}
		return b, err
	})
}

// ipv6Socket sends Yggdrasil's beacon by link-local multicast.
type ipv6Socket struct {
	conn   net.PacketConn
	packet *ipv6.PacketConn
	beacon []byte
}

func openIPv6(ctx context.Context, b beacon, _ *offers) (beaconSocket, error) {
	advertisement, err := b.advertise()
	if err != nil {
		return nil, err
	}
	c, err := openUDP(ctx, "udp6", "[::]:"+strconv.Itoa(ipv6Port))
	if err != nil {
		return nil, err
	}
	return &ipv6Socket{c, ipv6.NewPacketConn(c), advertisement}, nil
}

func (s *ipv6Socket) Close() error { return s.conn.Close() }

// announce ignores errors, as that of IPv4 does.
func (s *ipv6Socket) announce() {
	for _, i := range multicastInterfaces() {
		_ = s.packet.JoinGroup(&i, &net.UDPAddr{IP: ipv6Group})
		_, _ = s.conn.WriteTo(s.beacon, &net.UDPAddr{IP: ipv6Group, Port: ipv6Port, Zone: i.Name})
	}
}

func (s *ipv6Socket) receive(buf []byte) (beacon, netip.Addr, error) {
	return receive(s.conn, buf, func(p []byte, _ netip.Addr) (beacon, error) { return parseAdvertisement(p) })
}

func receive(c net.PacketConn, buf []byte, parse func(p []byte, from netip.Addr) (beacon, error)) (beacon, netip.Addr, error) {
	n, from, err := c.ReadFrom(buf)
	if err != nil {
		return beacon{}, netip.Addr{}, err
	}
	at, ok := from.(*net.UDPAddr)
	if !ok {
		return beacon{}, netip.Addr{}, errors.New("beacon without an address")
	}
	ip := at.AddrPort().Addr().Unmap()
	b, err := parse(buf[:n], ip)
	return b, ip, err
}
