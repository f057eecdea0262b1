package ui

import (
	"context"
	"path/filepath"
	"strings"

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
		item(words.T("A folder…"), "folder", s.importFolder))
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

// importPaths imports files and folders, and tells what came of it.
func (s *shell) importPaths(paths []string) {
	s.toasts.show(words.T("Importing…"), nil)
	var result app.ImportResult
	s.goDo(func(ctx context.Context) (err error) {
		result, err = s.dev.Import(ctx, paths)
		return err
	}, func(err error) {
		s.reload()
		if err != nil && !cancelled(err) {
			s.fail(words.T("The import stopped"), err)
			return
		}
		s.imported(result)
	})
}

// imported sums an import up.
func (s *shell) imported(r app.ImportResult) {
	parts := []string{words.N("{{.N}} photos added", len(r.Added))}
	if r.Duplicates > 0 {
		parts = append(parts, words.N("{{.N}} already in the library", r.Duplicates))
	}
	if r.Brought > 0 {
		parts = append(parts, words.N("{{.N}} of them now on this computer too", r.Brought))
	}
	if r.Failed > 0 {
		parts = append(parts, words.N("{{.N}} not imported", r.Failed))
	}
	s.toasts.show(strings.Join(parts, ", "), nil)
	if r.Failed == 0 {
		return
	}
	s.toasts.hide()
	troubles := make([]app.Trouble, len(r.Problems))
	for i, p := range r.Problems {
		troubles[i] = app.Trouble{Name: filepath.Base(p.Path), Err: p.Err}
	}
	s.tell("warning", strings.Join(parts, ", "), troubleLines(troubles))
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
		return
	}
	if s.takeDrop != nil {
		s.takeDrop(paths[0])
		return
	}
	if s.dev.Settings().FirstStartDone {
		s.importPaths(paths)
	}
}
