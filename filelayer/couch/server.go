package couch

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libpaul/paul/internal/durable"
)

// Options of [Open]. The zero Options mean the defaults that the fields name.
type Options struct {
	MaxRequest    int64 // longest JSON body of a request, in bytes when unpacked; 0 means 64 MiB
	MaxDocument   int   // longest document without its attachments, in bytes; 0 means 8 MiB
	MaxAttachment int64 // longest attachment, in bytes when unpacked; 0 means 16 GiB, 8 TiB is the most
	MaxDocs       int   // most documents of one _bulk_docs or _bulk_get; 0 means 10,000, as in CouchDB
	MaxFeeds      int   // most changes feeds that wait at once; 0 means 1000
	// Stall is how long a client may take to send the next bytes of a body, or
	// to take the next of an answer; 0 means a minute.
	Stall time.Duration
	// OnDamage is told of each damaged database file, with an error that
	// wraps [ErrDamaged] and names where the file lies now. It may be nil.
	OnDamage func(error)
	Log      *slog.Logger // nil discards
}

// Server holds the databases of one directory and answers for them over HTTP.
// Its methods may be called from several goroutines.
type Server struct {
	dir   string
	uuid  string
	opts  Options
	feeds atomic.Int64 // that wait

	mu        sync.RWMutex // guards databases and closed, and making and deleting one
	databases map[string]*database
	closed    bool
}

// Open opens the databases in dir, making dir if need be. One process at a
// time may have dir open. A database file that cannot be read is moved aside
// as "<file>.damaged-<time>", said by Options.OnDamage and the log, and
// replaced by an empty database; Open fails with [ErrNewer] for one that a
// later version wrote.
func Open(dir string, opts Options) (*Server, error) {
	opts.MaxRequest = cmp.Or(opts.MaxRequest, 64<<20)
	opts.MaxDocument = cmp.Or(opts.MaxDocument, 8<<20)
	opts.MaxAttachment = min(cmp.Or(opts.MaxAttachment, 16<<30), largestFile)
	opts.MaxDocs = cmp.Or(opts.MaxDocs, 10_000)
	opts.MaxFeeds = cmp.Or(opts.MaxFeeds, 1000)
	opts.Stall = cmp.Or(opts.Stall, time.Minute)
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open databases: %w", err)
	}
	if err := durable.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open databases: %w", err)
	}
	s := &Server{dir: dir, opts: opts, databases: make(map[string]*database)}
	if s.uuid, err = loadUUID(filepath.Join(dir, "server-uuid")); err != nil {
		return nil, fmt.Errorf("open databases: %w", err)
	}
	if err := s.openAll(); err != nil {
		return nil, errors.Join(fmt.Errorf("open databases: %w", err), s.Close())
	}
	return s, nil
}

func (s *Server) openAll() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name, ok := databaseName(e.Name())
		if !ok || e.IsDir() {
			continue
		}
		if s.databases[name], err = s.open(noCancel{}, name); err != nil {
			delete(s.databases, name)
			return err
		}
	}
	return nil
}

// open opens the database, or, if it is damaged, an empty one in its place.
func (s *Server) open(ctx context.Context, name string) (*database, error) {
	path := filepath.Join(s.dir, fileName(name))
	d, err := openDatabase(ctx, name, path, s.opts.Log)
	if err == nil {
		return d, nil
	}
	if !isDamage(err) {
		return nil, fmt.Errorf("database %q: %w", name, err)
	}
	aside, renameErr := setAside(path, time.Now())
	if renameErr != nil {
		return nil, fmt.Errorf("database %q: %w", name, errors.Join(err, renameErr))
	}
	s.opts.Log.ErrorContext(ctx, "Moved a damaged database aside, and began an empty one", "db", name, "err", err, "movedTo", aside)
	if s.opts.OnDamage != nil {
		said := fmt.Errorf("%w: %q: %w; the file was moved to %s, and an empty database took its place", ErrDamaged, name, err, aside)
		s.opts.OnDamage(said)
	}
	return openDatabase(ctx, name, path, s.opts.Log)
}

func loadUUID(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err == nil && len(strings.TrimSpace(string(b))) == 32 {
		return strings.TrimSpace(string(b)), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	uuid := newUUID()
	return uuid, durable.WriteFile(path, []byte(uuid+"\n"), 0o600)
}

func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Close ends the feeds, waits for writes in progress and closes the databases.
// Requests that come later are answered with 503. It may be called again.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	var errs []error
	for name, d := range s.databases {
		if err := d.close(noCancel{}); err != nil {
			errs = append(errs, fmt.Errorf("close database %q: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// Create makes the database, if it does not exist yet.
func (s *Server) Create(ctx context.Context, db string) error {
	_, err := s.create(ctx, db)
	return err
}

func (s *Server) create(ctx context.Context, name string) (isNew bool, err error) {
	if !validDatabaseName(name) {
		return false, illegalName(name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false, ErrClosed
	}
	if s.databases[name] != nil {
		return false, nil
	}
	d, err := s.open(context.WithoutCancel(ctx), name)
	if err != nil {
		return false, err
	}
	s.databases[name] = d
	return true, nil
}

func illegalName(name string) *Error {
	return &Error{http.StatusBadRequest, "illegal_database_name", fmt.Sprintf(
		"Name: '%.200s'. Only lowercase characters (a-z), digits (0-9), and any of the characters _, $, (, ), +, -, and / are allowed. Must begin with a letter.", name)}
}

func (s *Server) delete(ctx context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.databases[name]
	if d == nil {
		return errNoDatabase
	}
	delete(s.databases, name)
	return errors.Join(d.close(context.WithoutCancel(ctx)), d.remove())
}

func (s *Server) database(name string) (*database, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, ErrClosed
	}
	d := s.databases[name]
	if d == nil {
		return nil, errNoDatabase
	}
	return d, nil
}

func (s *Server) names() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Sorted(maps.Keys(s.databases))
}

// Each calls fn with the winning revision of every document of db that changed
// after the update sequence since (0: every document), in the order of their
// changes, tombstones included. Body is the document as JSON without its _id,
// _rev and other underscore members; it is valid during the call only. Fn must
// not call s. Each ends at the first error of fn and returns it. The changes
// feed continues from the last seq seen ("since" takes it as a decimal number).
func (s *Server) Each(ctx context.Context, db string, since int64, fn func(id, rev string, seq int64, deleted bool, body []byte) error) error {
	d, err := s.database(db)
	if err != nil {
		return err
	}
	until := d.state.Load().seq
	return d.note(d.scan(ctx, d.queries.changes, []any{since, until, -1}, false, func(r *record) (bool, error) {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		winner := r.tree[r.tree.winner()]
		return true, fn(r.id, winner.rev.String(), r.seq, winner.deleted, r.body)
	}))
}

// noCancel is the context of what must not be given up half way, and is
// called for without a context: opening and closing files.
type noCancel struct{}

func (noCancel) Deadline() (time.Time, bool) { return time.Time{}, false }
func (noCancel) Done() <-chan struct{}       { return nil }
func (noCancel) Err() error                  { return nil }
func (noCancel) Value(any) any               { return nil }
