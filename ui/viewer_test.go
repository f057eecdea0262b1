package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/app"
)

func TestViewer(t *testing.T) {
	r := newRig(t, newFake(30), large)
	g := r.presentGrid()
	r.settle()
	v := r.view
	g.grid.Select(2)
	g.grid.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if !v.active() || v.img.Digest != digest(2) {
		t.Fatal("enter does not open the photo")
	}
	key := func(k fyne.KeyName) { v.key(&fyne.KeyEvent{Name: k}) }
	r.settle()
	r.until("neighbours", func() bool { return len(v.near) >= 2 })
	key(fyne.KeyRight)
	if v.img.Digest != digest(3) || v.near[thumbKey(v.img, 0)] == nil {
		t.Error("the next photo was not at hand")
	}
	key(fyne.KeyEnd)
	key(fyne.KeyRight)
	if v.at != 29 {
		t.Errorf("at %d, want the last", v.at)
	}
	key(fyne.KeyHome)
	key(fyne.KeyF)
	r.waitCall("favourite true 0")
	r.until("the heart", func() bool { return v.img.Favourite })
	key(fyne.KeyDelete)
	r.tap("Delete from all 3 devices")
	r.until("the next photo", func() bool { return v.img.Digest == digest(1) })
	key(fyne.KeyI)
	r.wantText("Fujifilm X-T4")
	r.wantText("Save to this computer")
	key(fyne.KeyEscape)
	if v.active() || g.grid.Count() != 1 {
		t.Error("escape does not go back to the photo in the grid")
	}
}

func TestViewerSaysWhoHasAnAbsentPhoto(t *testing.T) {
	f := newFake(10)
	f.absent[digest(1)] = true
	f.devices[1].Online, f.devices[1].LastSeen = false, now.Add(-5*time.Hour)
	r := newRig(t, f, large)
	r.view.open(r.presentGrid(), 1)
	r.settle()
	r.wantText("The full photo is on Desktop (offline, last seen 5 h ago)")
	f.mu.Lock() // it comes online and is saved
	delete(f.absent, digest(1))
	f.devices[1].Online = true
	f.update([]app.Digest{digest(1)}, func(img *imageRecord) { img.Here = true })
	f.mu.Unlock()
	f.changed.Raise()
	r.until("the photo", func() bool { return r.view.err == nil && r.view.near[thumbKey(r.view.img, 0)] != nil })
}

func TestViewerSaysFromWhereAPhotoComes(t *testing.T) {
	f := newFake(10)
	r := newRig(t, f, large)
	v := r.view
	v.open(r.presentGrid(), 1)
	r.settle()
	wish := app.Transfer{Digest: digest(1), Total: 4_000_000}
	for _, tt := range []struct {
		online bool
		moving []app.Transfer
		want   string
	}{
		{true, nil, "Looking for a device that has this photo…"},
		{true, []app.Transfer{wish}, "Looking for a device that has this photo…"},
		{true, []app.Transfer{{Digest: digest(1), From: []string{idDesktop}, Total: 4_000_000}}, "Loading from Desktop…"},
		{true, []app.Transfer{{Digest: digest(1), From: []string{idDesktop}, Done: 1_000_000, Total: 4_000_000}}, "Loading from Desktop: 1.0 MB of 4.0 MB"},
		{true, []app.Transfer{{Digest: digest(1), From: []string{idSelf, idDesktop}, Total: 4_000_000}}, "Loading from Laptop and Desktop…"},
		{false, nil, "The full photo is on Desktop (offline"},
	} {
		f.mu.Lock()
		f.transfers, f.devices[1].Online = tt.moving, tt.online
		f.mu.Unlock()
		r.read()
		if got := v.progress(); !strings.HasPrefix(got, tt.want) {
			t.Errorf("online %v, moving %v: %q, want %q", tt.online, tt.moving, got, tt.want)
		}
	}
}

func TestNotesHaveRoom(t *testing.T) {
	f := newFake(10)
	f.absent[digest(1)] = true
	f.devices[1].Name, f.devices[1].Online = "The old computer in the study upstairs, by the window", false
	r := newRig(t, f, fyne.NewSize(480, 400))
	r.view.open(r.presentGrid(), 1)
	r.settle()
	r.toasts.show("3 photos exported to /media/mira/Backup of the year 2024/Holidays/Alps and sea/Selected", nil)
	for what, o := range map[string]fyne.CanvasObject{"note": r.view.note.Objects[0], "toast": r.toasts.shown} {
		left := fyne.CurrentApp().Driver().AbsolutePositionForObject(o).X
		if w := o.MinSize().Width; left < 0 || left+w > 480 || w < 100 {
			t.Errorf("the %s reaches from %v to %v in a window of 480", what, left, left+w)
		}
	}
}

func TestViewerFollowsASave(t *testing.T) {
	f := newFake(10)
	saving(f)
	r := newRig(t, f, large)
	r.view.open(r.presentGrid(), 1)
	r.settle()
	r.view.toggleInfo()
	r.wantText("Saving to this computer: 35 %")
	r.view.info.words.SetText("Half a wo") // the person writes
	f.mu.Lock()
	f.transfers[0].Done = f.transfers[0].Total / 2
	f.mu.Unlock()
	f.changed.Raise()
	r.until("progress", func() bool { return strings.Contains(r.texts(), "Saving to this computer: 50 %") })
	if got := r.view.info.words.Text; got != "Half a wo" {
		t.Errorf("what is being written is now %q", got)
	}
	r.view.open(r.presentGrid(), 9)
	r.wantText("It could not be saved yet")
	r.tap("Do not save it here")
	r.until("that it is not fetched", func() bool { return strings.Contains(r.texts(), "The photo is no longer fetched; nothing was removed") })
	if n := len(f.calls); n == 0 || f.calls[n-1] != "unsave 9" {
		t.Errorf("called %q", f.calls)
	}
}

func TestUndoShowsOverTheViewer(t *testing.T) {
	r := newRig(t, newFake(10), large)
	r.view.open(r.presentGrid(), 2)
	r.view.key(&fyne.KeyEvent{Name: fyne.KeyDelete})
	r.tap("Delete from all 3 devices")
	r.until("toast", func() bool { return r.toasts.undo != nil })
	objs := r.root.Objects
	if objs[len(objs)-1] != fyne.CanvasObject(r.toasts.box) || objs[len(objs)-2] != fyne.CanvasObject(r.view.object) {
		t.Error("the viewer hides what came of it")
	}
}

func TestSlideShow(t *testing.T) {
	r := newRig(t, newFake(3), large)
	r.view.open(r.presentGrid(), 1)
	r.view.key(&fyne.KeyEvent{Name: fyne.KeySpace})
	for _, want := range []int{2, 0} {
		go r.fire(r.view.slideTime())
		r.until("next slide", func() bool { return r.view.at == want })
	}
	r.view.key(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if r.view.sliding != nil || !r.view.active() {
		t.Error("escape does not end the slide show alone")
	}
}
