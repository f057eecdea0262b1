package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

func TestCopyNew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "IMG.JPG")
	for i, want := range []string{"IMG.JPG", "IMG 2.JPG", "IMG 3.JPG"} {
		text := strings.Repeat("x", i)
		got, err := CopyNew(path, strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(got) != want {
			t.Errorf("written to %s, want %s", got, want)
		}
		if readFile(t, got) != text {
			t.Errorf("%s holds other bytes", got)
		}
	}
	checkCount(t, dir, 3)
}

// TestExportOfALongName: a photo whose name is as long as file systems take is exported
// with what is known of it, and so again; and a sidecar that can have no name ends the
// search for a free one.
func TestExportOfALongName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	long := strings.Repeat("é", 125) + "a.JPG"
	for _, want := range []string{"a", "b"} {
		done, err := copyWithSidecar(filepath.Join(dir, shortName(long)), strings.NewReader(want), []byte("xmp"))
		if err != nil {
			t.Fatal(err)
		}
		if readFile(t, done.File) != want || done.Sidecar != done.File+".xmp" || filepath.Ext(done.File) != ".JPG" {
			t.Errorf("written as %+v", done)
		}
	}
	checkCount(t, dir, 4)
	if _, err := copyWithSidecar(filepath.Join(dir, long), strings.NewReader("a"), []byte("xmp")); err == nil {
		t.Error("a sidecar has a name of more than 255 bytes")
	}
	checkCount(t, dir, 4)
	for name, want := range map[string]string{"IMG.JPG": "IMG.JPG", long: strings.Repeat("é", 113) + ".JPG", "." + long: "." + strings.Repeat("é", 112) + ".JPG"} {
		if got := shortName(name); got != want {
			t.Errorf("%q is shortened to %q", name, got)
		}
	}
}

func TestCopiesLeaveNothingHalfDone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	broken := func() io.Reader {
		return io.MultiReader(strings.NewReader("some"), iotest.ErrReader(ErrCorrupt))
	}
	if _, err := CopyNew(filepath.Join(dir, "new"), broken()); !errors.Is(err, ErrCorrupt) {
		t.Errorf("CopyNew: %v", err)
	}
	old := filepath.Join(dir, "old")
	writeFile(t, old, "before")
	if err := CopyOver(old, broken()); !errors.Is(err, ErrCorrupt) {
		t.Errorf("CopyOver: %v", err)
	}
	if got := readFile(t, old); got != "before" {
		t.Errorf("the file that was there holds %q", got)
	}
	if err := CopyOver(old, strings.NewReader("after")); err != nil {
		t.Fatal(err)
	}
	if got := readFile(t, old); got != "after" {
		t.Errorf("replaced by %q", got)
	}
	checkCount(t, dir, 1)
}

// What is no file is never replaced by one.
func TestCopyOverNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := CopyOver(dir, strings.NewReader("x")); err == nil {
		t.Error("a folder was written to")
	}
	checkCount(t, dir, 0)
	if runtime.GOOS != "linux" {
		return
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := CopyOver(fmt.Sprintf("/proc/self/fd/%d", w.Fd()), strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	_ = w.Close() // nothing is buffered
	got, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil || string(got) != "x" {
		t.Errorf("the pipe got %q, %v", got, err)
	}
}

func checkCount(t *testing.T, dir string, want int) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != want {
		t.Errorf("%d files in the folder, want %d", len(left), want)
	}
}
