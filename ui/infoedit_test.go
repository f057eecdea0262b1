package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib/places"
	"github.com/libpaul/paul/internal/desk"
	"github.com/libpaul/paul/ui/look"
)

// informed is a viewer with its information panel.
func informed(t *testing.T, f *fake, at int) *rig {
	t.Helper()
	r := viewed(t, f, at)
	r.press(fyne.KeyI)
	return r
}

// button finds the button on the screen whose tooltip says what it does.
func (r *rig) button(tip string) *look.Button {
	r.t.Helper()
	var found *look.Button
	walk(r.win.Canvas().Content(), func(o fyne.CanvasObject) {
		if b, ok := o.(*look.Button); ok && b.ToolTip() == tip {
			found = b
		}
	})
	if found == nil {
		r.t.Fatalf("no button for %q", tip)
	}
	return found
}

func TestStars(t *testing.T) {
	f := newFake(10)
	r := informed(t, f, 4)
	r.button("3 stars").Tapped(nil)
	r.waitCall("rating 4 3")
	r.until("the stars", func() bool { return r.view.img.Rating == 3 })
	r.wantText("Rated with 3 stars")
	r.button("3 stars").Tapped(nil) // once more takes them away
	r.waitCall("rating 4 0")
	r.until("no stars", func() bool { return r.view.img.Rating == 0 })
	r.toasts.undo()
	r.until("the stars again", func() bool { return r.view.img.Rating == 3 })
}

func TestTags(t *testing.T) {
	f := newFake(20)
	tagged(f)
	r := informed(t, f, 4)
	field := r.view.info.tag
	field.SetText("a")
	for _, want := range []string{"animals", "at sea", "autumn"} {
		r.wantText(want)
	}
	if strings.Contains(r.texts(), "mountains mountains") {
		t.Error("a tag is suggested that the photo has")
	}
	r.tap("autumn")
	r.waitCall("tags 4 +autumn -")
	r.until("the tag", func() bool { return slices.Contains(r.view.img.Tags, "autumn") })
	if field.Text != "" || r.view.info.tag != field {
		t.Errorf("the field holds %q", field.Text)
	}
	r.win.Canvas().Focus(field.keyEntry)
	r.typeText("snow, ice ")
	r.press(fyne.KeyReturn)
	r.waitCall("tags 4 +snow,ice -")
	r.until("both tags", func() bool { return slices.Contains(r.view.img.Tags, "ice") })
	r.button("Remove the tag hut").Tapped(nil)
	r.waitCall("tags 4 + -hut")
	r.until("no hut", func() bool { return !slices.Contains(r.view.img.Tags, "hut") })
	r.wantText("Tag hut removed")
	r.toasts.undo()
	r.until("the hut again", func() bool { return slices.Contains(r.view.img.Tags, "hut") })
}

func TestTagsBeingWrittenStay(t *testing.T) {
	f := newFake(20)
	r := informed(t, f, 4)
	r.view.info.tag.SetText("half a t")
	f.mu.Lock()
	f.update([]app.Digest{digest(4)}, func(img *imageRecord) { img.Caption = "new" })
	f.mu.Unlock()
	r.reload()
	if got := r.view.info.tag.Text; got != "half a t" {
		t.Errorf("what is being written is now %q", got)
	}
}

func TestPlaceName(t *testing.T) {
	for _, tt := range []struct {
		place places.Place
		want  string
	}{
		{places.Place{City: "Grindelwald", Region: "Bern", Country: "Switzerland"}, "Grindelwald, Bern, Switzerland"},
		{places.Place{City: "Singapore", Country: "Singapore"}, "Singapore"},
		{places.Place{}, ""},
	} {
		if got := placeName(tt.place); got != tt.want {
			t.Errorf("%v is %q", tt.place, got)
		}
	}
}

// TestFileOnTheDesktop opens, shows and copies the photo by keys, and says what to do
// where that cannot be.
func TestFileOnTheDesktop(t *testing.T) {
	f := newFake(20)
	path := f.entries[digest(4)].Path
	r := informed(t, f, 4)
	r.press(fyne.KeyO)
	r.waitCall("desk open " + path)
	r.press(fyne.KeyG)
	r.waitCall("desk reveal " + path)
	r.shortcut(&fyne.ShortcutCopy{})
	r.waitCall("desk copy PNG")
	r.until("the copy", func() bool { return strings.Contains(r.texts(), "Picture copied") })
	f.mu.Lock()
	f.deskErr = desk.ErrNoTool
	f.mu.Unlock()
	r.shortcut(&fyne.ShortcutCopy{})
	r.until("the path", func() bool { return r.fyne.Clipboard().Content() == path })
	r.tap("Open")
	r.until("why not", func() bool { return strings.Contains(r.texts(), "No program could open it") })
	r.tap("OK")
	f.mu.Lock()
	f.deskErr = errors.New("no file manager")
	f.mu.Unlock()
	r.tap("Show in folder")
	r.until("where it is", func() bool { return strings.Contains(r.texts(), "The file is at "+path) })
}

func TestFileThatIsNotHere(t *testing.T) {
	r := viewed(t, newFake(20), 1)
	r.press(fyne.KeyO)
	r.wantText("The file is not on this computer")
	r.tap("Save to this computer")
	r.waitCall("save 1")
}
