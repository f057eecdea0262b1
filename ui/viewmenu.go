package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/ui/grid"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// The zoom levels that the view menu names.
const (
	levelYears = iota
	levelMonths
)

// viewMenu offers how the photos of a page are shown.
func (s *shell) viewMenu(under fyne.CanvasObject) {
	g := s.presentGrid()
	if g == nil {
		return
	}
	level := g.grid.CurrentLevel()
	pick := func(text string, on bool, do func()) *fyne.MenuItem {
		i := fyne.NewMenuItem(text, do)
		i.Checked = on
		return i
	}
	to := func(level int) func() { return func() { g.grid.SetLevel(level) } }
	larger, smaller := item(words.T("Larger (Ctrl +)"), "plus", to(level+1)), item(words.T("Smaller (Ctrl −)"), "minus", to(level-1))
	larger.Disabled, smaller.Disabled = level == len(grid.Levels)-1, level == 0
	menu := fyne.NewMenu("",
		pick(words.T("Years"), level == levelYears, to(levelYears)),
		pick(words.T("Months"), level == levelMonths, to(levelMonths)),
		pick(words.T("Days"), level > levelMonths, to(grid.DefaultLevel)),
		fyne.NewMenuItemSeparator(), larger, smaller,
		fyne.NewMenuItemSeparator(),
		pick(words.T("Whole photos in rows"), !s.looks.Squares, func() { s.setSquares(false) }),
		pick(words.T("Squares"), s.looks.Squares, func() { s.setSquares(true) }),
		fyne.NewMenuItemSeparator(),
		item(words.T("What the signs mean…"), "info", s.showSigns),
	)
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(under)
	s.popUp(menu, at.AddXY(0, under.Size().Height+4))
}

// signText says what a sign on a photo means.
func signText(sign grid.Sign, m grid.Mark) string {
	switch sign {
	case grid.Favourite:
		return words.T("A favourite")
	case grid.Video:
		return words.T("A film")
	case grid.Kind:
		return kindText(m)
	case grid.Here:
		return words.T("On this computer, and on another device")
	case grid.Away:
		return words.T("Not on this computer, on another device")
	case grid.Saving:
		if m.Part > 0 {
			return words.T("Coming to this computer: {{.Percent}} %", "Percent", int(m.Part*100))
		}
		return words.T("Waits to come to this computer")
	case grid.Stuck:
		return words.T("Could not come yet; Activity says why")
	case grid.OneCopy:
		return words.T("Only one device has this photo")
	default:
		return ""
	}
}

// kindText says what the word on a tile means.
func kindText(m grid.Mark) string {
	switch m.Kind {
	case kindRaw:
		return words.T("A raw file of the camera")
	case kindLive:
		return words.T("A live photo: a picture and a short film")
	case kindRawLive:
		return words.T("A picture, its raw file and a short film, shown as one photo")
	}
	switch {
	case strings.HasPrefix(m.Kind, kindRaw+"+"):
		return words.T("A raw file and the picture of the same shot")
	case m.Video:
		return words.T("How long the film lasts")
	default:
		return ""
	}
}

// showSigns explains the signs on photos.
func (s *shell) showSigns() {
	m := s.newModal(dialogWidth)
	box := look.VBox(6)
	symbol := func(name string, colour fyne.ThemeColorName, sign grid.Sign) {
		box.Add(legend(look.NewIcon(name, colour, 16), signText(sign, grid.Mark{})))
	}
	symbol("here", look.ColorOnStage, grid.Here)
	symbol("elsewhere", look.ColorOnStage, grid.Away)
	symbol("one-copy", look.ColorOnRisk, grid.OneCopy)
	symbol("save", look.ColorToastLink, grid.Saving)
	symbol("warning", look.ColorOnRisk, grid.Stuck)
	symbol("heart-full", look.ColorOnStage, grid.Favourite)
	symbol("play", look.ColorOnStage, grid.Video)
	for _, kind := range []string{kindRaw, kindRawJPEG, kindLive} {
		box.Add(legend(look.NewText(kind, 10, look.ColorOnStage).Bold(), kindText(grid.Mark{Kind: kind})))
	}
	done := look.NewButton(words.T("Close"), "", look.Primary, m.hide)
	m.set(look.VBox(12, look.NewText(words.T("What the signs on photos mean"), look.SizeTitle, theme.ColorNameForeground).Bold(),
		look.NewPara(words.T("A photo without a sign at the bottom right is on this computer and on another device."), look.SizeBody, dialogWidth, look.ColorSecondary),
		box, buttons(done)), done)
	m.show()
}

// legend is a sign as tiles show it, and what it means.
func legend(sign fyne.CanvasObject, text string) fyne.CanvasObject {
	pill := container.NewStack(look.NewSurface(look.ColorStage, "", 10), look.Fixed(78, 24, container.NewCenter(sign)))
	return container.NewBorder(nil, nil, look.Pad(0, 14, 0, 0, container.NewCenter(pill)), nil,
		look.Middle(look.NewPara(text, look.SizeBody, dialogWidth-98, theme.ColorNameForeground)))
}
