package filelayer

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
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
	if e := c.entry(d); e.Here() || e.Holders.Of(c.id).Holds() {
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
			Name: "huge.mov", Size: maxSize, Type: "video/quicktime", Added: a.stampNow(),
			Devices: ByDevice(map[string]holding{a.id: {Saved: true, N: 1, Verified: 1}, b.id: {Saved: false, N: 1}}),
		}
		return true
	}))
	until(t, "b sees it", func() bool { return b.sees(huge) }, b)
	must(t, b.amend(ctx, []Digest{huge}, func(_ Digest, r *fileRecord, _ bool) bool {
		r.Devices.Set(a.id, holding{Saved: true, N: 1 << 40, Verified: 1}) // a corrects its own claim
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

// TestOddFilesTravel: a file is its bytes, whatever it is called and holds.
func TestOddFilesTravel(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	tests := []struct {
		name string
		data []byte
		as   string // its name in the library
	}{
		{"empty.jpg", nil, "empty.jpg"},
		{"no photo.jpg", []byte("<html>not a photo"), "no photo.jpg"},
		{"photo.txt", append([]byte("\xff\xd8\xff\xe0"), photo("jpeg", 900)...), "photo.txt"},
		{"../../outside.jpg", []byte("up"), "outside.jpg"},
		{`C:\windows\system.jpg`, []byte("back"), "system.jpg"},
		{"..", []byte("dots"), "unnamed"},
		{"", []byte("nameless"), "unnamed"},
		{"line\nbreak\x00.jpg", []byte("control"), "line_break_.jpg"},
		{"broken \xff.jpg", []byte("no UTF-8"), "broken _.jpg"},
		{strings.Repeat("long ", 100) + ".jpeg", []byte("long"), strings.Repeat("long ", 50) + ".jpeg"},
	}
	var ds []Digest
	for _, tt := range tests {
		e, err := a.Create(ctx, bytes.NewReader(tt.data), Metadata{Name: tt.name})
		must(t, err)
		if e.Name != tt.as || e.Size != int64(len(tt.data)) || e.Digest != digestOf(tt.data) {
			t.Errorf("Create(%q) = %+v, want the name %q", tt.name, e, tt.as)
		}
		ds = append(ds, e.Digest)
	}
	until(t, "b sees all", func() bool { return len(b.Entries()) == len(tests) }, b)
	must(t, b.SaveAll(ctx, ds, nil))
	for i, d := range ds {
		b.wantBytes(d, tests[i].data)
		if rel, err := filepath.Rel(b.opts.Library, b.entry(d).Path); err != nil || !filepath.IsLocal(rel) {
			t.Errorf("%q is at %s", tests[i].name, b.entry(d).Path)
		}
	}
	until(t, "a knows the copies of b", func() bool {
		return !slices.ContainsFunc(ds, func(d Digest) bool { return !a.holds(b, d) })
	}, a)
	for _, d := range ds {
		must(t, a.Unsave(ctx, d))
	}
}

// TestReadOnlyLibrary: what is there is read and served, and nothing else is
// promised until the folder can be written to again.
func TestReadOnlyLibrary(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("root writes everywhere")
	}
	a, b := newPair(t)
	ctx := testContext(t)
	ds := sharedFiles(t, a, b, 2)
	unsaved, deleted := ds[0], ds[1]
	wanted := a.show(b, "wanted", 3000)
	var folders []string
	must(t, filepath.WalkDir(b.opts.Library, func(p string, e os.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			folders = append(folders, p)
		}
		return err
	}))
	allow := func(mode os.FileMode) {
		for _, p := range folders {
			must(t, os.Chmod(p, mode))
		}
	}
	allow(0o500)
	t.Cleanup(func() { allow(0o700) })

	if _, err := b.Create(ctx, strings.NewReader("new"), Metadata{Name: "new.jpg"}); !errors.Is(err, ErrReadOnly) {
		t.Errorf("Create = %v", err)
	}
	if _, err := b.Save(ctx, wanted); !errors.Is(err, ErrReadOnly) {
		t.Errorf("Save = %v", err)
	}
	if err := b.Unsave(ctx, unsaved); !errors.Is(err, ErrReadOnly) {
		t.Errorf("Unsave = %v", err)
	}
	if err := b.Delete(ctx, deleted); !errors.Is(err, ErrReadOnly) {
		t.Errorf("Delete = %v", err)
	}
	if len(b.Faults()) != 0 || len(b.Entries()) != 2 {
		t.Errorf("faults %v, %d entries", b.Faults(), len(b.Entries()))
	}
	if !b.blobs.Has(unsaved) || !b.blobs.Has(deleted) || a.blobs.Leased(unsaved) {
		t.Error("a copy is gone, or a is bound for nothing")
	}
	until(t, "b claims what it could not remove", func() bool { return b.holds(b, unsaved) }, b)
	b.wantBytes(unsaved, photo("shared0", 1000))
	b.restart()
	meet(t, a, b)
	must(t, a.Unsave(ctx, unsaved)) // relying on b
	a.wantBytes(unsaved, photo("shared0", 1000))

	allow(0o700)
	_, err := b.Save(ctx, wanted)
	must(t, err)
	b.stirred.add(deleted) // or after settleRetry
	until(t, "the deleted one follows", func() bool { return !b.blobs.Has(deleted) && b.blobs.InTrash(deleted) }, b)
}
