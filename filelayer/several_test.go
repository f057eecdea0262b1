package filelayer

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// served counts the bytes of originals that come to a device, by who sends them.
type served struct {
	http.RoundTripper
	mu    sync.Mutex // guards what follows
	from  map[string]int64
	other string           // a device that answers as if it had another file
	cut   map[string]int64 // a device's answers end after so many bytes in all
}

func (s *served) RoundTrip(req *http.Request) (*http.Response, error) {
	id := peerID(req.URL.Host)
	resp, err := s.RoundTripper.RoundTrip(req)
	if err == nil && strings.HasPrefix(req.URL.Path, "/blob/") {
		if id == s.other {
			resp.Header.Set("Content-Range", "bytes 0-99/100")
		}
		resp.Body = &servedBody{resp.Body, s, id}
	}
	return resp, err
}

type servedBody struct {
	io.ReadCloser
	s  *served
	id string
}

func (b *servedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	b.s.from[b.id] += int64(n)
	if most, ok := b.s.cut[b.id]; ok && b.s.from[b.id] > most {
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

func (s *served) bytes(d *device) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.from[d.id]
}

const severalSize = 12_000_000

// several starts devices a and b that hold a file, and c that does not.
func several(t *testing.T) (a, b, c *device, d Digest, s *served) {
	t.Helper()
	a, b = newPair(t)
	c = a.invite("c")
	d = a.show(b, "large", severalSize)
	_, err := b.Save(testContext(t), d)
	must(t, err)
	c.restartWith(func() {
		s = &served{RoundTripper: c.client.Transport, from: make(map[string]int64), cut: make(map[string]int64)}
		c.client.Transport, c.spreadFrom = s, 1_000_000
	})
	until(t, "c knows both", func() bool {
		return c.holds(a, d) && c.holds(b, d) && c.Online(a.id) && c.Online(b.id)
	}, c)
	return a, b, c, d, s
}

// TestSeveralHolders: a large file comes from both devices that hold it, whatever
// one of them does, and is told to.
func TestSeveralHolders(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		before func(a, b, c *device, s *served)
		least  int64 // bytes from each
	}{
		"both": {func(a, b, _ *device, _ *served) {
			must(t, a.SetLimits(Limits{Up: 8e6}))
			must(t, b.SetLimits(Limits{Up: 8e6}))
		}, 3e6},
		"one slow":    {func(a, _, _ *device, _ *served) { must(t, a.SetLimits(Limits{Up: LeastRate})) }, 1},
		"one ends":    {func(a, b, _ *device, s *served) { s.cut[a.id] = 2e6; must(t, b.SetLimits(Limits{Up: 8e6})) }, 2e6},
		"one says no": {func(a, _, _ *device, _ *served) { must(t, a.SetLimits(Limits{ServingPaused: true})) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b, c, d, s := several(t)
			tt.before(a, b, c, s)
			began := time.Now()
			_, err := c.Save(testContext(t), d)
			must(t, err)
			t.Logf("took %v; %d bytes from a, %d from b", time.Since(began), s.bytes(a), s.bytes(b))
			if s.bytes(a) < tt.least || s.bytes(b) < tt.least {
				t.Errorf("%d bytes from a, %d from b", s.bytes(a), s.bytes(b))
			}
			if len(c.Faults()) > 0 {
				t.Errorf("blamed: %v", c.Faults())
			}
			c.wantBytes(d, photo("large", severalSize))
		})
	}
}

// TestSeveralToldOf: all devices that a file comes from are named while it does,
// also when it is only looked at, and a limit holds over all of them.
func TestSeveralToldOf(t *testing.T) {
	t.Parallel()
	a, b, c, d, _ := several(t)
	must(t, c.SetLimits(Limits{Down: 6e6}))
	began := time.Now()
	fetched := make(chan error, 1)
	go func() {
		f, err := c.Fetch(testContext(t), d)
		if err == nil {
			err = f.Close()
		}
		fetched <- err
	}()
	until(t, "both are named", func() bool {
		ts := c.Transfers()
		return len(ts) == 1 && len(ts[0].From) == 2 && ts[0].Done > 1e6 && ts[0].Done < severalSize
	}, c)
	c.queue.leastBusy([]string{a.id, b.id})
	must(t, <-fetched)
	if took := time.Since(began); took < severalSize/6e6*time.Second-time.Second {
		t.Errorf("took %v", took)
	}
	c.wantBytes(d, photo("large", severalSize))
}

// TestOneOfSeveralLies: nobody can be blamed for bytes of two, so each is asked
// alone; then who lied is known, and the file comes from the other.
func TestOneOfSeveralLies(t *testing.T) {
	t.Parallel()
	a, b, c, d, s := several(t)
	a.lie(func(data []byte) []byte { // wherever a gives a part
		for i := range data {
			data[i] ^= 1
		}
		return data
	})
	must(t, b.SetLimits(Limits{Up: 8e6}))
	_, err := c.Save(testContext(t), d)
	must(t, err)
	c.wantBytes(d, photo("large", severalSize))
	for _, f := range c.Faults() {
		if f.Device != a.id || f.Digest != d {
			t.Errorf("blamed: %+v", f)
		}
	}
	if s.bytes(a) == 0 || s.bytes(b) < severalSize {
		t.Errorf("%d bytes from a, %d from b", s.bytes(a), s.bytes(b))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t.Logf("%d bytes from a, %d from b; faults %d", s.from[a.id], s.from[b.id], len(c.Faults()))
}

// TestOneOfSeveralHasAnother: a device whose file has another size is set aside,
// and the rest comes from the other.
func TestOneOfSeveralHasAnother(t *testing.T) {
	t.Parallel()
	a, _, c, d, s := several(t)
	s.other = a.id
	_, err := c.Save(testContext(t), d)
	must(t, err)
	if f := c.Faults(); len(f) == 0 || f[0].Device != a.id || f[0].Digest != d {
		t.Errorf("blamed: %+v", f)
	}
	c.wantBytes(d, photo("large", severalSize))
}

// TestSeveralGoOn: a pause and a restart in the middle cost only what is in memory.
func TestSeveralGoOn(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]func(*device, Digest){
		"pause": func(c *device, d Digest) {
			must(t, c.SetLimits(Limits{Paused: true}))
			until(t, "it has stopped", func() bool { ts := c.Transfers(); return len(ts) == 1 && ts[0].Err == errPaused.Error() }, c)
			if done, kept := c.Transfers()[0].Done, c.kept(d); done != kept || done < 1e6 {
				t.Errorf("told %d bytes, kept %d", done, kept)
			}
			must(t, c.SetLimits(Limits{}))
		},
		"restart": func(c *device, _ Digest) {
			transport := c.client.Transport
			c.restartWith(func() { c.client.Transport, c.spreadFrom = transport, 1_000_000 })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b, c, d, s := several(t)
			must(t, c.SetLimits(Limits{Down: 3e6}))
			must(t, c.Want(testContext(t), d))
			until(t, "some have come", func() bool { ts := c.Transfers(); return len(ts) == 1 && ts[0].Done > 6e6 }, c)
			stop(c, d)
			until(t, "all has come", func() bool { return c.entry(d).Here() && c.Queue() == 0 }, c)
			n := s.bytes(a) + s.bytes(b)
			t.Logf("%d bytes from a, %d from b", s.bytes(a), s.bytes(b))
			if n > severalSize+6e6 || s.bytes(a) == 0 || s.bytes(b) == 0 {
				t.Errorf("%d bytes came for %d", n, severalSize)
			}
			c.wantBytes(d, photo("large", severalSize))
		})
	}
}

// kept is how much of a file that has not come whole is on the disk.
func (d *device) kept(digest Digest) (size int64) {
	d.t.Helper()
	must(d.t, filepath.WalkDir(d.opts.Library, func(_ string, e os.DirEntry, err error) error {
		if err == nil && e.Name() == digest.String() {
			fi, statErr := e.Info()
			if err = statErr; err == nil {
				size = fi.Size()
			}
		}
		return err
	}))
	return size
}
