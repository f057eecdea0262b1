package ui

import (
	"context"
	"errors"
	"image"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/thumbs"
)

// Failures of an image that has no placeholder, or nothing that can be shown at once.
var (
	errNoHash    = errors.New("no placeholder")
	errNoInstant = errors.New("nothing to be had at once")
)

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

// loadInstant loads what can be had at once; it runs on a loader's goroutine.
func (s *shell) loadInstant(ctx context.Context, k thumbs.Key) (*image.RGBA, error) {
	if m := s.lib.Instant(ctx, app.Digest(k.ID), k.Size); m != nil {
		return m, nil
	}
	return nil, errNoInstant
}
