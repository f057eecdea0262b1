package overlay

import (
	"encoding/binary"
	"time"

	iwt "github.com/Arceliar/ironwood/types"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

const (
	maxLast = 512              // segments kept
	lastFor = 15 * time.Second // it is kept
)

// lastSegments keeps the last segment of each connection that needs an
// acknowledgement, and the last that does not. While a way to a device is
// broken, the first is the one that TCP sends again and again, with pauses that
// double; sent once more as soon as there is a way, it spares the rest of the
// pause. The other is all that a connection sends which only takes: a device
// that has started again meanwhile answers it by a reset, and not only the next
// keep-alive tells that the connection is gone. One that has arrived before is a
// duplicate, as networks make them.
type lastSegments map[connection]lastSegment

type connection struct {
	to     string  // key of the device
	ports  [4]byte // source and destination
	answer bool    // the segment needs an acknowledgement
}

type lastSegment struct {
	packet *stack.PacketBuffer
	sent   time.Time
}

// keep keeps the packet, whose bytes are data, if it is such a segment, in
// place of an earlier one of its connection.
func (l lastSegments) keep(packet *stack.PacketBuffer, data []byte, to iwt.Addr, now time.Time) {
	ports, answer, ok := examine(data)
	if !ok {
		return
	}
	f := connection{string(to), ports, answer}
	if old, known := l[f]; known {
		old.packet.DecRef()
	} else if len(l) >= maxLast {
		return
	}
	l[f] = lastSegment{packet.IncRef(), now}
}

// to returns the segments kept for a device.
func (l lastSegments) to(to iwt.Addr) []*stack.PacketBuffer {
	var list []*stack.PacketBuffer
	for f, s := range l {
		if f.to == string(to) {
			list = append(list, s.packet)
		}
	}
	return list
}

// forget drops what was sent before some time.
func (l lastSegments) forget(before time.Time) {
	for f, s := range l {
		if s.sent.Before(before) {
			s.packet.DecRef()
			delete(l, f)
		}
	}
}

// examine reports whether an IPv6 packet is a TCP segment other than a reset,
// its ports, and whether it needs an acknowledgement: for its data, or because
// it begins or ends a connection.
func examine(packet []byte) (ports [4]byte, answer, ok bool) {
	if len(packet) < header.IPv6MinimumSize+header.TCPMinimumSize || packet[6] != byte(header.TCPProtocolNumber) {
		return ports, false, false
	}
	tcp := header.TCP(packet[header.IPv6MinimumSize:])
	flags := tcp.Flags()
	answer = len(tcp) > int(tcp.DataOffset()) || flags&(header.TCPFlagSyn|header.TCPFlagFin) != 0
	binary.BigEndian.PutUint16(ports[:2], tcp.SourcePort())
	binary.BigEndian.PutUint16(ports[2:], tcp.DestinationPort())
	return ports, answer, flags&header.TCPFlagRst == 0
}
