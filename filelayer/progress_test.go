package filelayer

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestSpeedIsHonest: none is told before it is known, nor after nothing has come
// for a while; a burst long ago does not count.
func TestSpeedIsHonest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s speed
		move := func(perSecond int64, d time.Duration) {
			for range d / (100 * time.Millisecond) {
				s.add(perSecond/10, time.Now())
				<-time.After(100 * time.Millisecond)
			}
		}
		near := func(want float64) {
			t.Helper()
			if got := s.rate(time.Now()); got < want*0.9 || got > want*1.1 {
				t.Errorf("%v: rate %.0f, want %.0f", time.Since(s.began), got, want)
			}
		}
		near(0)
		move(1000, time.Second)
		near(0) // not known yet
		move(1000, 2*time.Second)
		near(1000)
		move(50_000, 30*time.Second)
		near(50_000)
		move(2000, speedSpan*time.Second)
		near(2000)
		<-time.After(2 * speedSpan * time.Second)
		near(0)
		move(7000, time.Second)
		near(0)
		move(7000, 2500*time.Millisecond)
		near(7000)
	})
}

// waitsFor returns why files do not come on d, or nil.
func (d *device) waitsFor(why string) *Wait {
	for _, w := range d.Fetching().Waits {
		if w.Why == why {
			return &w
		}
	}
	return nil
}

// TestCauseOfAStall goes from one cause to the next, with the same file.
func TestCauseOfAStall(t *testing.T) {
	t.Parallel()
	const size = 40_000_000
	a, b := newPair(t)
	ctx := testContext(t)
	d := a.show(b, "photo", size)
	want := func(why string, check func(*Wait) bool) {
		t.Helper()
		until(t, why, func() bool {
			w := b.waitsFor(why)
			return w != nil && w.Files == 1 && w.Bytes > 0 && check(w)
		}, b)
		if left, known := b.Fetching().Left(); known {
			t.Errorf("%s: %v left", why, left)
		}
	}
	from := func(w *Wait) bool { return len(w.Devices) == 1 && w.Devices[0] == a.id }

	a.net.part(a, b, true)
	must(t, b.Want(ctx, d))
	want(WaitOffline, from)
	must(t, b.SetLimits(Limits{Down: 2_000_000}))
	a.net.part(a, b, false)
	until(t, "it comes, and its end can be told", func() bool {
		f, ts := b.Fetching(), b.Transfers()
		left, known := f.Left()
		if !known || len(ts) != 1 {
			return false
		}
		own, known := ts[0].Left()
		low, high := time.Duration(f.Bytes/4)*time.Microsecond, time.Duration(f.Bytes)*time.Microsecond // at 4 and at 1 MB/s
		return known && f.Files == 1 && len(f.Waits) == 0 && left > low && left < high && own > low && own < high
	}, b)
	must(t, b.SetLimits(Limits{Down: 2_000_000, Paused: true}))
	want(WaitPaused, func(w *Wait) bool { return w.Bytes < size })
	must(t, a.SetLimits(Limits{ServingPaused: true}))
	must(t, b.SetLimits(Limits{}))
	want(WaitFailed, func(w *Wait) bool { return strings.Contains(w.Err, errPausedThere.Error()) && !w.Retry.IsZero() })
}

func TestWrongBytesAreTheCause(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := a.show(b, "photo", 200_000)
	a.lie(flip)
	if _, err := b.Save(ctx, d); err == nil {
		t.Fatal("wrong bytes were saved")
	}
	b.queue.retry(b.now().Add(retryMost), false)
	until(t, "the liar is told", func() bool {
		w := b.waitsFor(WaitSetAside)
		return w != nil && len(w.Devices) == 1 && w.Devices[0] == a.id && !w.Retry.IsZero()
	}, b)
}

// TestSilenceIsTheCause: a device that stops in the middle of a file is named
// before the file is asked for elsewhere.
func TestSilenceIsTheCause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		q.add(Entry{Digest: Digest{1}, Size: 1000})
		bundle, _ := q.take(time.Now(), func() {})
		j := bundle[0]
		why := func() string {
			_, ws, _ := q.fetching(time.Now())
			for _, w := range ws {
				return w.Why
			}
			return ""
		}
		steps := []struct {
			do   func()
			want string
		}{
			{func() {}, ""},
			{func() { q.begin(j, []string{"a"}, 100, time.Now()) }, ""},
			{func() { <-time.After(silentAfter) }, WaitSilent},
			{func() { q.progress(j, []string{"a"}, 200, time.Now()) }, ""},
			{func() { <-time.After(silentAfter) }, WaitSilent},
			{func() { q.over(j, ErrNoSpace, time.Now()) }, WaitNoSpace},
			{func() { q.retry(time.Now().Add(retryMost), false) }, ""},
			{func() { q.pause(true) }, WaitPaused},
		}
		for i, s := range steps {
			if s.do(); why() != s.want {
				t.Errorf("step %d: %q, want %q", i, why(), s.want)
			}
		}
	})
}

// TestPauseHasNoSpeed, unless something comes that was asked for meanwhile.
func TestPauseHasNoSpeed(t *testing.T) {
	t.Parallel()
	q, now := newQueue(), time.Unix(1e9, 0)
	q.add(Entry{Digest: Digest{1}, Size: 5e6})
	for s := range 4 {
		q.speed.add(1e6, now.Add(time.Duration(s)*time.Second))
	}
	now = now.Add(4 * time.Second)
	rate := func() float64 { f, _, _ := q.fetching(now); return f.Rate }
	if rate() == 0 {
		t.Fatal("no speed")
	}
	if q.pause(true); rate() != 0 {
		t.Errorf("%v B/s while paused", rate())
	}
	if q.jobs[Digest{1}].state = jobRunning; rate() == 0 {
		t.Error("no speed of what was asked for")
	}
}
