package filelayer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

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
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	pair(t, a, b)
	ctx := testContext(t)
	ds := sharedFiles(t, a, b, 12)
	agree(t, a, b, ds[0].String())
	o.part(a, b, true)
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
	o.part(a, b, false)
	for i, d := range append(ds, digestOf(same)) {
		agree(t, a, b, d.String())
		deleted := i < len(ds) && i%2 == 0
		until(t, "the same state", func() bool {
			ea, eb := a.entry(d), b.entry(d)
			return (ea.Deleted != nil) == deleted && (eb.Deleted != nil) == deleted && ea.Name == eb.Name && ea.Added == eb.Added &&
				maps.Equal(ea.Holders, eb.Holders) && (!deleted || !ea.Here() && !eb.Here())
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
	o := newOverlay()
	a, b, c := newDevice(t, o, "a"), newDevice(t, o, "b"), newDevice(t, o, "c")
	pair(t, a, b)
	pair(t, a, c)
	until(t, "all know all", func() bool { return len(b.Devices()) == 3 && len(c.Devices()) == 3 }, b, c)
	o.part(a, b, true)
	o.part(b, c, true)
	ctx := testContext(t)
	must(t, a.RemoveDevice(ctx, b.id))
	must(t, b.Rename(ctx, "still here"))
	until(t, "c expels b", func() bool { return !c.mirror.paired(b.id) }, c)
	o.part(a, b, false)
	o.part(b, c, false)
	d := b.create("from a removed device", 100)
	e := c.create("marker", 100)
	until(t, "a sees the marker of c", func() bool { return a.sees(e) }, a)
	if a.sees(d) || c.sees(d) || a.mirror.paired(b.id) || c.mirror.paired(b.id) {
		t.Error("a removed device is back")
	}
}

func TestMassDeletionWaitsForAPerson(t *testing.T) {
	t.Parallel()
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	pair(t, a, b)
	ctx := testContext(t)
	ds := sharedFiles(t, a, b, 40)

	few := ds[:heldFloor]
	must(t, a.Delete(ctx, few...))
	until(t, "a few are deleted at once", func() bool {
		return !slices.ContainsFunc(few, func(d Digest) bool { return b.entry(d).Here() })
	}, b)
	many := ds[heldFloor:]
	must(t, a.Delete(ctx, many...))
	until(t, "the others are held", func() bool { return len(b.HeldDeletions()) == len(many) }, b)
	for _, d := range many {
		if !b.blobs.Has(d) || b.sees(d) {
			t.Fatal("a held copy is gone, or shown as not deleted")
		}
	}
	b.restart()
	until(t, "still held after a restart", func() bool { return len(b.HeldDeletions()) == len(many) }, b)
	until(t, "online", func() bool { return a.Online(b.id) && b.Online(a.id) }, a, b)

	saved := many[0]
	must(t, b.Restore(ctx, saved))
	until(t, "a restored one is not held", func() bool {
		return len(b.HeldDeletions()) == len(many)-1 && b.entry(saved).Here() && b.holds(b, saved)
	}, b)
	must(t, b.AgreeDeletions(ctx))
	for _, d := range many[1:] {
		if b.blobs.Has(d) || b.entry(d).Here() {
			t.Fatal("agreed, and still here")
		}
	}
	if len(b.HeldDeletions()) != 0 || !b.blobs.Has(saved) {
		t.Error("not as agreed")
	}
	must(t, b.Restore(ctx, many[1])) // still in the trash of both
	until(t, "restored everywhere", func() bool { return b.entry(many[1]).Here() && a.entry(many[1]).Here() }, a, b)
}

func TestOwnDeletionsAreNotHeld(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	ctx := testContext(t)
	var ds []Digest
	batch := a.NewBatch()
	for i := range heldFiles + 10 {
		e, err := batch.Create(ctx, bytes.NewReader(photo(strconv.Itoa(i), 50)), Metadata{Name: "p.jpg"})
		must(t, err)
		ds = append(ds, e.Digest)
	}
	must(t, batch.Commit(ctx))
	if len(a.Entries()) != len(ds) {
		t.Fatalf("%d entries", len(a.Entries()))
	}
	must(t, a.Delete(ctx, ds...))
	if len(a.HeldDeletions()) != 0 || len(a.Entries()) != 0 || a.mirror.localCount() != 0 {
		t.Error("own deletions did not happen")
	}
}

// TestDeletedAndCreatedAgain begins a new lifecycle, which wins everywhere.
func TestDeletedAndCreatedAgain(t *testing.T) {
	t.Parallel()
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	pair(t, a, b)
	ctx := testContext(t)
	d := sharedFiles(t, a, b, 1)[0]
	must(t, a.Delete(ctx, d))
	until(t, "gone on b", func() bool { return !b.sees(d) && !b.entry(d).Here() }, b)
	before := b.entry(d).Added
	e, err := b.Create(ctx, bytes.NewReader(photo("shared0", 1000)), Metadata{Name: "again.jpg"})
	must(t, err)
	if e.Digest != d || e.Name != "again.jpg" || !e.Added.At.After(before.At) {
		t.Fatalf("created again: %+v", e)
	}
	until(t, "a has it from its trash", func() bool { return a.sees(d) && a.entry(d).Here() && a.entry(d).Name == "again.jpg" }, a)
}

// TestCrashInADeletion stops between the tombstone and the trash.
func TestCrashInADeletion(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	d := a.create("photo", 100)
	a.mirror.claim(d) // nothing follows the record
	must(t, a.Delete(testContext(t), d))
	if !a.blobs.Has(d) {
		t.Fatal("the claim did not hold")
	}
	a.restart()
	until(t, "the bytes follow", func() bool { return !a.blobs.Has(d) && !a.entry(d).Here() }, a)
	if a.holds(a, d) || !a.blobs.InTrash(d) {
		t.Error("not in the trash")
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

func TestPairingRefusals(t *testing.T) {
	t.Parallel()
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	ctx := testContext(t)
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", a.node.ports[PairPort].Addr().String())
	must(t, err)
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, b.id)
	must(t, err)
	if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Error("pairing is served without an invitation")
	}
	inv, err := a.GeneratePairCode(ctx)
	must(t, err)
	show := func([4]string) {}
	if _, err := a.UsePairCode(ctx, inv.Code(), show); !errors.Is(err, ErrOwnCode) {
		t.Errorf("own code = %v", err)
	}
	if _, err := b.UsePairCode(ctx, "paul:nonsense", show); !errors.Is(err, ErrBadCode) {
		t.Errorf("nonsense = %v", err)
	}
	joined := make(chan error, 1)
	go func() {
		_, err := b.UsePairCode(ctx, inv.Code(), show)
		joined <- err
	}()
	_, err = inv.Wait(ctx)
	must(t, err)
	inv.Reject()
	if err := <-joined; !errors.Is(err, ErrRejected) {
		t.Errorf("rejected = %v", err)
	}
	if len(a.Devices()) != 1 || len(b.Devices()) != 1 || b.node.lets(a.id, PeerPort) || a.node.lets(b.id, PairPort) {
		t.Error("a rejected device is let in")
	}
	a.node.OpenWindow() // who still gets through is told why
	if _, err := b.UsePairCode(ctx, inv.Code(), show); !errors.Is(err, ErrUsed) && !errors.Is(err, ErrRejected) {
		t.Errorf("used code = %v", err)
	}
	next, err := a.GeneratePairCode(ctx)
	must(t, err)
	next.Cancel()
	next.Cancel()
	if _, err := next.Wait(ctx); err == nil {
		t.Error("a cancelled invitation waits")
	}
}

// addText is the merge of a database of another package: the greatest text.
func addText(leaves []json.RawMessage) (json.RawMessage, error) {
	best := ""
	for _, leaf := range leaves {
		var v struct{ Text string }
		if err := json.Unmarshal(leaf, &v); err != nil {
			return nil, err
		}
		best = max(best, v.Text)
	}
	return json.Marshal(map[string]string{"Text": best})
}

func TestDatabaseOfAnotherPackage(t *testing.T) {
	t.Parallel()
	o := newOverlay()
	a, b := newDevice(t, o, "a"), newDevice(t, o, "b")
	dbs := make(map[*device]*Database)
	for _, x := range []*device{a, b} {
		x.stop()
		x.open()
		db, err := x.Layer.Database("notes", addText)
		must(t, err)
		if _, err := x.Layer.Database("notes", addText); err == nil {
			t.Error("a database can be named twice")
		}
		if _, err := x.Layer.Database("../x", addText); !errors.Is(err, ErrInvalid) {
			t.Errorf("bad name = %v", err)
		}
		dbs[x] = db
		x.run()
	}
	ctx := testContext(t)
	if _, err := a.Layer.Database("late", addText); err == nil {
		t.Error("a database can be named after Run")
	}
	var got json.RawMessage
	if _, err := dbs[a].Get(ctx, "none", &got); !errors.Is(err, ErrNotFound) {
		t.Errorf("Get of nothing = %v", err)
	}
	rev, err := dbs[a].Put(ctx, Doc{ID: "n", Body: json.RawMessage(`{"Text":"a1"}`)})
	must(t, err)
	if _, err := dbs[a].Put(ctx, Doc{ID: "n", Body: json.RawMessage(`{"Text":"a2"}`)}); !errors.Is(err, ErrConflict) {
		t.Errorf("Put without a revision = %v", err)
	}
	_, err = dbs[b].Put(ctx, Doc{ID: "n", Body: json.RawMessage(`{"Text":"b1"}`)})
	must(t, err)
	_, err = dbs[a].Put(ctx, Doc{ID: "n", Rev: rev, Body: json.RawMessage(`{"Text":"a2"}`)})
	must(t, err)

	followed := make(chan string, 1000)
	followCtx, stop := context.WithCancel(ctx)
	done := make(chan error, 2)
	follow := func(db *Database) {
		done <- db.Follow(followCtx, "", func(docs []Doc, _ string) error {
			for _, doc := range docs {
				followed <- string(doc.Body)
			}
			if len(docs) == 0 {
				followed <- "caught up"
			}
			return nil
		})
	}
	go follow(dbs[b])
	if first, second := <-followed, <-followed; first != `{"Text":"b1"}` || second != "caught up" {
		t.Errorf("followed %q, %q", first, second)
	}
	go follow(dbs[a])
	pair(t, a, b)
	for {
		if ra, rb := a.revs(dbs[a], "n"), b.revs(dbs[b], "n"); len(ra) == 1 && slices.Equal(ra, rb) {
			break
		}
		select {
		case <-followed:
		case <-ctx.Done():
			t.Fatal("the databases do not converge")
		}
	}
	stop()
	must(t, <-done)
	must(t, <-done)
	_, err = dbs[a].Get(ctx, "n", &got)
	must(t, err)
	if string(got) != `{"Text":"b1"}` {
		t.Errorf("merged to %s", got)
	}
}

func TestFollowResumes(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	a.stop()
	a.open()
	db, err := a.Layer.Database("notes", addText)
	must(t, err)
	a.run()
	ctx := testContext(t)
	enough := errors.New("enough")
	put := func(id string) {
		_, err := db.Put(ctx, Doc{ID: id, Body: json.RawMessage(`{"Text":"x"}`)})
		must(t, err)
	}
	since := ""
	follow := func(upTo string, then func()) (seen []string) {
		err := db.Follow(ctx, since, func(docs []Doc, seq string) error {
			since = seq
			for _, doc := range docs {
				seen = append(seen, doc.ID)
			}
			if len(docs) == 0 {
				then()
			}
			if slices.Contains(seen, upTo) {
				return enough
			}
			return nil
		})
		if !errors.Is(err, enough) {
			t.Errorf("Follow = %v", err)
		}
		return seen
	}
	put("a")
	if got := follow("b", func() { put("b") }); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("first followed %q", got)
	}
	put("c")
	a.restartWith(func() { db, err = a.Layer.Database("notes", addText) })
	must(t, err)
	if got := follow("d", func() { put("d") }); !slices.Equal(got, []string{"c", "d"}) {
		t.Errorf("then followed %q from %s", got, since)
	}
}

func TestJudgeDeletions(t *testing.T) {
	t.Parallel()
	type step struct {
		delete, here int
		after        time.Duration
		let          int
	}
	tests := []struct {
		name  string
		steps []step
	}{
		{"a small library is not stuck", []step{{10, 10, 0, 10}}},
		{"half of a small library", []step{{11, 20, 0, 0}}},
		{"under 5 percent", []step{{25, 500, 0, 25}}},
		{"over 5 percent", []step{{26, 500, 0, 0}}},
		{"fifty of many", []step{{50, 100_000, 0, 50}}},
		{"more than fifty", []step{{51, 100_000, 0, 0}}},
		{"in slices", []step{{40, 100_000, 0, 40}, {11, 99_960, time.Minute, 0}}},
		{"over a long time", []step{{40, 100_000, 0, 40}, {40, 99_960, 2 * heldSpan, 40}}},
		{"nothing passes what is held", []step{{60, 1000, 0, 0}, {1, 1000, 2 * heldSpan, 0}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "deletions.json")
			now, next := time.Now(), byte(0)
			for i, s := range tt.steps {
				h, err := openHeld(path) // each after a restart
				must(t, err)
				var ds []Digest
				for j := range s.delete {
					ds = append(ds, Digest{next, byte(j)})
				}
				next++
				now = now.Add(s.after)
				let, err := h.judge(ds, s.here, now)
				must(t, err)
				if len(let) != s.let {
					t.Errorf("step %d: %d let through, want %d", i, len(let), s.let)
				}
			}
		})
	}
}

func TestUpdateIsRepeated(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	a.stop()
	a.open()
	db, err := a.Layer.Database("counts", addText)
	must(t, err)
	a.run()
	ctx := testContext(t)
	const writers, each = 4, 10
	errs := make(chan error, writers)
	for range writers {
		go func() {
			for range each {
				err := db.Update(ctx, "n", func(body json.RawMessage) (json.RawMessage, error) {
					var v struct{ N int }
					if body != nil {
						if err := json.Unmarshal(body, &v); err != nil {
							return nil, err
						}
					}
					v.N++
					return json.Marshal(v)
				})
				if err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range writers {
		must(t, <-errs)
	}
	var v struct{ N int }
	rev, err := db.Get(ctx, "n", &v)
	must(t, err)
	if v.N != writers*each {
		t.Errorf("counted %d, want %d", v.N, writers*each)
	}
	must(t, db.Update(ctx, "n", func(body json.RawMessage) (json.RawMessage, error) { return body, nil }))
	if again, err := db.Get(ctx, "n", &v); err != nil || again != rev {
		t.Errorf("an equal body was written: %v, %v", again, err)
	}
	refused := errors.New("refused")
	if err := db.Update(ctx, "n", func(json.RawMessage) (json.RawMessage, error) { return nil, refused }); !errors.Is(err, refused) {
		t.Errorf("Update = %v", err)
	}
	docs := []Doc{{ID: "x", Body: json.RawMessage(`{"_odd":1,"y":2}`)}, {ID: "n", Body: json.RawMessage(`{}`)}}
	each2, err := db.Bulk(ctx, docs)
	must(t, err)
	if each2[0] != nil || !errors.Is(each2[1], ErrConflict) || !strings.HasPrefix(docs[0].Rev, "1-") {
		t.Errorf("Bulk = %v, %+v", each2, docs)
	}
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
		r := fileRecord{Name: "x", Added: stamp{id(1), 5}, Devices: map[string]holding{id(n): {true, 1, 1}}}
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
