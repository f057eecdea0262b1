package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/libpaul/paul/ui/look"
)

// suggestBox lists under the search field what the search may go on with. The keyboard
// stays with the field.
type suggestBox struct {
	s      *shell
	object *fyne.Container
	rows   []*suggestRow
	list   *fyne.Container
	chosen int // by the keyboard; -1 is none
}

// suggestPause is how long the box stays once the field has lost the keyboard, perhaps
// to a click into the box.
const suggestPause = 200 * time.Millisecond

func newSuggestBox(s *shell) *suggestBox {
	b := &suggestBox{s: s, list: look.VBox(0), chosen: -1}
	b.object = container.NewStack(look.NewSurface(theme.ColorNameOverlayBackground, theme.ColorNameSeparator, look.Radius), look.PadAll(4, b.list))
	b.object.Hide()
	return b
}

// show lists what the search may go on with.
func (b *suggestBox) show(text string) {
	b.rows, b.list.Objects, b.chosen = nil, nil, -1
	for _, c := range b.s.suggestions(text) {
		row := newSuggestRow(b, c)
		b.rows = append(b.rows, row)
		b.list.Add(row)
	}
	show(b.object, len(b.rows) > 0)
	b.s.main.Refresh()
}

func (b *suggestBox) hide() {
	if b.object.Visible() {
		b.object.Hide()
		b.rows, b.list.Objects, b.chosen = nil, nil, -1
	}
}

// step chooses the next row or the one before, and reports whether there is one; above
// the first is none.
func (b *suggestBox) step(d int) bool {
	if !b.object.Visible() || b.chosen+d >= len(b.rows) || b.chosen+d < -1 {
		return false
	}
	b.chosen += d
	for i, r := range b.rows {
		r.mark(i == b.chosen)
	}
	return true
}

// take does what the chosen row says, and reports whether one is chosen.
func (b *suggestBox) take() bool {
	if !b.object.Visible() || b.chosen < 0 {
		return false
	}
	b.do(b.rows[b.chosen].suggestion)
	return true
}

// do opens the album of a suggestion, or puts its word into the search.
func (b *suggestBox) do(c suggestion) {
	e := b.s.bar.search
	b.hide()
	if c.album != "" {
		b.s.open("album/" + c.album)
		return
	}
	before, _ := lastWord(e.Text)
	text := before + c.word
	if c.word[len(c.word)-1] != ':' {
		text += " "
	}
	e.SetText(text)
	e.CursorColumn = len([]rune(text))
	e.Refresh()
	b.s.win.Canvas().Focus(e)
}

// place puts the box under the search field.
func (b *suggestBox) place(bar fyne.Position) {
	e := b.s.bar.search
	size := fyne.NewSize(max(e.Size().Width, 320), b.object.MinSize().Height)
	right := bar.X + e.Position().X + e.Size().Width
	b.object.Move(fyne.NewPos(max(right-size.Width, 8), bar.Y+e.Position().Y+e.Size().Height+4))
	b.object.Resize(size)
}

// suggestRow is a line of the box.
type suggestRow struct {
	widget.BaseWidget
	box *suggestBox
	suggestion
	ground *look.Surface
	marked bool
}

var (
	_ desktop.Mouseable = (*suggestRow)(nil)
	_ desktop.Hoverable = (*suggestRow)(nil)
)

func newSuggestRow(b *suggestBox, c suggestion) *suggestRow {
	r := &suggestRow{box: b, suggestion: c, ground: look.NewSurface("", "", look.Radius-2)}
	r.ExtendBaseWidget(r)
	return r
}

func (r *suggestRow) mark(on bool) {
	r.marked = on
	r.fill(false)
}

func (r *suggestRow) fill(over bool) {
	switch {
	case r.marked:
		r.ground.SetFill(look.ColorSoft)
	case over:
		r.ground.SetFill(theme.ColorNameHover)
	default:
		r.ground.SetFill("")
	}
}

// MouseDown implements [desktop.Mouseable]: the field loses the keyboard with it, and
// the box would be gone when the button is let go.
func (r *suggestRow) MouseDown(e *desktop.MouseEvent) {
	if e.Button == desktop.MouseButtonPrimary {
		r.box.do(r.suggestion)
	}
}

// MouseUp implements [desktop.Mouseable].
func (r *suggestRow) MouseUp(*desktop.MouseEvent) {}

// MouseIn implements [desktop.Hoverable].
func (r *suggestRow) MouseIn(*desktop.MouseEvent) { r.fill(true) }

// MouseMoved implements [desktop.Hoverable].
func (r *suggestRow) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements [desktop.Hoverable].
func (r *suggestRow) MouseOut() { r.fill(false) }

// suggestDetail is the most that what a suggestion is takes of a row.
const suggestDetail = 200

// CreateRenderer implements [fyne.Widget].
func (r *suggestRow) CreateRenderer() fyne.WidgetRenderer {
	text := look.NewCut(r.text, look.SizeBody, theme.ColorNameForeground)
	detail := look.NewCut(r.detail, look.SizeCaption, look.ColorSecondary).Align(fyne.TextAlignTrailing)
	w := min(fyne.MeasureText(r.detail, look.SizeCaption, fyne.TextStyle{}).Width+2, suggestDetail)
	row := container.NewBorder(nil, nil, look.Pad(0, 10, 0, 8, container.NewCenter(look.NewIcon(r.symbol, look.ColorSecondary, 16))),
		look.Pad(0, 8, 0, 8, look.Middle(look.Fixed(w, 0, detail))), look.Middle(text))
	return widget.NewSimpleRenderer(container.NewStack(r.ground, look.Fixed(0, 32, row)))
}
