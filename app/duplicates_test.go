package app

import (
	"path/filepath"
	"reflect"
	"testing"
)

// TestKeptDuplicates: what a person keeps is remembered, in whatever order its photos
// are named, until that is taken back; a damaged file is told and forgotten.
func TestKeptDuplicates(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "duplicates.json")
	load := func() *keptDuplicates {
		t.Helper()
		k, err := loadKeptDuplicates(path)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	set := func(kept bool, group ...Digest) {
		t.Helper()
		if err := load().set(group, kept); err != nil {
			t.Fatal(err)
		}
	}
	a, b, c := Digest{1}, Digest{2}, Digest{3}
	set(true, b, a)
	set(true, c, a)
	set(true, a, b)
	if got, want := load().all(), [][]Digest{{a, c}, {a, b}}; !reflect.DeepEqual(got, want) {
		t.Errorf("kept %v, want %v", got, want)
	}
	set(false, c, a)
	if got, want := load().all(), [][]Digest{{a, b}}; !reflect.DeepEqual(got, want) {
		t.Errorf("kept %v, want %v", got, want)
	}
	writeFile(t, path, "{")
	if k, err := loadKeptDuplicates(path); err == nil || len(k.all()) != 0 {
		t.Errorf("a damaged file: %v, %v", k.all(), err)
	}
}
