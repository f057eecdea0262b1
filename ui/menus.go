package ui

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/thumbs"
	"github.com/libpaul/paul/ui/words"
)

// contextMenu offers what can be done with the selected photos.
func (s *shell) contextMenu(at fyne.Position) {
	x := s.selection()
	if len(x.images) == 0 {
		return
	}
	if x.trash {
		s.popUp(fyne.NewMenu("", item(words.T("Restore"), "restore", func() { s.restorePhotos(x) }),
			fyne.NewMenuItemSeparator(), item(words.T("Delete for good…"), "trash", func() { s.purgePhotos(x) })), at)
		return
	}
	var items []*fyne.MenuItem
	if len(x.images) == 1 {
		items = append(items, item(words.T("Open"), "fit", func() {
			if g := s.presentGrid(); g != nil && len(g.grid.Selection()) > 0 {
				s.view.open(g, g.grid.Selection()[0])
			}
		}), item(words.T("Crop, straighten and turn (E)"), "crop", func() { s.editSelected(x) }))
	}
	if len(x.images) == 2 {
		items = append(items, item(words.T("Compare side by side (C)"), "compare", func() { s.compareSelected(x) }))
	}
	items = append(items, s.photoItems(x)...)
	if more := append(s.burstItem(), s.sectionItem()...); len(more) > 0 {
		items = append(append(items, fyne.NewMenuItemSeparator()), more...)
	}
	s.popUp(fyne.NewMenu("", items...), at)
}

// sectionItem offers to select all photos of the day or month that the cursor is in.
func (s *shell) sectionItem() []*fyne.MenuItem {
	g := s.presentGrid()
	if g == nil {
		return nil
	}
	i := g.grid.Cursor()
	if _, n := g.grid.SectionOf(i); n < 2 {
		return nil
	}
	label := words.T("Select the whole day (Ctrl+D)")
	if g.grid.CurrentLevel() <= levelMonths {
		label = words.T("Select the whole month (Ctrl+D)")
	}
	return []*fyne.MenuItem{item(label, "check-circle", func() { g.grid.ToggleSection(i) })}
}

// burstItem offers to select what was taken in a row with the photo that the cursor is at.
func (s *shell) burstItem() []*fyne.MenuItem {
	g := s.presentGrid()
	if g == nil || g.grid.Cursor() < 0 {
		return nil
	}
	src := g.grid.Source()
	var ids []thumbs.ID
	for _, d := range s.duplicates.found.burstOf[app.Digest(src.ID(g.grid.Cursor()))] {
		if _, ok := src.Index(thumbs.ID(d)); ok {
			ids = append(ids, thumbs.ID(d))
		}
	}
	if len(ids) < 2 {
		return nil
	}
	return []*fyne.MenuItem{item(words.T("Select the burst"), "film-strip", func() { g.grid.SelectThese(ids) })}
}

// photoItems are the menu items for photos, the same in grid and viewer.
func (s *shell) photoItems(x sel) []*fyne.MenuItem {
	fav := item(words.T("Add to favourites"), "heart", func() { s.toggleFavourite(x) })
	if x.favourites == len(x.images) {
		fav = item(words.T("Remove from favourites"), "heart-full", func() { s.toggleFavourite(x) })
	}
	album := item(words.T("Add to album"), "albums", nil)
	album.ChildMenu = s.albumSubmenu(x)
	tags := words.T("Tags… (T)")
	if s.view.active() { // whose T is another
		tags = words.T("Tags…")
	}
	items := []*fyne.MenuItem{fav, album, item(tags, "tag", func() { s.editTags(x) })}
	if x.albumID != "" {
		items = append(items, item(words.T("Remove from this album"), "minus", func() { s.fromAlbum(x) }))
	}
	if g := s.presentGrid(); g != nil && len(x.images) == 1 && !s.view.active() {
		if a, ok := s.album(g.query.Album); ok {
			items = append(items, item(words.T("Use as cover of the album"), "albums", func() { s.setCover(a, x.images[0].Digest) }))
		}
	}
	items = append(items,
		item(words.T("Rotate left (L)"), "rotate-left", func() { s.rotatePhotos(x, -1) }),
		item(words.T("Rotate right (R)"), "rotate-right", func() { s.rotatePhotos(x, 1) }),
		item(words.T("Change date and time…"), "calendar", func() { s.changeDates(x.images) }),
		fyne.NewMenuItemSeparator())
	if x.away > 0 {
		items = append(items, item(words.T("Save to this computer"), "save", func() { s.savePhotos(x) }))
	}
	if x.here > 0 && len(s.devices) > 1 {
		label := words.T("Remove from this computer")
		if len(x.images) == 1 {
			label = words.RemoveLabel(s.proofs(x.images[0]))
		}
		items = append(items, item(label, "remove", func() { s.removePhotos(x) }))
	}
	items = append(items, item(words.T("Export…"), "export", func() { s.exportPhotos(x) }))
	items = append(items, s.fileItems(x)...)
	return append(items, fyne.NewMenuItemSeparator(), item(words.DeleteLabel(len(s.devices))+"…", "trash", func() { s.deletePhotos(x) }))
}

// copy puts text onto the clipboard.
func (s *shell) copy(text string) {
	s.fyne.Clipboard().SetContent(text)
	s.toasts.show(words.T("Copied"), nil)
}

// albumMenu offers the albums for the selection, over its bar.
func (s *shell) albumMenu(x sel) {
	at := fyne.NewPos(s.win.Canvas().Size().Width/2, s.win.Canvas().Size().Height)
	for _, a := range s.picked.actions {
		if a.text == words.T("Album") {
			at = fyne.CurrentApp().Driver().AbsolutePositionForObject(a.button)
		}
	}
	menu := s.albumSubmenu(x)
	s.popUp(menu, at.SubtractXY(0, widget.NewMenu(menu).MinSize().Height+10))
}

func (s *shell) albumSubmenu(x sel) *fyne.Menu {
	items := []*fyne.MenuItem{item(words.T("New album…"), "plus", func() { s.newAlbum(x.digests()) })}
	for _, a := range s.lib.Albums() {
		if a.Query != nil { // it chooses its photos itself
			continue
		}
		if len(items) == 1 {
			items = append(items, fyne.NewMenuItemSeparator())
		}
		items = append(items, item(a.Name, "albums", func() { s.toAlbum(a.ID, a.Name, x.digests()) }))
	}
	return fyne.NewMenu("", items...)
}

func (s *shell) toAlbum(id, name string, ds []app.Digest) {
	fresh := slices.DeleteFunc(slices.Clone(ds), func(d app.Digest) bool { // an undo leaves the others in it
		img, _, ok := s.snap.find(d)
		return ok && slices.Contains(img.Albums, id)
	})
	s.goDo(func(ctx context.Context) error { return s.lib.AddToAlbum(ctx, id, ds) }, func(err error) {
		if err != nil {
			s.fail(words.T("Could not add to the album"), err)
			return
		}
		s.reload()
		if len(fresh) == 0 {
			s.toasts.show(words.T("They are in {{.Album}} already", "Album", name), nil)
			return
		}
		s.didEdit(words.N("{{.N}} photos added to {{.Album}}", s.photosOf(fresh), "Album", name),
			func(ctx context.Context) error { return s.lib.RemoveFromAlbum(ctx, id, fresh) })
	})
}

func (s *shell) fromAlbum(x sel) {
	ds := x.digests()
	s.goDo(func(ctx context.Context) error { return s.lib.RemoveFromAlbum(ctx, x.albumID, ds) }, func(err error) {
		if err != nil {
			s.fail(words.T("Could not remove from the album"), err)
			return
		}
		s.reload()
		s.didEdit(words.N("{{.N}} photos removed from the album", s.photosOf(ds)),
			func(ctx context.Context) error { return s.lib.AddToAlbum(ctx, x.albumID, ds) })
	})
}

// shortcuts registers the window's shortcuts, and keys while nothing else has
// the keyboard.
func (s *shell) shortcuts() {
	for _, k := range []fyne.KeyName{fyne.KeyI, fyne.KeyF, fyne.KeyE, fyne.KeyComma} {
		s.win.Canvas().AddShortcut(&desktop.CustomShortcut{KeyName: k, Modifier: fyne.KeyModifierShortcutDefault}, func(sc fyne.Shortcut) { s.shortcut(sc) })
	}
	s.win.Canvas().AddShortcut(&fyne.ShortcutUndo{}, func(sc fyne.Shortcut) { s.shortcut(sc) })
	s.win.Canvas().AddShortcut(&fyne.ShortcutPaste{}, func(sc fyne.Shortcut) { s.shortcut(sc) })
	for _, k := range []fyne.KeyName{fyne.KeyPlus, fyne.KeyEqual, fyne.KeyMinus, fyne.Key0, fyne.KeyD} {
		s.win.Canvas().AddShortcut(&desktop.CustomShortcut{KeyName: k, Modifier: fyne.KeyModifierShortcutDefault}, func(sc fyne.Shortcut) { s.shortcut(sc) })
	}
	s.win.Canvas().AddShortcut(&fyne.ShortcutCopy{}, func(sc fyne.Shortcut) { s.shortcut(sc) })
	s.win.Canvas().SetOnTypedKey(s.typedKey)
	s.win.Canvas().SetOnTypedRune(s.typedRune)
}

// typedRune acts on what is typed while nothing else takes it.
func (s *shell) typedRune(r rune) {
	if r == '?' && s.win.Canvas().Overlays().Top() == nil {
		s.showKeys()
	}
}

// typedKey acts on a key that nothing with the keyboard has taken: it is for
// the topmost dialog, else for what fills the window.
func (s *shell) typedKey(e *fyne.KeyEvent) {
	switch top := s.win.Canvas().Overlays().Top(); {
	case top != nil:
		if n := len(s.modals); n > 0 && s.modals[n-1].root == top {
			s.modals[n-1].key(e.Name)
		} else if s.dismiss != nil && e.Name == fyne.KeyEscape {
			s.dismiss()
		}
	case e.Name == fyne.KeyF1:
		s.showKeys()
	case s.view.active():
		s.view.key(e)
	default:
		if g := s.presentGrid(); g != nil {
			g.grid.TypedKey(e)
		}
	}
}

// shortcut acts on a shortcut of the window, and reports whether it is one.
func (s *shell) shortcut(sc fyne.Shortcut) bool {
	if _, ok := sc.(*fyne.ShortcutUndo); ok && s.current != "" && s.win.Canvas().Overlays().Top() == nil {
		s.undo()
		return true
	}
	if _, ok := sc.(*fyne.ShortcutPaste); ok && s.current != "" && s.win.Canvas().Overlays().Top() == nil {
		s.paste()
		return true
	}
	if _, ok := sc.(*fyne.ShortcutCopy); ok && s.current != "" && s.win.Canvas().Overlays().Top() == nil {
		s.copyPicture(s.chosen())
		return true
	}
	c, ok := sc.(*desktop.CustomShortcut)
	if !ok || c.Modifier != fyne.KeyModifierShortcutDefault || s.current == "" || len(s.modals) > 0 {
		return false
	}
	x := s.selection()
	if s.view.active() {
		x = s.view.sel()
		if c.KeyName == fyne.KeyF || c.KeyName == fyne.KeyComma {
			s.view.close()
		}
	}
	switch c.KeyName {
	case fyne.KeyI:
		s.importFiles()
	case fyne.KeyF:
		if s.presentGrid() == nil || s.presentGrid().trash {
			s.open("photos")
		}
		s.win.Canvas().Focus(s.bar.search)
	case fyne.KeyE:
		s.exportPhotos(x)
	case fyne.KeyComma:
		s.open("settings")
	default:
		g := s.presentGrid()
		return g != nil && !s.view.active() && g.grid.ViewKey(c.KeyName)
	}
	return true
}

// gridKey acts on keys that the grid has no use for.
func (s *shell) gridKey(e *fyne.KeyEvent) bool {
	x := s.selection()
	switch e.Name {
	case fyne.KeyDelete, fyne.KeyBackspace:
		if x.trash {
			s.purgePhotos(x)
		} else {
			s.deletePhotos(x)
		}
	case fyne.KeyF:
		s.toggleFavourite(x)
	case fyne.KeyS:
		s.savePhotos(x)
	case fyne.KeyT:
		s.editTags(x)
	case fyne.KeyU:
		s.removePhotos(x)
	case fyne.KeyF1:
		s.showKeys()
	case fyne.KeyR:
		s.rotatePhotos(x, 1)
	case fyne.KeyL:
		s.rotatePhotos(x, -1)
	case fyne.KeyC:
		s.compareSelected(x)
	case fyne.KeyE:
		s.editSelected(x)
	case fyne.KeyO:
		s.openWith(x.images)
	case fyne.KeyG:
		s.showInFolder(x.images)
	case fyne.KeyEscape:
		s.goBack()
	default:
		return false
	}
	return true
}
