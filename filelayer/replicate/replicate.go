package replicate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	kivik "github.com/go-kivik/kivik/v4"

	"github.com/libpaul/paul/internal/signal"
)

// Errors of the package.
var (
	// ErrSource is wrapped by what the source did wrong: an answer that is not
	// what the protocol says. Nothing of such an answer is written.
	ErrSource = errors.New("the other database gave a wrong answer")
	// ErrTooLarge is returned for an answer that is longer than the limit.
	ErrTooLarge = errors.New("the other database's answer is too long")
	// ErrStalled is returned when the source sends nothing for too long.
	ErrStalled = errors.New("the other database stopped answering")
	// ErrOptions is returned for options that cannot be used.
	ErrOptions = errors.New("replicator options are not usable")
)

// Options of [New]. Source, Target, SourceID and TargetID are required.
type Options struct {
	Source string       // URL of the database to read, such as "http://<peer>:7331/files"
	Client *http.Client // reaches Source; nil means http.DefaultClient
	Target *kivik.DB    // the database to write

	// SourceID and TargetID name the two databases for good: the checkpoint's
	// name derives from them. A device's ID and the database's name will do.
	SourceID, TargetID string

	// Accept refuses a document that the target must not have, by an error.
	// It sees the document as it came, with _rev and, if it is a tombstone,
	// _deleted. Nil takes all.
	Accept func(id string, doc json.RawMessage) error
	// Kick, when raised, ends a wait before the next try. It may be nil.
	Kick *signal.Signal
	// OnProgress is called after each batch and each change of state, from the
	// replicator's own goroutine. It may be nil, and must not block.
	OnProgress func(Status)
	Log        *slog.Logger // nil discards

	BatchSize int           // most documents fetched and written at once; 0 means 1000
	MaxAnswer int64         // longest answer of the source, in bytes; 0 means 64 MiB
	Stall     time.Duration // longest silence of the source; 0 means 45 s
}

const (
	heartbeat          = 15 * time.Second // of a longpoll: well below the stall
	checkpointInterval = 5 * time.Second
)

// Status says how far a replicator has come since it was made.
type Status struct {
	LastSeq     string    // the source's seq up to which all is written
	Pending     int64     // changes that the source says are left, about
	DocsRead    int       // revisions fetched
	DocsWritten int       // revisions written
	Failed      int       // revisions set aside since then
	Failures    []Failure // the latest of them, 50 at most; some may have come after all
	Online      bool      // the source answered last
	CaughtUp    bool      // nothing is left to fetch
	LastErr     error     // why the last session ended; nil while one runs well
}

// A Failure is a revision that was set aside: it could not be fetched or
// written, and is tried again from time to time. One without Rev is a row of
// the changes feed that makes no sense.
type Failure struct {
	ID, Rev string
	Err     error
}

const maxFailures = 50

// Replicator pulls the changes of one database into another.
type Replicator struct {
	opts   Options
	source *source
	name   string // of the checkpoints
	pace   pace

	aside   aside
	retried time.Time // when aside was last tried again

	mu     sync.Mutex // guards status
	status Status
}

// New returns a replicator. It does not reach out to anything yet.
func New(opts Options) (*Replicator, error) {
	if opts.Target == nil || opts.SourceID == "" || opts.TargetID == "" {
		return nil, fmt.Errorf("%w: Target, SourceID and TargetID are required", ErrOptions)
	}
	opts.Client = cmp.Or(opts.Client, http.DefaultClient)
	opts.BatchSize = cmp.Or(opts.BatchSize, 1000)
	opts.MaxAnswer = cmp.Or(opts.MaxAnswer, 64<<20)
	opts.Stall = cmp.Or(opts.Stall, 45*time.Second)
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Kick == nil {
		opts.Kick = new(signal.Signal)
	}
	src, err := newSource(opts)
	if err != nil {
		return nil, err
	}
	return &Replicator{
		opts: opts, source: src,
		name: checkpointName(opts.SourceID, opts.TargetID),
		pace: newPace(opts.BatchSize),
	}, nil
}

// Run pulls until ctx ends, and then returns nil. While the source cannot be
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

// Once pulls what the source has now, writes a checkpoint, and returns.
func (r *Replicator) Once(ctx context.Context) error {
	err := r.session(ctx, false)
	if err != nil {
		r.ended(err)
	}
	return err
}

// ended records why a session ended.
func (r *Replicator) ended(err error) {
	r.opts.Log.Info("Replication is interrupted, and will go on", "source", r.opts.SourceID, "err", err)
	r.update(func(s *Status) { s.LastErr, s.Online = err, false })
}

// Status returns how far the replicator has come.
func (r *Replicator) Status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.status
	s.Failures = append([]Failure(nil), s.Failures...)
	return s
}

// update changes the status, and tells of it.
func (r *Replicator) update(change func(*Status)) {
	r.mu.Lock()
	change(&r.status)
	r.mu.Unlock()
	if r.opts.OnProgress != nil {
		r.opts.OnProgress(r.Status())
	}
}

// setAside records revisions that are not written for now.
func (r *Replicator) setAside(failures []Failure) {
	if len(failures) == 0 {
		return
	}
	for _, f := range failures {
		r.opts.Log.Warn("Set a document aside", "source", r.opts.SourceID, "id", f.ID, "rev", f.Rev, "err", f.Err)
	}
	r.update(func(s *Status) {
		s.Failed += len(failures)
		s.Failures = append(s.Failures, failures...)
		s.Failures = s.Failures[max(0, len(s.Failures)-maxFailures):]
	})
}
