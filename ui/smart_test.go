package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/imagelib"
)

// searchFor types into the search field, and waits as long as it does.
func (r *rig) searchFor(text string) {
	r.t.Helper()
	r.bar.search.SetText(text)
	r.fire(searchPause)
	r.until("a search", func() bool { return r.presentGrid().query.Text == text })
}

// smartly has a smart album of films among the albums.
func smartly(f *fake) {
	f.albums = append([]imagelib.Album{{ID: "films", Name: "All films", Count: 7, Cover: digest(6), Query: &imagelib.Query{Text: "mov_"}}}, f.albums...)
}

// TestSearchBecomesAnAlbum: what a search has found on a page is saved with what
// the page is of, and opens with its search told.
func TestSearchBecomesAnAlbum(t *testing.T) {
	r := newRig(t, newFake(60), large)
	if r.bar.keep.Visible() {
		t.Error("without a search an album is offered")
	}
	r.open("favourites")
	r.searchFor("mov_")
	found := r.presentGrid().grid.Source().Len()
	r.tap("Save as album…")
	r.wantText("Save this search as an album")
	r.typeText("My films")
	r.press(fyne.KeyReturn)
	r.waitCall("smart album My films: mov_")
	r.until("the album", func() bool { return r.current == "album/smart" })
	if q := *r.f.albums[len(r.f.albums)-1].Query; q != (imagelib.Query{Favourite: true, Text: "mov_"}) {
		t.Errorf("saved %+v", q)
	}
	if n := r.presentGrid().grid.Source().Len(); n != found || n == 0 {
		t.Errorf("the album shows %d photos, the search had %d", n, found)
	}
	r.wantText("What this search finds: Favourites · mov_")
	if r.bar.keep.Visible() {
		t.Error("the album that was saved is offered again")
	}
}

// TestSearchInASmartAlbum: it is saved as one search that finds what both do.
func TestSearchInASmartAlbum(t *testing.T) {
	f := newFake(60)
	smartly(f)
	f.albums[0].Query.Text = `"mov_`
	r := newRig(t, f, large)
	r.open("album/films")
	r.searchFor(" x-t4 ")
	r.saveSearch()
	r.press(fyne.KeyReturn)
	r.waitCall(`smart album x-t4: "mov_" x-t4`)
}

// TestSmartAlbumIsEdited: its search is changed, and what the page shows follows,
// though no photo has changed; nothing is taken out of it.
func TestSmartAlbumIsEdited(t *testing.T) {
	f := newFake(60)
	smartly(f)
	f.albums[0].Query.Where = imagelib.Here
	r := newRig(t, f, large)
	r.open("album/films")
	before := r.presentGrid().grid.Source().Len()
	r.presentGrid().grid.Select(0)
	if x := r.selection(); len(x.images) != 1 || x.albumID != "" {
		t.Errorf("the photo may be taken out of %q", x.albumID)
	}
	r.tap("Edit search…")
	r.wantText("And only: On this computer")
	r.typeText("dsc_")
	r.press(fyne.KeyReturn)
	r.waitCall("query films: dsc_")
	r.until("the search", func() bool { return r.presentGrid().smart.Text == "dsc_" })
	if q := *r.f.albums[0].Query; q.Where != imagelib.Here {
		t.Errorf("the search became %+v", q)
	}
	if n := r.presentGrid().grid.Source().Len(); n == before || n == 0 {
		t.Errorf("%d photos before and %d after", before, n)
	}
	r.wantText("What this search finds: On this computer · dsc_")

	r.tap("Edit search…")
	r.typeText("nothing is called so")
	r.press(fyne.KeyReturn)
	r.until("an empty album", func() bool { return r.presentGrid().grid.Source().Len() == 0 })
	r.wantText("No photo is found by this search now.")
}

// TestSmartAlbumCard: it is marked, follows its search, and offers to edit it; an
// empty search, which were of all photos, is not taken.
func TestSmartAlbumCard(t *testing.T) {
	f := newFake(20)
	smartly(f)
	r := newRig(t, f, large)
	r.open("albums")
	r.wantText("7 photos · by search")
	card := func() *albumCard { return r.present().(*albumsPage).cards[0] }
	labels := func() (out []string) {
		for _, i := range card().items() {
			out = append(out, i.Label)
		}
		return out
	}
	if got := labels(); len(got) != 4 || got[2] != "Edit search…" {
		t.Errorf("the menu offers %q", got)
	}
	card().items()[2].Action()
	r.win.Canvas().Focused().(*keyEntry).SetText(" ")
	r.press(fyne.KeyReturn)
	r.wantText("Edit search")
	r.win.Canvas().Focused().(*keyEntry).SetText("dsc_")
	r.press(fyne.KeyReturn)
	r.until("another search", func() bool { return card().album.Query.Text == "dsc_" })
}

// TestFieldsText: conditions that were not typed are told as one would type them.
func TestFieldsText(t *testing.T) {
	day := time.Date(2019, 5, 31, 0, 0, 0, 0, time.UTC)
	for want, q := range map[string]imagelib.Query{
		"":     {},
		"lake": {Text: " lake "},
		`camera:nikon camera:z tag:"my cats" lake`: {Camera: "nikon z", Tag: "my cats", Text: "lake"},
		"type:video rating:4 after:2019-05-31":     {Kind: imagelib.KindVideo, MinRating: 4, From: day},
		`before:"2019-05-31 12:00:00"`:             {To: day.Add(12 * time.Hour)},
	} {
		if got := fieldsText(q); got != want {
			t.Errorf("%+v is told as %q, want %q", q, got, want)
		}
	}
}
