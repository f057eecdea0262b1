package blob

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func write(tb testing.TB, path, text string) {
	tb.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}

func closeStore(tb testing.TB, s *Store) {
	tb.Helper()
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
}

func TestOpenSweepsLeftovers(t *testing.T) {
	t.Parallel()
	dirs := newDirs(t)
	s := dirs.open(t, nil)
	fresh, old := partialName(sum("fresh")), partialName(sum("old"))
	received := incomingDir + "/" + sum("received").String() + ".7"
	for _, rel := range []string{incomingDir + "/1", received, fresh, old} {
		write(t, s.path(rel), "left")
	}
	long := time.Now().Add(-2 * partialAge)
	if err := os.Chtimes(s.path(old), long, long); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	s = dirs.open(t, nil)
	wantFiles(t, s, map[string]string{fresh: "left", partialName(sum("received")): "left"})
}

// TestReceivedIsResumed shows that a complete transfer whose commit failed, or
// that a crash has cut off before its name, need not be made again: though its
// file is read-only by then, and has the time of an old photo.
func TestReceivedIsResumed(t *testing.T) {
	t.Parallel()
	for _, crash := range []bool{false, true} {
		dirs := newDirs(t)
		fsys := &faulty{}
		s := dirs.open(t, fsys)
		fsys.fail = func(op, path string) error {
			if op == "rename" && (crash || filepath.Base(path) == "a.jpg") && !strings.Contains(path, incomingDir) {
				return errors.New("stopped")
			}
			return nil
		}
		if _, err := s.Receive(t.Context(), sum("a"), 1, Meta{Name: "a.jpg", Time: may}, source("a"), nil); err == nil {
			t.Fatal("received")
		}
		fsys.fail = nil
		if crash {
			closeStore(t, s)
			s = dirs.open(t, nil)
			closeStore(t, s)
			s = dirs.open(t, nil) // and a second start
		}
		fi, err := os.Stat(s.path(partialName(sum("a"))))
		if err != nil {
			t.Fatal(err)
		}
		if fi.Mode()&0o200 == 0 || time.Since(fi.ModTime()) > time.Hour {
			t.Errorf("crash %v: left as %v of %v", crash, fi.Mode(), fi.ModTime())
		}
		if _, err := s.Receive(t.Context(), sum("a"), 1, Meta{Name: "a.jpg", Time: may}, nil, nil); err != nil {
			t.Errorf("crash %v: %v", crash, err)
		}
	}
}

// TestUnreadableStopsNoOpen is a crash, and then a disk that cannot read the
// very file that was being moved.
func TestUnreadableStopsNoOpen(t *testing.T) {
	t.Parallel()
	dirs := newDirs(t)
	s := dirs.open(t, nil)
	d := put(t, s, "a.jpg", "a")
	src, dst := "2024/2024-05/a.jpg", trashDir+"/"+d.String()+".jpg"
	moves := []*move{
		{kind: moveTrash, digest: d, src: src, dst: dst, size: 1, origin: src, at: time.Now().UnixNano()},
		{kind: moveIn, digest: sum("b"), src: incomingDir + "/1", dst: "2024/2024-05/b.jpg", size: 1, at: time.Now().UnixNano()},
	}
	if err := s.index.update(func(tx *tx) error { return announce(tx, moves) }); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(s.path(src), s.path(dst)); err != nil {
		t.Fatal(err)
	}
	write(t, s.path("2024/2024-05/b.jpg"), "b")
	closeStore(t, s)
	s = dirs.open(t, &faulty{fail: func(op, _ string) error {
		if op == "read" {
			return syscall.EIO
		}
		return nil
	}})
	if !s.InTrash(d) || s.Has(d) || s.Has(sum("b")) {
		t.Error("want a in the trash, and b unknown")
	}
	wantFiles(t, s, map[string]string{dst: "a", "2024/2024-05/b.jpg": "b"})
}

// TestDamagedIndexOfAbsentLibrary shows that an index which must begin anew
// does not make a second library where the disk of the first is to be.
func TestDamagedIndexOfAbsentLibrary(t *testing.T) {
	t.Parallel()
	dirs := newDirs(t)
	s := dirs.open(t, nil)
	d := put(t, s, "a.jpg", "a")
	closeStore(t, s)
	write(t, filepath.Join(dirs.state, "blobs.db"), strings.Repeat("no database ", 1000))
	away := dirs.library + "-away"
	if err := os.Rename(dirs.library, away); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := Open(Options{Library: dirs.library, StateDir: dirs.state}); !errors.Is(err, ErrNotMounted) {
			t.Errorf("open: %v", err)
		}
	}
	if _, err := os.Lstat(dirs.library); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a library was made: %v", err)
		_ = os.RemoveAll(dirs.library)
	}
	if err := os.Rename(away, dirs.library); err != nil {
		t.Fatal(err)
	}
	s = dirs.open(t, nil)
	if !s.Fresh() {
		t.Error("the index does not ask for Reindex")
	}
	if _, err := s.Reindex(t.Context(), nil); err != nil || !s.Has(d) {
		t.Errorf("reindex: %v", err)
	}
}

// TestMarkerOfAnOpenStore: another marker is noticed whichever way it came.
func TestMarkerOfAnOpenStore(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(path, other string, at time.Time) error{
		"another file, no newer": func(path, other string, at time.Time) error {
			return errors.Join(os.WriteFile(path+".new", []byte(other), 0o600), os.Chtimes(path+".new", at, at), os.Rename(path+".new", path))
		},
		"other text": func(path, other string, at time.Time) error {
			return errors.Join(os.WriteFile(path, []byte(other), 0o600), os.Chtimes(path, at, at.Add(time.Second)))
		},
		"other text, no newer": func(path, other string, at time.Time) error {
			return errors.Join(os.WriteFile(path, []byte(other+" "), 0o600), os.Chtimes(path, at, at))
		},
		"none": func(path, _ string, _ time.Time) error { return os.Remove(path) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			path := s.path(markerFile)
			fi, err := os.Stat(path)
			if err = errors.Join(err, s.Mounted()); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			other := strings.Replace(string(text), s.id, rand.Text(), 1)
			if err := change(path, other, fi.ModTime()); err != nil {
				t.Fatal(err)
			}
			if err := s.Mounted(); !errors.Is(err, ErrNotMounted) {
				t.Errorf("err = %v", err)
			}
		})
	}
}

func TestDamagedMarker(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{}", "\x00\x00\x00"} {
		dirs := newDirs(t)
		s := dirs.open(t, nil)
		d, id := put(t, s, "a.jpg", "a"), s.id
		closeStore(t, s)
		marker := s.path(markerFile)
		write(t, marker, text)
		_, err := Open(Options{Library: dirs.library, StateDir: dirs.state})
		if err == nil || !strings.Contains(err.Error(), marker) || !strings.Contains(err.Error(), `{"id":"`+id+`"}`) {
			t.Errorf("%q: the error does not say what to write where: %v", text, err)
		}
		write(t, marker, `{"id":"`+id+`"}`) // as it says
		s = dirs.open(t, nil)
		if !s.Has(d) {
			t.Errorf("%q: a file is lost", text)
		}
		closeStore(t, s)
		write(t, marker, text)
		for _, tail := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(filepath.Join(dirs.state, "blobs.db"+tail)); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
		}
		if s = dirs.open(t, nil); !s.Fresh() { // nothing is known that a marker could guard
			t.Errorf("%q: not fresh", text)
		}
	}
}

// TestHalfARename is a crash between the two halves of renameByLink, and one
// after which a person's file has the name.
func TestHalfARename(t *testing.T) {
	t.Parallel()
	dirs := newDirs(t)
	s := dirs.open(t, nil)
	linked, taken := put(t, s, "linked.jpg", "linked"), put(t, s, "taken.jpg", "taken")
	moves := []*move{
		{kind: moveTrash, digest: linked, src: "2024/2024-05/linked.jpg", dst: trashDir + "/linked", size: 6, origin: "2024/2024-05/linked.jpg"},
		{kind: moveTrash, digest: taken, src: "2024/2024-05/taken.jpg", dst: trashDir + "/taken", size: 5, origin: "2024/2024-05/taken.jpg"},
	}
	if err := s.index.update(func(tx *tx) error { return announce(tx, moves) }); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(s.path(moves[0].src), s.path(moves[0].dst)); err != nil {
		t.Skip("no hard links here:", err)
	}
	if err := os.WriteFile(s.path(moves[1].dst), []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = dirs.open(t, nil)
	if s.Has(linked) || !s.InTrash(linked) || !s.Has(taken) || s.InTrash(taken) {
		t.Error("want the one in the trash, and the other in its place")
	}
	wantFiles(t, s, map[string]string{
		"2024/2024-05/taken.jpg": "taken", ".paul/trash/linked": "linked", ".paul/trash/taken": "other",
	})
}
