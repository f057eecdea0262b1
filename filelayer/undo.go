package filelayer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// errSuperseded is why a file is left as it is by the undo of an action.
var errSuperseded = errors.New("a later action has changed it again, and counts: undo that one instead")

// An Undoing is what an undo did.
type Undoing struct {
	Action  Action
	Asked   bool // the device of the action was asked to, and does it when it hears of that
	Done    int  // files that are as they were before the action
	Changed int  // of those, what this undo has changed; the others were so already
	Left    int  // files that a later action has changed again, which counts; of Asked, as far as it is known here
	Held    int  // of Done: files whose deletion waited for a person here, so that their copies had not moved
	Failed  int  // files that could not be undone; undo again when the cause is gone
	Already bool // nothing was left to undo
}

// Undo takes back the action with the given ID, wherever it was done, and calls
// report, if not nil, for each file. What another device saved or unsaved, that
// device undoes: it is asked through the journal. Else the files change as if a
// person had done the opposite, and only those that the action has left as they
// are; a device is not asked when the records here tell that there are none: a delete is restored, an import or a restore is deleted, a save is
// unsaved as by Unsave, with its proofs and refusals, and an unsave is wished
// for again; what was edited is as before. That is an action of its own, which can be undone.
//
// It fails with [ErrNotFound] for an unknown action or one of more than 30 days,
// and with [ErrUndone] when that device was asked before. After an error, or a
// crash, it may be called again.
func (l *Layer) Undo(ctx context.Context, id string, report func(Digest, error)) (Undoing, error) {
	u, err := l.undoByID(ctx, id, report)
	if err != nil {
		return u, fmt.Errorf("undo %s: %w", id, err)
	}
	return u, nil
}

func (l *Layer) undoByID(ctx context.Context, id string, report func(Digest, error)) (Undoing, error) {
	if err := l.Ready(ctx); err != nil {
		return Undoing{}, err
	}
	head, err := l.action(id)
	if err != nil {
		return Undoing{}, err
	}
	l.journal.undoing.Lock()
	defer l.journal.undoing.Unlock()
	if head.onDevice() && head.device != l.opts.DeviceID {
		return l.askUndo(ctx, head, report)
	}
	t, err := l.undo(ctx, head, l.Unsave)
	if err != nil {
		return Undoing{}, err
	}
	u := Undoing{Already: head.Undone != nil && len(t.todo) == 0 && len(t.failed) == 0}
	for _, d := range t.todo {
		if t.failed[d] == nil {
			u.Changed++
			if t.held[d] {
				u.Held++
			}
		}
	}
	for _, f := range t.files {
		err := t.failed[f.Digest]
		u.count(err)
		if report != nil {
			report(f.Digest, err)
		}
	}
	if u.Failed == 0 {
		err = l.markUndone(ctx, head, &carried{At: toMillis(l.now()), Left: u.Left})
		if errors.Is(err, ErrNotFound) { // it is undone all the same
			err = nil
		}
	}
	head, _ = l.action(id)
	u.Action = l.exportAction(head)
	return u, err
}

func (u *Undoing) count(err error) {
	switch {
	case errors.Is(err, errSuperseded):
		u.Left++
	case err != nil:
		u.Failed++
	default:
		u.Done++
	}
}

// action finds the first document of an action.
func (l *Layer) action(id string) (journalEntry, error) {
	found := l.journal.entries(func(e journalEntry) bool {
		return e.Part == 0 && !l.expired(e) && strings.EqualFold(actionID(e.device, e.N), id)
	})
	switch len(found) {
	case 0:
		return journalEntry{}, fmt.Errorf("no action of the last 30 days has that number: %w", ErrNotFound)
	case 1:
		return found[0], nil
	}
	return journalEntry{}, fmt.Errorf("%w: two devices have an action of that number; undo it on the device itself", ErrInvalid)
}

// askUndo asks the device of an action, by a mark in the journal, to undo it, unless
// all of its files have changed again: then it reports them.
func (l *Layer) askUndo(ctx context.Context, head journalEntry, report func(Digest, error)) (Undoing, error) {
	name := l.deviceName(head.device)
	switch r, known := l.mirror.device(head.device); {
	case !known || r.Removed != nil:
		return Undoing{}, fmt.Errorf("%s: %w: it cannot be asked any more", name, ErrNotPaired)
	case head.Carried != nil:
		return Undoing{}, fmt.Errorf("%s has done that already, as far as it could: %w", name, ErrUndone)
	case head.Undone != nil:
		return Undoing{}, fmt.Errorf("%s was asked already, and does it when it hears of that: %w", name, ErrUndone)
	}
	left := l.superseded(ctx, head)
	if len(left) == head.Total {
		for _, d := range left {
			if report != nil {
				report(d, errSuperseded)
			}
		}
		return Undoing{Action: l.exportAction(head), Left: len(left)}, nil
	}
	if err := l.markUndone(ctx, head, nil); err != nil {
		return Undoing{}, err
	}
	head, err := l.action(actionID(head.device, head.N))
	return Undoing{Action: l.exportAction(head), Asked: true, Left: len(left)}, err
}

// superseded lists the files of an action of another device that it will leave alone,
// as far as what is known here tells.
func (l *Layer) superseded(ctx context.Context, head journalEntry) (left []Digest) {
	files, err := l.readAction(ctx, head)
	if err != nil { // that device has its list
		return nil
	}
	later, err := l.changedSince(ctx, head)
	if err != nil {
		later = nil
	}
	for _, f := range files {
		if _, err := l.toUndo(head, f, later); errors.Is(err, errSuperseded) {
			left = append(left, f.Digest)
		}
	}
	return left
}

// markUndone notes that an action is undone, and what came of that, or that its
// device is to undo it. It fails with [ErrNotFound] when the action is noted no more.
func (l *Layer) markUndone(ctx context.Context, head journalEntry, what *carried) error {
	mark := after(l.opts.DeviceID, l.now())
	err := l.putJournal(ctx, head.device, head.N, func(r journalRecord) (journalRecord, error) {
		if r.N != head.N { // its place was taken, or it was withdrawn
			return r, ErrNotFound
		}
		r.Undone, r.Carried = firstStamp(r.Undone, head.Undone), bestCarried(r.Carried, bestCarried(head.Carried, what))
		if r.Undone == nil {
			r.Undone = &mark
		}
		return r, nil
	})
	l.changed.Raise()
	return err
}

// targets are the files of an action that is undone.
type targets struct {
	files  []journalFile
	todo   []Digest
	failed map[Digest]error // also what a later action has changed
	held   map[Digest]bool  // deleted, and its copy here waited for a person
}

// undo does the opposite of an action, by unsave where its copies are to go.
func (l *Layer) undo(ctx context.Context, head journalEntry, unsave func(context.Context, Digest) error) (*targets, error) {
	files, err := l.readAction(ctx, head)
	if err != nil {
		return nil, err
	}
	t := &targets{files: files, failed: make(map[Digest]error), held: make(map[Digest]bool)}
	if edits(head.Kind) {
		return t, l.undoEdit(ctx, head, t)
	}
	later, err := l.changedSince(ctx, head)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		todo, err := l.toUndo(head, f, later)
		if todo && head.Kind == ActionDelete {
			err = l.bytesLeft(f.Digest)
		}
		switch {
		case err != nil:
			t.failed[f.Digest] = err
		case todo:
			t.todo = append(t.todo, f.Digest)
		}
	}
	if len(t.todo) == 0 {
		return t, nil
	}
	for _, e := range l.HeldDeletions() {
		t.held[e.Digest] = true
	}
	opposite := opposites[head.Kind]
	l.recorded(ctx, opposite, actionID(head.device, head.N), t.todo, func() { t.do(ctx, l, opposite, unsave) })
	return t, nil
}

// opposites are the kinds of action by which the others are undone.
var opposites = map[string]string{
	ActionDelete: ActionRestore, ActionRestore: ActionDelete, ActionImport: ActionDelete,
	ActionSave: ActionUnsave, ActionUnsave: ActionSave,
}

func (t *targets) do(ctx context.Context, l *Layer, kind string, unsave func(context.Context, Digest) error) {
	if kind == ActionUnsave {
		for _, d := range t.todo {
			err := ctx.Err()
			if err == nil {
				err = unsave(ctx, d)
			}
			if err != nil {
				t.failed[d] = err
			}
		}
		return
	}
	together := map[string]func(context.Context, ...Digest) error{
		ActionRestore: l.Restore, ActionDelete: l.Delete, ActionSave: l.Want,
	}[kind]
	if err := together(ctx, t.todo...); err != nil {
		for _, d := range t.todo {
			t.failed[d] = err
		}
	}
}

// toUndo says whether a file still is as an action has left it, or why it is to
// be left alone; neither when it is as it was before already. Of another device's
// copies it knows what the records tell.
func (l *Layer) toUndo(head journalEntry, f journalFile, later map[Digest]bool) (todo bool, err error) {
	r, _, known := l.mirror.file(f.Digest)
	if !known || r.Added.compare(f.Added) < 0 {
		return false, fmt.Errorf("its record has not come here yet: %w", ErrNotFound)
	}
	same := r.Added == f.Added
	on := l.opts.DeviceID
	if head.onDevice() {
		on = head.device
	}
	own := r.Devices.Of(on)
	_, here := l.mirror.copied(f.Digest)
	_, waits := l.whenSafe.get(f.Digest)
	switch head.Kind {
	case ActionDelete:
		todo = r.Deleted != nil
	case ActionImport, ActionRestore:
		todo = r.Deleted == nil
	case ActionSave:
		todo = r.Deleted == nil && (own.Saved || here && on == l.opts.DeviceID)
	case ActionUnsave:
		todo = r.Deleted != nil || !own.Saved || waits && on == l.opts.DeviceID
		same = same && r.Deleted == nil
	}
	if todo && (!same || later[f.Digest] || l.emptied.has(f.Digest, r.Deleted.exportPtr())) {
		return false, errSuperseded
	}
	return todo, nil
}

// changedSince lists the files that this device has saved or unsaved after an
// action of its own of that kind, but for earlier tries to undo it.
func (l *Layer) changedSince(ctx context.Context, head journalEntry) (map[Digest]bool, error) {
	later := make(map[Digest]bool)
	if !head.onDevice() {
		return later, nil
	}
	id := actionID(head.device, head.N)
	for _, e := range l.journal.entries(func(e journalEntry) bool {
		return e.Part == 0 && e.device == head.device && e.N > head.N && e.onDevice() && e.Undoes != id &&
			(e.At != head.At || e.Kind != head.Kind) // which is the same action, noted again
	}) {
		files, err := l.readAction(ctx, e)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			later[f.Digest] = true
		}
	}
	return later, nil
}

// carryOut undoes the actions of this device that another one has asked it to
// undo, each once. What would remove a copy waits for proofs.
func (l *Layer) carryOut(ctx context.Context) {
	l.journal.undoing.Lock()
	defer l.journal.undoing.Unlock()
	asked := l.journal.entries(func(e journalEntry) bool {
		return e.device == l.opts.DeviceID && e.Part == 0 && e.onDevice() && !l.expired(e) && e.Undone != nil && e.Carried == nil
	})
	for _, head := range slices.Backward(asked) {
		done, err := l.carried(ctx, head)
		if err == nil {
			err = l.markUndone(ctx, head, done)
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			l.log.WarnContext(ctx, "The undo of an action was not noted", "error", err)
		}
	}
}

// carried undoes an action of this device, and tells what came of it; it fails
// when ctx ends.
func (l *Layer) carried(ctx context.Context, head journalEntry) (*carried, error) {
	t, err := l.undo(ctx, head, func(ctx context.Context, d Digest) error {
		_, err := l.UnsaveWhenSafe(ctx, d)
		return err
	})
	done := &carried{At: toMillis(l.now())}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		done.Failed, done.Why = head.Total, []notUndone{{Error: shorten(err.Error())}}
		return done, nil
	}
	for _, f := range t.files {
		switch err := t.failed[f.Digest]; {
		case errors.Is(err, errSuperseded):
			done.Left++
		case err != nil:
			done.Failed++
			if len(done.Why) < journalWhys {
				done.Why = append(done.Why, notUndone{f.Digest, shorten(err.Error())})
			}
		}
	}
	return done, nil
}

// shorten makes a text of an error that a record may hold.
func shorten(text string) string {
	text = strings.ToValidUTF8(strings.Join(strings.Fields(text), " "), "_")
	if len(text) > journalWhy {
		text = strings.ToValidUTF8(text[:journalWhy], "")
	}
	return text
}
