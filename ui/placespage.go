package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/atlas"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/thumbs"
	"github.com/libpaul/paul/ui/words"
)

// placesPage shows a map of where photos were taken, and lists of their places and
// months.
type placesPage struct {
	s     *shell
	whole *fyne.Container
	atlas *atlas.Map
	none  *fyne.Container // over the map, when no photo is on it
	these *look.Button    // shows the photos of what can be seen of the map
	list  *facetList
	tabs  [3]*look.Button
	tab   int // what the list is of

	from   []*imagelib.Image // of the snapshot that is shown
	images []*imagelib.Image // those on the map
}

func newPlacesPage(s *shell) *placesPage {
	p := &placesPage{s: s, none: container.NewStack(), list: newFacetList(s)}
	p.atlas = atlas.New(atlas.Options{
		Thumbs: s.thumbs, Key: func(i int32) thumbs.Key { return thumbKey(p.images[i], 256) }, Name: p.nameOf, Count: words.Number,
		Open: p.open, Menu: p.menu, Moved: p.moved,
		Run: func(work, done func()) {
			s.goDo(func(context.Context) error { work(); return nil }, func(error) { done() })
		},
	})
	p.these = look.NewButton("", "photos", look.Plain, p.openThese)
	p.these.Hide()
	zooms := look.VBox(6,
		look.NewIconButton("plus", words.T("Zoom in (+)"), look.Plain, p.atlas.ZoomIn),
		look.NewIconButton("minus", words.T("Zoom out (-)"), look.Plain, p.atlas.ZoomOut),
		look.NewIconButton("fit", words.T("Show all places (0)"), look.Plain, p.atlas.Whole))
	foot := look.PadAll(14, container.NewBorder(nil, container.NewBorder(nil, nil, container.NewVBox(container.NewStack(), p.these), nil), nil, container.NewBorder(nil, zooms, nil, nil)))
	for i, text := range []string{words.T("Places"), words.T("Dates"), words.T("Tags")} {
		p.tabs[i] = look.NewButton(text, "", look.Ghost, func() { p.turn(i) })
	}
	side := container.NewBorder(look.Pad(0, 12, 8, 12, look.HBox(0, p.tabs[0], p.tabs[1], p.tabs[2])), nil, nil, nil, p.list.object)
	clip := container.NewClip(p.atlas)
	clip.ExtendBaseWidget(clip) // so that it has a size before it is drawn
	p.whole = container.New(&placesLayout{}, clip, p.none, foot, side)
	p.turn(tabPlaces)
	return p
}

func (p *placesPage) title() string             { return words.T("Places and dates") }
func (p *placesPage) object() fyne.CanvasObject { return p.whole }
func (p *placesPage) hidden()                   { p.atlas.Sleep() }

// shown implements page.
func (p *placesPage) shown() {
	p.atlas.Wake()
	p.s.win.Canvas().Focus(p.atlas)
}

// What the list can be of.
const (
	tabPlaces = iota
	tabDates
	tabTags
)

// turn shows another list.
func (p *placesPage) turn(tab int) {
	p.tab = tab
	for i, b := range p.tabs {
		style := look.Ghost
		if i == tab {
			style = look.Plain
		}
		b.SetStyle(style)
	}
	p.fill()
}

func (p *placesPage) fill() {
	switch snap := p.s.snap; p.tab {
	case tabDates:
		p.list.set(dateRows(snap.facets()), words.T("No photo has a date."))
	case tabTags:
		p.list.set(tagRows(snap.tags()), words.T("No photo has a tag yet. Select photos and press T to give them some."))
	default:
		p.list.set(placeRows(snap.facets()), words.T("No photo says where it was taken."))
	}
}

// reload implements page.
func (p *placesPage) reload() {
	if same(p.from, p.s.snap.images) && p.from != nil {
		return
	}
	p.from, p.images = p.s.snap.images, nil
	var points []atlas.Point
	for _, img := range p.from {
		if img.GPS != nil {
			p.images = append(p.images, img)
			points = append(points, atlas.Point{Lat: img.GPS.Lat, Lon: img.GPS.Lon})
		}
	}
	p.atlas.SetPoints(atlas.NewPoints(points))
	p.fill()
	p.none.Objects = nil
	if len(points) == 0 {
		text := look.NewPara(words.T("No photo says where it was taken. Phones note the place when the camera may use it; other cameras seldom do."), look.SizeBody, 300, theme.ColorNameForeground)
		p.none.Objects = []fyne.CanvasObject{container.NewCenter(look.Card(look.Fixed(300, 0, text)))}
	}
	p.none.Refresh()
}

// moved tells how many photos there are on what can be seen of the map.
func (p *placesPage) moved() {
	_, _, _, _, n := p.atlas.InView()
	p.these.SetText(words.N("Show these {{.N}} photos", n))
	show(p.these, n > 0)
	p.whole.Refresh()
}

func (p *placesPage) openThese() {
	var a imagelib.Area
	a.South, a.West, a.North, a.East, _ = p.atlas.InView()
	p.s.openFound(words.T("Photos on the map"), imagelib.Query{Area: a}, "places")
}

// open shows the photos of a group.
func (p *placesPage) open(c *atlas.Cluster) {
	name := p.nameOf(c)
	if name == "" {
		name = words.T("Photos on the map")
	}
	p.s.openFound(name, imagelib.Query{Area: imagelib.Area{South: c.South, West: c.West, North: c.North, East: c.East}}, "places")
}

func (p *placesPage) menu(c *atlas.Cluster, at fyne.Position) {
	p.s.popUp(fyne.NewMenu("",
		item(words.N("Show these {{.N}} photos", len(c.Members)), "photos", func() { p.open(c) }),
		item(words.T("Zoom in"), "zoom-in", func() { p.atlas.ZoomTo(c) })), at)
}

// nameOf names a group by the town or the country that most of its photos are of; with
// neither it has no name.
func (p *placesPage) nameOf(c *atlas.Cluster) string {
	cities, countries := map[string]int{}, map[string]int{}
	for _, i := range c.Members {
		at := p.images[i].Place()
		cities[at.City]++
		countries[at.Country]++
	}
	for _, names := range []map[string]int{cities, countries} {
		for name, n := range names {
			if name != "" && 2*n > len(c.Members) {
				return name
			}
		}
	}
	return ""
}

// placeRows lists countries and their towns, those of the most photos first.
func placeRows(f *imagelib.Facets) (rows []facetRow) {
	countries := map[string]int{}
	for _, c := range f.Places {
		countries[c.Code] += c.Count
	}
	list := slices.Clone(f.Places)
	slices.SortStableFunc(list, func(a, b imagelib.PlaceCount) int {
		if a.Code != b.Code {
			if n := countries[b.Code] - countries[a.Code]; n != 0 {
				return n
			}
			return strings.Compare(a.Country+a.Code, b.Country+b.Code)
		}
		return b.Count - a.Count
	})
	for i, c := range list {
		if i == 0 || list[i-1].Code != c.Code {
			rows = append(rows, facetRow{name: c.Country, count: countries[c.Code], head: true, query: imagelib.Query{Country: c.Code}})
		}
		rows = append(rows, facetRow{name: c.City, count: c.Count, query: imagelib.Query{Country: c.Code, Region: c.Region, City: c.City}})
	}
	if f.Unplaced > 0 {
		rows = append(rows, facetRow{name: words.T("Without a place"), count: f.Unplaced, head: true, query: imagelib.Query{Unplaced: true}})
	}
	return rows
}

// dateRows lists years and their months, the latest first.
func dateRows(f *imagelib.Facets) (rows []facetRow) {
	head := -1
	for i, m := range f.Months {
		month := monthOf(m)
		if i == 0 || f.Months[i-1].Year != m.Year {
			year := month.AddDate(0, 1-int(m.Month), 0)
			head = len(rows)
			rows = append(rows, facetRow{name: words.Year(month), head: true, query: imagelib.Query{From: year, To: year.AddDate(1, 0, 0)}})
		}
		rows[head].count += m.Count
		rows = append(rows, facetRow{name: words.Month(month), count: m.Count, query: imagelib.Query{From: month, To: month.AddDate(0, 1, 0)}})
	}
	return rows
}

// tagRows lists tags, those of the most photos first.
func tagRows(tags []imagelib.Tag) (rows []facetRow) {
	tags = slices.Clone(tags)
	slices.SortStableFunc(tags, func(a, b imagelib.Tag) int { return b.Count - a.Count })
	for _, t := range tags {
		rows = append(rows, facetRow{name: t.Name, count: t.Count, query: imagelib.Query{Tag: t.Name}})
	}
	return rows
}

// placesLayout puts the list beside the map.
type placesLayout struct{}

// MinSize implements [fyne.Layout].
func (placesLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(300, 200) }

// Layout implements [fyne.Layout].
func (placesLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	w := min(max(s.Width*0.3, 260), 320)
	for _, m := range o[:3] {
		m.Resize(fyne.NewSize(s.Width-w, s.Height))
		m.Move(fyne.Position{})
	}
	o[3].Resize(fyne.NewSize(w, s.Height))
	o[3].Move(fyne.NewPos(s.Width-w, 0))
}
