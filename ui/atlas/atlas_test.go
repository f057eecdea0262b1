package atlas

import (
	"context"
	"fmt"
	"image"
	"math"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/thumbs"
)

func TestProjection(t *testing.T) {
	for _, c := range []struct{ lat, lon, x, y float64 }{{0, 0, 0.5, 0.5}, {maxLat, -180, 0, 0}, {-maxLat, 180, 1, 1}, {90, 90, 0.75, 0}, {52.517, 13.3889, 0.53719, 0.32796}} {
		s := project(c.lat, c.lon)
		if math.Abs(s.x-c.x) > 1e-5 || math.Abs(s.y-c.y) > 1e-5 {
			t.Errorf("%v, %v is at %v", c.lat, c.lon, s)
		}
		if lat, lon := unproject(s); math.Abs(lat-min(max(c.lat, -maxLat), maxLat)) > 1e-6 || math.Abs(lon-c.lon) > 1e-6 {
			t.Errorf("%v, %v comes back as %v, %v", c.lat, c.lon, lat, lon)
		}
	}
}

// TestZoomKeepsThePointer checks that what is under the pointer stays there.
func TestZoomKeepsThePointer(t *testing.T) {
	v := view{mid: project(50, 10), world: 4096, size: fyne.NewSize(800, 600)}
	p := fyne.NewPos(600, 150)
	before := v.spotAt(p)
	for _, factor := range []float64{2, 1.3, 0.5} {
		v = v.zoomed(factor, p)
		if s := v.spotAt(p); math.Abs(s.x-before.x) > 1e-6 || math.Abs(s.y-before.y) > 1e-6 {
			t.Errorf("%v became %v", before, s)
		}
	}
	if v = v.zoomed(1e-9, p); v.world != 800 || v.mid.x != 0.5 {
		t.Errorf("zoomed out to %+v", v)
	}
	if v = v.zoomed(1e9, p); v.level() != maxLevel {
		t.Errorf("zoomed in to level %v", v.level())
	}
}

// TestClustersHaveAll checks that each photo is in one group of each level, and that no
// photo of another group lies within a group's bounds.
func TestClustersHaveAll(t *testing.T) {
	places := somePlaces(3000)
	p := NewPoints(places)
	for level := range maxLevel + 1 {
		seen := make([]int, len(places))
		for k, c := range p.clusters(level) {
			if !slices.IsSorted(c.Members) {
				t.Fatalf("level %d: the newest is not first: %v", level, c.Members)
			}
			for _, i := range c.Members {
				if seen[i] != 0 {
					t.Fatalf("level %d: %d is in two groups", level, i)
				}
				seen[i] = k + 1
			}
		}
		list := p.clusters(level)
		for i, at := range places {
			c := list[seen[i]-1]
			for k, o := range list {
				within := at.Lat >= o.South && at.Lat <= o.North && at.Lon >= o.West && at.Lon <= o.East
				if within != (o == c) {
					t.Fatalf("level %d: photo %d of group %d, within %d: %v", level, i, seen[i]-1, k, within)
				}
			}
		}
	}
}

// rig is a map whose work is done at once.
type rig struct {
	*Map
	opened, menus []int
	drawn         int
}

func newRig(t *testing.T, places []Point) *rig {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(look.Theme{Name: "light"})
	loader := thumbs.New(thumbs.Options{Post: func(f func()) { f() }, Load: func(context.Context, thumbs.Key) (*image.RGBA, error) {
		return image.NewRGBA(image.Rect(0, 0, 4, 4)), nil
	}})
	r := &rig{}
	r.Map = New(Options{
		Thumbs: loader, Key: func(i int32) thumbs.Key { return thumbs.Key{ID: thumbs.ID{byte(i)}, Size: 256} },
		Name: func(*Cluster) string { return "Town" }, Count: func(n int) string { return fmt.Sprint(n) }, Moved: func() {},
		Open: func(c *Cluster) { r.opened = append(r.opened, len(c.Members)) },
		Menu: func(c *Cluster, _ fyne.Position) { r.menus = append(r.menus, len(c.Members)) },
		Run: func(work, done func()) {
			r.drawn++
			work()
			done()
		},
	})
	w := test.NewTempWindow(t, r.Map)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(800, 600))
	r.SetPoints(NewPoints(places))
	return r
}

var cities = []Point{{52.5170, 13.3889}, {52.5171, 13.3890}, {52.68, 13.59}, {40.7128, -74.0060}}

func TestMapZoomsAndOpens(t *testing.T) {
	r := newRig(t, cities)
	if _, _, _, _, n := r.InView(); n != 4 {
		t.Fatalf("%d photos are shown at first", n)
	}
	tap := func(p Point) { r.Tapped(&fyne.PointEvent{Position: r.view.at(project(p.Lat, p.Lon))}) }
	tap(cities[0]) // with Bernau
	if _, _, _, _, n := r.InView(); n != 3 || len(r.opened) != 0 {
		t.Fatalf("%d photos are shown, opened %v", n, r.opened)
	}
	tap(cities[0])
	if !slices.Equal(r.opened, []int{2}) {
		t.Fatalf("opened %v", r.opened)
	}
	r.Whole()
	if _, _, _, _, n := r.InView(); n != 4 {
		t.Errorf("%d photos are shown again", n)
	}
	r.TappedSecondary(&fyne.PointEvent{Position: r.view.at(project(40.7128, -74.0060))})
	if len(r.menus) != 1 || r.menus[0] != 1 {
		t.Errorf("menus of %v", r.menus)
	}
}

func TestMapIsMovedWithoutDrawing(t *testing.T) {
	r := newRig(t, cities)
	r.ZoomIn()
	before, at := r.drawn, r.view.mid
	r.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(-50, 20)})
	if r.view.mid.x <= at.x || r.view.mid.y >= at.y || r.drawn != before {
		t.Errorf("from %v to %v, drawn %d times", at, r.view.mid, r.drawn-before)
	}
	for range 10 {
		r.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(-50, 0)})
	}
	if r.drawn == before {
		t.Error("the map ends where its picture ended")
	}
	at, world := r.view.mid, r.view.world
	r.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, 25)})
	if r.view.world <= world {
		t.Error("the wheel does not zoom")
	}
}

func TestMapByKeyboard(t *testing.T) {
	r := newRig(t, cities)
	r.FocusGained()
	key := func(name fyne.KeyName) { r.TypedKey(&fyne.KeyEvent{Name: name}) }
	key(fyne.KeyLeft)
	for range 3 {
		key(fyne.KeyLeft)
	}
	if c := r.choice(); c == nil || c.Members[0] != 3 {
		t.Fatalf("chosen %+v", c)
	}
	key(fyne.KeyReturn)
	if !slices.Equal(r.opened, []int{1}) {
		t.Errorf("opened %v", r.opened)
	}
	world := r.view.world
	r.TypedRune('+')
	if r.view.world != 2*world || r.choice() == nil {
		t.Errorf("zoomed from %v to %v", world, r.view.world)
	}
	r.TypedRune('-')
	r.TypedRune('0')
	if _, _, _, _, n := r.InView(); n != 4 {
		t.Errorf("%d photos are shown", n)
	}
}

// TestPicture checks that land and sea are where they are, on both sides of the
// antimeridian too.
func TestPicture(t *testing.T) {
	const size = 1024
	img := picture(spot{0.5, 0.5}, size, size, size, testColours)
	for _, c := range []struct {
		name     string
		lat, lon float64
		land     bool
	}{
		{"Berlin", 52.5, 13.4, true},
		{"Atlantic", 30, -40, false},
		{"Chukotka", 67, -174, true},
		{"Siberia", 67, 170, true},
		{"Antarctica", -80, 60, true},
		{"Arctic", 84, 0, false},
		{"Pacific", 0, -150, false},
	} {
		s := project(c.lat, c.lon)
		if got := img.RGBAAt(int(s.x*size), int(s.y*size)) == testColours.land; got != c.land {
			t.Errorf("%s: land %v", c.name, got)
		}
	}
	near := picture(project(52.5, 13.4), 1<<20, 200, 200, testColours) // all of it is land, whose edge is far away
	if near.RGBAAt(5, 5) != testColours.land || near.RGBAAt(195, 195) != testColours.land {
		t.Error("land near by is not drawn")
	}
}
