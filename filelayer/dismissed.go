package filelayer

import (
	"context"
	"encoding/json"
	"fmt"
)

// A removalNotice is what a device that was removed is told, by devices that it has
// paired: its own removal, and in which lifecycle.
type removalNotice struct {
	Added   stamp  `json:"added"`
	Removed *stamp `json:"removed"`
}

// removalNotice is what the device with that ID is told of its removal; nil for
// nothing.
func (l *Layer) removalNotice(id string) []byte {
	r, ok := l.mirror.device(id)
	if !ok || r.Removed == nil {
		return nil
	}
	notice, err := encode(removalNotice{r.Added, r.Removed})
	if err != nil { // of plain values, it cannot fail
		return nil
	}
	return notice
}

// HearRemoval takes in what the device from says of why it shut this one out; see
// [Network]. That it was from must be certain. A device that is paired may remove
// this one, as by its records; any other is [ErrNotPaired]. What is older than the
// latest pairing changes nothing.
func (l *Layer) HearRemoval(ctx context.Context, from string, notice []byte) error {
	if err := l.Ready(ctx); err != nil {
		return err
	}
	if !l.mirror.paired(from) {
		return fmt.Errorf("hear of the removal from %s: %w", from, ErrNotPaired)
	}
	var n removalNotice
	if err := json.Unmarshal(notice, &n); err != nil {
		return fmt.Errorf("%w: notice of %s: %w", ErrInvalid, l.deviceName(from), err)
	}
	told := deviceRecord{Added: n.Added, Removed: n.Removed}
	if what := told.fault(); what != "" || n.Removed == nil {
		return fmt.Errorf("%w: notice of %s: %s", ErrInvalid, l.deviceName(from), what)
	}
	if err := l.boundDevice(l.opts.DeviceID, told); err != nil {
		return err
	}
	return l.amendDevice(ctx, l.opts.DeviceID, func(r *deviceRecord, known bool) bool {
		if !known || r.Added != n.Added || r.Removed != nil {
			return false
		}
		r.Removed = n.Removed
		return true
	})
}

// RemovedBy tells by which device, and when, this one was removed from the library;
// ok is false while it was not, as far as it has heard.
func (l *Layer) RemovedBy() (by string, at Stamp, ok bool) {
	r, known := l.mirror.device(l.opts.DeviceID)
	if !known || r.Removed == nil {
		return "", Stamp{}, false
	}
	return l.deviceName(r.Removed.By), r.Removed.export(), true
}
