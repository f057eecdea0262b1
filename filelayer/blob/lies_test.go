package blob

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLies: a stray becomes the blob where it lies, and only if it has the bytes
// that were read; else those are copied, and the file stays as it is.
func TestLies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		after func(path string) error // once it was read
		want  bool
	}{
		{"as it was read", func(string) error { return nil }, true},
		{"changed since", func(path string) error { return os.WriteFile(path, []byte("OTHER"), 0o600) }, false},
		{"gone since", os.Remove, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
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
