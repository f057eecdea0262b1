package imagelib

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/libpaul/paul/filelayer"
)

func (l *testLibrary) geometry(t *testing.T, d Digest) Geometry {
	t.Helper()
	img, _, ok := l.Snapshot().ByDigest(d)
	if !ok {
		t.Fatalf("%v is not there", d)
	}
	return img.Geometry()
}

// TestUndoOfGeometry: on the real file layer a turn and a cut are undone exactly, some
// photos having been turned before, and others again since; an undo is undone too.
func TestUndoOfGeometry(t *testing.T) {
	t.Parallel()
	tl, files, all := openThree(t)
	a, b, c := all[0], all[1], all[2]
	cut := Geometry{Mirror: true, Turns: 3, Angle: -12.345678901234567, Crop: Crop{X: 0.12345678901234568, Y: 1.2345678901234567e-05, W: 1.0 / 3, H: 2.0 / 3}}
	errs := []error{
		tl.SetGeometry(t.Context(), []Digest{b}, cut),
		tl.Rotate(t.Context(), all, 1),
		tl.Rotate(t.Context(), []Digest{c}, 1),
	}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	list := files.Actions()
	if list[1].Kind != filelayer.ActionGeometry || list[1].Files != 3 || list[0].Files != 1 || list[2].Files != 1 {
		t.Fatalf("noted are %+v", list)
	}
	u, err := files.Undo(t.Context(), list[1].ID, nil)
	if err != nil || u.Done != 2 || u.Changed != 2 || u.Left != 1 {
		t.Errorf("undo %+v, %v", u, err)
	}
	if ga, gb, gc := tl.geometry(t, a), tl.geometry(t, b), tl.geometry(t, c); ga != (Geometry{}) || gb != cut || gc != (Geometry{Turns: 2}) {
		t.Errorf("after the undo: %v, %v, %v", ga, gb, gc)
	}
	if u, err := files.Undo(t.Context(), files.Actions()[0].ID, nil); err != nil || u.Done != 2 || tl.geometry(t, b) != cut.Turned(1) {
		t.Errorf("redo %+v, %v: %v", u, err, tl.geometry(t, b))
	}
}

// TestTurnsTogether: turns that are asked for at once are each done.
func TestTurnsTogether(t *testing.T) {
	t.Parallel()
	l, ds := datedLibrary(t, 2)
	var wg sync.WaitGroup
	for range 7 {
		wg.Go(func() {
			if err := l.Rotate(t.Context(), ds, 1); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, d := range ds {
		if g := l.geometry(t, d); g.Turns != 3 {
			t.Errorf("after seven turns at once: %v", g)
		}
	}
}

// meddling is a file layer where somebody else turns a picture just before an edit.
type meddling struct {
	*fakeFiles
	times int
	turn  func()
}

func (m *meddling) Edit(ctx context.Context, kind string, edits []filelayer.Edit) (string, []error) {
	if m.times > 0 {
		m.times--
		m.turn()
	}
	return m.fakeFiles.Edit(ctx, kind, edits)
}

// TestTurnedMeanwhile: a turn adds to the one that another device made just before,
// and gives up where that never ends.
func TestTurnedMeanwhile(t *testing.T) {
	t.Parallel()
	l, ds := datedLibrary(t, 1)
	other := l.clock
	m := &meddling{fakeFiles: l.files, times: 1, turn: func() {
		err := l.db.Update(t.Context(), ds[0].String(), func(old raw) (raw, error) {
			var doc document
			readBody(old, &doc)
			return setEdit(old, fieldGeometry, doc.geometry().Turned(1), other)
		})
		if err != nil {
			t.Error(err)
		}
	}}
	l.Library.files = m
	if err := l.Rotate(t.Context(), ds, 1); err != nil || l.geometry(t, ds[0]).Turns != 2 {
		t.Errorf("turned %d times, want 2: %v", l.geometry(t, ds[0]).Turns, err)
	}
	m.times = 100
	if err := l.Rotate(t.Context(), ds, 1); !errors.Is(err, filelayer.ErrConflict) {
		t.Errorf("it gave up with %v", err)
	}
}

// TestGeometryText: every geometry is told exactly, and in as many bytes as an edit may
// have.
func TestGeometryText(t *testing.T) {
	t.Parallel()
	for _, g := range []Geometry{
		{},
		{Turns: 3},
		{Mirror: true},
		{Angle: -44.99999999999999},
		{Mirror: true, Turns: 3, Angle: -1.2345678901234567e-300, Crop: Crop{X: 1.2345678901234567e-300, Y: 1.2345678901234567e-300, W: 1.2345678901234567e-300, H: 1.2345678901234567e-300}},
	} {
		text := geometryText(g)
		if got, ok := parseGeometryText(text); !ok || got != g || len(text) > 128 {
			t.Errorf("%v is told as %q (%d bytes), read as %v, %t", g, text, len(text), got, ok)
		}
	}
	below := Geometry{Turns: 1, Angle: math.Copysign(0, -1)} // which a record keeps as zero
	if got, want := geometryText(below), geometryText(Geometry{Turns: 1}); got != want {
		t.Errorf("a zero below zero is told as %q, want %q", got, want)
	}
	for _, bad := range []string{"0", "2 0 0 0 0 0 0", "0 4 0 0 0 0 0", "0 0 46 0 0 0 0", "0 0 NaN 0 0 0 0", "0 1 0 0 0 0", "0 x 0 0 0 0 0", strings.Repeat(" ", 6)} {
		if g, ok := parseGeometryText(bad); ok {
			t.Errorf("%q is read as %v", bad, g)
		}
	}
}
