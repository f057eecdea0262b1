package ui

import (
	"slices"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
)

// sel is a number of photos that something is to be done with.
type sel struct {
	images     []*imagelib.Image
	here, away int // that have a file here, or one that is not
	favourites int
	trash      bool
	albumID    string // the album whose page they are on, if they can be taken out of it
}

func makeSel(images []*imagelib.Image) sel {
	x := sel{images: images}
	for _, img := range images {
		if isHere(img, true) {
			x.here++
		}
		if isHere(img, false) {
			x.away++
		}
		if img.Favourite {
			x.favourites++
		}
	}
	return x
}

// selection is what is selected on the page.
func (s *shell) selection() sel {
	g := s.presentGrid()
	if g == nil {
		return sel{}
	}
	at := g.grid.Selection()
	images := make([]*imagelib.Image, len(at))
	for i, k := range at {
		images[i] = g.image(k)
	}
	x := makeSel(images)
	if x.trash = g.trash; g.smart == nil { // which chooses its photos itself
		x.albumID = g.query.Album
	}
	return x
}

// digests are the names of the files of the photos: what is done to a photo is
// done to all of its files.
func (x sel) digests() []app.Digest {
	out := make([]app.Digest, 0, len(x.images))
	for _, img := range x.images {
		for _, f := range img.Files() {
			out = append(out, f.Digest)
		}
	}
	return out
}

// where returns the files of the photos that are here, or those that are not.
func (x sel) where(here bool) []app.Digest {
	var out []app.Digest
	for _, img := range x.images {
		for _, f := range img.Files() {
			if f.Here == here {
				out = append(out, f.Digest)
			}
		}
	}
	return out
}

// isHere reports whether a photo has a file that is here, or with false one that
// is not.
func isHere(img *imagelib.Image, here bool) bool {
	return slices.ContainsFunc(img.Files(), func(f *imagelib.Image) bool { return f.Here == here })
}

// shownHere reports whether the file of a photo that is shown is here.
func shownHere(img *imagelib.Image) bool { return img.Files()[0].Here }

// photosOf counts the photos that files are of.
func (s *shell) photosOf(ds []app.Digest) int {
	photos := make(map[app.Digest]bool, len(ds))
	for _, d := range ds {
		if img, _, ok := s.snap.find(d); ok {
			d = img.Digest
		}
		photos[d] = true
	}
	return len(photos)
}

// photosIn counts the photos that files are of which may be deleted.
func (s *shell) photosIn(ds []app.Digest) int {
	photos := make(map[app.Digest]bool)
	var gone []app.Entry
	for _, d := range ds {
		if img, _, ok := s.snap.find(d); ok {
			photos[img.Digest] = true
		} else {
			e, _ := s.dev.Entry(d)
			e.Digest = d
			gone = append(gone, e)
		}
	}
	return len(photos) + len(s.snap.shots(gone))
}

func digestsOfEntries(entries []app.Entry) []app.Digest {
	out := make([]app.Digest, len(entries))
	for i, e := range entries {
		out[i] = e.Digest
	}
	return out
}
