package thumb

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/libpaul/paul/imagelib/codec"
	"github.com/libpaul/paul/imagelib/internal/testphoto"
	"github.com/libpaul/paul/imagelib/meta"
)

// film makes a film of a second and a half of the picture, with ffmpeg.
func film(t *testing.T, name string, args ...string) string {
	t.Helper()
	tool, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	dir := t.TempDir()
	still, path := filepath.Join(dir, "still.png"), filepath.Join(dir, name)
	if err := os.WriteFile(still, testphoto.PNG(testphoto.Picture(320, 200, 0)), 0o600); err != nil {
		t.Fatal(err)
	}
	all := append([]string{"-v", "error", "-loop", "1", "-t", "1.5", "-i", still, "-pix_fmt", "yuv420p"}, args...)
	if out, err := exec.CommandContext(t.Context(), tool, append(all, path)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

func infoOf(t *testing.T, path string) *meta.Info {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, data)
}

func TestPoster(t *testing.T) {
	t.Parallel()
	r := NewRenderer(0)
	for name, args := range map[string][]string{
		"a.mp4": nil, "b.mov": nil, "c.mkv": nil, "d.avi": nil, "short.mp4": {"-frames:v", "1"},
	} {
		path := film(t, name, args...)
		set, err := r.Poster(t.Context(), path, infoOf(t, path))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		m, err := Decode(set.Large, Large)
		if err != nil || m.Rect.Dx() != 512 && m.Rect.Dx() != 320 {
			t.Errorf("%s: %v, %v", name, m.Bounds(), err)
		} else if err := testphoto.Check(m); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPosterOfOthers: what is no film, or leads elsewhere, shows nothing.
func TestPosterOfOthers(t *testing.T) {
	t.Parallel()
	path := film(t, "film.mp4")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	list := filepath.Join(dir, "list.mp4")
	cut := filepath.Join(dir, "cut.mp4")
	for p, b := range map[string][]byte{list: []byte("#EXTM3U\n#EXTINF:1,\nfile:" + path + "\n"), cut: data[:len(data)/8]} {
		if err := os.WriteFile(p, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, info := NewRenderer(0), infoOf(t, path)
	for _, p := range []string{list, cut, filepath.Join(dir, "gone.mp4")} {
		if _, err := r.Poster(t.Context(), p, info); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", filepath.Base(p), err)
		}
	}
	other := *info
	other.Type = "video/other"
	if _, err := r.Poster(t.Context(), path, &other); !errors.Is(err, ErrUnsupported) {
		t.Errorf("another kind: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Poster(ended, path, info); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
	r.film = 1
	if _, err := r.Poster(t.Context(), path, info); !errors.Is(err, codec.ErrGaveUp) || !errors.Is(err, ErrTooLarge) {
		t.Errorf("without an end: %v", err)
	}
}
