package imagelib

import (
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/internal/testphoto"
)

// placeOf makes a folder of files that nobody has written to for long, and adds it
// in place.
func placeOf(t *testing.T, files *filelayer.Layer, contents map[string][]byte) string {
	t.Helper()
	dir := writeFiles(t, contents)
	for name := range contents {
		age(t, filepath.Join(dir, name))
	}
	real, err := files.AddPlace(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return real
}

func age(t *testing.T, path string) {
	t.Helper()
	then := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, then, then); err != nil {
		t.Fatal(err)
	}
}

func indexPlace(t *testing.T, l *Library, dir string) ImportResult {
	t.Helper()
	r, err := l.IndexPlace(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestIndexPlace: what lies in place gets its date, its picture and its document as
// what is imported does, is read once, and is not copied.
func TestIndexPlace(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	l, files, stop := openDevice(t, home)
	defer stop()
	dir := placeOf(t, files, map[string][]byte{
		"1.jpg": photoOf(1), "sub/2.jpg": photoOf(2), "sub/same.jpg": photoOf(2), "1.xmp": []byte("x"),
		"2024-01-02 03.04.05.png": testphoto.PNG(testphoto.Picture(60, 40, 5)),
		"notes.txt":               []byte("no photo"), ".hidden.jpg": photoOf(4),
	})
	r := indexPlace(t, l, dir)
	if len(r.Added) != 3 || r.Duplicates != 1 || r.Failed != 1 || len(r.Problems) != 1 || !errors.Is(r.Problems[0].Err, ErrNotPhoto) {
		t.Fatalf("%+v", r)
	}
	first := Digest(sha256.Sum256(photoOf(1)))
	img, _, ok := l.Snapshot().ByDigest(first)
	if !ok || !img.Here || img.Holders != 1 || img.Date.Wall.Format(time.TimeOnly) != "12:01:00" || len(l.Snapshot().Images) != 3 {
		t.Fatalf("%+v, %d images", img, len(l.Snapshot().Images))
	}
	if e, err := files.Entry(first); err != nil || !e.InPlace || e.Path != filepath.Join(dir, "1.jpg") || !e.Time.Equal(img.Date.Wall) {
		t.Errorf("%+v, %v", e, err)
	}
	if _, err := l.Thumbnail(t.Context(), first, 256); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(filepath.Join(home, "library")); err != nil || len(left) != 1 { // Paul's own folder
		t.Errorf("the library has %v, %v", left, err)
	}
	if again := indexPlace(t, l, dir); len(again.Added)+again.Duplicates+again.Failed != 0 {
		t.Errorf("read again: %+v", again)
	}
}

// TestIndexPlaceOfDeleted: what was deleted stays so, and an import of what lies in
// place copies it.
func TestIndexPlaceOfDeleted(t *testing.T) {
	t.Parallel()
	l, files, stop := openDevice(t, t.TempDir())
	defer stop()
	photos := writeFiles(t, map[string][]byte{"a.jpg": photoOf(1)})
	if _, err := l.Import(t.Context(), []string{photos}, nil); err != nil {
		t.Fatal(err)
	}
	deleted, kept := Digest(sha256.Sum256(photoOf(1))), Digest(sha256.Sum256(photoOf(2)))
	if err := files.Delete(t.Context(), deleted); err != nil {
		t.Fatal(err)
	}
	dir := placeOf(t, files, map[string][]byte{"1.jpg": photoOf(1), "2.jpg": photoOf(2)})
	if r := indexPlace(t, l, dir); len(r.Added) != 1 || r.Deleted != 1 {
		t.Errorf("%+v", r)
	}
	if e, err := files.Entry(deleted); err != nil || e.Deleted == nil {
		t.Errorf("%+v, %v", e, err)
	}
	if r, err := l.Import(t.Context(), []string{filepath.Join(dir, "2.jpg")}, nil); err != nil || r.Duplicates != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if e, err := files.Entry(kept); err != nil || !e.Kept() {
		t.Errorf("imported, and not in the library: %+v, %v", e, err)
	}
}

// TestIndexPlaceStopped: what was taken in before a stop is not read again, and the
// rest is not taken for gone.
func TestIndexPlaceStopped(t *testing.T) {
	t.Parallel()
	l, files, stop := openDevice(t, t.TempDir())
	defer stop()
	contents := make(map[string][]byte)
	for i := range 40 {
		contents[string(rune('A'+i))+".jpg"] = photoOf(i)
	}
	dir := placeOf(t, files, contents)
	l.pauses.report = 0
	ctx, cancel := context.WithCancel(t.Context())
	first, err := l.IndexPlace(ctx, dir, func(p ImportProgress) {
		if p.Total > 20 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("%+v, %v", first, err)
	}
	second := indexPlace(t, l, dir)
	if n := len(files.Entries()); n != 40 || len(second.Added) == 0 || second.Failed != 0 {
		t.Errorf("%d entries; first %+v, then %+v", n, first, second)
	}
	if places, err := files.Places(); err != nil || places[0].Files != 40 || places[0].Missing != 0 {
		t.Errorf("%+v, %v", places, err)
	}
}

// TestYoungFilesAreWaitedFor: a file that somebody may still be writing comes last.
func TestYoungFilesAreWaitedFor(t *testing.T) {
	t.Parallel()
	l, files, stop := openDevice(t, t.TempDir())
	defer stop()
	dir := placeOf(t, files, map[string][]byte{"old.jpg": photoOf(1)})
	growing := filepath.Join(dir, "growing.jpg")
	if err := os.WriteFile(growing, photoOf(2)[:500], 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := l.IndexPlace(t.Context(), dir, func(ImportProgress) {
		if err := os.WriteFile(growing, photoOf(2), 0o600); err != nil {
			t.Error(err)
		}
	})
	if err != nil || len(r.Added) != 1 || len(r.Problems) != 1 || !errors.Is(r.Problems[0].Err, ErrChanging) {
		t.Fatalf("%+v, %v", r, err)
	}
	if r := indexPlace(t, l, dir); len(r.Added) != 1 || len(files.Entries()) != 2 {
		t.Errorf("%+v", r)
	}
}

func TestWatchPlace(t *testing.T) {
	t.Parallel()
	l, files, stop := openDevice(t, t.TempDir())
	defer stop()
	dir := placeOf(t, files, map[string][]byte{"1.jpg": photoOf(1)})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	looks := make(chan int, 100)
	done := make(chan error, 1)
	go func() {
		done <- l.WatchPlace(ctx, dir, nil, func(ctx context.Context) {
			r, err := l.IndexPlace(ctx, dir, nil)
			if err != nil && ctx.Err() == nil {
				t.Error(err)
			}
			looks <- len(r.Added)
		})
	}()
	if n := <-looks; n != 1 {
		t.Fatalf("added %d", n)
	}
	if err := os.WriteFile(filepath.Join(dir, "2.jpg"), photoOf(2), 0o600); err != nil {
		t.Fatal(err)
	}
	for n := 0; n == 0; {
		select {
		case n = <-looks:
		case <-ctx.Done():
			t.Fatal("the new photo was not noticed")
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestSidecarsInPlace: what lies beside a photo in place is read, too.
func TestSidecarsInPlace(t *testing.T) {
	t.Parallel()
	l, files, stop := openDevice(t, t.TempDir())
	defer stop()
	dir := placeOf(t, files, map[string][]byte{"1.jpg": photoOf(1), "1.jpg.xmp": []byte(xmpBeside)})
	if r := indexPlace(t, l, dir); len(r.Added) != 1 || r.Sidecars != 1 || len(r.Problems) != 0 {
		t.Fatalf("%+v", r)
	}
	if got := besideFacts(l.Snapshot().Images[0]); got != "2022-02-02T02:02:02 sidecar, 4 stars, [sea]" {
		t.Error(got)
	}
}
