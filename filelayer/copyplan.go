package filelayer

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// diskReserve is what copies that rules ask for leave free on a disk.
const diskReserve = 1 << 30

// A DevicePlan is what one device has to do for its role and the rules.
type DevicePlan struct {
	Device string // ID
	Role   Role   // as the device says
	Late   bool   // it does not deliver, so that others are asked before it
	Plan
}

// A CopiesPlan is what all devices have to do for the rules, as far as this one
// knows, and what cannot be reached.
type CopiesPlan struct {
	Files     int          // of which a rule asks for something
	Below     int          // of them: with fewer copies than asked for, now
	Willing   int          // devices that keep everything, or help
	Devices   []DevicePlan // of the library, by ID
	Few       int          // files that stay below, since too few devices are willing
	FewBytes  int64        // and the size of the copies that are missing
	Full      int          // files that stay below, since no willing device has room
	FullBytes int64
}

// PlanCopies tells what all devices would have to do if the rules of some groups
// were others; nil for the rules that hold.
func (l *Layer) PlanCopies(change map[string]CopyRule) CopiesPlan {
	rules := l.ruleSet(change)
	a := l.allot(rules)
	p := CopiesPlan{
		Files: a.files, Below: a.below,
		Few: a.few.files, FewBytes: a.few.bytes, Full: a.full.files, FullBytes: a.full.bytes,
	}
	for _, d := range a.devices {
		if d.Everything || d.Helps {
			p.Willing++
		}
		plan := planOf(l.roleWork(d.Role, d.id, rules))
		files, bytes := len(a.fetch[d.id]), int64(0)
		for _, e := range a.fetch[d.id] {
			bytes = AddSizes(bytes, e.Size)
		}
		plan.Fetch, plan.FetchBytes = plan.Fetch+files, AddSizes(plan.FetchBytes, bytes)
		p.Devices = append(p.Devices, DevicePlan{d.id, d.Role, d.late, plan})
	}
	return p
}

// BelowRules counts the files with fewer copies than the rules ask for.
func (l *Layer) BelowRules() int {
	rules := l.ruleSet(nil)
	if rules.none() {
		return 0
	}
	n := 0
	for _, e := range l.Entries() {
		if rules.of(e.Digest).below(e) {
			n++
		}
	}
	return n
}

// BelowRule says whether a file has fewer copies than the rules ask for.
func (l *Layer) BelowRule(d Digest) bool {
	e, ok := l.mirror.entry(d)
	return ok && e.Deleted == nil && l.ruleSet(nil).of(d).below(e)
}

func (r CopyRule) none() bool { return r.Copies <= 1 && len(r.On) == 0 }

func (r CopyRule) below(e Entry) bool {
	if r.none() {
		return false
	}
	have := 0
	for _, h := range e.Holders.All() {
		if h.Has() {
			have++
		}
	}
	return have < r.Copies || slices.ContainsFunc(r.On, func(id string) bool { return !e.Holders.Of(id).Has() })
}

// A ruleSet is the rules that hold, or might.
type ruleSet struct {
	library CopyRule
	byGroup map[string]CopyRule
	groups  func(Digest) []string
}

// ruleSet returns the rules, some changed.
func (l *Layer) ruleSet(change map[string]CopyRule) ruleSet {
	rules := l.CopyRules()
	for group, r := range change {
		rules[group] = r
	}
	s := ruleSet{rules[""], rules, l.copyRules.groups}
	delete(rules, "")
	return s
}

func (s ruleSet) none() bool { return s.library.none() && len(s.byGroup) == 0 }

// of is the rule of one file: the greatest number, and all devices, of the rules
// that are about it.
func (s ruleSet) of(d Digest) CopyRule {
	r := s.library
	if len(s.byGroup) == 0 {
		return r
	}
	for _, group := range s.groups(d) {
		g := s.byGroup[group]
		r.Copies = max(r.Copies, g.Copies)
		if len(g.On) > 0 {
			r.On = slices.Concat(r.On, g.On)
		}
	}
	return r
}

// A copyDevice is a device that may take copies.
type copyDevice struct {
	Role
	id     string
	room   int64           // bytes that it may still take
	weight float64         // of its room at first
	hash   uint64          // of its ID
	fits   map[Digest]bool // what it keeps by a limited role; nil: all
	beyond map[Digest]bool // what is saved there and never comes, as it is beyond the limit
	late   bool
	online bool // or this device
}

// keeps says whether the device has or fetches a file by its role alone.
func (d *copyDevice) keeps(digest Digest) bool {
	return d.Everything && (d.fits == nil || d.fits[digest])
}

// An allotment says which device fetches what, so that each file has the copies
// that its rule asks for. All devices that have the same records make the same
// one, but for whom they hold to be late.
type allotment struct {
	devices []copyDevice
	fetch   map[string][]*Entry // by device, beside what it fetches by its role
	owes    map[string]bool     // devices that have to fetch what a device that is online holds
	held    map[string]int      // files that a device has a checked copy of
	files   int
	below   int
	few     shortfall
	full    shortfall

	candidates []candidate // reused
	promised   []string
}

type shortfall struct {
	files int
	bytes int64
}

func (s *shortfall) add(copies int, size int64) {
	s.files++
	for range copies {
		s.bytes = AddSizes(s.bytes, size)
	}
}

// allot makes the allotment for rules.
func (l *Layer) allot(rules ruleSet) *allotment {
	entries := l.Entries()
	a := &allotment{
		devices: l.copyDevices(entries, rules),
		fetch:   make(map[string][]*Entry), owes: make(map[string]bool), held: make(map[string]int),
	}
	for i := range entries {
		e := &entries[i]
		for id, h := range e.Holders.All() {
			if h.Has() {
				a.held[id]++
			}
		}
		if r := rules.of(e.Digest); !r.none() {
			l.place(a, e, r)
		}
	}
	return a
}

// copyDevices lists the devices of the library, by ID.
func (l *Layer) copyDevices(entries []Entry, rules ruleSet) []copyDevice {
	saved, coming := make(map[string]int64), make(map[string]int64)
	for i := range entries {
		for id, h := range entries[i].Holders.All() {
			size := entries[i].Size
			if o := l.copyRules.offer(id); h.Saved && !h.Has() && o.N > 0 && size > o.Free {
				continue // it never comes, and takes no room of others
			}
			if h.Saved {
				saved[id] = AddSizes(saved[id], size)
			}
			if h.Saved && !h.Has() {
				coming[id] = AddSizes(coming[id], size)
			}
		}
	}
	ids := append(l.mirror.peers(), l.opts.DeviceID)
	slices.Sort(ids)
	out := make([]copyDevice, len(ids))
	for i, id := range ids {
		o := l.copyRules.offer(id)
		if id == l.opts.DeviceID && o.role() != l.Role() { // the others will hear of it
			o = l.offerNow()
			o.N = 1
		}
		d := copyDevice{Role: o.role(), id: id, room: math.MaxInt64, late: l.deliveries.late(id), online: id == l.opts.DeviceID || l.Online(id)}
		if o.N > 0 { // else it is an older device, or its disk does not say how full it is
			d.room = o.Free - AddSizes(diskReserve, coming[id])
		}
		if o.Space > 0 {
			d.room = min(d.room, o.Space-AddSizes(o.Trash, saved[id]))
		}
		d.room = max(d.room, 0)
		d.weight = math.Ldexp(1, bits.Len64(uint64(d.room))) //nolint:gosec // not negative
		sum := sha256.Sum256([]byte(id))
		d.hash = binary.BigEndian.Uint64(sum[:])
		if d.Space > 0 {
			w := l.roleWork(d.Role, id, rules)
			if d.beyond = digestSet(w.beyond); d.Everything {
				d.fits = digestSet(w.fetch)
			}
		}
		out[i] = d
	}
	return out
}

func digestSet(es []Entry) map[Digest]bool {
	set := make(map[Digest]bool, len(es))
	for _, e := range es {
		set[e.Digest] = true
	}
	return set
}

// A candidate may take a file.
type candidate struct {
	*copyDevice
	named bool // by the rule
	letGo bool // it had the file before
	score float64
}

// place finds devices for the copies that one file lacks.
func (l *Layer) place(a *allotment, e *Entry, rule CopyRule) {
	a.files++
	have, coming, reachable := 0, 0, false
	promised, candidates := a.promised[:0], a.candidates[:0]
	defer func() { a.promised, a.candidates = promised, candidates }()
	for i := range a.devices {
		d := &a.devices[i]
		h := e.Holders.Of(d.id)
		named := slices.Contains(rule.On, d.id)
		switch {
		case h.Has(): // a copy in place counts too: the rule removes nothing
			have++
			reachable = reachable || d.online
		case h.Saved && !d.beyond[e.Digest] || d.keeps(e.Digest):
			promised = append(promised, d.id)
			if !d.late {
				coming++
			}
		case (named || d.Helps) && !l.declined(d.id, e):
			candidates = append(candidates, candidate{d, named, h.N > 0, score(e.Digest, d.hash, d.weight)})
		}
	}
	if rule.below(*e) {
		a.below++
	}
	if have == 0 {
		return // no device can fetch it
	}
	missing, absent := rule.Copies-have-coming, len(candidates) < rule.Copies-have-coming
	slices.SortFunc(candidates, candidate.compare)
	without := 0 // devices that the rule names, and that have no room
	for _, c := range candidates {
		if missing <= 0 && !c.named {
			break
		}
		if c.room < e.Size {
			if c.named {
				without++
			}
			continue
		}
		c.room -= e.Size
		missing--
		a.fetch[c.id] = append(a.fetch[c.id], e)
		promised = append(promised, c.id)
	}
	if reachable {
		for _, id := range promised {
			a.owes[id] = true
		}
	}
	switch missing = max(missing, without); {
	case missing <= 0:
	case absent:
		a.few.add(missing, e.Size)
	default:
		a.full.add(missing, e.Size)
	}
}

// declined says whether a person has removed a file from this device. Of others
// it only shows that they had it before.
func (l *Layer) declined(id string, e *Entry) bool {
	return id == l.opts.DeviceID && l.copyNotes.refuses(e.Digest, stamp{e.Added.By, toMillis(e.Added.At)})
}

// compare orders devices by who is to take a file: those named, then those that
// deliver, then those that did not let it go before, and among these each file
// has an order of its own.
func (c candidate) compare(d candidate) int {
	return cmp.Or(
		boolFirst(c.named, d.named), boolFirst(!c.late, !d.late), boolFirst(!c.letGo, !d.letGo),
		cmp.Compare(d.score, c.score), cmp.Compare(c.id, d.id),
	)
}

func boolFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// score is weighted rendezvous hashing: the device with the greatest score takes
// a file, so that each gets a share by its weight, and that one more or less
// changes nothing for files that the others take. See Schindelhauer and
// Schomaker, "Weighted Distributed Hash Tables" (2005). A digest is random already,
// so that the finalizer of SplitMix64 is mixing enough.
func score(d Digest, device uint64, weight float64) float64 {
	h := binary.BigEndian.Uint64(d[:]) ^ device
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	h ^= h >> 31
	u := (float64(h>>11) + 0.5) / (1 << 53) // in (0, 1)
	return -weight / math.Log(u)
}
