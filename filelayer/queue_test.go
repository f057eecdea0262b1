package filelayer

import (
	"errors"
	"testing"
	"time"
)

// TestLateRemovalHidesNoError lets the removal of a file that is not wished for come
// late: it is wished for again and being fetched by then. Who waits is told why the
// fetch failed; and one who comes at that moment has a job of his own.
func TestLateRemovalHidesNoError(t *testing.T) {
	t.Parallel()
	q := newQueue()
	e := Entry{Digest: Digest{1}, Name: "a.jpg", Size: 1}
	now := time.Unix(1e9, 0)
	outcome, stop := q.urge(e)
	defer stop()
	bundle, _ := q.take(now, func() {})
	if len(bundle) != 1 {
		t.Fatalf("took %d jobs", len(bundle))
	}
	q.remove(e.Digest)
	q.over(bundle[0], ErrNoSpace, now)
	if err := <-outcome; !errors.Is(err, ErrNoSpace) || errors.Is(err, ErrNotFound) {
		t.Errorf("told: %v; want the error of the disk", err)
	}
	if n := q.len(); n != 0 {
		t.Errorf("%d jobs; want none until it is wished for again", n)
	}
	_, stop = q.urge(e)
	defer stop()
	if bundle, _ := q.take(now, func() {}); len(bundle) != 1 {
		t.Error("wished for again, and not fetched")
	}
}

// TestDroppedJobIsAddedAgain: a file that is wished for again between the look at its
// wish and the end of its job keeps a job, and one that is not has none.
func TestDroppedJobIsAddedAgain(t *testing.T) {
	t.Parallel()
	q := newQueue()
	e := Entry{Digest: Digest{1}, Name: "a.jpg", Size: 1}
	now := time.Unix(1e9, 0)
	q.add(e)
	bundle, _ := q.take(now, func() {})
	q.add(e)
	q.drop(bundle[0])
	if bundle, _ = q.take(now, func() {}); len(bundle) != 1 {
		t.Fatal("wished for again, and not fetched")
	}
	q.drop(bundle[0])
	if n := q.len(); n != 0 {
		t.Errorf("%d jobs; want none", n)
	}
}
