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

// inRow makes bursts: photos 11 to 15, of which 15 was taken first, and 20 to 22.
func inRow(f *fake) {
	for _, run := range [][2]int{{11, 15}, {20, 22}} {
		first := f.images[run[1]].Date.Wall
		for n := run[0]; n <= run[1]; n++ {
			f.update([]app.Digest{digest(n)}, func(img *imagelib.Image) {
				like := f.images[run[1]]
				img.Common, img.Width, img.Height, img.Holders = like.Common, like.Width, like.Height, 2
				img.Date.Wall = first.Add(time.Duration(run[1]-n) * time.Second)
			})
		}
	}
	sortImages(f.images)
}

func burstRig(t *testing.T) (*rig, *duplicatesPage) {
	t.Helper()
	f := newFake(30)
	inRow(f)
	r := newRig(t, f, large)
	return r, r.findBursts()
}

// TestBurstsAreShown as they were taken, with nothing chosen, and apart from the
// duplicates.
func TestBurstsAreShown(t *testing.T) {
	r, p := burstRig(t)
	if len(p.groups) != 2 || r.side.rows["duplicates"].count.Text() != "" {
		t.Fatalf("%d bursts, and the sidebar counts %q", len(p.groups), r.side.rows["duplicates"].count.Text())
	}
	if got := numbers(makeSel(p.groups[0].images).digests()); got != "15 14 13 12 11" {
		t.Errorf("the newest burst is %s", got)
	}
	if p.checked(0) != "" || p.checked(1) != "" || !p.cards[p.groups[0]].remove.Disabled() {
		t.Errorf("chosen by themselves: %q, %q", p.checked(0), p.checked(1))
	}
	if strings.Contains(r.texts(), "Suggested to keep") {
		t.Error("one of a burst is suggested")
	}
	r.wantText("Alike (0)")
	r.wantText("Taken in a row (2)")
	test.Tap(p.alike)
	r.wantText("No duplicates")
	r.wantText("Taken in a row (2)")
	test.Tap(p.inRow)
	if len(p.groups) != 2 || len(p.cards) != 2 {
		t.Errorf("%d bursts, %d cards after a look at the duplicates", len(p.groups), len(p.cards))
	}
}

// TestBurstsAreDeleted as chosen, and never all.
func TestBurstsAreDeleted(t *testing.T) {
	r, p := burstRig(t)
	for n := 20; n <= 22; n++ {
		p.check(n)
	}
	if got := p.checked(1); got == "" || got == "22 21 20" {
		t.Errorf("chosen of three: %s", got)
	}
	p.check(14)
	p.check(12)
	p.cards[p.groups[0]].remove.Tapped(nil)
	r.tap("Delete from all 3 devices")
	r.waitCall("delete 14 12")
	gone := func(n int) {
		r.f.mu.Lock()
		r.f.images = slices.DeleteFunc(slices.Clone(r.f.images), func(img *imagelib.Image) bool { return number(img.Digest) == n })
		r.f.mu.Unlock()
		r.reload()
	}
	gone(14)
	gone(12)
	if got := numbers(makeSel(p.groups[0].images).digests()); got != "15 13 11" || p.checked(0) != "" || len(p.groups) != 2 {
		t.Errorf("%d bursts; %s are left of the first, %q chosen", len(p.groups), got, p.checked(0))
	}
	gone(11)
	if len(p.groups) != 1 {
		t.Errorf("%d bursts once two photos are left of one", len(p.groups))
	}
}

// TestKeepAllOfABurst: it shows no more until that is undone.
func TestKeepAllOfABurst(t *testing.T) {
	r, p := burstRig(t)
	p.cards[p.groups[0]].keep.Tapped(nil)
	r.waitCall("keep true 15 14 13 12 11")
	r.until("toast", func() bool { return r.toasts.undo != nil })
	if r.toasts.text != "5 photos stay, and are no longer shown as taken in a row" || len(p.groups) != 1 {
		t.Errorf("%q, %d bursts", r.toasts.text, len(p.groups))
	}
	r.toasts.undo()
	r.until("the burst again", func() bool { return len(p.groups) == 2 })
	p.cards[p.groups[1]].keep.Tapped(nil)
	r.until("one burst", func() bool { return len(p.groups) == 1 })
	p.cards[p.groups[0]].keep.Tapped(nil)
	r.until("none", func() bool { return len(p.groups) == 0 })
	r.wantText("No more photos taken in a row")
}

// TestNoBursts says so in words.
func TestNoBursts(t *testing.T) {
	r := newRig(t, newFake(5), large)
	r.findBursts()
	r.wantText("No photos taken in a row")
}

// TestSelectTheBurst of the photo that the cursor is at, from the menu; a photo that is in
// none has no such entry.
func TestSelectTheBurst(t *testing.T) {
	r, _ := burstRig(t)
	r.open("photos")
	g := r.presentGrid()
	at, _ := g.source().Index([32]byte(digest(13)))
	g.grid.Select(at)
	r.contextMenu(fyne.NewPos(400, 100))
	r.pickItem("Select the burst")
	if got := numbers(r.selection().digests()); got != "11 12 13 14 15" {
		t.Errorf("selected %s", got)
	}
	if g.grid.Cursor() != at {
		t.Errorf("the cursor went from %d to %d", at, g.grid.Cursor())
	}
	at, _ = g.source().Index([32]byte(digest(5)))
	g.grid.Select(at)
	if items := r.burstItem(); items != nil {
		t.Error("a photo alone is of a burst")
	}
}
