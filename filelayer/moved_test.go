package filelayer

import (
	"os"
	"path/filepath"
	"testing"
	"time"
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

// TestTouchedCopyIsAdopted: a copy that has another time, as after a copy of the
// whole library, and no record yet, is a copy all the same.
func TestTouchedCopyIsAdopted(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	d := a.create("photo", 100)
	info, err := a.blobs.Info(d)
	must(t, err)
	a.mirror.claim(d) // nothing follows the record
	must(t, a.claimCopies(testContext(t), []Digest{d}, false))
	must(t, os.Chtimes(info.Path, time.Time{}, info.ModTime.Add(time.Hour)))
	must(t, a.adopt(testContext(t), []Digest{d}))
	if e := a.entry(d); !e.Here() || !a.holds(a, d) {
		t.Errorf("not adopted: %+v", e)
	}
}
