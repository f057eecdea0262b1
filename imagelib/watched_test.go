package imagelib

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/internal/watch"
)

// watchRig is a watched folder that runs.
type watchRig struct {
	*WatchedFolder
	t      *testing.T
	l      *testLibrary
	dir    string
	took   chan ImportResult
	looked chan struct{} // after each batch
	stop   func()
}

func watchDir(t *testing.T, l *testLibrary, dir, memory string) *watchRig {
	t.Helper()
	r := watchWith(t, l.Library, WatchedOptions{Path: dir, Memory: memory})
	r.l = l
	return r
}

func watchWith(t *testing.T, l *Library, opts WatchedOptions) *watchRig {
	t.Helper()
	r := &watchRig{t: t, dir: opts.Path, took: make(chan ImportResult, 100), looked: make(chan struct{}, 1000)}
	opts.quiet, opts.gather, opts.OnChange = 20*time.Millisecond, time.Millisecond, func() { r.looked <- struct{}{} }
	var err error
	if r.WatchedFolder, err = l.WatchFolder(opts); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- r.Run(ctx, func(ctx context.Context, found *Found) error {
			result, err := found.Import(ctx, func(ImportProgress) {})
			r.took <- result
			return err
		})
	}()
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := errors.Join(<-done, r.Close()); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(r.stop)
	return r
}

// put writes a file as a program does that is done at once.
func (r *watchRig) put(name string, data []byte) {
	r.t.Helper()
	hidden, path := filepath.Join(r.dir, ".new"), filepath.Join(r.dir, name)
	if err := errors.Join(os.WriteFile(hidden, data, 0o600), os.Rename(hidden, path)); err != nil {
		r.t.Fatal(err)
	}
}

// until waits for the folder's status.
func (r *watchRig) until(what string, ok func(WatchedStatus) bool) {
	r.t.Helper()
	for !ok(r.Status()) {
		select {
		case <-r.looked:
		case <-time.After(time.Minute):
			r.t.Fatalf("%s: %+v", what, r.Status())
		}
	}
}

// next is the next import.
func (r *watchRig) next() ImportResult {
	r.t.Helper()
	select {
	case result := <-r.took:
		return result
	case <-time.After(time.Minute):
		r.t.Fatal("nothing is imported")
		return ImportResult{}
	}
}

func (r *watchRig) quiet(what string) {
	r.t.Helper()
	select {
	case result := <-r.took:
		r.t.Errorf("%s: imported %+v", what, result)
	default:
	}
}

func TestWatchedFolder(t *testing.T) {
	t.Parallel()
	l, memory := newTestLibrary(t), filepath.Join(t.TempDir(), "memory")
	dir := writeFiles(t, map[string][]byte{
		"a.jpg": photoOf(1), "sub/b.jpg": photoOf(2), "copy.jpg": photoOf(1), "notes.txt": []byte("no photo at all"), "empty.jpg": nil,
		".hidden.jpg": photoOf(3), "c.jpg.part": photoOf(4), "d.crdownload": photoOf(5), "e.tmp": photoOf(6), "f.jpg~": photoOf(7),
	})
	r := watchDir(t, l, dir, memory)
	if got := r.next(); len(got.Added) != 2 || got.Duplicates != 1 || got.Failed != 0 {
		t.Errorf("at the start: %+v", got)
	}
	r.put("new.jpg", photoOf(8))
	if got := r.next(); len(got.Added) != 1 {
		t.Errorf("a new one: %+v", got)
	}
	r.until("counted", func(s WatchedStatus) bool { return s.Photos == 3 && s.NotPhotos == 1 && s.State == watch.Watching })
	if data, err := os.ReadFile(filepath.Join(dir, "a.jpg")); err != nil || !bytes.Equal(data, photoOf(1)) {
		t.Errorf("the original has changed: %v", err)
	}
	r.stop()

	created := l.files.created
	again := watchDir(t, l, dir, memory)
	again.until("counted again", func(s WatchedStatus) bool { return s.Photos == 3 && s.NotPhotos == 1 })
	again.quiet("what was known")
	again.put("new.jpg", photoOf(9))
	if got := again.next(); len(got.Added) != 1 || l.files.created != created+1 {
		t.Errorf("one that changed: %+v, %d files read", got, l.files.created-created)
	}
}

// TestWatchedStaysDeleted: what a person deleted, or removed from this device,
// does not come back because it still lies in a watched folder, by whatever name.
func TestWatchedStaysDeleted(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	deleted, elsewhere := sha256.Sum256(photoOf(1)), sha256.Sum256(photoOf(2))
	e := filelayer.Entry{Digest: deleted, Deleted: &filelayer.Stamp{}}
	l.files.put(e)
	l.files.put(filelayer.Entry{Digest: elsewhere, Holders: filelayer.ByDevice(map[string]filelayer.Holder{"other": {Saved: true, N: 1, Verified: time.Unix(1, 0)}})})
	dir := writeFiles(t, map[string][]byte{"a.jpg": photoOf(1), "b.jpg": photoOf(2), "c.jpg": photoOf(3)})
	r := watchDir(t, l, dir, filepath.Join(t.TempDir(), "memory"))
	if got := r.next(); len(got.Added) != 1 || got.Deleted != 1 || got.Duplicates != 1 || l.files.created != 1 {
		t.Errorf("imported %+v, %d files created", got, l.files.created)
	}
	r.until("counted", func(s WatchedStatus) bool { return s.Deleted == 1 && s.Photos == 2 })
	r.put("another name.jpg", photoOf(1))
	if got := r.next(); len(got.Added) != 0 || got.Deleted != 1 {
		t.Errorf("by another name: %+v", got)
	}
	if e, err := l.files.Entry(deleted); err != nil || e.Deleted == nil {
		t.Errorf("it is back: %+v, %v", e, err)
	}
}

// TestWatchedUnknownToLibrary: what is remembered counts as long as the library
// knows it too.
func TestWatchedUnknownToLibrary(t *testing.T) {
	t.Parallel()
	memory := filepath.Join(t.TempDir(), "memory")
	dir := writeFiles(t, map[string][]byte{"a.jpg": photoOf(1)})
	first := watchDir(t, newTestLibrary(t), dir, memory)
	first.next()
	first.stop()
	second := watchDir(t, newTestLibrary(t), dir, memory)
	if got := second.next(); len(got.Added) != 1 {
		t.Errorf("into a library made anew: %+v", got)
	}
}

// TestWatchedStopped: after a full disk, all is tried again, and not at once.
func TestWatchedStopped(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	l.files.commitErr = filelayer.ErrNoSpace
	f, err := l.WatchFolder(WatchedOptions{
		Path: writeFiles(t, map[string][]byte{"a.jpg": photoOf(1)}), Memory: filepath.Join(t.TempDir(), "memory"), quiet: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	var took []ImportResult
	handle := func() {
		f.handle(t.Context(), watch.Batch{All: true}, func(ctx context.Context, found *Found) error {
			r, err := found.Import(ctx, func(ImportProgress) {})
			took = append(took, r)
			return err
		})
	}
	handle()
	if s := f.Status(); len(took) != 1 || !errors.Is(s.Stopped, filelayer.ErrNoSpace) {
		t.Fatalf("took %+v, %+v", took, s)
	}
	l.files.commitErr = nil
	if handle(); len(took) != 1 {
		t.Error("tried again at once")
	}
	f.resume = time.Now()
	handle()
	if s := f.Status(); len(took) != 2 || len(took[1].Added) != 1 || s.Stopped != nil || s.Photos != 1 {
		t.Errorf("took %+v, %+v", took, s)
	}
}

func TestRemembered(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "dir", "memory")
	open := func() *remembered {
		t.Helper()
		r, err := openRemembered(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = r.close() })
		return r
	}
	at := func(n int) source {
		return source{path: string(rune('a' + n)), size: int64(n), mtime: time.Unix(int64(n), 5)}
	}
	r := open()
	for n := range 3 {
		if err := r.put(at(n), Digest{byte(n)}, 1); err != nil {
			t.Fatal(err)
		}
	}
	knows := func(what string, r *remembered, n int, want bool) {
		t.Helper()
		if d, ok := r.find(at(n), 1); ok != want || ok && d != (Digest{byte(n)}) {
			t.Errorf("%s: file %d: %v, %v", what, n, d, ok)
		}
	}
	knows("opened again", open(), 2, true)
	changed := at(2)
	changed.mtime = changed.mtime.Add(1)
	if _, ok := open().find(changed, 1); ok {
		t.Error("a changed file is known")
	}
	st, err := os.Stat(path)
	if err == nil {
		err = os.Truncate(path, st.Size()-1)
	}
	if err != nil {
		t.Fatal(err)
	}
	r = open()
	knows("torn", r, 1, true)
	knows("torn", r, 2, false)
	if err := r.put(at(2), Digest{2}, 1); err != nil {
		t.Fatal(err)
	}
	knows("after it was torn", open(), 2, true)
	for range 3000 {
		if err := r.put(at(1), Digest{1}, 1); err != nil {
			t.Fatal(err)
		}
	}
	knows("rewritten", open(), 1, true)
	if st, err := os.Stat(path); err != nil || st.Size() > 10*rememberedLine {
		t.Errorf("%d bytes, %v", st.Size(), err)
	}
	if err := os.WriteFile(path, bytes.Repeat([]byte("x"), 500), 0o600); err != nil {
		t.Fatal(err)
	}
	knows("another file", open(), 1, false)
}

func TestRememberedIsBounded(t *testing.T) {
	t.Parallel()
	r, err := openRemembered(filepath.Join(t.TempDir(), "memory"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.close() })
	for n := range 60_000 {
		r.files[look{byte(n), byte(n >> 8)}] = seenFile{round: 1}
	}
	kept := source{path: "kept", size: 1}
	if err := errors.Join(r.put(kept, Digest{1}, 2), r.prune(2, 0)); err != nil || len(r.files) != 60_001 {
		t.Fatalf("an empty folder forgot all but %d: %v", len(r.files), err)
	}
	if err := r.prune(2, 1); err != nil || len(r.files) != 1 {
		t.Errorf("%d are left: %v", len(r.files), err)
	}
	if _, ok := r.find(kept, 2); !ok {
		t.Error("what is there is forgotten")
	}
}
