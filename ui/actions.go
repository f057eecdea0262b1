package ui

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/words"
)

// toggleFavourite marks photos as favourites, or no longer when all are.
func (s *shell) toggleFavourite(x sel) {
	if len(x.images) == 0 || x.trash {
		return
	}
	on := x.favourites < len(x.images)
	s.setFavourite(x.digests(), on, true)
}

func (s *shell) setFavourite(ds []app.Digest, on, undo bool) {
	s.goDo(func(ctx context.Context) error { return s.lib.SetFavourite(ctx, ds, on) }, func(err error) {
		if err != nil {
			s.fail(words.T("Could not change favourites"), err)
			return
		}
		s.reload()
		if !undo {
			return
		}
		text := words.N("{{.N}} photos added to favourites", s.photosOf(ds))
		if !on {
			text = words.N("{{.N}} photos removed from favourites", s.photosOf(ds))
		}
		s.toasts.show(text, func() { s.setFavourite(ds, !on, false) })
	})
}

// savePhotos keeps copies here of the photos that are not.
func (s *shell) savePhotos(x sel) { s.save(x.where(false)) }

func (s *shell) save(ds []app.Digest) {
	if len(ds) == 0 {
		return
	}
	s.toasts.show(words.N("Saving {{.N}} photos to this computer", s.photosOf(ds)), nil)
	s.goDo(func(ctx context.Context) error { return s.dev.Save(ctx, ds...) }, func(err error) {
		s.reload()
		n := s.photosOf(failures(err))
		switch {
		case err == nil:
			s.toasts.show(words.N("{{.N}} photos saved to this computer", s.photosOf(ds)), nil)
		case cancelled(err):
		case errors.Is(err, app.ErrNoHolder):
			s.toasts.show(words.N("{{.N}} photos will be saved when a device that has them is online", max(n, 1)), nil)
		default:
			s.fail(words.N("{{.N}} photos could not be saved", max(n, 1)), err)
		}
	})
}

// removePhotos removes the copies here, as far as other devices prove theirs.
func (s *shell) removePhotos(x sel) {
	ds := x.where(true)
	if len(ds) == 0 {
		return
	}
	s.toasts.show(words.N("Asking other devices to prove their copies of {{.N}} photos", s.photosOf(ds)), nil)
	s.goDo(func(ctx context.Context) error { return s.dev.Unsave(ctx, ds...) }, func(err error) {
		s.reload()
		s.removed(ds, err)
	})
}

// unwish takes back that a photo is to be saved here which has not come yet.
func (s *shell) unwish(ds []app.Digest) {
	s.goDo(func(ctx context.Context) error { return s.dev.Unsave(ctx, ds...) }, func(err error) {
		s.reload()
		if err != nil {
			s.fail(words.T("Could not remove the photos"), err)
			return
		}
		s.toasts.show(words.T("The photo is no longer fetched; nothing was removed"), func() { s.save(ds) })
	})
}

// removed tells what came of a removal: done with an undo, or refused with the
// reason and the ways out.
func (s *shell) removed(ds []app.Digest, err error) {
	if cancelled(err) {
		s.toasts.hide()
		return
	}
	kept := failures(err)
	if err != nil && len(kept) == 0 {
		kept = ds
	}
	gone := without(ds, kept)
	if len(gone) > 0 {
		text := words.N("{{.N}} photos removed from this computer", s.photosOf(gone))
		if n := s.dev.BelowOf(gone...); n > 0 {
			text += " · " + words.N("{{.N}} photos are on fewer devices than you asked for", n)
		}
		s.toasts.show(text, func() { s.save(gone) })
	} else {
		s.toasts.hide()
	}
	if len(kept) == 0 {
		return
	}
	p := words.Explain(err)
	title := words.N("{{.N}} photos were kept", s.photosOf(kept))
	q := question{symbol: "safe", title: title, text: p.What + " " + p.Do, yes: tOK()}
	if errors.Is(err, app.ErrLastCopy) || errors.Is(err, app.ErrUnverified) {
		q.text += " " + words.T("Or let it be removed by itself once that is safe.")
		q.third, q.thirdDo = words.T("Remove anyway…"), func() { s.forceRemove(kept) }
		q.no, q.yes, q.do = words.T("Keep"), words.T("Remove when safe"), func() { s.removeWhenSafe(kept) }
	}
	s.ask(q)
}

// removeWhenSafe removes the copies here as soon as other devices prove theirs.
func (s *shell) removeWhenSafe(ds []app.Digest) {
	s.goDo(func(ctx context.Context) error { return s.dev.UnsaveWhenSafe(ctx, ds...) }, func(err error) {
		s.reload()
		if err != nil {
			s.fail(words.T("Could not remove the photos"), err)
			return
		}
		text := words.N("{{.N}} photos removed from this computer", s.photosOf(ds))
		if s.dev.Status().WhenSafe > 0 {
			text = words.N("{{.N}} photos leave this computer once other devices prove their copies", s.photosOf(ds))
		}
		s.toasts.show(text, func() { s.save(ds) })
	})
}

// forceRemove asks once more, saying what would be lost.
func (s *shell) forceRemove(ds []app.Digest) {
	s.ask(question{
		symbol: "warning", danger: true,
		title: words.N("Remove {{.N}} photos without proof of another copy?", s.photosOf(ds)),
		text:  words.T("No other device has proved that it holds them. They go to this computer's trash for 30 days; after that they may be lost for ever."),
		yes:   words.T("Remove anyway"), no: words.T("Keep"),
		do: func() {
			s.goDo(func(ctx context.Context) error { return s.dev.ForceUnsave(ctx, ds...) }, func(err error) {
				s.reload()
				if err != nil {
					s.fail(words.T("Could not remove the photos"), err)
					return
				}
				s.toasts.show(words.N("{{.N}} photos removed from this computer", s.photosOf(ds)), func() { s.save(ds) })
			})
		},
	})
}

// deletePhotos asks, and deletes on every device.
func (s *shell) deletePhotos(x sel) {
	ds, n := x.digests(), len(x.images)
	if n == 0 || x.trash {
		return
	}
	s.ask(question{
		symbol: "trash", danger: true, title: s.deleteTitle(n), text: s.deleteText(n, len(ds)),
		yes: words.T("Delete"), no: words.T("Cancel"),
		do: func() {
			s.goDo(func(ctx context.Context) error { return s.dev.Delete(ctx, ds...) }, func(err error) {
				s.reload()
				if err != nil {
					s.fail(words.T("Could not delete all of the photos"), err)
					return
				}
				s.toasts.show(words.N("{{.N}} photos moved to the trash", n), func() { s.restore(ds, n) })
			})
		},
	})
}

func (s *shell) deleteTitle(n int) string {
	switch len(s.devices) {
	case 0, 1:
		return words.N("Delete {{.N}} photos?", n)
	case 2:
		return words.N("Delete {{.N}} photos from both devices?", n)
	default:
		return words.N("Delete {{.N}} photos from all {{.Devices}} devices?", n, "Devices", len(s.devices))
	}
}

// deleteText says which files go with n photos, where they go, and what devices that are
// offline do.
func (s *shell) deleteText(n, files int) string {
	text := words.N("The trash keeps them for 30 days; until then they can be restored.", n)
	if len(s.devices) > 1 {
		text = words.N("The trash of each device keeps them for 30 days; until then they can be restored everywhere.", n)
	}
	if files > n {
		text = words.N("{{.N}} raw files and films of the same shots go too.", files-n) + " " + text
	}
	var offline []string
	for _, d := range s.devices {
		if !d.Self && !d.Online {
			offline = append(offline, d.Name)
		}
	}
	return withOffline(text, offline)
}

// restorePhotos brings photos back from the trash.
func (s *shell) restorePhotos(x sel) { s.restore(x.digests(), len(x.images)) }

// restore brings back the files of n photos.
func (s *shell) restore(ds []app.Digest, n int) {
	if len(ds) == 0 {
		return
	}
	s.goDo(func(ctx context.Context) error { return s.dev.Restore(ctx, ds...) }, func(err error) {
		s.reload()
		if err != nil {
			s.fail(words.T("Could not restore all of the photos"), err)
			return
		}
		s.toasts.show(s.restoredText(ds, n), nil)
	})
}

// restoredText says that n photos were restored, and which devices that are offline
// bring the bytes of some back later.
func (s *shell) restoredText(ds []app.Digest, n int) string {
	var names, perhaps []string
	for _, d := range ds {
		from := s.dev.Remnants(d)
		if slices.ContainsFunc(from, func(r app.Remnant) bool { return !r.Perhaps && (r.Self || r.Online) }) {
			continue
		}
		for _, r := range from {
			to := &names
			if r.Perhaps {
				to = &perhaps
			}
			if !slices.Contains(*to, r.Name) {
				*to = append(*to, r.Name)
			}
		}
	}
	text := words.N("{{.N}} photos restored", n)
	if len(names)+len(perhaps) > 0 {
		text += "."
	}
	if len(perhaps) > 0 {
		text += " " + words.T("Some may be in the trash of {{.Devices}} alone, and come back only then.", "Devices", words.List(perhaps))
	}
	return withOffline(text, names)
}

// withOffline adds to a text which devices follow later.
func withOffline(text string, offline []string) string {
	switch len(offline) {
	case 0:
		return text
	case 1:
		return text + " " + words.T("{{.Device}} is offline and follows when it is online again.", "Device", offline[0])
	default:
		return text + " " + words.T("{{.Devices}} are offline and follow when they are online again.", "Devices", words.List(offline))
	}
}

// failures are the photos that a joined error names.
func failures(err error) []app.Digest {
	var out []app.Digest
	var walk func(error)
	walk = func(err error) {
		var one *app.FileError
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range joined.Unwrap() {
				walk(e)
			}
		} else if errors.As(err, &one) {
			out = append(out, one.Digest)
		}
	}
	if err != nil {
		walk(err)
	}
	return out
}

// without returns the digests of all that are not in some.
func without(all, some []app.Digest) []app.Digest {
	drop := make(map[app.Digest]bool, len(some))
	for _, d := range some {
		drop[d] = true
	}
	var out []app.Digest
	for _, d := range all {
		if !drop[d] {
			out = append(out, d)
		}
	}
	return out
}

// proofs are the proofs of a photo's copies, as of now: of the devices that have
// all of its files, by the oldest.
func (s *shell) proofs(img *imagelib.Image) ([]words.Proof, time.Time) {
	var all []words.Proof
	for i, f := range img.Files() {
		e, _ := s.dev.Entry(f.Digest)
		if proofs := words.Proofs(e, s.devices); i == 0 {
			all = proofs
		} else {
			all = words.Both(all, proofs)
		}
	}
	return all, s.now()
}
