package ui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// settingOf finds the control of the setting with that name on the page: the first in
// the smallest piece of the page that holds both.
func settingOf[C fyne.CanvasObject](r *rig, name string) (control C) {
	r.t.Helper()
	found := false
	var search func(o fyne.CanvasObject) (named bool, controls []C)
	search = func(o fyne.CanvasObject) (named bool, controls []C) {
		if found || !o.Visible() {
			return false, nil
		}
		switch o := o.(type) {
		case *look.Text:
			return o.Text() == name, nil
		case C:
			return false, []C{o}
		case *fyne.Container:
			for _, k := range o.Objects {
				n, c := search(k)
				named, controls = named || n, append(controls, c...)
			}
			if named && len(controls) > 0 && !found {
				control, found = controls[0], true
			}
		}
		return named, controls
	}
	search(r.present().(*settingsPage).body)
	if !found {
		r.t.Fatalf("no control of %q on the page:\n%s", name, r.texts())
	}
	return control
}

// section opens the settings at a section.
func (r *rig) section(title string) {
	r.t.Helper()
	r.open("settings")
	for i, row := range r.present().(*settingsPage).index.rows {
		if row.text == title || row.text == words.T(title) {
			r.present().(*settingsPage).index.lead(i)
			return
		}
	}
	r.t.Fatalf("no section %q", title)
}

func TestSwitchesOfTheSettings(t *testing.T) {
	f := newFake(3)
	r := newRig(t, f, large)
	r.open("settings")
	for _, test := range []struct {
		name string
		get  func(app.Settings) bool
	}{
		{"Notifications", func(s app.Settings) bool { return s.Notify }},
		{"Ask the router to open a port", func(s app.Settings) bool { return s.PortMap }},
		{"Use public nodes", func(s app.Settings) bool { return s.PublicPeers }},
		{"Find devices on this network", func(s app.Settings) bool { return s.LAN }},
		{"Link devices directly", func(s app.Settings) bool { return s.Direct }},
	} {
		settingOf[*look.Check](r, test.name).SetChecked(false)
		r.until(test.name, func() bool { return !test.get(f.Settings()) })
	}
}

// TestKeyboardStaysWhereItWas: the page is made anew after each change.
func TestKeyboardStaysWhereItWas(t *testing.T) {
	f := newFake(3)
	r := newRig(t, f, large)
	r.open("settings")
	c := settingOf[*look.Check](r, "Notifications")
	r.win.Canvas().Focus(c)
	c.TypedRune(' ')
	r.until("the page anew", func() bool { return settingOf[*look.Check](r, "Notifications") != c })
	if got := r.win.Canvas().Focused(); got != settingOf[*look.Check](r, "Notifications") {
		t.Errorf("the keyboard is with %T", got)
	}
}

func TestStartAtLogin(t *testing.T) {
	f := newFake(3)
	r := newRig(t, f, large)
	r.open("settings")
	settingOf[*look.Check](r, "Start at login").SetChecked(true)
	r.waitCall("at login true")
	r.until("it is on", func() bool { return settingOf[*look.Check](r, "Start at login").Checked })
	f.mu.Lock()
	f.loginErr = errors.New("the folder is read-only")
	f.mu.Unlock()
	settingOf[*look.Check](r, "Start at login").SetChecked(false)
	r.until("why not", func() bool { return strings.Contains(r.texts(), "the folder is read-only") })
	if !settingOf[*look.Check](r, "Start at login").Checked {
		t.Error("it shows as off")
	}
}

func TestListenAt(t *testing.T) {
	f := newFake(3)
	r := newRig(t, f, large)
	r.open("settings")
	test.Tap(settingOf[*look.Button](r, "Listen at"))
	r.win.Canvas().Focused().(*keyEntry).SetText("tls://0.0.0.0:7001")
	r.tap("Add")
	r.until("the address", func() bool { return slices.Equal(f.Settings().Listen, []string{"tls://0.0.0.0:7001"}) })
	r.until("it shows", func() bool { return strings.Contains(r.texts(), "tls://0.0.0.0:7001") })
	f.mu.Lock()
	f.settingErr = fmt.Errorf("%w: %w", app.ErrBadSetting, app.ErrPortInUse)
	f.mu.Unlock()
	test.Tap(settingOf[*look.Button](r, "Listen at"))
	r.win.Canvas().Focused().(*keyEntry).SetText("tls://0.0.0.0:80")
	r.tap("Add")
	r.until("why not", func() bool { return strings.Contains(r.texts(), "Another program of this computer has this port.") })
	f.mu.Lock()
	f.settingErr = fmt.Errorf("%w: the library stays where it is", app.ErrBadSetting)
	f.mu.Unlock()
	r.present().(*settingsPage).keep(func(s *app.Settings) { s.Library = "/x" })
	r.until("the cause", func() bool { return strings.Contains(r.texts(), "The library stays where it is.") })
}

func TestPeersShowTheirState(t *testing.T) {
	f := newFake(3)
	connected(f)
	r := newRig(t, f, large)
	r.open("settings")
	r.wantText("connected · 18 ms")
	r.wantText("(connection refused)")
	r.wantText("tls://198.51.100.3:7999?password=…")
	r.wantText("not connected")
	if strings.Contains(r.texts(), "secret") {
		t.Error("a password shows")
	}
	r.wantText("connected, and the same as here")
	r.wantText("It listens at 127.0.0.1:1080.")
}

func TestProxyOfTheSettings(t *testing.T) {
	f := newFake(3)
	r := newRig(t, f, large)
	r.open("settings")
	e := settingOf[*keyEntry](r, "Proxy for other programs")
	e.SetText("99999")
	e.OnSubmitted("")
	r.wantText("A port is a number from 1 to 65535.")
	r.modals[0].hide()
	settingOf[*keyEntry](r, "Proxy for other programs").SetText("1099")
	settingOf[*look.Check](r, "Proxy for other programs").SetChecked(true)
	r.until("the proxy", func() bool { return f.Settings().Socks == "127.0.0.1:1099" })
	r.until("how to sign in", func() bool { return strings.Contains(r.texts(), "Copy the password") })
	r.tap("Copy the password")
	r.until("the password", func() bool { return r.fyne.Clipboard().Content() == "open sesame" })
	settingOf[*look.Check](r, "Proxy for other programs").SetChecked(false)
	r.until("no proxy", func() bool { return f.Settings().Socks == "" })
}

func TestExternalDatabaseIsAskedBefore(t *testing.T) {
	const url = "http://mira:secret@couch.example.org:5984/"
	f := newFake(3)
	f.probeErr = errors.New("connection refused")
	r := newRig(t, f, large)
	r.open("settings")
	enter := func(text string) {
		test.Tap(settingOf[*look.Button](r, "External database"))
		r.win.Canvas().Focused().(*keyEntry).SetText(text)
		r.tap("Use it")
	}
	enter(url)
	r.waitCall("probe " + url)
	r.until("why not", func() bool { return strings.Contains(r.texts(), "It was not reached: connection refused") })
	if f.Settings().Database != "" {
		t.Error("a database that does not answer is kept without a word")
	}
	r.tap("Use it all the same")
	r.until("the database", func() bool { return f.Settings().Database == url })
	r.until("that it waits", func() bool { return strings.Contains(r.texts(), "It is used from the next start on.") })
	test.Tap(settingOf[*look.Button](r, "External database"))
	r.tap("Use none")
	r.until("none", func() bool { return f.Settings().Database == "" })
	f.mu.Lock()
	f.probeErr = app.ErrBadSetting
	f.mu.Unlock()
	r.until("the page", func() bool { return len(r.modals) == 0 })
	enter("couch")
	r.until("how it is written", func() bool { return strings.Contains(r.texts(), "A database is written like") })
}

func TestBackupAndRestore(t *testing.T) {
	f := newFake(3)
	f.restored = app.RestoredInfo{BackupInfo: app.BackupInfo{Name: "Desktop", Made: now.Add(-48 * time.Hour)}, Records: 90, Written: 12, Held: 2}
	r := newRig(t, f, large)
	r.open("settings")
	r.pick.paths = []string{"/media/stick"}
	r.tap("Back up…")
	r.waitCall("backup /media/stick/paul-2024-08-20-1830.zip")
	r.until("where it is", func() bool {
		return strings.Contains(r.texts(), "The records are in /media/stick/paul-2024-08-20-1830.zip")
	})
	r.pick.paths = []string{"/media/stick/paul-2024-08-18-0900.zip"}
	r.tap("Restore…")
	r.until("the question", func() bool { return len(r.modals) == 1 })
	r.wantText("Take in the records of paul-2024-08-18-0900.zip?")
	if slices.Contains(f.called(), "restore backup /media/stick/paul-2024-08-18-0900.zip") {
		t.Error("it was taken in unasked")
	}
	r.tap("Restore")
	r.until("what came of it", func() bool { return strings.Contains(r.texts(), "12 records that were missing here are back.") })
	r.wantText("Made by Desktop on 18 Aug 2024.")
	r.wantText("2 deletions wait in the trash until you agree.")
	r.modals[0].hide()
	f.mu.Lock()
	f.backupErr = app.ErrNoSpace
	f.mu.Unlock()
	r.tap("Back up…")
	r.until("why not", func() bool { return strings.Contains(r.texts(), "The disk is full.") })
}

func TestCheckOfAPart(t *testing.T) {
	f := newFake(3)
	r := newRig(t, f, large)
	r.open("settings")
	h := r.present().(*settingsPage).health
	for i, want := range []app.CheckOptions{
		{ReadData: true, Repair: true}, {ReadData: true, Repair: true, Part: app.Part{N: 4, Of: 10}}, {Repair: true},
	} {
		h.what.SetSelectedIndex(i)
		if got := h.options(); got.ReadData != want.ReadData || got.Part != want.Part || !got.Repair {
			t.Errorf("choice %d: %+v", i, got)
		}
	}
	r.tap("Check now")
	r.waitCall("check false true")
	cancelled := make(chan struct{})
	f.mu.Lock()
	f.activities = []app.Activity{{ID: 1, Kind: app.KindCheck, Title: "the library", Files: 20, TotalFiles: 90, Rate: 40e6, Started: now, Cancel: func() { close(cancelled) }}}
	f.mu.Unlock()
	f.changed.Raise()
	r.until("how far it is", func() bool { return strings.Contains(r.texts(), "20 of 90") })
	r.tap("Cancel")
	<-cancelled
	f.mu.Lock()
	f.activities[0].Ended, f.activities[0].Repaired = now.Add(-2*time.Hour), 3
	f.mu.Unlock()
	f.changed.Raise()
	r.until("what it found", func() bool {
		return strings.Contains(r.texts(), "Checked 2 h ago: 3 photos were damaged or missing, and are whole again")
	})
}

// TestIndexOfTheSettings: it leads to each section, and stands aside in a small window.
func TestIndexOfTheSettings(t *testing.T) {
	f := newFake(3)
	r := newRig(t, f, large)
	r.open("settings")
	p := r.present().(*settingsPage)
	if p.index.rows[0].Size().Height == 0 || len(p.index.rows) != len(p.index.heads) {
		t.Fatalf("%d entries for %d sections", len(p.index.rows), len(p.index.heads))
	}
	for i, row := range p.index.rows[:len(p.index.rows)-3] { // the last are as far up as the page scrolls
		row.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
		if p.whole.Offset.Y != p.index.top(i) || !row.chosen {
			t.Errorf("%s: scrolled to %g, it begins at %g", row.text, p.whole.Offset.Y, p.index.top(i))
		}
	}
	p.whole.ScrollToTop()
	p.index.follow()
	if !p.index.rows[0].chosen {
		t.Error("the first section is not marked at the top")
	}
}
