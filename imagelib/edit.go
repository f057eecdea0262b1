package imagelib

import "context"

// SetFavourite marks images as favourites, or no longer.
func (l *Library) SetFavourite(ctx context.Context, ds []Digest, favourite bool) error { return nil }

// SetCaption writes under images; an empty caption removes it.
func (l *Library) SetCaption(ctx context.Context, ds []Digest, caption string) error { return nil }

// SetRating gives images 1 to 5 stars, or none with 0.
func (l *Library) SetRating(ctx context.Context, ds []Digest, rating int) error { return nil }

// SetTags replaces the tags of images.
func (l *Library) SetTags(ctx context.Context, ds []Digest, tags []string) error { return nil }

// Albums returns all albums by name.
func (l *Library) Albums() []Album { return nil }

// CreateAlbum makes an empty album.
func (l *Library) CreateAlbum(ctx context.Context, name string) (Album, error) { return Album{}, nil }

// RenameAlbum gives an album another name.
func (l *Library) RenameAlbum(ctx context.Context, id, name string) error { return nil }

// DeleteAlbum removes an album, and no image.
func (l *Library) DeleteAlbum(ctx context.Context, id string) error { return nil }

// AddToAlbum puts images into an album.
func (l *Library) AddToAlbum(ctx context.Context, id string, ds []Digest) error { return nil }

// RemoveFromAlbum takes images out of an album. They stay in the library.
func (l *Library) RemoveFromAlbum(ctx context.Context, id string, ds []Digest) error { return nil }
