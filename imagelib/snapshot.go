package imagelib

import (
	"slices"
	"sync"
)

// Snapshot is the library at one moment. It never changes.
type Snapshot struct {
	// Images are all images to show, newest first: by wall time, and by digest
	// where that is equal. Callers must not change it.
	Images []*Image

	all   []*Image         // by digest, with some that are not shown
	smart map[string]Query // of smart albums, by ID

	counting sync.Once
	counts   map[string]smartCount
}

// Snapshot returns the present images. It costs nothing when nothing changed,
// and else one pass over the list.
func (l *Library) Snapshot() *Snapshot { return l.index.view() }

// ByDigest returns the image of a file and its index in Images.
func (s *Snapshot) ByDigest(d Digest) (img *Image, index int, ok bool) {
	i, ok := slices.BinarySearchFunc(s.all, d, byDigest)
	if !ok {
		return nil, 0, false
	}
	index, ok = slices.BinarySearchFunc(s.Images, s.all[i], newerFirst)
	if !ok {
		return nil, 0, false
	}
	return s.Images[index], index, true
}
