package watch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
)

// fakeNotifier is a source of notices that a test makes.
type fakeNotifier struct {
	events  chan fsnotify.Event
	errs    chan error
	dirs    map[string]bool // used by the tree alone, or while it waits
	refused error           // by Add
}

func newFakeNotifier() *fakeNotifier {
	return &fakeNotifier{events: make(chan fsnotify.Event), errs: make(chan error), dirs: make(map[string]bool)}
}

func (n *fakeNotifier) Add(dir string) error           { n.dirs[dir] = true; return n.refused }
func (n *fakeNotifier) Remove(dir string) error        { delete(n.dirs, dir); return nil }
func (n *fakeNotifier) Notices() <-chan fsnotify.Event { return n.events }
func (n *fakeNotifier) Failures() <-chan error         { return n.errs }
func (n *fakeNotifier) Close() error                   { return nil }
func (n *fakeNotifier) tell(op fsnotify.Op, path string) {
	n.events <- fsnotify.Event{Name: path, Op: op}
}

// fakeTree is a tree that runs in a bubble, over real files.
type fakeTree struct {
	*Tree
	t        *testing.T
	dir      string
	notifier *fakeNotifier
	batches  []Batch // used by Run alone, or while it waits
	again    []string
	started  time.Time
	at       []time.Duration // of the batches, since started
}

func runTree(t *testing.T, opts Options) *fakeTree {
	t.Helper()
	f := &fakeTree{t: t, dir: opts.Root, notifier: newFakeNotifier(), started: time.Now()}
	if f.dir == "" {
		f.dir = realDir(t)
		opts.Root = f.dir
	}
	if opts.open == nil {
		opts.open = func() (notifier, error) { return f.notifier, nil }
	}
	if opts.remote == nil {
		opts.remote = func(string) bool { return false }
	}
	opts.Skip = func(name string) bool { return strings.HasPrefix(name, ".") }
	f.Tree = New(opts)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- f.Run(ctx, func(_ context.Context, b Batch) []string {
			slices.Sort(b.Paths)
			f.batches, f.at = append(f.batches, b), append(f.at, time.Since(f.started))
			again := f.again
			f.again = nil
			return again
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	synctest.Wait()
	return f
}

func realDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func (f *fakeTree) write(name string, size int) string {
	f.t.Helper()
	path := filepath.Join(f.dir, name)
	must(f.t, os.MkdirAll(filepath.Dir(path), 0o700))
	must(f.t, os.WriteFile(path, make([]byte, size), 0o600))
	return path
}

// wait lets the time pass, and returns the batches since the last call.
func (f *fakeTree) wait(d time.Duration) []Batch {
	<-time.After(d)
	synctest.Wait()
	out := f.batches
	f.batches = nil
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, what string, got []Batch, want ...Batch) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestFirstAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := runTree(t, Options{})
		want(t, "at the start", f.wait(0), Batch{All: true})
		want(t, "nothing happened", f.wait(5*time.Minute))
		if s := f.Status(); s.State != Watching || s.Err != nil {
			t.Errorf("status %v", s)
		}
	})
}

// TestPartialWrites: a file is told of once nobody has changed it for a while,
// and one that comes complete sooner.
func TestPartialWrites(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := runTree(t, Options{})
		f.wait(0)
		path := f.write("a.jpg", 0)
		f.notifier.tell(fsnotify.Create, path)
		for size := range 5 {
			f.write("a.jpg", 1+size)
			f.notifier.tell(fsnotify.Write, path)
			want(t, "while it is written", f.wait(1900*time.Millisecond))
		}
		f.write("a.jpg", 100) // and no notice of it
		want(t, "while it grows unseen", f.wait(1900*time.Millisecond))
		want(t, "once it is quiet", f.wait(2*time.Second), Batch{Paths: []string{path}})

		renamed := f.write("b.jpg", 1)
		f.notifier.tell(fsnotify.Create, renamed)
		want(t, "one that was renamed", f.wait(600*time.Millisecond), Batch{Paths: []string{renamed}})
	})
}

// TestOpenForWriting: a program that writes slowly is waited for as long as it
// has the file open.
func TestOpenForWriting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := runTree(t, Options{})
		f.wait(0)
		path := f.write("a.jpg", 1)
		w, err := os.OpenFile(path, os.O_WRONLY, 0)
		must(t, err)
		if !busy(path) {
			must(t, w.Close())
			t.Skip("this file system does not tell who writes a file")
		}
		f.notifier.tell(fsnotify.Write, path)
		want(t, "while it is open", f.wait(time.Minute))
		must(t, w.Close())
		want(t, "once it is closed", f.wait(3*time.Second), Batch{Paths: []string{path}})
	})
}

func TestPassedOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := runTree(t, Options{})
		f.wait(0)
		f.notifier.tell(fsnotify.Create, f.write(".hidden.jpg", 1))
		f.notifier.tell(fsnotify.Create, filepath.Dir(f.write(".folder/a.jpg", 1)))
		f.notifier.tell(fsnotify.Chmod, f.write("a.jpg", 1))
		want(t, "passed over", f.wait(time.Minute))
		if len(f.notifier.dirs) != 1 {
			t.Errorf("watched: %v", f.notifier.dirs)
		}
	})
}

// TestFolders: what lies in a folder that comes is told of, that is watched
// with all below it, and by its new name when it gets another.
func TestFolders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := runTree(t, Options{})
		f.wait(0)
		a, b := f.write("new/a.jpg", 1), f.write("new/deep/b.jpg", 1)
		must(t, os.Symlink(f.dir, filepath.Join(f.dir, "new", "loop")))
		f.notifier.tell(fsnotify.Create, filepath.Join(f.dir, "new"))
		want(t, "a new folder", f.wait(3*time.Second), Batch{Paths: []string{a, b}})

		must(t, os.Rename(filepath.Join(f.dir, "new"), filepath.Join(f.dir, "other")))
		f.notifier.tell(fsnotify.Rename, filepath.Join(f.dir, "new"))
		f.notifier.tell(fsnotify.Create, filepath.Join(f.dir, "other"))
		got := f.wait(10 * time.Second)
		var paths []string
		for _, b := range got {
			paths = append(paths, b.Paths...)
		}
		slices.Sort(paths)
		moved := []string{filepath.Join(f.dir, "new"), filepath.Join(f.dir, "other/a.jpg"), filepath.Join(f.dir, "other/deep/b.jpg")}
		if !slices.Equal(paths, moved) {
			t.Errorf("a renamed folder: %v, want %v", paths, moved)
		}
		for dir := range f.notifier.dirs {
			if strings.Contains(dir, "new") {
				t.Errorf("still watched: %s", dir)
			}
		}
		if !f.notifier.dirs[filepath.Join(f.dir, "other/deep")] {
			t.Errorf("not watched by its new name: %v", f.notifier.dirs)
		}
	})
}

func TestGather(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := runTree(t, Options{Gather: 5 * time.Second})
		f.wait(0)
		for i := range 40 { // one a second
			f.notifier.tell(fsnotify.Create, f.write(fmt.Sprint(i), 1))
			want(t, "while they come", f.wait(time.Second))
		}
		if got := f.wait(10 * time.Second); len(got) != 1 || len(got[0].Paths) != 40 {
			t.Errorf("gathered: %v", got)
		}
		for i := range 100 {
			f.notifier.tell(fsnotify.Create, f.write(fmt.Sprint(i), 1))
			<-time.After(time.Second)
		}
		if got := f.wait(10 * time.Second); len(got) != 2 {
			t.Errorf("while more come for long: %d batches, want 2", len(got))
		}
	})
}

func TestLostNotices(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := runTree(t, Options{})
		f.wait(0)
		f.write("new/a.jpg", 1)
		f.notifier.errs <- fsnotify.ErrEventOverflow
		want(t, "after an overflow", f.wait(3*time.Second), Batch{All: true})
		if !f.notifier.dirs[filepath.Join(f.dir, "new")] {
			t.Error("a folder that came meanwhile is not watched")
		}
		want(t, "from time to time", f.wait(10*time.Minute), Batch{All: true})
	})
}

// TestBounded: more files than can be waited for are looked for instead.
func TestBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := runTree(t, Options{})
		f.wait(0)
		for i := range pendingMax + 10 {
			f.notifier.tell(fsnotify.Remove, filepath.Join(f.dir, fmt.Sprint(i)))
		}
		want(t, "too many", f.wait(5*time.Second), Batch{All: true})
	})
}

func TestAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := runTree(t, Options{})
		f.wait(0)
		path := f.write("a.jpg", 1)
		f.again = []string{path}
		f.notifier.tell(fsnotify.Create, path)
		want(t, "again", f.wait(5*time.Second), Batch{Paths: []string{path}}, Batch{Paths: []string{path}})
	})
}

// TestAway: a folder that is not there is waited for, and so is one that comes
// back as another, as when a disk is mounted over it.
func TestAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(realDir(t), "disk")
		f := runTree(t, Options{Root: dir})
		want(t, "not there", f.wait(time.Minute))
		if s := f.Status(); s.State != Away || !errors.Is(s.Err, os.ErrNotExist) {
			t.Errorf("status %v", s)
		}
		must(t, os.Mkdir(dir, 0o700))
		want(t, "there", f.wait(11*time.Second), Batch{All: true})
		must(t, os.Rename(dir, dir+"2"))
		must(t, os.Mkdir(dir, 0o700))
		want(t, "another", f.wait(11*time.Second), Batch{All: true})
		must(t, os.Remove(dir))
		want(t, "gone", f.wait(time.Minute))
		if s := f.Status(); s.State != Away {
			t.Errorf("status %v", s)
		}
	})
}

// TestLimit: where the system refuses notices, the folder is scanned, and the
// person reads what to do; it is tried again.
func TestLimit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err    error
		advice string
	}{{syscall.ENOSPC, "max_user_watches"}, {syscall.EMFILE, "max_user_instances"}} {
		synctest.Test(t, func(t *testing.T) {
			n, refused := newFakeNotifier(), c.err
			f := runTree(t, Options{open: func() (notifier, error) { n.refused = refused; return n, nil }})
			f.wait(0)
			if s := f.Status(); s.State != Scanned || !strings.Contains(s.Err.Error(), c.advice) {
				t.Errorf("status %v", s)
			}
			want(t, "scanned", f.wait(2*time.Minute), Batch{All: true}, Batch{All: true})
			refused = nil
			f.wait(time.Minute)
			if s := f.Status(); s.State != Watching {
				t.Errorf("status after the limit was raised: %v", s)
			}
		})
	}
}

func TestRemote(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := runTree(t, Options{remote: func(string) bool { return true }})
		want(t, "scanned", f.wait(2*time.Minute), Batch{All: true}, Batch{All: true}, Batch{All: true})
		if s := f.Status(); s.State != Scanned || !errors.Is(s.Err, ErrRemote) {
			t.Errorf("status %v", s)
		}
		path := f.write("a.jpg", 1)
		f.notifier.tell(fsnotify.Create, path)
		want(t, "what this computer writes", f.wait(time.Second), Batch{Paths: []string{path}})
	})
}
