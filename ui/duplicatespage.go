package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/thumbs"
	"github.com/libpaul/paul/ui/words"
)

// duplicatesPage shows the groups of near duplicates, or the bursts, one below the other.
// There may be thousands: only those near the screen are made.
type duplicatesPage struct {
	s       *shell
	whole   *fyne.Container
	head    *fyne.Container // the switch between the two
	body    *fyne.Container
	alike   *look.Button
	inRow   *look.Button
	scroll  *container.Scroll
	content *fyne.Container
	client  *thumbs.Client
	intro   *look.Text
	bursts  bool // they show
	groups  []*alikeGroup
	state   int                        // of the duplicates, when groups were taken
	tops    []float32                  // where each begins, and where the last ends
	width   float32                    // that tops are of
	cards   map[*alikeGroup]*groupCard // of the groups near the screen
	busy    bool                       // the height of the content is changing
}

const (
	duplicatesWidth = 1100
	duplicatesGap   = 16  // between groups
	duplicatesAhead = 400 // how far beyond the screen groups are made
	alikeSize       = 512 // of the thumbnails
)

func newDuplicatesPage(s *shell) *duplicatesPage {
	p := &duplicatesPage{s: s, cards: map[*alikeGroup]*groupCard{}}
	p.client = s.thumbs.Client(p.loaded)
	p.intro = look.NewPara("", look.SizeBody, 600, look.ColorSecondary)
	p.alike = look.NewButton("", "copy", look.Plain, func() { p.turn(false) })
	p.inRow = look.NewButton("", "film-strip", look.Ghost, func() { p.turn(true) })
	p.head = look.Pad(4, columnPad, 8, columnPad, look.HBox(6, p.alike, p.inRow))
	p.content = container.New(p)
	p.scroll = container.NewVScroll(p.content)
	p.scroll.OnScrolled = func(fyne.Position) { p.follow() }
	p.body = container.New(&duplicatesFrame{p})
	p.whole = container.NewBorder(p.head, nil, nil, nil, p.body)
	return p
}

// turn shows near duplicates, or bursts.
func (p *duplicatesPage) turn(bursts bool) {
	if p.bursts == bursts {
		return
	}
	p.bursts, p.state = bursts, -1
	p.scroll.ScrollToTop()
	p.reload()
}

// showHead says how many groups there are of both kinds, once that is known.
func (p *duplicatesPage) showHead() {
	d, styles := p.s.duplicates, []look.Style{look.Plain, look.Ghost}
	p.intro.Set(words.T("Photos that look nearly the same, side by side. The best one of each group is suggested to stay: that with the most pixels, then a favourite or one that you have worked on, then the largest file. One of each group always stays."))
	if p.bursts {
		slices.Reverse(styles)
		p.intro.Set(words.T("Photos that one camera took in quick succession, in the order they were taken. Choose what is to be deleted; nothing is suggested, as they may show different moments. One of each group always stays."))
	}
	p.alike.SetStyle(styles[0])
	p.inRow.SetStyle(styles[1])
	p.alike.SetText(words.T("Alike ({{.N}})", "N", words.Number(len(d.groups))))
	p.inRow.SetText(words.T("Taken in a row ({{.N}})", "N", words.Number(len(d.bursts))))
	if d.done && len(p.s.snap.images) > 0 {
		p.head.Show()
	} else {
		p.head.Hide()
	}
}

// follow makes the groups that have come near the screen.
func (p *duplicatesPage) follow() {
	if !slices.Equal(p.near(), p.made()) {
		p.content.Refresh()
	}
}

// duplicatesFrame fills the page: a taller one shows more groups.
type duplicatesFrame struct{ p *duplicatesPage }

// MinSize implements [fyne.Layout].
func (*duplicatesFrame) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(280, 100) }

// Layout implements [fyne.Layout].
func (f *duplicatesFrame) Layout(o []fyne.CanvasObject, s fyne.Size) {
	for _, x := range o {
		x.Move(fyne.NewPos(0, 0))
		x.Resize(s)
	}
	f.p.follow()
}

func (p *duplicatesPage) title() string             { return words.T("Duplicates") }
func (p *duplicatesPage) object() fyne.CanvasObject { return p.whole }
func (p *duplicatesPage) hidden()                   { p.client.Want(nil) }
func (p *duplicatesPage) shown()                    { p.want() }

// reload implements page.
func (p *duplicatesPage) reload() {
	d := p.s.duplicates
	if p.state == d.state {
		return
	}
	p.state, p.groups = d.state, d.groups
	if p.bursts {
		p.groups = d.bursts
	}
	p.showHead()
	for g, c := range p.cards {
		if !slices.Equal(g.images, c.images) {
			p.drop(g)
		}
	}
	if len(p.groups) == 0 {
		p.body.Objects = []fyne.CanvasObject{p.emptyState()}
		p.whole.Refresh()
		return
	}
	p.body.Objects = []fyne.CanvasObject{p.scroll}
	p.width = 0
	p.whole.Refresh()
	p.content.Refresh()
	for _, c := range p.cards {
		c.mark()
	}
}

func (p *duplicatesPage) emptyState() fyne.CanvasObject {
	switch d := p.s.duplicates; {
	case len(p.s.snap.images) == 0:
		return noPhotos(p.s)
	case !d.done:
		return emptyState("search", words.T("Looking for duplicates"), words.T("Photos that look nearly the same will show here side by side."), nil)
	case p.bursts && len(d.found.bursts) > 0:
		return emptyState("safe", words.T("No more photos taken in a row"), words.T("Photos that one camera took in quick succession would show here side by side. Those that you chose to keep all of are not shown."), nil)
	case p.bursts:
		return emptyState("safe", words.T("No photos taken in a row"), words.T("Three photos or more that one camera took in quick succession would show here side by side."), nil)
	case len(d.kept) > 0:
		return emptyState("safe", words.T("No duplicates left"), words.T("Photos that look nearly the same would show here side by side. Those that you chose to keep all of are not shown."), nil)
	}
	return emptyState("safe", words.T("No duplicates"), words.T("Photos that look nearly the same would show here side by side, such as a smaller copy or the second try of a scene. A raw file and its JPEG are one photo."), nil)
}

// drop takes a card away, and the keyboard from what is on it.
func (p *duplicatesPage) drop(g *alikeGroup) {
	c := p.cards[g]
	delete(p.cards, g)
	if f := p.s.win.Canvas().Focused(); f != nil && slices.Contains(c.focusable(), f) {
		p.s.win.Canvas().Unfocus()
	}
}

// MinSize implements [fyne.Layout].
func (p *duplicatesPage) MinSize([]fyne.CanvasObject) fyne.Size {
	h := float32(0)
	if len(p.tops) > 0 {
		h = p.tops[len(p.tops)-1]
	}
	return fyne.NewSize(280, h)
}

// Layout implements [fyne.Layout]: it makes the groups that are near the screen.
func (p *duplicatesPage) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	before := p.MinSize(nil).Height
	p.measure(max(min(s.Width-2*columnPad, duplicatesWidth), 240))
	if p.MinSize(nil).Height != before && !p.busy {
		p.busy = true
		p.scroll.Refresh()
		p.busy = false
	}
	p.content.Objects = []fyne.CanvasObject{p.intro}
	near := p.near()
	for g := range p.cards {
		if !slices.Contains(near, g) {
			p.drop(g)
		}
	}
	for _, g := range near {
		c := p.cards[g]
		if c == nil {
			c = newGroupCard(p, g)
			p.cards[g] = c
		}
		i := slices.Index(p.groups, g)
		c.object.Move(fyne.NewPos(columnPad, p.tops[i]))
		c.object.Resize(fyne.NewSize(p.width, p.tops[i+1]-p.tops[i]-duplicatesGap))
		p.content.Objects = append(p.content.Objects, c.object)
	}
	p.want()
}

// measure says where each group begins in a column of a width.
func (p *duplicatesPage) measure(width float32) {
	if width == p.width {
		return
	}
	p.width = width
	p.intro.Move(fyne.NewPos(columnPad, 6))
	for range 2 { // its height follows its width
		p.intro.Resize(fyne.NewSize(min(width, 760), p.intro.MinSize().Height))
	}
	top := 6 + p.intro.MinSize().Height + duplicatesGap
	p.tops = append(p.tops[:0], top)
	for _, g := range p.groups {
		top += groupHeight(len(g.images), width) + duplicatesGap
		p.tops = append(p.tops, top)
	}
}

// near are the groups on the screen, and some beyond it.
func (p *duplicatesPage) near() []*alikeGroup {
	from := p.scroll.Offset.Y - duplicatesAhead
	to := p.scroll.Offset.Y + p.scroll.Size().Height + duplicatesAhead
	n := len(p.tops) - 1
	if n < 0 || n != len(p.groups) {
		return nil
	}
	first, _ := slices.BinarySearch(p.tops[1:], from)
	last, _ := slices.BinarySearch(p.tops[:n], to)
	return p.groups[min(first, last):last]
}

// made are the groups that have a card, in order.
func (p *duplicatesPage) made() (out []*alikeGroup) {
	for _, g := range p.groups {
		if p.cards[g] != nil {
			out = append(out, g)
		}
	}
	return out
}

// want asks for the thumbnails.
func (p *duplicatesPage) want() {
	var keys []thumbs.Key
	for _, g := range p.made() {
		for _, img := range g.images {
			keys = append(keys, thumbKey(img, alikeSize))
		}
	}
	p.client.Want(keys)
	p.loaded(keys)
}

func (p *duplicatesPage) loaded([]thumbs.Key) {
	for _, c := range p.cards {
		for _, photo := range c.photos {
			if pic, ok := p.s.thumbs.Get(thumbKey(photo.img, alikeSize)); ok {
				photo.show(pic)
			}
		}
	}
}

// open shows a photo in the viewer, which turns through its group.
func (p *duplicatesPage) open(g *alikeGroup, img *imagelib.Image) {
	g.closed = func(at *imagelib.Image) {
		if c := p.cards[g]; c != nil && p.s.present() == page(p) {
			c.focus(at)
		}
	}
	p.s.view.open(g, slices.Index(g.images, img))
}

// reveal scrolls so that a part of the page is on the screen.
func (p *duplicatesPage) reveal(top, height float32) {
	bottom := top + height + duplicatesGap
	switch off, h := p.scroll.Offset.Y, p.scroll.Size().Height; {
	case top < off:
		p.scroll.ScrollToOffset(fyne.NewPos(0, top))
	case bottom > off+h:
		p.scroll.ScrollToOffset(fyne.NewPos(0, bottom-h))
	}
}
