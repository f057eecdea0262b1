package imagelib

import (
	"cmp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Where narrows a [Query] by where the bytes are.
type Where string

// Places to look.
const (
	Anywhere  Where = ""
	Here      Where = "here"      // on this device
	Elsewhere Where = "elsewhere" // on other devices only
	OneCopy   Where = "onecopy"   // verified on at most one device
)

// Query selects images: those that meet all its conditions. The zero Query
// selects all. Queries may be compared.
//
// Where it looks for words, all of them must be found. Case and diacritics do
// not count ("lodz" finds "Łódź"). A word of one or two letters must begin a
// word there, longer ones may lie within it, so that "see" finds "Bodensee".
type Query struct {
	// Text holds words that are looked for in name, caption, tags, camera, lens
	// and place. Words in double quotes are looked for as they stand, blanks included.
	// A word that is a year, a month or a day, as 2019, 2019-05 or 2019-05-31,
	// also finds what was taken then.
	//
	// A word may name what it is about:
	//
	//	name:img_1  caption:lake  tag:family  camera:nikon  lens:"50 mm"  place:berlin
	//	type:video  type:heic  type:live  rating:4  after:2019-05  before:2020
	//	day:05-31  day:today
	//
	// where a type is a [Kind], the end of a media type or live, for live photos, a rating is the least,
	// after, which may be written from, includes what it names and before does not. A day is one of any year, but for what was dated by its file
	// alone. What cannot be understood
	// as that is looked for as it stands.
	Text string `json:"text,omitempty"`

	// From and To bound the wall clock of the capture date: From is included, To
	// is not, and zero is no bound. Their location does not count. With either,
	// images without a date are not selected.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`

	// Camera, Lens and Place hold words that are looked for in these alone: a
	// place is the names of the town, the region and the country.
	Camera string `json:"camera,omitempty"`
	Lens   string `json:"lens,omitempty"`
	Place  string `json:"place,omitempty"`

	// Day selects by a day of any year, written as 05-31, or today, as day: of Text
	// does; what is neither selects nothing.
	Day string `json:"day,omitempty"`

	// Tag selects by one tag, whole.
	Tag string `json:"tag,omitempty"`

	// Kind selects one kind, and Type one media type, such as "image/heic". A raw
	// file that goes with a picture counts, and so does the type, but not the kind,
	// of a film that does.
	Kind Kind   `json:"kind,omitempty"`
	Type string `json:"type,omitempty"`

	// Favourite selects favourites only.
	Favourite bool `json:"favourite,omitempty"`

	// MinRating selects images of at least this rating.
	MinRating int `json:"minRating,omitempty"`

	// Album selects one album by ID. Of a smart album, its query must be met too;
	// where that query itself names a smart album, it selects nothing.
	Album string `json:"album,omitempty"`

	// Where selects by where the bytes are.
	Where Where `json:"where,omitempty"`

	// Country, by the code of [places.Place], Region and City select by the place
	// itself, and an empty one all of them. Area selects what was taken within
	// bounds, and Unplaced what says nothing of where it was taken.
	Country  string `json:"country,omitempty"`
	Region   string `json:"region,omitempty"`
	City     string `json:"city,omitempty"`
	Area     Area   `json:"area,omitzero"`
	Unplaced bool   `json:"unplaced,omitempty"`
}

// Area is a part of the Earth in degrees, north and east positive, with its
// bounds; the zero Area is all of it.
type Area struct {
	South float64 `json:"south"`
	West  float64 `json:"west"`
	North float64 `json:"north"`
	East  float64 `json:"east"`
}

// Has reports whether a place lies within the area.
func (a Area) Has(lat, lon float64) bool {
	return lat >= a.South && lat <= a.North && lon >= a.West && lon <= a.East
}

// valid reports whether an area can be saved: JSON has no other numbers.
func (a Area) valid() bool {
	return a.South >= -90 && a.South <= a.North && a.North <= 90 && a.West >= -180 && a.West <= a.East && a.East <= 180
}

// clean returns a query as it is saved: dates with UTC in place of their
// location, and nothing too long or out of range.
func (q Query) clean() Query {
	for _, t := range []*time.Time{&q.From, &q.To} {
		if !t.IsZero() {
			*t = time.Unix(wallSeconds(*t), 0).UTC()
		}
		if t.Year() < 1 || t.Year() > 9999 { // JSON has no others
			*t = time.Time{}
		}
	}
	for _, s := range []*string{&q.Text, &q.Camera, &q.Lens, &q.Place, &q.Tag, (*string)(&q.Kind), &q.Type, &q.Album, (*string)(&q.Where), &q.Day, &q.Country, &q.Region, &q.City} {
		*s = cut(*s)
	}
	if !q.Area.valid() {
		q.Area = Area{}
	}
	q.MinRating = int(clampRating(q.MinRating))
	return q
}

// Filter returns the indexes in Images of what q selects, in order.
func (s *Snapshot) Filter(q Query) []int {
	smart, isSmart := s.smart[q.Album]
	if isSmart {
		q.Album = ""
	}
	m, album := newMatcher(&q), newMatcher(&smart)
	lo, hi := s.taken(m.span.and(album.span))
	found := []int{}
	for i, img := range s.Images[lo:hi] {
		if m.selects(img) && (!isSmart || album.selects(img)) {
			found = append(found, lo+i)
		}
	}
	return found
}

// taken returns the range of Images that were taken within a span.
func (s *Snapshot) taken(t span) (lo, hi int) {
	if t == (span{}) {
		return 0, len(s.Images)
	}
	before := func(bound int64) int { // of the first image that was taken before
		return sort.Search(len(s.Images), func(i int) bool { return s.Images[i].Date.Wall.Unix() < bound })
	}
	if t.to != 0 {
		lo = before(t.to)
	}
	return lo, max(lo, before(cmp.Or(t.from, firstSecond)))
}

// span is a range of wall clock times, in seconds as of UTC: from is included,
// to is not, and zero is no bound.
type span struct{ from, to int64 }

// firstSecond is before any date, and after none.
const firstSecond = -1 << 35

func newSpan(from, to time.Time) (t span) {
	if !from.IsZero() {
		t.from = wallSeconds(from)
	}
	if !to.IsZero() {
		t.to = wallSeconds(to)
	}
	return t
}

// wallSeconds reads a clock as if it showed UTC. The one second that were zero,
// which stands for no bound, is the next.
func wallSeconds(t time.Time) int64 {
	_, offset := t.Zone()
	return cmp.Or(t.Unix()+int64(offset), 1)
}

func (t span) and(o span) span {
	if o.from != 0 && (t.from == 0 || o.from > t.from) {
		t.from = o.from
	}
	if o.to != 0 && (t.to == 0 || o.to < t.to) {
		t.to = o.to
	}
	return t
}

func (t span) holds(img *Image) bool {
	if img.Date.Wall.IsZero() {
		return false
	}
	wall := img.Date.Wall.Unix()
	return (t.from == 0 || wall >= t.from) && (t.to == 0 || wall < t.to)
}

// parseSpan reads a year, a month or a day.
func parseSpan(s string) (t span, ok bool) {
	for i, layout := range []string{"2006", "2006-01", time.DateOnly} {
		from, err := time.Parse(layout, s)
		if err != nil || from.Year() < 1800 || from.Year() > 2200 {
			continue
		}
		to := [...]time.Time{from.AddDate(1, 0, 0), from.AddDate(0, 1, 0), from.AddDate(0, 0, 1)}[i]
		return newSpan(from, to), true
	}
	return span{}, false
}

// fields splits a text at blanks that are not in double quotes, and takes the
// quotes away. key is what stands before a colon outside of quotes.
func fields(text string, yield func(key, word string)) {
	var key, word strings.Builder
	var quoted, started bool
	end := func() {
		if started {
			yield(key.String(), word.String())
		}
		key.Reset()
		word.Reset()
		started = false
	}
	for _, r := range text {
		switch {
		case r == '"':
			quoted = !quoted
		case unicode.IsSpace(r) && !quoted:
			end()
			continue
		case r == ':' && !quoted && key.Len() == 0 && word.Len() > 0:
			key.WriteString(word.String())
			word.Reset()
		default:
			word.WriteRune(r)
		}
		started = true
	}
	end()
}

// keys are what a word of a text may be about.
var keys = []string{"name", "caption", "tag", "camera", "lens", "place", "type", "rating", "after", "from", "before", "day"}

func isKey(key string) bool { return slices.Contains(keys, key) }

// take takes in one word of a text.
func (m *matcher) take(key, word string) {
	if key == "" {
		t, _ := parseSpan(word)
		m.words = append(m.words, newWord(word, t))
	} else if !m.takeAbout(strings.ToLower(key), word) {
		m.words = append(m.words, newWord(key+":"+word, span{}))
	}
}

// takeAbout takes in a word that says what it is about, and reports whether it
// could be understood as that. One that says nothing is left out.
func (m *matcher) takeAbout(key, word string) bool {
	t, isSpan := parseSpan(word)
	switch key {
	case "name", "caption", "tag", "camera", "lens", "place":
		if word != "" {
			w := newWord(word, span{})
			w.where = wordsOf[key]
			m.words = append(m.words, w)
		}
		return true
	case "type":
		switch word = strings.ToLower(word); word {
		case "":
		case "live":
			m.live = true
		default:
			m.types = append(m.types, word)
		}
		return true
	case "rating":
		n, err := strconv.Atoi(word)
		if err != nil || n < 0 || n > 5 {
			return false
		}
		m.rating = max(m.rating, n)
		return true
	case "after", "from":
		m.span = m.span.and(span{from: t.from})
		return isSpan
	case "before":
		m.span = m.span.and(span{to: t.from})
		return isSpan
	case "day":
		d, ok := parseDay(word, time.Now())
		if ok {
			m.day = m.day.and(d)
		}
		return ok
	}
	return false
}
