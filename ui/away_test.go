package ui

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/app"
)

// TestLibraryAway tells at once that the library folder is away, keeps all photos on the
// screen, and says no more of it once it is back.
func TestLibraryAway(t *testing.T) {
	f := newFake(30)
	f.notices = []string{"something else"}
	r := newRig(t, f, large)
	r.wantText("Something else.")
	f.goAway(app.ErrNotMounted)
	r.until("the notice", func() bool { return r.away != nil })
	r.wantText("The library folder /home/mira/Pictures/Paul is not there. Connect its disk, and Paul goes on by itself.")
	if text := r.texts(); strings.Contains(text, "Something else.") || strings.Contains(text, "only on this computer") {
		t.Errorf("beside the notice it says\n%s", text)
	}
	if n := r.presentGrid().grid.Source().Len(); n != 30 {
		t.Errorf("%d of 30 photos are shown", n)
	}
	r.tap("Look again")
	r.waitToast("The library folder is still not there")
	r.status.click.Tapped(nil)
	if r.current != "settings" {
		t.Errorf("the status line leads to %s", r.current)
	}
	f.mu.Lock()
	f.away = nil
	f.mu.Unlock()
	r.tap("Look again")
	r.waitToast("The library folder is there again")
	r.wantText("Something else.")
	if text := r.texts(); strings.Contains(text, "is not there") {
		t.Errorf("it still says\n%s", text)
	}
	f.goAway(errors.New("input/output error"))
	r.until("another notice", func() bool { return r.away != nil })
	r.wantText("cannot be used: Input/output error.")
	f.goAway(nil)
	r.until("its end", func() bool { return r.away == nil })
	r.wantText("Something else.")
}

// TestStatusLineLeadsToThePhotos, by mouse and by keyboard.
func TestStatusLineLeadsToThePhotos(t *testing.T) {
	f := newFake(30)
	r := newRig(t, f, large)
	r.wantText("1 photo is only on this computer")
	r.win.Canvas().Focus(r.status.click)
	r.press(fyne.KeyReturn)
	if r.current != "onecopy" || r.presentGrid().grid.Source().Len() != 1 {
		t.Errorf("it leads to %s with %d photos", r.current, r.presentGrid().grid.Source().Len())
	}
	f.mu.Lock()
	f.images = f.images[:10]
	f.mu.Unlock()
	r.reload()
	r.wantText("All 10 photos are on at least 2 devices")
	r.status.click.Tapped(nil)
	if r.current != "devices" {
		t.Errorf("it leads to %s", r.current)
	}
}

// TestNotThereAtTheStart says what to do, and tries again or ends.
func TestNotThereAtTheStart(t *testing.T) {
	r := newRig(t, newFake(1), small)
	again, quit := 0, 0
	tellNotThere(r.win, fmt.Errorf("open library /media/disk: %w", app.ErrNotMounted), func() { again++ }, func() { quit++ })
	r.wantText("Your photos are not there yet")
	r.wantText("Connect the disk and try again.")
	r.wantText("Open library /media/disk")
	r.press(fyne.KeyReturn)
	r.win.Canvas().Unfocus()
	r.press(fyne.KeyEscape)
	if again != 1 || quit != 1 {
		t.Errorf("tried again %d times, ended %d times", again, quit)
	}
	r.shoot("not-there")
}
