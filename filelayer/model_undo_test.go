package filelayer

import (
	"slices"
	"time"
)

// What a person does is noted in the journal, and undone on any device.

// noted does a person's action to a file through the journal, as the gallery
// does, and reports whether it was done. do returns no error but allowed ones.
func (w *world) noted(u *unit, kind string, d Digest, do func() error, allowed ...error) (done bool) {
	u.Recorded(w.ctx, kind, []Digest{d}, func() { done = w.try(do(), allowed...) })
	return done
}

// bulk does an action to all files, in whose middle the device's process ends
// now and then.
func (w *world) bulk(u *unit, s step) {
	kind := []string{ActionDelete, ActionUnsave, ActionSave, ActionUnsave, ActionSave}[s.B%5]
	ends := s.Size%4 == 0
	ds := slices.DeleteFunc(slices.Clone(w.digests), func(d Digest) bool {
		e, known := u.mirror.entry(d)
		return !known || e.Deleted != nil
	})
	asker := w.asker
	w.asker = u
	defer func() { w.asker = asker }()
	u.Recorded(w.ctx, kind, ds, func() {
		for i, d := range ds {
			if ends && i > len(ds)/2 {
				return
			}
			switch kind {
			case ActionDelete:
				w.deleted[d] = w.try(u.Delete(w.ctx, d)) || w.deleted[d]
			case ActionUnsave:
				w.try(u.Unsave(w.ctx, d), unsaveRefusals...)
			case ActionSave:
				if w.try(u.Want(w.ctx, d)) {
					u.wish(d)
				}
			}
		}
	})
	if ends {
		u.crash()
	}
}

// undo undoes one of the actions that the device knows, most often a late one.
func (w *world) undo(u *unit, s step) {
	known := u.Actions()
	if len(known) == 0 {
		return
	}
	a := known[s.Size%min(len(known), 1+s.B%8)]
	left := w.leftBy(u, a)
	before := make(map[Digest]fileRecord)
	for _, d := range w.digests {
		before[d], _, _ = u.mirror.file(d)
	}
	asker := w.asker
	w.asker = u
	_, err := u.Undo(w.ctx, a.ID, func(d Digest, err error) {
		if w.try(err, append(unsaveRefusals, errSuperseded, ErrNoBytes)...) {
			w.undone(u, a, d, before[d])
			if now, _, _ := u.mirror.file(d); before[d].Added != left[d] && encodedOr(now) != encodedOr(before[d]) {
				w.fail("%d: the undo of %s has changed %v, which a later action had", u.n, a.ID, d)
			}
		} else if now, _, _ := u.mirror.file(d); encodedOr(now) != encodedOr(before[d]) {
			w.fail("%d: %v was left as it is by the undo of %s, and has changed: %v", u.n, d, a.ID, err)
		}
	})
	w.asker = asker
	w.try(err, ErrUndone, ErrNotPaired, ErrNotFound)
}

// leftBy is the lifecycle of each file that an action has ended or begun, or in
// which it was done.
func (w *world) leftBy(u *unit, a Action) map[Digest]stamp {
	left := make(map[Digest]stamp)
	head, err := u.action(a.ID)
	if !w.try(err, ErrNotFound) {
		return left
	}
	files, err := u.readAction(w.ctx, head)
	w.try(err, ErrNotFound)
	for _, f := range files {
		left[f.Digest] = f.Added
	}
	return left
}

// undone looks whether a file is as it was before the action.
func (w *world) undone(u *unit, a Action, d Digest, before fileRecord) {
	now, _, _ := u.mirror.file(d)
	ok := false
	switch a.Kind {
	case ActionDelete:
		if ok = now.Deleted == nil; before.Deleted != nil {
			w.begun(u, d)
		}
	case ActionImport, ActionRestore:
		ok = now.Deleted != nil
		w.deleted[d] = true
	case ActionSave:
		ok = now.Deleted != nil || !now.Devices.Of(u.id).Saved && !u.has(d)
	case ActionUnsave:
		ok = now.Deleted == nil && now.Devices.Of(u.id).Saved
	}
	if !ok {
		w.fail("%d: %v is not as it was before %s (%s), and that is said to be undone", u.n, d, a.ID, a.Kind)
	}
}

// carry undoes what other devices have asked the device to undo.
func (w *world) carry(u *unit, _ step) {
	asker := w.asker
	w.asker = u
	u.carryOut(w.ctx)
	w.asker = asker
}

// unsaveSafe lets a person ask for a removal when it is safe.
func (w *world) unsaveSafe(u *unit, s step) {
	asker := w.asker
	w.asker = u
	_, err := u.UnsaveWhenSafe(w.ctx, w.file(s, u.has))
	w.asker = asker
	w.try(err, unsaveRefusals...)
}

// safe tries the removals that wait.
func (w *world) safe(u *unit, _ step) {
	asker := w.asker
	w.asker = u
	u.whenSafe.stir(u.whenSafe.all()...)
	for _, d := range sorted(u.whenSafe.take()) {
		u.tryWhenSafe(w.ctx, d)
	}
	w.try(u.whenSafe.tidy())
	w.asker = asker
}

// checkJournal looks whether devices that have met know of the same actions, and
// whether what a device was asked to undo was tried there, once.
func (w *world) checkJournal(members []*unit) {
	since := w.began.Add(w.elapsed - journalAge + 24*time.Hour) // whatever the clocks say
	list := func(u *unit) map[string]string {
		out := make(map[string]string)
		for _, e := range u.journal.entries(func(e journalEntry) bool { return e.At.time().After(since) }) {
			out[actionID(e.device, e.N)] = encodedOr(e.journalRecord)
		}
		return out
	}
	first := list(members[0])
	for _, u := range members {
		mine := list(u)
		for id := range mine {
			if mine[id] != first[id] || len(mine) != len(first) {
				w.fail("%d and %d know of other actions, such as %s: %s, %s", members[0].n, u.n, id, first[id], mine[id])
			}
		}
		for _, a := range u.Actions() {
			if v := w.unit(a.Device); a.Waits && v != nil && !v.removed && a.At.After(since) {
				w.fail("%d says that %d does not undo %s", u.n, v.n, a.ID)
			}
		}
	}
}
