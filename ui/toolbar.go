package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/grid"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// toolbar is the strip over a page: its title, search and zoom.
type toolbar struct {
	s      *shell
	object *fyne.Container

	back   *look.Button
	title  *look.Text
	sub    *look.Text
	keep   *look.Button // makes an album of what a search has found
	search *searchEntry
	zoom   *widget.Slider
	zooms  *fyne.Container
	views  *look.Button // how photos are shown
	imp    *look.Button
	empty  *look.Button // the trash

	stopWait func() // ends a wait for the next key of a search
	zooming  bool   // the slider is being set by the program
}

// searchPause is how long the next key of a search is waited for.
const searchPause = 140 * time.Millisecond

func newToolbar(s *shell) *toolbar {
	b := &toolbar{
		s: s, title: look.NewCut("", look.SizeHeading, theme.ColorNameForeground).Bold(),
		sub: look.NewText("", look.SizeCaption, look.ColorSecondary),
	}
	b.back = look.NewIconButton("back", words.T("Back"), look.Ghost, s.goBack)
	b.back.Hide()
	b.keep = look.NewButton("", "albums", look.Ghost, s.saveSearch)
	b.keep.SetToolTip(words.T("Make an album of what this search finds, now and later"))
	b.search = newSearchEntry(b)
	b.zoom = widget.NewSlider(0, float64(len(grid.Levels)-1))
	b.zoom.Step = 1
	b.zoom.SetValue(grid.DefaultLevel)
	b.zoom.OnChanged = func(v float64) {
		if g := s.presentGrid(); g != nil && !b.zooming {
			g.grid.SetLevel(int(v))
		}
	}
	b.zooms = look.HBox(0,
		container.NewCenter(look.NewIcon("grid-small", look.ColorSecondary, 16)),
		look.Middle(look.Fixed(104, 0, look.OnTrack(b.zoom))),
		container.NewCenter(look.NewIcon("grid-large", look.ColorSecondary, 16)))
	b.views = look.NewIconButton("rows", words.T("How photos are shown"), look.Ghost, nil)
	b.views.OnTapped = func() { s.viewMenu(b.views) }
	b.imp = look.NewButton(words.T("Import"), "plus", look.Primary, func() { s.importMenu(b.imp) })
	b.empty = look.NewButton(words.T("Empty trash"), "trash", look.Plain, s.emptyTrash)
	b.empty.SetToolTip(words.T("Remove all that is in the trash of this computer, for good"))
	b.object = container.New(&barLayout{b}, b.back, b.title, b.sub, b.keep, b.search, b.zooms, b.views, b.imp, b.empty)
	return b
}

// turnTo shows the toolbar of a page that has just come.
func (b *toolbar) turnTo() {
	b.stopSearch()
	b.s.suggest.hide()
	b.search.quiet(func() { b.search.SetText("") })
	b.reload()
}

// reload shows title and counts.
func (b *toolbar) reload() {
	p := b.s.present()
	if p == nil {
		return
	}
	b.title.Set(p.title())
	g := b.s.presentGrid()
	sub := ""
	if g != nil {
		if n := g.grid.Source().Len(); n > 0 {
			sub = words.Photos(n)
		}
		b.zooming = true
		b.zoom.SetValue(float64(g.grid.CurrentLevel()))
		b.zooming = false
	}
	b.sub.Set(sub)
	show(b.back, g != nil && g.parent() != "")
	show(b.sub, sub != "")
	show(b.keep, g != nil && g.searched())
	show(b.search, g != nil && !g.trash)
	show(b.zooms, g != nil)
	show(b.views, g != nil)
	b.views.SetSymbol(map[bool]string{false: "rows", true: "squares"}[b.s.looks.Squares], "")
	show(b.imp, g != nil && !g.trash && g.query.Where != imagelib.Elsewhere)
	show(b.empty, g != nil && g.trash && b.s.dev.TrashLen() > 0)
	b.object.Refresh()
	b.s.picked.reload()
}

func show(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}

func (b *toolbar) stopSearch() {
	if b.stopWait != nil {
		b.stopWait()
		b.stopWait = nil
	}
}

// searched waits for the next key, and then searches.
func (b *toolbar) searched(text string) {
	b.stopSearch()
	b.stopWait = b.s.after(searchPause, func() {
		b.s.do(func() {
			if g := b.s.presentGrid(); g != nil && b.search.Text == text {
				g.search(text)
				b.reload()
			}
		})
	})
}

// searchEntry is the search field. Escape empties and leaves it, Up and Down choose
// what is suggested, Enter takes that or goes to the photos.
type searchEntry struct {
	look.Entry
	b      *toolbar
	glass  *fyne.Container
	wipe   *look.Button // in place of the glass, while there is text
	silent bool
}

func newSearchEntry(b *toolbar) *searchEntry {
	e := &searchEntry{b: b}
	e.ExtendBaseWidget(e)
	e.glass = container.NewCenter(look.NewIcon("search", look.ColorSecondary, 18))
	e.wipe = look.NewIconButton("close", words.T("Clear search (Esc)"), look.Ghost, func() {
		e.SetText("")
		b.s.win.Canvas().Focus(e)
	})
	e.wipe.Hide()
	e.ActionItem = look.Fixed(36, 0, container.NewStack(e.glass, e.wipe))
	e.OnChanged = func(text string) {
		e.wipe.Hidden, e.glass.Hidden = text == "", text != ""
		e.ActionItem.Refresh()
		if !e.silent {
			b.searched(text)
			b.s.suggest.show(text)
		}
	}
	return e
}

// prompt says what can be searched, as far as there is room.
func (e *searchEntry) prompt(width float32) {
	text := words.T("Search names, captions, cameras")
	if fyne.MeasureText(text, look.SizeBody, fyne.TextStyle{}).Width > width-60 {
		text = words.T("Search")
	}
	if e.PlaceHolder != text {
		e.SetPlaceHolder(text)
	}
}

// quiet runs f without searching.
func (e *searchEntry) quiet(f func()) {
	e.silent = true
	f()
	e.silent = false
}

// FocusLost implements [fyne.Focusable]: what is suggested goes, when nothing of it was
// clicked.
func (e *searchEntry) FocusLost() {
	e.Entry.FocusLost()
	s := e.b.s
	s.after(suggestPause, func() {
		s.do(func() {
			if s.win.Canvas().Focused() != fyne.Focusable(e) {
				s.suggest.hide()
			}
		})
	})
}

// TypedKey implements [fyne.Focusable].
func (e *searchEntry) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyEscape:
		e.SetText("")
		e.b.s.focusGrid()
	case fyne.KeyUp:
		e.b.s.suggest.step(-1)
	case fyne.KeyDown:
		if !e.b.s.suggest.step(1) && e.b.s.suggest.chosen < 0 {
			e.b.s.focusGrid()
		}
	case fyne.KeyReturn, fyne.KeyEnter:
		if !e.b.s.suggest.take() {
			e.b.s.focusGrid()
		}
	default:
		e.Entry.TypedKey(k)
	}
}

// Resize implements [fyne.CanvasObject]; the hint is cut to the room there is.
func (e *searchEntry) Resize(s fyne.Size) {
	e.Entry.Resize(s)
	e.SetPlaceHolder(look.Hint(words.T("Search names, captions, cameras"), s.Width-3*theme.InnerPadding()-e.ActionItem.MinSize().Width))
}

// TypedShortcut implements [fyne.Shortcutable]: a focused field swallows the
// window's shortcuts, so those it has no use for are passed on.
func (e *searchEntry) TypedShortcut(sc fyne.Shortcut) {
	_, own := sc.(*fyne.ShortcutUndo) // of what was typed
	if own || !e.b.s.shortcut(sc) {
		e.Entry.TypedShortcut(sc)
	}
}

func (s *shell) focusGrid() {
	if g := s.presentGrid(); g != nil {
		s.win.Canvas().Focus(g.grid)
	}
}

// barLayout places the toolbar's parts, and leaves out what has no room.
type barLayout struct{ b *toolbar }

func (*barLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(200, barHeight) }

func (l *barLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	b := l.b
	mid := midOf(size.Height)
	right := size.Width - barPad
	put := func(o fyne.CanvasObject) {
		if o.Visible() {
			w := o.MinSize().Width
			right -= w
			mid(o, right, w)
			right -= barGap
		}
	}
	if size.Width < 560 {
		b.imp.SetText("")
	} else {
		b.imp.SetText(words.T("Import"))
	}
	put(b.imp)
	put(b.empty)
	put(b.views)
	roomy := size.Width >= 760
	if b.zooms.Visible() && roomy {
		put(b.zooms)
		b.zoom.Enable()
	} else {
		b.zoom.Disable()                                     // Tab passes it over
		mid(b.zooms, size.Width+10, b.zooms.MinSize().Width) // no room
	}
	l.left(right, size.Height)
}

const (
	barPad = 20
	barGap = 10 // between what is in the bar
)

// midOf returns how something is put into the middle of a height.
func midOf(height float32) func(o fyne.CanvasObject, x, w float32) {
	return func(o fyne.CanvasObject, x, w float32) {
		h := o.MinSize().Height
		o.Resize(fyne.NewSize(w, h))
		o.Move(fyne.NewPos(x, (height-h)/2))
	}
}

// left places the title and what is beside it, up to where the buttons at the right
// begin.
func (l *barLayout) left(right, height float32) {
	b, mid := l.b, midOf(height)
	x := float32(barPad)
	if b.back.Visible() {
		mid(b.back, x-8, look.Control)
		x += look.Control - 2
	}
	want := fyne.MeasureText(b.title.Text(), look.SizeHeading, fyne.TextStyle{Bold: true}).Width
	if b.search.Visible() {
		beside := float32(120) // what stands beside the title
		if b.keep.Visible() {
			b.keep.SetText(words.T("Save as album…"))
			beside += b.keep.MinSize().Width
		}
		searchW := min(max(right-x-want-beside, 150), 380)
		b.search.prompt(searchW)
		mid(b.search, right-searchW, searchW)
		right -= searchW + barGap
	}
	subW := b.sub.MinSize().Width
	if b.keep.Visible() {
		if b.keep.SetText(words.T("Save as album…")); x+want+subW+b.keep.MinSize().Width+3*barGap > right {
			b.keep.SetText("")
		}
		right -= b.keep.MinSize().Width + barGap
	}
	titleW := min(want, right-x-barGap)
	mid(b.title, x, titleW)
	if x+titleW+barGap+subW > right {
		subW = 0
	}
	if after := x + titleW + barGap; subW == 0 {
		mid(b.keep, after, b.keep.MinSize().Width)
	} else {
		mid(b.keep, after+subW+barGap, b.keep.MinSize().Width)
	}
	b.sub.Resize(fyne.NewSize(subW, b.sub.MinSize().Height))
	b.sub.Move(fyne.NewPos(x+titleW+barGap, (height-b.title.MinSize().Height)/2+b.title.MinSize().Height-b.sub.MinSize().Height-3))
	if subW == 0 {
		b.sub.Move(fyne.NewPos(-500, 0))
	}
}
