package thumbs

import (
	"context"
	"errors"
	"image"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

func key(i int) Key { return Key{ID: ID{byte(i), byte(i >> 8)}, Size: 256} }

func keys(from, n int) []Key {
	var out []Key
	for i := from; i < from+n; i++ {
		out = append(out, key(i))
	}
	return out
}

func picture() *image.RGBA { return image.NewRGBA(image.Rect(0, 0, 16, 16)) } // 1 KB

// start runs a loader in the test's bubble and ends it with the test.
func start(t *testing.T, opts Options) *Loader {
	t.Helper()
	var screen sync.Mutex
	if opts.Post == nil {
		opts.Post = func(f func()) { screen.Lock(); defer screen.Unlock(); f() }
	}
	l := New(opts)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
	return l
}

func TestLoadsWhatIsWantedInBatches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		posts := make(chan func(), 100)
		l := start(t, Options{
			Load: func(context.Context, Key) (*image.RGBA, error) { return picture(), nil },
			Post: func(f func()) { posts <- f },
		})
		var got []Key
		c := l.Client(func(ks []Key) { got = append(got, ks...) })
		c.Want(keys(0, 20))
		synctest.Wait()
		if len(posts) != 1 {
			t.Fatalf("%d calls to the screen, want 1 for the whole batch", len(posts))
		}
		(<-posts)()
		if len(got) != 20 {
			t.Errorf("%d pictures announced, want 20", len(got))
		}
		if _, ok := l.Get(key(7)); !ok {
			t.Error("picture 7 is not in memory")
		}
	})
}

func TestDropsWhatScrolledAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var loaded []Key
		gate := make(chan struct{})
		l := start(t, Options{Workers: 1, Load: func(ctx context.Context, k Key) (*image.RGBA, error) {
			select {
			case <-gate:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			mu.Lock()
			defer mu.Unlock()
			loaded = append(loaded, k)
			return picture(), nil
		}})
		c := l.Client(func([]Key) {})
		c.Want(keys(0, 50))
		synctest.Wait() // one load runs
		c.Want(keys(100, 2))
		synctest.Wait() // it was cancelled
		close(gate)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if len(loaded) != 2 || loaded[0] != key(100) || loaded[1] != key(101) {
			t.Errorf("loaded %d pictures, want only the two wanted last", len(loaded))
		}
		if err := l.Failed(key(0)); err != nil {
			t.Errorf("a dropped load counts as failed: %v", err)
		}
	})
}

func TestNewestClientFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var order []Key
		gate := make(chan struct{})
		l := start(t, Options{Workers: 1, Load: func(_ context.Context, k Key) (*image.RGBA, error) {
			<-gate
			mu.Lock()
			defer mu.Unlock()
			order = append(order, k)
			return picture(), nil
		}})
		a, b := l.Client(func([]Key) {}), l.Client(func([]Key) {})
		a.Want(keys(0, 3))
		synctest.Wait()
		b.Want(keys(10, 2))
		close(gate)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if len(order) != 5 || order[1] != key(10) || order[2] != key(11) || order[3] != key(1) {
			t.Errorf("order %v", order)
		}
	})
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := start(t, Options{Bytes: 10 << 10, Load: func(context.Context, Key) (*image.RGBA, error) { return picture(), nil }})
		c := l.Client(func([]Key) {})
		for i := range 10 {
			c.Want(keys(i*10, 10))
			synctest.Wait()
		}
		if got := l.Bytes(); got > 10<<10 || got == 0 {
			t.Errorf("cache holds %d bytes, bound 10240", got)
		}
		if _, ok := l.Get(key(0)); ok {
			t.Error("the oldest picture is still in memory")
		}
		if _, ok := l.Get(key(99)); !ok {
			t.Error("the newest picture is gone")
		}
	})
}

func TestFailuresAreNotTriedAgainUntilRetry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		tries := 0
		l := start(t, Options{Load: func(context.Context, Key) (*image.RGBA, error) {
			mu.Lock()
			defer mu.Unlock()
			tries++
			if tries > 1 {
				return picture(), nil
			}
			return nil, errors.New("offline")
		}})
		c := l.Client(func([]Key) {})
		for range 3 {
			c.Want(keys(1, 1))
			synctest.Wait()
		}
		if l.Failed(key(1)) == nil {
			t.Fatal("the failure is not remembered")
		}
		l.Retry()
		if l.Failed(key(1)) == nil {
			t.Error("the failure is forgotten before another try has an end")
		}
		c.Want(keys(1, 1))
		synctest.Wait()
		if _, ok := l.Get(key(1)); !ok || tries != 2 || l.Failed(key(1)) != nil {
			t.Errorf("after Retry: in memory %v, %d tries, failure %v", ok, tries, l.Failed(key(1)))
		}
	})
}

// TestCancelledWishKeepsItsPlace: what scrolled away and came back before its load had
// noticed is loaded in its place of the order, not behind what is next to the screen.
func TestCancelledWishKeepsItsPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var order []Key
		gate := make(chan struct{})
		l := start(t, Options{Workers: 1, Load: func(ctx context.Context, k Key) (*image.RGBA, error) {
			<-gate // it notices late that nobody wants it
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			order = append(order, k)
			return picture(), nil
		}})
		c := l.Client(func([]Key) {})
		c.Want(keys(0, 1))
		synctest.Wait()
		c.Want(nil)
		c.Want([]Key{key(5), key(0), key(6), key(7)})
		close(gate)
		synctest.Wait()
		if !slices.Equal(order, []Key{key(5), key(0), key(6), key(7)}) {
			t.Errorf("loaded in the order %v", order)
		}
	})
}

// TestOldFailuresAreForgotten: a person who scrolls through a large library does not
// fill the memory with what could not be loaded; what is on the screen is known.
func TestOldFailuresAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := start(t, Options{Load: func(context.Context, Key) (*image.RGBA, error) { return nil, errors.New("cannot be drawn") }})
		c := l.Client(func([]Key) {})
		for i := range 2 * maxFailed / 100 {
			c.Want(keys(i*100, 100))
			synctest.Wait()
			for _, k := range keys(i*100, 100) {
				if l.Failed(k) == nil {
					t.Fatalf("%v, which is wanted, is forgotten", k)
				}
			}
		}
		if n := len(l.failed); n > maxFailed+100 {
			t.Errorf("%d failures are kept", n)
		}
	})
}
