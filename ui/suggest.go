package ui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/words"
)

// suggestion is what the search may go on with.
type suggestion struct {
	symbol string
	text   string // as it is shown
	detail string // what it is
	word   string // takes the place of the word that is being written
	album  string // is opened in place of that; or empty
}

// Bounds on what is suggested.
const (
	mostSuggestions = 8
	mostOfKind      = 3
)

// lastWord splits a search at the word that is being written, quotes and all.
func lastWord(text string) (before, word string) {
	quoted, start := false, 0
	for i, r := range text {
		switch {
		case r == '"':
			quoted = !quoted
		case r == ' ' && !quoted:
			start = i + 1
		}
	}
	return text[:start], text[start:]
}

// searchWord writes a word of a search about something, in quotes where it needs them.
func searchWord(key, value string) string {
	value = strings.ReplaceAll(value, `"`, "")
	if strings.ContainsAny(value, " :\t") || value == "" {
		value = `"` + value + `"`
	}
	if key == "" {
		return value
	}
	return key + ":" + value
}

// suggestions are what the word at the end of a search may become: albums, tags,
// places, cameras, months, kinds, and the words that say what others are about.
func (s *shell) suggestions(text string) (out []suggestion) {
	_, word := lastWord(text)
	key, value, keyed := strings.Cut(word, ":")
	if keyed {
		key = strings.ToLower(key)
	} else {
		key, value = "", word
	}
	want := imagelib.Fold(strings.Trim(value, `"`))
	if want == "" && !keyed {
		return nil
	}
	for _, kind := range s.suggestionKinds() {
		if keyed && key != kind.key {
			continue
		}
		list := slices.DeleteFunc(kind.list(), func(c suggestion) bool {
			return !strings.Contains(imagelib.Fold(c.text), want) || c.album == "" && c.word == word
		})
		slices.SortStableFunc(list, func(a, b suggestion) int { return cmp.Compare(begins(b, want), begins(a, want)) })
		most := mostOfKind
		if keyed {
			most = mostSuggestions
		}
		out = append(out, list[:min(len(list), most)]...)
	}
	if !keyed {
		slices.SortStableFunc(out, func(a, b suggestion) int { return cmp.Compare(begins(b, want), begins(a, want)) })
	}
	return out[:min(len(out), mostSuggestions)]
}

// begins is 1 where a suggestion begins with what is wanted, else 0.
func begins(c suggestion, want string) int {
	if strings.HasPrefix(imagelib.Fold(c.text), want) {
		return 1
	}
	return 0
}

// suggestionKind is what may be suggested for a key, or without one.
type suggestionKind struct {
	key  string
	list func() []suggestion
}

func (s *shell) suggestionKinds() []suggestionKind {
	return []suggestionKind{
		{"", s.albumSuggestions},
		{"tag", s.tagSuggestions},
		{"place", s.placeSuggestions},
		{"camera", s.cameraSuggestions},
		{"type", typeSuggestions},
		{"rating", ratingSuggestions},
		{"", s.monthSuggestions},
		{"", keySuggestions},
	}
}

func (s *shell) albumSuggestions() (out []suggestion) {
	for _, a := range s.lib.Albums() {
		out = append(out, suggestion{symbol: "albums", text: a.Name, detail: words.Photos(a.Count), album: a.ID})
	}
	return out
}

func (s *shell) tagSuggestions() (out []suggestion) {
	tags := slices.Clone(s.snap.tags())
	slices.SortStableFunc(tags, func(a, b imagelib.Tag) int { return b.Count - a.Count })
	for _, t := range tags {
		out = append(out, suggestion{symbol: "tag", text: t.Name, detail: words.Photos(t.Count), word: searchWord("tag", t.Name)})
	}
	return out
}

// placeSuggestions are towns and countries, those of the most photos first.
func (s *shell) placeSuggestions() (out []suggestion) {
	count := map[string]int{}
	for _, p := range s.snap.facets().Places {
		count[p.City] += p.Count
		if p.Country != p.City {
			count[p.Country] += p.Count
		}
	}
	return counted(count, "pin", "place")
}

func (s *shell) cameraSuggestions() []suggestion {
	count := map[string]int{}
	for _, c := range s.snap.facets().Cameras {
		count[c.Name] = c.Count
	}
	return counted(count, "camera", "camera")
}

// counted are names as suggestions, those of the most photos first.
func counted(count map[string]int, symbol, key string) (out []suggestion) {
	for name, n := range count {
		out = append(out, suggestion{symbol: symbol, text: name, detail: words.Photos(n), word: searchWord(key, name)})
	}
	slices.SortFunc(out, func(a, b suggestion) int {
		return cmp.Or(cmp.Compare(count[b.text], count[a.text]), cmp.Compare(a.text, b.text))
	})
	return out
}

// monthSuggestions are years and months, as words of a search that find what was taken
// then.
func (s *shell) monthSuggestions() (out []suggestion) {
	years, order := map[int]int{}, []int{}
	for _, m := range s.snap.facets().Months {
		if years[m.Year] == 0 {
			order = append(order, m.Year)
		}
		years[m.Year] += m.Count
	}
	for _, y := range order {
		out = append(out, suggestion{symbol: "calendar", text: fmt.Sprint(y), detail: words.Photos(years[y]), word: fmt.Sprintf("%04d", y)})
	}
	for _, m := range s.snap.facets().Months {
		out = append(out, suggestion{symbol: "calendar", text: words.Month(monthOf(m)), detail: words.Photos(m.Count), word: fmt.Sprintf("%04d-%02d", m.Year, int(m.Month))})
	}
	return out
}

// typeName names what type: finds, where it has a name.
func typeName(word string) string {
	switch word {
	case "video":
		return words.T("Videos")
	case "raw":
		return words.T("Raw photos")
	case "live":
		return words.T("Live photos")
	case "image":
		return words.T("Pictures")
	default:
		return strings.ToUpper(word)
	}
}

func typeSuggestions() (out []suggestion) {
	for _, t := range []string{"video", "raw", "live", "image", "heic", "jpeg", "png"} {
		out = append(out, suggestion{symbol: "file", text: typeName(t), detail: "type:" + t, word: "type:" + t})
	}
	return out
}

func ratingName(stars string) string { return words.T("Rated {{.Stars}} or more", "Stars", stars) }

func ratingSuggestions() (out []suggestion) {
	for n := 5; n > 0; n-- {
		out = append(out, suggestion{symbol: "star", text: ratingName(fmt.Sprint(n)), detail: fmt.Sprint("rating:", n), word: fmt.Sprint("rating:", n)})
	}
	return out
}

// keySuggestions are the words that say what others are about.
func keySuggestions() (out []suggestion) {
	for _, k := range []struct{ key, what string }{
		{"tag", words.T("A tag")},
		{"place", words.T("A town, a region or a country")},
		{"camera", words.T("A camera")},
		{"lens", words.T("A lens")},
		{"name", words.T("The name of the file")},
		{"caption", words.T("The caption")},
		{"type", words.T("A kind of file")},
		{"rating", words.T("So many stars at least")},
		{"after", words.T("Taken then or later, as 2019-05")},
		{"before", words.T("Taken before, as 2020")},
		{"day", words.T("A day of any year, as 05-31 or today")},
	} {
		out = append(out, suggestion{symbol: "search", text: k.key + ":", detail: k.what, word: k.key + ":"})
	}
	return out
}

// filter is a word of a search that says what it is about.
type filter struct{ text, word string }

// filters are those words of a search, as a person would say them, and what else there
// is to it.
func filters(text string) (out []filter) {
	for rest := text; rest != ""; {
		var word string
		rest, word = lastWord(strings.TrimRight(rest, " "))
		key, value, ok := strings.Cut(word, ":")
		value = strings.Trim(value, `"`)
		if !ok || value == "" || strings.HasPrefix(word, `"`) || imagelib.CheckText(word) != nil {
			continue
		}
		out = append(out, filter{filterName(strings.ToLower(key), value), word})
	}
	slices.Reverse(out)
	return out
}

// filterName says what a word of a search finds.
func filterName(key, value string) string {
	switch key {
	case "tag":
		return words.T("Tag: {{.Text}}", "Text", value)
	case "place":
		return words.T("Place: {{.Text}}", "Text", value)
	case "camera":
		return words.T("Camera: {{.Text}}", "Text", value)
	case "lens":
		return words.T("Lens: {{.Text}}", "Text", value)
	case "name":
		return words.T("Name: {{.Text}}", "Text", value)
	case "caption":
		return words.T("Caption: {{.Text}}", "Text", value)
	case "type":
		return typeName(strings.ToLower(value))
	case "rating":
		return ratingName(value)
	case "after", "from":
		return words.T("From {{.Text}} on", "Text", value)
	case "before":
		return words.T("Before {{.Text}}", "Text", value)
	default:
		return words.T("Day: {{.Text}}", "Text", value)
	}
}

// withoutWord returns a search without one of its words.
func withoutWord(text, word string) string {
	var kept []string
	dropped := false
	for rest := strings.TrimRight(text, " "); rest != ""; rest = strings.TrimRight(rest, " ") {
		var w string
		if rest, w = lastWord(rest); w == word && !dropped {
			dropped = true
			continue
		}
		kept = append(kept, w)
	}
	slices.Reverse(kept)
	return strings.Join(kept, " ")
}
