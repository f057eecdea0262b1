package filelayer

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"testing"
	"time"
)

// helping lets a device take copies.
func helping(o *Options) { o.Role = Role{Helps: true} }

// trio starts three devices of one library, of which b and c help.
func trio(t *testing.T) (a, b, c *device) {
	t.Helper()
	a = newDevice(t, newOverlay(), "a")
	b, c = newDevice(t, a.net, "b", helping), newDevice(t, a.net, "c", helping)
	pair(t, a, b)
	pair(t, a, c)
	meet(t, b, c)
	until(t, "all know who helps", func() bool {
		return !slices.ContainsFunc([]*device{a, b, c}, func(d *device) bool {
			return d.copyRules.offer(b.id).N == 0 || d.copyRules.offer(c.id).N == 0
		})
	}, a, b, c)
	return a, b, c
}

// TestRuleIsFulfilled: each file is copied to one of the devices that help, and
// to no more; one that is not to take copies by itself takes none.
func TestRuleIsFulfilled(t *testing.T) {
	t.Parallel()
	a, b, c := trio(t)
	d := a.invite("d")
	ds := a.yearly(8)
	if p := a.PlanCopies(map[string]CopyRule{"": {Copies: 2}}); p.Files != 8 || p.Below != 8 || p.Willing != 2 || p.Few+p.Full != 0 || planned(p, b, c) != 8 {
		t.Errorf("plan %+v", p)
	}
	must(t, a.SetCopyRule(testContext(t), "", CopyRule{Copies: 2}))
	until(t, "all have two copies", func() bool { return a.BelowRules() == 0 && d.BelowRules() == 0 }, a, b, c, d)
	both := 0
	for _, digest := range ds {
		if b.entry(digest).Here() && c.entry(digest).Here() {
			both++
		}
		if d.entry(digest).Here() {
			t.Error("a device that keeps what is saved there took a copy")
		}
	}
	if both > 0 {
		t.Errorf("%d files were taken by two devices", both)
	}
	if len(d.CopyRules()) != 1 || d.CopyRules()[""].Copies != 2 {
		t.Errorf("d knows the rules %+v", d.CopyRules())
	}
}

// planned counts the files that devices would fetch.
func planned(p CopiesPlan, devices ...*device) (n int) {
	for _, plan := range p.Devices {
		if slices.ContainsFunc(devices, func(d *device) bool { return d.id == plan.Device }) {
			n += plan.Fetch
		}
	}
	return n
}

// TestAllotmentIsTheSameEverywhere: devices with the same records choose the same
// device for each file, so that no two of them take it.
func TestAllotmentIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	a, b, c := trio(t)
	a.yearly(20)
	until(t, "all see all", func() bool { return len(b.Entries()) == 20 && len(c.Entries()) == 20 }, b, c)
	rules := ruleSet{library: CopyRule{Copies: 2}}
	first := a.allot(rules)
	if n := len(first.fetch[b.id]) + len(first.fetch[c.id]); n != 20 || len(first.fetch[b.id]) == 0 || len(first.fetch[c.id]) == 0 {
		t.Errorf("of 20 files b takes %d, c %d", len(first.fetch[b.id]), len(first.fetch[c.id]))
	}
	for _, d := range []*device{b, c} {
		for id, es := range d.allot(rules).fetch {
			if !slices.EqualFunc(es, first.fetch[id], func(x, y *Entry) bool { return x.Digest == y.Digest }) {
				t.Errorf("%s gives %s %d files, a gives it %d", d.opts.Name, id[:8], len(es), len(first.fetch[id]))
			}
		}
	}
}

// TestRuleOfAGroup is about the files of the group alone, and may name a device,
// which then needs no role.
func TestRuleOfAGroup(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	ds := a.yearly(3)
	b := newDevice(t, a.net, "b")
	b.restartWith(func() {
		b.SetGroups(func(d Digest) []string {
			return map[Digest][]string{ds[1]: {"album:x", "album:y"}, ds[2]: {"album:y"}}[d]
		})
	})
	pair(t, a, b)
	must(t, a.SetCopyRule(testContext(t), "album:x", CopyRule{Copies: 1, On: []string{b.id}}))
	until(t, "b has the files of the group", func() bool { return b.has(ds) == "010" && b.BelowRules() == 0 }, a, b)
	if p := b.PlanCopies(map[string]CopyRule{"album:y": {Copies: 2}}); p.Files != 2 || p.Below != 1 || p.Few != 1 || p.Willing != 0 {
		t.Errorf("plan %+v", p)
	}
	if err := a.SetCopyRule(testContext(t), "", CopyRule{On: []string{id(9)}}); !errors.Is(err, ErrNotFound) {
		t.Errorf("a device that is not known: %v", err)
	}
	if err := a.SetCopyRule(testContext(t), "", CopyRule{Copies: -1}); !errors.Is(err, ErrInvalid) {
		t.Errorf("less than no copy: %v", err)
	}
}

// TestRuleKeepsWhatALimitWouldFree: a limit of space frees no copy that a rule
// asks for.
func TestRuleKeepsWhatALimitWouldFree(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := a.yearly(3)
	must(t, a.SetCopyRule(testContext(t), "", CopyRule{Copies: 2}))
	b.setRole(Role{Helps: true, Space: 3500})
	until(t, "b has all", func() bool { return b.has(ds) == "111" && a.BelowRules() == 0 && b.BelowRules() == 0 }, a, b)
	less := Role{Helps: true, Space: 1500}
	if p := b.Plan(less); p != (Plan{Stuck: 2, StuckBytes: 2000}) {
		t.Errorf("plan %+v", p)
	}
	if err := b.unsave(testContext(t), ds[0], RemovedForSpace); !errors.Is(err, ErrLastCopy) {
		t.Errorf("freed for space: %v", err)
	}
	must(t, b.Unsave(testContext(t), ds[0])) // a person's word
	until(t, "a knows", func() bool { return a.BelowRules() == 1 }, a)
	b.playCopies(testContext(t))
	if b.entry(ds[0]).Holders.Of(b.id).Saved {
		t.Error("b fetches back what a person removed from it")
	}
	if p := b.PlanCopies(nil); p.Few != 1 {
		t.Errorf("plan %+v", p)
	}
	b.restart()
	b.playCopies(testContext(t))
	if b.has(ds) != "011" || b.entry(ds[0]).Holders.Of(b.id).Saved {
		t.Error("b fetches it back after a restart")
	}
	_, err := b.Save(testContext(t), ds[0])
	must(t, err)
}

// TestRuleAndRoom: what no device has room for is told, and left.
func TestRuleAndRoom(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := a.yearly(3)
	until(t, "b sees all", func() bool { return len(b.Entries()) == 3 }, b)
	b.setRole(Role{Helps: true, Space: 2100})
	b.playCopies(testContext(t))
	until(t, "a knows what b takes", func() bool { return a.copyRules.offer(b.id).Space == 2100 }, a)
	if p := a.PlanCopies(map[string]CopyRule{"": {Copies: 2}}); p.Full != 1 || p.FullBytes != 1000 || planned(p, b) != 2 {
		t.Errorf("plan %+v", p)
	}
	if p := a.PlanCopies(map[string]CopyRule{"": {Copies: 3}}); p.Few != 3 || p.Willing != 1 {
		t.Errorf("plan for 3 copies %+v", p)
	}
	must(t, a.SetCopyRule(testContext(t), "", CopyRule{Copies: 2}))
	until(t, "b has what it has room for", func() bool { return a.BelowRules() == 1 && b.BelowRules() == 1 }, a, b)
	must(t, b.Unsave(testContext(t), ds[slices.IndexFunc(ds, func(d Digest) bool { return b.entry(d).Here() })]))
	b.playCopies(testContext(t))
	if n, err := b.TrashBytes(); n != 1000 || err != nil || b.PlanCopies(nil).Full != 1 {
		t.Errorf("with %d bytes in the trash (%v): %+v", n, err, b.PlanCopies(nil))
	}
	b.Layer.free = func() (int64, error) { return diskReserve + 500, nil }
	b.setRole(Role{Helps: true})
	must(t, b.makeOffer(testContext(t)))
	if p := b.PlanCopies(nil); p.Full != 1 {
		t.Errorf("with 500 bytes free: %+v", p)
	}
}

// TestRemovedDeviceNoLongerCounts: the others take what it had.
func TestRemovedDeviceNoLongerCounts(t *testing.T) {
	t.Parallel()
	a, b, c := trio(t)
	ds := a.yearly(4)
	must(t, a.SetCopyRule(testContext(t), "", CopyRule{Copies: 2, On: []string{b.id}}))
	until(t, "all have two copies", func() bool { return a.BelowRules() == 0 && c.BelowRules() == 0 }, a, b, c)
	must(t, a.RemoveDevice(testContext(t), b.id))
	for _, d := range ds {
		if _, holds := a.entry(d).Holders.Lookup(b.id); holds {
			t.Errorf("a device that was removed still holds %v", d)
		}
	}
	until(t, "c has all", func() bool { return c.has(ds) == "1111" && a.BelowRules() == 0 }, a, c)
	if r := a.CopyRules()[""]; r.Copies != 2 || len(r.On) > 0 {
		t.Errorf("rule %+v names a device that was removed", r)
	}
	must(t, a.SetCopyRule(testContext(t), "", a.CopyRules()[""]))
}

// TestAnotherDeviceTakesOver what one does not deliver, and no longer once it has
// come.
func TestAnotherDeviceTakesOver(t *testing.T) {
	t.Parallel()
	a, b, c := trio(t)
	ds := a.yearly(6)
	until(t, "all see all", func() bool { return len(b.Entries()) == 6 && len(c.Entries()) == 6 }, b, c)
	b.stop()
	must(t, a.SetCopyRule(testContext(t), "", CopyRule{Copies: 2}))
	mine := len(c.allot(ruleSet{library: CopyRule{Copies: 2}}).fetch[c.id])
	until(t, "c has its share", func() bool { return c.BelowRules() == 6-mine }, a, c)
	c.playCopies(testContext(t))
	if c.BelowRules() == 0 || c.Queue() > 0 {
		t.Fatal("c does not wait for b")
	}
	c.skew.Add(int64(copyPatience + time.Second))
	c.playCopies(testContext(t)) // by now b is late
	c.playCopies(testContext(t))
	until(t, "c has all", func() bool { return c.has(ds) == "111111" && a.BelowRules() == 0 }, a, c)
	b.start()
	until(t, "b knows", func() bool { return b.BelowRules() == 0 }, a, b, c)
	if b.Queue() > 0 || b.has(ds) != "000000" {
		t.Errorf("b has %s", b.has(ds))
	}
}

// TestOwnWishIsTakenBack when others have fulfilled the rule first.
func TestOwnWishIsTakenBack(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	d := a.show(b, "photo", 1000)
	must(t, b.SetCopyRule(testContext(t), "", CopyRule{Copies: 2})) // so that b does not take it back by itself
	for range 2 {
		a.net.part(a, b, true)
		e := b.entry(d)
		must(t, b.takeCopies(testContext(t), []*Entry{&e}))
		for _, rule := range []CopyRule{{Copies: 2}, {Copies: 1, On: []string{b.id}}} {
			must(t, b.takeBack(testContext(t), ruleSet{library: rule}))
			if !b.entry(d).Holders.Of(b.id).Saved {
				t.Errorf("taken back too early, by %+v", rule)
			}
		}
		must(t, b.takeBack(testContext(t), ruleSet{library: CopyRule{Copies: 1}}))
		if b.entry(d).Holders.Of(b.id).Saved {
			t.Error("not taken back")
		}
	}
	must(t, b.Want(testContext(t), d))
	must(t, b.takeBack(testContext(t), ruleSet{}))
	if !b.entry(d).Holders.Of(b.id).Saved {
		t.Error("a person's wish was taken back")
	}
}

// TestRulesMerge to the later, whatever the order.
func TestRulesMerge(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	rule := func(copies int, by string, s int) copyRecord {
		return copyRecord{Rule: &ruleRecord{Copies: copies, Set: stamp{by, toMillis(now.Add(time.Duration(s) * time.Second))}}}
	}
	offer := func(n, free int64) copyRecord { return copyRecord{Offer: &offerRecord{N: n, Free: free}} }
	for _, tt := range []struct {
		name       string
		a, b, want copyRecord
	}{
		{"later", rule(2, id(2), 1), rule(3, id(1), 2), rule(3, id(1), 2)},
		{"same time", rule(2, id(2), 1), rule(3, id(1), 1), rule(2, id(2), 1)},
		{"same stamp", rule(2, id(1), 1), rule(3, id(1), 1), rule(3, id(1), 1)},
		{"offers", offer(2, 5), offer(1, 9), offer(2, 5)},
		{"offers of a cloned disk", offer(2, 5), offer(2, 4), offer(2, 5)},
	} {
		x, y, want := encodedOr(tt.a), encodedOr(tt.b), encodedOr(tt.want)
		for _, leaves := range [][]json.RawMessage{{[]byte(x), []byte(y)}, {[]byte(y), []byte(x)}, {[]byte(y), []byte(x), []byte(y), []byte(`{}`)}} {
			if got, err := mergeCopyRecords(leaves); err != nil || string(got) != want {
				t.Errorf("%s: %s, %v, want %s", tt.name, got, err, want)
			}
		}
	}
}

// TestRuleChangedOnTwoSides: partitioned devices agree on the later change.
func TestRuleChangedOnTwoSides(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	a.net.part(a, b, true)
	b.skew.Store(int64(time.Minute))
	must(t, b.SetCopyRule(testContext(t), "", CopyRule{Copies: 3}))
	must(t, a.SetCopyRule(testContext(t), "", CopyRule{Copies: 2}))
	a.net.part(a, b, false)
	until(t, "they agree", func() bool { return a.CopyRules()[""].Copies == 3 && b.CopyRules()[""].Copies == 3 }, a, b)
	must(t, a.SetCopyRule(testContext(t), "", CopyRule{})) // its clock is behind, and it has seen the other
	until(t, "they agree once more", func() bool { return len(a.CopyRules()) == 0 && len(b.CopyRules()) == 0 }, a, b)
	a.restart()
	if len(a.CopyRules()) != 0 {
		t.Error("a restart brings a rule back")
	}
}

// TestBadCopyRecords: what no device may write is not taken in.
func TestBadCopyRecords(t *testing.T) {
	t.Parallel()
	d := newDevice(t, newOverlay(), "a")
	ahead := stamp{id(1), toMillis(time.Now().Add(2 * maxAhead))}
	now := stamp{id(1), toMillis(time.Now())}
	for _, tt := range []struct {
		name, id string
		r        copyRecord
	}{
		{"empty", "rule:", copyRecord{}},
		{"far ahead", "rule:", copyRecord{Rule: &ruleRecord{Copies: 2, Set: ahead}}},
		{"too many", "rule:", copyRecord{Rule: &ruleRecord{Copies: maxRoster + 1, Set: now}}},
		{"too many devices", "rule:", copyRecord{Rule: &ruleRecord{On: slices.Repeat([]string{id(1)}, maxNamed+1), Set: now}}},
		{"no device", "rule:", copyRecord{Rule: &ruleRecord{On: []string{"x"}, Set: now}}},
		{"bad group", "rule:a\nb", copyRecord{Rule: &ruleRecord{Copies: 2, Set: now}}},
		{"rule in the place of an offer", "offer:" + id(1), copyRecord{Rule: &ruleRecord{Copies: 2, Set: now}}},
		{"offer in the place of a rule", "rule:", copyRecord{Offer: &offerRecord{N: 1}}},
		{"offer of nobody", "offer:x", copyRecord{Offer: &offerRecord{N: 1}}},
		{"count far ahead", "offer:" + id(1), copyRecord{Offer: &offerRecord{N: maxSteps + 1}}},
		{"too much space", "offer:" + id(1), copyRecord{Offer: &offerRecord{N: 1, Free: math.MaxInt64}}},
	} {
		if err := d.checkCopies(tt.id, []byte(encodedOr(tt.r))); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	must(t, d.checkCopies("rule:album:x", []byte(encodedOr(copyRecord{Rule: &ruleRecord{Copies: 2, Set: now}}))))
}
