package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/libpaul/paul/app"
)

// TestPlace: a folder is added in place without a device, kept by one, and taken
// out again; its files stay where they are.
func TestPlace(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	dir := filepath.Join(h.cwd, "in")
	digests := slices.Sorted(maps.Values(drawPhotos(t, dir, 2, 31)))
	h.fails(t, exitUsage, []string{"usage"}, "place", "list", dir)
	h.fails(t, exitUsage, []string{"usage"}, "place", "add", "--force", dir)
	h.fails(t, exitUsage, []string{"nothing was added", "there is no"}, "place", "add", dir+"x")
	added := lines[app.Listing](t, h.want(t, exitDone, "place", "add", dir, "--json").out)
	if len(added) != 2 || filepath.Dir(added[0].Path) != dir || len(added[0].Devices) != 1 {
		t.Fatalf("added %+v", added)
	}
	if r := h.want(t, exitDone, "list"); !strings.Contains(r.err, "* this one does") {
		t.Errorf("list says %q", r.err)
	}
	if r := h.want(t, exitUsage, "place", "add", filepath.Join(h.dir, "library")); strings.Contains(r.out+r.err, "New from") {
		t.Errorf("a refused folder says %q, %q", r.out, r.err)
	}
	h.start(t)
	h.says(t, "0 photos", "place", "add", dir)
	h.fails(t, exitFailed, []string{"added in place", "remove it there yourself"}, "unsave", digests[0])
	h.says(t, "Deleted", "delete", digests[0])
	list := lines[app.PlaceInfo](t, h.want(t, exitDone, "place", "list", "--json").out)
	if len(list) != 1 || list[0].Path != dir || list[0].Files != 2 || list[0].Deleted != 1 || list[0].Only != 1 || list[0].Away != "" {
		t.Errorf("%+v", list)
	}
	h.says(t, "1 deleted photo still lies there", "place", "list")
	h.fails(t, exitUsage, []string{"cannot be added in place", "nothing was changed"}, "place", "add", h.cwd) // overlaps
	h.fails(t, exitUsage, []string{"lie in each other", "nothing was changed"}, "watch", "add", dir)
	h.fails(t, exitProtected, []string{"1 of its photos", "no other copy", "--force"}, "place", "remove", dir)
	h.fails(t, exitNotFound, []string{dir + "x"}, "place", "remove", dir+"x")
	h.says(t, "its files stay where they are", "place", "remove", "--force", dir)
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("%v, %v", left, err)
	}
}
