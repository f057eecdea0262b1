package filelayer

import (
	"errors"
	"slices"
	"testing"
)

// TestNothingDoneIsNotNoted: an action that was refused for all of its files
// leaves no entry, here or elsewhere, and the count goes on.
func TestNothingDoneIsNotNoted(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	ds := sharedFiles(t, a, b, 2)
	only := []Digest{a.show(b, "only", 500), a.show(b, "only too", 501)}
	failed := errors.New("the disk is full")
	refused := func(kind string, ds []Digest, do func(Digest) error) {
		t.Helper()
		before := len(a.Actions())
		a.Recorded(ctx, kind, ds, func() {
			if len(a.Actions()) != before+1 {
				t.Errorf("%s is not noted before it is done", kind)
			}
			for _, d := range ds {
				if do(d) == nil {
					t.Errorf("%s was not refused", kind)
				}
			}
		})
		if n := len(a.Actions()); n != before {
			t.Errorf("after a %s that did nothing: %+v", kind, a.Actions())
		}
	}
	fail := func(Digest) error { return failed }
	refused(ActionUnsave, only, func(d Digest) error { return a.Unsave(ctx, d) })
	refused(ActionDelete, ds, fail)
	a.restart()
	meet(t, a, b)
	if h, err := a.action(a.do(ActionDelete, ds[0])); err != nil || h.N != 3 {
		t.Errorf("the action after two that did nothing is %+v, %v", h, err)
	}
	refused(ActionUnsave, only, func(d Digest) error { return a.Unsave(ctx, d) })
	a.Recorded(ctx, ActionRestore, ds[1:], func() {}) // it is not deleted
	last := a.do(ActionDelete, ds[1])
	until(t, "b hears of the last action", func() bool { return b.knows(last) }, b)
	if n := len(b.Actions()); n != 2 {
		t.Errorf("b knows %+v", b.Actions())
	}

	a.Recorded(ctx, ActionUnsave, only, func() {
		if waits, err := a.UnsaveWhenSafe(ctx, only[0]); !waits || err != nil {
			t.Errorf("waits = %t, %v", waits, err)
		}
	})
	if n := len(a.Actions()); n != 3 {
		t.Errorf("a removal that waits is not noted: %+v", a.Actions())
	}
}

// TestOnlyWhatWasDoneIsNoted: an action that was refused for some of its files lists
// the others, here and elsewhere.
func TestOnlyWhatWasDoneIsNoted(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	ds := sharedFiles(t, a, b, 3)
	only := []Digest{a.show(b, "only", 500), a.show(b, "only too", 501), a.show(b, "and this", 502)}
	unsave := func(d Digest) error { return a.Unsave(ctx, d) }
	part := func(kind string, done, refused []Digest, do func(Digest) error) string {
		t.Helper()
		before := len(a.Actions())
		a.Recorded(ctx, kind, slices.Concat(refused, done), func() {
			for _, d := range slices.Concat(refused, done) {
				if err := do(d); slices.Contains(done, d) != (err == nil) {
					t.Errorf("%s: %v", kind, err)
				}
			}
		})
		all := a.Actions()
		if len(all) != before+1 || all[0].Kind != kind || all[0].Files != len(done) {
			t.Fatalf("after the %s: %+v", kind, all)
		}
		return all[0].ID
	}
	id := part(ActionUnsave, ds[:2], only, unsave)
	until(t, "b hears of the action as it is listed here", func() bool {
		h, err := b.action(id)
		return err == nil && h.Total == 2 && len(b.Actions()) == 1
	}, b)
	if u := a.undoes(id); u.Done != 2 || u.Changed != 2 {
		t.Errorf("undo = %+v", u)
	}
	part(ActionDelete, only[:1], ds[2:], func(d Digest) error {
		if d == only[0] {
			return a.Delete(ctx, d)
		}
		return errors.New("the disk is full")
	})
	waits := part(ActionUnsave, only[1:2], only[2:], func(d Digest) error {
		if d == only[1] {
			_, err := a.UnsaveWhenSafe(ctx, d)
			return err
		}
		return a.Unsave(ctx, d)
	})
	a.restart()
	if h, err := a.action(waits); err != nil || h.Total != 1 {
		t.Errorf("after a restart: %+v, %v", h, err)
	}
}

// TestWithdrawnIsAnswered: who has asked to undo an action that then turned out to
// have changed nothing hears of it.
func TestWithdrawnIsAnswered(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name           string
		apart, restart bool
	}{{name: "asked before"}, {name: "asked meanwhile", apart: true}, {name: "started again meanwhile", apart: true, restart: true}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, b := newPair(t)
			ctx := testContext(t)
			only := a.show(b, "only", 500)
			var id string
			a.Recorded(ctx, ActionUnsave, []Digest{only}, func() {
				id = a.lastAction()
				until(t, "b hears of the action", func() bool { return b.knows(id) }, b)
				a.net.part(a, b, tt.apart)
				if u, err := b.Undo(ctx, id, nil); err != nil || !u.Asked {
					t.Fatalf("undo = %+v, %v", u, err)
				}
				if !tt.apart {
					until(t, "a is asked", func() bool { h, _ := a.action(id); return h.Undone != nil }, a)
				}
			})
			if tt.restart {
				a.restart()
			}
			if a.knows(id) == tt.apart {
				t.Errorf("a knows the action: %t", !tt.apart)
			}
			a.net.part(a, b, false)
			until(t, "b is answered", func() bool { h, _ := b.action(id); return h.Carried != nil }, b)
			if !isHere(a.entry(only)) || len(a.Actions()) != 1 {
				t.Errorf("%+v, actions %+v", a.entry(only), a.Actions())
			}
		})
	}
}

// TestAskedWhileItIsDone: an action that another device asks to undo before its end stays
// as that has seen it, also when it is refused for some of its files, and is listed once.
func TestAskedWhileItIsDone(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	ds := append(sharedFiles(t, a, b, 1), a.show(b, "only", 500)) // of which no other device has a copy
	var id string
	a.journal.undoing.Lock() // what is asked is done when the action has ended
	a.Recorded(ctx, ActionUnsave, ds, func() {
		must(t, a.Unsave(ctx, ds[0]))
		if err := a.Unsave(ctx, ds[1]); !errors.Is(err, ErrLastCopy) {
			t.Errorf("unsave of the only copy = %v", err)
		}
		id = a.lastAction()
		until(t, "b hears of the action", func() bool { return b.knows(id) }, b)
		if u, err := b.Undo(ctx, id, nil); err != nil || !u.Asked {
			t.Errorf("undo = %+v, %v", u, err)
		}
		until(t, "a is asked", func() bool { h, _ := a.action(id); return h.Undone != nil }, a)
	})
	if all := a.Actions(); len(all) != 1 || all[0].ID != id || all[0].Files != 2 {
		t.Errorf("listed: %+v", all)
	}
	a.journal.undoing.Unlock()
	until(t, "a has undone it", func() bool { return isHere(a.entry(ds[0])) }, a, b)
}

// TestWithdrawnIsNotMarked: an action that is noted no more is not marked as undone,
// and the mark is not written in its place.
func TestWithdrawnIsNotMarked(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	ctx := testContext(t)
	d := a.create("photo", 500)
	var head journalEntry
	a.Recorded(ctx, ActionDelete, []Digest{d}, func() { head, _ = a.action(a.lastAction()) })
	if err := a.markUndone(ctx, head, nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("mark = %v, want ErrNotFound", err)
	}
	if doc, err := a.actions.get(ctx, journalID(a.id, head.N)); !errors.Is(err, ErrNotFound) {
		t.Errorf("its document is %s, %v", doc.Body, err)
	}
}

// TestCountOutlivesPurge: once all is too old, a device counts on from where it was.
func TestCountOutlivesPurge(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	d := a.create("photo", 500)
	a.do(ActionDelete, d)
	a.skew.Store(int64(2 * journalAge))
	must(t, a.purgeJournal(testContext(t)))
	a.restart()
	if h, err := a.action(a.do(ActionRestore, d)); err != nil || h.N != 2 {
		t.Errorf("the action after is %+v, %v", h, err)
	}
}

// TestUndoneIsTold: how much of an action was undone, on all devices.
func TestUndoneIsTold(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := sharedFiles(t, a, b, 3)
	want := func(id string, left, failed int) {
		t.Helper()
		for _, d := range []*device{a, b} {
			until(t, d.opts.Name+" knows what became of it", func() bool {
				return slices.ContainsFunc(d.Actions(), func(act Action) bool {
					return act.ID == id && act.Undone != nil && !act.Waits && act.Left == left && act.Failed == failed
				})
			}, d)
		}
	}
	gone := a.do(ActionDelete, ds...)
	a.do(ActionRestore, ds[0])
	a.do(ActionDelete, ds[0])
	until(t, "b hears of the last", func() bool {
		r, _, _ := b.mirror.file(ds[0])
		have, _, _ := a.mirror.file(ds[0])
		return r.Deleted != nil && r.Added == have.Added
	}, b)
	b.undoes(gone)
	want(gone, 1, 0)
	until(t, "two are back", a.all(ds[1:], isAlive), a)
	again := a.do(ActionDelete, ds[1:]...)
	a.do(ActionRestore, ds[1:]...)
	a.do(ActionDelete, ds[1:]...)
	if u := a.undoes(again); u.Left != 2 || u.Done != 0 {
		t.Errorf("undo = %+v", u)
	}
	want(again, 2, 0)
	a.do(ActionRestore, ds...)
	until(t, "all are back", func() bool { return a.all(ds, isHere)() && b.all(ds, isHere)() }, a, b)
	until(t, "b knows", func() bool { return b.holds(a, ds[0]) && b.holds(a, ds[1]) && b.holds(a, ds[2]) }, b)
	b.do(ActionUnsave, ds...)
	saved := b.do(ActionSave, ds...)
	b.do(ActionUnsave, ds[0])
	b.do(ActionSave, ds[0])
	a.undoes(saved)
	want(saved, 1, 0)
	until(t, "b has undone the rest of its save", b.all(ds[1:], notHere), b)
	if !isHere(b.entry(ds[0])) {
		t.Error("the undo of a save took what was saved again")
	}
}
