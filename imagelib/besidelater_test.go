package imagelib

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestSidecarComesLater: what comes beside a photo that a watched folder has brought is
// taken in without another import, and again when it changes; edits stay.
func TestSidecarComesLater(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	l.run(t)
	memory := filepath.Join(t.TempDir(), "memory")
	r := watchDir(t, l, writeFiles(t, map[string][]byte{"1.jpg": photoOf(1), "2.jpg": photoOf(2), ".1.jpg.xmp": []byte(xmpBeside)}), memory)
	added := r.next().Added
	facts := func(want string) {
		t.Helper()
		l.wait(t, want, func(s *Snapshot) bool {
			img, _, ok := s.ByDigest(Digest(sha256.Sum256(photoOf(1))))
			return ok && besideFacts(img) == want
		})
	}
	facts("2024-05-01T12:01:00 exif")
	if err := l.SetCaption(t.Context(), added, "mine"); err != nil {
		t.Fatal(err)
	}
	r.put("1.jpg.xmp", []byte(xmpBeside))
	facts("2022-02-02T02:02:02 sidecar, 4 stars, [sea], mine")
	r.put("1.jpg.xmp", []byte(strings.Replace(xmpBeside, `Rating="4"`, `Rating="2"`, 1)))
	facts("2022-02-02T02:02:02 sidecar, 2 stars, [sea], mine")
	r.stop()

	r.put("1.jpg.json", []byte(takeoutOf(time.Unix(0, 0), `,"favorited":true`)))
	again := watchDir(t, l, r.dir, memory)
	facts("2022-02-02T02:02:02 sidecar, favourite, 2 stars, [sea], mine")
	again.until("counted", func(s WatchedStatus) bool { return s.Photos == 2 && s.NotPhotos == 0 && s.Unread == 0 })
	again.quiet("what is no photo")
	if img, _, _ := l.Snapshot().ByDigest(Digest(sha256.Sum256(photoOf(2)))); besideFacts(img) != "2024-05-01T12:02:00 exif, mine" {
		t.Errorf("the other photo: %s", besideFacts(img))
	}
}

// TestSidecarComesLaterIntoTheLibrary: likewise beside an original in the library folder.
func TestSidecarComesLaterIntoTheLibrary(t *testing.T) {
	t.Parallel()
	r := watchLibrary(t)
	path := r.add(1)
	rel, err := filepath.Rel(r.dir, path)
	if err != nil {
		t.Fatal(err)
	}
	changed, stop := r.lib.Changed().Listen()
	defer stop()
	r.put(rel+".xmp", []byte(xmpBeside))
	want := "2022-02-02T02:02:02 sidecar, 4 stars, [sea]"
	limit := time.After(time.Minute)
	for {
		img, _, ok := r.lib.Snapshot().ByDigest(Digest(sha256.Sum256(photoOf(1))))
		if ok && besideFacts(img) == want {
			break
		}
		select {
		case <-changed:
		case <-limit:
			t.Fatal("what lies beside it is not taken in")
		}
	}
	if n := len(r.files.Entries()); n != 1 {
		t.Errorf("%d files in the library", n)
	}
}

// TestSidecarComesLaterInPlace: likewise in a folder in place, where nothing is read
// again that has not changed.
func TestSidecarComesLaterInPlace(t *testing.T) {
	t.Parallel()
	l, files, stop := openDevice(t, t.TempDir())
	defer stop()
	dir := placeOf(t, files, map[string][]byte{"a/1.jpg": photoOf(1), "a/2.jpg": photoOf(2)})
	if r := indexPlace(t, l, dir); len(r.Added) != 2 || r.Sidecars != 0 {
		t.Fatalf("%+v", r)
	}
	put := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		age(t, path)
	}
	put("a/1.xmp", xmpBeside)
	if r := indexPlace(t, l, dir); r.Sidecars != 1 || len(r.Added)+r.Duplicates+r.Failed+len(r.Problems) != 0 {
		t.Errorf("%+v", r)
	}
	facts := func(want string) {
		t.Helper()
		if img, _, _ := l.Snapshot().ByDigest(Digest(sha256.Sum256(photoOf(1)))); besideFacts(img) != want {
			t.Errorf("%s, want %s", besideFacts(img), want)
		}
	}
	facts("2022-02-02T02:02:02 sidecar, 4 stars, [sea]")
	if r := indexPlace(t, l, dir); r.Sidecars != 0 {
		t.Errorf("read again: %+v", r)
	}
	put("a/1.xmp", strings.Replace(xmpBeside, `Rating="4"`, `Rating="15"`, 1))
	put("a/1.xmp", strings.Replace(xmpBeside, `Rating="4"`, `Rating="3" `, 1))
	if r := indexPlace(t, l, dir); r.Sidecars != 1 {
		t.Errorf("changed: %+v", r)
	}
	facts("2022-02-02T02:02:02 sidecar, 3 stars, [sea]")
	if places, err := files.Places(); err != nil || places[0].Files != 2 {
		t.Errorf("%+v, %v", places, err)
	}
}

// TestSidecarBesideOtherBytes: what another program has written in the place of a photo,
// with something beside it, tells nothing of the photo that lay there.
func TestSidecarBesideOtherBytes(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	d := importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": photoOf(1)})).Added[0]
	e, err := l.files.Entry(d)
	if err != nil {
		t.Fatal(err)
	}
	sidecar := e.Path + ".xmp"
	for path, data := range map[string][]byte{e.Path: undated(2), sidecar: []byte(xmpBeside)} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	unknown := func(source) (Digest, bool) { return Digest{}, false }
	if err := l.learnFrom(t.Context(), newBeside(), []string{sidecar}, unknown); err != nil {
		t.Fatal(err)
	}
	if got := besideFacts(l.image(t, d)); got != "2024-05-01T12:01:00 exif" {
		t.Errorf("the photo that lay there: %s", got)
	}
	if err := os.WriteFile(e.Path, photoOf(1), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.learnFrom(t.Context(), newBeside(), []string{sidecar}, unknown); err != nil {
		t.Fatal(err)
	}
	if got := besideFacts(l.image(t, d)); got != "2022-02-02T02:02:02 sidecar, 4 stars, [sea]" {
		t.Errorf("once it lies there again: %s", got)
	}
}
