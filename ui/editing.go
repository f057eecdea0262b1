package ui

import (
	"context"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/words"
)

// rotatePhotos turns photos by quarter turns clockwise, each from how it is shown.
// Their files stay as they are.
func (s *shell) rotatePhotos(x sel, quarters int) {
	ds := x.digests()
	if len(ds) == 0 || x.trash {
		return
	}
	since := s.now()
	s.goDo(func(ctx context.Context) error { return s.lib.Rotate(ctx, ds, quarters) }, func(err error) {
		s.reload()
		if err != nil {
			s.fail(words.T("Could not rotate all of the photos"), err)
			return
		}
		text := words.N("{{.N}} photos rotated right", s.photosOf(ds))
		if quarters < 0 {
			text = words.N("{{.N}} photos rotated left", s.photosOf(ds))
		}
		s.didAction(text, app.KindGeometry, since, func() { s.rotatePhotos(x, -quarters) }, nil)
	})
}

// exportPhotos copies the files to a folder that the person chooses. Where some are
// turned or cut, it asks whether they are to be written so too.
func (s *shell) exportPhotos(x sel) {
	if len(x.images) == 0 {
		return
	}
	edited := 0
	for _, img := range x.images {
		if img.Geometry() != (app.Geometry{}) {
			edited++
		}
	}
	if edited == 0 {
		s.exportTo(x, false)
		return
	}
	s.ask(question{
		symbol: "export", title: words.N("Export {{.N}} photos with your edits applied?", edited),
		text: words.T("The originals are exported as they are, with what you changed in a file beside each. Programs that do not read that file show them unedited."),
		yes:  words.T("Originals and edited copies"), do: func() { s.exportTo(x, true) },
		no:    words.T("Cancel"),
		third: words.T("Originals only"), thirdDo: func() { s.exportTo(x, false) },
	})
}

func (s *shell) exportTo(x sel, edited bool) {
	ds, n := x.digests(), len(x.images)
	s.chooseFolder(words.T("Export to a folder"), "", func(dir string) {
		s.toasts.show(words.N("Exporting {{.N}} photos", n), nil)
		opts := app.ExportOptions{Dir: dir, Edited: edited}
		s.goDo(func(ctx context.Context) error { return s.dev.Export(ctx, opts, ds...) }, func(err error) {
			if err != nil {
				s.fail(words.T("Could not export all of the photos"), err)
				return
			}
			s.toasts.show(words.N("{{.N}} photos exported to {{.Folder}}", n, "Folder", dir), nil)
		})
	})
}
