package imagelib

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/libpaul/paul/imagelib/meta"
)

// placed makes an image that was taken somewhere, some time.
func placed(n int, lat, lon float64, date string) *Image {
	img := &Image{Digest: digestOf(n), Common: &Common{Camera: "Cam"}, GPS: &GPS{Lat: lat, Lon: lon}, isShown: true}
	img.Date, _ = meta.ParseDate(date, meta.SourceEXIF)
	img.Locate()
	return img
}

func facetImages() []*Image {
	images := []*Image{
		placed(1, 52.5170, 13.3889, "2024-05-02T10:00:00"), placed(2, 52.5172, 13.3880, "2024-05-01T10:00:00"), placed(3, 48.8584, 2.2945, "2023-12-31T10:00:00"),
		placed(4, 0, -30, "2023-12-30T10:00:00"),
	}
	return append(images, &Image{Digest: digestOf(5), Common: &Common{}, isShown: true})
}

func TestFacets(t *testing.T) {
	t.Parallel()
	f := (&Snapshot{Images: facetImages()}).Facets()
	if got := fmt.Sprint(f.Places); got != "[{{Paris Île-de-France France FR} 1} {{Berlin State of Berlin Germany DE} 2}]" {
		t.Errorf("places %s", got)
	}
	want := []MonthCount{{2024, time.May, 2}, {2023, time.December, 2}}
	if !slices.Equal(f.Months, want) || f.Undated != 1 || f.Placed != 4 || f.Unplaced != 1 || fmt.Sprint(f.Cameras) != "[{Cam 4}]" {
		t.Errorf("%+v", f)
	}
}

func TestQueryPlaces(t *testing.T) {
	t.Parallel()
	s := &Snapshot{Images: facetImages()}
	for _, c := range []struct {
		q    Query
		want []int
	}{
		{Query{Country: "DE"}, []int{0, 1}},
		{Query{Country: "FR", Region: "Île-de-France", City: "Paris"}, []int{2}},
		{Query{Country: "FR", City: "Berlin"}, []int{}},
		{Query{Area: Area{South: 48, West: 2, North: 49, East: 3}}, []int{2}},
		{Query{Area: Area{South: -1, West: -31, North: 1, East: -29}}, []int{3}},
		{Query{Unplaced: true}, []int{4}},
		{Query{Day: "05-01"}, []int{1}},
		{Query{Day: "05-01", To: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)}, []int{}},
		{Query{Day: "13-01"}, []int{}},
	} {
		if got := s.Filter(c.q); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v, want %v", c.q, got, c.want)
		}
	}
	if q := (Query{Area: Area{South: 3, North: 2}}).clean(); q.Area != (Area{}) {
		t.Errorf("an area that is none was kept: %+v", q.Area)
	}
}

func TestAlbumCover(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	ctx := t.Context()
	ds := importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": photoOf(1), "2.jpg": photoOf(2)})).Added
	a, err := l.CreateAlbum(ctx, "Sea")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.AddToAlbum(ctx, a.ID, ds); err != nil {
		t.Fatal(err)
	}
	newest := l.Albums()[0].Cover
	other := ds[0]
	if other == newest {
		other = ds[1]
	}
	steps := []struct {
		name string
		do   func() error
		want Album
	}{
		{"chosen", func() error { return l.SetCover(ctx, a.ID, other) }, Album{ID: a.ID, Name: "Sea", Count: 2, Cover: other, Chosen: true}},
		{"taken out", func() error { return l.RemoveFromAlbum(ctx, a.ID, []Digest{other}) }, Album{ID: a.ID, Name: "Sea", Count: 1, Cover: newest}},
		{"put in again", func() error { return l.AddToAlbum(ctx, a.ID, []Digest{other}) }, Album{ID: a.ID, Name: "Sea", Count: 2, Cover: other, Chosen: true}},
		{"deleted and restored", func() error { return errors.Join(l.DeleteAlbum(ctx, a.ID), l.RestoreAlbum(ctx, a.ID)) }, Album{ID: a.ID, Name: "Sea", Count: 2, Cover: other, Chosen: true}},
		{"the newest again", func() error { return l.SetCover(ctx, a.ID, Digest{}) }, Album{ID: a.ID, Name: "Sea", Count: 2, Cover: newest}},
	}
	for _, s := range steps {
		if err := s.do(); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		if got := l.Albums(); len(got) != 1 || got[0] != s.want {
			t.Errorf("%s: %+v, want %+v", s.name, got, s.want)
		}
	}
	if err := l.RestoreAlbum(ctx, "album:none"); !errors.Is(err, ErrNotFound) {
		t.Errorf("an album that never was: %v", err)
	}
}
