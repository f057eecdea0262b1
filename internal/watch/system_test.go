package watch

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestSystem: the notices of the system itself, through a link to the folder.
func TestSystem(t *testing.T) {
	t.Parallel()
	dir, link := realDir(t), filepath.Join(realDir(t), "link")
	must(t, os.Symlink(dir, link))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	batches, done := make(chan Batch), make(chan error, 1)
	tree := New(Options{Root: link, Quiet: 20 * time.Millisecond})
	go func() {
		done <- tree.Run(ctx, func(ctx context.Context, b Batch) []string {
			select {
			case batches <- b:
			case <-ctx.Done():
			}
			return nil
		})
	}()
	if b := <-batches; !b.All {
		t.Fatalf("first batch %v", b)
	}
	if s := tree.Status(); s.State != Watching && s.Err != ErrRemote { //nolint:errorlint // no other
		t.Fatalf("status %v", s)
	}
	await := func(path string) {
		t.Helper()
		for {
			select {
			case b := <-batches:
				if slices.Contains(b.Paths, path) {
					return
				}
			case <-ctx.Done():
				t.Fatalf("%s was not told of", path)
			}
		}
	}
	must(t, os.WriteFile(filepath.Join(dir, "a.jpg"), []byte("a"), 0o600))
	await(filepath.Join(link, "a.jpg"))
	must(t, os.MkdirAll(filepath.Join(dir, "x", "y"), 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "x", "y", "b.jpg"), []byte("b"), 0o600))
	await(filepath.Join(link, "x", "y", "b.jpg"))
	must(t, os.Rename(filepath.Join(dir, "x"), filepath.Join(dir, "z")))
	await(filepath.Join(link, "z", "y", "b.jpg"))
	must(t, os.Rename(filepath.Join(dir, "z", "y", "b.jpg"), filepath.Join(dir, "z", "y", "c.jpg")))
	await(filepath.Join(link, "z", "y", "c.jpg"))
	must(t, os.Remove(filepath.Join(dir, "z", "y", "c.jpg")))
	await(filepath.Join(link, "z", "y", "c.jpg"))
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestWalkAndSettle(t *testing.T) {
	t.Parallel()
	dir := realDir(t)
	for _, name := range []string{"a.jpg", "b.jpg", "c.jpg", "sub/d.jpg", ".hidden/e.jpg", ".f.jpg"} {
		path := filepath.Join(dir, name)
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(t, os.WriteFile(path, []byte("x"), 0o600))
	}
	must(t, os.Symlink(dir, filepath.Join(dir, "loop")))
	var files []File
	err := Walk(t.Context(), dir, func(name string) bool { return name[0] == '.' },
		func(f File) error { files = append(files, f); return nil }, func(path string, err error) { t.Error(path, err) })
	must(t, err)
	if len(files) != 4 {
		t.Fatalf("found %v", files)
	}
	must(t, os.WriteFile(files[0].Path, []byte("more"), 0o600))
	must(t, os.Remove(files[1].Path))
	settled, growing := Settle(t.Context(), files, time.Millisecond)
	if len(settled) != 2 || settled[0].Path != files[2].Path || !slices.Equal(growing, []string{files[0].Path}) {
		t.Errorf("settled %v, growing %v", settled, growing)
	}
	if err := Walk(t.Context(), filepath.Join(dir, "none"), func(string) bool { return false }, nil, nil); !os.IsNotExist(err) {
		t.Errorf("of no folder: %v", err)
	}
}
