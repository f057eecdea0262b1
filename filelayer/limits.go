package filelayer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

	"golang.org/x/time/rate"
)

// LeastRate is the lowest limit, in bytes a second: below it, several streams
// at once would each look as if their sender had fallen silent.
const LeastRate = 20_000

// pausedHeader marks the answer of a device that sends no originals for now.
const pausedHeader = "Paul-Paused"

var (
	errPaused      = errors.New("transfers are paused")
	errPausedThere = errors.New("sending is paused there (pauld resume, on that device, ends that)")
)

// Limits say what originals may move between this device and others. Records
// and thumbnails are not held up. The zero Limits hold up nothing.
type Limits struct {
	// Down and Up are bytes a second, over all transfers together: of what is
	// fetched from other devices, and of what is sent to them. 0 is no limit,
	// else at least LeastRate.
	Down, Up int64

	// Paused keeps what is wished for in the queue: what runs stops at the byte,
	// and goes on there afterwards. What somebody asks for while it is paused,
	// with Save or Fetch, is fetched all the same.
	Paused bool

	// ServingPaused keeps other devices from fetching originals here.
	ServingPaused bool
}

// Check returns ErrLowLimit for limits that cannot be kept.
func (m Limits) Check() error {
	for _, n := range []int64{m.Down, m.Up} {
		if n != 0 && n < LeastRate {
			return fmt.Errorf("%w: %d bytes a second; the lowest is %d", ErrLowLimit, n, LeastRate)
		}
	}
	return nil
}

// SetLimits changes the limits, from now on until Close, also for transfers
// that run. With ErrLowLimit nothing has changed.
func (l *Layer) SetLimits(m Limits) error {
	if err := m.Check(); err != nil {
		return err
	}
	l.flow.set(m)
	l.queue.pause(m.Paused)
	l.changed.Raise()
	return nil
}

// Limits returns the limits that hold.
func (l *Layer) Limits() Limits { return l.flow.get() }

// flow keeps the limits.
type flow struct {
	down, up gauge

	mu     sync.Mutex // guards limits, and orders changes of the gauges
	limits Limits
}

func (f *flow) get() Limits {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.limits
}

func (f *flow) set(m Limits) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m.Down != f.limits.Down {
		f.down.set(m.Down)
	}
	if m.Up != f.limits.Up {
		f.up.set(m.Up)
	}
	f.limits = m
}

// gauge lets so many bytes a second through. The zero gauge lets all through.
type gauge struct{ limiter atomic.Pointer[rate.Limiter] }

func (g *gauge) set(perSecond int64) {
	if perSecond == 0 {
		g.limiter.Store(nil)
		return
	}
	g.limiter.Store(rate.NewLimiter(rate.Limit(perSecond), int(perSecond/8)))
}

// piece is how many of n bytes to move before the next wait: so few that many
// streams take turns within a second, and hear of a new limit as soon.
func (g *gauge) piece(n int) int {
	if lim := g.limiter.Load(); lim != nil {
		return min(n, lim.Burst()/2)
	}
	return n
}

// wait returns once n more bytes may have moved, or with the cause of ctx.
func (g *gauge) wait(ctx context.Context, n int) error {
	for n > 0 {
		lim := g.limiter.Load()
		if lim == nil {
			return nil
		}
		some := min(n, lim.Burst())
		if err := lim.WaitN(ctx, some); err != nil {
			if ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			return err
		}
		n -= some
	}
	return nil
}

// upward makes a handler of originals keep the limits of what is sent.
func (l *Layer) upward(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if l.flow.get().ServingPaused {
			w.Header().Set(pausedHeader, "1")
			http.Error(w, "sending is paused on this device", http.StatusServiceUnavailable)
			return
		}
		serve(&paced{ResponseWriter: w, ctx: r.Context(), flow: &l.flow}, r)
	}
}

// paced writes an answer no faster than the limit. Its ctx is that of the request.
type paced struct {
	http.ResponseWriter
	ctx  context.Context
	flow *flow
}

func (p *paced) Unwrap() http.ResponseWriter { return p.ResponseWriter }

func (p *paced) Write(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		if p.flow.get().ServingPaused {
			return n, errPaused
		}
		piece := b[n : n+p.flow.up.piece(len(b)-n)]
		if err = p.flow.up.wait(p.ctx, len(piece)); err == nil {
			var m int
			m, err = p.ResponseWriter.Write(piece)
			n += m
		}
	}
	return n, err
}

// ReadFrom sends a file in pieces that suit the overlay.
func (p *paced) ReadFrom(r io.Reader) (int64, error) { return copyPieces(p, r) }
