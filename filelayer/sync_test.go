package filelayer

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	kivik "github.com/go-kivik/kivik/v4"
)

// revs lists the live leaves of a document.
func (d *device) revs(db *Database, id string) []string {
	d.t.Helper()
	var doc struct {
		Rev       string   `json:"_rev"`
		Conflicts []string `json:"_conflicts"`
	}
	if err := db.kv.Get(testContext(d.t), id, kivik.Param("conflicts", true)).ScanDoc(&doc); err != nil {
		return nil
	}
	return append(doc.Conflicts, doc.Rev)
}

// agree waits until two devices have the same single revision of a document.
func agree(t *testing.T, a, b *device, id string) {
	t.Helper()
	until(t, "the same revision of "+id, func() bool {
		ra, rb := a.revs(a.files, id), b.revs(b.files, id)
		return len(ra) == 1 && slices.Equal(ra, rb)
	}, a, b)
}

func TestPartitionConverges(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	ds := sharedFiles(t, a, b, 12)
	agree(t, a, b, ds[0].String())
	a.net.part(a, b, true)
	for i, d := range ds {
		switch i % 4 {
		case 0: // a tombstone against a change of holders
			must(t, a.Delete(ctx, d))
			must(t, b.ForceUnsave(ctx, d))
		case 1: // both change what they hold
			must(t, a.ForceUnsave(ctx, d))
			must(t, b.ForceUnsave(ctx, d))
			must(t, b.Want(ctx, d))
		case 2: // deleted on both
			must(t, a.Delete(ctx, d))
			must(t, b.Delete(ctx, d))
		case 3: // deleted and restored on one, deleted on the other before
			must(t, b.Delete(ctx, d))
			must(t, a.Delete(ctx, d))
			must(t, a.Restore(ctx, d))
		}
	}
	same := photo("made on both", 2000)
	for _, x := range []*device{a, b} {
		_, err := x.Create(ctx, bytes.NewReader(same), Metadata{Name: x.opts.Name + ".jpg"})
		must(t, err)
	}
	a.net.part(a, b, false)
	for i, d := range append(ds, digestOf(same)) {
		agree(t, a, b, d.String())
		deleted := i < len(ds) && i%2 == 0
		until(t, "the same state", func() bool {
			ea, eb := a.entry(d), b.entry(d)
			return (ea.Deleted != nil) == deleted && (eb.Deleted != nil) == deleted && ea.Name == eb.Name && ea.Added == eb.Added &&
				slices.Equal(ea.Holders, eb.Holders) && (!deleted || !ea.Here() && !eb.Here())
		}, a, b)
	}
	if e := a.entry(digestOf(same)); len(e.HolderIDs()) != 2 {
		t.Errorf("made on both: %+v", e)
	}
	until(t, "restored", func() bool { return a.entry(ds[3]).Here() && b.entry(ds[3]).Here() }, a, b)
	until(t, "b wants", func() bool { return b.entry(ds[1]).Here() || b.Queue() > 0 }, b)
}

func TestAThirdDeviceSpreads(t *testing.T) {
	t.Parallel()
	o := newOverlay()
	a, b, c := newDevice(t, o, "a"), newDevice(t, o, "b"), newDevice(t, o, "c")
	pair(t, a, b)
	o.part(a, c, true) // only b can invite c
	pair(t, b, c)
	ctx := testContext(t)
	d := a.create("photo", 4000)
	until(t, "a knows c, by b", func() bool { return a.mirror.paired(c.id) }, a)
	until(t, "c sees the file of a, by b", func() bool { return c.sees(d) }, c)
	if _, err := c.Fetch(ctx, d); !errors.Is(err, ErrNoHolder) {
		t.Fatalf("Fetch = %v", err)
	}
	o.part(a, c, false)
	until(t, "c reaches a", func() bool { return c.Online(a.id) && a.Online(c.id) }, a, c)
	c.wantBytes(d, photo("photo", 4000))
	for _, x := range []*device{a, b, c} {
		until(t, x.opts.Name+" lists three devices", func() bool { return len(x.Devices()) == 3 }, x)
	}

	must(t, a.RemoveDevice(ctx, c.id))
	until(t, "b has expelled c as well", func() bool { return !b.mirror.paired(c.id) && !c.node.Online(b.id) && !c.node.Online(a.id) }, a, b, c)
	if err := a.RemoveDevice(ctx, c.id); !errors.Is(err, ErrNotFound) {
		t.Errorf("second removal = %v", err)
	}
	pair(t, b, c) // a later pairing brings it back
	until(t, "a knows c again", func() bool { return a.mirror.paired(c.id) && a.Online(c.id) }, a, c)
	if c.left() {
		t.Error("c still believes that it has been removed")
	}
}

func TestRemovalBeatsARename(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	c := a.invite("c")
	until(t, "all know all", func() bool { return len(b.Devices()) == 3 && len(c.Devices()) == 3 }, b, c)
	a.net.part(a, b, true)
	a.net.part(b, c, true)
	ctx := testContext(t)
	must(t, a.RemoveDevice(ctx, b.id))
	must(t, b.Rename(ctx, "still here"))
	until(t, "c expels b", func() bool { return !c.mirror.paired(b.id) }, c)
	a.net.part(a, b, false)
	a.net.part(b, c, false)
	d := b.create("from a removed device", 100)
	e := c.create("marker", 100)
	until(t, "a sees the marker of c", func() bool { return a.sees(e) }, a)
	if a.sees(d) || c.sees(d) || a.mirror.paired(b.id) || c.mirror.paired(b.id) {
		t.Error("a removed device is back")
	}
}

func TestADeletedDocumentIsWrittenAgain(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	d := a.create("photo", 100)
	ctx := testContext(t)
	rev, err := a.files.Get(ctx, d.String(), new(json.RawMessage))
	must(t, err)
	_, err = a.files.Put(ctx, Doc{ID: d.String(), Rev: rev, Deleted: true})
	must(t, err)
	until(t, "it is there again", func() bool {
		_, err := a.files.Get(ctx, d.String(), new(json.RawMessage))
		return err == nil && a.entry(d).Here()
	}, a)
}

// TestResolutionIsTheSameEverywhere gives two databases the same leaves in
// another order.
func TestResolutionIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	ctx := testContext(t)
	d := Digest{42}
	leaf := func(n int, rev string) json.RawMessage {
		r := fileRecord{Name: "x", Added: stamp{id(1), 5}, Devices: ByDevice(map[string]holding{id(n): {Saved: true, N: 1, Verified: 1}})}
		body, err := encode(r)
		must(t, err)
		doc, err := joinDoc(Doc{ID: d.String(), Rev: rev, Body: body})
		must(t, err)
		return doc
	}
	leaves := []json.RawMessage{
		leaf(1, "1-"+strings.Repeat("a", 32)), leaf(2, "1-"+strings.Repeat("b", 32)), leaf(3, "1-"+strings.Repeat("c", 32)),
	}
	for i, x := range []*device{a, b} {
		for j := range leaves {
			_, err := x.files.kv.BulkDocs(ctx, []any{leaves[(j+2*i)%3]}, kivik.Param("new_edits", false))
			must(t, err)
		}
		until(t, "merged", func() bool { return len(x.revs(x.files, d.String())) == 1 && len(x.record(d).Devices) == 3 }, x)
	}
	pair(t, a, b)
	agree(t, a, b, d.String())
}

func (d *device) record(digest Digest) fileRecord {
	r, _, _ := d.mirror.file(digest)
	return r
}

func TestDevices(t *testing.T) {
	t.Parallel()
	o := newOverlay()
	a, b := newDevice(t, o, "b name"), newDevice(t, o, "A name")
	pair(t, a, b)
	got := a.Devices()
	if len(got) != 2 || got[0].ID != b.id || got[0].Self || got[1].ID != a.id || !got[1].Self ||
		got[0].Name != "A name" || got[0].Platform != "test" || got[0].Address != "200::1" {
		t.Fatalf("Devices = %+v", got)
	}
	ctx := testContext(t)
	for _, bad := range []string{"", "a\nb", strings.Repeat("x", 256)} {
		if err := a.Rename(ctx, bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("Rename(%q) = %v", bad, err)
		}
	}
	must(t, a.Rename(ctx, "new"))
	a.opts.Name = "" // keeps the name it has
	a.restart()
	until(t, "renamed", func() bool { return a.deviceName(a.id) == "new" && b.deviceName(a.id) == "new" }, a, b)
	must(t, a.RemoveDevice(ctx, a.id)) // leaves the library
	until(t, "b lets a go", func() bool { return len(b.Devices()) == 1 }, b)
	if !a.left() {
		t.Error("a did not leave")
	}
}
