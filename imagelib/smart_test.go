package imagelib

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/libpaul/paul/filelayer"
)

func TestSmartAlbums(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	ctx := t.Context()
	ds := importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": photoOf(1), "2.jpg": photoOf(2), "3.jpg": photoOf(3)})).Added
	if err := errors.Join(l.SetRating(ctx, ds[:2], 4), l.SetFavourite(ctx, ds[1:], true)); err != nil {
		t.Fatal(err)
	}
	plain, err := l.CreateAlbum(ctx, "Plain")
	if err != nil || plain.Query != nil {
		t.Fatal(plain, err)
	}
	smart, err := l.CreateSmartAlbum(ctx, " Best ", Query{MinRating: 4})
	if err != nil || smart.Name != "Best" || smart.Count != 2 || smart.Query == nil || smart.Query.MinRating != 4 {
		t.Fatalf("%+v, %v", smart, err)
	}
	holds := func(q Query, want ...Digest) {
		t.Helper()
		s := l.Snapshot()
		var got []Digest
		for _, i := range s.Filter(q) {
			got = append(got, s.Images[i].Digest)
		}
		sortDigests(got)
		sortDigests(want)
		if !slices.Equal(got, want) {
			t.Errorf("%+v: %v, want %v", q, got, want)
		}
	}
	album := func(id string) Album {
		t.Helper()
		for _, a := range l.Albums() {
			if a.ID == id {
				return a
			}
		}
		t.Fatalf("no album %s", id)
		return Album{}
	}
	holds(Query{Album: smart.ID}, ds[0], ds[1])
	holds(Query{Album: smart.ID, Favourite: true}, ds[1])

	if err := l.SetRating(ctx, ds[:1], 0); err != nil { // it leaves by itself
		t.Fatal(err)
	}
	if a := album(smart.ID); a.Count != 1 || a.Cover != ds[1] {
		t.Errorf("one left: %+v", a)
	}
	before := l.Snapshot()
	if err := l.SetQuery(ctx, smart.ID, Query{Favourite: true}); err != nil {
		t.Fatal(err)
	}
	if l.Snapshot() == before || album(smart.ID).Count != 2 {
		t.Errorf("after another query: %+v", album(smart.ID))
	}
	holds(Query{Album: smart.ID}, ds[1], ds[2])
	if n := len(before.Filter(Query{Album: smart.ID})); n != 1 {
		t.Errorf("a snapshot changed: %d images", n)
	}
	for what, err := range map[string]error{
		"added":   l.AddToAlbum(ctx, smart.ID, ds),
		"removed": l.RemoveFromAlbum(ctx, smart.ID, ds),
		"nested":  l.SetQuery(ctx, smart.ID, Query{Album: smart.ID}),
	} {
		if !errors.Is(err, ErrSmartAlbum) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := l.CreateSmartAlbum(ctx, "Nested", Query{Album: smart.ID}); !errors.Is(err, ErrSmartAlbum) {
		t.Errorf("nested: %v", err)
	}
	if err := l.SetQuery(ctx, plain.ID, Query{}); !errors.Is(err, ErrNotFound) {
		t.Errorf("a query for a plain album: %v", err)
	}
	if err := errors.Join(l.AddToAlbum(ctx, plain.ID, ds[1:2]), l.SetQuery(ctx, smart.ID, Query{Album: plain.ID})); err != nil {
		t.Fatal(err)
	}
	holds(Query{Album: smart.ID}, ds[1])
	if ids := l.AlbumsOf(ds[1]); !slices.Equal(ids, []string{plain.ID}) {
		t.Errorf("it is in %v", ids)
	}
	if err := l.DeleteAlbum(ctx, smart.ID); err != nil || len(l.Albums()) != 1 {
		t.Errorf("deleted: %v, %v", l.Albums(), err)
	}
	holds(Query{Album: smart.ID})
}

func sortDigests(ds []Digest) {
	slices.SortFunc(ds, func(a, b Digest) int { return slices.Compare(a[:], b[:]) })
}

// TestSmartAlbumIsSaved: a start has smart albums before the database is read.
func TestSmartAlbumIsSaved(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 3*3600)
	q := Query{
		Text: "lake", From: time.Date(2019, 1, 1, 0, 0, 0, 0, zone), To: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		Camera: "c", Lens: "l", Place: "p", Tag: "t", Kind: KindVideo, Type: "video/mp4", Favourite: true, MinRating: 3, Album: "album:x", Where: OneCopy,
		Country: "DE", Region: "Berlin", City: "b", Area: Area{South: -1, West: -2, North: 3, East: 4}, Unplaced: true, Day: "05-31",
	}
	for i := range reflect.TypeOf(q).NumField() {
		if reflect.ValueOf(q).Field(i).IsZero() {
			t.Fatalf("this test leaves out %s", reflect.TypeOf(q).Field(i).Name)
		}
	}
	l := newTestLibrary(t)
	made, err := l.CreateSmartAlbum(t.Context(), "Lake", q)
	if err != nil {
		t.Fatal(err)
	}
	want := q
	want.From = time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC) // a wall clock
	y := newIndex()
	if err := y.decode(l.index.encode()); err != nil {
		t.Fatal(err)
	}
	for what, list := range map[string][]Album{"made": {made}, "saved": y.albumList()} {
		if len(list) != 1 || list[0].Query == nil || *list[0].Query != want {
			t.Errorf("%s: %+v", what, list)
		}
	}
	if y.view().smart[made.ID] != want {
		t.Errorf("the first snapshot has %+v", y.view().smart)
	}
}

// TestSmartAlbumMerges: two devices change its name and its query at once.
func TestSmartAlbumMerges(t *testing.T) {
	t.Parallel()
	c := &clock{node: "a", now: time.Now}
	set := func(body raw, field string, v any) raw {
		t.Helper()
		body, err := setEdit(body, field, v, c)
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	base := set(set(nil, fieldName, "One"), fieldQuery, Query{Text: "one"})
	m, err := Merge([]json.RawMessage{set(base, fieldName, "Two"), set(base, fieldQuery, Query{Text: "two"})})
	if err != nil {
		t.Fatal(err)
	}
	x := newIndex()
	x.apply([]filelayer.Doc{{ID: "album:x", Body: m}}, "1")
	if a := x.albumList(); len(a) != 1 || a[0].Name != "Two" || a[0].Query == nil || a[0].Query.Text != "two" {
		t.Errorf("%+v", a)
	}
	x.apply([]filelayer.Doc{{ID: "album:x", Body: raw(`{"edits":{"name":{"value":"Odd"},"query":{"value":7}}}`)}}, "2")
	if a := x.albumList(); len(a) != 1 || a[0].Query != nil {
		t.Errorf("a query that is none: %+v", a)
	}
	x.apply([]filelayer.Doc{{ID: "album:x", Body: raw(`{"edits":{"query":{"value":{"minRating":99,"where":"here","color":"red"}}}}`)}}, "3")
	if a := x.albumList(); len(a) != 1 || a[0].Query == nil || *a[0].Query != (Query{MinRating: 5, Where: Here}) {
		t.Errorf("of another version: %+v", a)
	}
}
