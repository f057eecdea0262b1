package filelayer

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
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

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.steps", "200"); err != nil { // unless the command line says otherwise; see TestModel
		panic(err)
	}
	goleak.VerifyTestMain(m)
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
	must(d.t, d.tryOpen())
}

func (d *device) tryOpen() error {
	d.t.Helper()
	d.node = newNode(d.net, d.id)
	opts := d.opts
	opts.Network, opts.Dial = d.node, d.node.dial
	opts.Transport = &http.Transport{DialContext: d.node.dial, MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute}
	opts.Listener, opts.PairListener = d.node.listen(d.t, PeerPort), d.node.listen(d.t, PairPort)
	var err error
	if d.Layer, err = Open(opts); err != nil {
		return errors.Join(err, opts.Listener.Close(), opts.PairListener.Close())
	}
	d.now = func() time.Time { return time.Now().Add(time.Duration(d.skew.Load())) }
	return nil
}

func (d *device) start() {
	d.t.Helper()
	d.open()
	d.run()
}

func (d *device) run() {
	d.t.Helper()
	must(d.t, d.tryRun())
}

// tryRun fails when Run ends before the device is ready.
func (d *device) tryRun() error {
	d.t.Helper()
	ctx, cancel := context.WithCancel(context.Background()) // ends in stop, which a cleanup calls
	d.net.mu.Lock()
	d.net.nodes[d.id] = d.node
	d.net.mu.Unlock()
	ready, fail := context.WithCancelCause(testContext(d.t))
	done := make(chan error, 1)
	layer := d.Layer
	go func() {
		err := layer.Run(ctx)
		fail(err)
		done <- err
	}()
	end := func() (ran, closed error) {
		d.net.mu.Lock()
		delete(d.net.nodes, d.id)
		d.net.mu.Unlock()
		cancel()
		d.node.hangUp(func(*conn) bool { return true })
		d.net.raise()
		return <-done, layer.Close()
	}
	if err := d.Ready(ready); err != nil {
		d.stop = func() {}
		return errors.Join(err, errors.Join(end()))
	}
	d.stop = sync.OnceFunc(func() {
		ran, closed := end()
		if err := errors.Join(ran, closed); err != nil {
			d.t.Errorf("%s: Run = %v, Close = %v", d.opts.Name, ran, closed)
		}
	})
	d.net.raise()
	return nil
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
			for id, h := range e.Holders.All() {
				fmt.Fprintf(&b, " %s:%+v", id[:8], h)
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
	meet(tb, a, b)
}

// meet waits until two devices are online for each other.
func meet(tb testing.TB, a, b *device) {
	tb.Helper()
	until(tb, a.opts.Name+" and "+b.opts.Name+" are online", func() bool { return a.Online(b.id) && b.Online(a.id) }, a, b)
}

// newPair starts two devices of one library.
func newPair(tb testing.TB) (a, b *device) {
	tb.Helper()
	a = newDevice(tb, newOverlay(), "a")
	return a, a.invite("b")
}

// invite starts one more device of d's library.
func (d *device) invite(name string) *device {
	d.t.Helper()
	guest := newDevice(d.t, d.net, name)
	pair(d.t, d, guest)
	return guest
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

// show imports a photo that another device then sees.
func (d *device) show(other *device, seed string, size int) Digest {
	d.t.Helper()
	digest := d.create(seed, size)
	until(d.t, other.opts.Name+" sees "+seed, func() bool { return other.sees(digest) }, other)
	return digest
}

// sharedFiles imports photos on a that b then holds as well.
func sharedFiles(t *testing.T, a, b *device, n int) []Digest {
	t.Helper()
	var ds []Digest
	for i := range n {
		ds = append(ds, a.create("shared"+strconv.Itoa(i), 1000+i))
	}
	until(t, "b sees all", func() bool { return len(b.Entries()) == n }, b)
	must(t, b.SaveAll(testContext(t), ds, nil))
	until(t, "a knows the copies of b", func() bool {
		for _, d := range ds {
			if !a.holds(b, d) {
				return false
			}
		}
		return true
	}, a)
	return ds
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
	return d.entry(digest).Holders.Of(who.id).Holds()
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
