package couch

import (
	"context"
	"log/slog"
	"net/http"
)

// Options of [Open]. The zero Options mean the defaults that the fields name.
type Options struct {
	MaxRequest  int64 // longest request body, in bytes when unpacked; 0 means 64 MiB
	MaxDocument int   // longest document, in bytes; 0 means 8 MiB
	// OnDamage is told of each damaged database file, with an error that
	// wraps [ErrDamaged] and names where the file lies now. It may be nil.
	OnDamage func(error)
	Log      *slog.Logger // nil discards
}

// Server holds the databases of one directory and answers for them over HTTP.
// Its methods may be called from several goroutines.
type Server struct{}

// Open opens the databases in dir, making dir if need be. One process at a
// time may have dir open. A database file that cannot be read is moved aside
// as "<file>.damaged-<time>", said by Options.OnDamage and the log, and
// replaced by an empty database; Open fails with [ErrNewer] for one that a
// later version wrote.
func Open(dir string, opts Options) (*Server, error) { return &Server{}, nil }

// Close ends the feeds, waits for writes in progress and closes the databases.
// Requests that come later are answered with 503. It may be called again.
func (s *Server) Close() error { return nil }

// ServeHTTP answers a request of the CouchDB protocol.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {}

// Transport returns a RoundTripper that answers every request from s, in
// memory, whatever host its URL names. Bodies stream both ways, and a request
// whose context ends is given up, with what its handler was waiting for.
func (s *Server) Transport() http.RoundTripper { return nil }

// Create makes the database, if it does not exist yet.
func (s *Server) Create(ctx context.Context, db string) error { return nil }

// Each calls fn with the winning revision of every document of db that changed
// after the update sequence since (0: every document), in the order of their
// changes, tombstones included. Body is the document as JSON without its _id,
// _rev and other underscore members; it is valid during the call only. Each
// ends at the first error of fn and returns it. The changes feed continues
// from the last seq seen ("since" takes it as a decimal number).
func (s *Server) Each(ctx context.Context, db string, since int64, fn func(id, rev string, seq int64, deleted bool, body []byte) error) error {
	return nil
}

// BasicAuth lets requests through to next that carry user and password by HTTP
// basic authentication, and answers others with 401.
func BasicAuth(user, password string, next http.Handler) http.Handler { return next }

// PullOnly lets requests through to next that a replicator needs to read the
// databases, and the writing of its checkpoints under _local/, and answers
// others with 403.
func PullOnly(next http.Handler) http.Handler { return next }
