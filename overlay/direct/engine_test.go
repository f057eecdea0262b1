package direct

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of a test; none takes nearly as long.
const patience = time.Minute

// device is an engine with what it needs: the network that is shared already
// is TCP on loopback, where who dials says its key first.
type device struct {
	*Engine
	tb   testing.TB
	opts Options
	ln   net.Listener

	links  chan Link
	called chan string

	mu     sync.Mutex // guards others
	others map[string]*device
}

func newDevice(tb testing.TB, seed byte) *device {
	tb.Helper()
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	d := &device{tb: tb, links: make(chan Link, 8), called: make(chan string, 8), others: map[string]*device{}}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	d.ln = ln
	d.opts = Options{
		Private: private, Certificate: certificateOf(tb, private),
		Subnets: func() []netip.Prefix { return prefixes("127.0.0.1/8") },
		Devices: d.devices, Dial: d.dial, KeyOf: readKey, Carry: d.carry,
		Call: func(_ context.Context, uri string, _ ed25519.PublicKey) error {
			d.called <- uri
			return io.EOF
		},
		Changed: func() {},
	}
	return d
}

func certificateOf(tb testing.TB, private ed25519.PrivateKey) tls.Certificate {
	tb.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(nil, template, template, private.Public(), private)
	if err != nil {
		tb.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}
}

// run runs the engine until the test ends.
func (d *device) run() *device {
	d.tb.Helper()
	e, err := open(d.opts, "127.0.0.1:0")
	if err != nil {
		d.tb.Fatal(err)
	}
	d.Engine = e
	ctx, cancel := context.WithCancel(context.WithoutCancel(d.tb.Context()))
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx, d.ln) }()
	d.tb.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			d.tb.Errorf("run: %v", err)
		}
	})
	return d
}

func (d *device) key() ed25519.PublicKey { return d.opts.Private.Public().(ed25519.PublicKey) }

func (d *device) devices() []Device {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []Device
	for _, o := range d.others {
		list = append(list, Device{Key: o.key(), Online: true})
	}
	return list
}

// know makes other a device of ours.
func (d *device) know(other *device) {
	d.remember(other)
	d.Kick()
}

// remember does as know, but nothing is tried for it yet.
func (d *device) remember(other *device) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.others[string(other.key())] = other
}

func (d *device) disown(other *device) {
	d.mu.Lock()
	delete(d.others, string(other.key()))
	d.mu.Unlock()
	d.Kick()
}

func (d *device) dial(ctx context.Context, key ed25519.PublicKey) (net.Conn, error) {
	d.mu.Lock()
	other := d.others[string(key)]
	d.mu.Unlock()
	if other == nil {
		return nil, net.ErrClosed
	}
	var dialer net.Dialer
	c, err := dialer.DialContext(ctx, "tcp", other.ln.Addr().String())
	if err == nil {
		_, err = c.Write(d.key())
	}
	return c, err
}

func readKey(c net.Conn) ed25519.PublicKey {
	key := make(ed25519.PublicKey, ed25519.PublicKeySize)
	if _, err := io.ReadFull(c, key); err != nil {
		return nil
	}
	return key
}

func (d *device) carry(ctx context.Context, l Link) error {
	defer func() { _ = l.Conn.Close() }()
	d.links <- l
	<-ctx.Done()
	return ctx.Err()
}

// link waits for a link to other.
func (d *device) link(other *device) Link {
	d.tb.Helper()
	select {
	case l := <-d.links:
		if !l.Key.Equal(other.key()) {
			d.tb.Fatal("a link to another device")
		}
		return l
	case <-time.After(patience):
		a, _ := d.Attempt(other.key())
		d.tb.Fatalf("no link; the last attempt: %+v", a)
	}
	return Link{}
}

// pairOf returns two devices, the first of which calls the other.
func pairOf(tb testing.TB) (caller, callee *device) {
	tb.Helper()
	pair := []*device{newDevice(tb, 1), newDevice(tb, 2)}
	slices.SortFunc(pair, func(a, b *device) int { return bytes.Compare(a.key(), b.key()) })
	return pair[0], pair[1]
}

func running(tb testing.TB) (caller, callee *device) {
	tb.Helper()
	caller, callee = pairOf(tb)
	caller.run()
	callee.run()
	callee.know(caller)
	caller.know(callee)
	return caller, callee
}

func exchangeBytes(t *testing.T, from, to net.Conn) {
	t.Helper()
	sent := bytes.Repeat([]byte("paul"), 100_000)
	got := make([]byte, len(sent))
	go func() { _, _ = from.Write(sent) }()
	if _, err := io.ReadFull(to, got); err != nil || !bytes.Equal(sent, got) {
		t.Errorf("other bytes came, %v", err)
	}
}

// Two devices link, each knows the other's key, and bytes pass both ways.
func TestLink(t *testing.T) {
	t.Parallel()
	caller, callee := running(t)
	a, b := caller.link(callee), callee.link(caller)
	if a.Inbound || !b.Inbound || a.Method != MethodLAN || b.Method != MethodLAN {
		t.Errorf("%+v and %+v", a, b)
	}
	if a.Remote.Port() != callee.Port() || b.Remote.Port() != caller.Port() {
		t.Errorf("%v and %v are not the sockets' addresses", a.Remote, b.Remote)
	}
	exchangeBytes(t, a.Conn, b.Conn)
	exchangeBytes(t, b.Conn, a.Conn)
	if last, ok := caller.Attempt(callee.key()); !ok || last.Err != nil || last.Method != MethodLAN || last.Asked == 0 || last.Offered == 0 {
		t.Errorf("the attempt: %+v", last)
	}
}

// A link is cut when either device is none of the other's any more.
func TestDisowned(t *testing.T) {
	t.Parallel()
	for _, who := range []string{"caller", "callee"} {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			caller, callee := running(t)
			a, b := caller.link(callee), callee.link(caller)
			if who == "caller" {
				caller.disown(callee)
			} else {
				callee.disown(caller)
			}
			for _, c := range []net.Conn{a.Conn, b.Conn} {
				_ = c.SetReadDeadline(time.Now().Add(patience))
				if n, err := c.Read(make([]byte, 1)); err == nil || isTimeout(err) {
					t.Errorf("read %d bytes, %v", n, err)
				}
			}
		})
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return asError(err, &timeout) && timeout.Timeout()
}

// After its link has ended, and when the callee asks for it, a device calls
// again.
func TestCallsAgain(t *testing.T) {
	t.Parallel()
	caller, callee := running(t)
	first := caller.link(callee)
	callee.link(caller)
	caller.Engine.mu.Lock()
	for _, cut := range caller.peers[string(callee.key())].links {
		cut()
	}
	caller.Engine.mu.Unlock()
	callee.Refresh() // its network has changed: it nudges
	if second := caller.link(callee); second.Conn == first.Conn {
		t.Error("the same link twice")
	}
}

// Two devices in networks of their own, that nobody has told where they are
// seen, do not knock in vain.
func TestHopeless(t *testing.T) {
	t.Parallel()
	caller, callee := pairOf(t)
	caller.opts.Subnets = func() []netip.Prefix { return prefixes("192.168.7.2/24") }
	callee.opts.Subnets = func() []netip.Prefix { return prefixes("192.168.8.2/24") }
	changed := make(chan struct{}, 1)
	caller.opts.Changed = func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	caller.run()
	callee.run()
	callee.know(caller)
	caller.know(callee)
	select {
	case <-changed:
	case <-time.After(patience):
		t.Fatal("no attempt was made")
	}
	last, _ := caller.Attempt(callee.key())
	if !errors.Is(last.Err, ErrNoAnswer) || last.Offered == 0 || last.Asked != 0 || last.Took >= checkWait {
		t.Errorf("the attempt: %+v", last)
	}
}

// A call that is being made when things change, here or there, is given up and
// made anew.
func TestCallsAnew(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T, caller, callee *device){
		"here": func(_ *testing.T, caller, _ *device) { caller.Refresh() },
		"there": func(t *testing.T, caller, callee *device) {
			t.Helper()
			if got := ask(t, callee, caller, `{"v":1,"type":"nudge"}`); got == "" {
				t.Error("no answer to a nudge")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			caller, callee := pairOf(t)
			dials := make(chan struct{}, 8)
			caller.opts.Dial = func(ctx context.Context, _ ed25519.PublicKey) (net.Conn, error) {
				dials <- struct{}{}
				<-ctx.Done() // no answer comes
				return nil, ctx.Err()
			}
			caller.run()
			callee.remember(caller)
			caller.know(callee)
			<-dials // to be told where we are seen
			began := time.Now()
			change(t, caller, callee)
			<-dials
			if took := time.Since(began); took > observeWait/2 {
				t.Errorf("called anew after %v", took)
			}
		})
	}
}

// When the first device comes that may tell where it sees us, others are tried
// again at once.
func TestTriesWhenObserved(t *testing.T) {
	t.Parallel()
	d := newDevice(t, 3)
	key, observer := newDevice(t, 4).key(), newDevice(t, 5).key()
	list := []Device{{Key: key, Online: true}, {Key: observer, Online: true}}
	d.opts.Devices = func() []Device { return list }
	e, err := open(d.opts, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	now := time.Now()
	p := e.peerOf(key)
	waits := func() bool {
		p.caller = false // so that nothing is begun
		e.tick(t.Context(), now)
		e.group.Wait()
		return p.plan.next.After(now)
	}
	reset := func() { p.plan = plan{next: now.Add(time.Hour), failures: 3} }
	reset()
	if !waits() {
		t.Error("tried again without a reason")
	}
	list[1].Linked = true
	if waits() {
		t.Error("not tried again when an observer has come")
	}
	reset()
	if !waits() {
		t.Error("tried again because of an observer that was there before")
	}
	list[1].Online = false
	e.tick(t.Context(), now)
	list[1].Online, e.report.Seen = true, []netip.AddrPort{netip.MustParseAddrPort("11.22.33.44:7331")}
	reset()
	if !waits() {
		t.Error("tried again although our address is known")
	}
}

// ask sends a question to d as from.
func ask(t *testing.T, from, d *device, question string) string {
	t.Helper()
	c, err := from.dial(t.Context(), d.key())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, question+"\n"); err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(c) // ends by a reset when it was not read to the end
	return string(b)
}

// A device that asks what it may not is told so, and a stranger is told
// nothing.
func TestQuestionsThatAreRefused(t *testing.T) {
	t.Parallel()
	caller, callee := pairOf(t)
	caller.run()
	callee.run()
	callee.remember(caller)
	offer := `{"v":1,"type":"offer","user":"u","password":"` + anOffer.Password + `"}`
	if got := ask(t, callee, caller, offer); got != "" {
		t.Errorf("a stranger got %q", got)
	}
	caller.remember(callee)
	for question, want := range map[string]string{
		offer:                        "no such question", // it is the other that offers
		"nonsense":                   "no message",
		`{"v":1,"type":"observe"}`:   "no public address",
		`{"v":9,"type":"a new one"}`: "no such question",
	} {
		caller.Engine.mu.Lock()
		clear(caller.peerOf(callee.key()).asked)
		caller.Engine.mu.Unlock()
		if got := ask(t, callee, caller, question); !bytes.Contains([]byte(got), []byte(want)) {
			t.Errorf("%s: %q, want %q in it", question, got, want)
		}
	}
	caller.Engine.mu.Lock()
	for _, kind := range []string{typeObserve, typeNudge} {
		caller.peerOf(callee.key()).asked[kind] = time.Now().Add(patience)
	}
	caller.Engine.mu.Unlock()
	for _, question := range []string{`{"v":1,"type":"observe"}`, `{"v":1,"type":"nudge"}`} {
		if got := ask(t, callee, caller, question); !bytes.Contains([]byte(got), []byte("too soon")) {
			t.Errorf("a flood of %s: %q", question, got)
		}
	}
}

// Nobody gets a connection from an address that has sent no signed check, not
// even one of our devices.
func TestUnexpectedConnection(t *testing.T) {
	t.Parallel()
	caller, callee := running(t)
	caller.link(callee)
	callee.link(caller)
	elsewhere := &quic.Transport{Conn: listenUDP(t)}
	defer func() { _ = elsewhere.Close() }()
	to := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(callee.Port())}
	for name, config := range map[string]*tls.Config{
		"our device":       MutualTLS(caller.opts.Certificate, protocol, func(ed25519.PublicKey) bool { return true }),
		"no certificate":   {InsecureSkipVerify: true, NextProtos: []string{protocol}},
		"another protocol": {InsecureSkipVerify: true, NextProtos: []string{"h3"}},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		_, err := elsewhere.Dial(ctx, to, config, nil)
		cancel()
		var refused *quic.TransportError
		if !asError(err, &refused) || refused.ErrorCode != quic.ConnectionRefused {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A device from whose address a check has come must still have the key of one.
func TestWrongKey(t *testing.T) {
	t.Parallel()
	caller, callee := running(t)
	l := caller.link(callee)
	callee.link(caller)
	stranger := certificateOf(t, ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, ed25519.SeedSize)))
	w := way{l.Remote, MethodLAN, 0}
	link, err := caller.socket.dial(t.Context(), w, stranger, callee.key())
	if err == nil { // the refusal comes after the handshake: TLS 1.3 lets the client finish first
		_, err = link.Conn.Read(make([]byte, 1))
	}
	if err == nil {
		t.Error("a stranger got a connection")
	}
	if _, err := caller.socket.dial(t.Context(), w, caller.opts.Certificate, stranger.PrivateKey.(ed25519.PrivateKey).Public().(ed25519.PublicKey)); err == nil {
		t.Error("connected to a device that has another key")
	}
	select {
	case l := <-callee.links:
		t.Errorf("a link %+v", l)
	default:
	}
}
