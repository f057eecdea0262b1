package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/words"
)

// dateRig opens the dialog for the photos with the given numbers.
func dateRig(t *testing.T, numbers ...int) (*rig, *dateDialog) {
	t.Helper()
	r := newRig(t, newFake(30), large)
	var images []*imagelib.Image
	for _, n := range numbers {
		images = append(images, r.f.images[n])
	}
	d := r.newDateDialog(images, "")
	d.show()
	return r, d
}

// TestShiftDates: the dialog shows what becomes of the oldest photo, corrects all, and
// takes that back.
func TestShiftDates(t *testing.T) {
	r, d := dateRig(t, 1, 3)
	before := r.f.images[3].Date
	if !d.apply.Disabled() || d.first.Digest != digest(3) {
		t.Errorf("before anything is entered: enabled %t, of %s", !d.apply.Disabled(), d.first.Name)
	}
	d.parts[1].SetText("1")
	d.parts[2].SetText("30")
	d.later.SetSelectedIndex(1)
	if text := r.texts(); !strings.Contains(text, dateText(before, false)) || !strings.Contains(text, words.Clock(before.Wall.Add(-90*time.Minute))) {
		t.Errorf("the dialog says %s", text)
	}
	d.apply.Tapped(nil)
	r.waitCall("dates 1 3")
	r.until("toast", func() bool { return strings.Contains(r.toasts.text, "Dates of 2 photos corrected") })
	if got := r.f.Snapshot().images[3].Date; got.Wall != before.Wall.Add(-90*time.Minute) || len(r.modals) != 0 {
		t.Errorf("date %v, was %v; %d dialogs", got, before, len(r.modals))
	}
	r.toasts.undo()
	r.waitCall("undo dates")
	r.until("the undo", func() bool { return r.snap.images[3].Date == before })
}

// TestDateTroubles: what stands in the way is said, and nothing can be done then.
func TestDateTroubles(t *testing.T) {
	r, d := dateRig(t, 2, 4)
	says := func(what string) {
		t.Helper()
		if text := r.texts(); !strings.Contains(text, what) || !d.apply.Disabled() {
			t.Errorf("want %q and no way on (disabled: %t): %s", what, d.apply.Disabled(), text)
		}
	}
	d.parts[0].SetText("1.5")
	says("whole numbers")
	d.parts[0].SetText("90000")
	says("outside the years")
	d.do()
	d.way.SetSelectedIndex(wayZone)
	says("Taken in")
	d.zone.SetText("Middle/Earth")
	says("Europe/Paris")
	d.clock.SetSelectedIndex(1)
	d.zone.SetText("Asia/Bangkok")
	if d.apply.Disabled() {
		t.Error("photos that tell their offset cannot be moved to another zone")
	}
	img := *d.images[0]
	img.Date.HasOffset, img.Date.Offset = false, 0
	d.images[0] = &img
	d.preview()
	says("does not say which time zone")
	d.from.SetText("Europe/Vienna")
	if d.apply.Disabled() {
		t.Error("with the zone of the clock it cannot be moved")
	}
	d.way.SetSelectedIndex(waySet)
	d.date.SetText("last summer")
	says("A date is like")
	if len(r.f.called()) > 0 {
		t.Errorf("done: %v", r.f.called())
	}
	d.date.SetText("1978-07-15 10:00")
	d.date.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	r.waitCall("dates 2 4")
}

// TestDatesFromMenu: the menu of a photo leads to the dialog, Escape out of it.
func TestDatesFromMenu(t *testing.T) {
	r := newRig(t, newFake(30), large)
	r.settle()
	r.presentGrid().grid.Select(2)
	for _, i := range r.photoItems(r.selection()) {
		if strings.HasPrefix(i.Label, "Change date") {
			i.Action()
		}
	}
	if len(r.modals) != 1 || !strings.Contains(r.texts(), "Shift the clock") {
		t.Fatalf("%d dialogs: %s", len(r.modals), r.texts())
	}
	r.typedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if len(r.modals) != 0 || len(r.f.called()) > 0 {
		t.Errorf("%d dialogs, done: %v", len(r.modals), r.f.called())
	}
}

// wrongClock has a camera that was six hours slow.
func wrongClock(f *fake) {
	o := app.ClockOffer{Camera: "Canon EOS 550D", First: f.images[20], Last: f.images[6], Photos: 15, Shift: 6 * time.Hour, Scenes: 11, Alike: 3, Chance: 1e-8}
	for i := 20; i >= 6; i-- {
		o.Files = append(o.Files, f.images[i].Digest)
	}
	f.offers = []app.ClockOffer{o}
}

// TestClockNotice: an offer is shown over the page, applied with a way back, looked at
// first, or dismissed, which can be taken back as well.
func TestClockNotice(t *testing.T) {
	f := newFake(30)
	wrongClock(f)
	r := newRig(t, f, large)
	const text = "Canon EOS 550D seems to have been 6 hours slow: 15 photos"
	r.until("the offer", func() bool { return strings.Contains(r.texts(), text) })
	offer := f.offers[0]

	r.previewClock(offer)
	if !strings.Contains(r.texts(), "as a phone 11 times") || !strings.Contains(r.texts(), "3 of them look alike") {
		t.Errorf("the preview says %s", r.texts())
	}
	r.modals[0].hide()

	r.dismissClock(offer)
	r.waitCall("dismiss clock Canon EOS 550D true")
	r.until("the offer has gone", func() bool { return !strings.Contains(r.texts(), text) })
	r.toasts.undo()
	r.until("the offer again", func() bool { return strings.Contains(r.texts(), text) })

	before := f.images[20].Date.Wall
	r.applyClock(offer)
	r.waitCall("apply clock Canon EOS 550D")
	r.until("toast", func() bool { return strings.Contains(r.toasts.text, "Dates of 15 photos corrected") })
	r.until("the offer has gone", func() bool { return !strings.Contains(r.texts(), text) })
	if got := r.f.Snapshot().images[20].Date.Wall; got != before.Add(6*time.Hour) {
		t.Errorf("date %v, was %v", got, before)
	}
}

// TestNoticesBeforeOffers: what this start could not do comes before an offer.
func TestNoticesBeforeOffers(t *testing.T) {
	f := newFake(30)
	wrongClock(f)
	f.notices = []string{"the library folder was not moved"}
	r := newRig(t, f, large)
	if text := r.texts(); !strings.Contains(text, "was not moved") || strings.Contains(text, "6 hours slow") {
		t.Errorf("the window says %s", text)
	}
	r.notices.close()
	if text := r.texts(); strings.Contains(text, "was not moved") || !strings.Contains(text, "6 hours slow") {
		t.Errorf("the window says %s", text)
	}
}

// TestUndoDatesInHistory: Activity lists a correction, and takes it back.
func TestUndoDatesInHistory(t *testing.T) {
	f := newFake(5)
	f.actions = []app.ActionInfo{{ID: "d-9", Kind: app.KindDate, Files: 12, Device: idDesktop, DeviceName: "Desktop", Time: now.Add(-time.Hour)}}
	r := newRig(t, f, large)
	r.open("activity")
	if text := r.texts(); !strings.Contains(text, "Corrected the dates of 12 photos") || !strings.Contains(text, "on Desktop") {
		t.Errorf("Activity says %s", text)
	}
	r.present().(*activityPage).undo(f.actions[0])
	r.waitCall("undo d-9")
	r.until("toast", func() bool {
		return strings.Contains(r.toasts.text, "Dates of 10 photos are as they were, 2 have changed again since")
	})
	if len(r.modals) > 0 {
		t.Error("it asks first, though no photo goes")
	}
}

// TestUndoEditsInHistory: Activity lists what was turned and cut, and takes it back.
func TestUndoEditsInHistory(t *testing.T) {
	f := newFake(5)
	f.actions = []app.ActionInfo{{ID: "d-9", Kind: app.KindGeometry, Files: 12, Device: idDesktop, DeviceName: "Desktop", Time: now.Add(-time.Hour)}}
	r := newRig(t, f, large)
	r.open("activity")
	r.wantText("Turned or cut 12 photos")
	r.present().(*activityPage).undo(f.actions[0])
	r.waitCall("undo d-9")
	r.until("toast", func() bool {
		return strings.Contains(r.toasts.text, "10 photos are turned and cut as they were")
	})
}

// TestCorrectedText: the information of a photo tells what the camera said.
func TestCorrectedText(t *testing.T) {
	f := newFake(5)
	img := f.images[2]
	old := img.Date
	img.More = &imagelib.More{FileDate: old}
	img.Date.Wall, img.Date.Source = old.Wall.Add(time.Hour), "person"
	if got := dateSource(img); got != "corrected by hand; the camera said "+dateText(old, false) {
		t.Errorf("%q", got)
	}
	old.Source = "mtime"
	img.More = &imagelib.More{FileDate: old}
	if got := dateSource(img); !strings.Contains(got, "the file says 20 Aug 2024") {
		t.Errorf("%q", got)
	}
}
