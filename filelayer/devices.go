package filelayer

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Devices lists the paired devices and this one, sorted by name.
func (l *Layer) Devices() []Device {
	ids := append(l.mirror.peers(), l.opts.DeviceID)
	var out []Device
	for _, id := range ids {
		if r, ok := l.mirror.device(id); ok {
			out = append(out, l.exportDevice(id, r))
		}
	}
	slices.SortFunc(out, func(a, b Device) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// RemovedDevices lists the other devices that were removed from the library, the last
// one first.
func (l *Layer) RemovedDevices() []Device {
	var out []Device
	for _, id := range l.mirror.removed() {
		if r, ok := l.mirror.device(id); ok {
			out = append(out, l.exportDevice(id, r))
		}
	}
	slices.SortFunc(out, func(a, b Device) int {
		return cmp.Or(b.Removed.At.Compare(a.Removed.At), cmp.Compare(a.ID, b.ID))
	})
	return out
}

func (l *Layer) exportDevice(id string, r deviceRecord) Device {
	return Device{
		ID: id, Name: r.Name, Address: r.Address, Platform: r.Platform,
		Added: r.Added.export(), Removed: r.Removed.exportPtr(), Self: id == l.opts.DeviceID,
	}
}

// deviceName is what people call a device, also one that was removed; else the
// digits that its ID begins with.
func (l *Layer) deviceName(id string) string {
	if r, ok := l.mirror.device(id); ok && r.Name != "" {
		return r.Name
	}
	return id[:min(12, len(id))]
}

// RemoveDevice takes a device out of the library: every other device expels
// it, and its copies stop counting. Removing this device leaves the library;
// the others learn of it when they next ask.
func (l *Layer) RemoveDevice(ctx context.Context, id string) error {
	if err := l.Ready(ctx); err != nil {
		return err
	}
	if r, ok := l.mirror.device(id); !ok || r.Removed != nil {
		return fmt.Errorf("remove device %s: %w", id, ErrNotFound)
	}
	now := l.now()
	err := l.amendDevice(ctx, id, func(r *deviceRecord, known bool) bool {
		if !known || r.Removed != nil {
			return false
		}
		gone := after(l.opts.DeviceID, now, &r.Added)
		r.Removed = &gone
		return true
	})
	if err != nil {
		return fmt.Errorf("remove device %s: %w", l.deviceName(id), err)
	}
	return nil
}

// Rename gives this device another name.
func (l *Layer) Rename(ctx context.Context, name string) error {
	return l.RenameDevice(ctx, l.opts.DeviceID, name)
}

// RenameDevice gives a device of the library another name, of which it hears as all
// others do. Of two names given at once the same one wins everywhere. [ErrNotFound]:
// there is no such device.
func (l *Layer) RenameDevice(ctx context.Context, id, name string) error {
	if name == "" || !validText(name) {
		return fmt.Errorf("rename device: %w: a name has 1 to 255 printable bytes", ErrInvalid)
	}
	if err := l.Ready(ctx); err != nil {
		return err
	}
	if r, ok := l.mirror.device(id); !ok || r.Removed != nil && id != l.opts.DeviceID {
		return fmt.Errorf("rename device %.64q: %w", id, ErrNotFound)
	}
	err := l.amendDevice(ctx, id, func(r *deviceRecord, known bool) bool {
		return known && r.describe(name, r.Address, r.Platform)
	})
	if err != nil {
		return fmt.Errorf("rename device: %w", err)
	}
	return nil
}

// describe changes what a device is called, and reports whether it did.
func (r *deviceRecord) describe(name, address, platform string) bool {
	if r.Name == name && r.Address == address && r.Platform == platform {
		return false
	}
	r.Name, r.Address, r.Platform = name, address, platform
	r.N++
	return true
}

// amendDevice changes one Device record. change gets what is known of it, all
// that this device has seen joined, and reports whether it changed it.
func (l *Layer) amendDevice(ctx context.Context, id string, change func(r *deviceRecord, known bool) bool) error {
	var written deviceRecord
	err := l.roster.Update(ctx, id, func(body json.RawMessage) (json.RawMessage, error) {
		r, known := l.mirror.device(id)
		if there, err := parseDevice(id, body); err == nil {
			if known {
				there = l.mirror.join.devices(r, there)
			}
			r, known = there, true
		}
		if !change(&r, known) {
			return nil, nil
		}
		written = r
		if what := r.fault(); what != "" {
			return nil, fmt.Errorf("%w: device %s: %s", ErrInvalid, id, what)
		}
		return encode(r)
	})
	if err != nil {
		return err
	}
	if written.Added.At != 0 {
		l.noteDevice(id, written)
	}
	return nil
}

// noteDevice takes a Device record into the mirror, and tells who cares.
func (l *Layer) noteDevice(id string, r deviceRecord) {
	if l.mirror.joinDevice(id, r) {
		l.stirred.add(l.mirror.inTrash()...) // may be needed without that device
		l.rosterChanged.Raise()
		l.changed.Raise()
	}
}

// introduce writes this device's own record: who it is, and that it runs anew.
func (l *Layer) introduce(ctx context.Context) error {
	return l.amendDevice(ctx, l.opts.DeviceID, func(r *deviceRecord, known bool) bool {
		if !known {
			r.Added = l.stampNow()
		}
		l.twins.begin(l.now(), r)
		name := cmp.Or(l.opts.Name, r.Name, "Paul")
		r.describe(name, cmp.Or(l.opts.Address, r.Address), cmp.Or(l.opts.Platform, r.Platform))
		return true
	})
}
