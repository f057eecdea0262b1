package ui

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/libpaul/paul/ui/look"
)

// ticks runs what waits for the tick of the devices page, and reports whether
// anything did.
func (r *rig) ticks() bool {
	waits := slices.ContainsFunc(r.later, func(tm *timer) bool { return !tm.stopped && tm.d == pathTick })
	r.fire(pathTick)
	return waits
}

func TestRatesShowWhileDevicesDo(t *testing.T) {
	f := newFake(5)
	paths(f)
	r := newRig(t, f, large)
	r.open("devices")
	p := r.present().(*devicesPage)
	card := p.cards[1]
	for _, rate := range []uint64{8_400_000, 500} {
		f.mu.Lock()
		f.devices = slices.Clone(f.devices)
		f.devices[1].Path.RX, f.devices[1].Path.TX = rate, 0
		f.mu.Unlock()
		if !r.ticks() {
			t.Fatal("nothing is read anew while the page shows")
		}
		want := map[bool]string{true: "receiving 8.4 MB/s · 12 ms · since 10:30", false: "12 ms · since 10:30"}[rate >= 1000]
		r.until(want, func() bool { return card.detail.Text() == want })
	}
	if p.cards[1] != card {
		t.Error("the card was made anew for a rate")
	}
	r.open("photos")
	if r.ticks() {
		t.Error("rates are read while no page shows them")
	}
}

// adviceOf asks on the devices page what can be done about a device.
func (r *rig) adviceOf(device int) {
	var last *look.Button
	walk(r.present().(*devicesPage).cards[device].object, func(o fyne.CanvasObject) {
		if b, ok := o.(*look.Button); ok {
			last = b
		}
	})
	test.Tap(last)
}

func TestDevicesSayWhatCanBeDone(t *testing.T) {
	f := newFake(5)
	paths(f)
	r := newRig(t, f, large)
	r.open("devices")
	r.wantText("Relayed through a public node")
	r.wantText("its router gives each connection another port")
	r.adviceOf(5)
	r.wantText("The way to Studio")
	r.wantText("use IPv6 on both sides")
	r.wantText("forward UDP port 7331 to this computer") // what is amiss here may be why, too
}

func TestDevicesSayWhatKeepsThemApart(t *testing.T) {
	f := newFake(5)
	cutOff(f)
	r := newRig(t, f, large)
	r.open("devices")
	r.wantText("public nodes are switched off")
	r.tap("Settings")
	if r.current != "settings" {
		t.Errorf("the button leads to %s", r.current)
	}
}

// A device that is alone has nobody to be kept apart from.
func TestLoneDeviceLacksNothing(t *testing.T) {
	f := newFake(5)
	cutOff(f)
	f.devices = f.devices[:1]
	r := newRig(t, f, large)
	r.open("devices")
	if n := len(r.present().(*devicesPage).head.Objects); n != 1 {
		t.Errorf("%d things over the devices, want the introduction alone", n)
	}
}
