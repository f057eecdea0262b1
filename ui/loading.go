package ui

import (
	"context"
	"errors"
	"image"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/thumbs"
)

// Failures of an image that has no placeholder, or nothing that can be shown at once.
var (
	errNoHash    = errors.New("no placeholder")
	errNoInstant = errors.New("nothing to be had at once")
)

// thumbKey names the picture of a photo at a size; 0 is its placeholder.
func thumbKey(img *imagelib.Image, size int) thumbs.Key {
	return thumbs.Key{ID: thumbs.ID(img.Digest), Size: size, Edit: img.Geometry().String()}
}

// loadThumb loads a thumbnail; it runs on a loader's goroutine.
func (s *shell) loadThumb(ctx context.Context, k thumbs.Key) (*image.RGBA, error) {
	g, _ := imagelib.ParseGeometry(k.Edit)
	return s.lib.ThumbnailAs(ctx, app.Digest(k.ID), g, k.Size)
}

// loadHash draws a placeholder; it runs on a loader's goroutine.
func (s *shell) loadHash(_ context.Context, k thumbs.Key) (*image.RGBA, error) {
	img, _, ok := s.lib.Snapshot().find(app.Digest(k.ID))
	if !ok || thumbKey(img, 0) != k { // it has just been edited
		return nil, errNoHash
	}
	if p := s.lib.Placeholder(img); p != nil {
		return p, nil
	}
	return nil, errNoHash
}

// loadInstant loads what can be had at once; it runs on a loader's goroutine.
func (s *shell) loadInstant(ctx context.Context, k thumbs.Key) (*image.RGBA, error) {
	g, _ := imagelib.ParseGeometry(k.Edit)
	if m := s.lib.InstantAs(ctx, app.Digest(k.ID), g, k.Size); m != nil {
		return m, nil
	}
	return nil, errNoInstant
}
