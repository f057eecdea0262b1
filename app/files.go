package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/libpaul/paul/imagelib"
)

// parallelSaves is how many files one Save asks for at once.
const parallelSaves = 4

// Entry returns a file of the library, deleted or not.
func (a *App) Entry(d Digest) (Entry, bool) {
	e, err := a.files.Entry(d)
	return e, err == nil
}

// Entries lists the files of the library, sorted by digest. The slice is
// shared and must not be changed.
func (a *App) Entries() []Entry { return a.files.Entries() }

// Trash lists the deleted files, the latest first. The slice is shared and
// must not be changed.
func (a *App) Trash() []Entry { return a.files.Deleted() }

// HeldDeletions lists files that another device deleted, and whose copies here
// stay until a person agrees, since they are suspiciously many.
func (a *App) HeldDeletions() []Entry { return a.files.HeldDeletions() }

// AgreeDeletions moves the copies of HeldDeletions to the trash.
func (a *App) AgreeDeletions(ctx context.Context) error { return a.files.AgreeDeletions(ctx) }

// Import adds the files and folders at paths to the library. It returns when
// all of them are safe on disk; see [imagelib.Library.Import].
func (a *App) Import(ctx context.Context, paths []string) (ImportResult, error) {
	return a.importPaths(ctx, paths, func(imagelib.ImportProgress) {})
}

func (a *App) importPaths(ctx context.Context, paths []string, report func(imagelib.ImportProgress)) (ImportResult, error) {
	ctx, act := a.activities.start(ctx, KindImport, "Looking for photos", 0)
	result, err := a.images.Import(ctx, paths, func(p imagelib.ImportProgress) {
		act.update(func(s *Activity) {
			s.Title, s.Files, s.TotalFiles = photos(p.Total), p.Done, p.Total
			s.Bytes, s.TotalBytes = p.Bytes, p.TotalBytes
		})
		report(p)
	})
	if err == nil && result.Failed > 0 {
		act.update(func(s *Activity) { s.Title = fmt.Sprintf("%s, %d not imported", s.Title, result.Failed) })
	}
	return result, act.finish(err)
}

// FileError is the failure of one of several files.
type FileError struct {
	Digest Digest
	Name   string // "" when the file is not known
	Err    error
}

func (e *FileError) Error() string {
	if e.Name == "" {
		return e.Digest.String()[:12] + ": " + e.Err.Error()
	}
	return e.Name + ": " + e.Err.Error()
}

func (e *FileError) Unwrap() error { return e.Err }

// Save keeps files here: it returns once each is safe in the library folder,
// or could not be fetched, with a [FileError] for each of those joined. Their
// wish is recorded first, so that they follow when a holder comes online.
func (a *App) Save(ctx context.Context, ds ...Digest) error {
	return a.each(ctx, a.saving(ds))
}

// Unsave moves the copies here to the trash, each only once enough other
// devices have proved theirs: else ErrLastCopy, ErrUnverified or ErrLeased for
// that file, joined as [FileError]s, and the file stays.
func (a *App) Unsave(ctx context.Context, ds ...Digest) error {
	return a.each(ctx, job{kind: KindUnsave, digests: ds, do: a.unsave})
}

func (a *App) unsave(ctx context.Context, d Digest) error {
	err := a.files.Unsave(ctx, d)
	if (errors.Is(err, ErrUnverified) || errors.Is(err, ErrLastCopy)) && a.waiting.holder(ctx, a, d) {
		err = a.files.Unsave(ctx, d)
	}
	return err
}

// ForceUnsave moves the copies here to the trash though they may be the last
// ones: after the trash is emptied such a photo is lost.
func (a *App) ForceUnsave(ctx context.Context, ds ...Digest) error {
	return a.each(ctx, job{kind: KindUnsave, digests: ds, do: a.files.ForceUnsave})
}

// Delete deletes files on all devices. Each moves its copy to its trash.
func (a *App) Delete(ctx context.Context, ds ...Digest) error {
	return a.each(ctx, job{kind: KindDelete, digests: ds, do: a.files.Delete})
}

// Restore brings deleted files back, on every device that still has them.
func (a *App) Restore(ctx context.Context, ds ...Digest) error {
	return a.each(ctx, job{kind: KindRestore, digests: ds, do: a.files.Restore})
}

// Fetch opens a file's bytes for reading: the copy here, else a temporary one
// from a device that is online. The caller closes it.
func (a *App) Fetch(ctx context.Context, d Digest) (*os.File, error) {
	if e, ok := a.Entry(d); ok && e.Here() {
		return a.files.Fetch(ctx, d)
	}
	var f *os.File
	err := a.each(ctx, job{kind: KindFetch, digests: []Digest{d}, do: func(ctx context.Context, d Digest) (err error) {
		f, err = a.files.Fetch(ctx, d)
		if errors.Is(err, ErrNoHolder) && a.waiting.holder(ctx, a, d) {
			f, err = a.files.Fetch(ctx, d)
		}
		return err
	}})
	return f, err
}

// job is one thing to do to many files.
type job struct {
	kind     string // of the activity
	digests  []Digest
	parallel int // files at once; 0 = 1
	do       func(context.Context, Digest) error
	report   func(Digest, error) // if not nil: hears of each file, one at a time
	started  func(*activity)     // if not nil: hears of the activity
}

func (a *App) saving(ds []Digest) job {
	return job{kind: KindSave, digests: ds, parallel: parallelSaves, do: func(ctx context.Context, d Digest) error {
		_, err := a.files.Save(ctx, d)
		if errors.Is(err, ErrNoHolder) && a.waiting.holder(ctx, a, d) {
			_, err = a.files.Save(ctx, d)
		}
		return err
	}}
}

// each does a job as one activity, and joins a FileError for each file that failed.
func (a *App) each(ctx context.Context, j job) error {
	ctx, act := a.activities.start(ctx, j.kind, a.title(j.digests), len(j.digests))
	act.expect(a.sizes(j.digests))
	if j.started != nil {
		j.started(act)
	}
	var mu sync.Mutex // guards errs, and orders reports
	var errs []error
	var g errgroup.Group
	g.SetLimit(max(1, j.parallel))
	for _, d := range j.digests {
		g.Go(func() error {
			err := a.one(ctx, act, j, d)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
			}
			if j.report != nil {
				j.report(d, err)
			}
			return nil
		})
	}
	_ = g.Wait() // its functions return nil
	return act.finish(errors.Join(errs...))
}

// one does a job to one of its files.
func (a *App) one(ctx context.Context, act *activity, j job, d Digest) error {
	e, _ := a.Entry(d) // as it is before: afterwards it may be gone
	err := ctx.Err()
	if err == nil {
		err = j.do(ctx, d)
	}
	if err != nil {
		return &FileError{Digest: d, Name: e.Name, Err: err}
	}
	act.done(d, e.Size)
	return nil
}

func (a *App) sizes(ds []Digest) map[Digest]int64 {
	sizes := make(map[Digest]int64, len(ds))
	for _, d := range ds {
		e, _ := a.Entry(d)
		sizes[d] = e.Size
	}
	return sizes
}

func (a *App) title(ds []Digest) string {
	if len(ds) == 1 {
		if e, ok := a.Entry(ds[0]); ok {
			return e.Name
		}
	}
	return photos(len(ds))
}

// grace is how long after a start a device waits for others to come online
// before it says that nobody has a file.
type grace struct {
	mu    sync.Mutex // guards until
	until time.Time
}

// startGrace covers the links, the first hellos and the first answers of a
// device that has just started.
const startGrace = 20 * time.Second

func (g *grace) begin() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.until = time.Now().Add(startGrace)
}

// holder waits until a device that is said to hold d is online, and tells
// whether another try is worth it. It is not when nobody else is said to hold
// d, or when this device has run for a while.
func (g *grace) holder(ctx context.Context, a *App, d Digest) bool {
	g.mu.Lock()
	until := g.until
	g.mu.Unlock()
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	woken, stop := a.changed.Listen()
	defer stop()
	for {
		known, online := a.holdersOf(d)
		switch {
		case !known || ctx.Err() != nil:
			return false
		case online:
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-woken:
		}
	}
}

// holdersOf tells whether other devices are said to hold d, and whether one
// of them is online.
func (a *App) holdersOf(d Digest) (known, online bool) {
	e, err := a.files.Entry(d)
	if err != nil {
		return false, false
	}
	for id, h := range e.Holders {
		if id != a.id() && h.Holds() {
			known = true
			online = online || a.files.Online(id)
		}
	}
	return known, online
}
