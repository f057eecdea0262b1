package ui

import (
	"context"
	"fmt"
	"time"

	"github.com/libpaul/paul/app"
)

// fakeDevices is what a fake tells of devices beside the list of them.
type fakeDevices struct {
	formers     []app.Former
	lossInTrash int
}

// furnish gives the devices disks, roles and checks.
func (f *fake) furnish() {
	for i := range f.devices {
		d := &f.devices[i]
		d.RoleKnown, d.DiskSize, d.DiskFree, d.Trash = true, 512e9, int64(i+1)*90e9, 2e9
		d.NewestProof, d.OldestProof = now.Add(-2*time.Hour), now.Add(-19*24*time.Hour)
	}
	f.devices[0].Only, f.devices[0].OnlyBytes = 5, 17e6
	f.devices[1].Role = app.Role{Helps: true, Space: 200e9}
	f.devices[2].Role, f.devices[2].DiskSize, f.devices[2].DiskFree = app.Role{Everything: true}, 8e12, 5.2e12
}

// furthest has photos that one device alone holds, a device that has not told of its
// disk, and devices that were removed.
func furthest(f *fake) {
	f.aloneOn(idDesktop, 3, 7, 11)
	f.devices[0].Only, f.devices[2].RoleKnown, f.devices[2].DiskSize = 0, false, 0
	f.formers = []app.Former{
		{ID: "7777", Name: "Old phone", Platform: "android", RemovedInfo: app.RemovedInfo{By: "Desktop", At: now.Add(-40 * 24 * time.Hour)}},
		{ID: "8888", Name: "Laptop of before", Platform: "darwin", RemovedInfo: app.RemovedInfo{At: now.Add(-400 * 24 * time.Hour)}},
	}
}

// aloneOn lets one device alone have some photos.
func (f *fake) aloneOn(id string, numbers ...int) {
	for i := range f.devices {
		if d := &f.devices[i]; d.ID == id {
			d.Only, d.OnlyBytes = len(numbers), int64(len(numbers))*3_400_000
		}
	}
	for _, n := range numbers {
		d := digest(n)
		e := f.entries[d]
		e.Path = ""
		e.Holders.Set(idSelf, holding{})
		e.Holders.Set(id, holding{true, 1, now})
		f.entries[d] = e
		f.images[n].Here, f.images[n].Holders = id == idSelf, 1
	}
}

func (f *fake) RenameDevice(_ context.Context, id, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("rename %s %s", id[:2], name)
	for i := range f.devices {
		if f.devices[i].ID == id {
			f.devices[i].Name = name
			return nil
		}
	}
	return fmt.Errorf("rename %s: %w", id, app.ErrNotFound)
}

func (f *fake) Formers() []app.Former {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.formers
}

// IfLost counts what the devices say that only they have.
func (f *fake) IfLost(id string) (app.Loss, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range f.devices {
		if d.ID == id {
			return app.Loss{Device: id, Name: d.Name, Files: d.Only, Bytes: d.OnlyBytes, InTrash: f.lossInTrash}, nil
		}
	}
	return app.Loss{}, app.ErrNotFound
}

func (f *fake) LookAgain() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("look again")
}

func (f *fake) Diagnose() app.Diagnosis { return app.Diagnosis{Findings: f.Findings()} }
