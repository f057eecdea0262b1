package filelayer

import (
	"bytes"
	"cmp"
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

// A Plan is what a device has to do for its role.
type Plan struct {
	Fetch      int // files to be saved here
	FetchBytes int64
	Free       int // files whose copy here goes to the trash once others have proved theirs
	FreeBytes  int64
	Stuck      int // files beyond the limit of which too few others are said to have a copy: they stay
	StuckBytes int64
}

func planOf(w roleWork) (p Plan) {
	p.Fetch, p.FetchBytes = tally(w.fetch)
	p.Free, p.FreeBytes = tally(w.free)
	p.Stuck, p.StuckBytes = tally(w.stuck)
	return p
}

// SetRole changes what this device keeps by itself, from now on until Close.
// Nothing is removed that other devices do not prove to have.
func (l *Layer) SetRole(r Role) error {
	if r.Space < 0 {
		return fmt.Errorf("%w: a limit of %d bytes", ErrInvalid, r.Space)
	}
	l.role.Store(&r)
	l.roleChanged.Raise()
	l.copiesChanged.Raise()
	return nil
}

// Role returns what this device keeps by itself.
func (l *Layer) Role() Role {
	if r := l.role.Load(); r != nil {
		return *r
	}
	return Role{}
}

// Plan tells what this device would have to do for a role.
func (l *Layer) Plan(r Role) Plan { return planOf(l.roleWork(r, l.opts.DeviceID, l.ruleSet(nil))) }

// TrashBytes is what the trash here takes on the disk, beside what a limit of
// space is about.
func (l *Layer) TrashBytes() (int64, error) { return l.blobs.TrashBytes() }

func tally(es []Entry) (files int, bytes int64) {
	for _, e := range es {
		bytes = AddSizes(bytes, e.Size)
	}
	return len(es), bytes
}

// roleWork is what a role asks for now, each list from the newest file to the
// oldest.
type roleWork struct{ fetch, free, stuck []Entry }

// roleWork compares what a device keeps with what its role is: of the files
// that it should have, the newest that fit in the space. It frees no copy that a
// rule asks for.
func (l *Layer) roleWork(r Role, id string, rules ruleSet) roleWork {
	var w roleWork
	if !r.Everything && r.Space == 0 {
		return w
	}
	here := func(e Entry) bool {
		return id == l.opts.DeviceID && e.Here() || id != l.opts.DeviceID && e.Holders.Of(id).Holds()
	}
	inPlace := func(e Entry) bool {
		h := e.Holders.Of(id)
		return id == l.opts.DeviceID && e.InPlace || id != l.opts.DeviceID && h.Has() && !h.Saved
	}
	all := slices.DeleteFunc(slices.Clone(l.Entries()), func(e Entry) bool {
		return inPlace(e) || !r.Everything && !here(e) && !e.Holders.Of(id).Saved // what lies in place takes no space of the library
	})
	slices.SortFunc(all, func(a, b Entry) int {
		return cmp.Or(b.Time.Compare(a.Time), bytes.Compare(a.Digest[:], b.Digest[:]))
	})
	var taken int64
	for _, e := range all {
		fits := r.Space == 0 || e.Size <= r.Space-taken
		if fits {
			taken += e.Size
		}
		switch saved := here(e) || e.Holders.Of(id).Saved; {
		case fits == saved:
		case fits:
			w.fetch = append(w.fetch, e)
		case !here(e) || l.spared(e, id, rules.of(e.Digest)):
			w.free = append(w.free, e)
		default:
			w.stuck = append(w.stuck, e)
		}
	}
	return w
}

// claimed counts the devices other than one that are said to have a checked copy.
func (*Layer) claimed(e Entry, but string) (n int) {
	for id, h := range e.Holders.All() {
		if id != but && h.Holds() {
			n++
		}
	}
	return n
}

// spared says whether enough other devices are said to have a copy for one to
// free its own.
func (l *Layer) spared(e Entry, id string, rule CopyRule) bool {
	return l.claimed(e, id) >= max(l.opts.Copies, rule.Copies) && !slices.Contains(rule.On, id)
}

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
	w := l.roleWork(l.Role(), l.opts.DeviceID, l.ruleSet(nil))
	var ds []Digest
	for _, e := range w.fetch {
		ds = append(ds, e.Digest)
	}
	if len(ds) > 0 {
		if err := l.Want(ctx, ds...); err != nil && ctx.Err() == nil {
			l.log.WarnContext(ctx, "Not all that this device should keep is noted", "error", err)
		}
	}
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
