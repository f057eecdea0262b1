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

// editing makes of a document's body what it becomes.
type editing func(body raw) (raw, error)

// decide returns the editing that decides one field anew; see [setEdit].
func (l *Library) decide(field string, value any) editing {
	return func(body raw) (raw, error) { return setEdit(body, field, value, l.clock) }
}

func (l *Library) editImages(ctx context.Context, ds []Digest, field string, value any) error {
	return l.edit(ctx, ds, l.decide(field, value))
}

func (l *Library) edit(ctx context.Context, ds []Digest, change editing) (missing error) {
	for part := range slices.Chunk(ds, editBatch) {
		err := l.editBatch(ctx, part, change)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		missing = cmp.Or(missing, err)
	}
	return missing
}

// editBatch edits the documents it can at once, and those that others write
// meanwhile one by one. With [ErrNotFound] for one, the others are edited.
func (l *Library) editBatch(ctx context.Context, ds []Digest, change editing) error {
	l.writing.RLock()
	defer l.writing.RUnlock()
	docs, missing, err := l.edited(ctx, ds, change)
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
		if docs[i].Body, err = l.editOne(ctx, docs[i].ID, change); err != nil {
			return fmt.Errorf("edit %s: %w", docs[i].ID, err)
		}
	}
	l.took(docs)
	return missing
}

// edited returns the documents that an edit changes, as it makes them; missing
// says that there is no document of one.
func (l *Library) edited(ctx context.Context, ds []Digest, change editing) (docs []filelayer.Doc, missing, err error) {
	for _, d := range ds {
		var old raw
		rev, err := l.db.Get(ctx, d.String(), &old)
		if errors.Is(err, filelayer.ErrNotFound) {
			missing = cmp.Or(missing, fmt.Errorf("edit %v: %w", d, ErrNotFound))
			continue
		}
		var body raw
		if err == nil {
			body, err = change(old)
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
func (l *Library) editOne(ctx context.Context, id string, change editing) (body raw, err error) {
	err = l.db.Update(ctx, id, func(old raw) (raw, error) {
		if old == nil {
			return nil, ErrNotFound
		}
		body, err = change(old)
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
