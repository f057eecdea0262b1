package filelayer

import (
	"errors"
	"slices"
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

// TestHeldBackInTheQueue: what is found to be beyond the limit is stopped while it comes,
// unless it has come; who waits for it is told; and it is fetched once it fits.
func TestHeldBackInTheQueue(t *testing.T) {
	t.Parallel()
	q := newQueue()
	now := time.Unix(1e9, 0)
	for i := range 8 {
		q.add(Entry{Digest: Digest{byte(i)}, Size: 1})
	}
	stopped := 0
	bundle, _ := q.take(now, func() { stopped++ })
	if len(bundle) != 2 {
		t.Fatalf("took %d jobs", len(bundle))
	}
	came, held := bundle[0], bundle[1]
	q.stage(came)
	q.hold(map[Digest]bool{came.digest: true, held.digest: true})
	if stopped != 1 {
		t.Errorf("stopped %d times, want once", stopped)
	}
	q.putBack([]*job{held})
	q.over(came, nil, now)
	outcome, stop := q.urge(Entry{Digest: held.digest, Size: 1})
	defer stop()
	taken := func() (n int, again bool) {
		for more := true; more; {
			var bundle []*job
			bundle, more = q.take(now, func() {})
			n, again = n+len(bundle), again || slices.Contains(bundle, held)
		}
		return n, again
	}
	if n, again := taken(); n != 6 || again {
		t.Errorf("%d of the others are fetched, and what is held: %t", n, again)
	}
	select {
	case err := <-outcome:
		if !errors.Is(err, ErrBeyondLimit) {
			t.Errorf("told: %v", err)
		}
	default:
		t.Error("who waits is not told")
	}
	q.hold(nil)
	if n, again := taken(); n != 1 || !again {
		t.Errorf("once it fits, %d files are fetched, and it: %t", n, again)
	}
}
