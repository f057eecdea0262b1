package filelayer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	kivik "github.com/go-kivik/kivik/v4"
	"github.com/go-kivik/kivik/v4/couchdb"

	"github.com/libpaul/paul/filelayer/couch"
)

// databases is where the records lie: the embedded database, or a CouchDB.
type databases struct {
	server  *couch.Server // nil with an external CouchDB
	client  *kivik.Client
	base    string // URL, with user and password, ending in "/"
	http    *http.Client
	handler http.Handler // the whole protocol
	log     *slog.Logger

	mu     sync.Mutex // guards all and sealed
	all    []*Database
	sealed bool // Run has begun
}

func openDatabases(opts Options) (*databases, error) {
	if opts.DatabaseURL != "" {
		return openExternal(opts)
	}
	server, err := couch.Open(filepath.Join(opts.Dir, "db"), couch.Options{Log: opts.Log})
	if err != nil {
		return nil, fmt.Errorf("open records: %w", err)
	}
	const base = "http://localhost/"
	inMemory := &http.Client{Transport: server.Transport()}
	client, err := kivik.New("couch", base, couchdb.OptionHTTPClient(inMemory), couchdb.OptionNoRequestCompression())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open records: %w", err), server.Close())
	}
	return &databases{server: server, client: client, base: base, http: inMemory, handler: server, log: opts.Log}, nil
}

func openExternal(opts Options) (*databases, error) {
	base, err := url.Parse(opts.DatabaseURL)
	if err != nil || base.Host == "" {
		return nil, errors.New("open records: the database URL must look like http://user:password@host:5984/")
	}
	base = base.JoinPath("/")
	full := base.String()
	user := base.User
	base.User = nil
	transport := http.DefaultTransport
	overTCP := &http.Client{Transport: transport}
	options := []kivik.Option{couchdb.OptionHTTPClient(overTCP)}
	if user != nil {
		password, _ := user.Password()
		options = append(options, couchdb.BasicAuth(user.Username(), password))
	}
	client, err := kivik.New("couch", base.String(), options...)
	if err != nil {
		return nil, fmt.Errorf("open records: %w", err)
	}
	proxy := &httputil.ReverseProxy{
		Transport:     transport,
		FlushInterval: -1, // feeds must not be held back
		ErrorLog:      slog.NewLogLogger(opts.Log.Handler(), slog.LevelDebug),
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(base)
			r.Out.Header.Del("Authorization")
			if user != nil {
				password, _ := user.Password()
				r.Out.SetBasicAuth(user.Username(), password)
			}
		},
	}
	return &databases{client: client, base: full, http: overTCP, handler: proxy, log: opts.Log}, nil
}

// Close ends the use of the databases.
func (s *databases) Close() error {
	err := s.client.Close()
	if s.server != nil {
		err = errors.Join(err, s.server.Close())
	}
	return err
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

// create makes all databases. An external CouchDB that is away is waited for.
func (s *databases) create(ctx context.Context) error {
	for _, db := range s.seal() {
		for {
			err := db.create(ctx)
			if err == nil {
				break
			}
			if s.server != nil {
				return err
			}
			s.log.WarnContext(ctx, "Database does not answer", "database", db.name, "error", err)
			if err := pause(ctx, 5*time.Second); err != nil {
				return err
			}
		}
	}
	return nil
}

// CouchHandler serves the databases in full, without asking who calls: for
// loopback only, behind a password.
func (l *Layer) CouchHandler() http.Handler { return l.db.handler }
