package filelayer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A Remnant is a device that has the bytes of a file which is deleted, or was.
type Remnant struct {
	Device string // ID
	Name   string
	Self   bool
	Online bool
	Until  time.Time // its trash keeps them until then at least; zero: it has them elsewhere, as in a folder in place, or while it has not heard of the deletion

	Perhaps bool // it had a copy, and has not told whether its trash still has the bytes
}

// Remnants lists the devices that are known to have the bytes of a file, this one
// first: from where a Restore brings them back. Of others the records tell, as they
// came here last; it is no proof. When none is known, it lists those that may have
// them: that have not heard of the deletion, or whose version does not tell.
func (l *Layer) Remnants(d Digest) []Remnant {
	r, _, known := l.mirror.file(d)
	if !known {
		return nil
	}
	var out []Remnant
	if l.mirror.kept(d) {
		own := Remnant{Device: l.opts.DeviceID, Self: true, Online: true}
		if _, here := l.mirror.copied(d); !here && !l.mirror.inPlace(d) {
			own.Until = r.Devices.Of(own.Device).until()
		}
		out = append(out, own)
	}
	var perhaps []Remnant
	recent := r.Deleted == nil || l.now().Sub(r.Deleted.At.time()) < trashAge
	for id, h := range r.Devices.All() {
		if !l.mirror.paired(id) {
			continue
		}
		other := Remnant{Device: id, Online: l.opts.Network.Online(id)}
		switch until := h.until(); {
		case h.Verified > 0:
			out = append(out, other)
		case until.After(l.now()):
			other.Until = until
			out = append(out, other)
		case !h.Saved && h.Trashed == 0 && recent:
			other.Perhaps = true
			perhaps = append(perhaps, other)
		}
	}
	if len(out) == 0 {
		out = perhaps
	}
	for i := range out {
		out[i].Name = l.deviceName(out[i].Device)
	}
	return out
}

// until is how long the trash of the device keeps the bytes; zero when it has none.
func (h holding) until() time.Time {
	if h.Trashed == 0 {
		return time.Time{}
	}
	return h.Trashed.time().Add(trashAge)
}

// restorable says whether a deleted file can be brought back, as far as is known:
// its bytes are here, or in the trash or a folder in place of another device, or
// another device has not heard yet, in 30 days at most, that it was deleted.
func (l *Layer) restorable(e Entry) bool {
	return slices.ContainsFunc(l.Remnants(e.Digest), func(r Remnant) bool {
		return r.Self || !r.Until.IsZero() || !e.Holders.Of(r.Device).Saved || l.now().Sub(e.Deleted.At) < trashAge
	})
}

// bytesLeft fails with [ErrNoBytes] for a deleted file that no device can have the
// bytes of, as far as the records tell.
func (l *Layer) bytesLeft(d Digest) error {
	if e, err := l.Entry(d); err == nil && e.Deleted != nil && len(l.Remnants(d)) == 0 {
		return fmt.Errorf("%s stays deleted: %w", e.Name, ErrNoBytes)
	}
	return nil
}

// RestoreSome is Restore of those files whose bytes a device has, or may have, and
// calls report for each, as it goes on; the others stay deleted, with [ErrNoBytes].
func (l *Layer) RestoreSome(ctx context.Context, ds []Digest, report func(Digest, error)) {
	var some []Digest
	for _, d := range ds {
		if err := l.bytesLeft(d); err != nil {
			report(d, err)
		} else {
			some = append(some, d)
		}
	}
	if len(some) == 0 {
		return
	}
	tell := func(ds []Digest, err error) {
		for _, d := range ds {
			report(d, err)
		}
	}
	if err := l.restore(ctx, some, func(ds []Digest) { tell(ds, nil) }); err != nil {
		tell(some, err)
	}
}

// tellLeft writes into the records of deleted files that no copy is kept here, and
// whether the trash or a place has one, for other devices to know. When the 30 days of
// the trash, or of the deletion, have ended, nothing has to be told of what is gone.
func (l *Layer) tellLeft(ctx context.Context, ds []Digest) error {
	if len(ds) == 0 {
		return nil
	}
	trashed, err := l.blobs.Trashed()
	if err != nil {
		return fmt.Errorf("read the trash: %w", err)
	}
	at := make(map[Digest]millis, len(trashed))
	for _, t := range trashed {
		at[t.Digest] = toMillis(t.At)
	}
	return l.amend(ctx, ds, func(d Digest, r *fileRecord, known bool) bool {
		if !known || r.Deleted == nil {
			return false
		}
		old, placed := r.Devices.Of(l.opts.DeviceID), l.mirror.readInPlace(d)
		since := r.Deleted.At
		if old.Trashed > notInTrash {
			since = old.Trashed
		}
		over := !old.Saved && old.Verified == 0 && at[d] == 0 && placed == 0 && l.now().Sub(since.time()) >= trashAge
		return !over && r.setLeft(l.opts.DeviceID, max(at[d], notInTrash), placed)
	})
}

// noteEmptied writes that the trash here no longer has the bytes of deleted files,
// before they go, so that no record tells of what is not there.
func (l *Layer) noteEmptied(ctx context.Context, rs []*removal) error {
	var ds []Digest
	for _, r := range rs {
		if r.Deleted != nil {
			ds = append(ds, r.Digest)
		}
	}
	err := l.amend(ctx, ds, func(d Digest, r *fileRecord, known bool) bool {
		return known && r.Deleted != nil && r.setLeft(l.opts.DeviceID, notInTrash, l.mirror.readInPlace(d))
	})
	if err != nil {
		return errors.Join(errors.New("nothing was removed"), err)
	}
	return nil
}
