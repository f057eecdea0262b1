package thumb

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // which the standard asks for; it names files, and protects nothing
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/libpaul/paul/imagelib/meta"
)

// Desktop is the thumbnails that file managers of the freedesktop make for each
// other (Thumbnail Managing Standard 0.9). It is only read. What lies there may
// come from any program: it is taken for what it says it is of, and may be shown
// for a moment, but is never kept. The zero value holds none.
type Desktop struct{ dir string }

// DesktopOf returns the one of this person; none on systems without.
func DesktopOf() Desktop {
	switch runtime.GOOS {
	case "linux", "freebsd", "netbsd", "openbsd", "dragonfly":
		if dir, err := os.UserCacheDir(); err == nil { // $XDG_CACHE_HOME, else ~/.cache
			return Desktop{filepath.Join(dir, "thumbnails")}
		}
	}
	return Desktop{}
}

// DesktopIn returns the one in a folder.
func DesktopIn(dir string) Desktop { return Desktop{dir} }

// Bounds on one thumbnail there.
const (
	maxDesktop     = 8 << 20 // bytes
	maxDesktopSide = 1024    // pixels, of the largest that the standard knows
	maxChunks      = 200     // before the picture
)

// desktopSizes are the folders of thumbnails, by what is wanted: first those that
// have enough pixels, then one that is better than nothing.
func desktopSizes(size int) []string {
	if size == Small {
		return []string{"large", "x-large", "xx-large"}
	}
	return []string{"x-large", "xx-large", "large"}
}

// get returns the PNG of the file at path, which st was read of, for a thumbnail of
// size pixels; nil when there is none that says it is of that very file.
func (d Desktop) get(path string, st fs.FileInfo, size int) []byte {
	if d.dir == "" || !filepath.IsAbs(path) {
		return nil
	}
	uri := fileURI(path)
	sum := md5.Sum([]byte(uri)) //nolint:gosec // as above
	name := hex.EncodeToString(sum[:]) + ".png"
	for _, folder := range desktopSizes(size) {
		data := readBounded(filepath.Join(d.dir, folder, name))
		if data != nil && isOf(pngTexts(data), uri, st) {
			return data
		}
	}
	return nil
}

// readBounded reads a regular file of a thumbnail's size.
func readBounded(path string) []byte {
	st, err := os.Stat(path)
	if err != nil || !st.Mode().IsRegular() || st.Size() > maxDesktop {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }() // read only
	data := make([]byte, st.Size())
	if n, _ := f.ReadAt(data, 0); n < len(data) {
		return nil
	}
	return data
}

// isOf reports whether a thumbnail's texts are those of a file (section "Detect
// modifications"): its URI and time, and its size where they tell it.
func isOf(texts map[string]string, uri string, st fs.FileInfo) bool {
	mtime, err := strconv.ParseInt(texts["Thumb::MTime"], 10, 64)
	if err != nil || mtime != st.ModTime().Unix() || texts["Thumb::URI"] != uri {
		return false
	}
	size, told := texts["Thumb::Size"]
	return !told || size == strconv.FormatInt(st.Size(), 10)
}

// pngTexts reads the texts before the picture of a PNG (third edition, 11.3.3.2);
// nil when it is none.
func pngTexts(data []byte) map[string]string {
	rest, ok := bytes.CutPrefix(data, []byte("\x89PNG\r\n\x1a\n"))
	texts := map[string]string{}
	for range maxChunks {
		if !ok || len(rest) < 12 {
			return nil
		}
		n, typ := binary.BigEndian.Uint32(rest), string(rest[4:8])
		if typ == "IDAT" {
			return texts
		}
		if int64(n) > int64(len(rest)-12) {
			return nil
		}
		if key, text, ok := strings.Cut(string(rest[8:8+n]), "\x00"); ok && typ == "tEXt" && strings.HasPrefix(key, "Thumb::") {
			texts[key] = text
		}
		rest = rest[12+n:]
	}
	return nil
}

// fileURI writes a path as programs of the freedesktop do (RFC 8089, with the
// letters that GLib leaves as they are).
func fileURI(path string) string {
	const plain = "!$&'()*+,-./:=@_~"
	var b strings.Builder
	b.WriteString("file://")
	for _, c := range []byte(path) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(plain, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// Desktop draws what d has of the file at path, which st and of were read of, upright,
// for a thumbnail of size pixels. What has another shape is of another picture. It
// fails with [ErrUnsupported] where there is none, and else as [Renderer.Thumbnails]
// does.
func (r *Renderer) Desktop(ctx context.Context, d Desktop, path string, st fs.FileInfo, size int, of *meta.Info) (m *image.RGBA, err error) {
	defer recovered(&err)
	data := d.get(path, st, size)
	if data == nil {
		return nil, fmt.Errorf("%w: the desktop has no thumbnail", ErrUnsupported)
	}
	w, h := of.Upright() // 0 where that is not known
	info, err := meta.ReadBytes(data)
	if err != nil || info.Type != "image/png" || max(info.Width, info.Height) > maxDesktopSide || w > 0 && h > 0 && !sameShape(w, h, info.Width, info.Height) {
		return nil, fmt.Errorf("%w: the desktop's is none of it", ErrUnsupported)
	}
	p, err := r.draw(ctx, data, &info, Geometry{}, size, 1, true)
	if err != nil {
		return nil, err
	}
	return p.rgba(), nil
}
