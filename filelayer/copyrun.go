package filelayer

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

const (
	copyPatience = 30 * time.Minute // until another device is asked for what one does not deliver
	copyLook     = time.Minute      // between two looks at who delivers, while a rule asks for something
	freeStep     = 64 << 20         // bytes by which what is said to be free may be wrong, or an eighth
)

// deliveries judges who delivers the copies that it is to have: what the others
// last did, and since when they owe something.
type deliveries struct {
	mu      sync.Mutex // guards devices
	devices map[string]delivery
}

type delivery struct {
	held   int       // copies
	offer  int64     // count of its offer
	online bool      // when last looked at
	since  time.Time // it last delivered, came online, or owed nothing
	late   bool
}

func newDeliveries() *deliveries { return &deliveries{devices: make(map[string]delivery)} }

func (s *deliveries) late(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.devices[id].late
}

// judge takes in what a device has and owes now. It is late once it has owed
// something for copyPatience and brought nothing, until it does, comes online or
// makes another offer.
func (s *deliveries) judge(id string, held int, offer int64, online, owes bool, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, known := s.devices[id]
	switch {
	case !known, held > d.held, offer != d.offer, online && !d.online:
		d.since, d.late = now, false
	case d.late:
	case !owes || now.Before(d.since):
		d.since = now
	case now.Sub(d.since) >= copyPatience:
		d.late = true
	}
	d.held, d.offer, d.online = held, offer, online
	s.devices[id] = d
}

// copiesLoop does what the rules ask of this device, until ctx ends.
func (l *Layer) copiesLoop(ctx context.Context) error {
	changed, stop := l.changed.Listen()
	defer stop()
	role, stopRole := l.copiesChanged.Listen()
	defer stopRole()
	for {
		began := time.Now()
		l.playCopies(ctx)
		least := 20 * time.Since(began) // the larger the library, the longer
		soon, tick := time.After(least), time.After(max(rolePause, least))
		var look <-chan time.Time
		if !l.ruleSet(nil).none() {
			look = time.After(copyLook)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-role: // others raise it too, as often as they like
			select {
			case <-ctx.Done():
				return nil
			case <-soon:
			}
			continue
		case <-tick:
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-role:
		case <-look:
		}
	}
}

// playCopies tells the others what this device takes, and takes what it is to by
// the rules.
func (l *Layer) playCopies(ctx context.Context) {
	if l.left() || l.givesWay() {
		return
	}
	err := l.makeOffer(ctx)
	if rules := l.ruleSet(nil); !rules.none() || l.copyNotes.waiting() {
		a := l.allot(rules)
		for _, d := range a.devices {
			if d.id != l.opts.DeviceID {
				l.deliveries.judge(d.id, a.held[d.id], l.copyRules.offer(d.id).N, l.Online(d.id), a.owes[d.id], l.now())
			}
		}
		err = errors.Join(err, l.takeBack(ctx, rules), l.takeCopies(ctx, a.fetch[l.opts.DeviceID]))
	}
	err = errors.Join(err, l.copyNotes.save(l.current, l.expects))
	if err != nil && ctx.Err() == nil {
		l.log.WarnContext(ctx, "Copies that are asked for are not all seen to", "error", err)
	}
}

// expects says whether this device is to fetch a file.
func (l *Layer) expects(d Digest) bool {
	r, _, _ := l.mirror.file(d)
	own := r.Devices.Of(l.opts.DeviceID)
	return r.Deleted == nil && own.Saved && !own.holds()
}

// current says whether a file is still in a lifecycle.
func (l *Layer) current(d Digest, added stamp) bool {
	r, _, ok := l.mirror.file(d)
	return ok && r.Deleted == nil && r.Added == added
}

// makeOffer writes what this device keeps and takes, and how full its disk is, if
// the others do not know it yet. One that takes nothing by itself makes none while
// there are no others, or its disk does not say how full it is.
func (l *Layer) makeOffer(ctx context.Context) error {
	offer, have := l.offerNow(), l.copyRules.offer(l.opts.DeviceID)
	l.offered.Store(&offer)
	if have.N == 0 && !offer.Everything && !offer.Helps && (offer.Disk == 0 || len(l.mirror.peers()) == 0) {
		return nil
	}
	if have.N > 0 && have.role() == offer.role() && near(have.Free, offer.Free, freeStep) && near(have.Trash, offer.Trash, 0) &&
		near(have.Disk, offer.Disk, freeStep) {
		return nil
	}
	return l.amendCopies(ctx, offerPrefix+l.opts.DeviceID, func(r *copyRecord) {
		if r.Offer != nil {
			offer.N = r.Offer.N
		}
		offer.N++
		r.Offer = &offer
	})
}

// offerNow is what this device would say. It has no count.
func (l *Layer) offerNow() offerRecord {
	role := l.Role()
	free, err := l.free()
	if err != nil {
		free = 0
	}
	trash, trashErr := l.blobs.TrashBytes()
	disk, diskErr := l.blobs.DiskSize()
	if err != nil || diskErr != nil {
		disk = 0
	}
	if err := errors.Join(err, trashErr, diskErr); err != nil {
		l.log.Debug("Room is not known", "error", err)
	}
	return offerRecord{Everything: role.Everything, Helps: role.Helps, Space: role.Space, Trash: trash, Free: free, Disk: disk}
}

// Room is what a device keeps by itself and how full its disk is, as it last said,
// about.
type Room struct {
	Role  Role
	Trash int64 // bytes in its trash
	Free  int64 // bytes free on its disk
	Disk  int64 // bytes that the disk has; 0: not known, nor is Free
}

// Room tells of a device; ok is false while it has said nothing.
func (l *Layer) Room(id string) (r Room, ok bool) {
	o := l.copyRules.offer(id)
	if own := l.offered.Load(); own != nil && id == l.opts.DeviceID {
		o, o.N = *own, 1
	}
	r = Room{o.role(), o.Trash, o.Free, o.Disk}
	if id == l.opts.DeviceID {
		r.Role = l.Role()
	}
	return r, o.N > 0
}

// near says whether it is worth no word that a has become b.
func near(a, b, least int64) bool { return max(a-b, b-a) <= max(least, a/8) }

// takeCopies wishes for files that a rule asks this device for.
func (l *Layer) takeCopies(ctx context.Context, es []*Entry) error {
	ds := make([]Digest, len(es))
	for i, e := range es {
		ds[i] = e.Digest
	}
	return l.takeFor(ctx, ds, takenByRule)
}

// takeFor wishes for files by this device itself, until its role is about to change.
func (l *Layer) takeFor(ctx context.Context, ds []Digest, by taker) error {
	if len(ds) == 0 {
		return nil
	}
	defer l.copyNotes.take(ds, by)()
	if err := l.copyNotes.save(l.current, l.expects); err != nil { // else they would be a person's after a crash
		return err
	}
	persons := false
	err := l.amend(ctx, ds, func(d Digest, r *fileRecord, known bool) bool {
		own := r.Devices.Of(l.opts.DeviceID)
		if own.Saved { // by a person, meanwhile
			persons = l.copyNotes.wanted([]Digest{d}) || persons
		}
		return known && r.Deleted == nil && !own.Saved && l.roleAsked.Load() == 0 && r.set(l.opts.DeviceID, true, 0)
	})
	if persons {
		err = errors.Join(err, l.copyNotes.save(l.current, l.expects))
	}
	return err
}

// takeBack gives up wishes of this device's own that others have fulfilled.
func (l *Layer) takeBack(ctx context.Context, rules ruleSet) error {
	var ds []Digest
	for _, d := range l.copyNotes.list(takenByRule) {
		e, ok := l.mirror.entry(d)
		if !ok || e.Kept() || !e.Holders.Of(l.opts.DeviceID).Saved {
			continue
		}
		if rule := rules.of(d); l.claimed(e, l.opts.DeviceID) >= rule.Copies && !slices.Contains(rule.On, l.opts.DeviceID) {
			ds = append(ds, d)
		}
	}
	return l.claimCopies(ctx, ds, false)
}
