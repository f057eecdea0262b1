package main

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/libpaul/paul/app"
)

// What is so already is left alone, and said to be so.
func TestNothingToDo(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.start(t)
	digest := slices.Collect(maps.Values(drawPhotos(t, filepath.Join(h.cwd, "in"), 1, 21)))[0]
	h.want(t, exitDone, "import", "in")
	before := h.list(t)
	h.says(t, "IMG_0000.JPG is on this device already", "save", digest)
	h.says(t, "IMG_0000.JPG was not deleted", "restore", digest)
	if after := h.list(t); len(after) != 1 || after[0].Path != before[0].Path {
		t.Errorf("it became %+v", after)
	}
	h.want(t, exitDone, "unsave", "--force", digest)
	h.says(t, "1 of those are in the trash here", "status")
	h.says(t, "pauld save", "restore", digest)
	h.says(t, "Saved IMG_0000.JPG", "save", digest)
	h.want(t, exitDone, "unsave", "--force", digest)
	h.says(t, "Imported 0 photos; 1 in the library already, 1 of which now on this device too\n", "import", "in")
	h.says(t, "Imported 0 photos; 1 in the library already\n", "import", "in")
	h.says(t, "Deleted IMG_0000.JPG", "delete", digest)
	h.says(t, "IMG_0000.JPG was deleted already", "delete", digest[:8])
	h.want(t, exitNotFound, "unsave", digest)
	h.says(t, "Restored IMG_0000.JPG", "restore", digest)
	r := h.want(t, exitDone, "restore", digest, "--json")
	if got := lines[app.Listing](t, r.out); len(got) != 1 || got[0].Digest != digest || !strings.Contains(r.err, `"unchanged"`) {
		t.Errorf("restored again: %s%s", r.out, r.err)
	}
}
