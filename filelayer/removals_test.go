package filelayer

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// logged returns the lines of the log about one file, in words.
func (d *device) logged(digest Digest) []Removal {
	d.t.Helper()
	var out []Removal
	for r, err := range d.Removals(time.Time{}) {
		must(d.t, err)
		if r.Digest == digest {
			out = append(out, r)
		}
	}
	return out
}

func whats(all []Removal) string {
	var out []string
	for _, r := range all {
		out = append(out, r.What)
	}
	return strings.Join(out, " ")
}

func (d *device) wantLogged(digest Digest, want string) []Removal {
	d.t.Helper()
	all := d.logged(digest)
	if got := whats(all); got != want {
		d.t.Errorf("%s logged %q, want %q", d.opts.Name, got, want)
	}
	return all
}

func TestEveryRemovalIsLogged(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	begun := time.Now().Truncate(time.Millisecond)
	ds := sharedFiles(t, a, b, 3)
	only := a.create("only", 700)

	if err := a.Unsave(ctx, only); !errors.Is(err, ErrLastCopy) {
		t.Fatalf("Unsave = %v", err)
	}
	a.wantLogged(only, "") // nothing was removed
	must(t, a.ForceUnsave(ctx, only))
	_, err := a.Save(ctx, only)
	must(t, err)
	forced := a.wantLogged(only, "force restore")[0]
	if forced.By != a.id || len(forced.Leases) != 0 || forced.Name != "only.jpg" || forced.Size != 700 {
		t.Errorf("forced: %+v", forced)
	}

	must(t, a.Unsave(ctx, ds[0]))
	r := a.wantLogged(ds[0], "unsave")[0]
	if r.By != a.id || r.ByName != "a" || r.Time.Before(begun) || len(r.Leases) != 1 {
		t.Fatalf("unsaved: %+v", r)
	}
	if lease := r.Leases[0]; lease.Device != b.id || lease.Name != "b" || lease.Verified.Before(begun) ||
		lease.Until.Sub(r.Time) < leaseTime-time.Minute {
		t.Errorf("relied on %+v", lease)
	}

	must(t, b.Delete(ctx, ds[1]))
	until(t, "a follows", func() bool { return a.entry(ds[1]).Deleted != nil && !a.blobs.Has(ds[1]) }, a)
	if r := a.wantLogged(ds[1], "delete")[0]; r.By != b.id || r.ByName != "b" {
		t.Errorf("deleted: %+v", r)
	}
	must(t, b.Restore(ctx, ds[1]))
	until(t, "it is back", func() bool { return a.entry(ds[1]).Here() && b.entry(ds[1]).Here() }, a, b)
	if r := a.wantLogged(ds[1], "delete restore")[1]; r.By != b.id {
		t.Errorf("restored: %+v", r)
	}

	must(t, a.purge(ctx, -time.Minute))
	a.wantLogged(ds[0], "unsave purge")
	for r, err := range a.Removals(time.Now().Add(time.Hour)) {
		t.Errorf("in an hour: %+v, %v", r, err)
	}
}

// TestNothingGoesWithoutItsLine: the line is on the disk before the bytes move,
// and says so when they then could not be moved.
func TestNothingGoesWithoutItsLine(t *testing.T) {
	t.Parallel()
	removals := map[string]func(*device, Digest) error{
		"unsave": func(a *device, d Digest) error { return a.ForceUnsave(testContext(a.t), d) },
		"delete": func(a *device, d Digest) error { return a.Delete(testContext(a.t), d) },
	}
	for name, remove := range removals {
		t.Run(name+" without a log", func(t *testing.T) {
			t.Parallel()
			a := newDevice(t, newOverlay(), "a")
			d := a.create("photo", 500)
			must(t, os.Mkdir(a.removals.path, 0o700))
			if err := remove(a, d); err == nil || !strings.Contains(err.Error(), "log of removals") {
				t.Errorf("err = %v", err)
			}
			if !a.blobs.Has(d) {
				t.Error("bytes went without a line")
			}
			must(t, os.Remove(a.removals.path))
			must(t, remove(a, d))
			if len(a.logged(d)) != 1 || a.blobs.Has(d) {
				t.Errorf("then: %s, here %t", whats(a.logged(d)), a.blobs.Has(d))
			}
		})
	}
	t.Run("no trash", func(t *testing.T) {
		t.Parallel()
		ctx := testContext(t)
		a := newDevice(t, newOverlay(), "a")
		unsaved, deleted := a.create("unsaved", 500), a.create("deleted", 500)
		trash := filepath.Join(a.opts.Library, ".paul", "trash")
		must(t, os.RemoveAll(trash))
		must(t, os.WriteFile(trash, nil, 0o600)) // where the folder should be
		for range 2 {
			if err := a.ForceUnsave(ctx, unsaved); err == nil {
				t.Fatal("moved to a trash that is none")
			}
			if err := a.Delete(ctx, deleted); err == nil {
				t.Fatal("moved to a trash that is none")
			}
		}
		if last := a.wantLogged(unsaved, "force kept force kept")[3]; last.Error == "" {
			t.Errorf("kept for no reason: %+v", last)
		}
		a.wantLogged(deleted, "delete") // once, however often it is tried
		must(t, a.Restore(ctx, deleted))
		until(t, "it stays", func() bool { return len(a.logged(deleted)) == 2 }, a)
		a.wantLogged(deleted, "delete kept")
	})
}

// TestAfterACrashTheLogIsTrue whether or not the bytes had been moved when it
// came, and though it cut off a line.
func TestAfterACrashTheLogIsTrue(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	stayed, gone, back := a.create("stayed", 500), a.create("gone", 500), a.create("back", 500)
	must(t, a.ForceUnsave(testContext(t), gone))
	must(t, a.ForceUnsave(testContext(t), back))
	a.create("back", 500) // imported again
	e := a.entry(stayed)
	a.restartWith(func() {
		must(t, a.removals.add(a.removalOf(RemovedUnsaved, e, a.id)))
		f, err := os.OpenFile(a.removals.path, os.O_APPEND|os.O_WRONLY, 0)
		must(t, err)
		_, err = f.WriteString(`{"time":"2026-`)
		must(t, errors.Join(err, f.Close(), a.removals.close()))
	})
	if last := a.wantLogged(stayed, "unsave kept")[1]; !strings.Contains(last.Error, "stopped") {
		t.Errorf("kept: %+v", last)
	}
	a.wantLogged(gone, "force")
	a.wantLogged(back, "force")
	must(t, a.ForceUnsave(testContext(t), stayed))
	a.restart()
	a.wantLogged(stayed, "unsave kept force")
}

func TestRemovalLogIsBounded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g := newRemovalLog(filepath.Join(dir, "removals.jsonl"))
	g.most = 2000
	var want []string
	for i := range 200 {
		name := fmt.Sprintf("photo%d.jpg", i)
		want = append(want, name)
		must(t, g.add(Removal{Time: time.Now(), What: RemovedUnsaved, Name: name}))
		if i == 100 { // as after a restart
			must(t, g.close())
		}
	}
	must(t, g.close())
	left, err := os.ReadDir(dir)
	must(t, err)
	var size int64
	for _, f := range left {
		info, err := f.Info()
		must(t, err)
		size += info.Size()
	}
	if len(left) != removalOlder+1 || size > (removalOlder+1)*g.most {
		t.Errorf("%d files of %d bytes", len(left), size)
	}
	var got []string
	must(t, g.each(func(r Removal) bool {
		got = append(got, r.Name)
		return true
	}))
	if len(got) < 20 || !slices.Equal(got, want[len(want)-len(got):]) {
		t.Errorf("%d lines are left: %v", len(got), got)
	}
}
