package filelayer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"regexp"
	"sync"

	kivik "github.com/go-kivik/kivik/v4"
	"github.com/go-kivik/kivik/v4/couchdb"

	"github.com/libpaul/paul/filelayer/blob"
	"github.com/libpaul/paul/filelayer/couch"
	"github.com/libpaul/paul/filelayer/replicator"
)

// databases is where the records lie.
type databases struct {
	server  *couch.Server
	client  *kivik.Client
	base    string // URL, ending in "/"
	http    *http.Client
	damaged []error            // what happened to files that could not be read, in words for a person
	driver  *replicator.Driver // of the replications that a person asks for
	log     *slog.Logger

	mu     sync.Mutex // guards all and sealed
	all    []*Database
	sealed bool // Run has begun
}

func openDatabases(opts Options) (*databases, error) {
	s := &databases{base: "http://localhost/", log: opts.Log}
	var err error
	s.server, err = couch.Open(filepath.Join(opts.Dir, "db"), couch.Options{
		OnDamage: func(err error) { s.damaged = append(s.damaged, err) },
		Log:      opts.Log,
	})
	if err != nil {
		return nil, fmt.Errorf("open records: %w", blob.Explain(err))
	}
	s.http = &http.Client{Transport: s.server.Transport()}
	s.client, err = kivik.New("couch", s.base, couchdb.OptionHTTPClient(s.http), couchdb.OptionNoRequestCompression())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open records: %w", err), s.server.Close())
	}
	s.driver = replicator.New(replicator.Options{
		Server: s.server, Local: s.server.Transport(), Remote: newByHost(opts.Transport), Log: opts.Log,
	})
	return s, nil
}

// Close ends the use of the databases.
func (s *databases) Close() error {
	return errors.Join(s.client.Close(), s.server.Close())
}

var databaseName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)

// Database returns the named database of another package, replicated between
// all paired devices; conflicts are merged by merge. It must be called before
// Run, with the same name on every device.
func (l *Layer) Database(name string, merge MergeFunc) (*Database, error) {
	return l.db.add(name, merge)
}

func (s *databases) add(name string, merge MergeFunc) (*Database, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.sealed:
		return nil, fmt.Errorf("database %s: must be named before Run", name)
	case !databaseName.MatchString(name):
		return nil, fmt.Errorf("database %q: %w", name, ErrInvalid)
	case s.find(name) != nil:
		return nil, fmt.Errorf("database %s: is in use", name)
	}
	db := &Database{
		name: name, merge: merge, kv: s.client.DB(name), url: s.base + name, http: s.http, couch: s.server,
		log: s.log, opened: make(chan struct{}),
	}
	s.all = append(s.all, db)
	return db, nil
}

// find returns the named database or nil. The caller holds mu.
func (s *databases) find(name string) *Database {
	for _, db := range s.all {
		if db.name == name {
			return db
		}
	}
	return nil
}

// has says whether name is one of the layer's databases.
func (s *databases) has(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.find(name) != nil
}

// seal returns the databases; no more can be named.
func (s *databases) seal() []*Database {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sealed = true
	return s.all
}

// create makes all databases.
func (s *databases) create(ctx context.Context) error {
	for _, db := range s.seal() {
		if err := db.create(ctx); err != nil {
			return err
		}
	}
	return nil
}

// CouchHandler serves the databases in full, and the replications that a
// person asks for, without asking who calls: for loopback only, behind a
// password.
func (l *Layer) CouchHandler() http.Handler { return l.db.driver }
