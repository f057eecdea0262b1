package blob

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestPurgeKeepsRowsUntilItIsOnTheDisk shows that a purge whose removals may not
// outlive a power cut does not forget them.
func TestPurgeKeepsRowsUntilItIsOnTheDisk(t *testing.T) {
	t.Parallel()
	fsys := &faulty{}
	s := newDirs(t).open(t, fsys)
	d := put(t, s, "a.jpg", "a")
	if err := s.Trash(d, "test"); err != nil {
		t.Fatal(err)
	}
	fsys.fail = func(op, path string) error {
		if op == "syncDir" && path == s.path(trashDir) {
			return syscall.EIO
		}
		return nil
	}
	if n, err := s.PurgeTrash(0, nil, nil); n != 0 || err == nil {
		t.Errorf("purged %d, %v", n, err)
	}
	if trashed, err := s.Trashed(); len(trashed) != 1 || err != nil {
		t.Errorf("the trash has %v, %v", trashed, err)
	}
	fsys.fail = nil
	if n, err := s.PurgeTrash(0, nil, nil); n != 1 || err != nil {
		t.Errorf("purged %d, %v", n, err)
	}
	wantConsistent(t, s)
}

// TestBothNamesAfterPowerCut is a disk that has kept the new name of a rename,
// and not that the old one is gone.
func TestBothNamesAfterPowerCut(t *testing.T) {
	t.Parallel()
	for name, back := range map[string]bool{"to the trash": false, "from the trash": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dirs := newDirs(t)
			s := dirs.open(t, nil)
			d := put(t, s, "a.jpg", "a")
			if back {
				if err := s.Trash(d, "test"); err != nil {
					t.Fatal(err)
				}
			}
			place, trash := "2024/2024-05/a.jpg", trashDir+"/"+d.String()+".jpg"
			m := &move{kind: moveTrash, digest: d, src: place, dst: trash, size: 1, origin: place, at: time.Now().UnixNano()}
			if back {
				m.kind, m.src, m.dst = moveUntrash, trash, place
			}
			if err := s.index.update(func(tx *tx) error { return announce(tx, []*move{m}) }); err != nil {
				t.Fatal(err)
			}
			write(t, s.path(m.dst), "a")
			closeStore(t, s)
			s = dirs.open(t, nil)
			if !s.Has(d) || !s.InTrash(d) {
				t.Errorf("here %v, in the trash %v; want both", s.Has(d), s.InTrash(d))
			}
			wantFiles(t, s, map[string]string{place: "a", trash: "a"})
			wantConsistent(t, s)
		})
	}
}

// TestReceivedTwiceAfterPowerCut is a disk that has a received file both as one that
// waits for its name and as a transfer: the store opens, and goes on with the latter.
func TestReceivedTwiceAfterPowerCut(t *testing.T) {
	t.Parallel()
	dirs := newDirs(t)
	s := dirs.open(t, nil)
	d := sum("received")
	write(t, s.path(incomingDir+"/"+d.String()+".1"), "received")
	write(t, s.path(partialName(d)), "rece")
	closeStore(t, s)
	s = dirs.open(t, nil)
	if left, err := os.ReadDir(s.path(incomingDir)); len(left) > 0 || err != nil {
		t.Errorf("%d files wait for their names, %v", len(left), err)
	}
	var from int64
	_, err := s.Receive(t.Context(), d, 8, Meta{Name: "a.jpg", Time: may}, func(ctx context.Context, offset int64) (io.ReadCloser, error) {
		from = offset
		return source("received")(ctx, offset)
	}, nil)
	if err != nil || from != 4 {
		t.Errorf("went on from %d, %v", from, err)
	}
	wantConsistent(t, s)
}

// TestTakenBackIsOnTheDisk shows that a move which is taken back is so for good
// before its announcement goes.
func TestTakenBackIsOnTheDisk(t *testing.T) {
	t.Parallel()
	fsys := &faulty{}
	s := newDirs(t).open(t, fsys)
	d := put(t, s, "a.jpg", "a")
	if err := s.index.update(func(tx *tx) error {
		return tx.exec("CREATE TRIGGER no BEFORE INSERT ON trash BEGIN SELECT RAISE(ABORT, 'refused'); END")
	}); err != nil {
		t.Fatal(err)
	}
	var calls []string
	fsys.fail = func(op, path string) error {
		if op == "rename" {
			calls = nil
		}
		calls = append(calls, op+" "+path)
		return nil
	}
	if err := s.Trash(d, "test"); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Fatal(err)
	}
	place := s.path("2024/2024-05")
	want := []string{"rename " + filepath.Join(place, "a.jpg"), "syncDir " + place, "syncDir " + s.path(trashDir)}
	if !slices.Equal(calls, want) {
		t.Errorf("last calls %q, want %q", calls, want)
	}
}

// TestFolderOfFailedImportIsSynced shows that a folder which an import has made
// that failed is brought to the disk by the next one.
func TestFolderOfFailedImportIsSynced(t *testing.T) {
	t.Parallel()
	fsys := &faulty{}
	s := newDirs(t).open(t, fsys)
	fsys.fail = func(op, path string) error {
		if op == "syncDir" && path == s.library {
			return errors.New("not synced")
		}
		return nil
	}
	if err := putTwo(t, s); err == nil {
		t.Fatal("stored")
	}
	var synced atomic.Bool
	fsys.fail = func(op, path string) error {
		if op == "syncDir" && path == s.library {
			synced.Store(true)
		}
		return nil
	}
	if err := putTwo(t, s); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.path("2024/2024-06/a.jpg")); err != nil || !synced.Load() {
		t.Errorf("synced %v, %v", synced.Load(), err)
	}
}

// TestUnsyncedIsNotResumed shows that received bytes which the disk failed to take
// come again: memory has them, and the disk may not.
func TestUnsyncedIsNotResumed(t *testing.T) {
	t.Parallel()
	fsys := &faulty{}
	s := newDirs(t).open(t, fsys)
	for name, text := range map[string]string{"small.jpg": "small", "large.mp4": string(large(1, SmallFile+1))} {
		fsys.fail = func(op, _ string) error {
			if op == "finish" {
				return syscall.EIO
			}
			return nil
		}
		asked := 0
		src := func(ctx context.Context, offset int64) (io.ReadCloser, error) {
			if asked++; offset != 0 {
				t.Errorf("%s goes on at %d", name, offset)
			}
			return source(text)(ctx, offset)
		}
		receive := func() error {
			_, err := s.Receive(t.Context(), sum(text), int64(len(text)), Meta{Name: name}, src, nil)
			return err
		}
		if err := receive(); err == nil {
			t.Errorf("%s was stored", name)
		}
		wantNoTemps(t, s)
		fsys.fail = nil
		if err := receive(); err != nil || asked != 2 {
			t.Errorf("%s was asked for %d times, %v", name, asked, err)
		}
	}
	wantConsistent(t, s)
}

// TestHalfDoneIsSettled shows that a disk which fails in the middle of a step, so
// that it can be neither finished nor taken back, costs no row of a file.
func TestHalfDoneIsSettled(t *testing.T) {
	t.Parallel()
	if !posixErrors {
		t.Skip("the errors are those of Unix")
	}
	for name, synced := range map[string]bool{"at once": true, "later": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fsys := &faulty{}
			s := newDirs(t).open(t, fsys)
			a, b := put(t, s, "a.jpg", "a"), put(t, s, "b.jpg", "b")
			renamed := 0
			fsys.fail = func(op, _ string) error {
				if op == "rename" {
					renamed++
				}
				if op == "rename" && renamed > 1 || op == "syncDir" && renamed > 0 && !synced {
					return syscall.EROFS
				}
				return nil
			}
			errs := s.TrashAll([]Digest{a, b}, "test")
			if (errs[0] == nil) != synced || !errors.Is(errs[1], ErrReadOnly) {
				t.Errorf("%v", errs)
			}
			if _, err := s.check(a); synced != errors.Is(err, ErrNotFound) || errors.Is(err, ErrMissing) {
				t.Errorf("check: %v", err)
			}
			fsys.fail = nil
			if _, err := s.Scan(t.Context()); err != nil {
				t.Error(err)
			}
			if why, ok := s.WhyTrashed(a); !ok || why != "test" || s.Has(a) || !s.Has(b) {
				t.Errorf("a is in the trash %v, here %v; b is here %v", ok, s.Has(a), s.Has(b))
			}
			wantConsistent(t, s)
		})
	}
}
