package filelayer

import (
	"path/filepath"
	"slices"
	"testing"
)

// TestNotesOfCopies: what a device takes by itself is remembered until it has come, and
// what a person has removed from it as long as that file is the same.
func TestNotesOfCopies(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "copies.json")
	n, err := openCopyNotes(path)
	must(t, err)
	rule, role, refused, over := Digest{1}, Digest{2}, Digest{3}, Digest{4}
	first, second := stamp{id(1), 100}, stamp{id(1), 200}
	waits := make(map[Digest]bool)
	save := func() (after *copyNotes) {
		t.Helper()
		must(t, n.save(
			func(d Digest, added stamp) bool { return d != over && added == first },
			func(d Digest) bool { return waits[d] },
		))
		after, err := openCopyNotes(path)
		must(t, err)
		return after
	}
	owns := func(when string, after *copyNotes, ds ...Digest) {
		t.Helper()
		for _, d := range []Digest{rule, role} {
			if want := slices.Contains(ds, d); n.own(d) != want || after.own(d) != want {
				t.Errorf("%s: %v is taken: %t, after a crash %t, want %t", when, d, n.own(d), after.own(d), want)
			}
		}
	}

	ruled := n.take([]Digest{rule}, takenByRule)
	after := save()
	owns("before the records say so", after, rule)
	played := n.take([]Digest{role}, takenByRole)
	ruled()
	owns("while another is taken", save(), rule, role)
	played()
	waits[rule], waits[role] = true, true
	after = save()
	owns("while they are to come", after, rule, role)
	if !after.by(rule, takenByRule) || after.by(rule, takenByRole) || !after.by(role, takenByRole) || after.by(role, takenByRule) {
		t.Error("why they are taken is not remembered")
	}
	waits[rule] = false
	owns("when one has come", save(), role)

	n.decline(refused, first)
	n.decline(over, first)
	n.decline(role, first)
	after = save()
	owns("when a person does not want it", after)
	if !after.refuses(refused, first) || after.refuses(refused, second) || after.refuses(over, first) || n.refuses(over, first) {
		t.Error("what a person removed is not remembered, or too long")
	}
	n.take([]Digest{role}, takenByRole)()
	save()
	for _, d := range []Digest{refused, role} {
		for range 2 { // until it is written
			if !n.wanted([]Digest{d}) {
				t.Errorf("a person's wish for %v need not be noted", d)
			}
		}
		after = save()
		if n.wanted([]Digest{d}) {
			t.Errorf("a person's wish for %v is to be noted again", d)
		}
	}
	owns("when a person wants it", after)
	if after.refuses(refused, first) {
		t.Error("what a person wants is still refused")
	}
}

// TestNotesOfManyCopies are not written for each that comes.
func TestNotesOfManyCopies(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "copies.json")
	n, err := openCopyNotes(path)
	must(t, err)
	const many = 16
	waits := make(map[Digest]bool)
	for i := range many {
		waits[Digest{byte(i)}] = true
		n.take([]Digest{{byte(i)}}, takenByRole)()
	}
	for came := range 4 {
		must(t, n.save(nil, func(d Digest) bool { return waits[d] }))
		after, err := openCopyNotes(path)
		must(t, err)
		if written, want := len(after.list(takenByRole)), many-came/2*2; written != want || len(n.list(takenByRole)) != many-came {
			t.Errorf("when %d have come, %d are written, want %d, and %d are known", came, written, want, len(n.list(takenByRole)))
		}
		delete(waits, Digest{byte(came)})
	}
}
