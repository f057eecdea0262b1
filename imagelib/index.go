package imagelib

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/libpaul/paul/filelayer"
)

// index holds all images in memory. Images themselves never change: another
// one takes the place of one that does.
type index struct {
	mu       sync.Mutex // guards all below
	all      []*Image   // every document's, by digest; replaced, never written to
	entries  []filelayer.Entry
	joined   bool // entries were read: what all says of files is no longer from the last run
	albums   map[string]albumInfo
	smart    map[string]Query // of the smart ones; replaced, never written to
	seq      string
	dirty    bool // changed since it was saved
	snapshot *Snapshot
	shown    []*Image // of the snapshot, newest first, each file by itself; replaced, never written to
	pairs    pairing
	out      map[Digest]*Image   // images of shown that are no longer right
	in       map[Digest]*Image   // images that shown lacks
	missing  map[Digest]bool     // files here without a document
	claimed  map[Digest]struct{} // files whose document an import is about to write
	released bool                // claims ended since the last join
	intern   *interner
}

func newIndex() *index {
	return &index{
		albums: map[string]albumInfo{}, out: map[Digest]*Image{}, in: map[Digest]*Image{},
		missing: map[Digest]bool{},
		claimed: map[Digest]struct{}{}, snapshot: &Snapshot{}, intern: newInterner(),
	}
}

func byDigest(img *Image, d Digest) int { return bytes.Compare(img.Digest[:], d[:]) }

// newerFirst orders images as screens show them.
func newerFirst(a, b *Image) int {
	if c := b.Date.Wall.Compare(a.Date.Wall); c != 0 {
		return c
	}
	return byDigest(a, b.Digest)
}

// forget drops all documents, for those of another database to come. It reports
// whether the files without one have to be looked for again.
func (x *index) forget() (joined bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.all, x.albums, x.seq, x.dirty = nil, map[string]albumInfo{}, "", true
	x.smart = nil
	x.shown, x.pairs = nil, pairing{}
	x.snapshot, x.in, x.out = &Snapshot{}, map[Digest]*Image{}, map[Digest]*Image{}
	x.released = true
	return x.joined
}

func (x *index) sequence() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.seq
}

// sample returns up to n document IDs, spread over all.
func (x *index) sample(n int) (ids []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range n {
		if at := i * len(x.all) / n; at < len(x.all) {
			ids = append(ids, x.all[at].Digest.String())
		}
	}
	return ids
}

// apply takes in changed documents, and reports whether a snapshot differs. An
// empty seq leaves the sequence as it is.
func (x *index) apply(docs []filelayer.Doc, seq string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if seq != "" && seq != x.seq {
		x.seq, x.dirty = seq, true
	}
	changed := false
	fresh := make(map[Digest]*Image, len(docs)) // nil = gone
	for _, d := range docs {
		if strings.HasPrefix(d.ID, albumPrefix) {
			changed = x.applyAlbum(d) || changed
			continue
		}
		digest, err := filelayer.ParseDigest(d.ID)
		if err != nil {
			continue // not ours
		}
		fresh[digest] = x.read(digest, d)
	}
	return x.replace(fresh) || changed
}

// read makes the image of a document, nil when it is gone or no image.
func (x *index) read(digest Digest, d filelayer.Doc) *Image {
	var doc document
	if d.Deleted || !readBody(d.Body, &doc) || doc.Type == "" {
		return nil
	}
	img := doc.image(digest, x.intern)
	if i, ok := findEntry(x.entries, digest); ok {
		img.setFile(fileOf(&x.entries[i]))
	} else if i, ok := x.find(digest); ok && !x.joined {
		img.setFile(x.all[i].file())
	}
	return img
}

func (x *index) find(d Digest) (int, bool) { return slices.BinarySearchFunc(x.all, d, byDigest) }

func findEntry(entries []filelayer.Entry, d Digest) (int, bool) {
	return slices.BinarySearchFunc(entries, d, func(e filelayer.Entry, d Digest) int {
		return bytes.Compare(e.Digest[:], d[:])
	})
}

// replace puts fresh images in place, and takes away those that are nil.
func (x *index) replace(fresh map[Digest]*Image) bool {
	var added, removed []*Image
	shown := false
	for d, img := range fresh {
		old := (*Image)(nil)
		if i, ok := x.find(d); ok {
			old = x.all[i]
		}
		if img == old || img != nil && old != nil && img.equal(old) {
			continue
		}
		shown = x.swap(old, img) || shown
		if old != nil {
			removed = append(removed, old)
		}
		if img != nil {
			added = append(added, img)
			delete(x.missing, d)
		}
	}
	if len(added)+len(removed) > 0 {
		x.all = patch(x.all, removed, added, func(a, b *Image) int { return byDigest(a, b.Digest) })
		x.dirty = true
	}
	return shown
}

// swap notes for the next snapshot that img took the place of old; each may be
// nil. It reports whether the snapshot differs.
func (x *index) swap(old, img *Image) bool {
	shown := false
	if old != nil && old.isShown {
		if x.in[old.Digest] == old {
			delete(x.in, old.Digest)
		} else {
			x.out[old.Digest] = old
		}
		shown = true
	}
	if img != nil && img.isShown {
		x.in[img.Digest] = img
		shown = true
	}
	return shown
}

// patch returns a copy of a sorted list, without what is in removed, which
// is in it, and with what is in added, which is not. What lies between them is
// copied in one piece.
func patch[T any](list, removed, added []T, compare func(a, b T) int) []T {
	slices.SortFunc(removed, compare)
	slices.SortFunc(added, compare)
	out := make([]T, 0, len(list)+len(added)-len(removed))
	for len(removed)+len(added) > 0 {
		take := len(added) > 0 && (len(removed) == 0 || compare(added[0], removed[0]) <= 0)
		next := removed
		if take {
			next = added
		}
		i, _ := slices.BinarySearchFunc(list, next[0], compare)
		out, list = append(out, list[:i]...), list[i:]
		if take {
			out, added = append(out, added[0]), added[1:]
		} else {
			list, removed = list[1:], removed[1:]
		}
	}
	return append(out, list...)
}

// join takes in which files there are. It reports whether a snapshot differs,
// and whether files here have no document.
func (x *index) join(entries []filelayer.Entry) (changed, missing bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.joined && !x.released && len(entries) == len(x.entries) && (len(entries) == 0 || &entries[0] == &x.entries[0]) {
		return false, len(x.missing) > 0 // the very same list
	}
	x.entries, x.joined, x.released = entries, true, false
	next := x.all
	fresh := []*Image(nil)
	clear(x.missing)
	i := 0
	for k := range entries {
		e := &entries[k]
		for i < len(x.all) && byDigest(x.all[i], e.Digest) < 0 {
			next, fresh = x.rejoin(next, fresh, i, file{})
			i++
		}
		if i < len(x.all) && x.all[i].Digest == e.Digest {
			next, fresh = x.rejoin(next, fresh, i, fileOf(e))
			i++
			continue
		}
		if _, taken := x.claimed[e.Digest]; e.Here() && !taken {
			x.missing[e.Digest] = true
		}
	}
	for ; i < len(x.all); i++ {
		next, fresh = x.rejoin(next, fresh, i, file{})
	}
	for _, img := range fresh {
		j, _ := x.find(img.Digest)
		changed = x.swap(x.all[j], img) || changed
	}
	x.all = next
	x.dirty = x.dirty || len(fresh) > 0
	return changed, len(x.missing) > 0
}

// rejoin puts an image with other facts of its file in place of image i, in a
// copy of all, made at the first.
func (x *index) rejoin(next, fresh []*Image, i int, f file) (all, changed []*Image) {
	if x.all[i].file() == f {
		return next, fresh
	}
	if len(fresh) == 0 {
		next = slices.Clone(x.all)
	}
	img := *x.all[i]
	img.setFile(f)
	next[i] = &img
	return next, append(fresh, &img)
}

// view returns the present snapshot, made from the last one and what changed
// since.
func (x *index) view() *Snapshot {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.viewLocked()
}

// viewLocked is view for a caller that holds mu.
func (x *index) viewLocked() *Snapshot {
	if len(x.in) == 0 && len(x.out) == 0 {
		return x.snapshot
	}
	in, out := slices.Collect(maps.Values(x.in)), slices.Collect(maps.Values(x.out))
	x.shown = patch(x.shown, out, in, newerFirst)
	x.snapshot = x.newSnapshot(x.pairs.update(x.snapshot.Images, x.shown, x.all, in, out))
	x.in, x.out = map[Digest]*Image{}, map[Digest]*Image{}
	return x.snapshot
}

func (x *index) newSnapshot(images []*Image) *Snapshot {
	return &Snapshot{Images: images, all: x.all, items: x.pairs.items, smart: x.smart}
}

// claim says that somebody is about to write the documents of files.
func (x *index) claim(ds []Digest) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, d := range ds {
		x.claimed[d] = struct{}{}
		delete(x.missing, d)
	}
}

// release undoes claim.
func (x *index) release(ds []Digest) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.released = true
	for _, d := range ds {
		delete(x.claimed, d)
	}
}

// lacking returns the files here without a document.
func (x *index) lacking() []Digest {
	x.mu.Lock()
	defer x.mu.Unlock()
	ds := make([]Digest, 0, len(x.missing))
	for d := range x.missing {
		ds = append(ds, d)
	}
	slices.SortFunc(ds, func(a, b Digest) int { return bytes.Compare(a[:], b[:]) })
	return ds
}

// known reports whether a file has a document.
func (x *index) known(d Digest) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	_, ok := x.find(d)
	return ok
}

// image returns the image of a file.
func (x *index) image(d Digest) (*Image, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	i, ok := x.find(d)
	if !ok {
		return nil, false
	}
	return x.all[i], true
}

// lacksDHash reports whether there is a document of a file that says no dHash.
func (x *index) lacksDHash(d Digest) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	i, ok := x.find(d)
	return ok && x.all[i].DHash == 0
}
