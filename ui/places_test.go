package ui

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/imagelib"
)

// TestPlacesOpenTheirPhotos checks that lines of the lists, groups of the map and what
// can be seen of it open the photos they are of, and that one goes back.
func TestPlacesOpenTheirPhotos(t *testing.T) {
	f := newFake(90)
	travelled(f)
	r := newRig(t, f, large)
	r.open("places")
	r.settle()
	p := r.present().(*placesPage)
	want := func(what string, n int) {
		t.Helper()
		g := r.presentGrid()
		if g == nil || g.grid.Source().Len() != n || n == 0 {
			t.Fatalf("%s: page %q, want %d photos", what, r.current, n)
		}
		r.gridKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
		if r.current != "places" {
			t.Fatalf("%s: went back to %q", what, r.current)
		}
	}
	if p.list.rows[0].name != "Switzerland" || p.list.rows[0].count != 22 || p.list.rows[1].name != "Interlaken" {
		t.Fatalf("places %+v", p.list.rows[:2])
	}
	for i, row := range p.list.rows {
		p.list.list.Select(i)
		want(row.name, row.count)
	}
	if last := p.list.rows[len(p.list.rows)-1]; last.query != (imagelib.Query{Unplaced: true}) || last.count != 8 {
		t.Errorf("the last line is %+v", last)
	}
	r.tap("Dates")
	years := 0
	for i, row := range p.list.rows {
		if p.list.list.Select(i); row.head {
			years++
		}
		want(row.name, row.count)
	}
	if years != 3 {
		t.Errorf("%d years", years)
	}
	r.tap("Show these 82 photos")
	want("all that can be seen", 82)
	r.until("the map", p.atlas.Settled)
	p.atlas.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	p.atlas.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	p.atlas.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if r.current != foundID || r.presentGrid().grid.Source().Len() == 82 {
		t.Errorf("Return opened %q with %d photos", r.current, r.presentGrid().grid.Source().Len())
	}
}

// TestMapFollowsTheLibrary checks that photos that come are on the map.
func TestMapFollowsTheLibrary(t *testing.T) {
	f := newFake(90)
	travelled(f)
	r := newRig(t, f, large)
	r.open("places")
	r.settle()
	f.mu.Lock()
	f.images = slices.Clone(f.images[:45])
	f.mu.Unlock()
	r.reload()
	r.until("the map", r.present().(*placesPage).atlas.Settled)
	if p := r.present().(*placesPage); len(p.images) == 0 || len(p.images) > 45 || p.list.rows[0].count > 22 {
		t.Errorf("%d photos on the map", len(p.images))
	}
}
