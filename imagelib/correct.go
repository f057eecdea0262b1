package imagelib

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/meta"
)

// Correction is what a correction of dates has done.
type Correction struct {
	ID      string // to undo it by, as an action of the file layer; "" when it changed nothing or could not be noted
	Changed int    // images with another date now
	Same    int    // images that had that date already
}

// CorrectDates corrects the dates of images, each as c says of it. The files stay
// as they are: a correction is an edit of the image, on all devices. It is noted as one
// action, [filelayer.ActionDate], whose undo puts back exactly what each image had
// before, but not where it was corrected again since.
//
// With [ErrBadDate] or [ErrNotFound] for one of the images nothing was changed. Where
// somebody corrects one meanwhile it is left to them, and the error says so.
func (l *Library) CorrectDates(ctx context.Context, ds []Digest, c DateChange) (Correction, error) {
	dates, err := l.index.newDates(ds, c)
	if err != nil {
		return Correction{}, err
	}
	var done Correction
	var edits []filelayer.Edit
	for _, d := range dates {
		edit := filelayer.Edit{Digest: d.Image.Digest, Was: correctedDate(d.Image.Date), Became: correctedDate(d.Date)}
		if edit.Was == edit.Became {
			done.Same++
		} else {
			edits = append(edits, edit)
		}
	}
	if len(edits) == 0 {
		return done, nil
	}
	id, errs := l.files.Edit(ctx, filelayer.ActionDate, edits)
	done.ID = id
	for i, e := range errs {
		switch {
		case e == nil:
			done.Changed++
		case errors.Is(e, filelayer.ErrConflict):
			err = errors.Join(err, fmt.Errorf("%v: its date was corrected by somebody else meanwhile; that was kept", edits[i].Digest))
		default:
			err = errors.Join(err, e)
		}
	}
	return done, err
}

// NewDate is the date that an image would get.
type NewDate struct {
	Image *Image // as it is now
	Date  Date
}

// PreviewDates tells what [Library.CorrectDates] would do, each image once, with the
// same errors.
func (l *Library) PreviewDates(ds []Digest, c DateChange) ([]NewDate, error) {
	return l.index.newDates(ds, c)
}

func (x *index) newDates(ds []Digest, c DateChange) ([]NewDate, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	seen := make(map[Digest]bool, len(ds))
	list := make([]NewDate, 0, len(ds))
	for _, d := range ds {
		i, ok := x.find(d)
		if !ok {
			return nil, fmt.Errorf("correct the date of %v: %w", d, ErrNotFound)
		}
		if seen[d] {
			continue
		}
		seen[d] = true
		date, err := c.Of(x.all[i])
		if err != nil {
			return nil, err
		}
		list = append(list, NewDate{x.all[i], date})
	}
	return list, nil
}

// correctedDate is how an edit tells a date: "" for one that is the file's own.
func correctedDate(d Date) string {
	if d.Source != meta.SourcePerson {
		return ""
	}
	return d.Precise()
}

// dateEditor lets the file layer note and undo corrections.
func (l *Library) dateEditor() editor {
	return editor{l: l, what: "correct the date of", of: func(img *Image) string { return correctedDate(img.Date) }, edited: l.dated}
}

// dated returns the body of a document with an edit made, [filelayer.ErrConflict]
// where it says another date than the edit knows.
func (l *Library) dated(old raw, edit filelayer.Edit) (raw, error) {
	var doc document
	if !readBody(old, &doc) {
		return nil, errUnreadable
	}
	var text string
	readEdit(doc.Edits[fieldDate], &text)
	was, _ := meta.ParseDate(text, meta.SourcePerson) // the zero date where that is none
	if was.Precise() != edit.Was {
		return nil, filelayer.ErrConflict
	}
	if edit.Became == "" {
		return setEdit(old, fieldDate, json.RawMessage("null"), l.clock)
	}
	return setEdit(old, fieldDate, edit.Became, l.clock)
}
