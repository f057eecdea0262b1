package filelayer

import (
	"bytes"
	"cmp"
	"slices"
)

// A Plan is what a device has to do for its role. What others do not know of it
// (Drop and Held) is told of this device alone.
type Plan struct {
	Fetch       int // files to be saved here
	FetchBytes  int64
	Queued      int // files that are saved here, and still to come
	QueuedBytes int64
	Drop        int // files that are still to come by a role, and are no longer asked for: their fetch is taken back
	DropBytes   int64
	Held        int // files that a person saved and that are beyond the limit: they come when they are not
	HeldBytes   int64
	Free        int // files whose copy here goes to the trash once others have proved theirs
	FreeBytes   int64
	Stuck       int // files beyond the limit of which too few others are said to have a copy: they stay
	StuckBytes  int64
}

func planOf(w roleWork) (p Plan) {
	p.Fetch, p.FetchBytes = tally(w.fetch)
	p.Queued, p.QueuedBytes = tally(w.queued)
	p.Drop, p.DropBytes = tally(w.drop)
	p.Held, p.HeldBytes = tally(w.held)
	p.Free, p.FreeBytes = tally(w.free)
	p.Stuck, p.StuckBytes = tally(w.stuck)
	return p
}

// Plan tells what this device would have to do for a role.
func (l *Layer) Plan(r Role) Plan { return planOf(l.roleWork(r, l.opts.DeviceID, l.ruleSet(nil))) }

func tally(es []Entry) (files int, bytes int64) {
	for _, e := range es {
		bytes = AddSizes(bytes, e.Size)
	}
	return len(es), bytes
}

// roleWork is what a role asks for now, each list from the newest file to the
// oldest if the role keeps everything or has a limit.
type roleWork struct {
	fetch, queued, free, stuck []Entry

	beyond     []Entry // wished for, not here, and beyond the limit
	drop, held []Entry // of this device: those wishes of its own that the role does not ask for, and those of a person that are beyond
}

// roleWork compares what a device keeps with what its role is: of the files
// that it should have, the newest that fit in the space. It frees no copy that a
// rule asks for.
func (l *Layer) roleWork(r Role, id string, rules ruleSet) (w roleWork) {
	self := id == l.opts.DeviceID
	var taken int64
	for _, e := range l.roleEntries(r, id) {
		fits := r.Space == 0 || e.Size <= r.Space-taken
		here, saved := e.keptOn(id, self), e.Holders.Of(id).Saved
		if fits && (here || saved || r.Everything) {
			taken += e.Size
		}
		switch {
		case here && fits, !here && !saved && (!fits || !r.Everything):
		case here && l.spared(e, id, rules.of(e.Digest)):
			w.free = append(w.free, e)
		case here:
			w.stuck = append(w.stuck, e)
		case !saved:
			w.fetch = append(w.fetch, e)
		case !fits && (l.spared(e, id, rules.of(e.Digest)) || self && l.onlyByRole(e, rules.of(e.Digest))): // else it would not be freed again
			w.beyond = append(w.beyond, e)
			if self && l.copyNotes.own(e.Digest) {
				w.drop = append(w.drop, e)
			} else {
				w.held = append(w.held, e)
			}
		case self && !r.Everything && l.copyNotes.by(e.Digest, takenByRole):
			w.drop = append(w.drop, e)
		default:
			w.queued = append(w.queued, e)
		}
	}
	return w
}

// onlyByRole says whether nothing but the role of this device asks for a file here
// that another device has.
func (l *Layer) onlyByRole(e Entry, rule CopyRule) bool {
	return l.copyNotes.by(e.Digest, takenByRole) && l.claimed(e, l.opts.DeviceID) > 0 && !slices.Contains(rule.On, l.opts.DeviceID)
}

// roleEntries lists the files that a role is about. What lies in place takes no
// space of the library.
func (l *Layer) roleEntries(r Role, id string) []Entry {
	if !r.Everything && r.Space == 0 {
		return l.Entries()
	}
	self := id == l.opts.DeviceID
	all := slices.DeleteFunc(slices.Clone(l.Entries()), func(e Entry) bool {
		h := e.Holders.Of(id)
		inPlace := self && e.InPlace || !self && h.Has() && !h.Saved
		return inPlace || !r.Everything && !e.keptOn(id, self) && !h.Saved
	})
	slices.SortFunc(all, func(a, b Entry) int {
		return cmp.Or(b.Time.Compare(a.Time), bytes.Compare(a.Digest[:], b.Digest[:]))
	})
	return all
}

// keptOn says whether a device has a copy, as far as is known.
func (e Entry) keptOn(id string, self bool) bool {
	if self {
		return e.Here()
	}
	return e.Holders.Of(id).Holds()
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
