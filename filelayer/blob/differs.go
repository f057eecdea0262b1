package blob

import (
	"errors"
	"io/fs"
	"os"
)

// Differs reports whether one of the files or folders at paths, which are
// absolute and in the library, is not what the index says, so that [Store.Scan]
// would note something: an original that is gone or changed, or a file that may
// be a missing one. What the store itself moves does not differ. It reads no
// bytes.
func (s *Store) Differs(paths []string) (bool, error) {
	for _, p := range paths {
		rel, err := s.rel(p)
		if err != nil {
			return false, err
		}
		if differs, err := s.differs(rel); !differs || err != nil {
			if err != nil {
				return false, err
			}
			continue
		}
		s.mu.Lock() // so that no rename is in progress
		differs, err := s.differs(rel)
		s.mu.Unlock()
		if differs || err != nil {
			return differs, err
		}
	}
	return false, nil
}

func (s *Store) differs(rel string) (bool, error) {
	fi, err := os.Lstat(s.path(rel))
	switch {
	case errors.Is(err, fs.ErrNotExist), isNotDir(err):
		return s.index.holds(rel)
	case err != nil:
		return false, explainRead(err)
	case fi.IsDir():
		return false, nil
	}
	if r, ok := s.index.recent.lying(rel); ok {
		return !matches(r, fi), nil
	}
	rows, err := s.index.at(rel)
	switch {
	case err != nil:
		return false, err
	case len(rows) > 0:
		return !matches(rows[0], fi), nil
	}
	return s.index.misses(fi.Size())
}

// at returns the row of the blob that is known to lie at rel, if there is one.
func (ix *index) at(rel string) ([]row, error) {
	return collect(ix, scanBlob,
		"SELECT "+rowColumns+" FROM blobs WHERE fold = ? AND path = ? AND missing = 0", fold(rel), rel)
}

// holds reports whether a blob is known to lie at rel, or below it.
func (ix *index) holds(rel string) (bool, error) {
	f := fold(rel)
	found, err := collect(ix, scanOne, `SELECT 1 FROM blobs WHERE missing = 0 AND (fold = ? AND path = ?
		OR fold > ? AND fold < ?) LIMIT 1`, f, rel, f+"/", f+"0") // '0' comes after '/'
	return len(found) > 0, err
}

// misses reports whether a blob of that size is missing.
func (ix *index) misses(size int64) (bool, error) {
	found, err := collect(ix, scanOne, "SELECT 1 FROM blobs WHERE missing = 1 AND size = ? LIMIT 1", size)
	return len(found) > 0, err
}
