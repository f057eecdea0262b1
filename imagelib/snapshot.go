package imagelib

import (
	"slices"
	"sync"
)

// Snapshot is the library at one moment. It never changes.
type Snapshot struct {
	// Images are all images to show, newest first: by wall time, and by digest
	// where that is equal. Files of one shot are one of them; see [Image.Files].
	// Callers must not change it.
	Images []*Image

	items []itemOf         // files that are shown together with others, by digest
	all   []*Image         // by digest, with some that are not shown
	smart map[string]Query // of smart albums, by ID

	counting sync.Once
	counts   map[string]smartCount
}

// Snapshot returns the present images. It costs nothing when nothing changed,
// and else one pass over the list.
func (l *Library) Snapshot() *Snapshot { return l.index.view() }

// ByDigest returns the image that shows a file, perhaps together with others, and
// its index in Images.
func (s *Snapshot) ByDigest(d Digest) (img *Image, index int, ok bool) {
	i, ok := slices.BinarySearchFunc(s.all, d, byDigest)
	if !ok {
		return nil, 0, false
	}
	index, ok = slices.BinarySearchFunc(s.Images, itemFor(s.items, s.all[i]), newerFirst)
	if !ok {
		return nil, 0, false
	}
	return s.Images[index], index, true
}

// File returns the image of a file by itself, whatever it is shown with.
func (s *Snapshot) File(d Digest) (img *Image, ok bool) {
	i, ok := slices.BinarySearchFunc(s.all, d, byDigest)
	if !ok || !s.all[i].isShown {
		return nil, false
	}
	return s.all[i], true
}

// With returns the files that are shown together with a file, itself not included,
// in the order of [Image.Files].
func (s *Snapshot) With(d Digest) (others []*Image) {
	item, _, ok := s.ByDigest(d)
	if !ok {
		return nil
	}
	for _, f := range item.Files() {
		if f.Digest != d {
			others = append(others, f)
		}
	}
	return others
}
