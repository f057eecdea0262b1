package imagelib

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/internal/testphoto"
)

// openDevice opens a file layer and a library on it, as an app does, runs both,
// and returns a func that stops and closes them.
func openDevice(tb testing.TB, home string) (*Library, *filelayer.Layer, func()) {
	tb.Helper()
	files, err := filelayer.Open(filelayer.Options{
		Dir: filepath.Join(home, "files"), Library: filepath.Join(home, "library"), DeviceID: strings.Repeat("ab", 32),
	})
	if err != nil {
		tb.Fatal(err)
	}
	l, err := Open(Options{Files: files, Dir: filepath.Join(home, "images")})
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(tb.Context())
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return files.Run(ctx) })
	g.Go(func() error { return l.Run(ctx) })
	if err := files.Ready(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return l, files, func() {
		tb.Helper()
		cancel()
		for _, err := range []error{g.Wait(), l.Close(), files.Close()} {
			if err != nil {
				tb.Error(err)
			}
		}
	}
}

// TestOnTheFileLayer imports, edits, deletes and restores on the real one, and
// finds everything after a start.
func TestOnTheFileLayer(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	l, files, stop := openDevice(t, home)
	dir := writeFiles(t, map[string][]byte{
		"1.jpg": photoOf(1), "2.jpg": photoOf(2), "same.jpg": photoOf(2),
		"2024-01-02 03.04.05.png": testphoto.PNG(testphoto.Picture(60, 40, 5)),
	})
	r, err := l.Import(t.Context(), []string{dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Added) != 3 || r.Duplicates != 1 || len(l.Snapshot().Images) != 3 {
		t.Fatalf("%+v, %d images", r, len(l.Snapshot().Images))
	}
	if err := l.SetCaption(t.Context(), r.Added[:1], "first"); err != nil {
		t.Fatal(err)
	}
	tl := &testLibrary{Library: l}
	if err := files.Delete(t.Context(), r.Added[1]); err != nil {
		t.Fatal(err)
	}
	tl.wait(t, "deletion", func(s *Snapshot) bool { return len(s.Images) == 2 })
	if err := files.Restore(t.Context(), r.Added[1]); err != nil {
		t.Fatal(err)
	}
	tl.wait(t, "restoring", func(s *Snapshot) bool { img, _, ok := s.ByDigest(r.Added[1]); return ok && img.Here })
	stop()

	l, _, stop = openDevice(t, home)
	defer stop()
	img, _, ok := l.Snapshot().ByDigest(r.Added[0])
	if !ok || img.Caption != "first" || !img.Here || img.Holders != 1 || len(l.Snapshot().Images) != 3 {
		t.Errorf("after a start: %+v", img)
	}
	again, err := l.Import(t.Context(), []string{dir}, nil)
	if err != nil || len(again.Added) != 0 || again.Duplicates != 4 {
		t.Errorf("again: %+v, %v", again, err)
	}
	for _, d := range r.Added {
		m, err := l.Pixels(t.Context(), d, 50)
		if err != nil {
			t.Fatal(err)
		}
		if err := testphoto.Check(m); err != nil {
			t.Error(err)
		}
	}
}

// openThree is a library on the real file layer with three photos in it, until the
// test ends.
func openThree(t *testing.T) (*testLibrary, *filelayer.Layer, []Digest) {
	t.Helper()
	l, files, stop := openDevice(t, t.TempDir())
	t.Cleanup(stop)
	photos := map[string][]byte{}
	for i := range 3 {
		photos[fmt.Sprintf("%d.jpg", i)] = photoOf(i + 1)
	}
	r, err := l.Import(t.Context(), []string{writeFiles(t, photos)}, nil)
	if err != nil || len(r.Added) != 3 {
		t.Fatalf("%+v, %v", r, err)
	}
	return &testLibrary{Library: l}, files, r.Added
}
