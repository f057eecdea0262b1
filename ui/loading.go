package ui

import (
	"context"
	"errors"
	"image"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/thumbs"
)

// errNoHash is the failure of an image that has no placeholder.
var errNoHash = errors.New("no placeholder")

// loadThumb loads a thumbnail; it runs on a loader's goroutine.
func (s *shell) loadThumb(ctx context.Context, k thumbs.Key) (*image.RGBA, error) {
	return s.lib.Thumbnail(ctx, app.Digest(k.ID), k.Size)
}

// loadHash draws a placeholder; it runs on a loader's goroutine.
func (s *shell) loadHash(_ context.Context, k thumbs.Key) (*image.RGBA, error) {
	img, _, ok := s.lib.Snapshot().find(app.Digest(k.ID))
	if !ok {
		return nil, errNoHash
	}
	if p := s.lib.Placeholder(img); p != nil {
		return p, nil
	}
	return nil, errNoHash
}
