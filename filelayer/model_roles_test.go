package filelayer

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"sync/atomic"
	"time"
)

// What a device keeps by itself, and what a person wants it to keep. The laws:
//
//   - what a person saved stays saved there until a person takes that back, or a
//     limit frees the copy. No change of role drops it.
//   - to take back a wish that has not come asks nobody, and no rule wishes for it
//     again.
//   - what is freed for space has as many copies left as the device knows to be asked
//     for.
//   - nothing comes that the limit would free, as the device has found when it last
//     looked, and still would.
//   - a restore tells of each file once. What the trash there has is back when it
//     says so; what it says nobody has stays deleted.
//
// When all devices have met: a device that keeps everything has each file that can be
// had, or as many of the newest as fit; one with a limit has no copy beyond it but such
// as too few others have; nothing came twice while they met; and each tells truly who
// has the bytes of what is deleted.

// own is what the model remembers of what a device keeps.
type own struct {
	wished  map[Digest]stamp // by a person, in that lifecycle
	refused map[Digest]stamp // removed from it by a person since it was started
	beyond  map[Digest]bool  // the limit, and not here, when it last looked
	tried   map[Digest]time.Time
	came    map[Digest]int // copies, while all meet
	asked   atomic.Int64   // requests of it
}

// restarted forgets what a process does not remember, or not for sure.
func (o *own) restarted() {
	o.beyond, o.refused, o.tried = nil, make(map[Digest]stamp), make(map[Digest]time.Time)
}

// modelRoles are what a person may let a device keep: a limit lets one photo in, two
// or three.
var modelRoles = []Role{
	{},
	{Helps: true},
	{Helps: true},
	{Space: 150},
	{Space: 250},
	{Everything: true},
	{Everything: true, Space: 250},
	{Helps: true, Space: 250},
	{Everything: true, Helps: true, Space: 350},
}

// photoTime is when a photo was taken: all of one day, the later the greater n.
func photoTime(n int) time.Time { return time.Date(2024, 5, 1, 12, n, 0, 0, time.UTC) }

// A keeping is what a device keeps of one file.
type keeping struct {
	holding
	added   stamp
	deleted bool
	here    bool // in its library
}

// keeping returns that of each photo; nil when the device is down.
func (u *unit) keeping() []keeping {
	if !u.up {
		return nil
	}
	out := make([]keeping, len(u.w.digests))
	for i, d := range u.w.digests {
		r, _, _ := u.mirror.file(d)
		out[i] = keeping{r.Devices.Of(u.id), r.Added, r.Deleted != nil, u.has(d)}
	}
	return out
}

// wish notes that a person has saved or created a file there.
func (u *unit) wish(d Digest) {
	r, _, _ := u.mirror.file(d)
	u.own.wished[d] = r.Added
	u.own.beyond = u.beyond()
}

// watch lets a device do something, and looks what becomes of what it is to keep.
func (w *world) watch(u *unit, what string, do func()) {
	before := u.keeping()
	do()
	now := u.keeping()
	if before == nil || now == nil {
		return
	}
	for i, d := range w.digests {
		if b, n := before[i], now[i]; b.added == n.added && !n.deleted {
			w.checkWish(u, what, d, b, n)
		}
	}
}

func (w *world) checkWish(u *unit, what string, d Digest, before, now keeping) {
	person := slices.Contains([]string{"unsave", "unwish", "bulk", "undo", "carry", "later", "safe"}, what)
	frees := before.here && slices.Contains([]string{"play", "space", "sync"}, what)
	lost := before.Saved && !now.Saved
	switch {
	case lost && u.role == Role{Everything: true} && what != "copies": // there it wishes by its role instead
		w.fail("%d keeps everything, and no longer %v, by %s", u.n, d, what)
	case lost && person:
		delete(u.own.wished, d)
		u.own.refused[d] = now.added
	case lost && frees:
		delete(u.own.wished, d)
	case lost && u.own.wished[d] == now.added:
		w.fail("%d: %s has dropped %v, which a person saved", u.n, what, d)
	case now.Saved && !before.Saved && what == "copies" && u.own.refused[d] == now.added:
		w.fail("%d: a rule wishes for %v, which a person removed", u.n, d)
	case now.Saved && !before.Saved && person:
		u.own.wished[d], u.own.beyond = now.added, nil
	}
	if now.Saved {
		delete(u.own.refused, d)
	}
}

// setRole lets a person change what the device keeps by itself.
func (w *world) setRole(u *unit, s step) {
	u.role = modelRoles[s.Size%len(modelRoles)]
	u.own.beyond, u.own.tried = u.beyond(), make(map[Digest]time.Time)
	before := u.keeping()
	dropped, err := u.SetRole(w.ctx, u.role)
	w.try(err)
	gone := 0
	for i, now := range u.keeping() {
		if before[i].Saved && !now.Saved {
			gone++
		}
	}
	if gone != dropped.Files {
		w.fail("%d tells of %d files that it no longer fetches, and it is %d", u.n, dropped.Files, gone)
	}
}

// play does what the role asks of the device.
func (w *world) play(u *unit, _ step) {
	u.own.beyond = u.beyond()
	w.freeing(u, func() { u.playRole(w.ctx, u.own.tried) })
}

// space frees one copy as a limit of space does.
func (w *world) space(u *unit, s step) {
	if d := w.file(s, u.has); u.has(d) && !u.role.Everything {
		w.freeing(u, func() { w.try(u.Layer.unsave(w.ctx, d, RemovedForSpace), unsaveRefusals...) })
	}
}

// freeing lets a device free copies by itself, of each of which as many must be left
// as it knows to be asked for.
func (w *world) freeing(u *unit, free func()) {
	asker, need, before := w.asker, u.CopyRules()[""].Copies, u.keeping()
	w.asker, u.freeing = u, true
	free()
	w.asker, u.freeing = asker, false
	for i, now := range u.keeping() {
		if d := w.digests[i]; before[i].here && !now.here && !w.deleted[d] && !w.frail[d] {
			w.checkLeft(u, d, need)
		}
	}
}

func (w *world) checkLeft(u *unit, d Digest, need int) {
	w.survey()
	left := 0
	for _, v := range w.units {
		if has(v.library, d) {
			left++
		}
	}
	if left < need {
		w.fail("%d freed %v for space, and %d copies are left of %d", u.n, d, left, need)
	}
}

// unwish takes back the wish for a file that has not come.
func (w *world) unwish(u *unit, s step) {
	coming := func(d Digest) bool {
		e, _ := u.mirror.entry(d)
		return e.Deleted == nil && e.Holders.Of(u.id).Saved && !e.Kept()
	}
	d := w.file(s, coming)
	if !coming(d) {
		return
	}
	asked, trashed := u.own.asked.Load(), u.mirror.trashed(d)
	done := w.noted(u, ActionUnsave, d, func() error { return u.Unsave(w.ctx, d) }, ErrKeeper)
	switch {
	case done == u.role.Everything:
		w.fail("%d keeps everything, and takes back a wish: %t", u.n, done)
	case done && (coming(d) || u.own.asked.Load() != asked || u.mirror.trashed(d) != trashed):
		w.fail("%d took back the wish for %v: it still comes: %t, others were asked: %t", u.n, d, coming(d), u.own.asked.Load() != asked)
	}
}

// bring restores some files, of which there may be no bytes.
func (w *world) bring(u *unit, s step) {
	var ds []Digest
	for i, d := range w.digests {
		if _, known := u.mirror.entry(d); known && (s.Size>>i&1 > 0 || s.Size%3 == 0) {
			ds = append(ds, d)
		}
	}
	restored := w.restoring(u, ds)
	told := make(map[Digest]bool)
	u.Recorded(w.ctx, ActionRestore, ds, func() {
		u.RestoreSome(w.ctx, ds, func(d Digest, err error) {
			w.try(err, ErrNoBytes)
			restored(d, err)
			if told[d] {
				w.fail("%d tells twice of a restore of %v", u.n, d)
			}
			told[d] = true
		})
	})
	if len(told) != len(ds) {
		w.fail("%d tells of %d files of %d that it was to restore", u.n, len(told), len(ds))
	}
}

// restoring returns what looks whether a restore of files is as it says.
func (w *world) restoring(u *unit, ds []Digest) (restored func(Digest, error)) {
	w.try(u.survey())
	before, atHand, trash := make(map[Digest]fileRecord), make(map[Digest]bool), u.trash
	for _, d := range ds {
		before[d], _, _ = u.mirror.file(d)
		atHand[d] = u.has(d) && has(u.library, d) || u.mirror.trashed(d) == trashDeleted && has(trash, d)
	}
	return func(d Digest, err error) {
		now, _, _ := u.mirror.file(d)
		u.dirty = true
		w.try(u.survey())
		switch was := before[d]; {
		case was.Deleted == nil:
		case err == nil:
			w.begun(u, d)
			if now.Deleted != nil {
				w.fail("%d says that %v is restored, and it is deleted", u.n, d)
			}
			if atHand[d] && !w.frail[d] && (!has(u.library, d) || !now.Devices.Of(u.id).holds()) {
				w.fail("%d says that %v is restored, had its bytes, and has it not: %+v", u.n, d, now.Devices.Of(u.id))
			}
		case encodedOr(now) != encodedOr(was):
			w.fail("%d did not restore %v, and its record has changed: %v", u.n, d, err)
		case errors.Is(err, ErrNoBytes) && (atHand[d] || has(trash, d)):
			w.fail("%d says that nobody has the bytes of %v, and has them", u.n, d)
		}
	}
}

// A ranked file is one that the limit of a device is about.
type ranked struct {
	Entry
	fits bool
}

// ranked lists what a device keeps, wishes for, or is to keep, the newest first, and
// what of it fits.
func (u *unit) ranked() (out []ranked) {
	for _, e := range u.Entries() {
		if !e.InPlace && (e.Kept() || e.Holders.Of(u.id).Saved || u.role.Everything) {
			out = append(out, ranked{e, true})
		}
	}
	if u.role.Space == 0 {
		return out
	}
	slices.SortFunc(out, func(a, b ranked) int { return cmp.Or(b.Time.Compare(a.Time), bytes.Compare(a.Digest[:], b.Digest[:])) })
	left := u.role.Space
	for i, e := range out {
		if out[i].fits = e.Size <= left; out[i].fits {
			left -= e.Size
		}
	}
	return out
}

// toSpare counts the other devices that are said to have a copy, less those that a
// limit needs to free the one here.
func (u *unit) toSpare(e Entry) int {
	n := -max(u.CopyRules()[""].Copies, 1)
	for id, h := range e.Holders.All() {
		if id != u.id && h.Holds() {
			n++
		}
	}
	return n
}

// beyond is what is saved there and has not come, and would be freed if it did.
func (u *unit) beyond() map[Digest]bool {
	out := make(map[Digest]bool)
	for _, e := range u.ranked() {
		if !e.fits && !e.Here() && e.Holders.Of(u.id).Saved && u.toSpare(e.Entry) >= 0 {
			out[e.Digest] = true
		}
	}
	return out
}

// came looks at what a fetch has brought; beyond is what was beyond the limit before.
func (w *world) came(u *unit, beyond map[Digest]bool, before []keeping) {
	now := u.keeping()
	for i, d := range w.digests {
		if now == nil || before[i].here || !now[i].here {
			continue
		}
		if beyond[d] && u.own.beyond[d] {
			w.fail("%d has fetched %v, which its limit would free", u.n, d)
		}
		if u.own.came[d]++; w.meeting && u.own.came[d] > 1 {
			w.fail("%d fetches %v again and again", u.n, d)
		}
	}
}

// checkRole looks whether a device keeps what its role says, once nothing is left to do.
func (w *world) checkRole(members []*unit, u *unit) {
	for _, e := range u.ranked() {
		switch d := e.Digest; {
		case e.fits && u.role.Everything && !u.blobs.Has(d) && w.shared(members, d):
			w.fail("%d keeps everything (%d bytes), and has not %v", u.n, u.role.Space, d)
		case !e.fits && u.blobs.Has(d) && u.toSpare(e.Entry) >= 0:
			w.fail("%d has %v, which is beyond its limit of %d bytes, and others have it", u.n, d, u.role.Space)
		}
	}
}

// checkRemnants looks whether a device tells who has the bytes of what is deleted.
func (w *world) checkRemnants(members []*unit, u *unit) {
	for _, d := range w.digests {
		if r, _, known := u.mirror.file(d); !known || r.Deleted == nil || w.frail[d] {
			continue
		}
		said := make(map[string]bool)
		for _, r := range u.Remnants(d) {
			said[r.Device] = !r.Perhaps
		}
		for _, v := range members {
			if v.plot.added && v.blobs.PlaceThere(v.plot.path) != nil || has(v.library, d) { // see checkPlaced and strays
				continue
			}
			if there := has(v.trash, d) || v.lies(d); said[v.id] != there {
				w.fail("%d says that %d has the bytes of %v, which is deleted: %t, and it is %t", u.n, v.n, d, said[v.id], there)
			}
		}
	}
}
