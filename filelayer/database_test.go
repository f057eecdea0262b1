package filelayer

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
)

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
