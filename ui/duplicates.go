package ui

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/grid"
	"github.com/libpaul/paul/ui/words"
)

// Near duplicates are looked for when the library has rested for a while, or has
// changed for so long without a rest.
const (
	duplicatesRest = 2 * time.Second
	duplicatesWait = 30 * time.Second
)

// leastBurst is how many photos of a burst have to be there for it to be shown.
const leastBurst = 3

// duplicates knows the groups of near duplicates and the bursts: as they were found in
// the background, with what has happened to their photos since.
type duplicates struct {
	s      *shell
	groups []*alikeGroup // near duplicates to be shown, the newest first
	bursts []*alikeGroup // likewise
	state  int           // changes with them

	found  found
	from   []*imagelib.Image // what groups and the next search are of
	kept   [][]app.Digest    // groups that a person keeps all of
	fresh  bool              // groups and bursts are of found
	done   bool              // they were looked for once
	stop   func()            // ends the wait for the next search; nil while none is to come
	since  time.Time         // when that wait began
	busy   bool              // a search runs
	missed bool              // what was found is not of the last snapshot
}

// found is what a search has found, by the photos' first files.
type found struct {
	alike, bursts [][]app.Digest
	burstOf       map[app.Digest][]app.Digest
}

// find looks for near duplicates and bursts, which are in the order they were taken.
func find(snap snapshot) found {
	digests := func(group []int) []app.Digest {
		ds := make([]app.Digest, len(group))
		for i, k := range group {
			ds[i] = snap.images[k].Digest
		}
		return ds
	}
	f := found{burstOf: map[app.Digest][]app.Digest{}}
	for _, group := range snap.alike() {
		f.alike = append(f.alike, digests(group))
	}
	for _, group := range snap.bursts() {
		ds := digests(group)
		slices.Reverse(ds)
		f.bursts = append(f.bursts, ds)
		for _, x := range ds {
			f.burstOf[x] = ds
		}
	}
	return f
}

// reload follows the library: it says at once what became of the groups, and looks for
// others later.
func (d *duplicates) reload() {
	changed := !same(d.from, d.s.snap.images)
	if changed {
		d.from = d.s.snap.images
		d.wait()
	}
	if kept := d.s.dev.KeptDuplicates(); changed || !d.fresh || !same(kept, d.kept) {
		d.kept, d.fresh = kept, true
		d.regroup()
	}
}

// wait puts the next search off.
func (d *duplicates) wait() {
	now := d.s.now()
	switch {
	case d.busy:
		d.missed = true
		return
	case d.stop == nil:
		d.since = now
	case now.Sub(d.since) >= duplicatesWait:
		return
	default:
		d.stop()
	}
	d.stop = d.s.after(duplicatesRest, func() { d.s.do(d.search) })
}

// search looks for near duplicates and bursts in the background.
func (d *duplicates) search() {
	if d.busy {
		return
	}
	d.stop, d.busy, d.missed = nil, true, false
	snap := d.s.snap
	var now found
	d.s.goDo(func(context.Context) error {
		now = find(snap)
		return nil
	}, func(error) {
		d.busy, d.done, d.fresh, d.found = false, true, false, now
		if d.missed {
			d.wait()
		}
		d.s.reload()
	})
}

// regroup makes the groups of what was found: with the photos that are still there, and
// without those groups that a person keeps all of. A group that was there stays the
// same, with what was chosen in it.
func (d *duplicates) regroup() {
	keptBy := make(map[app.Digest][]int)
	for i, ds := range d.kept {
		for _, x := range ds {
			keptBy[x] = append(keptBy[x], i)
		}
	}
	d.state++
	d.groups = d.grouped(d.groups, d.found.alike, keptBy, false)
	d.bursts = d.grouped(d.bursts, d.found.bursts, keptBy, true)
}

// grouped returns the groups of one kind, which were old until now.
func (d *duplicates) grouped(old []*alikeGroup, found [][]app.Digest, keptBy map[app.Digest][]int, burst bool) (groups []*alikeGroup) {
	before := make(map[app.Digest]*alikeGroup)
	for _, g := range old {
		for _, img := range g.images {
			before[img.Digest] = g
		}
	}
	least := 2
	if burst {
		least = leastBurst
	}
	taken := make(map[*alikeGroup]bool)
	first := make(map[*alikeGroup]int)
	for _, ds := range found {
		images, at := d.present(ds)
		if len(images) < least || d.isKept(images, keptBy) {
			continue
		}
		var g *alikeGroup
		for _, img := range images {
			if g = before[img.Digest]; g != nil && !taken[g] {
				break
			}
			g = nil
		}
		if g == nil {
			g = &alikeGroup{s: d.s, burst: burst, chosen: map[app.Digest]bool{}}
		}
		taken[g], first[g] = true, at
		g.set(images)
		groups = append(groups, g)
	}
	for _, g := range old {
		if !taken[g] {
			g.images = nil
		}
	}
	slices.SortFunc(groups, func(a, b *alikeGroup) int { return cmp.Compare(first[a], first[b]) })
	return groups
}

// present returns the photos that are still there, and the index of the first.
func (d *duplicates) present(ds []app.Digest) (images []*imagelib.Image, first int) {
	for _, x := range ds {
		img, i, ok := d.s.snap.find(x)
		if !ok || slices.Contains(images, img) {
			continue
		}
		if len(images) == 0 || i < first {
			first = i
		}
		images = append(images, img)
	}
	return images, first
}

// isKept tells whether a person keeps all of these photos.
func (d *duplicates) isKept(images []*imagelib.Image, keptBy map[app.Digest][]int) bool {
	return slices.ContainsFunc(keptBy[images[0].Digest], func(k int) bool {
		return !slices.ContainsFunc(images, func(img *imagelib.Image) bool { return !slices.Contains(keptBy[img.Digest], k) })
	})
}

// alikeGroup is photos that look nearly the same, or a burst. It is what the viewer turns
// through when one of them is opened.
type alikeGroup struct {
	s       *shell
	burst   bool
	images  []*imagelib.Image     // the suggested one to keep first, a burst as it was taken; nil once there is no such group
	chosen  map[app.Digest]bool   // to be deleted: never all
	touched bool                  // a person has chosen
	closed  func(*imagelib.Image) // the viewer has closed, at that photo
}

// set gives the group its photos. What a person has chosen stays; else all but the
// best and the favourites are chosen, and nothing of a burst: its photos may be of
// different moments.
func (g *alikeGroup) set(images []*imagelib.Image) {
	known := make(map[app.Digest]bool, len(g.images))
	for _, img := range g.images {
		known[img.Digest] = true
	}
	if !g.burst {
		slices.SortStableFunc(images, betterFirst)
	}
	chosen := make(map[app.Digest]bool, len(images))
	for i, img := range images {
		if g.touched && known[img.Digest] {
			chosen[img.Digest] = g.chosen[img.Digest]
		} else {
			chosen[img.Digest] = i > 0 && !img.Favourite && !g.burst
		}
	}
	g.images, g.chosen = images, chosen
	if len(g.toDelete()) == len(images) {
		chosen[images[0].Digest] = false
	}
}

// choose says whether a photo is to be deleted. One always stays: where this was the
// last, the best of the others does.
func (g *alikeGroup) choose(img *imagelib.Image, on bool) {
	g.touched = true
	g.chosen[img.Digest] = on
	if len(g.toDelete()) < len(g.images) {
		return
	}
	for _, other := range g.images {
		if other != img {
			g.chosen[other.Digest] = false
			return
		}
	}
}

// toDelete are the photos that are chosen.
func (g *alikeGroup) toDelete() (out []*imagelib.Image) {
	for _, img := range g.images {
		if g.chosen[img.Digest] {
			out = append(out, img)
		}
	}
	return out
}

// image implements turned.
func (g *alikeGroup) image(i int) *imagelib.Image { return g.images[i] }

// source implements turned.
func (g *alikeGroup) source() grid.Source { return newList(g.images, nil, g.s.now()) }

// left implements turned.
func (g *alikeGroup) left(i int) {
	if g.closed != nil && i < len(g.images) {
		g.closed(g.images[i])
	}
}

// betterFirst orders near duplicates by what is best to keep: the most pixels; then what
// a person has marked as a favourite, or worked on; then the larger file, the more copies,
// and the earlier date.
func betterFirst(a, b *imagelib.Image) int {
	return cmp.Or(
		cmp.Compare(pixelSteps(b), pixelSteps(a)),
		compareBool(b.Favourite, a.Favourite),
		compareBool(workedOn(b), workedOn(a)),
		cmp.Compare(allBytes(b), allBytes(a)),
		cmp.Compare(b.Holders, a.Holders),
		a.Date.Wall.Compare(b.Date.Wall),
		cmp.Compare(a.Name, b.Name),
	)
}

// pixelSteps is how many pixels the file of a photo has, in steps of 2 %: a crop takes
// none of them away, but what it leaves is rounded.
func pixelSteps(img *imagelib.Image) int {
	n := float64(img.Width) * float64(img.Height)
	if c := img.Geometry().Crop; c.W > 0 && c.H > 0 {
		n /= c.W * c.H
	}
	return int(math.Round(50 * math.Log(max(n, 1))))
}

// workedOn tells whether somebody has put work into a photo.
func workedOn(img *imagelib.Image) bool {
	return img.Rating > 0 || img.Caption != "" || len(img.Albums) > 0 || img.Geometry() != imagelib.Geometry{}
}

// allBytes is the size of all files of a photo.
func allBytes(img *imagelib.Image) (n int64) {
	for _, f := range img.Files() {
		n += f.Size
	}
	return n
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// deleteAlike asks, and deletes what is chosen of a group: unless what was to stay has
// gone meanwhile, on another device or here, and nothing of the group would be left.
func (s *shell) deleteAlike(g *alikeGroup) {
	gone := g.toDelete()
	stay := slices.DeleteFunc(slices.Clone(g.images), func(img *imagelib.Image) bool { return slices.Contains(gone, img) })
	s.askDelete(makeSel(gone), func() bool {
		if slices.ContainsFunc(stay, s.isKept) {
			return true
		}
		s.reload()
		s.tell("safe", words.N("{{.N}} photos were kept", len(gone)), words.T("What was to stay of this group was deleted meanwhile, here or on another device, and no photo of it would have been left. Nothing was deleted."))
		return false
	})
}

// isKept tells whether a photo is in the library still, and a device known to have it.
func (s *shell) isKept(img *imagelib.Image) bool {
	e, ok := s.dev.Entry(img.Digest)
	return ok && e.Deleted == nil && len(e.HolderIDs()) > 0
}

// keepDuplicates lets a group show no more on this device, unless a person takes that
// back.
func (s *shell) keepDuplicates(g *alikeGroup) {
	ds := make([]app.Digest, len(g.images))
	for i, img := range g.images {
		ds[i] = img.Digest
	}
	set := func(kept bool, done func()) {
		s.goDo(func(context.Context) error { return s.dev.KeepDuplicates(ds, kept) }, func(err error) {
			s.reload()
			if err != nil {
				s.fail(words.T("The choice was not remembered"), err)
				return
			}
			done()
		})
	}
	text := words.N("{{.N}} photos stay, and are no longer shown as duplicates", len(ds))
	if g.burst {
		text = words.N("{{.N}} photos stay, and are no longer shown as taken in a row", len(ds))
	}
	set(true, func() { s.toasts.show(text, func() { set(false, func() {}) }) })
}
