package ui

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// lookAway looks, on a goroutine of its own, whether the library folder is there, and
// shows when that has changed. A look that hangs, on a network drive, holds up nothing.
func (s *shell) lookAway(ctx context.Context) {
	if !s.glancing.CompareAndSwap(false, true) {
		return
	}
	s.wg.Go(func() {
		err := s.dev.Away()
		s.do(func() {
			s.glancing.Store(false)
			if ctx.Err() == nil && (err == nil) != (s.away == nil) {
				s.away = err
				s.thumbs.Retry()
				s.reload() //nolint:contextcheck // what a screen starts ends with the window, whoever asked for it
			}
		})
	})
}

// awayNotice tells that the library folder is away, what is kept, and what to do.
func (s *shell) awayNotice() fyne.CanvasObject {
	again := look.NewButton(words.T("Look again"), "", look.Plain, func() {
		s.goDo(func(context.Context) error { return s.dev.Away() }, func(err error) {
			s.away = err
			s.thumbs.Retry()
			s.reload()
			if err == nil {
				s.toasts.show(words.T("The library folder is there again"), nil)
			} else {
				s.toasts.show(words.T("The library folder is still not there"), nil)
			}
		})
	})
	return notice("warning", look.ColorRisk, look.ColorRiskSoft, s.awayText(), again,
		look.NewButton(words.T("Settings"), "", look.Ghost, func() { s.open("settings") }))
}

func (s *shell) awayText() string {
	folder := s.dev.Settings().Library
	if !isAway(s.away) {
		return words.T("The library folder {{.Folder}} cannot be used: {{.Why}} All photos stay in the gallery; what is on other devices can be seen, and nothing is saved here until then.",
			"Folder", folder, "Why", sentence(s.away.Error()))
	}
	return words.T("The library folder {{.Folder}} is not there. Connect its disk, and Paul goes on by itself. Until then all photos stay in the gallery, as small pictures or from other devices; nothing counts as deleted, and nothing is saved here.",
		"Folder", folder)
}

// isAway tells whether an error says that the library folder is not there.
func isAway(err error) bool { return errors.Is(err, app.ErrNotMounted) }
