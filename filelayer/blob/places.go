package blob

import (
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// A Place is a folder that was added in place: its files are indexed where they
// lie. The store only ever reads there. It knows no marker file in it: a place is
// there when at least one file that the index knows lies in it as noted.
type Place struct {
	Path    string // absolute
	Files   int    // known, and there when it was last looked through
	Bytes   int64  // of those
	Missing int    // files that were there before, and of which no other copy is in the place
	Rotten  int    // files whose bytes are others though nobody has touched them
}

// State of a file in a place.
const (
	placedHere = iota
	placedGone
	placedRotten
)

// placedRow is a file in a place. A file that is no photo has no digest: it is
// known so that it is not read again.
type placedRow struct {
	place     int64
	dir, name string // dir with slashes, "" for the place itself
	digest    []byte
	size      int64
	mtime     int64
	inode     int64 // 0 where the system has none
	verified  int64
	state     int
}

const placedColumns = "place, dir, name, digest, size, mtime, inode, verified, state"

func scanPlaced(rs *sql.Rows) (r placedRow, err error) {
	err = rs.Scan(&r.place, &r.dir, &r.name, &r.digest, &r.size, &r.mtime, &r.inode, &r.verified, &r.state)
	return r, err
}

// rel is the file's path below the place, with slashes.
func (r placedRow) rel() string { return path.Join(r.dir, r.name) }

// untouched reports whether fi is the file as it was noted. Unlike in the
// library, where files are read-only, a time that is near is not enough.
func (r placedRow) untouched(fi fs.FileInfo) bool {
	return r.alike(fi) && (r.inode == 0 || r.inode == inodeOf(fi))
}

// alike is untouched for a disk that numbers its files anew each time.
func (r placedRow) alike(fi fs.FileInfo) bool {
	return fi.Mode().IsRegular() && fi.Size() == r.size && mtimeOf(fi) == r.mtime
}

func (t *tx) putPlaced(r placedRow) error {
	return t.exec("INSERT OR REPLACE INTO placed ("+placedColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		r.place, r.dir, r.name, r.digest, r.size, r.mtime, r.inode, r.verified, r.state)
}

// setPlaces makes the given folders the only places. What the index knows of
// others is forgotten.
func (s *Store) setPlaces(paths []string) error {
	known, err := collect(s.index, scanText, "SELECT path FROM places")
	if err != nil {
		return err
	}
	wanted := make(map[string]bool, len(paths))
	for _, p := range paths {
		wanted[p] = true
		if err := s.notePlace(p); err != nil {
			return err
		}
	}
	for _, p := range known {
		if !wanted[p] {
			if err := s.RemovePlace(p); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Store) notePlace(p string) error {
	return s.index.update(func(tx *tx) error { return tx.exec("INSERT OR IGNORE INTO places (path) VALUES (?)", p) })
}

// AddPlace adds a folder in place, and returns its real absolute path, under
// which it is known from then on. Nothing is read yet; see [Store.Look]. A folder
// that is a place already is no error. ErrBadPlace: it overlaps another place, is
// in the library or holds the state of the device.
func (s *Store) AddPlace(folder string) (real string, err error) {
	if real, err = s.usablePlace(folder); err == nil {
		err = s.notePlace(real)
	}
	if err != nil {
		return "", fmt.Errorf("add folder %s: %w", folder, err)
	}
	return real, nil
}

func (s *Store) usablePlace(folder string) (string, error) {
	abs, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return "", err
	}
	if fi, err := os.Stat(real); err != nil {
		return "", err
	} else if !fi.IsDir() {
		return "", fmt.Errorf("%w: it is no folder", ErrBadPlace)
	}
	switch library, state := realPath(s.library), realPath(s.state); {
	case within(library, real):
		return "", fmt.Errorf("%w: it is in the library folder, whose photos Paul has already", ErrBadPlace)
	case within(real, state), within(state, real):
		return "", fmt.Errorf("%w: Paul keeps its own data there", ErrBadPlace)
	}
	known, err := collect(s.index, scanText, "SELECT path FROM places")
	for _, p := range known {
		if p != real && (within(p, real) || within(real, p)) {
			return "", fmt.Errorf("%w: it overlaps %s, which was added before", ErrBadPlace, p)
		}
	}
	return real, err
}

// realPath is p without links, or p if that cannot be told.
func realPath(p string) string {
	if real, err := filepath.EvalSymlinks(p); err == nil {
		return real
	}
	return p
}

// within reports whether p is folder or below it.
func within(folder, p string) bool {
	rel, err := filepath.Rel(folder, p)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// RemovePlace forgets a place and what is known of its files, which stay where
// they are. ErrNotFound: it is none.
func (s *Store) RemovePlace(p string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, err := s.placeID(p)
	if err != nil {
		return err
	}
	return s.index.update(func(tx *tx) error {
		if err := tx.exec("DELETE FROM placed WHERE place = ?", id); err != nil {
			return err
		}
		return tx.exec("DELETE FROM places WHERE id = ?", id)
	})
}

func (s *Store) placeID(p string) (int64, error) {
	found, err := collect(s.index, func(rs *sql.Rows) (id int64, err error) { return id, rs.Scan(&id) },
		"SELECT id FROM places WHERE path = ?", p)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%w: %s was not added in place", ErrNotFound, p)
	}
	if err != nil {
		return 0, err
	}
	return found[0], nil
}

// Places lists the folders that were added in place, by path, as far as they
// were looked through. It does not look whether they are there; see PlaceThere.
func (s *Store) Places() ([]Place, error) {
	return collect(s.index, func(rs *sql.Rows) (p Place, err error) {
		return p, rs.Scan(&p.Path, &p.Files, &p.Bytes, &p.Missing, &p.Rotten)
	}, `SELECT p.path, coalesce(sum(f.state = 0), 0), coalesce(sum(iif(f.state = 0, f.size, 0)), 0),
			coalesce(sum(f.state = 1), 0), coalesce(sum(f.state = 2), 0)
		FROM places p LEFT JOIN placed f ON f.place = p.id AND length(f.digest) > 0 GROUP BY p.id ORDER BY p.path`)
}

// placeSample is how many files of a place are looked for to tell whether it is
// there.
const placeSample = 64

// PlaceThere returns nil when a place is there: its folder, and in it some file
// that the index knows. Else ErrPlaceAway: nothing in it is taken for removed then.
func (s *Store) PlaceThere(p string) error {
	id, err := s.placeID(p)
	if err != nil {
		return err
	}
	_, err = s.placeThere(id, p)
	return err
}

// placeThere is PlaceThere, and tells whether the disk has numbered its files
// anew, as FAT does whenever it is mounted.
func (s *Store) placeThere(id int64, p string) (renumbered bool, err error) {
	if fi, err := os.Stat(p); err != nil {
		return false, fmt.Errorf("%w (%w)", ErrPlaceAway, err)
	} else if !fi.IsDir() {
		return false, fmt.Errorf("%w (%s is no folder)", ErrPlaceAway, p)
	}
	sample, err := collect(s.index, scanPlaced,
		"SELECT "+placedColumns+" FROM placed WHERE place = ? AND state <> 1 ORDER BY digest LIMIT ?", id, placeSample)
	if err != nil || len(sample) == 0 {
		return false, err
	}
	alike, same := 0, 0
	for _, r := range sample {
		if fi, err := os.Lstat(filepath.Join(p, filepath.FromSlash(r.rel()))); err == nil && r.alike(fi) {
			alike++
			if r.untouched(fi) {
				same++
			}
		}
	}
	if alike > 0 {
		return alike > 1 && same == 0, nil
	}
	found := false
	for r, err := range s.placedRows(id) {
		if err != nil {
			return false, err
		}
		fi, err := os.Lstat(filepath.Join(p, filepath.FromSlash(r.rel())))
		if found = err == nil && r.alike(fi); found {
			return false, nil
		}
	}
	return false, fmt.Errorf("%w (none of the files that Paul knows is in %s)", ErrPlaceAway, p)
}
