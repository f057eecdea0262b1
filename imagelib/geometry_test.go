package imagelib

import (
	"encoding/json"
	"errors"
	"image"
	"math"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/internal/testphoto"
)

// difference is how far two pictures of one size are apart on average, 0 to 255.
func difference(t *testing.T, a, b image.Image) float64 {
	t.Helper()
	if a.Bounds().Size() != b.Bounds().Size() {
		t.Fatalf("sizes %v and %v", a.Bounds().Size(), b.Bounds().Size())
	}
	sum, n := 0.0, 0
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			r, g, b1, _ := a.At(a.Bounds().Min.X+x, a.Bounds().Min.Y+y).RGBA()
			r2, g2, b2, _ := b.At(b.Bounds().Min.X+x, b.Bounds().Min.Y+y).RGBA()
			for _, d := range []float64{float64(r) - float64(r2), float64(g) - float64(g2), float64(b1) - float64(b2)} {
				sum, n = sum+math.Abs(d)/257, n+1
			}
		}
	}
	return sum / float64(n)
}

// editedPhoto imports one photo of 800 x 600 pixels.
func editedPhoto(t *testing.T, l *testLibrary) (Digest, *image.RGBA) {
	t.Helper()
	m := testphoto.Picture(800, 600, 0)
	data := testphoto.JPEG(testphoto.Turned(m, 6), testphoto.EXIF{Orientation: 6, Date: "2024:05:01 12:30:05"})
	return importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": data})).Added[0], m
}

func (l *testLibrary) image(t *testing.T, d Digest) *Image {
	t.Helper()
	img, ok := l.Snapshot().File(d)
	if !ok {
		t.Fatalf("no image %v", d)
	}
	return img
}

// TestSetGeometry edits, undoes and redoes: pixels, thumbnails, size and placeholder
// follow, and the file and what is recorded of its looks stay.
func TestSetGeometry(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	d, m := editedPhoto(t, l)
	before := l.image(t, d)
	cut := Geometry{Turns: 1, Angle: 4, Crop: Crop{X: 0.1, Y: 0.1, W: 0.5, H: 0.8}}
	for _, g := range []Geometry{{Turns: 1}, cut, {}, {Mirror: true}, cut} {
		if err := l.SetGeometry(t.Context(), []Digest{d}, g); err != nil {
			t.Fatal(err)
		}
		img := l.image(t, d)
		if w, h := g.Size(800, 600); img.Geometry() != g || img.Width != w || img.Height != h {
			t.Errorf("%v: shown as %v, %d x %d", g, img.Geometry(), img.Width, img.Height)
		}
		if img.DHash != before.DHash || img.ThumbHash != before.ThumbHash || img.Orientation != 6 {
			t.Errorf("%v: what is known of the file changed", g)
		}
		want := g.Apply(m)
		full, err := l.Pixels(t.Context(), d, 0)
		if err != nil {
			t.Fatal(err)
		}
		if diff := difference(t, full, want); diff > 4 {
			t.Errorf("%v: pixels differ by %.1f", g, diff)
		}
		for _, size := range []int{256, 512} {
			small, err := l.Thumbnail(t.Context(), d, size)
			if err != nil {
				t.Fatal(err)
			}
			same, err := l.Pixels(t.Context(), d, size)
			if err != nil {
				t.Fatal(err)
			}
			if diff := difference(t, small, same); diff > 6 {
				t.Errorf("%v: the thumbnail of %d differs by %.1f", g, size, diff)
			}
		}
		if p := l.Placeholder(img); p == nil || (p.Rect.Dx() > p.Rect.Dy()) != (img.Width > img.Height) {
			t.Errorf("%v: placeholder of %d x %d", g, img.Width, img.Height)
		}
	}
	if err := l.SetGeometry(t.Context(), []Digest{d}, Geometry{Turns: 5}); !errors.Is(err, ErrBadGeometry) {
		t.Errorf("five turns: %v", err)
	}
	if _, err := l.ThumbnailAs(t.Context(), d, Geometry{Angle: 99}, 256); !errors.Is(err, ErrBadGeometry) {
		t.Errorf("a thumbnail that nobody can draw: %v", err)
	}
}

// TestEditIsUndoneFromTheCache: what was drawn once is there again without the file.
func TestEditIsUndoneFromTheCache(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	d, _ := editedPhoto(t, l)
	cut := Geometry{Crop: Crop{W: 0.5, H: 0.5}}
	for _, g := range []Geometry{{}, cut} {
		if _, err := l.ThumbnailAs(t.Context(), d, g, 256); err != nil {
			t.Fatal(err)
		}
	}
	l.files.put(filelayer.Entry{Digest: d, Name: "1.jpg"}) // its bytes are gone
	for _, g := range []Geometry{{}, cut, {Turns: 1}, {Turns: 3, Mirror: true}} {
		if _, err := l.ThumbnailAs(t.Context(), d, g, 256); err != nil {
			t.Errorf("%v: %v", g, err)
		}
	}
	if _, err := l.ThumbnailAs(t.Context(), d, cut, 512); err != nil { // both were drawn at once
		t.Error(err)
	}
}

func TestRotate(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	r := importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": photoOf(1), "2.jpg": photoOf(2)}))
	a, b := r.Added[0], r.Added[1]
	if err := l.SetGeometry(t.Context(), []Digest{a}, Geometry{Mirror: true, Turns: 3, Crop: Crop{W: 0.5, H: 0.25}}); err != nil {
		t.Fatal(err)
	}
	if err := l.Rotate(t.Context(), []Digest{digestOf(1), a, b}, 1); !errors.Is(err, ErrNotFound) {
		t.Errorf("with one that is not there: %v", err)
	}
	if g := l.image(t, a).Geometry(); g != (Geometry{Mirror: true, Crop: Crop{X: 0.75, W: 0.25, H: 0.5}}) {
		t.Errorf("the edited one is %v", g)
	}
	if g := l.image(t, b).Geometry(); g != (Geometry{Turns: 1}) {
		t.Errorf("the other one is %v", g)
	}
	l.db.before = func() { // another edit comes between: it is turned too, once
		if _, err := l.editOne(t.Context(), b.String(), l.decide(fieldGeometry, Geometry{Turns: 2})); err != nil {
			t.Error(err)
		}
	}
	if err := l.Rotate(t.Context(), []Digest{b}, -1); err != nil {
		t.Fatal(err)
	}
	if g := l.image(t, b).Geometry(); g != (Geometry{Turns: 1}) {
		t.Errorf("after another edit it is %v", g)
	}
}

// TestGeometryMerges: of two geometries the later wins whole, beside edits of other
// fields.
func TestGeometryMerges(t *testing.T) {
	t.Parallel()
	base := raw(`{"type":"image/jpeg","width":400,"height":300,"version":2}`)
	edited := func(body raw, at int64, field string, value any) raw {
		t.Helper()
		body, err := setEdit(body, field, value, &clock{node: "a", now: func() time.Time { return time.UnixMilli(at) }})
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	early := edited(base, 1000, fieldGeometry, Geometry{Turns: 1, Crop: Crop{W: 0.5, H: 0.5}})
	late := edited(edited(base, 2000, fieldGeometry, Geometry{Angle: 2}), 500, fieldRating, 4)
	caption := edited(base, 3000, fieldCaption, "sea")
	for _, leaves := range [][]json.RawMessage{{early, late, caption}, {caption, late, early}} {
		merged, err := Merge(leaves)
		if err != nil {
			t.Fatal(err)
		}
		var doc document
		if !readBody(merged, &doc) {
			t.Fatal("it cannot be read")
		}
		img := doc.image(digestOf(1), newInterner())
		if img.Geometry() != (Geometry{Angle: 2}) || img.Rating != 4 || img.Caption != "sea" {
			t.Errorf("%v, rating %d, caption %q", img.Geometry(), img.Rating, img.Caption)
		}
	}
}

// TestBadGeometryIsIgnored: a record that another program has spoilt shows the photo
// as its file is.
func TestBadGeometryIsIgnored(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		`{"turns":4}`, `{"angle":50}`, `{"crop":{"x":0.5,"y":0,"w":0.6,"h":1}}`, `{"crop":{"w":-1,"h":1}}`, `"x"`, `7`, `[]`, `null`, `{"angle":1e400}`, `{"turns":"1"}`,
	} {
		doc := document{Type: "image/jpeg", Width: 40, Height: 30, Edits: map[string]raw{fieldGeometry: raw(`{"value":` + value + `,"at":"018f00000000` + `0000-d"}`)}}
		if img := doc.image(digestOf(1), newInterner()); img.Geometry() != (Geometry{}) || img.Width != 40 || img.Height != 30 {
			t.Errorf("%s: %v, %d x %d", value, img.Geometry(), img.Width, img.Height)
		}
	}
}

// TestEditedThumbnailOfAnother asks a holder for the thumbnail of an edited photo:
// one that draws it, an older one that does not, and nobody.
func TestEditedThumbnailOfAnother(t *testing.T) {
	t.Parallel()
	a, b := newTestLibrary(t), newTestLibrary(t)
	d, _ := editedPhoto(t, a)
	b.files.put(filelayer.Entry{Digest: d, Holders: entryOf(1, 2, false).Holders}) // devices 0 and 1
	cut, other := Geometry{Turns: 1, Crop: Crop{X: 0.25, Y: 0.25, W: 0.5, H: 0.5}}, Geometry{Crop: Crop{W: 0.5, H: 0.5}}
	want := func(g Geometry, most float64) {
		t.Helper()
		m, err := b.ThumbnailAs(t.Context(), d, g, 512)
		if err != nil {
			t.Fatal(err)
		}
		full, err := a.PixelsAs(t.Context(), d, g, max(m.Rect.Dx(), m.Rect.Dy()))
		if err != nil {
			t.Fatal(err)
		}
		if diff := difference(t, m, full); diff > most {
			t.Errorf("%v: it differs by %.1f", g, diff)
		}
	}
	asked := 0
	older := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // knows of no geometry
		asked++
		r.URL.RawQuery = "size=" + r.URL.Query().Get("size")
		a.thumbHandler().ServeHTTP(w, r)
	})
	b.files.peers["0"] = older
	want(cut, 8)
	want(Geometry{Turns: 3}, 6) // from the same answer
	if asked != 1 {
		t.Errorf("the older holder was asked %d times", asked)
	}
	b.files.peers["0"] = a.thumbHandler()
	want(cut, 6)
	clear(b.files.peers)
	want(cut, 6)
	want(other, 8) // out of that of the whole picture
	if b.cached(d, cut, 512) == nil || b.cached(d, other, 512) != nil {
		t.Error("what was drawn for it is not kept, or what was made of the whole is")
	}
}

// TestThumbHandlerOfEdited: whatever geometry a request names, the answer says which
// it was drawn with.
func TestThumbHandlerOfEdited(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	d, _ := editedPhoto(t, l)
	l.files.peers["me"] = l.thumbHandler()
	for geometry, want := range map[string]string{
		"":                            "",
		`{"crop":{"w":0.5,"h":0.25}}`: `{"crop":{"w":0.5,"h":0.25}}`,
		`{"turns":1}`:                 "", // whoever asks turns it
		`{"turns":9}`:                 "",
		`{"crop":{"w":5,"h":1}}`:      "",
		`of a later version`:          "",
	} {
		res, err := l.files.PeerGet(t.Context(), "me", "/thumb/"+d.String()+"?size=256&geometry="+url.QueryEscape(geometry))
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close() // a recorder's
		if got := res.Header.Get(geometryHeader); res.StatusCode != http.StatusOK || got != want {
			t.Errorf("%s: status %d, drawn with %q", geometry, res.StatusCode, got)
		}
	}
}

// Thumbnails that fail of a part are tried again, and leave those of the whole alone.
func TestFailedCutIsNotRemembered(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	d := l.saved(t, "bad.jpg", testphoto.JPEG(testphoto.Picture(80, 60, 0), testphoto.EXIF{})[:200])
	if _, err := l.ThumbnailAs(t.Context(), d, Geometry{Crop: Crop{W: 0.5, H: 0.5}}, 256); !errors.Is(err, ErrNoThumbnail) {
		t.Fatal(err)
	}
	if cause := l.cache.Failure(d); cause != "" {
		t.Errorf("remembered: %s", cause)
	}
	if _, err := l.ThumbnailAs(t.Context(), d, Geometry{Turns: 1}, 256); !errors.Is(err, ErrNoThumbnail) || l.cache.Failure(d) == "" {
		t.Errorf("of the whole it is: %v", err)
	}
}
