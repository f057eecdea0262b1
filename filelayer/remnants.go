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
	Until  time.Time // its trash keeps them until then at least; zero: it has them elsewhere, as while it has not heard of the deletion
}

// Remnants lists the devices that are known to have the bytes of a file, this one
// first: from where a Restore brings them back. Of others the records tell, as they
// came here last; it is no proof.
func (l *Layer) Remnants(d Digest) []Remnant {
	r, _, known := l.mirror.file(d)
	if !known {
		return nil
	}
	var out []Remnant
	if l.mirror.kept(d) {
		own := Remnant{Device: l.opts.DeviceID, Self: true, Online: true}
		if why := l.mirror.trashed(d); why != "" {
			own.Until = r.Devices.Of(own.Device).until()
		}
		out = append(out, own)
	}
	for id, h := range r.Devices.All() {
		if until := h.until(); l.mirror.paired(id) && (h.Verified > 0 || until.After(l.now())) {
			out = append(out, Remnant{Device: id, Online: l.opts.Network.Online(id), Until: until})
		}
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
// its bytes are here or in the trash of another device, or another device has not
// heard yet, in 30 days at most, that it was deleted.
func (l *Layer) restorable(e Entry) bool {
	return slices.ContainsFunc(l.Remnants(e.Digest), func(r Remnant) bool {
		return r.Self || !r.Until.IsZero() || l.now().Sub(e.Deleted.At) < trashAge
	})
}

// bytesLeft fails with [ErrNoBytes] for a deleted file that no device is known to
// have the bytes of.
func (l *Layer) bytesLeft(d Digest) error {
	if e, err := l.Entry(d); err == nil && e.Deleted != nil && len(l.Remnants(d)) == 0 {
		return fmt.Errorf("%s stays deleted: %w", e.Name, ErrNoBytes)
	}
	return nil
}

// RestoreSome is Restore of those files whose bytes a device is known to have, and
// calls report for each; the others stay deleted, with [ErrNoBytes].
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
	err := l.Restore(ctx, some...)
	for _, d := range some {
		report(d, err)
	}
}

// tellTrash writes into the records of deleted files that no copy is here, and
// whether the trash has one, for other devices to know. When its 30 days have ended
// the record tells that already.
func (l *Layer) tellTrash(ctx context.Context, ds []Digest) error {
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
		old := r.Devices.Of(l.opts.DeviceID)
		over := !old.Saved && old.Verified == 0 && at[d] == 0 && !old.until().After(l.now())
		return known && r.Deleted != nil && !over && r.setTrashed(l.opts.DeviceID, at[d])
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
	err := l.amend(ctx, ds, func(_ Digest, r *fileRecord, known bool) bool {
		return known && r.Deleted != nil && r.setTrashed(l.opts.DeviceID, 0)
	})
	if err != nil {
		return errors.Join(errors.New("nothing was removed"), err)
	}
	return nil
}
