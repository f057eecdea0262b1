package imagelib

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/internal/testphoto"
	"github.com/libpaul/paul/imagelib/meta"
)

// older replaces a document by what an earlier version has made of the file.
func (l *testLibrary) older(t *testing.T, d Digest, body string) {
	t.Helper()
	err := l.db.Update(t.Context(), d.String(), func(raw) (raw, error) { return raw(body), nil })
	if err != nil {
		t.Fatal(err)
	}
	l.index.apply([]filelayer.Doc{{ID: d.String(), Body: raw(body)}}, "")
}

func (l *testLibrary) body(t *testing.T, d Digest) string {
	t.Helper()
	var body raw
	if _, err := l.db.Get(t.Context(), d.String(), &body); err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestOldDocumentsAreReadAgain: documents of an earlier version get the facts that this
// one reads, once; what a person has edited, what a file beside the photo said, how the
// picture looks and what nobody knows stay.
func TestOldDocumentsAreReadAgain(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	r := importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": photoOf(1), "2.jpg": photoOf(2), "3.png": undated(3), "4.jpg": photoOf(4)}))
	const (
		edits = `{"caption":{"at":"018f00000000-a","value":"mine"}}`
		looks = `"dhash":"00000000000000ff","thumbhash":"2fcZFIB3iId/h3iJh4aIYJ2V8g=="`
	)
	plain, besides, undatedOne, away := r.Added[0], r.Added[1], r.Added[2], r.Added[3]
	l.older(t, plain, `{"version":1,"type":"image/jpeg","kind":"image","width":1,"lens":"wrong","gps":{"lat":1,"lon":2},"edits":`+edits+`,"news":7,`+looks+`}`)
	l.older(t, besides, `{"version":1,"type":"image/jpeg","beside":true,"date":"2001-02-03T04:05:06","dateSource":"takeout","caption":"Lunch","favourite":true,"camera":"Other"}`)
	l.older(t, undatedOne, `{"version":1,"type":"image/png","date":"2001-02-03T04:05:06+02:00","dateSource":"mtime"}`)
	l.older(t, away, `{"version":1,"type":"image/jpeg"}`)
	e, err := l.files.Entry(away)
	if err != nil {
		t.Fatal(err)
	}
	e.Path = ""
	l.files.put(e)
	l.join()

	before := len(l.db.log)
	tried := map[Digest]bool{}
	for range 3 {
		if err := l.reread(t.Context(), 0, tried); err != nil {
			t.Fatal(err)
		}
		clear(tried) // as after a start
	}
	if n := len(l.db.log) - before; n != 3 {
		t.Errorf("%d documents were written, want 3, once each", n)
	}
	version := fmt.Sprintf(`"version":%d`, meta.Version)
	for d, want := range map[Digest][]string{
		plain:      {version, `"width":60`, `"height":40`, `"camera":"Maker Model 1"`, `"date":"2024-05-01T12:01:00"`, edits, `"news":7`, `00000000000000ff`, `2fcZFIB3`},
		besides:    {version, `"width":60`, `"date":"2001-02-03T04:05:06"`, `"dateSource":"takeout"`, `"caption":"Lunch"`, `"favourite":true`, `"camera":"Other"`, `"beside":true`},
		undatedOne: {version, `"width":30`, `"date":"2001-02-03T04:05:06+02:00"`, `"dateSource":"mtime"`},
		away:       {`"version":1`},
	} {
		body := l.body(t, d)
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s lacks %s", body, w)
			}
		}
	}
	if body := l.body(t, plain); strings.Contains(body, "wrong") || strings.Contains(body, "gps") {
		t.Errorf("what is not in the file stays: %s", body)
	}
	if img, _, _ := l.Snapshot().ByDigest(plain); img.Width != 60 || img.Caption != "mine" || img.old() {
		t.Errorf("shown as %+v", img)
	}
}

// TestOldAfterAMerge: a document that a merge has made one of an earlier reader is read
// again, though it was before.
func TestOldAfterAMerge(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	d := importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": photoOf(1)})).Added[0]
	tried := map[Digest]bool{}
	for _, body := range []string{`{"version":1,"type":"image/jpeg"}`, `{"beside":true,"version":1,"type":"image/jpeg","caption":"Lunch"}`} {
		l.older(t, d, body)
		if err := l.reread(t.Context(), 0, tried); err != nil {
			t.Fatal(err)
		}
		if l.index.isOld(d) {
			t.Errorf("%s is not read again", body)
		}
	}
	if body := l.body(t, d); !strings.Contains(body, `"Lunch"`) || !strings.Contains(body, `"width":60`) {
		t.Error(body)
	}
}

// TestReadAgainInTheBackground: a running library does so by itself, after a start that
// knows the documents from its saved index.
func TestReadAgainInTheBackground(t *testing.T) {
	t.Parallel()
	dir, files, db := t.TempDir(), newFakeFiles(t), newFakeDB()
	l := openTestLibrary(t, dir, files, db)
	d := importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": photoOf(1)})).Added[0]
	l.older(t, d, `{"version":1,"type":"image/jpeg"}`)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	again := openTestLibrary(t, dir, files, db)
	if !again.index.isOld(d) {
		t.Fatal("the saved index does not know that it is old")
	}
	again.pauses.reread = time.Millisecond
	again.run(t)
	again.wait(t, "the facts", func(s *Snapshot) bool { return len(s.Images) == 1 && s.Images[0].Width == 60 && !s.Images[0].old() })
}

// TestUnreadableStays: a file that cannot be read again keeps its facts, and one that
// this version does not take for a photo is not looked at again.
func TestUnreadableStays(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	r := importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": photoOf(1), "2.jpg": photoOf(2)}))
	unknown := l.saved(t, "old.xyz", []byte("what an earlier version knew"))
	for _, d := range append(r.Added, unknown) {
		l.older(t, d, `{"version":1,"type":"image/jpeg","camera":"Old"}`)
	}
	gone, err := l.files.Entry(r.Added[0])
	if err == nil {
		err = os.Remove(gone.Path)
	}
	if err != nil {
		t.Fatal(err)
	}
	changed, err := l.files.Entry(r.Added[1])
	if err == nil {
		err = os.WriteFile(changed.Path, testphoto.PNG(testphoto.Picture(9, 9, 9)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	l.join()
	if err := l.reread(t.Context(), 0, map[Digest]bool{}); err != nil {
		t.Fatal(err)
	}
	for d, version := range map[Digest]int{r.Added[0]: 1, r.Added[1]: 1, unknown: meta.Version} {
		if body := l.body(t, d); body != fmt.Sprintf(`{"camera":"Old","type":"image/jpeg","version":%d}`, version) && version != 1 || !strings.Contains(body, `"Old"`) {
			t.Errorf("%s, want version %d", body, version)
		}
	}
	if old := l.index.old(); len(old) != 2 {
		t.Errorf("%d are left", len(old))
	}
}

// TestReadAgainMeetsAnEdit: an edit that comes while a file is read again stays, and
// the facts are read once more.
func TestReadAgainMeetsAnEdit(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	d := importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": photoOf(1)})).Added[0]
	l.older(t, d, `{"version":1,"type":"image/jpeg"}`)
	l.join()
	l.db.before = func() {
		if err := l.db.Update(t.Context(), d.String(), func(old raw) (raw, error) { return setEdit(old, fieldCaption, "mine", l.clock) }); err != nil {
			t.Error(err)
		}
	}
	tried := map[Digest]bool{}
	for range 2 {
		if err := l.reread(t.Context(), 0, tried); err != nil {
			t.Fatal(err)
		}
	}
	if img, _, _ := l.Snapshot().ByDigest(d); img.Width != 60 || img.Caption != "mine" || img.old() {
		t.Errorf("%+v\n%s", img, l.body(t, d))
	}
}

// TestOneDeviceReadsAgain: of the devices that have a file one reads it in the first
// round, another one in the next; all take turns at being the first.
func TestOneDeviceReadsAgain(t *testing.T) {
	t.Parallel()
	ids := []string{"a", "b", "c"}
	first := map[string]int{}
	for n := range 300 {
		e := filelayer.Entry{Digest: digestOf(n), Holders: filelayer.ByDevice(map[string]filelayer.Holder{})}
		for _, id := range ids {
			e.Holders.Set(id, filelayer.Holder{Saved: true, Verified: time.Unix(1, 0)})
		}
		var turns []int
		for _, id := range ids {
			at := turn(&e, id)
			turns = append(turns, at)
			if at == 0 {
				first[id]++
			}
		}
		slices.Sort(turns)
		if !slices.Equal(turns, []int{0, 1, 2}) {
			t.Fatalf("file %d: turns %v", n, turns)
		}
	}
	for _, id := range ids {
		if first[id] < 60 {
			t.Errorf("%s is the first of %d files in 300", id, first[id])
		}
	}
	l := newTestLibrary(t)
	d := importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": photoOf(1)})).Added[0]
	l.older(t, d, `{"version":1,"type":"image/jpeg"}`)
	e, err := l.files.Entry(d)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; turn(&e, l.clock.node) < 2; i++ { // until some come before
		e.Holders.Set(fmt.Sprint(i), filelayer.Holder{Saved: true, Verified: time.Unix(1, 0)})
	}
	l.files.put(e)
	l.join()
	own := turn(&e, l.clock.node)
	for round := range own + 1 {
		if err := l.reread(t.Context(), round, map[Digest]bool{}); err != nil {
			t.Fatal(err)
		}
		if l.index.isOld(d) != (round < own) {
			t.Errorf("round %d of %d: still old: %v", round, own, l.index.isOld(d))
		}
	}
}

// TestFactMembers: each member of a document is known as a fact, or is none.
func TestFactMembers(t *testing.T) {
	t.Parallel()
	others := []string{"version", "thumbhash", "dhash", "favourite", "beside", "edits"}
	typ := reflect.TypeFor[document]()
	for i := range typ.NumField() {
		name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		if slices.Contains(factMembers, name) == slices.Contains(others, name) {
			t.Errorf("is %q read of the bytes?", name)
		}
	}
	for _, name := range besideMembers {
		if !slices.Contains(factMembers, name) {
			t.Errorf("%q is no fact", name)
		}
	}
}
