package filelayer

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// cutOffImport imports photos, and stops before that is noted.
func cutOffImport(t *testing.T, a *device) (imported []Digest) {
	t.Helper()
	ctx := testContext(t)
	im := a.NewImport()
	for i, seed := range []string{"one", "two", "known", "three"} {
		batch := im.NewBatch()
		e, err := batch.Create(ctx, bytes.NewReader(photo(seed, 900)), Metadata{Name: seed + ".jpg"})
		must(t, err)
		if i < 3 {
			must(t, batch.Commit(ctx))
		} else { // the bytes are safe, and not recorded
			batch.noteNew(ctx, []Digest{e.Digest})
			must(t, batch.blobs.Commit(ctx))
		}
		if seed != "known" {
			imported = append(imported, e.Digest)
		}
	}
	return imported
}

func underwayFiles(t *testing.T, a *device) []string {
	t.Helper()
	paths, err := a.Layer.cutOff()
	must(t, err)
	return paths
}

// TestCutOffIsNoted: what an import or a restore had done when the device was
// killed can be undone as one, on any device.
func TestCutOffIsNoted(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	a.show(b, "known", 900)
	gone := []Digest{a.show(b, "gone", 901), a.show(b, "gone too", 902)}
	must(t, a.Delete(testContext(t), gone...))
	imported, restored := cutOffImport(t, a), gone[:1]
	a.newUnderway(ActionRestore, "").add(testContext(t), a.meant(ActionRestore, gone))
	must(t, a.Restore(testContext(t), restored...))
	if len(underwayFiles(t, a)) != 2 || len(a.Actions()) != 0 {
		t.Fatalf("underway: %q, actions %+v", underwayFiles(t, a), a.Actions())
	}
	a.restart()
	until(t, "both are noted", func() bool { return len(a.Actions()) == 2 && len(underwayFiles(t, a)) == 0 }, a)
	a.restart()
	if len(a.Actions()) != 2 {
		t.Fatalf("noted again: %+v", a.Actions())
	}
	for kind, ds := range map[string][]Digest{ActionImport: imported, ActionRestore: restored} {
		i := slices.IndexFunc(a.Actions(), func(act Action) bool { return act.Kind == kind })
		if i < 0 || a.Actions()[i].Files != len(ds) {
			t.Fatalf("%s: %+v", kind, a.Actions())
		}
		id := a.Actions()[i].ID
		until(t, "b sees them", b.all(ds, isAlive), b)
		if u := b.undoes(id); u.Done != len(ds) {
			t.Errorf("undo of the %s = %+v", kind, u)
		}
		until(t, "it is undone on a", a.all(ds, isDeleted), a)
	}
	if !a.sees(digestOf(photo("known", 900))) {
		t.Error("a photo that was there before was deleted")
	}
}

// TestCutOffDamaged: of a file that is torn or damaged, what can be read counts.
func TestCutOffDamaged(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func([]byte) []byte
		files  int // 0: the action is forgotten
	}{
		"as it was":   {func(b []byte) []byte { return b }, 3},
		"empty":       {func([]byte) []byte { return nil }, 0},
		"zeros":       {func(b []byte) []byte { return make([]byte, len(b)) }, 0},
		"no head":     {func(b []byte) []byte { return b[10:] }, 0},
		"torn":        {func(b []byte) []byte { return b[:len(b)-20] }, 2},
		"garbage":     {func(b []byte) []byte { return append(b, "\xff\x00[{\n[\"x\"]\n{}\n[{\"digest\":5}]\n"...) }, 3},
		"other files": {func(b []byte) []byte { return append(b, "\n[{\"digest\":\""+digestOf(nil).String()+"\"}]\n"...) }, 3},
		"another kind": {func(b []byte) []byte {
			return bytes.Replace(b, []byte(ActionImport), []byte(ActionDelete), 1)
		}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newDevice(t, newOverlay(), "a")
			a.create("known", 900)
			cutOffImport(t, a)
			paths := underwayFiles(t, a)
			data, err := os.ReadFile(paths[0])
			must(t, errors.Join(err, os.WriteFile(paths[0], tt.change(data), 0o600)))
			a.restart()
			until(t, "the file is dealt with", func() bool { return len(underwayFiles(t, a)) == 0 }, a)
			files := 0
			for _, act := range a.Actions() {
				files += act.Files
			}
			if files != tt.files {
				t.Errorf("noted: %+v, want %d files", a.Actions(), tt.files)
			}
		})
	}
}

// TestNotedOnce: a device that is killed after an import is noted notes it once, and
// one that has added nothing is not noted.
func TestNotedOnce(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	_, id := a.imports(2)
	h, err := a.action(id)
	must(t, err)
	u := &underway{l: a.Layer, underwayHead: underwayHead{Kind: ActionImport, At: h.At}}
	must(t, u.create())
	for _, d := range a.Entries() {
		must(t, u.write([]journalFile{{Digest: d.Digest}}))
	}
	must(t, u.file.Close())
	a.restart()
	until(t, "the file is dealt with", func() bool { return len(underwayFiles(t, a)) == 0 }, a)
	im := a.NewImport()
	batch := im.NewBatch()
	_, err = batch.Create(testContext(t), bytes.NewReader(photo("imported0", 1000)), Metadata{Name: "y.jpg"})
	must(t, errors.Join(err, batch.Commit(testContext(t))))
	im.End(testContext(t))
	if n := len(a.Actions()); n != 1 {
		t.Errorf("noted: %+v", a.Actions())
	}
}

// TestCutOffWithoutAFile: an import goes on, and is noted, where its file cannot be written.
func TestCutOffWithoutAFile(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	must(t, os.WriteFile(filepath.Join(a.opts.Dir, "underway"), nil, 0o600))
	if ds, id := a.imports(2); !a.knows(id) || !a.all(ds, isHere)() {
		t.Error("an import without a file was not noted")
	}
}
