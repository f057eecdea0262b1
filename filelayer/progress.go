package filelayer

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"
)

const (
	speedSpan   = 5               // seconds over which a speed is measured
	speedLeast  = 2 * time.Second // and the least time for it to be known
	silentAfter = 5 * time.Second // without bytes, a transfer is told to wait for its devices
)

// Why a file does not come.
const (
	WaitPaused   = "paused"   // Limits.Paused
	WaitSilent   = "silent"   // its devices have sent nothing for some seconds
	WaitOffline  = "offline"  // no holder is online
	WaitNobody   = "nobody"   // no other device is known to hold it
	WaitSetAside = "setAside" // a holder sent wrong bytes, and is not asked for a while
	WaitNoSpace  = "noSpace"  // the disk is full
	WaitLimit    = "limit"    // a person saved it, and it is beyond the limit of space, see Role
	WaitFailed   = "failed"   // another failure; see Wait.Err
)

// Fetching is how far the files are that are wished for and not here.
type Fetching struct {
	Files int
	Bytes int64   // still to come
	Rate  float64 // bytes a second over the last seconds; 0 while it is not known, or nothing comes
	Waits []Wait  // what keeps files from coming, that of most files first
}

// Left is how long it takes at this rate until all have come that wait for
// nothing; false when that is not known.
func (f Fetching) Left() (time.Duration, bool) {
	moving := f.Bytes
	for _, w := range f.Waits {
		moving -= w.Bytes
	}
	return left(moving, f.Rate)
}

// Left is how long the file takes at this rate; false when that is not known.
func (t Transfer) Left() (time.Duration, bool) { return left(t.Total-t.Done, t.Rate) }

func left(bytes int64, rate float64) (time.Duration, bool) {
	if bytes <= 0 || rate < 1 {
		return 0, false
	}
	return time.Duration(float64(bytes) / rate * float64(time.Second)), true
}

// A Wait is what keeps some files from coming.
type Wait struct {
	Why     string // WaitPaused …
	Files   int
	Bytes   int64     // of them still to come
	Devices []string  // IDs: who is silent, set aside, or would have to come online
	Err     string    // of WaitNoSpace and WaitFailed, for the latest of the files
	Retry   time.Time // when the first of the files is tried again; zero when something has to happen first
}

// speed measures how fast bytes come.
type speed struct {
	began, last time.Time // of what is measured, and when bytes came last
	second      int64     // since began, of the newest of bytes
	bytes       [speedSpan]int64
}

func (s *speed) add(n int64, now time.Time) {
	if now.Sub(s.last) > speedSpan*time.Second {
		*s = speed{began: now}
	}
	s.advance(now)
	s.bytes[s.second%speedSpan] += n
	s.last = now
}

// advance empties what is older than the span.
func (s *speed) advance(now time.Time) {
	for second := int64(now.Sub(s.began) / time.Second); s.second < second; {
		s.second = max(s.second+1, second-speedSpan)
		s.bytes[s.second%speedSpan] = 0
	}
}

// rate is bytes a second; 0 while it is not known, or nothing comes.
func (s *speed) rate(now time.Time) float64 {
	passed := now.Sub(s.began)
	if s.began.IsZero() || passed < speedLeast {
		return 0
	}
	s.advance(now)
	var sum int64
	for _, n := range s.bytes {
		sum += n
	}
	span := (speedSpan-1)*time.Second + passed%time.Second // the newest second is not over
	return float64(sum) / min(passed, span).Seconds()
}

// Fetching tells how far the files are that are wished for, and why they do
// not come.
func (l *Layer) Fetching() Fetching {
	f, waits, parked := l.queue.fetching(time.Now())
	for _, j := range parked {
		w := Wait{Why: WaitOffline, Files: 1, Bytes: j.Total}
		e, _ := l.mirror.entry(j.Digest)
		w.Devices = slices.DeleteFunc(e.HolderIDs(), func(id string) bool { return id == l.opts.DeviceID })
		if len(w.Devices) == 0 {
			w.Why = WaitNobody
		}
		waits.add(w)
	}
	f.Waits = waits.list()
	for i, w := range f.Waits {
		if w.Why == WaitSetAside {
			f.Waits[i].Devices = l.faults.devices(l.now())
		}
	}
	return f
}

// FetchRate is Fetching().Rate, at less cost.
func (l *Layer) FetchRate() float64 {
	l.queue.mu.Lock()
	defer l.queue.mu.Unlock()
	return l.queue.rate(time.Now())
}

// rate is how fast bytes come: a pause ends that at once. The caller holds mu.
func (q *queue) rate(now time.Time) float64 {
	if q.paused {
		for _, j := range q.jobs {
			if j.state == jobRunning {
				return q.speed.rate(now)
			}
		}
		return 0
	}
	return q.speed.rate(now)
}

// fetching is [Layer.Fetching] but for the files that no holder is online for,
// which it returns.
func (q *queue) fetching(now time.Time) (f Fetching, waits waits, parked []Transfer) {
	q.mu.Lock()
	defer q.mu.Unlock()
	f.Files, f.Rate, waits = len(q.jobs), q.rate(now), make(map[string]*Wait)
	for _, j := range q.jobs {
		f.Bytes = AddSizes(f.Bytes, j.size-j.done)
		if j.state == jobParked && j.noHolder {
			parked = append(parked, Transfer{Digest: j.digest, Total: j.size - j.done})
		} else if w := j.wait(q.paused, now); w.Why != "" {
			w.Files, w.Bytes = 1, j.size-j.done
			waits.add(w)
		}
	}
	return f, waits, parked
}

// wait says what a job waits for; no Why when it is only not its turn, or no
// holder is online. The caller holds the queue's mu.
func (j *job) wait(paused bool, now time.Time) Wait {
	switch {
	case j.state == jobReady && paused:
		return Wait{Why: WaitPaused}
	case j.state == jobHeld:
		return Wait{Why: WaitLimit}
	case j.state == jobRunning && len(j.from) > 0 && now.Sub(latest(j.asked, j.speed.last)) >= silentAfter:
		return Wait{Why: WaitSilent, Devices: j.from}
	case j.state != jobParked || j.noHolder:
		return Wait{}
	case errors.Is(j.err, ErrNoSpace):
		return Wait{Why: WaitNoSpace, Err: j.err.Error(), Retry: j.next}
	case errors.Is(j.err, errSetAside):
		return Wait{Why: WaitSetAside, Retry: j.next}
	}
	return Wait{Why: WaitFailed, Err: j.err.Error(), Retry: j.next}
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// waits joins those that have the same reason.
type waits map[string]*Wait

func (ws waits) add(w Wait) {
	key := w.Why + " " + strings.Join(w.Devices, " ")
	same, ok := ws[key]
	if !ok {
		ws[key] = &w
		return
	}
	same.Files, same.Bytes, same.Err = same.Files+w.Files, AddSizes(same.Bytes, w.Bytes), w.Err
	if w.Retry.Before(same.Retry) {
		same.Retry = w.Retry
	}
}

func (ws waits) list() []Wait {
	var out []Wait
	for _, w := range ws {
		out = append(out, *w)
	}
	slices.SortFunc(out, func(a, b Wait) int {
		return cmp.Or(b.Files-a.Files, strings.Compare(a.Why, b.Why), slices.Compare(a.Devices, b.Devices))
	})
	return out
}
