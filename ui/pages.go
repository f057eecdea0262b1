package ui

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// makePage makes a page by its ID; "album/ID" is an album's.
func (s *shell) makePage(id string) page {
	if album, ok := strings.CutPrefix(id, "album/"); ok {
		return newGridPage(s, words.T("Album"), imagelib.Query{Album: album}, false)
	}
	if device, ok := lossPage(id); ok {
		return newLossPage(s, device)
	}
	switch id {
	case "favourites":
		return newGridPage(s, words.T("Favourites"), imagelib.Query{Favourite: true}, false)
	case "here":
		return newGridPage(s, words.T("On this computer"), imagelib.Query{Where: imagelib.Here}, false)
	case "elsewhere":
		return newGridPage(s, words.T("Elsewhere"), imagelib.Query{Where: imagelib.Elsewhere}, false)
	case "onecopy":
		return newGridPage(s, words.T("Only one copy"), imagelib.Query{Where: imagelib.OneCopy}, false)
	case "trash":
		return newGridPage(s, words.T("Trash"), imagelib.Query{}, true)
	case "duplicates":
		return newDuplicatesPage(s)
	case "places":
		return newPlacesPage(s)
	case "albums":
		return newAlbumsPage(s)
	case "devices":
		return newDevicesPage(s)
	case "activity":
		return newActivityPage(s)
	case removalsID:
		return newRemovalsPage(s)
	case "settings":
		return newSettingsPage(s)
	default:
		return newGridPage(s, words.T("Photos"), imagelib.Query{}, false)
	}
}

// dayTitle writes a day's header, as of now.
func (s *shell) dayTitle(t time.Time, short bool) string {
	return dated(func(t time.Time) string { return words.Day(s.now(), t, short) })(t)
}

// dated is a way to write times that says so of photos without a date.
func dated(write func(time.Time) string) func(time.Time) string {
	return func(t time.Time) string {
		if t.IsZero() || t.Year() < 1800 {
			return words.T("No date")
		}
		return write(t)
	}
}

// sortImages puts images newest first.
func sortImages(images []*imagelib.Image) {
	slices.SortStableFunc(images, func(a, b *imagelib.Image) int {
		return cmp.Or(b.Date.Wall.Compare(a.Date.Wall), cmp.Compare(a.Name, b.Name))
	})
}

// extension is a file's kind by its name, in capitals: "HEIC".
func extension(name string) string {
	return strings.ToUpper(strings.TrimPrefix(filepath.Ext(name), "."))
}

// showBanner tells, over the trash, how long it keeps photos, and of deletions
// by another device that wait for the person here.
func (g *gridPage) showBanner() {
	s := g.s
	key := fmt.Sprint(len(s.dev.HeldDeletions()), g.grid.Source().Len() > 0, len(s.devices))
	if key == g.bannerKey {
		return
	}
	g.bannerKey = key
	g.banner.Objects = nil
	if held := s.dev.HeldDeletions(); len(held) > 0 {
		names := map[string]string{}
		for _, d := range s.devices {
			names[d.ID] = d.Name
		}
		by := words.T("Another device")
		if held[0].Deleted != nil && names[held[0].Deleted.By] != "" {
			by = names[held[0].Deleted.By]
		}
		text := words.N("{{.Device}} deleted {{.N}} photos at once. The copies on this computer are kept until you agree.", len(held), "Device", by)
		agree := look.NewButton(words.T("Agree"), "", look.Plain, func() { s.goDo(s.dev.AgreeDeletions, s.reportTo(words.T("Could not move the copies to the trash"))) })
		bring := look.NewButton(words.T("Restore all"), "restore", look.Primary, func() { s.restore(digestsOfEntries(held), len(held)) })
		g.banner.Objects = []fyne.CanvasObject{look.Pad(0, 48, 10, 20, notice("warning", look.ColorRisk, look.ColorRiskSoft, text, agree, bring))}
	} else if g.grid.Source().Len() > 0 {
		g.banner.Objects = []fyne.CanvasObject{look.Pad(0, 48, 10, 20,
			notice("info", look.ColorSecondary, look.ColorSurface, words.T("Photos stay in the trash for 30 days. Select some to restore them on every device that has them.")))}
	}
	g.whole.Refresh()
}

// reportTo returns a done func that tells of a failure under a title.
func (s *shell) reportTo(what string) func(error) {
	return func(err error) {
		if err != nil && !cancelled(err) {
			s.fail(what, err)
		}
	}
}
