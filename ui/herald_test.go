package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/libpaul/paul/app"
)

// TestHerald: what is new while the window is away is told once, and what was so before
// is not, nor anything once the person does not want it.
func TestHerald(t *testing.T) {
	running := app.Activity{ID: 7, Kind: app.KindImport, Title: "12 photos", Started: now.Add(-time.Minute)}
	ended := running
	ended.Ended, ended.Duplicates = now, 3
	broken := ended
	broken.Err = app.ErrNoSpace
	for _, test := range []struct {
		name        string
		before      func(*fake)
		then        func(*fake)
		present     bool
		title, text string // "" = nothing
	}{
		{name: "nothing new", before: func(f *fake) { f.held = f.trash; f.rotten, f.healed = 3, 3 }, then: func(*fake) {}},
		{name: "an import is done", before: acts(running), then: acts(ended), title: "Imported 12 photos", text: "3 already in the library"},
		{name: "an import is done before one's eyes", before: acts(running), then: acts(ended), present: true},
		{name: "an import of before", before: acts(ended), then: acts(ended)},
		{name: "the disk is full", before: acts(running), then: acts(broken), present: true, title: "The disk is full", text: "Photos stop coming to this computer until there is room. What is here stays."},
		{name: "deletions wait", before: trashed, then: func(f *fake) { f.held = f.held[:2] }},
		{
			name: "deletions come", before: func(*fake) {}, then: func(f *fake) { trashed(f); f.held = f.held[:2] }, present: true,
			title: "Deletions wait for you", text: "Another device deleted 2 photos. The copies on this computer are kept until you agree, in the trash.",
		},
		{
			name: "rotten and healed", before: func(f *fake) { f.rotten = 1 }, then: func(f *fake) { f.rotten, f.healed = 1, 1 }, present: true,
			title: "Damaged photos are whole again", text: "1 photo had rotted on the disk of this computer. It came again from another device.",
		},
		{
			name: "rotten", before: func(*fake) {}, then: func(f *fake) { f.rotten = 2 }, present: true,
			title: "Damaged photos were found", text: "2 photos have rotted on the disk of this computer. They come again when a device that has them is online.",
		},
		{name: "unwanted", before: func(f *fake) { f.settings.Notify = false }, then: func(f *fake) { f.rotten = 2 }},
	} {
		t.Run(test.name, func(t *testing.T) { heralds(t, test.before, test.then, test.present, test.title, test.text) })
	}
}

func acts(a ...app.Activity) func(*fake) { return func(f *fake) { f.activities = a } }

func heralds(t *testing.T, before, then func(*fake), present bool, title, text string) {
	t.Helper()
	f := newFake(30)
	before(f)
	r := newRig(t, f, large)
	r.herald.away = !present
	f.mu.Lock()
	then(f)
	f.mu.Unlock()
	var want *fyne.Notification
	if title != "" {
		want = fyne.NewNotification(title, text)
	}
	test.AssertNotificationSent(t, want, func() {
		r.herald.reload()
		r.herald.reload()
	})
}
