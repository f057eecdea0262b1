package filelayer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// giver is a device with a link of its own, that all requests to it share.
type giver struct {
	data   []byte
	rate   float64       // bytes a second
	rtt    time.Duration // before each answer
	dies   int64         // fails after so many bytes; 0: never
	silent int64         // or says nothing more; 0: never
	refuse error         // answers with this

	link chan struct{} // held while bytes pass
	mu   sync.Mutex    // guards what follows
	sent int64
	asks int
}

func (g *giver) passed() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.sent
}

// givers are devices by their IDs.
type givers map[string]*giver

func (gs givers) open(ctx context.Context, id string, offset, end int64) (io.ReadCloser, error) {
	g := gs[id]
	g.mu.Lock()
	g.asks++
	dead := g.dies > 0 && g.sent >= g.dies
	g.mu.Unlock()
	select {
	case <-time.After(g.rtt):
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if g.refuse != nil {
		return nil, g.refuse
	}
	if dead {
		return nil, unanswered{}
	}
	return io.NopCloser(&giverBody{ctx, g, bytes.NewReader(g.data[offset:end])}), nil
}

type giverBody struct {
	ctx context.Context // of the request
	g   *giver
	r   io.Reader
}

func (b *giverBody) Read(p []byte) (int, error) {
	select {
	case b.g.link <- struct{}{}:
		defer func() { <-b.g.link }()
	case <-b.ctx.Done():
		return 0, context.Cause(b.ctx)
	}
	sent := b.g.passed()
	if b.g.silent > 0 && sent >= b.g.silent {
		<-b.ctx.Done()
		return 0, context.Cause(b.ctx)
	}
	if b.g.dies > 0 && sent >= b.g.dies {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := b.r.Read(p[:min(len(p), 16<<10)])
	select {
	case <-time.After(time.Duration(float64(n) / b.g.rate * float64(time.Second))):
	case <-b.ctx.Done():
		return 0, context.Cause(b.ctx)
	}
	b.g.mu.Lock()
	b.g.sent += int64(n)
	b.g.mu.Unlock()
	return n, err
}

// read reads a spread over the givers from offset on, and tells how long it took.
func (gs givers) read(t *testing.T, data []byte, offset int64, ids ...string) ([]byte, time.Duration, error) {
	t.Helper()
	last := offset
	for _, g := range gs {
		g.data, g.link = data, make(chan struct{}, 1)
	}
	began := time.Now()
	s := openSpread(t.Context(), ids, offset, int64(len(data)), spreadHooks{
		open: gs.open,
		tell: func(from []string, done int64) {
			if done <= last || len(from) == 0 {
				t.Errorf("told %d bytes after %d, from %v", done, last, from)
			}
			last = done
		},
		blame: func(id string, err error) error { return fmt.Errorf("from %s: %w", id, err) },
	})
	got, err := io.ReadAll(s)
	took := time.Since(began)
	must(t, s.Close())
	if err == nil && last != int64(len(data)) {
		t.Errorf("told %d bytes of %d", last, len(data))
	}
	return got, took, err
}

const mega = 1e6

// TestSpread: whatever one device does, a file comes from two as fast as both can
// send, and no slower than from the better one alone.
func TestSpread(t *testing.T) {
	t.Parallel()
	data := photo("spread", 60*mega)
	tests := []struct {
		name   string
		a, b   giver
		offset int64
		most   time.Duration // it may take
		least  [2]int64      // bytes that come from each
	}{
		{"equal", giver{rate: 2 * mega}, giver{rate: 2 * mega}, 0, 17 * time.Second, [2]int64{25 * mega, 25 * mega}},
		{"far away", giver{rate: 2 * mega, rtt: 300 * time.Millisecond}, giver{rate: 2 * mega, rtt: 300 * time.Millisecond}, 0, 19 * time.Second, [2]int64{25 * mega, 25 * mega}},
		{"one faster", giver{rate: 8 * mega}, giver{rate: 2 * mega}, 0, 7 * time.Second, [2]int64{44 * mega, 9 * mega}},
		{"one much faster", giver{rate: 40 * mega}, giver{rate: 0.1 * mega}, 0, 2200 * time.Millisecond, [2]int64{55 * mega, 0}},
		{"slow first", giver{rate: 0.02 * mega}, giver{rate: 10 * mega}, 0, 7 * time.Second, [2]int64{1, 55 * mega}},
		{"goes on", giver{rate: 2 * mega}, giver{rate: 2 * mega}, 40*mega + 17, 6 * time.Second, [2]int64{7 * mega, 7 * mega}},
		{"one dies", giver{rate: 2 * mega, dies: 10 * mega}, giver{rate: 2 * mega}, 0, 27 * time.Second, [2]int64{9 * mega, 48 * mega}},
		{"one falls silent", giver{rate: 2 * mega, silent: 10 * mega}, giver{rate: 2 * mega}, 0, 29 * time.Second, [2]int64{9 * mega, 48 * mega}},
		{"one is silent", giver{rate: 2 * mega, silent: -1}, giver{rate: 2 * mega}, 0, 34 * time.Second, [2]int64{0, 60 * mega}},
		{"one refuses", giver{rate: 2 * mega, refuse: errPausedThere}, giver{rate: 2 * mega}, 0, 31 * time.Second, [2]int64{0, 60 * mega}},
	}
	for i := range tests {
		tt := &tests[i]
		if tt.a.silent < 0 {
			tt.a.silent, tt.a.sent = 1, 1
		}
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				gs := givers{"a": &tt.a, "b": &tt.b}
				got, took, err := gs.read(t, data, tt.offset, "a", "b")
				if err != nil || !bytes.Equal(got, data[tt.offset:]) {
					t.Fatalf("read %d bytes, %v", len(got), err)
				}
				a, b := tt.a.passed(), tt.b.passed()
				t.Logf("took %v; %d and %d bytes, by %d and %d requests", took, a, b, tt.a.asks, tt.b.asks)
				if took > tt.most || a < tt.least[0] || b < tt.least[1] {
					t.Errorf("took %v, want at most %v; %d and %d bytes, want at least %v", took, tt.most, a, b, tt.least)
				}
				if twice := a + b - int64(len(got)); twice > 3*mega {
					t.Errorf("%d bytes came twice", twice)
				}
			})
		})
	}
}

// TestSpreadFails: when no device is left it fails, with what came before.
func TestSpreadFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		data := photo("spread", 20*mega)
		gs := givers{
			"a": {rate: mega, refuse: errWrongSize},
			"b": {rate: mega, dies: 12 * mega},
		}
		got, _, err := gs.read(t, data, 0, "a", "b")
		if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.As(err, new(unanswered)) || !bytes.Equal(got, data[:len(got)]) || len(got) < 10*mega {
			t.Errorf("read %d bytes, %v", len(got), err)
		}
		if n := gs["a"].asks; n > fetchers/2 {
			t.Errorf("who has another file was asked %d times", n)
		}
	})
}

// TestSpreadIsAskedAgain: a device whose link broke for a while gives again.
func TestSpreadIsAskedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		data := photo("spread", 60*mega)
		gs := givers{"a": {rate: 2 * mega, dies: 4 * mega}, "b": {rate: 2 * mega}}
		time.AfterFunc(4*time.Second, func() {
			gs["a"].mu.Lock()
			defer gs["a"].mu.Unlock()
			gs["a"].dies = 0
		})
		_, took, err := gs.read(t, data, 0, "a", "b")
		if n := gs["a"].passed(); err != nil || n < 20*mega || took > 22*time.Second {
			t.Errorf("%d bytes from it, took %v, %v", n, took, err)
		}
	})
}
