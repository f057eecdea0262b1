package grid

import (
	"fyne.io/fyne/v2/canvas"

	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/thumbs"
)

// tile is the objects of one photo on the screen, pooled.
type tile struct {
	seen  bool // by the update that runs
	state tileState
	id    thumbs.ID
	edit  string
	size  int // of the thumbnail
	mark  Mark
	bg    *canvas.Rectangle
	img   *canvas.Image
}

type tileState int

const (
	bare    tileState = iota // nothing has come yet
	blurred                  // the placeholder shows
	rough                    // what could be had at once shows
	sharp                    // the thumbnail shows
	failed                   // there is no thumbnail
)

func (g *Grid) newTile() *tile {
	t := &tile{
		bg:  canvas.NewRectangle(look.Color(look.ColorSkeleton)),
		img: &canvas.Image{ScaleMode: canvas.ImageScaleFastest, FillMode: canvas.ImageFillCover},
	}
	if Levels[g.level].Height > 60 {
		t.bg.CornerRadius, t.img.CornerRadius = look.ThumbRadius, look.ThumbRadius
	}
	return t
}

// bind takes a tile from the pool for item i, to show a thumbnail of a size.
func (g *Grid) bind(i, size int) *tile {
	var t *tile
	if n := len(g.spare); n > 0 {
		t, g.spare = g.spare[n-1], g.spare[:n-1]
	} else {
		t = g.newTile()
	}
	t.id, t.edit, t.size, t.mark, t.state = g.src.ID(i), g.src.Edit(i), size, g.src.Mark(i), bare
	g.fill(t)
	return t
}

// key names the tile's picture at a size; 0 is its placeholder.
func (t *tile) key(size int) thumbs.Key { return thumbs.Key{ID: t.id, Size: size, Edit: t.edit} }

// fill shows the best picture that is in memory.
func (g *Grid) fill(t *tile) {
	k := t.key(t.size)
	if img, ok := g.opts.Thumbs.Get(k); ok {
		t.show(img, sharp)
		return
	}
	if t.state < rough && g.opts.Instants != nil {
		if img, ok := g.opts.Instants.Get(k); ok {
			t.show(img, rough)
		}
	}
	if t.state == bare && g.opts.Hashes != nil {
		if img, ok := g.opts.Hashes.Get(t.key(0)); ok {
			t.show(img, blurred)
		}
	}
	if t.state == bare && g.opts.Thumbs.Failed(k) != nil {
		t.state = failed
	}
}

// pictured reports whether a picture shows, of whatever kind.
func (t *tile) pictured() bool { return t.state == blurred || t.state == rough || t.state == sharp }

// loaded shows pictures that have come; it runs once a batch.
func (g *Grid) loaded(keys []thumbs.Key) {
	come := make(map[thumbs.ID]struct{}, len(keys))
	for _, k := range keys {
		come[k.ID] = struct{}{}
	}
	changed := false
	for _, t := range g.tiles {
		if _, ok := come[t.id]; ok && t.state != sharp {
			was := t.state
			g.fill(t)
			changed = changed || t.state != was
		}
	}
	if changed {
		g.update()
	}
}

// forgetTiles gives all tiles back, as their photos or their shape change.
func (g *Grid) forgetTiles() {
	clear(g.tiles)
	g.spare = nil
}
