package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// showFilters tells, over what a search has found, what it asks for, each to be taken
// out of it.
func (g *gridPage) showFilters() {
	if g.query.Text == g.chipsOf {
		return
	}
	g.chipsOf = g.query.Text
	g.chips.Objects = nil
	if list := filters(g.query.Text); len(list) > 0 {
		row := look.HBox(6)
		for _, f := range list {
			row.Add(g.filterChip(f))
		}
		g.chips.Objects = []fyne.CanvasObject{look.Pad(0, 20, 8, 20, container.NewHScroll(row))}
	}
	g.whole.Refresh()
}

func (g *gridPage) filterChip(f filter) fyne.CanvasObject {
	s := g.s
	text := look.Middle(look.NewText(f.text, look.SizeBody, "foreground"))
	drop := look.NewIconButton("close", words.T("Search without {{.Filter}}", "Filter", f.text), look.Ghost, func() {
		rest := withoutWord(g.query.Text, f.word)
		s.bar.search.quiet(func() { s.bar.search.SetText(rest) })
		s.bar.stopSearch()
		g.search(rest)
		s.bar.reload()
		s.focusGrid()
	})
	return container.NewStack(look.NewSurface("button", "", look.Radius), look.Pad(0, 0, 0, 12, look.HBox(0, text, drop)))
}
