package app

import (
	"context"
	"errors"
	"iter"
	"os"
	"time"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib"
)

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

// Restorable lists those of them that can be brought back, as far as this device
// knows; see [App.Remnants].
func (a *App) Restorable() []Entry { return a.files.Restorable() }

// InTrash lists what the trash of this device has the bytes of.
func (a *App) InTrash() ([]InTrash, error) { return a.files.InTrash() }

// TrashLen is how many files the trash of this device has the bytes of, and the
// library has not.
func (a *App) TrashLen() int { return a.files.TrashLen() }

// Purge removes files from the trash of this device, for good; see
// [filelayer.Layer.Purge].
func (a *App) Purge(ctx context.Context, ds ...Digest) error {
	return a.each(ctx, job{kind: KindPurge, digests: ds, do: a.proving(a.files.Purge)})
}

// HeldDeletions lists files that another device deleted, and whose copies here
// stay until a person agrees, since they are suspiciously many.
func (a *App) HeldDeletions() []Entry { return a.files.HeldDeletions() }

// AgreeDeletions moves the copies of HeldDeletions to the trash.
func (a *App) AgreeDeletions(ctx context.Context) error { return a.files.AgreeDeletions(ctx) }

// Removals reads the log of what left the library of this device, and what was
// restored there, from the given time on, the oldest first.
func (a *App) Removals(since time.Time) iter.Seq2[Removal, error] { return a.files.Removals(since) }

// Import adds the files and folders at paths to the library. It returns when
// all of them are safe on disk; see [imagelib.Library.Import].
func (a *App) Import(ctx context.Context, paths []string) (ImportResult, error) {
	return a.importPaths(ctx, paths, func(imagelib.ImportProgress) {})
}

// ImportNew is Import that passes over what was deleted from the library before; the
// result tells of it.
func (a *App) ImportNew(ctx context.Context, paths []string) (ImportResult, error) {
	return a.importing(ctx, paths, a.images.ImportNew, func(imagelib.ImportProgress) {})
}

func (a *App) importPaths(ctx context.Context, paths []string, report func(imagelib.ImportProgress)) (ImportResult, error) {
	return a.importing(ctx, paths, a.images.Import, report)
}

// importer is an import of the library.
type importer func(context.Context, []string, func(imagelib.ImportProgress)) (ImportResult, error)

// importing does an import as an activity.
func (a *App) importing(ctx context.Context, paths []string, do importer, report func(imagelib.ImportProgress)) (ImportResult, error) {
	ctx, act := a.activities.start(ctx, KindImport, "Looking for photos", 0)
	result, err := do(ctx, paths, func(p imagelib.ImportProgress) {
		act.update(func(s *Activity) {
			s.Title, s.Files, s.TotalFiles = photos(p.Total), p.Done, p.Total
			s.Bytes, s.TotalBytes = p.Bytes, p.TotalBytes
		})
		report(p)
	})
	act.update(func(s *Activity) {
		s.noteImport(result)
		if err == nil {
			s.Title = photos(len(result.Added))
		}
		if rest := unimported(paths, result, err); len(rest) > 0 {
			act.again = func(ctx context.Context) error {
				_, err := a.importing(ctx, rest, do, func(imagelib.ImportProgress) {})
				return err
			}
		}
	})
	return result, act.finish(err)
}

// unimported are the paths that another import may yet take in: all when it was
// stopped, else the files that could not be read.
func unimported(paths []string, r ImportResult, err error) (rest []string) {
	if err != nil {
		return paths
	}
	for _, p := range r.Problems {
		if !p.Kept() && !errors.Is(p.Err, imagelib.ErrNotPhoto) && !errors.Is(p.Err, imagelib.ErrEmpty) {
			rest = append(rest, p.Path)
		}
	}
	return rest
}

// Save keeps files here: it returns once each is safe in the library folder,
// or could not be fetched, with a [FileError] for each of those joined. Their
// wish is recorded first, so that they follow when a holder comes online.
func (a *App) Save(ctx context.Context, ds ...Digest) error {
	return a.each(ctx, job{kind: KindSave, digests: ds, do: a.save})
}

func (a *App) save(ctx context.Context, ds []Digest, report report) {
	later := a.saveOnce(ctx, ds, func(d Digest, err error) bool {
		if errors.Is(err, ErrNoHolder) {
			return true
		}
		report(d, err)
		return false
	})
	var online []Digest
	for _, d := range later {
		if a.patience.holder(ctx, a, d) {
			online = append(online, d)
			continue
		}
		report(d, ErrNoHolder)
	}
	if len(online) > 0 {
		a.saveOnce(ctx, online, func(d Digest, err error) bool { report(d, err); return false })
	}
}

// saveOnce saves files, and returns those of which again says that they
// deserve another try.
func (a *App) saveOnce(ctx context.Context, ds []Digest, again func(Digest, error) bool) (later []Digest) {
	told := 0
	tell := func(err error) {
		d := ds[told]
		told++
		if again(d, err) {
			later = append(later, d)
		}
	}
	err := a.files.SaveAll(ctx, ds, func(_ filelayer.Entry, err error) { tell(err) }) // in the order of ds
	for told < len(ds) {                                                              // it ended before these
		if err == nil {
			err = ErrNotFound
		}
		tell(err)
	}
	return later
}

// Unsave moves the copies here to the trash, each only once enough other
// devices have proved theirs: else ErrLastCopy, ErrUnverified or ErrLeased for
// that file, joined as [FileError]s, and the file stays.
func (a *App) Unsave(ctx context.Context, ds ...Digest) error {
	return a.each(ctx, job{kind: KindUnsave, digests: ds, do: a.proving(a.files.UnsaveAll)})
}

// proving does what needs the proofs of other devices, and does it once more to the
// files whose holders come online a moment later.
func (a *App) proving(do func(context.Context, []Digest, func(Digest, error))) func(context.Context, []Digest, report) {
	return func(ctx context.Context, ds []Digest, done report) {
		refused := make(map[Digest]error)
		do(ctx, ds, func(d Digest, err error) {
			if known, _ := a.holdersOf(d); known && errors.Is(err, ErrUnverified) {
				refused[d] = err
				return
			}
			done(d, err)
		})
		var again []Digest
		for _, d := range ds {
			err, ok := refused[d]
			switch {
			case !ok:
			case a.patience.holder(ctx, a, d):
				again = append(again, d)
			default:
				done(d, err)
			}
		}
		if len(again) > 0 {
			do(ctx, again, done)
		}
	}
}

// ForceUnsave moves the copies here to the trash though they may be the last
// ones: after the trash is emptied such a photo is lost.
func (a *App) ForceUnsave(ctx context.Context, ds ...Digest) error {
	return a.each(ctx, job{kind: KindUnsave, digests: ds, do: oneByOne(a.files.ForceUnsave)})
}

// Delete deletes files on all devices. Each moves its copy to its trash.
func (a *App) Delete(ctx context.Context, ds ...Digest) error {
	return a.each(ctx, job{kind: KindDelete, digests: ds, do: together(a.files.Delete)})
}

// Fetch opens a file's bytes for reading: the copy here, else a temporary one
// from a device that is online. The caller closes it.
func (a *App) Fetch(ctx context.Context, d Digest) (*os.File, error) {
	if e, ok := a.Entry(d); ok && e.Here() {
		return a.files.Fetch(ctx, d)
	}
	var f *os.File
	err := a.each(ctx, job{kind: KindFetch, digests: []Digest{d}, do: oneByOne(func(ctx context.Context, d Digest) (err error) {
		f, err = a.fetch(ctx, d)
		return err
	})})
	return f, err
}

func (a *App) fetch(ctx context.Context, d Digest) (*os.File, error) {
	f, err := a.files.Fetch(ctx, d)
	if errors.Is(err, ErrNoHolder) && a.patience.holder(ctx, a, d) {
		f, err = a.files.Fetch(ctx, d)
	}
	return f, err
}
