package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/internal/signal"
)

const (
	keepEnded = 10 * time.Minute // how long an activity shows after its end
	maxEnded  = 50               // and how many of them at most
	rateSpan  = 2 * time.Second  // over which a rate is smoothed
	rateEnd   = 5 * time.Second  // without growth, there is none
)

// activities are what runs and what has ended a short while ago.
type activities struct {
	changed *signal.Signal

	mu   sync.Mutex // guards the rest, and the fields of each activity
	last int64
	list []*activity // oldest first
}

// activity is one Activity and what its figures come from.
type activity struct {
	owner   *activities
	a       Activity
	digests map[Digest]bool // still to do; their transfers count as bytes of a
	meter   meter
	again   func(context.Context) error // does again what was not done; nil = nothing to do
}

func newActivities(changed *signal.Signal) *activities { return &activities{changed: changed} }

// start adds an activity. The context it returns ends with ctx or when the
// person cancels.
func (l *activities) start(ctx context.Context, kind, title string, files int) (context.Context, *activity) {
	ctx, cancel := context.WithCancel(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	act := &activity{owner: l, a: Activity{
		ID: l.last, Kind: kind, Title: title, TotalFiles: files, Started: time.Now(), Cancel: cancel,
	}}
	l.list = append(l.list, act)
	l.changed.Raise()
	return ctx, act
}

// update changes the activity's figures.
func (act *activity) update(change func(*Activity)) {
	act.owner.mu.Lock()
	defer act.owner.mu.Unlock()
	change(&act.a)
	act.owner.changed.Raise()
}

// finish ends the activity with err, in words for a person, and returns err.
func (act *activity) finish(err error) error {
	act.a.Cancel()
	act.update(func(a *Activity) {
		a.Ended, a.Err, a.Cause, a.Rate = time.Now(), err, cause(err), 0
		act.digests = nil
	})
	return err
}

// expect names the files whose transfers are part of the activity.
func (act *activity) expect(sizes map[Digest]int64) {
	act.update(func(a *Activity) {
		act.digests = make(map[Digest]bool, len(sizes))
		for d, size := range sizes {
			act.digests[d] = true
			a.TotalBytes = filelayer.AddSizes(a.TotalBytes, size)
		}
	})
}

// done counts one of the files.
func (act *activity) done(d Digest, size int64) {
	act.update(func(a *Activity) {
		delete(act.digests, d)
		a.Files++
		a.Bytes = filelayer.AddSizes(a.Bytes, size)
	})
}

// retry does again what an activity did not do, once, and forgets that one.
func (act *activity) retry(ctx context.Context) error {
	l := act.owner
	l.mu.Lock()
	again := act.again
	act.again = nil
	l.list = slices.DeleteFunc(l.list, func(other *activity) bool { return other == act })
	l.mu.Unlock()
	if again == nil {
		return nil
	}
	return again(ctx)
}

// noteImport tells what an import left out, or kept without its whole picture.
func (a *Activity) noteImport(r ImportResult) {
	a.Duplicates, a.Failed = r.Duplicates, r.Failed
	for _, p := range r.Problems {
		a.Troubles = append(a.Troubles, Trouble{Name: filepath.Base(p.Path), Err: p.Err})
	}
}

// cause is err in words for a person.
func cause(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, context.Canceled):
		return "stopped; what was done stays"
	}
	return err.Error()
}

// snapshot returns the activities, newest first, with transfers counted in.
// rate is that of all transfers together.
func (l *activities) snapshot(transfers []filelayer.Transfer, rate float64, now time.Time) []Activity {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prune(now)
	out := make([]Activity, 0, len(l.list)+1)
	covered := make(map[Digest]bool)
	for _, act := range slices.Backward(l.list) {
		out = append(out, act.read(transfers, covered, now))
	}
	return append(out, loose(transfers, covered, rate)...)
}

// read returns the activity with the transfers of its files counted in.
func (act *activity) read(transfers []filelayer.Transfer, covered map[Digest]bool, now time.Time) Activity {
	a := act.a
	if !a.Running() {
		if act.again != nil {
			a.Retry = act.retry
		}
		return a
	}
	for _, t := range transfers {
		if act.digests[t.Digest] {
			covered[t.Digest] = true
			a.Bytes += t.Done
			a.Moving = append(a.Moving, t)
		}
	}
	a.Rate = act.meter.rate(a.Bytes, now)
	return a
}

// progress is how far the activity is.
func (act *activity) progress(transfers []filelayer.Transfer, now time.Time) *Progress {
	act.owner.mu.Lock()
	defer act.owner.mu.Unlock()
	a := act.read(transfers, make(map[Digest]bool), now)
	return &Progress{Files: a.Files, TotalFiles: a.TotalFiles, Bytes: a.Bytes, TotalBytes: a.TotalBytes, Rate: a.Rate, Current: a.Title}
}

// loose makes one activity of the transfers that none of this run started:
// wishes from before a restart, and what waits for a device.
func loose(transfers []filelayer.Transfer, covered map[Digest]bool, rate float64) []Activity {
	a := Activity{Kind: KindSave, Rate: rate}
	for _, t := range transfers {
		if covered[t.Digest] {
			continue
		}
		a.TotalFiles++
		a.Moving = append(a.Moving, t)
		a.Bytes, a.TotalBytes = a.Bytes+t.Done, a.TotalBytes+t.Total
		a.Title = t.Name
		a.Cause = firstOf(t.Err, a.Cause)
		if a.Started.IsZero() || t.Started.Before(a.Started) {
			a.Started = t.Started
		}
	}
	if a.TotalFiles == 0 {
		return nil
	}
	if a.TotalFiles > 1 {
		a.Title = photos(a.TotalFiles)
	}
	return []Activity{a}
}

// prune forgets what ended long ago. The caller holds mu.
func (l *activities) prune(now time.Time) {
	ended := 0
	for _, act := range l.list {
		if !act.a.Running() {
			ended++
		}
	}
	l.list = slices.DeleteFunc(l.list, func(act *activity) bool {
		old := !act.a.Running() && (ended > maxEnded || now.Sub(act.a.Ended) > keepEnded)
		if old {
			ended--
		}
		return old
	})
}

// Activities lists what runs and what ended a short while ago, newest first.
// The last of them, with ID 0, gathers the transfers that go on by
// themselves; it cannot be cancelled, and its Cancel is nil.
func (a *App) Activities() []Activity {
	return a.activities.snapshot(a.files.Transfers(), a.files.FetchRate(), time.Now())
}

// ForgetEnded takes what has ended off the list of Activities.
func (a *App) ForgetEnded() { a.activities.forgetEnded() }

func (l *activities) forgetEnded() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = slices.DeleteFunc(l.list, func(act *activity) bool { return !act.a.Running() })
	l.changed.Raise()
}

// Transfers lists the files that are on their way here, or wait after a failure
// other than that no holder is online; a file that only waits for its turn or
// for a holder is not among them.
func (a *App) Transfers() []Transfer { return a.files.Transfers() }

// meter smooths the growth of a count to a rate a second.
type meter struct {
	at    time.Time
	grown time.Time // when the count last grew
	count int64
	value float64
}

func (m *meter) rate(count int64, now time.Time) float64 {
	const least = 250 * time.Millisecond // between two looks, to be worth a rate
	passed := now.Sub(m.at)
	if m.at.IsZero() || count < m.count {
		m.at, m.grown, m.count = now, now, count
		return m.value
	}
	if passed < least {
		return m.value
	}
	if count > m.count {
		m.grown = now
	} else if now.Sub(m.grown) >= rateEnd { // what follows is measured anew
		m.at, m.value = now, 0
		return 0
	}
	fresh := float64(count-m.count) / passed.Seconds()
	if m.value == 0 {
		m.value = fresh
	}
	weight := min(1, passed.Seconds()/rateSpan.Seconds())
	m.value += weight * (fresh - m.value)
	m.at, m.count = now, count
	return m.value
}

// photos says how many there are.
func photos(n int) string {
	if n == 1 {
		return "1 photo"
	}
	return fmt.Sprintf("%d photos", n)
}
