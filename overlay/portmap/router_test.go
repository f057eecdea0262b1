package portmap

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const testPort = 7331

var (
	loopback = netip.MustParseAddr("127.0.0.1")
	outside  = netip.MustParseAddr("11.22.33.44")
)

// entry is a mapping at a router.
type entry struct {
	client   string
	internal uint16
	lease    uint32
	nonce    [12]byte
	about    string
}

// router is a gateway on loopback that speaks what it is told to. Its fields
// are set before serve, and afterwards under mu.
type router struct {
	pcp, pmp bool
	upnp     *igd

	mu       sync.Mutex
	external netip.Addr
	booted   time.Time
	mappings map[uint16]entry                      // by external port
	shift    uint16                                // added to the external port that is asked for
	lifetime func(asked uint32) uint32             // nil: as asked
	answer   func(request, answer []byte) [][]byte // what is really sent; nil: answer
	wait     time.Duration                         // as that of its target
	from     net.PacketConn                        // that answers come from; nil: the one asked
}

func newRouter() *router {
	return &router{wait: lookWait / 3, external: outside, booted: time.Now().Add(-time.Hour), mappings: make(map[uint16]entry)}
}

// serve runs the router until the test ends, and says where it is. One that
// speaks nothing on its control port has none.
func (r *router) serve(t *testing.T) target {
	t.Helper()
	c := listenUDP(t)
	from := r.from
	if from == nil {
		from = c
	}
	if !r.pcp && !r.pmp && r.answer == nil {
		_ = c.Close()
	}
	go func() {
		buf := make([]byte, 2000)
		for {
			size, to, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			for _, p := range r.control(buf[:size]) {
				_, _ = from.WriteTo(p, to)
			}
		}
	}()
	to := target{gateway: loopback, local: loopback, control: portOf(c.LocalAddr()), wait: r.wait}
	if r.upnp != nil {
		to.search = []netip.AddrPort{r.upnp.serve(t, r)}
	}
	return to
}

func listenUDP(t *testing.T) net.PacketConn {
	t.Helper()
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func portOf(a net.Addr) uint16 { return netip.MustParseAddrPort(a.String()).Port() }

func (r *router) control(request []byte) [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	var answer []byte
	switch {
	case len(request) < 2:
	case request[0] == pcpVersion && r.pcp:
		answer = r.pcpAnswer(request)
	case request[0] == pcpVersion && r.pmp:
		answer = []byte{0, request[1] | answerBit, 0, 1, 0, 0, 0, 0}
	case request[0] == 0 && r.pmp:
		answer = r.pmpAnswer(request)
	}
	switch {
	case r.answer != nil:
		return r.answer(request, answer)
	case answer == nil:
		return nil
	}
	return [][]byte{answer}
}

func (r *router) since() uint32 { return uint32(time.Since(r.booted) / time.Second) }

func (r *router) grant(asked uint32) uint32 {
	if r.lifetime != nil {
		return r.lifetime(asked)
	}
	return asked
}

// change makes or removes the mapping of an internal port.
func (r *router) change(internal, wanted uint16, lease uint32, nonce [12]byte) (external uint16) {
	for port, e := range r.mappings {
		if e.internal == internal && e.client == loopback.String() {
			delete(r.mappings, port)
		}
	}
	if lease == 0 {
		return 0
	}
	external = wanted + r.shift
	r.mappings[external] = entry{client: loopback.String(), internal: internal, lease: lease, nonce: nonce}
	return external
}

func (r *router) pcpAnswer(request []byte) []byte {
	p := append([]byte(nil), request...)
	p[1] |= answerBit
	p[2], p[3] = 0, 0
	clear(p[8:24])
	binary.BigEndian.PutUint32(p[8:], r.since())
	if request[1] != pcpMap || len(request) != pcpMapSize {
		return p
	}
	asked := binary.BigEndian.Uint32(request[4:])
	external := r.change(binary.BigEndian.Uint16(p[40:]), binary.BigEndian.Uint16(p[42:]), asked, [12]byte(p[24:36]))
	if asked != 0 {
		binary.BigEndian.PutUint32(p[4:], r.grant(asked))
	}
	binary.BigEndian.PutUint16(p[42:], external)
	address := r.external.As16()
	copy(p[44:], address[:])
	return p
}

func (r *router) pmpAnswer(request []byte) []byte {
	p := []byte{0, request[1] | answerBit, 0, 0}
	p = binary.BigEndian.AppendUint32(p, r.since())
	if request[1] == pmpAddress {
		return append(p, r.external.AsSlice()...)
	}
	asked := binary.BigEndian.Uint32(request[8:])
	external := r.change(binary.BigEndian.Uint16(request[4:]), binary.BigEndian.Uint16(request[6:]), asked, [12]byte{})
	p = append(p, request[4:6]...)
	p = binary.BigEndian.AppendUint16(p, external)
	if asked != 0 {
		asked = r.grant(asked)
	}
	return binary.BigEndian.AppendUint32(p, asked)
}

// entries returns a copy of the mappings.
func (r *router) entries() map[uint16]entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make(map[uint16]entry)
	for port, e := range r.mappings {
		all[port] = e
	}
	return all
}

// lookup lets a Mapper that knows one method ask a router once. The error must
// be as wanted.
func lookup(t *testing.T, r *router, method string, want error) *lease {
	t.Helper()
	if errors.Is(want, ErrNoAnswer) || errors.Is(want, ErrBadAnswer) { // comes of waiting for something better
		r.wait = time.Second
	}
	m := New(Options{Port: testPort})
	m.protocols = slices.DeleteFunc(slices.Clone(protocols), func(p protocol) bool { return p.method != method })
	held, tried := m.lookup(t.Context(), []target{r.serve(t)})
	if (held == nil) != (tried[0].Err != nil) {
		t.Errorf("lease %+v, error %v", held, tried[0].Err)
	}
	if err := tried[0].Err; !errors.Is(err, want) || err != nil && strings.Contains(err.Error(), "\n") {
		t.Errorf("error %q, want %v", err, want)
	}
	return held
}

// running is a Mapper whose Run is under way.
type running struct {
	*Mapper
	stop    context.CancelFunc
	done    chan error
	changed chan struct{}
}

// start runs a Mapper against targets until the test ends.
func start(t *testing.T, targets ...target) *running {
	t.Helper()
	r := &running{changed: make(chan struct{}, 100), done: make(chan error, 1)}
	r.Mapper = New(Options{Port: testPort, Changed: func() { r.changed <- struct{}{} }})
	r.targets = func(context.Context) ([]target, error) {
		if len(targets) == 0 {
			return nil, ErrNoGateway
		}
		return targets, nil
	}
	r.listen = func(context.Context) (net.PacketConn, error) { return nil, errors.ErrUnsupported }
	var ctx context.Context
	ctx, r.stop = context.WithCancel(t.Context())
	go func() { r.done <- r.Run(ctx) }()
	t.Cleanup(func() { r.end(t) })
	return r
}

// end stops Run; the state is empty then.
func (r *running) end(t *testing.T) {
	t.Helper()
	r.stop()
	if err := <-r.done; err != nil {
		t.Errorf("Run: %v", err)
	}
	r.done <- nil
	if s := r.State(); s.External.IsValid() {
		t.Errorf("after Run still mapped: %+v", s)
	}
}

// next waits for a change and returns the state.
func (r *running) next(t *testing.T) State {
	t.Helper()
	select {
	case <-r.changed:
	case <-time.After(20 * time.Second):
		t.Fatal("no change of state")
	}
	return r.State()
}
