package filelayer

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	kivik "github.com/go-kivik/kivik/v4"
	"github.com/go-kivik/kivik/v4/couchdb"
	"golang.org/x/sync/errgroup"

	"github.com/libpaul/paul/filelayer/replicate"
	"github.com/libpaul/paul/internal/signal"
)

// An external is a CouchDB, one node or a cluster, with which the databases
// here are kept the same, by replication in both directions. What is read and
// written is always the embedded database, so the library is whole while the
// CouchDB is away, and both catch up when it is back.
type external struct {
	base   *url.URL // with user and password
	client *kivik.Client
	http   *http.Client

	log   *slog.Logger
	moved *signal.Signal // raised when a way changes for the better or worse

	mu   sync.Mutex               // guards what follows
	ways map[way]replicate.Status // what each replicator said last
	away bool                     // the log says that it does not answer
}

// A way is one direction for one database.
type way struct {
	database string
	out      bool // from here to the external database
}

// ExternalStatus says how far the external database and this device are the
// same.
type ExternalStatus struct {
	URL    string // without user and password
	Online bool   // every replication runs
	Synced bool   // neither side lacks anything of the other, as far as is known
	Err    error  // why a replication does not run; nil if Online, or not tried yet
}

// How long to wait before the external server is asked again for a database
// that it could not be asked for, or has lost: longer each time.
const (
	externalRetry    = time.Second
	externalRetryMax = time.Minute
)

func openExternal(opts Options, changed *signal.Signal) (*external, error) {
	base, err := databaseURL(opts.DatabaseURL)
	if err != nil {
		return nil, fmt.Errorf("open records: %w", err)
	}
	overTCP := &http.Client{Transport: http.DefaultTransport}
	options := []kivik.Option{couchdb.OptionHTTPClient(overTCP)}
	bare := *base
	if bare.User = nil; base.User != nil {
		password, _ := base.User.Password()
		options = append(options, couchdb.BasicAuth(base.User.Username(), password))
	}
	client, err := kivik.New("couch", bare.String(), options...)
	if err != nil {
		return nil, fmt.Errorf("open records: %w", err)
	}
	return &external{base: base, client: client, http: overTCP, log: opts.Log, ways: make(map[way]replicate.Status), moved: changed}, nil
}

// External tells of the external database; ok is false if there is none.
func (l *Layer) External() (status ExternalStatus, ok bool) {
	if l.external == nil {
		return ExternalStatus{}, false
	}
	return l.external.status(2 * len(l.db.seal())), true
}

// status sums up the replications, of which there are n.
func (e *external) status(n int) ExternalStatus {
	bare := *e.base
	bare.User = nil
	e.mu.Lock()
	defer e.mu.Unlock()
	s := ExternalStatus{URL: bare.String(), Online: len(e.ways) == n, Synced: len(e.ways) == n}
	for _, st := range e.ways {
		s.Online = s.Online && st.Online
		s.Synced = s.Synced && st.Online && st.CaughtUp
		if st.LastErr != nil {
			s.Err = st.LastErr
		}
	}
	return s
}

// note takes in what a replicator says.
func (e *external) note(w way, st replicate.Status) {
	e.mu.Lock()
	before := e.ways[w]
	e.ways[w] = st
	e.tell(w, st)
	e.mu.Unlock()
	if before.Online != st.Online || before.CaughtUp != st.CaughtUp || (before.LastErr == nil) != (st.LastErr == nil) {
		e.moved.Raise()
	}
}

// tell logs when the external database goes away, and when all runs again, each
// once. The caller holds mu.
func (e *external) tell(w way, st replicate.Status) {
	online := true
	for _, st := range e.ways {
		online = online && st.Online
	}
	switch {
	case !e.away && !st.Online && st.LastErr != nil:
		e.away = true
		e.log.Warn("External database does not answer; the records here are whole, and follow when it does", "database", w.database, "error", st.LastErr)
	case e.away && online:
		e.away = false
		e.log.Info("External database answers again")
	}
}

// syncExternal keeps the databases and the external ones the same until ctx
// ends, except while this device has left the library.
func (l *Layer) syncExternal(ctx context.Context) error {
	if l.external == nil {
		return nil
	}
	woken, stop := l.rosterChanged.Listen()
	defer stop()
	for ctx.Err() == nil {
		if l.left() {
			select {
			case <-ctx.Done():
			case <-woken:
			}
			continue
		}
		member, cancel := context.WithCancel(ctx)
		g, member := errgroup.WithContext(member)
		for _, db := range l.db.seal() {
			g.Go(func() error { return l.copyExternal(member, db, false) })
			g.Go(func() error { return l.copyExternal(member, db, true) })
		}
		g.Go(func() error {
			defer cancel()
			for !l.left() {
				select {
				case <-member.Done():
					return nil
				case <-woken:
				}
			}
			return nil
		})
		if err := g.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// copyExternal copies one database in one direction until ctx ends. A database
// that the external server does not have is made there.
func (l *Layer) copyExternal(ctx context.Context, db *Database, out bool) error {
	w := way{db.name, out}
	for wait := externalRetry; ; wait = min(2*wait, externalRetryMax) {
		err := l.external.create(ctx, db.name)
		if err != nil {
			l.external.note(w, replicate.Status{LastErr: err})
		} else if err := l.runExternal(ctx, db, w); err != nil {
			return fmt.Errorf("replicate %s with the external database: %w", db.name, err)
		}
		if pause(ctx, wait) != nil {
			return nil
		}
	}
}

// runExternal is copyExternal for as long as the external database exists.
func (l *Layer) runExternal(ctx context.Context, db *Database, w way) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, err := l.externalReplicator(db, w.out, func(st replicate.Status) {
		l.external.note(w, st)
		if kivik.HTTPStatus(st.LastErr) == http.StatusNotFound {
			cancel()
		}
	})
	if err != nil {
		return err
	}
	return r.Run(ctx)
}

// create makes a database on the external server, if it is not there. One that
// is there may be used by a user who could not make it.
func (e *external) create(ctx context.Context, name string) error {
	there, err := e.client.DBExists(ctx, name)
	if err != nil || there {
		return err
	}
	err = e.client.CreateDB(ctx, name)
	if kivik.HTTPStatus(err) == http.StatusPreconditionFailed { // another device was faster
		return nil
	}
	return err
}

func (l *Layer) externalReplicator(db *Database, out bool, told func(replicate.Status)) (*replicate.Replicator, error) {
	there := replicate.End{URL: l.external.base.JoinPath(db.name).String(), Client: l.external.http}
	here := replicate.End{URL: db.url, Client: db.http, ID: l.opts.DeviceID + "/" + db.name}
	opts := replicate.Options{
		Source: there, Target: here, Accept: l.accept(db),
		Kick: l.opts.Network.Changed(), OnProgress: told, Log: l.log,
	}
	if out {
		opts.Source, opts.Target, opts.Accept = here, there, nil
	}
	return replicate.New(opts)
}
