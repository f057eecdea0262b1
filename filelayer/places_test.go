package filelayer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
)

// newPlace makes a folder with a photo for each name, which may have folders in it.
func newPlace(tb testing.TB, names ...string) string {
	tb.Helper()
	dir, err := filepath.EvalSymlinks(tb.TempDir())
	must(tb, err)
	for _, name := range names {
		lay(tb, dir, name, photo(name, 3000))
	}
	return dir
}

func lay(tb testing.TB, dir, name string, data []byte) {
	tb.Helper()
	path := filepath.Join(dir, name)
	must(tb, os.MkdirAll(filepath.Dir(path), 0o755))
	must(tb, os.WriteFile(path, data, 0o600))
}

func placed(name string) Digest { return digestOf(photo(name, 3000)) }

// addPlace adds a folder in place and reads what is in it.
func (d *device) addPlace(dir string) {
	d.t.Helper()
	got, err := d.AddPlace(testContext(d.t), dir)
	must(d.t, err)
	if got != dir {
		d.t.Fatalf("AddPlace = %q", got)
	}
	d.opts.Places = append(d.opts.Places, dir)
	d.look(dir)
}

// look looks through a place, and returns the names of the files that it had to read.
func (d *device) look(dir string) (read []string) {
	d.t.Helper()
	read, err := d.tryLook(testContext(d.t), dir)
	must(d.t, err)
	return read
}

func (d *device) tryLook(ctx context.Context, dir string) (read []string, err error) {
	look, err := d.LookThrough(ctx, dir)
	if err != nil {
		return nil, err
	}
	skip := func(name string) bool { return strings.HasPrefix(name, ".") }
	err = look.Walk(ctx, skip, func(f PlacedFile) error {
		read = append(read, filepath.Base(f.Path))
		data, err := os.ReadFile(f.Path)
		if err != nil {
			return err
		}
		found := PlaceFound{Metadata: Metadata{Name: filepath.Base(f.Path), Type: "image/jpeg", Time: time.UnixMilli(1e12)}}
		found.PlacedFile, found.Digest = f, digestOf(data)
		if strings.HasSuffix(f.Path, ".txt") {
			found.Digest = Digest{}
		}
		if found.Stat, err = os.Lstat(f.Path); err != nil {
			return err
		}
		return look.Adopt(ctx, []PlaceFound{found})
	})
	if err != nil {
		return read, err
	}
	return read, look.Finish()
}

// settled waits until the record of this device says that it has a file in place,
// or none.
func (d *device) settled(digest Digest, has bool) {
	d.t.Helper()
	until(d.t, fmt.Sprintf("%s has %v in place: %t", d.opts.Name, digest, has), func() bool {
		h := d.entry(digest).Holders.Of(d.id)
		return !h.Saved && h.Has() == has && d.entry(digest).InPlace == has
	}, d)
}

func TestFilesInPlaceAreServed(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	dir := newPlace(t, "one.jpg", "sub/two.jpg", "note.txt", ".hidden.jpg")
	a.addPlace(dir)
	if n := len(a.Entries()); n != 2 {
		t.Fatalf("%d entries", n)
	}
	e := a.entry(placed("one.jpg"))
	if !e.Here() || e.Kept() || e.Path != filepath.Join(dir, "one.jpg") || e.Name != "one.jpg" || e.Copies().Count != 1 || !e.Time.Equal(time.UnixMilli(1e12)) {
		t.Fatalf("%+v", e)
	}
	if read := a.look(dir); len(read) != 0 {
		t.Errorf("read again: %v", read)
	}
	a.restart()
	if read := a.look(dir); len(read) != 0 {
		t.Errorf("read again after a restart: %v", read)
	}
	meet(t, a, b)
	until(t, "b sees both", func() bool { return len(b.Entries()) == 2 }, b)
	f, err := b.Fetch(testContext(t), placed("one.jpg"))
	must(t, err)
	must(t, f.Close())
	_, err = b.Save(testContext(t), placed("sub/two.jpg"))
	must(t, err)
	b.wantBytes(placed("sub/two.jpg"), photo("sub/two.jpg", 3000))
	if census := TakeCensus(b.Entries()); census.NoCopy != 0 || census.OneCopy != 1 {
		t.Errorf("%+v", census)
	}
	if lost, _, err := b.IfLost(a.id); err != nil || len(lost) != 1 {
		t.Errorf("IfLost = %v, %v", lost, err)
	}
}

// A file in a place is no promise: a person may remove it at any time.
func TestPlaceGrantsNoLease(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	dir := newPlace(t, "one.jpg")
	a.addPlace(dir)
	d := placed("one.jpg")
	until(t, "b sees it", func() bool { return b.sees(d) }, b)
	_, err := b.Save(testContext(t), d)
	must(t, err)
	err = b.Unsave(testContext(t), d)
	if !errors.Is(err, ErrLastCopy) || !b.entry(d).Kept() {
		t.Fatalf("Unsave, with the other copy in a place: %v", err)
	}
	var copies *CopiesError
	if !errors.As(err, &copies) || len(copies.Answers) != 1 || !errors.Is(copies.Answers[0].Err, ErrInPlace) || !strings.Contains(err.Error(), "added in place") {
		t.Errorf("Unsave does not say why: %v", err)
	}
	_, err = a.Save(testContext(t), d) // the copy in the library is one that counts
	must(t, err)
	if e := a.entry(d); !e.Kept() || !strings.HasPrefix(e.Path, a.opts.Library) {
		t.Fatalf("saved, and it lies at %s", e.Path)
	}
	must(t, b.Unsave(testContext(t), d))
	if err := a.Unsave(testContext(t), d); !errors.Is(err, ErrLeased) && !errors.Is(err, ErrLastCopy) {
		t.Errorf("Unsave of the only copy that counts: %v", err)
	}
}

func TestUnsaveLeavesWhatIsInPlace(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	dir := newPlace(t, "one.jpg")
	a.addPlace(dir)
	d := placed("one.jpg")
	for _, unsave := range []func(context.Context, Digest) error{a.Unsave, a.ForceUnsave} {
		if err := unsave(testContext(t), d); !errors.Is(err, ErrInPlace) || !strings.Contains(err.Error(), filepath.Join(dir, "one.jpg")) {
			t.Errorf("Unsave of a file in place = %v", err)
		}
	}
	_, err := a.Save(testContext(t), d)
	must(t, err)
	until(t, "b knows the copy of a", func() bool { return b.holds(a, d) }, b)
	_, err = b.Save(testContext(t), d)
	must(t, err)
	until(t, "a knows the copy of b", func() bool { return a.holds(b, d) }, a)
	must(t, a.Unsave(testContext(t), d)) // the copy in the library
	a.settled(d, true)
	if got, err := os.ReadFile(a.entry(d).Path); err != nil || !bytes.Equal(got, photo("one.jpg", 3000)) {
		t.Errorf("the file in place: %v", err)
	}
	until(t, "b hears that a keeps none", func() bool { h := b.entry(d).Holders.Of(a.id); return h.Has() && !h.Holds() }, b)
}

func TestDeleteLeavesWhatIsInPlace(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	dir := newPlace(t, "one.jpg", "two.jpg")
	a.addPlace(dir)
	d := placed("one.jpg")
	until(t, "b sees it", func() bool { return b.sees(d) }, b)
	must(t, b.Delete(testContext(t), d))
	until(t, "a hears of it, and tells that it lies there", func() bool {
		r, _, _ := a.mirror.file(d)
		h := r.Devices.Of(a.id)
		return r.Deleted != nil && h.Verified > 0 && !h.Saved && h.Trashed == notInTrash
	}, a)
	lay(t, dir, "copy.jpg", photo("one.jpg", 3000)) // the same bytes once more
	a.look(dir)
	a.restart()
	a.look(dir)
	if a.sees(d) {
		t.Fatal("what was deleted is back")
	}
	places, err := a.Places()
	if err != nil || len(places) != 1 || places[0].Files != 3 || places[0].Deleted != 2 || places[0].Only != 1 {
		t.Errorf("%+v, %v", places, err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "one.jpg")); err != nil {
		t.Error(err)
	}
	must(t, a.Restore(testContext(t), d))
	a.settled(d, true)
}

func TestChangesInPlace(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	dir := newPlace(t, "edit.jpg", "move.jpg", "gone.jpg", "stay.jpg", "old/folder.jpg", "twice.jpg", "sub/twice.jpg")
	lay(t, dir, "sub/twice.jpg", photo("twice.jpg", 3000))
	a.addPlace(dir)
	lay(t, dir, "edit.jpg", photo("edited", 3001))
	must(t, os.Rename(filepath.Join(dir, "move.jpg"), filepath.Join(dir, "sub", "moved.jpg")))
	must(t, os.Rename(filepath.Join(dir, "old"), filepath.Join(dir, "new")))
	must(t, os.Remove(filepath.Join(dir, "gone.jpg")))
	must(t, os.Remove(filepath.Join(dir, "twice.jpg")))
	if read := a.look(dir); len(read) != 1 || read[0] != "edit.jpg" {
		t.Errorf("read %v", read)
	}
	a.settled(digestOf(photo("edited", 3001)), true)
	a.settled(placed("edit.jpg"), false)
	a.settled(placed("move.jpg"), true)
	a.settled(placed("old/folder.jpg"), true)
	a.settled(placed("gone.jpg"), false)
	a.settled(placed("twice.jpg"), true)
	if got := a.entry(placed("move.jpg")).Path; got != filepath.Join(dir, "sub", "moved.jpg") {
		t.Errorf("moved to %s", got)
	}
	if c := TakeCensus(a.Entries()); c.NoCopy != 2 { // what was edited, and what is gone
		t.Errorf("%+v", c)
	}
	places, err := a.Places()
	if err != nil || places[0].Missing != 1 || places[0].Files != 5 {
		t.Errorf("%+v, %v", places, err)
	}
	must(t, os.Rename(filepath.Join(dir, "sub", "moved.jpg"), filepath.Join(dir, "gone.jpg"))) // another file under its name
	a.look(dir)
	a.settled(placed("move.jpg"), true)
	a.settled(placed("gone.jpg"), false)
}

func TestPlaceThatIsAway(t *testing.T) {
	t.Parallel()
	for _, left := range []string{"nothing", "an empty folder", "another disk"} {
		t.Run(left, func(t *testing.T) {
			t.Parallel()
			a := newDevice(t, newOverlay(), "a")
			dir := newPlace(t, "one.jpg", "sub/two.jpg")
			a.addPlace(dir)
			must(t, os.Rename(dir, dir+"-away"))
			switch left {
			case "an empty folder":
				must(t, os.Mkdir(dir, 0o755))
			case "another disk":
				lay(t, dir, "one.jpg", photo("other", 500))
			}
			for range 2 {
				if _, err := a.tryLook(testContext(t), dir); !errors.Is(err, ErrPlaceAway) {
					t.Fatalf("look = %v", err)
				}
				places, err := a.Places()
				if err != nil || !errors.Is(places[0].Away, ErrPlaceAway) || places[0].Missing != 0 || places[0].Files != 2 {
					t.Fatalf("%+v, %v", places, err)
				}
				if _, err := a.Fetch(testContext(t), placed("one.jpg")); !errors.Is(err, ErrNoHolder) {
					t.Errorf("Fetch = %v", err)
				}
				a.settled(placed("one.jpg"), true)
				a.restart()
			}
			var problems []Problem
			_, err := a.Check(testContext(t), CheckOptions{ReadData: true, Repair: true}, func(p Problem) { problems = append(problems, p) })
			if err != nil || len(problems) != 1 || !errors.Is(problems[0].Err, ErrPlaceAway) || problems[0].Repaired {
				t.Errorf("check: %v, %v", problems, err)
			}
			must(t, os.RemoveAll(dir))
			must(t, os.Rename(dir+"-away", dir))
			if read := a.look(dir); len(read) != 0 {
				t.Errorf("back, and read again: %v", read)
			}
			f, err := a.Fetch(testContext(t), placed("one.jpg"))
			must(t, err)
			must(t, f.Close())
		})
	}
}

func TestRemovePlace(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	dir := newPlace(t, "one.jpg", "two.jpg")
	a.addPlace(dir)
	ctx := testContext(t)
	one, two := placed("one.jpg"), placed("two.jpg")
	until(t, "b sees both", func() bool { return b.sees(one) && b.sees(two) }, b)
	_, err := b.Save(ctx, one)
	must(t, err)
	until(t, "a knows the copy of b", func() bool { return a.holds(b, one) }, a)
	if err := a.RemovePlace(ctx, dir, false); !errors.Is(err, ErrLastCopy) || !strings.Contains(err.Error(), "1 of its photos (3000 bytes)") {
		t.Fatalf("RemovePlace = %v", err)
	}
	if err := a.RemovePlace(ctx, dir+"x", false); !errors.Is(err, ErrNotFound) {
		t.Fatalf("RemovePlace of another folder = %v", err)
	}
	must(t, a.RemovePlace(ctx, dir, true))
	a.settled(one, false)
	a.settled(two, false)
	a.opts.Places = nil
	a.restart()
	if places, err := a.Places(); err != nil || len(places) != 0 {
		t.Errorf("%v, %v", places, err)
	}
	if n := len(a.Entries()); n != 2 {
		t.Errorf("%d entries are left", n)
	}
	if _, err := os.Lstat(filepath.Join(dir, "two.jpg")); err != nil {
		t.Error(err)
	}
}

func TestBadPlaces(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	dir := newPlace(t, "sub/one.jpg", "file.jpg")
	a.addPlace(filepath.Join(dir, "sub"))
	_, err := a.AddPlace(testContext(t), filepath.Join(dir, "sub")) // once more
	must(t, err)
	must(t, os.MkdirAll(filepath.Join(a.opts.Library, "2024"), 0o755))
	for _, bad := range []string{dir, filepath.Join(dir, "file.jpg"), a.opts.Library, filepath.Join(a.opts.Library, "2024"), a.opts.Dir, filepath.Dir(a.opts.Dir)} {
		if _, err := a.AddPlace(testContext(t), bad); !errors.Is(err, ErrBadPlace) {
			t.Errorf("AddPlace(%s) = %v", bad, err)
		}
	}
	if _, err := a.AddPlace(testContext(t), filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("AddPlace of nothing = %v", err)
	}
}

// A crash between the note of a file and its record, or in the middle of a walk,
// costs no second reading of what was noted.
func TestIndexingInPlaceGoesOn(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	dir := newPlace(t, "1.jpg", "2.jpg", "3.jpg")
	_, err := a.AddPlace(testContext(t), dir)
	must(t, err)
	a.opts.Places = []string{dir}
	look, err := a.blobs.Look(dir)
	must(t, err)
	stop := errors.New("killed")
	err = look.Walk(testContext(t), func(string) bool { return false }, func(f PlacedFile) error {
		if filepath.Base(f.Path) == "3.jpg" {
			return stop
		}
		found := PlaceFound{}
		found.PlacedFile, found.Digest = f, placed(filepath.Base(f.Path))
		found.Stat, err = os.Lstat(f.Path)
		must(t, err)
		_, err := look.Adopt([]blob.Found{found.Found}) // and no record
		return err
	})
	if !errors.Is(err, stop) {
		t.Fatal(err)
	}
	a.restart()
	a.settled(placed("1.jpg"), true)
	a.settled(placed("2.jpg"), true)
	if read := a.look(dir); len(read) != 1 || read[0] != "3.jpg" {
		t.Errorf("read %v", read)
	}
	a.settled(placed("3.jpg"), true)
}

func TestRotInPlaceIsToldAndLeft(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	dir := newPlace(t, "one.jpg", "two.jpg")
	a.addPlace(dir)
	d := placed("one.jpg")
	until(t, "b sees it", func() bool { return b.sees(d) }, b)
	_, err := b.Save(testContext(t), d)
	must(t, err)
	path := filepath.Join(dir, "one.jpg")
	fi, err := os.Lstat(path)
	must(t, err)
	rotten := photo("one.jpg", 3000)
	rotten[1500] ^= 1
	must(t, os.WriteFile(path, rotten, 0o600))
	must(t, os.Chtimes(path, fi.ModTime(), fi.ModTime()))
	var problems []Problem
	_, err = a.Check(testContext(t), CheckOptions{ReadData: true, Repair: true}, func(p Problem) { problems = append(problems, p) })
	if err != nil || len(problems) != 1 || !errors.Is(problems[0].Err, ErrCorrupt) || problems[0].Repaired {
		t.Fatalf("check: %v, %v", problems, err)
	}
	a.settled(d, false)
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, rotten) {
		t.Errorf("the rotten file was changed: %v", err)
	}
	if read := a.look(dir); len(read) != 0 {
		t.Errorf("rotten bytes became a photo: %v", read)
	}
	until(t, "a knows the copy of b", func() bool { return a.holds(b, d) }, a)
	_, err = a.Save(testContext(t), d) // from b
	must(t, err)
	a.wantBytes(d, photo("one.jpg", 3000))
}

// TestKeeperLeavesWhatIsInPlace: a device that keeps everything has no second copy
// of what lies in place there, and one as soon as it goes from there.
func TestKeeperLeavesWhatIsInPlace(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	a.setRole(Role{Everything: true})
	dir := newPlace(t, "one.jpg", "two.jpg")
	a.addPlace(dir)
	d := placed("one.jpg")
	until(t, "b sees it", func() bool { return b.sees(d) }, b)
	_, err := b.Save(testContext(t), d)
	must(t, err)
	until(t, "a knows the copy of b", func() bool { return a.holds(b, d) }, a)
	if p := a.Plan(a.Role()); p.Fetch != 0 || p.Free != 0 || p.Stuck != 0 || a.entry(d).Kept() {
		t.Fatalf("%+v", p)
	}
	must(t, os.Remove(filepath.Join(dir, "one.jpg")))
	a.look(dir)
	until(t, "a has a copy in its library", func() bool { return a.entry(d).Kept() }, a)
}
