package filelayer

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Kinds of [Action].
const (
	ActionImport  = "import"
	ActionSave    = "save"
	ActionUnsave  = "unsave" // also forced, and when it is safe
	ActionDelete  = "delete"
	ActionRestore = "restore"
)

var actionKinds = []string{ActionImport, ActionSave, ActionUnsave, ActionDelete, ActionRestore}

// An Action is something that a person did to files, on any of the devices.
type Action struct {
	ID         string // to undo it by
	Device     string // where it was done
	DeviceName string
	Kind       string // ActionImport …
	At         time.Time
	Files      int
	Undoes     string     // ID of the action that this one took back; "" for none
	Undone     *Stamp     // where and when it was undone, or its device was asked to
	Waits      bool       // its device has not heard yet that it is to undo it
	Failed     int        // files that its device then could not undo
	Why        []FileFail // of the first of them
}

// A FileFail is why something was not done to a file.
type FileFail struct {
	Digest Digest
	Name   string
	Err    string
}

// Actions lists what can be undone, or has been, the latest first. It holds up
// to 1,000 actions of each device, and none older than 30 days.
func (l *Layer) Actions() []Action {
	heads := l.journal.entries(func(e journalEntry) bool { return e.Part == 0 && !l.expired(e) })
	out := make([]Action, len(heads))
	for i, e := range heads {
		out[i] = l.exportAction(e)
	}
	return out
}

func (l *Layer) exportAction(e journalEntry) Action {
	a := Action{
		ID: actionID(e.device, e.N), Device: e.device, DeviceName: l.deviceName(e.device),
		Kind: e.Kind, At: e.At.time(), Files: e.Total, Undoes: e.Undoes, Undone: e.Undone.exportPtr(),
		Waits: e.Undone != nil && e.Carried == nil && e.onDevice(),
	}
	if e.Carried != nil {
		a.Failed = e.Carried.Failed
		for _, w := range e.Carried.Why {
			f, _ := l.mirror.entry(w.Digest)
			a.Why = append(a.Why, FileFail{w.Digest, f.Name, w.Error})
		}
	}
	return a
}

// onDevice says whether only the device of the action can undo it.
func (r journalRecord) onDevice() bool { return r.Kind == ActionSave || r.Kind == ActionUnsave }

// Recorded calls do, in which a person's action of the given kind is done to
// files, and notes it so that it can be undone on any device: before do what it
// is about to change, so that a crash in the middle leaves nothing out, and of
// ActionRestore what do has changed. When the note cannot be written the action
// is done all the same, and cannot be undone as one.
func (l *Layer) Recorded(ctx context.Context, kind string, ds []Digest, do func()) {
	l.recorded(ctx, kind, "", ds, do)
}

func (l *Layer) recorded(ctx context.Context, kind, undoes string, ds []Digest, do func()) {
	files := l.meant(kind, ds)
	if kind != ActionRestore {
		l.tryNote(ctx, kind, undoes, files)
		do()
		return
	}
	do()
	restored := files[:0]
	for _, f := range files {
		if r, _, _ := l.mirror.file(f.Digest); r.Deleted == nil {
			restored = append(restored, journalFile{f.Digest, r.Added})
		}
	}
	l.tryNote(context.WithoutCancel(ctx), kind, undoes, restored)
}

// NoteImport notes that a person's import has added files.
func (l *Layer) NoteImport(ctx context.Context, added []Digest) {
	l.tryNote(context.WithoutCancel(ctx), ActionImport, "", l.meant(ActionImport, added))
}

// meant lists those of the files that an action changes, as they are now.
func (l *Layer) meant(kind string, ds []Digest) []journalFile {
	var out []journalFile
	for _, d := range ds {
		r, _, known := l.mirror.file(d)
		own := r.Devices[l.opts.DeviceID]
		_, here := l.mirror.copied(d)
		changes := r.Deleted == nil
		switch kind {
		case ActionRestore:
			changes = r.Deleted != nil
		case ActionSave:
			changes = changes && !own.Saved
		case ActionUnsave:
			changes = changes && (own.Saved || here)
		}
		if known && changes {
			out = append(out, journalFile{d, r.Added})
		}
	}
	return out
}

func (l *Layer) tryNote(ctx context.Context, kind, undoes string, files []journalFile) {
	if len(files) == 0 {
		return
	}
	if err := l.note(ctx, kind, undoes, files); err != nil {
		l.log.WarnContext(ctx, "An action was not noted, and cannot be undone as one", "kind", kind, "error", err)
	}
}

// note writes an action into the journal, its first document last, so that an
// action that shows is whole.
func (l *Layer) note(ctx context.Context, kind, undoes string, files []journalFile) error {
	if err := l.Ready(ctx); err != nil {
		return err
	}
	parts := slices.Collect(slices.Chunk(files, journalPart))
	if len(parts) > journalParts {
		return fmt.Errorf("%w: an action of more than %d files", ErrInvalid, journalParts*journalPart)
	}
	l.journal.noting.Lock()
	defer l.journal.noting.Unlock()
	self := l.opts.DeviceID
	first := l.journal.count(self) + 1
	at := toMillis(l.now())
	for i, part := range slices.Backward(parts) {
		r := journalRecord{
			N: first + int64(i), Kind: kind, At: at, Undoes: undoes,
			Part: i, Parts: len(parts), Total: len(files), Files: part,
		}
		if what := r.fault(); what != "" {
			return fmt.Errorf("%w: action: %s", ErrInvalid, what)
		}
		l.journal.take(self, r) // before another device can tell of it
		if err := l.putJournal(ctx, self, r.N, func(journalRecord) journalRecord { return r }); err != nil {
			return err
		}
	}
	l.changed.Raise()
	return nil
}

// putJournal changes the document of a device's n-th part.
func (l *Layer) putJournal(ctx context.Context, device string, n int64, change func(journalRecord) journalRecord) error {
	id := journalID(device, n)
	var written journalRecord
	err := l.actions.Update(ctx, id, func(body json.RawMessage) (json.RawMessage, error) {
		var r journalRecord
		if body != nil {
			_, r, _ = parseJournal(id, body) // what is none is replaced
		}
		written = change(r)
		return encode(written)
	})
	if err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	l.journal.take(device, written)
	return nil
}

// readAction reads the whole list of an action.
func (l *Layer) readAction(ctx context.Context, head journalEntry) ([]journalFile, error) {
	var files []journalFile
	for i := range head.Parts {
		id := journalID(head.device, head.N+int64(i))
		doc, err := l.actions.get(ctx, id)
		var r journalRecord
		if err == nil {
			_, r, err = parseJournal(id, doc.Body)
		}
		if err == nil && (r.N != head.N+int64(i) || r.Part != i || r.Kind != head.Kind || r.At != head.At) {
			err = ErrNotFound
		}
		if err != nil {
			return nil, fmt.Errorf("its list of photos is not whole here (%w): nothing was changed; try again on %s", err, l.deviceName(head.device))
		}
		files = append(files, r.Files...)
	}
	if len(files) != head.Total { // what a person was shown
		return nil, fmt.Errorf("%w: its list has %d photos, not %d: nothing was changed", ErrInvalid, len(files), head.Total)
	}
	return files, nil
}

// followJournal keeps what is known of the actions true.
func (l *Layer) followJournal(ctx context.Context, caughtUp func()) error {
	return l.actions.Follow(ctx, "", func(docs []Doc, _ string) error {
		for _, doc := range docs {
			if doc.Deleted {
				l.journal.drop(doc.ID)
				continue
			}
			device, r, err := parseJournal(doc.ID, doc.Body)
			if err != nil {
				l.log.WarnContext(ctx, "Action is passed over", "error", err)
				continue
			}
			l.journal.take(device, r)
		}
		if len(docs) == 0 {
			caughtUp()
		}
		l.changed.Raise()
		return nil
	})
}

// journalLoop undoes what other devices have asked for, and drops what is too
// old, until ctx ends.
func (l *Layer) journalLoop(ctx context.Context) error {
	tick := time.NewTicker(journalEvery)
	defer tick.Stop()
	for {
		if err := l.purgeJournal(ctx); err != nil && ctx.Err() == nil {
			l.log.WarnContext(ctx, "Old actions were not dropped", "error", err)
		}
		for woken := true; woken; {
			l.carryOut(ctx)
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
				woken = false
			case <-l.journal.wake:
			}
		}
	}
}

// purgeJournal deletes the documents of actions that can no longer be undone.
func (l *Layer) purgeJournal(ctx context.Context) error {
	for chunk := range slices.Chunk(l.purgeable(), amendBatch) {
		var docs []Doc
		for _, e := range chunk {
			doc, err := l.actions.get(ctx, journalID(e.device, e.N))
			if err != nil {
				return err
			}
			if _, r, err := parseJournal(doc.ID, doc.Body); err == nil && r.N == e.N {
				docs = append(docs, Doc{ID: doc.ID, Rev: doc.Rev, Deleted: true})
			}
		}
		if _, err := l.actions.Bulk(ctx, docs); err != nil { // one that was changed meanwhile stays
			return err
		}
	}
	return nil
}
