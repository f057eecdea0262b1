package filelayer

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestCensus(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2024, 5, n, 0, 0, 0, 0, time.UTC) }
	holds := func(n int) Holder { return Holder{Saved: true, N: 1, Verified: day(n)} }
	entries := []Entry{
		{Size: 1, Path: "here", Holders: ByDevice(map[string]Holder{"a": holds(3), "b": holds(7)})},
		{Size: 10, Path: "here", Holders: ByDevice(map[string]Holder{"a": holds(1), "b": {Saved: true, N: 2}})},
		{Size: 100, Holders: ByDevice(map[string]Holder{"b": holds(5), "c": {Verified: day(2)}})}, // which has it in place
		{Size: 1000, Holders: ByDevice(map[string]Holder{"a": {}})},
	}
	c := TakeCensus(entries)
	if c.Files != 4 || c.Bytes != 1111 || c.Here != 2 || c.OneCopy != 1 || c.NoCopy != 1 || len(c.Devices) != 3 {
		t.Errorf("census = %+v", c)
	}
	if want := (Share{Files: 2, Bytes: 11, Only: 1, OnlyBytes: 10, Oldest: day(1), Newest: day(3)}); c.Devices["a"] != want {
		t.Errorf("a = %+v, want %+v", c.Devices["a"], want)
	}
	if want := (Share{Files: 2, Bytes: 101, Oldest: day(5), Newest: day(7)}); c.Devices["b"] != want {
		t.Errorf("b = %+v, want %+v", c.Devices["b"], want)
	}
	for i, want := range []Copies{{2, day(3), day(7)}, {1, day(1), day(1)}, {2, day(2), day(5)}, {}} {
		if got := entries[i].Copies(); got != want {
			t.Errorf("copies of %d = %+v, want %+v", i, got, want)
		}
	}
}

// TestIfLost follows the copies as they come, go, and cease to count.
func TestIfLost(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	shared := sharedFiles(t, a, b, 1)[0]
	only := a.show(b, "only", 500)
	wantLost := func(on, who *device, inTrash int, want ...Digest) {
		t.Helper()
		lost, trashed, err := on.IfLost(who.id)
		must(t, err)
		same := len(lost) == len(want) && trashed == inTrash
		for _, e := range lost {
			same = same && (e.Digest == want[0] || e.Digest == want[len(want)-1])
		}
		if !same {
			t.Errorf("%s says that with %s would be lost: %v, %d in the trash; want %v, %d", on.opts.Name, who.opts.Name, lost, trashed, want, inTrash)
		}
	}
	for _, on := range []*device{a, b} {
		wantLost(on, a, 0, only)
		wantLost(on, b, 0)
	}
	must(t, b.Unsave(ctx, shared))
	until(t, "a knows", func() bool { return !a.holds(b, shared) }, a)
	wantLost(a, a, 0, only, shared)
	wantLost(b, a, 1, only, shared) // its trash has the one
	must(t, b.SaveAll(ctx, []Digest{only, shared}, nil))
	until(t, "a knows", func() bool { return a.holds(b, shared) && a.holds(b, only) }, a)
	wantLost(a, a, 0)
	must(t, a.RemoveDevice(ctx, b.id)) // its copies no longer count
	wantLost(a, a, 0, only, shared)
	if _, _, err := a.IfLost(b.id); !errors.Is(err, ErrNotFound) {
		t.Errorf("a removed device: %v", err)
	}
}

// TestAReadCopyIsProvedAnew: of its own copies a device knows each check.
func TestAReadCopyIsProvedAnew(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	d := a.create("photo", 500)
	before := a.entry(d).Copies()
	must(t, a.verify(testContext(t), d))
	if after := a.entry(d).Copies(); after.Count != 1 || !after.Oldest.After(before.Oldest) || after.Oldest != after.Newest {
		t.Errorf("read again: %+v, before %+v", after, before)
	}
}

// BenchmarkIfLost tells what would be lost with a device of a library of 100,000
// files, and counts all copies, against reading the records from the database
// for it.
func BenchmarkIfLost(b *testing.B) {
	const files = 100_000
	a := newDevice(b, newOverlay(), "a")
	nas, laptop := id(1), id(2)
	for _, peer := range []string{nas, laptop} {
		must(b, a.amendDevice(context.Background(), peer, func(r *deviceRecord, _ bool) bool {
			r.Name, r.Added = "peer", a.stampNow()
			return true
		}))
	}
	record(b, a, files, nas, laptop)
	_ = a.Entries()                      // as any page that shows the library has asked
	memory, scan := time.Hour, time.Hour // the fastest of each
	for b.Loop() {
		begun := time.Now()
		lost, _, err := a.IfLost(nas)
		must(b, err)
		census := TakeCensus(a.Entries())
		memory = min(memory, time.Since(begun))
		begun = time.Now()
		want := scanLost(b, a, nas)
		scan = min(scan, time.Since(begun))
		if len(lost) != want || census.Devices[nas].Only != want || want == 0 {
			b.Fatalf("%d would be lost, %d by the census, %d by the database", len(lost), census.Devices[nas].Only, want)
		}
	}
	b.ReportMetric(float64(scan)/float64(memory), "x-of-scan")
	b.ReportMetric(float64(memory.Microseconds())/1000, "ms/count")
}

// scanLost counts by the database of a what only one device has.
func scanLost(b *testing.B, a *device, only string) (lost int) {
	b.Helper()
	must(b, a.files.couch.Each(context.Background(), "files", 0, func(id, _ string, _ int64, _ bool, body []byte) error {
		_, r, err := parseFile(id, body)
		if err != nil {
			return err
		}
		holders := 0
		for _, h := range r.Devices.All() {
			if h.holds() {
				holders++
			}
		}
		if holders == 1 && r.Devices.Of(only).holds() {
			lost++
		}
		return nil
	}))
	return lost
}
