package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	ttwidget "github.com/dweymouth/fyne-tooltip/widget"

	"github.com/libpaul/paul/assets"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// navRow is a line of the sidebar. In a narrow window only its symbol shows.
type navRow struct {
	ttwidget.ToolTipWidget
	symbol, text string
	tapped       func()
	chosen       bool
	hovered      bool
	focused      bool
	narrow       bool

	ground *look.Surface
	ring   *look.Surface // tells who has the keyboard
	icon   *look.Icon
	label  *look.Text
	count  *look.Text
	dot    *look.Surface
	dotOn  bool
}

var (
	_ fyne.Tappable     = (*navRow)(nil)
	_ fyne.Focusable    = (*navRow)(nil)
	_ desktop.Hoverable = (*navRow)(nil)
)

func newNavRow(symbol, text string, tapped func()) *navRow {
	n := &navRow{
		symbol: symbol, text: text, tapped: tapped, ground: look.NewSurface("", "", look.Radius), ring: look.NewSurface("", theme.ColorNamePrimary, look.Radius),
		icon: look.NewIcon(symbol, look.ColorSecondary, 20), label: look.NewCut(text, look.SizeBody, theme.ColorNameForeground),
		count: look.NewText("", look.SizeCaption, look.ColorSecondary), dot: look.NewSurface(look.ColorRisk, "", 4),
	}
	n.dot.Hide()
	n.ExtendBaseWidget(n)
	return n
}

// Tapped implements [fyne.Tappable].
func (n *navRow) Tapped(*fyne.PointEvent) { n.tapped() }

// FocusGained implements [fyne.Focusable].
func (n *navRow) FocusGained() {
	n.setFocused(true)
	look.Reveal(n)
}

// FocusLost implements [fyne.Focusable].
func (n *navRow) FocusLost() { n.setFocused(false) }

func (n *navRow) setFocused(on bool) {
	n.focused = on
	n.Refresh()
}

// TypedRune implements [fyne.Focusable].
func (n *navRow) TypedRune(r rune) { look.PassRune(n, r) }

// TypedKey implements [fyne.Focusable].
func (n *navRow) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		n.tapped()
	default:
		look.PassKey(n, e)
	}
}

// MouseIn implements [desktop.Hoverable].
func (n *navRow) MouseIn(e *desktop.MouseEvent) {
	if n.narrow {
		n.ToolTipWidget.MouseIn(e)
	}
	n.hovered = true
	n.paint()
}

// MouseMoved implements [desktop.Hoverable].
func (n *navRow) MouseMoved(e *desktop.MouseEvent) { n.ToolTipWidget.MouseMoved(e) }

// MouseOut implements [desktop.Hoverable].
func (n *navRow) MouseOut() {
	n.ToolTipWidget.MouseOut()
	n.hovered = false
	n.paint()
}

func (n *navRow) choose(on bool) {
	n.chosen = on
	n.paint()
}

func (n *navRow) setCount(count int) {
	s := ""
	if count > 0 {
		s = words.Number(count)
	}
	n.count.Set(s)
	n.Refresh()
}

// setDot marks the row as one that wants to be looked at.
func (n *navRow) setDot(on bool) {
	n.dotOn = on
	if on {
		n.dot.Show()
	} else {
		n.dot.Hide()
	}
}

func (n *navRow) setNarrow(narrow bool) {
	if n.narrow == narrow {
		return
	}
	n.narrow = narrow
	n.SetToolTip(n.text)
	n.Refresh()
}

func (n *navRow) paint() {
	colour := look.ColorSecondary
	switch {
	case n.chosen:
		n.ground.SetFill(look.ColorSoft)
		colour = theme.ColorNamePrimary
	case n.hovered:
		n.ground.SetFill(theme.ColorNameHover)
	default:
		n.ground.SetFill("")
	}
	n.icon.Set(n.symbol, colour)
}

// CreateRenderer implements [fyne.Widget].
func (n *navRow) CreateRenderer() fyne.WidgetRenderer { return &navRenderer{n} }

type navRenderer struct{ n *navRow }

func (r *navRenderer) Destroy()           {}
func (r *navRenderer) MinSize() fyne.Size { return fyne.NewSize(36, look.ControlHeight()) }
func (r *navRenderer) Objects() []fyne.CanvasObject {
	n := r.n
	objs := []fyne.CanvasObject{n.ground}
	if n.focused {
		objs = append(objs, n.ring)
	}
	if n.narrow {
		return append(objs, n.icon, n.dot)
	}
	return append(objs, n.icon, n.label, n.count, n.dot)
}

func (r *navRenderer) Layout(s fyne.Size) {
	n := r.n
	n.ground.Resize(s)
	n.ring.Resize(s)
	n.icon.Resize(fyne.NewSize(36, s.Height))
	n.icon.Move(fyne.NewPos(2, 0))
	if n.narrow {
		n.icon.Move(fyne.NewPos((s.Width-36)/2, 0))
	}
	c := n.count.MinSize()
	n.count.Resize(fyne.NewSize(c.Width, s.Height))
	n.count.Move(fyne.NewPos(s.Width-c.Width-12, 0))
	n.label.Resize(fyne.NewSize(s.Width-42-c.Width-18, s.Height))
	n.label.Move(fyne.NewPos(42, 0))
	n.dot.Resize(fyne.NewSquareSize(8))
	n.dot.Move(fyne.NewPos(s.Width-18, (s.Height-8)/2))
	if n.narrow {
		n.dot.Move(fyne.NewPos(s.Width-10, 4))
	}
}

func (r *navRenderer) Refresh() {
	r.n.paint()
	r.Layout(r.n.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
	canvas.Refresh(r.n)
}

// sidebar is the list of pages.
type sidebar struct {
	rows   map[string]*navRow
	order  []fyne.CanvasObject
	title  fyne.CanvasObject // beside the icon
	object *fyne.Container
	narrow bool
}

// navEntry is a line of the sidebar to be made; no ID makes a heading.
type navEntry struct{ id, symbol, text string }

func navEntries() []navEntry {
	return []navEntry{
		{"photos", "photos", words.T("Photos")},
		{"favourites", "heart", words.T("Favourites")},
		{"albums", "albums", words.T("Albums")},
		{"places", "pin", words.T("Places and dates")},
		{text: words.T("Where they are")},
		{"here", "here", words.T("On this computer")},
		{"elsewhere", "elsewhere", words.T("Elsewhere")},
		{"onecopy", "one-copy", words.T("Only one copy")},
		{text: words.T("Library")},
		{"devices", "devices", words.T("Devices")},
		{"activity", "activity", words.T("Activity")},
		{"trash", "trash", words.T("Trash")},
		{"duplicates", "copy", words.T("Duplicates")},
	}
}

func newSidebar(open func(id string)) *sidebar {
	b := &sidebar{rows: map[string]*navRow{}}
	top := look.VBox(2)
	logo := newPicture(fyne.NewStaticResource("icon.png", assets.Icon), 28)
	b.title = look.Middle(look.NewText("Paul", 18, theme.ColorNameForeground).Bold())
	top.Add(look.Pad(14, 0, 12, 6, look.HBox(10, logo, b.title)))
	for _, e := range navEntries() {
		if e.id == "" {
			h := look.Pad(14, 8, 4, 10, look.NewCut(e.text, look.SizeCaption, look.ColorSecondary).Bold())
			b.order = append(b.order, h)
			top.Add(h)
			continue
		}
		b.rows[e.id] = newNavRow(e.symbol, e.text, func() { open(e.id) })
		top.Add(b.rows[e.id])
	}
	b.rows["settings"] = newNavRow("settings", words.T("Settings"), func() { open("settings") })
	list := container.NewVScroll(look.Pad(0, 10, 0, 10, top))
	foot := look.Pad(4, 10, 10, 10, b.rows["settings"])
	b.object = container.NewStack(look.NewSurface(look.ColorSidebar, "", 0), container.NewBorder(nil, foot, nil, nil, list))
	return b
}

func (b *sidebar) choose(id, back string) {
	switch id { // pages below others
	case removalsID:
		id = "activity"
	case importedID:
		id = "photos"
	case foundID:
		id = back
	}
	if _, ok := lossPage(id); ok {
		id = "devices"
	}
	for k, r := range b.rows {
		r.choose(k == id)
	}
}

// setNarrow shows symbols alone, or all.
func (b *sidebar) setNarrow(narrow bool) {
	if b.narrow == narrow {
		return
	}
	b.narrow = narrow
	for _, r := range b.rows {
		r.setNarrow(narrow)
	}
	for _, h := range b.order {
		if narrow {
			h.Hide()
		} else {
			h.Show()
		}
	}
	if narrow {
		b.title.Hide()
	} else {
		b.title.Show()
	}
	b.object.Refresh()
}

// newPicture is a picture of the program at a size.
func newPicture(res fyne.Resource, size float32) fyne.CanvasObject {
	i := widget.NewIcon(res)
	return look.Fixed(size, size, i)
}
