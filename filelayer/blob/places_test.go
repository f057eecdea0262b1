package blob

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// layPlace makes a folder with files whose bytes are their names, and adds it in place.
func layPlace(tb testing.TB, s *Store, names ...string) string {
	tb.Helper()
	dir := tb.TempDir()
	for _, name := range names {
		lay(tb, dir, name, name)
	}
	real, err := s.AddPlace(dir)
	if err != nil {
		tb.Fatal(err)
	}
	return real
}

func lay(tb testing.TB, dir, name, text string) {
	tb.Helper()
	p := filepath.Join(dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o755), os.WriteFile(p, []byte(text), 0o600)); err != nil {
		tb.Fatal(err)
	}
}

// walk looks through a place up to Finish, and returns what it had to read.
func walk(tb testing.TB, s *Store, place string) (k *Look, read []string) {
	tb.Helper()
	k, err := s.Look(place)
	if err != nil {
		tb.Fatal(err)
	}
	err = k.Walk(tb.Context(), func(string) bool { return false }, func(f PlacedFile) error {
		rel, _ := filepath.Rel(place, f.Path)
		read = append(read, filepath.ToSlash(rel))
		data, err := os.ReadFile(f.Path)
		if err != nil {
			return err
		}
		fi, err := os.Lstat(f.Path)
		if err != nil {
			return err
		}
		_, err = k.Adopt([]Found{{f, fi, sum(string(data))}})
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return k, read
}

func lookThrough(tb testing.TB, s *Store, place string) (read []string, changed []Digest) {
	tb.Helper()
	k, read := walk(tb, s, place)
	changed, err := k.Finish()
	if err != nil {
		tb.Fatal(err)
	}
	return read, changed
}

// TestRenumberedDisk: FAT numbers its files anew whenever it is mounted. That
// costs no reading.
func TestRenumberedDisk(t *testing.T) {
	t.Parallel()
	s := newDirs(t).open(t, nil)
	place := layPlace(t, s, "a", "b", "sub/c")
	lookThrough(t, s, place)
	renumber := func(where string) {
		t.Helper()
		if err := s.index.update(func(tx *tx) error { return tx.exec("UPDATE placed SET inode = inode + 1000000 WHERE " + where) }); err != nil {
			t.Fatal(err)
		}
	}
	renumber("true")
	if _, err := s.PlacedInfo(sum("a")); err != nil {
		t.Errorf("before a look: %v", err)
	}
	if read, _ := lookThrough(t, s, place); len(read) != 0 {
		t.Errorf("read %v", read)
	}
	if read, _ := lookThrough(t, s, place); len(read) != 0 {
		t.Errorf("read %v the next time", read)
	}
	renumber("name = 'a'") // one alone was replaced
	if _, err := s.PlacedInfo(sum("a")); !errors.Is(err, ErrMissing) {
		t.Errorf("another file: %v", err)
	}
	if read, _ := lookThrough(t, s, place); !slices.Equal(read, []string{"a"}) {
		t.Errorf("read %v", read)
	}
}

func TestPlaceThatGoesMeanwhile(t *testing.T) {
	t.Parallel()
	s := newDirs(t).open(t, nil)
	place := layPlace(t, s, "a", "sub/b")
	lookThrough(t, s, place)
	k, _ := walk(t, s, place)
	if err := os.Rename(place, place+"-away"); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Finish(); !errors.Is(err, ErrPlaceAway) {
		t.Fatalf("Finish = %v", err)
	}
	if err := os.Rename(place+"-away", place); err != nil {
		t.Fatal(err)
	}
	k, err := s.Look(place)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(place, place+"-away"); err != nil {
		t.Fatal(err)
	}
	if err := k.Walk(t.Context(), nil, nil); !errors.Is(err, ErrPlaceAway) {
		t.Errorf("Walk = %v", err)
	}
	if places, err := s.Places(); err != nil || places[0].Files != 2 || places[0].Missing != 0 {
		t.Errorf("%+v, %v", places, err)
	}
}

func TestPartOfAPlaceIsUnreadable(t *testing.T) {
	t.Parallel()
	s := newDirs(t).open(t, nil)
	place := layPlace(t, s, "a", "sub/b", "sub/deep/c", "subway/d")
	lookThrough(t, s, place)
	k, err := s.Look(place)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.unreadable(t.Context(), "sub", fs.ErrPermission); err != nil {
		t.Fatal(err)
	}
	k.visited[""] = true
	if err := os.RemoveAll(filepath.Join(place, "subway")); err != nil {
		t.Fatal(err)
	}
	if changed, err := k.Finish(); err != nil || !slices.Equal(changed, []Digest{sum("subway/d")}) {
		t.Errorf("changed %v, %v", changed, err)
	}
}

func TestFileThatComesBack(t *testing.T) {
	t.Parallel()
	s := newDirs(t).open(t, nil)
	place := layPlace(t, s, "a", "b", "none")
	lookThrough(t, s, place)
	aside := filepath.Join(t.TempDir(), "a")
	if err := os.Rename(filepath.Join(place, "a"), aside); err != nil {
		t.Fatal(err)
	}
	if _, changed := lookThrough(t, s, place); !slices.Equal(changed, []Digest{sum("a")}) {
		t.Fatalf("changed %v", changed)
	}
	if places, err := s.Places(); err != nil || places[0].Missing != 1 || places[0].Files != 2 {
		t.Errorf("%+v, %v", places, err)
	}
	if err := os.Rename(aside, filepath.Join(place, "a")); err != nil {
		t.Fatal(err)
	}
	if read, changed := lookThrough(t, s, place); len(read) != 0 || !slices.Equal(changed, []Digest{sum("a")}) {
		t.Errorf("read %v, changed %v", read, changed)
	}
	if f, _, err := s.OpenPlaced(sum("a")); err != nil {
		t.Error(err)
	} else if err := f.Close(); err != nil {
		t.Error(err)
	}
}

// TestLibraryBelowAPlace: the store's own folders are none of the place's.
func TestLibraryBelowAPlace(t *testing.T) {
	t.Parallel()
	place := t.TempDir()
	s, err := Open(Options{Library: filepath.Join(place, "Paul"), StateDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	put(t, s, "a.jpg", "a")
	lay(t, place, "b", "b")
	real, err := s.AddPlace(place)
	if err != nil {
		t.Fatal(err)
	}
	if read, _ := lookThrough(t, s, real); !slices.Equal(read, []string{"b"}) {
		t.Errorf("read %v", read)
	}
}
