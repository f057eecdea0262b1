package imagelib

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/internal/testphoto"
	"github.com/libpaul/paul/imagelib/meta"
)

// takenFile is an image to pair. Its name tells its type.
type takenFile struct {
	name   string
	at     string // capture date; noon of a day if empty
	shot   string
	length time.Duration // of a film
	camera string        // "-" for none
	source meta.Source
	size   int64
}

// image makes the image with a number.
func (f takenFile) image(n int) *Image {
	ext := f.name[strings.LastIndex(f.name, "."):]
	types := map[string]Common{
		".JPG": {Type: "image/jpeg", Kind: KindImage}, ".jpg": {Type: "image/jpeg", Kind: KindImage}, ".HEIC": {Type: "image/heic", Kind: KindImage},
		".PNG": {Type: "image/png", Kind: KindImage}, ".CR2": {Type: "image/x-canon-cr2", Kind: KindRAW}, ".dng": {Type: "image/x-adobe-dng", Kind: KindRAW},
		".MOV": {Type: "video/quicktime", Kind: KindVideo}, ".MP4": {Type: "video/mp4", Kind: KindVideo},
	}
	c, ok := types[ext]
	if !ok {
		panic("a test asked for a type that is not here: " + f.name)
	}
	if c.Camera = cmp.Or(f.camera, "Maker One"); c.Camera == "-" {
		c.Camera = ""
	}
	img := &Image{Digest: digestOf(n), Common: &c, Name: f.name, isShown: true, Here: true, Holders: 2, Size: cmp.Or(f.size, 40)}
	img.Date, _ = meta.ParseDate(cmp.Or(f.at, "2024-05-01T12:00:00"), cmp.Or(f.source, meta.SourceEXIF))
	img.setMore(More{Shot: f.shot, Duration: f.length})
	return img
}

// indexWith makes an index of images, in one step.
func indexWith(images ...*Image) *index {
	x := newIndex()
	fresh := map[Digest]*Image{}
	for _, img := range images {
		fresh[img.Digest] = img
	}
	x.replace(fresh)
	return x
}

// itemsText writes what a snapshot shows, the names of an item's files joined by
// pluses.
func itemsText(s *Snapshot) string {
	var items []string
	for _, img := range s.Images {
		var names []string
		for _, f := range img.Files() {
			names = append(names, f.Name)
		}
		items = append(items, strings.Join(names, "+"))
	}
	slices.Sort(items)
	return strings.Join(items, " ")
}

const second = time.Second

func TestPairs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files []takenFile
		want  string
	}{
		"raw":                  {[]takenFile{{name: "A.CR2"}, {name: "A.JPG"}}, "A.JPG+A.CR2"},
		"raw, case":            {[]takenFile{{name: "IMG_1.CR2"}, {name: "img_1.jpg"}}, "img_1.jpg+IMG_1.CR2"},
		"raw and heic":         {[]takenFile{{name: "A.dng"}, {name: "A.HEIC"}}, "A.HEIC+A.dng"},
		"raw, camera unknown":  {[]takenFile{{name: "A.CR2", camera: "-"}, {name: "A.JPG"}}, "A.JPG+A.CR2"},
		"raw, camera":          {[]takenFile{{name: "A.CR2", camera: "Maker Two"}, {name: "A.JPG"}}, "A.CR2 A.JPG"},
		"raw, another name":    {[]takenFile{{name: "A.CR2"}, {name: "B.JPG"}}, "A.CR2 B.JPG"},
		"raw, a second later":  {[]takenFile{{name: "A.CR2"}, {name: "A.JPG", at: "2024-05-01T12:00:01"}}, "A.CR2 A.JPG"},
		"raw, the same part":   {[]takenFile{{name: "A.CR2", at: "2024-05-01T12:00:00.25"}, {name: "A.JPG", at: "2024-05-01T12:00:00.251"}}, "A.JPG+A.CR2"},
		"raw, part unknown":    {[]takenFile{{name: "A.CR2", at: "2024-05-01T12:00:00.25"}, {name: "A.JPG"}}, "A.JPG+A.CR2"},
		"raw, another part":    {[]takenFile{{name: "A.CR2", at: "2024-05-01T12:00:00.25"}, {name: "A.JPG", at: "2024-05-01T12:00:00.75"}}, "A.CR2 A.JPG"},
		"raw, zone unknown":    {[]takenFile{{name: "A.CR2", at: "2024-05-01T12:00:00+02:00"}, {name: "A.JPG"}}, "A.JPG+A.CR2"},
		"raw, another zone":    {[]takenFile{{name: "A.CR2", at: "2024-05-01T12:00:00+02:00"}, {name: "A.JPG", at: "2024-05-01T12:00:00+03:00"}}, "A.CR2 A.JPG"},
		"raw, dates of copies": {[]takenFile{{name: "A.CR2", source: meta.SourceMtime}, {name: "A.JPG", source: meta.SourceMtime}}, "A.CR2 A.JPG"},
		"raw and png":          {[]takenFile{{name: "A.CR2"}, {name: "A.PNG"}}, "A.CR2 A.PNG"},
		"raw, two pictures":    {[]takenFile{{name: "A.CR2"}, {name: "A.jpg", size: 20}, {name: "A.JPG", size: 40}}, "A.JPG+A.CR2 A.jpg"},
		"two raws":             {[]takenFile{{name: "A.CR2", size: 50}, {name: "A.dng", size: 40}, {name: "A.JPG"}}, "A.JPG+A.CR2 A.dng"},
		"each twice":           {[]takenFile{{name: "A.CR2"}, {name: "A.CR2"}, {name: "A.JPG"}, {name: "A.JPG"}}, "A.JPG+A.CR2 A.JPG+A.CR2"},
		"raw of a pixel":       {[]takenFile{{name: "PXL_1.RAW-02.ORIGINAL.dng"}, {name: "PXL_1.RAW-01.MP.COVER.jpg"}}, "PXL_1.RAW-01.MP.COVER.jpg+PXL_1.RAW-02.ORIGINAL.dng"},
		"no names":             {[]takenFile{{name: ".dng"}, {name: ".jpg", at: "2024-05-01T13:00:00"}}, ".dng .jpg"},

		"live":                   {[]takenFile{{name: "A.HEIC", shot: "X"}, {name: "A.MOV", shot: "X", length: 3 * second}}, "A.HEIC+A.MOV"},
		"live, other names":      {[]takenFile{{name: "A.HEIC", shot: "X"}, {name: "B.MOV", shot: "X", length: 3 * second, at: "2024-05-01T15:00:00", camera: "-"}}, "A.HEIC+B.MOV"},
		"live, other shots":      {[]takenFile{{name: "A.HEIC", shot: "X"}, {name: "A.MOV", shot: "Y", length: 3 * second}}, "A.HEIC A.MOV"},
		"live, a long film":      {[]takenFile{{name: "A.HEIC", shot: "X"}, {name: "A.MOV", shot: "X", length: 11 * second}}, "A.HEIC A.MOV"},
		"live, length unknown":   {[]takenFile{{name: "A.HEIC", shot: "X"}, {name: "A.MOV", shot: "X"}}, "A.HEIC A.MOV"},
		"live, one does not say": {[]takenFile{{name: "A.HEIC", shot: "X"}, {name: "A.MOV", length: 3 * second}}, "A.HEIC A.MOV"},
		"live, film alone says":  {[]takenFile{{name: "A.HEIC"}, {name: "A.MOV", shot: "X", length: 3 * second}}, "A.HEIC A.MOV"},
		"live, two stills":       {[]takenFile{{name: "B.JPG", shot: "X", size: 90}, {name: "A.HEIC", shot: "X"}, {name: "A.MOV", shot: "X", length: 3 * second}}, "A.HEIC+A.MOV B.JPG"},
		"live, two films":        {[]takenFile{{name: "A.HEIC", shot: "X"}, {name: "A.MOV", shot: "X", length: 3 * second}, {name: "A.MOV", shot: "X", length: 2 * second}}, "A.HEIC+A.MOV A.MOV"},
		"live raw":               {[]takenFile{{name: "A.dng", shot: "X"}, {name: "A.MOV", shot: "X", length: 3 * second}}, "A.dng+A.MOV"},
		"live with raw":          {[]takenFile{{name: "A.HEIC", shot: "X"}, {name: "A.dng", shot: "X", size: 90}, {name: "A.MOV", shot: "X", length: 3 * second}}, "A.HEIC+A.dng+A.MOV"},
		"live, raw alone says":   {[]takenFile{{name: "A.JPG"}, {name: "A.dng", shot: "X"}, {name: "A.MOV", shot: "X", length: 3 * second}}, "A.JPG+A.dng+A.MOV"},
		"live twice with raw": {[]takenFile{
			{name: "A.JPG", shot: "Y"}, {name: "A.dng", shot: "X"}, {name: "A.MOV", shot: "X", length: 3 * second}, {name: "B.MOV", shot: "Y", length: 3 * second},
		}, "A.JPG+A.dng+B.MOV A.MOV"},

		"by name":                    {[]takenFile{{name: "A.JPG"}, {name: "A.MP4", length: 3 * second, at: "2024-05-01T12:00:03"}}, "A.JPG+A.MP4"},
		"by name, before":            {[]takenFile{{name: "A.JPG"}, {name: "A.MP4", length: 3 * second, at: "2024-05-01T11:59:57"}}, "A.JPG+A.MP4"},
		"by name, too late":          {[]takenFile{{name: "A.JPG"}, {name: "A.MP4", length: 3 * second, at: "2024-05-01T12:00:04"}}, "A.JPG A.MP4"},
		"by name, another one":       {[]takenFile{{name: "A.JPG"}, {name: "B.MP4", length: 3 * second}}, "A.JPG B.MP4"},
		"by name, too long":          {[]takenFile{{name: "A.JPG"}, {name: "A.MP4", length: 6 * second}}, "A.JPG A.MP4"},
		"by name, length unknown":    {[]takenFile{{name: "A.JPG"}, {name: "A.MP4"}}, "A.JPG A.MP4"},
		"by name, another camera":    {[]takenFile{{name: "A.JPG"}, {name: "A.MP4", length: 3 * second, camera: "Maker Two"}}, "A.JPG A.MP4"},
		"by name, camera unknown":    {[]takenFile{{name: "A.JPG", camera: "-"}, {name: "A.MP4", length: 3 * second, camera: "-"}}, "A.JPG A.MP4"},
		"by name, no raw":            {[]takenFile{{name: "A.CR2"}, {name: "A.MP4", length: 3 * second}}, "A.CR2 A.MP4"},
		"by name, the nearest":       {[]takenFile{{name: "A.JPG"}, {name: "A.jpg", at: "2024-05-01T12:00:02"}, {name: "A.MP4", length: 3 * second, at: "2024-05-01T12:00:03"}}, "A.JPG A.jpg+A.MP4"},
		"by name, date of a copy":    {[]takenFile{{name: "A.JPG"}, {name: "A.MP4", length: 3 * second, source: meta.SourceMtime}}, "A.JPG A.MP4"},
		"by name, with raw":          {[]takenFile{{name: "A.JPG"}, {name: "A.CR2"}, {name: "A.MP4", length: 3 * second, at: "2024-05-01T12:00:01"}}, "A.JPG+A.CR2+A.MP4"},
		"pictures of the same name":  {[]takenFile{{name: "A.JPG"}, {name: "A.HEIC"}}, "A.HEIC A.JPG"},
		"a name that all files have": {slices.Concat(slices.Repeat([]takenFile{{name: "A.JPG"}}, 40), slices.Repeat([]takenFile{{name: "A.CR2"}}, 40)), strings.TrimSpace(strings.Repeat("A.CR2 ", 40) + strings.Repeat("A.JPG ", 40))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var images, back []*Image
			for i, f := range c.files {
				images = append(images, f.image(i+1))
				back = append(back, f.image(len(c.files)-i))
			}
			for _, list := range [][]*Image{images, back} { // digests in either order
				if got := itemsText(indexWith(list...).view()); got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
			}
		})
	}
}

// TestPairComesAndGoes has one file of a pair come later, go, and come again dated
// by hand: that does not part them.
func TestPairComesAndGoes(t *testing.T) {
	t.Parallel()
	x := indexWith(takenFile{name: "A.JPG"}.image(1), takenFile{name: "B.JPG", at: "2024-05-01T13:00:00"}.image(3))
	step := func(want string, changed ...*Image) {
		t.Helper()
		fresh := map[Digest]*Image{}
		for _, img := range changed {
			fresh[img.Digest] = img
		}
		if !x.replace(fresh) {
			t.Error("nothing to see of a change")
		}
		if got := itemsText(x.view()); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	raw := takenFile{name: "A.CR2"}.image(2)
	step("A.JPG+A.CR2 B.JPG", raw)
	gone := *raw
	gone.isShown = false
	step("A.JPG B.JPG", &gone)
	step("A.JPG+A.CR2 B.JPG", raw)
	dated := takenFile{name: "A.JPG"}.image(1)
	dated.More = &More{FileDate: dated.Date}
	dated.Date.Wall = dated.Date.Wall.AddDate(-3, 0, 0)
	step("A.JPG+A.CR2 B.JPG", dated)
	if s := x.view(); s.Images[1].Date != dated.Date || s.Images[0].Name != "B.JPG" {
		t.Errorf("at %v: the pair is not where the one is that leads", s.Images[1].Date)
	}
	step("A.CR2 A.JPG B.JPG", takenFile{name: "A.JPG", at: "2024-05-01T12:00:09"}.image(1))
	step("A.JPG+A.CR2 B.JPG", dated)
	leader := *dated
	leader.isShown = false
	step("A.CR2 B.JPG", &leader)
}

// TestPairsAgainstAll makes random changes to files that nearly pair, and checks
// that what was looked at again is as if all had been.
func TestPairsAgainstAll(t *testing.T) {
	t.Parallel()
	names := []string{"A.JPG", "A.jpg", "A.HEIC", "A.CR2", "A.dng", "A.MOV", "A.MP4", "B.JPG", "B.MOV"}
	rapid.Check(t, func(t *rapid.T) {
		x := newIndex()
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			fresh := map[Digest]*Image{}
			for range rapid.IntRange(1, 5).Draw(t, "changes") {
				n := rapid.IntRange(1, 14).Draw(t, "number")
				f := takenFile{
					name:   rapid.SampledFrom(names).Draw(t, "name"),
					at:     fmt.Sprintf("2024-05-01T12:00:%02d", rapid.IntRange(0, 12).Draw(t, "second")),
					shot:   rapid.SampledFrom([]string{"", "", "X", "Y"}).Draw(t, "shot"),
					length: time.Duration(rapid.IntRange(0, 4).Draw(t, "length")) * 3 * second,
				}
				img := f.image(n)
				img.isShown = rapid.IntRange(0, 4).Draw(t, "shown") > 0
				fresh[img.Digest] = img
			}
			x.replace(fresh)
			checkItems(t, x)
		}
	})
}

// checkItems compares a snapshot with one that is made at once, and finds each of
// its files.
func checkItems(t *rapid.T, x *index) {
	s := x.view()
	want := indexWith(x.shown...).view()
	if got, want := itemsText(s), itemsText(want); got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
	if !slices.IsSortedFunc(s.Images, newerFirst) {
		t.Fatal("the items are in no order")
	}
	files := 0
	for i, img := range s.Images {
		for _, f := range img.Files() {
			files++
			if item, at, ok := s.ByDigest(f.Digest); !ok || at != i || item != img {
				t.Fatalf("%s is found at %d, want %d", f.Name, at, i)
			}
			if own, ok := s.File(f.Digest); !ok || own != f {
				t.Fatalf("%s is not in its item as it is", f.Name)
			}
		}
	}
	if files != len(x.shown) {
		t.Fatalf("%d files in items, of %d", files, len(x.shown))
	}
}

// TestPairIsTheWorstOfBoth looks at the facts of an item.
func TestPairIsTheWorstOfBoth(t *testing.T) {
	t.Parallel()
	jpeg, raw := takenFile{name: "A.JPG"}.image(1), takenFile{name: "A.CR2"}.image(2)
	jpeg.Tags, jpeg.Albums = []string{"sea"}, []string{"album:b"}
	raw.Here, raw.Holders, raw.Favourite, raw.Rating, raw.Caption = false, 1, true, 3, "of the raw file"
	raw.Tags, raw.Albums, raw.GPS = []string{"sun", "sea"}, []string{"album:a", "album:b"}, &GPS{Lat: 47.3769, Lon: 8.5417}
	raw.Locate()
	s := indexWith(jpeg, raw).view()
	img := s.Images[0]
	if img.Here || img.Holders != 1 || !img.Favourite || img.Rating != 3 || img.Caption != raw.Caption || img.GPS != raw.GPS || img.Place().City == "" {
		t.Errorf("item %+v", img)
	}
	if got := fmt.Sprint(img.Tags, img.Albums); got != "[sea sun] [album:a album:b]" {
		t.Error(got)
	}
	if own, _ := s.File(jpeg.Digest); !own.Here || own.Favourite || len(own.Tags) != 1 {
		t.Errorf("the file itself %+v", own)
	}
	if p := img.Partners(); len(p) != 1 || p[0] != raw || !img.Raw() || img.Live() {
		t.Errorf("with it %v", p)
	}
}

// TestAlbumHasTheWholePair: a raw file that came later is kept for the album that
// its JPEG is in, until that is taken out of it.
func TestAlbumHasTheWholePair(t *testing.T) {
	t.Parallel()
	jpeg := takenFile{name: "A.JPG"}.image(1)
	jpeg.Albums = []string{"album:a"}
	x := indexWith(jpeg)
	x.albums["album:a"] = albumInfo{name: "A"}
	raw := takenFile{name: "A.CR2"}.image(2)
	if ids := x.albumsOf(raw.Digest); ids != nil {
		t.Errorf("what is not there is in %v", ids)
	}
	x.replace(map[Digest]*Image{raw.Digest: raw})
	if ids := x.albumsOf(raw.Digest); !slices.Equal(ids, jpeg.Albums) {
		t.Errorf("the raw file is in %v", ids)
	}
	out := *jpeg
	out.Albums = nil
	x.replace(map[Digest]*Image{jpeg.Digest: &out})
	if ids := x.albumsOf(raw.Digest); ids != nil {
		t.Errorf("after its JPEG has left the album, the raw file is in %v", ids)
	}
}

// TestFilterPairs finds a pair by any of its files, once.
func TestFilterPairs(t *testing.T) {
	t.Parallel()
	images := []*Image{
		takenFile{name: "A.JPG"}.image(1), takenFile{name: "A.CR2"}.image(2),
		takenFile{name: "L.HEIC", shot: "X", at: "2024-05-01T13:00:00"}.image(3), takenFile{name: "M.MOV", shot: "X", length: 2 * second, at: "2024-05-01T13:00:00"}.image(4),
		takenFile{name: "F.MOV", length: 60 * second, at: "2024-05-01T14:00:00"}.image(5),
	}
	images[1].Here, images[1].Holders, images[3].Albums = false, 1, []string{"album:a"}
	images[2].Albums = images[3].Albums
	x := indexWith(images...)
	x.albums["album:a"] = albumInfo{name: "A"}
	s := x.view()
	for text, want := range map[string]string{
		"": "F.MOV L.HEIC+M.MOV A.JPG+A.CR2", "type:raw": "A.JPG+A.CR2", "type:image": "L.HEIC+M.MOV A.JPG+A.CR2", "type:jpeg": "A.JPG+A.CR2",
		"type:video": "F.MOV", "type:live": "L.HEIC+M.MOV", "type:quicktime": "F.MOV L.HEIC+M.MOV", "type:live type:raw": "",
		"type:raw type:jpeg": "", "name:a.cr2": "A.JPG+A.CR2", "m.mov": "L.HEIC+M.MOV", "type:raw maker": "A.JPG+A.CR2",
	} {
		found := &Snapshot{}
		for _, i := range s.Filter(Query{Text: text}) {
			found.Images = append(found.Images, s.Images[i])
		}
		want := strings.Fields(want)
		slices.Sort(want)
		if got := itemsText(found); got != strings.Join(want, " ") {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	for q, want := range map[Query]int{
		{Kind: KindRAW}: 1, {Kind: KindVideo}: 1, {Where: Here}: 2, {Where: Elsewhere}: 1, {Where: OneCopy}: 1, {Album: "album:a"}: 1,
	} {
		if n := len(s.Filter(q)); n != want {
			t.Errorf("%+v: %d, want %d", q, n, want)
		}
	}
	if a := x.albumList(); len(a) != 1 || a[0].Count != 1 || a[0].Cover != images[2].Digest {
		t.Errorf("albums %+v", a)
	}
}

// TestPairsAreSaved opens a saved index with pairs: each file is as it was, and
// they are items again.
func TestPairsAreSaved(t *testing.T) {
	t.Parallel()
	x := indexWith(takenFile{name: "A.JPG"}.image(1), takenFile{name: "A.CR2"}.image(2), takenFile{name: "B.JPG"}.image(3),
		takenFile{name: "L.HEIC", shot: "X"}.image(4), takenFile{name: "L.MOV", shot: "X", length: 2500 * time.Millisecond}.image(5))
	x.all[0].Favourite = true
	y := newIndex()
	if err := y.decode(x.encode()); err != nil {
		t.Fatal(err)
	}
	if got := itemsText(y.view()); got != "A.JPG+A.CR2 B.JPG L.HEIC+L.MOV" {
		t.Error(got)
	}
	for i, img := range y.all {
		if !img.equal(x.all[i]) {
			t.Errorf("%s is %+v, was %+v", img.Name, img, x.all[i])
		}
	}
}

// TestShotsOfDeleted groups files that are not shown.
func TestShotsOfDeleted(t *testing.T) {
	t.Parallel()
	x := newIndex()
	x.apply([]filelayer.Doc{
		docOf(1, nil), docOf(2, func(d *document) {
			d.Kind, d.Type, d.Date, d.Camera = KindRAW, "image/x-canon-cr2", "2001-01-01T00:01:00", ""
		}),
		docOf(3, nil),
	}, "1")
	deleted := make([]filelayer.Entry, 4)
	for i, n := range []int{4, 2, 3, 1} {
		deleted[i] = entryOf(n, 0, false)
		deleted[i].Deleted = &deleted[i].Added
	}
	deleted[1].Name, deleted[3].Name = "A.CR2", "A.JPG"
	var got []string
	for _, g := range x.shots(deleted) {
		var names []string
		for _, e := range g {
			names = append(names, e.Name)
		}
		got = append(got, strings.Join(names, "+"))
	}
	if want := "IMG_00004.JPG A.JPG+A.CR2 IMG_00003.JPG"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

// TestImportPairs imports files as a camera and a phone write them.
func TestImportPairs(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	const shot = "1745E022-9712-43C7-B024-F308EC6413CB"
	exif := testphoto.EXIF{Date: "2024:05:01 12:30:05", Make: "Apple", Model: "iPhone 15"}
	phone := exif
	phone.Shot, phone.Date = shot, "2024:05:02 12:30:05"
	raw := exif
	raw.DNG = true
	picture := testphoto.Picture(60, 40, 1)
	dir := writeFiles(t, map[string][]byte{
		"a/IMG_1.JPG": testphoto.JPEG(picture, exif), "b/IMG_1.DNG": raw.TIFF(),
		"IMG_2.JPG": testphoto.JPEG(testphoto.Picture(60, 40, 2), phone),
		"IMG_2.MOV": testphoto.Film{Date: "2024-05-02T12:30:06+0200", Make: "Apple", Model: "iPhone 15", Shot: shot, Length: 2500 * time.Millisecond}.File(),
		"IMG_3.MOV": testphoto.Film{Date: "2024-05-02T12:30:06+0200", Make: "Apple", Model: "iPhone 15", Length: 25 * time.Second}.File(),
	})
	if r := importAll(t, l, dir); len(r.Added) != 5 {
		t.Fatalf("%+v", r)
	}
	s := l.Snapshot()
	if got := itemsText(s); got != "IMG_1.JPG+IMG_1.DNG IMG_2.JPG+IMG_2.MOV IMG_3.MOV" {
		t.Fatal(got)
	}
	for _, img := range s.Images {
		if img.Name == "IMG_2.JPG" && (!img.Live() || img.Partners()[0].Duration() != 2500*time.Millisecond) {
			t.Errorf("%+v", img.Partners()[0])
		}
	}
}
