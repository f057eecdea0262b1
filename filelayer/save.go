package filelayer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
)

// Want records the wish that this device keeps the files; they are fetched in
// the background, also after a restart. Removals that wait are taken back.
func (l *Layer) Want(ctx context.Context, digests ...Digest) error {
	for _, d := range digests {
		if _, err := l.wanted(ctx, d); err != nil {
			return fmt.Errorf("save: %w", err)
		}
	}
	if err := l.CancelUnsave(digests...); err != nil {
		return fmt.Errorf("save: %w", err)
	}
	if err := l.noteWanted(digests); err != nil { // else it would be this device's own wish after a crash
		return fmt.Errorf("save: %w", err)
	}
	if l.Role().Space > 0 {
		l.limiting.Lock() // nothing is fetched before it is known whether it fits
		defer l.limiting.Unlock()
		defer l.holdBeyond()
	}
	err := l.amend(ctx, digests, func(_ Digest, r *fileRecord, known bool) bool {
		own := r.Devices.Of(l.opts.DeviceID)
		return known && r.Deleted == nil && !own.Saved && r.set(l.opts.DeviceID, true, 0)
	})
	if err == nil {
		err = l.noteWanted(digests) // its role may have wished for them meanwhile
	}
	if err != nil {
		return fmt.Errorf("save: %w", err)
	}
	return nil
}

// noteWanted notes that a person wants some files here.
func (l *Layer) noteWanted(ds []Digest) error {
	if !l.copyNotes.wanted(ds) {
		return nil
	}
	return l.copyNotes.save(l.current, l.expects)
}

// Save fetches a file into this device's library and returns once it is safe
// there. The wish is recorded first: when Save fails for want of a holder, the
// file follows as soon as one is online. ErrNotMounted: the library folder is not
// there, whatever is known to be in it.
func (l *Layer) Save(ctx context.Context, d Digest) (Entry, error) {
	var saved Entry
	err := l.SaveAll(ctx, []Digest{d}, func(e Entry, _ error) { saved = e })
	return saved, err
}

// SaveAll saves many files at the price of few. It calls report, if not nil,
// for each as it is safe here or has failed, and returns the failures joined.
func (l *Layer) SaveAll(ctx context.Context, digests []Digest, report func(Entry, error)) error {
	if err := l.Want(ctx, digests...); err != nil {
		return err
	}
	type wait struct {
		digest  Digest
		outcome <-chan error
	}
	waits := make([]wait, 0, len(digests))
	for _, d := range digests {
		outcome, stop := l.await(d)
		defer stop()
		waits = append(waits, wait{d, outcome})
	}
	var failed []error
	for _, w := range waits {
		var err error
		select {
		case err = <-w.outcome:
		case <-ctx.Done():
			return fmt.Errorf("save: %w", context.Cause(ctx))
		}
		e, entryErr := l.Entry(w.digest)
		if errors.Is(err, ErrNoHolder) {
			err = fmt.Errorf("%w; it follows by itself as soon as one is", err)
		}
		if err = errors.Join(err, entryErr); err != nil {
			err = fmt.Errorf("save %s: %w", e.Name, err)
			failed = append(failed, err)
		}
		if report != nil {
			report(e, err)
		}
	}
	return errors.Join(failed...)
}

// await returns the outcome of fetching a file that is wished for.
func (l *Layer) await(d Digest) (outcome <-chan error, stop func()) {
	l.mirror.mu.RLock()
	var p plan
	here := l.mirror.duty(&p, d) == &p.rest
	l.mirror.mu.RUnlock()
	e, _ := l.mirror.entry(d)
	if here {
		done := make(chan error, 1)
		done <- l.blobs.Mounted()
		return done, func() {}
	}
	return l.queue.urge(e)
}

// fetchLoop is one worker of the queue.
func (l *Layer) fetchLoop(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-l.queue.wake:
		}
		for ctx.Err() == nil && l.fetchNext(ctx) {
			l.changed.Raise()
		}
	}
}

// fetchNext fetches the next bundle of the queue; false when there is none. It
// makes the files safe by one barrier, and then writes their records.
func (l *Layer) fetchNext(ctx context.Context) bool {
	bringing, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	l.limiting.RLock()
	bundle, more := l.queue.take(l.now(), func() { stop(errPaused) })
	l.limiting.RUnlock()
	if more {
		l.queue.rouse() // another worker
	}
	if len(bundle) == 0 {
		return false
	}
	l.changed.Raise()
	batch := l.blobs.NewBatch()
	defer batch.Abort()
	l.keepBundle(ctx, batch, l.fetchBundle(bringing, batch, bundle))
	return true
}

// retryLoop tries failed jobs again, when a device comes or time passes.
func (l *Layer) retryLoop(ctx context.Context) error {
	changed, stop := l.opts.Network.Changed().Listen()
	defer stop()
	online := make(map[string]bool)
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
			if l.arrived(online) {
				l.queue.retry(l.now(), true)
			}
		case <-tick.C:
			l.queue.retry(l.now(), false)
		}
	}
}

// arrived says whether a device is online that was not, and notes who is.
func (l *Layer) arrived(online map[string]bool) bool {
	arrived := false
	for _, id := range l.mirror.peers() {
		now := l.opts.Network.Online(id)
		arrived = arrived || now && !online[id]
		online[id] = now
	}
	return arrived
}

// fetchBundle stages some files in the batch, and returns those that it has got.
// Those that it has not got for a pause go back to the queue.
func (l *Layer) fetchBundle(ctx context.Context, batch *blob.Batch, bundle []*job) (got []*job) {
	var stopped []*job
	staged := func(j *job) {
		l.queue.stage(j)
		got = append(got, j)
	}
	for _, j := range l.bringBundles(ctx, batch, bundle, staged) {
		err := l.bring(ctx, batch, j)
		switch {
		case errors.Is(err, errUnwanted):
			l.queue.drop(j)
		case err != nil && errors.Is(context.Cause(ctx), errPaused):
			stopped = append(stopped, j)
		case err != nil:
			l.queue.over(j, err, l.now())
		default:
			staged(j)
		}
		l.changed.Raise()
	}
	if len(stopped) > 0 {
		l.queue.putBack(stopped)
	}
	return got
}

// keepBundle makes the files of a batch safe, and writes their records.
func (l *Layer) keepBundle(ctx context.Context, batch *blob.Batch, got []*job) {
	if len(got) == 0 {
		return
	}
	ds := make([]Digest, len(got))
	for i, j := range got {
		ds[i] = j.digest
	}
	l.mirror.claim(ds...)
	err := batch.Commit(ctx)
	if err == nil {
		err = l.keep(ctx, ds)
	}
	l.mirror.release(ds...)
	for _, j := range got {
		l.queue.over(j, err, l.now())
	}
	l.stirred.add(ds...)
}

// errUnwanted is the end of a job that is no longer wished for.
var errUnwanted = fmt.Errorf("%w: it was unsaved or deleted meanwhile", ErrNotFound)

// bring stages one file in the batch, from wherever its bytes are.
func (l *Layer) bring(ctx context.Context, batch *blob.Batch, j *job) error {
	if !l.wishedFor(j.digest) {
		return errUnwanted
	}
	var trashErr error
	here := l.blobs.Has(j.digest)
	if !here {
		here, trashErr = l.fromTrash(ctx, j.digest)
	}
	if here {
		_, err := l.blobs.Verify(ctx, j.digest)
		if err == nil || !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrMissing) {
			return err
		}
		l.setGone(j.digest)
	}
	err := l.fromHolders(ctx, j, l.receive(ctx, batch, j))
	if errors.Is(err, errNoneOnline) && trashErr != nil {
		return trashErr
	}
	return err
}

func (l *Layer) wishedFor(d Digest) bool {
	r, _, ok := l.mirror.file(d)
	return ok && r.Deleted == nil && r.Devices.Of(l.opts.DeviceID).Saved
}

// receive stages in the batch what a source gives for a job.
func (*Layer) receive(ctx context.Context, batch *blob.Batch, j *job) func(blob.Source, func(int64)) error {
	return func(src blob.Source, progress func(int64)) error {
		_, err := batch.Receive(ctx, j.digest, j.size, blob.Meta{Name: j.name, Time: j.time}, src, progress)
		return err
	}
}

// fromTrash brings a file back from the trash here, if the trash has its bytes
// whole. An error is one of the disk: they may come back another time.
func (l *Layer) fromTrash(ctx context.Context, d Digest) (here bool, err error) {
	back, errs := l.fromTrashAll(ctx, []Digest{d})
	return len(back) > 0, errs[d]
}

// fromTrashAll is fromTrash of many, made durable together. It returns those that are
// here, and why others are not that the trash has.
func (l *Layer) fromTrashAll(ctx context.Context, ds []Digest) (back []Digest, failed map[Digest]error) {
	var there []Digest
	why := make(map[Digest]string)
	for _, d := range ds {
		if why[d] = l.mirror.trashed(d); why[d] != "" {
			there = append(there, d)
		}
	}
	failed = make(map[Digest]error)
	infos, errs := l.blobs.UntrashAll(there)
	for i, d := range there {
		if err := errs[i]; err != nil {
			if err = l.notBack(d, err); err != nil {
				failed[d] = err
			}
			continue
		}
		l.mirror.setHere(infos[i])
		back = append(back, d)
	}
	l.noteRestored(ctx, back, why)
	return back, failed
}

// notBack takes in that a file could not be brought back out of the trash. It is no
// error that it is not there, or has rotted.
func (l *Layer) notBack(d Digest, err error) error {
	l.setGone(d)
	if !errors.Is(err, blob.ErrNotFound) && !errors.Is(err, ErrMissing) && !errors.Is(err, ErrCorrupt) {
		return err
	}
	if _, left := l.blobs.WhyTrashed(d); !left { // it had rotted
		l.mirror.leftTrash(d)
	}
	return nil
}

// keep writes the records of files that have come, and drops again what is no
// longer wished for.
func (l *Layer) keep(ctx context.Context, ds []Digest) error {
	here := l.lookFor(ds)
	err := l.amend(ctx, ds, func(d Digest, r *fileRecord, known bool) bool {
		info, ok := here[d]
		return ok && known && r.Deleted == nil && r.Devices.Of(l.opts.DeviceID).Saved &&
			r.set(l.opts.DeviceID, true, toMillis(info.Verified))
	})
	if err != nil {
		return err
	}
	for _, d := range ds {
		if r, _, _ := l.mirror.file(d); r.Deleted == nil && !r.Devices.Of(l.opts.DeviceID).Saved {
			l.dropUnwanted(ctx, d)
		}
	}
	return nil
}

// dropUnwanted moves to the trash what has come after the wish for it was taken
// back. If it cannot be moved, settle finds it.
func (l *Layer) dropUnwanted(ctx context.Context, d Digest) {
	e, _ := l.mirror.entry(d)
	line := l.removalOf(RemovedUnwanted, e, l.opts.DeviceID)
	if l.removals.add(line) != nil {
		return
	}
	if err := l.blobs.Trash(d, trashUnsaved); err != nil {
		l.noteKept(ctx, line, err.Error())
		return
	}
	l.setGone(d)
}
