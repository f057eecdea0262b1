package imagelib

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/thumb"
)

// full takes all places of a gate, and returns a func that gives them back.
func (g *gate) full(t *testing.T) (leave func()) {
	t.Helper()
	n := g.free
	for range n {
		if err := g.enter(t.Context(), onScreen); err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		for range n {
			g.leave()
		}
	}
}

func (g *gate) queue() (n int) {
	for _, list := range g.waiting {
		n += len(list)
	}
	return n
}

// TestScrolledAwayIsNotDrawn: who no longer wants a thumbnail waits for nothing, and
// nothing is drawn for them; what somebody else wants, too, is.
func TestScrolledAwayIsNotDrawn(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	d := importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": photoOf(1)})).Added[0]
	l.clearCache(t)
	synctest.Test(t, func(t *testing.T) {
		l.local = newGate(2) // of this bubble
		leave := l.local.full(t)
		scrolled, cancel := context.WithCancel(t.Context())
		gone := make(chan error, 2)
		ask := func(ctx context.Context, size int) {
			go func() {
				_, err := l.Thumbnail(ctx, d, size)
				gone <- err
			}()
			synctest.Wait()
		}
		ask(scrolled, thumb.Small)
		ask(scrolled, thumb.Large)
		if n := l.local.queue(); n != 1 {
			t.Errorf("%d wait to draw one photo", n)
		}
		cancel()
		synctest.Wait()
		if err := errors.Join(<-gone, <-gone); !errors.Is(err, context.Canceled) {
			t.Errorf("scrolled away: %v", err)
		}
		if l.local.queue() != 0 || len(l.flights.now) != 0 {
			t.Errorf("%d wait, %d are under way", l.local.queue(), len(l.flights.now))
		}
		leave()
		synctest.Wait()
		if _, err := l.cache.Get(d, thumb.Small); err == nil {
			t.Error("it was drawn all the same")
		}
		if _, err := l.Thumbnail(t.Context(), d, thumb.Small); err != nil {
			t.Errorf("wanted again: %v", err)
		}
	})
}

// TestScrolledAwayIsNotAsked: what was asked of another device is taken back there, be
// it waiting to ask or asking; and that device, which may be waiting to draw it, draws
// it for nobody.
func TestScrolledAwayIsNotAsked(t *testing.T) {
	t.Parallel()
	l, other := newTestLibrary(t), newTestLibrary(t)
	d := importAll(t, other, writeFiles(t, map[string][]byte{"1.jpg": photoOf(1)})).Added[0]
	other.clearCache(t)
	e, err := other.files.Entry(d)
	if err != nil {
		t.Fatal(err)
	}
	e.Path, e.Holders = "", filelayer.ByDevice(map[string]filelayer.Holder{"other": {Saved: true, N: 1, Verified: e.Time}})
	l.files.put(e)
	l.files.peers["other"] = other.thumbHandler()
	synctest.Test(t, func(t *testing.T) {
		l.remote, other.local = newGate(1), newGate(1)
		for _, step := range []struct {
			name            string
			hold            *gate
			asking, drawing int // who wait, here and there
		}{{"waiting to ask", l.remote, 1, 0}, {"asking", other.local, 0, 1}} {
			leave := step.hold.full(t)
			scrolled, cancel := context.WithCancel(t.Context())
			gone := make(chan error, 1)
			go func() {
				_, err := l.Thumbnail(scrolled, d, thumb.Small)
				gone <- err
			}()
			synctest.Wait()
			if l.remote.queue() != step.asking || other.local.queue() != step.drawing {
				t.Errorf("%s: %d wait here, %d there", step.name, l.remote.queue(), other.local.queue())
			}
			cancel()
			synctest.Wait()
			if err := <-gone; !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", step.name, err)
			}
			if l.remote.queue()+other.local.queue()+len(l.flights.now)+len(other.flights.now) != 0 {
				t.Errorf("%s: somebody goes on", step.name)
			}
			leave()
			synctest.Wait()
			if l.remote.free != 1 || other.local.free != 1 {
				t.Errorf("%s: a place was lost", step.name)
			}
		}
		if _, err := other.cache.Get(d, thumb.Small); err == nil {
			t.Error("it was drawn for nobody")
		}
		if _, err := l.Thumbnail(t.Context(), d, thumb.Small); err != nil {
			t.Errorf("wanted again: %v", err)
		}
	})
}
