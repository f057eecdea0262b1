package ui

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// watchedFolders lists the folders whose photos come by themselves, with their
// state.
type watchedFolders struct {
	p    *settingsPage
	list *fyne.Container
	now  []app.WatchedFolder // as they are shown
}

func newWatchedFolders(p *settingsPage) *watchedFolders {
	return &watchedFolders{p: p, list: look.VBox(12)}
}

// object is the row of settings, with the folders below.
func (w *watchedFolders) object() fyne.CanvasObject {
	add := look.NewButton(words.T("Add a folder…"), "plus", look.Plain, func() {
		w.p.s.chooseFolder(words.T("Watched folder"), "", func(dir string) {
			w.change(func() error { return w.p.s.dev.AddWatchedFolder(dir) }, words.T("The folder is not watched"))
		})
	})
	row := setting(words.T("Import by itself from"), words.T("Photos that appear in these folders, such as your phone's sync folder, are copied into the library. The folders stay as they are."), add)
	w.show(w.p.s.dev.WatchedFolders())
	return look.VBox(12, row, w.list)
}

// reload shows what has changed since.
func (w *watchedFolders) reload() {
	now := w.p.s.dev.WatchedFolders()
	same := len(now) == len(w.now)
	for i := range now {
		same = same && now[i] == w.now[i]
	}
	if !same {
		w.show(now)
	}
}

func (w *watchedFolders) show(list []app.WatchedFolder) {
	w.now, w.list.Objects = list, nil
	for _, f := range list {
		w.list.Add(look.Line())
		w.list.Add(w.row(f))
	}
	w.list.Hidden = len(list) == 0
	w.list.Refresh()
}

func (w *watchedFolders) row(f app.WatchedFolder) fyne.CanvasObject {
	drop := look.NewIconButton("close", words.T("Do not watch this folder any more"), look.Ghost, func() {
		w.change(func() error { return w.p.s.dev.RemoveWatchedFolder(f.Path) }, words.T("The folder is still watched"))
	})
	state, colour := watchedState(f)
	lines := look.VBox(1,
		look.NewCut(filepath.Base(f.Path), look.SizeBody, theme.ColorNameForeground),
		look.NewCut(filepath.Dir(f.Path), look.SizeCaption, look.ColorSecondary),
		look.NewCut(state, look.SizeCaption, colour))
	if f.Reason != "" {
		lines.Add(look.NewPara(sentence(f.Reason), look.SizeCaption, 520, look.ColorSecondary))
	}
	return container.NewBorder(nil, nil, nil, container.NewCenter(drop), lines)
}

// watchedState says in a line how a folder is doing.
func watchedState(f app.WatchedFolder) (text string, colour fyne.ThemeColorName) {
	state, colour := map[string]string{
		app.WatchStarting: words.T("Starting"), app.WatchWatching: words.T("Watching"), app.WatchScanned: words.T("Looked through every few minutes"),
		app.WatchMissing: words.T("Not there"), app.WatchOff: words.T("Not watched"),
	}[f.State], look.ColorSecondary
	switch f.State {
	case app.WatchWatching:
		colour = look.ColorSafe
	case app.WatchMissing, app.WatchOff:
		colour = look.ColorRisk
	}
	parts := []string{state}
	for _, c := range []struct {
		n    int
		text string
	}{
		{f.Photos, words.N("{{.N}} photos", f.Photos)},
		{f.Deleted, words.N("{{.N}} stay deleted", f.Deleted)},
		{f.NotPhotos, words.N("{{.N}} files are not photos", f.NotPhotos)},
		{f.Unread, words.N("{{.N}} files could not be read", f.Unread)},
	} {
		if c.n > 0 {
			parts = append(parts, c.text)
		}
	}
	return strings.Join(parts, " · "), colour
}

// change adds or removes a folder.
func (w *watchedFolders) change(do func() error, failed string) {
	w.p.s.goDo(func(context.Context) error { return do() }, func(err error) {
		switch {
		case errors.Is(err, app.ErrBadSetting):
			w.p.s.tell("warning", failed, words.T("Choose a folder that is there, and that neither holds the library or another watched folder nor lies in one of them. Nothing was changed."))
		case err != nil:
			w.p.s.fail(failed, err)
		}
		w.reload()
	})
}
