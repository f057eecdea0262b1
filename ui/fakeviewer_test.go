package ui

import (
	"context"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
)

func (f *fake) SetGeometry(_ context.Context, ds []app.Digest, g app.Geometry) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("geometry %s %s", numbers(ds), g)
	f.update(ds, func(img *imagelib.Image) {
		img.More = &imagelib.More{Geometry: g}
		a := shape(number(img.Digest))
		img.Width, img.Height = g.Size(int(4000*min(a, 1)), int(4000/max(a, 1)))
	})
	return nil
}

func (f *fake) SetRating(_ context.Context, ds []app.Digest, rating int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("rating %s %d", numbers(ds), rating)
	f.update(ds, func(img *imagelib.Image) { img.Rating = uint8(rating) })
	return nil
}

// The fake is the desktop too.

func (f *fake) open(_ context.Context, path string) error   { return f.onDesk("open", path) }
func (f *fake) reveal(_ context.Context, path string) error { return f.onDesk("reveal", path) }

func (f *fake) copyPicture(_ context.Context, png []byte) error {
	return f.onDesk("copy", string(png[1:4]))
}

func (f *fake) onDesk(what, of string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("desk %s %s", what, of)
	return f.deskErr
}

// tagged has tags on some photos.
func tagged(f *fake) {
	f.update([]app.Digest{digest(4)}, func(img *imagelib.Image) {
		img.Tags, img.Rating = []string{"mountains", "Anna and Ben", "summer holidays", "hut"}, 4
	})
	for i, tag := range []string{"animals", "autumn", "at sea"} {
		f.update([]app.Digest{digest(10 + i)}, func(img *imagelib.Image) { img.Tags = []string{tag} })
	}
}

// stripFilled tells whether every photo of the film strip has its picture.
func (r *rig) stripFilled() bool {
	for _, fr := range r.view.strip.frames {
		if fr.img.Image == nil || fr.img.Image.Bounds().Dx() < 64 {
			return false
		}
	}
	return len(r.view.strip.frames) > 5
}

// bothShown tells whether both photos that are compared have come.
func (r *rig) bothShown() bool {
	for _, s := range r.view.duo.sides {
		if r.view.near[thumbKey(s.img, 0)] == nil {
			return false
		}
	}
	return true
}
