package blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A Look is one walk through a place: [Look.Walk] finds what has come and
// changed, [Look.Adopt] takes in what the caller has read of that, and
// [Look.Finish] notes what is gone. What was taken in stays when a Look ends
// early, and the next one goes on from there. Adopt is safe for concurrent use,
// also during Walk.
type Look struct {
	s          *Store
	place      int64
	root       string
	own        []string // folders of the store, which are passed over
	renumbered bool
	visited    map[string]bool // folders that were listed
	unread     []string        // folders that could not be
	gone       []placedRow
	pending    []placedRow // noted without being read
	changed    []Digest
}

// A PlacedFile is a file of a place that the index does not know as it is.
type PlacedFile struct {
	Path string      // absolute
	Info fs.FileInfo // when it was listed
	dir  string
}

// A Found is what the caller has read of a PlacedFile.
type Found struct {
	PlacedFile
	Stat   fs.FileInfo // of the file as it was opened, before it was read
	Digest Digest      // zero: it is none to be kept, and is not told of again while it is as it is
}

// lookBatch is how many rows are written at once that need no reading.
const lookBatch = 500

// Look begins a walk through a place. ErrNotFound: it is none. ErrPlaceAway: it
// is not there.
func (s *Store) Look(p string) (*Look, error) {
	id, err := s.placeID(p)
	if err != nil {
		return nil, err
	}
	renumbered, err := s.placeThere(id, p)
	if err != nil {
		return nil, err
	}
	return &Look{
		s: s, place: id, root: p, own: []string{realPath(s.library), realPath(s.state)},
		renumbered: renumbered, visited: make(map[string]bool),
	}, nil
}

// Walk lists the place, and calls visit for each file that has to be read. It
// passes over what skip says, links, and the store's own folders.
func (k *Look) Walk(ctx context.Context, skip func(name string) bool, visit func(PlacedFile) error) error {
	err := k.walk(ctx, "", skip, visit)
	if err == nil {
		err = k.flush()
	}
	if err != nil {
		return fmt.Errorf("look through %s: %w", k.root, err)
	}
	return nil
}

func (k *Look) walk(ctx context.Context, dir string, skip func(string) bool, visit func(PlacedFile) error) error {
	entries, err := os.ReadDir(k.path(dir))
	if err != nil {
		return k.unreadable(ctx, dir, err)
	}
	rows, err := k.rows(dir)
	if err != nil {
		return err
	}
	k.visited[dir] = true
	var below []string
	for _, e := range entries {
		switch err := ctx.Err(); {
		case err != nil:
			return err
		case skip(e.Name()):
			continue
		case e.IsDir():
			below = append(below, path.Join(dir, e.Name()))
			continue
		case !e.Type().IsRegular():
			continue
		}
		r, known := rows[e.Name()]
		delete(rows, e.Name())
		if err := k.file(dir, e, r, known, visit); err != nil {
			return err
		}
	}
	for _, r := range rows {
		if r.state != placedGone {
			k.gone = append(k.gone, r)
		}
	}
	for _, rel := range below {
		if k.isOwn(rel) {
			continue
		}
		if err := k.walk(ctx, rel, skip, visit); err != nil {
			return err
		}
	}
	return nil
}

func (k *Look) path(rel string) string { return filepath.Join(k.root, filepath.FromSlash(rel)) }

func (k *Look) isOwn(rel string) bool {
	for _, own := range k.own {
		if k.path(rel) == own {
			return true
		}
	}
	return false
}

// unreadable notes a folder that cannot be listed: nothing is known of what is in it.
func (k *Look) unreadable(ctx context.Context, dir string, err error) error {
	if dir == "" {
		return fmt.Errorf("%w (%w)", ErrPlaceAway, err)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		k.s.log.WarnContext(ctx, "A folder that was added in place cannot be read", "path", k.path(dir), "err", err)
		k.unread = append(k.unread, dir)
	}
	return nil
}

// rows returns what is known of the files of a folder, by name.
func (k *Look) rows(dir string) (map[string]placedRow, error) {
	all, err := collect(k.s.index, scanPlaced, "SELECT "+placedColumns+" FROM placed WHERE place = ? AND dir = ?", k.place, dir)
	rows := make(map[string]placedRow, len(all))
	for _, r := range all {
		rows[r.name] = r
	}
	return rows, err
}

// file compares one file with what is known of it.
func (k *Look) file(dir string, e fs.DirEntry, r placedRow, known bool, visit func(PlacedFile) error) error {
	fi, err := e.Info()
	if errors.Is(err, fs.ErrNotExist) {
		if known && r.state != placedGone {
			k.gone = append(k.gone, r)
		}
		return nil
	}
	if err != nil { // it is looked at again the next time
		k.s.log.Warn("A file of a folder that was added in place cannot be looked at", "path", k.path(path.Join(dir, e.Name())), "err", err)
		return nil
	}
	if known && (r.untouched(fi) || k.renumbered && r.alike(fi)) {
		return k.stays(r, fi)
	}
	moved, found, err := k.before(fi)
	if err != nil {
		return err
	}
	if found {
		k.changed = appendDigest(k.changed, r.digest) // of what lay there before, if anything did
		moved.dir, moved.name = dir, e.Name()
		return k.note(moved)
	}
	return visit(PlacedFile{Path: k.path(path.Join(dir, e.Name())), Info: fi, dir: dir})
}

// stays notes, if need be, that a file is as it was.
func (k *Look) stays(r placedRow, fi fs.FileInfo) error {
	if r.state != placedGone && r.inode == inodeOf(fi) {
		return nil
	}
	r.inode = inodeOf(fi)
	if r.state == placedGone {
		r.state = placedHere
	}
	return k.note(r)
}

// before returns what is known of the very file under another name: then a
// person has moved it within the place.
func (k *Look) before(fi fs.FileInfo) (placedRow, bool, error) {
	inode := inodeOf(fi)
	if inode == 0 || k.renumbered {
		return placedRow{}, false, nil
	}
	rows, err := collect(k.s.index, scanPlaced,
		"SELECT "+placedColumns+" FROM placed WHERE inode = ? AND place = ? AND size = ? AND mtime = ? AND state = 0 LIMIT 1",
		inode, k.place, fi.Size(), mtimeOf(fi))
	if err != nil || len(rows) == 0 {
		return placedRow{}, false, err
	}
	return rows[0], true, nil
}

// note writes a row, soon.
func (k *Look) note(r placedRow) error {
	k.pending = append(k.pending, r)
	if len(k.pending) < lookBatch {
		return nil
	}
	return k.flush()
}

func (k *Look) flush() error {
	if len(k.pending) == 0 {
		return nil
	}
	err := k.s.index.update(func(tx *tx) error {
		for _, r := range k.pending {
			if err := tx.putPlaced(r); err != nil {
				return err
			}
		}
		return nil
	})
	for _, r := range k.pending {
		k.changed = appendDigest(k.changed, r.digest)
	}
	k.pending = k.pending[:0]
	return err
}

func appendDigest(ds []Digest, digest []byte) []Digest {
	if len(digest) != len(Digest{}) {
		return ds
	}
	return append(ds, Digest(digest))
}

// Adopt notes files that were read, and returns the digests that have come by
// that, and those that have gone since other bytes are in their place.
// ErrNotFound: the place was removed meanwhile.
func (k *Look) Adopt(files []Found) (changed []Digest, err error) {
	at := k.s.stamp()
	k.s.mu.Lock() // so that the place is not removed meanwhile
	defer k.s.mu.Unlock()
	if _, err := k.s.placeID(k.root); err != nil {
		return nil, err
	}
	for _, f := range files {
		old, err := collect(k.s.index, scanPlaced, "SELECT "+placedColumns+" FROM placed WHERE place = ? AND dir = ? AND name = ?",
			k.place, f.dir, filepath.Base(f.Path))
		if err != nil {
			return nil, err
		}
		for _, r := range old {
			changed = appendDigest(changed, r.digest)
		}
		if !f.Digest.IsZero() {
			changed = append(changed, f.Digest)
		}
	}
	err = k.s.index.update(func(tx *tx) error {
		for _, f := range files {
			r := placedRow{
				place: k.place, dir: f.dir, name: filepath.Base(f.Path), digest: []byte{},
				size: f.Stat.Size(), mtime: mtimeOf(f.Stat), inode: inodeOf(f.Stat), verified: at,
			}
			if !f.Digest.IsZero() {
				r.digest = f.Digest[:]
			}
			if err := tx.putPlaced(r); err != nil {
				return err
			}
		}
		return nil
	})
	return changed, err
}

// Finish notes what is gone from the place, once Walk has ended well, and
// returns the digests of which one file more or less is there since Walk began, but
// for what Adopt told. ErrPlaceAway: the place is not there any more, and nothing
// is noted.
func (k *Look) Finish() (changed []Digest, err error) {
	if _, err := k.s.placeThere(k.place, k.root); err != nil {
		return k.changed, err
	}
	if err := k.lostFolders(); err != nil {
		return k.changed, err
	}
	gone := slices.DeleteFunc(k.gone, func(r placedRow) bool { // it is there after all, or nobody knows
		_, err := os.Lstat(k.path(r.rel()))
		return !errors.Is(err, fs.ErrNotExist) && !isNotDir(err)
	})
	err = k.s.index.update(func(tx *tx) error {
		for _, r := range gone {
			if r.state = placedGone; len(r.digest) == 0 {
				if err := tx.exec("DELETE FROM placed WHERE place = ? AND dir = ? AND name = ?", r.place, r.dir, r.name); err != nil {
					return err
				}
				continue
			}
			k.changed = appendDigest(k.changed, r.digest)
			if err := tx.putPlaced(r); err != nil {
				return err
			}
		}
		return tx.exec(`DELETE FROM placed WHERE place = ? AND state = 1 AND EXISTS
			(SELECT 1 FROM placed p WHERE p.digest = placed.digest AND p.place = placed.place AND p.state = 0)`, k.place)
	})
	return k.changed, err
}

// lostFolders adds to what is gone the files of folders that were not met.
func (k *Look) lostFolders() error {
	dirs, err := collect(k.s.index, scanText, "SELECT DISTINCT dir FROM placed WHERE place = ? AND state <> 1", k.place)
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		if k.visited[dir] || k.isUnread(dir) {
			continue
		}
		rows, err := collect(k.s.index, scanPlaced,
			"SELECT "+placedColumns+" FROM placed WHERE place = ? AND dir = ? AND state <> 1", k.place, dir)
		if err != nil {
			return err
		}
		k.gone = append(k.gone, rows...)
	}
	return nil
}

func (k *Look) isUnread(dir string) bool {
	for _, u := range k.unread {
		if dir == u || strings.HasPrefix(dir, u+"/") {
			return true
		}
	}
	return false
}
