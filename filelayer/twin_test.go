package filelayer

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
)

// TestTwinsHear: two runs under one name hear of each other through a third
// device; the one that began first goes on.
func TestTwinsHear(t *testing.T) {
	t.Parallel()
	at := func(ms int64) time.Time { return time.UnixMilli(ms) }
	first, second := newTwins(), newTwins()
	var record deviceRecord
	first.begin(at(100), &record)
	before := record.Runs[0]
	second.begin(at(200), &record) // from a copy of what the first had
	says := record.Runs[0]
	if says.Began != 200 || second.known != before.At {
		t.Fatalf("the second says %+v, and knows of %d", says, second.known)
	}
	answer := func(of *twins) run {
		t.Helper()
		select {
		case <-of.speak:
		default:
			t.Fatal("it keeps silent")
		}
		of.spoke(max(of.own.At, of.other.At) + 1)
		return of.own
	}
	if second.hear(before) || second.heard != 0 {
		t.Error("what it remembers is news")
	}
	for range 2 { // by two devices: that is no answer
		first.hear(says)
	}
	if first.both || first.heard != says.At {
		t.Fatalf("one message is proof: %+v", first)
	}
	second.hear(answer(first))
	first.hear(answer(second))
	if !first.both || first.aside() {
		t.Fatal("the first does not know, or gives way")
	}
	if !second.hear(answer(first)) || !second.aside() {
		t.Fatal("the second goes on")
	}
	second.hear(run{first.own.ID, first.own.Began, first.own.At + 9})
	if len(second.speak) != 0 {
		t.Error("who is set aside speaks")
	}
}

// TestTwins runs two devices from one state. They are reached in turn, and meet
// a third one both. The one that began later sets itself aside; once the other
// has ended, it starts again as if nothing had been.
func TestTwins(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	d := sharedFiles(t, a, b, 1)[0]
	opts, dir := a.opts, t.TempDir()
	a.stop()
	opts.Dir, opts.Library = filepath.Join(dir, "state"), filepath.Join(dir, "library")
	must(t, os.CopyFS(opts.Dir, os.DirFS(a.opts.Dir)))
	must(t, os.CopyFS(opts.Library, os.DirFS(a.opts.Library)))
	a.start()
	meet(t, a, b)
	twin := &device{t: t, net: a.net, id: a.id, opts: opts}
	twin.start()
	t.Cleanup(func() { twin.stop() })
	reach := func(x *device) { // b reaches this one by their name
		a.net.mu.Lock()
		a.net.nodes[a.id] = x.node
		a.net.mu.Unlock()
		b.node.hangUp(func(c *conn) bool { return c.remote == a.id })
		a.net.raise()
		a.node.changed.Raise() // both lost their links to b
		twin.node.changed.Raise()
	}
	reach(twin)
	until(t, "the first hears of the twin", func() bool { return !a.Twins().Heard.IsZero() }, a)
	if a.Twins().Both {
		t.Error("a message that may be late is proof")
	}
	reach(a)
	until(t, "the twin hears the answer", func() bool { return twin.Twins().Heard.After(twin.twins.own.Began.time()) }, twin)
	reach(twin)
	until(t, "the first knows", func() bool { return a.Twins().Both }, a)
	reach(a)
	until(t, "the twin knows", func() bool { return twin.Twins().Aside }, twin)
	if a.Twins().Aside || !a.Online(b.id) || twin.Online(b.id) {
		t.Errorf("%+v and %+v", a.Twins(), twin.Twins())
	}
	if e := twin.entry(d); !e.Here() {
		t.Error("a photo of the twin is gone")
	}
	a.stop()
	twin.restart()
	meet(t, twin, b)
	fresh := twin.create("fresh", 100)
	until(t, "b sees what is new", func() bool { return b.sees(fresh) }, b)
	// It may hear of what the other run said last, while this one was set aside.
	if got := twin.Twins(); got.Both || got.Aside {
		t.Errorf("alone again: %+v", got)
	}
}

// TestCopyBecomesADevice gives a copy of a device a name of its own, and pairs
// it.
func TestCopyBecomesADevice(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	d := sharedFiles(t, a, b, 1)[0]
	a.stop()
	twin := newDevice(t, a.net, "twin")
	twin.stop()
	for to, from := range map[string]string{twin.opts.Dir: a.opts.Dir, twin.opts.Library: a.opts.Library} {
		must(t, os.RemoveAll(to))
		must(t, os.CopyFS(to, os.DirFS(from)))
	}
	a.start()
	twin.start()
	pair(t, b, twin)
	until(t, "all three hold it", func() bool { return b.holds(a, d) && b.holds(b, d) && b.holds(twin, d) && a.holds(twin, d) }, a, b)
	if got := len(b.Devices()); got != 3 {
		t.Errorf("%d devices", got)
	}
	for _, x := range []*device{a, twin} {
		if got := x.Twins(); got != (Twins{}) {
			t.Errorf("%s: %+v", x.opts.Name, got)
		}
	}
}

// TestOldHome starts a device with the state that it had some time ago, as a
// backup brings it back, with its library or without: nothing is lost, all
// agree, and it is noticed.
func TestOldHome(t *testing.T) {
	t.Parallel()
	for name, dirs := range map[string]func(o *Options) []string{
		"state":             func(o *Options) []string { return []string{o.Dir} },
		"state and library": func(o *Options) []string { return []string{o.Dir, o.Library} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := newPair(t)
			testOldHome(t, a, b, dirs(&a.opts))
		})
	}
}

func testOldHome(t *testing.T, a, b *device, dirs []string) {
	t.Helper()
	ctx := testContext(t)
	shared := sharedFiles(t, a, b, 3)
	a.stop()
	copied := make(map[string]string)
	for _, dir := range dirs {
		copied[dir] = filepath.Join(t.TempDir(), "copy")
		must(t, os.CopyFS(copied[dir], os.DirFS(dir)))
	}
	a.start()
	meet(t, a, b)
	late, gone := a.create("late", 2000), a.create("gone", 2000)
	until(t, "b sees them", func() bool { return b.sees(late) && b.sees(gone) }, b)
	must(t, b.SaveAll(ctx, []Digest{late, gone}, nil))
	must(t, b.Delete(ctx, gone, shared[0]))
	until(t, "deleted on a", func() bool { return !a.blobs.Has(gone) && !a.blobs.Has(shared[0]) }, a)
	until(t, "b knows", func() bool { return b.holds(a, late) && b.holds(b, late) && !b.holds(a, gone) }, b)
	if got := a.Twins(); got != (Twins{}) {
		t.Errorf("before: %+v", got)
	}

	a.stop()
	for dir, from := range copied {
		must(t, os.RemoveAll(dir))
		must(t, os.CopyFS(dir, os.DirFS(from)))
	}
	a.start()
	meet(t, a, b)
	fresh := a.create("fresh", 2000)
	until(t, "all are on both, and both agree", func() bool {
		for _, d := range append(shared[1:], late) {
			if !a.blobs.Has(d) || !b.blobs.Has(d) || !b.holds(a, d) {
				return false
			}
		}
		for _, d := range append(shared, late, gone, fresh) {
			ra, _, _ := a.mirror.file(d)
			rb, _, _ := b.mirror.file(d)
			if !reflect.DeepEqual(ra, rb) {
				return false
			}
		}
		return true
	}, a, b)
	if a.sees(gone) || a.sees(shared[0]) {
		t.Error("what was deleted is back")
	}
	// The old state may have taken bytes out of the trash before it heard of the deletion.
	until(t, "what was deleted is in the trash again", func() bool { return !a.blobs.Has(gone) && !a.blobs.Has(shared[0]) }, a)
	until(t, "it is noticed", func() bool { return !a.Twins().Heard.IsZero() }, a)
	if got := a.Twins(); got.Both || got.Aside {
		t.Errorf("alone: %+v", got)
	}
	if left, err := filepath.Glob(filepath.Join(a.opts.Library, "2024", "*", "*")); err != nil || len(left) != 4 {
		t.Errorf("in the library: %v, %v", left, err)
	}
	_, err := a.Check(ctx, CheckOptions{ReadData: true}, func(p Problem) { t.Errorf("problem: %+v", p) })
	must(t, err)
}
