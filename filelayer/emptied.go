package filelayer

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
	"github.com/libpaul/paul/internal/durable"
)

// InTrash is a file of which the trash here has the bytes.
type InTrash struct {
	Digest  Digest `json:"digest"`
	Size    int64  `json:"size"`
	Deleted bool   `json:"deleted"` // on all devices; else only the copy here was removed
	Only    bool   `json:"only"`    // it is deleted, and no other device is known to have the bytes, in its trash or elsewhere
}

// InTrash lists what the trash here has, the latest first.
func (l *Layer) InTrash() ([]InTrash, error) {
	trashed, err := l.blobs.Trashed()
	if err != nil {
		return nil, fmt.Errorf("list the trash: %w", err)
	}
	out := make([]InTrash, len(trashed))
	for i, t := range trashed {
		e, known := l.mirror.entry(t.Digest)
		deleted := known && e.Deleted != nil
		out[i] = InTrash{t.Digest, t.Size, deleted, deleted && !slices.ContainsFunc(l.Remnants(t.Digest), func(r Remnant) bool { return !r.Self })}
	}
	return out, nil
}

// HasInTrash says whether the trash here has the bytes of a file.
func (l *Layer) HasInTrash(d Digest) bool { return l.mirror.trashed(d) != "" }

// OnlyInTrash counts the files that are not deleted, of which no device is known to
// have a copy, and whose bytes the trash here has.
func (l *Layer) OnlyInTrash() int { return l.mirror.onlyInTrash() }

// TrashLen is how many files the trash here has the bytes of and the library has not.
func (l *Layer) TrashLen() int {
	l.mirror.mu.RLock()
	defer l.mirror.mu.RUnlock()
	return len(l.mirror.trash)
}

// Restorable lists the deleted files that can be brought back, the latest first:
// those whose bytes are here, or on another device as far as its records tell.
func (l *Layer) Restorable() []Entry {
	var out []Entry
	for _, e := range l.Deleted() {
		if l.restorable(e) {
			out = append(out, e)
		}
	}
	return out
}

// Purge removes from the trash here, for good, what it has of some files, because
// a person wants that before its time is over, and calls report for each. The trash
// of other devices keeps what it has.
//
// A file that is not deleted has to be proved by other devices as for [Layer.Unsave],
// which read their copies for that now; else it stays with a [CopiesError]. What is
// on its way back into the library stays, too, and what no record tells of.
// [ErrNotFound]: it is not in the trash.
func (l *Layer) Purge(ctx context.Context, ds []Digest, report func(Digest, error)) {
	for some := range slices.Chunk(ds, l.proofs) {
		for i, err := range l.purgeSome(ctx, some) {
			report(some[i], err)
		}
	}
}

func (l *Layer) purgeSome(ctx context.Context, ds []Digest) []error {
	errs, proved := make([]error, len(ds)), make([]*removal, len(ds))
	c := &cohort{l: l, running: len(ds)}
	var g sync.WaitGroup
	for i, d := range ds {
		g.Go(func() {
			defer c.rest(ctx, nil)
			if errs[i] = ctx.Err(); errs[i] == nil {
				proved[i], errs[i] = l.provePurge(ctx, c, d)
			}
		})
	}
	g.Wait()
	l.settling.Lock() // nothing is on its way into the trash or out of it
	defer l.settling.Unlock()
	var free []*removal
	var which []int
	awaited := l.mirror.awaited()
	for i, r := range proved {
		if errs[i] == nil {
			errs[i] = l.stillPurgeable(r, awaited)
		}
		if errs[i] == nil {
			free, which = append(free, r), append(which, i)
		}
	}
	if err := l.purgeNow(ctx, free); err != nil {
		left, listErr := l.blobs.Trashed()
		for k, i := range which {
			is := func(t blob.Trashed) bool { return t.Digest == free[k].Digest }
			if listErr != nil || slices.ContainsFunc(left, is) {
				errs[i] = fmt.Errorf("%s stays in the trash: %w", free[k].Name, err)
			}
		}
	}
	return errs
}

// provePurge has it proved that a file is not lost when it leaves the trash, unless
// it is deleted.
func (l *Layer) provePurge(ctx context.Context, c *cohort, d Digest) (*removal, error) {
	if err := l.Ready(ctx); err != nil {
		return nil, err
	}
	e, err := l.Entry(d)
	if err != nil {
		return nil, err
	}
	if err := l.blobs.Mounted(); err != nil {
		return nil, fmt.Errorf("%s stays in the trash: %w", e.Name, err)
	}
	if l.mirror.trashed(d) == "" && !l.blobs.InTrash(d) {
		return nil, fmt.Errorf("%s is not in the trash of this device: %w", e.Name, ErrNotFound)
	}
	r := &removal{Entry: e, cohort: c, id: rand.Text(), what: RemovedEmptied, need: l.opts.Copies, began: l.now()}
	if _, here := l.mirror.copied(d); here && e.Deleted == nil {
		return r, l.verify(ctx, d)
	}
	if e.Deleted == nil {
		if err = l.prove(ctx, r, nil); err != nil {
			l.giveUp(ctx, r)
		}
	}
	return r, err
}

// stillPurgeable fails when what was proved may no longer be so. The caller holds settling.
func (l *Layer) stillPurgeable(r *removal, awaited []Digest) error {
	e, err := l.Entry(r.Digest)
	switch {
	case err != nil:
		return err
	case slices.Contains(awaited, r.Digest), (e.Deleted == nil) != (r.Deleted == nil):
		return fmt.Errorf("%s stays in the trash: %w", r.Name, ErrComingBack)
	case e.Deleted == nil && l.since(r.began) > leaseTime-leaseMargin:
		return fmt.Errorf("%s stays in the trash: the proofs took too long, try again: %w", r.Name, ErrUnverified)
	}
	return nil
}

// purgeNow removes files from the trash. The caller holds settling.
func (l *Layer) purgeNow(ctx context.Context, rs []*removal) error {
	if len(rs) == 0 {
		return nil
	}
	leases, deleted := make(map[Digest][]Lease, len(rs)), make(map[Digest]stamp)
	for _, r := range rs {
		leases[r.Digest] = r.leases
		if r.Deleted != nil {
			deleted[r.Digest] = stamp{By: r.Deleted.By, At: toMillis(r.Deleted.At)}
		}
	}
	if err := l.emptied.note(deleted, l.now()); err != nil {
		return err
	}
	if err := l.noteEmptied(ctx, rs); err != nil { // what then stays after all is settled once this is over
		return err
	}
	var told []Removal
	_, err := l.blobs.Purge(slices.Collect(maps.Keys(leases)), func(old []blob.Trashed) error {
		told = l.purges(old)
		for i := range told {
			told[i].What, told[i].Leases = RemovedEmptied, leases[told[i].Digest]
		}
		return l.removals.add(told...)
	})
	if err != nil {
		l.noteUnpurged(ctx, told, err)
	}
	defer l.changed.Raise()
	return errors.Join(err, l.loadTrash())
}

// emptied remembers which deleted files a person has purged here, by the deletion
// that this was after: they do not come back by an undo. It
// survives a restart in a small file.
type emptied struct {
	path string

	mu sync.Mutex // guards at
	at map[Digest]stamp
}

func openEmptied(path string) (*emptied, error) {
	at, err := readNotes[map[Digest]stamp](path)
	if err != nil {
		return nil, fmt.Errorf("read what was purged: %w", err)
	}
	if at == nil {
		at = make(map[Digest]stamp)
	}
	return &emptied{path: path, at: at}, nil
}

// note adds files to the notes, and drops those too old to be brought back.
func (n *emptied) note(files map[Digest]stamp, now time.Time) error {
	if len(files) == 0 {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	maps.Copy(n.at, files)
	maps.DeleteFunc(n.at, func(_ Digest, gone stamp) bool { return now.Sub(gone.At.time()) > trashAge })
	data, err := json.Marshal(n.at)
	if err == nil {
		err = durable.WriteFile(n.path, data, 0o600)
	}
	if err != nil {
		return fmt.Errorf("note what is purged: %w", err)
	}
	return nil
}

// has says whether a person has purged a file here since it was deleted.
func (n *emptied) has(d Digest, deleted *Stamp) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	at, ok := n.at[d]
	return ok && deleted != nil && at == stamp{By: deleted.By, At: toMillis(deleted.At)}
}
