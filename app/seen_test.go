package app

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"
)

// When another device was last heard outlives a restart, and a code that has
// done its work says so to whoever brings it next.
func TestAfterPairing(t *testing.T) {
	t.Parallel()
	a := start(t, Options{Name: "Desktop", Listen: []string{"tls://127.0.0.1:0"}})
	opts := Options{Home: t.TempDir(), Name: "Laptop", Peers: a.node.ListenURIs()}
	b, stop := startAt(t, opts)
	pairs(t, a, b)
	stop()
	opts.Peers = nil
	stranger := start(t, Options{Name: "Stranger", Peers: a.node.ListenURIs()})
	inv, err := a.Invite(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	inv.Cancel()
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	if _, err := stranger.Join(ctx, inv.Code(), nil); !errors.Is(err, ErrCancelled) {
		t.Errorf("join with a code that was withdrawn: %v", err)
	}
	b, stop = startAt(t, opts)
	defer stop()
	if d := b.Devices()[1]; time.Since(d.LastSeen).Abs() > time.Hour {
		t.Errorf("%s was last seen at %v, say its notes", d.Name, d.LastSeen)
	}
}

func TestSeen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "seen.json")
	s, err := loadSeen(path)
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	if err := s.keep(map[string]time.Time{"x": noon}); err != nil {
		t.Fatal(err)
	}
	if s, err = loadSeen(path); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, id  string
		now, want time.Time
	}{
		{"not heard since", "x", time.Time{}, noon},
		{"heard since", "x", noon.Add(time.Hour), noon.Add(time.Hour)},
		{"never heard", "y", time.Time{}, time.Time{}},
	} {
		if got := s.last(test.id, test.now); !got.Equal(test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
	writeFile(t, path, "{")
	if s, err = loadSeen(path); err == nil || !s.last("x", time.Time{}).IsZero() {
		t.Errorf("a damaged file: %v, %v", s, err)
	}
}
