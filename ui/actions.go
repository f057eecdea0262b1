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
	var change sel // those that are not so already: an undo leaves the others as they were
	for _, img := range x.images {
		if img.Favourite != on {
			change.images = append(change.images, img)
		}
	}
	ds := change.digests()
	set := func(ctx context.Context, on bool) error { return s.lib.SetFavourite(ctx, ds, on) }
	s.goDo(func(ctx context.Context) error { return set(ctx, on) }, func(err error) {
		if err != nil {
			s.fail(words.T("Could not change favourites"), err)
			return
		}
		s.reload()
		text := words.N("{{.N}} photos added to favourites", len(change.images))
		if !on {
			text = words.N("{{.N}} photos removed from favourites", len(change.images))
		}
		s.didEdit(text, func(ctx context.Context) error { return set(ctx, !on) })
	})
}

// savePhotos keeps copies here of the photos that are not.
func (s *shell) savePhotos(x sel) { s.save(x.where(false)) }

func (s *shell) save(ds []app.Digest) {
	if len(ds) == 0 {
		return
	}
	since := s.now()
	s.toasts.show(words.N("Saving {{.N}} photos to this computer", s.photosOf(ds)), nil)
	s.goDo(func(ctx context.Context) error { return s.dev.Save(ctx, ds...) }, func(err error) {
		s.reload()
		n := s.photosOf(failures(err))
		did := func(text string) {
			s.didAction(text, app.KindSave, since, func() { s.remove(ds) }, nil)
		}
		switch {
		case err == nil:
			did(words.N("{{.N}} photos saved to this computer", s.photosOf(ds)))
		case cancelled(err):
		case errors.Is(err, app.ErrNoHolder):
			did(words.N("{{.N}} photos will be saved when a device that has them is online", max(n, 1)))
		default:
			s.fail(words.N("{{.N}} photos could not be saved", max(n, 1)), err)
		}
	})
}

// unwish takes back that a photo is to be saved here which has not come yet.
func (s *shell) unwish(ds []app.Digest) {
	since := s.now()
	s.goDo(func(ctx context.Context) error { return s.dev.Unsave(ctx, ds...) }, func(err error) {
		s.reload()
		if err != nil {
			s.fail(words.T("Could not remove the photos"), err)
			return
		}
		s.didAction(words.T("The photo is no longer fetched; nothing was removed"), app.KindUnsave, since, func() { s.save(ds) }, nil)
	})
}

// deletePhotos asks, and deletes on every device.
func (s *shell) deletePhotos(x sel) { s.askDelete(x, func() bool { return true }) }

// askDelete asks, and deletes on every device if may, which is asked last, says so.
func (s *shell) askDelete(x sel, may func() bool) {
	ds, n := x.digests(), len(x.images)
	if n == 0 || x.trash {
		return
	}
	s.ask(question{
		symbol: "trash", danger: true, title: s.deleteTitle(n), text: s.deleteText(x),
		yes: words.DeleteLabel(len(s.devices)), no: words.T("Cancel"),
		do: func() {
			if may() {
				s.delete(ds, n)
			}
		},
	})
}

// delete deletes the files of n photos on every device.
func (s *shell) delete(ds []app.Digest, n int) {
	since := s.now()
	s.goDo(func(ctx context.Context) error { return s.dev.Delete(ctx, ds...) }, func(err error) {
		s.reload()
		if err != nil {
			s.fail(words.T("Could not delete all of the photos"), err)
			return
		}
		s.didAction(words.N("{{.N}} photos moved to the trash", n), app.KindDelete, since,
			func() { s.restore(ds, n) }, func() string { return s.restoredText(ds, n) })
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

// deleteText says which files go with photos, where they go and how they come back, and
// what devices that are offline do.
func (s *shell) deleteText(x sel) string {
	n, files := len(x.images), len(x.digests())
	text := words.N("The trash keeps them for 30 days; until then they can be restored.", n)
	if len(s.devices) > 1 {
		text = words.N("The trash of each device keeps them for 30 days; until then they can be restored everywhere.", n)
	}
	if files > n {
		text = words.N("{{.N}} raw files and films of the same shots go too.", files-n) + " " + text
	}
	if len(s.devices) < 2 {
		return text
	}
	alone := 0
	for _, img := range x.images {
		if img.Holders <= 1 {
			alone++
		}
	}
	if alone > 0 {
		text += " " + words.N("{{.N}} of them are on one device alone, and can only be restored from its trash.", alone)
	}
	if files > manyFiles || files >= manyFloor && files*manyShare > s.dev.Status().Files {
		text += " " + words.T("As these are many, other devices may ask you there before they move their copies.")
	}
	return text + s.offlineText(x)
}

// As of how many files at once, or of which part of the library, one through that many,
// other devices ask before they follow a deletion.
const (
	manyFiles = 50
	manyFloor = 10 // of that part
	manyShare = 20
)

// offlineText says which devices that are offline have photos that are deleted, and what
// becomes of these; "" where none has.
func (s *shell) offlineText(x sel) string {
	has := make(map[string]bool)
	for _, d := range x.digests() {
		if e, ok := s.dev.Entry(d); ok {
			for _, id := range e.HolderIDs() {
				has[id] = true
			}
		}
	}
	var names []string
	for _, d := range s.devices {
		if !d.Self && !d.Online && has[d.ID] {
			names = append(names, d.Name)
		}
	}
	switch len(names) {
	case 0:
		return ""
	case 1:
		return " " + words.T("{{.Device}} is offline: it deletes them when it is seen again, and until then its copies stay.", "Device", names[0])
	default:
		return " " + words.T("{{.Devices}} are offline: they delete them when they are seen again, and until then their copies stay.", "Devices", words.List(names))
	}
}

// restorePhotos brings photos back from the trash.
func (s *shell) restorePhotos(x sel) { s.restore(x.digests(), len(x.images)) }

// restore brings back the files of n photos.
func (s *shell) restore(ds []app.Digest, n int) {
	if len(ds) == 0 {
		return
	}
	since := s.now()
	s.goDo(func(ctx context.Context) error { return s.dev.Restore(ctx, ds...) }, func(err error) {
		s.reload()
		if err != nil {
			s.fail(words.T("Could not restore all of the photos"), err)
			return
		}
		s.didAction(s.restoredText(ds, n), app.KindRestore, since, func() { s.delete(ds, n) }, nil)
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
func failures(err error) (out []app.Digest) {
	for _, f := range fileErrors(err) {
		out = append(out, f.Digest)
	}
	return out
}

// fileErrors are those of single photos that an error joins.
func fileErrors(err error) (out []*app.FileError) {
	var walk func(error)
	walk = func(err error) {
		var one *app.FileError
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range joined.Unwrap() {
				walk(e)
			}
		} else if errors.As(err, &one) {
			out = append(out, one)
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
