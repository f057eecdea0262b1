package imagelib

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/meta"
	"github.com/libpaul/paul/imagelib/thumb"
)

func digestOf(n int) (d Digest) {
	binary.BigEndian.PutUint64(d[:], uint64(n)*0x9e3779b97f4a7c15) // spread
	d[31] = byte(n)
	return d
}

func docOf(n int, change func(*document)) filelayer.Doc {
	doc := document{
		Version: 1, Type: "image/jpeg", Kind: KindImage, Width: 4000, Height: 3000, Orientation: 1,
		Date: time.Date(2001, 1, 1, 0, n, 0, 0, time.UTC).Format("2006-01-02T15:04:05"), DateSource: "exif",
		Camera: fmt.Sprintf("Camera %d", n%20), ThumbHash: "2fcZFIB3iId/h3iJh4aIYJ2V8g==",
	}
	if change != nil {
		change(&doc)
	}
	body, err := json.Marshal(doc)
	if err != nil {
		panic(err) // a test made what is no JSON
	}
	return filelayer.Doc{ID: digestOf(n).String(), Body: body}
}

func entryOf(n, holders int, here bool) filelayer.Entry {
	e := filelayer.Entry{Digest: digestOf(n), Name: fmt.Sprintf("IMG_%05d.JPG", n), Size: int64(n), Holders: filelayer.ByDevice(map[string]filelayer.Holder{})}
	for i := range holders {
		e.Holders.Set(fmt.Sprint(i), filelayer.Holder{Saved: true, Verified: time.Unix(1, 0)})
	}
	if here {
		e.Path = "/somewhere"
	}
	return e
}

func sortEntries(list []filelayer.Entry) []filelayer.Entry {
	slices.SortFunc(list, func(a, b filelayer.Entry) int { return bytes.Compare(a.Digest[:], b.Digest[:]) })
	return list
}

// encode returns the saved form, or nil when nothing changed.
func (x *index) encode() []byte {
	s, ok := x.toSave()
	if !ok {
		return nil
	}
	var b bytes.Buffer
	if err := s.write(&b); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

func (x *index) decode(b []byte) error { return x.load(bytes.NewReader(b), int64(len(b))) }

// TestIndexAgainstModel makes random changes, and checks every snapshot and
// what is saved against a plain map.
func TestIndexAgainstModel(t *testing.T) {
	t.Parallel()
	type state struct {
		minute, holders int
		here            bool
	}
	rapid.Check(t, func(t *rapid.T) {
		x := newIndex()
		docs, entries := map[int]int{}, map[int]state{}
		n := rapid.IntRange(0, 15)
		check := func() {
			s := x.view()
			var want []int
			for k := range docs {
				if _, ok := entries[k]; ok {
					want = append(want, k)
				}
			}
			if len(s.Images) != len(want) || !slices.IsSortedFunc(s.Images, newerFirst) {
				t.Fatalf("%d images, want %v", len(s.Images), want)
			}
			for _, k := range want {
				img, i, ok := s.ByDigest(digestOf(k))
				e := entries[k]
				if !ok || s.Images[i] != img || img.Here != e.here || int(img.Holders) != e.holders || img.Date.Wall.Minute() != docs[k] {
					t.Fatalf("image %d: %+v, want %+v at minute %d", k, img, e, docs[k])
				}
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"documents": func(t *rapid.T) {
				var batch []filelayer.Doc
				for range n.Draw(t, "documents") {
					k, minute := n.Draw(t, "document"), rapid.IntRange(0, 3).Draw(t, "minute")
					docs[k] = minute
					batch = append(batch, docOf(k, func(d *document) { d.Date = fmt.Sprintf("2020-01-01T00:%02d:00", minute) }))
				}
				x.apply(batch, "1")
			},
			"removed": func(t *rapid.T) {
				k := n.Draw(t, "document")
				delete(docs, k)
				x.apply([]filelayer.Doc{{ID: digestOf(k).String(), Deleted: true}}, "")
			},
			"files": func(t *rapid.T) {
				clear(entries)
				var list []filelayer.Entry
				for range n.Draw(t, "files") {
					k := n.Draw(t, "file")
					if _, ok := entries[k]; ok {
						continue
					}
					e := state{0, rapid.IntRange(0, 2).Draw(t, "holders"), rapid.Bool().Draw(t, "here")}
					entries[k] = e
					list = append(list, entryOf(k, e.holders, e.here))
				}
				_, missing := x.join(sortEntries(list))
				if missing != (len(x.lacking()) > 0) {
					t.Fatal("missing is not what lacks")
				}
				for _, d := range x.lacking() {
					if x.known(d) {
						t.Fatalf("%v lacks a document and has one", d)
					}
				}
			},
			"view": func(*rapid.T) { check() },
			"save": func(t *rapid.T) {
				x.dirty = true
				y := newIndex()
				if err := y.decode(x.encode()); err != nil {
					t.Fatal(err)
				}
				x.view()
				if len(y.all) != len(x.all) || len(y.view().Images) != len(x.view().Images) {
					t.Fatal("saved and loaded indexes differ")
				}
				for i := range x.all {
					if !x.all[i].equal(y.all[i]) {
						t.Fatalf("saved %+v, loaded %+v", x.all[i], y.all[i])
					}
				}
			},
			"": func(*rapid.T) {},
		})
		check()
	})
}

func TestIndexFileKeepsAll(t *testing.T) {
	t.Parallel()
	x := newIndex()
	full := docOf(1, func(d *document) {
		d.Date, d.Lens, d.Caption, d.Rating, d.Tags = "2024-05-01T12:30:05.037-03:30", "Lens", "Caption", 3, []string{"a", "b"}
		d.GPS, d.Exposure = &GPS{Lat: -1.25, Lon: 2.5}, &meta.Exposure{Time: 0.004, FNumber: 2.8, ISO: 400, Focal: 50, Focal35: 75}
		d.Edits = map[string]raw{
			fieldFavourite:  raw(`{"value":true,"at":"x"}`),
			"album:x":       raw(`{"value":true,"at":"x"}`),
			"album:y":       raw(`{"value":false,"at":"x"}`),
			fieldTags:       raw(`{"value":7}`),
			"unknown":       raw(`[]`),
			fieldRating:     raw(`{"value":99}`),
			"album:strange": raw(`{"value":"yes"}`),
		}
	})
	x.apply([]filelayer.Doc{full, {ID: "album:x", Body: raw(`{"edits":{"name":{"value":"Sea"}}}`)}, {ID: "_design/x", Body: raw(`{}`)}}, "seq-7")
	x.join([]filelayer.Entry{entryOf(1, 2, true)})
	y := newIndex()
	saved := x.encode()
	if err := y.decode(saved); err != nil {
		t.Fatal(err)
	}
	img := y.view().Images[0]
	if img.Rating != 5 || !img.Favourite || fmt.Sprint(img.Albums, img.Tags) != "[album:x] [a b]" || img.Holders != 2 || !img.Here ||
		img.Date.Precise() != "2024-05-01T12:30:05.037-03:30" || img.GPS.Lat != -1.25 || img.Exposure.ISO != 400 || img.Name != "IMG_00001.JPG" {
		t.Errorf("image %+v", img)
	}
	if y.sequence() != "seq-7" {
		t.Errorf("sequence %q", y.sequence())
	}
	if a := y.albumList(); len(a) != 1 || a[0] != (Album{ID: "album:x", Name: "Sea", Count: 1, Cover: digestOf(1)}) {
		t.Errorf("albums %+v", a)
	}
	if x.encode() != nil {
		t.Error("saved twice though nothing changed")
	}
	for i := range saved {
		bad := slices.Clone(saved)
		bad[i] ^= 1
		if newIndex().decode(bad) == nil {
			t.Fatalf("a wrong bit in byte %d was not noticed", i)
		}
	}
}

// TestIndexFileKeepsMore saves and loads what only some images have.
func TestIndexFileKeepsMore(t *testing.T) {
	t.Parallel()
	x := newIndex()
	x.apply([]filelayer.Doc{
		docOf(1, func(d *document) { d.Duration, d.Shot = 61.25, "4E2A" }),
		docOf(2, func(d *document) {
			d.Date = "2024-05-01T12:30:05.037-03:30"
			d.Edits = map[string]raw{
				fieldDate:     raw(`{"value":"2024-05-02T12:30:05.5+02:00","at":"x"}`),
				fieldGeometry: raw(`{"value":{"mirror":true,"turns":3,"angle":-1.5,"crop":{"X":0.1,"Y":0.2,"W":0.5,"H":0.25}},"at":"x"}`),
			}
		}),
		docOf(3, func(d *document) { // what is none of ours, or impossible
			d.Duration = -1
			d.Edits = map[string]raw{
				fieldDate:     raw(`{"value":null,"at":"x"}`),
				fieldGeometry: raw(`{"value":{"turns":1,"crop":{"X":0.9,"Y":0,"W":0.5,"H":1}},"at":"x"}`),
			}
		}),
	}, "")
	entries := []filelayer.Entry{entryOf(1, 1, true), entryOf(2, 1, true), entryOf(3, 1, true)}
	slices.SortFunc(entries, func(a, b filelayer.Entry) int { return bytes.Compare(a.Digest[:], b.Digest[:]) })
	x.join(entries)
	y := newIndex()
	if err := y.decode(x.encode()); err != nil {
		t.Fatal(err)
	}
	image := func(n int) *Image {
		img, _, ok := y.view().ByDigest(digestOf(n))
		if old, _, _ := x.view().ByDigest(digestOf(n)); !ok || !img.equal(old) {
			t.Fatalf("saved %+v, loaded %+v", old, img)
		}
		return img
	}
	if img := image(1); img.Duration() != 61250*time.Millisecond || img.more().Shot != "4E2A" || img.FileDate() != img.Date {
		t.Errorf("film %+v", img.More)
	}
	turned := Geometry{Mirror: true, Turns: 3, Angle: -1.5, Crop: thumb.Crop{X: 0.1, Y: 0.2, W: 0.5, H: 0.25}}
	if img := image(2); img.Geometry() != turned || img.FileDate().Precise() != "2024-05-01T12:30:05.037-03:30" ||
		img.FileDate().Source != meta.SourceEXIF || img.Date.Precise() != "2024-05-02T12:30:05.5+02:00" || img.Date.Source != meta.SourcePerson {
		t.Errorf("edited %+v of %v", img.More, img.Date)
	}
	if img := image(3); img.More != nil {
		t.Errorf("of nothing %+v", img.More)
	}
}

// TestIndexFileInBlocks saves and loads more than fits in one block.
func TestIndexFileInBlocks(t *testing.T) {
	t.Parallel()
	images := sampleImages(3*blockImages + 1)
	images[7].Caption, images[8].isShown = strings.Repeat("ü", 3*blockBytes), false
	x := indexOf(images)
	saved := x.encode()
	y := newIndex()
	if err := y.decode(saved); err != nil {
		t.Fatal(err)
	}
	if len(y.all) != len(x.all) || len(y.view().Images) != len(x.all)-1 || !slices.IsSortedFunc(y.view().Images, newerFirst) {
		t.Fatalf("%d images, %d of them shown, of %d", len(y.all), len(y.view().Images), len(x.all))
	}
	for i := range x.all {
		if !x.all[i].equal(y.all[i]) {
			t.Fatalf("saved %+v, loaded %+v", x.all[i], y.all[i])
		}
	}
	for n := 0; n < len(saved); n += 997 {
		if newIndex().decode(saved[:n]) == nil {
			t.Fatalf("the first %d bytes of %d were taken for all", n, len(saved))
		}
	}
}

func FuzzIndexFile(f *testing.F) {
	x := newIndex()
	x.apply([]filelayer.Doc{docOf(1, nil), docOf(2, nil)}, "9")
	f.Add(x.encode())
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > 4 { // damage below a right checksum
			body = binary.BigEndian.AppendUint32(slices.Clone(body[:len(body)-4]), crc32.Checksum(body[:len(body)-4], castagnoli))
		}
		x := newIndex()
		if x.decode(body) == nil && !slices.IsSortedFunc(x.view().Images, newerFirst) {
			t.Error("loaded images are not in order")
		}
	})
}

func TestFilter(t *testing.T) {
	t.Parallel()
	x := newIndex()
	edits := func(field, value string) func(*document) {
		return func(d *document) { d.Edits = map[string]raw{field: raw(`{"value":` + value + `}`)} }
	}
	x.apply([]filelayer.Doc{
		docOf(1, edits(fieldFavourite, "true")),
		docOf(2, edits(fieldCaption, `"Zürich am See"`)),
		docOf(3, edits(fieldTags, `["Family"]`)),
		docOf(4, edits("album:x", "true")),
		docOf(5, func(d *document) { d.Kind, d.Rating = KindVideo, 4 }),
	}, "1")
	x.join(sortEntries([]filelayer.Entry{entryOf(1, 1, true), entryOf(2, 2, true), entryOf(3, 1, false), entryOf(4, 2, false), entryOf(5, 2, true)}))
	s := x.view()
	for _, c := range []struct {
		q    Query
		want []int
	}{
		{Query{}, []int{5, 4, 3, 2, 1}},
		{Query{Favourite: true}, []int{1}},
		{Query{Text: "zÜRICH see"}, []int{2}},
		{Query{Text: "zürich lake"}, nil},
		{Query{Text: "family"}, []int{3}},
		{Query{Text: "img_0000"}, []int{5, 4, 3, 2, 1}},
		{Query{Text: "camera 4"}, []int{4}},
		{Query{Album: "album:x"}, []int{4}},
		{Query{Where: Here}, []int{5, 2, 1}},
		{Query{Where: Elsewhere}, []int{4, 3}},
		{Query{Where: OneCopy}, []int{3, 1}},
		{Query{Kind: KindVideo}, []int{5}},
		{Query{MinRating: 4}, []int{5}},
		{Query{Where: Here, Favourite: true, Text: "jpg"}, []int{1}},
	} {
		var got []int
		for _, i := range s.Filter(c.q) {
			got = append(got, int(s.Images[i].Size)) // entryOf counts there
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v, want %v", c.q, got, c.want)
		}
	}
	if _, _, ok := s.ByDigest(digestOf(9)); ok {
		t.Error("found what is not there")
	}
}

// TestStrangeDocument: a member of a type that is none of ours, from another
// version, takes nothing else away.
func TestStrangeDocument(t *testing.T) {
	t.Parallel()
	x := newIndex()
	x.apply([]filelayer.Doc{{ID: digestOf(1).String(), Body: raw(`{"type":"image/jpeg","kind":"image","width":1e30,"camera":"One"}`)}}, "1")
	x.join([]filelayer.Entry{entryOf(1, 1, true)})
	if s := x.view(); len(s.Images) != 1 || s.Images[0].Camera != "One" {
		t.Errorf("%d images", len(s.Images))
	}
}

// TestPlacesOfAnotherGazetteer: what an earlier version called places is not
// taken for what this one does.
func TestPlacesOfAnotherGazetteer(t *testing.T) {
	t.Parallel()
	x := newIndex()
	x.apply([]filelayer.Doc{docOf(1, func(d *document) { d.GPS = &GPS{Lat: 52.517, Lon: 13.389} })}, "")
	x.join([]filelayer.Entry{entryOf(1, 1, true)})
	saved := x.encode()
	y := newIndex()
	if err := y.decode(saved); err != nil || y.view().Images[0].Place().City != "Berlin" {
		t.Fatalf("%v: %+v", err, y.all)
	}
	at := len(indexMagic) + 1 + 1 // after the lengths of the head and of the sequence
	saved[at] ^= 1
	if err := newIndex().decode(saved); err == nil {
		t.Fatal("a wrong bit was not noticed")
	}
	img := *x.all[0]
	img.place = 7
	x.all[0], x.dirty = &img, true
	x.snapshot = &Snapshot{Images: x.all, all: x.all}
	other := x.encode()
	other[at] ^= 1
	other = binary.BigEndian.AppendUint32(other[:len(other)-4], crc32.Checksum(other[:len(other)-4], castagnoli))
	z := newIndex()
	if err := z.decode(other); err != nil {
		t.Fatal(err)
	}
	if p := z.view().Images[0].Place(); p.City != "Berlin" {
		t.Errorf("place %+v", p)
	}
}

// TestImageIsSmall: a million images have 400 MB, with their texts and two lists
// of them.
func TestImageIsSmall(t *testing.T) {
	t.Parallel()
	if size := unsafe.Sizeof(Image{}); size > 280 {
		t.Errorf("an image takes %d bytes", size)
	}
}
