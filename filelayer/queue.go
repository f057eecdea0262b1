package filelayer

import (
	"bytes"
	"errors"
	"slices"
	"sync"
	"time"
)

// A bundle is fetched by one worker and made safe together.
const (
	bundleFiles = 256
	bundleBytes = 32 << 20
	fetchers    = 4 // workers
	retryFirst  = 2 * time.Second
	retryMost   = 5 * time.Minute
)

// queue holds the files that are wished for and not here. It is filled from
// the records, so that it needs no file of its own to survive a restart.
type queue struct {
	wake chan struct{}

	mu     sync.Mutex // guards all that follows
	jobs   map[Digest]*job
	ready  []*job            // to be fetched, first come first served
	urgent []*job            // somebody waits for these
	shown  map[*job]struct{} // run, or failed for another reason than that no holder is online
	paused bool              // only what is urgent is fetched
	held   map[Digest]bool   // not fetched: beyond the limit of space
	speed  speed             // of all jobs together
}

type jobState int

const (
	jobReady jobState = iota
	jobRunning
	jobParked // failed; waits for a holder or for a while
	jobHeld   // beyond the limit of space
	jobOver   // done, or no longer wished for
)

// A job is one file on its way. The queue's mu guards its fields from size on.
type job struct {
	digest Digest
	name   string
	time   time.Time
	size   int64
	alone  bool // devices together gave wrong bytes; of who runs it

	state    jobState
	waiters  []chan error
	from     []string // IDs; replaced, not changed
	done     int64
	started  time.Time
	fails    int
	next     time.Time // when to try again
	err      error
	noHolder bool
	again    bool      // a holder may have come while it ran
	unwanted bool      // the wish was taken back while it ran
	staged   bool      // what ran has brought it
	stop     func()    // ends what runs
	asked    time.Time // when what runs was last asked for
	speed    *speed    // of what runs
}

func newQueue() *queue {
	return &queue{
		wake: make(chan struct{}, 1), jobs: make(map[Digest]*job),
		shown: make(map[*job]struct{}),
	}
}

func (q *queue) rouse() {
	select {
	case q.wake <- struct{}{}:
	default: // already woken
	}
}

// add takes a file in, or tries it again if it waited for a holder.
func (q *queue) add(e Entry) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.enter(e)
}

// enter is add. The caller holds mu.
func (q *queue) enter(e Entry) *job {
	j, ok := q.jobs[e.Digest]
	if !ok {
		j = &job{digest: e.Digest, name: e.Name, time: e.Time, size: e.Size}
		q.jobs[e.Digest] = j
		q.ready = append(q.ready, j)
	} else if j.state == jobParked && j.noHolder {
		q.unpark(j)
	}
	j.again, j.unwanted = true, false
	q.rouse()
	return j
}

// unpark makes a job ready again. The caller holds mu.
func (q *queue) unpark(j *job) {
	j.state = jobReady
	q.ready = append(q.ready, j)
}

// urge puts a file first, and returns a channel that gets the outcome of its
// next try. stop gives up waiting.
func (q *queue) urge(e Entry) (outcome <-chan error, stop func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	j := q.enter(e)
	c := make(chan error, 1)
	j.waiters = append(j.waiters, c)
	if j.state != jobRunning {
		j.state = jobReady
		q.urgent = append(q.urgent, j)
	}
	q.rouse()
	return c, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		j.waiters = slices.DeleteFunc(j.waiters, func(w chan error) bool { return w == c })
	}
}

// remove drops files that are not wished for any more: those that run when
// they have, and those that somebody waits for when a worker has looked again.
func (q *queue) remove(ds ...Digest) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, d := range ds {
		j, ok := q.jobs[d]
		switch {
		case !ok:
		case j.state == jobRunning:
			j.unwanted = true
		case len(j.waiters) == 0:
			q.finish(j, errUnwanted)
		}
	}
}

// withdraw drops files, also while they come, but for those that have come: it
// returns the others.
func (q *queue) withdraw(ds []Digest) (gone []Digest) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, d := range ds {
		j, ok := q.jobs[d]
		switch {
		case ok && j.state == jobRunning && j.staged:
			continue
		case ok && j.state == jobRunning:
			j.unwanted = true
			j.stop()
		case ok:
			q.finish(j, errUnwanted)
		}
		gone = append(gone, d)
	}
	return gone
}

// holds says whether a file is not fetched since it is beyond the limit of space.
func (q *queue) holds(d Digest) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.held[d]
}

// hold lets the files of a set wait, also those that come, and no others.
func (q *queue) hold(held map[Digest]bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.held = held
	for _, j := range q.jobs {
		switch {
		case j.state == jobHeld && !held[j.digest]:
			q.unpark(j)
		case j.state == jobRunning && held[j.digest] && !j.staged:
			j.stop()
		}
	}
	q.rouse()
}

// stage notes that what runs has brought a file.
func (q *queue) stage(j *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	j.staged = true
}

// finish ends a job. The caller holds mu.
func (q *queue) finish(j *job, err error) {
	delete(q.jobs, j.digest)
	delete(q.shown, j)
	j.state = jobOver
	j.tell(err)
}

func (j *job) tell(err error) {
	for _, c := range j.waiters {
		c <- err // has room for one
	}
	j.waiters = nil
}

// pause lets only those run that somebody waits for from now on: who has waited
// before waits on.
func (q *queue) pause(on bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if on == q.paused {
		return
	}
	if q.paused = on; on {
		q.ready, q.urgent = slices.Concat(q.urgent, q.ready), nil
		for _, j := range q.jobs {
			if j.state == jobRunning {
				j.stop()
			}
		}
	}
	q.rouse()
}

// putBack lets jobs that were stopped wait for their turn, before all others.
func (q *queue) putBack(jobs []*job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, j := range jobs {
		j.from = nil
		if j.unwanted {
			q.finish(j, errUnwanted)
			continue
		}
		if j.state = jobReady; j.done == 0 {
			delete(q.shown, j)
		}
		if q.paused {
			j.err = errPaused
		}
	}
	q.ready = slices.Concat(jobs, q.ready)
	q.rouse()
}

// take returns the next bundle, and whether there is more. stop is called when
// it has to end early, to be put back.
func (q *queue) take(now time.Time, stop func()) (bundle []*job, more bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	lists := []*[]*job{&q.urgent, &q.ready}
	if q.paused {
		lists = lists[:1]
	}
	most := min(bundleFiles, max(1, (len(q.ready)+len(q.urgent))/fetchers))
	var size int64
	for _, list := range lists {
		for len(*list) > 0 && len(bundle) < most && size < bundleBytes {
			j := (*list)[0]
			*list = (*list)[1:]
			if j.state != jobReady {
				continue
			}
			if q.held[j.digest] {
				j.state = jobHeld
				j.tell(ErrBeyondLimit)
				continue
			}
			j.state, j.started, j.done, j.from, j.err, j.again, j.staged = jobRunning, now, 0, nil, nil, false, false
			j.stop, j.speed = stop, new(speed)
			q.shown[j] = struct{}{}
			bundle, size = append(bundle, j), size+j.size
		}
		if len(bundle) > 0 {
			break // do not let who waits wait for others
		}
	}
	return bundle, len(q.urgent) > 0 || len(q.ready) > 0 && !q.paused
}

// over ends a try: without an error the file is here, else it is tried again
// after a while.
func (q *queue) over(j *job, err error, now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err == nil || j.unwanted {
		q.finish(j, err)
		return
	}
	j.state, j.err, j.from = jobParked, err, nil
	if j.noHolder = errors.Is(err, errNoneOnline); j.noHolder {
		delete(q.shown, j)
	}
	j.next = now.Add(min(retryFirst<<min(j.fails, 12), retryMost))
	j.fails++
	j.tell(err)
	if j.noHolder && j.again {
		q.unpark(j)
		q.rouse()
	}
}

// drop ends a job that was not wished for when it ran. One that was added again
// since is looked at once more.
func (q *queue) drop(j *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if j.again && !j.unwanted {
		q.unpark(j)
		q.rouse()
		return
	}
	q.finish(j, errUnwanted)
}

// retry makes jobs ready again whose time has come or, with online, that
// waited for a holder.
func (q *queue) retry(now time.Time, online bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, j := range q.jobs {
		if j.state == jobParked && (!j.noHolder && !now.Before(j.next) || online && j.noHolder) {
			q.unpark(j)
		}
		j.again = j.again || online
	}
	q.rouse()
}

// begin notes that the bytes of a job come from devices, from offset on.
func (q *queue) begin(j *job, from []string, offset int64, now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	j.from, j.done, j.asked = from, offset, now
}

// progress notes how far a job is.
func (q *queue) progress(j *job, from []string, done int64, now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n := done - j.done; n > 0 {
		j.speed.add(n, now)
		if q.jobs[j.digest] == j {
			q.speed.add(n, now)
		}
	}
	j.from, j.done = from, done
}

// aside shows a transfer that is no job: a temporary copy.
func (q *queue) aside(j *job) (stop func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	j.state, j.speed = jobRunning, new(speed)
	q.shown[j] = struct{}{}
	return func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		delete(q.shown, j)
	}
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.jobs)
}

// transfers lists what runs, and what has failed for another reason than that
// no holder is online.
func (q *queue) transfers() []Transfer {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []Transfer
	now := time.Now()
	for j := range q.shown {
		out = append(out, j.transfer(now))
	}
	slices.SortFunc(out, func(a, b Transfer) int {
		if c := a.Started.Compare(b.Started); c != 0 {
			return c
		}
		return bytes.Compare(a.Digest[:], b.Digest[:])
	})
	return out
}

func (j *job) transfer(now time.Time) Transfer {
	t := Transfer{Digest: j.digest, Name: j.name, From: j.from, Done: j.done, Total: j.size, Started: j.started}
	if j.state == jobRunning {
		t.Rate = j.speed.rate(now)
	}
	if j.err != nil {
		t.Err = j.err.Error()
	}
	return t
}

// Transfers lists the files that are being fetched, or wait after a failure
// other than that no holder is online.
func (l *Layer) Transfers() []Transfer { return l.queue.transfers() }

// Queue counts the files that are wished for and not here yet.
func (l *Layer) Queue() int { return l.queue.len() }
