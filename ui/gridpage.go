package ui

import (
	"maps"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/grid"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// gridPage shows the photos that a query selects, or those in the trash.
type gridPage struct {
	s         *shell
	name      string // for a page that is not an album
	query     imagelib.Query
	trash     bool
	only      string            // shows what only the device of this ID has; or ""
	there     []int             // the photos of only, by their places in the snapshot
	thereOf   []*imagelib.Image // of that
	chips     *fyne.Container   // what the search asks for
	chipsOf   string            // the search
	dayOf     []*imagelib.Image // of the snapshot that the banner tells this day's photos of
	dayKey    string
	back      string // the page above; or empty, as for an album
	grid      *grid.Grid
	whole     *fyne.Container
	empty     *fyne.Container // over the grid, when there is nothing in it
	banner    *fyne.Container
	bannerKey string            // what the banner shows
	from      []*imagelib.Image // of the snapshot that is shown
	deleted   []app.Entry       // that the trash shows
	marks     map[app.Digest]string
	day       string // of what it tells
	lastQ     imagelib.Query
	smart     *imagelib.Query // of the smart album that it shows; else nil
	lastSmart imagelib.Query
	first     bool
	few       []app.Digest // photos that the page keeps to; nil = all

	awaited   *grid.Spot // where the last run left the page, until it is there
	awaitedAt float64    // offset since the page has waited for that
	before    grid.Spot  // where the page stood before its search
}

func newGridPage(s *shell, name string, query imagelib.Query, trash bool) *gridPage {
	g := &gridPage{s: s, name: name, query: query, trash: trash, empty: container.NewStack(), banner: container.NewStack(), chips: container.NewStack(), first: true}
	opts := grid.Options{
		Thumbs: s.thumbs, Hashes: s.hashes, Instants: s.instants, Now: s.now,
		Texts: grid.Texts{
			Day:   s.dayTitle,
			Month: dated(words.Month), MonthOfYear: dated(words.MonthOfYear), Year: dated(words.Year), Count: words.Photos,
			Places: words.Towns, Sign: signText,
		},
		Open:     func(i int) { s.view.open(g, i) },
		Menu:     func(_ int, at fyne.Position) { s.contextMenu(at) },
		Selected: s.bar.reload,
		Level:    s.setLevel,
		Drawn:    s.begins.drawn,
		Key:      s.gridKey,
		Shortcut: s.shortcut,
		Rune:     s.typedRune,
	}
	if trash {
		opts.Open = func(int) {}
	}
	g.grid = grid.New(opts)
	g.whole = container.NewBorder(look.VBox(0, g.chips, g.banner), nil, nil, nil, container.NewStack(g.grid, g.empty))
	return g
}

// object implements page.
func (g *gridPage) object() fyne.CanvasObject { return g.whole }

// title implements page.
func (g *gridPage) title() string {
	if g.query.Album != "" {
		if a, ok := g.s.album(g.query.Album); ok {
			return a.Name
		}
	}
	return g.name
}

// shown implements page.
func (g *gridPage) shown() {
	g.lookAs()
	g.grid.Wake()
}

// hidden implements page: selection and search end.
func (g *gridPage) hidden() {
	g.grid.ClearSelection()
	g.search("")
	g.s.noteSpots()
	g.s.remember()
	g.grid.Sleep()
}

// search narrows the page to photos that hold the words, and shows the first of
// them; without words it goes back to where it was before.
func (g *gridPage) search(text string) {
	if text == g.query.Text {
		return
	}
	if g.query.Text == "" {
		g.before = g.grid.Spot()
	}
	g.query.Text = text
	g.reload()
	if text == "" {
		g.grid.GoTo(g.before)
	} else {
		g.grid.ScrollTo(0)
	}
}

// reload implements page.
func (g *gridPage) reload() {
	if g.trash {
		g.reloadTrash()
	} else {
		g.reloadPhotos()
	}
	g.showEmpty(g.s.loaded && g.grid.Source().Len() == 0)
}

func (g *gridPage) reloadPhotos() {
	images := g.s.snap.images
	var smart imagelib.Query
	g.smart = nil
	if g.query.Album != "" {
		if a, ok := g.s.album(g.query.Album); ok && a.Query != nil {
			g.smart, smart = a.Query, *a.Query
		}
	}
	g.showFilters()
	if g.only != "" {
		g.showLoss()
	} else {
		g.showSearch()
		if g.isPhotos() {
			g.showDay()
		}
	}
	if same(images, g.from) && g.query == g.lastQ && smart == g.lastSmart && !g.first {
		g.grid.Remark()
		if g.waits() {
			g.goOn()
		}
		return
	}
	g.from, g.lastQ, g.lastSmart, g.first = images, g.query, smart, false
	waits := g.waits()
	src := &photos{snap: g.s.snap, entry: g.s.dev.Entry, move: g.s.transfer, self: g.s.self.ID, alone: len(g.s.devices) < 2}
	if g.query != (imagelib.Query{}) {
		src.which = g.s.snap.filter(g.query)
		if src.which == nil {
			src.which = []int{}
		}
	}
	if g.only != "" {
		src.which = g.narrow(src.which)
	}
	if g.few != nil {
		src.which = within(g.s.snap, g.few, src.which)
	}
	g.grid.SetSource(src)
	if waits {
		g.goOn()
	}
}

// reloadTrash shows the deleted files, by the day of their deletion.
func (g *gridPage) reloadTrash() {
	today := g.s.now().Format(time.DateOnly)
	trash := g.s.dev.Restorable()
	marks := g.s.elsewhere(trash)
	if g.first || today != g.day || !slices.EqualFunc(trash, g.deleted, sameDeletion) || !maps.Equal(marks, g.marks) {
		g.deleted, g.marks, g.day, g.first = trash, marks, today, false
		g.grid.SetSource(newList(trashImages(g.s.snap.shots(trash)), marks, g.s.now()))
	}
	g.showBanner()
}

// elsewhere says, of the deleted files whose bytes are not here, which device has them,
// and for how long.
func (s *shell) elsewhere(trash []app.Entry) map[app.Digest]string {
	marks := make(map[app.Digest]string)
	for _, e := range trash {
		from := s.dev.Remnants(e.Digest)
		if len(from) == 0 || from[0].Self {
			continue
		}
		if until := from[0].Until; from[0].Perhaps {
			marks[e.Digest] = words.T("Perhaps in the trash of {{.Device}}", "Device", from[0].Name)
		} else if until.IsZero() {
			marks[e.Digest] = words.T("Still on {{.Device}}", "Device", from[0].Name)
		} else {
			marks[e.Digest] = words.T("Trash of {{.Device}}, {{.Left}}", "Device", from[0].Name, "Left", words.DaysLeft(until.Sub(s.now())))
		}
	}
	return marks
}

// sameDeletion tells whether the trash shows two entries alike.
func sameDeletion(a, b app.Entry) bool {
	return a.Digest == b.Digest && a.Deleted.At.Equal(b.Deleted.At) && a.Here() == b.Here()
}

// image returns what the grid shows at i.
func (g *gridPage) image(i int) *imagelib.Image {
	switch src := g.grid.Source().(type) {
	case *photos:
		return src.image(i)
	case *list:
		return src.images[i]
	default:
		return nil
	}
}

// source implements turned.
func (g *gridPage) source() grid.Source { return g.grid.Source() }

// left implements turned: the photo that was shown last is selected.
func (g *gridPage) left(i int) {
	if i < g.grid.Source().Len() {
		g.grid.Select(i)
		g.grid.Reveal(i)
	}
	g.s.win.Canvas().Focus(g.grid)
}

// showEmpty shows why there is nothing, and the one action that helps.
func (g *gridPage) showEmpty(none bool) {
	if !none {
		g.empty.Objects = nil
		g.empty.Refresh()
		return
	}
	g.empty.Objects = []fyne.CanvasObject{g.emptyState()}
	g.empty.Refresh()
}

func (g *gridPage) emptyState() fyne.CanvasObject {
	s := g.s
	switch {
	case g.query.Text != "":
		return emptyState("search", words.T("Nothing found"), words.T("No photo has “{{.Text}}” in its name, caption, tags or camera.", "Text", g.query.Text),
			look.NewButton(words.T("Clear search"), "", look.Plain, func() {
				s.bar.search.SetText("")
				g.search("")
				s.bar.reload()
			}))
	case g.trash && s.dev.TrashLen() > 0:
		return emptyState("trash", words.T("No deleted photos"), words.N("{{.N}} photos that were removed from this computer, and not deleted, are still in its trash for up to 30 days.", s.dev.TrashLen()), nil)
	case g.trash:
		return emptyState("trash", words.T("The trash is empty"), words.T("Deleted photos stay here for 30 days and can be restored on every device."), nil)
	case g.smart != nil:
		return emptyState("search", words.T("Nothing found"), words.T("No photo is found by this search now. Those that are found later show here by themselves."),
			look.NewButton(words.T("Edit search…"), "edit", look.Plain, g.editSearch))
	case g.query.Album != "":
		return emptyState("albums", words.T("This album is empty"), words.T("Select photos and choose Album to put them here."),
			look.NewButton(words.T("Go to Photos"), "photos", look.Primary, func() { s.open("photos") }))
	case g.query.Where == imagelib.Elsewhere:
		return emptyState("here", words.T("Every photo is on this computer"), words.T("Photos that only other devices hold would show here; they can be seen, and saved, from here."), nil)
	case g.only != "":
		return emptyState("safe", words.T("Nothing would be lost"), words.T("Every photo of this device is on another one too."), nil)
	case len(s.snap.images) == 0:
		return noPhotos(s)
	case g.query.Favourite:
		return emptyState("heart", words.T("No favourites yet"), words.T("Select a photo and press F to find it here again."), nil)
	case g.query.Where == imagelib.OneCopy:
		return emptyState("safe", words.T("Every photo has a second copy"), words.T("Photos that only one device holds would show here."), nil)
	case g.query.Where == imagelib.Here:
		return emptyState("here", words.T("No photo is on this computer"), words.T("All of them are on other devices; they can be seen, and saved, from here."), nil)
	default:
		return noPhotos(s)
	}
}

// noPhotos stands where there is no photo in the library.
func noPhotos(s *shell) fyne.CanvasObject {
	add := look.NewButton(words.T("Import photos"), "plus", look.Primary, nil)
	add.OnTapped = func() { s.importMenu(add) }
	return emptyState("photos", words.T("Your photos will be here"), words.T("Drop photos or folders onto this window, or import them. The originals are kept as ordinary files."), add)
}

// emptyState is a symbol, a line, a sentence, and at most one button.
func emptyState(symbol, title, text string, button fyne.CanvasObject) fyne.CanvasObject {
	mark := container.NewStack(look.NewSurface(look.ColorSurface, "", 44), look.Fixed(88, 88, container.NewCenter(look.NewIcon(symbol, look.ColorSecondary, 40))))
	box := look.VBox(8, container.NewCenter(mark), look.Space(0, 8),
		container.NewCenter(look.NewText(title, look.SizeHeading, "foreground").Bold()),
		container.NewCenter(look.Fixed(380, 0, look.NewPara(text, look.SizeBody, 380, look.ColorSecondary).Align(fyne.TextAlignCenter))))
	if button != nil {
		box.Add(look.Pad(12, 0, 0, 0, container.NewCenter(button)))
	}
	return container.NewCenter(box)
}

// trashImages are stand-ins for the images of deleted files, by the shot.
func trashImages(shots [][]app.Entry) []*imagelib.Image {
	out := make([]*imagelib.Image, 0, len(shots))
	for _, files := range shots {
		images := make([]*imagelib.Image, len(files))
		for i := range files {
			images[i] = trashImage(&files[i])
		}
		if len(images) == 1 {
			out = append(out, images[0])
		} else {
			out = append(out, imagelib.Together(images...))
		}
	}
	sortImages(out)
	return out
}

func trashImage(e *app.Entry) *imagelib.Image {
	img := &imagelib.Image{Digest: e.Digest, Name: e.Name, Size: e.Size, Here: e.Here(), Holders: int32(len(e.HolderIDs()))}
	img.Common = &imagelib.Common{Type: e.Type, Kind: imagelib.KindImage}
	img.Date.Wall = e.Time
	if e.Deleted != nil {
		img.Date.Wall = e.Deleted.At.Local()
	}
	return img
}
