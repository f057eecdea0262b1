package filelayer

import (
	"bytes"
	"errors"
	"slices"
)

// What a device does in the background, one piece at a time.

func (w *world) pull(u *unit, s step) {
	v := w.other(u, s)
	if !u.left() && u.mirror.paired(v.id) && u.Online(v.id) {
		_ = u.pullFrom(v) // the network may fail
	}
}

func (u *unit) pullFrom(v *unit) error {
	var errs []error
	for _, db := range []*Database{u.roster, u.files, u.copies, u.actions} {
		if db == u.actions && u.heard[v.id] == v.feeds[3].since {
			continue // it has heard all that can be undone
		}
		r, err := u.puller(v.id, db)
		if err == nil {
			err = r.Once(u.w.ctx)
		}
		errs = append(errs, err)
	}
	err := errors.Join(errs...)
	if err == nil {
		u.heard[v.id] = v.feeds[3].since
	}
	return err
}

// sync is what a device does when it hears of another one.
func (w *world) sync(u *unit, s step) {
	w.pull(u, s)
	w.look(u, s)
	w.settle(u, s)
	if s.Size%2 > 0 {
		w.play(u, s)
	}
}

func (w *world) look(u *unit, _ step) { w.try(u.look()) }

// read takes in the records that are new.
func (u *unit) read() error {
	for i, f := range u.feeds[:4] {
		for {
			rows, seq, err := f.read(u.w.ctx)
			if err != nil || len(rows) == 0 {
				if err != nil {
					return err
				}
				break
			}
			f.since = seq
			docs := make([]Doc, len(rows))
			for j, row := range rows {
				docs[j] = row.doc
			}
			switch i {
			case 0:
				err = u.takeFiles(u.w.ctx, docs)
			case 1:
				u.takeDevices(u.w.ctx, docs)
			case 2:
				u.takeCopyDocs(u.w.ctx, docs)
			case 3:
				u.takeJournal(u.w.ctx, docs)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// look takes in the records that are new, merges those in conflict, and lets in
// whom the roster names.
func (u *unit) look() error {
	for {
		if err := u.read(); err != nil {
			return err
		}
		if u.merged == u.position() {
			break
		}
		u.merged = u.position()
		for _, f := range u.feeds[4:] {
			rows, seq, err := f.read(u.w.ctx)
			if err == nil {
				err = f.db.merges(u.w.ctx, rows)
			}
			if err != nil {
				return err
			}
			f.since = seq
		}
	}
	for _, id := range u.mirror.peers() {
		_ = u.Admit(id) // never fails
	}
	for _, id := range u.mirror.removed() {
		u.Expel(id, nil)
	}
	return nil
}

// copies does what the rules ask of the device.
func (w *world) copies(u *unit, _ step) { u.playCopies(w.ctx) }

func (w *world) settle(u *unit, _ step) {
	later, err := u.Layer.settle(w.ctx, sorted(u.stirred.take()))
	u.stirred.add(later...)
	w.try(err)
}

func sorted(ds []Digest) []Digest {
	slices.SortFunc(ds, func(a, b Digest) int { return bytes.Compare(a[:], b[:]) })
	return ds
}

func (w *world) fetch(u *unit, _ step) {
	asker := w.asker
	w.asker = u
	defer func() { w.asker = asker }()
	u.queue.retry(u.now(), true)
	if w.off.hold {
		u.queue.hold(nil)
	}
	beyond, before := u.beyond(), u.keeping()
	u.fetchNext(w.ctx)
	w.came(u, beyond, before)
}

func (w *world) scan(u *unit, _ step) {
	_, err := u.Layer.scan(w.ctx)
	w.try(err)
}

func (w *world) scrub(u *unit, _ step) {
	for _, d := range w.digests {
		if _, here := u.mirror.copied(d); here || u.mirror.inPlace(d) {
			_ = u.verify(w.ctx, d) // what it finds is for settle
		}
	}
}
