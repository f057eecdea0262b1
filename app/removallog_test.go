package app

import (
	"fmt"
	"testing"

	"github.com/libpaul/paul/internal/sample"
)

// TestLatestOfTheLog: the latest lines whose names hold the text, the latest first.
func TestLatestOfTheLog(t *testing.T) {
	t.Parallel()
	log := func(yield func(Removal, error) bool) {
		for i := range 100 {
			if !yield(Removal{Name: fmt.Sprintf("IMG_%02d.JPG", i)}, nil) {
				return
			}
		}
	}
	for _, test := range []struct {
		text        string
		n           int
		first, last string
		len         int
		more        bool
	}{
		{"", 3, "IMG_99.JPG", "IMG_97.JPG", 3, true},
		{" img_2", 20, "IMG_29.JPG", "IMG_20.JPG", 10, false},
		{"img_2", 10, "IMG_29.JPG", "IMG_20.JPG", 10, false},
		{"img_2", 9, "IMG_29.JPG", "IMG_21.JPG", 9, true},
	} {
		got, more, err := latest(log, test.text, test.n)
		if err != nil || len(got) != test.len || more != test.more || got[0].Name != test.first || got[len(got)-1].Name != test.last {
			t.Errorf("%q, %d: %d lines, more %v, %v", test.text, test.n, len(got), more, err)
		}
	}
	if got, more, err := latest(log, "none", 5); err != nil || more || len(got) != 0 {
		t.Errorf("of no file: %v, %v, %v", got, more, err)
	}
}

// TestFindRemovals reads what this device noted.
func TestFindRemovals(t *testing.T) {
	t.Parallel()
	a, stop := startAt(t, Options{Home: t.TempDir(), Name: "a"})
	defer stop()
	dir := t.TempDir()
	if _, err := sample.Write(dir, 1, 1); err != nil {
		t.Fatal(err)
	}
	r, err := a.Import(t.Context(), []string{dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.ForceUnsave(t.Context(), r.Added...); err != nil {
		t.Fatal(err)
	}
	lines, more, err := a.FindRemovals("", 10)
	if err != nil || more || len(lines) != 1 || lines[0].What != RemovedForced || lines[0].Digest != r.Added[0] || lines[0].ByName != "a" {
		t.Errorf("%+v, %v, %v", lines, more, err)
	}
}
