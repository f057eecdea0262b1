package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/libpaul/paul/ui/look"
)

// Widths of the settings page: below indexFrom there is no room for the index beside
// the settings, whose headings then stand alone.
const (
	indexWidth = 200
	indexFrom  = 820
)

// settingsIndex lists the sections of the settings, and leads to them.
type settingsIndex struct {
	p     *settingsPage
	box   *fyne.Container
	rows  []*navRow
	heads []fyne.CanvasObject // the sections, in order
}

// settingsFrame puts the index at the left of the settings.
func (p *settingsPage) newFrame() *fyne.Container {
	p.index = &settingsIndex{p: p, box: look.VBox(2)}
	p.whole.OnScrolled = func(fyne.Position) { p.index.follow() }
	return container.New(&settingsLayout{p}, look.Pad(6, 0, 0, 20, p.index.box), p.whole)
}

// add notes a section.
func (x *settingsIndex) add(symbol, title string, section fyne.CanvasObject) fyne.CanvasObject {
	i := len(x.heads)
	x.heads = append(x.heads, section)
	if i == len(x.rows) { // else it is the page of before, made anew
		x.rows = append(x.rows, newNavRow(symbol, title, func() { x.lead(i) }))
		x.box.Objects = append(x.box.Objects, x.rows[i])
	}
	return section
}

// lead scrolls to a section.
func (x *settingsIndex) lead(i int) {
	x.p.whole.ScrollToOffset(fyne.NewPos(0, x.top(i)))
	x.choose(i)
}

// top is how far down a section begins.
func (x *settingsIndex) top(i int) float32 { return x.heads[i].Position().Y }

// follow marks the section that is at the top.
func (x *settingsIndex) follow() {
	at := 0
	for i := range x.heads {
		if x.top(i) <= x.p.whole.Offset.Y+40 {
			at = i
		}
	}
	x.choose(at)
}

func (x *settingsIndex) choose(at int) {
	for i, r := range x.rows {
		r.choose(i == at)
	}
}

// settingsLayout places the index, where there is room for it, and the settings.
type settingsLayout struct{ p *settingsPage }

// MinSize implements [fyne.Layout].
func (*settingsLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(280, 200) }

// Layout implements [fyne.Layout].
func (l *settingsLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	left := float32(0)
	if s.Width >= indexFrom {
		left = indexWidth
		o[0].Show()
		o[0].Resize(fyne.NewSize(left, o[0].MinSize().Height))
	} else {
		o[0].Hide()
	}
	o[1].Move(fyne.NewPos(left, 0))
	o[1].Resize(fyne.NewSize(s.Width-left, s.Height))
}

// refocus gives the keyboard back to the control that had it before the page was made
// anew: the one in the same place.
func (p *settingsPage) refocus() (again func()) {
	had := p.s.win.Canvas().Focused()
	at := -1
	for i, o := range focusables(p.body) {
		if o == had {
			at = i
		}
	}
	return func() {
		if now := focusables(p.body); at >= 0 && at < len(now) && len(p.s.modals) == 0 {
			p.s.win.Canvas().Focus(now[at])
		}
	}
}

// focusables are what takes the keyboard in a container, in order.
func focusables(o fyne.CanvasObject) (out []fyne.Focusable) {
	if !o.Visible() {
		return nil
	}
	if f, ok := o.(fyne.Focusable); ok {
		return []fyne.Focusable{f}
	}
	if c, ok := o.(*fyne.Container); ok {
		for _, k := range c.Objects {
			out = append(out, focusables(k)...)
		}
	}
	return out
}
