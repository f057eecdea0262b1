package ui

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// cardNotice offers to import what a camera or a card has. It does nothing by itself.
func (s *shell) cardNotice(c app.CardInfo) fyne.CanvasObject {
	return notice("camera", theme.ColorNamePrimary, look.ColorSoft, cardText(c),
		look.NewButton(words.T("Not now"), "", look.Ghost, func() {
			s.dev.DismissCard(c.Path)
			s.notices.reload()
		}),
		look.NewButton(words.T("Import"), "", look.Primary, func() {
			s.dev.DismissCard(c.Path)
			s.notices.reload()
			s.importPaths([]string{c.Path})
		}))
}

// cardText says how many photos a card has, and how many of them are new.
func cardText(c app.CardInfo) string {
	if c.New == c.Photos {
		return words.N("Import {{.N}} photos from {{.Card}}?", c.Photos, "Card", c.Name)
	}
	return words.N("Import {{.N}} new photos from {{.Card}}?", c.New, "Card", c.Name) + " " +
		words.N("{{.N}} others there seem to be in the library already.", c.Photos-c.New)
}

// pluggedKey changes when the notice of a card would.
func pluggedKey(c app.CardInfo) string { return fmt.Sprint("card ", c.Path, " ", c.Photos, " ", c.New) }
