package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

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
	more         *look.Button // the actions that have no room
	clear        *look.Button
}

// selectionHeight is that of the bar.
const selectionHeight = 56

// action is a button of the selection.
type action struct {
	button *look.Button
	text   string
	symbol string
	minor  bool // it goes first where there is little room
	fits   func(sel) bool
	do     func(sel)
	on     bool // it fits the selection
	hidden bool // it is among more
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
	b.more = look.NewIconButton("more", words.T("More that can be done"), look.Ghost, b.showMore)
	objs := []fyne.CanvasObject{b.ground, b.line, b.clear, b.count, b.more}
	for _, a := range b.actions {
		objs = append(objs, a.button)
	}
	b.object = container.New(&selectionLayout{b}, objs...)
	b.object.Hide()
	return b
}

func (b *selectionBar) makeActions() {
	s := b.s
	add := func(symbol, text, tip string, fits func(sel) bool, do func(sel)) *action {
		btn := look.NewButton(text, symbol, look.Ghost, func() { do(s.selection()) })
		btn.SetToolTip(tip)
		a := &action{button: btn, text: text, symbol: symbol, fits: fits, do: do}
		b.actions = append(b.actions, a)
		return a
	}
	minor := func(a *action) { a.minor = true }
	live := func(x sel) bool { return !x.trash }
	add("restore", words.T("Restore"), words.T("Bring back on every device that has it"), func(x sel) bool { return x.trash }, s.restorePhotos)
	add("trash", words.T("Delete for good"), words.T("Remove from the trash of this computer (Del)"), func(x sel) bool { return x.trash }, s.purgePhotos)
	add("heart", words.T("Favourite"), words.T("Mark as favourite, or no longer (F)"), live, s.toggleFavourite)
	add("albums", words.T("Album"), words.T("Add to an album"), live, s.albumMenu)
	minor(add("tag", words.T("Tags"), words.T("Give tags, or take them (T)"), live, s.editTags))
	add("save", words.T("Save here"), words.T("Keep a copy on this computer (S)"), func(x sel) bool { return !x.trash && x.away > 0 }, s.savePhotos)
	add("remove", words.T("Remove from here"), words.T("Remove the copy on this computer, once other devices have proved theirs (U)"),
		func(x sel) bool { return !x.trash && x.here > 0 && len(s.devices) > 1 }, s.removePhotos)
	minor(add("rotate-left", words.T("Rotate left"), words.T("Rotate left (L)"), live, func(x sel) { s.rotatePhotos(x, -1) }))
	minor(add("rotate-right", words.T("Rotate right"), words.T("Rotate right (R)"), live, func(x sel) { s.rotatePhotos(x, 1) }))
	minor(add("calendar", words.T("Change date"), words.T("Change date and time"), live, func(x sel) { s.changeDates(x.images) }))
	minor(add("compare", words.T("Compare"), words.T("Compare two photos side by side (C)"), func(x sel) bool { return !x.trash && len(x.images) == 2 }, s.compareSelected))
	minor(add("export", words.T("Export"), words.T("Copy the files to a folder (Ctrl+E)"), live, s.exportPhotos))
	add("trash", words.T("Delete"), words.T("Delete on every device (Del)"), live, s.deletePhotos)
}

// showMore offers what has no room in the bar, over it.
func (b *selectionBar) showMore() {
	x := b.s.selection()
	var items []*fyne.MenuItem
	for _, a := range b.actions {
		if a.on && a.hidden {
			items = append(items, item(a.text, a.symbol, func() { a.do(x) }))
		}
	}
	menu := fyne.NewMenu("", items...)
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(b.more)
	b.s.popUp(menu, at.SubtractXY(0, widget.NewMenu(menu).MinSize().Height+10))
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
			a.on = a.fits(x)
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
	b.fit(size.Width - 56 - b.count.MinSize().Width - 40)
	right := size.Width - 14
	put := func(o *look.Button) {
		if o.Visible() {
			w := o.MinSize().Width
			right -= w
			mid(o, right, w)
			right -= 2
		}
	}
	put(b.more)
	for i := len(b.actions) - 1; i >= 0; i-- {
		put(b.actions[i].button)
	}
}

// fit chooses what is shown in so much room: all actions with their names; the minor
// ones without; these among more; and then no names at all.
func (b *selectionBar) fit(room float32) {
	for _, way := range []struct{ names, minorNames, minor bool }{{true, true, true}, {true, false, true}, {true, false, false}, {false, false, false}} {
		used, hidden := float32(0), false
		for _, a := range b.actions {
			a.hidden = a.on && a.minor && !way.minor
			hidden = hidden || a.hidden
			show(a.button, a.on && !a.hidden)
			text := a.text
			if !way.names || a.minor && !way.minorNames {
				text = ""
			}
			a.button.SetText(text)
			if a.button.Visible() {
				used += a.button.MinSize().Width + 2
			}
		}
		show(b.more, hidden)
		if hidden {
			used += b.more.MinSize().Width + 2
		}
		if used <= room {
			return
		}
	}
}
