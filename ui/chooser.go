package ui

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
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
}

// systemChooser uses the system's own dialogs: the portal or zenity on Linux,
// the native ones elsewhere.
type systemChooser struct{ win fyne.Window }

func (systemChooser) files(ctx context.Context, title string) ([]string, error) {
	paths, err := zenity.SelectFileMultiple(zenity.Title(title), zenity.Context(ctx), zenity.FileFilters{
		{Name: words.T("Photos and videos"), Patterns: []string{
			"*.jpg", "*.jpeg", "*.png", "*.gif", "*.webp", "*.tif", "*.tiff", "*.bmp", "*.heic", "*.heif", "*.avif",
			"*.dng", "*.nef", "*.cr2", "*.cr3", "*.arw", "*.raf", "*.orf", "*.rw2", "*.mp4", "*.mov", "*.m4v", "*.avi", "*.mkv", "*.webm",
		}, CaseFold: true},
		{Name: words.T("All files"), Patterns: []string{"*"}},
	})
	return paths, chooserError(ctx, err)
}

func (systemChooser) folder(ctx context.Context, title, start string) (string, error) {
	opts := []zenity.Option{zenity.Title(title), zenity.Directory(), zenity.Context(ctx)}
	if start != "" {
		opts = append(opts, zenity.Filename(start))
	}
	path, err := zenity.SelectFile(opts...)
	return path, chooserError(ctx, err)
}

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
			s.ownFileDialog(do)
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
			s.ownFolderDialog(start, do)
		}
	})
}

func (s *shell) ownFileDialog(do func([]string)) {
	d := dialog.NewFileOpen(func(f fyne.URIReadCloser, err error) {
		if err != nil || f == nil {
			return
		}
		path := f.URI().Path()
		_ = f.Close()
		do([]string{path})
	}, s.win)
	s.showChooser(d)
}

// showChooser shows a dialog of the toolkit's, which Escape closes like others.
func (s *shell) showChooser(d *dialog.FileDialog) {
	s.dismiss = d.Hide
	d.SetOnClosed(func() { s.dismiss = nil })
	d.Resize(fyne.NewSize(860, 600))
	d.Show()
}

func (s *shell) ownFolderDialog(start string, do func(string)) {
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
	s.showChooser(d)
}
