package blob

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// partialAge is how long an unfinished transfer is kept for.
const partialAge = 30 * 24 * time.Hour

// recover makes the store's own folders, finishes or forgets the moves that a
// crash has interrupted, and sweeps what no crash may leave. Of a move to the
// trash a power cut may leave both names: the file in the trash gets its row then. On a library that
// cannot be written to it leaves the sweeping for another time.
func (s *Store) recover() error {
	if err := s.makeOwn(); errors.Is(explain(err), ErrReadOnly) {
		s.log.Warn("The library folder is read-only", "library", s.library)
	} else if err != nil {
		return err
	}
	moves, err := collect(s.index, scanMove,
		"SELECT id, kind, digest, src, dst, size, mtime, verified, origin, reason, at FROM moves ORDER BY id")
	if err != nil {
		return err
	}
	for _, m := range moves {
		if err := s.settle(m); err != nil {
			return err
		}
	}
	if err := errors.Join(s.sweepTrash(), s.findTrash()); err != nil {
		return err
	}
	if err := s.sweep(); err != nil && !errors.Is(explain(err), ErrReadOnly) {
		return err
	}
	return nil
}

// makeOwn makes the store's own folders.
func (s *Store) makeOwn() error {
	var parents []string
	for _, dir := range []string{incomingDir, partialDir, trashDir, quarantineDir} {
		above, err := makeDirs(s.fsys, s.library, dir)
		if err != nil {
			return err
		}
		parents = append(parents, above...)
	}
	return s.syncDirs(parents)
}

// settle finishes a move whose file has its new name, and forgets another.
func (s *Store) settle(m *move) error {
	arrived, err := s.arrived(m)
	if err != nil {
		return err
	}
	s.log.Info("Settled what was interrupted", "path", m.dst, "finished", arrived)
	m.happened = arrived
	return s.index.update(func(tx *tx) error {
		if arrived {
			return m.apply(tx)
		}
		return tx.exec("DELETE FROM moves WHERE id = ?", m.id)
	})
}

// arrived reports whether the file at m.dst is the one that was moved there.
func (s *Store) arrived(m *move) (bool, error) {
	fi, err := os.Lstat(s.path(m.dst))
	if errors.Is(err, fs.ErrNotExist) || isNotDir(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !fi.Mode().IsRegular() || fi.Size() != m.size {
		return false, nil
	}
	m.mtime = mtimeOf(fi)
	src, err := os.Lstat(s.path(m.src))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if m.kind != moveIn { // it was a file of the store before
			return true, nil
		}
	case err != nil:
		return false, err
	case os.SameFile(src, fi): // between the two halves of renameByLink
		if err := s.fsys.remove(s.path(m.src)); err != nil {
			return false, err
		}
		return true, nil
	case m.kind == moveTrash, m.kind == moveRotten: // another file took the name first, or a power cut has left both
		return false, nil
	}
	sum, err := s.hash(s.path(m.dst), nil)
	if err != nil { // nobody was told that it is there
		s.log.Warn("A file that was interrupted on its way into the library cannot be read", "path", m.dst, "err", err)
	}
	return err == nil && sum == m.digest, nil
}

// sweepTrash forgets trash that a purge had removed before a crash.
func (s *Store) sweepTrash() error {
	trashed, err := s.trashRows()
	if err != nil {
		return err
	}
	for _, t := range trashed {
		if _, err := os.Lstat(s.path(t.path)); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := s.index.update(func(tx *tx) error {
			return tx.exec("DELETE FROM trash WHERE path = ?", t.path)
		}); err != nil {
			return err
		}
	}
	return nil
}

// sweep removes what was being written when the process ended, but for
// received files, which become partial transfers again.
func (s *Store) sweep() error {
	entries, err := os.ReadDir(s.path(incomingDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if err := s.discard(path.Join(incomingDir, e.Name())); err != nil {
			return err
		}
	}
	return sweepPartials(s.fsys, s.path(partialDir))
}

// sweepPartials removes transfers from dir that nobody has gone on with.
func sweepPartials(fsys fsys, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		fi, err := e.Info()
		if err != nil || time.Since(fi.ModTime()) < partialAge {
			continue
		}
		if err := fsys.remove(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// discard removes a file of incomingDir. A received one, whose name begins with
// its digest, is kept for a later Receive.
func (s *Store) discard(rel string) error {
	digest, _, received := strings.Cut(path.Base(rel), ".")
	if d, err := ParseDigest(digest); received && err == nil && !s.Has(d) {
		err := s.makePartial(rel, d)
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return s.fsys.remove(s.path(rel))
}

// makePartial makes a file, which may be read-only and have the time of its
// photo already, a partial transfer again, as of now.
func (s *Store) makePartial(rel string, d Digest) error {
	p := s.path(rel)
	for _, err := range []error{os.Chmod(p, 0o600), os.Chtimes(p, time.Time{}, time.Now())} {
		if err != nil && !errors.Is(err, fs.ErrPermission) { // a disk without permissions may refuse
			return err
		}
	}
	return s.fsys.rename(p, s.path(partialName(d)))
}

func partialName(d Digest) string { return path.Join(partialDir, d.String()) }
