package thumb

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"image"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/gen2brain/jpegn"
	"go.n16f.net/thumbhash"

	"github.com/libpaul/paul/imagelib/meta"
	"github.com/libpaul/paul/internal/signal"
)

// maxThumb bounds the bytes of one thumbnail; real ones have a tenth.
const maxThumb = 1 << 20

// Cache keeps thumbnails on disk, by digest, size and [Version]. It may be
// removed at any time. Its methods may be called from many goroutines.
type Cache struct {
	dir   string
	limit int64
	put   atomic.Int64 // bytes written since the last Trim
	grown signal.Signal
}

// NewCache returns the cache in dir, which is made when it is first written to.
// [Cache.Trim] keeps it within limit bytes; 0 means 4 GiB, which is about
// 100,000 photos.
func NewCache(dir string, limit int64) *Cache {
	if limit <= 0 {
		limit = 4 << 30
	}
	return &Cache{dir: filepath.Join(dir, fmt.Sprintf("v%d", Version)), limit: limit}
}

// path spreads the files over 256 folders.
func (c *Cache) path(digest fmt.Stringer, ext string) string {
	s := digest.String()
	return filepath.Join(c.dir, s[:2], s+ext)
}

func sizeExt(size int) string { return fmt.Sprintf(".%d%s", size, thumbExt) }

// Get returns the JPEG kept for a digest, or an error that is [fs.ErrNotExist].
func (c *Cache) Get(digest fmt.Stringer, size int) ([]byte, error) {
	b, err := readUsed(c.path(digest, sizeExt(size)))
	if size == Small || !errors.Is(err, fs.ErrNotExist) {
		return b, err
	}
	if b, err := readUsed(c.path(digest, sizeExt(Small))); err == nil && serves(b) {
		return b, nil
	}
	return nil, err
}

// serves reports whether a small thumbnail is the large one too, since the
// picture is smaller than either.
func serves(small []byte) bool {
	info, err := meta.ReadBytes(small)
	return err == nil && info.Width > 0 && info.Height > 0 && max(info.Width, info.Height) < Small
}

// readUsed reads a thumbnail, and lets Trim know that it is used.
func readUsed(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if st.Size() == 0 || st.Size() > maxThumb { // a crash may leave that: nothing is synced
		return nil, fs.ErrNotExist
	}
	b := make([]byte, st.Size())
	if _, err := io.ReadFull(f, b); err != nil {
		return nil, err
	}
	if now := time.Now(); now.Sub(st.ModTime()) > touchAfter {
		_ = os.Chtimes(f.Name(), now, now) // else it is only trimmed sooner
	}
	return b, nil
}

// Put keeps a JPEG. A reader sees all of it or nothing.
func (c *Cache) Put(digest fmt.Stringer, size int, data []byte) error {
	return c.write(c.path(digest, sizeExt(size)), data)
}

// PutSet keeps both thumbnails, in one file if one serves for both.
func (c *Cache) PutSet(digest fmt.Stringer, s Set) error {
	if s.Large == nil || serves(s.Small) {
		return c.Put(digest, Small, s.Small)
	}
	return errors.Join(c.Put(digest, Large, s.Large), c.Put(digest, Small, s.Small))
}

const (
	thumbExt  = ".jpg"
	failedExt = ".none"
)

// PutFailure remembers that this version cannot draw a file, and why.
func (c *Cache) PutFailure(digest fmt.Stringer, cause error) error {
	return c.write(c.path(digest, failedExt), []byte(cause.Error()))
}

// Failure returns why a file cannot be drawn, or "" when nothing is known.
func (c *Cache) Failure(digest fmt.Stringer) string {
	b, err := readUsed(c.path(digest, failedExt))
	if err != nil {
		return ""
	}
	return string(b)
}

// write replaces a file without waiting for the disk: it can be made again.
func (c *Cache) write(path string, data []byte) error {
	tmp := path + "." + rand.Text()[:8]
	err := os.WriteFile(tmp, data, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return fmt.Errorf("keep thumbnail: %w", err)
		}
		err = os.WriteFile(tmp, data, 0o600)
	}
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		_ = os.Remove(tmp) // it may not be there
		return fmt.Errorf("keep thumbnail: %w", err)
	}
	if n := onDisk(int64(len(data))); c.put.Add(n) > c.limit/16 {
		c.grown.Raise()
	}
	return nil
}

// Decode decodes a thumbnail of size that may come from anybody. It fails with
// [ErrDamaged] for what is no JPEG within that size.
func Decode(data []byte, size int) (*image.RGBA, error) {
	info, err := meta.ReadBytes(data)
	if err != nil || info.Type != "image/jpeg" || len(data) > maxThumb ||
		info.Width > size || info.Height > size || info.Width <= 0 || info.Height <= 0 || !nativeJPEG(&info) {
		return nil, fmt.Errorf("%w: not a thumbnail", ErrDamaged)
	}
	if _, err := Check(data, &info, 1); err != nil {
		return nil, err
	}
	return decodeThumb(data)
}

func decodeThumb(data []byte) (m *image.RGBA, err error) {
	defer recovered(&err)
	img, err := jpegn.Decode(bytes.NewReader(data), &jpegn.Options{ToRGBA: true, UpsampleMethod: jpegn.CatmullRom})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	m, ok := img.(*image.RGBA)
	if !ok {
		return nil, fmt.Errorf("%w: not a thumbnail", ErrDamaged)
	}
	return m, nil
}

// Placeholder draws a thumbhash, or returns nil when it is none.
func Placeholder(hash []byte) (m *image.RGBA) {
	defer func() {
		if recover() != nil { // it may come from anybody
			m = nil
		}
	}()
	if len(hash) < 5 || len(hash) > 64 {
		return nil
	}
	img, err := thumbhash.DecodeImage(hash)
	if err != nil {
		return nil
	}
	m, _ = img.(*image.RGBA)
	return m
}
