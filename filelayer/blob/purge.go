package blob

import (
	"database/sql"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// maxGap is how much of the time between two calls of PurgeTrash counts towards
// the age of what is in the trash. More is a clock that was set, or a device
// that was off: then nobody had the time to notice a mistake.
const maxGap = 7 * 24 * time.Hour

// lastPurge is the key, in the table meta, of when PurgeTrash was last called.
const lastPurge = "purged"

// PurgeTrash removes for good what has been in the trash, or in the quarantine,
// for at least olderThan, and returns how many files that were. In the trash it
// spares what keep, if not nil, says; in the quarantine bytes of which no intact
// copy is here, since they may be the best there are. Before it removes anything
// it calls about, if not nil, with what will go; when that fails nothing does.
// Call it at least daily: between two calls a file ages by a week at most,
// however the clock is set.
func (s *Store) PurgeTrash(olderThan time.Duration, keep func(Digest) bool, about func([]Trashed) error) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.purge(s.now(), olderThan, keep, about)
	if err != nil {
		return n, fmt.Errorf("purge trash: %w", s.orNotMounted(err))
	}
	return n, nil
}

func (s *Store) purge(at time.Time, olderThan time.Duration, keep func(Digest) bool, about func([]Trashed) error) (purged int, err error) {
	if err := errors.Join(s.Mounted(), s.settleHalf()); err != nil {
		return 0, err
	}
	if err := s.passOverLeap(at); err != nil {
		return 0, err
	}
	before := at.Add(-olderThan).UnixNano()
	aged, err := collect(s.index, scanOld,
		`SELECT path, digest, origin, reason, at, size, 0 FROM trash WHERE at <= ?
		UNION ALL SELECT path, digest, origin, '', at, size, 1 FROM quarantine WHERE at <= ?`, before, before)
	if err != nil {
		return 0, err
	}
	aged = slices.DeleteFunc(aged, func(o old) bool { return !o.rotten && keep != nil && keep(o.digest) })
	aged, dispensableErr := s.dispensable(aged)
	purged, err = s.drop(aged, about)
	return purged, errors.Join(dispensableErr, err)
}

// Purge removes for good what the trash has of ds, however long it has been there,
// and returns how many files that were. It calls about as PurgeTrash does. What is
// not in the trash it passes over.
func (s *Store) Purge(ds []Digest, about func([]Trashed) error) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.purgeOf(ds, about)
	if err != nil {
		return n, fmt.Errorf("empty trash: %w", s.orNotMounted(err))
	}
	return n, nil
}

func (s *Store) purgeOf(ds []Digest, about func([]Trashed) error) (int, error) {
	if err := errors.Join(s.Mounted(), s.settleHalf()); err != nil {
		return 0, err
	}
	wanted := make(map[Digest]bool, len(ds))
	for _, d := range ds {
		wanted[d] = true
	}
	rows, err := s.trashRows()
	if err != nil {
		return 0, err
	}
	var some []old
	for _, t := range rows {
		if wanted[t.digest] {
			some = append(some, old{path: t.path, digest: t.digest, origin: t.origin, reason: t.reason, at: t.at, size: t.size})
		}
	}
	return s.drop(some, about)
}

// drop removes files of the trash and the quarantine, after about has heard of them.
func (s *Store) drop(old []old, about func([]Trashed) error) (dropped int, err error) {
	if len(old) > 0 && about != nil {
		if err := about(s.toldOf(old)); err != nil {
			return 0, err
		}
	}
	var gone, dirs []string
	for _, o := range old {
		if dropErr := s.dropFile(s.path(o.path)); dropErr != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", o.path, dropErr))
			continue
		}
		gone, dirs = append(gone, o.path), append(dirs, filepath.Dir(s.path(o.path)))
	}
	if syncErr := s.syncDirs(dirs); syncErr != nil { // a file that comes back after a power cut needs its row
		return 0, errors.Join(err, explain(syncErr))
	}
	return len(gone), errors.Join(err, s.forget(gone))
}

// dispensable leaves out what may be the best copy there is.
func (s *Store) dispensable(all []old) (out []old, err error) {
	for _, o := range all {
		if o.rotten {
			if here, hereErr := s.hereLocked(o.digest); !here {
				err = errors.Join(err, hereErr)
				continue
			}
		}
		out = append(out, o)
	}
	return out, err
}

func (s *Store) toldOf(all []old) []Trashed {
	out := make([]Trashed, len(all))
	for i, o := range all {
		out[i] = Trashed{
			Digest: o.digest, Name: path.Base(o.origin), Path: s.path(o.path),
			Reason: o.reason, At: time.Unix(0, o.at), Size: o.size,
		}
	}
	return out
}

// old is a file whose time in the trash, or in the quarantine, is over.
type old struct {
	path           string
	digest         Digest
	origin, reason string
	at, size       int64
	rotten         bool
}

func scanOld(rs *sql.Rows) (o old, err error) {
	var digest []byte
	err = rs.Scan(&o.path, &digest, &o.origin, &o.reason, &o.at, &o.size, &o.rotten)
	copy(o.digest[:], digest)
	return o, err
}

// forget removes the rows of files that are gone from the trash and the
// quarantine.
func (s *Store) forget(paths []string) error {
	return s.index.update(func(tx *tx) error {
		for _, p := range paths {
			if err := errors.Join(tx.exec("DELETE FROM trash WHERE path = ?", p), tx.exec("DELETE FROM quarantine WHERE path = ?", p)); err != nil {
				return err
			}
		}
		return nil
	})
}

// passOverLeap notes that it is at now. Of the time since it was last called,
// what exceeds maxGap is taken off the age of all that may be purged; a time
// that lies ahead is from a clock that was wrong, and becomes at.
func (s *Store) passOverLeap(at time.Time) error {
	text, err := s.index.meta(lastPurge)
	if err != nil {
		return err
	}
	var leap time.Duration
	if last, err := strconv.ParseInt(text, 10, 64); err == nil { // else it is the first call
		leap = max(0, at.Sub(time.Unix(0, last))-maxGap)
	}
	return s.index.update(func(tx *tx) error {
		for _, table := range []string{"trash", "quarantine"} {
			if err := tx.exec("UPDATE "+table+" SET at = min(at + ?, ?)", int64(leap), at.UnixNano()); err != nil {
				return err
			}
		}
		return tx.exec("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", lastPurge, strconv.FormatInt(at.UnixNano(), 10))
	})
}
