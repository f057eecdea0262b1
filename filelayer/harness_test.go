package filelayer

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/libpaul/paul/internal/signal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// overlay is a network of devices on loopback TCP. A connection begins with
// the ID of who dials, and so has the remote address that the real one has.
type overlay struct {
	mu    sync.Mutex
	nodes map[string]*node
	cut   map[[2]string]bool // pairs that cannot reach each other
}

func newOverlay() *overlay {
	return &overlay{nodes: make(map[string]*node), cut: make(map[[2]string]bool)}
}

// node is a device's end of the overlay.
type node struct {
	net     *overlay
	id      string
	changed signal.Signal

	mu       sync.Mutex
	ports    map[int]net.Listener
	admitted map[string]bool
	windows  int
	conns    map[*conn]bool
}

func newNode(o *overlay, id string) *node {
	return &node{
		net: o, id: id, ports: make(map[int]net.Listener),
		admitted: make(map[string]bool), conns: make(map[*conn]bool),
	}
}

type conn struct {
	net.Conn
	remote string
}

type peerAddr string

func (peerAddr) Network() string  { return "overlay" }
func (a peerAddr) String() string { return string(a) }

func (c *conn) RemoteAddr() net.Addr { return peerAddr(peerHost(c.remote) + ":40000") }

var _ Network = (*node)(nil)

func (n *node) Admit(id string) error {
	n.mu.Lock()
	n.admitted[id] = true
	n.mu.Unlock()
	n.net.raise()
	return nil
}

func (n *node) Expel(id string) {
	n.mu.Lock()
	delete(n.admitted, id)
	n.mu.Unlock()
	n.hangUp(func(c *conn) bool { return c.remote == id })
	n.net.raise()
}

func (n *node) hangUp(which func(*conn) bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for c := range n.conns {
		if which(c) {
			_ = c.Close()
			delete(n.conns, c)
		}
	}
}

func (n *node) Online(id string) bool { return n.net.reachable(n, id, PeerPort) == nil }

func (n *node) OpenWindow() func() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.windows++
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.windows--
	}
}

func (n *node) Hints() []string         { return []string{"tls://192.0.2.1:7999"} }
func (n *node) AddPeer(string) error    { return nil }
func (n *node) Changed() *signal.Signal { return &n.changed }

func (n *node) lets(id string, port int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.admitted[id] || port == PairPort && n.windows > 0
}

func (o *overlay) raise() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, n := range o.nodes {
		n.changed.Raise()
	}
}

var errUnreachable = errors.New("device is not reachable")

func pairKey(a, b string) [2]string { return [2]string{min(a, b), max(a, b)} }

func (o *overlay) reachable(from *node, to string, port int) error {
	o.mu.Lock()
	target := o.nodes[to]
	cut := o.cut[pairKey(from.id, to)]
	o.mu.Unlock()
	if target == nil || cut || !from.lets(to, port) || !target.lets(from.id, port) {
		return errUnreachable
	}
	return nil
}

// part cuts, or joins again, two devices.
func (o *overlay) part(a, b *device, cut bool) {
	o.mu.Lock()
	o.cut[pairKey(a.id, b.id)] = cut
	o.mu.Unlock()
	if cut {
		a.node.hangUp(func(c *conn) bool { return c.remote == b.id })
		b.node.hangUp(func(c *conn) bool { return c.remote == a.id })
	}
	o.raise()
}

func (n *node) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	_, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, err
	}
	to := peerID(addr)
	if err := n.net.reachable(n, to, port); err != nil {
		return nil, err
	}
	n.net.mu.Lock()
	target := n.net.nodes[to]
	n.net.mu.Unlock()
	target.mu.Lock()
	ln := target.ports[port]
	target.mu.Unlock()
	if ln == nil {
		return nil, errUnreachable
	}
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", ln.Addr().String())
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(raw, n.id); err != nil {
		return nil, err
	}
	return n.keep(&conn{raw, to}), nil
}

func (n *node) keep(c *conn) *conn {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.conns[c] = true
	return c
}

// listener names who dials.
type listener struct {
	net.Listener
	n *node
}

func (l listener) Accept() (net.Conn, error) {
	raw, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	id := make([]byte, 64)
	if _, err := io.ReadFull(raw, id); err != nil {
		_ = raw.Close()
		return l.Accept()
	}
	return l.n.keep(&conn{raw, string(id)}), nil
}

func (n *node) listen(tb testing.TB, port int) net.Listener {
	tb.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	n.mu.Lock()
	n.ports[port] = ln
	n.mu.Unlock()
	return listener{ln, n}
}

// device is a Layer that runs, and can be stopped and started again.
type device struct {
	*Layer
	t    testing.TB
	net  *overlay
	node *node
	id   string
	opts Options
	stop func()
	skew atomic.Int64 // how far its clock is ahead, in nanoseconds
}

// newDevice starts a device with an empty library.
func newDevice(tb testing.TB, o *overlay, name string, change ...func(*Options)) *device {
	tb.Helper()
	dir := tb.TempDir()
	pub, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		tb.Fatal(err)
	}
	d := &device{t: tb, net: o, id: hex.EncodeToString(pub)}
	d.opts = Options{
		Dir: filepath.Join(dir, "state"), Library: filepath.Join(dir, "library"),
		DeviceID: d.id, Name: name, Platform: "test", Address: "200::1",
	}
	if testing.Verbose() && os.Getenv("LAYER_LOG") != "" {
		d.opts.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})).With("on", name)
	}
	for _, f := range change {
		f(&d.opts)
	}
	d.start()
	tb.Cleanup(func() { d.stop() })
	return d
}

// open makes the Layer without running it.
func (d *device) open() {
	d.t.Helper()
	d.node = newNode(d.net, d.id)
	opts := d.opts
	opts.Network, opts.Dial = d.node, d.node.dial
	opts.Transport = &http.Transport{DialContext: d.node.dial, MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute}
	opts.Listener, opts.PairListener = d.node.listen(d.t, PeerPort), d.node.listen(d.t, PairPort)
	var err error
	if d.Layer, err = Open(opts); err != nil {
		d.t.Fatal(err)
	}
	d.now = func() time.Time { return time.Now().Add(time.Duration(d.skew.Load())) }
}

func (d *device) start() {
	d.t.Helper()
	d.open()
	d.run()
}

func (d *device) run() {
	d.t.Helper()
	ctx, cancel := context.WithCancel(context.Background()) // ends in stop, which a cleanup calls
	d.net.mu.Lock()
	d.net.nodes[d.id] = d.node
	d.net.mu.Unlock()
	done := make(chan error, 1)
	layer := d.Layer
	go func() { done <- layer.Run(ctx) }()
	d.stop = sync.OnceFunc(func() {
		d.net.mu.Lock()
		delete(d.net.nodes, d.id)
		d.net.mu.Unlock()
		cancel()
		d.node.hangUp(func(*conn) bool { return true })
		d.net.raise()
		if err := <-done; err != nil {
			d.t.Errorf("%s: Run = %v", d.opts.Name, err)
		}
		if err := layer.Close(); err != nil {
			d.t.Errorf("%s: Close = %v", d.opts.Name, err)
		}
	})
	if err := d.Ready(testContext(d.t)); err != nil {
		d.t.Fatal(err)
	}
	d.net.raise()
}

func (d *device) restart() { d.restartWith(func() {}) }

// restartWith calls between before the device runs again.
func (d *device) restartWith(between func()) {
	d.t.Helper()
	d.stop()
	d.open()
	between()
	d.run()
}

// testContext ends some time before the test binary gives up.
func testContext(tb testing.TB) context.Context {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), time.Minute)
	tb.Cleanup(cancel)
	return ctx
}

// until waits until cond holds, looking whenever one of the devices changes.
func until(tb testing.TB, what string, cond func() bool, devices ...*device) {
	tb.Helper()
	ctx := testContext(tb)
	woken := make(chan struct{}, 1)
	for _, d := range devices {
		for _, s := range []*signal.Signal{d.Changed(), d.node.Changed()} {
			c, stop := s.Listen()
			defer stop()
			go func() {
				for range c {
					select {
					case woken <- struct{}{}:
					default:
					}
				}
			}()
		}
	}
	for !cond() {
		select {
		case <-woken:
		case <-ctx.Done():
			tb.Fatalf("waited in vain: %s\n%s", what, dump(devices))
		}
	}
}

func dump(devices []*device) string {
	var b bytes.Buffer
	for _, d := range devices {
		fmt.Fprintf(&b, "%s (%s): queue %d\n", d.opts.Name, d.id[:8], d.Queue())
		for _, e := range append(slices.Clone(d.Entries()), d.Deleted()...) {
			fmt.Fprintf(&b, "  %v %s here=%t deleted=%v holders", e.Digest, e.Name, e.Here(), e.Deleted)
			for _, id := range slices.Sorted(maps.Keys(e.Holders)) {
				fmt.Fprintf(&b, " %s:%+v", id[:8], e.Holders[id])
			}
			fmt.Fprintln(&b)
		}
	}
	return b.String()
}

// pair lets b join a's library.
func pair(tb testing.TB, a, b *device) {
	tb.Helper()
	ctx := testContext(tb)
	inv, err := a.GeneratePairCode(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	joined := make(chan error, 1)
	var words [4]string
	go func() {
		_, err := b.UsePairCode(ctx, inv.Code(), func(w [4]string) { words = w })
		joined <- err
	}()
	guest, err := inv.Wait(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	if guest.ID != b.id || guest.Name != b.opts.Name {
		tb.Fatalf("guest = %+v", guest)
	}
	if _, err := inv.Accept(ctx); err != nil {
		tb.Fatal(err)
	}
	if err := <-joined; err != nil {
		tb.Fatal(err)
	}
	if guest.Words != words {
		tb.Fatalf("words differ: %v and %v", guest.Words, words)
	}
	until(tb, "both online", func() bool { return a.Online(b.id) && b.Online(a.id) }, a, b)
}

// photo makes bytes that differ by seed.
func photo(seed string, size int) []byte {
	var out []byte
	sum := sha256.Sum256([]byte(seed))
	for len(out) < size {
		out = append(out, sum[:]...)
		sum = sha256.Sum256(sum[:])
	}
	return out[:size]
}

func digestOf(data []byte) Digest { return sha256.Sum256(data) }

// create imports a photo.
func (d *device) create(seed string, size int) Digest {
	d.t.Helper()
	data := photo(seed, size)
	e, err := d.Create(testContext(d.t), bytes.NewReader(data), Metadata{
		Name: seed + ".jpg", Time: time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC),
	})
	if err != nil {
		d.t.Fatal(err)
	}
	if e.Digest != digestOf(data) || !e.Here() {
		d.t.Fatalf("Create = %+v", e)
	}
	return e.Digest
}

func (d *device) entry(digest Digest) Entry {
	e, _ := d.Entry(digest)
	return e
}

func (d *device) sees(digest Digest) bool {
	e, err := d.Entry(digest)
	return err == nil && e.Deleted == nil
}

func (d *device) holds(who *device, digest Digest) bool {
	return d.entry(digest).Holders[who.id].Holds()
}

// must fails the test on an error.
func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// wantBytes checks the file here.
func (d *device) wantBytes(digest Digest, data []byte) {
	d.t.Helper()
	f, err := d.Fetch(testContext(d.t), digest)
	must(d.t, err)
	defer func() { _ = f.Close() }()
	got, err := io.ReadAll(f)
	must(d.t, err)
	if !bytes.Equal(got, data) {
		d.t.Errorf("%s: read %d bytes, want %d", d.opts.Name, len(got), len(data))
	}
}
