package filelayer

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The laws of the model. After each step:
//
//   - no file that nobody has deleted loses its last copy: right bytes, in the
//     library of a device. Where a copy rots unseen, or the file was deleted once
//     and restored, one in a trash counts too, since it comes back.
//   - what is deleted stays in a trash until that is purged after its time.
//   - no bytes have a wrong name, in a library or in a trash.
//   - nothing deleted, and no device removed, comes back by itself.
//   - what other programs wrote stays as it is, in folders in place too. A copy
//     there is none that another may go for.
//   - what is undone is as it was before, and what that leaves alone as it is.
//   - those of model_roles_test.go about what a device keeps by itself.
//
// When all devices have met, and nothing is left to do: their records are the
// same, and true; each file that is not deleted is in a library, and no other is.
// Each has as many copies as the rule asks for, or as many as devices have one or
// take one.

func (w *world) survey() {
	for _, u := range w.units {
		w.try(u.survey())
	}
}

func (w *world) check() {
	if w.broken != nil {
		return
	}
	stirred := slices.DeleteFunc(slices.Clone(w.units), func(u *unit) bool { return !u.dirty })
	w.survey()
	for _, d := range w.digests {
		w.checkCopies(d)
	}
	for _, u := range stirred {
		w.checkNames(u)
		w.checkPlot(u)
		if u.up {
			w.checkMemory(u)
		}
	}
}

// checkCopies looks whether a copy is left.
func (w *world) checkCopies(d Digest) {
	library, trash := 0, 0
	for _, u := range w.units {
		if has(u.library, d) {
			w.stored[d] = true
			library++
		} else if has(u.trash, d) {
			trash++
		}
	}
	switch {
	case !w.stored[d] || w.purged[d]:
	case library+trash == 0:
		w.fail("no copy of %v is left", d)
	case library == 0 && !w.deleted[d] && !w.frail[d]:
		w.fail("no copy of %v is left but in a trash", d)
	}
}

// checkNames looks whether bytes are what the index says, and where other
// programs wrote, what those wrote.
func (w *world) checkNames(u *unit) {
	for path, d := range u.edited {
		if u.library[path] != d {
			w.fail("%d: what another program wrote to %s is gone", u.n, path)
		}
	}
	for path, d := range u.library {
		if !slices.Contains(w.digests, d) && !w.edits[d] && !u.rotten[path] {
			w.fail("%d: %s has bytes that nobody wrote", u.n, path)
		}
	}
	for path, d := range u.trash {
		name, _, _ := strings.Cut(filepath.Base(path), ".")
		if name, _, _ = strings.Cut(name, " "); len(name) >= 64 && name[:64] != d.String() && !w.frail[d] && !w.frailName(name) {
			w.fail("%d: %s is not what its name says", u.n, path)
		}
	}
	if !u.up {
		return
	}
	for info, err := range u.blobs.All() {
		if !w.try(err) {
			return
		}
		fi, err := os.Lstat(info.Path)
		if info.Missing || err != nil || fi.Size() != info.Size || !fi.ModTime().Equal(info.ModTime) || u.rotten[info.Path] {
			continue // known not to be here, or found out by a look
		}
		if got := u.library[info.Path]; got != info.Digest {
			w.fail("%d: %s is taken for %v", u.n, info.Path, info.Digest)
		}
	}
}

func (w *world) frailName(name string) bool {
	d, err := ParseDigest(name[:64])
	return err == nil && w.frail[d]
}

// checkMemory looks whether something is back that the device knew to be gone.
func (w *world) checkMemory(u *unit) {
	for _, d := range w.digests {
		r, _, known := u.mirror.file(d)
		dead, was := u.dead[d]
		switch {
		case !known:
			if was {
				w.fail("%d has forgotten that %v was deleted", u.n, d)
			}
		case r.Deleted != nil:
			if !was || dead.compare(r.Added) < 0 {
				u.dead[d] = r.Added
			}
		case was && r.Added.compare(dead) <= 0:
			w.fail("%d: %v was deleted, and is back", u.n, d)
		case !w.lives[d][r.Added]:
			w.fail("%d: nobody created or restored %v at %v", u.n, d, r.Added)
		}
	}
	for _, id := range u.mirror.removed() {
		u.gone[id] = true
	}
	for _, id := range u.mirror.peers() {
		if u.gone[id] {
			w.fail("%d: a removed device is back", u.n)
		}
	}
}

// quiet lets all devices of the library meet until nothing is left to do, and
// checks what must be so then. With purge, time passes until the trash is due.
func (w *world) quiet(purge bool) {
	clear(w.cuts)
	w.fault, w.amid = fault{}, nil
	w.elapsed += time.Hour + time.Minute // longer than a wrong byte is held against a device
	members := w.members()
	for _, u := range members {
		if !u.up {
			w.try(u.open())
		}
	}
	for _, u := range members {
		clear(u.own.came)
	}
	w.meeting = true
	defer func() { w.meeting = false }()
	still := 0
	for round := 0; still < 2 && w.broken == nil; round++ {
		if round == 60 {
			w.fail("the devices do not come to rest")
			return
		}
		before := w.state()
		for _, u := range members {
			w.meet(u, round == 0)
		}
		w.elapsed += max(spareGrace, copyPatience) + time.Second
		if still++; w.state() != before || w.busy(members) {
			still = 0
		}
	}
	w.check()
	w.checkAgreement(members)
	if purge && w.broken == nil {
		w.purge(members)
	}
}

func (w *world) members() []*unit {
	return slices.DeleteFunc(slices.Clone(w.units), func(u *unit) bool { return u.removed })
}

// meet lets a device do all that it has to do for now.
func (w *world) meet(u *unit, first bool) {
	u.dirty = true
	w.watch(u, "sync", func() {
		for _, v := range w.members() {
			if v == u || !u.mirror.paired(v.id) {
				continue
			}
			if now := v.position(); u.pulled[v.id] != now {
				if w.try(u.pullFrom(v)) {
					u.pulled[v.id] = now
				}
				w.try(u.look())
			}
		}
	})
	do := func(what string, do func(*unit, step)) { w.watch(u, what, func() { do(u, step{}) }) }
	if first {
		do("place", func(*unit, step) { w.connect(u) })
		do("scan", w.scan)
		do("scrub", w.scrub)
		w.try(u.AgreeDeletions(w.ctx))
	}
	do("play", w.play)
	u.stirred.add(u.mirror.unsettled()...)
	do("settle", w.settle)
	for range w.digests {
		do("fetch", w.fetch)
	}
	do("copies", w.copies)
	do("carry", w.carry)
	do("safe", w.safe)
	do("look", w.look)
}

// position is how much has happened in the device's records.
func (u *unit) position() string {
	return u.feeds[0].since + " " + u.feeds[1].since + " " + u.feeds[2].since + " " + u.feeds[3].since
}

// busy says whether a device still has to look at a file, if only after a lease.
func (w *world) busy(members []*unit) bool {
	return slices.ContainsFunc(members, func(u *unit) bool { return len(u.stirred.set) > 0 })
}

func (w *world) state() string {
	var b strings.Builder
	for _, u := range w.units {
		if u.up {
			fmt.Fprintf(&b, "%s %d %d %d;", u.position(), u.Queue(), len(u.mirror.inTrash()), u.WaitingCount())
		}
	}
	return b.String()
}

// checkAgreement compares the devices with each other, and with their folders.
func (w *world) checkAgreement(members []*unit) {
	for _, u := range members {
		for _, x := range w.units {
			r, known := u.mirror.device(x.id)
			if !known || (r.Removed != nil) != x.removed {
				w.fail("%d does not know that %d is removed: %t", u.n, x.n, x.removed)
			}
			if first, _ := members[0].mirror.device(x.id); encodedOr(first) != encodedOr(r) {
				w.fail("%d and %d differ about %d: %s, %s", members[0].n, u.n, x.n, encodedOr(first), encodedOr(r))
			}
		}
		for _, d := range w.digests {
			w.checkFile(members, u, d)
		}
		if first := members[0]; u.CopyRules()[""].Copies != first.CopyRules()[""].Copies {
			w.fail("%d and %d differ about the rule", first.n, u.n)
		}
	}
	for _, u := range members {
		w.checkRole(members, u)
		w.checkRemnants(members, u)
	}
	for _, d := range w.digests {
		w.checkRule(members, d)
		if r, _, _ := members[0].mirror.file(d); r.Deleted == nil && w.held(members, d) {
			delete(w.deleted, d) // all have heard that it is back
		}
	}
	w.checkJournal(members)
}

// checkRule looks whether a file has the copies that are asked for.
func (w *world) checkRule(members []*unit, d Digest) {
	r, _, known := members[0].mirror.file(d)
	if !known || r.Deleted != nil || !w.shared(members, d) {
		return
	}
	have, may := 0, 0
	for _, u := range members {
		if u.blobs.Has(d) || u.mirror.inPlace(d) {
			have++
		} else if u.role == (Role{Helps: true}) && !u.copyNotes.refuses(d, r.Added) { // with a limit it depends on the room
			may++
		}
	}
	if want := members[0].CopyRules()[""].Copies; have < min(want, have+may) {
		w.fail("%v has %d copies of %d, and %d more devices would take one", d, have, want, may)
	}
}

func encodedOr(record any) string {
	body, err := encode(record)
	if err != nil {
		return err.Error()
	}
	return string(body)
}

// checkFile compares what a device says of a file with what is there, and with
// what the first one says.
func (w *world) checkFile(members []*unit, u *unit, d Digest) {
	r, rev, known := u.mirror.file(d)
	first, firstRev, _ := members[0].mirror.file(d)
	if rev != firstRev || encodedOr(r) != encodedOr(first) {
		w.fail("%d and %d differ about %v: %s %s, %s %s", members[0].n, u.n, d, firstRev, encodedOr(first), rev, encodedOr(r))
	}
	here := u.blobs.Has(d)
	switch own := r.Devices.Of(u.id); {
	case !known && here:
		w.fail("%d has %v, and no record", u.n, d)
	case !known:
	case r.Deleted != nil && here:
		w.fail("%d still has %v, which is deleted", u.n, d)
	case r.Deleted != nil && u.strays(d):
		w.fail("%d has a file of %v, which is deleted, and does not know it", u.n, d)
	case own.holds() != here:
		w.fail("%d says of %v: %+v, and has it: %t", u.n, d, own, here)
	case own.Saved && !here && w.shared(members, d) && !u.beyond()[d]:
		w.fail("%d has not fetched %v", u.n, d)
	case r.Deleted == nil && !w.held(members, d) && slices.ContainsFunc(members, func(x *unit) bool { return has(x.trash, d) }):
		w.fail("%v is in a trash alone", d)
	}
	w.checkPlaced(u, d)
}

// keeps says whether a copy is in the library that the device can know of.
func (u *unit) keeps(d Digest) bool {
	if u.up {
		info, err := u.blobs.Info(d)
		return err == nil && !info.Missing && u.library[info.Path] == d
	}
	for path, got := range u.library {
		if got == d && !u.moved[path] {
			return true
		}
	}
	return false
}

// strays says whether a deleted file is in the library all the same. One that a
// person moved there may be: they may have imported it once more before Paul
// looked, and then it is told by a check.
func (u *unit) strays(d Digest) bool {
	for path, got := range u.library {
		if got == d && !u.moved[path] {
			return true
		}
	}
	return false
}

func (w *world) held(members []*unit, d Digest) bool {
	return slices.ContainsFunc(members, func(x *unit) bool { return x.keeps(d) })
}

// shared is held, or in a folder in place.
func (w *world) shared(members []*unit, d Digest) bool {
	return w.held(members, d) || slices.ContainsFunc(members, func(x *unit) bool { return x.lies(d) })
}

// purge empties the trash when its time has come.
func (w *world) purge(members []*unit) {
	for range 6 { // a gap counts as a week at most
		w.elapsed += 6 * 24 * time.Hour
		for _, u := range members {
			u.dirty = true
			w.try(u.Layer.purge(w.ctx, trashAge))
			w.try(u.purgeJournal(w.ctx))
		}
	}
	for _, d := range w.digests {
		if r, _, known := members[0].mirror.file(d); known && r.Deleted != nil {
			w.purged[d] = true
		}
	}
}
