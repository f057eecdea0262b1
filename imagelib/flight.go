package imagelib

import (
	"context"
	"slices"
	"sync"
)

// asker is who waits for a picture, the most urgent first.
type asker int

const (
	onScreen    asker = iota // the person at this device looks
	otherDevice              // another device has asked
	nobody                   // it is done in the background
	askers
)

// gate lets a number of goroutines through at a time: the most urgent first, and of
// those who are as urgent the first to come. A view asks for what it shows before
// what is next to that, a few at a time, and takes back what has scrolled away: so
// what has waited for the longest is what matters most.
type gate struct {
	mu      sync.Mutex // guards all below
	free    int
	waiting [askers][]chan struct{}
}

func newGate(n int) *gate { return &gate{free: n} }

// enter blocks until it is this goroutine's turn. leave must follow when it
// returns nil.
func (g *gate) enter(ctx context.Context, who asker) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g.mu.Lock()
	if g.free > 0 {
		g.free--
		g.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	g.waiting[who] = append(g.waiting[who], turn)
	g.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.waiting[who], turn); i >= 0 {
		g.waiting[who] = slices.Delete(g.waiting[who], i, i+1)
	} else { // the turn came at the same moment
		g.pass()
	}
	return ctx.Err()
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pass()
}

// pass hands the place on. The caller holds mu.
func (g *gate) pass() {
	for who, list := range g.waiting {
		if len(list) > 0 {
			close(list[0])
			g.waiting[who] = list[1:]
			return
		}
	}
	g.free++
}

// flightKey is one piece of work that many may wait for.
type flightKey struct {
	digest   Digest
	geometry Geometry
	size     int // 0 = all sizes
}

// flights runs each piece of work once for all who want its result at the same
// time. The zero value is ready.
type flights[V any] struct {
	mu  sync.Mutex // guards now, and the waiters of each flight
	now map[flightKey]*flight[V]
}

type flight[V any] struct {
	done    chan struct{}
	result  V // valid, as err, once done is closed
	err     error
	waiters int
	cancel  context.CancelFunc
}

// do runs work, or waits for who runs it already. The work goes on until all
// who wait have given up.
func (f *flights[V]) do(ctx context.Context, key flightKey, work func(context.Context) (V, error)) (result V, err error) {
	f.mu.Lock()
	fl, ok := f.now[key]
	if !ok {
		fl = &flight[V]{done: make(chan struct{})}
		var inner context.Context
		inner, fl.cancel = context.WithCancel(context.WithoutCancel(ctx))
		if f.now == nil {
			f.now = map[flightKey]*flight[V]{}
		}
		f.now[key] = fl
		go f.run(inner, key, fl, work)
	}
	fl.waiters++
	f.mu.Unlock()
	select {
	case <-fl.done:
		return fl.result, fl.err
	case <-ctx.Done():
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl.waiters--; fl.waiters == 0 {
		fl.cancel()
		if f.now[key] == fl { // whoever comes now starts anew
			delete(f.now, key)
		}
	}
	return result, ctx.Err()
}

func (f *flights[V]) run(ctx context.Context, key flightKey, fl *flight[V], work func(context.Context) (V, error)) {
	defer fl.cancel()
	fl.result, fl.err = work(ctx)
	f.mu.Lock()
	if f.now[key] == fl {
		delete(f.now, key)
	}
	f.mu.Unlock()
	close(fl.done)
}
