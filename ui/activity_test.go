package ui

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
)

// running is a save that has one file on its way.
func running(id int64, done int64) app.Activity {
	return app.Activity{
		ID: id, Kind: app.KindSave, Title: "2 photos", TotalFiles: 2, Bytes: done, TotalBytes: 8e6, Rate: 1e6, Started: now.Add(-time.Minute), Cancel: func() {},
		Moving: []app.Transfer{{Digest: digest(1), Name: "IMG_1.JPG", From: []string{idDesktop}, Done: done, Total: 4e6, Rate: 1e6}},
	}
}

// TestActivityUnfolds what moves, from where, and keeps the keyboard while figures
// change.
func TestActivityUnfolds(t *testing.T) {
	f := newFake(3)
	f.activities = []app.Activity{running(7, 1e6)}
	r := newRig(t, f, large)
	r.open("activity")
	if strings.Contains(r.texts(), "IMG_1.JPG from Desktop") {
		t.Error("the details show before they are asked for")
	}
	r.tap("Details")
	r.wantText("IMG_1.JPG from Desktop")
	r.wantText("1.0 MB of 4.0 MB")
	hide, ok := r.win.Canvas().Focused().(*look.Button)
	if !ok || hide.Text() != "Hide details" {
		t.Fatalf("the keyboard is with %v", r.win.Canvas().Focused())
	}
	f.mu.Lock()
	f.activities = []app.Activity{running(7, 3e6)}
	f.mu.Unlock()
	r.reload()
	r.wantText("3.0 MB of 4.0 MB")
	r.wantText("5 seconds left")
	if r.win.Canvas().Focused() != fyne.Focusable(hide) {
		t.Error("the keyboard is lost when figures change")
	}
	r.press(fyne.KeyReturn)
	if strings.Contains(r.texts(), "IMG_1.JPG from Desktop") {
		t.Error("the details stay")
	}
}

// TestActivityCancels what runs, but not what goes on by itself.
func TestActivityCancels(t *testing.T) {
	f := newFake(3)
	stopped := false
	a := running(7, 1e6)
	a.Cancel = func() { stopped = true }
	f.activities = []app.Activity{a}
	r := newRig(t, f, large)
	r.open("activity")
	r.tap("Cancel")
	if !stopped {
		t.Error("it runs on")
	}
	loose := running(0, 1e6)
	loose.Cancel = nil
	f.mu.Lock()
	f.activities = []app.Activity{loose}
	f.mu.Unlock()
	r.reload()
	if strings.Contains(r.texts(), "Cancel") {
		t.Error("a button that does nothing")
	}
}

// TestActivityTriesAgain what failed.
func TestActivityTriesAgain(t *testing.T) {
	f := newFake(3)
	tried := make(chan struct{}, 1)
	f.activities = []app.Activity{{
		ID: 2, Kind: app.KindSave, Title: "IMG_2.JPG", Started: now.Add(-time.Minute), Ended: now, Err: app.ErrNoSpace,
		Retry: func(context.Context) error { tried <- struct{}{}; return nil },
	}}
	f.actions = []app.ActionInfo{{ID: "d-1", Kind: app.KindSave, Files: 1, Device: idSelf, Time: now}}
	r := newRig(t, f, large)
	r.open("activity")
	r.wantText("The disk is full.")
	r.tap("Try again")
	r.until("another try", func() bool { return r.toasts.text == "It worked this time" })
	<-tried
}

// TestActivityForgetsWhatEnded, and only that.
func TestActivityForgetsWhatEnded(t *testing.T) {
	f := newFake(3)
	f.activities = []app.Activity{running(7, 1e6), {ID: 1, Kind: app.KindBackup, Title: "/media/usb", Started: now.Add(-time.Hour), Ended: now}}
	r := newRig(t, f, large)
	r.open("activity")
	r.wantText("Saved the records to /media/usb")
	r.tap("Clear finished")
	r.waitCall("forget ended")
	if strings.Contains(r.texts(), "Saved the records") || !strings.Contains(r.texts(), "Saving 2 photos here") {
		t.Error("what has ended stays, or what runs is gone")
	}
	if !r.present().(*activityPage).clear.Disabled() {
		t.Error("there is nothing to clear, and it can be asked for")
	}
}

// TestTransfersArePaused with one button, and go on with the same.
func TestTransfersArePaused(t *testing.T) {
	f := newFake(3)
	f.limits.Up = 5e5
	r := newRig(t, f, large)
	r.open("activity")
	r.tap("Pause transfers")
	r.until("a pause", func() bool { return f.Limits() == app.Limits{Up: 5e5, Paused: true, ServingPaused: true} })
	r.until("words for it", func() bool { return strings.Contains(r.texts(), "nothing is fetched, and nothing is sent") })
	r.tap("Resume")
	r.until("no pause", func() bool { return f.Limits() == app.Limits{Up: 5e5} })
}

// TestRemovals tells what left, and by which proofs; it is searched and paged.
func TestRemovals(t *testing.T) {
	f := newFake(3)
	removed(f)
	r := newRig(t, f, large)
	r.open("activity")
	r.tap("Removals")
	r.until("the log", func() bool { return strings.Contains(r.texts(), "IMG_2041.JPG") })
	r.wantText("Removed from this computer · asked on this computer · Tuesday, 20 August 2024, 18:10")
	r.wantText("Desktop had just read its copy, and promised to keep it until 18:20 at least")
	r.wantText("NAS in the hall had read its copy 2 days 1 hour before")
	r.wantText("Deleted on all devices · asked on Desktop")
	r.wantText("It was restored before its bytes could be moved")

	p := r.present().(*removalsPage)
	p.search.SetText("nef")
	go r.fire(searchPause)
	r.until("what is found", func() bool { return len(p.list.Objects) == 1 })
	r.wantText("Removed from this computer without proof of another copy")
	p.search.SetText("nothing like it")
	go r.fire(searchPause)
	r.until("nothing", func() bool { return strings.Contains(r.texts(), "No line of the log has “nothing like it”") })

	f.mu.Lock()
	for i := range 200 {
		f.removals = append(f.removals, app.Removal{Name: fmt.Sprintf("OLD_%03d.JPG", i), Time: now, What: app.RemovedPurged})
	}
	f.mu.Unlock()
	p.search.SetText("old")
	go r.fire(searchPause)
	r.until("the first of many", func() bool { return len(p.list.Objects) == removalsStep+1 })
	r.tap("Show more")
	r.until("more", func() bool { return len(p.list.Objects) == 3*removalsStep+1 })
	r.tap("Activity")
	if r.current != "activity" {
		t.Errorf("back leads to %s", r.current)
	}
}

// TestStatusLineTellsWhatGoesOn, and leads to it from its right end.
func TestStatusLineTellsWhatGoesOn(t *testing.T) {
	f := newFake(30)
	f.activities = []app.Activity{running(7, 1e6)}
	r := newRig(t, f, large)
	r.wantText("Saving 2 photos here · 0 of 2 · 1.0 MB/s")
	width := r.status.click.Size().Width
	r.status.click.Tapped(&fyne.PointEvent{Position: fyne.NewPos(width-30, 10)})
	if r.current != "activity" {
		t.Errorf("the right end leads to %s", r.current)
	}
	r.status.click.Tapped(&fyne.PointEvent{Position: fyne.NewPos(30, 10)})
	if r.current == "activity" {
		t.Error("the sentence at the left leads to what goes on")
	}
	f.mu.Lock()
	f.activities = nil
	f.mu.Unlock()
	r.open("photos")
	r.status.click.Tapped(&fyne.PointEvent{Position: fyne.NewPos(width-30, 10)})
	if r.current == "activity" {
		t.Error("nothing goes on, yet it is shown")
	}
}

// TestRetryTellsWhatFailedAgain.
func TestRetryTellsWhatFailedAgain(t *testing.T) {
	f := newFake(3)
	ended := app.Activity{ID: 2, Kind: app.KindImport, Title: "9 photos", Started: now.Add(-time.Minute), Ended: now, Failed: 2}
	ended.Retry = func(context.Context) error { return nil }
	f.activities = []app.Activity{ended}
	r := newRig(t, f, large)
	r.open("activity")
	r.tap("Try again")
	r.until("what failed", func() bool { return r.toasts.text == "2 files were not imported." })
}
