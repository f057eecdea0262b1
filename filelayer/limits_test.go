package filelayer

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestLimitHoldsOverAllStreams: several streams together move what the limit
// allows, no more and not much less, and take a new limit at once.
func TestLimitHoldsOverAllStreams(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const perSecond, streams, each = 100_000, 8, 250_000
		var f flow
		f.set(Limits{Down: perSecond})
		run := func() time.Duration {
			began := time.Now()
			var wg sync.WaitGroup
			for range streams {
				wg.Go(func() {
					body := &guarded{ctx: t.Context(), cancel: func(error) {}, guard: time.NewTimer(time.Hour), stall: time.Hour, body: io.NopCloser(bytes.NewReader(make([]byte, each))), limit: &f.down}
					if n, err := io.Copy(io.Discard, body); n != each || err != nil {
						t.Errorf("read %d bytes, %v", n, err)
					}
				})
			}
			wg.Wait()
			return time.Since(began)
		}
		whole := time.Duration(streams * each / perSecond * float64(time.Second))
		if took := run(); took < whole-time.Second || took > whole+time.Second {
			t.Errorf("took %v, want %v", took, whole)
		}
		time.AfterFunc(whole/2, func() { f.set(Limits{}) })
		if took := run(); took < whole/2 || took > whole/2+time.Second {
			t.Errorf("with the limit taken back in the middle: took %v, want %v", took, whole/2)
		}
		if err := (&Limits{Up: LeastRate - 1}).Check(); !errors.Is(err, ErrLowLimit) {
			t.Errorf("a limit too low: %v", err)
		}
	})
}

// TestLimitIsNoSilence: waiting for the limit is not held against the device,
// whose own silence still is.
func TestLimitIsNoSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const size = 5 * LeastRate
		l := &Layer{stall: 50 * time.Millisecond} // less than a piece takes
		l.flow.set(Limits{Down: LeastRate})
		open := func(body io.Reader) io.ReadCloser {
			r, err := l.guard(t.Context(), func(ctx context.Context) (io.ReadCloser, error) {
				return &silentBody{Reader: body, done: ctx.Done(), Closer: io.NopCloser(nil)}, nil
			})
			must(t, err)
			return r
		}
		r := open(bytes.NewReader(make([]byte, size)))
		if n, err := io.CopyN(io.Discard, r, size); n != size || err != nil {
			t.Errorf("read %d bytes, %v", n, err)
		}
		began := time.Now()
		if _, err := io.Copy(io.Discard, r); !errors.Is(err, errStalled) || time.Since(began) > time.Second {
			t.Errorf("a silent device: %v after %v", err, time.Since(began))
		}
		must(t, r.Close())
	})
}

// ranges notes from where on files are asked for.
type ranges struct {
	http.RoundTripper
	mu   sync.Mutex // guards from
	from []string
}

func (r *ranges) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasPrefix(req.URL.Path, "/blob/") {
		r.mu.Lock()
		r.from = append(r.from, req.Header.Get("Range"))
		r.mu.Unlock()
	}
	return r.RoundTripper.RoundTrip(req)
}

// resumed says whether a file was asked for from its middle on.
func (r *ranges) resumed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.from, func(s string) bool { return s != "" })
}

func TestPauseStopsAtTheByte(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	asked := &ranges{}
	b.restartWith(func() { asked.RoundTripper, b.client.Transport = b.client.Transport, asked })
	meet(t, a, b)
	large, other, third := a.show(b, "large", 5_000_000), a.show(b, "other", 300_000), a.show(b, "third", 2000)

	must(t, b.SetLimits(Limits{Down: 400_000}))
	saved := make(chan error, 1)
	go func() { _, err := b.Save(ctx, large); saved <- err }() // before the pause: it waits
	until(t, "a part has come", func() bool { ts := b.Transfers(); return len(ts) == 1 && ts[0].Done > 0 }, b)
	must(t, b.SetLimits(Limits{Paused: true}))
	until(t, "it has stopped", func() bool { ts := b.Transfers(); return len(ts) == 1 && ts[0].Err == errPaused.Error() }, b)
	must(t, b.Want(ctx, third))
	until(t, "another is wished for", func() bool { return b.Queue() == 2 }, b)

	b.wantBytes(other, photo("other", 300_000)) // what is asked for now comes
	_, err := b.Save(ctx, other)
	must(t, err)
	if b.entry(large).Here() || b.entry(third).Here() || b.Queue() != 2 {
		t.Errorf("fetched while paused; queue %d", b.Queue())
	}
	select {
	case err := <-saved:
		t.Errorf("Save = %v while paused", err)
	default:
	}

	must(t, b.SetLimits(Limits{}))
	must(t, <-saved)
	if !asked.resumed() {
		t.Error("it was asked for from its beginning on")
	}
	b.wantBytes(large, photo("large", 5_000_000))
	until(t, "the other one came by itself", func() bool { return b.entry(third).Here() && b.Queue() == 0 }, b)
}

// TestSmallFilesKeepTheLimit also pauses in the middle of an answer with many.
func TestSmallFilesKeepTheLimit(t *testing.T) {
	t.Parallel()
	const n = 300 // of 1 kB and a little
	for name, limit := range map[string]func(a, b *device) error{
		"down": func(_, b *device) error { return b.SetLimits(Limits{Down: 200_000}) },
		"up":   func(a, _ *device) error { return a.SetLimits(Limits{Up: 200_000}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b, ds, asked := smallFiles(t, n, nil)
			must(t, limit(a, b))
			began := time.Now()
			must(t, b.Want(testContext(t), ds...))
			until(t, "they come", func() bool { return len(b.Transfers()) > 0 }, b)
			m := b.Limits()
			m.Paused = true
			must(t, b.SetLimits(m))
			until(t, "nothing runs", func() bool {
				for _, tr := range b.Transfers() {
					if tr.Err == "" {
						return false
					}
				}
				return true
			}, b)
			m.Paused = false
			must(t, b.SetLimits(m))
			until(t, "all are here", func() bool { return b.Queue() == 0 }, b)
			if took := time.Since(began); took < time.Second {
				t.Errorf("took %v", took)
			}
			if asked.many == 0 || len(b.Faults()) > 0 {
				t.Errorf("asked for several %d times; faults %v", asked.many, b.Faults())
			}
			for i, d := range ds {
				if !b.entry(d).Here() {
					t.Errorf("file %d is not here", i)
				}
			}
		})
	}
}

func TestServingPaused(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := a.show(b, "photo", 3_000_000)
	must(t, a.SetLimits(Limits{Up: 400_000}))
	saved := make(chan error, 1)
	go func() { _, err := b.Save(ctx, d); saved <- err }()
	until(t, "a part has come", func() bool { ts := b.Transfers(); return len(ts) == 1 && ts[0].Done > 0 }, b)
	must(t, a.SetLimits(Limits{ServingPaused: true}))
	if err := <-saved; !errors.Is(err, ErrNoHolder) {
		t.Errorf("Save = %v", err)
	}
	if _, err := b.Fetch(ctx, d); !errors.Is(err, errPausedThere) {
		t.Errorf("Fetch = %v", err)
	}
	must(t, a.SetLimits(Limits{}))
	until(t, "b has it, by itself", func() bool { return b.entry(d).Here() && b.Queue() == 0 }, b)
	b.wantBytes(d, photo("photo", 3_000_000))
}
