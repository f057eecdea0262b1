package ui

import (
	"context"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/words"
)

var (
	large = fyne.NewSize(1280, 800)
	small = fyne.NewSize(720, 560)
)

// busy fills in what goes on.
func busy(f *fake) {
	f.activities = []app.Activity{
		{ID: 3, Kind: app.KindSave, Title: "48 photos", Files: 17, TotalFiles: 48, Bytes: 61_000_000, TotalBytes: 170_000_000, Rate: 8_400_000, Started: now.Add(-time.Minute), Cancel: func() {}, Moving: []app.Transfer{
			{Digest: digest(1), Name: "IMG_2044.JPG", From: []string{idDesktop}, Done: 2_100_000, Total: 4_000_000, Rate: 5_100_000},
			{Digest: digest(5), Name: "MOV_0012.MP4", From: []string{idDesktop, idNAS}, Done: 9_000_000, Total: 80_000_000, Rate: 3_300_000},
		}},
		{ID: 2, Kind: app.KindSave, Title: "IMG_2041.JPG", Started: now.Add(-20 * time.Minute), Ended: now.Add(-19 * time.Minute), Err: app.ErrNoSpace, Troubles: []app.Trouble{{Name: "IMG_2041.JPG", Err: app.ErrNoSpace}}, Retry: func(context.Context) error { return nil }},
		{ID: 1, Kind: app.KindImport, Title: "212 photos", Files: 212, TotalFiles: 212, Bytes: 800_000_000, Started: now.Add(-time.Hour), Ended: now.Add(-50 * time.Minute), Duplicates: 31, Failed: 2, Troubles: []app.Trouble{{Name: "DSC_0012.JPG", Err: imagelib.ErrKeptPartial}}},
	}
}

// done fills in what was done of late.
func done(f *fake) {
	f.actions = []app.ActionInfo{
		{ID: "d-4", Kind: app.KindDelete, Files: 3, Device: idSelf, DeviceName: "This laptop", Time: now.Add(-20 * time.Minute)},
		{ID: "d-3", Kind: app.KindSave, Files: 41, Device: idDesktop, DeviceName: "Desktop", Time: now.Add(-3 * time.Hour)},
		{ID: "d-2", Kind: app.KindImport, Files: 212, Device: idSelf, DeviceName: "This laptop", Time: now.Add(-26 * time.Hour)},
		{ID: "d-1", Kind: app.KindUnsave, Files: 12, Device: idDesktop, DeviceName: "Desktop", Time: now.Add(-50 * time.Hour), Undone: &now, Failed: 1},
	}
}

// saving has two photos on their way here, and one whose last try failed.
func saving(f *fake) {
	for i, t := range []app.Transfer{{Done: 1_200_000}, {Done: 3_100_000}, {Err: "the disk is full"}} {
		d := digest(1 + 4*i)
		e := f.entries[d]
		wish := e.Holders.Of(idSelf)
		wish.Saved = true
		e.Holders.Set(idSelf, wish)
		f.entries[d] = e
		t.Digest, t.Name, t.From, t.Total = d, e.Name, []string{idDesktop}, e.Size
		f.transfers = append(f.transfers, t)
	}
}

func trashed(f *fake) {
	for i := range 14 {
		e := f.entries[digest(i)]
		stamp := e.Added
		stamp.At, stamp.By = now.Add(-time.Duration(i/5)*30*time.Hour), idDesktop
		e.Deleted = &stamp
		f.trash = append(f.trash, e)
		if i > 8 {
			f.held = append(f.held, e)
		}
	}
}

// paths has a device for each way in which one is reached.
func paths(f *fake) {
	desktop, nas := f.devices[1], f.devices[2]
	desktop.Path = app.Path{Kind: app.PathDirect, Method: app.MethodPunched, RTT: 12 * time.Millisecond, Since: now.Add(-8 * time.Hour), RX: 3_100_000, TX: 24_000}
	studio, attic, phone := desktop, desktop, nas
	studio.ID, studio.Name, studio.Platform = strings.Repeat("4", 64), "Studio", "darwin"
	studio.Path = app.Path{Kind: app.PathRelayed, ViaPublic: true, RTT: 96 * time.Millisecond, Since: now.Add(-20 * time.Minute)}
	attic.ID, attic.Name = strings.Repeat("5", 64), "PC in the attic"
	attic.Path = app.Path{Kind: app.PathLAN, Method: app.MethodLAN, RTT: 300 * time.Microsecond, Since: now.Add(-26 * time.Hour)}
	phone.ID, phone.Name, phone.Platform = strings.Repeat("6", 64), "Phone", "android"
	phone.Online, phone.Path = true, app.Path{Kind: app.PathRelayed, ViaDevice: "Desktop", RTT: 41 * time.Millisecond, Since: now.Add(-time.Minute)}
	f.devices = []app.Device{f.devices[0], desktop, nas, attic, phone, studio}
	text := func(format string, args ...string) app.Text { return app.Text{Format: format, Args: args} }
	f.findings = []app.Finding{
		{Code: "upnpOff", Severity: app.SeverityHint, About: app.AboutDirect, What: text("The router opens no port when asked: UPnP, NAT-PMP and PCP are off there, or it knows none of them."), Do: text("Switch one of them on in the router's settings, or forward UDP port {{.Port}} to this computer there.", "Port", "7331")},
		{Code: "offline", Severity: app.SeverityHint, About: app.AboutDevice, Device: nas.ID, What: text("{{.Device}} has not answered since Paul was started here.", "Device", nas.Name), Do: text("Is it switched on, with Paul running and a network? If both devices are on one network, let port 7330 (TCP and UDP) and UDP port 7331 through their firewalls.")},
		{Code: "looking", Severity: app.SeverityHint, About: app.AboutDevice, Device: phone.ID, What: text("A direct link with {{.Device}} is being looked for.", "Device", phone.Name)},
		{Code: "symmetricThere", Severity: app.SeverityHint, About: app.AboutDevice, Device: studio.ID, What: text("No direct link with {{.Device}}: its router gives each connection another port (symmetric NAT).", "Device", studio.Name), Do: text("Switch UPnP, NAT-PMP or PCP on in one of the routers, or forward UDP port 7331 there; or use IPv6 on both sides.")},
	}
}

// cutOff is a device that nothing leads to.
func cutOff(f *fake) {
	f.devices[1].Online, f.devices[1].Path = false, app.Path{Kind: app.PathOffline}
	f.findings = []app.Finding{{
		Code: "noWay", Severity: app.SeverityProblem, About: app.AboutPeers,
		What: app.Text{Format: "Only devices on this network can be found: public peers are switched off, and no peer of your own is named."},
		Do:   app.Text{Format: "Switch public peers on, or let one device be a peer (pauld run --listen tls://0.0.0.0:7999) and name it on the others (pauld peer add tls://HOST:7999)."},
	}}
}

// fresh is a device that starts for the first time.
func fresh(f *fake) {
	f.settings.FirstStartDone = false
	f.images, f.devices = nil, f.devices[:1]
}

// screens are all screens, each made from a fresh shell.
var screens = []struct {
	name  string
	fake  func(*fake)
	reach func(*rig)
}{
	{"photos", nil, func(*rig) {}},
	{"years", lived, func(r *rig) { r.presentGrid().grid.SetLevel(levelYears) }},
	{"months", lived, func(r *rig) {
		r.presentGrid().grid.SetLevel(levelMonths)
		r.presentGrid().grid.ScrollTo(700)
	}},
	{"squares", lived, func(r *rig) { r.setSquares(true) }},
	{"scrubbing", lived, func(r *rig) { r.scrub(0.4) }},
	{"signs", nil, func(r *rig) { r.showSigns() }},
	{"view-menu", nil, func(r *rig) { r.tapTip("How photos are shown") }},
	{"selected", nil, func(r *rig) {
		r.settle()
		r.presentGrid().grid.Select(2)
	}},
	{"favourites", nil, func(r *rig) { r.open("favourites") }},
	{"onecopy", nil, func(r *rig) { r.open("onecopy") }},
	{"saving", saving, func(*rig) {}},
	{"pairs", pairs, func(*rig) {}},
	{"pairs-info", pairs, func(r *rig) {
		r.view.open(r.presentGrid(), 2)
		r.view.toggleInfo()
	}},
	{"saving-info", saving, func(r *rig) {
		r.view.open(r.presentGrid(), 1)
		r.view.toggleInfo()
	}},
	{"places", travelled, func(r *rig) { r.open("places") }},
	{"places-dates", travelled, func(r *rig) {
		r.open("places")
		p := r.present().(*placesPage)
		p.turn(tabDates)
		p.atlas.ZoomIn()
	}},
	{"tags", wellTagged, func(r *rig) {
		r.presentGrid().grid.SelectAll()
		r.editTags(r.selection())
		r.win.Canvas().Unfocus()
	}},
	{"this-day", func(f *fake) {
		for i := range 9 {
			c := *f.images[80+i]
			c.Date.Wall = now.AddDate(-1-i%4, 0, 0)
			f.images[80+i] = &c
		}
		sortImages(f.images)
	}, func(*rig) {}},
	{"suggest", func(f *fake) { travelled(f); wellTagged(f) }, func(r *rig) {
		r.bar.search.SetText("type:image a")
		r.presentGrid().search("type:image a")
		r.suggest.step(1)
	}},
	{"places-none", func(f *fake) { f.images = f.images[:0] }, func(r *rig) { r.open("places") }},
	{"albums", nil, func(r *rig) { r.open("albums") }},
	{"albums-keys", nil, func(r *rig) {
		r.open("albums")
		r.win.Canvas().Focus(r.present().(*albumsPage).cards[1])
	}},
	{"found", nil, func(r *rig) { r.searchFor("mov_") }},
	{"albums-smart", smartly, func(r *rig) { r.open("albums") }},
	{"album-smart", smartly, func(r *rig) { r.open("album/films") }},
	{"edit-search", smartly, func(r *rig) {
		r.open("album/films")
		r.presentGrid().editSearch()
		r.win.Canvas().Unfocus()
	}},
	{"trash", trashed, func(r *rig) { r.open("trash") }},
	{"trash-question", func(f *fake) { trashed(f); f.unsaved = []app.InTrash{{Digest: digest(20), Size: 9_000_000}} }, func(r *rig) {
		r.open("trash")
		r.emptyTrash()
		r.until("the question", func() bool { return len(r.modals) == 1 })
	}},
	{"duplicates", alike, func(r *rig) { r.findDuplicates() }},
	{"duplicates-bursts", inRow, func(r *rig) { r.findBursts() }},
	{"menu-burst", inRow, func(r *rig) {
		r.fire(duplicatesRest)
		r.until("the search", func() bool { return r.duplicates.done })
		r.presentGrid().grid.Select(12)
		r.contextMenu(fyne.NewPos(600, 200))
	}},
	{"devices", nil, func(r *rig) { r.open("devices") }},
	{"devices-paths", paths, func(r *rig) { r.open("devices") }},
	{"devices-advice", paths, func(r *rig) {
		r.open("devices")
		r.adviceOf(5)
	}},
	{"devices-furthest", furthest, func(r *rig) { r.open("devices") }},
	{"devices-removed-here", func(f *fake) { f.removed = &app.RemovedInfo{By: "Desktop", At: now.Add(-26 * time.Hour)} }, func(r *rig) { r.open("devices") }},
	{"device-loss", furthest, func(r *rig) { r.died("Desktop") }},
	{"device-loss-photos", furthest, func(r *rig) { r.open(lossPrefix + idDesktop) }},
	{"device-role", nil, func(r *rig) {
		r.open("devices")
		r.askRole(func() {})
		selects(r.modals[0].root)[1].SetSelectedIndex(3)
		r.until("the plan", func() bool { return strings.Contains(r.texts(), words.Bytes(48e6)) })
	}},
	{"device-remove", furthest, func(r *rig) {
		r.open("devices")
		r.removeDevice(r.devices[1])
	}},
	{"devices-cut-off", cutOff, func(r *rig) { r.open("devices") }},
	{"activity", busy, func(r *rig) { r.open("activity") }},
	{"activity-details", func(f *fake) {
		busy(f)
		late := now.Add(-30 * time.Hour)
		f.fetching = &app.Fetching{Files: 60, Waits: []app.Wait{
			{Why: app.WaitOffline, Files: 12, Devices: []app.WaitDevice{{Name: "NAS in the hall", LastSeen: &late}}},
			{Why: app.WaitRelayed, Files: 31, Devices: []app.WaitDevice{{Name: "Desktop"}}, Rate: 1_400_000},
		}}
		f.limits.ServingPaused = true
	}, func(r *rig) {
		r.open("activity")
		for _, id := range []int64{1, 3} {
			r.present().(*activityPage).toggle(id)
		}
		r.win.Canvas().Unfocus()
	}},
	{"activity-none", nil, func(r *rig) { r.open("activity") }},
	{"removals", removed, func(r *rig) {
		r.open(removalsID)
		r.until("the log", func() bool { return strings.Contains(r.texts(), "IMG_2041.JPG") })
	}},
	{"card", plugged, func(*rig) {}},
	{"imported", mixed, func(r *rig) {
		r.importPaths([]string{"/media/mira/EOS_DIGITAL"})
		r.until("the summary", func() bool { return r.lastImport != nil })
	}},
	{"imported-details", mixed, func(r *rig) {
		r.importPaths([]string{"/media/mira/EOS_DIGITAL"})
		r.until("the summary", func() bool { return r.lastImport != nil })
		r.tap("Details")
	}},
	{"imported-deleted", func(f *fake) {
		f.imported = &app.ImportResult{Added: []app.Digest{digest(1)}, Deleted: 1, Known: []app.Known{{Path: "/p/IMG_7.JPG", Deleted: true}}}
	}, func(r *rig) {
		r.importPaths([]string{"/p"})
		r.until("the question", func() bool { return len(r.modals) == 1 })
	}},
	{"history", func(f *fake) { busy(f); done(f) }, func(r *rig) { r.open("activity") }},
	{"settings", nil, func(r *rig) { r.open("settings") }},
	{"copies", func(f *fake) { f.rules[""] = app.CopyRule{Copies: 3} }, func(r *rig) {
		r.askCopies("", "Keep every photo on at least", func() {})
		r.until("the plan", func() bool { return strings.Contains(r.texts(), "NAS in the hall") })
	}},
	{"settings-network", connected, func(r *rig) { r.section("Network") }},
	{"settings-programs", connected, func(r *rig) { r.section("Other programs") }},
	{"settings-database", nil, func(r *rig) {
		r.open("settings")
		r.present().(*settingsPage).askDatabase()
		r.win.Canvas().Unfocus()
	}},
	{"settings-check", func(f *fake) {
		f.activities = []app.Activity{{ID: 1, Kind: app.KindCheck, Title: "the library", Files: 20, TotalFiles: 90, Rate: 40e6, Started: now, Cancel: func() {}}}
	}, func(r *rig) { r.section("Check and backup") }},
	{"settings-watched", watching, func(r *rig) { r.open("settings") }},
	{"settings-places", inPlace, func(r *rig) {
		r.open("settings")
		r.until("the folders", func() bool { return strings.Contains(r.texts(), "/home/mira/Photos") })
	}},
	{"empty", func(f *fake) { f.images = nil; f.devices = f.devices[:1] }, func(*rig) {}},
	{"viewer", nil, func(r *rig) { r.view.open(r.presentGrid(), 2) }},
	{"viewer-info", nil, func(r *rig) {
		r.view.open(r.presentGrid(), 4)
		r.view.toggleInfo()
	}},
	{"viewer-absent", func(f *fake) {
		f.absent[digest(1)] = true
		f.devices[1].Online = false
		f.devices[1].LastSeen = now.Add(-5 * time.Hour)
	}, func(r *rig) { r.view.open(r.presentGrid(), 1) }},
	{"viewer-strip", nil, func(r *rig) {
		r.settle()
		r.view.open(r.presentGrid(), 5)
		r.view.toggleStrip()
		r.until("the film strip", r.stripFilled)
	}},
	{"viewer-film", nil, func(r *rig) { r.view.open(r.presentGrid(), 6) }},
	{"viewer-tags", tagged, func(r *rig) {
		r.view.open(r.presentGrid(), 4)
		r.view.toggleInfo()
		r.view.info.tag.SetText("a")
	}},
	{"compare", nil, func(r *rig) {
		r.settle()
		r.view.comparePhotos(r.presentGrid(), 2, 3)
		r.until("both photos", r.bothShown)
	}},
	{"edit", nil, func(r *rig) {
		r.view.open(r.presentGrid(), 4)
		r.view.startEditing()
		r.until("the photo", func() bool { return r.view.editor.crop.Ready() && !r.view.editor.loading })
		r.view.editor.angle.SetValue(6)
		r.view.editor.crop.SetBusy(false)
		r.view.editor.choose(3)
	}},
	{"welcome", fresh, nil},
	{"welcome-details", fresh, func(r *rig) {
		r.welcome.details(false)
		r.win.Canvas().Unfocus()
		r.root.Refresh()
	}},
	{"welcome-join", fresh, func(r *rig) {
		r.welcome.details(true)
		r.win.Canvas().Unfocus()
		r.root.Refresh()
	}},
	{"trash-selected", trashed, func(r *rig) {
		r.open("trash")
		r.settle()
		r.presentGrid().grid.Select(2)
	}},
	{"devices-alone", func(f *fake) { f.devices = f.devices[:1] }, func(r *rig) { r.open("devices") }},
	{"invite-done", nil, func(r *rig) {
		r.invite()
		r.f.guest <- app.Guest{}
		r.until("guest", func() bool { return r.inviting.state == "guest" })
		r.tap("They match, let it in")
		r.until("pairing", func() bool { return r.inviting.state == "done" })
	}},
	{"invite-ended", func(f *fake) { f.waitErr = app.ErrExpired }, func(r *rig) {
		r.invite()
		r.until("failure", func() bool { return r.inviting.state == "failed" })
	}},
	{"invite-no-lan", func(f *fake) { f.noLAN = true }, func(r *rig) {
		r.invite()
		r.until("code", func() bool { return r.inviting.state == "code" })
	}},
	{"invite", nil, func(r *rig) {
		r.invite()
		r.until("code", func() bool { return r.inviting.state == "code" })
	}},
	{"invite-guest", nil, func(r *rig) {
		g := app.Guest{Words: [4]string{"amber", "river", "violin", "moss"}}
		g.Name, g.Platform = "Mira's new PC", "windows"
		r.f.guest <- g
		r.invite()
		r.until("guest", func() bool { return r.inviting.state == "guest" })
	}},
	{"join", nil, func(r *rig) {
		r.join()
		r.win.Canvas().Unfocus()
	}},
	{"join-nearby", func(f *fake) {
		f.nearby = []app.NearbyDevice{nearDesktop, {ID: strings.Repeat("7", 64), Name: "Attic", Platform: "windows"}}
	}, func(r *rig) {
		r.join()
		r.tap("Studio")
		r.win.Canvas().Unfocus()
	}},
	{"join-mistake", nil, func(r *rig) {
		r.join()
		r.joining.entry.SetText(strings.Replace(code, "X0NXV", "X4NXV", 1))
		r.win.Canvas().Unfocus()
	}},
	{"join-link", nil, func(r *rig) { r.joinByLink(code) }},
	{"invite-large", nil, func(r *rig) {
		r.invite()
		r.until("code", func() bool { return r.inviting.state == "code" })
		r.tap("Larger")
		r.win.Canvas().Unfocus()
	}},
	{"join-words", nil, func(r *rig) {
		r.joinWith(code)
		r.until("words", func() bool { return r.joining.state == "words" })
	}},
	{"join-failed", func(f *fake) { f.joinErr = context.DeadlineExceeded }, func(r *rig) {
		r.joinWith(code)
		r.until("failure", func() bool { return r.joining.state == "failed" })
	}},
	{"delete", nil, func(r *rig) {
		r.presentGrid().grid.Select(2)
		r.deletePhotos(r.selection())
	}},
	{"remove", func(f *fake) {
		f.heldBy(2, map[string]time.Duration{idSelf: time.Hour})
		f.heldBy(3, map[string]time.Duration{idSelf: time.Hour, idNAS: 80 * time.Hour})
		f.heldBy(4, map[string]time.Duration{idSelf: time.Hour, idNAS: 80 * time.Hour, idDesktop: 30 * time.Hour})
	}, func(r *rig) {
		r.presentGrid().grid.SelectAll()
		r.removePhotos(r.selection())
	}},
	{"force", func(f *fake) { f.heldBy(2, map[string]time.Duration{idSelf: time.Hour}) }, func(r *rig) {
		r.forceRemove([]app.Digest{digest(2), digest(3)})
	}},
	{"away", nil, func(r *rig) {
		r.f.goAway(app.ErrNotMounted)
		r.until("the notice", func() bool { return r.away != nil })
	}},
	{"keys", nil, func(r *rig) { r.showKeys() }},
	{"refused", func(f *fake) { f.refuse[digest(2)] = app.ErrLastCopy }, func(r *rig) {
		r.presentGrid().grid.Select(2)
		r.removePhotos(r.selection())
		r.until("refusal", func() bool { return r.win.Canvas().Overlays().Top() != nil })
	}},
	{"dates", nil, func(r *rig) {
		d := r.newDateDialog(r.f.images[2:14], "")
		d.show()
		d.parts[1].SetText("6")
		r.win.Canvas().Unfocus()
	}},
	{"dates-zone", nil, func(r *rig) {
		d := r.newDateDialog(r.f.images[2:3], "")
		d.show()
		d.way.SetSelectedIndex(wayZone)
		d.zone.SetText("Asia/Bangkok")
		d.clock.SetSelectedIndex(1)
		d.from.SetText("Nowhere")
		r.win.Canvas().Unfocus()
	}},
	{"clock", wrongClock, func(*rig) {}},
	{"clock-preview", wrongClock, func(r *rig) { r.previewClock(r.f.offers[0]) }},
	{"toast", nil, func(r *rig) { r.toasts.show("3 photos moved to the trash", func() {}) }},
	{"menu", nil, func(r *rig) {
		r.presentGrid().grid.Select(2)
		r.contextMenu(fyne.NewPos(600, 200))
	}},
}

// watching is a person with watched folders, each with another state.
func watching(f *fake) {
	f.watched = []app.WatchedFolder{
		{Path: "/home/mira/Phone/DCIM/Camera", State: app.WatchWatching, Photos: 1204, Deleted: 3},
		{Path: "/home/mira/Downloads", State: app.WatchWatching, Photos: 12, NotPhotos: 1},
		{Path: "/media/mira/EOS_DIGITAL", State: app.WatchMissing, Reason: "its photos stay in the library, and it is waited for"},
		{Path: "/mnt/nas/Uploads", State: app.WatchScanned, Photos: 310, Reason: "it is on a network drive, which does not tell of changes"},
	}
}

// inPlace has folders in place, one of them away.
func inPlace(f *fake) {
	f.places = []app.PlaceInfo{
		{Path: "/home/mira/Photos", Files: 41212, Bytes: 380e9, Deleted: 12, Missing: 1, Only: 30000, Busy: true},
		{Path: "/media/mira/OLD_DISK/Bilder", Files: 1, Bytes: 4e6, Away: "away"},
	}
}

// TestScreens draws every screen in light and dark at two sizes, and compares it
// with its golden picture, and its structure with the golden markup. PAUL_SHOTS=dir keeps pictures of full size.
func TestScreens(t *testing.T) {
	for _, sc := range screens {
		for _, theme := range []string{"light", "dark"} {
			for _, size := range []struct {
				name string
				fyne.Size
			}{{"large", large}, {"small", small}} {
				name := sc.name + "-" + theme + "-" + size.name
				t.Run(name, func(t *testing.T) {
					f := newFake(90)
					f.settings.Theme = theme
					if sc.fake != nil {
						sc.fake(f)
					}
					r := newRig(t, f, size.Size)
					if sc.reach != nil {
						sc.reach(r)
						r.settle()
					}
					r.shoot(name)
					golden(t, name, r.win.Canvas().Capture())
					if size.name == "large" {
						test.AssertRendersToMarkup(t, "screens/"+name+".xml", r.win.Canvas())
					}
				})
			}
		}
	}
}
