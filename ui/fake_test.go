package ui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/internal/signal"
)

// now is the moment at which all tests look at the clock.
var now = time.Date(2024, 8, 20, 18, 30, 0, 0, time.UTC)

const (
	idSelf    = "1111111111111111111111111111111111111111111111111111111111111111"
	idDesktop = "2222222222222222222222222222222222222222222222222222222222222222"
	idNAS     = "3333333333333333333333333333333333333333333333333333333333333333"
)

// fake is a device and its library, made up.
type fake struct {
	changed signal.Signal
	opened  chan []string

	mu         sync.Mutex // guards all below
	images     []*imagelib.Image
	alike      [][]app.Digest // near duplicates
	kept       [][]app.Digest // of them, those that are to stay
	entries    map[app.Digest]app.Entry
	trash      []app.Entry
	removed    *app.RemovedInfo
	removals   []app.Removal     // of the log, the latest first
	cards      []app.CardInfo    // that are plugged in
	imported   *app.ImportResult // of ImportNew; nil: one photo more
	remnants   map[app.Digest][]app.Remnant
	unsaved    []app.InTrash // copies in the trash of photos that are not deleted
	held       []app.Entry
	devices    []app.Device
	settings   app.Settings
	places     []app.PlaceInfo
	limits     app.Limits
	role       app.Role
	rules      map[string]app.CopyRule
	fetching   *app.Fetching
	activities []app.Activity
	actions    []app.ActionInfo
	offers     []app.ClockOffer
	dated      []*imagelib.Image // as they were before their dates were corrected
	transfers  []app.Transfer
	albums     []imagelib.Album
	restart    []string
	watched    []app.WatchedFolder
	off        app.Off
	findings   []app.Finding
	refuse     map[app.Digest]error // of Unsave
	joinErr    error
	checked    app.CheckResult
	wrong      []app.CheckProblem // that a check finds
	whenSafe   int
	guest      chan app.Guest
	inviteErr  error
	calls      []string
	notices    []string
	loading    chan struct{}       // nil = all is known
	noLAN      bool                // it does not tell its network of itself
	nearby     []app.NearbyDevice  // that show a code
	waitErr    error               // of Wait
	acceptErr  error               // of the first Accept
	absent     map[app.Digest]bool // no pixels to be had
	noThumbs   bool                // nor thumbnails of these
	deskErr    error               // of what the desktop is asked to do
	shots      func([]app.Entry) [][]app.Entry
	keeping
	fakeDevices
	viewing
	fakePrograms
}

func digest(n int) app.Digest { return app.Digest{byte(n), byte(n >> 8), 0xAB} }

func number(d app.Digest) int { return int(d[0]) | int(d[1])<<8 }

// holding is a holder; its type has a name only in the file layer.
type holding = struct {
	Saved    bool
	N        int64
	Verified time.Time
}

// newFake has n photos on several days and three devices.
func newFake(n int) *fake {
	f := &fake{
		opened: make(chan []string), entries: map[app.Digest]app.Entry{}, refuse: map[app.Digest]error{},
		guest: make(chan app.Guest, 1), rules: map[string]app.CopyRule{}, absent: map[app.Digest]bool{},
		settings: app.Settings{Name: "Laptop", Library: "/home/mira/Pictures/Paul", PublicPeers: true, LAN: true, Direct: true, PortMap: true, Notify: true, Copies: 1, FirstStartDone: true, Theme: "light"},
	}
	f.devices = []app.Device{
		{ID: idSelf, Name: "Laptop", Platform: "linux", Self: true, Online: true, Files: n * 3 / 4, Bytes: int64(n) * 3_100_000},
		{ID: idDesktop, Name: "Desktop", Platform: "windows", Online: true, Path: app.Path{Kind: app.PathLAN, RTT: 3 * time.Millisecond}, LastSeen: now, Files: n * 9 / 10, Bytes: int64(n) * 3_900_000},
		{ID: idNAS, Name: "NAS in the hall", Platform: "linux", Path: app.Path{Kind: app.PathOffline}, LastSeen: now.Add(-50 * time.Hour), Files: n / 2, Bytes: int64(n) * 2_000_000},
	}
	f.furnish()
	day, left := now.Add(-2*time.Hour), 5
	for i := range n {
		if left == 0 {
			day = day.AddDate(0, 0, -1-i%3)
			left = []int{9, 1, 2, 14, 1, 6, 30}[i%7]
		}
		left--
		f.add(i, day.Add(-time.Duration(i%50)*time.Minute))
	}
	f.albums = []imagelib.Album{
		{ID: "alps", Name: "Summer in the Alps", Count: 24, Cover: digest(2)},
		{ID: "sea", Name: "By the sea", Count: 112, Cover: digest(7)},
		{ID: "home", Name: "At home", Count: 8, Cover: digest(11)},
	}
	return f
}

func (f *fake) add(i int, when time.Time) {
	d := digest(i)
	a := shape(i)
	img := &imagelib.Image{
		Digest: d, Name: fmt.Sprintf("IMG_%04d.JPG", 4000-i), Size: 3_400_000 + int64(i)*1000,
		Width: int(4000 * min(a, 1)), Height: int(4000 / max(a, 1)),
		Common:    &imagelib.Common{Type: "image/jpeg", Kind: imagelib.KindImage, Camera: "Fujifilm X-T4", Lens: "XF 18-55mm"},
		Favourite: i%9 == 4, Here: i%4 != 1, Holders: 2, ThumbHash: string([]byte{byte(i)}),
	}
	img.Width, img.Height = int(4000*min(a, 1)), int(4000/max(a, 1))
	img.Exposure.FNumber, img.Exposure.Time, img.Exposure.ISO, img.Exposure.Focal = 5.6, 1.0/250, 160, 35
	img.GPS = &imagelib.GPS{Lat: 46.55743, Lon: 7.89232}
	img.Date.Wall, img.Date.Source, img.Date.HasOffset, img.Date.Offset = when, "exif", true, 2*time.Hour
	switch {
	case i%13 == 6:
		img.Kind, img.Type, img.Name = imagelib.KindVideo, "video/mp4", fmt.Sprintf("MOV_%04d.MP4", i)
	case i%21 == 8:
		img.Kind, img.Name = imagelib.KindRAW, fmt.Sprintf("DSC_%04d.NEF", i)
	case i%17 == 12:
		img.Holders, img.Here = 1, true
	}
	e := app.Entry{Digest: d, Name: img.Name, Size: img.Size, Type: img.Type, Time: when}
	if img.Here {
		e.Path = "/home/mira/Pictures/Paul/2024/2024-08/" + img.Name
		e.Holders.Set(idSelf, holding{true, 1, now.Add(-3 * time.Hour)})
	}
	if img.Holders > 1 {
		e.Holders.Set(idDesktop, holding{true, 1, now.Add(-2 * time.Minute)})
	}
	f.images = append(f.images, img)
	f.entries[d] = e
}

// call notes what was asked of the fake.
func (f *fake) call(format string, args ...any) {
	f.calls = append(f.calls, fmt.Sprintf(format, args...))
	f.note(f.calls[len(f.calls)-1])
}

func (f *fake) called() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

func numbers(ds []app.Digest) string {
	out := make([]string, len(ds))
	for i, d := range ds {
		out[i] = fmt.Sprint(number(d))
	}
	return strings.Join(out, " ")
}

// update changes an image, as the library does: by another one.
func (f *fake) update(ds []app.Digest, change func(*imagelib.Image)) {
	next := slices.Clone(f.images)
	for i, img := range next {
		if slices.Contains(ds, img.Digest) {
			c := *img
			change(&c)
			next[i] = &c
		}
	}
	f.images = next
}

func (f *fake) Changed() *signal.Signal { return &f.changed }
func (f *fake) Opened() <-chan []string { return f.opened }
func (f *fake) Notices() []string       { return f.notices }
func (f *fake) Self() app.Device        { return f.devices[0] }

func (f *fake) Ready(ctx context.Context) (app.Ready, error) {
	if f.loading != nil {
		select {
		case <-f.loading:
		case <-ctx.Done():
			return app.Ready{}, ctx.Err()
		}
	}
	return app.Ready{}, nil
}

func (f *fake) Findings() []app.Finding {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.findings)
}

func (f *fake) Devices() []app.Device {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.devices)
}

func (f *fake) Entry(d app.Digest) (app.Entry, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e, ok := f.entries[d]
	return e, ok
}

func (f *fake) Restorable() []app.Entry {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.trash)
}

// Remnants are those of the test, else the trash of this device.
func (f *fake) Remnants(d app.Digest) []app.Remnant {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r, ok := f.remnants[d]; ok {
		return r
	}
	return []app.Remnant{{Device: idSelf, Self: true, Online: true}}
}

// InTrash has what was deleted, and what was removed from here alone.
func (f *fake) InTrash() ([]app.InTrash, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := slices.Clone(f.unsaved)
	for _, e := range f.trash {
		if !f.absent[e.Digest] {
			all = append(all, app.InTrash{Digest: e.Digest, Size: e.Size, Deleted: true})
		}
	}
	return all, nil
}

func (f *fake) TrashLen() int {
	all, _ := f.InTrash()
	return len(all)
}

func (f *fake) Purge(_ context.Context, ds ...app.Digest) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("purge %s", numbers(ds))
	var errs []error
	for _, d := range ds {
		if err := f.refuse[d]; err != nil {
			errs = append(errs, &app.FileError{Digest: d, Name: f.entries[d].Name, Err: err})
			continue
		}
		f.trash = slices.DeleteFunc(f.trash, func(e app.Entry) bool { return e.Digest == d })
		f.unsaved = slices.DeleteFunc(f.unsaved, func(t app.InTrash) bool { return t.Digest == d })
	}
	return errors.Join(errs...)
}

func (f *fake) HeldDeletions() []app.Entry {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.held)
}

func (f *fake) AgreeDeletions(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("agree")
	f.held = nil
	return nil
}

func (f *fake) Status() app.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := app.Status{Files: len(f.images), Peers: 2, WhenSafe: f.whenSafe, Removed: f.removed, Database: f.database, Rotten: f.rotten, Healed: f.healed}
	for _, img := range f.images {
		if img.Here {
			s.Local++
		}
		if img.Holders < 2 {
			s.AtRisk++
		}
		s.Bytes += img.Size
	}
	return s
}

func (f *fake) Import(_ context.Context, paths []string) (app.ImportResult, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("import %s", strings.Join(paths, " "))
	n := len(f.images)
	f.add(n, now)
	f.images = append([]*imagelib.Image{f.images[n]}, f.images[:n]...)
	return app.ImportResult{Added: []app.Digest{digest(n)}, Duplicates: 2}, nil
}

func (f *fake) Save(_ context.Context, ds ...app.Digest) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("save %s", numbers(ds))
	f.update(ds, func(img *imagelib.Image) { img.Here = true })
	return nil
}

func (f *fake) Unsave(_ context.Context, ds ...app.Digest) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("unsave %s", numbers(ds))
	var errs []error
	for _, d := range ds {
		if err := f.refuse[d]; err != nil {
			errs = append(errs, &app.FileError{Digest: d, Name: f.entries[d].Name, Err: err})
			continue
		}
		f.update([]app.Digest{d}, func(img *imagelib.Image) { img.Here = false })
	}
	return errors.Join(errs...)
}

func (f *fake) UnsaveWhenSafe(_ context.Context, ds ...app.Digest) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("when safe %s", numbers(ds))
	f.whenSafe = len(ds)
	return nil
}

func (f *fake) ForceUnsave(_ context.Context, ds ...app.Digest) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("force %s", numbers(ds))
	f.update(ds, func(img *imagelib.Image) { img.Here = false })
	return nil
}

func (f *fake) Delete(_ context.Context, ds ...app.Digest) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("delete %s", numbers(ds))
	f.images = slices.DeleteFunc(slices.Clone(f.images), func(img *imagelib.Image) bool { return slices.Contains(ds, img.Digest) })
	for _, d := range ds {
		e := f.entries[d]
		stamp := e.Added
		stamp.At, stamp.By = now, idSelf
		e.Deleted = &stamp
		f.trash = append(f.trash, e)
	}
	return nil
}

func (f *fake) Restore(_ context.Context, ds ...app.Digest) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("restore %s", numbers(ds))
	f.trash = slices.DeleteFunc(f.trash, func(e app.Entry) bool { return slices.Contains(ds, e.Digest) })
	for _, d := range ds {
		f.add(number(d), f.entries[d].Time)
	}
	f.images = slices.Clone(f.images)
	sortImages(f.images)
	return nil
}

func (f *fake) Fetch(_ context.Context, d app.Digest) (*os.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.absent[d] {
		return nil, app.ErrNoHolder
	}
	return os.Open(os.DevNull)
}

func (f *fake) Export(_ context.Context, opts app.ExportOptions, ds ...app.Digest) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	edited := ""
	if opts.Edited {
		edited = " edited"
	}
	f.call("export %s %s%s", opts.Dir, numbers(ds), edited)
	return nil
}

func (f *fake) Join(ctx context.Context, code string, show func([4]string)) (app.Device, error) {
	f.mu.Lock()
	f.call("join %s", code)
	err := f.joinErr
	f.mu.Unlock()
	if err != nil {
		return app.Device{}, err
	}
	show([4]string{"amber", "river", "violin", "moss"})
	select {
	case <-f.guest: // the other person's answer
		return f.devices[min(1, len(f.devices)-1)], nil
	case <-ctx.Done():
		return app.Device{}, ctx.Err()
	}
}

func (f *fake) RemoveDevice(_ context.Context, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("remove device %s", id[:2])
	f.devices = slices.DeleteFunc(f.devices, func(d app.Device) bool { return d.ID == id })
	return nil
}

func (f *fake) Actions() []app.ActionInfo {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.actions)
}

func (f *fake) Undo(_ context.Context, id string, report func(app.Digest, error)) (app.UndoInfo, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, "undo "+id)
	if u, ok := f.undoNoted(id); ok {
		for _, d := range f.undone {
			report(d, nil)
		}
		return u, nil
	}
	if id == "dates" && f.dated != nil {
		f.images, f.dated = f.dated, nil
		return app.UndoInfo{}, nil
	}
	for i := range f.actions {
		if a := &f.actions[i]; a.ID == id {
			if a.Kind == app.KindSave && a.Device != idSelf {
				a.Waits = true
				return app.UndoInfo{Action: *a, Asked: true}, nil
			}
			a.Undone, a.Left = &now, 2
			return app.UndoInfo{Action: *a, Done: a.Files - 2, Changed: a.Files - 2, Left: 2}, nil
		}
	}
	return app.UndoInfo{}, app.ErrNotFound
}

func (f *fake) Check(_ context.Context, opts app.CheckOptions, report func(app.CheckProblem)) (app.CheckResult, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call("check %t %t", opts.ReadData, opts.Repair)
	for _, p := range f.wrong {
		report(p)
	}
	return f.checked, nil
}

func (f *fake) Activities() []app.Activity {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.activities)
}

func (f *fake) Transfers() []app.Transfer {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.transfers)
}

var (
	_ device  = (*fake)(nil)
	_ library = (*fake)(nil)
)
