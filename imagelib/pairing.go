package imagelib

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
)

// pairing keeps the items of several files of a library while that changes. Only
// what may be of one shot with what has changed is looked at again. It is
// guarded by what guards the index.
type pairing struct {
	on    bool     // there was something that can follow a still: until then there is nothing to keep
	named []keyed  // all images that may pair by name and time, by their key
	shots []*Image // all images that name a shot, by that
	items []itemOf // files of items, by digest; replaced, never written to
}

// keyed is an image and its key.
type keyed struct {
	key pairKey
	img *Image
}

// itemOf says which item a file is shown by.
type itemOf struct{ file, item *Image }

func byKey(a, b keyed) int {
	if a.key != b.key { // as nearly always, without a look at an image
		return cmp.Compare(a.key, b.key)
	}
	return byDigest(a.img, b.img.Digest)
}

func byShot(a, b *Image) int {
	if c := strings.Compare(a.shot(), b.shot()); c != 0 {
		return c
	}
	return byDigest(a, b.Digest)
}

func byFile(a, b itemOf) int { return byDigest(a.file, b.file.Digest) }

// itemFor returns what shows a file: itself, if it is not one of several.
func itemFor(items []itemOf, img *Image) *Image {
	i, ok := slices.BinarySearchFunc(items, img.Digest, func(o itemOf, d Digest) int { return bytes.Compare(o.file.Digest[:], d[:]) })
	if !ok {
		return img
	}
	return items[i].item
}

// manyChanged are so many that all items are made anew when they are a quarter of
// the library.
const manyChanged = 1000

// update returns the images to show of those that there are, newest first: where
// several are of one shot, their item. all are these, and perhaps more, by digest;
// last is what it returned before, in and out are what has changed since.
func (p *pairing) update(last, there, all, in, out []*Image) []*Image {
	if !p.on {
		follows := func(img *Image) bool { return partOf(img) > stillPart }
		if !slices.ContainsFunc(in, follows) {
			return there
		}
		p.on = true
		return p.begin(there, all)
	}
	if n := len(in) + len(out); n > manyChanged && n > len(there)/4 {
		return p.begin(there, all)
	}
	p.replace(in, out)
	again := p.touched(in, out)
	items := link(p.sorted(again))
	return p.show(last, items, again, in, out)
}

// begin makes all items anew.
func (p *pairing) begin(there, all []*Image) []*Image {
	p.named, p.shots = sortForPairs(there)
	items := link(p.named, p.shots)
	p.items = nil
	if len(items) == 0 {
		return there
	}
	of := make(map[*Image]*Image, 2*len(items))
	for _, item := range items {
		for _, f := range item.Files() {
			of[f] = item
		}
	}
	p.items = make([]itemOf, 0, len(of))
	for _, img := range all {
		if item := of[img]; item != nil {
			p.items = append(p.items, itemOf{img, item})
		}
	}
	images := make([]*Image, 0, len(there)+len(items)-len(of))
	for _, img := range there {
		if item := of[img]; item == nil {
			images = append(images, img)
		} else if item.Files()[0] == img {
			images = append(images, item)
		}
	}
	return images
}

// sortForPairs returns those of images that may pair, in the orders of [link].
func sortForPairs(images []*Image) (named []keyed, shots []*Image) {
	named = make([]keyed, 0, len(images))
	var ofShots []keyed
	for _, img := range images {
		if k, ok := pairKeyOf(img); ok {
			named = append(named, keyed{k, img})
		}
		if shot := img.shot(); shot != "" && partOf(img) != noPart {
			var first [8]byte
			copy(first[:], shot)
			ofShots = append(ofShots, keyed{pairKey(binary.BigEndian.Uint64(first[:])), img})
		}
	}
	slices.SortFunc(named, byKey)
	slices.SortFunc(ofShots, func(a, b keyed) int {
		if a.key != b.key {
			return cmp.Compare(a.key, b.key)
		}
		return byShot(a.img, b.img)
	})
	if len(ofShots) > 0 {
		shots = make([]*Image, len(ofShots))
		for i, s := range ofShots {
			shots[i] = s.img
		}
	}
	return named, shots
}

func filesOf(items []*Image) (files []itemOf) {
	for _, item := range items {
		for _, f := range item.Files() {
			files = append(files, itemOf{f, item})
		}
	}
	slices.SortFunc(files, byFile)
	return files
}

// replace takes images in and out of the lists.
func (p *pairing) replace(in, out []*Image) {
	named, shots := sortForPairs(in)
	goneNamed, goneShots := sortForPairs(out)
	p.named = exchange(p.named, goneNamed, named, byKey)
	p.shots = exchange(p.shots, goneShots, shots, byShot)
}

// exchange is [patch] of a list that nobody else has, by lists that are sorted too:
// what comes in the place of its like is written there, and without more nothing
// is copied.
func exchange[T any](list, gone, come []T, compare func(a, b T) int) []T {
	var left, added []T
	for _, c := range come {
		for len(gone) > 0 && compare(gone[0], c) < 0 {
			left, gone = append(left, gone[0]), gone[1:]
		}
		if len(gone) > 0 && compare(gone[0], c) == 0 {
			i, _ := slices.BinarySearchFunc(list, c, compare)
			list[i], gone = c, gone[1:]
		} else {
			added = append(added, c)
		}
	}
	if left = append(left, gone...); len(left)+len(added) == 0 {
		return list
	}
	return patch(list, left, added, compare)
}

// touched returns the images whose items may be others now: all that may be of one
// shot with what has changed, and all that may be with those.
func (p *pairing) touched(in, out []*Image) map[*Image]bool {
	seen := map[*Image]bool{}
	todo := slices.Concat(in, out)
	find := func(img *Image) {
		if !seen[img] {
			seen[img] = true
			todo = append(todo, img)
		}
	}
	for len(todo) > 0 {
		img := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		p.eachNamed(img, find)
		p.eachShot(img, find)
	}
	return seen
}

// eachNamed calls find for the images that lie next to img by name and time, and
// may be of one shot with it.
func (p *pairing) eachNamed(img *Image, find func(*Image)) {
	key, ok := pairKeyOf(img)
	if !ok {
		return
	}
	i, itself := slices.BinarySearchFunc(p.named, keyed{key, img}, byKey)
	if i > 0 && near(p.named[i-1].key, key) {
		find(p.named[i-1].img)
	}
	for k := i; k < len(p.named) && near(key, p.named[k].key); k++ {
		find(p.named[k].img)
		if k > i || !itself {
			break
		}
	}
}

// eachShot does so by the shot that they name.
func (p *pairing) eachShot(img *Image, find func(*Image)) {
	shot := img.shot()
	if shot == "" || partOf(img) == noPart {
		return
	}
	i, itself := slices.BinarySearchFunc(p.shots, img, byShot)
	if i > 0 && p.shots[i-1].shot() == shot {
		find(p.shots[i-1])
	}
	for k := i; k < len(p.shots) && p.shots[k].shot() == shot; k++ {
		find(p.shots[k])
		if k > i || !itself {
			break
		}
	}
}

// sorted returns those of some images that may pair, in the orders of [link].
func (p *pairing) sorted(images map[*Image]bool) (named []keyed, shots []*Image) {
	list := make([]*Image, 0, len(images))
	for img := range images {
		list = append(list, img)
	}
	return sortForPairs(list)
}

// show puts the items of images that were looked at again in place of what showed
// them before.
func (p *pairing) show(last, items []*Image, again map[*Image]bool, in, out []*Image) []*Image {
	fresh := filesOf(items)
	gone, come := map[*Image]bool{}, map[*Image]bool{}
	var left []itemOf
	old := func(img *Image) {
		shown := itemFor(p.items, img)
		if shown != img && !gone[shown] {
			for _, f := range shown.Files() {
				left = append(left, itemOf{f, shown})
			}
		}
		gone[shown] = true
	}
	for _, img := range out {
		old(img)
	}
	added := make(map[*Image]bool, len(in))
	for _, img := range in {
		added[img] = true
		come[itemFor(fresh, img)] = true
	}
	for img := range again {
		if !added[img] {
			old(img)
		}
		come[itemFor(fresh, img)] = true
	}
	if len(left)+len(fresh) > 0 {
		p.items = patch(p.items, left, fresh, byFile)
	}
	return patch(last, besides(gone, come), besides(come, gone), newerFirst)
}

// besides returns what one set has and another has not.
func besides(set, other map[*Image]bool) (list []*Image) {
	for img := range set {
		if !other[img] {
			list = append(list, img)
		}
	}
	return list
}
