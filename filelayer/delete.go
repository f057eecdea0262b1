package filelayer

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Delete deletes files on all devices. Each moves its copy to its trash: this
// one before Delete returns, unless another device relies on it for the moment
// or the library is just being indexed anew.
func (l *Layer) Delete(ctx context.Context, digests ...Digest) error {
	if err := l.known(ctx, digests); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	if err := l.bury(ctx, digests); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	later, err := l.settle(ctx, digests)
	l.stirred.add(later...)
	if err != nil {
		return fmt.Errorf("delete: the files are deleted, but their bytes are still here, and will be tried again: %w", err)
	}
	return nil
}

// bury writes tombstones that the person here agrees to.
func (l *Layer) bury(ctx context.Context, digests []Digest) error {
	l.mirror.claim(digests...) // until the agreement is noted, too
	defer func() {
		l.mirror.release(digests...)
		l.stirred.add(digests...)
	}()
	now := l.now()
	err := l.amend(ctx, digests, func(_ Digest, r *fileRecord, known bool) bool {
		if !known || r.Deleted != nil {
			return false
		}
		gone := after(l.opts.DeviceID, now, &r.Added)
		r.Deleted = &gone
		return true
	})
	return errors.Join(err, l.held.agree(digests))
}

// restoreBatch is how many files come back between two reports of a restore.
const restoreBatch = 50

// Restore undoes Delete. Devices that had a copy and still have the bytes bring
// them back, this one before Restore returns, unless its disk fails: then later. One
// that had only unsaved the file brings it back after a while, if no other has.
func (l *Layer) Restore(ctx context.Context, digests ...Digest) error {
	return l.restore(ctx, digests, func([]Digest) {})
}

// restore is Restore, and calls back with the files, some at a time and in their order,
// as they are restored. After an error it has called back with none.
func (l *Layer) restore(ctx context.Context, digests []Digest, back func([]Digest)) error {
	if err := l.known(ctx, digests); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	l.mirror.claim(digests...)
	defer func() {
		l.mirror.release(digests...)
		l.stirred.add(digests...)
	}()
	if err := l.unbury(ctx, digests); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	for some := range slices.Chunk(digests, restoreBatch) {
		l.bringBack(ctx, some)
		back(some)
	}
	return nil
}

// unbury takes tombstones away, and says what this device is to have.
func (l *Layer) unbury(ctx context.Context, digests []Digest) error {
	l.settling.Lock() // no bytes are on their way to the trash
	defer l.settling.Unlock()
	now := l.now()
	return l.amend(ctx, digests, func(d Digest, r *fileRecord, known bool) bool {
		if !known || r.Deleted == nil { // another device was first, which may not have been followed yet
			return known && l.mirror.trashed(d) == trashDeleted && r.set(l.opts.DeviceID, true, 0)
		}
		r.Added = after(l.opts.DeviceID, now, &r.Added, r.Deleted)
		r.Deleted = nil
		if copied, here := l.mirror.copied(d); here { // its bytes were not moved yet
			r.set(l.opts.DeviceID, true, toMillis(copied.verified))
		} else if l.mirror.trashed(d) == trashDeleted {
			r.set(l.opts.DeviceID, true, 0)
		}
		return true
	})
}

// bringBack moves the files that this device wishes for out of its trash, and writes
// their records. What fails is fetched as anything else that is wished for.
func (l *Layer) bringBack(ctx context.Context, digests []Digest) {
	for chunk := range slices.Chunk(digests, amendBatch) {
		back := l.allFromTrash(ctx, chunk)
		if err := l.keep(ctx, back); err != nil && ctx.Err() == nil {
			l.log.WarnContext(ctx, "Files have come back, and their records follow later", "error", err)
		}
	}
}

// restoreBytes is about how many bytes come back together: they are read, and nothing
// else moves in the library meanwhile.
const restoreBytes = 64 << 20

// allFromTrash brings those of the files out of the trash here that this device wishes
// for, some together, and returns them.
func (l *Layer) allFromTrash(ctx context.Context, digests []Digest) (all []Digest) {
	var some []Digest
	var size int64
	bring := func() {
		if ctx.Err() != nil {
			some = nil
		}
		back, failed := l.fromTrashAll(ctx, some)
		for d, err := range failed {
			l.log.WarnContext(ctx, "A file in the trash comes back later", "digest", d, "error", err)
		}
		all, some, size = append(all, back...), nil, 0
	}
	for _, d := range digests {
		if !l.wishedFor(d) {
			continue
		}
		e, _ := l.mirror.entry(d)
		some, size = append(some, d), size+e.Size
		if size >= restoreBytes {
			bring()
		}
	}
	bring()
	return all
}

// known fails with [ErrNotFound] if there is no record of one of the files.
func (l *Layer) known(ctx context.Context, digests []Digest) error {
	if err := l.Ready(ctx); err != nil {
		return err
	}
	for _, d := range digests {
		if _, err := l.Entry(d); err != nil {
			return err
		}
	}
	return nil
}
