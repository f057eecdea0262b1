package replicate

import (
	"context"
	"sync"
	"time"
)

const (
	heartbeat          = time.Minute // of a longpoll: well below the stall
	checkpointInterval = 5 * time.Second
)

// Status says how far a replicator has come since it was made.
type Status struct {
	LastSeq     string    // the source's seq up to which all is written or set aside
	SavedSeq    string    // that of the last checkpoint
	Pending     int64     // changes that the source says are left, about
	Checked     int       // revisions that the target was asked about
	Missing     int       // those of them that it lacked
	DocsRead    int       // revisions fetched
	DocsWritten int       // revisions written
	Streaming   int       // documents whose large attachments are on their way, or next to be
	Failed      int       // revisions set aside since then
	Failures    []Failure // the latest of them, 50 at most; some may have come after all
	Online      bool      // both ends answered last
	CaughtUp    bool      // nothing is left to copy
	LastErr     error     // why the last session ended; nil while one runs well
	SessionID   string    // of the session that runs, or ran last
	Sessions    []Session // those that the last checkpoint remembers, newest first; not to be changed
}

// A Failure is a revision that was set aside: it could not be fetched or
// written, and is tried again from time to time. One without Rev is a row of
// the changes feed that makes no sense.
type Failure struct {
	ID, Rev string
	Err     error
}

const maxFailures = 50

// Replicator copies the changes of one database into another.
type Replicator struct {
	opts           Options
	source, target *end
	name           string // of the checkpoints
	paces          struct{ feed, fetch, write *pace }

	aside   aside
	retried time.Time // when aside was last tried again

	mu     sync.Mutex // guards what follows, and the calls of OnProgress
	status Status
	fed    bool // the feed has nothing more
}

// New returns a replicator. It does not reach out to anything yet.
func New(opts Options) (*Replicator, error) {
	if err := opts.fill(); err != nil {
		return nil, err
	}
	source, err := newEnd("source", opts.Source, opts)
	if err != nil {
		return nil, err
	}
	target, err := newEnd("target", opts.Target, opts)
	if err != nil {
		return nil, err
	}
	r := &Replicator{opts: opts, source: source, target: target, name: checkpointName(&opts)}
	r.paces.feed, r.paces.fetch, r.paces.write = newPace(opts.BatchSize), newPace(opts.BatchSize), newPace(opts.BatchSize)
	return r, nil
}

// ID returns what names the replication: that of its two ends and its filter.
// Its checkpoints are the documents "_local/<ID>".
func (r *Replicator) ID() string { return r.name }

// Run copies until ctx ends, and then returns nil. While an end cannot be
// reached it tries again after a while, at most a minute, or when kicked.
// Only one Run or Once of a replicator may run at a time.
func (r *Replicator) Run(ctx context.Context) error {
	kicked, stop := r.opts.Kick.Listen()
	defer stop()
	var wait backoff
	for {
		before, began := r.Status().LastSeq, time.Now()
		err := r.session(ctx, true)
		if ctx.Err() != nil {
			return nil
		}
		r.ended(err)
		// Catching up is no progress by itself: a session may end at once
		// after it, each time, for want of a checkpoint.
		if r.Status().LastSeq != before || time.Since(began) > maxWait {
			wait.reset()
		}
		r.update(func(s *Status) { s.CaughtUp = false })
		if !sleep(ctx, wait.next(), kicked) {
			return nil
		}
	}
}

// Once copies what the source has now, writes a checkpoint, and returns.
func (r *Replicator) Once(ctx context.Context) error {
	err := r.session(ctx, false)
	if err != nil {
		r.ended(err)
	}
	return err
}

// ended records why a session ended.
func (r *Replicator) ended(err error) {
	r.opts.Log.Info("Replication is interrupted, and will go on", "source", r.opts.Source.id(), "target", r.opts.Target.id(), "err", err)
	r.update(func(s *Status) { s.LastErr, s.Online = err, false })
}

// Status returns how far the replicator has come.
func (r *Replicator) Status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status.clone()
}

func (s Status) clone() Status {
	s.Failures = append([]Failure(nil), s.Failures...)
	return s
}

// update changes the status, and tells of it.
func (r *Replicator) update(change func(*Status)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.status)
	if r.opts.OnProgress != nil {
		r.opts.OnProgress(r.status.clone())
	}
}

// setAside records revisions that are not written for now.
func (r *Replicator) setAside(failures []Failure) {
	if len(failures) == 0 {
		return
	}
	for _, f := range failures {
		r.opts.Log.Warn("Set a document aside", "source", r.opts.Source.id(), "id", f.ID, "rev", f.Rev, "err", f.Err)
	}
	r.update(func(s *Status) {
		s.Failed += len(failures)
		s.Failures = append(s.Failures, failures...)
		s.Failures = s.Failures[max(0, len(s.Failures)-maxFailures):]
	})
}
