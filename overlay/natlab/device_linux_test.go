package natlab

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/libpaul/paul/internal/signal"
	"github.com/libpaul/paul/overlay"
)

// device is a node in a process and a namespace of its own.
type device struct {
	name    string
	key     ed25519.PublicKey
	process *process
	in      io.WriteCloser
	told    signal.Signal // something was added to what follows

	mu      sync.Mutex // guards what follows
	orders  int
	answers map[int]report
	paths   []report // as they changed
	failed  error    // the process ended, or its node did
}

// seeds are of keys in ascending order, so that who is the smaller is chosen
// by number.
var seeds = sync.OnceValue(func() [][]byte {
	var list [][]byte
	for i := range 8 {
		seed := sha256.Sum256([]byte{byte(i)})
		list = append(list, seed[:])
	}
	slices.SortFunc(list, func(a, b []byte) int {
		return bytes.Compare(publicKey(a), publicKey(b))
	})
	return list
})

func publicKey(seed []byte) ed25519.PublicKey {
	return ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
}

// startDevice starts one with a seed of seeds, until the test ends.
func startDevice(t *testing.T, name string, n *netns, seed []byte, o nodeOptions) *device {
	t.Helper()
	dir := t.TempDir()
	o.KeyFile = filepath.Join(dir, "key")
	if err := os.WriteFile(o.KeyFile, []byte(hex.EncodeToString(seed)), 0o600); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	d := &device{name: name, key: publicKey(seed), answers: map[int]report{}}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), agentEnv+"=1")
	reports, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = out, log
	if d.in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	d.process, err = n.start(cmd)
	_ = out.Close() // the process has its own
	if err != nil {
		t.Fatal(err)
	}
	go d.listen(reports)
	t.Cleanup(func() {
		d.end(t)
		_ = reports.Close()
		_ = log.Close()
		if t.Failed() {
			d.show(t, log.Name())
		}
	})
	d.order(t, order{Op: opOpen, Node: o})
	return d
}

// end lets the process leave in order.
func (d *device) end(t *testing.T) {
	t.Helper()
	_ = d.in.Close()
	select {
	case <-d.process.ended:
		if err := d.process.err; err != nil {
			t.Errorf("%s: %v", d.name, err)
		}
	case <-time.After(patience):
		t.Errorf("%s does not end", d.name)
		_ = d.process.Kill()
		<-d.process.ended
	}
}

// show logs what the device has said last.
func (d *device) show(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Error(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.paths {
		lines = append(lines, fmt.Sprintf("%s path %+v", p.At.Format("15:04:05.000"), *p.Path))
	}
	t.Logf("%s %x:\n%s", d.name, d.key[:4], strings.Join(lines[max(0, len(lines)-80):], "\n"))
}

func (d *device) listen(reports io.Reader) {
	lines := json.NewDecoder(reports)
	for {
		var r report
		err := lines.Decode(&r)
		d.mu.Lock()
		switch {
		case err != nil:
			d.failed = errors.Join(d.failed, fmt.Errorf("%s has ended: %w", d.name, err))
		case r.ID != 0:
			d.answers[r.ID] = r
		case r.Path != nil:
			d.paths = append(d.paths, r)
		default:
			d.failed = errors.New(r.Err)
		}
		d.mu.Unlock()
		d.told.Raise()
		if err != nil {
			return
		}
	}
}

// order sends an order and returns its report; the test fails if it could not
// be followed.
func (d *device) order(t *testing.T, o order) report {
	t.Helper()
	r := d.try(t, o)
	if r.Err != "" {
		t.Fatalf("%s: %s: %s", d.name, o.Op, r.Err)
	}
	return r
}

// try does as order, but leaves it to the caller if it could not be followed.
func (d *device) try(t *testing.T, o order) report {
	t.Helper()
	d.mu.Lock()
	d.orders++
	o.ID = d.orders
	d.mu.Unlock()
	if err := json.NewEncoder(d.in).Encode(o); err != nil {
		t.Fatalf("%s: %v", d.name, err)
	}
	var r report
	d.await(t, o.Op, func() bool {
		var ok bool
		r, ok = d.answers[o.ID]
		return ok
	})
	return r
}

// await waits until cond holds, which is called with mu held whenever the
// device has told something.
func (d *device) await(t *testing.T, what string, cond func() bool) {
	t.Helper()
	woken, stop := d.told.Listen()
	defer stop()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		d.mu.Lock()
		ok, failed := cond(), d.failed
		d.mu.Unlock()
		if ok {
			return
		}
		if failed != nil {
			t.Fatalf("%s: %s: %v", d.name, what, failed)
		}
		select {
		case <-woken:
		case <-timer.C:
			t.Fatalf("%s: waited in vain: %s", d.name, what)
		}
	}
}

// pathsTo returns how the path to a device has changed since an instant, and
// what it was before in the first place. The caller holds mu.
func (d *device) pathsTo(key ed25519.PublicKey, since time.Time) []report {
	before := report{Path: &overlay.Path{Kind: overlay.PathOffline}}
	list := []report{before}
	for _, r := range d.paths {
		switch {
		case !r.Key.Equal(key):
		case r.At.Before(since):
			list[0] = r
		default:
			list = append(list, r)
		}
	}
	return list
}

// awaitPath waits until the path to other is of one of the kinds, at since or
// after it. It returns that path, and when it came to be.
func (d *device) awaitPath(t *testing.T, other *device, since time.Time, kinds ...string) (overlay.Path, time.Time) {
	t.Helper()
	var now report
	d.await(t, fmt.Sprintf("path to %s %v", other.name, kinds), func() bool {
		list := d.pathsTo(other.key, since)
		now = list[len(list)-1]
		return slices.Contains(kinds, now.Path.Kind)
	})
	if now.At.Before(since) {
		now.At = since
	}
	return *now.Path, now.At
}

// seenPaths returns the kinds of path to other, in order.
func (d *device) seenPaths(other *device, since time.Time) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var kinds []string
	for _, r := range d.pathsTo(other.key, since) {
		if len(kinds) == 0 || kinds[len(kinds)-1] != r.Path.Kind {
			kinds = append(kinds, r.Path.Kind)
		}
	}
	return kinds
}

// wanBytes returns what the device's interface to the internet has received
// and sent, as its kernel counts.
func (d *device) wanBytes(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/dev", d.process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		name, counters, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok || name != wan {
			continue
		}
		var rx, tx, skip int64
		if _, err := fmt.Sscan(counters, &rx, &skip, &skip, &skip, &skip, &skip, &skip, &skip, &tx); err != nil {
			t.Fatal(err)
		}
		return rx + tx
	}
	t.Fatalf("%s has no interface %s:\n%s", d.name, wan, text)
	return 0
}
