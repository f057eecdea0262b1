package imagelib

import (
	"slices"
	"sync"

	"github.com/libpaul/paul/filelayer"
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

	tagging sync.Once
	tags    []Tag
	facets  facets
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

// Shots groups files, which need not be shown, as items would: those of one shot
// together, the one that leads first. The groups are in the order of their first
// file in files.
func (l *Library) Shots(files []filelayer.Entry) [][]filelayer.Entry {
	return l.index.shots(files)
}

func (x *index) shots(files []filelayer.Entry) [][]filelayer.Entry {
	x.mu.Lock()
	all := x.all
	x.mu.Unlock()
	at := make(map[Digest]int, len(files))
	var images []*Image
	for i := range files {
		d := files[i].Digest
		at[d] = i
		if k, ok := slices.BinarySearchFunc(all, d, byDigest); ok {
			img := all[k]
			if f := fileOf(&files[i]); img.file() != f {
				changed := *img
				img = &changed
				img.setFile(f)
			}
			images = append(images, img)
		}
	}
	groups := make([][]filelayer.Entry, len(files))
	for i := range files {
		groups[i] = files[i : i+1 : i+1]
	}
	for _, item := range link(sortForPairs(images)) {
		group, first := []filelayer.Entry(nil), len(files)
		for _, f := range item.Files() {
			group = append(group, files[at[f.Digest]])
			first = min(first, at[f.Digest])
			groups[at[f.Digest]] = nil
		}
		groups[first] = group
	}
	return slices.DeleteFunc(groups, func(g []filelayer.Entry) bool { return len(g) == 0 })
}
