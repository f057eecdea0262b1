package atlas

import (
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/thumbs"
)

// Options configure a [Map]. All are required.
type Options struct {
	Thumbs *thumbs.Loader
	Key    func(point int32) thumbs.Key       // the picture of a photo
	Name   func(c *Cluster) string            // the name of a group; may be empty
	Count  func(n int) string                 // a number of photos, as it is written on a group
	Open   func(c *Cluster)                   // shows the photos of a group
	Menu   func(c *Cluster, at fyne.Position) // offers what can be done with a group
	Moved  func()                             // another part of the map is shown
	Run    func(work, done func())            // runs work elsewhere, and then done on the screen's goroutine
}

// Map is a map of the world with groups of photos on it. It is drawn anew when it
// rests; until then the picture that it has moves along.
type Map struct {
	widget.BaseWidget
	opts   Options
	points *Points
	view   view
	fit    bool // the photos are to be fitted into the view once it has a size

	base    *canvas.Image
	drawn   drawing // what base shows
	drawing bool    // a picture is being drawn
	groups  []*Cluster
	level   int // of groups

	marks   []*mark // of the groups in the view, and spare ones
	visible []*Cluster
	names   map[*Cluster]string
	client  *thumbs.Client
	chosen  spot // of the newest photo of the group that the keyboard has chosen
	focused bool
	hovered *Cluster
}

// drawing is what a picture of the map shows.
type drawing struct {
	view    view // of a part that is larger than the widget
	scale   float32
	colours colours
	points  *Points
	level   int
}

// New returns a map, which shows the world until it has points.
func New(opts Options) *Map {
	m := &Map{opts: opts, points: NewPoints(nil), base: &canvas.Image{ScaleMode: canvas.ImageScaleFastest}, names: map[*Cluster]string{}}
	m.view = view{mid: spot{0.5, 0.4}}
	m.client = opts.Thumbs.Client(func([]thumbs.Key) { m.place() })
	m.ExtendBaseWidget(m)
	return m
}

// SetPoints shows the places of other photos. The first ones are fitted into the view.
func (m *Map) SetPoints(p *Points) {
	m.fit = m.fit || m.points.Len() == 0
	m.points, m.groups, m.visible, m.names = p, nil, nil, map[*Cluster]string{}
	m.moved()
}

// Sleep lets go of pictures while the map is not on the screen; Wake asks for them
// again.
func (m *Map) Sleep() { m.client.Want(nil) }

// Wake implements what [Map.Sleep] says.
func (m *Map) Wake() { m.moved() }

// Settled reports whether the map shows all that it is to show.
func (m *Map) Settled() bool {
	if m.drawing || m.view.world == 0 {
		return false
	}
	for _, c := range m.visible {
		key := m.opts.Key(c.Members[0])
		if _, ok := m.opts.Thumbs.Get(key); !ok && m.opts.Thumbs.Failed(key) == nil {
			return false
		}
	}
	return true
}

// InView returns the part of the world that is shown, in degrees, and how many
// photos were taken there.
func (m *Map) InView() (south, west, north, east float64, n int) {
	a, b := m.view.spotAt(fyne.Position{}), m.view.spotAt(fyne.NewPos(m.view.size.Width, m.view.size.Height))
	for _, s := range m.points.spots {
		if s.x >= a.x && s.x <= b.x && s.y >= a.y && s.y <= b.y {
			n++
		}
	}
	north, west = unproject(a)
	south, east = unproject(b)
	return south, west, north, east, n
}

// ZoomIn shows half as much of the map, and ZoomOut twice.
func (m *Map) ZoomIn() { m.zoom(2, m.middle()) }

// ZoomOut implements what [Map.ZoomIn] says.
func (m *Map) ZoomOut() { m.zoom(0.5, m.middle()) }

// Whole shows all photos, and of a map without any the world.
func (m *Map) Whole() {
	m.fitAll()
	m.moved()
}

// ZoomTo zooms to a group.
func (m *Map) ZoomTo(c *Cluster) {
	before := m.view.world
	m.view = m.view.fitted(c.min, c.max)
	if m.view.world < 2*before { // what fills the view already
		m.view.world = 2 * before
		m.view = m.view.kept()
	}
	m.moved()
}

func (m *Map) fitAll() {
	m.fit = false
	if m.points.Len() == 0 {
		m.view.mid, m.view.world = spot{0.5, 0.4}, 0
		m.view = m.view.kept()
		return
	}
	a, b := m.points.spots[0], m.points.spots[0]
	for _, s := range m.points.spots {
		a, b = spot{min(a.x, s.x), min(a.y, s.y)}, spot{max(b.x, s.x), max(b.y, s.y)}
	}
	const closest = tile << 6 // one place is shown with what is around it
	if m.view = m.view.fitted(a, b); m.view.world > closest {
		m.view.world = closest
		m.view = m.view.kept()
	}
}

func (m *Map) middle() fyne.Position {
	return fyne.NewPos(m.view.size.Width/2, m.view.size.Height/2)
}

func (m *Map) zoom(factor float64, about fyne.Position) {
	m.view = m.view.zoomed(factor, about)
	m.moved()
}

// Resize implements [fyne.Widget].
func (m *Map) Resize(size fyne.Size) {
	m.BaseWidget.Resize(size)
	if m.view.size == size || size.Width <= 0 || size.Height <= 0 {
		return
	}
	m.view.size = size
	if m.view = m.view.kept(); m.fit {
		m.fitAll()
	}
	m.moved()
}

// Refresh implements [fyne.Widget]: the theme may be another one.
func (m *Map) Refresh() {
	m.ask()
	m.place()
}

// moved shows another part of the map.
func (m *Map) moved() {
	if m.view.size.Width <= 0 {
		return
	}
	if m.fit {
		m.fitAll()
	}
	m.ask()
	m.place()
	m.opts.Moved()
}

// spread is how much more of the map a picture shows than is on the screen, so that
// the map can be moved a bit without a new one.
const spread = 1.5

// ask has a picture drawn if that which there is does not do.
func (m *Map) ask() {
	if m.drawing || m.view.size.Width <= 0 {
		return
	}
	d := drawing{view: m.view, scale: 1, points: m.points, level: int(math.Floor(m.view.level() + 1e-6))}
	if c := fyne.CurrentApp().Driver().CanvasForObject(m); c != nil {
		d.scale = c.Scale()
	}
	d.view.size = fyne.NewSize(m.view.size.Width*spread, m.view.size.Height*spread)
	d.colours = colours{look.Color(look.ColorSea), look.Color(look.ColorLand), look.Color(look.ColorBorder)}
	if m.drawn.does(&d, m.view) {
		return
	}
	m.drawing = true
	var img *image.RGBA
	var groups []*Cluster
	m.opts.Run(func() {
		w, h := int(d.view.size.Width*d.scale), int(d.view.size.Height*d.scale)
		img = picture(d.view.mid, d.view.world*float64(d.scale), w, h, d.colours)
		groups = d.points.clusters(d.level)
	}, func() {
		m.drawing, m.drawn = false, d
		m.base.Image = img
		if d.points == m.points {
			m.groups, m.level = groups, d.level
		}
		m.base.Refresh()
		m.ask() // the map may have been moved meanwhile
		m.place()
	})
}

// does tells whether a picture can stand for another one in a view.
func (d *drawing) does(o *drawing, v view) bool {
	if d.points != o.points || d.colours != o.colours || d.scale != o.scale || d.view.world != o.view.world {
		return false
	}
	inside := func(mid, had float64, shown, drawn float32) bool {
		return math.Abs(mid-had)*v.world <= float64(drawn-shown)/2
	}
	return inside(v.mid.x, d.view.mid.x, v.size.Width, d.view.size.Width) && inside(v.mid.y, d.view.mid.y, v.size.Height, d.view.size.Height)
}

// place puts the picture and the groups where they are in the view.
func (m *Map) place() {
	if m.view.size.Width <= 0 {
		return
	}
	if m.base.Image != nil {
		factor := float32(m.view.world / m.drawn.view.world)
		size := fyne.NewSize(m.drawn.view.size.Width*factor, m.drawn.view.size.Height*factor)
		at := m.view.at(m.drawn.view.mid)
		m.base.Move(fyne.NewPos(at.X-size.Width/2, at.Y-size.Height/2))
		m.base.Resize(size)
	}
	m.visible = m.visible[:0]
	for _, c := range m.groups {
		if p := m.view.at(c.mid); p.X > -markSize && p.Y > -markSize && p.X < m.view.size.Width+markSize && p.Y < m.view.size.Height+markSize {
			m.visible = append(m.visible, c)
		}
	}
	keepApart(m.visible, m.level, m.view.world)
	for len(m.marks) < len(m.visible) {
		m.marks = append(m.marks, newMark())
	}
	keys := make([]thumbs.Key, len(m.visible))
	for i, c := range m.visible {
		keys[i] = m.opts.Key(c.Members[0])
		m.marks[i].show(m, c, keys[i])
	}
	m.client.Want(keys)
	canvas.Refresh(m)
}

func (m *Map) name(c *Cluster) string {
	name, ok := m.names[c]
	if !ok {
		name = m.opts.Name(c)
		m.names[c] = name
	}
	return name
}

// CreateRenderer implements [fyne.Widget].
func (m *Map) CreateRenderer() fyne.WidgetRenderer {
	ground := canvas.NewRectangle(color.Transparent)
	ring := canvas.NewRectangle(color.Transparent)
	return &mapRenderer{m: m, ground: ground, ring: ring}
}

type mapRenderer struct {
	m            *Map
	ground, ring *canvas.Rectangle
}

func (r *mapRenderer) Destroy()           {}
func (r *mapRenderer) MinSize() fyne.Size { return fyne.NewSize(200, 200) }
func (r *mapRenderer) Refresh()           {}

func (r *mapRenderer) Layout(size fyne.Size) {
	r.ground.Resize(size)
	r.ring.Move(fyne.NewSquareOffsetPos(1))
	r.ring.Resize(size.SubtractWidthHeight(2, 2))
}

func (r *mapRenderer) Objects() []fyne.CanvasObject {
	m := r.m
	r.ground.FillColor = look.Color(look.ColorSea)
	objs := []fyne.CanvasObject{r.ground}
	if m.base.Image != nil {
		objs = append(objs, m.base)
	}
	for i := range m.visible {
		objs = append(objs, m.marks[i].objects()...)
	}
	if m.focused {
		r.ring.StrokeColor, r.ring.StrokeWidth = look.Color(theme.ColorNamePrimary), 2
		objs = append(objs, r.ring)
	}
	return objs
}
