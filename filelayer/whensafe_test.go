package filelayer

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"
)

func (d *device) waits(digest Digest) bool {
	_, waits := d.Waiting(digest)
	return waits
}

// wait asks for a removal that must be refused for now.
func (d *device) wait(digest Digest) {
	d.t.Helper()
	waits, err := d.UnsaveWhenSafe(testContext(d.t), digest)
	must(d.t, err)
	if w, ok := d.Waiting(digest); !waits || !ok || w.Missing == "" || w.Asked.IsZero() || !d.blobs.Has(digest) {
		d.t.Fatalf("waits = %t, %+v, here %t", waits, w, d.blobs.Has(digest))
	}
}

// TestRemovedOnceItIsSafe by a device that comes online, after a restart, and by
// a copy that is made elsewhere.
func TestRemovedOnceItIsSafe(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	shared := sharedFiles(t, a, b, 2)
	only := a.show(b, "only", 500)
	if waits, err := a.UnsaveWhenSafe(testContext(t), shared[1]); waits || err != nil || a.blobs.Has(shared[1]) {
		t.Fatalf("what is safe now: waits %t, %v", waits, err)
	}
	b.stop()
	until(t, "b is away", func() bool { return !a.Online(b.id) }, a)
	a.wait(shared[0])
	a.wait(only)
	a.restart()
	if !a.waits(shared[0]) || !a.waits(only) || a.WaitingCount() != 2 {
		t.Fatal("a restart forgot what waits")
	}
	b.start()
	meet(t, a, b)
	until(t, "b has proved its copy", func() bool { return !a.blobs.Has(shared[0]) && !a.waits(shared[0]) }, a)
	r := a.wantLogged(shared[0], "when-safe")[0]
	if len(r.Leases) != 1 || r.Leases[0].Device != b.id {
		t.Errorf("relied on %+v", r.Leases)
	}
	if !a.blobs.Has(only) || !a.waits(only) {
		t.Fatal("the last copy went")
	}
	_, err := b.Save(testContext(t), only)
	must(t, err)
	until(t, "b has made a copy", func() bool { return !a.blobs.Has(only) && a.WaitingCount() == 0 }, a)
	a.restart()
	if a.WaitingCount() != 0 {
		t.Error("what is over waits again")
	}
}

// TestAWaitingRemovalForcesNothing and is over once the person wants the file.
func TestAWaitingRemovalForcesNothing(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	ds := sharedFiles(t, a, b, 3)
	a.proofs, a.lease = 1, func(context.Context, string, string, Entry) (proof, error) { return proof{}, ErrMissing }
	for _, d := range ds {
		a.wait(d)
		a.tryWhenSafe(ctx, d)
		if w, ok := a.Waiting(d); !ok || !strings.Contains(w.Missing, "0 of 1") || !a.blobs.Has(d) {
			t.Fatalf("without a proof: %+v, here %t", w, a.blobs.Has(d))
		}
	}
	must(t, a.CancelUnsave(ds...))
	a.restart() // and now b would prove its copies
	meet(t, a, b)
	takeBack := map[string]func(Digest) error{
		"save": func(d Digest) error {
			_, err := a.Save(ctx, d)
			return err
		},
		"cancel": func(d Digest) error { return a.CancelUnsave(d) },
		"restore": func(d Digest) error {
			must(t, a.Delete(ctx, d))
			return a.Restore(ctx, d)
		},
	}
	for i, how := range []string{"save", "cancel", "restore"} {
		d := ds[i]
		a.net.part(a, b, true)
		until(t, "b is away", func() bool { return !a.Online(b.id) }, a)
		a.wait(d)
		must(t, takeBack[how](d))
		until(t, how+" takes it back", func() bool { return !a.waits(d) && a.entry(d).Here() && a.holds(a, d) }, a)
		a.net.part(a, b, false)
		meet(t, a, b)
		a.tryWhenSafe(ctx, d)
		if a.wantLogged(d, map[string]string{"restore": "delete restore"}[how]); !a.blobs.Has(d) {
			t.Errorf("%s: gone all the same", how)
		}
	}
}

// TestTakenBackWhileItIsProved: what comes between the proof and the removal
// counts.
func TestTakenBackWhileItIsProved(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	d := sharedFiles(t, a, b, 1)[0]
	ask := a.lease
	a.lease = func(ctx context.Context, id, removal string, e Entry) (proof, error) {
		granted, err := ask(ctx, id, removal, e)
		must(t, a.CancelUnsave(d))
		return granted, err
	}
	added := a.entry(d).Added
	must(t, a.whenSafe.put(d, waitingFile{Asked: toMillis(time.Now()), Added: stamp{added.By, toMillis(added.At)}}))
	a.tryWhenSafe(testContext(t), d)
	if !a.blobs.Has(d) || b.blobs.Leased(d) {
		t.Errorf("here %t, b bound %t", a.blobs.Has(d), b.blobs.Leased(d))
	}
}

func TestDamagedWaitingRemovalsAreForgotten(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	d := a.create("photo", 500)
	a.wait(d)
	a.stop()
	must(t, os.WriteFile(a.whenSafe.path, []byte(`{"12`), 0o600))
	a.start()
	if a.WaitingCount() != 0 || !a.blobs.Has(d) {
		t.Errorf("%d wait", a.WaitingCount())
	}
	a.wait(d)
}
