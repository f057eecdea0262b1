package imagelib

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/internal/testphoto"
)

// photoOf makes a small photo, different for each n, taken n minutes after noon.
func photoOf(n int) []byte {
	return testphoto.JPEG(testphoto.Picture(60, 40, n), testphoto.EXIF{
		Date: fmt.Sprintf("2024:05:01 %02d:%02d:00", 12+n/60, n%60), Make: "Maker", Model: fmt.Sprintf("Model %d", n),
	})
}

func importAll(t *testing.T, l *testLibrary, paths ...string) ImportResult {
	t.Helper()
	r, err := l.Import(t.Context(), paths, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestImport(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	upright := testphoto.Picture(60, 40, 9)
	dir := writeFiles(t, map[string][]byte{
		"a/IMG_1.jpg":                 testphoto.JPEG(testphoto.Turned(upright, 6), testphoto.EXIF{Orientation: 6, Date: "2024:05:01 12:30:05", Offset: "+02:00", Make: "Maker", Model: "One", Lat: 1, Lon: 2}),
		"a/b/IMG_20230102_030405.png": testphoto.PNG(upright),
		"a/copy.jpg":                  photoOf(1),
		"copy of it.jpg":              photoOf(1),
		"misnamed.jpg":                testphoto.PNG(testphoto.Picture(30, 20, 3)),
		"notes.txt":                   []byte("not a photo at all"),
		"text.jpg":                    []byte("not a photo either"),
		"empty.jpg":                   nil,
		".hidden/x.jpg":               photoOf(2),
		".hidden.jpg":                 photoOf(3),
		"Thumbs.db":                   []byte("x"),
	})
	var last ImportProgress
	r, err := l.Import(t.Context(), []string{dir}, func(p ImportProgress) {
		if p.Done < last.Done || p.Bytes < last.Bytes {
			t.Errorf("progress went back from %+v to %+v", last, p)
		}
		last = p
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Added) != 4 || r.Duplicates != 1 || r.Failed != 3 {
		t.Errorf("%d added, %d duplicates, %d failed; problems %v", len(r.Added), r.Duplicates, r.Failed, r.Problems)
	}
	if last.Total != 8 || last.Done != 8 || last.Added != 4 || last.Failed != 3 || last.Bytes != last.TotalBytes {
		t.Errorf("last progress %+v", last)
	}
	wantProblems(t, r, dir, map[string]error{"empty.jpg": ErrEmpty, "notes.txt": ErrNotPhoto, "text.jpg": ErrNotPhoto})

	s := l.Snapshot()
	if len(s.Images) != 4 {
		t.Fatalf("%d images", len(s.Images))
	}
	byName := map[string]*Image{}
	for _, img := range s.Images {
		byName[img.Name] = img
	}
	one := byName["IMG_1.jpg"]
	if one == nil || one.Date.String() != "2024-05-01T12:30:05+02:00" || one.Camera != "Maker One" || one.GPS == nil ||
		one.Width != 60 || one.Height != 40 || !one.Here || one.Holders != 1 || one.Kind != KindImage {
		t.Errorf("image %+v", one)
	}
	if img := byName["IMG_20230102_030405.png"]; img == nil || img.Date.String() != "2023-01-02T03:04:05" || img.Date.Source != "name" {
		t.Errorf("image %+v", img)
	}
	if img := byName["misnamed.jpg"]; img == nil || img.Type != "image/png" || img.Date.Source != "mtime" {
		t.Errorf("image %+v", img)
	}
	for _, img := range s.Images {
		m, err := l.Thumbnail(t.Context(), img.Digest, 512)
		if err != nil {
			t.Fatal(err)
		}
		if err := testphoto.Check(m); err != nil {
			t.Errorf("%s: %v", img.Name, err)
		}
		if l.Placeholder(img) == nil {
			t.Errorf("%s: no placeholder", img.Name)
		}
	}

	again := importAll(t, l, dir)
	if len(again.Added) != 0 || again.Duplicates != 5 {
		t.Errorf("again: %d added, %d duplicates", len(again.Added), again.Duplicates)
	}
	if l.files.created != 4 {
		t.Errorf("%d files were copied, want 4", l.files.created)
	}
}

func wantProblems(t *testing.T, r ImportResult, dir string, want map[string]error) {
	t.Helper()
	if len(r.Problems) != len(want) {
		t.Errorf("problems %v", r.Problems)
	}
	for _, p := range r.Problems {
		rel, err := filepath.Rel(dir, p.Path)
		if err != nil {
			t.Fatal(err)
		}
		if !errors.Is(p.Err, want[filepath.ToSlash(rel)]) {
			t.Errorf("%s: %v", rel, p.Err)
		}
	}
}

func TestImportDamaged(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	whole := testphoto.JPEG(testphoto.Picture(600, 400, 0), testphoto.EXIF{Date: "2024:05:01 12:30:05"})
	small := testphoto.JPEG(testphoto.Picture(600, 400, 1), testphoto.EXIF{Date: "2024:05:01 12:30:05", Thumb: testphoto.Thumb(testphoto.Picture(160, 120, 1))})
	scan := bytes.LastIndex(small, []byte{0xff, 0xda})
	huge := testphoto.PNG(testphoto.Picture(8, 8, 0))
	binary.BigEndian.PutUint32(huge[16:], 10_000)
	binary.BigEndian.PutUint32(huge[20:], 10_000)
	dir := writeFiles(t, map[string][]byte{
		"half.jpg":  whole[:len(whole)*2/3],
		"small.jpg": small[:scan], // the small picture inside is all there is
		"start.jpg": whole[:200],
		"huge.png":  huge,
		"a.heic":    []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"),
		"b.mp4":     []byte("\x00\x00\x00\x14ftypmp42\x00\x00\x00\x00mp42\x00\x00\x00\x08moov"),
	})
	r := importAll(t, l, dir)
	if len(r.Added) != 6 || r.Failed != 0 {
		t.Errorf("%d added, %d failed", len(r.Added), r.Failed)
	}
	wantProblems(t, r, dir, map[string]error{"half.jpg": ErrKeptPartial, "small.jpg": ErrKeptPartial, "start.jpg": ErrKeptUndrawn, "huge.png": ErrKeptUndrawn, "a.heic": ErrKeptUndrawn})
	for _, p := range r.Problems {
		if !p.Kept() {
			t.Errorf("%v is not said to be kept", p)
		}
	}
	for _, img := range l.Snapshot().Images {
		_, err := l.Thumbnail(t.Context(), img.Digest, 256)
		if drawn := img.Name == "half.jpg" || img.Name == "small.jpg"; drawn != (err == nil) || !drawn && !errors.Is(err, ErrNoThumbnail) {
			t.Errorf("%s: %v", img.Name, err)
		}
		if img.Name == "b.mp4" && img.Kind != KindVideo {
			t.Errorf("kind %q", img.Kind)
		}
	}
}

func TestImportPaths(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	dir := writeFiles(t, map[string][]byte{"photos/1.jpg": photoOf(1), "elsewhere/2.jpg": photoOf(2)})
	photos := filepath.Join(dir, "photos")
	if runtime.GOOS != "windows" { // links need rights there
		for link, to := range map[string]string{"loop": photos, "parent": dir, "file.jpg": filepath.Join(dir, "elsewhere", "2.jpg"), "gone": filepath.Join(dir, "gone")} {
			if err := os.Symlink(to, filepath.Join(photos, link)); err != nil {
				t.Fatal(err)
			}
		}
	} else {
		photos = dir
	}
	r := importAll(t, l, photos, filepath.Join(dir, "none"))
	if len(r.Added) != 2 || len(r.Problems) != 1 || !errors.Is(r.Problems[0].Err, os.ErrNotExist) {
		t.Errorf("%d added, problems %v", len(r.Added), r.Problems)
	}
	one := importAll(t, l, filepath.Join(dir, "photos", "1.jpg"))
	if one.Duplicates != 1 {
		t.Errorf("%+v", one)
	}
}

func TestImportWritesMissingDocument(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	dir := writeFiles(t, map[string][]byte{"1.jpg": photoOf(1)})
	l.db.failing = errors.New("killed")
	if _, err := l.Import(t.Context(), []string{dir}, nil); err == nil {
		t.Fatal("imported without a database")
	}
	if len(l.files.Entries()) != 1 || len(l.Snapshot().Images) != 0 {
		t.Fatal("want a file without an image")
	}
	l.db.failing = nil
	r := importAll(t, l, dir)
	if len(r.Added) != 0 || r.Duplicates != 1 || len(l.Snapshot().Images) != 1 {
		t.Errorf("%+v, %d images", r, len(l.Snapshot().Images))
	}
}

func TestImportStops(t *testing.T) {
	t.Parallel()
	files := map[string][]byte{}
	for i := range 300 {
		files[fmt.Sprintf("%d.jpg", i)] = photoOf(i)
	}
	dir := writeFiles(t, files)
	for name, stop := range map[string]func(l *testLibrary, cancel func()){
		"cancelled": func(_ *testLibrary, cancel func()) { cancel() },
		"disk full": func(l *testLibrary, _ func()) {
			l.files.mu.Lock()
			defer l.files.mu.Unlock()
			l.files.commitErr = filelayer.ErrNoSpace
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newTestLibrary(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r, err := l.Import(ctx, []string{dir}, func(p ImportProgress) {
				if p.Added > 0 {
					stop(l, cancel)
				}
			})
			if !errors.Is(err, context.Canceled) && !errors.Is(err, filelayer.ErrNoSpace) {
				t.Fatalf("stopped with %v", err)
			}
			if len(r.Added) == 0 || len(r.Added) == 300 {
				t.Errorf("%d added before it stopped", len(r.Added))
			}
			if n := len(l.Snapshot().Images); n != len(r.Added) {
				t.Errorf("%d images, %d said to be added", n, len(r.Added))
			}
			l.files.commitErr = nil
			rest := importAll(t, l, dir)
			if len(rest.Added)+len(r.Added) != 300 || len(l.Snapshot().Images) != 300 {
				t.Errorf("%d and then %d added, %d images", len(r.Added), len(rest.Added), len(l.Snapshot().Images))
			}
		})
	}
}

// TestImportUntilTheDiskIsFull: what found room is kept, and the same import again,
// with room for some more, goes on there.
func TestImportUntilTheDiskIsFull(t *testing.T) {
	t.Parallel()
	files := map[string][]byte{}
	for i := range 120 {
		files[fmt.Sprintf("%d.jpg", i)] = photoOf(i)
	}
	dir := writeFiles(t, files)
	l := newTestLibrary(t)
	for round := range 2 {
		l.files.mu.Lock()
		l.files.room = 40 + 1
		l.files.mu.Unlock()
		r, err := l.Import(t.Context(), []string{dir}, nil)
		if !errors.Is(err, filelayer.ErrNoSpace) || len(r.Added) != 40 || len(l.Snapshot().Images) != 40*(round+1) {
			t.Errorf("%d added, %d images, %v", len(r.Added), len(l.Snapshot().Images), err)
		}
	}
}

func TestImportOfDeleted(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	dir := writeFiles(t, map[string][]byte{"1.jpg": photoOf(1)})
	d := importAll(t, l, dir).Added[0]
	e, err := l.files.Entry(d)
	if err != nil {
		t.Fatal(err)
	}
	e.Deleted = &filelayer.Stamp{At: time.Unix(1, 0)}
	l.files.put(e)
	l.join()
	if n := len(l.Snapshot().Images); n != 0 {
		t.Fatalf("%d images after the file was deleted", n)
	}
	if r := importAll(t, l, dir); len(r.Added) != 1 {
		t.Errorf("%+v", r)
	}
	if n := len(l.Snapshot().Images); n != 1 {
		t.Errorf("%d images after it was imported again", n)
	}
}

// TestImportCancelledWhileRecording: what is kept when a person cancels is also
// recorded and told.
func TestImportCancelledWhileRecording(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	l.files.committed = cancel
	r, _ := l.Import(ctx, []string{writeFiles(t, map[string][]byte{"1.jpg": photoOf(1), "2.jpg": photoOf(2)})}, nil) // cancelled or done
	if kept := len(l.files.Entries()); kept == 0 || kept != len(r.Added) || kept != len(l.Snapshot().Images) {
		t.Errorf("%d kept, %d said to be added, %d images", kept, len(r.Added), len(l.Snapshot().Images))
	}
}

// TestImportWaitsForRecords: before the records are loaded, all would look new.
func TestImportWaitsForRecords(t *testing.T) {
	t.Parallel()
	files, db := newFakeFiles(t), newFakeDB()
	dir := writeFiles(t, map[string][]byte{"1.jpg": photoOf(1)})
	importAll(t, openTestLibrary(t, t.TempDir(), files, db), dir)
	loaded := files.entries
	files.entries = map[Digest]filelayer.Entry{}
	files.ready = func() {
		files.mu.Lock()
		defer files.mu.Unlock()
		files.entries = loaded
	}
	if r := importAll(t, openTestLibrary(t, t.TempDir(), files, db), dir); len(r.Added) != 0 || r.Duplicates != 1 {
		t.Errorf("%+v", r)
	}
}

// TestImportOfChangingFiles imports files that another program still writes.
func TestImportOfChangingFiles(t *testing.T) {
	t.Parallel()
	whole := photoOf(1)
	for name, c := range map[string]struct{ before, after int64 }{
		"grows":   {int64(len(whole)) / 2, int64(len(whole))},
		"shrinks": {int64(len(whole)), 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "1.jpg")
			if err := os.WriteFile(path, whole, 0o600); err != nil {
				t.Fatal(err)
			}
			for how, read := range map[string]func(*sourceFile) error{
				"whole":    func(src *sourceFile) error { _, err := src.whole(nil); return err },
				"streamed": func(src *sourceFile) error { _, err := io.Copy(io.Discard, src); return err },
			} {
				if err := os.Truncate(path, c.before); err != nil {
					t.Fatal(err)
				}
				src, err := openSource(t.Context(), path, func(int64) {})
				if err != nil {
					t.Fatal(err)
				}
				defer src.close()
				if err := os.Truncate(path, c.after); err != nil {
					t.Fatal(err)
				}
				if err := read(src); !errors.Is(err, ErrChanging) {
					t.Errorf("%s: %v", how, err)
				}
			}
		})
	}
}

// TestImportOfPhone imports a folder as a phone leaves it: what belongs to
// photos and is none is no problem.
func TestImportOfPhone(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	motion := append(photoOf(3), "\x00\x00\x00\x18ftypmp42 \xff\xda\x00\x08 and so on"...) // a film behind the picture
	dir := writeFiles(t, map[string][]byte{
		"DCIM/Camera/IMG_1.jpg":               photoOf(1),
		"DCIM/Camera/IMG_1.AAE":               []byte("<plist/>"),
		"DCIM/Camera/IMG_1.jpg.json":          []byte("{}"),
		"DCIM/Camera/IMG_1.xmp":               []byte("<x:xmpmeta/>"),
		"DCIM/Camera/PXL_2.MP.jpg":            motion,
		"DCIM/Camera/IMG_3.jpg":               nil,
		"DCIM/.thumbnails/4.jpg":              photoOf(4),
		"WhatsApp/Sent/.nomedia":              nil,
		"WhatsApp/Sent/5.jpg":                 photoOf(5),
		"Pictures/Screenshot_20240501.png":    testphoto.PNG(testphoto.Picture(60, 40, 6)),
		"Download/report.pdf":                 []byte("%PDF-1.7"),
		"Download/.trashed-1700000000-x.jpg":  photoOf(7),
		"__MACOSX/._IMG_1.jpg":                []byte("\x00\x05\x16\x07"),
		"LOST.DIR/thumbs.db":                  []byte("x"),
		"System Volume Information/index.dat": []byte("x"),
	})
	r := importAll(t, l, dir)
	if len(r.Added) != 4 || r.Failed != 2 {
		t.Errorf("%d added, %d failed", len(r.Added), r.Failed)
	}
	wantProblems(t, r, dir, map[string]error{"DCIM/Camera/IMG_3.jpg": ErrEmpty, "Download/report.pdf": ErrNotPhoto})
	if r := importAll(t, l, filepath.Join(dir, "DCIM/Camera/IMG_1.AAE")); len(r.Problems) != 1 {
		t.Errorf("chosen by itself: %+v", r)
	}
}

// TestProgressOfLargeFiles: a film that takes minutes to copy moves the bar.
func TestProgressOfLargeFiles(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	l.pauses.report = 0
	film := append([]byte("\x00\x00\x00\x14ftypmp42\x00\x00\x00\x00mp42\x00\x00\x00\x08moov"), make([]byte, wholeBytes)...)
	between := 0
	var last ImportProgress
	if _, err := l.Import(t.Context(), []string{writeFiles(t, map[string][]byte{"1.mp4": film})}, func(p ImportProgress) {
		if p.Bytes < last.Bytes || p.Bytes > p.TotalBytes {
			t.Errorf("from %d to %d of %d bytes", last.Bytes, p.Bytes, p.TotalBytes)
		}
		if p.Bytes > 0 && p.Bytes < p.TotalBytes {
			between++
		}
		last = p
	}); err != nil {
		t.Fatal(err)
	}
	if between < 10 || last.Bytes != last.TotalBytes {
		t.Errorf("%d reports on the way, %d of %d bytes at the end", between, last.Bytes, last.TotalBytes)
	}
}

// TestImportTellsWhatWasKnown: what the library had, what came twice, and what was
// deleted before, which only ImportNew passes over.
func TestImportTellsWhatWasKnown(t *testing.T) {
	t.Parallel()
	l, files, stop := openDevice(t, t.TempDir())
	defer stop()
	dir := writeFiles(t, map[string][]byte{"1.jpg": photoOf(1), "2.jpg": photoOf(2)})
	r, err := l.Import(t.Context(), []string{dir}, nil)
	if err != nil || len(r.Known) != 0 {
		t.Fatalf("first: %+v, %v", r, err)
	}
	gone := r.Added[1]
	if err := files.Delete(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	more := writeFiles(t, map[string][]byte{"1.jpg": photoOf(1), "2.jpg": photoOf(2), "3.jpg": photoOf(3), "same.jpg": photoOf(3)})
	r, err = l.ImportNew(t.Context(), []string{more}, nil)
	if err != nil || len(r.Added) != 1 || r.Duplicates != 2 || r.Deleted != 1 || len(r.Known) != 3 {
		t.Fatalf("again: %+v, %v", r, err)
	}
	here, deleted, twice := 0, 0, 0
	for _, k := range r.Known {
		switch {
		case k.Deleted && k.Digest == gone && k.Path == filepath.Join(more, "2.jpg"):
			deleted++
		case k.Twice:
			twice++
		case k.Here && len(k.On) == 1 && k.Path == filepath.Join(more, "1.jpg"):
			here++
		}
	}
	if here != 1 || deleted != 1 || twice != 1 {
		t.Errorf("known: %+v", r.Known)
	}
	r, err = l.Import(t.Context(), []string{more}, nil)
	if err != nil || len(r.Added) != 1 || r.Added[0] != gone || r.Deleted != 0 {
		t.Errorf("what was deleted, when it is asked for: %+v, %v", r, err)
	}
}
