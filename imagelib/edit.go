package imagelib

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/libpaul/paul/filelayer"
)

// editBatch is how many documents are written at once.
const editBatch = 200

// SetFavourite marks images as favourites, or no longer. Like all edits it is
// on disk when it returns, and reaches the other devices by itself. An image
// the library does not have is [ErrNotFound]; all others are edited.
func (l *Library) SetFavourite(ctx context.Context, ds []Digest, favourite bool) error {
	return l.editImages(ctx, ds, fieldFavourite, favourite)
}

// SetCaption writes under images; an empty caption removes it.
func (l *Library) SetCaption(ctx context.Context, ds []Digest, caption string) error {
	return l.editImages(ctx, ds, fieldCaption, cut(strings.TrimSpace(caption)))
}

// SetRating gives images 1 to 5 stars, or none with 0.
func (l *Library) SetRating(ctx context.Context, ds []Digest, rating int) error {
	return l.editImages(ctx, ds, fieldRating, clampRating(rating))
}

// SetTags replaces the tags of images.
func (l *Library) SetTags(ctx context.Context, ds []Digest, tags []string) error {
	list := []string{} // [] in JSON, where nil were null
	for _, t := range tags {
		if t = cut(strings.TrimSpace(t)); t != "" && !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	return l.editImages(ctx, ds, fieldTags, list)
}

func (l *Library) editImages(ctx context.Context, ds []Digest, field string, value any) (missing error) {
	for part := range slices.Chunk(ds, editBatch) {
		err := l.editBatch(ctx, part, field, value)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		missing = cmp.Or(missing, err)
	}
	return missing
}

// editBatch edits the documents it can at once, and those that others write
// meanwhile one by one. With [ErrNotFound] for one, the others are edited.
func (l *Library) editBatch(ctx context.Context, ds []Digest, field string, value any) error {
	l.writing.RLock()
	defer l.writing.RUnlock()
	docs, missing, err := l.edited(ctx, ds, field, value)
	if err != nil {
		return err
	}
	errs, err := l.db.Bulk(ctx, docs)
	if err != nil {
		return fmt.Errorf("edit images: %w", err)
	}
	for i, err := range errs {
		if err == nil {
			continue
		}
		if docs[i].Body, err = l.editOne(ctx, docs[i].ID, field, value); err != nil {
			return fmt.Errorf("edit %s: %w", docs[i].ID, err)
		}
	}
	l.took(docs)
	return missing
}

// edited returns the documents that an edit changes, as it makes them; missing
// says that there is no document of one.
func (l *Library) edited(ctx context.Context, ds []Digest, field string, value any) (docs []filelayer.Doc, missing, err error) {
	for _, d := range ds {
		var old raw
		rev, err := l.db.Get(ctx, d.String(), &old)
		if errors.Is(err, filelayer.ErrNotFound) {
			missing = cmp.Or(missing, fmt.Errorf("edit %v: %w", d, ErrNotFound))
			continue
		}
		var body raw
		if err == nil {
			body, err = setEdit(old, field, value, l.clock)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("edit %v: %w", d, err)
		}
		if !bytes.Equal(body, old) {
			docs = append(docs, filelayer.Doc{ID: d.String(), Rev: rev, Body: body})
		}
	}
	return docs, missing, nil
}

// editOne edits one document, whoever else does, and returns what it became.
func (l *Library) editOne(ctx context.Context, id, field string, value any) (body raw, err error) {
	err = l.db.Update(ctx, id, func(old raw) (raw, error) {
		if old == nil {
			return nil, ErrNotFound
		}
		body, err = setEdit(old, field, value, l.clock)
		return body, err
	})
	return body, err
}

// took shows documents at once that were just written. They come again from
// the database.
func (l *Library) took(docs []filelayer.Doc) {
	if l.index.apply(docs, "") {
		l.changed.Raise()
	}
}
