package cards

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// made is a source whose roots a test mounts.
type made struct {
	roots   []string
	changed chan []string
}

func (m *made) Roots() ([]string, error) { return m.roots, nil }
func (m *made) Close() error             { return nil }
func (m *made) Wait(ctx context.Context) error {
	select {
	case m.roots = <-m.changed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// card makes a file system with a folder.
func card(t *testing.T, name, folder string) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), name)
	if err := os.MkdirAll(filepath.Join(root, folder, "100CANON"), 0o700); err != nil {
		t.Fatal(err)
	}
	return root
}

// TestWatch tells of a card when it comes and when it goes, and of no other file system.
func TestWatch(t *testing.T) {
	t.Parallel()
	eos, phone, disk := card(t, "EOS_DIGITAL", "DCIM"), card(t, "Phone", "dcim"), card(t, "Backup", "Photos")
	src := &made{roots: []string{disk}, changed: make(chan []string)}
	ctx, cancel := context.WithCancel(t.Context())
	told, ended := make(chan []Card), make(chan error, 1)
	go func() { ended <- Watch(ctx, src, func(c []Card) { told <- c }) }()
	if got := <-told; len(got) != 0 {
		t.Errorf("at first: %v", got)
	}
	src.changed <- []string{disk, "/not/there"} // no card: nothing is told
	src.changed <- []string{disk, eos, phone}
	want := []Card{{filepath.Join(eos, "DCIM"), "EOS_DIGITAL"}, {filepath.Join(phone, "dcim"), "Phone"}}
	if got := <-told; !slices.Equal(got, want) {
		t.Errorf("plugged in: %v, want %v", got, want)
	}
	src.changed <- []string{phone}
	if got := <-told; !slices.Equal(got, want[1:]) {
		t.Errorf("one is left: %v", got)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("at the end: %v", err)
	}
}

// failing is a source that cannot wait.
type failing struct{ made }

var errOdd = errors.New("odd")

func (*failing) Wait(context.Context) error { return errOdd }

func TestWatchFails(t *testing.T) {
	t.Parallel()
	if err := Watch(t.Context(), &failing{}, func([]Card) {}); !errors.Is(err, errOdd) {
		t.Errorf("got %v", err)
	}
}

// TestSystem: the system's own source can be read, and its wait ends with the context.
func TestSystem(t *testing.T) {
	t.Parallel()
	src, err := System()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := src.Close(); err != nil {
			t.Error(err)
		}
	}()
	if _, err := src.Roots(); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	for err == nil { // something may be mounted meanwhile
		err = src.Wait(ctx)
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the wait ended with %v", err)
	}
}
