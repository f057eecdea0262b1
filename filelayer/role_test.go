package filelayer

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"testing"
	"time"
)

// yearly imports photos of 1000 bytes on d, one of each year from 2001 on.
func (d *device) yearly(n int) (ds []Digest) {
	d.t.Helper()
	for i := range n {
		e, err := d.Create(testContext(d.t), bytes.NewReader(photo("year"+strconv.Itoa(i), 1000)), Metadata{
			Name: "year.jpg", Time: time.Date(2001+i, 5, 1, 12, 0, 0, 0, time.UTC),
		})
		must(d.t, err)
		ds = append(ds, e.Digest)
	}
	return ds
}

// setRole changes what d keeps by itself.
func (d *device) setRole(r Role) Dropped {
	d.t.Helper()
	dropped, err := d.SetRole(testContext(d.t), r)
	must(d.t, err)
	return dropped
}

// has says which of the files d has a copy of, from the first on.
func (d *device) has(ds []Digest) string {
	s := ""
	for _, digest := range ds {
		s += strconv.Itoa(map[bool]int{true: 1}[d.entry(digest).Here()])
	}
	return s
}

// TestKeeperKeepsEverything: what comes later too, and also what a person would
// remove by mistake.
func TestKeeperKeepsEverything(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := a.yearly(3)
	until(t, "b sees all", func() bool { return len(b.Entries()) == 3 }, b)
	if p := b.Plan(Role{Everything: true}); p != (Plan{Fetch: 3, FetchBytes: 3000}) {
		t.Errorf("plan %+v", p)
	}
	b.setRole(Role{Everything: true})
	until(t, "b keeps all", func() bool { return b.has(ds) == "111" }, a, b)
	later := a.create("later", 500)
	until(t, "b keeps what came later", func() bool { return b.entry(later).Here() }, a, b)
	if b.Plan(b.Role()) != (Plan{}) {
		t.Errorf("left to do: %+v", b.Plan(b.Role()))
	}
	for _, remove := range []error{b.Unsave(testContext(t), later), b.ForceUnsave(testContext(t), later)} {
		if !errors.Is(remove, ErrKeeper) || !b.entry(later).Here() {
			t.Errorf("a keeper removed a copy: %v", remove)
		}
	}
	b.setRole(Role{})
	must(t, b.Unsave(testContext(t), later))
}

// TestSpaceLimitFreesTheOldest, and only what another device proves to have.
func TestSpaceLimitFreesTheOldest(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := a.yearly(5)
	until(t, "b sees all", func() bool { return len(b.Entries()) == 5 }, b)
	must(t, b.SaveAll(testContext(t), ds[:4], nil))
	own := b.create("only here", 700) // of 2024: the newest
	must(t, a.Unsave(testContext(t), ds[1]))
	until(t, "b knows what a has", func() bool { return !b.holds(a, ds[1]) && b.holds(a, ds[0]) }, b)
	limit := Role{Space: 1800}
	if p := b.Plan(limit); p != (Plan{Free: 2, FreeBytes: 2000, Stuck: 1, StuckBytes: 1000}) {
		t.Errorf("plan %+v", p)
	}
	b.setRole(limit)
	until(t, "b has freed the oldest that is safe", func() bool { return b.has(ds) == "01010" }, a, b)
	if !b.entry(own).Here() || a.has(ds) != "10111" {
		t.Errorf("b has %s, a %s", b.has(ds), a.has(ds))
	}
}

// TestKeeperWithALimit keeps the newest that fit.
func TestKeeperWithALimit(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := a.yearly(5)
	until(t, "b sees all", func() bool { return len(b.Entries()) == 5 }, b)
	must(t, b.SaveAll(testContext(t), ds[:1], nil))
	until(t, "a knows", func() bool { return a.holds(b, ds[0]) }, a)
	b.setRole(Role{Everything: true, Space: 2500})
	until(t, "b keeps the two newest", func() bool { return b.has(ds) == "00011" }, a, b)
	if a.has(ds) != "11111" {
		t.Errorf("a has %s", a.has(ds))
	}
}

// TestLimitRemovesNoLastCopy: what is said to be elsewhere is no proof.
func TestLimitRemovesNoLastCopy(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := a.yearly(2)
	until(t, "b sees all", func() bool { return len(b.Entries()) == 2 }, b)
	must(t, b.SaveAll(testContext(t), ds, nil))
	until(t, "a knows", func() bool { return a.holds(b, ds[0]) && a.holds(b, ds[1]) }, a)
	ask := b.Layer.lease
	b.proofs = 1
	b.Layer.lease = func(ctx context.Context, id, removal string, e Entry) (proof, error) {
		if e.Digest == ds[0] {
			return proof{}, ErrCorrupt
		}
		return ask(ctx, id, removal, e)
	}
	b.setRole(Role{Space: 500})
	until(t, "b has freed what a proves to have", func() bool { return !b.entry(ds[1]).Here() }, a, b)
	if b.has(ds) != "10" {
		t.Errorf("b has %s; a proves no copy of the first", b.has(ds))
	}
	if _, err := b.SetRole(testContext(t), Role{Space: -1}); !errors.Is(err, ErrInvalid) {
		t.Errorf("a limit below nothing: %v", err)
	}
}
