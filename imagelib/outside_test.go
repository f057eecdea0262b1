package imagelib

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/libpaul/paul/filelayer"
)

// libraryRig is a device whose library folder is watched.
type libraryRig struct {
	home string
	*watchRig
	lib   *Library
	files *filelayer.Layer
}

func watchLibrary(t *testing.T) *libraryRig {
	t.Helper()
	home := t.TempDir()
	lib, files, stop := openDevice(t, home)
	t.Cleanup(stop)
	r := &libraryRig{home: home, lib: lib, files: files}
	r.watch(t, home)
	return r
}

// watch begins to watch the library folder.
func (r *libraryRig) watch(t *testing.T, home string) {
	t.Helper()
	r.watchRig = watchWith(t, r.lib, WatchedOptions{
		Path: filepath.Join(home, "library"), Library: true, Memory: filepath.Join(home, "memory"),
	})
}

// add imports a photo as a person does, and returns where it lies.
func (r *libraryRig) add(n int) string {
	r.t.Helper()
	src := filepath.Join(r.t.TempDir(), "IMG_1.JPG")
	if err := os.WriteFile(src, photoOf(n), 0o600); err != nil {
		r.t.Fatal(err)
	}
	if _, err := r.lib.Import(r.t.Context(), []string{src}, nil); err != nil {
		r.t.Fatal(err)
	}
	return r.entry(n).Path
}

func (r *libraryRig) entry(n int) filelayer.Entry {
	r.t.Helper()
	e, err := r.files.Entry(sha256.Sum256(photoOf(n)))
	if err != nil {
		r.t.Fatalf("photo %d: %v", n, err)
	}
	return e
}

// lies checks that photo n is in the library, at path.
func (r *libraryRig) lies(n int, path string) {
	r.t.Helper()
	if e := r.entry(n); !e.Here() || e.Path != path {
		r.t.Errorf("photo %d lies at %q, want %q", n, e.Path, path)
	}
}

// problems are what a check finds, by path.
func (r *libraryRig) problems() map[string]error {
	r.t.Helper()
	found := map[string]error{}
	if _, err := r.files.Check(r.t.Context(), filelayer.CheckOptions{}, func(p filelayer.Problem) { found[p.Path] = p.Err }); err != nil {
		r.t.Fatal(err)
	}
	return found
}

// TestEditIsImported: an original that another program has changed is a photo of
// its own, where it lies, once; that of which nobody has the bytes is told of by a
// check, be it the original or an edit that was edited again.
func TestEditIsImported(t *testing.T) {
	t.Parallel()
	r := watchLibrary(t)
	path := r.add(1)
	rel, err := filepath.Rel(r.dir, path)
	if err != nil {
		t.Fatal(err)
	}
	for n := 2; n <= 3; n++ {
		r.put(rel, photoOf(n))
		if got := r.next(); len(got.Added) != 1 || got.Failed != 0 {
			t.Fatalf("edit %d: %+v", n, got)
		}
		r.lies(n, path)
		if before := r.entry(n - 1); before.Deleted != nil || before.Here() {
			t.Errorf("what was edited: %+v", before)
		}
		missing := 0
		for p, err := range r.problems() {
			if errors.Is(err, filelayer.ErrStray) {
				t.Errorf("%s is a stray", p)
			}
			missing++
		}
		if missing == 0 {
			t.Error("what is gone is not told of")
		}
	}
	r.put("last.jpg", photoOf(4)) // after which nothing else is waiting
	if got := r.next(); len(got.Added) != 1 {
		t.Errorf("not once: %+v", got)
	}
	if n := len(r.files.Entries()); n != 4 {
		t.Errorf("%d photos", n)
	}
}

// TestDroppedIntoTheLibrary: photos that are put into the library folder are
// taken in where they lie; what is known, deleted, or no photo is left alone, and
// not read again after a start.
func TestDroppedIntoTheLibrary(t *testing.T) {
	t.Parallel()
	r := watchLibrary(t)
	home := r.home
	first := r.add(1)
	r.add(2)
	if err := r.files.Delete(t.Context(), sha256.Sum256(photoOf(2))); err != nil {
		t.Fatal(err)
	}
	r.stop()

	drop := filepath.Join(r.dir, "Holidays")
	for name, data := range map[string][]byte{
		"new.jpg": photoOf(3), "copy.jpg": photoOf(1), "deleted.jpg": photoOf(2), "notes.txt": []byte("no photo"), "new.xmp": []byte("<x/>"), ".hidden.jpg": photoOf(5),
	} {
		if err := errors.Join(os.MkdirAll(drop, 0o700), os.WriteFile(filepath.Join(drop, name), data, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	r.watch(t, home) // what came while nobody looked
	if got := r.next(); len(got.Added) != 1 || got.Duplicates != 1 || got.Deleted != 1 || got.Failed != 0 {
		t.Errorf("imported %+v", got)
	}
	r.lies(3, filepath.Join(drop, "new.jpg"))
	r.lies(1, first)
	if e := r.entry(2); e.Deleted == nil {
		t.Error("what was deleted is back")
	}
	problems := r.problems()
	for _, name := range []string{"copy.jpg", "deleted.jpg", "notes.txt"} {
		if !errors.Is(problems[filepath.Join(drop, name)], filelayer.ErrStray) {
			t.Errorf("%s is not told of", name)
		}
	}
	r.stop()

	r.watch(t, home)
	r.until("all is known", func(s WatchedStatus) bool { return s.Deleted == 1 && s.NotPhotos == 1 })
	r.quiet("after a start")
	r.put("Holidays/later.jpg", photoOf(6))
	if got := r.next(); len(got.Added) != 1 || got.Duplicates != 0 || got.Deleted != 0 {
		t.Errorf("imported %+v", got)
	}
}

// TestReadOnlyLibrary: a photo that lies in a library folder that cannot be written to
// is left as it is, and the reason said; it is not tried again and again, and taken
// in once it can be.
func TestReadOnlyLibrary(t *testing.T) {
	t.Parallel()
	r := watchLibrary(t)
	home := r.home
	first := r.add(1)
	r.stop()
	dirs := []string{filepath.Dir(first), filepath.Join(home, "library", ".paul", "incoming"), filepath.Join(home, "library", ".paul"), filepath.Join(home, "library")}
	stray := filepath.Join(filepath.Dir(first), "new.jpg")
	later := filepath.Join(filepath.Dir(first), "later.jpg")
	if err := errors.Join(os.WriteFile(stray, photoOf(2), 0o600), os.WriteFile(later, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	mode := func(mode os.FileMode) {
		for _, dir := range dirs {
			if err := os.Chmod(dir, mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	mode(0o500)
	defer mode(0o700)
	if f, err := os.Create(filepath.Join(dirs[1], "probe")); err == nil {
		_ = f.Close()
		t.Skip("this user may write anywhere")
	}
	r.watch(t, home)
	r.next()
	r.until("it stops", func(s WatchedStatus) bool { return errors.Is(s.Stopped, filelayer.ErrReadOnly) })
	for len(r.looked) > 0 {
		<-r.looked
	}
	if err := os.WriteFile(later, photoOf(3), 0o600); err != nil { // the file may be written, if nothing else
		t.Fatal(err)
	}
	<-r.looked
	r.quiet("once it has stopped")
	if data, err := os.ReadFile(stray); err != nil || !bytes.Equal(data, photoOf(2)) {
		t.Errorf("the stray: %d bytes, %v", len(data), err)
	}
	if n := len(r.files.Entries()); n != 1 {
		t.Errorf("%d photos", n)
	}
	r.stop()

	mode(0o700)
	r.watch(t, home)
	if got := r.next(); len(got.Added) != 2 {
		t.Errorf("imported %+v", got)
	}
	r.lies(2, stray)
	r.lies(3, later)
}
