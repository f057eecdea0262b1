package imagelib

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/libpaul/paul/filelayer"
)

// queryLibrary is a snapshot of images that are told apart by their size.
func queryLibrary() *Snapshot {
	x := newIndex()
	x.apply([]filelayer.Doc{
		docOf(1, func(d *document) {
			d.Date, d.Camera, d.Lens, d.Tags = "2018-12-31T23:59:59", "NIKON Z 6_2", "NIKKOR Z 50mm f/1.8", []string{"Familie", "Łódź"}
		}),
		docOf(2, func(d *document) {
			d.Date, d.Camera, d.Caption = "2019-01-01T00:00:00", "Apple iPhone 12", "Abend am Bodensee, Straße nach Zürich"
		}),
		docOf(3, func(d *document) {
			d.Date, d.Type, d.Rating, d.Caption = "2019-05-31T12:00:00", "image/heic", 4, "東京タワー"
		}),
		docOf(4, func(d *document) { d.Date, d.Kind, d.Type, d.Rating = "2020-02-29T10:00:00", KindVideo, "video/mp4", 2 }),
		docOf(5, func(d *document) { d.Date, d.Caption, d.Camera = "", "Party of a lens: 12:30", "" }),
		docOf(6, func(d *document) {
			d.Date, d.Camera, d.GPS = "2021-01-01T00:00:00", "", &GPS{Lat: 47.3769, Lon: 8.5417}
		}),
	}, "1")
	entries := []filelayer.Entry{}
	for i := 1; i <= 6; i++ {
		entries = append(entries, entryOf(i, 1, true))
	}
	x.join(sortEntries(entries))
	return x.view()
}

func find(s *Snapshot, q Query) (found []int) {
	for _, i := range s.Filter(q) {
		found = append(found, int(s.Images[i].Size))
	}
	slices.Sort(found)
	return found
}

func TestQueryText(t *testing.T) {
	t.Parallel()
	s := queryLibrary()
	for text, want := range map[string][]int{
		"":                        {1, 2, 3, 4, 5, 6},
		"  ":                      {1, 2, 3, 4, 5, 6},
		`""`:                      {1, 2, 3, 4, 5, 6},
		"bodensee":                {2},
		"SEE":                     {2}, // within a word
		"strasse zurich":          {2},
		"Zu\u0308rich":            {2, 6}, // as macOS writes it
		"zürich":                  {2, 6},
		"switzerland zurich":      {6},
		"place:zurich":            {6},
		"place:bodensee":          nil,
		"camera:zurich":           nil,
		"lodz":                    {1},
		"am":                      {2}, // short: Familie does not begin so
		"ab":                      {2},
		"z":                       {1, 2, 6}, // Z 6_2, and Zürich
		"6":                       {1},
		"00004":                   {4},
		"04":                      nil, // short: no word of IMG_00004 begins so
		"京":                       {3},
		"nikon 50mm":              {1},
		`"nikkor z 50mm"`:         {1},
		`"z 6_2 nikkor"`:          nil, // no phrase goes over what is written apart
		"2019":                    {2, 3},
		"2019 abend":              {2},
		"2019-05":                 {3},
		"2020-02-29":              {4},
		"2019-02-29":              nil, // no day
		"camera:nikon":            {1},
		"camera:apple 2019":       {2},
		"Lens:nikkor":             {1},
		"lens:apple":              nil,
		"camera:":                 {1, 2, 3, 4, 5, 6}, // being typed
		"name:img_0000":           {1, 2, 3, 4, 5, 6},
		"name:lodz":               nil,
		"tag:lodz":                {1},
		"caption:12":              {5},
		"type:video":              {4},
		"type:HEIC":               {3},
		"type:image after:2019":   {2, 3, 6},
		"before:2019":             {1},
		"after:2019-05 before:20": nil, // 20 is no date, and looked for as it stands
		"after:2019-05-31":        {3, 4, 6},
		"before:2019-05-31":       {1, 2},
		"rating:4":                {3},
		"rating:1 rating:3":       {3},
		"rating:9":                nil,
		"lens: party":             {5},
		"12:30":                   {5}, // no key
		`camera:"iphone 12"`:      {2},
		`camera:"iphone 1`:        {2}, // being typed
		"jpg bodensee nikon":      nil,
	} {
		if got := find(s, Query{Text: text}); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestQueryConditions(t *testing.T) {
	t.Parallel()
	s := queryLibrary()
	at := func(s string) time.Time {
		d, err := time.Parse(time.DateTime, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	newYear := at("2019-01-01 00:00:00")
	for name, c := range map[string]struct {
		q    Query
		want []int
	}{
		"from":             {Query{From: newYear}, []int{2, 3, 4, 6}},
		"to":               {Query{To: newYear}, []int{1}},
		"both":             {Query{From: newYear, To: at("2019-05-31 12:00:00")}, []int{2}},
		"none":             {Query{From: newYear, To: newYear}, nil},
		"upside down":      {Query{From: at("2020-01-01 00:00:00"), To: newYear}, nil},
		"other zone":       {Query{From: newYear.In(time.FixedZone("", 3600)).Add(-time.Hour)}, []int{2, 3, 4, 6}},
		"with text":        {Query{From: newYear, Text: "before:2019-06 after:2019-02"}, []int{3}},
		"camera":           {Query{Camera: "nikon 6"}, []int{1}},
		"camera in lens":   {Query{Camera: "nikkor"}, nil},
		"lens":             {Query{Lens: "50MM"}, []int{1}},
		"place":            {Query{Place: "zurich switz"}, []int{6}},
		"another place":    {Query{Place: "zurich germany"}, nil},
		"tag":              {Query{Tag: "lodz"}, []int{1}},
		"part of a tag":    {Query{Tag: "famil"}, nil},
		"media type":       {Query{Type: "image/heic"}, []int{3}},
		"rating":           {Query{MinRating: 2}, []int{3, 4}},
		"rating, and text": {Query{MinRating: 2, Text: "rating:3"}, []int{3}},
	} {
		if got := find(s, c.q); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// FuzzQuery: any text can be searched for, and one that finds an image finds no
// other image with more words behind it.
func FuzzQuery(f *testing.F) {
	for _, text := range []string{`camera:"iphone 1`, "2019-05 z", "rating:9 type:", "a:b:c \"", "東京 before:1970"} {
		f.Add(text)
	}
	s := queryLibrary()
	f.Fuzz(func(t *testing.T, text string) {
		all := s.Filter(Query{Text: text})
		if strings.Contains(text, `"`) {
			return
		}
		for _, i := range s.Filter(Query{Text: text + " nikon"}) {
			if !slices.Contains(all, i) {
				t.Errorf("%q finds image %d only with a further word", text, i)
			}
		}
	})
}
