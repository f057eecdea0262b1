package blob

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"time"
)

// names chooses free names for a batch. It reads each folder once, and not at all
// when the last batch has and nothing came or went since.
type names struct {
	s       *Store
	folders map[string]*listing // by path
	last    map[string]*listing // of the batch before
}

// A listing is what a folder contains.
type listing struct {
	names map[string]string // folded name -> name as it is
	mtime time.Time         // of the folder, when it contained these or less
}

// newNames begins a batch. The caller holds mu.
func newNames(s *Store) *names {
	last := s.listed
	s.listed = nil // until keep
	return &names{s: s, folders: make(map[string]*listing), last: last}
}

// changed says whether something came or went in a folder since it was read.
func (n *names) changed(rel string, l *listing) bool {
	fi, err := os.Lstat(n.s.path(rel))
	return err != nil || !fi.ModTime().Equal(l.mtime)
}

// forgetChanged is called before the files get their names.
func (n *names) forgetChanged() {
	maps.DeleteFunc(n.folders, n.changed)
}

// keep leaves the folders to the next batch. It is called once all files have the
// names that were chosen.
func (n *names) keep() {
	for rel, l := range n.folders {
		if fi, err := os.Lstat(n.s.path(rel)); err == nil {
			l.mtime = fi.ModTime()
		}
	}
	n.s.listed = n.folders
}

// choose returns the first candidate for name in folder that collides with no
// file, also not on a disk that is blind to case; or, with same not nil, that of
// a file which the index does not know and which has these very bytes, as it was
// before they were read. The name is taken from then on.
func (n *names) choose(folder, name string, d Digest, size int64) (rel string, same fs.FileInfo, err error) {
	there, err := n.folder(folder)
	if err != nil {
		return "", nil, err
	}
	for candidate := range candidates(name, d) {
		rel := path.Join(folder, candidate)
		if found, ok := there[fold(candidate)]; ok {
			same, err := n.same(path.Join(folder, found), d, size)
			if same != nil || err != nil {
				return path.Join(folder, found), same, err
			}
			continue
		}
		taken, err := n.s.index.taken(rel, d)
		if err != nil {
			return "", nil, err
		}
		if !taken {
			there[fold(candidate)] = candidate
			return rel, nil, nil
		}
	}
	return "", nil, fmt.Errorf("no free name for %s in %s", name, folder)
}

func (n *names) folder(rel string) (map[string]string, error) {
	if l, ok := n.folders[rel]; ok {
		return l.names, nil
	}
	l, ok := n.last[rel]
	if !ok || n.changed(rel, l) {
		var err error
		if l, err = n.list(rel); err != nil {
			return nil, explain(err)
		}
	}
	n.folders[rel] = l
	return l.names, nil
}

func (n *names) list(rel string) (*listing, error) {
	l := &listing{names: make(map[string]string)}
	if fi, err := os.Lstat(n.s.path(rel)); err == nil {
		l.mtime = fi.ModTime()
	}
	entries, err := os.ReadDir(n.s.path(rel))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		l.names[fold(e.Name())] = e.Name()
	}
	return l, nil
}

// same returns the file at rel, as it was before its bytes were read, when it is
// unknown to the index and has the bytes of d; else nil.
func (n *names) same(rel string, d Digest, size int64) (fs.FileInfo, error) {
	fi, err := os.Lstat(n.s.path(rel))
	if errors.Is(err, fs.ErrNotExist) || err == nil && (!fi.Mode().IsRegular() || fi.Size() != size) {
		return nil, nil // taken within this batch, or another file
	}
	if err != nil {
		return nil, explain(err)
	}
	if free, err := n.s.index.free(rel); !free || err != nil {
		return nil, err
	}
	sum, err := n.s.hash(n.s.path(rel), nil)
	if sum != d || err != nil {
		return nil, err
	}
	return fi, nil
}

// name gives the files their names, except those that another batch has
// stored meanwhile, and brings back what is gone of those known before.
func (s *Store) name(order []*staged, known map[Digest]bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	spare, err := s.nameAll(order, known)
	if errors.Is(err, fs.ErrExist) { // another program has taken a name that was free
		spare, err = s.nameAll(order, known)
	}
	if err != nil {
		return err
	}
	for _, rel := range spare {
		if err := s.removeTemp(rel); err != nil {
			s.log.Warn("A temporary file is left, to be swept later", "path", rel, "err", err)
		}
	}
	return nil
}

// nameAll is name, and returns the temporary files that are not needed.
func (s *Store) nameAll(order []*staged, known map[Digest]bool) (spare []string, err error) {
	names := newNames(s)
	var moves []*move
	for d := range known {
		if here, err := s.hereLocked(d); here {
			continue
		} else if err != nil {
			return nil, err
		}
		m, err := s.fromTrash(names, d)
		if err != nil {
			return nil, fmt.Errorf("a file was removed after it was found known, import it again: %w", err)
		}
		moves = append(moves, m)
	}
	for _, st := range order {
		m, err := s.nameOne(names, st)
		if err != nil {
			return nil, err
		}
		if m == nil {
			spare = append(spare, st.rel)
		} else {
			moves = append(moves, m)
		}
	}
	names.forgetChanged()
	if err := s.perform(moves); err != nil {
		return nil, err
	}
	names.keep()
	return spare, nil
}

// nameOne returns the move of a file to its name, nil when its bytes are in the
// library already.
func (s *Store) nameOne(names *names, st *staged) (*move, error) {
	if here, err := s.hereLocked(st.digest); here || err != nil {
		return nil, err
	}
	if st.meta.Lies != "" {
		rel, err := s.rel(st.meta.Lies)
		if err != nil {
			return nil, err
		}
		same, err := names.same(rel, st.digest, st.size)
		if err != nil {
			return nil, err
		}
		if same != nil {
			return nil, s.adopt(st.digest, rel, same)
		}
	}
	dst, same, err := names.choose(folderFor(st.meta.Time), legalName(st.meta.Name), st.digest, st.size)
	if err != nil {
		return nil, err
	}
	if same != nil { // the folder has these very bytes already, and the index has lost them
		return nil, s.adopt(st.digest, dst, same)
	}
	at := s.stamp()
	return &move{kind: moveIn, digest: st.digest, src: st.rel, dst: dst, size: st.size, verified: at, at: at}, nil
}

// hereLocked reports whether d is stored and its file in its place. The caller
// holds mu.
func (s *Store) hereLocked(d Digest) (bool, error) {
	_, err := s.checkLocked(d)
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrMissing) {
		return false, nil
	}
	return err == nil, err
}

// adopt records a file that was found under its name, with bytes just hashed;
// fi is from before that, so that a change since is noticed.
func (s *Store) adopt(d Digest, rel string, fi fs.FileInfo) error {
	r := row{digest: d, path: rel, size: fi.Size(), mtime: mtimeOf(fi), verified: s.stamp()}
	return s.index.update(func(tx *tx) error { return tx.put(r) })
}
