package blob

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestRecentAfterAFailedCommit: when a commit fails that has happened, the table is
// asked.
func TestRecentAfterAFailedCommit(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	d := put(t, s, "a.jpg", "a")
	err := s.index.update(func(tx *tx) error {
		r, ok := s.index.recent.get(d)
		if !ok {
			t.Error("it is not remembered")
		}
		r.size = 2
		return errors.Join(tx.put(r), tx.Commit())
	})
	if err == nil {
		t.Fatal("committed twice")
	}
	if r, err := s.index.lookup(d); r.size != 2 || err != nil {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestRecentIsTheTable writes rows at random, some of which are taken back: what is
// remembered of them is always what the table has.
func TestRecentIsTheTable(t *testing.T) {
	t.Parallel()
	ix := newStore(t).index
	rng := rand.New(rand.NewPCG(1, 2))
	errBack := errors.New("taken back")
	paths := []string{"a.jpg", "A.jpg", "b.jpg", "c.jpg"}
	for step := range 2000 {
		err := ix.update(func(tx *tx) error {
			for range 1 + rng.IntN(3) {
				d := sum(fmt.Sprint(rng.IntN(6)))
				if rng.IntN(4) == 0 {
					if err := tx.remove(d); err != nil {
						return err
					}
					continue
				}
				r := row{digest: d, path: paths[rng.IntN(len(paths))], size: rng.Int64N(9), missing: rng.IntN(4) == 0}
				if err := tx.put(r); err != nil {
					return err
				}
			}
			if rng.IntN(5) == 0 {
				return errBack
			}
			return nil
		})
		if err != nil && !errors.Is(err, errBack) {
			t.Fatal(err)
		}
		for i := range 6 {
			d := sum(fmt.Sprint(i))
			want, err := collect(ix, scanBlob, "SELECT "+rowColumns+" FROM blobs WHERE digest = ?", d[:])
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := ix.recent.get(d); ok && (len(want) == 0 || got != want[0]) {
				t.Fatalf("step %d: %+v is remembered, and the table has %+v", step, got, want)
			}
		}
		for _, p := range paths {
			want, err := ix.at(p)
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := ix.recent.lying(p); ok && (len(want) == 0 || got != want[0]) {
				t.Fatalf("step %d: %+v is remembered at %s, and the table has %+v", step, got, p, want)
			}
		}
	}
	if len(ix.recent.rows) == 0 {
		t.Error("nothing is remembered")
	}
}
