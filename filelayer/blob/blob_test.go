package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var may = time.Date(2024, 5, 1, 12, 30, 5, 0, time.UTC)

func sum(text string) Digest { return sha256.Sum256([]byte(text)) }

// dirs are the folders of a store under test.
type dirs struct{ library, state string }

func newDirs(tb testing.TB) dirs {
	tb.Helper()
	root := tb.TempDir()
	return dirs{filepath.Join(root, "Photos"), filepath.Join(root, "state")}
}

func (d dirs) open(tb testing.TB, fsys fsys) *Store {
	tb.Helper()
	s, err := Open(Options{Library: d.library, StateDir: d.state, fsys: fsys})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() }) // some tests close before
	return s
}

func newStore(tb testing.TB) *Store {
	tb.Helper()
	return newDirs(tb).open(tb, nil)
}

// put stores text under name in a batch of its own.
func put(tb testing.TB, s *Store, name, text string) Digest {
	tb.Helper()
	b := s.NewBatch()
	info, err := b.Put(tb.Context(), strings.NewReader(text), Meta{Name: name, Time: may})
	if err != nil {
		tb.Fatal(err)
	}
	if err := b.Commit(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return info.Digest
}

// files returns the files of the library by their relative path, without the
// marker.
func files(tb testing.TB, s *Store) map[string]string {
	tb.Helper()
	found := make(map[string]string)
	err := filepath.WalkDir(s.library, func(p string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, err := s.rel(p)
		if rel != markerFile {
			found[rel] = string(data)
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return found
}

func wantFiles(tb testing.TB, s *Store, want map[string]string) {
	tb.Helper()
	got := files(tb, s)
	for rel, text := range want {
		if have, ok := got[rel]; !ok || have != text {
			tb.Errorf("%s: %q (%v), want %q", rel, have, ok, text)
		}
	}
	for rel := range got {
		if _, ok := want[rel]; !ok {
			tb.Errorf("unexpected file %s", rel)
		}
	}
}

func read(tb testing.TB, s *Store, d Digest) string {
	tb.Helper()
	f, _, err := s.Open(d)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(f)
	if err != nil {
		tb.Fatal(err)
	}
	return string(data)
}

func TestPut(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	b := s.NewBatch()
	for _, f := range []struct {
		name, text string
		time       time.Time
		known      bool
	}{
		{"IMG_0001.JPG", "one", may, false},
		{"img_0001.jpg", "two", may, false}, // the same name on a Mac
		{"IMG_0001.JPG", "one", may, true},
		{"other.jpg", "three", time.Time{}, false},
		{"empty.jpg", "", may.AddDate(0, 1, 0), false},
	} {
		info, err := b.Put(t.Context(), strings.NewReader(f.text), Meta{Name: f.name, Time: f.time})
		if err != nil {
			t.Fatal(err)
		}
		if info.Known != f.known || info.Digest != sum(f.text) {
			t.Errorf("%s: known %v, digest %v", f.name, info.Known, info.Digest)
		}
		if s.Has(info.Digest) {
			t.Errorf("%s counts as stored before the commit", f.name)
		}
	}
	if err := b.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, s, map[string]string{
		"2024/2024-05/IMG_0001.JPG": "one", "2024/2024-05/img_0001-2.jpg": "two",
		"undated/other.jpg": "three", "2024/2024-06/empty.jpg": "",
	})
	info, err := s.Info(sum("one"))
	if err != nil {
		t.Fatal(err)
	}
	if !info.ModTime.Equal(may) || info.Missing || time.Since(info.Verified) > time.Minute {
		t.Errorf("info %+v", info)
	}
	fi, err := os.Stat(info.Path)
	if err != nil {
		t.Fatal(err)
	}
	if fi.Mode().Perm()&0o222 != 0 {
		t.Errorf("original is writable: %v", fi.Mode())
	}
	if got := read(t, s, sum("two")); got != "two" {
		t.Errorf("read %q", got)
	}
	if again := put(t, s, "copy.jpg", "two"); again != sum("two") || len(files(t, s)) != 4 {
		t.Error("a second import made a second file")
	}
	if err := b.Commit(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("second commit: %v", err)
	}
	if _, err := b.Put(t.Context(), strings.NewReader("late"), Meta{}); !errors.Is(err, ErrClosed) {
		t.Errorf("put after commit: %v", err)
	}
	wantNoTemps(t, s)
}

func wantNoTemps(tb testing.TB, s *Store) {
	tb.Helper()
	for _, dir := range []string{incomingDir, partialDir} {
		entries, err := os.ReadDir(s.path(dir))
		if err != nil {
			tb.Fatal(err)
		}
		for _, e := range entries {
			tb.Errorf("left in %s: %s", dir, e.Name())
		}
	}
	moves, err := collect(s.index, scanMove, "SELECT id, kind, digest, src, dst, size, mtime, verified, origin, reason, at FROM moves")
	if err != nil {
		tb.Fatal(err)
	}
	for _, m := range moves {
		tb.Errorf("left announced: %+v", m)
	}
}

func TestPutFails(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	want := sum("right")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	broken := errors.New("card pulled out")
	for _, tt := range []struct {
		name string
		ctx  context.Context
		r    io.Reader
		want error
	}{
		{"other bytes", t.Context(), strings.NewReader("wrong"), ErrCorrupt},
		{"cancelled", cancelled, strings.NewReader("right"), context.Canceled},
		{"source breaks", t.Context(), io.MultiReader(strings.NewReader("ri"), &failing{broken}), broken},
	} {
		b := s.NewBatch()
		if _, err := b.Put(tt.ctx, tt.r, Meta{Name: "a.jpg", Want: &want}); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
		b.Abort()
		b.Abort() // harmless
		wantFiles(t, s, nil)
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

func TestAbortLeavesNothing(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	b := s.NewBatch()
	if _, err := b.Put(t.Context(), strings.NewReader("a"), Meta{Name: "a.jpg"}); err != nil {
		t.Fatal(err)
	}
	b.Abort()
	wantFiles(t, s, nil)
}

func TestKnownBytesAreNotRead(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	d := put(t, s, "a.jpg", "a")
	b := s.NewBatch()
	info, err := b.Put(t.Context(), &failing{errors.New("was read")}, Meta{Name: "a.jpg", Want: &d})
	if err != nil || !info.Known || info.Path == "" {
		t.Errorf("%+v, %v", info, err)
	}
}

func TestForeignFilesAreNeverReplaced(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	dir := filepath.Join(s.library, "2024", "2024-05")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"A.JPG": "a person's own", "b.jpg": "same bytes"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put(t, s, "a.jpg", "imported")
	put(t, s, "b.jpg", "same bytes") // recognised under its name, without a second file
	wantFiles(t, s, map[string]string{
		"2024/2024-05/A.JPG": "a person's own", "2024/2024-05/a-2.jpg": "imported", "2024/2024-05/b.jpg": "same bytes",
	})
	if !s.Has(sum("same bytes")) {
		t.Error("the recognised file is not known")
	}
}

func TestAll(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	b := s.NewBatch()
	const n = 1203 // over two pages
	for i := range n {
		if _, err := b.Put(t.Context(), bytes.NewReader([]byte{byte(i), byte(i >> 8)}), Meta{Name: "a.jpg", Time: may}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen := make(map[Digest]bool)
	for info, err := range s.All() {
		if err != nil {
			t.Fatal(err)
		}
		seen[info.Digest] = true
	}
	if len(seen) != n || len(files(t, s)) != n {
		t.Errorf("%d blobs, %d files, want %d", len(seen), len(files(t, s)), n)
	}
	if changed, err := s.Scan(t.Context()); err != nil || len(changed) != 0 {
		t.Errorf("scan: %d changed, %v", len(changed), err)
	}
}

func TestDigestText(t *testing.T) {
	t.Parallel()
	d := sum("a")
	for _, tt := range []struct {
		text string
		ok   bool
	}{
		{d.String(), true}, {strings.ToUpper(d.String()), true}, {"", false}, {d.String()[1:], false}, {"g" + d.String()[1:], false},
	} {
		var got Digest
		if err := got.UnmarshalText([]byte(tt.text)); (err == nil) != tt.ok || tt.ok && got != d {
			t.Errorf("%q: %v, %v", tt.text, got, err)
		}
	}
	if text, err := d.MarshalText(); err != nil || string(text) != d.String() || d.IsZero() || !(Digest{}).IsZero() {
		t.Errorf("%s, %v", text, err)
	}
}
