package ui

import (
	"context"
	"image"
	"slices"
	"sync"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/internal/sample"
)

func (f *fake) Snapshot() snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	images, albums := f.images, f.albums
	return snapshot{
		images:    images,
		onThisDay: (&imagelib.Snapshot{Images: images}).OnThisDay,
		bursts:    (&imagelib.Snapshot{Images: images}).Bursts,
		facets:    (&imagelib.Snapshot{Images: images}).Facets,
		tags:      func() []imagelib.Tag { return (&imagelib.Snapshot{Images: images}).Tags() },
		find: func(d app.Digest) (*imagelib.Image, int, bool) {
			for i, img := range images {
				if slices.ContainsFunc(img.Files(), func(f *imagelib.Image) bool { return f.Digest == d }) {
					return img, i, true
				}
			}
			return nil, 0, false
		},
		shots: func(files []app.Entry) [][]app.Entry {
			if f.shots != nil {
				return f.shots(files)
			}
			return slices.Collect(slices.Chunk(files, 1))
		},
		alike: func() [][]int {
			f.mu.Lock()
			defer f.mu.Unlock()
			var out [][]int
			for _, ds := range f.alike {
				var group []int
				for i, img := range images {
					if slices.Contains(ds, img.Digest) {
						group = append(group, i)
					}
				}
				if len(group) > 1 {
					out = append(out, group)
				}
			}
			return out
		},
		filter: func(q imagelib.Query) []int {
			var smart imagelib.Query
			if i := slices.IndexFunc(albums, func(a imagelib.Album) bool { return a.ID == q.Album && a.Query != nil }); i >= 0 {
				smart, q.Album = *albums[i].Query, ""
			}
			s := &imagelib.Snapshot{Images: images}
			also := s.Filter(smart)
			return slices.DeleteFunc(s.Filter(q), func(i int) bool { return !slices.Contains(also, i) })
		},
	}
}

func (f *fake) KeptDuplicates() [][]app.Digest {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.kept
}

func (f *fake) KeepDuplicates(group []app.Digest, kept bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("keep %t %s", kept, numbers(group))
	groups := slices.DeleteFunc(slices.Clone(f.kept), func(g []app.Digest) bool { return slices.Equal(g, group) })
	if kept {
		groups = append(groups, group)
	}
	f.kept = groups
	return nil
}

func (f *fake) ThumbnailAs(_ context.Context, d app.Digest, g app.Geometry, size int) (*image.RGBA, error) {
	if f.noThumbs && f.absent[d] {
		return nil, imagelib.ErrNotHere
	}
	return g.Apply(picture(number(d), size)), nil
}

func (f *fake) Placeholder(img *imagelib.Image) *image.RGBA {
	return img.Geometry().Apply(picture(number(img.Digest), 16))
}

// InstantAs has something at once when instant says so.
func (f *fake) InstantAs(_ context.Context, d app.Digest, g app.Geometry, size int) *image.RGBA {
	if !f.instant {
		return nil
	}
	return g.Apply(picture(number(d), size/4))
}

func (f *fake) PixelsAs(_ context.Context, d app.Digest, g app.Geometry, side int) (image.Image, error) {
	if side == 0 {
		side = 4000
	}
	return g.Apply(picture(number(d), min(side, 640))), nil
}

func (f *fake) Rotate(_ context.Context, ds []app.Digest, quarters int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("rotate %d %s", quarters, numbers(ds))
	f.update(ds, func(img *imagelib.Image) {
		img.More = &imagelib.More{Geometry: img.Geometry().Turned(quarters)}
		if quarters&1 == 1 {
			img.Width, img.Height = img.Height, img.Width
		}
	})
	return nil
}

func (f *fake) SetFavourite(_ context.Context, ds []app.Digest, on bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("favourite %v %s", on, numbers(ds))
	f.update(ds, func(img *imagelib.Image) { img.Favourite = on })
	return nil
}

func (f *fake) SetCaption(_ context.Context, ds []app.Digest, text string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("caption %s %s", numbers(ds), text)
	f.update(ds, func(img *imagelib.Image) { img.Caption = text })
	return nil
}

func (f *fake) CorrectDates(_ context.Context, ds []app.Digest, c app.DateChange) (done app.Correction, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("dates %s", numbers(ds))
	f.dated = f.images
	f.update(ds, func(img *imagelib.Image) {
		old := img.Date
		if img.Date, err = c.Of(img); err == nil {
			img.More = &imagelib.More{FileDate: old}
		}
	})
	return app.Correction{ID: "dates", Changed: len(ds)}, err
}

func (f *fake) Albums() []imagelib.Album {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.albums)
}

func (f *fake) CreateAlbum(_ context.Context, name string) (imagelib.Album, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := imagelib.Album{ID: "new", Name: name}
	f.albums = append(f.albums, a)
	return a, nil
}

func (f *fake) CreateSmartAlbum(_ context.Context, name string, q imagelib.Query) (imagelib.Album, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("smart album %s: %s", name, q.Text)
	a := imagelib.Album{ID: "smart", Name: name, Query: &q}
	f.albums = append(slices.Clone(f.albums), a)
	return a, nil
}

func (f *fake) SetQuery(_ context.Context, id string, q imagelib.Query) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("query %s: %s", id, q.Text)
	f.albums = slices.Clone(f.albums)
	for i := range f.albums {
		if f.albums[i].ID == id {
			f.albums[i].Query = &q
		}
	}
	return nil
}

func (f *fake) RenameAlbum(_ context.Context, id, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("rename %s %s", id, name)
	return nil
}

func (f *fake) DeleteAlbum(_ context.Context, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("delete album %s", id)
	return nil
}

func (f *fake) RestoreAlbum(_ context.Context, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("restore album %s", id)
	return nil
}

func (f *fake) SetCover(_ context.Context, id string, d app.Digest) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("cover %s %t %d", id, d != app.Digest{}, number(d))
	return nil
}

func (f *fake) AddToAlbum(_ context.Context, id string, ds []app.Digest) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("to album %s %s", id, numbers(ds))
	f.update(ds, func(img *imagelib.Image) { img.Albums = append(slices.Clone(img.Albums), id) })
	return nil
}

func (f *fake) RemoveFromAlbum(_ context.Context, id string, ds []app.Digest) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("from album %s %s", id, numbers(ds))
	f.update(ds, func(img *imagelib.Image) {
		img.Albums = slices.DeleteFunc(slices.Clone(img.Albums), func(a string) bool { return a == id })
	})
	return nil
}

// aspects are the shapes of the made-up photos, width through height.
var aspects = []float32{1.5, 1.333, 0.75, 1.5, 0.667, 1.778, 1, 1.5}

func shape(n int) float32 { return aspects[(n*7+n/5)%len(aspects)] }

// pictures are those that were drawn already.
var pictures sync.Map

// picture draws photo n so that its longer side has size pixels.
func picture(n, size int) *image.RGBA {
	w, h := float32(size), float32(size)
	if a := shape(n); a >= 1 {
		h /= a
	} else {
		w *= a
	}
	key := [2]int{n, size}
	if img, ok := pictures.Load(key); ok {
		return img.(*image.RGBA)
	}
	img := sample.Scene(uint64(n), max(int(w), 1), max(int(h), 1))
	pictures.Store(key, img)
	return img
}

// imageRecord is short for the library's record.
type imageRecord = imagelib.Image
