package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestKnownIsThereAfterCommit removes a file between the Put that found it
// known and the Commit that vouches for it.
func TestKnownIsThereAfterCommit(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	kept, lost := put(t, s, "kept.jpg", "kept"), put(t, s, "lost.jpg", "lost")
	for _, d := range []Digest{kept, lost} {
		text := map[Digest]string{kept: "kept", lost: "lost"}[d]
		b := s.NewBatch()
		if info, err := b.Put(t.Context(), strings.NewReader(text), Meta{Name: "x.jpg"}); err != nil || !info.Known {
			t.Fatalf("%+v, %v", info, err)
		}
		if err := s.Trash(d, "test"); err != nil {
			t.Fatal(err)
		}
		if d == lost {
			purge(t, s, 0)
		}
		if err := b.Commit(t.Context()); (err == nil) != s.Has(d) || s.Has(d) != (d == kept) {
			t.Errorf("%s: here %v, commit says %v", text, s.Has(d), err)
		}
	}
	wantConsistent(t, s)
}

// TestKnownAndStagedAnew puts the same file again after it was removed.
func TestKnownAndStagedAnew(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	d := put(t, s, "a.jpg", "a")
	b := s.NewBatch()
	for _, known := range []bool{true, false} {
		info, err := b.Put(t.Context(), strings.NewReader("a"), Meta{Name: "a.jpg", Time: may})
		if err != nil || info.Known != known {
			t.Fatalf("%+v, %v", info, err)
		}
		if known {
			err = s.Trash(d, "test")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, s, map[string]string{"2024/2024-05/a.jpg": "a", trashDir + "/" + d.String() + ".jpg": "a"})
	wantConsistent(t, s)
}

// TestReindexWhileWritten lets another program go on writing a file that
// Reindex is reading.
func TestReindexWhileWritten(t *testing.T) {
	t.Parallel()
	fsys := &faulty{}
	s := newDirs(t).open(t, fsys)
	p := filepath.Join(s.library, "copied.jpg")
	write(t, p, "first half")
	var went atomic.Bool
	fsys.fail = func(op, _ string) error {
		if op != "read" || went.Swap(true) {
			return nil
		}
		f, err := os.OpenFile(p, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteString("FIRST")
		return errors.Join(err, f.Close(), os.Chtimes(p, may, may))
	}
	if n, err := s.Reindex(t.Context(), nil); err != nil || n != 0 {
		t.Errorf("reindex: %d, %v", n, err)
	}
	for info, err := range s.All() {
		t.Errorf("a digest of no file is known: %+v, %v", info, err)
	}
	if n, err := s.Reindex(t.Context(), nil); err != nil || n != 1 || !s.Has(sum("FIRST half")) {
		t.Errorf("reindex once it is written: %d, %v", n, err)
	}
}

// TestSameSizeAndTime puts a photo of a burst in the place of a missing one.
func TestSameSizeAndTime(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	d := put(t, s, "a.jpg", "a")
	p := s.path("2024/2024-05/a.jpg")
	if err := os.Remove(p); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	write(t, p, "b")
	if err := os.Chtimes(p, may, may); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Reindex(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if s.Has(d) || !s.Has(sum("b")) {
		t.Errorf("has a %v, has b %v", s.Has(d), s.Has(sum("b")))
	}
}

// dated is a file of another time.
type dated struct {
	fs.FileInfo
	time time.Time
}

func (d dated) ModTime() time.Time { return d.time }

// TestFarTimes shows that a file whose time no row can keep is not taken for
// changed.
func TestFarTimes(t *testing.T) {
	t.Parallel()
	for _, year := range []int{-5000, 1200, 1950, 2300, 9000} {
		fi := dated{time: time.Date(year, 5, 1, 0, 0, 0, 0, time.UTC)}
		if !sameTime(row{mtime: mtimeOf(fi)}, fi) {
			t.Errorf("%d: another time", year)
		}
		if sameTime(row{mtime: may.UnixNano()}, fi) {
			t.Errorf("%d: the time of 2024", year)
		}
	}
}

func TestAbsurdSizes(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	asked := func(context.Context, int64) (io.ReadCloser, error) { return nil, errors.New("was asked") }
	for _, size := range []int64{math.MaxInt64, math.MaxInt64 - spaceMargin} {
		if _, err := s.Receive(t.Context(), sum("a"), size, Meta{}, asked, nil); !errors.Is(err, ErrNoSpace) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

// TestScanGoesOn shows that a file which cannot be read hides no other.
func TestScanGoesOn(t *testing.T) {
	t.Parallel()
	fsys := &faulty{}
	s := newDirs(t).open(t, fsys)
	texts := []string{"a", "b"}
	if first, second := sum("a"), sum("b"); string(first[:]) > string(second[:]) {
		texts = []string{"b", "a"}
	}
	bad, gone := put(t, s, "bad.jpg", texts[0]), put(t, s, "gone.jpg", texts[1])
	rewrite(t, s, bad, texts[0], may.Add(time.Hour))
	if err := os.Remove(s.path("2024/2024-05/gone.jpg")); err != nil {
		t.Fatal(err)
	}
	fsys.fail = func(op, _ string) error {
		if op == "read" {
			return syscall.EIO
		}
		return nil
	}
	changed, err := s.Scan(t.Context())
	if err != nil || len(changed) != 1 || changed[0].Digest != gone {
		t.Errorf("%+v, %v", changed, err)
	}
}

func TestConcurrentBatches(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	const workers = 6
	errs := make(chan error, workers)
	for range workers {
		go func() {
			errs <- func() error {
				b := s.NewBatch()
				for i := range 20 { // the same files everywhere
					if _, err := b.Put(t.Context(), strings.NewReader(fmt.Sprint(i)), Meta{Name: "a.jpg", Time: may}); err != nil {
						return err
					}
				}
				return b.Commit(t.Context())
			}()
		}()
	}
	for range workers {
		select {
		case err := <-errs:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(time.Minute):
			t.Fatal("the batches hang")
		}
	}
	if n := len(files(t, s)); n != 20 {
		t.Errorf("%d files, want 20", n)
	}
	wantConsistent(t, s)
	wantNoTemps(t, s)
}
