package overlay

import (
	"crypto/ed25519"
	"encoding/binary"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	iwt "github.com/Arceliar/ironwood/types"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

const (
	// maxGuests bounds how many keys an open pairing window remembers.
	maxGuests = 16
	// maxGuestConns bounds the connections of each.
	maxGuestConns = 4
)

// devices is the table of keys that packets may come from and go to; all
// others are dropped. A device is in it while it is admitted, and as a guest
// while a pairing window is open.
type devices struct {
	own     netip.Addr
	refused refusals

	mu      sync.RWMutex // guards what follows, and the mutable fields of each device
	table   map[netip.Addr]*device
	windows map[uint16]int // open windows by port
}

// A cutter is a connection that can be ended at once.
type cutter interface{ abort() }

type device struct {
	key    ed25519.PublicKey
	frames *bucket // how much of it is seen while it is a guest
	// The fields below are guarded by devices.mu.
	admitted bool
	gone     bool // being removed: nothing comes in, resets may still go out
	presence presence
	online   chan struct{} // closed while presence.online
	conns    map[cutter]struct{}
	way      Path // as it was seen last: Kind, Method, Via and Since

	rx, tx  flow
	heard   atomic.Int64         // when a packet was last let in, Unix ns
	knocked atomic.Int64         // when a frame for us came from its key, Unix ns
	arrival atomic.Pointer[link] // the link its last packet came by
}

func newDevices(own netip.Addr) *devices {
	return &devices{own: own, refused: refusals{told: map[string]*refusal{}}, table: map[netip.Addr]*device{}, windows: map[uint16]int{}}
}

func (t *devices) newDevice(key ed25519.PublicKey) *device {
	return &device{
		presence: presence{second: AddressOf(key).Less(t.own)},
		key:      slices.Clone(key), frames: newBucket(strangerBurst, strangerRate),
		online: make(chan struct{}), conns: map[cutter]struct{}{},
	}
}

// admit enters the device for good, in place of any other of that address. It
// reports false when it already was there.
func (t *devices) admit(key ed25519.PublicKey, now time.Time) bool {
	at := AddressOf(key)
	if !at.IsValid() || at == t.own {
		return false
	}
	t.refused.drop(key)
	t.mu.Lock()
	d := t.table[at]
	if d != nil && d.admitted && d.key.Equal(key) {
		t.mu.Unlock()
		return false
	}
	var cut []cutter
	if d == nil || d.gone || !d.key.Equal(key) {
		if d != nil {
			cut = t.dismiss(d)
		}
		d = t.newDevice(key)
		t.table[at] = d
	}
	d.admitted = true
	d.presence.wake(now)
	t.mu.Unlock()
	for _, c := range cut {
		c.abort()
	}
	return true
}

// expel removes the device and cuts its connections.
func (t *devices) expel(key ed25519.PublicKey) bool {
	at := AddressOf(key)
	t.mu.Lock()
	d := t.table[at]
	if d == nil || !d.key.Equal(key) {
		t.mu.Unlock()
		return false
	}
	cut := t.dismiss(d)
	t.mu.Unlock()
	t.remove(at, d, cut)
	return true
}

// dismiss stops letting packets of d in and returns its connections, for
// remove. The caller holds mu.
func (t *devices) dismiss(d *device) []cutter {
	d.gone, d.admitted = true, false
	if d.presence.online {
		d.presence.online = false
		d.online = make(chan struct{})
	}
	return slices.Collect(maps.Keys(d.conns))
}

// remove cuts the connections, whose resets need the entry, and then drops it.
func (t *devices) remove(at netip.Addr, d *device, cut []cutter) {
	for _, c := range cut {
		c.abort()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.table[at] == d && d.gone {
		delete(t.table, at)
	}
}

func (t *devices) openWindow(port uint16) (closeWindow func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.windows[port]++
	return sync.OnceFunc(func() { t.closeWindow(port) })
}

func (t *devices) closeWindow(port uint16) {
	leaving := map[netip.Addr]*device{}
	var cut []cutter
	t.mu.Lock()
	if t.windows[port]--; t.windows[port] == 0 {
		delete(t.windows, port)
	}
	for at, d := range t.table {
		if len(t.windows) == 0 && !d.admitted && !d.gone {
			cut = append(cut, t.dismiss(d)...)
			leaving[at] = d
		}
	}
	t.mu.Unlock()
	for _, c := range cut {
		c.abort()
	}
	for at, d := range leaving {
		t.remove(at, d, nil)
	}
}

// inbound decides about a packet that the session of key has delivered: its
// source must be the address of that key, and its key admitted, or a guest
// that wants TCP to an open window.
func (t *devices) inbound(packet []byte, key ed25519.PublicKey, now time.Time) bool {
	if len(packet) < header.IPv6MinimumSize || packet[0]>>4 != header.IPv6Version {
		return false
	}
	src := netip.AddrFrom16([16]byte(packet[8:24]))
	if netip.AddrFrom16([16]byte(packet[24:40])) != t.own {
		return false
	}
	t.mu.RLock()
	d := t.table[src]
	known := d != nil && d.key.Equal(key)
	ok := known && !d.gone && (d.admitted || t.toWindow(packet))
	knocks := d == nil && t.toWindow(packet)
	t.mu.RUnlock()
	if knocks && AddressOf(key) == src {
		d, ok = t.guest(key)
	}
	if ok {
		d.heard.Store(now.UnixNano())
		d.rx.add(len(packet), now)
	}
	return ok
}

// toWindow reports whether the packet is TCP to an open window. The caller
// holds mu.
func (t *devices) toWindow(packet []byte) bool {
	const end = header.IPv6MinimumSize + header.TCPMinimumSize
	if len(t.windows) == 0 || len(packet) < end || packet[6] != uint8(header.TCPProtocolNumber) {
		return false
	}
	return t.windows[binary.BigEndian.Uint16(packet[header.IPv6MinimumSize+2:])] > 0
}

// guest enters key as a guest if a window is open, in place of the guest
// longest unheard when there are too many.
func (t *devices) guest(key ed25519.PublicKey) (*device, bool) {
	at := AddressOf(key)
	t.mu.Lock()
	if d := t.table[at]; d != nil || len(t.windows) == 0 || at == t.own {
		t.mu.Unlock()
		return d, d != nil && !d.gone && d.key.Equal(key)
	}
	evictedAt, evicted := t.crowded()
	var cut []cutter
	if evicted != nil {
		cut = t.dismiss(evicted)
	}
	d := t.newDevice(key)
	t.table[at] = d
	t.mu.Unlock()
	if evicted != nil {
		t.remove(evictedAt, evicted, cut)
	}
	return d, true
}

// crowded returns the guest to evict, if there are too many: first those
// without a connection, then the one longest unheard. The caller holds mu.
func (t *devices) crowded() (at netip.Addr, evict *device) {
	guests := 0
	for a, d := range t.table {
		if d.admitted || d.gone {
			continue
		}
		guests++
		if evict == nil || t.lesserGuest(d, evict) {
			at, evict = a, d
		}
	}
	if guests < maxGuests {
		return netip.Addr{}, nil
	}
	return at, evict
}

func (*devices) lesserGuest(a, b *device) bool {
	if idle := len(a.conns) == 0; idle != (len(b.conns) == 0) {
		return idle
	}
	return a.heard.Load() < b.heard.Load()
}

// outbound returns the key that a packet of the TCP stack goes to, or nil if
// it may not go anywhere: to a guest only what comes from an open window.
func (t *devices) outbound(p *stack.PacketBuffer) iwt.Addr {
	ip := header.IPv6(p.NetworkHeader().Slice())
	if len(ip) < header.IPv6MinimumSize {
		return nil
	}
	tcp := header.TCP(p.TransportHeader().Slice())
	isTCP := p.TransportProtocolNumber == header.TCPProtocolNumber && len(tcp) >= header.TCPMinimumSize
	t.mu.RLock()
	defer t.mu.RUnlock()
	d := t.table[netip.AddrFrom16([16]byte(ip[24:40]))]
	now := time.Now()
	switch {
	case d == nil || d.presence.isMute(now):
		return nil
	case d.admitted || d.gone, isTCP && t.windows[tcp.SourcePort()] > 0:
		d.tx.add(p.Size(), now)
		return iwt.Addr(d.key)
	}
	return nil
}

// track ties a connection to the device at that address, so that the two end
// together. It reports false when the device may not have one.
func (t *devices) track(c *conn, at netip.Addr) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := t.table[at]
	if d == nil || d.gone || !d.admitted && (t.windows[c.local.Port] == 0 || len(d.conns) >= maxGuestConns) {
		return false
	}
	d.conns[c] = struct{}{}
	c.remote.Key = d.key
	c.device = d
	return true
}

func (t *devices) untrack(d *device, c cutter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if d != nil {
		delete(d.conns, c)
	}
}

// admittedAt returns the admitted device at that address.
func (t *devices) admittedAt(at netip.Addr) (*device, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	d := t.table[at]
	return d, d != nil && d.admitted
}

// admittedKeys returns the keys of all admitted devices.
func (t *devices) admittedKeys() []ed25519.PublicKey {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var keys []ed25519.PublicKey
	for _, d := range t.table {
		if d.admitted {
			keys = append(keys, d.key)
		}
	}
	return keys
}

// isOnline reports whether the device with that key answers.
func (t *devices) isOnline(key ed25519.PublicKey) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	d := t.table[AddressOf(key)]
	return d != nil && d.admitted && d.presence.online
}
