package ui

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/assets"
	"github.com/libpaul/paul/ui/grid"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// speak makes the screens of a test speak a language.
func speak(t *testing.T, tag string) {
	t.Helper()
	if err := words.Use(tag); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = words.Use("en") }) // it was read before
}

// longer makes each English text 40 % longer, as other languages are.
func longer(t *testing.T) []byte {
	t.Helper()
	b, err := assets.Translations.ReadFile("translations/en.json")
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]any
	if err := json.Unmarshal(b, &texts); err != nil {
		t.Fatal(err)
	}
	for key, text := range texts {
		switch text := text.(type) {
		case string:
			texts[key] = stretch(text)
		case map[string]any:
			for form, s := range text {
				text[form] = stretch(s.(string))
			}
		}
	}
	b, err = json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var slot = regexp.MustCompile(`{{\.\w+}}`)

// stretch repeats the end of each word, so that a text is 40 % longer and
// breaks where it did.
func stretch(s string) string {
	if len([]rune(slot.ReplaceAllString(s, ""))) < 3 || s == "15:04" {
		return s
	}
	var out []string
	for w := range strings.SplitSeq(s, " ") {
		if r := []rune(w); len(r) > 2 && !strings.Contains(w, "{{") {
			w += strings.ToLower(string(r[len(r)-1-len(r)*2/5:]))
		}
		out = append(out, w)
	}
	return strings.Join(out, " ")
}

// TestTextsFit draws every screen in a small window with texts of several
// languages: none may be cut without an ellipsis, stand out of what it belongs
// to or of the window, or lie on another.
func TestTextsFit(t *testing.T) {
	for _, language := range []string{"longer", "de", "fr"} {
		t.Run(language, func(t *testing.T) {
			if language == "longer" {
				t.Cleanup(func() { _ = words.Use("en") }) // it was read before
				if err := words.UseTexts("en", longer(t)); err != nil {
					t.Fatal(err)
				}
			} else {
				speak(t, language)
			}
			onEachScreen(t, "light", small, func(t *testing.T, name string, r *rig) {
				t.Helper()
				r.shoot(name + "-" + language)
				checkFit(t, r)
			})
		})
	}
}

func checkFit(t *testing.T, r *rig) {
	t.Helper()
	layers := r.painted()
	window := boxOf(fyne.Position{}, r.win.Canvas().Size())
	var placed []painted
	top := layers[len(layers)-1]
	for i, p := range top {
		if _, acts := p.o.(fyne.Focusable); acts && !p.at.cut(p.clip).empty() && !p.at.within(p.clip, 2) && !clipped(p) {
			t.Errorf("%T at %v is cut by its view %v", p.o, p.at, p.clip)
		}
		text, ok := p.o.(*canvas.Text)
		if !ok || strings.TrimSpace(text.Text) == "" {
			continue
		}
		at := ink(p)
		switch {
		case at.cut(p.clip).empty() && p.inside: // scrolled out of view
			continue
		case at.cut(window).empty() || covered(p, top[i+1:]): // put aside
			continue
		case clipped(p): // it can be dragged into view
			continue
		case !at.within(window, 1):
			t.Errorf("%q at %v is cut by the window", text.Text, at)
		case !p.inside && !at.inHeight(window, 1):
			t.Errorf("%q at %v is under or over the window", text.Text, at)
		case !at.within(p.clip, 1):
			t.Errorf("%q at %v is cut by its view %v", text.Text, at, p.clip)
		case !at.within(p.ground, 1.5):
			t.Errorf("%q at %v stands out of its %T at %v", text.Text, at, p.owner, p.ground)
		}
		if !inGrid(p) {
			placed = append(placed, p)
		}
	}
	for i, a := range placed {
		for _, b := range placed[:i] {
			if both := ink(a).cut(a.clip).cut(ink(b).cut(b.clip)); both.right-both.left > 2 && both.bottom-both.top > 3 {
				t.Errorf("%q at %v lies on %q at %v", a.o.(*canvas.Text).Text, ink(a), b.o.(*canvas.Text).Text, ink(b))
			}
		}
	}
}

// covered tells whether something as wide as the page, such as the viewer, was
// drawn later over a text.
func covered(p painted, later []painted) bool {
	for _, o := range later {
		if c, ok := filled(o.o); ok && c.A == 255 && o.at.right-o.at.left > 300 && o.at.holds(p.at.left, p.at.top) {
			return true
		}
	}
	return false
}

// clipped tells whether something is on a map or the like, which shows a part of
// itself.
func clipped(p painted) bool {
	for _, o := range p.path {
		if _, ok := o.(*container.Clip); ok {
			return true
		}
		_, field := o.(interface{ SelectedText() string })
		if field && isWritten(p.o) {
			return true // what is written in a field scrolls, and its hint does not
		}
	}
	return false
}

// isWritten tells the text of a field from its hint.
func isWritten(o fyne.CanvasObject) bool {
	text, ok := o.(*canvas.Text)
	return ok && text.Color != look.Color(theme.ColorNamePlaceHolder)
}

// inGrid tells whether something is drawn by the grid, whose pinned header
// covers others.
func inGrid(p painted) bool {
	for _, o := range p.path {
		if _, ok := o.(*grid.Grid); ok {
			return true
		}
	}
	return false
}

// TestNamesFromRightToLeft gives every photo and album a name and a caption in
// Arabic or Hebrew, long and without a place to break: they are cut like others.
// The toolkit shapes them, and draws each run of them from right to left.
func TestNamesFromRightToLeft(t *testing.T) {
	names := []string{"صورةالعائلةفيالحديقةالكبيرةبالقربمنالبيتالقديم.jpg", "תמונהשלהמשפחהבגינההגדולהלידהביתהישן.jpg", "رحلة 2024 الى القدس IMG_1.jpg"}
	change := func(f *fake) {
		for i, img := range f.images {
			changed := *img
			changed.Name, changed.Caption = names[i%3], names[(i+1)%3]
			f.images[i] = &changed
			e := f.entries[img.Digest]
			e.Name = changed.Name
			f.entries[img.Digest] = e
		}
		for i := range f.albums {
			f.albums[i].Name = names[i%3]
		}
	}
	onEachScreenWith(t, "light", small, change, func(t *testing.T, _ string, r *rig) {
		t.Helper()
		checkFit(t, r)
	})
}
