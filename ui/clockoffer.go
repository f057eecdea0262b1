package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// clockNotice offers to set a camera's dates right.
func (s *shell) clockNotice(o app.ClockOffer) fyne.CanvasObject {
	return notice("clock", theme.ColorNamePrimary, look.ColorSoft, clockText(o),
		look.NewButton(words.T("Not now"), "", look.Ghost, func() { s.dismissClock(o) }),
		look.NewButton(words.T("Preview…"), "", look.Plain, func() { s.previewClock(o) }),
		look.NewButton(words.T("Correct"), "", look.Primary, func() { s.applyClock(o) }))
}

// clockText says by how much a clock was off, and for which photos.
func clockText(o app.ClockOffer) string {
	pairs := []any{"Camera", o.Camera, "Span", words.Span(o.Shift.Abs()), "Period", words.Period(o.First.Date.Wall, o.Last.Date.Wall)}
	if o.Shift < 0 {
		return words.N("The clock of {{.Camera}} seems to have been {{.Span}} fast: {{.N}} photos, {{.Period}}.", o.Photos, pairs...)
	}
	return words.N("The clock of {{.Camera}} seems to have been {{.Span}} slow: {{.N}} photos, {{.Period}}.", o.Photos, pairs...)
}

// clockReason says what that is concluded from.
func clockReason(o app.ClockOffer) string {
	text := clockText(o) + " " + words.N("Set right, it took a picture at the same moment as a phone {{.N}} times.", o.Scenes)
	if o.Alike > 0 {
		text += " " + words.N("{{.N}} of them look alike.", o.Alike)
	}
	return text + " " + words.T("The files stay as they are, and this can be undone.")
}

// previewClock shows what becomes of the photos of an offer, and lets it be changed.
func (s *shell) previewClock(o app.ClockOffer) {
	var images []*imagelib.Image
	seen := map[app.Digest]bool{}
	for _, f := range o.Files {
		if img, _, ok := s.snap.find(f); ok && !seen[img.Digest] {
			seen[img.Digest] = true
			images = append(images, img)
		}
	}
	if len(images) == 0 {
		return
	}
	d := s.newDateDialog(images, clockReason(o))
	d.shift(o.Shift)
	d.show()
}

func (s *shell) applyClock(o app.ClockOffer) {
	var done app.Correction
	s.goDo(func(ctx context.Context) (err error) {
		done, err = s.dev.ApplyClock(ctx, o)
		return err
	}, func(err error) { s.datesCorrected(o.Photos, done, err) })
}

// dismissClock takes an offer away for good, unless a person takes that back.
func (s *shell) dismissClock(o app.ClockOffer) {
	set := func(dismissed bool) {
		s.goDo(func(context.Context) error { return s.dev.DismissClock(o, dismissed) }, func(err error) {
			if err != nil {
				s.fail(words.T("The setting was not changed"), err)
			}
			s.reload()
		})
	}
	set(true)
	s.toasts.show(words.T("The dates stay as they are"), func() { set(false) })
}

// clockKey changes when the notice of an offer would.
func clockKey(offers []app.ClockOffer) string {
	if len(offers) == 0 {
		return ""
	}
	o := offers[0]
	return clockText(o) + o.First.Digest.String() + time.Duration(len(o.Files)).String()
}
