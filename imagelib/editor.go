package imagelib

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/libpaul/paul/filelayer"
)

// editor lets the file layer note and undo what a person edits of images. It is a
// [filelayer.Editor].
type editor struct {
	l      *Library
	what   string                                 // is done to an image, for errors
	of     func(*Image) string                    // what an edit tells of an image as it is now
	edited func(raw, filelayer.Edit) (raw, error) // a document with an edit made, or [filelayer.ErrConflict]
}

// errUnreadable is of a document whose edits are not known.
var errUnreadable = errors.New("its document cannot be read")

// Edited implements [filelayer.Editor].
func (e editor) Edited(ds []Digest) []string {
	x := e.l.index
	x.mu.Lock()
	defer x.mu.Unlock()
	out := make([]string, len(ds))
	for i, d := range ds {
		if at, ok := x.find(d); ok {
			out[i] = e.of(x.all[at])
		}
	}
	return out
}

// Apply implements [filelayer.Editor].
func (e editor) Apply(ctx context.Context, edits []filelayer.Edit) []error {
	var errs []error
	for part := range slices.Chunk(edits, editBatch) {
		errs = append(errs, e.apply(ctx, part)...)
	}
	return errs
}

// apply writes the documents it can at once, and those that others write meanwhile
// one by one.
func (e editor) apply(ctx context.Context, edits []filelayer.Edit) []error {
	l := e.l
	l.writing.RLock()
	defer l.writing.RUnlock()
	errs := make([]error, len(edits))
	var docs []filelayer.Doc
	var at []int // of each document, in edits
	for i, edit := range edits {
		doc := filelayer.Doc{ID: edit.Digest.String()}
		var old raw
		if doc.Rev, errs[i] = l.db.Get(ctx, doc.ID, &old); errs[i] == nil {
			doc.Body, errs[i] = e.edited(old, edit)
		}
		if errs[i] == nil {
			docs, at = append(docs, doc), append(at, i)
		}
	}
	results, err := l.db.Bulk(ctx, docs)
	var took []filelayer.Doc
	for k, i := range at {
		switch {
		case err != nil:
			errs[i] = err
		case results[k] != nil:
			docs[k].Body, errs[i] = e.one(ctx, edits[i])
		}
		if errs[i] == nil {
			took = append(took, docs[k])
		}
	}
	l.took(took)
	for i, err := range errs {
		if err != nil {
			if errors.Is(err, filelayer.ErrNotFound) {
				err = errors.Join(ErrNotFound, err)
			}
			errs[i] = fmt.Errorf("%s %v: %w", e.what, edits[i].Digest, err)
		}
	}
	return errs
}

// one edits one document, whoever else writes it, and returns what it became.
func (e editor) one(ctx context.Context, edit filelayer.Edit) (body raw, err error) {
	err = e.l.db.Update(ctx, edit.Digest.String(), func(old raw) (raw, error) {
		if old == nil {
			return nil, ErrNotFound
		}
		body, err = e.edited(old, edit)
		return body, err
	})
	return body, err
}
