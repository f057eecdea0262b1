package filelayer

import (
	"context"
	"errors"
	"fmt"
)

// An Edit of a file changes something that another package keeps of it. What was
// there and what is there now are texts of that package, which are different, of 128
// bytes at most, on one line; "" is that nobody has edited it.
type Edit struct {
	Digest      Digest
	Was, Became string
}

// maxEdit bounds the texts of an Edit, in bytes.
const maxEdit = 128

// An Editor is the package that keeps what an [Edit] changes.
type Editor interface {
	// Edited returns what is there of each file now.
	Edited(ds []Digest) []string

	// Apply makes edits, each only while Was is what is there, and returns an error
	// or nil for each: [ErrConflict] where it is not.
	Apply(ctx context.Context, edits []Edit) []error
}

// edits says whether actions of a kind are edits.
func edits(kind string) bool { return kind == ActionDate || kind == ActionGeometry }

// SetEditor says who keeps what actions of a kind edit: [ActionDate] or
// [ActionGeometry]. It must be called before Run.
func (l *Layer) SetEditor(kind string, e Editor) {
	if l.editors == nil {
		l.editors = make(map[string]Editor)
	}
	l.editors[kind] = e
}

// Edit makes edits of different files, and notes that as one action of the given
// kind, so that it can be undone on any device; id is what it is undone by, and "" where
// nothing was changed or it could not be noted. There is an error or nil for each
// edit, as of [Editor.Apply].
func (l *Layer) Edit(ctx context.Context, kind string, list []Edit) (id string, errs []error) {
	return l.edit(ctx, kind, "", list)
}

func (l *Layer) edit(ctx context.Context, kind, undoes string, list []Edit) (id string, errs []error) {
	files, at := make([]journalFile, len(list)), toMillis(l.now())
	known := files[:0]
	for i, e := range list {
		r, _, ok := l.mirror.file(e.Digest)
		files[i] = journalFile{Digest: e.Digest, Added: r.Added, Was: e.Was, Became: e.Became}
		if ok && files[i].fault(kind) == "" {
			known = append(known, files[i])
		}
	}
	first, noted := l.tryNote(ctx, kind, undoes, at, known)
	errs = l.editors[kind].Apply(ctx, list)
	failed := make(map[Digest]bool)
	for i, err := range errs {
		failed[list[i].Digest] = failed[list[i].Digest] || err != nil
	}
	if !noted {
		return "", errs
	}
	var done []journalFile
	for _, f := range known {
		if !failed[f.Digest] {
			done = append(done, f)
		}
	}
	first = l.narrow(context.WithoutCancel(ctx), first, journalRecord{Kind: kind, At: at, Undoes: undoes}, known, done)
	if first > 0 && len(done) > 0 {
		id = actionID(l.opts.DeviceID, first)
	}
	return id, errs
}

// undoEdit puts back what was there before an action edited the files of t, where
// its edit is what is there still.
func (l *Layer) undoEdit(ctx context.Context, head journalEntry, t *targets) error {
	editor := l.editors[head.Kind]
	if editor == nil {
		return fmt.Errorf("%w: nothing here can undo %q", ErrInvalid, head.Kind)
	}
	ds := make([]Digest, len(t.files))
	for i, f := range t.files {
		ds[i] = f.Digest
	}
	var back []Edit
	for i, now := range editor.Edited(ds) {
		switch f := t.files[i]; now {
		case f.Was:
		case f.Became:
			back = append(back, Edit{f.Digest, f.Became, f.Was})
			t.todo = append(t.todo, f.Digest)
		default:
			t.failed[f.Digest] = errSuperseded
		}
	}
	if len(back) == 0 {
		if len(t.failed) == 0 && head.Undone == nil && head.device != l.opts.DeviceID {
			for _, d := range ds { // what it edited comes by another way than the journal
				t.failed[d] = fmt.Errorf("what was edited has not come here yet, or is as it was before: %w", ErrNotFound)
			}
		}
		return nil
	}
	_, errs := l.edit(ctx, head.Kind, actionID(head.device, head.N), back)
	for i, err := range errs {
		if errors.Is(err, ErrConflict) {
			err = errSuperseded
		}
		if err != nil {
			t.failed[back[i].Digest] = err
		}
	}
	return nil
}
