package blob

import (
	"errors"
	"fmt"
	"testing"
)

// TestSieve: what was added passes, and next to nothing else does.
func TestSieve(t *testing.T) {
	t.Parallel()
	s := newSieve(0)
	keys := func(i int) []key {
		return []key{digestKey(sum(fmt.Sprint(i))), s.foldKey(fmt.Sprint("2024/2024-05/img_", i, ".jpg"))}
	}
	const n = sieveSpare / 2
	for i := range n {
		for _, k := range keys(i) {
			s.add(k)
		}
	}
	if s.lacks(keys(n)[0]) {
		t.Error("an incomplete sieve says that something is not there")
	}
	s.complete.Store(true)
	wrong := 0
	for i := range n {
		for _, k := range keys(i) {
			if s.lacks(k) {
				t.Fatalf("key %d of %d is held back", i, n)
			}
		}
		for _, k := range keys(n + i) {
			if !s.lacks(k) {
				wrong++
			}
		}
	}
	if wrong > n/50 {
		t.Errorf("%d of %d other keys pass", wrong, 2*n)
	}
}

// TestSieveOfIndex: files of an earlier run, which were all listed, and those that
// came since are found, and others are not asked for.
func TestSieveOfIndex(t *testing.T) {
	t.Parallel()
	dirs := newDirs(t)
	s := dirs.open(t, nil)
	before := put(t, s, "Before.jpg", "before")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = dirs.open(t, nil)
	early := put(t, s, "early.jpg", "early")
	for _, err := range s.All() {
		if err != nil {
			t.Fatal(err)
		}
	}
	late := put(t, s, "BEFORE.JPG", "late")
	for _, d := range []Digest{before, early, late} {
		if _, err := s.Info(d); err != nil {
			t.Error(err)
		}
	}
	s.index.recent = newRecent() // so that the table is asked
	if _, err := s.Info(late); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"before.jpg", "before-2.jpg"} {
		if taken, err := s.index.taken("2024/2024-05/"+name, sum("other")); !taken || err != nil {
			t.Errorf("%s is taken: %v, %v", name, taken, err)
		}
	}
	if !s.index.sieve.lacks(digestKey(sum("other"))) {
		t.Error("a file that never was is asked for")
	}
	if _, err := s.Info(sum("other")); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	wantFiles(t, s, map[string]string{
		"2024/2024-05/Before.jpg": "before", "2024/2024-05/early.jpg": "early", "2024/2024-05/BEFORE-2.JPG": "late",
	})
}
