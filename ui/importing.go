package ui

import (
	"context"
	"errors"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// importMenu offers photos or a folder, under the button that was clicked.
func (s *shell) importMenu(at fyne.CanvasObject) {
	pos := fyne.CurrentApp().Driver().AbsolutePositionForObject(at)
	menu := fyne.NewMenu("",
		item(words.T("Photos…"), "photos", s.importFiles),
		item(words.T("A folder…"), "folder", s.importFolder),
		item(words.T("What was copied (Ctrl+V)"), "paste", s.paste),
		fyne.NewMenuItemSeparator(),
		item(words.T("Watch a folder…"), "activity", s.watchFolder))
	s.popUp(menu, pos.AddXY(0, at.Size().Height+4))
}

// popUp shows a menu, kept inside the window.
func (s *shell) popUp(menu *fyne.Menu, at fyne.Position) {
	m := widget.NewPopUpMenu(menu, s.win.Canvas())
	size, room := m.MinSize(), s.win.Canvas().Size()
	at.X = max(min(at.X, room.Width-size.Width-6), 6)
	at.Y = max(min(at.Y, room.Height-size.Height-6), 6)
	m.ShowAtPosition(at)
}

func item(text, symbol string, do func()) *fyne.MenuItem {
	i := fyne.NewMenuItem(text, do)
	i.Icon = look.MenuSymbol(symbol)
	return i
}

func (s *shell) importFiles() {
	s.chooseFiles(words.T("Import photos"), func(paths []string) { s.importPaths(paths) })
}

func (s *shell) importFolder() {
	s.chooseFolder(words.T("Import a folder"), "", func(dir string) { s.importPaths([]string{dir}) })
}

// importPaths imports files and folders, and sums up what came of it.
func (s *shell) importPaths(paths []string) { s.importWith(s.dev.ImportNew, paths) }

// importWith imports by one of the device's ways.
func (s *shell) importWith(do func(context.Context, []string) (app.ImportResult, error), paths []string) {
	s.toasts.show(words.T("Importing…"), nil)
	done := &importSummary{paths: paths, since: s.now()}
	s.goDo(func(ctx context.Context) (err error) {
		done.result, err = do(ctx, paths)
		return err
	}, func(err error) {
		s.reload()
		s.toasts.hide()
		if err != nil && !cancelled(err) {
			s.fail(words.T("The import stopped"), err)
			return
		}
		s.imported(done)
	})
}

// dropped takes files and folders that were dropped onto the window: a pair
// code's picture while a dialog waits for one, else photos.
func (s *shell) dropped(_ fyne.Position, uris []fyne.URI) {
	var paths []string
	for _, u := range uris {
		if u.Scheme() == "file" {
			paths = append(paths, filepath.FromSlash(u.Path()))
		}
	}
	if len(paths) == 0 {
		s.toasts.show(words.T("Only files and folders of this computer can be dropped here"), nil)
		return
	}
	if s.takeDrop != nil {
		s.takeDrop(paths[0])
		return
	}
	if !s.begun() {
		s.toasts.show(words.T("Choose first how to start; then drop the photos again"), nil)
		return
	}
	s.importPaths(paths)
}

// watchFolder asks for a folder whose photos come into the library by themselves.
func (s *shell) watchFolder() {
	s.chooseFolder(words.T("Watch a folder"), "", s.watch)
}

func (s *shell) watch(dir string) {
	failed := words.T("The folder is not watched")
	s.goDo(func(context.Context) error { return s.dev.AddWatchedFolder(dir) }, func(err error) {
		s.reload()
		switch {
		case err == nil:
			s.toasts.show(words.T("New photos in {{.Folder}} come into the library by themselves", "Folder", filepath.Base(dir)), nil)
		case errors.Is(err, app.ErrBadSetting):
			s.tell("warning", failed, words.T("Choose a folder that is there, and that neither holds the library or another watched folder nor lies in one of them. Nothing was changed."))
		default:
			s.fail(failed, err)
		}
	})
}
