package overlay

import (
	"context"
	"sync/atomic"
	"time"

	iwt "github.com/Arceliar/ironwood/types"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// nicQueue is how many packets wait for the writer before some are dropped.
const nicQueue = 1024

// headerView is the part of a packet that the stack is given by itself, since it
// copies all of a part of which it takes a header: IPv6 and TCP have 100 bytes
// at most, and gVisor allots powers of two.
const headerView = 128

// nic is the network card of the TCP stack: its packets travel in sessions,
// addressed by key. devices decides what may pass.
type nic struct {
	mtu     uint32
	devices *devices
	stack   atomic.Pointer[stack.NetworkDispatcher]
	out     chan outbound
	again   chan iwt.Addr // whose last segments are to be sent again
}

// outbound is a packet and the key it goes to. The key is looked up when the
// stack hands the packet over, so that the resets of a device just expelled
// still find it.
type outbound struct {
	packet *stack.PacketBuffer
	to     iwt.Addr
}

func newNIC(mtu int, d *devices) *nic {
	return &nic{mtu: uint32(mtu), devices: d, out: make(chan outbound, nicQueue), again: make(chan iwt.Addr, nicQueue)}
}

// WritePackets queues packets and never blocks: the goroutine that reads from
// the overlay calls it too (to acknowledge and reset), and it must never wait
// for a write, or ironwood's reader and writer wait for each other.
func (n *nic) WritePackets(packets stack.PacketBufferList) (int, tcpip.Error) {
	sent := 0
	for _, p := range packets.AsSlice() {
		to := n.devices.outbound(p)
		if to == nil {
			sent++ // nobody to send to: dropped, as by a router
			continue
		}
		select {
		case n.out <- outbound{p.IncRef(), to}:
			sent++
		default:
			p.DecRef()
			return sent, &tcpip.ErrNoBufferSpace{}
		}
	}
	return sent, nil
}

// resend sends once more what a device has not acknowledged, now that there is
// a way to it again. It never blocks.
func (n *nic) resend(to iwt.Addr) {
	select {
	case n.again <- to:
	default: // TCP will, by and by
	}
}

// write sends queued packets, each after its sessionTraffic byte, until ctx
// ends.
func (n *nic) write(ctx context.Context, send func(packet []byte, to iwt.Addr)) {
	buf := make([]byte, 0, 1+n.mtu)
	pack := func(p *stack.PacketBuffer) []byte {
		buf = append(buf[:0], sessionTraffic)
		for _, part := range p.AsSlices() {
			buf = append(buf, part...)
		}
		return buf
	}
	last := lastSegments{}
	defer func() { last.forget(time.Now().Add(lastFor)) }()
	old := time.NewTicker(lastFor)
	defer old.Stop()
	for {
		select {
		case <-ctx.Done():
			n.drain()
			return
		case o := <-n.out:
			data := pack(o.packet)
			last.keep(o.packet, data[1:], o.to, time.Now())
			o.packet.DecRef()
			send(data, o.to)
		case to := <-n.again:
			for _, p := range last.to(to) {
				send(pack(p), to)
			}
		case now := <-old.C:
			last.forget(now.Add(-lastFor))
		}
	}
}

func (n *nic) drain() {
	for {
		select {
		case o := <-n.out:
			o.packet.DecRef()
		default:
			return
		}
	}
}

// deliver hands the stack a packet that devices has let in.
func (n *nic) deliver(packet []byte) {
	d := n.stack.Load()
	if d == nil {
		return
	}
	headers := min(len(packet), headerView)
	data := buffer.MakeWithData(packet[:headers])
	_ = data.Append(buffer.NewViewWithData(packet[headers:])) // its only error is of a view that took less than it has room for
	p := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: data})
	defer p.DecRef()
	(*d).DeliverNetworkPacket(ipv6.ProtocolNumber, p)
}

// Attach is called by the stack with itself, and with nil when it closes.
func (n *nic) Attach(d stack.NetworkDispatcher) {
	if d == nil {
		n.stack.Store(nil)
		return
	}
	n.stack.Store(&d)
}

// Capabilities spares checksums at both ends: sessions are authenticated.
func (*nic) Capabilities() stack.LinkEndpointCapabilities {
	return stack.CapabilityRXChecksumOffload | stack.CapabilityTXChecksumOffload
}

// The rest of stack.LinkEndpoint has no meaning without an Ethernet.

func (n *nic) IsAttached() bool                      { return n.stack.Load() != nil }
func (n *nic) MTU() uint32                           { return n.mtu }
func (*nic) SetMTU(uint32)                           {}
func (*nic) MaxHeaderLength() uint16                 { return 0 }
func (*nic) LinkAddress() tcpip.LinkAddress          { return "" }
func (*nic) SetLinkAddress(tcpip.LinkAddress)        {}
func (*nic) Wait()                                   {}
func (*nic) ARPHardwareType() header.ARPHardwareType { return header.ARPHardwareNone }
func (*nic) AddHeader(*stack.PacketBuffer)           {}
func (*nic) ParseHeader(*stack.PacketBuffer) bool    { return true }
func (*nic) Close()                                  {}
func (*nic) SetOnCloseAction(func())                 {}
