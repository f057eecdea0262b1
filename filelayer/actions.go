package filelayer

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Kinds of [Action].
const (
	ActionImport   = "import"
	ActionSave     = "save"
	ActionUnsave   = "unsave" // also forced, and when it is safe
	ActionDelete   = "delete"
	ActionRestore  = "restore"
	ActionDate     = "date"     // dates of photos were corrected; see [Layer.Edit]
	ActionGeometry = "geometry" // photos were turned or cut; see [Layer.Edit]
)

var actionKinds = []string{ActionImport, ActionSave, ActionUnsave, ActionDelete, ActionRestore, ActionDate, ActionGeometry}

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
	UndoneOn   string     // name of the device where
	Waits      bool       // its device has not heard yet that it is to undo it
	Left       int        // files that were left as they are then, since a later action had changed them again
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
// to 1,000 actions of each device, and none older than 30 days. Of pictures that were
// turned or cut it holds the last 200, and more while there is room.
func (l *Layer) Actions() []Action {
	heads := l.journal.entries(func(e journalEntry) bool { return e.Part == 0 && !l.expired(e) })
	out := make([]Action, len(heads))
	for i, e := range heads {
		out[i] = l.exportAction(e)
	}
	return out
}

// ActionFiles lists the files of an action, as its whole list is here.
func (l *Layer) ActionFiles(ctx context.Context, id string) ([]Digest, error) {
	head, err := l.action(id)
	if err != nil {
		return nil, err
	}
	files, err := l.readAction(ctx, head)
	ds := make([]Digest, len(files))
	for i, f := range files {
		ds[i] = f.Digest
	}
	return ds, err
}

func (l *Layer) exportAction(e journalEntry) Action {
	a := Action{
		ID: actionID(e.device, e.N), Device: e.device, DeviceName: l.deviceName(e.device),
		Kind: e.Kind, At: e.At.time(), Files: e.Total, Undoes: e.Undoes, Undone: e.Undone.exportPtr(),
		Waits: e.Undone != nil && e.Carried == nil && e.onDevice(),
	}
	if e.Undone != nil {
		a.UndoneOn = l.deviceName(e.Undone.By)
	}
	if e.Carried != nil {
		a.Failed, a.Left = e.Carried.Failed, e.Carried.Left
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
// files, and notes it so that it can be undone on any device: what it is about to
// change before do, so that a crash in the middle leaves nothing out, and after it
// only what do has changed. An action that has changed nothing is not noted. When the
// note cannot be written the action is done all the same, and cannot be undone as one.
func (l *Layer) Recorded(ctx context.Context, kind string, ds []Digest, do func()) {
	l.recorded(ctx, kind, "", ds, do)
}

func (l *Layer) recorded(ctx context.Context, kind, undoes string, ds []Digest, do func()) {
	files := l.meant(kind, ds)
	if kind == ActionRestore {
		u := l.newUnderway(kind, undoes)
		u.add(ctx, files)
		do()
		u.end(ctx)
		return
	}
	before, at := l.waitingOf(files), toMillis(l.now())
	first, noted := l.tryNote(ctx, kind, undoes, at, files)
	do()
	if noted {
		l.narrow(context.WithoutCancel(ctx), first, journalRecord{Kind: kind, At: at, Undoes: undoes}, files, l.done(kind, ds, files, before))
	}
}

// done lists those of the files that an action has changed; waiting are those whose
// removal waited before.
func (l *Layer) done(kind string, ds []Digest, files []journalFile, waiting map[Digest]bool) []journalFile {
	unchanged := make(map[journalFile]bool, len(files))
	for _, f := range l.meant(kind, ds) {
		unchanged[f] = true
	}
	waits := l.waitingOf(files)
	return slices.DeleteFunc(slices.Clone(files), func(f journalFile) bool {
		return unchanged[f] && waits[f.Digest] == waiting[f.Digest]
	})
}

// narrow lets an action that is noted with files be one of those that it has changed:
// a note of them takes the place of the first, unless another device has asked to
// undo that, which answers for each file. It returns the count of the note that
// stands, 0 when there is none.
func (l *Layer) narrow(ctx context.Context, first int64, r journalRecord, files, done []journalFile) (stands int64) {
	if len(done) == len(files) {
		return first
	}
	instead, noted := l.tryNote(ctx, r.Kind, r.Undoes, r.At, done)
	if len(done) > 0 && !noted {
		return first
	}
	gone, err := l.withdraw(ctx, first)
	if noted && err == nil && !gone {
		_, err = l.withdraw(ctx, instead)
		instead = first
	}
	if err != nil {
		l.log.WarnContext(ctx, "An action stays noted with what it has not changed", "kind", r.Kind, "error", err)
	}
	return instead
}

// waitingOf tells which of the files wait to be removed.
func (l *Layer) waitingOf(files []journalFile) map[Digest]bool {
	out := make(map[Digest]bool)
	for _, f := range files {
		if _, waits := l.whenSafe.get(f.Digest); waits {
			out[f.Digest] = true
		}
	}
	return out
}

// meant lists those of the files that an action changes, as they are now.
func (l *Layer) meant(kind string, ds []Digest) []journalFile {
	var out []journalFile
	for _, d := range ds {
		r, _, known := l.mirror.file(d)
		own := r.Devices.Of(l.opts.DeviceID)
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
			out = append(out, journalFile{Digest: d, Added: r.Added})
		}
	}
	return out
}

// tryNote notes an action, and returns the count of its first document.
func (l *Layer) tryNote(ctx context.Context, kind, undoes string, at millis, files []journalFile) (first int64, noted bool) {
	if len(files) == 0 {
		return 0, false
	}
	first, err := l.note(ctx, kind, undoes, at, files)
	if err != nil {
		l.log.WarnContext(ctx, notNoted, "kind", kind, "error", err)
	}
	return first, err == nil
}

const notNoted = "An action was not noted, and cannot be undone as one"

// note writes an action into the journal, its first document last, so that an
// action that shows is whole. It returns the count of that document.
func (l *Layer) note(ctx context.Context, kind, undoes string, at millis, files []journalFile) (first int64, err error) {
	if err := l.Ready(ctx); err != nil {
		return 0, err
	}
	parts := slices.Collect(slices.Chunk(files, journalPart))
	if len(parts) > journalParts {
		return 0, fmt.Errorf("%w: an action of more than %d files", ErrInvalid, journalParts*journalPart)
	}
	l.journal.noting.Lock()
	defer l.journal.noting.Unlock()
	self := l.opts.DeviceID
	first = l.journal.room(self, kind, len(parts), l.expired)
	for i, part := range slices.Backward(parts) {
		r := journalRecord{
			N: first + int64(i), Kind: kind, At: at, Undoes: undoes,
			Part: i, Parts: len(parts), Total: len(files), Files: part,
		}
		if what := r.fault(); what != "" {
			return 0, fmt.Errorf("%w: action: %s", ErrInvalid, what)
		}
		l.journal.take(self, r) // before another device can tell of it
		if err := l.putJournal(ctx, self, r.N, func(journalRecord) (journalRecord, error) { return r, nil }); err != nil {
			return 0, err
		}
	}
	l.changed.Raise()
	return first, nil
}

// withdraw deletes an action of this device that has changed nothing, or that another
// one stands for, unless another device has asked to undo it: then it stays, to be
// answered, and gone is false.
func (l *Layer) withdraw(ctx context.Context, first int64) (gone bool, err error) {
	self := l.opts.DeviceID
	for range tries {
		head, r, readErr := l.journalTombstone(ctx, self, first)
		if readErr != nil || r.Undone != nil {
			return false, readErr
		}
		l.journal.withdraw(head.ID, true)
		if _, err = l.actions.Put(ctx, head); err != nil {
			l.journal.withdraw(head.ID, false)
			if errors.Is(err, ErrConflict) { // somebody has meanwhile
				continue
			}
			return false, err
		}
		l.changed.Raise()
		var rest []Doc // without the first they are never shown
		for i := 1; i < r.Parts; i++ {
			doc, _, err := l.journalTombstone(ctx, self, first+int64(i))
			if err != nil {
				return true, err
			}
			rest = append(rest, doc)
		}
		_, err = l.actions.Bulk(ctx, rest)
		return true, err
	}
	return false, err
}

// journalTombstone makes the deletion of the document of a device's n-th part,
// and returns what it is. A stub of it stays.
func (l *Layer) journalTombstone(ctx context.Context, device string, n int64) (doc Doc, r journalRecord, err error) {
	doc, err = l.actions.get(ctx, journalID(device, n))
	if err != nil {
		return doc, r, err
	}
	_, r, err = parseJournal(doc.ID, doc.Body)
	if err == nil && r.N != n {
		err = ErrNotFound // its place was taken
	}
	if err != nil {
		return doc, r, err
	}
	doc.Deleted = true
	doc.Body, err = encode(journalStub{n, Digest(sha256.Sum256(r.facts()))})
	return doc, r, err
}

// putJournal changes the document of a device's n-th part, unless change fails.
func (l *Layer) putJournal(ctx context.Context, device string, n int64, change func(journalRecord) (journalRecord, error)) error {
	id := journalID(device, n)
	var written journalRecord
	err := l.actions.Update(ctx, id, func(body json.RawMessage) (_ json.RawMessage, err error) {
		var r journalRecord
		if body != nil {
			_, r, _ = parseJournal(id, body) // what is none is replaced
		}
		if written, err = change(r); err != nil {
			return nil, err
		}
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
		l.takeJournal(ctx, docs)
		if len(docs) == 0 {
			caughtUp()
		}
		l.changed.Raise()
		return nil
	})
}

func (l *Layer) takeJournal(ctx context.Context, docs []Doc) {
	for _, doc := range docs {
		if doc.Deleted {
			l.journal.drop(doc.ID, doc.Body, l.opts.DeviceID)
			continue
		}
		device, r, err := parseJournal(doc.ID, doc.Body)
		if err != nil {
			l.log.WarnContext(ctx, "Action is passed over", "error", err)
			continue
		}
		l.journal.take(device, r)
	}
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
			switch doc, _, err := l.journalTombstone(ctx, e.device, e.N); {
			case err == nil:
				docs = append(docs, doc)
			case !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrInvalid):
				return err
			}
		}
		if _, err := l.actions.Bulk(ctx, docs); err != nil { // one that was changed meanwhile stays
			return err
		}
	}
	return nil
}
