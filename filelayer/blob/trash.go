package blob

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"time"
)

// Trashed is a removed blob that can be restored until it is purged.
type Trashed struct {
	Digest Digest
	Name   string    // file name in the library before
	Path   string    // absolute path of the bytes in the trash
	Reason string    // as given to Trash
	At     time.Time // when it was removed
	Size   int64
}

type trashRow struct {
	digest                    Digest
	path, origin, reason      string
	at, size, mtime, verified int64
}

// Trash moves the file of d to the trash inside the library folder. ErrLeased:
// another device relies on it. A blob whose file is missing is forgotten, and
// bytes that another program wrote in its place stay. ErrNotMounted changes
// nothing.
func (s *Store) Trash(d Digest, reason string) error {
	return s.TrashAll([]Digest{d}, reason)[0]
}

// TrashAll is Trash of many, made durable together. The errors are in the order
// of ds; those that are nil have been moved, or were missing.
func (s *Store) TrashAll(ds []Digest, reason string) []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	errs := make([]error, len(ds))
	var moves []*move
	var which []int
	chosen := make(map[Digest]bool, len(ds))
	for i, d := range ds {
		if chosen[d] {
			continue
		}
		chosen[d] = true
		m, err := s.toTrash(d, reason)
		if err != nil {
			errs[i] = fmt.Errorf("move %v to the trash: %w", d, err)
		} else if m != nil {
			moves, which = append(moves, m), append(which, i)
		}
	}
	for i, err := range s.performEach(moves) {
		if err != nil {
			errs[which[i]] = fmt.Errorf("move %v to the trash: %w", ds[which[i]], err)
		}
	}
	return errs
}

// performEach does the moves together or, when that fails, each for itself, so
// that one holds up no other.
func (s *Store) performEach(moves []*move) []error {
	errs := make([]error, len(moves))
	err := s.perform(moves)
	for i, m := range moves {
		if errs[i] = err; err != nil && len(moves) > 1 && !m.happened {
			errs[i] = s.perform([]*move{m})
		}
		if m.happened {
			errs[i] = nil
		}
	}
	return errs
}

// toTrash returns the move of d, nil when d was missing and is forgotten.
func (s *Store) toTrash(d Digest, reason string) (*move, error) {
	if len(s.leasesLocked(d)) > 0 {
		return nil, ErrLeased
	}
	r, err := s.checkLocked(d)
	if errors.Is(err, ErrMissing) {
		return nil, s.index.update(func(tx *tx) error { return tx.remove(d) })
	}
	if err != nil {
		return nil, err
	}
	dst, err := s.freeIn(trashDir, d.String()+path.Ext(r.path), d)
	if err != nil {
		return nil, err
	}
	return &move{
		kind: moveTrash, digest: d, src: r.path, dst: dst, size: r.size, mtime: r.mtime,
		verified: r.verified, origin: r.path, reason: reason, at: s.stamp(),
	}, nil
}

// Untrash puts the file of d back, under its old path or the next free one, and
// returns its Info, verified now. ErrNotFound: it is not in the trash.
// ErrCorrupt: it has rotted there, and is now in the quarantine. When d has been
// stored again since, that copy counts, and the one in the trash stays there.
func (s *Store) Untrash(d Digest) (Info, error) {
	infos, errs := s.UntrashAll([]Digest{d})
	return infos[0], errs[0]
}

// UntrashAll is Untrash of many, made durable together. What it returns is in the order
// of ds.
func (s *Store) UntrashAll(ds []Digest) ([]Info, []error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	infos, errs := make([]Info, len(ds)), make([]error, len(ds))
	var moves []*move
	var which []int
	names := newNames(s)
	chosen := make(map[Digest]bool, len(ds))
	for i, d := range ds {
		if chosen[d] {
			continue
		}
		chosen[d] = true
		here, err := s.hereLocked(d)
		if errs[i] = err; here || err != nil {
			continue
		}
		m, err := s.fromTrash(names, d)
		if errs[i] = err; err == nil {
			moves, which = append(moves, m), append(which, i)
		}
	}
	for k, err := range s.performEach(moves) {
		errs[which[k]] = err
	}
	for i, d := range ds {
		if errs[i] == nil {
			var r row
			if r, errs[i] = s.index.lookup(d); errs[i] == nil {
				infos[i] = s.info(r)
			}
		}
		if errs[i] != nil {
			errs[i] = fmt.Errorf("restore %v: %w", d, errs[i])
		}
	}
	return infos, errs
}

// fromTrash returns the move of d from the trash to its old path or the next
// free one. Bytes that have rotted in the trash it puts aside.
func (s *Store) fromTrash(names *names, d Digest) (*move, error) {
	t, err := s.trashRow(d)
	if err != nil {
		return nil, err
	}
	sum, err := s.hash(s.path(t.path), nil)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(ErrMissing, s.Mounted())
	}
	if err != nil {
		return nil, err
	}
	if sum != d {
		return nil, errors.Join(ErrCorrupt, s.putAside(d, t.path, t.origin, t.size, t.mtime))
	}
	dst, _, err := names.choose(path.Dir(t.origin), path.Base(t.origin), d, -1)
	if err != nil {
		return nil, err
	}
	return &move{kind: moveUntrash, digest: d, src: t.path, dst: dst, size: t.size, verified: s.stamp(), at: s.stamp()}, nil
}

// InTrash reports whether d can be restored by Untrash.
func (s *Store) InTrash(d Digest) bool {
	_, ok := s.WhyTrashed(d)
	return ok
}

// WhyTrashed is InTrash, and returns the reason as given to Trash.
func (s *Store) WhyTrashed(d Digest) (reason string, ok bool) {
	t, err := s.trashRow(d)
	if err != nil {
		return "", false
	}
	_, err = os.Lstat(s.path(t.path))
	return t.reason, err == nil
}

// Trashed returns what is in the trash, the latest first, each digest once.
func (s *Store) Trashed() ([]Trashed, error) {
	rows, err := s.trashRows()
	if err != nil {
		return nil, fmt.Errorf("read trash: %w", err)
	}
	all := make([]Trashed, 0, len(rows))
	seen := make(map[Digest]bool, len(rows))
	for _, t := range rows {
		if seen[t.digest] {
			continue
		}
		seen[t.digest] = true
		all = append(all, Trashed{
			Digest: t.digest, Name: path.Base(t.origin), Path: s.path(t.path),
			Reason: t.reason, At: time.Unix(0, t.at), Size: t.size,
		})
	}
	return all, nil
}

// TrashBytes is the size of what is in the trash.
func (s *Store) TrashBytes() (int64, error) {
	sums, err := collect(s.index, func(rs *sql.Rows) (n int64, err error) { return n, rs.Scan(&n) }, "SELECT COALESCE(SUM(size), 0) FROM trash")
	if err != nil {
		return 0, fmt.Errorf("read trash: %w", err)
	}
	return sums[0], nil
}

// Quarantined returns the files that were put aside, the latest first.
func (s *Store) Quarantined() ([]Quarantined, error) {
	all, err := collect(s.index, func(rs *sql.Rows) (q Quarantined, err error) {
		var digest []byte
		var at int64
		err = rs.Scan(&q.Path, &digest, &q.Name, &at, &q.Size)
		copy(q.Digest[:], digest)
		q.Path, q.Name, q.At = s.path(q.Path), path.Base(q.Name), time.Unix(0, at)
		return q, err
	}, "SELECT path, digest, origin, at, size FROM quarantine ORDER BY at DESC")
	if err != nil {
		return nil, fmt.Errorf("read quarantine: %w", err)
	}
	return all, nil
}

const trashColumns = "SELECT digest, path, origin, reason, at, size, mtime, verified FROM trash"

func (s *Store) trashRows() ([]trashRow, error) {
	return collect(s.index, scanTrash, trashColumns+" ORDER BY at DESC")
}

func (s *Store) trashRow(d Digest) (trashRow, error) {
	found, err := collect(s.index, scanTrash, trashColumns+" WHERE digest = ? ORDER BY at DESC LIMIT 1", d[:])
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%w: it is not in the trash", ErrNotFound)
	}
	if err != nil {
		return trashRow{}, err
	}
	return found[0], nil
}

func scanTrash(rs *sql.Rows) (t trashRow, err error) {
	var digest []byte
	err = rs.Scan(&digest, &t.path, &t.origin, &t.reason, &t.at, &t.size, &t.mtime, &t.verified)
	copy(t.digest[:], digest)
	return t, err
}
