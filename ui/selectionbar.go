package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// selectionBar is the strip under a page while photos are selected: how many, and
// what can be done with them. The toolbar, with the search, stays as it is.
type selectionBar struct {
	s            *shell
	object       *fyne.Container
	ground, line fyne.CanvasObject
	count        *look.Text
	actions      []*action
	clear        *look.Button
}

// selectionHeight is that of the bar.
const selectionHeight = 56

// action is a button of the selection.
type action struct {
	button *look.Button
	text   string
	fits   func(sel) bool
}

func newSelectionBar(s *shell) *selectionBar {
	b := &selectionBar{
		s: s, count: look.NewText("", look.SizeTitle, theme.ColorNameForeground).Bold(),
		ground: look.NewSurface(look.ColorSurface, "", 0), line: look.NewSurface(theme.ColorNameSeparator, "", 0),
	}
	b.clear = look.NewIconButton("close", words.T("Clear selection (Esc)"), look.Ghost, func() {
		if g := s.presentGrid(); g != nil {
			g.grid.ClearSelection()
		}
	})
	b.makeActions()
	objs := []fyne.CanvasObject{b.ground, b.line, b.clear, b.count}
	for _, a := range b.actions {
		objs = append(objs, a.button)
	}
	b.object = container.New(&selectionLayout{b}, objs...)
	b.object.Hide()
	return b
}

func (b *selectionBar) makeActions() {
	s := b.s
	add := func(symbol, text, tip string, fits func(sel) bool, do func(sel)) {
		btn := look.NewButton(text, symbol, look.Ghost, func() { do(s.selection()) })
		btn.SetToolTip(tip)
		b.actions = append(b.actions, &action{button: btn, text: text, fits: fits})
	}
	live := func(x sel) bool { return !x.trash }
	add("restore", words.T("Restore"), words.T("Bring back on every device that has it"), func(x sel) bool { return x.trash }, s.restorePhotos)
	add("trash", words.T("Delete for good"), words.T("Remove from the trash of this computer (Del)"), func(x sel) bool { return x.trash }, s.purgePhotos)
	add("heart", words.T("Favourite"), words.T("Mark as favourite, or no longer (F)"), live, s.toggleFavourite)
	add("albums", words.T("Album"), words.T("Add to an album"), live, s.albumMenu)
	add("save", words.T("Save here"), words.T("Keep a copy on this computer"), func(x sel) bool { return !x.trash && x.away > 0 }, s.savePhotos)
	add("remove", words.T("Remove from here"), words.T("Remove the copy on this computer, once other devices have proved theirs"),
		func(x sel) bool { return !x.trash && x.here > 0 && len(s.devices) > 1 }, s.removePhotos)
	add("export", words.T("Export"), words.T("Copy the files to a folder"), live, s.exportPhotos)
	add("trash", words.T("Delete"), words.T("Delete on every device (Del)"), live, s.deletePhotos)
}

// height is what the bar takes of the window now.
func (b *selectionBar) height() float32 {
	if b.object.Visible() {
		return selectionHeight
	}
	return 0
}

// reload shows the actions that fit the selection, or nothing without one.
func (b *selectionBar) reload() {
	x := b.s.selection()
	before := b.height()
	show(b.object, len(x.images) > 0)
	if len(x.images) > 0 {
		b.count.Set(words.N("{{.N}} selected", len(x.images)))
		b.favouriteSymbol(x)
		for _, a := range b.actions {
			show(a.button, a.fits(x))
		}
		b.object.Refresh()
	}
	if b.height() != before {
		b.s.main.Refresh()
		b.s.toasts.box.Refresh()
	}
}

func (b *selectionBar) favouriteSymbol(x sel) {
	for _, a := range b.actions {
		if a.text == words.T("Favourite") {
			if x.favourites == len(x.images) {
				a.button.SetSymbol("heart-full", theme.ColorNamePrimary)
			} else {
				a.button.SetSymbol("heart", "")
			}
		}
	}
}

// selectionLayout places the parts of the bar.
type selectionLayout struct{ b *selectionBar }

// MinSize implements [fyne.Layout].
func (*selectionLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(200, selectionHeight)
}

// Layout places the actions, with their names where there is room.
func (l *selectionLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	b := l.b
	mid := func(o fyne.CanvasObject, x, w float32) {
		h := o.MinSize().Height
		o.Resize(fyne.NewSize(w, h))
		o.Move(fyne.NewPos(x, (size.Height-h)/2))
	}
	b.ground.Resize(size)
	b.line.Resize(fyne.NewSize(size.Width, 1))
	mid(b.clear, 12, look.Control)
	mid(b.count, 56, b.count.MinSize().Width)
	full := float32(0)
	for _, a := range b.actions {
		if a.button.Visible() {
			full += fyne.MeasureText(a.text, look.SizeBody, fyne.TextStyle{}).Width + 18 + 7 + 28 + 2
		}
	}
	room := size.Width - 56 - b.count.MinSize().Width - 40
	right := size.Width - 14
	for i := len(b.actions) - 1; i >= 0; i-- {
		a := b.actions[i]
		if !a.button.Visible() {
			continue
		}
		if full > room {
			a.button.SetText("")
		} else {
			a.button.SetText(a.text)
		}
		w := a.button.MinSize().Width
		right -= w
		mid(a.button, right, w)
		right -= 2
	}
}
