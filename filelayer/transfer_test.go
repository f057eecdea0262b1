package filelayer

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
)

// lie makes a device send other bytes for its files.
func (d *device) lie(change func([]byte) []byte) {
	d.t.Helper()
	for _, e := range d.Entries() {
		if !e.Here() {
			continue
		}
		data, err := os.ReadFile(e.Path)
		must(d.t, err)
		fi, err := os.Stat(e.Path)
		must(d.t, err)
		must(d.t, os.Chmod(e.Path, 0o600))
		must(d.t, os.WriteFile(e.Path, change(bytes.Clone(data)), 0o600))
		must(d.t, os.Chtimes(e.Path, fi.ModTime(), fi.ModTime()))
	}
}

func flip(data []byte) []byte {
	data[len(data)/2] ^= 1
	return data
}

func TestWrongBytesAreNeverKept(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	c := a.invite("c")
	ctx := testContext(t)
	d := a.create("photo", 200_000)
	until(t, "c sees it", func() bool { return c.sees(d) }, c)
	a.lie(flip)

	if _, err := c.Save(ctx, d); !errors.Is(err, ErrCorrupt) {
		t.Fatalf("Save of wrong bytes = %v", err)
	}
	if e := c.entry(d); e.Here() || e.Holders[c.id].Holds() {
		t.Fatalf("wrong bytes were kept: %+v", e)
	}
	faults := c.Faults()
	if len(faults) == 0 || faults[0].Device != a.id || faults[0].Digest != d {
		t.Fatalf("Faults = %+v", faults)
	}
	if got := c.Transfers(); len(got) != 1 || got[0].Err == "" {
		t.Errorf("Transfers = %+v", got)
	}

	// A right copy elsewhere is found, though the liar comes first.
	_, err := b.Create(ctx, bytes.NewReader(photo("photo", 200_000)), Metadata{Name: "again.jpg"})
	must(t, err)
	until(t, "c knows the copy of b", func() bool { return c.holds(b, d) && c.Online(b.id) }, c)
	_, err = c.Save(ctx, d)
	must(t, err)
	c.wantBytes(d, photo("photo", 200_000))
}

func TestSaveWaitsForAHolder(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := a.show(b, "photo", 5000)
	a.net.part(a, b, true)
	if _, err := b.Fetch(ctx, d); !errors.Is(err, ErrNoHolder) {
		t.Fatalf("Fetch = %v", err)
	}
	if _, err := b.Save(ctx, d); !errors.Is(err, ErrNoHolder) {
		t.Fatalf("Save = %v", err)
	}
	if b.Queue() != 1 {
		t.Fatalf("Queue = %d", b.Queue())
	}
	b.restart() // the wish survives
	until(t, "b waits again", func() bool { return b.Queue() == 1 }, b)
	a.net.part(a, b, false)
	until(t, "b has fetched it", func() bool { return b.entry(d).Here() && b.holds(b, d) }, b)
	until(t, "the queue is empty", func() bool { return b.Queue() == 0 && len(b.Transfers()) == 0 }, b)

	if _, err := b.Fetch(ctx, Digest{1}); !errors.Is(err, ErrNotFound) {
		t.Errorf("Fetch of nothing = %v", err)
	}
	if _, err := b.Save(ctx, Digest{1}); !errors.Is(err, ErrNotFound) {
		t.Errorf("Save of nothing = %v", err)
	}
}

func TestUnsaveTakesBackAWish(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := a.show(b, "photo", 5000)
	if err := b.Unsave(ctx, d); !errors.Is(err, ErrNotFound) {
		t.Fatalf("Unsave of no copy = %v", err)
	}
	a.net.part(a, b, true)
	must(t, b.Want(ctx, d))
	must(t, b.Unsave(ctx, d))
	until(t, "nothing is wanted", func() bool { return b.Queue() == 0 }, b)
}

// TestRestartResumesTheQueue stops a device while it fetches.
func TestRestartResumesTheQueue(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	var ds []Digest
	for i := range 60 {
		ds = append(ds, a.create("photo"+strconv.Itoa(i), 20_000))
	}
	until(t, "b sees all", func() bool { return len(b.Entries()) == len(ds) }, b)
	must(t, b.Want(ctx, ds...))
	until(t, "b has some", func() bool {
		for _, d := range ds {
			if b.entry(d).Here() {
				return true
			}
		}
		return false
	}, b)
	b.restart()
	until(t, "b has all", func() bool {
		for _, d := range ds {
			if !b.entry(d).Here() || !b.holds(b, d) {
				return false
			}
		}
		return b.Queue() == 0
	}, b)
	result, err := b.Check(ctx, CheckOptions{ReadData: true}, func(p Problem) { t.Errorf("problem: %+v", p) })
	must(t, err)
	if result.Files != len(ds) || result.Bytes != int64(len(ds))*20_000 {
		t.Errorf("Check = %+v", result)
	}
}

func TestFullDiskIsSaid(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	huge := Digest{7}
	must(t, a.amend(ctx, []Digest{huge}, func(_ Digest, r *fileRecord, _ bool) bool {
		*r = fileRecord{
			Name: "huge.mov", Size: 1 << 60, Type: "video/quicktime", Added: a.stampNow(),
			Devices: map[string]holding{a.id: {Saved: true, N: 1, Verified: 1}, b.id: {Saved: false, N: 1}},
		}
		return true
	}))
	until(t, "b sees it", func() bool { return b.sees(huge) }, b)
	must(t, b.amend(ctx, []Digest{huge}, func(_ Digest, r *fileRecord, _ bool) bool {
		r.Devices[a.id] = holding{Saved: true, N: 1 << 40, Verified: 1} // a corrects its own claim
		return true
	}))
	if _, err := b.Save(ctx, huge); !errors.Is(err, ErrNoSpace) {
		t.Fatalf("Save = %v, want ErrNoSpace", err)
	}
	got := b.Transfers()
	if len(got) != 1 || !strings.Contains(got[0].Err, "space") {
		t.Fatalf("Transfers = %+v", got)
	}
	d := a.create("small", 100)
	until(t, "b sees the small one", func() bool { return b.sees(d) }, b)
	_, err := b.Save(ctx, d) // others go on
	must(t, err)
}
