package app

import (
	"testing"
	"time"

	"github.com/libpaul/paul/internal/sample"
)

// TestClockOffersAreKept: an offer that was dismissed stays so after another start,
// also when photos have come to it, until that is taken back; and an offer is none
// any more once its photos have other dates, and one again after the undo.
func TestClockOffersAreKept(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	paths, err := sample.Write(t.TempDir(), 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	a, stop := startAt(t, Options{Home: home, Name: "a"})
	if _, err := a.Import(t.Context(), paths); err != nil {
		t.Fatal(err)
	}
	offered := func(a *App) ClockOffer {
		until(t, a, "the photos", func() bool { return len(a.images.Snapshot().Images) == 3 })
		images := a.images.Snapshot().Images
		o := ClockOffer{Camera: "Camera", First: images[2], Last: images[0], Photos: 3, Shift: time.Hour}
		for _, img := range images {
			o.Files = append(o.Files, img.Digest)
		}
		a.clocks.offers = []ClockOffer{o}
		return o
	}
	count := func(a *App, want int, when string) {
		t.Helper()
		if n := len(a.ClockOffers()); n != want {
			t.Errorf("%s: %d offers, want %d", when, n, want)
		}
	}
	o := offered(a)
	count(a, 1, "at first")
	part := o
	part.First = o.Last
	if err := a.DismissClock(part, true); err != nil {
		t.Fatal(err)
	}
	count(a, 0, "dismissed with fewer photos")
	other := o
	other.Shift = 2 * time.Hour
	a.clocks.offers = []ClockOffer{other}
	count(a, 1, "another shift")
	stop()

	a, stop = startAt(t, Options{Home: home})
	defer stop()
	o = offered(a)
	count(a, 0, "after a start")
	if err := a.DismissClock(o, false); err != nil {
		t.Fatal(err)
	}
	count(a, 1, "taken back")
	done, err := a.ApplyClock(t.Context(), o)
	if err != nil || done.Changed != 3 {
		t.Fatalf("%+v, %v", done, err)
	}
	a.clocks.offers = []ClockOffer{o}
	count(a, 0, "applied")
	if u, err := a.Undo(t.Context(), done.ID, nil); err != nil || u.Done != 3 {
		t.Fatalf("%+v, %v", u, err)
	}
	count(a, 1, "undone")
}
