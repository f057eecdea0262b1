package filelayer

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of the journal. A device uses its documents in turn, so that however
// many actions it notes, it never has more than journalSlots of them.
const (
	journalAge    = trashAge // how long an action can be undone
	journalSlots  = 1000     // documents of a device
	journalTurns  = 200      // of them: those of turned and cut pictures that push nothing else out
	journalPart   = 1000     // files of a document
	journalParts  = 200      // documents of an action
	journalWhys   = 20       // refusals told of a request
	journalWhy    = 1000     // bytes of one
	journalDoc    = 512 << 10
	journalOwn    = 48 << 20  // bytes of this device's documents; the oldest go
	journalDevice = 64 << 20  // of the documents taken in of one device
	journalAll    = 256 << 20 // and of all
)

// journalRecord is the body of a document in the database "journal": an action
// of a person, or a further part of its list. Its device alone writes it, but
// for Undone, and for Carried where any device undoes it. The order of its members
// is that of its canonical form.
type journalRecord struct {
	N       int64         `json:"n"` // counts the documents of the device, without gaps within an action
	Kind    string        `json:"kind"`
	At      millis        `json:"at"`
	Undoes  string        `json:"undoes,omitempty"` // ID of the action that this one takes back
	Part    int           `json:"part"`
	Parts   int           `json:"parts"`
	Total   int           `json:"total"` // files of all parts
	Files   []journalFile `json:"files"`
	Undone  *stamp        `json:"undone,omitempty"`  // the first that undid it, or asked its device to
	Carried *carried      `json:"carried,omitempty"` // what came of that
}

// journalFile is a file of an action. Added names the lifecycle that the action
// ended or began, or in which a device saved or unsaved the file, or somebody edited
// it. Was and Became are of an edit.
type journalFile struct {
	Digest Digest `json:"digest"`
	Added  stamp  `json:"added"`
	Was    string `json:"was,omitempty"`
	Became string `json:"became,omitempty"`
}

// fault says what no device may write of a file in an action of a kind.
func (f journalFile) fault(kind string) string {
	edited := f.Was != "" || f.Became != ""
	if !f.Added.valid() || edited != edits(kind) || f.Was == f.Became && edited ||
		max(len(f.Was), len(f.Became)) > maxEdit || !validText(f.Was+f.Became) {
		return "bad file"
	}
	return ""
}

// carried is what became of an action when it was undone. The rest of its files
// are as they were before it.
type carried struct {
	At     millis      `json:"at"`
	Failed int         `json:"failed"`
	Left   int         `json:"left,omitempty"` // a later action has changed them again
	Why    []notUndone `json:"why,omitempty"`  // of the first of them
}

type notUndone struct {
	Digest Digest `json:"digest"`
	Error  string `json:"error"`
}

// facts is the canonical form of what never changes in a document.
func (r journalRecord) facts() []byte {
	r.Undone, r.Carried = nil, nil
	body, _ := json.Marshal(r) // of plain values, it cannot fail
	return body
}

// joinActions merges two documents of one place: the later takes the place of
// the earlier; of one, the first who undid it counts, and the try that undid the
// most of it.
func joinActions(a, b journalRecord) journalRecord {
	out := a
	switch {
	case a.N > b.N:
		return a
	case a.N < b.N:
		return b
	case bytes.Compare(a.facts(), b.facts()) < 0: // by a fault, but all must pick the same
		out = b
	}
	out.Undone = firstStamp(a.Undone, b.Undone)
	out.Carried = bestCarried(a.Carried, b.Carried)
	return out
}

func bestCarried(a, b *carried) *carried {
	return greater(a, b, func(a, b carried) int { return cmp.Compare(b.Failed+b.Left, a.Failed+a.Left) })
}

func mergeJournal(leaves []json.RawMessage) (json.RawMessage, error) {
	return mergeLeaves(leaves, joinActions, func(r journalRecord) bool { return r.fault() == "" })
}

// fault says what no device may write.
func (r journalRecord) fault() string {
	switch {
	case r.N < 1 || r.N > int64(maxMillis):
		return "bad count"
	case !slices.Contains(actionKinds, r.Kind):
		return "bad kind"
	case r.At < 1 || r.At > maxMillis:
		return "bad time"
	case len(r.Undoes) > len(actionID(strings.Repeat("0", 64), int64(maxMillis))) || !validText(r.Undoes):
		return "bad action"
	case r.Parts < 1 || r.Parts > journalParts || r.Part < 0 || r.Part >= r.Parts || int64(r.Part) >= r.N:
		return "bad part"
	case len(r.Files) > journalPart || r.Total < len(r.Files) || r.Total > journalParts*journalPart:
		return "too many files"
	case r.Undone != nil && !r.Undone.valid():
		return "bad stamp"
	}
	for _, f := range r.Files {
		if what := f.fault(r.Kind); what != "" {
			return what
		}
	}
	return r.Carried.fault()
}

func (c *carried) fault() string {
	if c == nil {
		return ""
	}
	if c.At < 1 || c.At > maxMillis || c.Failed < len(c.Why) || c.Left < 0 || max(c.Failed, c.Left) > journalParts*journalPart ||
		len(c.Why) > journalWhys {
		return "bad answer"
	}
	for _, w := range c.Why {
		if len(w.Error) > journalWhy || !utf8.ValidString(w.Error) || strings.ContainsFunc(w.Error, unicode.IsControl) {
			return "bad answer"
		}
	}
	return ""
}

// actionID is how people name an action.
func actionID(device string, n int64) string { return fmt.Sprintf("%s-%d", device[:8], n) }

// journalID is the document of a device for the n-th of its parts.
func journalID(device string, n int64) string {
	return fmt.Sprintf("%s-%03d", device, n%journalSlots)
}

// parseJournal reads and checks a document, and says whose it is.
func parseJournal(id string, body json.RawMessage) (device string, r journalRecord, err error) {
	device, slot, _ := strings.Cut(id, "-")
	if _, err := strconv.ParseUint(slot, 10, 16); err != nil || !validDeviceID(device) {
		return "", r, fmt.Errorf("%w: %.80q is no place in the journal", ErrInvalid, id)
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return "", r, fmt.Errorf("%w: action %s: %w", ErrInvalid, id, err)
	}
	what := r.fault()
	if what == "" && journalID(device, r.N) != id {
		what = "bad place"
	}
	if what != "" {
		return "", r, fmt.Errorf("%w: action %s: %s", ErrInvalid, id, what)
	}
	return device, r, nil
}

// journal is what this device knows of the actions, in memory: all but the lists
// of files. What is known only ever joins what it was.
type journal struct {
	wake    chan struct{} // something may be for this device to undo
	undoing sync.Mutex    // held while an action is undone
	noting  sync.Mutex    // held while one is noted

	mu   sync.Mutex // guards the rest
	docs map[string]journalEntry
	last map[string]int64 // the greatest count of each device
}

// journalEntry is a document without its list.
type journalEntry struct {
	journalRecord
	device string
	sum    [sha256.Size]byte // of its facts
	size   int               // bytes

	withdrawn bool // it has changed nothing
}

func newJournal() *journal {
	return &journal{wake: make(chan struct{}, 1), docs: make(map[string]journalEntry), last: make(map[string]int64)}
}

// take joins a document into what is known.
func (j *journal) take(device string, r journalRecord) {
	id := journalID(device, r.N)
	facts := r.facts()
	e := journalEntry{journalRecord: r, device: device, sum: sha256.Sum256(facts), size: len(facts)}
	e.Files = nil
	j.mu.Lock()
	defer j.mu.Unlock()
	have, ok := j.docs[id]
	switch {
	case !ok || have.N < r.N:
	case have.N > r.N:
		return
	case have.stub():
		e.withdrawn = true
	default:
		have.Undone, have.Carried = firstStamp(have.Undone, r.Undone), bestCarried(have.Carried, r.Carried)
		e = have
	}
	j.docs[id] = e
	j.last[device] = max(j.last[device], r.N)
	select {
	case j.wake <- struct{}{}:
	default: // already woken
	}
}

// room returns the count of the first document of an action of the device self. The
// places are taken in turn, but those of actions that are to stay longer are passed
// over: pictures are turned by the hundred, and that should cost no deletion its undo.
// While more than journalTurns places are theirs, the oldest of these go; else the
// others do.
func (j *journal) room(self, kind string, parts int, expired func(journalEntry) bool) int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	free := func(e journalEntry) bool { return e.N == 0 || e.withdrawn && e.Undone == nil || expired(e) }
	turns := 0
	for _, e := range j.docs {
		if e.device == self && e.Kind == ActionGeometry && !free(e) {
			turns++
		}
	}
	turnsGo := turns > journalTurns || turns == journalTurns && kind == ActionGeometry
	next := j.last[self] + 1
	for first := next; first < next+journalSlots; first++ {
		if j.allGo(self, first, parts, func(e journalEntry) bool { return free(e) || (e.Kind == ActionGeometry) == turnsGo }) {
			return first
		}
	}
	return next
}

// allGo says whether the documents in so many places may go. Of an action of several
// documents the first goes before the others: without that it is not shown.
func (j *journal) allGo(self string, first int64, parts int, goes func(journalEntry) bool) bool {
	for n := first; n < first+int64(parts); n++ {
		e := j.docs[journalID(self, n)]
		if !goes(e) {
			return false
		}
		head := e.N - int64(e.Part)
		if e.Part > 0 && j.docs[journalID(self, head)].N == head && n-first < int64(e.Part) {
			return false
		}
	}
	return true
}

// journalStub is the body of a document of the journal that is deleted. The count
// goes on from it, and its device knows the action again, which another one may
// have asked to undo just before.
type journalStub struct {
	N   int64  `json:"n"`
	Sum Digest `json:"sum"` // of the facts
}

// stub says whether nothing is known of an action but what is left of it.
func (e journalEntry) stub() bool { return e.Kind == "" }

// drop forgets a document that is deleted, but for its stub if it is of the device
// self.
func (j *journal) drop(id string, body json.RawMessage, self string) {
	device, _, _ := strings.Cut(id, "-")
	var left journalStub
	if json.Unmarshal(body, &left) != nil || !validDeviceID(device) || journalID(device, left.N) != id {
		left = journalStub{} // of older versions there is none
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if left.N > j.last[device] && left.N-j.last[device] <= maxSteps {
		j.last[device] = left.N
	}
	switch have := j.docs[id]; {
	case have.withdrawn && have.N >= left.N:
	case left.N > 0 && device == self:
		j.docs[id] = journalEntry{journalRecord: journalRecord{N: left.N}, device: device, sum: left.Sum, withdrawn: true}
	default:
		delete(j.docs, id)
	}
}

// withdraw hides a document of this device, or no longer. One whose action another
// device has asked to undo shows in any case.
func (j *journal) withdraw(id string, withdrawn bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e := j.docs[id]
	e.withdrawn = withdrawn
	j.docs[id] = e
}

// entries lists what is known for which keep says so, the latest first.
func (j *journal) entries(keep func(journalEntry) bool) []journalEntry {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []journalEntry
	for _, e := range j.docs {
		if (!e.withdrawn || e.Undone != nil) && keep(e) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b journalEntry) int {
		if c := (stamp{b.device, b.At}).compare(stamp{a.device, a.At}); c != 0 {
			return c
		}
		return int(min(max(b.N-a.N, -1), 1))
	})
	return out
}

// boundJournal refuses what another device may not write. What is told of an
// action of this device must be what this device wrote, but for Undone, and for
// Carried where that device does not undo it: what it did not write it never
// carries out.
func (l *Layer) boundJournal(id string, device string, r journalRecord, size int) error {
	refuse := func(why string) error { return fmt.Errorf("%w: action %s: %s", ErrInvalid, id, why) }
	if l.tooLate(&stamp{At: r.At}) || l.tooLate(r.Undone) {
		return refuse("its time lies too far ahead")
	}
	if _, known := l.mirror.device(device); !known {
		return refuse("no device of the library wrote it")
	}
	own := device == l.opts.DeviceID
	j := l.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	have, known := j.docs[id]
	same := known && have.N == r.N && have.sum == sha256.Sum256(r.facts())
	if r.N-j.last[device] > maxSteps {
		return refuse("its count lies too far ahead")
	}
	if own && !known {
		j.last[device] = max(j.last[device], r.N) // it may be this device's, of before its state was put back
	}
	switch {
	case own && (!same || r.onDevice() && !have.Carried.equal(r.Carried)):
		return refuse("this device did not write it")
	case known && have.N == r.N && !same:
		return refuse("it has been changed")
	case same:
		return nil
	}
	all, ofDevice := 0, 0
	for _, e := range j.docs {
		all += e.size
		if e.device == device {
			ofDevice += e.size
		}
	}
	if ofDevice+size > journalDevice || all+size > journalAll {
		return refuse("the journal is full")
	}
	return nil
}

func (c *carried) equal(d *carried) bool {
	if c == nil || d == nil {
		return c == d
	}
	return c.At == d.At && c.Failed == d.Failed && c.Left == d.Left && slices.Equal(c.Why, d.Why)
}

// expired says whether an action can no longer be undone.
func (l *Layer) expired(e journalEntry) bool {
	return e.At.time().Before(l.now().Add(-journalAge))
}

// purgeable lists the documents that this device may delete: its own and those
// of devices removed when they are too old, and its own beyond the bound.
func (l *Layer) purgeable() []journalEntry {
	var out []journalEntry
	bytes := 0
	for _, e := range l.journal.entries(func(journalEntry) bool { return true }) {
		r, known := l.mirror.device(e.device)
		own := e.device == l.opts.DeviceID
		if own {
			bytes += e.size
		}
		if own && bytes > journalOwn || l.expired(e) && (own || known && r.Removed != nil) {
			out = append(out, e)
		}
	}
	return out
}

const journalEvery = 12 * time.Hour // between looks at what is too old
