package ui

import (
	"context"
	"slices"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/words"
)

// purgePhotos removes photos from the trash of this computer for good.
func (s *shell) purgePhotos(x sel) {
	chosen := make(map[app.Digest]bool)
	for _, d := range x.digests() {
		chosen[d] = true
	}
	s.askPurge(func(all []app.InTrash) (question, []app.InTrash) {
		all = slices.DeleteFunc(all, func(t app.InTrash) bool { return !chosen[t.Digest] })
		return question{title: words.N("Delete {{.N}} photos for good?", min(len(all), len(x.images))), yes: words.T("Delete for good")}, all
	})
}

// emptyTrash removes all that is in the trash of this computer for good.
func (s *shell) emptyTrash() {
	s.askPurge(func(all []app.InTrash) (question, []app.InTrash) {
		return question{title: words.T("Empty the trash of this computer?"), yes: words.T("Empty trash")}, all
	})
}

// askPurge asks whether to remove for good what is chosen of the trash here, and does.
func (s *shell) askPurge(choose func([]app.InTrash) (question, []app.InTrash)) {
	var all []app.InTrash
	s.goDo(func(context.Context) (err error) {
		all, err = s.dev.InTrash()
		return err
	}, func(err error) {
		if err != nil {
			s.fail(words.T("The trash cannot be read"), err)
			return
		}
		q, all := choose(all)
		if len(all) == 0 {
			s.tell("trash", words.T("Nothing to delete here"), words.T("The trash of this computer has nothing of that. Other devices may have it in theirs, until its 30 days are over."))
			return
		}
		q.symbol, q.danger, q.no = "trash", true, words.T("Cancel")
		q.text, q.do = s.purgeText(all), func() { s.purge(all) }
		s.ask(q)
	})
}

// purgeText says how much goes, that it cannot come back from here, and what other
// devices do.
func (s *shell) purgeText(all []app.InTrash) string {
	var bytes int64
	var ds, kept, only []app.Digest
	for _, t := range all {
		bytes += t.Size
		ds = append(ds, t.Digest)
		if t.Only {
			only = append(only, t.Digest)
		}
		if !t.Deleted {
			kept = append(kept, t.Digest)
		}
	}
	text := words.N("{{.N}} photos ({{.Size}}) leave the trash of this computer. This cannot be undone.", s.photosIn(ds), "Size", words.Bytes(bytes))
	if len(only) > 0 {
		text += " " + words.N("{{.N}} of them are, as far as is known, in no other trash and on no other device.", s.photosIn(only))
	}
	if len(s.devices) > 1 {
		text += " " + words.T("Other devices keep what is in their own trash until its 30 days are over; until then it can be restored from there.")
	}
	if len(kept) > 0 {
		text += " " + words.N("{{.N}} of these photos are not deleted, but were only removed from this computer: each goes only if another device proves its copy now.", s.photosIn(kept))
	}
	return text
}

func (s *shell) purge(all []app.InTrash) {
	ds := make([]app.Digest, len(all))
	for i, t := range all {
		ds[i] = t.Digest
	}
	s.goDo(func(ctx context.Context) error { return s.dev.Purge(ctx, ds...) }, func(err error) {
		s.reload()
		if cancelled(err) {
			return
		}
		kept := failures(err)
		if err != nil && len(kept) == 0 {
			kept = ds
		}
		if gone := without(ds, kept); len(gone) > 0 {
			s.toasts.show(words.N("{{.N}} photos removed from this computer's trash", s.photosIn(gone)), nil)
		}
		if len(kept) > 0 {
			s.fail(words.N("{{.N}} photos stay in the trash", s.photosIn(kept)), err)
		}
	})
}
