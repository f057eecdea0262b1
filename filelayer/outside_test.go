package filelayer

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
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

// TestEditBecomesAPhoto: an original that is edited where it lies comes back
// from another device by another name, and the edit can be taken in as it lies;
// then nothing is unknown, and an original that was moved never is.
func TestEditBecomesAPhoto(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := sharedFiles(t, a, b, 2)
	info, err := a.blobs.Info(ds[0])
	must(t, err)
	hidden := filepath.Join(filepath.Dir(info.Path), ".edit")
	must(t, os.WriteFile(hidden, []byte("an edit"), 0o600))
	must(t, os.Rename(hidden, info.Path))
	moved := a.moveOutside(ds[1])

	strays, err := a.Strays(testContext(t), []string{info.Path, moved, info.Path + " that is not there"})
	if len(strays) != 1 || strays[0] != info.Path || err != nil {
		t.Fatalf("strays %q, %v", strays, err)
	}
	e, err := a.Create(testContext(t), strings.NewReader("an edit"), Metadata{Name: "edit.jpg", Lies: info.Path})
	if err != nil || e.Path != info.Path {
		t.Fatalf("the edit lies at %q, %v", e.Path, err)
	}
	until(t, "both show", func() bool {
		return a.blobs.Has(ds[0]) && a.entry(ds[0]).Here() && a.entry(ds[0]).Path != info.Path && b.entry(e.Digest).Name == "edit.jpg"
	}, a, b)
	if strays, err := a.Strays(testContext(t), []string{info.Path, moved, a.entry(ds[0]).Path}); len(strays) > 0 || err != nil {
		t.Errorf("strays afterwards %q, %v", strays, err)
	}
	_, err = a.Check(testContext(t), CheckOptions{ReadData: true}, func(p Problem) { t.Errorf("%s: %v", p.Path, p.Err) })
	must(t, err)
}

// TestNoStraysWithoutALibrary: while the library folder is not there, what lies
// in its place is nobody's.
func TestNoStraysWithoutALibrary(t *testing.T) {
	t.Parallel()
	a, _ := newPair(t)
	library := a.blobs.Library()
	must(t, os.Rename(library, library+" away"))
	must(t, os.Mkdir(library, 0o700))
	path := filepath.Join(library, "a.jpg")
	must(t, os.WriteFile(path, []byte("a photo"), 0o600))
	if strays, err := a.Strays(testContext(t), []string{path}); len(strays) > 0 || !errors.Is(err, ErrNotMounted) {
		t.Errorf("strays %q, %v", strays, err)
	}
	must(t, errors.Join(os.RemoveAll(library), os.Rename(library+" away", library)))
}
