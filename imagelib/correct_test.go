package imagelib

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/meta"
)

// datedLibrary has images 1 to n, a minute apart, and runs.
func datedLibrary(t *testing.T, n int) (l *testLibrary, ds []Digest) {
	t.Helper()
	l = newTestLibrary(t)
	var docs []filelayer.Doc
	for i := 1; i <= n; i++ {
		docs, ds = append(docs, docOf(i, nil)), append(ds, digestOf(i))
		l.files.put(entryOf(i, 1, true))
	}
	if _, err := l.db.Bulk(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	l.run(t)
	l.wait(t, "images", func(s *Snapshot) bool { return len(s.Images) == n })
	return l, ds
}

func (l *testLibrary) correct(t *testing.T, ds []Digest, c DateChange) Correction {
	t.Helper()
	done, err := l.CorrectDates(t.Context(), ds, c)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func (l *testLibrary) date(t *testing.T, d Digest) Date {
	t.Helper()
	img, _, ok := l.Snapshot().ByDigest(d)
	if !ok {
		t.Fatalf("%v is not there", d)
	}
	return img.Date
}

// TestCorrectDatesOrder: the timeline, a search by date and what is told of the file
// follow a correction at once, and the timeline goes back with it.
func TestCorrectDatesOrder(t *testing.T) {
	t.Parallel()
	l, ds := datedLibrary(t, 300)
	before := slices.Clone(l.Snapshot().Images)
	if done := l.correct(t, ds[:200], DateChange{Shift: 24 * time.Hour}); done.Changed != 200 || done.ID == "" || done.Same != 0 {
		t.Errorf("correction %+v", done)
	}
	s := l.Snapshot()
	if !slices.IsSortedFunc(s.Images, newerFirst) || len(s.Images) != 300 {
		t.Errorf("%d images, not in order", len(s.Images))
	}
	for i, img := range s.Images {
		if _, at, ok := s.ByDigest(img.Digest); !ok || at != i {
			t.Fatalf("image %d is found at %d", i, at)
		}
	}
	if s.Images[0].Digest != ds[199] || s.Images[200].Digest != ds[299] {
		t.Error("those corrected do not come first")
	}
	if found := s.Filter(Query{From: time.Date(2001, 1, 2, 0, 0, 0, 0, time.UTC), To: time.Date(2001, 1, 3, 0, 0, 0, 0, time.UTC)}); len(found) != 200 {
		t.Errorf("%d images are found on the corrected day", len(found))
	}
	if found := s.Filter(Query{Text: "2001-01-02"}); len(found) != 200 {
		t.Errorf("%d images are found by the text of that day", len(found))
	}
	img := s.Images[0]
	if img.Date.Source != meta.SourcePerson || img.FileDate().String() != "2001-01-01T03:20:00" || img.FileDate().Source != meta.SourceEXIF {
		t.Errorf("date %v, of the file %v", img.Date, img.FileDate())
	}
	l.correct(t, ds, DateChange{Reset: true})
	for i, img := range l.Snapshot().Images {
		if img.Digest != before[i].Digest || img.Date != before[i].Date || img.More != nil {
			t.Fatalf("image %d is %+v after a reset, was %+v", i, img, before[i])
		}
	}
}

// TestResetToNoDate: a photo whose file tells no date goes back to that.
func TestResetToNoDate(t *testing.T) {
	t.Parallel()
	l, ds := datedLibrary(t, 1)
	if err := l.db.Update(t.Context(), ds[0].String(), func(raw) (raw, error) {
		return raw(`{"type":"image/jpeg","kind":"image","width":40,"height":30}`), nil
	}); err != nil {
		t.Fatal(err)
	}
	l.wait(t, "no date", func(s *Snapshot) bool { return s.Images[0].Date.Wall.IsZero() })
	l.correct(t, ds, DateChange{Set: dated(t, "1978-07-15T12:00:00")})
	if d := l.date(t, ds[0]); d.String() != "1978-07-15T12:00:00" {
		t.Errorf("its date is %v", d)
	}
	if done := l.correct(t, ds, DateChange{Reset: true}); done.Changed != 1 || !l.date(t, ds[0]).Wall.IsZero() {
		t.Errorf("%+v, and its date is %v", done, l.date(t, ds[0]))
	}
}

// TestCorrectDatesIsWhole: where one cannot be corrected, none is.
func TestCorrectDatesIsWhole(t *testing.T) {
	t.Parallel()
	l, ds := datedLibrary(t, 3)
	for name, tt := range map[string]struct {
		ds   []Digest
		c    DateChange
		want error
	}{
		"an unknown one": {append(slices.Clone(ds), digestOf(9)), DateChange{Shift: time.Hour}, ErrNotFound},
		"out of bounds":  {ds, DateChange{Shift: 40_000 * 24 * time.Hour}, ErrBadDate},
		"no zone":        {ds, DateChange{Zone: time.UTC}, ErrBadDate},
		"nothing to do":  {ds, DateChange{}, ErrBadDate},
	} {
		if done, err := l.CorrectDates(t.Context(), tt.ds, tt.c); !errors.Is(err, tt.want) || done != (Correction{}) {
			t.Errorf("%s: %+v, %v", name, done, err)
		}
	}
	for _, d := range ds {
		if l.date(t, d).Source != meta.SourceEXIF {
			t.Errorf("%v was changed", d)
		}
	}
}

// TestCorrectDatesMeanwhile: what another device has corrected just then is kept, and
// what else is written to a document just then stays as well.
func TestCorrectDatesMeanwhile(t *testing.T) {
	t.Parallel()
	l, ds := datedLibrary(t, 2)
	write := func(i int, field string, value any) {
		t.Helper()
		var old raw
		rev, err := l.db.Get(t.Context(), ds[i].String(), &old)
		if err == nil {
			old, err = setEdit(old, field, value, l.clock)
		}
		if err == nil {
			_, err = l.db.Bulk(t.Context(), []filelayer.Doc{{ID: ds[i].String(), Rev: rev, Body: old}})
		}
		if err != nil {
			t.Error(err)
		}
	}
	l.db.before = func() {
		write(0, fieldDate, "1999-01-01T00:00:00")
		write(1, fieldCaption, "meanwhile")
	}
	done, err := l.CorrectDates(t.Context(), ds, DateChange{Shift: time.Hour})
	if err == nil || done.Changed != 1 {
		t.Errorf("correction %+v, %v", done, err)
	}
	l.wait(t, "both", func(s *Snapshot) bool {
		a, _, _ := s.ByDigest(ds[0])
		b, _, _ := s.ByDigest(ds[1])
		return a.Date.String() == "1999-01-01T00:00:00" && b.Date.String() == "2001-01-01T01:02:00" && b.Caption == "meanwhile"
	})
	if noted := l.files.edits; len(noted) != 1 || len(noted[0]) != 1 || noted[0][0] != (filelayer.Edit{Digest: ds[1], Became: "2001-01-01T01:02:00"}) {
		t.Errorf("noted %+v", noted)
	}
}

// TestCorrectDatesConverges: two devices that correct one photo agree, and the later
// one counts.
func TestCorrectDatesConverges(t *testing.T) {
	t.Parallel()
	l, ds := datedLibrary(t, 1)
	old := docOf(1, nil).Body
	early, err := setEdit(old, fieldDate, "1990-01-01T00:00:00", &clock{node: "other", now: func() time.Time { return time.Unix(1, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	l.correct(t, ds, DateChange{Set: dated(t, "1995-01-01T10:00:00")})
	var late raw
	if _, err := l.db.Get(t.Context(), ds[0].String(), &late); err != nil {
		t.Fatal(err)
	}
	for _, leaves := range [][]raw{{early, late}, {late, early}} {
		merged, err := Merge(leaves)
		var doc document
		if err != nil || !readBody(merged, &doc) || doc.image(ds[0], newInterner()).Date.String() != "1995-01-01T10:00:00" {
			t.Errorf("merged to %s, %v", merged, err)
		}
	}
}

// TestUndoOfDates: on the real file layer a correction is undone exactly, some photos
// having been corrected before, and others again since.
func TestUndoOfDates(t *testing.T) {
	t.Parallel()
	tl, files, all := openThree(t)
	a, b, c := all[0], all[1], all[2]
	own := [3]Date{tl.date(t, a), tl.date(t, b), tl.date(t, c)}
	tl.correct(t, []Digest{b}, DateChange{Set: dated(t, "1980-01-01T10:00:00.5-03:30")})
	earlier := tl.date(t, b)
	shift := tl.correct(t, all, DateChange{Shift: time.Hour})
	tl.correct(t, []Digest{c}, DateChange{Set: dated(t, "1985-01-01T10:00:00")})
	u, err := files.Undo(t.Context(), shift.ID, nil)
	if err != nil || u.Done != 2 || u.Changed != 2 || u.Left != 1 {
		t.Errorf("undo %+v, %v", u, err)
	}
	if tl.date(t, a) != own[0] || tl.date(t, b) != earlier || tl.date(t, c).String() != "1985-01-01T10:00:00" {
		t.Errorf("after the undo: %v, %v, %v", tl.date(t, a), tl.date(t, b), tl.date(t, c))
	}
	img, _, _ := tl.Snapshot().ByDigest(b)
	if img.FileDate() != own[1] {
		t.Errorf("the file says %v, want %v", img.FileDate(), own[1])
	}
	if list := files.Actions(); list[0].Kind != filelayer.ActionDate || list[0].Undoes != shift.ID || list[0].Files != 2 {
		t.Errorf("the undo is noted as %+v", list[0])
	}
	if u, err := files.Undo(t.Context(), files.Actions()[0].ID, nil); err != nil || u.Done != 2 || tl.date(t, a).Wall != own[0].Wall.Add(time.Hour) {
		t.Errorf("redo %+v, %v: %v", u, err, tl.date(t, a))
	}
}
