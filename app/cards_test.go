package app

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/libpaul/paul/internal/cards"
	"github.com/libpaul/paul/internal/sample"
)

// TestCards tells how many photos of a card are new, is quiet about what the library
// has, and about what a person has put off until the card is plugged in again.
func TestCards(t *testing.T) {
	t.Parallel()
	a, stop := startAt(t, Options{Home: t.TempDir(), Name: "a"})
	defer stop()
	dcim := filepath.Join(t.TempDir(), "EOS_DIGITAL", "DCIM")
	folder := filepath.Join(dcim, "100CANON")
	if err := os.MkdirAll(filepath.Join(dcim, ".trashed"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := sample.Write(folder, 2, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Import(t.Context(), []string{folder}); err != nil {
		t.Fatal(err)
	}
	p := &plugged{app: a} // the device's own hears of what is really plugged in
	plug := []cards.Card{{Path: dcim, Name: "EOS_DIGITAL"}}
	p.found(t.Context(), plug)
	if got := p.cards(); len(got) != 0 {
		t.Errorf("all is in the library, yet %+v", got)
	}
	for _, name := range []string{"100CANON/DSC_1.NEF", "100CANON/MVI_2.MP4", "100CANON/MVI_2.THM", "100CANON/.hidden.jpg", ".trashed/old.jpg"} {
		if err := os.WriteFile(filepath.Join(dcim, filepath.FromSlash(name)), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.found(t.Context(), plug)
	want := CardInfo{Path: dcim, Name: "EOS_DIGITAL", Photos: 4, New: 2}
	if got := p.cards(); len(got) != 1 || got[0] != want {
		t.Fatalf("got %+v, want %+v", got, want)
	}
	if len(a.Entries()) != 2 {
		t.Error("a card is imported by itself")
	}
	p.dismiss(dcim)
	p.found(t.Context(), plug)
	if got := p.cards(); len(got) != 0 {
		t.Errorf("put off, yet %+v", got)
	}
	p.found(t.Context(), nil)
	p.found(t.Context(), plug)
	if got := p.cards(); len(got) != 1 {
		t.Errorf("plugged in again: %+v", got)
	}
	if err := a.AddWatchedFolder(dcim); err != nil {
		t.Fatal(err)
	}
	p.found(t.Context(), plug)
	if got := p.cards(); len(got) != 0 {
		t.Errorf("a watched card is offered: %+v", got)
	}
}
