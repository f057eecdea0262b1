package grid

import (
	"image/color"
	"sort"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/libpaul/paul/ui/look"
)

// A headID names a header: that of a section, or of the year that it begins.
type headID struct {
	section int
	lead    bool
}

var noHead = headID{section: -1}

// header is the objects of one header, pooled.
type header struct {
	seen  bool
	title *canvas.Text
	sub   *canvas.Text
	all   bool // every photo of it is selected
	asked int  // the state of the selection that all was found in
}

// headRect is where a header was drawn.
type headRect struct {
	id        headID
	x0, x1    float32
	top, foot float32
}

// run is the photos under a header.
func (g *Grid) run(h headID) (first, n int) {
	s := g.sections[h.section]
	if h.lead {
		return s.First, s.group
	}
	return s.First, s.Count
}

// headerAt returns the header that is drawn at p, the topmost first.
func (g *Grid) headerAt(p fyne.Position) headID {
	for i := len(g.heads) - 1; i >= 0; i-- {
		if r := g.heads[i]; p.X >= r.x0 && p.X < r.x1 && p.Y >= r.top && p.Y < r.foot {
			return r.id
		}
	}
	return noHead
}

// heldRow is the header row that is held at the top while rows from a on show, or
// -1: that of the year, where there are years.
func (g *Grid) heldRow(a int) int {
	if Levels[g.level].Samples {
		return g.lay.LeadOf(min(a, len(g.lay.Rows)-1))
	}
	return g.lay.HeaderOf(min(a, len(g.lay.Rows)-1))
}

// placeHeaders adds the headers of rows [a, b), the current one held at the top.
func (g *Grid) placeHeaders(a, b int, objs []fyne.CanvasObject) []fyne.CanvasObject {
	for _, h := range g.headers {
		h.seen = false
	}
	g.heads, g.held = g.heads[:0], 0
	top, next := g.heldRow(a), g.Size().Height
	for row := a; row < b; row++ {
		r := &g.lay.Rows[row]
		if !r.IsHeader() || row == top {
			continue
		}
		y := float32(r.Y - g.off)
		objs = g.placeHeader(row, y, objs)
		if row > top && top >= 0 && r.Lead == g.lay.Rows[top].Lead {
			next = min(next, y)
		}
	}
	if top >= 0 {
		objs = g.placeHeld(top, next, objs)
	}
	for id, h := range g.headers {
		if !h.seen {
			g.spareHeaders = append(g.spareHeaders, h)
			delete(g.headers, id)
		}
	}
	return objs
}

// placeHeld adds the header that is held at the top, or pushed out by the next one.
func (g *Grid) placeHeld(row int, next float32, objs []fyne.CanvasObject) []fyne.CanvasObject {
	r := &g.lay.Rows[row]
	y := float32(r.Y - g.off)
	if y < 0 {
		y = min(0, next-r.H)
		g.held = y + r.H - 3
	}
	high := r.H - 3
	if y < 0 { // nothing shows between it and the next one
		high = r.H
	}
	ground := g.frame.rect(pinned, fyne.NewPos(0, y), fyne.NewSize(g.Size().Width-gutter+2, high))
	return g.placeHeader(row, y, append(objs, ground))
}

func (g *Grid) placeHeader(row int, y float32, objs []fyne.CanvasObject) []fyne.CanvasObject {
	r := g.lay.Rows[row]
	for _, blk := range g.lay.Blocks[r.Block : r.Block+r.Blocks] {
		id := headID{int(blk.Section), r.Lead}
		h := g.headerOf(id, blk.W)
		h.seen = true
		x := blk.X + sidePad
		g.heads = append(g.heads, headRect{id, x, x + blk.W, y, y + r.H})
		if all := g.allOf(id, h); all || g.mouse.head == id {
			at := fyne.NewPos(x, y+(r.H-checkSize)/2+3)
			if all {
				objs = append(objs, g.frame.circle(checkOn, at, checkSize), g.frame.symbol("check", "foregroundOnPrimary", at.AddXY(4, 4), 12))
			} else {
				objs = append(objs, g.frame.symbol("check-circle", look.ColorSecondary, at, checkSize))
			}
			x += checkSize + 8
		}
		th := h.title.MinSize()
		h.title.Move(fyne.NewPos(x, y+(r.H-th.Height)/2+3))
		objs = append(objs, h.title)
		if h.sub.Text != "" {
			h.sub.Move(fyne.NewPos(x+th.Width+10, y+(r.H+th.Height)/2-h.sub.MinSize().Height))
			objs = append(objs, h.sub)
		}
	}
	return objs
}

// allOf tells whether all photos of a header are selected.
func (g *Grid) allOf(id headID, h *header) bool {
	if h.asked != g.sel.state {
		first, n := g.run(id)
		h.all, h.asked = g.sel.hasRun(g.src, first, n), g.sel.state
	}
	return h.all
}

func (g *Grid) releaseHeaders() {
	for id, h := range g.headers {
		g.spareHeaders = append(g.spareHeaders, h)
		delete(g.headers, id)
	}
}

// headerOf returns the objects of a header that is width wide.
func (g *Grid) headerOf(id headID, width float32) *header {
	if h := g.headers[id]; h != nil {
		return h
	}
	var h *header
	if n := len(g.spareHeaders); n > 0 {
		h, g.spareHeaders = g.spareHeaders[n-1], g.spareHeaders[:n-1]
	} else {
		h = &header{title: canvas.NewText("", color.Black), sub: canvas.NewText("", color.Black)}
		h.title.TextStyle.Bold = true
		h.sub.TextSize = subSize
	}
	h.asked = -1
	h.title.Color, h.sub.Color = look.Color("foreground"), look.Color(look.ColorSecondary)
	h.title.TextSize = 15
	if id.lead {
		h.title.TextSize = 22
	}
	h.title.Text = g.title(id, width < 250)
	h.sub.Text = g.subtitle(id, width-h.title.MinSize().Width-10-checkSize-8)
	for _, t := range []*canvas.Text{h.title, h.sub} {
		t.Resize(fyne.NewSize(t.MinSize().Width, t.MinSize().Height))
		t.Refresh()
	}
	g.headers[id] = h
	return h
}

// title writes a header's text.
func (g *Grid) title(id headID, short bool) string {
	when := g.sections[id.section].when
	switch lv := Levels[g.level]; {
	case id.lead:
		return g.opts.Texts.Year(when)
	case lv.Samples:
		return g.opts.Texts.MonthOfYear(when)
	case lv.Group == Months:
		return g.opts.Texts.Month(when)
	default:
		return g.opts.Texts.Day(when, short)
	}
}

// leastSub is the least width of a text beside a header's title.
const leastSub = 56

// subtitle writes what stands beside a header's title: the places of its photos, and
// how many there are, as far as they have room.
func (g *Grid) subtitle(id headID, room float32) string {
	where, count := "", ""
	if _, n := g.run(id); n > 1 {
		count = g.opts.Texts.Count(n)
	}
	if !id.lead {
		where = g.where(id.section)
	}
	if where == "" || count == "" {
		return fit(where+count, room, where == "")
	}
	if both := where + " · " + count; textWidth(both) <= room {
		return both
	}
	return fit(where, room, false)
}

// fit is the text, cut to the room that it has; where it must be whole, or there is
// little room, nothing.
func fit(text string, room float32, whole bool) string {
	if text == "" || textWidth(text) <= room {
		return text
	}
	if whole || room < leastSub {
		return ""
	}
	letters := []rune(text)
	n := sort.Search(len(letters), func(n int) bool { return textWidth(string(letters[:n+1])+"…") > room })
	return strings.TrimRight(string(letters[:n]), " ,") + "…"
}

// subSize is the size of the text beside a header's title.
const subSize = 12

func textWidth(text string) float32 {
	return fyne.MeasureText(text, subSize, fyne.TextStyle{}).Width
}

// where tells the places of a section's photos; it asks the source once.
func (g *Grid) where(section int) string {
	p, ok := g.src.(Placed)
	if !ok || g.opts.Texts.Places == nil {
		return ""
	}
	if text, ok := g.places[section]; ok {
		return text
	}
	s := g.sections[section]
	text := g.opts.Texts.Places(p.Places(s.First, s.Count))
	g.places[section] = text
	return text
}
