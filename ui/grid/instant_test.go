package grid

import (
	"context"
	"errors"
	"image"
	"sync"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/thumbs"
)

// TestInstantsUntilThumbnailsCome: what can be had at once shows of all that is on the
// screen, and of nothing else, until the thumbnails come, and stays where they fail.
func TestInstantsUntilThumbnailsCome(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look.Theme{Name: "light"})
	src := newAlbum(60)
	posts := make(chan func(), 64)
	post := func(f func()) { posts <- f }
	drawn := make(chan struct{})
	cannot := src.ID(1)
	var mu sync.Mutex
	asked := map[thumbs.ID]bool{}
	th := thumbs.New(thumbs.Options{Post: post, Workers: 2, Load: func(ctx context.Context, k thumbs.Key) (*image.RGBA, error) {
		select {
		case <-drawn:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if k.ID == cannot {
			return nil, errors.New("cannot be drawn")
		}
		return picture(number(k.ID), k.Size), nil
	}})
	none := src.ID(2)
	in := thumbs.New(thumbs.Options{Post: post, Workers: 1, Load: func(_ context.Context, k thumbs.Key) (*image.RGBA, error) {
		mu.Lock()
		defer mu.Unlock()
		asked[k.ID] = true
		if k.ID == none {
			return nil, errors.New("nothing to be had")
		}
		return picture(number(k.ID), 16), nil
	}})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for _, l := range []*thumbs.Loader{th, in} {
		wg.Go(func() { _ = l.Run(ctx) })
	}
	defer wg.Wait()
	defer cancel()
	g := New(Options{Thumbs: th, Instants: in, Texts: texts, Modifiers: func() fyne.KeyModifier { return 0 }})
	win := test.NewTempWindow(t, g)
	win.Resize(window)
	g.SetSource(src)
	until := func(ok func(i int, s tileState) bool) {
		t.Helper()
		for {
			all := len(g.tiles) > 0
			for i, tile := range g.tiles {
				all = all && ok(i, tile.state)
			}
			if all {
				return
			}
			(<-posts)()
		}
	}
	until(func(i int, s tileState) bool {
		return s == rough || i == 2 && in.Failed(thumbs.Key{ID: none, Size: g.tiles[2].size}) != nil
	})
	if s := g.tiles[2].state; s != bare {
		t.Errorf("the tile of which nothing can be had: %v", s)
	}
	visible := len(g.tiles)
	mu.Lock()
	if len(asked) != visible {
		t.Errorf("asked for %d, of %d on the screen", len(asked), visible)
	}
	mu.Unlock()
	close(drawn)
	until(func(i int, s tileState) bool {
		return s == sharp || i == 1 && th.Failed(thumbs.Key{ID: cannot, Size: g.tiles[1].size}) != nil
	})
	if s := g.tiles[1].state; s != rough {
		t.Errorf("the tile of what cannot be drawn: %v", s)
	}
}

// TestWantsTheVisibleFirst: what is on the screen is asked for in its order, and before
// what is next to it.
func TestWantsTheVisibleFirst(t *testing.T) {
	b := newBench(t, newAlbum(400), "light", window)
	b.ScrollTo(1500)
	g := b.Grid
	g.forgetTiles()
	a, z := g.lay.Visible(g.off, g.off+float64(g.Size().Height))
	g.bindVisible(a, z)
	for _, tile := range g.tiles {
		tile.state = bare
	}
	keys, visible := g.wantedKeys(a, z)
	if visible != len(g.tiles) || len(keys) <= visible {
		t.Fatalf("%d of %d keys are of %d on the screen", visible, len(keys), len(g.tiles))
	}
	last := -1
	for at, k := range keys {
		i, _ := g.src.Index(k.ID)
		if on := g.tiles[i] != nil; on != (at < visible) {
			t.Fatalf("wish %d, photo %d: on the screen: %v", at, i, on)
		}
		if at < visible && i <= last {
			t.Errorf("photo %d comes after %d", i, last)
		}
		last = i
	}
}
