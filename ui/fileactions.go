package ui

import (
	"bytes"
	"context"
	"errors"
	"image/png"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/internal/desk"
	"github.com/libpaul/paul/ui/words"
)

// desktopFiles is what the desktop can do with a file; see the package desk.
type desktopFiles interface {
	open(ctx context.Context, path string) error
	reveal(ctx context.Context, path string) error
	copyPicture(ctx context.Context, png []byte) error
}

// systemDesktop is the desktop that the program runs on.
type systemDesktop struct{}

func (systemDesktop) open(ctx context.Context, path string) error { return desk.Open(ctx, path) }

func (systemDesktop) reveal(ctx context.Context, path string) error { return desk.Reveal(ctx, path) }

func (systemDesktop) copyPicture(ctx context.Context, png []byte) error {
	return desk.CopyPicture(ctx, png)
}

// chosen is the photo in the viewer, or what is selected on the page.
func (s *shell) chosen() sel {
	if s.view.active() {
		return s.view.sel()
	}
	return s.selection()
}

// pathOf is where the shown file of a photo lies on this computer; "" when it does
// not.
func (s *shell) pathOf(img *imagelib.Image) string {
	if e, ok := s.dev.Entry(img.Files()[0].Digest); ok && e.Here() {
		return e.Path
	}
	return ""
}

// withPath calls do with the path of one photo, or offers to save it here.
func (s *shell) withPath(images []*imagelib.Image, do func(path string)) {
	if len(images) != 1 {
		return
	}
	if path := s.pathOf(images[0]); path != "" {
		do(path)
		return
	}
	x := makeSel(images)
	s.ask(question{
		symbol: "save", title: words.T("The file is not on this computer"),
		text: words.T("Other programs can open it once it has been saved here."),
		yes:  words.T("Save to this computer"), no: words.T("Cancel"), do: func() { s.savePhotos(x) },
	})
}

// openWith opens a photo with the program that the system has for its kind.
func (s *shell) openWith(images []*imagelib.Image) {
	s.withPath(images, func(path string) {
		s.goDo(func(ctx context.Context) error { return s.desk.open(ctx, path) }, func(err error) {
			if err != nil && !cancelled(err) {
				s.tell("warning", words.T("No program could open it"), words.T("Choose a program for files of this kind in your system's settings, or show it in its folder (G) and open it there."))
			}
		})
	})
}

// showInFolder shows the file of a photo in the system's file manager.
func (s *shell) showInFolder(images []*imagelib.Image) {
	s.withPath(images, func(path string) {
		s.goDo(func(ctx context.Context) error { return s.desk.reveal(ctx, path) }, func(err error) {
			if err != nil && !cancelled(err) {
				s.tell("warning", words.T("The folder could not be opened"), words.T("The file is at {{.Path}}", "Path", path))
			}
		})
	})
}

// mostCopied is the longest side of a picture that is copied, in pixels: programs
// refuse to paste larger ones.
const mostCopied = 6000

// copyPicture puts the picture of a photo onto the clipboard, as it is shown here; of
// a film, or where the desktop takes no pictures, the path of its file.
func (s *shell) copyPicture(x sel) {
	if len(x.images) != 1 || x.trash {
		return
	}
	images, img := x.images, x.images[0]
	if img.Kind == imagelib.KindVideo {
		s.withPath(images, s.copy)
		return
	}
	s.toasts.show(words.T("Copying the picture…"), nil)
	s.goDo(func(ctx context.Context) error {
		pic, err := s.lib.PixelsAs(ctx, img.Digest, img.Geometry(), mostCopied)
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, pic); err != nil {
			return err
		}
		return s.desk.copyPicture(ctx, b.Bytes())
	}, func(err error) {
		switch path := s.pathOf(img); {
		case cancelled(err):
		case err == nil:
			s.toasts.show(words.T("Picture copied; paste it into another program"), nil)
		case errors.Is(err, imagelib.ErrNotHere), errors.Is(err, imagelib.ErrNoThumbnail), path == "":
			s.fail(words.T("Could not copy the picture"), err)
		default:
			s.fyne.Clipboard().SetContent(path)
			s.toasts.show(words.T("Pictures cannot be copied on this desktop; the path of the file was copied instead"), nil)
		}
	})
}

// fileItems are the menu items for the file of one photo.
func (s *shell) fileItems(x sel) []*fyne.MenuItem {
	if len(x.images) != 1 || x.trash {
		return nil
	}
	items := []*fyne.MenuItem{item(words.T("Copy the picture"), "copy", func() { s.copyPicture(x) })}
	if s.pathOf(x.images[0]) != "" {
		path := s.pathOf(x.images[0])
		items = append(items,
			item(words.T("Copy the file's path"), "copy", func() { s.copy(path) }),
			item(words.T("Show in folder (G)"), "folder", func() { s.showInFolder(x.images) }),
			item(words.T("Open with another program (O)"), "open-with", func() { s.openWith(x.images) }))
	}
	return items
}

// playFilm plays the film that shows with the system's player.
func (v *viewerPage) playFilm() { v.s.openWith(v.sel().images) }
