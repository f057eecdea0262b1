package imagelib

import (
	"bytes"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/libpaul/paul/imagelib/internal/fold"
	"github.com/libpaul/paul/imagelib/places"
)

// textOf is where words are looked for.
type textOf uint8

const (
	inName textOf = 1 << iota
	inCaption
	inTags
	inCamera
	inLens
	inPlace

	inCommon   = inCamera | inLens
	inImage    = inName | inCaption | inTags
	everywhere = inCommon | inImage | inPlace
)

var wordsOf = map[string]textOf{"name": inName, "caption": inCaption, "tag": inTags, "camera": inCamera, "lens": inLens, "place": inPlace}

// word is one that is looked for.
type word struct {
	text   []byte // folded
	begins bool   // it must begin a word
	where  textOf
	span   span // what was taken then is found too
}

func newWord(text string, t span) word {
	folded := fold.Append(nil, text)
	return word{folded, len(folded) <= 2 && len(folded) > 0 && folded[0] < utf8.RuneSelf, everywhere, t}
}

// in reports whether a folded text has the word.
func (w *word) in(text []byte) bool {
	for from := 0; ; {
		i := bytes.Index(text[from:], w.text)
		if i < 0 {
			return false
		}
		if at := from + i; !w.begins || at == 0 || apart(text[at-1], text[at]) {
			return true
		}
		from += i + 1
	}
}

// apart reports whether a word begins at b, after a: both are letters, or both
// digits, where none does.
func apart(a, b byte) bool { return class(a) != class(b) || class(b) == 0 }

func class(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return 1
	case c >= 'a' && c <= 'z', c >= utf8.RuneSelf:
		return 2
	}
	return 0
}

// matcher decides which images a query selects. It is used by one goroutine.
type matcher struct {
	q      *Query
	tag    string // folded
	words  []word
	span   span
	day    yearday
	rating int
	types  []string
	live   bool // live photos alone

	commons map[*Common]*commonMatch // those seen so far
	places  map[places.ID][]bool     // words found, of those seen so far
	there   map[places.ID]bool       // those that are the country, region and city
	placed  bool                     // one of these is asked for
	within  bool                     // an area is
	last    *Common
	lastIs  *commonMatch
	buf     []byte
	parts   [3]int // ends in buf of name, caption and tags
	folded  bool   // they are there
}

// commonMatch says what of a query is met by what many images share.
type commonMatch struct {
	ok    bool   // as far as words go
	kind  bool   // it is of the kind and the type
	found []bool // by word
}

func newMatcher(q *Query) *matcher {
	m := &matcher{q: q, tag: fold.String(q.Tag), span: newSpan(q.From, q.To), rating: q.MinRating, commons: map[*Common]*commonMatch{}, places: map[places.ID][]bool{}, there: map[places.ID]bool{},
		placed: q.Country != "" || q.Region != "" || q.City != "", within: q.Area != Area{}}
	for where, text := range map[textOf]string{inCamera: q.Camera, inLens: q.Lens, inPlace: q.Place} {
		for _, f := range strings.Fields(text) {
			w := newWord(f, span{})
			w.where = where
			m.words = append(m.words, w)
		}
	}
	fields(q.Text, m.take)
	if q.Day != "" {
		if d, ok := parseDay(q.Day, time.Now()); ok {
			m.day = m.day.and(d)
		} else {
			m.day = noDay
		}
	}
	return m
}

func (m *matcher) selects(img *Image) bool {
	q := m.q
	switch {
	case q.Favourite && !img.Favourite,
		int(img.Rating) < m.rating,
		q.Album != "" && !slices.Contains(img.Albums, q.Album),
		q.Where == Here && !img.Here,
		q.Where == Elsewhere && img.Here,
		q.Where == OneCopy && img.Holders > 1,
		q.Unplaced && img.GPS != nil,
		m.within && (img.GPS == nil || !q.Area.Has(img.GPS.Lat, img.GPS.Lon)),
		m.span != span{} && !m.span.holds(img),
		!m.day.holds(img):
		return false
	}
	if q.Tag != "" && !slices.ContainsFunc(img.Tags, func(t string) bool { return m.equalFold(t, m.tag) }) {
		return false
	}
	if m.placed && !m.isThere(img.place) {
		return false
	}
	c := m.common(img.Common)
	return c.ok && m.isKind(img, c) && m.hasWords(img, c)
}

// isKind reports whether an image, or a raw file that goes with it, is of the kind
// and the type. The film of a live photo is found by its type, and is none of the
// library's films.
func (m *matcher) isKind(img *Image, c *commonMatch) bool {
	if m.live && !img.Live() {
		return false
	}
	if c.kind || img.More == nil {
		return c.kind
	}
	return slices.ContainsFunc(img.Partners(), func(f *Image) bool {
		return m.common(f.Common).kind && !(f.Kind == KindVideo && m.wantsFilms())
	})
}

// wantsFilms reports whether the query is about films of any type.
func (m *matcher) wantsFilms() bool {
	return m.q.Kind == KindVideo || slices.Contains(m.types, string(KindVideo))
}

func (m *matcher) equalFold(text, folded string) bool {
	m.buf = fold.Append(m.buf[:0], text)
	return string(m.buf) == folded
}

// common looks at what many images share, once.
func (m *matcher) common(c *Common) *commonMatch {
	if c == m.last {
		return m.lastIs
	}
	is, ok := m.commons[c]
	if !ok {
		is = m.matchCommon(c)
		m.commons[c] = is
	}
	m.last, m.lastIs = c, is
	return is
}

func (m *matcher) matchCommon(c *Common) *commonMatch {
	is := &commonMatch{found: make([]bool, len(m.words))}
	is.ok = true
	is.kind = (m.q.Kind == "" || m.q.Kind == c.Kind) && (m.q.Type == "" || m.q.Type == c.Type)
	for _, t := range m.types {
		is.kind = is.kind && (t == string(c.Kind) || t == c.Type || strings.HasSuffix(c.Type, "/"+t))
	}
	camera, lens := fold.Append(nil, c.Camera), fold.Append(nil, c.Lens)
	for i := range m.words {
		w := &m.words[i]
		is.found[i] = w.where&inCamera != 0 && w.in(camera) || w.where&inLens != 0 && w.in(lens)
		is.ok = is.ok && (is.found[i] || w.where&^inCommon != 0)
	}
	return is
}

// place returns which words the names of a place have.
func (m *matcher) place(id places.ID) []bool {
	found, ok := m.places[id]
	if !ok {
		found = make([]bool, len(m.words))
		p := places.Of(id)
		names := fold.Append(nil, p.City+"\n"+p.Region+"\n"+p.Country)
		for i := range m.words {
			w := &m.words[i]
			found[i] = id != 0 && w.where&inPlace != 0 && w.in(names)
		}
		m.places[id] = found
	}
	return found
}

// isThere reports whether a place is in the country, the region and the city that
// are asked for.
func (m *matcher) isThere(id places.ID) bool {
	there, ok := m.there[id]
	if !ok {
		p, q := places.Of(id), m.q
		there = id != 0 && (q.Country == "" || q.Country == p.Code) && (q.Region == "" || q.Region == p.Region) && (q.City == "" || q.City == p.City)
		m.there[id] = there
	}
	return there
}

func (m *matcher) hasWords(img *Image, c *commonMatch) bool {
	if len(m.words) == 0 {
		return true
	}
	m.folded = false
	there := m.place(img.place)
	for i := range m.words {
		w := &m.words[i]
		if !c.found[i] && !there[i] && !(w.span != span{} && w.span.holds(img)) && !m.hasWord(img, w) {
			return false
		}
	}
	return true
}

// hasWord looks for a word in what is an image's own.
func (m *matcher) hasWord(img *Image, w *word) bool {
	if w.where&inImage == 0 {
		return false
	}
	if !m.folded {
		m.fold(img)
	}
	if w.where&inImage == inImage {
		return w.in(m.buf)
	}
	start := 0
	for i, part := range []textOf{inName, inCaption, inTags} {
		if w.where&part != 0 && w.in(m.buf[start:m.parts[i]]) {
			return true
		}
		start = m.parts[i]
	}
	return false
}

// fold puts the texts of an image into buf, with what is in no word between.
func (m *matcher) fold(img *Image) {
	m.folded = true
	m.buf = append(fold.Append(m.buf[:0], img.Name), '\n')
	if img.More != nil {
		for _, f := range img.Partners() {
			m.buf = append(fold.Append(m.buf, f.Name), '\n')
		}
	}
	m.parts[0] = len(m.buf)
	if img.Caption != "" {
		m.buf = append(fold.Append(m.buf, img.Caption), '\n')
	}
	m.parts[1] = len(m.buf)
	for _, t := range img.Tags {
		m.buf = append(fold.Append(m.buf, t), '\n')
	}
	m.parts[2] = len(m.buf)
}
