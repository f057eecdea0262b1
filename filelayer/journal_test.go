package filelayer

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// actionDoc is a document of the journal, as a device may send it.
func actionDoc(t *testing.T, device string, r journalRecord) (id string, raw json.RawMessage) {
	t.Helper()
	body, err := encode(r)
	must(t, err)
	id = journalID(device, r.N)
	raw, err = joinDoc(Doc{ID: id, Rev: "9-" + strings.Repeat("a", 32), Body: body})
	must(t, err)
	return id, raw
}

func TestHostileActions(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := sharedFiles(t, a, b, 2)
	must(t, a.Unsave(testContext(t), ds[0]))
	own := a.do(ActionSave, ds[0])
	theirs := b.do(ActionDelete, ds[1])
	until(t, "a hears of b's action", func() bool { return a.knows(theirs) }, a)
	read := func(id string) journalRecord {
		h, err := a.action(id)
		must(t, err)
		h.Files, err = a.readAction(testContext(t), h)
		must(t, err)
		return h.journalRecord
	}
	mine, other := read(own), read(theirs)
	mark := &stamp{b.id, toMillis(time.Now())}
	tests := []struct {
		name   string
		device string
		from   journalRecord
		change func(*journalRecord)
		ok     bool
	}{
		{"a mark on an action here", a.id, mine, func(r *journalRecord) { r.Undone = mark }, true},
		{"a mark on an action there", b.id, other, func(r *journalRecord) { r.Undone = mark }, true},
		{"the next action", b.id, other, func(r *journalRecord) { r.N += 5 }, true},
		{"an action here that was not done here", a.id, mine, func(r *journalRecord) { r.N++; r.Undone = mark }, false},
		{"one of before", a.id, mine, func(r *journalRecord) { r.N += journalSlots; r.Undone = mark }, false},
		{"other files", a.id, mine, func(r *journalRecord) { r.Files = []journalFile{{Digest: ds[1], Added: mark.of(b.id)}} }, false},
		{"another kind", a.id, mine, func(r *journalRecord) { r.Kind = ActionUnsave }, false},
		{"an answer of this device", a.id, mine, func(r *journalRecord) { r.Carried = &carried{At: 5} }, false},
		{"an outcome of any device, of what any device undoes", b.id, other, func(r *journalRecord) { r.Undone, r.Carried = mark, &carried{At: 5, Left: 1} }, true},
		{"a bad outcome", b.id, other, func(r *journalRecord) { r.Carried = &carried{At: 5, Left: -1} }, false},
		{"other files there", b.id, other, func(r *journalRecord) { r.Files = nil; r.Total = 0 }, false},
		{"an unknown device", id(0xbad), other, func(*journalRecord) {}, false},
		{"far ahead", b.id, other, func(r *journalRecord) { r.N += 2 * maxSteps }, false},
		{"a time far ahead", b.id, other, func(r *journalRecord) { r.N++; r.At = toMillis(time.Now().Add(2 * maxAhead)) }, false},
		{"a mark far ahead", b.id, other, func(r *journalRecord) { r.Undone = &stamp{b.id, toMillis(time.Now().Add(2 * maxAhead))} }, false},
		{"an unknown kind", b.id, other, func(r *journalRecord) { r.N++; r.Kind = "format" }, false},
		{"too many files", b.id, other, func(r *journalRecord) {
			r.N++
			r.Files, r.Total = make([]journalFile, journalPart+1), journalPart+1
			for i := range r.Files {
				r.Files[i].Added = *mark
			}
		}, false},
		{"more files than it says", b.id, other, func(r *journalRecord) { r.N++; r.Total = 0 }, false},
		{"too many parts", b.id, other, func(r *journalRecord) { r.N++; r.Parts = journalParts + 1 }, false},
		{"a long text", b.id, other, func(r *journalRecord) {
			r.N++
			r.Carried = &carried{At: 5, Failed: 1, Why: []notUndone{{Error: strings.Repeat("x", journalWhy+1)}}}
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := tt.from
			tt.change(&r)
			id, raw := actionDoc(t, tt.device, r)
			if err := a.accept(a.actions)(id, raw); (err == nil) != tt.ok || err != nil && !errors.Is(err, ErrInvalid) {
				t.Errorf("accept = %v, want ok: %t", err, tt.ok)
			}
		})
	}
	if _, raw := actionDoc(t, b.id, other); a.accept(a.actions)("elsewhere", raw) == nil {
		t.Error("a document with another name was taken in")
	}
}

func (s *stamp) of(device string) stamp { return stamp{device, s.At} }

// A device that claims that another one did something, and asks it to undo that,
// moves nothing there; nor does an action that nobody undoes.
func TestForgedActionMovesNothing(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := sharedFiles(t, a, b, 2)
	r, _, _ := a.mirror.file(ds[0])
	for n, forged := range []journalRecord{
		{Kind: ActionSave, Undone: &stamp{b.id, toMillis(time.Now())}},
		{Kind: ActionImport},
	} {
		forged.N, forged.At, forged.Parts, forged.Total = int64(n+1), toMillis(time.Now()), 1, 1
		forged.Files = []journalFile{{Digest: ds[0], Added: r.Added}}
		body, err := encode(forged)
		must(t, err)
		_, err = b.actions.Put(testContext(t), Doc{ID: journalID(a.id, forged.N), Body: body})
		must(t, err)
	}
	last := b.do(ActionDelete, ds[1])
	until(t, "a hears of an action after those", func() bool { return a.knows(last) }, a)
	a.restart()
	if !isHere(a.entry(ds[0])) || len(a.Actions()) != 1 {
		t.Errorf("after forged actions: %+v, actions %+v", a.entry(ds[0]), a.Actions())
	}
}

// The journal of a device is bounded, in time, in places and in bytes.
func TestJournalBounds(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	d := a.show(b, "photo", 500)
	old := a.do(ActionDelete, d)
	until(t, "b hears of it", func() bool { return b.knows(old) }, b)
	a.skew.Store(int64(journalAge + time.Hour))
	if len(a.Actions()) != 0 {
		t.Error("an action of more than 30 days is listed")
	}
	if _, err := a.Undo(testContext(t), old, nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("undo of an action of more than 30 days = %v", err)
	}
	must(t, a.purgeJournal(testContext(t)))
	until(t, "b drops it too", func() bool { return !b.knows(old) }, b)
	a.skew.Store(0)

	next := a.do(ActionRestore, d)
	if h, err := a.action(next); err != nil || h.N != 2 {
		t.Errorf("the action after is %+v, %v", h, err)
	}
	if journalID(a.id, 7) != journalID(a.id, 7+journalSlots) {
		t.Error("places are not used again")
	}
	a.journal.mu.Lock()
	for id, e := range a.journal.docs {
		e.size = journalOwn
		a.journal.docs[id] = e
	}
	a.journal.mu.Unlock()
	latest := a.do(ActionDelete, d)
	must(t, a.purgeJournal(testContext(t)))
	until(t, "what is too much goes", func() bool { return !a.knows(next) && a.knows(latest) }, a)

	a.journal.mu.Lock()
	for id, e := range a.journal.docs {
		e.size = journalDevice
		a.journal.docs[id] = e
	}
	a.journal.mu.Unlock()
	h, err := a.action(latest)
	must(t, err)
	b.journal.mu.Lock()
	b.journal.docs["full"] = journalEntry{device: a.id, size: journalDevice}
	b.journal.mu.Unlock()
	r := h.journalRecord
	r.N += 3
	id, raw := actionDoc(t, a.id, r)
	if err := b.accept(b.actions)(id, raw); !errors.Is(err, ErrInvalid) {
		t.Errorf("a full journal takes in more: %v", err)
	}
}

// Documents join to the same, in whatever order.
func TestJoinActions(t *testing.T) {
	t.Parallel()
	base := journalRecord{N: 3, Kind: ActionSave, At: 9, Parts: 1}
	with := func(change func(*journalRecord)) journalRecord {
		r := base
		change(&r)
		return r
	}
	all := []journalRecord{
		base,
		with(func(r *journalRecord) { r.Undone = &stamp{id(1), 10} }),
		with(func(r *journalRecord) { r.Undone = &stamp{id(2), 10} }),
		with(func(r *journalRecord) { r.Carried = &carried{At: 5} }),
		with(func(r *journalRecord) { r.Carried = &carried{At: 6, Failed: 1} }),
		with(func(r *journalRecord) { r.Carried = &carried{At: 4, Left: 1} }),
		with(func(r *journalRecord) { r.Carried = &carried{At: 3, Left: 2, Failed: 1} }),
		with(func(r *journalRecord) { r.Kind = ActionUnsave }),
		with(func(r *journalRecord) { r.N += journalSlots }),
	}
	for _, a := range all {
		if !reflect.DeepEqual(joinActions(a, a), a) {
			t.Errorf("%+v joined with itself is another", a)
		}
		for _, b := range all {
			if !reflect.DeepEqual(joinActions(a, b), joinActions(b, a)) {
				t.Errorf("%+v and %+v join differently", a, b)
			}
			for _, c := range all {
				if !reflect.DeepEqual(joinActions(joinActions(a, b), c), joinActions(a, joinActions(b, c))) {
					t.Errorf("%+v, %+v and %+v join differently", a, b, c)
				}
			}
		}
	}
}
