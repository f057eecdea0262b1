package filelayer

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
)

const settleRetry = 20 * time.Second // after a failure, or a lease

// settleLoop lets each follow the other, records and bytes, until ctx ends.
func (l *Layer) settleLoop(ctx context.Context) error {
	retry := time.NewTimer(settleRetry)
	retry.Stop()
	var later []Digest
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-retry.C:
			l.stirred.add(later...)
			later = nil
		case <-l.stirred.wake:
			left, err := l.settle(ctx, l.stirred.take())
			if err != nil && ctx.Err() == nil {
				l.log.WarnContext(ctx, "Files here do not follow their records yet", "error", err)
			}
			if len(left) > 0 && len(later) == 0 {
				retry.Reset(settleRetry)
			}
			later = append(later, left...)
		}
	}
}

// A plan says what has to be done for a number of files.
type plan struct {
	drop   []Digest // deleted, and the bytes are here
	lower  []Digest // gone from a folder in place, and this device still claims a copy
	adopt  []Digest // the bytes are here, and the record does not say so, or wrongly
	tell   []Digest // deleted, and the record does not say, or wrongly, what of it is here
	place  []Digest // the same of bytes in a folder that was added in place, which this device does not keep
	lost   []Digest // the record claims bytes that are not here
	held   []Digest // the same of what is deleted, while a person is to agree: the wish stays
	revive []Digest // no longer deleted, and the bytes are in the trash for it
	spare  []Digest // in the trash for another reason, and no device claims a copy
	want   []Digest // to be fetched
	rest   []Digest // nothing to do
}

// plan compares records and bytes. Files that a call is working on are left
// out: it stirs them again when it is done.
func (m *mirror) plan(ds []Digest) plan {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var p plan
	for _, d := range ds {
		if m.claims[d] > 0 {
			continue
		}
		to := m.duty(&p, d)
		*to = append(*to, d)
	}
	return p
}

// duty returns the part of the plan that a file belongs to. The caller holds
// mu.
func (m *mirror) duty(p *plan, d Digest) *[]Digest {
	copied, here := m.local[d]
	placed, inPlace := m.placed[d]
	s, known := m.files[d]
	switch {
	case !known && here:
		return &p.adopt
	case !known && inPlace:
		return &p.place
	case !known:
		return &p.rest
	}
	own := s.Devices.Of(m.self)
	switch {
	case s.Deleted != nil && here:
		return &p.drop
	case s.Deleted != nil && own.Saved && m.waits(d):
		return &p.held
	case s.Deleted != nil && !own.leaves(m.trash[d] != "", inPlace):
		return &p.tell
	case s.Deleted != nil:
		return &p.rest
	case here && (!own.holds() || copied.size != s.Size):
		return &p.adopt
	case here:
		return &p.rest
	case own.holds():
		return &p.lost
	case own.Saved:
		return &p.want
	case inPlace && (own.Verified == 0 || placed.size != s.Size):
		return &p.place
	case !inPlace && own.Verified > 0:
		return &p.lower
	case m.trash[d] == trashDeleted:
		return &p.revive
	case m.spare(d, s):
		return &p.spare
	}
	return &p.rest
}

// claimedHere returns those of some files of which this device's record claims a copy.
func (m *mirror) claimedHere(ds []Digest) []Digest {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return slices.DeleteFunc(slices.Clone(ds), func(d Digest) bool {
		s, known := m.files[d]
		return !known || s.Devices.Of(m.self).Verified == 0
	})
}

// settle does what the records of some files ask of this device. It returns
// those to be looked at again after a while.
func (l *Layer) settle(ctx context.Context, ds []Digest) (later []Digest, err error) {
	if len(ds) == 0 {
		return nil, nil
	}
	if !l.indexed.Load() {
		return ds, nil
	}
	if err := l.blobs.Mounted(); err != nil {
		return ds, err // nothing is taken for removed
	}
	l.settling.Lock()
	defer l.settling.Unlock()
	p := l.mirror.plan(ds)
	if looked, err := l.locate(ctx, p.drop, p.lost, l.mirror.claimedHere(p.held)); err != nil {
		return ds, err
	} else if looked {
		p = l.mirror.plan(ds)
	}
	l.queue.remove(p.rest...)
	l.queue.remove(p.tell...)
	l.queue.remove(p.lower...)
	l.queue.remove(p.drop...)
	l.queue.remove(p.held...)
	for _, d := range p.want {
		if e, ok := l.mirror.entry(d); ok {
			l.queue.add(e)
		}
	}
	l.held.forget(p.rest, p.tell, p.adopt, p.place, p.lost, p.revive, p.spare, p.want)
	l.noteUndeleted(ctx, p.rest, p.adopt)
	later, dropErr := l.dropDeleted(ctx, l.agreed(p.drop))
	needed, waiting := l.spares.due(ds, p.spare, l.now(), l.spareGrace())
	p.revive, later = append(p.revive, needed...), append(later, waiting...)
	err = errors.Join(
		dropErr,
		l.claimCopies(ctx, p.lower, false),
		l.tellLeft(ctx, p.tell),
		l.claimCopies(ctx, p.lost, true),
		l.wishHeld(ctx, p.held),
		l.claimCopies(ctx, p.revive, true),
		l.adopt(ctx, p.adopt),
		l.adoptPlaced(ctx, p.place, nil),
	)
	if err != nil {
		later = slices.Concat(later, p.lower, p.tell, p.lost, p.held, p.revive, p.adopt, p.place)
	}
	l.changed.Raise()
	return later, err
}

// claimCopies writes that this device has no copy of some files, and whether
// it is to have one.
func (l *Layer) claimCopies(ctx context.Context, ds []Digest, saved bool) error {
	if len(ds) == 0 {
		return nil
	}
	return l.amend(ctx, ds, func(_ Digest, r *fileRecord, known bool) bool {
		return known && r.set(l.opts.DeviceID, saved && r.Deleted == nil, 0)
	})
}

// dropDeleted lowers the records of deleted files, then moves their bytes to
// the trash. Those that have been restored since the plan was made stay.
func (l *Layer) dropDeleted(ctx context.Context, ds []Digest) (later []Digest, err error) {
	if len(ds) == 0 {
		return nil, nil
	}
	restored, now := make(map[Digest]bool), toMillis(l.now())
	err = l.amend(ctx, ds, func(d Digest, r *fileRecord, known bool) bool {
		restored[d] = known && r.Deleted == nil
		return known && !restored[d] && r.setLeft(l.opts.DeviceID, now, l.mirror.readInPlace(d))
	})
	if err != nil {
		return ds, err
	}
	ds = slices.DeleteFunc(ds, func(d Digest) bool { return restored[d] })
	ds, later = l.unleased(ds)
	if err := l.noteDeletions(ds); err != nil {
		return append(later, ds...), err
	}
	var errs []error
	var gone []Digest
	for i, err := range l.blobs.TrashAll(ds, trashDeleted) {
		switch {
		case err == nil, errors.Is(err, blob.ErrNotFound), errors.Is(err, ErrMissing):
			l.setGone(ds[i])
			if err != nil || l.mirror.trashed(ds[i]) != trashDeleted { // there was nothing to move
				gone = append(gone, ds[i])
			}
			l.removals.over(ds[i : i+1])
		default:
			later = append(later, ds[i])
			if !errors.Is(err, ErrLeased) { // a lease ends by itself
				errs = append(errs, err)
			}
		}
	}
	return later, errors.Join(append(errs, l.tellLeft(ctx, gone))...)
}

// unleased parts files that no other device relies on from those that one does.
func (l *Layer) unleased(ds []Digest) (free, leased []Digest) {
	for _, d := range ds {
		if l.blobs.Leased(d) {
			leased = append(leased, d)
		} else {
			free = append(free, d)
		}
	}
	return free, leased
}

// adopt writes records for bytes that are here and that this device does not
// claim, or that are said to be more or fewer: a crash came between the two, or
// the records were lost or forged.
func (l *Layer) adopt(ctx context.Context, ds []Digest) error {
	if len(ds) == 0 {
		return nil
	}
	infos := make(map[Digest]blob.Info, len(ds))
	for _, d := range ds {
		info, err := l.blobs.Info(d)
		if err == nil && info.Changed { // perhaps its time alone
			info, err = l.blobs.Verify(ctx, d)
		}
		if err == nil && !info.Missing {
			infos[d] = info
		} else {
			l.setGone(d)
		}
	}
	return l.amend(ctx, ds, func(d Digest, r *fileRecord, known bool) bool {
		info, ok := infos[d]
		if !ok {
			return false
		}
		if !known {
			*r = l.orphan(info)
		}
		if r.Deleted != nil {
			return false
		}
		wrong := l.correctSize(r, info.Size)
		return r.set(l.opts.DeviceID, true, toMillis(info.Verified)) || wrong
	})
}

// correctSize writes the size of a file that this device has, if the record has
// another: whoever has the bytes knows. In this lifecycle the greatest size counts.
func (l *Layer) correctSize(r *fileRecord, size int64) (wrong bool) {
	if wrong = r.Size != size; wrong {
		r.Size, r.Added = size, after(l.opts.DeviceID, l.now(), &r.Added)
	}
	return wrong
}

// orphan makes the record of bytes that have none. Its lifecycle is as old as
// the file, so that any record another device may have of it is later.
func (l *Layer) orphan(info blob.Info) fileRecord {
	added := stamp{By: l.opts.DeviceID, At: min(toMillis(info.ModTime), toMillis(info.Verified))}
	added.At = max(added.At, 1)
	md := Metadata{Name: filepath.Base(info.Path), Time: info.ModTime}.withDefaults()
	return fileRecord{
		Name: md.Name, Size: info.Size, Type: md.Type, Time: toMillis(md.Time), Added: added,
	}
}
