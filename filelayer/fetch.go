package filelayer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
)

// Fetch opens a file's bytes for reading: the copy here, else a temporary one,
// fetched from a holder that is online. The caller closes it.
func (l *Layer) Fetch(ctx context.Context, d Digest) (*os.File, error) {
	e, err := l.wanted(ctx, d)
	if err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	f, _, err := l.open(d)
	if err == nil {
		return f, nil
	}
	unlock, err := l.fetches.lock(ctx, d)
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", e.Name, err)
	}
	defer unlock()
	if f, err := l.blobs.Cached(d); err == nil {
		return f, nil
	}
	j := &job{digest: d, name: e.Name, size: e.Size, started: l.now()}
	defer l.changed.Raise()
	defer l.queue.aside(j)()
	err = l.fromHolders(ctx, j, func(src blob.Source, progress func(int64)) error {
		f, err = l.blobs.Cache(ctx, d, e.Size, src, progress)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", e.Name, err)
	}
	return f, nil
}

// errNoneOnline is ErrNoHolder when nobody was there to be asked.
var errNoneOnline = fmt.Errorf("%w", ErrNoHolder)

// errSetAside is why a device that is online is not asked for a file.
var errSetAside = errors.New("a device that has it sent wrong bytes, and is asked again after an hour")

// fromHolders lets receive read a file from one source after the other, until
// one gives the right bytes: a temporary copy here, then the holders online, of
// a large file several together.
func (l *Layer) fromHolders(ctx context.Context, j *job, receive func(blob.Source, func(int64)) error) error {
	if f, err := l.blobs.Cached(j.digest); err == nil {
		_ = f.Close() // only to see that it is there
		err := receive(l.cached(j.digest), l.progressFrom(j, l.opts.DeviceID))
		if err == nil || stopsFetch(ctx, err) {
			return err
		}
	}
	if l.mirror.inPlace(j.digest) {
		err := receive(l.placed(j.digest), l.progressFrom(j, l.opts.DeviceID))
		if err == nil || ctx.Err() != nil || errors.Is(err, ErrNoSpace) || errors.Is(err, ErrNotMounted) {
			return err
		}
		l.log.WarnContext(ctx, "A file in a folder that was added in place could not be copied", "name", j.name, "error", err)
		l.lookAgain.Raise()
	}
	ids := l.holdersOnline(j.digest)
	if l.beginSpread(j, ids) {
		err := l.fromSeveral(ctx, ids, j, receive)
		switch {
		case err == nil, stopsFetch(ctx, err):
			return err
		case !j.alone:
			return noneGave(err)
		}
		ids = l.holdersOnline(j.digest)
	}
	var last error
	for _, id := range ids {
		err := l.fromHolder(ctx, id, j, receive)
		if err == nil || stopsFetch(ctx, err) {
			return err
		}
		last = err
	}
	switch {
	case last == nil && l.setAside(j.digest):
		return fmt.Errorf("%w: %w", ErrNoHolder, errSetAside)
	case last == nil:
		return errNoneOnline
	}
	return noneGave(last)
}

// noneGave is the error of a file that each device failed to give, one by last.
func noneGave(last error) error {
	if errors.Is(last, ErrCorrupt) || errors.Is(last, errWrongSize) {
		return last
	}
	return fmt.Errorf("%w: %w", ErrNoHolder, last)
}

// stopsFetch says whether another holder would not help.
func stopsFetch(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, ErrNoSpace) || errors.Is(err, ErrReadOnly) ||
		errors.Is(err, ErrNotMounted) || errors.Is(err, blob.ErrTooLarge) || errors.Is(err, blob.ErrIO)
}

// waysLost is how often the way to a device may break off while one file comes, until
// that file is tried again later.
const waysLost = 3

// fromHolder reads a file from one device, and asks it for the rest when the way to it
// breaks off, as a connection does that ends with its link. Wrong bytes are held
// against it: it is asked for all of them before they are judged.
func (l *Layer) fromHolder(ctx context.Context, id string, j *job, receive func(blob.Source, func(int64)) error) error {
	for lost := 1; ; lost++ {
		came := false
		err := l.fromSource(ctx, id, j, l.remote(id, j.digest, j.size), func(src blob.Source, progress func(int64)) error {
			return receive(src, func(done int64) {
				came = true
				progress(done)
			})
		})
		if err == nil || !came || lost > waysLost || stopsFetch(ctx, err) ||
			errors.Is(err, ErrCorrupt) || errors.Is(err, errWrongSize) || errors.Is(err, errStalled) {
			return err
		}
	}
}

// fromSource is fromHolder of bytes that the device sends by src.
func (l *Layer) fromSource(ctx context.Context, id string, j *job, src blob.Source, receive func(blob.Source, func(int64)) error) error {
	opened := func(ctx context.Context, offset int64) (io.ReadCloser, error) {
		l.queue.begin(j, []string{id}, offset, time.Now())
		return src(ctx, offset)
	}
	err := receive(opened, l.progressFrom(j, id))
	if err == nil {
		return nil
	}
	return l.blame(ctx, id, j.digest, err)
}

// blame tells from whom the error of a transfer is, and holds wrong bytes against it.
func (l *Layer) blame(ctx context.Context, id string, d Digest, err error) error {
	if errors.Is(err, ErrCorrupt) || errors.Is(err, errWrongSize) {
		l.faults.note(id, d, l.now())
		l.log.WarnContext(ctx, "Device sent wrong bytes", "device", id, "digest", d)
	}
	return fmt.Errorf("from %s: %w", l.deviceName(id), err)
}

// holdersOnline lists the devices to fetch a file from, those first that have
// the least to do. Who sent wrong bytes for it is left out for a while.
func (l *Layer) holdersOnline(d Digest) []string {
	e, ok := l.mirror.entry(d)
	if !ok {
		return nil
	}
	var ids []string
	for _, id := range e.HolderIDs() {
		if l.Online(id) && !l.faults.has(id, d, l.now()) {
			ids = append(ids, id)
		}
	}
	l.queue.leastBusy(ids)
	return ids
}

// setAside says whether a holder is online that is left out.
func (l *Layer) setAside(d Digest) bool {
	e, _ := l.mirror.entry(d)
	return slices.ContainsFunc(e.HolderIDs(), func(id string) bool { return l.Online(id) && l.faults.has(id, d, l.now()) })
}

// tellEvery is how often the progress of transfers wakes who shows it.
const tellEvery = 200 * time.Millisecond

// progress notes how far a transfer is, and tells so from time to time.
func (l *Layer) progress(j *job, from []string, done int64) {
	at := time.Now()
	l.queue.progress(j, from, done, at)
	now, last := at.UnixNano(), l.told.Load()
	if now-last > int64(tellEvery) && l.told.CompareAndSwap(last, now) {
		l.changed.Raise()
	}
}

// progressFrom is progress of what one device sends.
func (l *Layer) progressFrom(j *job, id string) func(done int64) {
	from := []string{id}
	return func(done int64) { l.progress(j, from, done) }
}

// fetches lets one temporary copy of a file be made at a time.
type fetches struct {
	mu    sync.Mutex // guards locks
	locks map[Digest]chan struct{}
}

func newFetches() *fetches { return &fetches{locks: make(map[Digest]chan struct{})} }

func (f *fetches) lock(ctx context.Context, d Digest) (unlock func(), err error) {
	for {
		f.mu.Lock()
		held, taken := f.locks[d]
		if !taken {
			mine := make(chan struct{})
			f.locks[d] = mine
			f.mu.Unlock()
			return func() {
				f.mu.Lock()
				defer f.mu.Unlock()
				delete(f.locks, d)
				close(mine)
			}, nil
		}
		f.mu.Unlock()
		select {
		case <-held:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}
