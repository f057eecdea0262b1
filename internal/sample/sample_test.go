package sample

import (
	"bytes"
	"image/jpeg"
	"os"
	"testing"
	"time"
)

func TestJPEG(t *testing.T) {
	t.Parallel()
	taken := time.Date(2024, 5, 1, 12, 30, 5, 0, time.UTC)
	first, err := JPEG(3, true, taken)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := jpeg.DecodeConfig(bytes.NewReader(first))
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Width != 800 || cfg.Height != 1200 {
		t.Errorf("upright photo of %d by %d pixels", cfg.Width, cfg.Height)
	}
	if !bytes.Contains(first, []byte("2024:05:01 12:30:05\x00")) {
		t.Error("the capture date is not in the file")
	}
	again, err := JPEG(3, true, taken)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, again) {
		t.Error("the same seed drew another photo")
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	paths, err := Write(t.TempDir(), 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		seen[string(data)] = true
	}
	if len(seen) != 3 {
		t.Errorf("%d different photos, want 3", len(seen))
	}
}
