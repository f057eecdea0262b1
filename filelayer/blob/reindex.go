package blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// junk names files that systems strew, folded.
var junk = map[string]bool{"thumbs.db": true, "desktop.ini": true, "ehthumbs.db": true}

// Reindex makes the index agree with what lies in the library folder: it hashes
// every file that the index does not know, and notes blobs that are missing. So
// a lost index is rebuilt, a moved file found again, and the trash known again.
// report, unless nil, is told the files looked at so far. It returns how many
// blobs became known or were found again. No file is changed.
func (s *Store) Reindex(ctx context.Context, report func(done int)) (added int, err error) {
	if _, _, err := s.scan(ctx); err != nil { // first, so that a moved file is known to have left its old place
		return 0, fmt.Errorf("reindex: %w", err)
	}
	done := 0
	err = s.walk(ctx, func(p string) error {
		_, found, err := s.found(ctx, p, true)
		if found {
			added++
		}
		if done++; report != nil {
			report(done)
		}
		return err
	})
	if err == nil {
		err = s.findTrash()
	}
	if err == nil {
		err = s.index.setMeta("fresh", "")
	}
	if err != nil {
		return added, fmt.Errorf("reindex: %w", explain(err))
	}
	s.fresh.Store(false)
	return added, nil
}

// walk calls visit for each file of the library that may be an original.
func (s *Store) walk(ctx context.Context, visit func(p string) error) error {
	return filepath.WalkDir(s.library, func(p string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrPermission) && p != s.library { // such as lost+found at the root of a disk
			s.log.WarnContext(ctx, "A folder of the library cannot be read", "path", p, "err", err)
			return fs.SkipDir
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || p == s.library {
			return err
		}
		if strings.HasPrefix(e.Name(), ".") { // hidden, and the store's own
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !e.Type().IsRegular() || junk[fold(e.Name())] {
			return nil
		}
		return visit(p)
	})
}

// findMoved looks through the library for missing blobs of the given sizes, which
// a person may have moved, and returns those it has found.
func (s *Store) findMoved(ctx context.Context, sizes map[int64]bool) (moved []Info, err error) {
	err = s.walk(ctx, func(p string) error {
		if fi, err := os.Lstat(p); err != nil || !sizes[fi.Size()] {
			return nil // gone meanwhile, or none of them
		}
		d, found, err := s.found(ctx, p, false)
		if err != nil || !found {
			return err
		}
		info, err := s.Info(d)
		moved = append(moved, info)
		return err
	})
	if err != nil {
		return moved, fmt.Errorf("look for moved files: %w", explain(err))
	}
	return moved, nil
}

// Strays returns the absolute paths of the files in the library folder that no
// blob has: what a person or another program has put there or changed. The
// store's own files, hidden ones and those that systems strew are none. It reads
// no bytes. While the store is Fresh it may not know its own files.
func (s *Store) Strays(ctx context.Context) (paths []string, err error) {
	err = s.walk(ctx, func(p string) error {
		stray, err := s.Stray(p)
		if stray {
			paths = append(paths, p)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for unknown files: %w", explainRead(err))
	}
	return paths, nil
}

// Stray reports whether no blob is known to lie at an absolute path in the
// library, where a file is. It reads no bytes.
func (s *Store) Stray(p string) (bool, error) {
	rel, err := s.rel(p)
	if err != nil {
		return false, err
	}
	if free, err := s.index.free(rel); err != nil || !free {
		return false, err
	}
	s.mu.Lock() // so that no rename is in progress
	defer s.mu.Unlock()
	if free, err := s.index.free(rel); err != nil || !free {
		return false, err
	}
	fi, err := os.Lstat(p)
	return err == nil && fi.Mode().IsRegular(), nil
}

// found records the file at p, unless it is known or a second copy of a blob;
// one whose bytes the index has not known yet only with anew. A file that cannot
// be read, or that changes or vanishes while it is read, is passed over.
func (s *Store) found(ctx context.Context, p string, anew bool) (d Digest, recorded bool, err error) {
	rel, err := s.rel(p)
	if err != nil {
		return d, false, err
	}
	if free, err := s.index.free(rel); !free || err != nil {
		return d, false, err
	}
	d, fi, err := s.hashQuiet(ctx, p)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, ErrIO) || errors.Is(err, errBusy) {
		s.log.WarnContext(ctx, "A file of the library cannot be read", "path", rel, "err", err)
		return d, false, nil
	}
	if err != nil {
		return d, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch _, err := s.checkLocked(d); {
	case err == nil:
		return d, false, nil
	case errors.Is(err, ErrMissing), anew && errors.Is(err, ErrNotFound):
		return d, true, s.adopt(d, rel, fi)
	case errors.Is(err, ErrNotFound):
		return d, false, nil
	default:
		return d, false, err
	}
}

var errBusy = errors.New("another program is writing it")

// hashQuiet reads the file at p, and fails with errBusy when it changes
// meanwhile, since then its bytes may never have been those that were read.
func (s *Store) hashQuiet(ctx context.Context, p string) (Digest, fs.FileInfo, error) {
	before, err := os.Lstat(p)
	if err != nil {
		return Digest{}, nil, err
	}
	d, err := s.hash(p, ctx.Err)
	if err != nil {
		return Digest{}, nil, err
	}
	after, err := os.Lstat(p)
	if err != nil {
		return Digest{}, nil, err
	}
	if !os.SameFile(before, after) || before.Size() != after.Size() || !before.ModTime().Equal(after.ModTime()) {
		return Digest{}, nil, errBusy
	}
	return d, before, nil
}

// findTrash records files of the trash that the index does not know. Their
// names tell the digest; Untrash checks it.
func (s *Store) findTrash() error {
	entries, err := os.ReadDir(s.path(trashDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	trashed, err := s.trashRows()
	if err != nil {
		return err
	}
	known := make(map[string]bool, len(trashed))
	for _, t := range trashed {
		known[t.path] = true
	}
	for _, e := range entries {
		if known[path.Join(trashDir, e.Name())] {
			continue
		}
		d, err := ParseDigest(e.Name()[:min(len(e.Name()), 2*len(Digest{}))])
		if err != nil || !e.Type().IsRegular() {
			continue
		}
		fi, err := e.Info()
		if err != nil {
			return err
		}
		m := move{
			kind: moveTrash, digest: d, dst: path.Join(trashDir, e.Name()), size: fi.Size(), mtime: mtimeOf(fi),
			origin: path.Join(folderFor(fi.ModTime()), e.Name()), reason: "found in the trash", at: s.stamp(),
		}
		if err := s.index.update(func(tx *tx) error { return m.addTrash(tx) }); err != nil {
			return err
		}
	}
	return nil
}
