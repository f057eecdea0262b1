package app

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/libpaul/paul/internal/sample"
)

// TestChangesInTheLibraryAreImported: a photo that is edited in the library
// folder, or put there, is imported by itself, as an action that can be undone;
// then it does not come again.
func TestChangesInTheLibraryAreImported(t *testing.T) {
	t.Parallel()
	home, dir := t.TempDir(), t.TempDir()
	paths, err := sample.Write(dir, 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	a, stop := startAt(t, Options{Home: home, Name: "a"})
	result, err := a.Import(t.Context(), paths[:1])
	if err != nil {
		t.Fatal(err)
	}
	original, err := a.files.Entry(result.Added[0])
	if err != nil {
		t.Fatal(err)
	}
	dropped := filepath.Join(a.Settings().Library, "dropped.jpg")
	for from, to := range map[string]string{paths[1]: original.Path, paths[2]: dropped} {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	outside := func() (n int) {
		for _, act := range a.Activities() {
			if act.Kind == KindOutside && !act.Running() && act.Err == nil {
				n += act.Files
			}
		}
		return n
	}
	until(t, a, "both are imported", func() bool { return outside() == 2 && len(a.Entries()) == 3 })
	for _, path := range []string{original.Path, dropped} {
		if stray, err := a.files.Strays(t.Context(), []string{path}); len(stray) > 0 || err != nil {
			t.Errorf("%s is not Paul's: %v", path, err)
		}
	}
	undone := 0
	for _, action := range a.Actions() {
		if action.Kind == KindImport && undone+action.Files <= 2 {
			_, undo := a.Undo(t.Context(), action.ID, nil)
			err = errors.Join(err, undo)
			undone += action.Files
		}
	}
	if err != nil || undone != 2 {
		t.Fatalf("undone: %d, %v", undone, err)
	}
	until(t, a, "they are undone", func() bool { return len(a.Entries()) == 1 })
	stop()
}
