package overlay

import (
	"bytes"
	"crypto/ed25519"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

// link is a connection to another node that carries packets.
type link struct {
	uri     string
	kind    string // as Peering.Kind
	inbound bool
	key     ed25519.PublicKey
	remote  netip.AddrPort
	local   bool // remote is of the local network

	rx, tx, transit atomic.Uint64
	rtt             atomic.Int64 // nanoseconds
	asked           atomic.Int64 // when a signature was last asked for, Unix ns
}

func (k *link) peering() Peering {
	return Peering{
		URI: k.uri, Up: true, Inbound: k.inbound, Key: k.key, Kind: k.kind,
		RTT: time.Duration(k.rtt.Load()),
		RX:  k.rx.Load(), TX: k.tx.Load(), Transit: k.transit.Load(),
	}
}

// meter counts what a link carries, for whom, and how fast it answers. (Core's
// own figures come from GetPeers, which reads them without a lock.)
type meter struct {
	net.Conn
	link    *link
	own     ed25519.PublicKey
	arrived func(from ed25519.PublicKey, by *link)

	in, out frames // each used by the one reader, the one writer
	last    []byte // whose frame was reported to arrived last
	repeats int    // since then
}

// arrivedEvery is how many frames of one sender in a row are reported as one.
const arrivedEvery = 64

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.Conn.Read(p)
	m.link.rx.Add(uint64(n))
	m.in.feed(p[:n], m.received)
	return n, err
}

func (m *meter) Write(p []byte) (int, error) {
	m.out.feed(p, m.sending)
	n, err := m.Conn.Write(p)
	m.link.tx.Add(uint64(n))
	return n, err
}

func (m *meter) sending(f frame) {
	if f.kind == frameSignatureRequest {
		m.link.asked.Store(time.Now().UnixNano())
	}
}

func (m *meter) received(f frame) {
	switch {
	case f.kind == frameSignatureResponse:
		if asked := m.link.asked.Swap(0); asked != 0 {
			m.link.rtt.Store(max(time.Now().UnixNano()-asked, 1))
		}
	case f.kind == frameTraffic && m.own.Equal(f.receiver):
		if m.repeats++; m.repeats == arrivedEvery || !bytes.Equal(m.last, f.source) {
			m.last, m.repeats = append(m.last[:0], f.source...), 0
			m.arrived(f.source, m.link)
		}
	case f.kind == frameTraffic && !m.own.Equal(f.source):
		m.link.transit.Add(uint64(f.size))
	}
}
