package ui

import (
	"errors"
	"testing"

	"github.com/libpaul/paul/app"
)

// TestWatchedFolders: a folder that was chosen is watched and shown, one that
// cannot be is refused in words, and its row takes it away again.
func TestWatchedFolders(t *testing.T) {
	f := newFake(10)
	r := newRig(t, f, large)
	r.open("settings")
	w := r.present().(*settingsPage).watched
	w.change(func() error { return f.AddWatchedFolder("/home/mira/Phone") }, "")
	r.until("it is shown", func() bool { return len(w.now) == 1 && len(w.list.Objects) == 2 })
	w.change(func() error { return errors.Join(f.AddWatchedFolder(f.settings.Library)) }, "not watched")
	r.until("a refusal", func() bool { return r.win.Canvas().Overlays().Top() != nil })
	w.change(func() error { return f.RemoveWatchedFolder("/home/mira/Phone") }, "")
	r.until("it is gone", func() bool { return len(w.now) == 0 && len(w.list.Objects) == 0 })
}

func TestWatchedState(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		f    app.WatchedFolder
		want string
	}{
		{app.WatchedFolder{State: app.WatchWatching, Photos: 1204, Deleted: 1}, "Watching · 1,204 photos · 1 stays deleted"},
		{app.WatchedFolder{State: app.WatchMissing}, "Not there"},
		{app.WatchedFolder{State: app.WatchScanned, NotPhotos: 1, Unread: 2}, "Looked through every few minutes · 1 file is not a photo · 2 files could not be read"},
	} {
		if got, _ := watchedState(c.f); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
