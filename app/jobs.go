package app

import (
	"context"
	"errors"
	"strings"
	"sync"
)

// FileError is the failure of one of several files, in words for a person:
// what happened, what is kept, and what to do.
type FileError struct {
	Digest Digest
	Name   string // "" when the file is not known
	Advice string // what to do; "" when Err says so
	Err    error
}

func (e *FileError) Error() string {
	text := e.Err.Error()
	if name := firstOf(e.Name, e.Digest.String()[:12]); !strings.Contains(text, name) {
		text = name + ": " + text
	}
	if e.Advice != "" {
		text += "; " + e.Advice
	}
	return text
}

func (e *FileError) Unwrap() error { return e.Err }

// fileError explains why something was not done to a file.
func (a *App) fileError(d Digest, name string, err error) *FileError {
	f := &FileError{Digest: d, Name: name, Err: err}
	if errors.Is(err, ErrNoHolder) { // the other refusals say themselves what to do
		f.Advice = a.whereElse(d)
	}
	return f
}

// whereElse says which devices to switch on for a file.
func (a *App) whereElse(d Digest) string {
	e, err := a.files.Entry(d)
	if err != nil {
		return ""
	}
	var names []string
	for _, device := range a.Devices() {
		if !device.Self && e.Holders.Of(device.ID).Has() {
			names = append(names, device.Name)
		}
	}
	if len(names) == 0 {
		return "no other device is known to have it"
	}
	return "switch on " + strings.Join(names, " or ")
}

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
	var failed []Digest
	var troubles []Trouble
	names, sizes := make(map[Digest]string), make(map[Digest]int64)
	done := func(d Digest, err error) {
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			act.done(d, sizes[d])
		} else {
			err = a.fileError(d, names[d], err)
			errs, failed = append(errs, err), append(failed, d)
			troubles = append(troubles, Trouble{Name: firstOf(names[d], d.String()[:12]), Err: err})
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
		a.journaled(ctx, j.kind, known, func() { j.do(ctx, known, done) })
	}
	act.update(func(s *Activity) {
		s.Troubles = troubles
		if len(failed) > 0 && j.kind != KindFetch { // whoever waited for that has given up
			act.again = func(ctx context.Context) error {
				return a.each(ctx, job{kind: j.kind, digests: failed, do: j.do})
			}
		}
	})
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
