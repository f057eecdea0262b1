package blob

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
)

// names chooses free names for a batch. It reads each folder once.
type names struct {
	s       *Store
	folders map[string]map[string]string // folder -> folded name -> name as it is
}

func newNames(s *Store) *names { return &names{s: s, folders: make(map[string]map[string]string)} }

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
	if there, ok := n.folders[rel]; ok {
		return there, nil
	}
	entries, err := os.ReadDir(n.s.path(rel))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, explain(err)
	}
	there := make(map[string]string, len(entries))
	for _, e := range entries {
		there[fold(e.Name())] = e.Name()
	}
	n.folders[rel] = there
	return there, nil
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
