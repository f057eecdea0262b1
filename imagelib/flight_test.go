package imagelib

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// TestGate: who is most urgent goes first, then who has waited for the longest; who
// gives up takes nobody's place.
func TestGate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1)
		if err := g.enter(t.Context(), nobody); err != nil {
			t.Fatal(err)
		}
		var order []int
		gone, cancel := context.WithCancel(t.Context())
		for i, who := range []asker{nobody, onScreen, otherDevice, onScreen, onScreen, nobody} {
			ctx := t.Context()
			if i == 3 {
				ctx = gone
			}
			go func() {
				if err := g.enter(ctx, who); err != nil {
					return
				}
				order = append(order, i)
				g.leave()
			}()
			synctest.Wait()
		}
		cancel()
		synctest.Wait()
		g.leave()
		synctest.Wait()
		if !slices.Equal(order, []int{1, 4, 2, 0, 5}) {
			t.Errorf("served %v", order)
		}
		if err := g.enter(t.Context(), onScreen); err != nil || g.free != 0 {
			t.Errorf("the last place was lost: %v, %d free", err, g.free)
		}
		if err := g.enter(gone, onScreen); !errors.Is(err, context.Canceled) {
			t.Errorf("entered though cancelled: %v", err)
		}
	})
}

// TestVisibleBeforePrefetched: of what a view asks for, in the order of a screen, by
// more workers than there are places, nothing that is next to the screen is drawn
// before something that is on it.
func TestVisibleBeforePrefetched(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, wishes, order := newGate(2), make(chan int, 40), make(chan int, 40)
		for i := range cap(wishes) {
			wishes <- i
		}
		close(wishes)
		step := make(chan struct{})
		for range 4 {
			go func() {
				for i := range wishes {
					if g.enter(t.Context(), onScreen) == nil {
						order <- i
						<-step
						g.leave()
					}
				}
			}()
			synctest.Wait()
		}
		for range cap(wishes) {
			step <- struct{}{}
			synctest.Wait()
		}
		for want := range cap(order) {
			if got := <-order; got != want {
				t.Fatalf("wish %d is served as number %d", got, want)
			}
		}
	})
}

func TestFlights(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var f flights[int]
		var runs atomic.Int32
		open := make(chan struct{})
		work := func(ctx context.Context) (int, error) {
			runs.Add(1)
			select {
			case <-open:
				return 1, nil
			case <-ctx.Done():
				return 0, ctx.Err()
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		results := make(chan error, 3)
		for _, ctx := range []context.Context{ctx, t.Context(), t.Context()} {
			go func() {
				v, err := f.do(ctx, flightKey{}, work)
				if err == nil && v != 1 {
					err = errors.New("no result")
				}
				results <- err
			}()
		}
		synctest.Wait()
		cancel() // one of three: the others still want it
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Errorf("the one who gave up: %v", err)
		}
		close(open)
		if err := errors.Join(<-results, <-results); err != nil {
			t.Error(err)
		}
		if n := runs.Load(); n != 1 {
			t.Errorf("ran %d times", n)
		}

		open = make(chan struct{})
		ctx, cancel = context.WithCancel(t.Context())
		go func() {
			_, err := f.do(ctx, flightKey{}, work)
			results <- err
		}()
		synctest.Wait()
		cancel() // all: the work is told to stop
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Errorf("the last who gave up: %v", err)
		}
		synctest.Wait()
		if len(f.now) != 0 {
			t.Error("the flight is still there")
		}
	})
}
