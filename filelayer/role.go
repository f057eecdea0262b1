package filelayer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	rolePause = 5 * time.Second  // between two looks at what the role asks for, at least
	roleRetry = 10 * time.Minute // until a copy is tried again that could not be freed
)

// A Role is what a device keeps by itself. The zero Role keeps what is saved
// there, and nothing else.
type Role struct {
	Everything bool  // every file of the library is saved here
	Helps      bool  // files of which too few devices have a copy are saved here, see [CopyRule]
	Space      int64 // bytes that copies here may take, the newest first, the trash not counted; 0: no limit
}

// Dropped is files that were to be fetched, and no longer are.
type Dropped struct {
	Files int
	Bytes int64
}

// SetRole changes what this device keeps by itself, from now on until Close.
// Nothing is removed that other devices do not prove to have. What an earlier role
// wished for by itself, and this one does not, is no longer fetched. When that cannot
// be written the error says so, and it is tried again by itself.
func (l *Layer) SetRole(ctx context.Context, r Role) (dropped Dropped, err error) {
	l.roleAsked.Add(1)
	l.playing.Lock()
	defer l.playing.Unlock()
	l.roleAsked.Add(-1)
	if err := l.initRole(r); err != nil {
		return dropped, err
	}
	defer l.copiesChanged.Raise()
	defer l.roleChanged.Raise()
	defer l.whenSafe.stir(l.whenSafe.all()...) // which a keeper takes back
	select {
	case <-l.loaded:
	default:
		return dropped, nil // its loop sees to it
	}
	gone, err := l.drop(ctx, l.lookAtRole().drop)
	dropped.Files, dropped.Bytes = tally(gone)
	return dropped, err
}

func (l *Layer) initRole(r Role) error {
	if r.Space < 0 {
		return fmt.Errorf("%w: a limit of %d bytes", ErrInvalid, r.Space)
	}
	l.role.Store(&r)
	return nil
}

// Role returns what this device keeps by itself.
func (l *Layer) Role() Role {
	if r := l.role.Load(); r != nil {
		return *r
	}
	return Role{}
}

// TrashBytes is what the trash here takes on the disk, beside what a limit of
// space is about.
func (l *Layer) TrashBytes() (int64, error) { return l.blobs.TrashBytes() }

// roleLoop does what the role asks for, until ctx ends.
func (l *Layer) roleLoop(ctx context.Context) error {
	changed, stop := l.changed.Listen()
	defer stop()
	other, stopOther := l.roleChanged.Listen()
	defer stopOther()
	tick := time.NewTicker(rolePause)
	defer tick.Stop()
	tried := make(map[Digest]time.Time)
	for {
		l.playRole(ctx, tried)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if len(tried) > 0 {
				continue
			}
			select {
			case <-ctx.Done():
				return nil
			case <-changed:
				continue
			case <-other:
			}
		case <-other:
		}
		clear(tried) // another role
	}
}

// playRole saves and frees what the role asks for. tried says when a copy was
// last not freed.
func (l *Layer) playRole(ctx context.Context, tried map[Digest]time.Time) {
	w := l.followRole(ctx)
	var free []Digest
	for _, e := range slices.Backward(w.free) {
		if at, ok := tried[e.Digest]; !ok || l.since(at) >= roleRetry {
			free = append(free, e.Digest)
		}
	}
	for i, err := range l.unsaveAll(ctx, free, RemovedForSpace) {
		delete(tried, free[i])
		if err != nil && ctx.Err() == nil && !errors.Is(err, ErrNotFound) {
			tried[free[i]] = l.now()
			l.log.DebugContext(ctx, "A copy beyond the limit stays", "digest", free[i], "error", err)
		}
	}
}

// followRole makes this device's own wishes what the role asks for.
func (l *Layer) followRole(ctx context.Context) roleWork {
	l.playing.Lock()
	defer l.playing.Unlock()
	w := l.lookAtRole()
	_, err := l.drop(ctx, w.drop)
	if err = errors.Join(err, l.takeFor(ctx, digestsOf(w.fetch), takenByRole)); err != nil && ctx.Err() == nil {
		l.log.WarnContext(ctx, "Not all that this device should keep is noted", "error", err)
	}
	return w
}

// lookAtRole returns what the role asks for, and lets nothing be fetched that the
// limit would free again.
func (l *Layer) lookAtRole() roleWork {
	l.limiting.Lock()
	defer l.limiting.Unlock()
	return l.holdBeyond()
}

// holdBeyond is lookAtRole. The caller holds limiting.
func (l *Layer) holdBeyond() roleWork {
	w := l.roleWork(l.Role(), l.opts.DeviceID, l.ruleSet(nil))
	l.queue.hold(digestSet(w.beyond))
	return w
}

// drop takes back wishes of this device's own, and returns the files that they were
// for. What has come, or been wished for by a person, meanwhile stays.
func (l *Layer) drop(ctx context.Context, es []Entry) (gone []Entry, err error) {
	ds := l.queue.withdraw(digestsOf(es))
	if len(ds) == 0 {
		return nil, nil
	}
	defer l.stirred.add(ds...)
	dropped := make(map[Digest]bool)
	err = l.amend(ctx, ds, func(d Digest, r *fileRecord, known bool) bool {
		own := r.Devices.Of(l.opts.DeviceID)
		dropped[d] = known && own.Saved && !own.holds() && l.copyNotes.own(d)
		return dropped[d] && r.set(l.opts.DeviceID, false, 0)
	})
	if err != nil {
		err = fmt.Errorf("take back what was to be fetched: %w", err)
	}
	for _, e := range es {
		if dropped[e.Digest] && !l.wishedFor(e.Digest) {
			gone = append(gone, e)
		}
	}
	return gone, err
}

func digestsOf(es []Entry) []Digest {
	ds := make([]Digest, len(es))
	for i, e := range es {
		ds[i] = e.Digest
	}
	return ds
}
