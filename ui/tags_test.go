package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/look"
)

// wellTagged gives some photos tags.
func wellTagged(f *fake) {
	for i, img := range f.images {
		c := *img
		switch {
		case i < 2:
			c.Tags = []string{"Family", "Sea"}
		case i < 4:
			c.Tags = []string{"Sea"}
		case i < 8:
			c.Tags = []string{"Alps"}
		}
		f.images[i] = &c
	}
}

// chip returns the button of a tag in the dialog.
func (r *rig) chip(text string) *look.Button {
	r.t.Helper()
	var found *look.Button
	walk(r.win.Canvas().Overlays().Top(), func(o fyne.CanvasObject) {
		if b, ok := o.(*look.Button); ok && b.Text() == text {
			found = b
		}
	})
	if found == nil {
		r.t.Fatalf("no tag %q:\n%s", text, r.texts())
	}
	return found
}

// field returns the field of the topmost dialog.
func (r *rig) field() (found *keyEntry) {
	r.t.Helper()
	walk(r.win.Canvas().Overlays().Top(), func(o fyne.CanvasObject) {
		if e, ok := o.(*keyEntry); ok {
			found = e
		}
	})
	if found == nil {
		r.t.Fatal("no field on the screen")
	}
	return found
}

// TestTagsOfSeveralPhotos checks that tags that all have, some have and none has are
// given and taken, and that an undo leaves each photo as it was.
func TestTagsOfSeveralPhotos(t *testing.T) {
	f := newFake(20)
	wellTagged(f)
	r := newRig(t, f, large)
	g := r.presentGrid().grid
	g.Select(1)
	g.TypedKey(&fyne.KeyEvent{Name: fyne.KeyT})
	r.chip("Sea")
	r.tap("Cancel")
	g.SelectAll()
	g.TypedKey(&fyne.KeyEvent{Name: fyne.KeyT})
	r.wantText("Tags of 20 photos")
	test.Tap(r.chip("Sea"))    // some: all
	test.Tap(r.chip("Family")) // some: all, and then none
	test.Tap(r.chip("Family"))
	e := r.field()
	test.Type(e, "alp")
	walk(r.win.Canvas().Overlays().Top(), func(o fyne.CanvasObject) {
		if b, ok := o.(*look.Button); ok && b.Text() == "Sea" {
			t.Error("what is written does not narrow the tags")
		}
	})
	e.SetText("Summer")
	r.wantText("New tag “Summer”")
	e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if e.Text != "" {
		t.Errorf("the field still has %q", e.Text)
	}
	r.tap("Apply")
	r.until("the tags", func() bool {
		for _, c := range f.called() {
			if strings.HasPrefix(c, "tags ") && strings.HasSuffix(c, "-Family") {
				return strings.Contains(c, "Sea") && strings.Contains(c, "Summer")
			}
		}
		return false
	})
	r.until("the toast", func() bool { return strings.Contains(r.texts(), "Tags of 20 photos changed") })
	r.tap("Undo")
	r.until("the undo", func() bool { return strings.Contains(r.texts(), "Undone") })
	for i, img := range r.lib.Snapshot().images {
		if got, want := strings.Join(sortedTags(img), " "), []string{"Family Sea", "Family Sea", "Sea", "Sea", "Alps", "Alps", "Alps", "Alps", ""}[min(i, 8)]; got != want {
			t.Errorf("photo %d has %q again, want %q", i, got, want)
		}
	}
}

func sortedTags(img *imagelib.Image) []string {
	tags := slices.Clone(img.Tags)
	slices.Sort(tags)
	return tags
}

// TestTagOpensItsPhotos checks the list of tags.
func TestTagOpensItsPhotos(t *testing.T) {
	f := newFake(20)
	wellTagged(f)
	r := newRig(t, f, large)
	r.open("places")
	r.tap("Tags")
	p := r.present().(*placesPage)
	if len(p.list.rows) != 3 || p.list.rows[2].name != "Family" {
		t.Fatalf("tags %+v", p.list.rows)
	}
	p.list.list.Select(2)
	if n := r.presentGrid().grid.Source().Len(); n != 2 || r.present().title() != "Family" {
		t.Errorf("%q has %d photos", r.present().title(), n)
	}
}

// TestThisDay checks the strip that tells of this day in earlier years.
func TestThisDay(t *testing.T) {
	f := newFake(30)
	for i := range 5 {
		c := *f.images[20+i]
		c.Date.Wall = now.AddDate(-1-i%2, 0, 0)
		f.images[20+i] = &c
	}
	sortImages(f.images)
	r := newRig(t, f, large)
	r.wantText("On this day: 5 photos of 2023 and 2022")
	r.tap("Look at them")
	if n := r.presentGrid().grid.Source().Len(); n != 5 || r.present().title() != "On this day" {
		t.Fatalf("%q has %d photos", r.present().title(), n)
	}
	r.gridKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if r.current != "photos" {
		t.Fatalf("went back to %q", r.current)
	}
	r.looks.HiddenDay = now.AddDate(0, 0, -1).Format(time.DateOnly)
	r.reload()
	r.wantText("On this day")
	var hide *look.Button
	walk(r.presentGrid().banner, func(o fyne.CanvasObject) {
		if b, ok := o.(*look.Button); ok && b.Text() == "" {
			hide = b
		}
	})
	test.Tap(hide)
	if strings.Contains(r.texts(), "On this day") || r.looks.HiddenDay != now.Format(time.DateOnly) {
		t.Error("the strip stays")
	}
	r.reload()
	if strings.Contains(r.texts(), "On this day") {
		t.Error("the strip comes again")
	}
}

// TestAlbumIsChangedAndBack checks that what is done to an album can be undone.
func TestAlbumIsChangedAndBack(t *testing.T) {
	f := newFake(30)
	f.albums[0].Chosen = true
	r := newRig(t, f, large)
	a := f.albums[0]
	r.deleteAlbum(a)
	r.tap("Delete album")
	r.waitCall("delete album alps")
	r.until("the toast", func() bool { return strings.Contains(r.texts(), "“Summer in the Alps” deleted") })
	r.tap("Undo")
	r.waitCall("restore album alps")
	r.until("the undo", func() bool { return strings.Contains(r.texts(), "Undone") })

	r.toAlbum("alps", a.Name, []app.Digest{digest(3)})
	r.waitCall("to album alps 3")
	r.until("the photo", func() bool { r.reload(); return len(r.snap.filter(imagelib.Query{Album: "alps"})) == 1 })
	r.open("album/alps")
	r.presentGrid().grid.Select(0)
	for _, it := range r.photoItems(r.selection()) {
		if it.Label == "Use as cover of the album" {
			it.Action()
		}
	}
	r.waitCall("cover alps true 3")
	r.until("the toast", func() bool { return strings.Contains(r.texts(), "Cover of Summer in the Alps changed") })
	r.tap("Undo")
	r.waitCall("cover alps true 2")
	r.open("albums")
	for _, it := range r.present().(*albumsPage).cards[0].items() {
		if it.Label == "Use the newest photo as cover" {
			it.Action()
		}
	}
	r.waitCall("cover alps false 0")
}

// TestTagsKeyInTheMenus: the menu names the key that gives tags where it does, and not
// in the viewer, where that key shows the film strip.
func TestTagsKeyInTheMenus(t *testing.T) {
	r := newRig(t, newFake(5), large)
	g := r.presentGrid()
	g.grid.Select(0)
	has := func(label string) bool {
		return slices.ContainsFunc(r.photoItems(r.selection()), func(i *fyne.MenuItem) bool { return i.Label == label })
	}
	if !has("Tags… (T)") {
		t.Error("the menu of the grid does not name the key")
	}
	r.view.open(g, 0)
	if has("Tags… (T)") || !has("Tags…") {
		t.Error("the menu of the viewer names a key that does something else")
	}
}
