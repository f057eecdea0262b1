package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"github.com/libpaul/paul/ui/look"
)

func TestLastWord(t *testing.T) {
	for text, want := range map[string]string{"": "|", "sea": "|sea", "sea ta": "sea |ta", `tag:"By the`: `|tag:"By the`, `a "b c" d`: `a "b c" |d`, "sea ": "sea |"} {
		before, word := lastWord(text)
		if got := before + "|" + word; got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestFilters(t *testing.T) {
	for text, want := range map[string]string{
		"":      "[]",
		"lake":  "[]",
		"tag:":  "[]",
		"x:y z": "[]",
		`lake tag:"By the sea" rating:4 type:video after:2019 nothing:here`: `[{Tag: By the sea tag:"By the sea"} {Rated 4 or more rating:4} {Videos type:video} {From 2019 on after:2019}]`,
	} {
		if got := fmt.Sprint(filters(text)); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	if got := withoutWord(`lake  tag:"By the sea" rating:4`, `tag:"By the sea"`); got != "lake rating:4" {
		t.Errorf("the rest is %q", got)
	}
}

func TestSuggestions(t *testing.T) {
	f := newFake(90)
	travelled(f)
	wellTagged(f)
	r := newRig(t, f, large)
	for text, want := range map[string]string{
		"":            "",
		"fam":         "tag:Family",
		"x tag:":      "tag:Alps tag:Sea tag:Family",
		"ALP":         "tag:Alps album:alps",
		"zerm":        "place:Zermatt",
		"reykjavi":    "place:Reykjavík",
		"place:Switz": "place:Switzerland",
		"fuji":        `camera:"Fujifilm X-T4"`,
		"vid":         "type:video",
		"rating:":     "rating:5 rating:4 rating:3 rating:2 rating:1",
		"202":         "2024 2023 2022",
		"aug":         "2024-08 2023-08",
		"capt":        "caption:",
		`"new y`:      `place:"New York City"`,
	} {
		var got []string
		for _, c := range r.suggestions(text) {
			if c.album != "" {
				c.word = "album:" + c.album
			}
			got = append(got, c.word)
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%q: %s, want %s", text, g, want)
		}
	}
}

// TestSearchIsGoneOnWith checks the keys and the mouse in the box of suggestions, and the
// chips of what is searched.
func TestSearchIsGoneOnWith(t *testing.T) {
	f := newFake(90)
	wellTagged(f)
	r := newRig(t, f, large)
	e := r.bar.search
	key := func(name fyne.KeyName) { e.TypedKey(&fyne.KeyEvent{Name: name}) }
	r.win.Canvas().Focus(e)
	test.Type(e, "se")
	r.wantText("Sea")
	key(fyne.KeyDown)
	key(fyne.KeyUp)
	if r.suggest.chosen != -1 {
		t.Errorf("row %d is chosen", r.suggest.chosen)
	}
	for r.suggest.chosen < 0 || r.suggest.rows[r.suggest.chosen].word != "tag:Sea" {
		if !r.suggest.step(1) {
			t.Fatal("the tag is not suggested")
		}
	}
	key(fyne.KeyReturn)
	if e.Text != "tag:Sea " || r.suggest.object.Visible() {
		t.Fatalf("the search is %q", e.Text)
	}
	r.fire(searchPause)
	r.until("the search", func() bool { return r.presentGrid().grid.Source().Len() == 4 })
	test.Type(e, "fam")
	i := slices.IndexFunc(r.suggest.rows, func(row *suggestRow) bool { return row.word == "tag:Family" })
	r.suggest.rows[i].MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary})
	r.fire(searchPause)
	r.until("the search", func() bool { return r.presentGrid().grid.Source().Len() == 2 })
	r.wantText("Tag: Family")
	var drop *look.Button
	walk(r.presentGrid().chips, func(o fyne.CanvasObject) {
		if b, ok := o.(*look.Button); ok {
			drop = b // the last
		}
	})
	test.Tap(drop)
	if e.Text != "tag:Sea" || r.presentGrid().grid.Source().Len() != 4 {
		t.Errorf("without a filter the search is %q", e.Text)
	}
	r.win.Canvas().Focus(e)
	e.SetText("sum")
	key(fyne.KeyDown)
	key(fyne.KeyReturn)
	if r.current != "album/alps" {
		t.Errorf("the album leads to %q", r.current)
	}
	r.win.Canvas().Focus(r.bar.search)
	test.Type(e, "ta")
	key(fyne.KeyEscape)
	if e.Text != "" || r.suggest.object.Visible() {
		t.Error("Escape leaves the search")
	}
	r.win.Canvas().Focus(e)
	test.Type(e, "ta")
	r.win.Canvas().Unfocus()
	r.fire(suggestPause)
	r.until("no box", func() bool { return !r.suggest.object.Visible() })
}
