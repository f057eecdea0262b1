package main

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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
