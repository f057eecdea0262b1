package imagelib

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/internal/testphoto"
	"github.com/libpaul/paul/imagelib/thumb"
)

func TestMain(m *testing.M) {
	breakDown()
	ServeIfChild()
	if path := os.Getenv(openEnv); path != "" { // this process is one that a benchmark started
		openAndSay(path)
		return
	}
	goleak.VerifyTestMain(m)
}

// saved stores bytes as a file of the layer, without a document.
func (l *testLibrary) saved(t *testing.T, name string, data []byte) Digest {
	t.Helper()
	b := l.files.newImport().newBatch()
	e, err := b.Create(t.Context(), bytes.NewReader(data), filelayer.Metadata{Name: name})
	if err == nil {
		err = b.Commit(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return e.Digest
}

func TestRunFollows(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	l.run(t)
	if _, err := l.db.Bulk(t.Context(), []filelayer.Doc{docOf(1, nil)}); err != nil {
		t.Fatal(err)
	}
	l.files.put(entryOf(2, 1, false))
	l.files.put(entryOf(1, 1, false))
	l.wait(t, "image 1", func(s *Snapshot) bool { return len(s.Images) == 1 && s.Images[0].Digest == digestOf(1) })
	l.files.put(entryOf(1, 2, true))
	l.wait(t, "another holder", func(s *Snapshot) bool { return s.Images[0].Here && s.Images[0].Holders == 2 })
	deleted := entryOf(1, 2, true)
	deleted.Deleted = &filelayer.Stamp{}
	l.files.put(deleted)
	l.wait(t, "deletion", func(s *Snapshot) bool { return len(s.Images) == 0 })
}

// TestLooksKeepTheirOrder: while one looks at the file layer nobody else does,
// or else an older list could take the place of a newer one.
func TestLooksKeepTheirOrder(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	asked := 0
	l.files.asked = func() {
		asked++
		if l.joining.TryLock() {
			l.joining.Unlock()
			t.Error("another may look at the same time")
		}
	}
	l.join()
	if asked != 1 {
		t.Errorf("looked %d times", asked)
	}
}

func TestRunMakesMissingDocuments(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	l.run(t)
	d := l.saved(t, "IMG_20230102_030405.png", testphoto.PNG(testphoto.Picture(60, 40, 1)))
	l.saved(t, "notes.txt", []byte("no photo"))
	l.wait(t, "document", func(s *Snapshot) bool { return len(s.Images) == 1 })
	img := l.Snapshot().Images[0]
	if img.Digest != d || img.Date.String() != "2023-01-02T03:04:05" || l.Placeholder(img) == nil {
		t.Errorf("image %+v", img)
	}
}

func TestStartsFromSavedIndex(t *testing.T) {
	t.Parallel()
	dir, files, db := t.TempDir(), newFakeFiles(t), newFakeDB()
	l := openTestLibrary(t, dir, files, db)
	src := writeFiles(t, map[string][]byte{"1.jpg": photoOf(1), "2.jpg": photoOf(2)})
	r := importAll(t, l, src)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	again := openTestLibrary(t, dir, files, db)
	if n := len(again.Snapshot().Images); n != 2 {
		t.Fatalf("%d images before anything is read", n)
	}
	again.run(t)
	if err := again.SetFavourite(t.Context(), r.Added[:1], true); err != nil {
		t.Fatal(err)
	}
	if img, _, _ := again.Snapshot().ByDigest(r.Added[0]); !img.Favourite {
		t.Error("the edit does not show")
	}

	other := newFakeDB() // restored, or another server's
	if _, err := other.Bulk(t.Context(), []filelayer.Doc{docOf(7, nil)}); err != nil {
		t.Fatal(err)
	}
	files.put(entryOf(7, 1, false))
	third := openTestLibrary(t, dir, files, other)
	third.run(t)
	third.wait(t, "an image of another database", func(s *Snapshot) bool { _, _, ok := s.ByDigest(digestOf(7)); return ok })

	path := filepath.Join(dir, indexName)
	if err := os.WriteFile(path, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	fourth := openTestLibrary(t, dir, files, db)
	fourth.run(t)
	fourth.wait(t, "all images after the saved index was damaged", func(s *Snapshot) bool { return len(s.Images) == 2 })
}

func TestEdits(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	ctx := t.Context()
	var ds []Digest
	for _, r := range []ImportResult{importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": photoOf(1), "2.jpg": photoOf(2)}))} {
		ds = r.Added
	}
	album, err := l.CreateAlbum(ctx, " Sea ")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(
		l.SetFavourite(ctx, ds, true), l.SetCaption(ctx, ds[:1], "At the sea"), l.SetRating(ctx, ds[1:], 9),
		l.EditTags(ctx, ds[:1], []string{"sea", " sea", ""}, nil), l.AddToAlbum(ctx, album.ID, ds), l.RemoveFromAlbum(ctx, album.ID, ds[:1]),
	); err != nil {
		t.Fatal(err)
	}
	s := l.Snapshot()
	one, _, _ := s.ByDigest(ds[0])
	two, _, _ := s.ByDigest(ds[1])
	if !one.Favourite || one.Caption != "At the sea" || fmt.Sprint(one.Tags) != "[sea]" || len(one.Albums) != 0 {
		t.Errorf("first %+v", one)
	}
	if !two.Favourite || two.Rating != 5 || fmt.Sprint(two.Albums) != "["+album.ID+"]" {
		t.Errorf("second %+v", two)
	}
	if a := l.Albums(); len(a) != 1 || a[0] != (Album{ID: album.ID, Name: "Sea", Count: 1, Cover: ds[1]}) {
		t.Errorf("albums %+v", a)
	}
	if err := l.RenameAlbum(ctx, album.ID, "Lake"); err != nil || l.Albums()[0].Name != "Lake" {
		t.Errorf("renamed to %+v, %v", l.Albums(), err)
	}
	if err := l.DeleteAlbum(ctx, album.ID); err != nil || len(l.Albums()) != 0 {
		t.Errorf("deleted: %+v, %v", l.Albums(), err)
	}
	for _, err := range []error{
		l.AddToAlbum(ctx, album.ID, ds), l.RemoveFromAlbum(ctx, album.ID, ds), l.RenameAlbum(ctx, "album:none", "x"),
		l.DeleteAlbum(ctx, "album:none"), l.SetFavourite(ctx, []Digest{digestOf(1)}, true),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("want ErrNotFound, got %v", err)
		}
	}
}

// TestEditMeetsAnother edits while another device's edit comes in between.
func TestEditMeetsAnother(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	d := importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": photoOf(1)})).Added[0]
	l.db.before = func() {
		if _, err := l.editOne(t.Context(), d.String(), l.decide(fieldCaption, "theirs")); err != nil {
			t.Error(err)
		}
	}
	if err := l.SetFavourite(t.Context(), []Digest{d}, true); err != nil {
		t.Fatal(err)
	}
	if img := l.Snapshot().Images[0]; !img.Favourite || img.Caption != "theirs" {
		t.Errorf("favourite %v, caption %q", img.Favourite, img.Caption)
	}
}

// TestThumbnailOfAnother asks a device that has the bytes.
func TestThumbnailOfAnother(t *testing.T) {
	t.Parallel()
	a, b := newTestLibrary(t), newTestLibrary(t)
	d := a.saved(t, "1.jpg", testphoto.JPEG(testphoto.Turned(testphoto.Picture(800, 600, 0), 8), testphoto.EXIF{Orientation: 8}))
	bad := a.saved(t, "bad.jpg", testphoto.JPEG(testphoto.Picture(80, 60, 0), testphoto.EXIF{})[:200])
	e := filelayer.Entry{Digest: d, Holders: entryOf(1, 2, false).Holders} // devices 0 and 1
	b.files.put(e)
	e.Digest = bad
	b.files.put(e)
	if _, err := b.Thumbnail(t.Context(), d, 256); !errors.Is(err, ErrNotHere) {
		t.Errorf("nobody online: %v", err)
	}
	if _, err := b.Pixels(t.Context(), d, 0); !errors.Is(err, ErrNotHere) {
		t.Errorf("nobody online: %v", err)
	}
	b.files.peers["0"] = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { // hostile
		_, _ = w.Write(bytes.Repeat([]byte{0xff, 0xd8, 0xff}, maxAnswer))
	})
	b.files.peers["1"] = a.thumbHandler()
	for _, size := range []int{256, 512} {
		m, err := b.Thumbnail(t.Context(), d, size)
		if err != nil {
			t.Fatal(err)
		}
		if m.Rect.Dx() != size {
			t.Errorf("%v for size %d", m.Rect, size)
		}
		if err := testphoto.Check(m); err != nil {
			t.Error(err)
		}
	}
	clear(b.files.peers)
	if _, err := b.Thumbnail(t.Context(), d, 256); err != nil {
		t.Errorf("not kept: %v", err)
	}
	b.files.peers["1"] = a.thumbHandler()
	if _, err := b.Thumbnail(t.Context(), bad, 256); !errors.Is(err, ErrNoThumbnail) {
		t.Errorf("cannot be drawn there: %v", err)
	}
	for _, d := range []Digest{digestOf(1)} {
		if _, err := b.Thumbnail(t.Context(), d, 256); !errors.Is(err, ErrNotFound) {
			t.Errorf("no such file: %v", err)
		}
	}
	if _, err := b.Thumbnail(t.Context(), d, 300); err == nil {
		t.Error("a size that is none")
	}
}

func TestThumbHandler(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	d := l.saved(t, "1.jpg", photoOf(1))
	l.files.put(entryOf(1, 1, false))
	l.files.peers["me"] = l.thumbHandler()
	for path, want := range map[string]int{
		"/thumb/" + d.String() + "?size=256":              http.StatusOK,
		"/thumb/" + d.String() + "?size=10000":            http.StatusBadRequest,
		"/thumb/" + d.String():                            http.StatusBadRequest,
		"/thumb/../../etc/passwd?size=256":                http.StatusBadRequest,
		"/thumb/" + strings.Repeat("0", 64) + "?size=512": http.StatusNotFound,
		"/thumb/" + digestOf(1).String() + "?size=512":    http.StatusNotFound,
	} {
		res, err := l.files.PeerGet(t.Context(), "me", path)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close() // a recorder's
		if res.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, res.StatusCode, want)
		}
	}
}

func TestThumbnailsAtOnce(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	d := l.saved(t, "1.jpg", testphoto.JPEG(testphoto.Picture(1600, 1200, 0), testphoto.EXIF{}))
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			m, err := l.Thumbnail(t.Context(), d, 256<<(i%2))
			if err != nil {
				t.Error(err)
			} else if err := testphoto.Check(m); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	m, err := l.Pixels(t.Context(), d, 700)
	if err != nil {
		t.Fatal(err)
	}
	if err := testphoto.Check(m); err != nil || m.Bounds().Dx() != 700 {
		t.Errorf("%v, %v", m.Bounds(), err)
	}
}

func TestDamagedCacheIsDrawnAnew(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	d := l.saved(t, "1.jpg", photoOf(1))
	for range 2 {
		if _, err := l.Thumbnail(t.Context(), d, 256); err != nil {
			t.Fatal(err)
		}
		if err := l.cache.Put(d, 256, []byte("damaged")); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEditsOfSome: one image that is gone keeps no other from being edited.
func TestEditsOfSome(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	d := importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": photoOf(1)})).Added[0]
	if err := l.SetFavourite(t.Context(), []Digest{digestOf(1), d}, true); !errors.Is(err, ErrNotFound) {
		t.Errorf("with one that is not there: %v", err)
	}
	if !l.Snapshot().Images[0].Favourite {
		t.Error("the other was not edited")
	}
	writes := len(l.db.log)
	if err := l.SetFavourite(t.Context(), []Digest{d}, true); err != nil || len(l.db.log) != writes {
		t.Errorf("an edit that changes nothing was written: %v", err)
	}
}

// TestOwnWriteMeetsNewer: another device's newer revision comes through the feed
// before the index has taken in the older one that was just written here.
func TestOwnWriteMeetsNewer(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	l.run(t)
	d := importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": photoOf(1)})).Added[0]
	fed := make(chan struct{}, 100)
	l.db.mu.Lock()
	l.db.delivered = func() { fed <- struct{}{} }
	l.db.after = func() {
		theirs := &clock{node: "other", now: time.Now}
		if err := l.db.Update(t.Context(), d.String(), func(old raw) (raw, error) { return setEdit(old, fieldCaption, "theirs", theirs) }); err != nil {
			t.Error(err)
		}
		select { // either the feed comes through, or it waits for the write to be taken in
		case <-fed:
		case <-time.After(100 * time.Millisecond):
		}
	}
	l.db.mu.Unlock()
	if err := l.SetFavourite(t.Context(), []Digest{d}, true); err != nil {
		t.Fatal(err)
	}
	l.wait(t, "both edits", func(s *Snapshot) bool { return s.Images[0].Favourite && s.Images[0].Caption == "theirs" })
}

// TestOtherDatabaseGetsDocuments: what the last run knew of another database is
// nothing that this one has.
func TestOtherDatabaseGetsDocuments(t *testing.T) {
	t.Parallel()
	dir, files := t.TempDir(), newFakeFiles(t)
	l := openTestLibrary(t, dir, files, newFakeDB())
	d := importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": photoOf(1)})).Added[0]
	if _, err := l.CreateAlbum(t.Context(), "Sea"); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	other := openTestLibrary(t, dir, files, newFakeDB())
	other.run(t)
	other.wait(t, "an image that can be edited", func(*Snapshot) bool { return other.SetFavourite(t.Context(), []Digest{d}, true) == nil })
	if a := other.Albums(); len(a) != 0 {
		t.Errorf("albums of the other database: %v", a)
	}
}

// TestMissingIsTriedAgain: a document that could not be written at first.
func TestMissingIsTriedAgain(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	failed := make(chan struct{})
	l.db.failing = errors.New("no answer")
	l.db.before = func() { close(failed) }
	l.run(t)
	l.saved(t, "1.jpg", photoOf(1))
	<-failed
	l.db.mu.Lock()
	l.db.failing = nil
	l.db.mu.Unlock()
	l.wait(t, "a document", func(s *Snapshot) bool { return len(s.Images) == 1 })
}

// TestRottenBytesAreNotRemembered: what rot made of a file says nothing of it
// once it is healed.
func TestRottenBytesAreNotRemembered(t *testing.T) {
	t.Parallel()
	for name, rot := range map[string]func(data []byte){
		"not drawn":   func(data []byte) { clear(data[200:]) },
		"drawn wrong": func(data []byte) { data[len(data)-20] ^= 0xff },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newTestLibrary(t)
			good := testphoto.Thumb(testphoto.Picture(80, 60, 0))
			d := l.saved(t, "1.jpg", good)
			e, err := l.files.Entry(d)
			if err != nil {
				t.Fatal(err)
			}
			bad := bytes.Clone(good)
			rot(bad)
			if err := os.WriteFile(e.Path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := l.Thumbnail(t.Context(), d, 256); !errors.Is(err, filelayer.ErrCorrupt) {
				t.Errorf("rotten: %v", err)
			}
			if err := os.WriteFile(e.Path, good, 0o600); err != nil {
				t.Fatal(err)
			}
			m, err := l.Thumbnail(t.Context(), d, 256)
			if err != nil {
				t.Fatalf("healed: %v", err)
			}
			if err := testphoto.Check(m); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestThumbnailsWithoutCache: a full disk keeps nothing, and shows all.
func TestThumbnailsWithoutCache(t *testing.T) {
	t.Parallel()
	a, b := newTestLibrary(t), newTestLibrary(t)
	for _, l := range []*testLibrary{a, b} {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		l.cache = thumb.NewCache(file, 0)
	}
	d := a.saved(t, "1.jpg", photoOf(1))
	b.files.put(filelayer.Entry{Digest: d, Holders: entryOf(1, 1, false).Holders})
	b.files.peers["0"] = a.thumbHandler()
	for name, l := range map[string]*testLibrary{"here": a, "of another": b} {
		if m, err := l.Thumbnail(t.Context(), d, 256); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if err := testphoto.Check(m); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestHolderThatCannotDraw: one that cannot draw a file keeps no other from it.
func TestHolderThatCannotDraw(t *testing.T) {
	t.Parallel()
	a, b := newTestLibrary(t), newTestLibrary(t)
	d := a.saved(t, "1.jpg", photoOf(1))
	b.files.put(filelayer.Entry{Digest: d, Holders: entryOf(1, 2, false).Holders})
	b.files.peers["0"] = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnprocessableEntity) })
	if _, err := b.Thumbnail(t.Context(), d, 256); !errors.Is(err, ErrNoThumbnail) {
		t.Errorf("of one that cannot: %v", err)
	}
	b.files.peers["1"] = a.thumbHandler()
	if _, err := b.Thumbnail(t.Context(), d, 256); err != nil {
		t.Errorf("of one that can: %v", err)
	}
}

// TestSaveIsTriedAgain: an index that could not be saved is still to be saved.
func TestSaveIsTriedAgain(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": photoOf(1)}))
	away := l.dir + ".away"
	if err := os.Rename(l.dir, away); err != nil {
		t.Fatal(err)
	}
	if err := l.saveIndex(); err == nil {
		t.Fatal("saved into nowhere")
	}
	if err := os.Rename(away, l.dir); err != nil {
		t.Fatal(err)
	}
	if err := l.saveIndex(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(l.dir, indexName)); err != nil {
		t.Error(err)
	}
}
