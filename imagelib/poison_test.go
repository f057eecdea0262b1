package imagelib

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/codec"
	"github.com/libpaul/paul/imagelib/internal/testphoto"
	"github.com/libpaul/paul/imagelib/thumb"
)

// breaking stands in a file over which the process that decodes breaks down.
const breaking = "a decoder that reads this breaks down"

// breakDown makes this process, if it is one that decodes, break down over such a file:
// it looks at what it is sent before the decoder does.
func breakDown() {
	if os.Getenv("PAUL_DECODER_MEMORY") == "" {
		return
	}
	real := os.Stdin
	r, w, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	os.Stdin = r
	go func() {
		defer func() { _ = w.Close() }() // what was read from it is there
		var last []byte
		buf := make([]byte, 32<<10)
		for {
			n, err := real.Read(buf)
			if last = append(last, buf[:n]...); bytes.Contains(last, []byte(breaking)) {
				os.Exit(7)
			}
			last = last[max(0, len(last)-len(breaking)):]
			if _, writeErr := w.Write(buf[:n]); err != nil || writeErr != nil {
				return
			}
		}
	}()
}

// poisonous is a HEIC over which a decoder breaks down.
func poisonous() []byte {
	box := append([]byte{0, 0, 0, byte(8 + len(breaking))}, "free"+breaking...)
	return append(testphoto.HEIF{}.File(), box...)
}

// TestPoison: a file over which a decoder has broken down twice is not decoded again,
// by nobody, also after a start and without the thumbnails; others are.
func TestPoison(t *testing.T) {
	t.Parallel()
	dir, files, db := t.TempDir(), newFakeFiles(t), newFakeDB()
	l := openTestLibrary(t, dir, files, db)
	src := writeFiles(t, map[string][]byte{"1.heic": poisonous(), "2.heic": testphoto.HEIF{}.File()})
	r := importAll(t, l, src)
	if len(r.Added) != 2 || len(r.Problems) != 1 || !errors.Is(r.Problems[0].Err, ErrKeptUndrawn) {
		t.Fatalf("%d added, problems %v", len(r.Added), r.Problems)
	}
	bad, good := r.Added[0], r.Added[1]
	if l.poison.has(bad) {
		t.Error("given up after the first time, which may have been the machine's fault")
	}
	if _, err := l.Thumbnail(t.Context(), bad, thumb.Large); !errors.Is(err, ErrNoThumbnail) || errors.Is(err, errPoison) {
		t.Errorf("the second time: %v", err)
	}
	if !l.poison.has(bad) || l.poison.has(good) {
		t.Error("the list is wrong")
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l.clearCache(t)

	again := openTestLibrary(t, dir, files, db)
	again.renderer.Close() // whoever decodes now is told that it cannot be now
	again.instants.Close()
	_, thumbErr := again.Thumbnail(t.Context(), bad, thumb.Small)
	_, pixelsErr := again.Pixels(t.Context(), bad, 0)
	_, problem, err := again.drawNew(t.Context(), bad, poisonous(), nil)
	if !errors.Is(thumbErr, errPoison) || !errors.Is(pixelsErr, errPoison) || !errors.Is(problem, errPoison) || err != nil {
		t.Errorf("after a start: %v, %v, %v, %v", thumbErr, pixelsErr, problem, err)
	}
	if m := again.Instant(t.Context(), bad, thumb.Small); m != nil {
		t.Errorf("at once: %v", m.Rect)
	}
	if e, err := files.Entry(bad); err != nil || !e.Here() {
		t.Errorf("the original: %+v, %v", e, err)
	}
	if f, err := files.Fetch(t.Context(), bad); err != nil {
		t.Error(err)
	} else if data, err := io.ReadAll(f); err != nil || !bytes.Equal(data, poisonous()) || f.Close() != nil {
		t.Errorf("the original has %d bytes, %v", len(data), err)
	}
	if _, err := again.Thumbnail(t.Context(), good, thumb.Small); errors.Is(err, errPoison) {
		t.Errorf("a good one: %v", err)
	}
}

// TestRotIsNoPoison: bytes that are not the photo's any more, and over which a decoder
// breaks down, do not count against the photo.
func TestRotIsNoPoison(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	good := bytes.ReplaceAll(poisonous(), []byte(breaking), []byte(strings.Repeat("x", len(breaking))))
	d := importAll(t, l, writeFiles(t, map[string][]byte{"1.heic": good})).Added[0]
	l.clearCache(t)
	e, err := l.files.Entry(d)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(e.Path, poisonous(), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := l.Pixels(t.Context(), d, 0); !errors.Is(err, filelayer.ErrCorrupt) {
			t.Errorf("of other bytes: %v", err)
		}
		l.Instant(t.Context(), d, thumb.Small)
	}
	if l.poison.has(d) {
		t.Error("the photo is not decoded any more")
	}
	if err := os.WriteFile(e.Path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Pixels(t.Context(), d, 0); err != nil {
		t.Errorf("once it is healed: %v", err)
	}
}

// TestPoisonList: the list is read after a start, begins anew when the program decodes
// in another way, and takes no harm from what stands in its file.
func TestPoisonList(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), poisonName)
	broke := errors.Join(thumb.ErrTooLarge, codec.ErrGaveUp)
	p := openPoison(path)
	if err := errors.Join(p.note(digestOf(1), broke), p.note(digestOf(2), broke), p.note(digestOf(2), broke), p.note(digestOf(3), thumb.ErrDamaged), p.note(digestOf(3), nil)); err != nil {
		t.Fatal(err)
	}
	check := func(what string, want ...bool) {
		t.Helper()
		p := openPoison(path)
		for i, w := range want {
			if p.has(digestOf(i+1)) != w {
				t.Errorf("%s: file %d: %v", what, i+1, !w)
			}
		}
	}
	check("read", false, true, false)
	if err := openPoison(path).note(digestOf(1), broke); err != nil { // the second time, after a start
		t.Fatal(err)
	}
	check("once more", true, true, false)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"of another version": strings.Replace(string(data), ", 1.", ", 9.", 1), "empty": "", "no list": "\xff\xfe\n\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		check(name, false, false, false)
	}
	if err := os.WriteFile(path, append(data, "zz\n\n\x00"...), 0o600); err != nil {
		t.Fatal(err)
	}
	check("with more behind it", true, true, false)
}
