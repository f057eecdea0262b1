package filelayer

import (
	"cmp"
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"sync"
	"time"
)

const maxRuns = 8 // that a Device record tells of

// A run is one life of the process of a device. Its Device record tells the
// latest, the one that spoke last first, so that a copy of the device's state that
// is in use elsewhere, on a second computer or after a backup was put back, is
// noticed.
type run struct {
	ID    string `json:"id"`    // random
	Began millis `json:"began"` // when it said so first
	At    millis `json:"at"`    // and when last
}

func (r run) valid() bool {
	return r.ID != "" && validText(r.ID) && r.Began > 0 && r.At >= r.Began && r.At < maxMillis
}

// compare orders runs by when they spoke last.
func (r run) compare(s run) int {
	return cmp.Or(cmp.Compare(r.At, s.At), cmp.Compare(r.Began, s.Began), cmp.Compare(r.ID, s.ID))
}

// joinRuns merges what two records tell of runs.
func joinRuns(a, b []run) []run {
	latest := make(map[string]run, len(a)+len(b))
	for _, r := range slices.Concat(a, b) {
		if have, ok := latest[r.ID]; !ok || r.compare(have) > 0 {
			latest[r.ID] = r
		}
	}
	runs := slices.SortedFunc(maps.Values(latest), func(r, s run) int { return s.compare(r) })
	return runs[:min(len(runs), maxRuns)]
}

// Twins tells whether the state of this device has been in use elsewhere.
type Twins struct {
	// Heard is when a run that this device does not remember spoke last, by its
	// own clock; zero if there is none. A backup of the state was put back, or a
	// copy of it has been in use.
	Heard time.Time

	// Both is set when that one runs beside this one, as it has answered. The one
	// that began later is set Aside: it exchanges nothing with other devices.
	Both, Aside bool
}

// Twins tells whether a copy of this device's state is, or has been, in use.
func (l *Layer) Twins() Twins {
	l.twins.mu.Lock()
	defer l.twins.mu.Unlock()
	t := l.twins
	return Twins{Heard: t.heard.time(), Both: t.both, Aside: t.aside()}
}

// twins hears of the other runs under the name of this device.
type twins struct {
	speak chan struct{} // this run is to speak again

	mu    sync.Mutex // guards what follows
	own   run
	known millis // when the latest run that this device remembers spoke
	other run    // as it spoke last, since own began
	heard millis // when one that is not remembered spoke
	both  bool   // the other runs now
}

func newTwins() *twins {
	return &twins{own: run{ID: rand.Text()}, speak: make(chan struct{}, 1)}
}

// aside says whether this run is the one to wait. The caller holds mu.
func (t *twins) aside() bool {
	return t.both && cmp.Or(cmp.Compare(t.own.Began, t.other.Began), cmp.Compare(t.own.ID, t.other.ID)) > 0
}

// begin lets the device's record r tell of this run.
func (t *twins) begin(now time.Time, r *deviceRecord) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.own.Began = max(toMillis(now), 1)
	for _, before := range r.Runs {
		if before.ID != t.own.ID {
			t.known = max(t.known, before.At)
		}
	}
	t.own.Began = max(t.own.Began, t.known+1)
	t.own.At = t.own.Began
	r.Runs = joinRuns(r.Runs, []run{t.own})
}

// spoke notes what this run has said of itself.
func (t *twins) spoke(at millis) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.own.At = at
}

// hear takes in a run under this device's name as another device knows it. What
// spoke after this run began may be a clock that was wrong, or a message that was
// late: this run speaks again, and another that lives will answer. It reports
// whether what Twins returns has changed.
func (t *twins) hear(r run) (changed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.own.Began == 0 || r.ID == t.own.ID || r.At <= t.known {
		return false
	}
	before := Twins{t.heard.time(), t.both, t.aside()}
	t.heard = max(t.heard, r.At)
	if r.At > t.own.At {
		t.both = t.both || r.ID == t.other.ID && t.own.At > t.other.At // it has answered
		t.other = r
		if !t.aside() {
			select {
			case t.speak <- struct{}{}:
			default:
			}
		}
	}
	return before != Twins{t.heard.time(), t.both, t.aside()}
}

// givesWay says whether another process runs as this device, and began earlier.
func (l *Layer) givesWay() bool { return l.Twins().Aside }

// hearRuns takes in what a device tells of this one.
func (l *Layer) hearRuns(runs []run) {
	for _, r := range runs {
		if l.twins.hear(r) {
			l.rosterChanged.Raise()
			l.changed.Raise()
		}
	}
}

// speakLoop says that this run lives, whenever another under its name spoke
// later, until ctx ends.
func (l *Layer) speakLoop(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-l.twins.speak:
		}
		if err := l.speak(ctx); err != nil && ctx.Err() == nil {
			l.log.WarnContext(ctx, "The run of this device cannot be told", "error", err)
		}
	}
}

func (l *Layer) speak(ctx context.Context) error {
	l.twins.mu.Lock()
	own, other := l.twins.own, l.twins.other
	l.twins.mu.Unlock()
	own.At = max(toMillis(l.now()), own.At+1, other.At+1)
	err := l.amendDevice(ctx, l.opts.DeviceID, func(r *deviceRecord, known bool) bool {
		r.Runs = joinRuns(r.Runs, []run{own})
		return known
	})
	if err == nil {
		l.twins.spoke(own.At)
	}
	return err
}
