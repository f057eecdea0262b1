package filelayer

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"strconv"
	"testing"
	"time"
)

// do does a person's action to files.
func (d *device) do(kind string, ds ...Digest) (id string) {
	d.t.Helper()
	ctx := testContext(d.t)
	var err error
	d.Recorded(ctx, kind, ds, func() {
		switch kind {
		case ActionDelete:
			err = d.Delete(ctx, ds...)
		case ActionRestore:
			err = d.Restore(ctx, ds...)
		case ActionSave:
			err = d.SaveAll(ctx, ds, nil)
		case ActionUnsave:
			for _, f := range ds {
				err = errors.Join(err, d.Unsave(ctx, f))
			}
		}
	})
	must(d.t, err)
	return d.lastAction()
}

// lastAction is the latest action of the device.
func (d *device) lastAction() string {
	d.t.Helper()
	for _, a := range d.Actions() {
		if a.Device == d.id {
			return a.ID
		}
	}
	d.t.Fatal("no action was noted")
	return ""
}

func (d *device) imports(n int) (ds []Digest, id string) {
	d.t.Helper()
	ctx := testContext(d.t)
	im := d.NewImport()
	for i := range n {
		batch := im.NewBatch()
		e, err := batch.Create(ctx, bytes.NewReader(photo("imported"+strconv.Itoa(i), 1000+i)), Metadata{Name: "x.jpg"})
		must(d.t, errors.Join(err, batch.Commit(ctx)))
		ds = append(ds, e.Digest)
	}
	im.End(ctx)
	return ds, d.lastAction()
}

func (d *device) knows(id string) bool {
	_, err := d.action(id)
	return err == nil
}

// undoes undoes an action once it is heard of.
func (d *device) undoes(id string) Undoing {
	d.t.Helper()
	until(d.t, d.opts.Name+" hears of "+id, func() bool { return d.knows(id) }, d)
	u, err := d.Undo(testContext(d.t), id, nil)
	must(d.t, err)
	return u
}

func (d *device) all(ds []Digest, is func(Entry) bool) func() bool {
	return func() bool {
		for _, f := range ds {
			if e, err := d.Entry(f); err != nil || !is(e) {
				return false
			}
		}
		return true
	}
}

func isDeleted(e Entry) bool { return e.Deleted != nil }
func isAlive(e Entry) bool   { return e.Deleted == nil }
func isHere(e Entry) bool    { return e.Here() && e.Deleted == nil }
func notHere(e Entry) bool   { return !e.Here() }

func TestUndoElsewhere(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds, imported := a.imports(3)
	kept := a.show(b, "kept", 500)

	t.Log("an import")
	if u := b.undoes(imported); u.Done != 3 || u.Failed+u.Left != 0 {
		t.Errorf("undo of an import = %+v", u)
	}
	until(t, "the import is undone on a", a.all(ds, isDeleted), a)
	if !a.sees(kept) {
		t.Error("the undo of an import deleted another photo")
	}
	redo := b.lastAction()

	t.Log("a redo, which is the undo of a delete")
	if u := a.undoes(redo); u.Done != 3 {
		t.Errorf("redo = %+v", u)
	}
	until(t, "the photos are back on a", a.all(ds, isHere), a)
	until(t, "b sees them", b.all(ds, isAlive), b)
	if u := b.undoes(imported); !u.Already && u.Left != 3 {
		t.Errorf("the second undo of an import = %+v; want nothing done", u)
	}

	t.Log("a save")
	until(t, "b knows the copies of a", func() bool { return b.holds(a, ds[0]) && b.holds(a, ds[1]) && b.holds(a, ds[2]) }, b)
	saved := b.do(ActionSave, ds...)
	until(t, "a knows the copies of b", func() bool { return a.holds(b, ds[0]) && a.holds(b, ds[1]) && a.holds(b, ds[2]) }, a)
	if u := a.undoes(saved); !u.Asked || !u.Action.Waits {
		t.Errorf("undo of a save elsewhere = %+v", u)
	}
	until(t, "b has undone its save", b.all(ds, notHere), b)
	for _, d := range ds {
		if _, w := b.Waiting(d); w || b.mirror.trashed(d) != trashUnsaved {
			t.Errorf("%v waits: %t, is in the trash as %q", d, w, b.mirror.trashed(d))
		}
	}
	until(t, "a hears that b did it", func() bool { h, _ := a.action(saved); return h.Carried != nil }, a)
	if _, err := a.Undo(testContext(t), saved, nil); !errors.Is(err, ErrUndone) {
		t.Errorf("the second undo of a save = %v", err)
	}

	t.Log("an unsave")
	until(t, "b's action is heard of", func() bool { return a.knows(b.lastAction()) }, a)
	if u := a.undoes(b.lastAction()); !u.Asked {
		t.Errorf("undo of an unsave elsewhere = %+v", u)
	}
	until(t, "b has the photos again", b.all(ds, isHere), b)

	t.Log("a delete")
	gone := a.do(ActionDelete, ds...)
	until(t, "b hears of the delete", b.all(ds, isDeleted), b)
	if u := b.undoes(gone); u.Done != 3 {
		t.Errorf("undo of a delete = %+v", u)
	}
	until(t, "the photos are back", a.all(ds, isHere), a)

	t.Log("a restore")
	until(t, "a hears of b's restore", func() bool { return a.knows(b.lastAction()) }, a)
	if u := a.undoes(b.lastAction()); u.Done != 3 {
		t.Errorf("undo of a restore = %+v", u)
	}
	until(t, "they are deleted again", b.all(ds, isDeleted), b)
}

// What a later action has changed stays as that left it.
func TestUndoLeavesLaterActions(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := sharedFiles(t, a, b, 3)
	undo := func(id string, want Undoing) {
		t.Helper()
		u := a.undoes(id)
		if u.Done != want.Done || u.Changed != want.Done || u.Left != want.Left || u.Failed != want.Failed {
			t.Errorf("undo %s = %+v, want %+v", id, u, want)
		}
	}
	first := a.do(ActionDelete, ds...)
	a.do(ActionRestore, ds[0])
	second := a.do(ActionDelete, ds[0])
	undo(first, Undoing{Done: 2, Left: 1})
	if a.sees(ds[0]) || !a.sees(ds[1]) || !a.sees(ds[2]) {
		t.Error("the undo of a delete brought back what was deleted again later")
	}
	undo(second, Undoing{Done: 1})
	until(t, "both hold all, and a knows", func() bool {
		return a.all(ds, func(e Entry) bool {
			return isHere(e) && e.Holders.Of(b.id).Holds() && isHere(b.entry(e.Digest)) && b.entry(e.Digest).Added == e.Added
		})()
	}, a, b)

	_ = a.do(ActionUnsave, ds...)
	saved := a.do(ActionSave, ds...)
	a.do(ActionUnsave, ds[0])
	a.do(ActionSave, ds[0])
	undo(saved, Undoing{Done: 2, Left: 1})
	if !isHere(a.entry(ds[0])) || isHere(a.entry(ds[1])) {
		t.Error("the undo of a save removed what was saved again later")
	}
}

// A device is not asked to undo what it is known to leave alone: who asks is told at once.
func TestUndoElsewhereOfWhatHasChanged(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := sharedFiles(t, a, b, 3)
	gone := a.do(ActionUnsave, ds...)
	until(t, "b hears of it", func() bool {
		return b.knows(gone) && b.all(ds, func(e Entry) bool { return !e.Holders.Of(a.id).Saved })()
	}, b)
	b.do(ActionDelete, ds...)
	b.do(ActionRestore, ds...)
	for range 2 {
		var told []Digest
		u, err := b.Undo(testContext(t), gone, func(d Digest, err error) {
			if errors.Is(err, errSuperseded) {
				told = append(told, d)
			}
		})
		if err != nil || u.Asked || u.Left != 3 || len(told) != 3 || u.Action.Undone != nil {
			t.Errorf("undo of what was all changed since = %+v, %v; told of %d", u, err, len(told))
		}
	}

	until(t, "a hears of the restore", func() bool {
		return a.all(ds, func(e Entry) bool { return e.Deleted == nil && e.Added.By == b.id && e.Holders.Of(b.id).Holds() })()
	}, a, b)
	saved := a.do(ActionSave, ds...)
	a.do(ActionUnsave, ds[0])
	again := a.do(ActionSave, ds[0])
	until(t, "b hears of all", func() bool { return b.knows(again) && b.holds(a, ds[0]) && b.holds(a, ds[1]) && b.holds(a, ds[2]) }, b)
	if u := b.undoes(saved); !u.Asked || u.Left != 1 {
		t.Errorf("undo of what was partly changed since = %+v; want it asked, and 1 left", u)
	}
	until(t, "a undoes the rest", a.all(ds[1:], notHere), a)
	if !isHere(a.entry(ds[0])) {
		t.Error("what a later action has changed was undone")
	}
}

// Deletions that were held here were not carried out: an undo says so.
func TestUndoOfHeldDeletions(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := sharedFiles(t, a, b, heldFloor+2)
	gone := a.do(ActionDelete, ds...)
	until(t, "b holds them", func() bool { return len(b.HeldDeletions()) == len(ds) }, b)
	if u := b.undoes(gone); u.Done != len(ds) || u.Held != len(ds) {
		t.Errorf("undo of held deletions = %+v", u)
	}
	if again := b.do(ActionDelete, ds[0]); b.undoes(again).Held != 0 {
		t.Error("a deletion that was not held counts as held")
	}
}

// A last copy is refused on undo as ever, told for each photo, and can be asked
// for again.
func TestUndoIsRefused(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := sharedFiles(t, a, b, 2)
	must(t, a.Unsave(testContext(t), ds[0]))
	saved := a.do(ActionSave, ds[0])
	a.net.part(a, b, true)
	u, err := a.Undo(testContext(t), saved, func(d Digest, err error) {
		if d != ds[0] || !errors.Is(err, ErrUnverified) {
			t.Errorf("%v: %v", d, err)
		}
	})
	if err != nil || u.Failed != 1 || u.Action.Undone != nil || !isHere(a.entry(ds[0])) {
		t.Fatalf("undo of a save without another copy = %+v, %v", u, err)
	}
	a.net.part(a, b, false)
	meet(t, a, b)
	if u := a.undoes(saved); u.Done != 1 || isHere(a.entry(ds[0])) {
		t.Errorf("the second try = %+v", u)
	}
}

// A request waits for a device that is offline, and is carried out once: also
// when the device stops in the middle of it, and what the person does there
// later is not undone by it.
func TestUndoOffline(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := []Digest{a.show(b, "one", 900), a.show(b, "two", 901)}
	saved := b.do(ActionSave, ds...)
	until(t, "a knows the action and the copies", func() bool { return a.knows(saved) && a.holds(b, ds[0]) && a.holds(b, ds[1]) }, a)
	b.stop()
	if u := a.undoes(saved); !u.Asked {
		t.Fatalf("undo = %+v", u)
	}
	if _, err := a.Undo(testContext(t), saved, nil); !errors.Is(err, ErrUndone) {
		t.Errorf("asked twice: %v", err)
	}
	a.restart()
	b.open()
	b.run()
	until(t, "b has undone its save", b.all(ds, notHere), b)
	until(t, "and noted it", func() bool { h, _ := b.action(saved); return h.Carried != nil }, b)
	b.restart()
	meet(t, a, b)
	must(t, b.SaveAll(testContext(t), ds, nil)) // not as an action that the journal tells of
	b.carryOut(testContext(t))
	if !b.all(ds, isHere)() {
		t.Error("an undo was carried out twice")
	}
}

// A crash between the photos and the mark leaves an undo that can be asked for
// again, and goes on where it stopped.
func TestUndoAfterCrash(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := sharedFiles(t, a, b, 3)
	for _, d := range ds {
		must(t, a.Unsave(testContext(t), d))
	}
	saved := a.do(ActionSave, ds...)
	head, err := a.action(saved)
	must(t, err)
	n := 0
	crashed := errors.New("crashed")
	_, err = a.undo(testContext(t), head, func(ctx context.Context, d Digest) error { // ends before the mark
		if n++; n > 1 {
			return crashed
		}
		return a.Unsave(ctx, d)
	})
	must(t, err)
	a.restart()
	meet(t, a, b)
	if u := a.undoes(saved); u.Done != 3 || u.Changed != 2 || u.Failed+u.Left != 0 || !a.all(ds, notHere)() {
		t.Errorf("undo after a crash = %+v", u)
	}
	if u := a.undoes(saved); !u.Already {
		t.Errorf("once more = %+v", u)
	}
}

// An action of more photos than a document holds is undone whole.
func TestUndoLong(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	const n = 2*journalPart + 7
	ds := make([]Digest, n)
	for i := range ds {
		ds[i] = digestOf([]byte(strconv.Itoa(i)))
	}
	must(t, a.amend(testContext(t), ds, func(_ Digest, r *fileRecord, _ bool) bool {
		*r = fileRecord{Name: "x.jpg", Size: 1, Type: "image/jpeg", Added: stamp{a.id, toMillis(time.Now())}}
		return true
	}))
	a.do(ActionDelete, ds...)
	back := a.do(ActionRestore, ds...)
	until(t, "b hears of the restore", func() bool { return b.knows(back) && b.all(ds, isAlive)() }, b)
	if u := b.undoes(back); u.Done != n || u.Action.Files != n {
		t.Errorf("undo = %+v", u)
	}
	until(t, "all are deleted again", a.all(ds, isDeleted), a)
}

// TestChangedSince: an action that is noted again, with what it has changed, is not a
// later one, and neither is a try to undo it. All others are, at whatever time.
func TestChangedSince(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	ctx := testContext(t)
	var files []journalFile
	for i := range 6 {
		d := a.create("photo"+strconv.Itoa(i), 100)
		r, _, _ := a.mirror.file(d)
		files = append(files, journalFile{Digest: d, Added: r.Added})
	}
	at := toMillis(time.Now())
	note := func(kind, undoes string, at millis, files ...journalFile) string {
		n, err := a.note(ctx, kind, undoes, at, files)
		must(t, err)
		return actionID(a.id, n)
	}
	note(ActionUnsave, "", at+1, files[5]) // before
	saved := note(ActionSave, "", at, files...)
	note(ActionSave, "", at, files[0]) // the same
	note(ActionUnsave, "", at, files[1])
	note(ActionSave, "", at-1, files[2])
	note(ActionUnsave, saved, at+2, files[3])
	note(ActionDelete, "", at+2, files[4]) // not of the copies here alone
	head, err := a.action(saved)
	must(t, err)
	later, err := a.changedSince(ctx, head)
	if want := map[Digest]bool{files[1].Digest: true, files[2].Digest: true}; err != nil || !maps.Equal(later, want) {
		t.Errorf("changed since: %v, %v, want %v", later, err, want)
	}
}

// A file whose record has not come here yet cannot be undone, and can be once it has.
func TestUndoBeforeTheRecordComes(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	ctx := testContext(t)
	d, unknown := a.create("photo", 500), Digest{1}
	r, _, _ := a.mirror.file(d)
	later := stamp{a.id, r.Added.At + 1}
	_, err := a.note(ctx, ActionRestore, "", toMillis(a.now()), []journalFile{{Digest: d, Added: later}, {Digest: unknown, Added: later}})
	must(t, err)
	restored := a.lastAction()
	undo := func() (Undoing, map[Digest]error) {
		refused := make(map[Digest]error)
		u, err := a.Undo(ctx, restored, func(d Digest, err error) {
			if err != nil {
				refused[d] = err
			}
		})
		must(t, err)
		return u, refused
	}
	u, refused := undo()
	if u.Failed != 2 || u.Left+u.Done != 0 || u.Action.Undone != nil || !errors.Is(refused[d], ErrNotFound) || !errors.Is(refused[unknown], ErrNotFound) || !a.sees(d) {
		t.Errorf("undo before the records = %+v, %v", u, refused)
	}
	must(t, a.amend(ctx, []Digest{d}, func(_ Digest, r *fileRecord, _ bool) bool {
		r.Added = later
		return true
	}))
	if u, refused := undo(); u.Done != 1 || u.Changed != 1 || u.Failed != 1 || refused[unknown] == nil || a.sees(d) {
		t.Errorf("undo with one record = %+v, %v", u, refused)
	}
}

// An undo of a deletion leaves deleted what no device has the bytes of any more.
func TestUndoOfWhatNoDeviceHas(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	kept, lost := a.create("kept", 500), a.create("lost", 501)
	deletion := a.do(ActionDelete, kept, lost)
	until(t, "both are in the trash", func() bool { return a.blobs.InTrash(kept) && a.blobs.InTrash(lost) }, a)
	_, err := a.blobs.Purge([]Digest{lost}, nil)
	must(t, err)
	a.mirror.leftTrash(lost)
	u, err := a.Undo(testContext(t), deletion, func(d Digest, err error) {
		if errors.Is(err, ErrNoBytes) != (d == lost) {
			t.Errorf("%v: %v", d, err)
		}
	})
	if err != nil || u.Done != 1 || u.Failed != 1 || u.Left != 0 || u.Action.Undone != nil || !isHere(a.entry(kept)) || a.sees(lost) {
		t.Errorf("undo = %+v, %v", u, err)
	}
}

// A device that was removed is not asked to undo anything.
func TestRemovedDeviceIsNotAsked(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	saved := b.do(ActionSave, a.show(b, "photo", 500))
	until(t, "a hears of the action", func() bool { return a.knows(saved) }, a)
	must(t, a.RemoveDevice(testContext(t), b.id))
	if u, err := a.Undo(testContext(t), saved, nil); !errors.Is(err, ErrNotPaired) || u.Asked {
		t.Errorf("undo = %+v, %v", u, err)
	}
	if h, err := a.action(saved); err != nil || h.Undone != nil {
		t.Errorf("the action is %+v, %v", h.Undone, err)
	}
}
