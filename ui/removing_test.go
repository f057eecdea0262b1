package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
)

// held says which devices hold a photo of the fake, and when each last checked.
func (f *fake) heldBy(n int, checked map[string]time.Duration) {
	e := f.entries[digest(n)]
	var fresh app.Entry
	e.Holders = fresh.Holders
	for id, ago := range checked {
		e.Holders.Set(id, holding{true, 1, now.Add(-ago)})
	}
	f.entries[digest(n)] = e
	f.update([]app.Digest{digest(n)}, func(img *imagelib.Image) {
		_, img.Here = checked[idSelf]
		img.Holders = int32(len(checked))
	})
}

func (r *rig) sel(n ...int) sel {
	r.reload()
	var images []*imagelib.Image
	for _, k := range n {
		img, _, ok := r.snap.find(digest(k))
		if !ok {
			r.t.Fatalf("photo %d is not there", k)
		}
		images = append(images, img)
	}
	return makeSel(images)
}

// TestRemovalOfSeveralIsToldFirst says where photos stay, which do not go, and why.
func TestRemovalOfSeveralIsToldFirst(t *testing.T) {
	f := newFake(30)
	here := func(others map[string]time.Duration) map[string]time.Duration {
		others[idSelf] = time.Hour
		return others
	}
	f.heldBy(0, here(map[string]time.Duration{idDesktop: time.Minute * 2, idNAS: 100 * time.Hour}))
	f.heldBy(2, here(map[string]time.Duration{idDesktop: 50 * time.Hour}))
	f.heldBy(3, here(map[string]time.Duration{idNAS: 26 * time.Hour}))
	f.heldBy(4, here(map[string]time.Duration{}))
	placed := f.entries[digest(6)]
	placed.InPlace = true
	f.entries[digest(6)] = placed
	r := newRig(t, f, large)
	x := r.sel(0, 1, 2, 3, 4, 6) // 1 is not here
	r.removePhotos(x)
	for _, want := range []string{
		"Remove 5 photos from this computer?",
		"Desktop has 2 of them; the oldest check there was 2 days ago.",
		"NAS in the hall has 2 of them, and is offline; the oldest check there was 4 days ago.",
		"1 photo stays here: no other device is known to have it.",
		"1 photo stays here until NAS in the hall can prove its copy: it is offline.",
		"1 photo stays here: it lies in a folder that was added in place, where Paul removes nothing.",
		"until then Undo, or Save, brings it back",
	} {
		r.wantText(want)
	}
	if calls := f.called(); len(calls) > 0 {
		t.Errorf("it did %q before the person agreed", calls)
	}
	r.tap("Cancel")
	f.settings.Copies = 2
	r.removePhotos(r.sel(0, 2))
	r.wantText("1 photo stays here: 2 other devices are to have it, and fewer do.")
	r.wantText("1 photo stays here until NAS in the hall can prove its copy")
	r.wantText("2 photos stay here for now")
	r.tap("Remove when safe")
	r.waitCall("when safe 0 2")
}

// TestRemovalOfOneIsNotAsked: its menu has told all.
func TestRemovalOfOneIsNotAsked(t *testing.T) {
	r := newRig(t, newFake(30), large)
	r.removePhotos(r.sel(1, 2)) // 1 is not here
	r.waitCall("unsave 2")
}

// TestKeeperRemovesNothing says so at once, and leads to the settings.
func TestKeeperRemovesNothing(t *testing.T) {
	f := newFake(30)
	f.role = app.Role{Everything: true}
	r := newRig(t, f, large)
	r.removePhotos(r.sel(2))
	r.wantText("This computer keeps every photo, so the photo stays here.")
	if calls := f.called(); len(calls) > 0 {
		t.Errorf("it did %q", calls)
	}
	r.tap("Settings")
	if r.current != "settings" {
		t.Errorf("it leads to %s", r.current)
	}
}

// TestRefusalsOfferWaysOut: what another device relies on can wait, and not be forced;
// devices that have the photo and are offline are named.
func TestRefusalsOfferWaysOut(t *testing.T) {
	for _, tt := range []struct {
		err        error
		holds      string
		says       []string
		wait, hard bool
	}{
		{app.ErrLeased, idDesktop, []string{"relies on the one here"}, true, false},
		{app.ErrUnverified, idNAS, []string{"Copies are on NAS in the hall (last seen 2 days ago): start Paul there.", "Or let it be removed by itself"}, true, true},
		{app.ErrLastCopy, idDesktop, []string{"only copy that Paul can be sure of", "Save the photo on another device first"}, true, true},
		{app.ErrInPlace, idDesktop, []string{"Remove the file from that folder yourself"}, false, false},
	} {
		t.Run(tt.err.Error(), func(t *testing.T) {
			f := newFake(30)
			f.heldBy(2, map[string]time.Duration{idSelf: time.Hour, tt.holds: time.Hour})
			f.refuse[digest(2)] = fmt.Errorf("unsave: %w", tt.err)
			r := newRig(t, f, large)
			r.removePhotos(r.sel(2))
			r.until("the refusal", func() bool { return len(r.modals) > 0 })
			for _, want := range tt.says {
				r.wantText(want)
			}
			text := r.texts()
			if strings.Contains(text, "Remove when safe") != tt.wait || strings.Contains(text, "Remove anyway") != tt.hard {
				t.Errorf("waiting %t, forcing %t wanted of\n%s", tt.wait, tt.hard, text)
			}
		})
	}
}

// TestForceSaysWhatWouldBeLost tells the last copy from what a device only says to have.
func TestForceSaysWhatWouldBeLost(t *testing.T) {
	f := newFake(30)
	f.heldBy(2, map[string]time.Duration{idSelf: time.Hour})
	f.heldBy(3, map[string]time.Duration{idSelf: time.Hour, idNAS: 75 * time.Hour})
	f.notes = true
	r := newRig(t, f, large)
	r.forceRemove([]app.Digest{digest(2), digest(3)})
	r.wantText("1 photo is on no other device, as far as is known: when the trash here lets go of it, it is lost for ever.")
	r.wantText("1 photo is said to be on NAS in the hall, and nobody could prove it now; the oldest check there was 3 days ago.")
	r.press(fyne.KeyReturn) // the keyboard is with the way out
	if calls := f.called(); len(calls) > 0 {
		t.Fatalf("return did %q", calls)
	}
	r.forceRemove([]app.Digest{digest(2), digest(3)})
	r.tap("Remove anyway")
	r.waitCall("force 2 3")
	r.waitToast("2 photos removed from this computer")
	r.undoKey()
	r.waitCall("undo note-1")
}

// TestDeletionIsTold names devices that are offline and have the photos, what has one
// copy, and that many are asked for elsewhere.
func TestDeletionIsTold(t *testing.T) {
	f := newFake(300)
	f.heldBy(2, map[string]time.Duration{idSelf: time.Hour, idNAS: time.Hour})
	f.heldBy(3, map[string]time.Duration{idSelf: time.Hour})
	r := newRig(t, f, large)
	text := r.deleteText(r.sel(2, 3))
	for _, want := range []string{
		"The trash of each device keeps them for 30 days",
		"1 of them is on one device alone, and can only be restored from its trash.",
		"NAS in the hall is offline: it deletes them when it is seen again, and until then its copies stay.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %q", want, text)
		}
	}
	if strings.Contains(text, "many") {
		t.Errorf("two are called many: %q", text)
	}
	if text := r.deleteText(r.sel(0)); strings.Contains(text, "offline") {
		t.Errorf("a device is named that has no copy: %q", text)
	}
	var many []int
	for i := range 60 {
		many = append(many, i)
	}
	if text := r.deleteText(r.sel(many...)); !strings.Contains(text, "As these are many, other devices may ask you there before they move their copies.") {
		t.Errorf("60 at once: %q", text)
	}
	f.mu.Lock()
	f.devices = f.devices[:1]
	f.mu.Unlock()
	r.reload()
	if text := r.deleteText(r.sel(3)); text != "The trash keeps it for 30 days; until then it can be restored." {
		t.Errorf("of the only device: %q", text)
	}
}
