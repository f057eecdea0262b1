package overlay

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// probe is an IPv6 packet that somebody sends to a device to learn of it.
type probe struct {
	name   string
	packet []byte
}

// ipPacket is a packet with one header after that of IPv6.
func ipPacket(from, to netip.Addr, next uint8, payload []byte) []byte {
	b := make([]byte, header.IPv6MinimumSize+len(payload))
	header.IPv6(b).Encode(&header.IPv6Fields{
		PayloadLength: uint16(len(payload)), TransportProtocol: tcpip.TransportProtocolNumber(next), HopLimit: 64,
		SrcAddr: stackAddress(from), DstAddr: stackAddress(to),
	})
	copy(b[header.IPv6MinimumSize:], payload)
	return b
}

// tcpSegment is a TCP segment without options, from port 40000.
func tcpSegment(from, to netip.Addr, port uint16, flags header.TCPFlags) []byte {
	b := make(header.TCP, header.TCPMinimumSize)
	b.Encode(&header.TCPFields{
		SrcPort: 40000, DstPort: port, SeqNum: 7, AckNum: 9, DataOffset: header.TCPMinimumSize, Flags: flags, WindowSize: 65535,
	})
	sum := header.PseudoHeaderChecksum(header.TCPProtocolNumber, stackAddress(from), stackAddress(to), header.TCPMinimumSize)
	b.SetChecksum(^b.CalculateChecksum(sum))
	return b
}

// echoRequest asks for an echo by ICMPv6 (RFC 4443, 4.1).
func echoRequest(from, to netip.Addr) []byte { return icmp(from, to, header.ICMPv6EchoRequest, 8) }

func icmp(from, to netip.Addr, kind header.ICMPv6Type, size int) []byte {
	b := make(header.ICMPv6, size)
	b.SetType(kind)
	b.SetChecksum(header.ICMPv6Checksum(header.ICMPv6ChecksumParams{Header: b, Src: stackAddress(from), Dst: stackAddress(to)}))
	return ipPacket(from, to, uint8(header.ICMPv6ProtocolNumber), b)
}

// behind puts a TCP SYN behind an extension header of 8 bytes (RFC 8200, 4).
func behind(from, to netip.Addr, extension uint8, port uint16) []byte {
	b := append([]byte{uint8(header.TCPProtocolNumber), 0, 1, 4, 0, 0, 0, 0}, tcpSegment(from, to, port, header.TCPFlagSyn)...)
	return ipPacket(from, to, extension, b)
}

// fragments cuts a TCP SYN in two (RFC 8200, 4.5).
func fragments(from, to netip.Addr, port uint16) (first, last []byte) {
	whole := tcpSegment(from, to, port, header.TCPFlagSyn)
	piece := func(offset, more uint16, data []byte) []byte {
		b := binary.BigEndian.AppendUint16([]byte{uint8(header.TCPProtocolNumber), 0}, offset|more)
		b = binary.BigEndian.AppendUint32(b, uint32(port)+1)
		return ipPacket(from, to, uint8(header.IPv6FragmentExtHdrIdentifier), append(b, data...))
	}
	return piece(0, 1, whole[:16]), piece(16, 0, whole[16:])
}

// tcpProbes try a port in all ways that TCP knows.
func tcpProbes(from, to netip.Addr, port uint16) []probe {
	var list []probe
	for flags := range header.TCPFlags(64) {
		list = append(list, probe{fmt.Sprintf("TCP %v to %d", flags, port), ipPacket(from, to, uint8(header.TCPProtocolNumber), tcpSegment(from, to, port, flags))})
	}
	return list
}

// otherProbes are no plain TCP, also where TCP is behind them.
func otherProbes(from, to netip.Addr, port uint16) []probe {
	first, last := fragments(from, to, port)
	list := []probe{
		{"an echo", echoRequest(from, to)},
		{"a first fragment", first},
		{"a last fragment", last},
		{"no next header", ipPacket(from, to, 59, nil)},
	}
	for next := range 256 { // UDP among them; the port is where TCP has it
		if next != int(header.TCPProtocolNumber) {
			list = append(list, probe{fmt.Sprintf("header %d", next), ipPacket(from, to, uint8(next), tcpSegment(from, to, port, header.TCPFlagSyn))})
		}
	}
	for _, extension := range []uint8{
		uint8(header.IPv6HopByHopOptionsExtHdrIdentifier), uint8(header.IPv6RoutingExtHdrIdentifier),
		uint8(header.IPv6DestinationOptionsExtHdrIdentifier), uint8(header.IPv6FragmentExtHdrIdentifier),
	} {
		list = append(list, probe{fmt.Sprintf("TCP behind header %d", extension), behind(from, to, extension, port)})
	}
	for kind := range 256 {
		if header.ICMPv6Type(kind) != header.ICMPv6EchoRequest {
			list = append(list, probe{fmt.Sprintf("ICMPv6 %d", kind), icmp(from, to, header.ICMPv6Type(kind), 64)})
		}
	}
	return list
}

// TestProbesAreSound guards the probes: were they damaged, they would fail for
// another reason than the one tested.
func TestProbesAreSound(t *testing.T) {
	t.Parallel()
	from, to := AddressOf(public(seeded(1))), AddressOf(public(seeded(2)))
	tcp := header.TCP(tcpSegment(from, to, 80, header.TCPFlagSyn))
	sum := header.PseudoHeaderChecksum(header.TCPProtocolNumber, stackAddress(from), stackAddress(to), header.TCPMinimumSize)
	if got := tcp.CalculateChecksum(checksum.Combine(sum, 0)); got != 0xffff {
		t.Errorf("checksum of a segment adds up to %x", got)
	}
	for _, p := range append(tcpProbes(from, to, 80), otherProbes(from, to, 80)...) {
		if !header.IPv6(p.packet).IsValid(len(p.packet)) {
			t.Errorf("%s is no IPv6 packet", p.name)
		}
	}
}
