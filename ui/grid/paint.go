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
	if g.mouse.banding {
		objs = append(objs, g.bandRect())
	}
	g.box.Objects = objs
	g.want(a, b)
	g.scrub.update(g)
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
		for i := int(r.First); i < int(r.First+r.N); i++ {
			if t := g.tiles[i]; t != nil {
				t.seen = true
			} else {
				fresh = append(fresh, item{i, thumbSize(r, scale)})
			}
		}
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
		over = g.progress(t.mark.Part, pos, size, over)
		size.Height -= barHeight + 3
	}
	if size.Height >= 80 && size.Width >= 70 {
		over = g.badges(t, pos, size, over)
	}
	return over
}

const (
	barHeight = 4
	barPad    = 7
)

// progress adds the bar that tells how much of a photo has come.
func (g *Grid) progress(part float32, pos fyne.Position, size fyne.Size, over []fyne.CanvasObject) []fyne.CanvasObject {
	at := pos.AddXY(barPad, size.Height-barPad-barHeight)
	full := fyne.NewSize(size.Width-2*barPad, barHeight)
	come := fyne.NewSize(max(full.Width*min(part, 1), barHeight), barHeight)
	return append(over, g.frame.rect(barTrack, at.SubtractXY(1, 1), full.AddWidthHeight(2, 2)), g.frame.rect(barCome, at, come))
}

// badges adds the pills at the bottom: on the left what the photo is, on the
// right where it is.
func (g *Grid) badges(t *tile, pos fyne.Position, size fyne.Size, over []fyne.CanvasObject) []fyne.CanvasObject {
	const h, pad, icon = 20, 5, 14
	f, m := &g.frame, t.mark
	y := pos.Y + size.Height - h - 6
	left := make([]string, 0, 2)
	if m.Favourite {
		left = append(left, "heart-full")
	}
	if m.Video {
		left = append(left, "play")
	}
	if len(left) > 0 {
		w := float32(len(left)*(icon+4) - 4 + 2*pad)
		x := pos.X + 6
		over = append(over, f.rect(pill, fyne.NewPos(x, y), fyne.NewSize(w, h)))
		for k, name := range left {
			over = append(over, f.symbol(name, look.ColorOnStage, fyne.NewPos(x+pad+float32(k*(icon+4)), y+3), icon))
		}
	}
	if m.Kind != "" && size.Width >= 110 && (t.state != failed || m.Kind != m.Format) {
		word := f.word(m.Kind, look.ColorOnStage)
		w := word.MinSize().Width + 2*pad + 2
		at := fyne.NewPos(pos.X+size.Width-w-6, pos.Y+6)
		word.Move(at.AddXY(pad+1, (h-word.MinSize().Height)/2))
		over = append(over, f.rect(pill, at, fyne.NewSize(w, h)), word)
	}
	name, colour := m.place()
	if name != "" {
		x := pos.X + size.Width - (icon + 2*pad) - 6
		over = append(over, f.rect(pill, fyne.NewPos(x, y), fyne.NewSize(icon+2*pad, h)), f.symbol(name, colour, fyne.NewPos(x+pad, y+3), icon))
	}
	return over
}

// place is the symbol of where a photo is; none when it is here and safe.
func (m Mark) place() (symbol string, colour fyne.ThemeColorName) {
	switch {
	case m.Saving && m.Stuck:
		return "warning", look.ColorOnRisk
	case m.Saving:
		return "save", look.ColorToastLink
	case m.OneCopy:
		return "one-copy", look.ColorOnRisk
	case m.Away:
		return "elsewhere", look.ColorOnStage
	default:
		return "", ""
	}
}

// placeHeaders adds the headers of rows [a, b), the current one held at the top.
func (g *Grid) placeHeaders(a, b int, objs []fyne.CanvasObject) []fyne.CanvasObject {
	for _, h := range g.headers {
		h.seen = false
	}
	top := g.lay.HeaderOf(a)
	next := float32(headerHeight)
	for row := max(top+1, a); row < b; row++ {
		if r := g.lay.Rows[row]; r.IsHeader() {
			y := float32(r.Y - g.off)
			objs = g.placeHeader(row, y, objs)
			next = min(next, y)
		}
	}
	if top >= 0 {
		y := float32(g.lay.Rows[top].Y - g.off)
		if y < 0 {
			y = min(0, next-headerHeight)
		}
		ground := g.frame.rect(pinned, fyne.NewPos(0, y), fyne.NewSize(g.Size().Width-gutter+2, headerHeight-3))
		objs = g.placeHeader(top, y, append(objs, ground))
	}
	for i, h := range g.headers {
		if !h.seen {
			g.spareHeaders = append(g.spareHeaders, h)
			delete(g.headers, i)
		}
	}
	return objs
}

func (g *Grid) placeHeader(row int, y float32, objs []fyne.CanvasObject) []fyne.CanvasObject {
	r := g.lay.Rows[row]
	for _, blk := range g.lay.Blocks[r.Block : r.Block+r.Blocks] {
		i := int(blk.Section)
		h := g.headerOf(i, blk.W)
		h.seen = true
		x := blk.X + sidePad
		s := g.sections[i]
		all := g.sel.hasRun(g.src, s.First, s.Count) && s.Count > 0
		if all || g.mouse.hoverHeader == i {
			at := fyne.NewPos(x, y+(headerHeight-checkSize)/2+3)
			if all {
				objs = append(objs, g.frame.circle(checkOn, at, checkSize), g.frame.symbol("check", "foregroundOnPrimary", at.AddXY(4, 4), 12))
			} else {
				objs = append(objs, g.frame.symbol("check-circle", look.ColorSecondary, at, checkSize))
			}
			x += checkSize + 8
		}
		th := h.title.MinSize()
		h.title.Move(fyne.NewPos(x, y+(headerHeight-th.Height)/2+3))
		objs = append(objs, h.title)
		if h.sub.Text != "" {
			h.sub.Move(fyne.NewPos(x+th.Width+10, y+(headerHeight-h.sub.MinSize().Height)/2+4))
			objs = append(objs, h.sub)
		}
	}
	return objs
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
		for i := int(r.First); i < int(r.First+r.N); i++ {
			if t := g.tiles[i]; t == nil || t.state != sharp {
				keys = append(keys, thumbs.Key{ID: g.src.ID(i), Size: size, Edit: g.src.Edit(i)})
			}
		}
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
