package filelayer

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// elsewhere lists what the trash of d shows of other devices.
func (d *device) elsewhere() map[Digest][]Remnant {
	d.t.Helper()
	listed, err := d.Trashed()
	must(d.t, err)
	out := make(map[Digest][]Remnant)
	for _, t := range listed {
		out[t.Digest] = t.Elsewhere
	}
	return out
}

// What the trash of another device has is listed and can be restored, until that is
// emptied too: then nothing is said to be restored.
func TestTrashOfAnotherDevice(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	ds := sharedFiles(t, a, b, 3)
	unsaved := ds[2]
	must(t, b.ForceUnsave(ctx, unsaved)) // its trash has it for another reason
	until(t, "a may delete all", func() bool { return !a.entry(unsaved).Holders.Of(b.id).Saved }, a)
	deletion := a.do(ActionDelete, ds...)
	told := func() bool {
		for _, d := range ds {
			from := a.elsewhere()[d]
			if len(from) != 1 || from[0].Device != b.id || from[0].Name != "b" || from[0].Until.Sub(time.Now().Add(trashAge)).Abs() > time.Hour {
				return false
			}
		}
		return true
	}
	until(t, "a knows what b has", told, a, b)
	until(t, "all are in the trash of a", func() bool { return len(a.mirror.inTrash()) == 3 }, a)
	a.purgeByHand(ds...)
	a.restart()
	meet(t, a, b)
	if !told() || len(a.Restorable()) != 3 {
		t.Errorf("emptied, a lists %v", a.elsewhere())
	}
	until(t, "b hears that a has none", func() bool { return len(b.elsewhere()[ds[0]]) == 0 && len(b.elsewhere()[unsaved]) == 0 }, b)

	restore := func(d Digest) (err error) {
		a.RestoreSome(ctx, []Digest{d}, func(_ Digest, e error) { err = e })
		return err
	}
	must(t, restore(ds[0]))
	if from := a.Remnants(ds[0]); len(from) != 1 || from[0].Device != b.id || from[0].Self || !from[0].Online {
		t.Errorf("restored from %+v", from)
	}
	until(t, "b brings it back", func() bool { return b.entry(ds[0]).Here() && a.holds(b, ds[0]) }, a, b)

	until(t, "b has the rest", func() bool { return b.blobs.InTrash(ds[1]) && b.blobs.InTrash(unsaved) }, b)
	b.purgeByHand(ds[1], unsaved)
	until(t, "a hears that none has the rest", func() bool { return len(a.elsewhere()) == 0 }, a)
	for _, d := range ds[1:] {
		if err := restore(d); !errors.Is(err, ErrNoBytes) || a.sees(d) {
			t.Errorf("restore of what no device has: %v", err)
		}
	}
	if u := b.undoes(deletion); u.Done != 1 || u.Left+u.Failed != 2 || b.sees(ds[1]) {
		t.Errorf("undo = %+v", u)
	}
}

// A device that has not heard of a deletion has the bytes, and is named.
func TestRestoreFromWhoIsOffline(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	d := sharedFiles(t, a, b, 1)[0]
	until(t, "a knows of b's copy", func() bool { return a.holds(b, d) }, a)
	b.stop()
	must(t, a.Delete(testContext(t), d))
	until(t, "a has followed", func() bool { return a.blobs.InTrash(d) }, a)
	a.purgeByHand(d)
	if from := a.Remnants(d); len(from) != 1 || from[0].Device != b.id || from[0].Online || !from[0].Until.IsZero() {
		t.Errorf("known to have it: %+v", from)
	}
}

// A claim that is wrong, as after a crash or of an older version, is put right.
func TestTrashIsToldAsItIs(t *testing.T) {
	t.Parallel()
	a, _ := newPair(t)
	ctx := testContext(t)
	there, gone := a.create("there", 700), a.create("gone", 701)
	must(t, a.Delete(ctx, there, gone))
	until(t, "a follows", func() bool { return a.blobs.InTrash(there) && a.blobs.InTrash(gone) }, a)
	_, err := a.blobs.Purge([]Digest{gone}, nil)
	must(t, err)
	must(t, a.amend(ctx, []Digest{there}, func(_ Digest, r *fileRecord, _ bool) bool { return r.setLeft(a.id, notInTrash, 0) }))
	a.restart()
	trashed := func(d Digest) bool { r, _, _ := a.mirror.file(d); return r.Devices.Of(a.id).Trashed > notInTrash }
	until(t, "the records tell what the trash has", func() bool { return trashed(there) && !trashed(gone) }, a)
}

// What is deleted and lies in a folder in place of another device is listed, can be
// restored and undone from here, and is no longer told of once it is gone from there.
func TestDeletedInPlaceIsRestoredFromElsewhere(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	dir := newPlace(t, "p1.jpg", "p2.jpg")
	b.addPlace(dir)
	d, other := placed("p1.jpg"), placed("p2.jpg")
	until(t, "a sees them", func() bool { return a.sees(d) && a.sees(other) }, a)
	deletion := a.do(ActionDelete, d, other)
	until(t, "a hears that b has followed", func() bool {
		for _, d := range []Digest{d, other} {
			if r, _, _ := a.mirror.file(d); r.Devices.Of(b.id).Trashed == 0 {
				return false
			}
		}
		return true
	}, a)
	told := func(ds ...Digest) func() bool {
		return func() bool {
			list := a.elsewhere()
			for _, d := range ds {
				if from := list[d]; len(from) != 1 || from[0].Device != b.id || !from[0].Until.IsZero() || from[0].Perhaps {
					return false
				}
			}
			return len(list) == len(ds) && len(a.Restorable()) == len(ds)
		}
	}
	if !told(d, other)() {
		t.Fatalf("a lists %+v", a.elsewhere())
	}
	b.restart()
	meet(t, a, b)
	if !told(d, other)() {
		t.Fatalf("after a restart of b, a lists %+v", a.elsewhere())
	}
	a.skew.Store(int64(trashAge + time.Hour))
	if !told(d, other)() {
		t.Errorf("after 30 days a lists %+v", a.elsewhere())
	}
	a.skew.Store(0)
	must(t, os.Remove(filepath.Join(dir, "p2.jpg")))
	b.look(dir)
	until(t, "a hears that one is gone", told(d), a)
	if u := a.undoes(deletion); u.Done != 1 || u.Failed != 1 || !a.sees(d) || a.sees(other) {
		t.Errorf("undo = %+v", u)
	}
	_, err := a.Save(ctx, d)
	must(t, err)
}

// A device that had a copy, and has not told whether its trash has it, may have it:
// it is named, and a restore is not refused.
func TestPerhapsInTheTrash(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := sharedFiles(t, a, b, 1)[0]
	must(t, b.ForceUnsave(ctx, d))
	until(t, "a hears of it", func() bool { return !a.entry(d).Holders.Of(b.id).Saved }, a)
	b.stop()
	must(t, a.Delete(ctx, d))
	until(t, "a has followed", func() bool { return a.blobs.InTrash(d) }, a)
	if from := a.Remnants(d); len(from) != 1 || !from[0].Self {
		t.Errorf("known to have it: %+v", from)
	}
	a.purgeByHand(d)
	from := a.elsewhere()[d]
	if len(from) != 1 || from[0].Device != b.id || !from[0].Perhaps || !from[0].Until.IsZero() {
		t.Errorf("may have it: %+v", from)
	}
	a.skew.Store(int64(trashAge + time.Hour))
	if len(a.elsewhere()) != 0 || !errors.Is(a.bytesLeft(d), ErrNoBytes) {
		t.Error("it may have it after 30 days")
	}
	a.skew.Store(0)
	a.RestoreSome(ctx, []Digest{d}, func(_ Digest, err error) { must(t, err) })
	if from := a.Remnants(d); len(from) != 1 || !from[0].Perhaps || !a.sees(d) {
		t.Errorf("restored from %+v", from)
	}
}

// Whom the record of a file names as one that has its bytes, and what of it can be
// restored.
func TestRemnants(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	const hour, over = time.Hour, trashAge + time.Hour
	now := time.Now()
	ago := func(d time.Duration) millis { return toMillis(now.Add(-d)) }
	b, c, removed, unknown := id(0xb), id(0xc), id(0xd), id(0xe)
	a.mirror.joinDevice(b, deviceRecord{Name: "b", Added: stamp{b, 1}})
	a.mirror.joinDevice(c, deviceRecord{Name: "c", Added: stamp{c, 1}})
	a.mirror.joinDevice(removed, deviceRecord{Name: "removed", Added: stamp{removed, 1}, Removed: &stamp{b, 2}})
	copied, placed := holding{Saved: true, N: 1, Verified: ago(hour)}, holding{N: 1, Verified: ago(hour), Trashed: notInTrash}
	trashed, untold := holding{N: 1, Trashed: ago(hour)}, holding{N: 1}
	for i, tt := range []struct {
		name       string
		deleted    time.Duration // ago; 0: it is not
		devices    map[string]holding
		want       string
		restorable bool
	}{
		{"no device", hour, nil, "", false},
		{"in its trash", hour, map[string]holding{b: trashed}, "b until", true},
		{"in its trash, whose time is over", over, map[string]holding{b: {N: 1, Trashed: ago(over)}}, "", false},
		{"the same, and deleted again since", hour, map[string]holding{b: {N: 1, Trashed: ago(over)}}, "", false},
		{"not in its trash", hour, map[string]holding{b: {N: 1, Trashed: notInTrash}}, "", false},
		{"still to be fetched there", hour, map[string]holding{b: {Saved: true, N: 1}}, "", false},
		{"a copy that was not told of the deletion", hour, map[string]holding{b: copied}, "b has", true},
		{"the same after 30 days", over, map[string]holding{b: copied}, "b has", false},
		{"in a folder in place", over, map[string]holding{b: placed}, "b has", true},
		{"not told", hour, map[string]holding{b: untold}, "b perhaps", true},
		{"not told for 30 days", over, map[string]holding{b: untold}, "", false},
		{"not told, not deleted", 0, map[string]holding{b: untold}, "b perhaps", false},
		{"known and perhaps", hour, map[string]holding{b: untold, c: trashed}, "c until", true},
		{"several", hour, map[string]holding{b: copied, c: trashed}, "b has, c until", true},
		{"perhaps several", hour, map[string]holding{b: untold, c: untold}, "b perhaps, c perhaps", true},
		{"removed devices", hour, map[string]holding{removed: copied}, "", false},
		{"their trash", hour, map[string]holding{removed: trashed}, "", false},
		{"or perhaps", hour, map[string]holding{removed: untold}, "", false},
		{"unknown devices", hour, map[string]holding{unknown: copied}, "", false},
		{"the trash here", hour, map[string]holding{a.id: trashed}, "a until", true},
		{"the trash here, and perhaps another", hour, map[string]holding{a.id: trashed, b: untold}, "a until", true},
		{"the trash here and another", hour, map[string]holding{a.id: trashed, b: trashed}, "a until, b until", true},
		{"said of this device, and not so", hour, map[string]holding{a.id: copied}, "", false},
	} {
		d := Digest{0xff, byte(i)}
		a.mirror.claim(d) // nothing follows the record
		r := fileRecord{Name: "p.jpg", Size: 1, Type: "image/jpeg", Added: stamp{b, ago(2 * over)}, Devices: ByDevice(tt.devices)}
		if tt.deleted > 0 {
			r.Deleted = &stamp{b, ago(tt.deleted)}
		}
		a.mirror.joinFile(d, r, "")
		if _, own := tt.devices[a.id]; own && tt.want != "" {
			a.mirror.setGone(d, trashDeleted)
		}
		var got []string
		for _, from := range a.Remnants(d) {
			what := "has"
			switch {
			case from.Perhaps:
				what = "perhaps"
			case !from.Until.IsZero():
				what = "until"
			}
			got = append(got, from.Name+" "+what)
			if what == "until" && !from.Until.Equal(now.Add(trashAge-hour).Truncate(time.Millisecond)) || from.Self != (from.Device == a.id) || from.Online != from.Self {
				t.Errorf("%s: %+v", tt.name, from)
			}
		}
		if text := strings.Join(got, ", "); text != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, text, tt.want)
		}
		if err := a.bytesLeft(d); errors.Is(err, ErrNoBytes) != (tt.want == "") {
			t.Errorf("%s: bytesLeft = %v", tt.name, err)
		}
		if listed := slices.ContainsFunc(a.Restorable(), func(e Entry) bool { return e.Digest == d }); listed != tt.restorable {
			t.Errorf("%s: restorable: %t", tt.name, listed)
		}
	}
	if from := a.Remnants(Digest{1}); from != nil {
		t.Errorf("what nobody knows is said to be on %v", from)
	}
}

// ownWord is what the record of a file says of this device.
func (d *device) ownWord(f Digest) holding {
	r, _, _ := d.mirror.file(f)
	return r.Devices.Of(d.id)
}

// misname gives a file another name in memory, and changes its record there. One with a
// slash cannot be written.
func (d *device) misname(f Digest, name string, change func(*fileRecord)) {
	d.mirror.mu.Lock()
	defer d.mirror.mu.Unlock()
	s := d.mirror.files[f]
	r := s.clone()
	r.Name = name
	change(&r)
	d.mirror.files[f] = &fileState{r, s.rev}
}

// What of a deleted file is here is told another time when it cannot be written.
func TestTellIsTriedAgain(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	ctx := testContext(t)
	d := a.create("photo", 500)
	must(t, a.Delete(ctx, d))
	until(t, "it is in the trash", func() bool { return a.mirror.trashed(d) != "" }, a)
	a.misname(d, "z/z", func(r *fileRecord) { r.setLeft(a.id, notInTrash, 0) })
	later, err := a.settle(ctx, []Digest{d})
	if !errors.Is(err, ErrInvalid) || !slices.Equal(later, []Digest{d}) {
		t.Fatalf("left for later: %v, %v", later, err)
	}
	a.misname(d, "photo.jpg", func(*fileRecord) {})
	a.stirred.add(later...)
	until(t, "the record tells what the trash has", func() bool { return a.ownWord(d).Trashed > notInTrash }, a)
}

// Bytes that are gone when they are to be moved are not told of as being in the trash.
func TestGoneBeforeTheTrash(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	ctx := testContext(t)
	d, gone := a.create("photo", 500), a.create("gone", 501)
	a.mirror.claim(d, gone) // nothing follows the records
	must(t, a.Delete(ctx, d, gone))
	must(t, os.Remove(a.entry(gone).Path))
	later, err := a.dropDeleted(ctx, []Digest{d, gone})
	if err != nil || len(later) != 0 {
		t.Errorf("left for later: %v, %v", later, err)
	}
	if there, not := a.ownWord(d), a.ownWord(gone); there.Trashed <= notInTrash || not.Trashed != notInTrash || not.Saved || not.Verified != 0 {
		t.Errorf("the trash is said to have %+v and %+v", there, not)
	}
}
