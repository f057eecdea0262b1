package blob

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestDiffers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(path string) (told string, err error)
		want   bool
	}{
		{"nothing", func(path string) (string, error) { return path, nil }, false},
		{"its folder", func(path string) (string, error) { return filepath.Dir(path), nil }, false},
		{"removed", func(path string) (string, error) { return path, os.Remove(path) }, true},
		{"its folder is gone", func(path string) (string, error) {
			return filepath.Dir(path), os.Rename(filepath.Dir(path), filepath.Dir(path)+" 2")
		}, true},
		{"a folder of a like name is gone", func(path string) (string, error) {
			dir := filepath.Dir(path)
			return dir[:len(dir)-1], nil
		}, false},
		{"touched", func(path string) (string, error) {
			return path, os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour))
		}, true},
		{"another size", func(path string) (string, error) {
			return path, errors.Join(os.Remove(path), os.WriteFile(path, []byte("longer than it was"), 0o600))
		}, true},
		{"an unknown file", func(path string) (string, error) {
			return path + "2", os.WriteFile(path+"2", []byte("bytes"), 0o600)
		}, false},
		{"an unknown file that is gone", func(path string) (string, error) { return path + "2", nil }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			info, err := s.Info(put(t, s, "a.jpg", "bytes"))
			if err != nil {
				t.Fatal(err)
			}
			told, err := c.change(info.Path)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := s.Differs([]string{told}); got != c.want || err != nil {
				t.Errorf("%v, %v; want %v", got, err, c.want)
			}
		})
	}
}
