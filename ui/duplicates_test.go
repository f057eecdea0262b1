package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
)

// alike makes groups of near duplicates: photos 2 to 4, of which 4 is a favourite and 3 a
// smaller copy, and 9 and 10, where 9 leads a raw file.
func alike(f *fake) {
	pair := func(to, from int, share int) {
		f.update([]app.Digest{digest(to)}, func(img *imagelib.Image) {
			like := f.images[from]
			img.Width, img.Height, img.Date, img.Kind, img.Favourite = like.Width/share, like.Height/share, like.Date, imagelib.KindImage, false
		})
	}
	pair(3, 2, 2)
	pair(4, 2, 1)
	pair(10, 9, 1)
	f.update([]app.Digest{digest(3)}, func(img *imagelib.Image) { img.Name, img.Size, img.Holders = "IMG-20240820-WA0007.jpg", 212_000, 1 })
	f.update([]app.Digest{digest(4)}, func(img *imagelib.Image) { img.Favourite = true })
	lead := f.images[9]
	raw := *lead
	raw.Digest, raw.Name, raw.Size = digest(909), "IMG_3991.RAF", 24_000_000
	raw.Common = &imagelib.Common{Type: "image/x-fuji-raf", Kind: imagelib.KindRAW, Camera: lead.Camera}
	f.images = slices.Clone(f.images)
	f.images[9] = imagelib.Together(lead, &raw)
	f.alike = [][]app.Digest{{digest(9), digest(10)}, {digest(2), digest(3), digest(4)}}
}

// findDuplicates waits until the library has been searched, and opens the page.
func (r *rig) findDuplicates() *duplicatesPage {
	r.t.Helper()
	r.fire(duplicatesRest)
	r.until("the search", func() bool { return r.duplicates.done && r.duplicates.stop == nil && !r.duplicates.busy })
	r.open("duplicates")
	p := r.present().(*duplicatesPage)
	r.untilDrawn(p)
	return p
}

// untilDrawn waits for the pictures of the groups near the screen.
func (r *rig) untilDrawn(p *duplicatesPage) {
	r.t.Helper()
	r.until("pictures", func() bool {
		for _, c := range p.cards {
			if slices.ContainsFunc(c.photos, func(a *alikePhoto) bool { return a.pic.Image == nil }) {
				return false
			}
		}
		return true
	})
}

// findBursts shows what was taken in a row.
func (r *rig) findBursts() *duplicatesPage {
	r.t.Helper()
	p := r.findDuplicates()
	test.Tap(p.inRow)
	r.untilDrawn(p)
	return p
}

// check presses the check under a photo.
func (p *duplicatesPage) check(n int) {
	for _, c := range p.cards {
		for _, a := range c.photos {
			if number(a.img.Digest) == n {
				test.Tap(a.check)
			}
		}
	}
}

// checked are the photos of a group whose check is set.
func (p *duplicatesPage) checked(group int) string {
	var ds []app.Digest
	for _, a := range p.cards[p.groups[group]].photos {
		if a.check.Checked {
			ds = append(ds, a.img.Digest)
		}
	}
	return numbers(ds)
}

func alikeRig(t *testing.T) (*rig, *duplicatesPage) {
	t.Helper()
	f := newFake(30)
	alike(f)
	r := newRig(t, f, large)
	return r, r.findDuplicates()
}

// TestDuplicatesAreShown with the best first, and what tells them apart; the search does
// not run while nothing changes.
func TestDuplicatesAreShown(t *testing.T) {
	r, p := alikeRig(t)
	if n := r.side.rows["duplicates"].count.Text(); n != "2" || len(p.groups) != 2 {
		t.Errorf("the sidebar counts %q groups, the page shows %d", n, len(p.groups))
	}
	if got := numbers(makeSel(p.groups[0].images).digests()); got != "4 2 3" {
		t.Errorf("the newest group is %s", got)
	}
	for _, want := range []string{"IMG-20240820-WA0007.jpg", "212 kB", "RAW", "On 1 device", "Suggested to keep", "Favourite"} {
		r.wantText(want)
	}
	if p.checked(0) != "2 3" || p.checked(1) != "10" {
		t.Errorf("chosen by themselves: %s, and %s", p.checked(0), p.checked(1))
	}
	r.reload()
	if r.duplicates.stop != nil || r.duplicates.busy {
		t.Error("another search without a change")
	}
}

// TestDuplicatesAreDeleted as chosen, with both files of a pair, and never all.
func TestDuplicatesAreDeleted(t *testing.T) {
	r, p := alikeRig(t)
	r.tap("Delete 2 photos…")
	r.wantText("Delete 2 photos from all 3 devices?")
	r.tap("Cancel")
	p.check(9) // the last that stays: the other one does now
	if p.checked(1) != "9" {
		t.Errorf("chosen of two: %s", p.checked(1))
	}
	p.check(4)
	if p.checked(0) != "4 3" {
		t.Errorf("chosen of three: %s", p.checked(0))
	}
	p.check(4)
	p.check(3)
	if p.checked(0) != "" || !p.cards[p.groups[0]].remove.Disabled() {
		t.Errorf("chosen of three: %s, and it can be deleted", p.checked(0))
	}
	r.tap("Delete 1 photo…")
	r.wantText("1 raw file or film of the same shot goes too.")
	r.tap("Delete from all 3 devices")
	r.waitCall("delete 9 909")
	r.until("toast", func() bool { return r.toasts.undo != nil })
	r.f.mu.Lock()
	r.f.images = slices.Delete(slices.Clone(r.f.images), 9, 10)
	r.f.mu.Unlock()
	r.reload()
	if len(p.groups) != 1 || len(p.cards) != 1 || p.checked(0) != "" {
		t.Errorf("%d groups once one of two is gone, %s chosen", len(p.groups), p.checked(0))
	}
	r.toasts.undo()
	r.waitCall("restore 9 909")
}

// TestDuplicatesKeepOne: where what was to stay is deleted on another device while the
// question is open, nothing of the group is deleted.
func TestDuplicatesKeepOne(t *testing.T) {
	r, p := alikeRig(t)
	g := p.groups[1]
	stay := slices.DeleteFunc(slices.Clone(g.images), func(img *imagelib.Image) bool { return g.chosen[img.Digest] })
	if len(stay) == 0 || len(g.toDelete()) == 0 {
		t.Fatalf("%d stay, %d go", len(stay), len(g.toDelete()))
	}
	r.deleteAlike(g)
	r.f.mu.Lock()
	for _, img := range stay {
		e := r.f.entries[img.Digest]
		e.Deleted = &e.Added
		r.f.entries[img.Digest] = e
	}
	r.f.mu.Unlock()
	r.tap("Delete from all 3 devices")
	r.wantText("Nothing was deleted")
	r.wantText("was kept")
	if calls := r.f.called(); len(calls) > 0 {
		t.Errorf("it did %q", calls)
	}
}

// TestDuplicatesOfWhatIsLeft: where the one to stay is deleted elsewhere, another stays.
func TestDuplicatesOfWhatIsLeft(t *testing.T) {
	r, p := alikeRig(t)
	r.f.mu.Lock()
	r.f.images = slices.Delete(slices.Clone(r.f.images), 4, 5)
	r.f.mu.Unlock()
	r.reload()
	if p.checked(0) != "3" {
		t.Errorf("chosen: %s", p.checked(0))
	}
	p.check(3)
	p.check(2)
	r.f.mu.Lock()
	r.f.images = slices.DeleteFunc(slices.Clone(r.f.images), func(img *imagelib.Image) bool { return number(img.Digest) == 3 })
	r.f.mu.Unlock()
	r.reload()
	if len(p.groups) != 1 {
		t.Errorf("%d groups", len(p.groups))
	}
}

// TestKeepAllDuplicates: a group that is kept shows no more until that is undone, or
// another photo comes to it.
func TestKeepAllDuplicates(t *testing.T) {
	r, p := alikeRig(t)
	p.cards[p.groups[0]].keep.Tapped(nil)
	r.waitCall("keep true 4 2 3")
	r.until("toast", func() bool { return r.toasts.undo != nil })
	if r.toasts.text != "3 photos stay, and are no longer shown as duplicates" || len(p.groups) != 1 || r.side.rows["duplicates"].count.Text() != "1" {
		t.Errorf("%q, %d groups", r.toasts.text, len(p.groups))
	}
	r.toasts.undo()
	r.until("the group again", func() bool { return len(p.groups) == 2 })
	r.tap("Keep all")
	r.until("one group", func() bool { return len(p.groups) == 1 })
	p.cards[p.groups[0]].keep.Tapped(nil)
	r.until("none", func() bool { return len(p.groups) == 0 })
	r.wantText("No duplicates left")
	r.f.mu.Lock()
	r.f.alike[1] = append(slices.Clone(r.f.alike[1]), digest(20))
	r.f.update([]app.Digest{digest(20)}, func(*imagelib.Image) {})
	r.f.mu.Unlock()
	r.reload()
	r.fire(duplicatesRest)
	r.until("the larger group", func() bool { return len(p.groups) == 1 && len(p.groups[0].images) == 4 })
}

// TestDuplicatesInTheViewer turns through one group, and goes back to the photo.
func TestDuplicatesInTheViewer(t *testing.T) {
	r, p := alikeRig(t)
	test.Tap(p.cards[p.groups[0]].photos[1])
	r.wantText("2 of 3")
	r.press(fyne.KeyRight)
	r.press(fyne.KeyRight)
	r.wantText("3 of 3")
	r.press(fyne.KeyEscape)
	if a, ok := r.win.Canvas().Focused().(*alikePhoto); !ok || number(a.img.Digest) != 3 {
		t.Errorf("the keyboard is with %T", r.win.Canvas().Focused())
	}
	r.press(fyne.KeyReturn)
	r.f.mu.Lock()
	r.f.images = slices.Delete(slices.Clone(r.f.images), 2, 5)
	r.f.mu.Unlock()
	r.reload()
	if r.view.active() || len(p.groups) != 1 {
		t.Error("the viewer shows photos that are gone")
	}
}

// TestManyDuplicates makes only what is near the screen.
func TestManyDuplicates(t *testing.T) {
	f := newFake(600)
	for i := 0; i < 600; i += 2 {
		f.alike = append(f.alike, []app.Digest{digest(i), digest(i + 1)})
	}
	r := newRig(t, f, large)
	p := r.findDuplicates()
	if n := len(p.cards); n == 0 || n > 5 {
		t.Errorf("%d cards for one screen of 300", n)
	}
	p.scroll.ScrollToBottom()
	if n := len(p.cards); p.cards[p.groups[299]] == nil || n > 5 {
		t.Errorf("%d cards at the end", n)
	}
	p.scroll.ScrollToTop()
	r.win.Resize(fyne.NewSize(1280, 3000))
	for i, g := range p.groups[:5] {
		if p.cards[g] == nil {
			t.Errorf("no card for group %d in a tall window", i)
		}
	}
}

// TestNoDuplicates says so in words, once it is known.
func TestNoDuplicates(t *testing.T) {
	r := newRig(t, newFake(5), large)
	r.open("duplicates")
	r.wantText("Looking for duplicates")
	r.findDuplicates()
	if got := r.texts(); !strings.Contains(got, "No duplicates") || strings.Contains(got, "Looking") {
		t.Error(got)
	}
}

// TestBetterFirst: each reason to keep a photo is stronger than those after it.
func TestBetterFirst(t *testing.T) {
	t.Parallel()
	photo := func(change func(*imagelib.Image)) *imagelib.Image {
		img := &imagelib.Image{Name: "b.jpg", Width: 4000, Height: 3000, Size: 1000, Holders: 1}
		img.Date.Wall = now
		change(img)
		return img
	}
	ranks := []*imagelib.Image{
		photo(func(img *imagelib.Image) { img.Width = 4200 }),
		photo(func(img *imagelib.Image) { // a crop is no loss of pixels
			img.Width, img.Favourite = 2001, true
			img.More = &imagelib.More{Geometry: imagelib.Geometry{Crop: imagelib.Crop{W: 0.5, H: 1}}}
		}),
		photo(func(img *imagelib.Image) { img.Rating = 4 }),
		photo(func(img *imagelib.Image) { img.Size = 2000 }),
		photo(func(img *imagelib.Image) { img.Holders = 2 }),
		photo(func(img *imagelib.Image) { img.Date.Wall = now.AddDate(0, 0, -1) }),
		photo(func(img *imagelib.Image) { img.Name = "a.jpg" }),
		photo(func(*imagelib.Image) {}),
		photo(func(img *imagelib.Image) { img.Width, img.Favourite, img.Size = 1600, true, 9000 }),
	}
	for i := range ranks[1:] {
		if betterFirst(ranks[i], ranks[i+1]) >= 0 || betterFirst(ranks[i+1], ranks[i]) <= 0 {
			t.Errorf("%d is not better than %d", i, i+1)
		}
	}
}

// TestDuplicatesWait: the search waits for a rest, but not for ever.
func TestDuplicatesWait(t *testing.T) {
	r, _ := alikeRig(t)
	change := func() {
		r.f.mu.Lock()
		r.f.update([]app.Digest{digest(20)}, func(*imagelib.Image) {})
		r.f.mu.Unlock()
		r.reload()
	}
	waiting := func() (n int) {
		for _, tm := range r.later {
			if tm.d == duplicatesRest && !tm.stopped {
				n++
			}
		}
		return n
	}
	change()
	first := r.later[len(r.later)-1]
	change()
	if !first.stopped || waiting() != 1 {
		t.Errorf("a change does not put the search off: %d searches to come", waiting())
	}
	second := r.later[len(r.later)-1]
	r.now = func() time.Time { return now.Add(duplicatesWait) }
	change()
	if second.stopped || waiting() != 1 {
		t.Errorf("changes put the search off for ever: %d searches to come", waiting())
	}
}
