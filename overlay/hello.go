package overlay

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	iwt "github.com/Arceliar/ironwood/types"
)

// Datagrams that share a session with IPv6 packets, whose first byte is never
// below 0x60: a type and 8 bytes that the answer repeats.
const (
	datagramHello    = 0x01
	datagramAnswer   = 0x02
	datagramGoodbye  = 0x03
	datagramFarewell = 0x04 // answers a goodbye
	datagramRefusal  = 0x05 // answers the hello of a device that was shut out; see Node.Refuse
	datagramSize     = 9    // of all but a refusal, whose notice follows
)

const (
	helloRate  = 16 // a second, to all devices together: enough for four that are looked for
	helloBurst = 32

	goodbyeWait   = 400 * time.Millisecond // for farewells at Close
	datagramQueue = 256
)

// greeter says hello to devices and answers theirs. Whoever it hears from is
// known for sure: sessions are authenticated by key.
type greeter struct {
	devices *devices
	start   time.Time // origin of the times in hellos
	changed func()
	settled func(iwt.Addr)                    // a device answers after a change of ways; nil for none
	alone   func(now time.Time) time.Duration // for how long no device can be found yet
	kick    chan struct{}
	out     chan datagram
	notices chan Notice

	leaving atomic.Bool // said goodbye: hellos are not answered any more

	left float64   // hellos that may be said at once; used by run alone
	at   time.Time // of left

	mu        sync.Mutex // guards farewells
	farewells map[string]chan struct{}
}

type datagram struct {
	to   iwt.Addr
	body []byte // with its sessionTraffic byte
}

func newGreeter(d *devices, changed func()) *greeter {
	return &greeter{
		devices: d, start: time.Now(), changed: changed,
		alone: func(time.Time) time.Duration { return 0 },
		kick:  make(chan struct{}, 1), out: make(chan datagram, datagramQueue), notices: make(chan Notice, noticeQueue),
		farewells: map[string]chan struct{}{},
	}
}

// run says hello when hellos are due, until ctx ends.
func (g *greeter) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-g.kick:
		case <-timer.C:
		}
		timer.Reset(g.tick(time.Now()))
	}
}

// tick says the hellos that are due, as far as they can be afforded, and
// returns how long until the next.
func (g *greeter) tick(now time.Time) time.Duration {
	var lost []*device
	var hellos []iwt.Addr
	wait := helloEvery
	alone := g.alone(now)
	t := g.devices
	t.mu.Lock()
	for _, d := range t.inOrder() {
		if alone > 0 {
			d.presence.hold(now, alone)
		}
		if d.presence.due(now) && !g.afford(now) {
			wait = min(wait, time.Second/helloRate)
			break // those after it are not more urgent
		}
		d.presence.knocked = time.Unix(0, d.knocked.Load())
		hello, gone := d.presence.tick(now, d.presence.seen(d.heard.Load()))
		if gone {
			d.online = make(chan struct{})
			lost = append(lost, d)
		}
		if hello {
			hellos = append(hellos, iwt.Addr(d.key))
		}
		wait = min(wait, d.presence.next.Sub(now))
	}
	t.mu.Unlock()
	for _, to := range hellos {
		g.queue(to, datagramHello, uint64(now.Sub(g.start)))
	}
	if len(lost) > 0 {
		g.changed()
	}
	return max(wait, 0)
}

// afford takes a hello from the budget, or reports that there is none. A hello
// to a device that is not there costs a message of a session, signed and
// sealed, and a search through the network: with fifty devices that is more
// than a small one can do four times a second, and the links die of it, whose
// loss makes all hellos eager again.
func (g *greeter) afford(now time.Time) bool {
	g.left = min(g.left+helloRate*now.Sub(g.at).Seconds(), helloBurst)
	g.at = now
	if g.left < 1 {
		return false
	}
	g.left--
	return true
}

// inOrder lists the devices that hellos go to, the most promising first, and of
// those the one that has waited longest. The caller holds mu.
func (t *devices) inOrder() []*device {
	list := make([]*device, 0, len(t.table))
	for _, d := range t.table {
		if !d.gone {
			list = append(list, d)
		}
	}
	slices.SortFunc(list, func(a, b *device) int {
		return cmp.Or(b.presence.promise().Compare(a.presence.promise()), a.presence.next.Compare(b.presence.next))
	})
	return list
}

// wake says hello to every device now: the ways to them have changed.
func (g *greeter) wake() {
	now := time.Now()
	t := g.devices
	t.mu.Lock()
	for _, d := range t.table {
		d.presence.wake(now)
	}
	t.mu.Unlock()
	g.nudge()
}

func (g *greeter) nudge() {
	select {
	case g.kick <- struct{}{}:
	default:
	}
}

// queue hands a datagram to write and never blocks; when too many wait, it is
// lost, as any may be.
func (g *greeter) queue(to iwt.Addr, kind byte, token uint64) {
	g.put(datagram{to, binary.BigEndian.AppendUint64([]byte{sessionTraffic, kind}, token)})
}

func (g *greeter) put(d datagram) {
	select {
	case g.out <- d:
	default:
	}
}

// write sends queued datagrams until ctx ends.
func (g *greeter) write(ctx context.Context, send func(packet []byte, to iwt.Addr)) {
	for {
		select {
		case <-ctx.Done():
			return
		case d := <-g.out:
			send(d.body, d.to)
		}
	}
}

// receive takes a datagram from the session of key. Bytes after those known
// are left for later versions.
func (g *greeter) receive(body []byte, key ed25519.PublicKey, now time.Time) {
	if len(body) < datagramSize {
		return
	}
	kind, token := body[0], binary.BigEndian.Uint64(body[1:])
	d, ok := g.lookUp(key, kind)
	if kind == datagramHello && !g.leaving.Load() {
		g.refuse(key) // a guest, too, which may be about to be paired again
	}
	if !ok {
		return
	}
	switch kind {
	case datagramHello:
		if g.leaving.Load() {
			return
		}
		g.greeted(d, now)
		g.queue(iwt.Addr(d.key), datagramAnswer, token)
	case datagramAnswer:
		if sent := g.start.Add(time.Duration(token)); !sent.After(now) && now.Sub(sent) < time.Minute {
			g.answered(d, now, now.Sub(sent))
		}
	case datagramGoodbye:
		g.goodbye(d, now)
		g.queue(iwt.Addr(d.key), datagramFarewell, token)
	case datagramFarewell:
		g.farewell(key)
	case datagramRefusal:
		g.noticed(d, body[datagramSize:])
	}
}

// lookUp returns the device with that key. A stranger that says hello while a
// pairing window is open becomes a guest.
func (g *greeter) lookUp(key ed25519.PublicKey, kind byte) (*device, bool) {
	t := g.devices
	t.mu.RLock()
	d := t.table[AddressOf(key)]
	ok := d != nil && !d.gone && d.key.Equal(key)
	open := len(t.windows) > 0
	t.mu.RUnlock()
	if d == nil && open && kind == datagramHello {
		return t.guest(key)
	}
	return d, ok
}

func (g *greeter) greeted(d *device, now time.Time) {
	d.heard.Store(now.UnixNano())
	g.devices.mu.Lock()
	d.presence.greeted(now)
	asks := !d.presence.online
	g.devices.mu.Unlock()
	if asks {
		g.nudge()
	}
}

func (g *greeter) answered(d *device, now time.Time, rtt time.Duration) {
	d.heard.Store(now.UnixNano())
	g.devices.mu.Lock()
	woken := !d.gone && d.presence.woken
	found := !d.gone && d.presence.answered(now, rtt)
	if found {
		close(d.online)
	}
	g.devices.mu.Unlock()
	if woken && g.settled != nil {
		g.settled(iwt.Addr(d.key))
	}
	if found {
		g.changed()
	}
}

func (g *greeter) goodbye(d *device, now time.Time) {
	g.devices.mu.Lock()
	lost := d.presence.goodbye(now)
	if lost {
		d.online = make(chan struct{})
	}
	cut := slices.Collect(maps.Keys(d.conns))
	g.devices.mu.Unlock()
	for _, c := range cut {
		c.abort()
	}
	if lost {
		g.changed()
	}
}

func (g *greeter) farewell(key ed25519.PublicKey) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c, ok := g.farewells[string(key)]; ok {
		delete(g.farewells, string(key))
		close(c)
	}
}

// leave says goodbye to every device that is online, and waits a moment for
// their farewells.
func (g *greeter) leave(ctx context.Context) {
	g.leaving.Store(true)
	online := g.online()
	waits := make([]chan struct{}, len(online))
	g.mu.Lock()
	for i, key := range online {
		waits[i] = make(chan struct{})
		g.farewells[string(key)] = waits[i]
	}
	g.mu.Unlock()
	for _, key := range online {
		g.queue(iwt.Addr(key), datagramGoodbye, 0)
	}
	timer := time.NewTimer(goodbyeWait)
	defer timer.Stop()
	for _, c := range waits {
		select {
		case <-c:
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

func (g *greeter) online() []ed25519.PublicKey {
	t := g.devices
	t.mu.RLock()
	defer t.mu.RUnlock()
	var keys []ed25519.PublicKey
	for _, d := range t.table {
		if d.presence.online {
			keys = append(keys, d.key)
		}
	}
	return keys
}

// waitOnline blocks until the device at that address answers hellos. It is
// ErrNotAdmitted when there is none, ErrUnreachable when ctx ends first, and
// net.ErrClosed when this node goes down.
func (g *greeter) waitOnline(ctx context.Context, at netip.Addr, down <-chan struct{}) error {
	select {
	case <-down:
		return net.ErrClosed
	default:
	}
	t := g.devices
	now := time.Now()
	t.mu.Lock()
	d := t.table[at]
	if d == nil || !d.admitted {
		t.mu.Unlock()
		return ErrNotAdmitted
	}
	if d.presence.online {
		t.mu.Unlock()
		return nil
	}
	online := d.online
	if now.After(d.presence.eager) {
		d.presence.hurry(now)
	}
	t.mu.Unlock()
	g.nudge()
	select {
	case <-online:
		return nil
	case <-down:
		return net.ErrClosed
	case <-ctx.Done():
		return ErrUnreachable
	}
}
