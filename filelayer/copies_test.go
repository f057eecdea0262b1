package filelayer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
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
	o := newOverlay()
	a, b, c := newDevice(t, o, "a"), newDevice(t, o, "b"), newDevice(t, o, "c")
	pair(t, a, b)
	pair(t, a, c)
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
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	pair(t, a, b)
	ctx := testContext(t)
	d := a.create("photo", 5000)
	until(t, "b sees it", func() bool { return b.sees(d) }, b)
	o.part(a, b, true)
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
	o.part(a, b, false)
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
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	pair(t, a, b)
	ctx := testContext(t)
	d := a.create("photo", 5000)
	until(t, "b sees it", func() bool { return b.sees(d) }, b)
	if err := b.Unsave(ctx, d); !errors.Is(err, ErrNotFound) {
		t.Fatalf("Unsave of no copy = %v", err)
	}
	o.part(a, b, true)
	must(t, b.Want(ctx, d))
	must(t, b.Unsave(ctx, d))
	until(t, "nothing is wanted", func() bool { return b.Queue() == 0 }, b)
}

// TestRestartResumesTheQueue stops a device while it fetches.
func TestRestartResumesTheQueue(t *testing.T) {
	t.Parallel()
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	pair(t, a, b)
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

func TestUnsaveNeedsAProof(t *testing.T) {
	t.Parallel()
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	pair(t, a, b)
	share := func(t *testing.T, name string) Digest {
		t.Helper()
		d := a.create(name, 5000)
		until(t, "b sees it", func() bool { return b.sees(d) }, b)
		_, err := b.Save(testContext(t), d)
		must(t, err)
		until(t, "a knows the copy of b", func() bool { return a.holds(b, d) }, a)
		return d
	}
	refused := func(t *testing.T, d Digest, want error) {
		t.Helper()
		var copies *CopiesError
		if err := a.Unsave(testContext(t), d); !errors.Is(err, want) || !errors.As(err, &copies) || len(copies.Answers) == 0 {
			t.Fatalf("Unsave = %v, want %v", err, want)
		}
		if !a.entry(d).Here() || !a.blobs.Has(d) {
			t.Fatal("refused, and removed all the same")
		}
	}
	t.Run("holder offline", func(t *testing.T) {
		d := share(t, "offline")
		o.part(a, b, true)
		defer o.part(a, b, false)
		refused(t, d, ErrUnverified)
	})
	t.Run("holder lost its file", func(t *testing.T) {
		until(t, "online again", func() bool { return a.Online(b.id) }, a, b)
		d := share(t, "lost")
		must(t, os.Remove(b.entry(d).Path))
		refused(t, d, ErrUnverified)
		until(t, "b fetches it again", func() bool { return b.entry(d).Here() && b.Queue() == 0 }, b)
		until(t, "a knows again", func() bool { return a.holds(b, d) }, a)
		must(t, a.Unsave(testContext(t), d))
	})
	t.Run("old proof of a rotten file", func(t *testing.T) {
		d := share(t, "rotten")
		b.lie(flip)
		b.skew.Store(int64(proofSmall + time.Hour))
		defer b.skew.Store(0)
		refused(t, d, ErrUnverified)
	})
	t.Run("forced", func(t *testing.T) {
		d := a.create("forced", 5000)
		refused(t, d, ErrLastCopy)
		must(t, a.ForceUnsave(testContext(t), d))
		if a.entry(d).Here() {
			t.Fatal("still here")
		}
		_, err := a.Save(testContext(t), d) // out of the trash
		must(t, err)
		a.wantBytes(d, photo("forced", 5000))
	})
}

func TestUnsaveNeedsAsManyCopiesAsAsked(t *testing.T) {
	t.Parallel()
	o := newOverlay()
	a := newDevice(t, o, "a", func(o *Options) { o.Copies = 2 })
	b, c := newDevice(t, o, "b"), newDevice(t, o, "c")
	pair(t, a, b)
	pair(t, a, c)
	ctx := testContext(t)
	d := a.create("photo", 5000)
	until(t, "b and c see it", func() bool { return b.sees(d) && c.sees(d) }, b, c)
	_, err := b.Save(ctx, d)
	must(t, err)
	until(t, "a knows the copy of b", func() bool { return a.holds(b, d) }, a)
	if err := a.Unsave(ctx, d); !errors.Is(err, ErrLastCopy) {
		t.Fatalf("Unsave with one copy elsewhere = %v", err)
	}
	_, err = c.Save(ctx, d)
	must(t, err)
	until(t, "a knows the copy of c", func() bool { return a.holds(c, d) }, a)
	must(t, a.Unsave(ctx, d))
}

// mutual lets two devices unsave the same file at once, and counts the copies
// that are left.
func mutual(t *testing.T, a, b *device, d Digest) int {
	t.Helper()
	ctx := testContext(t)
	var wg sync.WaitGroup
	for _, x := range []*device{a, b} {
		wg.Go(func() {
			err := x.Unsave(ctx, d)
			if err != nil && !errors.Is(err, ErrUnverified) && !errors.Is(err, ErrLastCopy) && !errors.Is(err, ErrLeased) {
				t.Errorf("Unsave = %v", err)
			}
		})
	}
	wg.Wait()
	left := 0
	for _, x := range []*device{a, b} {
		if x.blobs.Has(d) {
			left++
		}
	}
	return left
}

func sharedFiles(t *testing.T, a, b *device, n int) []Digest {
	t.Helper()
	var ds []Digest
	for i := range n {
		ds = append(ds, a.create("shared"+strconv.Itoa(i), 1000+i))
	}
	until(t, "b sees all", func() bool { return len(b.Entries()) == n }, b)
	must(t, b.SaveAll(testContext(t), ds, nil))
	until(t, "a knows the copies of b", func() bool {
		for _, d := range ds {
			if !a.holds(b, d) {
				return false
			}
		}
		return true
	}, a)
	return ds
}

func TestMutualUnsaveKeepsACopy(t *testing.T) {
	t.Parallel()
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	pair(t, a, b)
	for _, d := range sharedFiles(t, a, b, 60) {
		if mutual(t, a, b, d) == 0 {
			t.Fatal("both devices dropped the last copy")
		}
	}
}

// TestWithoutLeasesACopyIsLost proves that the test above can fail: believing
// the records instead of asking loses files.
func TestWithoutLeasesACopyIsLost(t *testing.T) {
	t.Parallel()
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	pair(t, a, b)
	ds := sharedFiles(t, a, b, 3)
	var both sync.WaitGroup
	both.Add(2)
	believe := func(context.Context, string, Entry) (time.Time, error) {
		both.Done()
		both.Wait() // until the other believes as well
		return time.Now(), nil
	}
	for _, x := range []*device{a, b} {
		x.restartWith(func() { x.lease = believe })
	}
	until(t, "online", func() bool { return a.Online(b.id) && b.Online(a.id) }, a, b)
	if left := mutual(t, a, b, ds[0]); left != 0 {
		t.Errorf("%d copies left: leases are not what keeps them", left)
	}
}

func TestALeaseBindsWhoGrantsIt(t *testing.T) {
	t.Parallel()
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	pair(t, a, b)
	ctx := testContext(t)
	d := sharedFiles(t, a, b, 1)[0]
	verified, err := a.askLease(ctx, b.id, a.entry(d))
	must(t, err)
	if time.Since(verified) > time.Minute {
		t.Errorf("verified at %v", verified)
	}
	b.restart() // a lease survives
	until(t, "both online", func() bool { return a.Online(b.id) && b.Online(a.id) }, a, b)
	if err := b.Unsave(ctx, d); !errors.Is(err, ErrLeased) {
		t.Fatalf("Unsave of a leased copy = %v", err)
	}
	if err := b.ForceUnsave(ctx, d); !errors.Is(err, ErrLeased) {
		t.Fatalf("ForceUnsave of a leased copy = %v", err)
	}
	release, err := a.blobs.Dropping(d)
	must(t, err)
	defer release()
	if _, err := b.askLease(ctx, a.id, b.entry(d)); !errors.Is(err, blob.ErrDropping) {
		t.Fatalf("lease of a copy about to go = %v", err)
	}
	wrong := b.entry(d)
	wrong.Size++
	if _, err := b.askLease(ctx, a.id, wrong); !errors.Is(err, ErrMissing) {
		t.Fatalf("lease of another size = %v", err)
	}
	if _, err := b.askLease(ctx, a.id, Entry{Digest: Digest{9}, Size: 1}); !errors.Is(err, ErrNotFound) {
		t.Fatalf("lease of nothing = %v", err)
	}
}

func TestFullDiskIsSaid(t *testing.T) {
	t.Parallel()
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	pair(t, a, b)
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

func TestMissingIsFetchedAgain(t *testing.T) {
	t.Parallel()
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	pair(t, a, b)
	ctx := testContext(t)
	ds := sharedFiles(t, a, b, 3)
	must(t, os.Remove(b.entry(ds[0]).Path))
	b.lieOne(ds[1], flip)
	var found []error
	result, err := b.Check(ctx, CheckOptions{ReadData: true, Repair: true}, func(p Problem) {
		found = append(found, p.Err)
		if !p.Repaired {
			t.Errorf("not repaired: %+v", p)
		}
	})
	must(t, err)
	if result.Files != 3 || result.Problems != 2 || result.Repaired != 2 {
		t.Errorf("Check = %+v, %v", result, found)
	}
	if joined := errors.Join(found...); !errors.Is(joined, ErrMissing) || !errors.Is(joined, ErrCorrupt) {
		t.Errorf("found %v", found)
	}
	for _, d := range ds {
		if e := b.entry(d); !e.Here() || !e.Holders[b.id].Holds() {
			t.Errorf("not healed: %+v", e)
		}
		if _, err := b.blobs.Verify(ctx, d); err != nil {
			t.Error(err)
		}
	}
	if len(a.Deleted())+len(b.Deleted()) != 0 {
		t.Error("absence was taken for deletion")
	}
}

func (d *device) lieOne(digest Digest, change func([]byte) []byte) {
	d.t.Helper()
	path := d.entry(digest).Path
	data, err := os.ReadFile(path)
	must(d.t, err)
	fi, err := os.Stat(path)
	must(d.t, err)
	must(d.t, os.Chmod(path, 0o600))
	must(d.t, os.WriteFile(path, change(data), 0o600))
	must(d.t, os.Chtimes(path, fi.ModTime(), fi.ModTime()))
}

// TestUnmountedLibraryLosesNothing takes the library's disk away.
func TestUnmountedLibraryLosesNothing(t *testing.T) {
	t.Parallel()
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	pair(t, a, b)
	ctx := testContext(t)
	d := sharedFiles(t, a, b, 1)[0]
	away := b.opts.Library + "-away"
	must(t, os.Rename(b.opts.Library, away))
	if _, err := b.Check(ctx, CheckOptions{}, nil); !errors.Is(err, ErrNotMounted) {
		t.Fatalf("Check = %v", err)
	}
	if err := b.Unsave(ctx, d); err == nil {
		t.Fatal("Unsave without a library succeeded")
	}
	if err := a.Unsave(ctx, d); !errors.Is(err, ErrUnverified) {
		t.Fatalf("Unsave relying on an unmounted library = %v", err)
	}
	must(t, os.Rename(away, b.opts.Library))
	result, err := b.Check(ctx, CheckOptions{ReadData: true}, func(p Problem) { t.Errorf("problem: %+v", p) })
	must(t, err)
	if result.Files != 1 {
		t.Errorf("Check = %+v", result)
	}
}

// TestCrashBetweenBlobAndRecord finds bytes without a record at the next start.
func TestCrashBetweenBlobAndRecord(t *testing.T) {
	t.Parallel()
	d := newDevice(t, newOverlay(), "a")
	kept := d.create("kept", 100)
	orphan, data := digestOf(photo("orphan", 100)), photo("orphan", 100)
	batch := d.blobs.NewBatch()
	_, err := batch.Put(testContext(t), bytes.NewReader(data), blob.Meta{Name: "orphan.jpg"})
	must(t, err)
	must(t, batch.Commit(testContext(t)))
	d.restart()
	until(t, "the orphan has a record", func() bool { return d.sees(orphan) && d.holds(d, orphan) }, d)
	if e := d.entry(orphan); e.Name != "orphan.jpg" || e.Size != 100 || e.Type != "image/jpeg" {
		t.Errorf("entry = %+v", e)
	}
	if got := d.create("orphan", 100); got != orphan || len(d.Entries()) != 2 {
		t.Errorf("import again: %d entries", len(d.Entries()))
	}
	files := 0
	must(t, filepath.WalkDir(d.opts.Library, func(path string, _ os.DirEntry, err error) error {
		if filepath.Ext(path) == ".jpg" {
			files++
		}
		return err
	}))
	if files != 2 || !d.sees(kept) {
		t.Errorf("%d files in the library", files)
	}
}

// TestRecordWithoutBlobIsCorrected starts after files have vanished.
func TestRecordWithoutBlobIsCorrected(t *testing.T) {
	t.Parallel()
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	pair(t, a, b)
	d := sharedFiles(t, a, b, 1)[0]
	only := b.create("only here", 100)
	path, onlyPath := b.entry(d).Path, b.entry(only).Path
	b.stop()
	must(t, os.Remove(path))
	must(t, os.Remove(onlyPath))
	b.start()
	until(t, "b has it again", func() bool { return b.entry(d).Here() && b.holds(b, d) }, b)
	until(t, "the lost one is no copy", func() bool { return !b.holds(b, only) && b.Queue() == 1 }, b)
	if !b.sees(only) {
		t.Error("a missing file was taken for deleted")
	}
}

func TestHandlePeer(t *testing.T) {
	t.Parallel()
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	a.stop()
	a.open()
	a.HandlePeer("/thumb/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "for "+r.URL.Path)
	}))
	a.run()
	ctx := testContext(t)
	if _, err := b.PeerGet(ctx, a.id, "/thumb/x"); !errors.Is(err, ErrNotPaired) {
		t.Fatalf("PeerGet of a stranger = %v", err)
	}
	pair(t, a, b)
	resp, err := b.PeerGet(ctx, a.id, "/thumb/x")
	must(t, err)
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	must(t, err)
	if string(got) != "for /thumb/x" {
		t.Errorf("got %q", got)
	}
}

// TestStrangersAndPeersAreHeldToTheirRights asks the peer service for what it
// must not give.
func TestStrangersAndPeersAreHeldToTheirRights(t *testing.T) {
	t.Parallel()
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	pair(t, a, b)
	d := a.create("photo", 100)
	stranger := newDevice(t, o, "stranger")
	must(t, a.node.Admit(stranger.id)) // even if the overlay lets it in
	must(t, stranger.node.Admit(a.id))
	tests := []struct {
		name         string
		from         *device
		method, path string
		status       int
	}{
		{"stranger's blob", stranger, "GET", "/blob/" + d.String(), 403},
		{"stranger's database", stranger, "GET", "/db/files/_changes", 403},
		{"stranger's lease", stranger, "POST", "/lease/" + d.String(), 403},
		{"blob", b, "GET", "/blob/" + d.String(), 200},
		{"no digest", b, "GET", "/blob/..%2f..%2fetc%2fpasswd", 400},
		{"unknown blob", b, "GET", "/blob/" + id(1), 404},
		{"changes", b, "GET", "/db/files/_changes", 200},
		{"write", b, "PUT", "/db/files/x", 403},
		{"bulk write", b, "POST", "/db/files/_bulk_docs", 403},
		{"drop", b, "DELETE", "/db/files", 403},
		{"compact", b, "POST", "/db/files/_compact", 403},
		{"other database", b, "GET", "/db/_all_dbs", 404},
		{"create", b, "PUT", "/db/other", 404},
		{"server", b, "GET", "/db/", 404},
		{"elsewhere", b, "GET", "/", 404},
		{"lease without a body", b, "POST", "/lease/" + d.String(), 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(testContext(t), tt.method, peerURL(a.id, tt.path), http.NoBody)
			must(t, err)
			resp, err := tt.from.client.Do(req)
			must(t, err)
			defer func() { _ = resp.Body.Close() }()
			if resp.StatusCode != tt.status {
				t.Errorf("%s %s = %s, want %d", tt.method, tt.path, resp.Status, tt.status)
			}
		})
	}
}

func TestReadLease(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		status     int
		ok         bool
		want       error
	}{
		{"granted", `{"verified":5,"until":9}`, 200, true, nil},
		{"granted nothing", `{}`, 200, false, nil},
		{"refused but 200", `{"refused":"missing"}`, 200, false, ErrMissing},
		{"refused", `{"refused":"deleted"}`, 409, false, ErrDeleted},
		{"unknown refusal", `{"refused":"x","message":"no"}`, 409, false, nil},
		{"no JSON", `<html>`, 200, false, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := readLease(&http.Response{
				StatusCode: tt.status, Status: strconv.Itoa(tt.status), Body: io.NopCloser(strings.NewReader(tt.body)),
			})
			if (err == nil) != tt.ok || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("err = %v", err)
			}
		})
	}
}

func FuzzReadLease(f *testing.F) {
	f.Add([]byte(`{"verified":5,"until":9}`), 200)
	f.Add([]byte(`{"refused":"deleted"}`), 409)
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		at, err := readLease(&http.Response{StatusCode: status, Body: io.NopCloser(bytes.NewReader(body))})
		var reply leaseReply
		if err == nil && (status != 200 || at.IsZero() || json.NewDecoder(bytes.NewReader(body)).Decode(&reply) != nil) {
			t.Errorf("%d %s is taken for a lease", status, body)
		}
	})
}
