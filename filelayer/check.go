package filelayer

import (
	"context"
	"errors"
	"fmt"

	"github.com/libpaul/paul/filelayer/blob"
)

// CheckOptions selects what [Layer.Check] does.
type CheckOptions struct {
	ReadData bool // read every copy here and compare its digest
	Repair   bool // wait until what is wrong has been put right, if it can be
}

// A Problem is something that Check found.
type Problem struct {
	Digest   Digest
	Path     string // "" when there is no file
	Err      error  // what is wrong; errors.Is tells ErrMissing, ErrCorrupt, ErrUnrecorded
	Repaired bool
}

// A CheckResult counts what Check looked at.
type CheckResult struct {
	Files    int   // copies that should be here
	Bytes    int64 // of those
	Problems int
	Repaired int
}

// Check compares records, index and files. It calls report, if not nil, for
// each problem, and returns an error only when it could not finish. Records
// are corrected in any case, and what is missing or rotten will be fetched from
// another holder; with Repair, Check waits for that.
func (l *Layer) Check(ctx context.Context, opts CheckOptions, report func(Problem)) (CheckResult, error) {
	var result CheckResult
	if err := l.Ready(ctx); err != nil {
		return result, err
	}
	if err := l.blobs.Mounted(); err != nil {
		return result, fmt.Errorf("check: %w", err)
	}
	unrecorded := l.mirror.unrecorded()
	missing, err := l.scan(ctx)
	if err != nil {
		return result, fmt.Errorf("check: %w", err)
	}
	tell := func(p Problem) {
		if opts.Repair {
			p.Repaired = l.repair(ctx, p) == nil
		}
		result.Problems++
		if p.Repaired {
			result.Repaired++
		}
		if report != nil {
			report(p)
		}
	}
	for _, d := range unrecorded {
		tell(Problem{Digest: d, Path: l.mirror.path(d), Err: ErrUnrecorded})
	}
	for _, e := range l.Entries() {
		if err := ctx.Err(); err != nil {
			return result, fmt.Errorf("check: %w", err)
		}
		if !e.Here() && !e.Holders[l.opts.DeviceID].Saved {
			continue
		}
		result.Files++
		result.Bytes += e.Size
		err := ErrMissing // it was, though it may have been fetched since
		if !missing[e.Digest] {
			err = l.checkCopy(ctx, e, opts.ReadData)
		}
		if err != nil && ctx.Err() == nil {
			tell(Problem{Digest: e.Digest, Path: e.Path, Err: err})
		}
	}
	if err := ctx.Err(); err != nil {
		return result, fmt.Errorf("check: %w", err)
	}
	return result, nil
}

func (l *Layer) checkCopy(ctx context.Context, e Entry, read bool) error {
	if read && e.Here() {
		return l.verify(ctx, e.Digest)
	}
	info, err := l.blobs.Info(e.Digest)
	switch {
	case err == nil && info.Missing, errors.Is(err, blob.ErrNotFound):
		return ErrMissing
	case err == nil && info.Size != e.Size:
		return fmt.Errorf("%w: %d bytes, recorded as %d", ErrCorrupt, info.Size, e.Size)
	}
	return err
}

// repair puts one problem right, or fails.
func (l *Layer) repair(ctx context.Context, p Problem) error {
	if _, err := l.settle(ctx, []Digest{p.Digest}); err != nil {
		return err
	}
	if _, err := l.wanted(ctx, p.Digest); err != nil {
		return err
	}
	outcome, stop := l.await(p.Digest)
	defer stop()
	select {
	case err := <-outcome:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// unrecorded lists the bytes here that this device's records do not claim.
func (m *mirror) unrecorded() []Digest {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var out []Digest
	var p plan
	for d := range m.local {
		if m.duty(&p, d) == &p.adopt && m.claims[d] == 0 {
			out = append(out, d)
		}
	}
	return out
}

func (m *mirror) path(d Digest) string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.local[d].path
}
