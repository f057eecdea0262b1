package blob

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// kind says what a move means for the tables of the index.
type kind int

const (
	moveIn      kind = iota + 1 // a new or fetched file gets its name
	moveTrash                   // a blob goes to the trash
	moveUntrash                 // and comes back
	moveRotten                  // a blob whose bytes have changed is put aside
)

// move is one rename inside the library, and what it makes true. src and dst
// are relative to the library.
type move struct {
	id                    int64 // of the row that announces it
	kind                  kind
	digest                Digest
	src, dst              string
	size, mtime, verified int64
	origin                string // path before, for the trash and the quarantine
	reason                string
	at                    int64
	happened              bool // though its perform has failed
}

// perform does the moves and makes them durable, all of them or none: it
// announces them in the index, renames, syncs the folders, and changes the
// tables in one transaction. The caller holds mu. After a crash, recover
// finishes those whose file has its new name.
func (s *Store) perform(moves []*move) error {
	if len(moves) == 0 {
		return nil
	}
	if err := errors.Join(s.Mounted(), s.settleHalf()); err != nil {
		return err
	}
	if err := s.index.update(func(tx *tx) error { return announce(tx, moves) }); err != nil {
		return err
	}
	done, err := s.renameAll(moves)
	if err == nil {
		err = s.index.update(func(tx *tx) error {
			for _, m := range moves {
				if err := m.apply(tx); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err == nil {
		return nil
	}
	err = s.orNotMounted(explain(err))
	if undoErr := s.undo(moves, done); undoErr != nil {
		s.half = moves
		err = errors.Join(err, undoErr, s.settleHalf())
	}
	return err
}

// settleHalf settles moves that could be neither finished nor taken back, so that
// no file is missed that is under its new name. It fails while the disk does. The
// caller holds mu.
func (s *Store) settleHalf() error {
	var dirs []string
	for _, m := range s.half {
		dirs = append(dirs, filepath.Dir(s.path(m.src)), filepath.Dir(s.path(m.dst)))
	}
	dirs = slices.DeleteFunc(dirs, func(dir string) bool { // it could not be made
		_, err := os.Lstat(dir)
		return errors.Is(err, fs.ErrNotExist)
	})
	if len(s.half) > 0 {
		if err := errors.Join(s.Mounted(), s.syncDirs(dirs)); err != nil {
			return explain(err)
		}
	}
	for len(s.half) > 0 {
		if err := s.settle(s.half[0]); err != nil {
			return explain(err)
		}
		s.half = s.half[1:]
	}
	return nil
}

// renameAll renames and syncs the folders. On error it returns how many files
// had been renamed.
func (s *Store) renameAll(moves []*move) (done int, err error) {
	var grown []string
	for _, m := range moves {
		dirs, err := makeDirs(s.fsys, s.library, path.Dir(m.dst))
		grown = append(grown, dirs...)
		if err != nil {
			return done, err
		}
		if err := s.fsys.rename(s.path(m.src), s.path(m.dst)); err != nil {
			return done, err
		}
		done++
		grown = append(grown, filepath.Dir(s.path(m.dst)))
		if m.kind != moveIn { // incoming files may reappear: they are swept
			grown = append(grown, filepath.Dir(s.path(m.src)))
		}
		fi, err := os.Lstat(s.path(m.dst)) // as this disk keeps the time
		if err != nil {
			return done, err
		}
		m.mtime = mtimeOf(fi)
	}
	return done, s.syncDirs(grown)
}

// undo takes back the first done moves, and the announcement of all. When it
// fails all stay announced, for settleHalf, or the next Open, to put right.
func (s *Store) undo(moves []*move, done int) error {
	var dirs []string
	for _, m := range moves[:done] {
		if err := s.fsys.rename(s.path(m.dst), s.path(m.src)); err != nil {
			return fmt.Errorf("take back %s: %w", m.dst, err)
		}
		dirs = append(dirs, filepath.Dir(s.path(m.src)), filepath.Dir(s.path(m.dst)))
	}
	if err := s.syncDirs(dirs); err != nil {
		return fmt.Errorf("take back %d files: %w", done, err)
	}
	return s.index.update(func(tx *tx) error {
		for _, m := range moves {
			if err := tx.exec("DELETE FROM moves WHERE id = ?", m.id); err != nil {
				return err
			}
		}
		return nil
	})
}

func announce(tx *tx, moves []*move) error {
	const insert = "INSERT INTO moves (kind, digest, src, dst, size, mtime, verified, origin, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	for _, m := range moves {
		res, err := tx.result(insert, m.kind, m.digest[:], m.src, m.dst, m.size, m.mtime, m.verified, m.origin, m.reason, m.at)
		if err != nil {
			return err
		}
		if m.id, err = res.LastInsertId(); err != nil {
			return err
		}
	}
	return nil
}

// apply makes the tables say that the file has its new name.
func (m *move) apply(tx *tx) error {
	if err := tx.exec("DELETE FROM moves WHERE id = ?", m.id); err != nil {
		return err
	}
	switch m.kind {
	case moveTrash:
		if err := tx.remove(m.digest); err != nil {
			return err
		}
		return m.addTrash(tx)
	case moveRotten:
		tx.gone(m.digest)
		if err := tx.exec("DELETE FROM blobs WHERE digest = ? AND path = ?", m.digest[:], m.origin); err != nil {
			return err
		}
		if err := tx.exec("DELETE FROM trash WHERE digest = ? AND path = ?", m.digest[:], m.src); err != nil {
			return err
		}
		return tx.exec("INSERT OR REPLACE INTO quarantine (path, digest, origin, at, size) VALUES (?, ?, ?, ?, ?)",
			m.dst, m.digest[:], m.origin, m.at, m.size)
	case moveUntrash:
		if err := tx.exec("DELETE FROM trash WHERE digest = ? AND path = ?", m.digest[:], m.src); err != nil {
			return err
		}
	}
	return tx.put(row{digest: m.digest, path: m.dst, size: m.size, mtime: m.mtime, verified: m.verified})
}

func (m *move) addTrash(tx *tx) error {
	return tx.exec(`INSERT OR REPLACE INTO trash (digest, path, origin, reason, at, size, mtime, verified)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		m.digest[:], m.dst, m.origin, m.reason, m.at, m.size, m.mtime, m.verified)
}

// freeIn returns the first candidate for name in the folder rel of the store's
// own, such as the trash, that no file has.
func (s *Store) freeIn(rel, name string, d Digest) (string, error) {
	for candidate := range candidates(name, d) {
		dst := path.Join(rel, candidate)
		_, err := os.Lstat(s.path(dst))
		if errors.Is(err, fs.ErrNotExist) {
			return dst, nil
		}
		if err != nil {
			return "", explain(err)
		}
	}
	return "", fmt.Errorf("no free name for %s in %s", name, rel)
}

func scanMove(rs *sql.Rows) (*move, error) {
	m := &move{}
	var digest []byte
	err := rs.Scan(&m.id, &m.kind, &digest, &m.src, &m.dst, &m.size, &m.mtime, &m.verified, &m.origin, &m.reason, &m.at)
	copy(m.digest[:], digest)
	return m, err
}

// stamp is the time as rows keep it.
func (s *Store) stamp() int64 { return s.now().UnixNano() }
