package filelayer

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Bounds of what another device may write. Records only ever grow later, so
// that a value which nobody can outdo would end them for good: a file could not
// be restored, a device not say any more what it holds. What is beyond a bound
// is not taken in, and looked at again from time to time.
const (
	maxRecord = 1 << 20                   // bytes of a File or a Device with its revisions
	maxAhead  = 10 * 365 * 24 * time.Hour // of a stamp; clocks may be wrong, but not for ever
	maxSteps  = 1 << 20                   // that a count may be ahead of the one known
	maxRoster = 1000                      // devices known, with those removed
)

// sinceEver is a time that has passed, whatever the clock here says.
var sinceEver = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// boundFile refuses a File record beyond the bounds.
func (l *Layer) boundFile(d Digest, r fileRecord) error {
	if l.tooLate(&r.Added) || l.tooLate(r.Deleted) {
		return fmt.Errorf("%w: file %v: its time lies too far ahead", ErrInvalid, d)
	}
	known := l.mirror.counts(d, r.Devices)
	for id, h := range r.Devices.All() {
		if h.N-known[id] > maxSteps {
			return fmt.Errorf("%w: file %v: count of device %s lies too far ahead", ErrInvalid, d, id)
		}
		if l.tooLate(&stamp{At: h.Trashed}) {
			return fmt.Errorf("%w: file %v: the time of the trash of device %s lies too far ahead", ErrInvalid, d, id)
		}
	}
	return nil
}

// boundDevice refuses a Device record beyond the bounds.
func (l *Layer) boundDevice(id string, r deviceRecord) error {
	if l.tooLate(&r.Added) || l.tooLate(r.Removed) || slices.ContainsFunc(r.Runs, func(r run) bool { return l.tooLate(&stamp{At: r.At}) }) {
		return fmt.Errorf("%w: device %s: %w", ErrInvalid, id, ErrClock)
	}
	known, ok := l.mirror.device(id)
	switch {
	case !ok && l.mirror.deviceCount() >= maxRoster:
		return fmt.Errorf("%w: device %s: %w, %d", ErrInvalid, id, ErrTooMany, maxRoster)
	case r.N-known.N > maxSteps:
		return fmt.Errorf("%w: device %s: its count lies too far ahead", ErrInvalid, id)
	}
	return nil
}

func (m *mirror) deviceCount() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.devices)
}

func (l *Layer) tooLate(s *stamp) bool {
	now := l.now()
	if now.Before(sinceEver) {
		now = sinceEver
	}
	return s != nil && s.At > toMillis(now.Add(maxAhead))
}

// counts returns the count that is known of each device.
func (m *mirror) counts(d Digest, of PerDevice[holding]) map[string]int64 {
	m.mu.RLock()
	defer m.mu.RUnlock()
	out := make(map[string]int64, len(of))
	if s, ok := m.files[d]; ok {
		for id := range of.All() {
			out[id] = s.Devices.Of(id).N
		}
	}
	return out
}

// maxSize is the greatest size of a file that a record may tell, 16 TiB: no common
// file system has a greater one.
const maxSize = int64(1) << 44

// AddSizes adds sizes, which are not negative, up to the greatest number: those of
// records may be made up.
func AddSizes(sizes ...int64) (sum int64) {
	for _, n := range sizes {
		sum += min(n, math.MaxInt64-sum)
	}
	return sum
}
