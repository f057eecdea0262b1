package filelayer

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
)

// onPaper is a device that does nothing, and knows two others. It is id(1).
func onPaper(t *testing.T, role Role) *Layer {
	t.Helper()
	notes, err := openCopyNotes(filepath.Join(t.TempDir(), "copies.json"))
	must(t, err)
	l := &Layer{
		opts: Options{DeviceID: id(1), Copies: 1, Network: new(noNetwork)}, mirror: newMirror(id(1)), queue: newQueue(),
		copyRules: newCopyRules(), copyNotes: notes, deliveries: newDeliveries(),
	}
	must(t, l.initRole(role))
	for n := range 3 {
		l.mirror.joinDevice(id(n+1), deviceRecord{Name: "device", Added: stamp{id(n + 1), 1}})
	}
	l.offers(1, role)
	return l
}

// offers lets a device say that it takes copies as far as its role goes.
func (l *Layer) offers(n int, role Role) {
	l.copyRules.take(offerPrefix+id(n), copyRecord{Offer: &offerRecord{
		N: 1, Everything: role.Everything, Helps: role.Helps, Space: role.Space, Free: 1 << 50,
	}})
}

// writes makes the record of a file of 1000 bytes and that year, which some devices
// have, and some are to have.
func (l *Layer) writes(year int, have, wish []int) Digest {
	d := Digest{byte(year % 100)}
	holders := make(map[string]holding)
	for _, n := range wish {
		holders[id(n)] = holding{Saved: true, N: 1}
	}
	for _, n := range have {
		holders[id(n)] = holding{Saved: true, N: 1, Verified: 5}
	}
	l.mirror.joinFile(d, fileRecord{
		Name: "x.jpg", Size: 1000, Type: "image/jpeg", Time: toMillis(time.Date(year, 5, 1, 0, 0, 0, 0, time.UTC)),
		Added: stamp{id(1), 5}, Devices: ByDevice(holders),
	}, "")
	if slices.Contains(have, 1) {
		l.mirror.setHere(blob.Info{Digest: d, Path: "/library/x.jpg", Size: 1000, Verified: time.UnixMilli(5)})
	}
	return d
}

// lists names the parts of a role's work that a file is in, sorted.
func (w roleWork) lists(d Digest) string {
	parts := map[string][]Entry{
		"fetch": w.fetch, "queued": w.queued, "free": w.free, "stuck": w.stuck,
		"beyond": w.beyond, "drop": w.drop, "held": w.held,
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		if slices.ContainsFunc(parts[name], func(e Entry) bool { return e.Digest == d }) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

// TestWhatARoleAsksFor of a file that is older than one that fills the limit of space.
func TestWhatARoleAsksFor(t *testing.T) {
	t.Parallel()
	const person, byRule, byRole = "person", "rule", "role"
	var (
		limit, keeper, chosen = Role{Space: 1500}, Role{Everything: true, Space: 1500}, Role{}
		two, named, elsewhere = CopyRule{Copies: 2}, CopyRule{On: []string{id(1)}}, CopyRule{On: []string{id(3)}}
	)
	for _, tt := range []struct {
		name   string
		role   Role
		here   bool
		wish   string // whose; "" if it is not saved here
		others []int
		rule   CopyRule
		want   string
		seen   string // what another device sees of it; "" for the same
	}{
		{name: "not saved", role: limit, others: []int{2}},
		{name: "not saved, and beyond", role: keeper, others: []int{2}},
		{name: "not saved, and no limit", role: Role{Everything: true}, others: []int{2}, want: "fetch"},

		{name: "here, and elsewhere", role: limit, here: true, others: []int{2}, want: "free"},
		{name: "here alone", role: limit, here: true, want: "stuck"},
		{name: "here, and a rule asks for more than elsewhere", role: limit, here: true, others: []int{2}, rule: two, want: "stuck"},
		{name: "here, and a rule asks for as many as elsewhere", role: limit, here: true, others: []int{2, 3}, rule: two, want: "free"},
		{name: "here, and a rule names this device", role: limit, here: true, others: []int{2, 3}, rule: named, want: "stuck"},
		{name: "here, and a rule names another", role: limit, here: true, others: []int{2}, rule: elsewhere, want: "free"},

		{name: "saved by a person", role: limit, wish: person, others: []int{2}, want: "beyond held"},
		{name: "saved by a person, and nowhere", role: limit, wish: person, want: "queued"},
		{name: "saved by a person, and a rule asks for more", role: limit, wish: person, others: []int{2}, rule: two, want: "queued"},
		{name: "saved by a person, and a rule names this device", role: limit, wish: person, others: []int{2, 3}, rule: named, want: "queued"},
		{name: "saved by a person, and no limit", role: chosen, wish: person, others: []int{2}, want: "queued"},

		{name: "by the role", role: keeper, wish: byRole, others: []int{2}, want: "beyond drop", seen: "beyond held"},
		{name: "by the role, and nowhere", role: keeper, wish: byRole, want: "queued"},
		{name: "by the role, and a rule asks for more", role: keeper, wish: byRole, others: []int{2}, rule: two, want: "beyond drop", seen: "queued"},
		{name: "by the role, and a rule names this device", role: keeper, wish: byRole, others: []int{2, 3}, rule: named, want: "queued"},
		{name: "by the role, and no limit", role: Role{Everything: true}, wish: byRole, others: []int{2}, want: "queued"},
		{name: "by a role that was", role: chosen, wish: byRole, others: []int{2}, want: "drop", seen: "queued"},

		{name: "by a rule that was", role: limit, wish: byRule, others: []int{2}, want: "beyond drop", seen: "beyond held"},
		{name: "by a rule that asks for more", role: limit, wish: byRule, others: []int{2}, rule: two, want: "queued"},
		{name: "by a rule, and no limit", role: chosen, wish: byRule, others: []int{2}, rule: two, want: "queued"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := onPaper(t, tt.role)
			l.writes(2020, []int{1, 2}, nil) // it is newer
			have, wish := tt.others, []int(nil)
			if tt.here {
				have = append(have, 1)
			} else if tt.wish != "" {
				wish = []int{1}
			}
			d := l.writes(2010, have, wish)
			if tt.wish == byRule || tt.wish == byRole {
				defer l.copyNotes.take([]Digest{d}, tt.wish == byRole)()
			}
			rules := ruleSet{library: tt.rule}
			if got := l.roleWork(tt.role, id(1), rules).lists(d); got != tt.want {
				t.Errorf("it is to be %q, want %q", got, tt.want)
			}
			l.opts.DeviceID, l.mirror.self = id(3), id(3) // the same, as another device sees it
			want := tt.want
			if tt.seen != "" {
				want = tt.seen
			}
			if got := l.roleWork(tt.role, id(1), rules).lists(d); got != want {
				t.Errorf("another device sees %q, want %q", got, want)
			}
		})
	}
}

// TestAllotmentKnowsWhatALimitHoldsBack: a copy that never comes is not waited for.
func TestAllotmentKnowsWhatALimitHoldsBack(t *testing.T) {
	t.Parallel()
	two := ruleSet{library: CopyRule{Copies: 2}}

	l := onPaper(t, Role{Everything: true, Space: 1500})
	l.offers(3, Role{Helps: true})
	l.writes(2020, []int{1, 2}, nil)
	d := l.writes(2010, []int{2}, []int{1})
	defer l.copyNotes.take([]Digest{d}, takenByRole)()
	if es := l.allot(two).fetch[id(3)]; len(es) != 1 || es[0].Digest != d {
		t.Errorf("in place of this device another takes %d files, want the one", len(es))
	}

	l = onPaper(t, Role{})
	l.offers(2, Role{Space: 1500})
	l.writes(2020, []int{1, 2}, nil)
	l.writes(2010, []int{1, 3}, []int{2})
	if l.allot(two).owes[id(2)] {
		t.Error("a device owes what is beyond its limit")
	}
	l.copyRules.take(offerPrefix+id(2), copyRecord{Offer: &offerRecord{N: 2, Free: 1 << 50}})
	if !l.allot(two).owes[id(2)] {
		t.Error("without a limit, a device does not owe what is saved there")
	}
}

// TestLateIsNotWaitedFor: what a device has wished for, and does not bring for a while,
// another one takes, until the first brings something again.
func TestLateIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	l := onPaper(t, Role{})
	l.offers(2, Role{Helps: true})
	l.offers(3, Role{Helps: true})
	l.writes(2010, []int{1}, []int{2})
	now := time.Unix(1e9, 0)
	for _, step := range []struct {
		name   string
		held   int
		online bool
		after  time.Duration
		taken  int
	}{
		{"at first", 4, true, 0, 0},
		{"a moment before it is late", 4, true, copyPatience - time.Second, 0},
		{"late", 4, true, time.Second, 1},
		{"later", 4, true, time.Hour, 1},
		{"it brought another file", 5, true, time.Second, 0},
		{"late again, and offline", 5, false, copyPatience, 1},
		{"it has come online", 5, true, time.Second, 0},
	} {
		now = now.Add(step.after)
		l.deliveries.judge(id(2), step.held, 1, step.online, true, now)
		if n := len(l.allot(ruleSet{library: CopyRule{Copies: 2}}).fetch[id(3)]); n != step.taken {
			t.Errorf("%s: another device takes %d files, want %d", step.name, n, step.taken)
		}
	}
}
