package app

import (
	"context"
	"errors"
	"sync"
)

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

// report hears of one file that is done, or has failed.
type report func(Digest, error)

// job is one thing to do to many files.
type job struct {
	kind    string // of the activity
	digests []Digest
	do      func(ctx context.Context, ds []Digest, done report) // reports each file once
	report  report                                              // if not nil: hears of each file, one at a time
	started func(*activity)                                     // if not nil: hears of the activity
}

// oneByOne does f to each file, until ctx ends.
func oneByOne(f func(context.Context, Digest) error) func(context.Context, []Digest, report) {
	return func(ctx context.Context, ds []Digest, done report) {
		for _, d := range ds {
			err := ctx.Err()
			if err == nil {
				err = f(ctx, d)
			}
			done(d, err)
		}
	}
}

// together does f to all files at once, so that they fail or succeed together.
func together(f func(context.Context, ...Digest) error) func(context.Context, []Digest, report) {
	return func(ctx context.Context, ds []Digest, done report) {
		err := f(ctx, ds...)
		for _, d := range ds {
			done(d, err)
		}
	}
}

// each does a job as one activity, and joins a FileError for each file that
// failed; files that nobody knows fail alone.
func (a *App) each(ctx context.Context, j job) error {
	ctx, act := a.activities.start(ctx, j.kind, a.title(j.digests), len(j.digests))
	var mu sync.Mutex // guards errs, and orders reports
	var errs []error
	names, sizes := make(map[Digest]string), make(map[Digest]int64)
	done := func(d Digest, err error) {
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			act.done(d, sizes[d])
		} else {
			err = &FileError{Digest: d, Name: names[d], Err: err}
			errs = append(errs, err)
		}
		if j.report != nil {
			j.report(d, err)
		}
	}
	var known []Digest
	for _, d := range j.digests {
		e, err := a.files.Entry(d) // as it is before: afterwards it may be gone
		if err != nil {
			done(d, err)
			continue
		}
		known, names[d], sizes[d] = append(known, d), e.Name, e.Size
	}
	act.expect(sizes)
	if j.started != nil {
		j.started(act)
	}
	if len(known) > 0 {
		j.do(ctx, known, done)
	}
	return act.finish(errors.Join(errs...))
}

func (a *App) title(ds []Digest) string {
	if len(ds) == 1 {
		if e, ok := a.Entry(ds[0]); ok {
			return e.Name
		}
	}
	return photos(len(ds))
}
