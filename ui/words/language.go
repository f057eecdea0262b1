package words

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"fyne.io/fyne/v2/lang"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"github.com/libpaul/paul/assets"
)

// table holds the texts of a language. It never changes.
type table struct {
	tag   language.Tag
	texts map[string]forms
}

// forms are the forms of a text by plural category; a text without a number in
// it has "other" alone.
type forms map[plural.Form]string

// UnmarshalJSON reads one text, or an object of forms.
func (f *forms) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*f = forms{plural.Other: text}
		return nil
	}
	var named map[string]string
	if err := json.Unmarshal(b, &named); err != nil {
		return fmt.Errorf("a text, or an object of texts: %w", err)
	}
	*f = forms{}
	for name, text := range named {
		form, ok := categories[name]
		if !ok {
			return fmt.Errorf("plural category %q", name)
		}
		(*f)[form] = text
	}
	return nil
}

// categories are the plural categories of Unicode's CLDR.
var categories = map[string]plural.Form{
	"zero": plural.Zero, "one": plural.One, "two": plural.Two, "few": plural.Few, "many": plural.Many, "other": plural.Other,
}

// present is the language that is spoken; nil is English.
var present atomic.Pointer[table]

var english = sync.OnceValue(func() *table {
	t, err := load("en")
	if err != nil {
		return &table{tag: language.English} // a key is an English text
	}
	return t
})

func spoken() *table {
	if t := present.Load(); t != nil {
		return t
	}
	return english()
}

// Use speaks a language from now on, given as a BCP 47 tag; "" is the system's,
// or English where that is not known. Texts that are on the screen stay as
// they are. On an error English is spoken.
func Use(tag string) error {
	present.Store(nil)
	if tag == "" {
		tag = lang.SystemLocale().LanguageString()
	}
	t, err := load(closest(tag))
	if err != nil {
		return err
	}
	present.Store(t)
	return teachToolkit()
}

// UseTexts speaks a language that is not built in, of texts as in
// assets/translations: so a translator, or a test, sees it on the screens.
func UseTexts(tag string, texts []byte) error {
	t, err := parse(tag, texts)
	if err == nil {
		present.Store(t)
	}
	return err
}

// Language is the tag of the language that is spoken.
func Language() string { return spoken().tag.String() }

// closest is the best language for a tag that there is a translation of.
func closest(tag string) string {
	files, _ := assets.Translations.ReadDir("translations")
	tags := []language.Tag{language.English}
	for _, f := range files {
		if name, ok := strings.CutSuffix(f.Name(), ".json"); ok && name != "en" {
			tags = append(tags, language.Make(name))
		}
	}
	_, i, sure := language.NewMatcher(tags).Match(language.Make(tag))
	if sure == language.No {
		i = 0
	}
	return tags[i].String()
}

func load(tag string) (*table, error) {
	b, err := assets.Translations.ReadFile("translations/" + tag + ".json")
	if err != nil {
		return nil, fmt.Errorf("read the texts of %s: %w", tag, err)
	}
	return parse(tag, b)
}

// parse reads the texts of a language: JSON, from the English text to its
// translation.
func parse(tag string, b []byte) (*table, error) {
	id, err := language.Parse(tag)
	t := &table{tag: id}
	if err := errors.Join(err, json.Unmarshal(b, &t.texts)); err != nil {
		return nil, fmt.Errorf("read the texts of %s: %w", tag, err)
	}
	return t, nil
}

// text is the translation of a text without a number, or the text itself.
func (t *table) text(key string) string {
	if s, ok := t.texts[key][plural.Other]; ok {
		return s
	}
	return key
}

// plural is the translation of a text in the form that n takes.
func (t *table) plural(key string, n int) string {
	if n < 0 {
		n = -n
	}
	if s, ok := t.texts[key][plural.Cardinal.MatchPlural(t.tag, n, 0, 0, 0, 0)]; ok {
		return s
	}
	return t.text(key)
}

// mark is a sign of the language's numbers.
func mark(key string) string {
	if s := spoken().text(key); s != key {
		return s
	}
	return english().text(key)
}

// fill puts values into the places of a text: "{{.Name}}". Values may come in
// any order; a place without a value is left out.
func fill(text string, pairs []any) string {
	if !strings.Contains(text, "{{.") {
		return text
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "{{.")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, closed := strings.Cut(rest, "}}")
		if !closed {
			b.WriteString("{{." + rest)
			return b.String()
		}
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == name {
				fmt.Fprint(&b, pairs[i+1])
				break
			}
		}
		text = after
	}
}
