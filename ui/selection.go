package ui

import (
	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
)

// sel is a number of photos that something is to be done with.
type sel struct {
	images     []*imagelib.Image
	here, away int
	favourites int
	trash      bool
	albumID    string // the album whose page they are on
}

func makeSel(images []*imagelib.Image) sel {
	x := sel{images: images}
	for _, img := range images {
		if img.Here {
			x.here++
		} else {
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
	x.trash, x.albumID = g.trash, g.query.Album
	return x
}

// digests are the names of the photos.
func (x sel) digests() []app.Digest {
	out := make([]app.Digest, len(x.images))
	for i, img := range x.images {
		out[i] = img.Digest
	}
	return out
}

// where returns the photos that are here, or those that are not.
func (x sel) where(here bool) []app.Digest {
	var out []app.Digest
	for _, img := range x.images {
		if img.Here == here {
			out = append(out, img.Digest)
		}
	}
	return out
}

func digestsOfEntries(entries []app.Entry) []app.Digest {
	out := make([]app.Digest, len(entries))
	for i, e := range entries {
		out[i] = e.Digest
	}
	return out
}
