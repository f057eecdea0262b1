package ui

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

// TestBeginningIsTold: once, when the window is there and photos show.
func TestBeginningIsTold(t *testing.T) {
	var out bytes.Buffer
	b := &beginning{log: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	said := func(want ...string) {
		t.Helper()
		for _, w := range []string{"Photos shown", "Thumbnails shown"} {
			n := 0
			for _, have := range want {
				if have == w {
					n++
				}
			}
			if got := strings.Count(out.String(), w); got != n {
				t.Errorf("%q was told %d times, want %d", w, got, n)
			}
		}
	}
	b.drawn(12, 3)
	said()
	b.start()
	said("Photos shown")
	b.drawn(12, 12)
	b.drawn(0, 0)
	b.drawn(12, 12)
	said("Photos shown", "Thumbnails shown")
	(&beginning{}).drawn(1, 1) // without a log
}

// TestGridTellsWhatItShows: the page's grid counts the photos on the screen.
func TestGridTellsWhatItShows(t *testing.T) {
	r := newRig(t, newFake(90), large)
	r.settle()
	if b := r.begins; b.photos == 0 || b.sharps != b.photos {
		t.Errorf("%d photos, %d thumbnails", b.photos, b.sharps)
	}
}
