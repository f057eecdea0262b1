package app

import (
	"context"
	"errors"
	"testing"

	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/internal/sample"
)

// TestAlbumIsKeptOnTwoDevices: an album's rule is about its photos alone, and the
// other device takes them once it may.
func TestAlbumIsKeptOnTwoDevices(t *testing.T) {
	t.Parallel()
	a := start(t, Options{Name: "Desktop", Listen: []string{"tls://127.0.0.1:0"}})
	b := start(t, Options{Name: "Laptop", Peers: a.node.ListenURIs()})
	dir := t.TempDir()
	if _, err := sample.Write(dir, 3, 1); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	result, err := a.Import(ctx, []string{dir})
	if err != nil {
		t.Fatal(err)
	}
	pairs(t, a, b)
	album, err := a.Images().CreateAlbum(ctx, "Trip")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Images().AddToAlbum(ctx, album.ID, result.Added[:2]); err != nil {
		t.Fatal(err)
	}
	if id, err := a.albumID("trip"); id != album.ID || err != nil {
		t.Errorf("album trip: %q, %v", id, err)
	}
	rule := CopyRule{Copies: 2}
	if p := a.PlanCopies(album.ID, rule); p.Files != 2 || p.Below != 2 || p.Few != 2 || len(a.Copies().Rules) != 0 {
		t.Errorf("plan %+v", p)
	}
	if _, err := b.SetRole(ctx, Role{Helps: true}); err != nil {
		t.Fatal(err)
	}
	if err := a.SetCopyRule(ctx, album.ID, rule); err != nil {
		t.Fatal(err)
	}
	until(t, a, "two photos are on both devices", func() bool { return a.Copies().Below == 0 && a.Status().OneCopy == 1 })
	if e, _ := b.Entry(result.Added[2]); e.Here() || a.Status().Below != 0 {
		t.Error("a photo that is not in the album was taken")
	}
	if info := b.Copies(); len(info.Rules) != 1 || info.Rules[0].Album != "Trip" || info.Willing != 1 || len(info.Devices) != 2 {
		t.Errorf("the other device tells %+v", info)
	}
	if err := a.Images().DeleteAlbum(ctx, album.ID); err != nil {
		t.Fatal(err)
	}
	if info := a.Copies(); info.Files != 0 || len(info.Rules) != 0 {
		t.Errorf("after the album is gone: %+v", info)
	}
	if err := a.SetCopyRule(ctx, album.ID, rule); !errors.Is(err, ErrNotFound) {
		t.Errorf("rule of no album: %v", err)
	}
	smart, err := a.Images().CreateSmartAlbum(ctx, "Rated", imagelib.Query{MinRating: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.SetCopyRule(ctx, smart.ID, rule); !errors.Is(err, ErrNotFound) {
		t.Errorf("rule of a smart album: %v", err)
	}
	if err := a.SetCopyRule(ctx, "", CopyRule{Copies: maxCopies + 1}); !errors.Is(err, ErrBadSetting) {
		t.Errorf("too many copies: %v", err)
	}
}
