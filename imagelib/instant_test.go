package imagelib

import (
	"crypto/md5" //nolint:gosec // the standard of the desktop's thumbnails asks for it
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	"os"
	"path/filepath"
	"testing"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/internal/testphoto"
	"github.com/libpaul/paul/imagelib/thumb"
)

// clearCache does what a person may do at any time.
func (l *testLibrary) clearCache(t *testing.T) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(l.dir, "thumbnails")); err != nil {
		t.Fatal(err)
	}
}

// thumbed is a photo with a small picture inside.
func thumbed(w, h int) []byte {
	return testphoto.JPEG(testphoto.Picture(w, h, 0), testphoto.EXIF{Make: "Maker", Thumb: testphoto.Thumb(testphoto.Picture(160, 160*h/w, 0))})
}

// TestInstant shows the small picture of a photo whose thumbnail is not drawn, which
// it does not become, and nothing once the thumbnail is there.
func TestInstant(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	r := importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": thumbed(1200, 800)}))
	d := r.Added[0]
	if m := l.Instant(t.Context(), d, thumb.Small); m != nil {
		t.Errorf("beside its thumbnail: %v", m.Rect)
	}
	l.clearCache(t)
	for _, size := range thumb.Sizes() {
		m := l.Instant(t.Context(), d, size)
		if m == nil || m.Rect.Dx() != 160 {
			t.Fatalf("of %d pixels: %v", size, rectOf(m))
		}
		if err := testphoto.Check(m); err != nil {
			t.Error(err)
		}
		if _, err := l.cache.Get(d, size); err == nil {
			t.Error("it was kept as a thumbnail")
		}
	}
	if m, err := l.Thumbnail(t.Context(), d, thumb.Small); err != nil || m.Rect.Dx() != 256 {
		t.Fatalf("%v, %v", rectOf(m), err)
	}
	if m := l.Instant(t.Context(), d, thumb.Small); m != nil {
		t.Errorf("after the thumbnail: %v", m.Rect)
	}
	if err := os.Remove(filepath.Join(l.dir, "thumbnails", fmt.Sprintf("v%d", thumb.Version), d.String()[:2], d.String()+".512.jpg")); err != nil {
		t.Fatal(err)
	}
	if m := l.Instant(t.Context(), d, thumb.Large); m == nil || m.Rect.Dx() != 256 {
		t.Errorf("in place of a large thumbnail: %v", rectOf(m))
	}
}

// TestInstantOfAnEdit: what shows at once is turned and cut as a person wants it, be it
// of the file or of the other thumbnail.
func TestInstantOfAnEdit(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	d := importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": thumbed(1200, 800)})).Added[0]
	l.clearCache(t)
	for edit, want := range map[string]image.Point{
		`{"turns":1}`:                            {106, 160},
		`{"crop":{"X":0,"Y":0,"W":0.5,"H":0.5}}`: {80, 53},
	} {
		doc := docFrom(t, l, d)
		doc.Edits = map[string]raw{fieldGeometry: raw(`{"value":` + edit + `,"at":"x"}`)}
		l.index.apply([]filelayer.Doc{docWith(t, d, doc)}, "")
		if m := l.Instant(t.Context(), d, thumb.Small); rectOf(m).Size() != want {
			t.Errorf("%s: %v, want %v", edit, rectOf(m), want)
		}
		if _, err := l.Thumbnail(t.Context(), d, thumb.Small); err != nil {
			t.Fatal(err)
		}
		if m := l.Instant(t.Context(), d, thumb.Small); m != nil {
			t.Errorf("%s: beside its thumbnail: %v", edit, m.Rect)
		}
		l.clearCache(t)
	}
}

// TestNothingInstant: nothing shows of a photo that is elsewhere, changed, deleted or
// unknown.
func TestNothingInstant(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	r := importAll(t, l, writeFiles(t, map[string][]byte{
		"1.jpg": thumbed(1200, 800), "2.jpg": thumbed(1200, 801), "3.jpg": thumbed(1200, 802),
	}))
	l.clearCache(t)
	for _, d := range r.Added {
		if l.Instant(t.Context(), d, thumb.Small) == nil {
			t.Fatal("nothing shows of what is here")
		}
	}
	away, err := l.files.Entry(r.Added[0])
	if err != nil {
		t.Fatal(err)
	}
	away.Path = ""
	l.files.put(away)
	changed, err := l.files.Entry(r.Added[1])
	if err == nil {
		err = os.WriteFile(changed.Path, thumbed(300, 200), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	deleted, err := l.files.Entry(r.Added[2])
	if err != nil {
		t.Fatal(err)
	}
	deleted.Deleted = &filelayer.Stamp{}
	l.files.put(deleted)
	for i, d := range append(r.Added, digestOf(9)) {
		if m := l.Instant(t.Context(), d, thumb.Small); m != nil {
			t.Errorf("photo %d: %v", i+1, m.Rect)
		}
	}
}

func docFrom(t *testing.T, l *testLibrary, d Digest) (doc document) {
	t.Helper()
	if _, err := l.db.Get(t.Context(), d.String(), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func docWith(t *testing.T, d Digest, doc document) filelayer.Doc {
	t.Helper()
	b, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return filelayer.Doc{ID: d.String(), Body: b}
}

// TestInstantOfTheDesktop: what the file manager has drawn of a file comes before what
// is inside, and shows of one that has nothing inside; never of one that has changed.
func TestInstantOfTheDesktop(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	dir := t.TempDir()
	l.desktop = thumb.DesktopIn(dir)
	r := importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": thumbed(1200, 800), "2.png": testphoto.PNG(testphoto.Picture(1200, 800, 1))}))
	l.clearCache(t)
	for _, d := range r.Added {
		e, err := l.files.Entry(d)
		if err != nil {
			t.Fatal(err)
		}
		desktopThumb(t, dir, e.Path)
		if m := l.Instant(t.Context(), d, thumb.Small); m == nil || m.Rect.Dx() != 255 {
			t.Errorf("%s: %v", e.Name, rectOf(m))
		}
		if _, err := l.cache.Get(d, thumb.Small); err == nil {
			t.Error("it was kept as a thumbnail")
		}
		age(t, e.Path)
		if m := l.Instant(t.Context(), d, thumb.Small); m != nil && m.Rect.Dx() == 255 {
			t.Errorf("%s, which has changed: %v", e.Name, m.Rect)
		}
	}
}

// desktopThumb keeps a thumbnail of 255 pixels as a file manager does.
func desktopThumb(t *testing.T, dir, path string) {
	t.Helper()
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	uri := "file://" + path // of letters that need nothing
	png := testphoto.PNG(testphoto.Picture(255, 170, 0))
	var chunks []byte
	for _, text := range []string{"Thumb::URI\x00" + uri, fmt.Sprintf("Thumb::MTime\x00%d", st.ModTime().Unix())} {
		chunk := binary.BigEndian.AppendUint32(nil, uint32(len(text)))
		chunk = append(append(chunk, "tEXt"...), text...)
		chunks = append(chunks, binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))...)
	}
	png = append(append(png[:33:33], chunks...), png[33:]...)
	name := filepath.Join(dir, "large", fmt.Sprintf("%x.png", md5.Sum([]byte(uri)))) //nolint:gosec // as above
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, png, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestSmallIsDrawnAlone: of a HEIC with a small picture inside, a grid of small tiles
// draws that one, as an import does; the large one when somebody looks.
func TestSmallIsDrawnAlone(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	r := importAll(t, l, writeFiles(t, map[string][]byte{"1.heic": testphoto.HEIF{Thumb: "plain"}.File()}))
	l.clearCache(t)
	d := r.Added[0]
	if m, err := l.Thumbnail(t.Context(), d, thumb.Small); err != nil || m.Rect.Dx() != 256 {
		t.Fatalf("%v, %v", rectOf(m), err)
	}
	if _, err := l.cache.Get(d, thumb.Large); err == nil {
		t.Error("the large one was drawn with it")
	}
	if m, err := l.Thumbnail(t.Context(), d, thumb.Large); err != nil || m.Rect.Dx() != 320 {
		t.Errorf("the large one: %v, %v", rectOf(m), err)
	}
}

// rectOf is empty of no picture.
func rectOf(m *image.RGBA) image.Rectangle {
	if m == nil {
		return image.Rectangle{}
	}
	return m.Rect
}
