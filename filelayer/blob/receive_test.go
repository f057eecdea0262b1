package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// source serves text, by ranges.
func source(text string) Source {
	return func(_ context.Context, offset int64) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(text[offset:])), nil
	}
}

// large is more than one buffer of made-up bytes.
func large(seed uint64, n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(seed)}).Read(b) // never fails
	return b
}

func TestReceiveResumes(t *testing.T) {
	t.Parallel()
	data := large(1, 1<<20)
	d := Digest(sha256.Sum256(data))
	dirs := newDirs(t)
	s := dirs.open(t, nil)
	lost := errors.New("link lost")
	var offsets, seen []int64
	src := func(cut int, bad int) Source {
		return func(_ context.Context, offset int64) (io.ReadCloser, error) {
			offsets = append(offsets, offset)
			part := bytes.Clone(data[offset:])
			if bad >= 0 && int64(bad) >= offset {
				part[int64(bad)-offset] ^= 1
			}
			if cut > 0 {
				return io.NopCloser(io.MultiReader(bytes.NewReader(part[:cut]), &failing{lost})), nil
			}
			return io.NopCloser(bytes.NewReader(part)), nil
		}
	}
	meta := Meta{Name: "video.mp4", Time: may}
	receive := func(src Source) (Info, error) {
		return s.Receive(t.Context(), d, int64(len(data)), meta, src, func(n int64) { seen = append(seen, n) })
	}
	if _, err := receive(src(300_000, -1)); !errors.Is(err, lost) {
		t.Fatalf("lost link: %v", err)
	}
	if s.Has(d) || len(files(t, s)) != 1 {
		t.Error("half a file counts")
	}
	if err := s.Close(); err != nil { // a restart
		t.Fatal(err)
	}
	s = dirs.open(t, nil)
	if _, err := receive(src(200_000, -1)); !errors.Is(err, lost) {
		t.Fatalf("lost link: %v", err)
	}
	info, err := receive(src(0, -1))
	if err != nil {
		t.Fatal(err)
	}
	if offsets[1] != 300_000 || offsets[2] != 500_000 || seen[len(seen)-1] != int64(len(data)) {
		t.Errorf("offsets %v, progress to %d", offsets, seen[len(seen)-1])
	}
	if got, err := os.ReadFile(info.Path); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%s: %d bytes, %v", info.Path, len(got), err)
	}
	if again, err := receive(nil); err != nil || !again.Known {
		t.Errorf("received again: %+v, %v", again, err)
	}
	wantNoTemps(t, s)

	// A wrong byte in what an earlier holder sent: the next one is asked for all.
	data = large(2, 1<<20)
	d, offsets = sha256.Sum256(data), nil
	if _, err := receive(src(300_000, 1000)); !errors.Is(err, lost) {
		t.Fatal(err)
	}
	if _, err := receive(src(0, -1)); err != nil || len(offsets) != 3 || offsets[2] != 0 {
		t.Errorf("after another's wrong byte: %v, offsets %v", err, offsets)
	}

	// And in what this holder sent.
	data = large(3, 1<<20)
	d = sha256.Sum256(data)
	if _, err := receive(src(0, 700_000)); !errors.Is(err, ErrCorrupt) {
		t.Errorf("wrong byte: %v", err)
	}
	if s.Has(d) {
		t.Error("wrong bytes were kept")
	}
	wantNoTemps(t, s)
}

func TestReceiveRefuses(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	refused := errors.New("refused")
	for name, tt := range map[string]struct {
		ctx  context.Context
		size int64
		src  Source
		want error
		left int
	}{
		"too short":     {t.Context(), 6, source("bytes"), io.ErrUnexpectedEOF, 1},
		"endless":       {t.Context(), 5, source(strings.Repeat("bytes", 1000)), nil, 1},
		"negative size": {t.Context(), -1, source("bytes"), ErrCorrupt, 0},
		"wrong size":    {t.Context(), 4, source("bytes"), ErrCorrupt, 0},
		"cancelled":     {cancelled, 5, source("bytes"), context.Canceled, 0},
		"no holder": {t.Context(), 5, func(context.Context, int64) (io.ReadCloser, error) {
			return nil, refused
		}, refused, 0},
	} {
		s := newDirs(t).open(t, nil)
		_, err := s.Receive(tt.ctx, sum("bytes"), tt.size, Meta{Name: "a.jpg"}, tt.src, nil)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
		if n := len(files(t, s)); n != tt.left {
			t.Errorf("%s: %d files left", name, n)
		}
		if err := s.DropPartial(sum("bytes")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wantNoTemps(t, s)
	}
	if info, err := s.Receive(t.Context(), sum(""), 0, Meta{Name: "empty"}, nil, nil); err != nil || info.Size != 0 {
		t.Errorf("nothing at all: %+v, %v", info, err)
	}
}

// TestReceivedBatchSurvives shows that what a batch had received when the
// process ended is not asked for again.
func TestReceivedBatchSurvives(t *testing.T) {
	t.Parallel()
	dirs := newDirs(t)
	s := dirs.open(t, nil)
	b := s.NewBatch()
	for _, text := range []string{"one", "two"} {
		if _, err := b.Receive(t.Context(), sum(text), 3, Meta{Name: text}, source(text), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil { // no commit
		t.Fatal(err)
	}
	s = dirs.open(t, nil)
	if s.Has(sum("one")) {
		t.Error("stored without a commit")
	}
	b = s.NewBatch()
	for _, text := range []string{"one", "two"} {
		asked := func(context.Context, int64) (io.ReadCloser, error) { return nil, errors.New("was asked") }
		if _, err := b.Receive(t.Context(), sum(text), 3, Meta{Name: text}, asked, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, s, map[string]string{"undated/one": "one", "undated/two": "two"})
}

// TestOldPartialsAreSwept shows that what nobody has gone on with does not
// stay for ever.
func TestOldPartialsAreSwept(t *testing.T) {
	t.Parallel()
	dirs := newDirs(t)
	s := dirs.open(t, nil)
	for text, age := range map[string]time.Duration{"old": partialAge, "new": partialAge / 2} {
		for _, p := range []string{s.path(partialName(sum(text))), s.cache.partial(sum(text))} {
			if err := os.WriteFile(p, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			then := time.Now().Add(-age)
			if err := os.Chtimes(p, then, then); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = dirs.open(t, nil)
	for text, want := range map[string]bool{"old": false, "new": true} {
		for _, p := range []string{s.path(partialName(sum(text))), s.cache.partial(sum(text))} {
			if _, err := os.Stat(p); (err == nil) != want {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
}

func TestCache(t *testing.T) {
	t.Parallel()
	dirs := newDirs(t)
	open := func() *Store {
		s, err := Open(Options{Library: dirs.library, StateDir: dirs.state, CacheBytes: 10})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	s := open()
	fetch := func(text string) {
		t.Helper()
		f, err := s.Cache(t.Context(), sum(text), int64(len(text)), source(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		if got, err := io.ReadAll(f); err != nil || string(got) != text {
			t.Errorf("read %q, %v", got, err)
		}
	}
	cached := func(text string) bool {
		f, err := s.Cached(sum(text))
		if err == nil {
			_ = f.Close()
		} else if !errors.Is(err, ErrNotFound) {
			t.Error(err)
		}
		return err == nil
	}
	fetch("aaaa")
	fetch("bbbb")
	if !cached("aaaa") { // used last from now on
		t.Fatal("not kept")
	}
	fetch("cccc")
	if cached("bbbb") || !cached("aaaa") || !cached("cccc") {
		t.Error("not the one unused for longest was dropped")
	}
	if _, err := s.Cache(t.Context(), sum("dddd"), 4, source("ddd!"), nil); !errors.Is(err, ErrCorrupt) {
		t.Errorf("wrong bytes: %v", err)
	}
	if s.Has(sum("aaaa")) || len(files(t, s)) != 0 {
		t.Error("a temporary copy counts as stored")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.cache.path(sum("cccc")), []byte("cc!!"), 0o600); err != nil { // as after a crash
		t.Fatal(err)
	}
	s = open()
	if !cached("aaaa") || cached("cccc") {
		t.Error("after a restart: want the sound copy, and not the other")
	}
	fetch("more than the limit")
	if !cached("more than the limit") || cached("aaaa") {
		t.Error("the latest copy stays, whatever its size")
	}
	if err := s.ClearCache(); err != nil || cached("more than the limit") {
		t.Error(err)
	}
}

// TestReceiveOnAFailingDisk lets the disk fail in the midst of a transfer: it
// says so, keeps what came, and goes on from there once the disk works again.
func TestReceiveOnAFailingDisk(t *testing.T) {
	t.Parallel()
	if !posixErrors {
		t.Skip("the errors are those of Unix")
	}
	data := large(4, 2<<20)
	d := Digest(sha256.Sum256(data))
	meta := Meta{Name: "video.mp4", Time: may}
	for _, op := range []string{"resume", "write", "rename", "finish"} {
		for errno, want := range map[error]error{syscall.ENOSPC: ErrNoSpace, syscall.EROFS: ErrReadOnly, syscall.EIO: ErrIO} {
			t.Run(fmt.Sprintf("%s %v", op, errno), func(t *testing.T) {
				t.Parallel()
				fsys := &faulty{}
				s := newDirs(t).open(t, fsys)
				calls := 0
				fsys.fail = func(o, _ string) error {
					if o == op {
						calls++
					}
					if o == op && (op != "write" || calls > 3) {
						return errno
					}
					return nil
				}
				offsets := []int64{}
				src := func(ctx context.Context, offset int64) (io.ReadCloser, error) {
					offsets = append(offsets, offset)
					return source(string(data))(ctx, offset)
				}
				if _, err := s.Receive(t.Context(), d, int64(len(data)), meta, src, nil); !errors.Is(err, want) || errors.Is(err, ErrCorrupt) {
					t.Errorf("receive: %v, want %v", err, want)
				}
				if s.Has(d) {
					t.Error("half a file counts")
				}
				fsys.fail = nil
				if _, err := s.Receive(t.Context(), d, int64(len(data)), meta, src, nil); err != nil {
					t.Fatalf("once the disk works again: %v", err)
				}
				if op == "write" && (len(offsets) != 2 || offsets[1] == 0) {
					t.Errorf("asked for the bytes from %v on", offsets)
				}
				if got := read(t, s, d); got != string(data) {
					t.Error("other bytes were kept")
				}
				wantConsistent(t, s)
				wantNoTemps(t, s)
			})
		}
	}
}
