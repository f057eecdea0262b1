// Package grid is the gallery: a virtualised view of any number of photos in
// justified rows under the days they were taken.
//
// It is one widget that draws pooled primitives; there is no widget a photo.
// What is hit is found by searching the rows, the offset is a float64, and
// scrolling moves objects without refreshing any, so that no texture is
// uploaded again. All of it runs on the screen's goroutine, except that the
// loaders fetch pictures on theirs.
package grid

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/libpaul/paul/ui/justify"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/thumbs"
)

// A Mark is what a tile tells of its photo beside the picture.
type Mark struct {
	Favourite bool
	Here      bool    // this device has a copy, and another one too: told of the tile under the mouse
	Away      bool    // no copy on this device
	Saving    bool    // wanted here, and not here yet
	Part      float32 // how much of it has come while it is Saving: 0, while it waits, to 1
	Stuck     bool    // it is Saving, and the last try failed
	OneCopy   bool    // verified on one device only
	Kind      string  // "" for a plain picture; else a word for a badge: "RAW"
	Format    string  // of the file, told where no picture of it can be shown: "HEIC"
	Video     bool
}

// A Source is the photos to show, in order. It must not change: another state
// is another Source.
type Source interface {
	Len() int
	ID(i int) thumbs.ID
	Index(id thumbs.ID) (int, bool)
	Edit(i int) string // of its picture, for the loaders' keys
	Aspect(i int) float32
	When(i int) time.Time // on the wall clock of the place
	Mark(i int) Mark
}

// Placed is a Source that knows where its photos were taken: the towns of n photos
// from the first on, those with most photos first, a few of them, and how many there
// are in all.
type Placed interface {
	Places(first, n int) (towns []string, all int)
}

// Texts writes the dates of headers and of the scrubber.
type Texts struct {
	Day         func(t time.Time, short bool) string
	Month       func(time.Time) string
	MonthOfYear func(time.Time) string // under a header that tells the year
	Year        func(time.Time) string
	Count       func(n int) string
	Places      func(towns []string, all int) string // nil = none are told
	Sign        func(s Sign, m Mark) string          // what a sign means, for the mouse over it; nil or "" = nothing
}

// Options are a grid's connections; only Thumbs and Texts are required.
type Options struct {
	Thumbs   *thumbs.Loader // by ID and size 256 or 512
	Hashes   *thumbs.Loader // blurred placeholders, by ID and size 0
	Instants *thumbs.Loader // rough pictures for the time until thumbnails come, by their keys
	Texts    Texts

	Open      func(i int)                   // a photo was opened
	Menu      func(i int, at fyne.Position) // context menu; at is absolute
	Selected  func()                        // the selection changed
	Level     func(level int)               // the zoom level changed
	Key       func(*fyne.KeyEvent) bool     // keys that the grid has no use for
	Rune      func(rune)                    // what is typed and it has no use for
	Shortcut  func(fyne.Shortcut) bool      // shortcuts that it has no use for: the one with the keyboard gets all
	Drawn     func(photos, sharp int)       // after each update: the photos on the screen, and those whose thumbnail shows
	Modifiers func() fyne.KeyModifier       // held keys; default: asks the driver
	Now       func() time.Time              // for double clicks; default time.Now
	// Animate runs tick with 0 to 1 for a while; one that calls it with 1 at once shows
	// no movement. Default: look.Animate.
	Animate func(d time.Duration, tick func(float32)) (stop func())
	// Frames runs tick for each frame of the screen until stopped. Default: Fyne's.
	Frames func(tick func()) (stop func())
}

const (
	headerHeight = 50
	leadHeight   = 48 // of a year's header, over its months
	sidePad      = 20
	gutter       = 48 // right of the rows, for the scrubber
)

// Grid is the gallery widget.
type Grid struct {
	widget.BaseWidget
	opts   Options
	src    Source
	level  int
	square bool

	sections []section
	runs     []justify.Section // of sections
	lay      *arrangement
	off      float64
	hold     zoomHold
	sel      selection

	thumbs       *thumbs.Client
	hashes       *thumbs.Client // nil for none, as instants
	instants     *thumbs.Client
	frame        frame
	hint         hint
	signs        []signRect // of the tile under the mouse
	tiles        map[int]*tile
	spare        []*tile
	headers      map[headID]*header
	spareHeaders []*header
	heads        []headRect     // of the headers on the screen, the topmost last
	held         float32        // how far down the header at the top covers photos
	places       map[int]string // of sections, as far as they were asked for

	box   *fyne.Container
	clip  *container.Clip
	scrub *scrubber

	mouse    mouse
	glide    glide
	creeping func() // stops the scroll at an edge; nil while there is none
	focused  bool
	keyed    bool // the cursor was last moved by a key: show it
}

// New returns a grid that shows nothing yet.
func New(opts Options) *Grid {
	if opts.Modifiers == nil {
		opts.Modifiers = heldKeys
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Animate == nil {
		opts.Animate = look.Animate
	}
	if opts.Frames == nil {
		opts.Frames = frames
	}
	g := &Grid{
		opts: opts, src: empty{}, level: DefaultLevel,
		tiles: map[int]*tile{}, headers: map[headID]*header{}, places: map[int]string{},
		box: container.NewWithoutLayout(),
	}
	g.sel.init()
	g.hold.photo = -1
	g.mouse.hover, g.mouse.head = -1, noHead
	g.clip = container.NewClip(g.box)
	g.scrub = newScrubber()
	g.thumbs = opts.Thumbs.Client(g.loaded)
	if opts.Hashes != nil {
		g.hashes = opts.Hashes.Client(g.loaded)
	}
	if opts.Instants != nil {
		g.instants = opts.Instants.Client(g.loaded)
	}
	g.ExtendBaseWidget(g)
	return g
}

// SetSource makes src what the grid shows. The photo at the top of the view keeps
// its place, as far as it is in src too, and so does the selection.
func (g *Grid) SetSource(src Source) {
	var anchor thumbs.ID
	item, above := -1, 0.0
	if g.lay != nil && g.off > 0 {
		if item, above = g.lay.Anchor(g.off); item >= 0 {
			anchor = g.src.ID(item)
		}
	}
	g.src = src
	g.sel.keep(src)
	g.mouse.hover, g.mouse.head, g.hold.photo = -1, noHead, -1
	g.forgetTiles()
	g.regroup()
	if item >= 0 {
		if i, ok := src.Index(anchor); ok {
			item = i
		}
		g.off = g.lay.Offset(min(item, src.Len()-1), above)
	}
	g.clampOffset()
	g.update()
}

// Remark asks the source again for the marks of what is on the screen.
func (g *Grid) Remark() {
	for i, t := range g.tiles {
		t.mark = g.src.Mark(i)
	}
	g.update()
}

// Source returns what the grid shows.
func (g *Grid) Source() Source { return g.src }

// Reveal scrolls so that item i is on the screen.
func (g *Grid) Reveal(i int) {
	if g.lay == nil {
		return
	}
	at, ok := g.lay.Place(i)
	if !ok {
		return
	}
	top, bottom := g.off+headerHeight, g.off+float64(g.Size().Height)-look.Gap
	switch {
	case at.Y < top:
		g.ScrollTo(at.Y - headerHeight)
	case at.Y+float64(at.H) > bottom:
		g.ScrollTo(at.Y + float64(at.H) - float64(g.Size().Height) + look.Gap*2)
	}
}

// Offset returns how far the view is scrolled.
func (g *Grid) Offset() float64 { return g.off }

// ScrollTo scrolls at once.
func (g *Grid) ScrollTo(off float64) {
	g.stopGlide()
	g.scrollTo(off)
}

func (g *Grid) scrollTo(off float64) {
	old := g.off
	g.off = off
	g.clampOffset()
	if g.off != old {
		g.update()
	}
}

func (g *Grid) clampOffset() {
	if g.lay == nil {
		return
	}
	g.off = max(min(g.off, g.limit()), 0)
}

// limit is the greatest offset.
func (g *Grid) limit() float64 {
	return max(g.lay.Height+sidePad-float64(g.Size().Height), 0)
}

// Sleep gives up what the grid wants loaded; it is called when the grid is
// hidden. Wake is the reverse.
func (g *Grid) Sleep() {
	g.stopGlide()
	g.stopCreep()
	g.thumbs.Want(nil)
	if g.hashes != nil {
		g.hashes.Want(nil)
	}
	if g.instants != nil {
		g.instants.Want(nil)
	}
}

// Wake asks again for what is on the screen.
func (g *Grid) Wake() {
	g.forgetTiles()
	g.update()
}

// regroup cuts the source into sections, and lays them out.
func (g *Grid) regroup() {
	lv := Levels[g.level]
	g.sections = group(g.src, lv.Group, lv.Samples)
	clear(g.places)
	g.runs = make([]justify.Section, len(g.sections))
	for i, s := range g.sections {
		g.runs[i] = s.Section
	}
	g.layOut()
}

// scale is the screen's pixels for a unit.
func (g *Grid) scale() float32 {
	if c := fyne.CurrentApp().Driver().CanvasForObject(g); c != nil && c.Scale() > 0 {
		return c.Scale()
	}
	return 1
}

// thumbSize is the stored size that fills the tiles of a row: a photo's longer
// side is about 1.4 times the row's height, and is enlarged a little at most.
func thumbSize(r *justify.Row, scale float32) int {
	if r.H*1.4*scale > 330 {
		return 512
	}
	return 256
}

// CreateRenderer implements [fyne.Widget].
func (g *Grid) CreateRenderer() fyne.WidgetRenderer { return &renderer{g} }

type renderer struct{ g *Grid }

func (r *renderer) Destroy()           { r.g.Sleep() }
func (r *renderer) MinSize() fyne.Size { return fyne.NewSize(240, 160) }
func (r *renderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.g.clip, r.g.scrub.box}
}

func (r *renderer) Layout(s fyne.Size) {
	g := r.g
	g.clip.Resize(s)
	item, above := -1, 0.0
	if g.lay != nil && g.off > 0 {
		item, above = g.lay.Anchor(g.off)
	}
	g.layOut()
	if item >= 0 {
		g.off = g.lay.Offset(item, above)
	}
	g.clampOffset()
	g.update()
}

// Refresh takes the colours of the theme.
func (r *renderer) Refresh() {
	r.g.frame.reset()
	r.g.hint = hint{}
	r.g.forgetTiles()
	r.g.spare, r.g.spareHeaders = nil, nil
	r.g.releaseHeaders()
	r.g.spareHeaders = nil
	r.g.scrub.recolour()
	r.g.update()
	canvas.Refresh(r.g)
}

// empty is the source of a grid that shows nothing.
type empty struct{}

func (empty) Len() int                    { return 0 }
func (empty) ID(int) thumbs.ID            { return thumbs.ID{} }
func (empty) Index(thumbs.ID) (int, bool) { return 0, false }
func (empty) Edit(int) string             { return "" }
func (empty) Aspect(int) float32          { return 1 }
func (empty) When(int) time.Time          { return time.Time{} }
func (empty) Mark(int) Mark               { return Mark{} }

// Shown counts the photos on the screen, and those whose thumbnail shows.
func (g *Grid) Shown() (photos, sharps int) {
	for _, t := range g.tiles {
		if t.state == sharp {
			sharps++
		}
	}
	return len(g.tiles), sharps
}

// Settled tells whether every picture on the screen has come, or failed.
func (g *Grid) Settled() bool {
	for _, t := range g.tiles {
		if t.state != sharp && g.opts.Thumbs.Failed(t.key(t.size)) == nil {
			return false
		}
	}
	return true
}
