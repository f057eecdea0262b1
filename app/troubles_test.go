package app

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/internal/sample"
)

// TestActivityTellsWhatAnImportLeftOut and whether a check found all in order.
func TestActivityTellsWhatAnImportLeftOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := sample.Write(dir, 2, 1); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "empty.jpg"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	a, stop := startAt(t, Options{Home: t.TempDir(), Name: "a"})
	defer stop()
	for _, duplicates := range []int{0, 2} {
		if _, err := a.Import(t.Context(), []string{dir}); err != nil {
			t.Fatal(err)
		}
		act := a.Activities()[0]
		if act.Failed != 1 || act.Duplicates != duplicates || len(act.Troubles) != 1 || act.Troubles[0].Name != "empty.jpg" || !errors.Is(act.Troubles[0].Err, imagelib.ErrEmpty) {
			t.Errorf("the import is %+v", act)
		}
	}
	rot(t, a)
	var during Activity
	result, err := a.Check(t.Context(), CheckOptions{ReadData: true, Progress: func(filelayer.CheckProgress) { during = a.Activities()[0] }}, nil)
	if !during.Running() || during.Files != 2 || during.TotalFiles != 2 || during.Bytes == 0 || during.Bytes != during.TotalBytes {
		t.Errorf("the running check is %+v", during)
	}
	if err != nil || result.Problems != 1 {
		t.Fatalf("the check found %+v, %v", result, err)
	}
	if act := a.Activities()[0]; act.Kind != KindCheck || act.Failed != 1 || act.Repaired != 0 || len(act.Troubles) != 1 || !errors.Is(act.Troubles[0].Err, ErrCorrupt) {
		t.Errorf("the check is %+v", act)
	}
}

// rot changes a byte of an original, and nothing that a look at the folder tells.
func rot(tb testing.TB, a *App) {
	tb.Helper()
	path := a.Entries()[0].Path
	info, err := os.Stat(path)
	if err != nil {
		tb.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	data[len(data)/2] ^= 1
	err = errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, data, 0o600), os.Chmod(path, info.Mode()), os.Chtimes(path, info.ModTime(), info.ModTime()))
	if err != nil {
		tb.Fatal(err)
	}
}
