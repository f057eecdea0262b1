package filelayer

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
)

// What a [Removal] tells of.
const (
	RemovedUnsaved  = "unsave"    // other devices had proved their copies
	RemovedForced   = "force"     // though it may have been the last copy
	RemovedWhenSafe = "when-safe" // as RemovedUnsaved, some time after a person asked
	RemovedForSpace = "space"     // as RemovedUnsaved, for the limit of space of the device
	RemovedDeleted  = "delete"    // on all devices
	RemovedUnwanted = "unwanted"  // fetched after the wish for it was taken back
	RemovedPurged   = "purge"     // from the trash, for good
	RemovedEmptied  = "emptied"   // as RemovedPurged, because a person asked
	RemovedRotten   = "rotten"    // its bytes had changed by themselves, and were put aside
	RemovedRestored = "restore"   // out of the trash into the library
	RemovedNot      = "kept"      // the removal told of before did not happen
)

// A Removal is one line of the log of what has left the library of this device,
// or come back out of its trash. All but RemovedPurged, RemovedEmptied and RemovedRotten is in the
// trash afterwards.
type Removal struct {
	Time   time.Time `json:"time"` // by the clock here, just before the bytes were moved
	What   string    `json:"what"` // RemovedUnsaved …
	Digest Digest    `json:"digest"`
	Name   string    `json:"name"`
	Size   int64     `json:"size"`             // bytes
	By     string    `json:"by"`               // ID of the device where that was asked for
	ByName string    `json:"byName,omitempty"` // and what it was called
	Leases []Lease   `json:"leases,omitempty"` // that the removal relied on
	Error  string    `json:"error,omitempty"`  // of RemovedNot: why
}

// A Lease is the promise of another device to keep its copy for a while.
type Lease struct {
	Device   string    `json:"device"`
	Name     string    `json:"name"`     // of the device, then
	Verified time.Time `json:"verified"` // when it last read the bytes
	Until    time.Time `json:"until"`    // it keeps them until then, by its clock
}

// Removals reads the log of removals from the given time on, the oldest first,
// up to about 40 MB of it. The line of a removal is on the disk before the bytes
// are moved. A removal that did not happen has a later line RemovedNot.
func (l *Layer) Removals(since time.Time) iter.Seq2[Removal, error] {
	return func(yield func(Removal, error) bool) {
		stopped := false
		err := l.removals.each(func(r Removal) bool {
			if !r.Time.Before(since) {
				stopped = !yield(r, nil)
			}
			return !stopped
		})
		if err != nil && !stopped {
			yield(Removal{}, err)
		}
	}
}

// removalOf is a line that begins now.
func (l *Layer) removalOf(what string, e Entry, by string) Removal {
	return Removal{
		Time: l.now(), What: what, Digest: e.Digest, Name: e.Name, Size: e.Size,
		By: by, ByName: l.deviceName(by),
	}
}

// noteKept tells that a removal did not happen.
func (l *Layer) noteKept(ctx context.Context, r Removal, why string) {
	r.Time, r.What, r.Error, r.Leases = l.now(), RemovedNot, why, nil
	if err := l.removals.add(r); err != nil {
		l.log.WarnContext(ctx, "The log tells of a removal that did not happen", "digest", r.Digest, "error", err)
	}
}

// noteDeletions writes the lines of deleted files that are about to go, unless
// they are there from an earlier try.
func (l *Layer) noteDeletions(ds []Digest) error {
	fresh := l.removals.fresh(ds)
	lines := make([]Removal, 0, len(fresh))
	for _, d := range fresh {
		e, _ := l.mirror.entry(d)
		by := l.opts.DeviceID
		if e.Deleted != nil {
			by = e.Deleted.By
		}
		lines = append(lines, l.removalOf(RemovedDeleted, e, by))
	}
	if err := l.removals.add(lines...); err != nil {
		l.removals.over(fresh)
		return err
	}
	return nil
}

// noteUndeleted tells of deletions that were about to happen, and now will not.
func (l *Layer) noteUndeleted(ctx context.Context, lists ...[]Digest) {
	for _, d := range l.removals.over(lists...) {
		e, _ := l.mirror.entry(d)
		l.noteKept(ctx, l.removalOf(RemovedNot, e, e.Added.By), "it was restored before its bytes could be moved")
	}
}

// purges are the lines of what is about to be removed for good.
func (l *Layer) purges(old []blob.Trashed) []Removal {
	lines := make([]Removal, len(old))
	for i, t := range old {
		e := Entry{Digest: t.Digest, Name: t.Name, Size: t.Size}
		lines[i] = l.removalOf(RemovedPurged, e, l.opts.DeviceID)
	}
	return lines
}

// noteUnpurged tells what of a purge that failed is still in the trash.
func (l *Layer) noteUnpurged(ctx context.Context, told []Removal, err error) {
	for _, r := range told {
		if l.blobs.InTrash(r.Digest) {
			l.noteKept(ctx, r, err.Error())
		}
	}
}

// noteAside tells that a rotten copy is about to be put aside or, with why, that it
// could not be.
func (l *Layer) noteAside(q blob.Quarantined, failed error) error {
	e, ok := l.mirror.entry(q.Digest)
	if !ok {
		e = Entry{Digest: q.Digest, Name: q.Name, Size: q.Size}
	}
	line := l.removalOf(RemovedRotten, e, l.opts.DeviceID)
	if failed != nil {
		line.What, line.Error = RemovedNot, failed.Error()
	}
	return l.removals.add(line)
}

// noteRestored tells that bytes have come back out of the trash.
func (l *Layer) noteRestored(ctx context.Context, ds []Digest, why map[Digest]string) {
	var lines []Removal
	for _, d := range ds {
		e, _ := l.mirror.entry(d)
		by := l.opts.DeviceID
		if why[d] == trashDeleted || strings.HasPrefix(why[d], forcedPrefix) {
			by = e.Added.By // who began the lifecycle that they belong to
		}
		lines = append(lines, l.removalOf(RemovedRestored, e, by))
	}
	if err := l.removals.add(lines...); err != nil {
		l.log.WarnContext(ctx, "Restored files are missing in the log of removals", "files", len(ds), "error", err)
	}
}

// correctRemovals tells of removals that a crash has prevented after their lines
// were written: the bytes are where they were, and not in the trash.
func (l *Layer) correctRemovals(ctx context.Context) error {
	last, err := l.removals.latest()
	if err != nil {
		return errors.Join(errors.New("look through the log of removals"), err)
	}
	for d, r := range last {
		if slices.Contains([]string{RemovedNot, RemovedRestored, RemovedPurged, RemovedEmptied}, r.What) {
			continue
		}
		if copied, here := l.mirror.copied(d); here && copied.verified.Before(r.Time) && !l.blobs.InTrash(d) {
			l.noteKept(ctx, r, "this device stopped before the bytes were moved")
		}
	}
	return nil
}
