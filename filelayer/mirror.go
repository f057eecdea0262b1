package filelayer

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
)

// A mirror is what the layer knows, in memory: the File and Device records,
// and which bytes are here. Records only ever join what they were, so that a
// change, once seen, is not unseen while conflicting revisions are merged.
type mirror struct {
	self string
	join joins // tests replace it

	waits func(Digest) bool // whether a person is to agree to the deletion of a file; called with mu locked

	mu       sync.RWMutex // guards all that follows
	files    map[Digest]*fileState
	devices  map[string]*deviceRecord
	ids      map[string]string // of devices, by themselves
	local    map[Digest]localCopy
	placed   map[Digest]localCopy // in folders that were added in place
	trash    map[Digest]string    // why the bytes are in the trash
	claims   map[Digest]int       // files that a call is working on
	stale    map[Digest]struct{}
	entries  []Entry // snapshot without what is stale, by digest
	deleted  []Entry // nil when stale
	allStale bool
}

// fileState is a record and the revision that it was last read from or
// written as.
type fileState struct {
	fileRecord
	rev string
}

// localCopy is a blob in the library.
type localCopy struct {
	path     string
	size     int64
	verified time.Time
}

func newMirror(self string) *mirror {
	return &mirror{
		self:    self,
		join:    joins{joinFiles, joinDevices},
		waits:   func(Digest) bool { return false },
		files:   make(map[Digest]*fileState),
		devices: make(map[string]*deviceRecord),
		ids:     make(map[string]string),
		local:   make(map[Digest]localCopy),
		placed:  make(map[Digest]localCopy),
		trash:   make(map[Digest]string),
		claims:  make(map[Digest]int),
		stale:   make(map[Digest]struct{}),
	}
}

// joinFile takes in a record that was read or written.
func (m *mirror) joinFile(d Digest, r fileRecord, rev string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if have, ok := m.files[d]; ok {
		r = m.join.files(have.fileRecord, r)
	}
	for i, o := range r.Devices {
		r.Devices[i].Device = m.sameID(o.Device)
	}
	m.files[d] = &fileState{r, rev}
	m.touch(d)
}

// sameID returns an ID that was met before, so that it is in memory once and not
// for each file. The caller holds mu.
func (m *mirror) sameID(id string) string {
	if have, ok := m.ids[id]; ok {
		return have
	}
	if len(m.ids) < maxRoster {
		m.ids[id] = id
	}
	return id
}

// touch marks an entry stale. The caller holds mu.
func (m *mirror) touch(d Digest) {
	m.stale[d] = struct{}{}
	m.deleted = nil
}

// file returns a copy of a record and its revision.
func (m *mirror) file(d Digest) (r fileRecord, rev string, ok bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	state, ok := m.files[d]
	if !ok {
		return fileRecord{}.clone(), "", false
	}
	return state.clone(), state.rev, true
}

func (m *mirror) entry(d Digest) (Entry, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	state, ok := m.files[d]
	if !ok {
		return Entry{}, false
	}
	return m.build(d, state), true
}

// build makes an entry. The caller holds mu.
func (m *mirror) build(d Digest, s *fileState) Entry {
	holders := make(PerDevice[Holder], 0, len(s.Devices))
	for id, h := range s.Devices.All() {
		if device, ok := m.devices[id]; ok && device.Removed == nil || id == m.self {
			holders = append(holders, OfDevice[Holder]{id, Holder{Saved: h.Saved, N: h.N, Verified: h.Verified.time()}})
		}
	}
	copied, kept := m.local[d]
	inPlace := false
	if !kept {
		copied, inPlace = m.placed[d]
	}
	return Entry{
		Digest: d, Name: s.Name, Size: s.Size, Type: s.Type, Time: s.Time.time(),
		Added: s.Added.export(), Deleted: s.Deleted.exportPtr(),
		Holders: holders, Path: copied.path, InPlace: inPlace, self: m.self, read: copied.verified,
	}
}

// live returns the entries that are not deleted, by digest.
func (m *mirror) live() []Entry {
	m.mu.RLock()
	entries, stale := m.entries, len(m.stale) > 0 || m.allStale
	m.mu.RUnlock()
	if !stale {
		return entries
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refresh()
	return m.entries
}

// refresh merges what is stale into a new snapshot. The caller holds mu.
func (m *mirror) refresh() {
	if m.allStale {
		m.entries, m.allStale = nil, false
		for d := range m.files {
			m.stale[d] = struct{}{}
		}
	}
	stale := slices.SortedFunc(maps.Keys(m.stale), func(a, b Digest) int { return bytes.Compare(a[:], b[:]) })
	old := m.entries
	out := make([]Entry, 0, len(old)+len(stale))
	for _, d := range stale {
		for len(old) > 0 && bytes.Compare(old[0].Digest[:], d[:]) < 0 {
			out, old = append(out, old[0]), old[1:]
		}
		if len(old) > 0 && old[0].Digest == d {
			old = old[1:]
		}
		if s := m.files[d]; s != nil && s.Deleted == nil {
			out = append(out, m.build(d, s))
		}
	}
	m.entries = append(out, old...)
	clear(m.stale)
}

// tombstones returns the deleted entries, the latest first.
func (m *mirror) tombstones() []Entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.deleted != nil {
		return m.deleted
	}
	m.deleted = []Entry{}
	for d, s := range m.files {
		if s.Deleted != nil {
			m.deleted = append(m.deleted, m.build(d, s))
		}
	}
	slices.SortFunc(m.deleted, func(a, b Entry) int {
		return cmp.Or(b.Deleted.At.Compare(a.Deleted.At), bytes.Compare(a.Digest[:], b.Digest[:]))
	})
	return m.deleted
}

// joinDevice takes in a Device record, and reports whether it told anything.
func (m *mirror) joinDevice(id string, r deviceRecord) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	have, ok := m.devices[id]
	if ok {
		r = m.join.devices(*have, r)
	}
	counted := ok && have.Removed == nil
	m.devices[id] = &r
	if counted != (r.Removed == nil) { // its copies begin or cease to count
		m.allStale, m.deleted = true, nil
	}
	return !ok || compareNames(*have, r) != 0 || have.Added != r.Added || counted != (r.Removed == nil)
}

func (m *mirror) device(id string) (deviceRecord, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	r, ok := m.devices[id]
	if !ok {
		return deviceRecord{}, false
	}
	return *r, true
}

// paired says whether a device is in the roster: known, not removed, another.
func (m *mirror) paired(id string) bool {
	r, ok := m.device(id)
	return ok && r.Removed == nil && id != m.self
}

// peers lists the paired devices, sorted.
func (m *mirror) peers() []string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var ids []string
	for id, r := range m.devices {
		if r.Removed == nil && id != m.self {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// setHere notes that bytes are in the library.
func (m *mirror) setHere(infos ...blob.Info) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, info := range infos {
		if info.Missing {
			delete(m.local, info.Digest)
		} else {
			m.local[info.Digest] = localCopy{path: info.Path, size: info.Size, verified: info.Verified}
			delete(m.trash, info.Digest)
		}
		m.touch(info.Digest)
	}
}

// setGone notes that bytes are not in the library; why is not empty when they
// went to the trash.
func (m *mirror) setGone(d Digest, why string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.local, d)
	if why != "" {
		m.trash[d] = why
	}
	m.touch(d)
}

// leftTrash notes that the trash has no longer the bytes of a file.
func (m *mirror) leftTrash(d Digest) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.trash, d)
	m.touch(d)
}

// onlyInTrash counts the files that are not deleted, which no device claims and
// the trash here has.
func (m *mirror) onlyInTrash() (n int) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for d := range m.trash {
		s, known := m.files[d]
		if !known || s.Deleted != nil {
			continue
		}
		claimed := false
		for id, h := range s.Devices.All() {
			device, paired := m.devices[id]
			claimed = claimed || paired && device.Removed == nil && h.Verified > 0
		}
		if !claimed {
			n++
		}
	}
	return n
}

// setGone notes that bytes are not in the library. They may be in the trash, unless
// they were missing when they were to be moved there.
func (l *Layer) setGone(d Digest) {
	why, _ := l.blobs.WhyTrashed(d)
	l.mirror.setGone(d, why)
}

// claim keeps the effects of records on these files away while a call works on
// them; see [Layer.settle].
func (m *mirror) claim(ds ...Digest) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range ds {
		m.claims[d]++
	}
}

func (m *mirror) release(ds ...Digest) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range ds {
		if m.claims[d]--; m.claims[d] <= 0 {
			delete(m.claims, d)
		}
	}
}
