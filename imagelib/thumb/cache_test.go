package thumb

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/libpaul/paul/imagelib/internal/testphoto"
)

type digest [32]byte

func (d digest) String() string { return hex.EncodeToString(d[:]) }

func TestCache(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := NewCache(filepath.Join(dir, "thumbnails"), 0)
	d := digest(sha256.Sum256(nil))
	if _, err := c.Get(d, Large); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("empty cache: %v", err)
	}
	if err := c.PutSet(d, Set{Large: []byte("large"), Small: []byte("small")}); err != nil {
		t.Fatal(err)
	}
	for size, want := range map[int]string{Large: "large", Small: "small"} {
		if b, err := c.Get(d, size); err != nil || string(b) != want {
			t.Errorf("%d: %q, %v", size, b, err)
		}
	}
	if err := c.Put(d, Large, nil); err != nil { // as after a crash
		t.Fatal(err)
	}
	if _, err := c.Get(d, Large); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("empty file: %v", err)
	}
	if got := c.Failure(d); got != "" {
		t.Errorf("failure %q", got)
	}
	if err := c.PutFailure(d, ErrDamaged); err != nil {
		t.Fatal(err)
	}
	if got := c.Failure(d); got != ErrDamaged.Error() {
		t.Errorf("failure %q", got)
	}
}

// TestOneFileForBoth checks that a picture smaller than both thumbnails takes one
// file, and no other does.
func TestOneFileForBoth(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		w, h  int
		files int
	}{{64, 48, 1}, {255, 255, 1}, {256, 200, 2}, {200, 256, 2}, {400, 300, 2}} {
		data := testphoto.JPEG(testphoto.Picture(tt.w, tt.h, 1), testphoto.EXIF{})
		set, err := NewRenderer(0).Thumbnails(t.Context(), data, read(t, data))
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		c := NewCache(dir, 0)
		if err := c.PutSet(digest{}, set); err != nil {
			t.Fatal(err)
		}
		if files, _ := filepath.Glob(filepath.Join(dir, "*", "*", "*.jpg")); len(files) != tt.files {
			t.Errorf("%dx%d: kept as %v", tt.w, tt.h, files)
		}
		for _, size := range Sizes() {
			b, err := c.Get(digest{}, size)
			if err != nil {
				t.Fatalf("%dx%d at %d: %v", tt.w, tt.h, size, err)
			}
			if m, err := Decode(b, size); err != nil || m.Rect.Dx() != min(tt.w, tt.w*size/max(tt.w, tt.h)) {
				t.Errorf("%dx%d at %d: %v, %v", tt.w, tt.h, size, m.Bounds(), err)
			}
		}
	}
	c, small := NewCache(t.TempDir(), 0), testphoto.Thumb(testphoto.Picture(Small, 200, 1))
	if err := c.Put(digest{}, Small, small); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Get(digest{}, Large); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a fitted thumbnail is taken for the large one: %v", err)
	}
}

func TestCacheCannotWrite(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := NewCache(file, 0).Put(digest{}, Large, []byte("x")); err == nil {
		t.Error("wrote below a file")
	}
}

func TestDecodeOfStrangers(t *testing.T) {
	t.Parallel()
	good := testphoto.Thumb(testphoto.Picture(200, 100, 0))
	if _, err := Decode(good, Small); err != nil {
		t.Error(err)
	}
	for name, data := range map[string][]byte{
		"nothing":   nil,
		"text":      []byte("not found"),
		"png":       testphoto.PNG(testphoto.Picture(20, 10, 0)),
		"too large": testphoto.Thumb(testphoto.Picture(300, 100, 0)),
		"bomb":      jpegHeader(65535, 65535),
		"long":      append(good[:len(good):len(good)], make([]byte, maxThumb)...),
	} {
		if _, err := Decode(data, Small); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzPlaceholder(f *testing.F) {
	f.Add([]byte{})
	f.Add(hash(reduce(testphoto.Picture(40, 30, 0), 1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if m := Placeholder(data); m != nil && (m.Rect.Empty() || m.Rect.Dx() > 64 || m.Rect.Dy() > 64) {
			t.Errorf("placeholder of %v", m.Rect)
		}
	})
}

// TestTrim fills a cache beyond its bound: what was used last stays.
func TestTrim(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := NewCache(dir, 100*4096)
	grown, stop := c.Grown().Listen()
	defer stop()
	now := time.Now()
	put := func(n int) digest {
		d := digest(sha256.Sum256([]byte{byte(n)}))
		if err := c.Put(d, Small, []byte("thumbnail")); err != nil {
			t.Fatal(err)
		}
		old := now.Add(time.Duration(n-1000) * 24 * time.Hour)
		if err := os.Chtimes(c.path(d, sizeExt(Small)), old, old); err != nil {
			t.Fatal(err)
		}
		return d
	}
	for n := range 100 {
		put(n)
	}
	<-grown
	left := []string{
		filepath.Join(dir, "v0", "ab", "x.256.jpg"),
		c.path(digest{}, sizeExt(Small)) + ".CRASHED1",
	}
	for _, path := range left {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("x"), 0o600), os.Chtimes(path, now, now.Add(-2*abandoned))); err != nil {
			t.Fatal(err)
		}
	}
	has := func(d digest) bool {
		_, err := os.Stat(c.path(d, sizeExt(Small)))
		return err == nil
	}
	if err := c.Trim(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, path := range left {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left: %v", path, err)
		}
	}
	first, second := put(0), put(1)
	if !has(second) {
		t.Fatal("trimmed within the bound")
	}
	if _, err := c.Get(first, Small); err != nil { // used now
		t.Fatal(err)
	}
	put(100)
	if err := c.Trim(t.Context()); err != nil {
		t.Fatal(err)
	}
	kept := 0
	for n := range 101 {
		if has(digest(sha256.Sum256([]byte{byte(n)}))) {
			kept++
		}
	}
	if kept != 87 || !has(first) || has(second) || !has(digest(sha256.Sum256([]byte{100}))) {
		t.Errorf("%d kept; the one used last %v, an old one %v", kept, has(first), has(second))
	}
}
