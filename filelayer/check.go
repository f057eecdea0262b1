package filelayer

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/libpaul/paul/filelayer/blob"
)

// CheckOptions selects what [Layer.Check] does.
type CheckOptions struct {
	ReadData bool // read every copy here and compare its digest
	Part     Part // of the copies, to be read; all of them if zero
	Repair   bool // wait until what is wrong has been put right, if it can be

	Progress func(CheckProgress) `json:"-"` // if not nil: hears how far it is, after each copy
}

// CheckProgress is how far a check is: copies looked at, and bytes of those that it reads.
type CheckProgress struct {
	Files, TotalFiles int
	Bytes, TotalBytes int64
}

// A Part is the Nth of Of parts of all files, told by their digests: each file
// is in one of them for good, and they are about equal. N runs from 1.
type Part struct{ N, Of int }

// ParsePart reads a part as a person writes it, such as "1/10".
func ParsePart(s string) (Part, error) {
	n, of, ok := strings.Cut(s, "/")
	var p Part
	var errN, errOf error
	p.N, errN = strconv.Atoi(n)
	p.Of, errOf = strconv.Atoi(of)
	if !ok || errN != nil || errOf != nil || p.N < 1 || p.N > p.Of {
		return Part{}, fmt.Errorf("%w: %q is no part of the photos: write 1/10 for the first of ten", ErrInvalid, s)
	}
	return p, nil
}

// has says whether a file is in the part.
func (p Part) has(d Digest) bool {
	return p.Of <= 1 || binary.BigEndian.Uint64(d[:])%uint64(p.Of) == uint64(p.N-1)
}

// A Problem is something that Check found.
type Problem struct {
	Digest   Digest // zero for [ErrStray]
	Name     string // of the file
	Path     string // where it lies, or lay; "" when that is not known
	Err      error  // what is wrong; errors.Is tells ErrMissing, ErrChanged, ErrCorrupt, ErrNoCopy, ErrUnrecorded, ErrStray
	Coming   bool   // another device claims a copy, which is fetched without being asked for
	Lost     bool   // no copy is known, so that a person has to bring one, or to delete the file
	Repaired bool
}

// A CheckResult counts what Check looked at.
type CheckResult struct {
	Files        int   // copies that should be here, but for Waiting
	Bytes        int64 // of those
	Read         int   // copies that were read
	Waiting      int   // never here yet, and to be fetched from another device, which is no problem
	WaitingBytes int64
	Problems     int
	Repaired     int
}

// Check compares records, index and files. It calls report, if not nil, for
// each problem, and returns an error only when it could not finish. Records
// are corrected in any case, and what is missing or rotten will be fetched from
// another holder; with Repair, Check waits for that before it reports.
func (l *Layer) Check(ctx context.Context, opts CheckOptions, report func(Problem)) (CheckResult, error) {
	var result CheckResult
	if err := l.Ready(ctx); err != nil {
		return result, err
	}
	var found []Problem
	told := make(map[string]bool) // paths
	tell := func(p Problem) {
		result.Problems++
		told[p.Path] = true
		p.Coming = !theirs(p.Err) && l.coming(p.Digest) && !l.queue.holds(p.Digest)
		p.Lost = lacking(p.Err) && !l.elsewhere(p.Digest) && !l.inOtherTrash(p.Digest)
		if opts.Repair {
			found = append(found, p)
		} else if report != nil {
			report(p)
		}
	}
	err := l.checkAll(ctx, opts, &result, tell)
	if err == nil {
		err = l.checkStrays(ctx, told, tell)
	}
	if opts.Repair {
		l.repairAll(ctx, found)
	}
	for _, p := range found {
		if p.Repaired {
			result.Repaired++
		}
		if report != nil {
			report(p)
		}
	}
	if err = errors.Join(err, ctx.Err()); err != nil {
		return result, fmt.Errorf("check: %w", err)
	}
	return result, nil
}

// checkAll looks at the copies that are here, or should be.
func (l *Layer) checkAll(ctx context.Context, opts CheckOptions, result *CheckResult, tell func(Problem)) error {
	if err := l.blobs.Mounted(); err != nil {
		return err
	}
	back := slices.DeleteFunc(l.mirror.returning(), l.queue.holds)
	l.bringBack(ctx, back)
	l.stirred.add(back...) // a deletion may have come meanwhile
	unrecorded := l.mirror.unrecorded()
	missing, err := l.scan(ctx)
	if err != nil {
		return err
	}
	for _, d := range unrecorded {
		copied, _ := l.mirror.copied(d)
		tell(Problem{Digest: d, Name: filepath.Base(copied.path), Path: copied.path, Err: ErrUnrecorded})
	}
	if err := l.checkPlaces(tell); err != nil {
		return err
	}
	aside, err := l.rotten()
	if err != nil {
		return err
	}
	all, progress := l.toCheck(opts, missing, aside, result)
	for _, e := range all {
		if ctx.Err() != nil {
			return nil // Check tells
		}
		result.Files++
		result.Bytes = AddSizes(result.Bytes, e.Size)
		p := Problem{Digest: e.Digest, Name: e.Name, Path: e.Path}
		if info, ok := missing[e.Digest]; ok { // it was, though it may have been fetched since
			p.Path, p.Err = info.Path, absence(info)
		} else {
			read := opts.reads(e)
			if read {
				result.Read++
			}
			l.checkCopy(ctx, e, aside, &p, read)
		}
		if opts.Progress != nil && ctx.Err() == nil {
			opts.Progress(progress.after(e, opts))
		}
		if p.Err != nil && e.Deleted != nil {
			p.Err = fmt.Errorf("%w; its deletion by another device waits for you, and if you restore it, it is fetched again from a device that has it", p.Err)
		}
		if p.Err != nil && ctx.Err() == nil {
			tell(p)
		}
	}
	return nil
}

// reads says whether the copy of a file is read.
func (o CheckOptions) reads(e Entry) bool { return o.ReadData && e.Here() && o.Part.has(e.Digest) }

// toCheck lists the copies that are here, or should be, and what there is to do.
// Those that were never here are counted in result instead.
func (l *Layer) toCheck(opts CheckOptions, missing map[Digest]blob.Info, aside map[Digest]string, result *CheckResult) (all []Entry, todo CheckProgress) {
	for _, e := range slices.Concat(l.Entries(), l.HeldDeletions()) {
		if !e.Here() && !e.Holders.Of(l.opts.DeviceID).Saved {
			continue
		}
		if _, gone := missing[e.Digest]; !gone && aside[e.Digest] == "" && l.neverCame(e) {
			result.Waiting++
			result.WaitingBytes = AddSizes(result.WaitingBytes, e.Size)
			continue
		}
		all = append(all, e)
		todo.TotalFiles++
		if opts.reads(e) {
			todo.TotalBytes = AddSizes(todo.TotalBytes, e.Size)
		}
	}
	return all, todo
}

// neverCame says whether a file that is saved here waits for its first copy:
// neither the index nor this device's claim knows of one, and another device has one.
func (l *Layer) neverCame(e Entry) bool {
	if e.Here() || e.Holders.Of(l.opts.DeviceID).Has() || !l.coming(e.Digest) {
		return false
	}
	_, err := l.blobs.Info(e.Digest)
	return errors.Is(err, blob.ErrNotFound)
}

// coming says whether a file is saved here and another device claims a copy.
func (l *Layer) coming(d Digest) bool {
	e, known := l.mirror.entry(d)
	return known && e.Deleted == nil && e.Holders.Of(l.opts.DeviceID).Saved && l.elsewhere(d)
}

// elsewhere says whether another device claims a copy.
func (l *Layer) elsewhere(d Digest) bool {
	e, _ := l.mirror.entry(d)
	return slices.ContainsFunc(e.HolderIDs(), func(id string) bool { return id != l.opts.DeviceID })
}

// after counts a copy that was looked at.
func (p *CheckProgress) after(e Entry, opts CheckOptions) CheckProgress {
	p.Files++
	if opts.reads(e) {
		p.Bytes = AddSizes(p.Bytes, e.Size)
	}
	return *p
}

// checkStrays tells of files in the library folder that no record knows, but for
// those told of before. Before the library is indexed, that cannot be said.
func (l *Layer) checkStrays(ctx context.Context, told map[string]bool, tell func(Problem)) error {
	if l.blobs.Fresh() {
		return nil
	}
	paths, err := l.blobs.Strays(ctx)
	for _, path := range paths {
		if !told[path] {
			tell(Problem{Name: filepath.Base(path), Path: path, Err: ErrStray})
		}
	}
	return err
}

// absence is what is wrong with a copy whose file is missing.
func absence(info blob.Info) error {
	if info.Changed {
		return ErrChanged
	}
	return ErrMissing
}

// checkCopy notes in p what is wrong with a copy, if anything is.
func (l *Layer) checkCopy(ctx context.Context, e Entry, aside map[Digest]string, p *Problem, read bool) {
	if e.InPlace {
		p.Err = l.checkPlaced(ctx, e.Digest, read)
		return
	}
	info, err := l.blobs.Info(e.Digest)
	switch {
	case errors.Is(err, blob.ErrNotFound) && aside[e.Digest] != "":
		p.Path, p.Err = aside[e.Digest], errAside
	case errors.Is(err, blob.ErrNotFound) && !e.Holders.Of(l.opts.DeviceID).Has() && !l.elsewhere(e.Digest):
		p.Err = ErrNoCopy
	case errors.Is(err, blob.ErrNotFound):
		p.Err = ErrMissing
	case err != nil:
		p.Err = err
	case info.Missing:
		p.Path, p.Err = info.Path, absence(info)
		l.noteAbsent(e.Digest, ErrMissing)
	case read:
		if p.Err = l.verify(ctx, e.Digest); errors.Is(p.Err, ErrCorrupt) {
			if aside, err := l.rotten(); err == nil && aside[e.Digest] != "" {
				p.Path = aside[e.Digest]
			}
		}
	case info.Size != e.Size:
		p.Err = fmt.Errorf("%w: %d bytes, recorded as %d", ErrCorrupt, info.Size, e.Size)
	}
}

// errAside is what is wrong with a copy whose rot was found before.
var errAside = fmt.Errorf("it has rotted, and lies in the quarantine: %w", ErrCorrupt)

// rotten tells where the rotten bytes of files lie, the latest of each.
func (l *Layer) rotten() (map[Digest]string, error) {
	all, err := l.blobs.Quarantined()
	paths := make(map[Digest]string)
	for _, q := range slices.Backward(all) {
		if _, err := os.Lstat(q.Path); err == nil {
			paths[q.Digest] = q.Path
		}
	}
	return paths, err
}

// checkPlaced is what is wrong with a copy in a folder that was added in place.
func (l *Layer) checkPlaced(ctx context.Context, d Digest, read bool) error {
	_, err := l.blobs.PlacedInfo(d)
	if err == nil && read {
		return l.verifyPlaced(ctx, d)
	}
	if errors.Is(err, ErrMissing) {
		l.lookAgain.Raise()
	}
	if err != nil && !errors.Is(err, ErrPlaceAway) {
		return fmt.Errorf("%w: %w", ErrInPlace, err)
	}
	return nil
}

// checkPlaces tells of places that are not there.
func (l *Layer) checkPlaces(tell func(Problem)) error {
	places, err := l.blobs.Places()
	for _, p := range places {
		if away := l.blobs.PlaceThere(p.Path); away != nil {
			tell(Problem{Name: filepath.Base(p.Path), Path: p.Path, Err: fmt.Errorf("%w: %w", ErrInPlace, away)})
		}
	}
	return err
}

// repairAll puts right what it can, and notes that; also what has been put right
// meanwhile without it, as by a device that came online late.
func (l *Layer) repairAll(ctx context.Context, ps []Problem) {
	for i := range ps {
		ps[i].Repaired = !theirs(ps[i].Err) && l.repair(ctx, ps[i]) == nil
	}
	for i, p := range ps {
		e, known := l.mirror.entry(p.Digest)
		ps[i].Repaired = p.Repaired || known && e.Deleted == nil && e.Here() && l.blobs.Has(p.Digest)
	}
}

// lacking says whether a problem is that there is no good copy of a file.
func lacking(err error) bool {
	return slices.ContainsFunc([]error{ErrMissing, ErrChanged, ErrCorrupt, ErrNoCopy}, func(e error) bool { return errors.Is(err, e) })
}

// theirs says whether a problem is with a file of a person's, which is not Paul's
// to repair.
func theirs(err error) bool { return errors.Is(err, ErrStray) || errors.Is(err, ErrInPlace) }

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

// inOtherTrash says whether another device may have the bytes of a deleted file.
func (l *Layer) inOtherTrash(d Digest) bool {
	e, known := l.mirror.entry(d)
	return known && e.Deleted != nil && slices.ContainsFunc(l.Remnants(d), func(r Remnant) bool { return !r.Self })
}

// returning lists the files on their way back out of the trash here.
func (m *mirror) returning() []Digest {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var out []Digest
	for d := range m.trash {
		if s, known := m.files[d]; known && s.Deleted == nil && s.Devices.Of(m.self).Saved {
			out = append(out, d)
		}
	}
	return out
}

// unrecorded lists the bytes here that this device's records do not claim. Those that
// are wished for have just come, be it before a crash, and are about to be claimed.
func (m *mirror) unrecorded() []Digest {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var out []Digest
	var p plan
	for d, copied := range m.local {
		s, known := m.files[d]
		came := known && s.Devices.Of(m.self).Saved && copied.size == s.Size
		if m.duty(&p, d) == &p.adopt && m.claims[d] == 0 && !came {
			out = append(out, d)
		}
	}
	return out
}

// copied returns the copy of a file that is here.
func (m *mirror) copied(d Digest) (c localCopy, here bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	c, here = m.local[d]
	return c, here
}
