package filelayer

import (
	"os"
	"path/filepath"
	"testing"
)

// moveOutside gives the file another place in the library, as a person does with
// another program.
func (d *device) moveOutside(digest Digest) (to string) {
	d.t.Helper()
	info, err := d.blobs.Info(digest)
	must(d.t, err)
	to = filepath.Join(filepath.Dir(info.Path), "moved.jpg")
	must(d.t, os.Rename(info.Path, to))
	return to
}

func wantGone(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", path, err)
	}
}

// TestMovedFileIsDeleted: who has moved a file, and deletes it before Paul has
// looked where it is, finds it in the trash, and can restore it.
func TestMovedFileIsDeleted(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	d := a.create("photo", 1000)
	to := a.moveOutside(d)
	must(t, a.Delete(testContext(t), d))
	wantGone(t, to)
	must(t, a.Restore(testContext(t), d))
	until(t, "restored", func() bool { return a.entry(d).Here() && a.holds(a, d) }, a)
	a.wantBytes(d, photo("photo", 1000))
}

// TestMovedFileIsUnsaved, and leaves nothing behind.
func TestMovedFileIsUnsaved(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	d := sharedFiles(t, a, b, 1)[0]
	to := a.moveOutside(d)
	must(t, a.Unsave(testContext(t), d))
	wantGone(t, to)
	if !a.blobs.InTrash(d) || !b.blobs.Has(d) {
		t.Error("it is not in the trash here, or not on b")
	}
}
