package filelayer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
)

// Why bytes are in the trash.
const (
	trashDeleted = "deleted" // on all devices; they come back with the file
	trashUnsaved = "unsaved" // on this device alone; they come back when no other has the file any more
	forcedPrefix = "forced " // see trashForced
)

// trashForced is why the bytes of a file that was unsaved without a proof are
// in the trash: they come back only in another lifecycle than the given one,
// when a person has restored the file.
func trashForced(lifecycle stamp) string {
	return fmt.Sprintf("%s%d %s", forcedPrefix, lifecycle.At, lifecycle.By)
}

// spareGrace is how long no device may claim a file before a copy in the trash
// is brought back: the others, who may do the same with a better reason, or
// have a copy that is not heard of yet, come first.
const spareGrace = 5 * time.Minute

// spare says whether the trash may have the only copy of a file that is not
// deleted, and that this device was not told to forget. The caller holds mu.
func (m *mirror) spare(d Digest, s *fileState) bool {
	why := m.trash[d]
	if why == "" || why == trashForced(s.Added) {
		return false
	}
	for id, h := range s.Devices.All() {
		if device, ok := m.devices[id]; ok && device.Removed == nil && id != m.self && h.holds() {
			return false
		}
	}
	return true
}

// spareGrace is shorter when there is nobody to wait for.
func (l *Layer) spareGrace() time.Duration {
	if len(l.mirror.peers()) == 0 {
		return 0
	}
	return spareGrace
}

// spares notes since when copies in the trash are needed. It is guarded by
// Layer.settling.
type spares map[Digest]time.Time

// due returns those of the spare copies that have been needed long enough, and
// the others. All of the files looked at that are not spare are forgotten.
func (s spares) due(looked, spare []Digest, now time.Time, grace time.Duration) (due, waiting []Digest) {
	since := make(map[Digest]time.Time, len(spare))
	for _, d := range spare {
		first, ok := s[d]
		if !ok {
			first = now
		}
		since[d] = first
	}
	for _, d := range looked {
		delete(s, d)
	}
	for d, first := range since {
		if now.Sub(first) >= grace {
			due = append(due, d)
		} else {
			s[d], waiting = first, append(waiting, d)
		}
	}
	return due, waiting
}

// purgeLoop empties the trash from time to time, until ctx ends.
func (l *Layer) purgeLoop(ctx context.Context) error {
	for wait := purgeDelay; pause(ctx, wait) == nil; wait = scanEvery {
		if err := l.purge(ctx, trashAge); err != nil {
			l.log.WarnContext(ctx, "Trash was not purged", "error", err)
		}
	}
	return nil
}

// loadTrash notes what is in the trash. Bytes may come and go meanwhile.
func (l *Layer) loadTrash() error {
	known := l.mirror.inTrash()
	trashed, err := l.blobs.Trashed()
	if err != nil {
		return fmt.Errorf("read the trash: %w", err)
	}
	l.mirror.mu.Lock()
	defer l.mirror.mu.Unlock()
	for _, d := range known { // not what has come since
		delete(l.mirror.trash, d)
	}
	for _, t := range trashed {
		if _, here := l.mirror.local[t.Digest]; !here && l.mirror.trash[t.Digest] == "" {
			l.mirror.trash[t.Digest] = t.Reason
		}
	}
	return nil
}

func (m *mirror) inTrash() []Digest {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return slices.Collect(maps.Keys(m.trash))
}

// purge empties the trash of what is older than age, but for what is about to be
// brought back.
func (l *Layer) purge(ctx context.Context, age time.Duration) error {
	if err := l.loadTrash(); err != nil {
		return err
	}
	var told []Removal
	n, err := l.blobs.PurgeTrash(age, l.mirror.awaits, func(old []blob.Trashed) error {
		told = l.purges(old)
		return l.removals.add(told...)
	})
	if err != nil {
		l.noteUnpurged(ctx, told, err)
		return err
	}
	if n == 0 {
		return nil
	}
	return l.loadTrash()
}

// awaited lists the files whose bytes in the trash are wanted back.
func (m *mirror) awaited() []Digest {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var out []Digest
	for d := range m.trash {
		if m.awaitsLocked(d) {
			out = append(out, d)
		}
	}
	return out
}

// awaits says whether the bytes of a file in the trash are wanted back.
func (m *mirror) awaits(d Digest) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.awaitsLocked(d)
}

// awaitsLocked is awaits. The caller holds mu.
func (m *mirror) awaitsLocked(d Digest) bool {
	var p plan
	switch m.duty(&p, d) {
	case &p.want, &p.lost, &p.revive, &p.spare:
		return true
	}
	return false
}

// trashed says why the bytes of a file are in the trash, or "".
func (m *mirror) trashed(d Digest) string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.trash[d]
}

// kept says whether bytes are on this device: in the library, in a place or in the
// trash.
func (m *mirror) kept(d Digest) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	_, here := m.local[d]
	_, placed := m.placed[d]
	return here || placed || m.trash[d] != ""
}
