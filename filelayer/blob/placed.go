package blob

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"time"
)

// placedRows yields the rows of a place, or of all places for 0, some hundred a
// query.
func (s *Store) placedRows(place int64) iter.Seq2[placedRow, error] {
	const page = 500
	return func(yield func(placedRow, error) bool) {
		last := placedRow{place: place}
		for {
			rows, err := collect(s.index, scanPlaced, "SELECT "+placedColumns+
				" FROM placed WHERE (place, dir, name) > (?, ?, ?) AND (? = 0 OR place = ?) ORDER BY place, dir, name LIMIT ?",
				last.place, last.dir, last.name, place, place, page)
			if err != nil {
				yield(placedRow{}, err)
				return
			}
			for _, r := range rows {
				if !yield(r, nil) {
					return
				}
			}
			if len(rows) < page {
				return
			}
			last = rows[len(rows)-1]
		}
	}
}

// AllPlaced yields the photos in places, in no order, as they were when last
// looked at; a digest as often as it lies there.
func (s *Store) AllPlaced() iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		places, err := s.placePaths()
		if err != nil {
			yield(Info{}, err)
			return
		}
		for r, err := range s.placedRows(0) {
			if err == nil && (len(r.digest) == 0 || r.state != placedHere) {
				continue
			}
			if !yield(placedInfo(places[r.place], r), err) || err != nil {
				return
			}
		}
	}
}

// placePaths returns the paths of the places by their numbers.
func (s *Store) placePaths() (map[int64]string, error) {
	paths := make(map[int64]string)
	_, err := collect(s.index, func(rs *sql.Rows) (id int64, err error) {
		var p string
		err = rs.Scan(&id, &p)
		paths[id] = p
		return id, err
	}, "SELECT id, path FROM places")
	return paths, err
}

func placedInfo(place string, r placedRow) Info {
	info := Info{
		Path: filepath.Join(place, filepath.FromSlash(r.rel())), Size: r.size,
		ModTime: time.Unix(0, r.mtime), Verified: time.Unix(0, r.verified), Missing: r.state != placedHere,
	}
	copy(info.Digest[:], r.digest)
	return info
}

// PlacedInfo returns what is known of d in a place, of a file that lies there as
// noted. It reads no bytes. ErrNotFound: d is in no place. ErrMissing: what is
// known of it is no longer so; see [Store.Look]. ErrPlaceAway: its place is not there.
func (s *Store) PlacedInfo(d Digest) (Info, error) {
	_, info, err := s.placed(d)
	return info, err
}

// PlacedIn returns the places in which d lies, as far as is known.
func (s *Store) PlacedIn(d Digest) ([]string, error) {
	return collect(s.index, scanText,
		"SELECT DISTINCT p.path FROM placed f JOIN places p ON p.id = f.place WHERE f.digest = ? AND f.state = 0", d[:])
}

// placed finds a file of d that lies in a place as noted.
func (s *Store) placed(d Digest) (placedRow, Info, error) {
	rows, err := collect(s.index, scanPlaced, "SELECT "+placedColumns+" FROM placed WHERE digest = ? AND state = 0", d[:])
	if err != nil {
		return placedRow{}, Info{}, err
	}
	places, err := s.placePaths()
	if err != nil {
		return placedRow{}, Info{}, err
	}
	err = fmt.Errorf("%w: %v", ErrNotFound, d)
	for _, r := range rows {
		info := placedInfo(places[r.place], r)
		fi, statErr := os.Lstat(info.Path)
		switch {
		case statErr == nil && r.untouched(fi):
			return r, info, nil
		case statErr != nil && !errors.Is(statErr, fs.ErrNotExist) && !isNotDir(statErr):
			err = explainRead(statErr)
			continue
		case statErr == nil && r.alike(fi):
			if renumbered, _ := s.placeThere(r.place, places[r.place]); renumbered {
				return r, info, nil
			}
		}
		if err = s.PlaceThere(places[r.place]); err == nil {
			err = fmt.Errorf("%w: %s", ErrMissing, info.Path)
		}
	}
	return placedRow{}, Info{}, err
}

// OpenPlaced opens a file of d in a place for reading. Errors are as of PlacedInfo.
func (s *Store) OpenPlaced(d Digest) (*os.File, Info, error) {
	_, info, err := s.placed(d)
	if err != nil {
		return nil, Info{}, fmt.Errorf("open %v: %w", d, err)
	}
	f, err := os.Open(info.Path)
	if err != nil {
		return nil, Info{}, fmt.Errorf("open %v: %w", d, explainRead(err))
	}
	return f, info, nil
}

// VerifyPlaced reads a file of d in a place again, and notes the time when its
// bytes match. When they do not though nobody has touched it, it has rotted: the
// store notes that and leaves it as it is; another file of d in a place may still
// be good, else the error is ErrCorrupt. Other errors are as of PlacedInfo.
func (s *Store) VerifyPlaced(ctx context.Context, d Digest) (Info, error) {
	var rotten error
	for {
		r, info, err := s.placed(d)
		if err != nil {
			return Info{}, errors.Join(rotten, fmt.Errorf("verify %v: %w", d, err))
		}
		sum, fi, err := s.hashQuiet(ctx, info.Path)
		if err != nil {
			return Info{}, fmt.Errorf("verify %s: %w", info.Path, explainRead(err))
		}
		if !r.alike(fi) {
			return Info{}, fmt.Errorf("verify %s: %w", info.Path, ErrMissing)
		}
		r.inode = inodeOf(fi)
		if sum == d {
			r.verified = s.stamp()
			info.Verified = time.Unix(0, r.verified)
			return info, s.index.update(func(tx *tx) error { return tx.putPlaced(r) })
		}
		r.state = placedRotten
		if err := s.index.update(func(tx *tx) error { return tx.putPlaced(r) }); err != nil {
			return Info{}, err
		}
		s.log.WarnContext(ctx, "A photo in a folder that was added in place has rotted, and is left as it is", "path", info.Path)
		rotten = errors.Join(rotten, fmt.Errorf("verify %s: %w: it is left as it is", info.Path, ErrCorrupt))
	}
}
