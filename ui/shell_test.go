package ui

import (
	"strings"
	"testing"

	"github.com/libpaul/paul/app"
)

func TestToastGoesAway(t *testing.T) {
	r := newRig(t, newFake(3), large)
	r.toasts.show("Done", nil)
	go r.fire(toastTime)
	r.until("no toast", func() bool { return r.toasts.shown == nil })
}

func TestNoAlarmWhileLoading(t *testing.T) {
	f := newFake(60)
	f.loading = make(chan struct{})
	r := newRig(t, f, large)
	r.wantText("Loading…")
	if n := r.side.rows["onecopy"].count.Text(); n != "" {
		t.Errorf("%s photos with only one copy while loading", n)
	}
	close(f.loading)
	r.until("all records", func() bool { return r.loaded })
	r.wantText("only on this computer")
	if n := r.side.rows["onecopy"].count.Text(); n == "" {
		t.Error("no count of photos with only one copy")
	}
}

func TestNoticesStayUntilClosed(t *testing.T) {
	f := newFake(5)
	f.notices = []string{"the library stays in /home/mira/Pictures: the other folder is on another disk"}
	r := newRig(t, f, large)
	r.wantText("The library stays in /home/mira/Pictures")
	r.open("devices")
	r.wantText("The library stays in")
	r.notices.hide()
	r.reload()
	if strings.Contains(r.texts(), "The library stays in") {
		t.Error("the notice comes back")
	}
}

func TestWelcome(t *testing.T) {
	f := newFake(0)
	fresh(f)
	r := newRig(t, f, large)
	r.wantText("Welcome to Paul")
	r.welcome.details(false)
	r.welcome.name.SetText("")
	r.tap("Start")
	r.until("refusal", func() bool { return r.win.Canvas().Overlays().Top() != nil })
	r.tap("OK")
	r.welcome.name.SetText("Mira's laptop")
	r.tap("Start")
	r.until("gallery", func() bool { return r.current == "photos" })
	if s := f.Settings(); s.Name != "Mira's laptop" || !s.FirstStartDone {
		t.Errorf("settings %+v", s)
	}
	r.wantText("Your photos will be here")
}

func TestWelcomeRestartsForAnotherFolder(t *testing.T) {
	f := newFake(0)
	fresh(f)
	r := newRig(t, f, large)
	restarted := false
	r.restart = func() { restarted = true }
	r.welcome.details(false)
	r.pick.paths = []string{"/media/big/Photos"}
	r.tap("Change…")
	r.until("folder", func() bool { return r.welcome.set.Library == "/media/big/Photos" })
	r.tap("Start")
	r.until("restart", func() bool { return restarted })
}

func TestWelcomeGoesWhenALibraryAppears(t *testing.T) {
	f := newFake(0)
	fresh(f)
	r := newRig(t, f, large)
	f.mu.Lock()
	f.add(0, now)
	f.mu.Unlock()
	f.changed.Raise()
	r.until("gallery", func() bool { return r.current == "photos" })
	r.until("remembered", func() bool { return f.Settings().FirstStartDone })
}

func TestDeviceRemovalSaysWhatItCosts(t *testing.T) {
	f := newFake(30)
	r := newRig(t, f, large)
	r.open("devices")
	r.removeDevice(f.devices[1])
	r.wantText("Remove Desktop from the library?")
	r.tap("Remove device")
	r.waitCall("remove device 22")
	r.until("two devices", func() bool { return len(r.devices) == 2 })
}

func TestSettings(t *testing.T) {
	r := newRig(t, newFake(3), large)
	r.restart = func() {}
	r.open("settings")
	p := r.present().(*settingsPage)
	p.keep(func(s *app.Settings) { s.Theme = "dark" })
	r.until("dark", func() bool { return r.theme.Name == "dark" })
	r.pick.paths = []string{"/media/big"}
	r.tap("Change…")
	r.until("notice", func() bool { return len(p.notice.Objects) == 1 })
	r.wantText("take effect when Paul is started again")
}

func TestChangesReachTheScreen(t *testing.T) {
	f := newFake(10)
	r := newRig(t, f, large)
	f.mu.Lock()
	f.add(10, now)
	f.images = append([]*imageRecord{f.images[10]}, f.images[:10]...)
	f.mu.Unlock()
	f.changed.Raise()
	r.until("the new photo", func() bool { return r.presentGrid().grid.Source().Len() == 11 })
}

func TestSettingsSayWhatThisStartSwitchedOff(t *testing.T) {
	for _, off := range []bool{false, true} {
		f := newFake(5)
		f.off = app.Off{LAN: off, PublicPeers: off, Direct: off}
		r := newRig(t, f, large)
		r.open("settings")
		for _, option := range []string{"--no-lan", "--no-public-peers", "--no-direct"} {
			if got := strings.Contains(r.texts(), option); got != off {
				t.Errorf("switched off: %v, yet the settings name %s: %v", off, option, got)
			}
		}
	}
}
