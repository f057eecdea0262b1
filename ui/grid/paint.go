package grid

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/thumbs"
)

func (t *tile) show(img *image.RGBA, s tileState) {
	t.img.Image, t.state = img, s
	t.img.Refresh()
}

// update places the objects of what is on the screen, and asks for what is
// missing. It is the whole of scrolling: nothing is refreshed that was there.
func (g *Grid) update() {
	size := g.Size()
	if g.lay == nil || size.Height <= 0 || size.Width <= 0 {
		return
	}
	g.frame.begin()
	g.signs = g.signs[:0]
	a, b := g.lay.Visible(g.off, g.off+float64(size.Height))
	g.bindVisible(a, b)
	objs := g.box.Objects[:0]
	var over []fyne.CanvasObject
	for row := a; row < b; row++ {
		if g.lay.Rows[row].IsHeader() {
			continue
		}
		objs, over = g.placeRow(row, objs, over)
	}
	objs = append(objs, over...)
	objs = g.placeHeaders(a, b, objs)
	objs = g.placeHint(objs)
	if g.mouse.banding {
		objs = append(objs, g.bandRect())
	}
	g.box.Objects = objs
	g.want(a, b)
	g.scrub.update(g)
	if g.opts.Drawn != nil {
		g.opts.Drawn(g.Shown())
	}
	canvas.Refresh(g.box) // a container has no texture: this only marks the canvas
}

// bindVisible gives tiles to the items of rows [a, b) and takes back the rest.
func (g *Grid) bindVisible(a, b int) {
	for _, t := range g.tiles {
		t.seen = false
	}
	type item struct{ i, size int }
	var fresh []item
	scale := g.scale()
	for row := a; row < b; row++ {
		r := &g.lay.Rows[row]
		g.lay.photos(row, func(i int) {
			if t := g.tiles[i]; t != nil {
				t.seen = true
			} else {
				fresh = append(fresh, item{i, thumbSize(r, scale)})
			}
		})
	}
	for i, t := range g.tiles {
		if !t.seen {
			t.img.Image = nil
			g.spare = append(g.spare, t)
			delete(g.tiles, i)
		}
	}
	for _, f := range fresh {
		g.tiles[f.i] = g.bind(f.i, f.size)
	}
}

// placeRow adds the objects of a row of photos; over holds what lies on top of
// pictures.
func (g *Grid) placeRow(row int, objs, over []fyne.CanvasObject) (_, _ []fyne.CanvasObject) {
	r := &g.lay.Rows[row]
	y := float32(r.Y - g.off)
	g.lay.Each(row, func(i int, x, w float32) {
		t := g.tiles[i]
		pos, size := fyne.NewPos(x+sidePad, y), fyne.NewSize(w, r.H)
		if t.pictured() {
			t.img.Move(pos)
			t.img.Resize(size)
			objs = append(objs, t.img)
		} else {
			t.bg.Move(pos)
			t.bg.Resize(size)
			objs = append(objs, t.bg)
			if t.state == failed {
				objs = append(objs, g.noPicture(t, pos, size)...)
			}
		}
		over = g.overlay(i, t, pos, size, over)
	})
	return objs, over
}

// noPicture is what stands in a tile whose file cannot be drawn.
func (g *Grid) noPicture(t *tile, pos fyne.Position, size fyne.Size) []fyne.CanvasObject {
	name := "photos"
	if t.mark.Video {
		name = "film"
	}
	s := float32(28)
	if size.Height < 60 || size.Width < 60 {
		s = 16
	}
	at := pos.AddXY((size.Width-s)/2, (size.Height-s)/2)
	if t.mark.Format == "" || size.Height < 80 || size.Width < 70 {
		return []fyne.CanvasObject{g.frame.symbol(name, look.ColorSecondary, at, s)}
	}
	at.Y -= 8
	word := g.frame.word(t.mark.Format, look.ColorSecondary)
	word.Move(fyne.NewPos(pos.X+(size.Width-word.MinSize().Width)/2, at.Y+s+4))
	return []fyne.CanvasObject{g.frame.symbol(name, look.ColorSecondary, at, s), word}
}

const (
	checkSize = 20
	checkPad  = 7
)

// overlay adds what lies on a picture: rings, check mark, badges.
func (g *Grid) overlay(i int, t *tile, pos fyne.Position, size fyne.Size, over []fyne.CanvasObject) []fyne.CanvasObject {
	f := &g.frame
	selected, hover := g.sel.has(t.id), g.mouse.hover == i
	if selected {
		over = append(over, f.rect(tint, pos, size), f.rect(ringSelected, pos, size))
	} else if hover {
		over = append(over, f.rect(ringHover, pos, size))
	}
	if g.marked() == i {
		over = append(over, f.rect(ringCursor, pos.SubtractXY(1, 1), size.AddWidthHeight(2, 2)))
	}
	if size.Height >= 46 && (selected || hover) {
		at := pos.AddXY(checkPad, checkPad)
		if selected {
			over = append(over, f.circle(checkOn, at, checkSize), f.symbol("check", "foregroundOnPrimary", at.AddXY(4, 4), 12))
		} else {
			over = append(over, f.circle(checkOff, at, checkSize))
		}
	}
	if t.mark.Part > 0 && size.Height >= 46 {
		over = g.progress(i, t.mark.Part, pos, size, over)
		size.Height -= barHeight + 3
	}
	if size.Height >= 64 && size.Width >= 56 {
		over = g.badges(i, t, pos, size, over)
	}
	return over
}

const (
	barHeight = 4
	barPad    = 7
)

// progress adds the bar that tells how much of a photo has come.
func (g *Grid) progress(i int, part float32, pos fyne.Position, size fyne.Size, over []fyne.CanvasObject) []fyne.CanvasObject {
	at := pos.AddXY(barPad, size.Height-barPad-barHeight)
	full := fyne.NewSize(size.Width-2*barPad, barHeight)
	g.signed(i, Saving, at.SubtractXY(0, 4), full.AddWidthHeight(0, 8))
	come := fyne.NewSize(max(full.Width*min(part, 1), barHeight), barHeight)
	return append(over, g.frame.rect(barTrack, at.SubtractXY(1, 1), full.AddWidthHeight(2, 2)), g.frame.rect(barCome, at, come))
}

const (
	pillHeight = 20
	pillPad    = 5
	pillIcon   = 14
	pillEdge   = 6  // from the edges of the tile
	pillRoom   = 92 // width of a tile that has room for pills on both sides
)

// badges adds the pills: at the bottom on the left what the photo is, on the right
// where it is, and at the top a word.
func (g *Grid) badges(i int, t *tile, pos fyne.Position, size fyne.Size, over []fyne.CanvasObject) []fyne.CanvasObject {
	m := t.mark
	foot := pos.Y + size.Height - pillHeight - pillEdge
	sign, name, colour := m.place(g.mouse.hover == i)
	if name != "" {
		x := pos.X + size.Width - (pillIcon + 2*pillPad) - pillEdge
		over = g.symbolPill(i, fyne.NewPos(x, foot), over, symbolSign{sign, name, colour})
	}
	var what []symbolSign
	if m.Favourite {
		what = append(what, symbolSign{Favourite, "heart-full", look.ColorOnStage})
	}
	if m.Video {
		what = append(what, symbolSign{Video, "play", look.ColorOnStage})
	}
	if len(what) > 0 && (name == "" || size.Width >= pillRoom) {
		over = g.symbolPill(i, fyne.NewPos(pos.X+pillEdge, foot), over, what...)
	}
	if m.Kind != "" && (t.state != failed || m.Kind != m.Format) {
		over = g.wordPill(i, m.Kind, pos, size.Width, over)
	}
	return over
}

// symbolSign is a sign and its symbol.
type symbolSign struct {
	sign   Sign
	name   string
	colour fyne.ThemeColorName
}

// symbolPill adds a pill with symbols.
func (g *Grid) symbolPill(i int, at fyne.Position, over []fyne.CanvasObject, of ...symbolSign) []fyne.CanvasObject {
	const step = pillIcon + 4
	size := fyne.NewSize(float32(len(of)*step-4+2*pillPad), pillHeight)
	over = append(over, g.frame.rect(pill, at, size))
	for k, s := range of {
		p := at.AddXY(pillPad+float32(k*step), 3)
		over = append(over, g.frame.symbol(s.name, s.colour, p, pillIcon))
		g.signed(i, s.sign, p.SubtractXY(2, 3), fyne.NewSize(step, pillHeight))
	}
	return over
}

// wordPill adds a pill with a word at the top right of a tile, where it has room.
func (g *Grid) wordPill(i int, text string, pos fyne.Position, width float32, over []fyne.CanvasObject) []fyne.CanvasObject {
	word := g.frame.word(text, look.ColorOnStage)
	m := word.MinSize()
	w := m.Width + 2*pillPad + 2
	if w+2*pillEdge+checkSize+4 > width {
		return over
	}
	at := fyne.NewPos(pos.X+width-w-pillEdge, pos.Y+pillEdge)
	word.Move(at.AddXY(pillPad+1, (pillHeight-m.Height)/2))
	g.signed(i, Kind, at, fyne.NewSize(w, pillHeight))
	return append(over, g.frame.rect(pill, at, fyne.NewSize(w, pillHeight)), word)
}

// place is the symbol of where a photo is; none when it is here and safe, but for the
// tile that is pointed at.
func (m Mark) place(pointed bool) (sign Sign, symbol string, colour fyne.ThemeColorName) {
	switch {
	case m.Saving && m.Stuck:
		return Stuck, "warning", look.ColorOnRisk
	case m.Saving:
		return Saving, "save", look.ColorToastLink
	case m.OneCopy:
		return OneCopy, "one-copy", look.ColorOnRisk
	case m.Away:
		return Away, "elsewhere", look.ColorOnStage
	case m.Here && pointed:
		return Here, "here", look.ColorOnStage
	default:
		return NoSign, "", ""
	}
}

// want asks for the pictures that are on the screen, and then for those of the
// next screens in the direction of scrolling.
func (g *Grid) want(a, b int) {
	keys, visible := g.wantedKeys(a, b)
	if g.instants != nil {
		g.instants.Want(keys[:visible])
	}
	if g.hashes != nil {
		var bareKeys []thumbs.Key
		for _, t := range g.tiles {
			if t.state == bare {
				bareKeys = append(bareKeys, t.key(0))
			}
		}
		g.hashes.Want(bareKeys)
	}
	g.thumbs.Want(keys)
}

// wantedKeys are the thumbnails that rows [a, b) lack, which are visible, and those
// of the rows around them.
func (g *Grid) wantedKeys(a, b int) (keys []thumbs.Key, visible int) {
	scale := g.scale()
	keys = make([]thumbs.Key, 0, 2*len(g.tiles))
	add := func(row int) {
		r := &g.lay.Rows[row]
		size := thumbSize(r, scale)
		g.lay.photos(row, func(i int) {
			if t := g.tiles[i]; t == nil || t.state != sharp {
				keys = append(keys, thumbs.Key{ID: g.src.ID(i), Size: size, Edit: g.src.Edit(i)})
			}
		})
	}
	for row := a; row < b; row++ {
		add(row)
	}
	visible = len(keys)
	ahead := b - a
	for row := b; row < min(b+ahead, len(g.lay.Rows)); row++ {
		add(row)
	}
	for row := a - 1; row >= max(a-ahead/2, 0); row-- {
		add(row)
	}
	return keys, visible
}
