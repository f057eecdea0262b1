package filelayer

import (
	"errors"
	"strings"
	"testing"
)

// TestTurnsPushOutNoDeletion: however often pictures are turned, a deletion of before can
// be undone, and the last turns too.
func TestTurnsPushOutNoDeletion(t *testing.T) {
	t.Parallel()
	e := &edited{values: map[Digest]string{}, broken: map[Digest]error{}}
	a, b := newPair(t)
	a.restartWith(func() { a.SetEditor(ActionGeometry, e) })
	ctx := testContext(t)
	ds := sharedFiles(t, a, b, 2)
	deletion := a.do(ActionDelete, ds[0])
	first := a.journal.last[a.id]
	r, _, _ := a.mirror.file(ds[1])
	for n := first + 1; n < first+journalSlots; n++ {
		a.journal.take(a.id, journalRecord{N: n, Kind: ActionGeometry, At: toMillis(a.now()), Parts: 1, Total: 1, Files: []journalFile{{ds[1], r.Added, "", "x"}}})
	}
	id, errs := a.Edit(ctx, ActionGeometry, []Edit{{ds[1], "", "x"}})
	must(t, errors.Join(errs...))
	if !a.knows(deletion) || !a.knows(id) {
		t.Errorf("the deletion is listed: %v, and the last turn: %v", a.knows(deletion), a.knows(id))
	}
	if u := a.undoes(deletion); u.Changed != 1 {
		t.Errorf("undo of the deletion = %+v", u)
	}
	if u := a.undoes(id); u.Changed != 1 {
		t.Errorf("undo of the turn = %+v", u)
	}
}

// TestJournalRoom: places are taken in turn, and while all are taken by what can be undone
// yet, the oldest turns go first while there are many, and else the rest.
func TestJournalRoom(t *testing.T) {
	t.Parallel()
	self := strings.Repeat("a", 64)
	const full = journalSlots // the last count of a full journal
	tests := []struct {
		name  string
		kind  string
		parts int
		of    func(n int64) journalEntry // what is noted under a count; N and device are set
		want  int64
	}{
		{"in turn", ActionDelete, 1, func(int64) journalEntry { return entryOf(ActionDelete, 0) }, full + 1},
		{"few turns are kept", ActionDelete, 1, func(n int64) journalEntry { return entryOf(kindIf(n <= 5), 0) }, full + 6},
		{"few turns may be more", ActionGeometry, 1, func(n int64) journalEntry { return entryOf(kindIf(n <= 5), 0) }, full + 6},
		{"many turns go", ActionDelete, 1, func(n int64) journalEntry { return entryOf(kindIf(n > 7), 0) }, full + 8},
		{"enough turns go for another turn", ActionGeometry, 1, func(n int64) journalEntry { return entryOf(kindIf(n > full-journalTurns), 0) }, 2*full - journalTurns + 1},
		{"enough turns stay for another action", ActionDelete, 1, func(n int64) journalEntry { return entryOf(kindIf(n > full-journalTurns), 0) }, full + 1},
		{"what has changed nothing goes", ActionGeometry, 1, func(n int64) journalEntry {
			e := entryOf(kindIf(n > 500), 0)
			e.withdrawn = n == 3
			return e
		}, full + 3},
		{"a list needs places side by side", ActionDelete, 3, func(n int64) journalEntry { return entryOf(kindIf(n > 300 || n == 10), 0) }, full + 301},
		{"a list goes from its first place on", ActionDelete, 1, func(n int64) journalEntry { return entryOf(ActionDelete, int(n+2)%3) }, full + 1},
		{"no list loses its middle", ActionDelete, 1, func(n int64) journalEntry {
			e := entryOf(kindIf(n > 300), 0)
			if n == 301 || n == 302 { // of a list that begins at 300
				e.Part = int(n - 300)
			}
			return e
		}, full + 303},
		{"nothing fits", ActionDelete, 2, func(n int64) journalEntry { return entryOf(kindIf(n%2 == 0), 0) }, full + 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			j := newJournal()
			for n := int64(1); n <= full; n++ {
				e := tt.of(n)
				e.N, e.device = n, self
				j.docs[journalID(self, n)] = e
			}
			j.last[self] = full
			if got := j.room(self, tt.kind, tt.parts, func(journalEntry) bool { return false }); got != tt.want {
				t.Errorf("room = %d, want %d", got, tt.want)
			}
			if got := j.room(self, tt.kind, tt.parts, func(journalEntry) bool { return true }); got != full+1 {
				t.Errorf("room where all is too old = %d, want %d", got, full+1)
			}
		})
	}
}

func entryOf(kind string, part int) journalEntry {
	return journalEntry{journalRecord: journalRecord{Kind: kind, Part: part}}
}

func kindIf(turn bool) string {
	if turn {
		return ActionGeometry
	}
	return ActionDelete
}
