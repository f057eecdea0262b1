package ui

import (
	"slices"
	"strings"
	"testing"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/grid"
	"github.com/libpaul/paul/ui/words"
)

// choose picks from the menu of a device's card.
func (r *rig) choose(device, what string) {
	r.t.Helper()
	for _, c := range r.present().(*devicesPage).cards {
		if c.now.Name != device {
			continue
		}
		for _, i := range c.items() {
			if i.Label == what || i.Label == words.T(what) {
				i.Action()
				return
			}
		}
	}
	r.t.Fatalf("%q is not offered for %q", what, device)
}

// died asks what would be lost with a device.
func (r *rig) died(device string) {
	r.open("devices")
	r.choose(device, "If it died now…")
	r.until("the answer", func() bool { return len(r.modals) == 1 })
}

func TestRenameDevices(t *testing.T) {
	f := newFake(5)
	r := newRig(t, f, large)
	r.open("devices")
	r.choose("NAS in the hall", "Rename…")
	r.win.Canvas().Focused().(*keyEntry).SetText("NAS in the attic")
	r.tap("Rename")
	r.waitCall("rename 33 NAS in the attic")
	r.until("the name", func() bool { return strings.Contains(r.texts(), "NAS in the attic") })
	r.choose("Laptop", "Rename…")
	r.win.Canvas().Focused().(*keyEntry).SetText("Study")
	r.tap("Rename")
	r.waitCall("rename 11 Study")
}

func TestWhatOnlyOneDeviceHas(t *testing.T) {
	f := newFake(30)
	furthest(f)
	r := newRig(t, f, large)
	r.died("Desktop")
	r.wantText("If Desktop died now")
	r.wantText("3 photos, 10 MB, would be lost")
	r.tap("Show them")
	ids := func(s grid.Source) (out []int) {
		for i := range s.Len() {
			out = append(out, number(app.Digest(s.ID(i))))
		}
		slices.Sort(out)
		return out
	}
	if got := ids(r.presentGrid().grid.Source()); !slices.Equal(got, []int{3, 7, 11}) {
		t.Errorf("the page shows %v", got)
	}
	r.wantText("Only Desktop has a checked copy of these photos.")
	r.tap("Save all here")
	r.waitCall("save 3 7 11")
	r.tap("Devices")
	if r.current != "devices" {
		t.Errorf("the button leads to %s", r.current)
	}
}

func TestSaveWhatOnlyOneDeviceHas(t *testing.T) {
	f := newFake(30)
	f.aloneOn(idNAS, 4)
	f.lossInTrash = 1
	r := newRig(t, f, large)
	r.died("NAS in the hall")
	r.wantText("1 of them is in the trash of this computer")
	r.wantText("It is offline; what you save comes when it is back.")
	r.tap("Save them here")
	r.waitCall("save 4")
}

func TestNothingWouldBeLost(t *testing.T) {
	f := newFake(5)
	r := newRig(t, f, large)
	r.died("Desktop")
	r.wantText("No photo would be lost")
	if strings.Contains(r.texts(), "Show them") {
		t.Error("there is nothing to show")
	}
}

func TestMoreCopiesOfWhatOnlyThisComputerHas(t *testing.T) {
	f := newFake(30)
	r := newRig(t, f, large)
	r.died("Laptop")
	r.wantText("If this computer died now")
	r.tap("Keep more copies…")
	r.wantText("Keep every photo on at least")
}

func TestRemovalOffersToSaveFirst(t *testing.T) {
	f := newFake(30)
	f.aloneOn(idDesktop, 2, 9)
	r := newRig(t, f, large)
	r.open("devices")
	r.choose("Desktop", "Remove device…")
	r.wantText("2 photos have their only copy there")
	r.tap("Save them here first")
	r.waitCall("save 2 9")
	if slices.Contains(f.called(), "remove device 22") {
		t.Error("the device was removed")
	}
}

func TestRoleOfThisComputerFromItsCard(t *testing.T) {
	f := newFake(5)
	r := newRig(t, f, large)
	r.open("devices")
	r.choose("Laptop", "What it keeps…")
	sel := selects(r.modals[0].root)
	sel[0].SetSelectedIndex(2)
	sel[1].SetSelectedIndex(2)
	r.until("the plan", func() bool { return strings.Contains(r.texts(), "are removed from this computer") })
	r.tap("Apply")
	r.until("the role", func() bool { return f.Role() == app.Role{Everything: true, Space: 50e9} })
}

// TestCheckTheWayAgain: the dialog has the ways tried anew, and shows what comes of it.
func TestCheckTheWayAgain(t *testing.T) {
	f := newFake(5)
	paths(f)
	r := newRig(t, f, large)
	r.open("devices")
	r.choose("Studio", "How it is reached…")
	r.wantText("its router gives each connection another port")
	r.tap("Check again")
	r.waitCall("look again")
	r.until("that it is looked at", func() bool { return strings.Contains(r.texts(), "Checking…") })
	f.mu.Lock()
	f.findings = nil
	f.mu.Unlock()
	r.until("the end of the look", func() bool {
		r.fire(pathTick)
		return strings.Contains(r.texts(), "Check again")
	})
	r.wantText("Nothing stands in the way: it is reached as well as it can be.")
}

func TestCopyReport(t *testing.T) {
	f := newFake(5)
	paths(f)
	r := newRig(t, f, large)
	r.open("devices")
	r.choose("Laptop", "How it is reached…")
	r.wantText("The connection of this computer")
	r.tap("Copy report")
	r.until("the report", func() bool {
		return strings.Contains(r.fyne.Clipboard().Content(), "its router gives each connection another port")
	})
}

func TestFormerDevicesShow(t *testing.T) {
	f := newFake(15)
	furthest(f)
	r := newRig(t, f, large)
	r.open("devices")
	r.wantText("No longer in the library")
	r.wantText("Old phone")
	r.wantText("Removed on 11 Jul 2024 by Desktop")
}

func TestDiskBar(t *testing.T) {
	for _, test := range []struct {
		photos, free, size int64
		ofPhotos, inUse    float32
	}{{25, 50, 100, 0.25, 0.5}, {90, 50, 100, 0.5, 0.5}, {0, 100, 100, 0, 0}, {5, 0, 0, 0, 0}, {5, -1, 10, 0.5, 1}} {
		if p, u := shares(test.photos, test.free, test.size); p != test.ofPhotos || u != test.inUse {
			t.Errorf("%+v: %g of %g", test, p, u)
		}
	}
	f := newFake(15)
	furthest(f)
	r := newRig(t, f, large)
	r.open("devices")
	r.wantText("Paul 2.0 GB · 90 GB free of 512 GB")
	r.wantText("It has not told how full its disk is")
	r.wantText("Takes photos that lack copies, up to 200 GB")
}
