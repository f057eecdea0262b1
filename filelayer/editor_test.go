package filelayer

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
)

// edited is an [Editor] in memory, the same for several devices.
type edited struct {
	mu     sync.Mutex // guards all below
	values map[Digest]string
	broken map[Digest]error
	before func() // called once, by the next Apply
}

func (e *edited) Edited(ds []Digest) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]string, len(ds))
	for i, d := range ds {
		out[i] = e.values[d]
	}
	return out
}

func (e *edited) Apply(_ context.Context, list []Edit) []error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.before != nil {
		e.before()
		e.before = nil
	}
	errs := make([]error, len(list))
	for i, edit := range list {
		switch {
		case e.broken[edit.Digest] != nil:
			errs[i] = e.broken[edit.Digest]
		case e.values[edit.Digest] != edit.Was:
			errs[i] = ErrConflict
		default:
			e.values[edit.Digest] = edit.Became
		}
	}
	return errs
}

// editingPair are two devices that share what they edit.
func editingPair(t *testing.T) (a, b *device, e *edited) {
	t.Helper()
	e = &edited{values: map[Digest]string{}, broken: map[Digest]error{}}
	a, b = newPair(t)
	for _, d := range []*device{a, b} {
		d.restartWith(func() { d.SetEditor(ActionDate, e) })
	}
	return a, b, e
}

// TestUndoEdit: an edit is listed and undone on any device, exactly; what was edited
// again since is left alone; and an undo is undone.
func TestUndoEdit(t *testing.T) {
	t.Parallel()
	a, b, e := editingPair(t)
	ctx := testContext(t)
	ds := sharedFiles(t, a, b, 3)
	first, errs := a.Edit(ctx, ActionDate, []Edit{{ds[0], "", "x"}, {ds[1], "", "y"}, {ds[2], "", "z"}})
	must(t, errors.Join(errs...))
	second, errs := a.Edit(ctx, ActionDate, []Edit{{ds[1], "y", "later"}})
	must(t, errors.Join(errs...))
	u := b.undoes(first)
	if u.Done != 2 || u.Changed != 2 || u.Left != 1 || u.Failed != 0 || u.Action.Kind != ActionDate {
		t.Errorf("undo on another device = %+v", u)
	}
	if got := e.Edited(ds); got[0] != "" || got[1] != "later" || got[2] != "" {
		t.Errorf("after the undo %q", got)
	}
	redo := b.lastAction()
	if u := b.undoes(redo); u.Done != 2 {
		t.Errorf("redo = %+v", u)
	}
	if got := e.Edited(ds); got[0] != "x" || got[1] != "later" || got[2] != "z" {
		t.Errorf("after the redo %q", got)
	}
	if u := b.undoes(second); u.Done != 1 {
		t.Errorf("undo of the later one = %+v", u)
	}
	if u := b.undoes(first); u.Done != 3 || u.Changed != 3 {
		t.Errorf("undo of the first, again = %+v", u)
	}
	if u := b.undoes(first); !u.Already {
		t.Errorf("undo of what is undone = %+v", u)
	}
	if got := e.Edited(ds); got[0]+got[1]+got[2] != "" {
		t.Errorf("at the end %q", got)
	}
}

// TestUndoBeforeTheEditCame: an action of another device is not undone while nothing of
// what it edited is here, and is once that has come.
func TestUndoBeforeTheEditCame(t *testing.T) {
	t.Parallel()
	a, b, e := editingPair(t)
	here := &edited{values: map[Digest]string{}, broken: map[Digest]error{}}
	b.restartWith(func() { b.SetEditor(ActionDate, here) })
	ds := sharedFiles(t, a, b, 2)
	id, errs := a.Edit(testContext(t), ActionDate, []Edit{{ds[0], "", "x"}, {ds[1], "", "y"}})
	must(t, errors.Join(errs...))
	if u := b.undoes(id); u.Failed != 2 || u.Done != 0 || u.Action.Undone != nil {
		t.Errorf("undo before it came = %+v", u)
	}
	here.values[ds[0]], here.values[ds[1]] = e.values[ds[0]], e.values[ds[1]]
	if u := b.undoes(id); u.Changed != 2 || u.Failed != 0 || u.Action.Undone == nil || here.values[ds[0]]+here.values[ds[1]] != "" {
		t.Errorf("undo = %+v, values %v", u, here.values)
	}
	if u := b.undoes(id); !u.Already {
		t.Errorf("undo of what is undone = %+v", u)
	}
}

// TestEditNotesWhatItChanged: what could not be edited, or was changed by somebody else
// meanwhile, is not in the action, and an action that changed nothing is not noted.
func TestEditNotesWhatItChanged(t *testing.T) {
	t.Parallel()
	a, b, e := editingPair(t)
	ds := sharedFiles(t, a, b, 3)
	broken := errors.New("no room")
	e.broken[ds[1]] = broken
	e.before = func() { e.values[ds[2]] = "meanwhile" }
	id, errs := a.Edit(testContext(t), ActionDate, []Edit{{ds[0], "", "x"}, {ds[1], "", "x"}, {ds[2], "", "x"}})
	if errs[0] != nil || !errors.Is(errs[1], broken) || !errors.Is(errs[2], ErrConflict) {
		t.Errorf("errors %v", errs)
	}
	list := a.Actions()
	if len(list) == 0 || list[0].ID != id || list[0].Files != 1 {
		t.Fatalf("noted %+v, of ID %s", list, id)
	}
	if u := a.undoes(id); u.Done != 1 || e.values[ds[0]] != "" || e.values[ds[2]] != "meanwhile" {
		t.Errorf("undo = %+v, values %v", u, e.values)
	}
	n := len(a.Actions())
	id, _ = a.Edit(testContext(t), ActionDate, []Edit{{ds[1], "", "x"}})
	if id != "" || len(a.Actions()) != n {
		t.Errorf("an action that changed nothing is noted as %q: %+v", id, a.Actions())
	}
}

// TestHostileEdits: a device cannot write edits that are none.
func TestHostileEdits(t *testing.T) {
	t.Parallel()
	good := journalFile{Added: stamp{id(1), 5}, Was: "a", Became: "b"}
	tests := []struct {
		name   string
		kind   string
		change func(*journalFile)
		ok     bool
	}{
		{"an edit", ActionDate, func(*journalFile) {}, true},
		{"of a geometry", ActionGeometry, func(*journalFile) {}, true},
		{"the first", ActionDate, func(f *journalFile) { f.Was = "" }, true},
		{"back to none", ActionDate, func(f *journalFile) { f.Became = "" }, true},
		{"no edit", ActionDate, func(f *journalFile) { f.Was, f.Became = "", "" }, false},
		{"the same", ActionDate, func(f *journalFile) { f.Was = "b" }, false},
		{"as long as may be", ActionDate, func(f *journalFile) { f.Became = strings.Repeat("x", maxEdit) }, true},
		{"a long one", ActionDate, func(f *journalFile) { f.Became = strings.Repeat("x", maxEdit+1) }, false},
		{"two lines", ActionDate, func(f *journalFile) { f.Was = "a\nb" }, false},
		{"no text", ActionDate, func(f *journalFile) { f.Was = "\xff" }, false},
		{"in a save", ActionSave, func(*journalFile) {}, false},
		{"of no lifecycle", ActionDate, func(f *journalFile) { f.Added = stamp{} }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := good
			tt.change(&f)
			r := journalRecord{N: 1, Kind: tt.kind, At: 5, Parts: 1, Total: 1, Files: []journalFile{f}}
			if what := r.fault(); (what == "") != tt.ok {
				t.Errorf("fault = %q, want ok: %t", what, tt.ok)
			}
		})
	}
}
