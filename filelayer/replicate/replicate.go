package replicate

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

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
)

// Options of [New]. Source, Client, Target, SourceID and TargetID are required.
type Options struct {
	Source string       // URL of the database to read, such as "http://<peer>:7331/files"
	Client *http.Client // reaches Source; nil means http.DefaultClient
	Target *kivik.DB    // the database to write

	// SourceID and TargetID name the two databases for good: the checkpoint's
	// name derives from them. A device's ID and the database's name will do.
	SourceID, TargetID string

	// Accept refuses a document that the target must not have, by an error.
	// It sees the document as it came, with _rev and _deleted. Nil takes all.
	Accept func(id string, doc json.RawMessage) error
	// Kick, when raised, ends a wait before the next try. It may be nil.
	Kick *signal.Signal
	// OnProgress is called after each batch and each change of state, from the
	// replicator's own goroutine. It may be nil, and must not block.
	OnProgress func(Status)
	Log        *slog.Logger // nil discards
}

// Status says how far a replicator has come since it was made.
type Status struct {
	LastSeq     string    // the source's seq up to which all is written
	DocsRead    int       // revisions fetched
	DocsWritten int       // revisions written
	Failed      int       // revisions set aside
	Failures    []Failure // the latest of them
	Online      bool      // the source answered last
	CaughtUp    bool      // nothing is left to fetch
	LastErr     error     // why the last session ended; nil while one runs well
}

// A Failure is a revision that was set aside.
type Failure struct {
	ID, Rev string
	Err     error
}

// Replicator pulls the changes of one database into another.
type Replicator struct{}

// New returns a replicator. It does not reach out to anything yet.
func New(opts Options) (*Replicator, error) { return &Replicator{}, nil }

// Run pulls until ctx ends, and then returns nil. While the source cannot be
// reached it tries again after a while, at most a minute, or when kicked.
func (r *Replicator) Run(ctx context.Context) error { return nil }

// Once pulls what the source has now, writes a checkpoint, and returns.
func (r *Replicator) Once(ctx context.Context) error { return nil }

// Status returns how far the replicator has come.
func (r *Replicator) Status() Status { return Status{} }
