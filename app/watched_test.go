package app

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/libpaul/paul/internal/sample"
)

func watchedBy(tb testing.TB, a *App, path string) WatchedFolder {
	tb.Helper()
	for _, f := range a.WatchedFolders() {
		if f.Path == path {
			return f
		}
	}
	tb.Fatalf("%s is not watched: %+v", path, a.WatchedFolders())
	return WatchedFolder{}
}

// TestWatchedFolders: what comes into a watched folder is imported by itself,
// as an action that can be undone, and what was deleted then does not come back,
// also after a restart; the folder stays as it is.
func TestWatchedFolders(t *testing.T) {
	t.Parallel()
	home, dir := t.TempDir(), t.TempDir()
	if _, err := sample.Write(dir, 3, 1); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	a, stop := startAt(t, Options{Home: home, Name: "a"})
	if err := a.AddWatchedFolder(dir); err != nil {
		t.Fatal(err)
	}
	until(t, a, "the photos are imported", func() bool { return watchedBy(t, a, dir).Photos == 3 && len(a.Entries()) == 3 })
	until(t, a, "the import has ended", func() bool { acts := a.Activities(); return len(acts) == 1 && !acts[0].Running() })
	if act := a.Activities()[0]; act.Kind != KindWatch || act.Title != filepath.Base(dir)+": 3 photos imported" || act.Err != nil {
		t.Errorf("activity %+v", act)
	}
	if acts := a.Actions(); len(acts) != 1 || acts[0].Kind != KindImport || acts[0].Files != 3 {
		t.Fatalf("actions %+v", acts)
	}
	if _, err := a.Undo(t.Context(), a.Actions()[0].ID, nil); err != nil {
		t.Fatal(err)
	}
	until(t, a, "they are undone", func() bool { return watchedBy(t, a, dir).Deleted == 3 })
	stop()
	if err := os.RemoveAll(filepath.Join(home, "watched")); err != nil { // so that all is read again
		t.Fatal(err)
	}

	a, stop = startAt(t, Options{Home: home})
	defer stop()
	until(t, a, "they stay deleted", func() bool { return watchedBy(t, a, dir).Deleted == 3 })
	if n := len(a.Entries()); n != 0 {
		t.Errorf("%d came back", n)
	}
	if after, err := os.ReadDir(dir); err != nil || len(after) != len(before) {
		t.Errorf("the folder has changed: %v, %v", after, err)
	}
	away := dir + ".away"
	if err := os.Rename(dir, away); err != nil {
		t.Fatal(err)
	}
	until(t, a, "the folder is waited for", func() bool {
		f := watchedBy(t, a, dir)
		return f.State == WatchMissing && strings.Contains(f.Reason, "waited for")
	})
	if err := errors.Join(os.Rename(away, dir), a.RemoveWatchedFolder(dir)); err != nil {
		t.Fatal(err)
	}
	if err := a.RemoveWatchedFolder(dir); !errors.Is(err, ErrNotFound) || len(a.WatchedFolders()) != 0 {
		t.Errorf("removed twice: %v, %+v", err, a.WatchedFolders())
	}
}

func TestFoldersThatCannotBeWatched(t *testing.T) {
	t.Parallel()
	a := start(t, Options{Name: "a"})
	dir := t.TempDir()
	below, link := filepath.Join(dir, "below"), filepath.Join(t.TempDir(), "link")
	library := a.Settings().Library
	if err := errors.Join(os.Mkdir(below, 0o700), os.Symlink(library, link), os.WriteFile(filepath.Join(dir, "file"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.AddWatchedFolder(below), a.AddWatchedFolder(below)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"relative", filepath.Join(dir, "none"), filepath.Join(dir, "file"), dir, filepath.Join(below, "."+string(filepath.Separator)+".."),
		library, filepath.Dir(library), filepath.Join(library, "2024"), link, a.Home(),
	} {
		if err := a.AddWatchedFolder(path); !errors.Is(err, ErrBadSetting) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if list := a.WatchedFolders(); len(list) != 1 || list[0].Path != below {
		t.Errorf("watched: %+v", list)
	}
	place := t.TempDir()
	if _, err := a.AddPlace(t.Context(), place); err != nil {
		t.Fatal(err)
	}
	if err := a.AddWatchedFolder(place); !errors.Is(err, ErrBadSetting) {
		t.Errorf("a folder in place: %v", err)
	}
	s := a.Settings()
	s.Library = below
	if err := a.UpdateSettings(t.Context(), s); !errors.Is(err, ErrBadSetting) {
		t.Errorf("library folder in a watched one: %v", err)
	}
}

func TestWatchedText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		r    ImportResult
		not  int
		want string
	}{
		{ImportResult{Added: make([]Digest, 12)}, 1, "12 photos imported, 1 file is not a photo"},
		{ImportResult{Added: make([]Digest, 1), Duplicates: 2, Deleted: 3, Failed: 1}, 0, "1 photo imported, 2 known already, 3 stay deleted, 1 file could not be read"},
	} {
		if got := watchedText(c.r, c.not); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
