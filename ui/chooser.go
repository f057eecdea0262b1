package ui

import (
	"context"
	"errors"
	"runtime"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	"github.com/godbus/dbus/v5"
	"github.com/ncruces/zenity"

	"github.com/libpaul/paul/ui/words"
)

// errCancelled is returned by a chooser when the person chose nothing.
var errCancelled = errors.New("nothing chosen")

// errNoChooser is returned when the system has no dialog to offer.
var errNoChooser = errors.New("no system dialog")

// chooser asks the person for files or a folder, off the screen's goroutine.
type chooser interface {
	files(ctx context.Context, title string) ([]string, error)
	folder(ctx context.Context, title, start string) (string, error)
	backup(ctx context.Context, title string) (string, error) // the file of one
}

// systemChooser uses the system's own dialogs: on Linux the portal or zenity, the native
// ones elsewhere.
type systemChooser struct{ portal portal }

// newSystemChooser asks the portal only where the desktop may have one.
func newSystemChooser() systemChooser {
	connect := func() (*dbus.Conn, error) { return nil, errNoChooser }
	if runtime.GOOS != "windows" && runtime.GOOS != "darwin" {
		connect = func() (*dbus.Conn, error) { return dbus.ConnectSessionBus() }
	}
	return systemChooser{portal{connect}}
}

// photoEndings are the endings of photos and videos that a file dialog shows.
var photoEndings = []string{
	"jpg", "jpeg", "png", "gif", "webp", "tif", "tiff", "bmp", "heic", "heif", "avif", "jxl",
	"dng", "nef", "cr2", "cr3", "arw", "raf", "orf", "rw2", "mp4", "mov", "m4v", "avi", "mkv", "webm",
}

func (c systemChooser) files(ctx context.Context, title string) ([]string, error) {
	photos, all := words.T("Photos and videos"), words.T("All files")
	kinds := []portalKind{{Name: photos}, {Name: all, Patterns: []portalPattern{{Pattern: "*"}}}}
	var patterns []string
	for _, ending := range photoEndings {
		kinds[0].Patterns = append(kinds[0].Patterns, portalPattern{Pattern: "*." + ending}, portalPattern{Pattern: "*." + strings.ToUpper(ending)})
		patterns = append(patterns, "*."+ending)
	}
	if paths, err := c.portal.choose(ctx, title, portalOptions{kinds: kinds}); !errors.Is(err, errNoChooser) {
		return paths, err
	}
	paths, err := zenity.SelectFileMultiple(zenity.Title(title), zenity.Context(ctx), zenity.FileFilters{
		{Name: photos, Patterns: patterns, CaseFold: true}, {Name: all, Patterns: []string{"*"}},
	})
	return paths, chooserError(ctx, err)
}

func (c systemChooser) folder(ctx context.Context, title, start string) (string, error) {
	if paths, err := c.portal.choose(ctx, title, portalOptions{folder: true, start: start}); err == nil {
		return paths[0], nil
	} else if !errors.Is(err, errNoChooser) {
		return "", err
	}
	opts := []zenity.Option{zenity.Title(title), zenity.Directory(), zenity.Context(ctx)}
	if start != "" {
		opts = append(opts, zenity.Filename(start))
	}
	path, err := zenity.SelectFile(opts...)
	return path, chooserError(ctx, err)
}

func (c systemChooser) backup(ctx context.Context, title string) (string, error) {
	backups, all := words.T("Backups"), words.T("All files")
	kinds := []portalKind{{Name: backups, Patterns: []portalPattern{{Pattern: "*.zip"}, {Pattern: "*.ZIP"}}}, {Name: all, Patterns: []portalPattern{{Pattern: "*"}}}}
	if paths, err := c.portal.choose(ctx, title, portalOptions{kinds: kinds}); err == nil {
		return paths[0], nil
	} else if !errors.Is(err, errNoChooser) {
		return "", err
	}
	path, err := zenity.SelectFile(zenity.Title(title), zenity.Context(ctx), zenity.FileFilters{
		{Name: backups, Patterns: []string{"*.zip"}, CaseFold: true}, {Name: all, Patterns: []string{"*"}},
	})
	return path, chooserError(ctx, err)
}

func isNoChooser(err error) bool { return errors.Is(err, errNoChooser) }

func chooserError(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, zenity.ErrCanceled), ctx.Err() != nil:
		return errCancelled
	default:
		return errNoChooser
	}
}

// chooseFiles asks for files, with the program's own dialog where the system
// has none.
func (s *shell) chooseFiles(title string, do func(paths []string)) {
	var paths []string
	s.goDo(func(ctx context.Context) (err error) {
		paths, err = s.env.files.files(ctx, title)
		return err
	}, func(err error) {
		switch {
		case err == nil && len(paths) > 0:
			do(paths)
		case errors.Is(err, errNoChooser):
			s.ownFileDialog(title, do)
		}
	})
}

// chooseFolder asks for a folder, likewise.
func (s *shell) chooseFolder(title, start string, do func(dir string)) {
	var dir string
	s.goDo(func(ctx context.Context) (err error) {
		dir, err = s.env.files.folder(ctx, title, start)
		return err
	}, func(err error) {
		switch {
		case err == nil && dir != "":
			do(dir)
		case errors.Is(err, errNoChooser):
			s.ownFolderDialog(title, start, do)
		}
	})
}

func (s *shell) ownFileDialog(title string, do func([]string)) {
	d := dialog.NewFileOpen(func(f fyne.URIReadCloser, err error) {
		if err != nil || f == nil {
			return
		}
		path := f.URI().Path()
		_ = f.Close()
		do([]string{path})
	}, s.win)
	s.showChooser(title, d)
}

// showChooser shows a dialog of the toolkit's, which Escape closes like others, and
// which says what it is for.
func (s *shell) showChooser(title string, d *dialog.FileDialog) {
	d.SetTitleText(title)
	s.dismiss = d.Hide
	d.SetOnClosed(func() { s.dismiss = nil })
	d.Resize(fyne.NewSize(860, 600))
	d.Show()
}

func (s *shell) ownFolderDialog(title, start string, do func(string)) {
	d := dialog.NewFolderOpen(func(dir fyne.ListableURI, err error) {
		if err == nil && dir != nil {
			do(dir.Path())
		}
	}, s.win)
	if start != "" {
		if l, err := storage.ListerForURI(storage.NewFileURI(start)); err == nil {
			d.SetLocation(l)
		}
	}
	s.showChooser(title, d)
}
