package overlay

import (
	"bufio"
	"crypto/ed25519"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

// linkBuffer holds a frame of tunedMTU and more, so that it takes no more calls
// than the connection needs: one of TCP, one a record of TLS.
const linkBuffer = 64 << 10

// link is a connection to another node that carries packets.
type link struct {
	uri     string
	kind    string // as Peering.Kind
	method  string // as Path.Method
	inbound bool
	key     ed25519.PublicKey
	remote  netip.AddrPort
	own     netip.Addr // of our end; invalid when not known
	local   bool       // remote is of the local network
	cut     func()     // ends the link
	budget  *budget

	rx, tx, transit atomic.Uint64
	rtt             atomic.Int64 // nanoseconds
	heard           atomic.Int64 // when something came last, Unix ns
	asked           atomic.Int64 // when a signature was last asked for, Unix ns
	// Filters have been sent and received that tell what is behind either end: now
	// a search passes.
	filterIn, filterOut atomic.Bool
	since               time.Time
	// expressFailed is when no express connection could be made beside it, Unix ns.
	expressFailed atomic.Int64
}

// better reports whether packets to a node take k rather than other.
func (k *link) better(other *link) bool {
	if k.local != other.local {
		return k.local
	}
	return k.kind != PeeringDirect && other.kind == PeeringDirect
}

func (k *link) peering() Peering {
	return Peering{
		URI: k.uri, Up: true, Inbound: k.inbound, Key: k.key, Kind: k.kind,
		RTT: time.Duration(k.rtt.Load()),
		RX:  k.rx.Load(), TX: k.tx.Load(), Transit: k.transit.Load(),
	}
}

// add adds what a link has carried.
func (t *Traffic) add(k *link) {
	t.RX += k.rx.Load()
	t.TX += k.tx.Load()
	t.Transit += k.transit.Load()
}

// traffic returns what all links have carried, those that have ended included.
func (ls *links) traffic() Traffic {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	all := ls.past
	for k := range ls.up {
		all.add(k)
	}
	return all
}

// watcher is told what passes on a link.
type watcher struct {
	// welcome reports whether a packet to this device may come in.
	welcome func(from ed25519.PublicKey, by *link) bool
	// numbered is told by which port the other end knows this node, and whether it
	// says so for the first time on the link.
	numbered func(by ed25519.PublicKey, port uint64, first bool)
	// joined is called when the link has become one of the tree.
	joined func()
}

// meter counts what a link carries, for whom, and how fast it answers (core's
// own figures come from GetPeers, which reads them without a lock), and keeps
// from the core what strangers send to this device and what is too much.
type meter struct {
	net.Conn
	link *link
	own  ed25519.PublicKey
	tell watcher

	in   *bufio.Reader // of Conn; used by the one reader
	left int           // bytes of the frame that may be read
	told bool          // by which port the other end knows this node; used by the one reader
	out  sentFrames    // used by the one writer
}

func newMeter(c net.Conn, k *link, own ed25519.PublicKey, tell watcher) *meter {
	return &meter{Conn: c, link: k, own: own, tell: tell, in: bufio.NewReaderSize(c, linkBuffer)}
}

// Read reads from frames that pass, and skips all others. A flood of
// announcements ends the link: the core cannot do without any of them.
func (m *meter) Read(p []byte) (int, error) {
	for m.left == 0 {
		f, err := nextFrame(m.in)
		if err != nil {
			return 0, err
		}
		if f.kind == frameAnnounce && !m.link.budget.announce() {
			return 0, errFlood
		}
		if m.passes(f) {
			m.left = f.size
			break
		}
		if _, err := m.in.Discard(f.size); err != nil {
			return 0, err
		}
		m.link.rx.Add(uint64(f.size))
	}
	n, err := m.in.Read(p[:min(len(p), m.left)])
	m.left -= n
	m.link.rx.Add(uint64(n))
	return n, err
}

// passes notes what a frame tells, and reports whether the core may see it.
func (m *meter) passes(f frame) bool {
	switch {
	case f.kind == frameSignatureResponse:
		if asked := m.link.asked.Swap(0); asked != 0 {
			m.link.rtt.Store(max(time.Now().UnixNano()-asked, 1))
		}
		if f.port != 0 {
			m.tell.numbered(m.link.key, f.port, !m.told)
			m.told = true
		}
	case f.kind == frameBloom:
		m.filtered(&m.link.filterIn, uint64(f.size)-1)
	case f.kind != frameTraffic:
	case f.receiver == nil:
		return false
	case m.own.Equal(f.receiver):
		return m.tell.welcome(f.source, m.link) && !f.harmful()
	case !m.own.Equal(f.source):
		m.link.transit.Add(uint64(f.size))
	}
	return true
}

func (m *meter) Write(p []byte) (int, error) {
	m.out.feed(p, m.sending)
	n, err := m.Conn.Write(p)
	m.link.tx.Add(uint64(n))
	return n, err
}

func (m *meter) sending(kind byte, size uint64) {
	switch kind {
	case frameSignatureRequest:
		m.link.asked.Store(time.Now().UnixNano())
	case frameBloom:
		m.filtered(&m.link.filterOut, size)
	}
}

// filtered notes that a filter of that size has passed in one direction.
func (m *meter) filtered(way *atomic.Bool, size uint64) {
	if size > emptyBloom && !way.Swap(true) && m.link.joined() {
		m.tell.joined()
	}
}

// joined reports whether the link is one of the tree: searches pass by it.
func (k *link) joined() bool { return k.filterIn.Load() && k.filterOut.Load() }
