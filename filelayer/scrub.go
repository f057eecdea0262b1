package filelayer

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// The scrub reads each copy here again when its last check is older than
// scrubAge, at scrubRate on average, so that rot is found while another device
// still has the right bytes.
const (
	scrubAge   = 30 * 24 * time.Hour
	scrubRate  = 8 << 20          // bytes a second
	scrubDelay = 15 * time.Minute // from the start to the first look, and between two
)

// scrubLoop reads copies again until ctx ends.
func (l *Layer) scrubLoop(ctx context.Context) error {
	for pause(ctx, scrubDelay) == nil {
		l.scrub(ctx, pause)
	}
	return nil
}

// scrub reads what is due, and rests after each file for as long as it may have
// taken. What has rotted is put aside, and fetched from another holder.
func (l *Layer) scrub(ctx context.Context, rest func(context.Context, time.Duration) error) {
	for _, c := range l.mirror.due(l.now().Add(-scrubAge)) {
		err := l.verify(ctx, c.digest)
		if errors.Is(err, ErrNotMounted) {
			return // until it is there again
		}
		if errors.Is(err, ErrPlaceAway) {
			continue
		}
		if errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrInPlace) {
			l.rot.note(c.digest)
			l.changed.Raise()
		}
		if err != nil && ctx.Err() == nil {
			l.log.WarnContext(ctx, "A copy did not pass its check", "digest", c.digest, "error", err)
		}
		if rest(ctx, time.Duration(float64(c.size)/scrubRate*float64(time.Second))) != nil {
			return
		}
	}
}

// dueCopy is a copy that has to be read again.
type dueCopy struct {
	digest Digest
	localCopy
}

// due lists the copies here that were last checked before then, that first
// which was checked longest ago.
func (m *mirror) due(then time.Time) []dueCopy {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var out []dueCopy
	for d, c := range m.local {
		if c.verified.Before(then) {
			out = append(out, dueCopy{d, c})
		}
	}
	for d, c := range m.placed { // of which no copy in the library is read
		if _, kept := m.local[d]; !kept && c.verified.Before(then) {
			out = append(out, dueCopy{d, c})
		}
	}
	slices.SortFunc(out, func(a, b dueCopy) int { return cmp.Compare(a.verified.UnixNano(), b.verified.UnixNano()) })
	return out
}
