package thumb

import (
	"bytes"
	"crypto/md5" //nolint:gosec // as the standard asks
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/libpaul/paul/imagelib/internal/testphoto"
	"github.com/libpaul/paul/imagelib/meta"
)

// desktopRig is a photo, and a cache of thumbnails that other programs keep.
type desktopRig struct {
	t        *testing.T
	dir      string
	photo    string
	uri      string
	modified time.Time
}

func newDesktopRig(t *testing.T) *desktopRig {
	t.Helper()
	d := &desktopRig{t: t, dir: filepath.Join(t.TempDir(), "thumbnails"), modified: time.Unix(1_700_000_000, 987654321)}
	d.photo = filepath.Join(t.TempDir(), "Été 1;[2].jpg")
	if err := os.WriteFile(d.photo, []byte("a photo"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(d.photo, d.modified, d.modified); err != nil {
		t.Fatal(err)
	}
	d.uri = "file://" + filepath.Dir(d.photo) + "/%C3%89t%C3%A9%201%3B%5B2%5D.jpg"
	return d
}

// put keeps a PNG with texts in a folder of the cache.
func (d *desktopRig) put(folder string, png []byte, texts ...string) {
	d.t.Helper()
	var chunks []byte
	for _, text := range texts {
		chunk := binary.BigEndian.AppendUint32(nil, uint32(len(text)))
		chunk = append(append(chunk, "tEXt"...), text...)
		chunks = append(chunks, binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))...)
	}
	const head = 8 + 25 // signature and IHDR
	if len(png) >= head {
		png = append(append(bytes.Clone(png[:head]), chunks...), png[head:]...)
	}
	path := filepath.Join(d.dir, folder, fmt.Sprintf("%x.png", md5.Sum([]byte(d.uri)))) //nolint:gosec // as above
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(path, png, 0o600); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desktopRig) draw(size int) (*image.RGBA, error) {
	d.t.Helper()
	st, err := os.Stat(d.photo)
	if err != nil {
		d.t.Fatal(err)
	}
	r := NewRenderer(64 << 20)
	d.t.Cleanup(r.Close)
	return r.Desktop(d.t.Context(), DesktopIn(d.dir), d.photo, st, size, &meta.Info{Width: 2000, Height: 3000, Orientation: 6})
}

// TestDesktop shows a thumbnail that another program keeps of a file, and none that
// is of another one, of the file as it was before, or none at all.
func TestDesktop(t *testing.T) {
	t.Parallel()
	good := testphoto.PNG(testphoto.Picture(256, 171, 0))
	uri := func(d *desktopRig) string { return "Thumb::URI\x00" + d.uri }
	const mtime = "Thumb::MTime\x001700000000"
	for name, tt := range map[string]struct {
		put  func(d *desktopRig)
		size int // of what is wanted
		want int // width of what shows; 0: nothing does
	}{
		"the very file": {func(d *desktopRig) { d.put("large", good, uri(d), mtime) }, Small, 256},
		"with its size": {func(d *desktopRig) { d.put("large", good, "Thumb::Size\x007", uri(d), mtime) }, Small, 256},
		"of 512 pixels": {func(d *desktopRig) { d.put("x-large", testphoto.PNG(testphoto.Picture(512, 341, 0)), uri(d), mtime) }, Small, 256},
		"rather small":  {func(d *desktopRig) { d.put("large", good, uri(d), mtime) }, Large, 256},
		"the larger first": {func(d *desktopRig) {
			d.put("large", good, uri(d), mtime)
			d.put("x-large", testphoto.PNG(testphoto.Picture(512, 341, 0)), uri(d), mtime)
		}, Large, 512},
		"too small":        {func(d *desktopRig) { d.put("normal", good, uri(d), mtime) }, Small, 0},
		"none":             {func(*desktopRig) {}, Small, 0},
		"stale":            {func(d *desktopRig) { d.put("large", good, uri(d), "Thumb::MTime\x001700000001") }, Small, 0},
		"of another time":  {func(d *desktopRig) { d.put("large", good, uri(d), "Thumb::MTime\x00now") }, Small, 0},
		"without a time":   {func(d *desktopRig) { d.put("large", good, uri(d)) }, Small, 0},
		"of another file":  {func(d *desktopRig) { d.put("large", good, uri(d)+"x", mtime) }, Small, 0},
		"without a file":   {func(d *desktopRig) { d.put("large", good, mtime) }, Small, 0},
		"of another size":  {func(d *desktopRig) { d.put("large", good, "Thumb::Size\x008", uri(d), mtime) }, Small, 0},
		"of another shape": {func(d *desktopRig) { d.put("large", testphoto.PNG(testphoto.Picture(171, 256, 0)), uri(d), mtime) }, Small, 0},
		"no picture": {func(d *desktopRig) {
			d.put("large", []byte("\x89PNG\r\n\x1a\n and nothing more of all that it says"), uri(d), mtime)
		}, Small, 0},
		"cut off":             {func(d *desktopRig) { d.put("large", good[:200], uri(d), mtime) }, Small, 0},
		"far too many pixels": {func(d *desktopRig) { d.put("large", wide(good, 60_000, 40_000), uri(d), mtime) }, Small, 0},
		"more than there are": {func(d *desktopRig) { d.put("large", wide(good, 1020, 680), uri(d), mtime) }, Small, 0},
		"too many bytes": {func(d *desktopRig) {
			d.put("large", append(bytes.Clone(good), make([]byte, maxDesktop)...), uri(d), mtime)
		}, Small, 0},
		"a JPEG":               {func(d *desktopRig) { d.put("large", testphoto.Thumb(testphoto.Picture(256, 171, 0))) }, Small, 0},
		"a chunk without end":  {func(d *desktopRig) { d.put("large", append(bytes.Clone(good[:33]), "\xff\xff\xff\xfftEXt....."...)) }, Small, 0},
		"texts after the data": {func(d *desktopRig) { d.put("large", append(bytes.Clone(good), "tEXt"+uri(d)...)) }, Small, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesktopRig(t)
			tt.put(d)
			before := listing(t, d.dir)
			m, err := d.draw(tt.size)
			switch {
			case tt.want == 0 && (err == nil || m != nil):
				t.Errorf("it shows %v", rectOf(m))
			case tt.want != 0 && (err != nil || m.Rect.Dx() != tt.want):
				t.Errorf("%v, %v", rectOf(m), err)
			case tt.want != 0:
				if err := testphoto.Check(m); err != nil {
					t.Error(err)
				}
			}
			if after := listing(t, d.dir); after != before {
				t.Errorf("what other programs keep is now %s, was %s", after, before)
			}
		})
	}
}

// wide changes the size that a PNG says of itself.
func wide(png []byte, w, h uint32) []byte {
	out := bytes.Clone(png)
	binary.BigEndian.PutUint32(out[16:], w)
	binary.BigEndian.PutUint32(out[20:], h)
	binary.BigEndian.PutUint32(out[29:], crc32.ChecksumIEEE(out[12:29]))
	return out
}

func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	paths, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		st, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, path, st.Size(), st.ModTime())
	}
	return b.String()
}

// TestFileURI: names are written as GLib writes them.
func TestFileURI(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/home/jens/photos/me.png": "file:///home/jens/photos/me.png", // of the standard
		"/a b/ü#?%.jpg":            "file:///a%20b/%C3%BC%23%3F%25.jpg",
		"/x;y[1]{2}^`|\\\"<>~":     "file:///x%3By%5B1%5D%7B2%7D%5E%60%7C%5C%22%3C%3E~",
		"/!$&'()*+,-./:=@_":        "file:///!$&'()*+,-./:=@_",
	} {
		if got := fileURI(path); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	sum := md5.Sum([]byte("file:///home/jens/photos/me.png")) //nolint:gosec // as above
	if got := fmt.Sprintf("%x", sum); got != "c6ee772d9e49320e97ec29a7eb5b1697" {
		t.Errorf("the standard's example is %s", got)
	}
}

// FuzzDesktopTexts: whatever lies there breaks nothing.
func FuzzDesktopTexts(f *testing.F) {
	f.Add(testphoto.PNG(testphoto.Picture(8, 8, 0)))
	f.Add([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x05tEXtThumb::URI\x00x....\x00\x00\x00\x00IDAT...."))
	f.Fuzz(func(t *testing.T, data []byte) {
		for key := range pngTexts(data) {
			if !strings.HasPrefix(key, "Thumb::") {
				t.Errorf("kept %q", key)
			}
		}
	})
}
