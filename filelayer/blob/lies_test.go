package blob

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// TestLies: a stray becomes the blob where it lies, and only if it has the bytes
// that were read, on the disk; else those are copied, and the file stays as it is.
func TestLies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		after func(path string) error // once it was read
		fails string                  // what the disk does not do, and where
		want  bool
	}{
		{"as it was read", func(string) error { return nil }, "", true},
		{"changed since", func(path string) error { return os.WriteFile(path, []byte("OTHER"), 0o600) }, "", false},
		{"gone since", os.Remove, "", false},
		{"not on the disk", func(string) error { return nil }, "sync Holidays/a.jpg", false},
		{"name not on the disk", func(string) error { return nil }, "syncDir Holidays", false},
		{"folder not on the disk", func(string) error { return nil }, "syncDir .", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			fsys := &faulty{}
			s := newDirs(t).open(t, fsys)
			fsys.fail = failOnce(s, c.fails)
			path := filepath.Join(s.Library(), "Holidays", "a.jpg")
			if err := errors.Join(os.Mkdir(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("bytes"), 0o600)); err != nil {
				t.Fatal(err)
			}
			if stray, err := s.Stray(path); !stray || err != nil {
				t.Errorf("stray: %v, %v", stray, err)
			}
			b := s.NewBatch()
			in, err := b.Put(t.Context(), strings.NewReader("bytes"), Meta{Name: "a.jpg", Lies: path})
			if err = errors.Join(err, c.after(path)); err == nil {
				err = b.Commit(t.Context())
			}
			if err != nil {
				t.Fatal(err)
			}
			info, err := s.Info(in.Digest)
			if err != nil || (info.Path == path) != c.want {
				t.Errorf("it lies at %s, %v", info.Path, err)
			}
			if data, err := os.ReadFile(info.Path); string(data) != "bytes" || err != nil {
				t.Errorf("bytes %q, %v", data, err)
			}
			stray, err := s.Stray(path)
			fi, there := os.Lstat(path)
			if there == nil && fi.Mode().Perm()&0o200 == 0 {
				t.Error("it was made read-only")
			}
			if stray != (there == nil && !c.want) || err != nil {
				t.Errorf("a stray afterwards: %v, %v", stray, err)
			}
		})
	}
}

// failOnce lets the first of some calls fail: op and path in the library.
func failOnce(s *Store, fails string) func(op, path string) error {
	var done atomic.Bool
	return func(op, path string) error {
		rel, err := s.rel(path)
		if err == nil && op+" "+rel == fails && !done.Swap(true) {
			return syscall.EIO
		}
		return nil
	}
}
