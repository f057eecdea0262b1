package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
)

// ForgetEnded keeps what runs.
func (f *fake) ForgetEnded() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("forget ended")
	f.activities = slices.DeleteFunc(slices.Clone(f.activities), func(a app.Activity) bool { return !a.Running() })
}

// FindRemovals has the lines of the test.
func (f *fake) FindRemovals(text string, n int) (lines []app.Removal, more bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.removals {
		if strings.Contains(strings.ToLower(r.Name), strings.ToLower(text)) {
			lines = append(lines, r)
		}
	}
	return lines[:min(n, len(lines))], len(lines) > n, nil
}

// ImportNew is Import, or what the test says.
func (f *fake) ImportNew(ctx context.Context, paths []string) (app.ImportResult, error) {
	f.mu.Lock()
	result := f.imported
	f.mu.Unlock()
	if result == nil {
		return f.Import(ctx, paths)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("import %s", strings.Join(paths, " "))
	return *result, nil
}

// mixed is an import of which little is simply new.
func mixed(f *fake) {
	r := &app.ImportResult{Duplicates: 6, Brought: 2, Failed: 2}
	for i := range 12 {
		r.Added = append(r.Added, digest(3*i))
	}
	for i := range 6 {
		k := app.Known{Path: fmt.Sprintf("/dcim/DSC_%04d.JPG", i), Digest: digest(i), Here: i < 3, On: []string{idSelf, idDesktop}}
		if i == 5 {
			k = app.Known{Path: k.Path, Twice: true}
		} else if i >= 3 {
			k.On = []string{idDesktop}
		}
		r.Known = append(r.Known, k)
	}
	r.Problems = []imagelib.Problem{
		{Path: "/dcim/cut.jpg", Err: imagelib.ErrKeptPartial}, {Path: "/dcim/empty.jpg", Err: imagelib.ErrEmpty}, {Path: "/dcim/notes.txt", Err: imagelib.ErrNotPhoto},
	}
	f.imported = r
	f.actions = []app.ActionInfo{{ID: "d-9", Kind: app.KindImport, Files: 12, Device: idSelf, DeviceName: "Laptop", Time: now}}
}

// removed has a line of the log for each kind of proof.
func removed(f *fake) {
	line := func(what, name string, ago time.Duration) app.Removal {
		return app.Removal{Time: now.Add(-ago), What: what, Name: name, Size: 3_400_000, By: idSelf, ByName: "Laptop"}
	}
	lease := func(id, name string, r app.Removal, before time.Duration) app.Lease {
		return app.Lease{Device: id, Name: name, Verified: r.Time.Add(-before), Until: r.Time.Add(10 * time.Minute)}
	}
	saved := line(app.RemovedUnsaved, "IMG_2041.JPG", 20*time.Minute)
	saved.Leases = []app.Lease{lease(idDesktop, "Desktop", saved, 0), lease(idNAS, "NAS in the hall", saved, 49*time.Hour)}
	deleted := line(app.RemovedDeleted, "IMG_1999.JPG", 3*time.Hour)
	deleted.By, deleted.ByName = idDesktop, "Desktop"
	kept := line(app.RemovedNot, "MOV_0003.MP4", 4*time.Hour)
	kept.Error = "it was restored before its bytes could be moved"
	f.removals = []app.Removal{saved, deleted, kept, line(app.RemovedForced, "DSC_0008.NEF", 26*time.Hour), line(app.RemovedPurged, "IMG_0007.JPG", 50*time.Hour)}
}

// Cards are those of the test.
func (f *fake) Cards() []app.CardInfo {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.cards)
}

func (f *fake) DismissCard(path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("dismiss card %s", path)
	f.cards = slices.DeleteFunc(f.cards, func(c app.CardInfo) bool { return c.Path == path })
}

// plugged has a card with photos of which most are new.
func plugged(f *fake) {
	f.cards = []app.CardInfo{{Path: "/media/mira/EOS_DIGITAL/DCIM", Name: "EOS_DIGITAL", Photos: 214, New: 36}}
}
