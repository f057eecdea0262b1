package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/libpaul/paul/app"
)

func TestUndo(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	if r := h.want(t, exitDone, "undo"); !strings.Contains(r.err, "Nothing was done") {
		t.Errorf("undo without actions says %q", r.err)
	}
	digests := slices.Sorted(maps.Values(drawPhotos(t, filepath.Join(h.cwd, "in"), 3, 5)))
	h.want(t, exitDone, "import", "in")
	h.want(t, exitDone, append([]string{"delete"}, digests...)...)
	actions := func() []app.ActionInfo {
		return lines[app.ActionInfo](t, h.want(t, exitDone, "undo", "--json").out)
	}
	got := actions()
	if len(got) != 2 || got[0].Kind != "delete" || got[0].Files != 3 || got[1].Kind != "import" || got[1].Files != 3 {
		t.Fatalf("actions = %+v", got)
	}
	gone := got[0].ID
	if r := h.want(t, exitDone, "undo", gone); !strings.Contains(r.out, "Undid the delete of 3 photos: 3 photos are as before") {
		t.Errorf("undo says %q", r.out)
	}
	if n := len(lines[app.Listing](t, h.want(t, exitDone, "list", "--json").out)); n != 3 {
		t.Errorf("%d photos after the undo of a delete", n)
	}
	h.says(t, "was undone already", "undo", gone)

	redo := actions()[0]
	if redo.Kind != "restore" || redo.Undoes != gone {
		t.Fatalf("the undo is noted as %+v", redo)
	}
	h.want(t, exitDone, "undo", redo.ID)
	if n := len(lines[app.Listing](t, h.want(t, exitDone, "list", "--json").out)); n != 0 {
		t.Errorf("%d photos after the undo of that", n)
	}
	if r := h.want(t, exitFailed, "undo", gone); strings.Count(r.err, "a later action has changed it again") != 3 {
		t.Errorf("undo of what was changed again says %q", r.err)
	}
	h.want(t, exitNotFound, "undo", "12345678-99")
}

// The column UNDONE says what became of an action.
func TestUndoneText(t *testing.T) {
	t.Parallel()
	at := time.Now()
	for i, tt := range []struct {
		a    app.ActionInfo
		want string
	}{
		{app.ActionInfo{}, "no"},
		{app.ActionInfo{Undoes: "a-1"}, "no (it undid a-1)"},
		{app.ActionInfo{Undone: &at, Waits: true}, "not yet: asked by laptop, waits for nas"},
		{app.ActionInfo{Undone: &at}, "yes, by laptop"},
		{app.ActionInfo{Undone: &at, Undoes: "a-1"}, "yes, by laptop"},
		{app.ActionInfo{Undone: &at, Left: 2}, "3 of them, by laptop; 2 changed again since"},
		{app.ActionInfo{Undone: &at, Left: 5}, "nothing; 5 changed again since"},
		{app.ActionInfo{Undone: &at, Failed: 5}, "nothing; 5 failed"},
		{app.ActionInfo{Undone: &at, Left: 2, Failed: 1}, "2 of them, by laptop; 2 changed again since; 1 failed"},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			tt.a.Files, tt.a.DeviceName, tt.a.UndoneOn = 5, "nas", "laptop"
			if got := undoneText(tt.a); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// The summary of an undo says what remains for another device, and what was held here.
func TestUndoSummary(t *testing.T) {
	t.Parallel()
	for i, tt := range []struct {
		u    app.UndoInfo
		want string
	}{
		{app.UndoInfo{Asked: true}, "nas undoes the save of 5 photos as soon as it hears of this"},
		{app.UndoInfo{Asked: true, Left: 2}, "nas undoes the save of 5 photos as soon as it hears of this; 3 of them remain to be undone; 2 changed again since"},
		{app.UndoInfo{Left: 5}, "The save of 5 photos was not undone; 5 changed again since"},
		{app.UndoInfo{Done: 5, Held: 4}, "Undid the save of 5 photos: 5 photos are as before; the deletion of 4 was held here, and their copies had not moved"},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			tt.u.Action = app.ActionInfo{Kind: "save", DeviceName: "nas", Files: 5}
			if got := undoSummaryText(&tt.u); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
