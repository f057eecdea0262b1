package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// album returns an album by its ID.
func (s *shell) album(id string) (imagelib.Album, bool) {
	albums := s.lib.Albums()
	i := slices.IndexFunc(albums, func(a imagelib.Album) bool { return a.ID == id })
	if i < 0 {
		return imagelib.Album{}, false
	}
	return albums[i], true
}

// saveSearch makes a smart album of what the page has found, after its name was
// asked for, and shows it.
func (s *shell) saveSearch() {
	g := s.presentGrid()
	if g == nil || !g.searched() {
		return
	}
	q := g.query
	if g.smart != nil { // a smart album is of no smart album, but of what both searches find
		text := q.Text
		q = *g.smart
		q.Text = bothTexts(q.Text, text)
	}
	s.askName(words.T("Save this search as an album"), strings.TrimSpace(g.query.Text), words.T("Save"), func(name string) {
		var made imagelib.Album
		s.goDo(func(ctx context.Context) (err error) {
			made, err = s.lib.CreateSmartAlbum(ctx, name, q)
			return err
		}, func(err error) {
			if err != nil {
				s.fail(words.T("Could not make the album"), err)
				return
			}
			s.open("album/" + made.ID)
		})
	})
}

// searched tells whether the page shows what a search has found.
func (g *gridPage) searched() bool { return !g.trash && strings.TrimSpace(g.query.Text) != "" }

// bothTexts joins two searches to one that finds what both find. A quote that is
// not closed ends with its search.
func bothTexts(a, b string) string {
	if strings.Count(a, `"`)%2 == 1 {
		a += `"`
	}
	return strings.TrimSpace(strings.TrimSpace(a) + " " + strings.TrimSpace(b))
}

// editSearch lets a person change the search of a smart album.
func (s *shell) editSearch(a imagelib.Album) {
	q := *a.Query
	text := q.Text
	q.Text = ""
	m := s.newModal(dialogWidth)
	e := newKeyEntry(m.hide)
	e.SetText(text)
	ok := look.NewButton(words.T("Save"), "", look.Primary, nil)
	submit := func() {
		if q.Text = strings.TrimSpace(e.Text); q == (imagelib.Query{}) {
			return // it would be of all photos
		}
		m.hide()
		s.goDo(func(ctx context.Context) error { return s.lib.SetQuery(ctx, a.ID, q) }, func(err error) {
			s.reload()
			if err != nil {
				s.fail(words.T("Could not change the search"), err)
			}
		})
	}
	ok.OnTapped = submit
	e.OnSubmitted = func(string) { submit() }
	box := look.VBox(0, look.NewText(words.T("Edit search"), look.SizeTitle, theme.ColorNameForeground).Bold(), look.Space(0, 14), e)
	if rest := s.tellQuery(q); rest != "" {
		box.Add(look.Pad(10, 0, 0, 0, look.NewPara(words.T("And only: {{.Search}}", "Search", rest), look.SizeBody, dialogWidth, theme.ColorNameForeground)))
	}
	box.Add(look.Pad(10, 0, 0, 0, look.NewPara(words.T("Words are looked for in names, captions, tags, cameras and places. Or say where: camera:nikon place:berlin tag:family type:video rating:4 after:2019-05 before:2020"),
		look.SizeCaption, dialogWidth, look.ColorSecondary)))
	box.Add(buttons(look.NewButton(words.T("Cancel"), "", look.Plain, m.hide), ok))
	m.set(box, ok)
	m.show()
	s.win.Canvas().Focus(e)
	e.TypedShortcut(&fyne.ShortcutSelectAll{})
}

// showSearch tells, over a smart album, which search it shows.
func (g *gridPage) showSearch() {
	key := ""
	if g.smart != nil {
		key = g.s.tellQuery(*g.smart)
	}
	if key == g.bannerKey {
		return
	}
	g.bannerKey = key
	g.banner.Objects = nil
	if key != "" {
		text := look.NewCut(words.T("What this search finds: {{.Search}}", "Search", key), look.SizeBody, theme.ColorNameForeground)
		edit := look.NewButton(words.T("Edit search…"), "edit", look.Plain, g.editSearch)
		row := container.NewBorder(nil, nil, look.Pad(0, 14, 0, 0, look.NewIcon("search", look.ColorSecondary, 20)), look.Pad(0, 0, 0, 14, edit), look.Middle(text))
		g.banner.Objects = []fyne.CanvasObject{look.Pad(0, 48, 10, 20,
			container.NewStack(look.NewSurface(look.ColorSurface, "", look.Radius), look.Pad(6, 6, 6, 14, row)))}
	}
	g.whole.Refresh()
}

// editSearch lets a person change the search of the smart album on the page.
func (g *gridPage) editSearch() {
	if a, ok := g.s.album(g.query.Album); ok && a.Query != nil {
		g.s.editSearch(a)
	}
}

// tellQuery names all that a query asks for: what pages and albums are called by
// their names, and the rest as it would be written into the search field.
func (s *shell) tellQuery(q imagelib.Query) string {
	var parts []string
	if q.Favourite {
		parts = append(parts, words.T("Favourites"))
	}
	switch q.Where {
	case imagelib.Here:
		parts = append(parts, words.T("On this computer"))
	case imagelib.Elsewhere:
		parts = append(parts, words.T("Elsewhere"))
	case imagelib.OneCopy:
		parts = append(parts, words.T("Only one copy"))
	}
	if q.Album != "" {
		a, ok := s.album(q.Album)
		if !ok {
			a.Name = words.T("an album that was deleted")
		}
		parts = append(parts, a.Name)
	}
	if text := fieldsText(q); text != "" {
		parts = append(parts, text)
	}
	return strings.Join(parts, " · ")
}

// fieldsText writes the conditions of a query that the search field can hold as
// it would.
func fieldsText(q imagelib.Query) string {
	var out []string
	add := func(key, value string) {
		if strings.ContainsFunc(value, func(r rune) bool { return r == ' ' || r == ':' }) {
			value = `"` + value + `"`
		}
		if value != "" {
			out = append(out, key+":"+value)
		}
	}
	for key, text := range map[string]string{"camera": q.Camera, "lens": q.Lens, "place": q.Place} {
		for _, w := range strings.Fields(text) {
			add(key, w)
		}
	}
	slices.Sort(out)
	add("tag", q.Tag)
	add("type", string(q.Kind))
	add("type", q.Type)
	if q.MinRating > 0 {
		add("rating", fmt.Sprint(q.MinRating))
	}
	add("after", boundText(q.From))
	add("before", boundText(q.To))
	if text := strings.TrimSpace(q.Text); text != "" {
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

// boundText is a bound of capture dates, with its time only where it has one.
func boundText(t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case t.Hour() == 0 && t.Minute() == 0 && t.Second() <= 1: // the first second stands for the zero one where that is zero
		return t.Format(time.DateOnly)
	default:
		return t.Format(time.DateTime)
	}
}
