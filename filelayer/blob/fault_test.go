package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// faulty is a file system whose calls fail when and as a test says.
type faulty struct {
	osFS
	fail func(op, path string) error // nil result: the call is made
	room uint64                      // free bytes; 0 asks the disk
}

func (f *faulty) check(op, path string) error {
	if f.fail == nil {
		return nil
	}
	return f.fail(op, path)
}

func (f *faulty) create(path string) (file, error) {
	if err := f.check("create", path); err != nil {
		return nil, err
	}
	return f.wrap(f.osFS.create(path))
}

func (f *faulty) resume(path string) (file, error) {
	if err := f.check("resume", path); err != nil {
		return nil, err
	}
	return f.wrap(f.osFS.resume(path))
}

func (f *faulty) open(path string) (file, error) {
	if err := f.check("open", path); err != nil {
		return nil, err
	}
	return f.wrap(f.osFS.open(path))
}

func (f *faulty) finish(path string, size int64) error {
	if err := f.check("finish", path); err != nil {
		return err
	}
	return f.osFS.finish(path, size)
}

func (f *faulty) rename(from, to string) error {
	if err := f.check("rename", to); err != nil {
		return err
	}
	return f.osFS.rename(from, to)
}

func (f *faulty) remove(path string) error {
	if err := f.check("remove", path); err != nil {
		return err
	}
	return f.osFS.remove(path)
}

func (f *faulty) mkdir(path string) error {
	if err := f.check("mkdir", path); err != nil {
		return err
	}
	return f.osFS.mkdir(path)
}

func (f *faulty) syncDir(path string) error {
	if err := f.check("syncDir", path); err != nil {
		return err
	}
	return f.osFS.syncDir(path)
}

func (f *faulty) sync(path string) error {
	if err := f.check("sync", path); err != nil {
		return err
	}
	return f.osFS.sync(path)
}

func (f *faulty) free(dir string) (uint64, error) {
	if f.room > 0 {
		return f.room, nil
	}
	return f.osFS.free(dir)
}

func (f *faulty) wrap(inner file, err error) (file, error) {
	if err != nil {
		return nil, err
	}
	return &faultyFile{file: inner, fs: f}, nil
}

type faultyFile struct {
	file
	fs *faulty
}

func (f *faultyFile) Write(p []byte) (int, error) {
	if err := f.fs.check("write", ""); err != nil {
		n, _ := f.file.Write(p[:len(p)/2]) // torn
		return n, err
	}
	return f.file.Write(p)
}

func (f *faultyFile) Read(p []byte) (int, error) {
	if err := f.fs.check("read", ""); err != nil {
		return 0, err
	}
	return f.file.Read(p)
}

// TestDiskErrors makes each call fail once with each error, and expects the
// sentinel for it, nothing half-written, and that the same import works afterwards.
func TestDiskErrors(t *testing.T) {
	t.Parallel()
	if !posixErrors {
		t.Skip("the errors are those of Unix")
	}
	for _, op := range []string{"create", "write", "finish", "mkdir", "rename", "syncDir"} {
		for errno, want := range map[error]error{
			syscall.ENOSPC: ErrNoSpace, syscall.EROFS: ErrReadOnly, syscall.EIO: ErrIO, syscall.EFBIG: ErrTooLarge,
		} {
			t.Run(fmt.Sprintf("%s %v", op, errno), func(t *testing.T) {
				t.Parallel()
				fsys := &faulty{}
				s := newDirs(t).open(t, fsys)
				put(t, s, "before.jpg", "before")
				var failed atomic.Bool
				fsys.fail = func(o, path string) error {
					if o != op || op == "rename" && filepath.Base(path) != "b.jpg" || failed.Swap(true) {
						return nil
					}
					return errno
				}
				err := putTwo(t, s)
				if !failed.Load() || !errors.Is(err, want) {
					t.Fatalf("failed %v: %v, want %v", failed.Load(), err, want)
				}
				wantFiles(t, s, map[string]string{"2024/2024-05/before.jpg": "before"})
				wantNoTemps(t, s)
				if err := putTwo(t, s); err != nil {
					t.Fatalf("once the disk works again: %v", err)
				}
				wantFiles(t, s, map[string]string{
					"2024/2024-05/before.jpg": "before", "2024/2024-06/a.jpg": "a", "2024/2024-06/b.jpg": "b",
				})
			})
		}
	}
}

func putTwo(tb testing.TB, s *Store) error {
	tb.Helper()
	b := s.NewBatch()
	defer b.Abort()
	for _, name := range []string{"a", "b"} {
		meta := Meta{Name: name + ".jpg", Time: may.AddDate(0, 1, 0)}
		put := func() (Info, error) { return b.Put(tb.Context(), strings.NewReader(name), meta) }
		if name == "b" {
			put = func() (Info, error) { return b.PutContent(NewContent([]byte(name)), meta) }
		}
		if _, err := put(); err != nil {
			return err
		}
	}
	return b.Commit(tb.Context())
}

func TestSpaceIsCheckedBeforehand(t *testing.T) {
	t.Parallel()
	fsys := &faulty{room: spaceMargin + 1000}
	s := newDirs(t).open(t, fsys)
	b := s.NewBatch()
	defer b.Abort()
	unread := &failing{errors.New("was read")}
	if _, err := b.Put(t.Context(), unread, Meta{Name: "a.jpg", Size: 1001}); !errors.Is(err, ErrNoSpace) {
		t.Errorf("put: %v", err)
	}
	src := func(context.Context, int64) (io.ReadCloser, error) { return nil, errors.New("was asked") }
	if _, err := b.Receive(t.Context(), sum("a"), 1001, Meta{Name: "a.jpg"}, src, nil); !errors.Is(err, ErrNoSpace) {
		t.Errorf("receive: %v", err)
	}
	_, release, err := s.reserve(s.library, 900) // a transfer in progress
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.reserve(s.library, 200); !errors.Is(err, ErrNoSpace) {
		t.Errorf("space was promised twice: %v", err)
	}
	release()
	if _, release, err = s.reserve(s.library, 200); err != nil {
		t.Errorf("released space is not free: %v", err)
	} else {
		release()
	}
}

func TestReadOnlyLibraryCanBeRead(t *testing.T) {
	t.Parallel()
	if !posixErrors {
		t.Skip("the errors are those of Unix")
	}
	dirs := newDirs(t)
	s := dirs.open(t, nil)
	d := put(t, s, "a.jpg", "a")
	trashed := put(t, s, "b.jpg", "b")
	if err := s.Trash(trashed, "test"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = dirs.open(t, &faulty{fail: func(op, _ string) error {
		if op == "open" || op == "read" {
			return nil
		}
		return syscall.EROFS
	}})
	if got := read(t, s, d); got != "a" {
		t.Errorf("read %q", got)
	}
	for name, do := range map[string]func() error{
		"put":     func() error { return putTwo(t, s) },
		"receive": func() error { _, err := s.Receive(t.Context(), sum("n"), 1, Meta{}, source("n"), nil); return err },
		"trash":   func() error { return s.Trash(d, "test") },
		"untrash": func() error { _, err := s.Untrash(trashed); return err },
		"purge":   func() error { _, err := s.PurgeTrash(0, nil, nil); return err },
	} {
		if err := do(); !errors.Is(err, ErrReadOnly) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Verify(t.Context(), d); err != nil {
		t.Errorf("verify: %v", err)
	}
	if !s.InTrash(trashed) || !s.Has(d) {
		t.Error("something was lost")
	}
}

// TestUnreadableIsNotRotten shows that a disk that fails to read condemns no
// file.
func TestUnreadableIsNotRotten(t *testing.T) {
	t.Parallel()
	if !posixErrors {
		t.Skip("the errors are those of Unix")
	}
	fsys := &faulty{}
	s := newDirs(t).open(t, fsys)
	d := put(t, s, "a.jpg", "a")
	fsys.fail = func(op, _ string) error {
		if op == "read" {
			return syscall.EIO
		}
		return nil
	}
	if _, err := s.Verify(t.Context(), d); !errors.Is(err, ErrIO) {
		t.Errorf("verify: %v", err)
	}
	fsys.fail = nil
	if _, err := s.Verify(t.Context(), d); err != nil {
		t.Error(err)
	}
}

// TestRottenIsToldOf shows that a rotten copy is put aside after that was told, and
// not when it cannot be.
func TestRottenIsToldOf(t *testing.T) {
	t.Parallel()
	fsys := &faulty{}
	s := newDirs(t).open(t, fsys)
	d := put(t, s, "rotten.jpg", "rotten")
	scribble(t, s, d)
	full := errors.New("the log is full")
	var told []error
	s.onAside = func(q Quarantined, failed error) error {
		if told = append(told, failed); q.Digest != d || q.Name != "rotten.jpg" || q.Size != 6 {
			t.Errorf("told of %+v", q)
		}
		if len(told) == 1 {
			return full
		}
		return nil
	}
	if _, err := s.Verify(t.Context(), d); !errors.Is(err, full) || !s.Has(d) {
		t.Errorf("untold: %v", err)
	}
	fsys.fail = func(op, _ string) error {
		if op == "rename" {
			return syscall.EIO
		}
		return nil
	}
	if _, err := s.Verify(t.Context(), d); !errors.Is(err, syscall.EIO) || len(told) != 3 || !errors.Is(told[2], syscall.EIO) {
		t.Errorf("not moved: %v, told %v", err, told)
	}
	fsys.fail = nil
	if _, err := s.Verify(t.Context(), d); !errors.Is(err, ErrCorrupt) || len(told) != 4 {
		t.Errorf("put aside: %v, told %v", err, told)
	}
}

// TestStopAtEveryCall lets everything fail from the n-th call on, as if the
// process had ended there, for every n; then opens anew and looks.
func TestStopAtEveryCall(t *testing.T) {
	t.Parallel()
	stopped := errors.New("stopped")
	for n := int64(0); ; n++ {
		dirs := newDirs(t)
		s := dirs.open(t, nil)
		old := put(t, s, "old.jpg", "old")
		rotten := put(t, s, "rotten.jpg", "rotten")
		scribble(t, s, rotten)
		var calls atomic.Int64
		s.fsys = &faulty{fail: func(string, string) error {
			if calls.Add(1) > n {
				return stopped
			}
			return nil
		}}
		done := scenario(t, s, old, rotten)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = dirs.open(t, nil)
		wantConsistent(t, s)
		if !s.Has(old) && !s.InTrash(old) {
			t.Errorf("stopped at call %d: an acknowledged file is lost", n)
		}
		if _, err := s.Untrash(old); err != nil && !errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
		if err := putTwo(t, s); err != nil {
			t.Fatal(err)
		}
		for d, name := range map[Digest]string{old: "old", sum("a"): "a", sum("b"): "b"} {
			if !s.Has(d) {
				t.Errorf("stopped at call %d: %s is not here after the same import", n, name)
			}
		}
		wantConsistent(t, s)
		if t.Failed() {
			t.Fatalf("stopped at call %d", n)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if done {
			t.Logf("%d calls", n)
			return
		}
	}
}

// scenario does one of everything that renames, and reports whether all worked.
func scenario(t *testing.T, s *Store, old, rotten Digest) bool {
	t.Helper()
	if putTwo(t, s) != nil || s.Trash(old, "test") != nil {
		return false
	}
	if _, err := s.Untrash(old); err != nil {
		return false
	}
	several := []Digest{old, sum("a"), sum("b")}
	if errors.Join(s.TrashAll(several, "test")...) != nil {
		return false
	}
	if _, errs := s.UntrashAll(several); errors.Join(errs...) != nil {
		return false
	}
	if _, err := s.Verify(t.Context(), rotten); !errors.Is(err, ErrCorrupt) {
		return false
	}
	_, err := s.Receive(t.Context(), sum("r"), 1, Meta{Name: "r.jpg", Time: may}, source("r"), nil)
	return err == nil
}

// wantConsistent checks that rows and files agree one to one, and that nothing
// is left over.
func wantConsistent(tb testing.TB, s *Store) {
	tb.Helper()
	known := make(map[string]bool)
	for info, err := range s.All() {
		if err != nil {
			tb.Fatal(err)
		}
		rel, err := s.rel(info.Path)
		if err != nil {
			tb.Fatal(err)
		}
		known[rel] = true
		if d, err := s.hash(info.Path, nil); (err != nil || d != info.Digest) && !strings.Contains(rel, "rotten") {
			tb.Errorf("row %s points at %v, %v", rel, d, err)
		}
	}
	trash, err := s.Trashed()
	if err != nil {
		tb.Fatal(err)
	}
	for _, tr := range trash {
		rel, _ := s.rel(tr.Path)
		known[rel] = true
		if d, err := s.hash(tr.Path, nil); err != nil || d != tr.Digest {
			tb.Errorf("trash %s holds %v, %v", rel, d, err)
		}
	}
	aside, err := s.Quarantined()
	if err != nil {
		tb.Fatal(err)
	}
	for _, q := range aside {
		rel, _ := s.rel(q.Path)
		known[rel] = true
	}
	for rel := range files(tb, s) {
		if !known[rel] && !strings.HasPrefix(rel, partialDir) {
			tb.Errorf("file %s has no row", rel)
		}
	}
	moves, err := collect(s.index, scanMove, "SELECT id, kind, digest, src, dst, size, mtime, verified, origin, reason, at FROM moves")
	if err != nil || len(moves) != 0 {
		tb.Errorf("%d moves announced, %v", len(moves), err)
	}
}

// TestRowsFail makes the index refuse after the files have their names.
func TestRowsFail(t *testing.T) {
	t.Parallel()
	dirs := newDirs(t)
	fsys := &faulty{}
	s := dirs.open(t, fsys)
	put(t, s, "x.jpg", "x")
	exec := func(query string) {
		if err := s.index.update(func(tx *tx) error { return tx.exec(query) }); err != nil {
			t.Error(err)
		}
	}
	exec("CREATE TRIGGER no BEFORE INSERT ON blobs BEGIN SELECT RAISE(ABORT, 'refused'); END")
	if err := putTwo(t, s); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("commit: %v", err)
	}
	wantFiles(t, s, map[string]string{"2024/2024-05/x.jpg": "x"})
	exec("DROP TRIGGER no")
	if err := putTwo(t, s); err != nil {
		t.Error(err)
	}
	wantConsistent(t, s)
}

func TestRenameNeverReplaces(t *testing.T) {
	t.Parallel()
	for name, rename := range map[string]func(from, to string) error{"system": renameNew, "link": renameByLink} {
		dir := t.TempDir()
		from, to, taken := filepath.Join(dir, "from"), filepath.Join(dir, "to"), filepath.Join(dir, "taken")
		for _, p := range []string{from, taken} {
			if err := os.WriteFile(p, []byte(p), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := rename(from, taken); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: onto another file: %v", name, err)
		}
		if err := rename(from, to); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := rename(from, to); !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: of nothing: %v", name, err)
		}
		for p, want := range map[string]string{to: from, taken: taken} {
			if got, err := os.ReadFile(p); err != nil || string(got) != want {
				t.Errorf("%s: %s holds %q, %v", name, p, got, err)
			}
		}
	}
}
