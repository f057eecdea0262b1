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

// TestListSaysWithWhat lists a picture and the raw file beside it, which name each
// other, and another photo. A command acts on the one that it is told, and says what stays.
func TestListSaysWithWhat(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	in := filepath.Join(h.cwd, "in")
	drawn := slices.Sorted(maps.Keys(drawPhotos(t, in, 2, 31)))
	picture := filepath.Join(in, "IMG_20240501_123005.JPG")
	if err := os.Rename(drawn[0], picture); err != nil {
		t.Fatal(err)
	}
	dng := []byte("II*\x00\x08\x00\x00\x00" + "\x01\x00" + "\x12\xc6\x01\x00\x04\x00\x00\x00\x01\x04\x00\x00" + "\x00\x00\x00\x00")
	if err := os.WriteFile(filepath.Join(in, "IMG_20240501_123005.DNG"), dng, 0o600); err != nil {
		t.Fatal(err)
	}
	h.want(t, exitDone, "import", "in")
	digests, with := map[string]string{}, map[string][]string{}
	for _, l := range h.list(t) {
		digests[filepath.Ext(l.Name)+l.Date[:4]] = l.Digest
		with[l.Digest] = l.With
	}
	jpeg, raw := digests[".JPG2024"], digests[".DNG2024"]
	if len(with) != 3 || !slices.Equal(with[jpeg], []string{raw}) || !slices.Equal(with[raw], []string{jpeg}) {
		t.Fatalf("files %v, with %v", digests, with)
	}
	if a := lines[app.ActionInfo](t, h.want(t, exitDone, "undo", "--json").out); len(a) != 1 || a[0].Files != 3 || a[0].Photos != 2 {
		t.Errorf("the import is told as %+v, of 3 files and 2 photos", a)
	}
	if r := h.want(t, exitDone, "undo"); !strings.Contains(r.out, "import  2 ") {
		t.Errorf("the import is listed as %q", r.out)
	}
	h.says(t, "Deleted IMG_20240501_123005.DNG; IMG_20240501_123005.JPG, of the same shot, stays", "delete", raw)
	for _, l := range h.list(t) {
		if len(l.With) > 0 || l.Digest == raw {
			t.Errorf("%s with %v after the raw file was deleted", l.Name, l.With)
		}
	}
	h.want(t, exitDone, "undo")
	if n := len(h.list(t)); n != 2 {
		t.Errorf("%d photos", n)
	}
	h.want(t, exitDone, "restore", raw)
	for _, l := range h.list(t) {
		if want := map[string]int{jpeg: 1, raw: 1}[l.Digest]; len(l.With) != want {
			t.Errorf("%s with %v after the raw file was restored", l.Name, l.With)
		}
	}
	if r := h.want(t, exitDone, "delete", raw, jpeg); strings.Contains(r.out+r.err, "stays") {
		t.Errorf("both are deleted: %s%s", r.out, r.err)
	}
}
