package filelayer

import (
	"os"
	"path/filepath"
	"testing"
)

// TestChangesOutsideAreNoticed: what another program does to the library is
// found out by itself, soon: a moved photo is known by its new name, and one that was
// removed or edited comes back from another device, with the edit left as it is.
func TestChangesOutsideAreNoticed(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := sharedFiles(t, a, b, 3)
	moved, removed, edited := ds[0], ds[1], ds[2]
	to := a.moveOutside(moved)
	until(t, "the moved one is known by its new name", func() bool { return a.entry(moved).Path == to }, a)

	info, err := a.blobs.Info(removed)
	must(t, err)
	must(t, os.Remove(info.Path))
	info, err = a.blobs.Info(edited)
	must(t, err)
	hidden := filepath.Join(filepath.Dir(info.Path), ".edit")
	must(t, os.WriteFile(hidden, []byte("an edit"), 0o600))
	must(t, os.Rename(hidden, info.Path))
	until(t, "they came back", func() bool {
		return a.entry(removed).Here() && a.blobs.Has(removed) && a.blobs.Has(edited) && a.entry(edited).Here() && a.entry(edited).Path != info.Path
	}, a, b)
	if data, err := os.ReadFile(info.Path); err != nil || string(data) != "an edit" {
		t.Errorf("the edit: %q, %v", data, err)
	}

	year := filepath.Dir(filepath.Dir(to))
	must(t, os.Rename(year, year+" holidays"))
	until(t, "a folder with another name", func() bool {
		rel, err := filepath.Rel(year, to)
		return err == nil && a.entry(moved).Path == filepath.Join(year+" holidays", rel)
	}, a)
}

// TestOwnWritesAreNotLookedAt: what Paul itself does to the library causes no
// scan.
func TestOwnWritesAreNotLookedAt(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := sharedFiles(t, a, b, 3)
	var paths []string
	for _, d := range ds {
		info, err := a.blobs.Info(d)
		must(t, err)
		paths = append(paths, info.Path, filepath.Dir(info.Path))
	}
	same := func(what string) {
		t.Helper()
		if differs, err := a.blobs.Differs(paths); differs || err != nil {
			t.Errorf("%s: differs %v, %v", what, differs, err)
		}
	}
	same("fetched or created")
	must(t, a.Unsave(testContext(t), ds[0]))
	must(t, a.Delete(testContext(t), ds[1]))
	until(t, "deleted", func() bool { return !a.blobs.Has(ds[1]) }, a)
	same("removed and deleted")
	must(t, a.Restore(testContext(t), ds[1]))
	until(t, "restored", func() bool { return a.entry(ds[1]).Here() }, a)
	same("restored")
	stray := filepath.Join(filepath.Dir(paths[0]), "notes.txt")
	must(t, os.WriteFile(stray, []byte("of another program"), 0o600))
	paths = append(paths, stray)
	same("another program's file")
}
